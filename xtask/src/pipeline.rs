//! The commands as sequences of steps.

use std::process::Command;

use clap::ValueEnum;

use anyhow::{Context as _, Result, bail};

use crate::console::{self, note, openly, quietly, step};
use crate::context::Context;
use crate::sbf::{self, Route};
use crate::tools::{self, Tool};
use crate::{hygiene, idl, node};

/// What `demo` runs: `cargo run` with these, then the user's arguments.
const DEMO: &[&str] = &["--package", "kzte-cli", "--example", "demo"];

/// What measures compute units: `cargo run` with these; `--check` compares with docs/COMPUTE_UNITS.md instead of
/// writing it.
const COMPUTE_UNITS: &[&str] = &["--package", "kzte-tests", "--bin", "compute-units"];

/// A local validator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Surfpool's network, embedded: starts at once
    #[default]
    Surfnet,
    /// Agave's own `solana-test-validator`: the real bank, scheduler and limits; about 40 min to build, once
    Agave,
}

impl Engine {
    /// What it is made of.
    pub fn tool(self) -> Tool {
        match self {
            Self::Surfnet => Tool::Surfnet,
            Self::Agave => Tool::Agave,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Surfnet => "surfnet",
            Self::Agave => "agave",
        }
    }
}

/// Scenarios that the run over RPC leaves out. Some copy the chain to try several things on it or turn its clock back,
/// which a validator cannot; the migrations have a run over RPC of their own; and two take a chain for each of the 39
/// instructions, which is minutes of validators starting.
const IN_PROCESS_ONLY: &str = "test(/^(golden|migrations|multisig)::/) \
    or test(pauses::each_flag_stops_what_it_names_and_nothing_else) \
    or test(pauses::no_combination_of_flags_stops_settle_reject_cancel_or_burn) \
    or test(pauses::no_status_and_no_staleness_stops_settle_reject_cancel_or_burn) \
    or test(statements::a_redemption_larger_than_what_its_bank_minted_waits_for_novation) \
    or test(statements::suspension_and_overdue_redemptions_halt_only_that_banks_minting) \
    or test(windows::a_clock_that_goes_back_keeps_the_window) \
    or test(rebuild::every_account_is_rebuilt_from_events_after_every_instruction) \
    or test(vaults::every_instruction_passes_when_vaults_hold_the_roles)";

type Step = fn(&Context) -> Result<()>;

/// Every check, in the order in which a failure is cheapest. The tests come last, so that their summary is the last
/// line of a successful run.
const STEPS: &[(&str, Step)] = &[
    ("Check the files", hygiene::check),
    ("Check the format", format),
    ("Check dependencies (licences, sources, versions)", deny),
    ("Check the code (clippy)", clippy),
    ("Check the fuzz targets", fuzz_targets),
    ("Build the program (sBPFv3)", |context| {
        report(sbf::build(context, Route::Auto)?)
    }),
    ("Build the programs that tests call", |context| {
        sbf::build_for_tests(context, Route::Auto)
    }),
    (
        "Check that two builds from clean give the same bytes",
        |context| compare_builds(context, Route::Auto),
    ),
    ("Check the IDL", idl::check),
    ("Check the compute units", check_compute_units),
    ("Run the examples in the documentation", doc_tests),
    (
        "Run the scenarios over RPC, on the embedded validator",
        scenarios_on_surfnet,
    ),
    ("Run the tests", tests),
];

/// `engine`: builds Agave's validator where it is missing; without, its tests run where it is in the cache.
pub fn test(context: &Context, engine: Engine) -> Result<()> {
    tools::ensure(context, tools::ALL)?;
    tools::ensure(context, &[engine.tool()])?;
    context.claim(&context.target, &["debug", "release"])?;
    let Some(((title, last), rest)) = STEPS.split_last() else {
        return Ok(());
    };
    for (title, run) in rest {
        step(title, || run(context))?;
    }
    console::headline(title);
    last(context)
}

pub fn build(context: &Context, route: Route) -> Result<()> {
    program(context, route)?;
    step("Build the programs that tests call", || {
        sbf::build_for_tests(context, route)
    })
}

fn program(context: &Context, route: Route) -> Result<()> {
    step("Build the program (sBPFv3)", || {
        report(sbf::build(context, route)?)
    })
}

pub fn reproducible(context: &Context, route: Route) -> Result<()> {
    step("Check that two builds from clean give the same bytes", || {
        compare_builds(context, route)
    })
}

pub fn idl(context: &Context, check: bool) -> Result<()> {
    context.claim(&context.target, &["debug", "release"])?;
    if check {
        step("Check the IDL", || idl::check(context))
    } else {
        step("Write the IDL", || {
            let path = idl::write(context)?;
            note(&format!(
                "{}",
                path.strip_prefix(&context.root).unwrap_or(&path).display()
            ));
            Ok(())
        })
    }
}

/// A local validator with the program on it, until it is interrupted.
pub fn localnet(context: &Context, engine: Engine, arguments: &[String]) -> Result<()> {
    on_a_validator(context, engine, "localnet", "Local network", arguments)
}

/// Builds the program and runs a binary of the tests that starts a validator.
pub fn on_a_validator(
    context: &Context,
    engine: Engine,
    binary: &str,
    title: &str,
    arguments: &[String],
) -> Result<()> {
    tools::ensure(context, &[Tool::Sbf, engine.tool()])?;
    context.claim(&context.target, &["debug", "release"])?;
    program(context, Route::Auto)?;
    let what = ["--package", "kzte-tests", "--bin", binary];
    step("Compile", || {
        sbf::build_for_tests(context, Route::Auto)?;
        quietly(cargo(context, "build").args(what), "compile it").map(drop)
    })?;
    console::headline(title);
    let mut command = cargo(context, "run");
    command.arg("--quiet").args(what);
    command.args(["--", "--engine", engine.name()]).args(arguments);
    with_validators(context, &mut command);
    openly(&mut command, &format!("{binary} stopped"))
}

/// Names the validators that are there, and what runs the wallet.
fn with_validators(context: &Context, command: &mut Command) {
    command.env("KZTE_SURFNET", tools::surfnet(context));
    if let Some(node) = node::node(context) {
        command.env("KZTE_NODE", node);
    }
    if let Some(validator) = tools::validator(context) {
        command.env("KZTE_VALIDATOR", validator);
    }
}

pub fn demo(context: &Context, arguments: &[String]) -> Result<()> {
    tools::ensure(context, &[Tool::Sbf])?;
    context.claim(&context.target, &["debug", "release"])?;
    program(context, Route::Auto)?;
    step("Compile the demo", || {
        quietly(cargo(context, "build").args(DEMO), "compile the demo").map(drop)
    })?;
    console::headline("Demo");
    openly(
        cargo(context, "run")
            .arg("--quiet")
            .args(DEMO)
            .arg("--")
            .args(arguments),
        "the demo stopped",
    )
}

pub fn compute_units(context: &Context, check: bool) -> Result<()> {
    tools::ensure(context, &[Tool::Sbf])?;
    context.claim(&context.target, &["debug", "release"])?;
    program(context, Route::Auto)?;
    let title = if check {
        "Check the compute units"
    } else {
        "Measure the compute units"
    };
    step(title, || measure(context, check))?;
    if !check {
        note("docs/COMPUTE_UNITS.md");
    }
    Ok(())
}

/// The committed figures and budgets are those of the registry route: another compiler gives others (ADR 0004).
fn check_compute_units(context: &Context) -> Result<()> {
    if sbf::solana_tools().is_some() {
        note(
            "left out: the committed figures are of the route without the Solana tools; `cargo xtask bench cu`",
        );
        note("measures what the Solana tools built");
        return Ok(());
    }
    measure(context, true)
}

fn report(artifact: sbf::Artifact) -> Result<()> {
    note(&format!(
        "target/deploy/kzte.so, {} bytes",
        console::grouped(artifact.size)
    ));
    note(&format!("SHA-256 {}", artifact.sha256));
    Ok(())
}

/// Two builds in two folders from clean, and the one that was made just before in this checkout.
fn compare_builds(context: &Context, route: Route) -> Result<()> {
    let built = sbf::inspect(&context.program())?.sha256;
    let folder = context.cache.join(format!("reproducible-{}", std::process::id()));
    let result = (|| {
        let first = sbf::clean_build(context, route, &folder.join("first"))?;
        let second = sbf::clean_build(context, route, &folder.join("a-second-folder").join("deeper"))?;
        if first != second || first != built {
            bail!(
                "the builds differ: target/deploy/kzte.so {built}, first from clean {first}, second {second}. Something \
                 outside the sources reaches the bytes: a path, a time, or a build result of older sources"
            );
        }
        note(&format!("SHA-256 {first}, three times"));
        Ok(())
    })();
    // Left-over files cost space only; the result counts.
    let _ = std::fs::remove_dir_all(&folder);
    result
}

/// `cargo <what>` with what every call has: the lock file as it is, and crates of the chain's own runtime accepted
/// although they ask for a newer compiler than they need.
fn cargo(context: &Context, what: &str) -> Command {
    let mut command = context.cargo();
    command.args([what, "--locked", "--ignore-rust-version"]);
    command
}

fn format(context: &Context) -> Result<()> {
    let mut command = context.cargo();
    // Names of files rather than differences.
    command.args(["fmt", "--all", "--check", "--", "--files-with-diff"]);
    quietly(
        &mut command,
        "these files are not as rustfmt writes them, `cargo fmt --all` does it",
    )
    .map(drop)
}

fn clippy(context: &Context) -> Result<()> {
    let mut command = cargo(context, "clippy");
    command.args(["--workspace", "--all-targets", "--", "--deny", "warnings"]);
    quietly(&mut command, "cargo clippy").map(drop)
}

/// Without the advisory database: that one lives on GitHub, and a test run must not depend on a moving list.
fn deny(context: &Context) -> Result<()> {
    let mut command = context.cargo_tool("cargo-deny");
    command.args(["--locked", "--workspace", "check", "bans", "licenses", "sources"]);
    quietly(&mut command, "cargo deny check bans licenses sources").map(drop)
}

/// A workspace of its own, which nothing else builds: whether its lock file and its code are still those of the others.
fn fuzz_targets(context: &Context) -> Result<()> {
    let mut command = cargo(context, "check");
    command
        .args(["--bins", "--features", "chain", "--manifest-path"])
        .arg(context.root.join("fuzz").join("Cargo.toml"));
    quietly(&mut command, "cargo check of fuzz/").map(drop)
}

fn measure(context: &Context, check: bool) -> Result<()> {
    quietly(
        cargo(context, "build").args(COMPUTE_UNITS),
        "compile the measurement",
    )?;
    let mut command = cargo(context, "run");
    command.arg("--quiet").args(COMPUTE_UNITS);
    if check {
        command.args(["--", "--check"]);
    }
    quietly(
        &mut command,
        "run `cargo xtask bench cu` to see or write the figures",
    )
    .map(drop)
}

fn doc_tests(context: &Context) -> Result<()> {
    let mut command = cargo(context, "test");
    command.args(["--workspace", "--doc", "--quiet"]);
    quietly(&mut command, "cargo test --doc").map(drop)
}

fn nextest(context: &Context) -> Command {
    let mut command = context.cargo_tool("cargo-nextest");
    command.args(["nextest", "run", "--locked", "--ignore-rust-version"]);
    command
}

/// The same scenarios as in-process, each on a validator of its own.
fn scenarios_on_surfnet(context: &Context) -> Result<()> {
    let mut run = nextest(context);
    run.args(["--package", "kzte-tests", "--test", "scenarios", "--filterset"])
        .arg(format!("not ({IN_PROCESS_ONLY})"))
        .env("KZTE_ENGINE", Engine::Surfnet.name());
    with_validators(context, &mut run);
    quietly(&mut run, "the scenarios on the embedded validator").map(drop)
}

fn tests(context: &Context) -> Result<()> {
    quietly(
        nextest(context).args(["--workspace", "--no-run"]),
        "compile the tests",
    )?;
    let mut run = nextest(context);
    with_validators(context, &mut run);
    run.args(["--workspace", "--run-ignored", "all"]);
    let mut filter = "all()".to_owned();
    if tools::validator(context).is_none() {
        filter.push_str(" and not test(/(^|::)agave::/)");
        note(
            "left out: the tests on Agave's validator; `cargo xtask test --engine agave` builds it (about 40 min)",
        );
    }
    if std::env::var_os("KZTE_PROGRAM_METADATA").is_none() {
        filter.push_str(" and not (binary(e2e) and test(/^metadata::/))");
        note(
            "left out: the tests on the Program Metadata program; KZTE_PROGRAM_METADATA names no file (ADR 0014)",
        );
    }
    run.args(["--filterset", &filter]);
    openly(&mut run, "tests failed").context("see above for each of them")
}
