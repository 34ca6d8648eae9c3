//! Coverage-guided fuzzing (docs/VERIFICATION.md): builds the targets of `fuzz/`, runs one after the other, and fails
//! when one finds something.
//!
//! The compiler is called directly and not through cargo-fuzz: that one can pass on neither `--locked` nor
//! `--ignore-rust-version`, which the crates of the in-process chain need. The flags are its own, and `fuzz/` is laid
//! out as it expects, so it works for the targets without a chain.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader, IsTerminal as _, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use crate::console::{self, grouped, note, step};
use crate::context::Context;
use crate::pipeline;
use crate::sbf::Route;
use crate::tools::{self, Tool};

/// What a run looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// Proofs of entries and runs, and the encoding of entries
    Merkle,
    /// Statements, votes, mints, burns, novations in any order
    Rules,
    /// The reader of bank files
    Camt,
    /// The client's readers of accounts, events and logs
    Decode,
    /// The compiled program on the in-process chain
    Program,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Merkle => "merkle",
            Self::Rules => "rules",
            Self::Camt => "camt",
            Self::Decode => "decode",
            Self::Program => "program",
        }
    }

    /// Whether it needs the in-process chain, which takes minutes to build.
    fn needs_chain(self) -> bool {
        matches!(self, Self::Decode | Self::Program)
    }

    /// Longest input, bytes.
    fn longest(self) -> u32 {
        match self {
            Self::Merkle | Self::Rules | Self::Decode => 4_096,
            Self::Camt => 16_384,
            Self::Program => 512,
        }
    }

    /// Words of its input's language.
    fn dictionary(self) -> Option<&'static str> {
        (self == Self::Camt).then_some("camt.dict")
    }
}

/// Counters at every edge, and every comparison told to the fuzzer; overflow and debug assertions on.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-sanitizer-coverage-stack-depth \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Cdebug-assertions -Ccodegen-units=1 --cfg fuzzing";

/// Without a terminal one line a minute says that it goes on.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);
/// Of a finding's output, the last lines are shown.
const KEPT_LINES: usize = 40;

pub fn run(context: &Context, seconds: u64, only: Option<Target>) -> Result<()> {
    let targets = only.map_or_else(|| Target::value_variants().to_vec(), |one| vec![one]);
    let needs_chain = targets.iter().any(|one| one.needs_chain());
    tools::ensure(context, &[Tool::Fuzz])?;
    if targets.contains(&Target::Program) {
        tools::ensure(context, &[Tool::Sbf])?;
        pipeline::build(context, Route::Auto)?;
    }
    let triple = host_triple(context)?;
    let folder = context.cache.join("target-fuzz");
    let what = if needs_chain {
        "Build the fuzz targets (the first time with the in-process chain: many minutes)"
    } else {
        "Build the fuzz targets"
    };
    step(what, || {
        claim(context, &folder, &format!("{triple}/release"))?;
        build(context, &folder, &triple, &targets, false)?;
        build(context, &folder, &triple, &targets, true)
    })?;

    let mut rows = Vec::new();
    let mut findings = Vec::new();
    for target in targets {
        let binary = folder.join(&triple).join("release").join(target.name());
        console::headline(&format!("Fuzz {} for {seconds} s", target.name()));
        let outcome = fuzz(context, target, &binary, seconds)?;
        note(&outcome.figures.sentence());
        if let Some(artifact) = &outcome.artifact {
            for line in &outcome.tail {
                note(line);
            }
            findings.push(format!(
                "{}: found {}\n  reproduce: {} {}",
                target.name(),
                artifact.display(),
                binary.display(),
                artifact.display()
            ));
        } else if !outcome.succeeded {
            bail!(
                "{} stopped without a finding:\n{}",
                target.name(),
                Vec::from(outcome.tail).join("\n")
            );
        }
        rows.push((target.name(), outcome.figures, outcome.artifact.is_some()));
    }

    console::headline("Summary");
    note("| target | executions | per second | edges | corpus | findings |");
    note("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (name, figures, found) in rows {
        note(&format!(
            "| `{name}` | {} | {} | {} | {} | {} |",
            grouped(figures.executions),
            grouped(figures.per_second),
            grouped(figures.edges),
            grouped(figures.corpus),
            u8::from(found)
        ));
    }
    if findings.is_empty() {
        Ok(())
    } else {
        bail!("{}", findings.join("\n"))
    }
}

/// The machine's name for the compiler. Naming it keeps the flags away from build scripts and macros.
fn host_triple(context: &Context) -> Result<String> {
    let output = context
        .command("rustc")
        .arg("-vV")
        .output()
        .context("cannot run rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not name its host")
}

/// A checkout elsewhere may have built into the same folder: then this one's crates are built anew, the targets too.
fn claim(context: &Context, folder: &Path, profile: &str) -> Result<()> {
    let last = fs::read_to_string(folder.join(".checkout")).unwrap_or_default();
    if last != context.root.to_string_lossy() {
        let built = fs::read_dir(folder.join(profile).join(".fingerprint"));
        for entry in built.into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("kzte-fuzz-") {
                fs::remove_dir_all(entry.path())
                    .with_context(|| format!("cannot delete {}", entry.path().display()))?;
            }
        }
    }
    context.claim(folder, &[profile])
}

/// Builds those targets that need the chain, or those that do not: the others are small and quick without it.
fn build(context: &Context, folder: &Path, triple: &str, targets: &[Target], chain: bool) -> Result<()> {
    let mut command = context.cargo();
    command
        .args([
            "build",
            "--release",
            "--locked",
            "--ignore-rust-version",
            "--target",
            triple,
        ])
        .args(["--manifest-path", "fuzz/Cargo.toml"])
        .env("CARGO_TARGET_DIR", folder)
        .env("RUSTFLAGS", FLAGS);
    if chain {
        command.args(["--features", "chain"]);
    }
    let mut some = false;
    for target in targets.iter().filter(|one| one.needs_chain() == chain) {
        command.args(["--bin", target.name()]);
        some = true;
    }
    if some {
        console::quietly(&mut command, "build the fuzz targets").context(
            "where only the lock file is out of date, `cargo metadata --manifest-path fuzz/Cargo.toml` mends it",
        )?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Figures {
    executions: u64,
    per_second: u64,
    edges: u64,
    /// Inputs that each reach something of their own.
    corpus: u64,
}

impl Figures {
    fn sentence(&self) -> String {
        format!(
            "{} executions, {} a second, {} edges, {} inputs in the corpus",
            grouped(self.executions),
            grouped(self.per_second),
            grouped(self.edges),
            grouped(self.corpus)
        )
    }

    /// Takes what a line of the fuzzer says: `#1234 NEW cov: 56 ft: 78 corp: 9/1Kb lim: 4 exec/s: 10 rss: 1Mb …`.
    fn read(&mut self, line: &str) -> bool {
        let mut words = line.split_whitespace();
        let count = words.next().and_then(|word| word.strip_prefix('#')?.parse().ok());
        let Some(count) = count.filter(|_| line.contains(" cov: ")) else {
            return false;
        };
        self.executions = count;
        let words: Vec<&str> = words.collect();
        for pair in words.windows(2) {
            let [name, value] = pair else { continue };
            let value = value.split('/').next().and_then(|digits| digits.parse().ok());
            match (*name, value) {
                ("cov:", Some(value)) => self.edges = value,
                ("corp:", Some(value)) => self.corpus = value,
                ("exec/s:", Some(value)) => self.per_second = value,
                _ => {}
            }
        }
        true
    }
}

struct Outcome {
    figures: Figures,
    succeeded: bool,
    artifact: Option<PathBuf>,
    tail: VecDeque<String>,
}

/// Runs one target. What it learns goes into the cache; the committed corpus is only read.
fn fuzz(context: &Context, target: Target, binary: &Path, seconds: u64) -> Result<Outcome> {
    let home = context.cache.join("fuzz");
    let (corpus, artifacts) = (
        home.join("corpus").join(target.name()),
        home.join("artifacts").join(target.name()),
    );
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let sources = context.root.join("fuzz");
    // Others use the machine too.
    let mut command = context.command("nice");
    command
        .args(["-n", "10"])
        .arg(binary)
        .arg(&corpus)
        .arg(sources.join("corpus").join(target.name()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.longest()))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-timeout=10", "-rss_limit_mb=4096", "-print_final_stats=1"])
        .env("RUST_BACKTRACE", "1")
        .env("KZTE_PROGRAM", context.program())
        .current_dir(&home);
    if let Some(name) = target.dictionary() {
        let file = sources.join("dictionaries").join(name);
        command.arg(format!("-dict={}", file.display()));
    }
    watch(&mut command, seconds)
}

/// Follows the fuzzer's reports and shows how far it is.
fn watch(command: &mut Command, seconds: u64) -> Result<Outcome> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start the fuzzer")?;
    let pipe = child.stderr.take().context("the fuzzer says nothing")?;
    let bar = stderr().is_terminal().then(|| progress(seconds));
    let (start, mut said) = (Instant::now(), Instant::now());
    let mut outcome = Outcome {
        figures: Figures::default(),
        succeeded: false,
        artifact: None,
        tail: VecDeque::new(),
    };
    for line in BufReader::new(pipe).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if outcome.figures.read(&line) {
            if let Some(bar) = &bar {
                bar.set_position(start.elapsed().as_secs().min(seconds));
                bar.set_message(outcome.figures.sentence());
            } else if said.elapsed() > SIGN_OF_LIFE {
                said = Instant::now();
                note(&format!(
                    "after {}: {}",
                    console::duration(start.elapsed()),
                    outcome.figures.sentence()
                ));
            }
            continue;
        }
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            outcome.artifact = Some(PathBuf::from(path.trim()));
        }
        if let Some(average) = line.strip_prefix("stat::average_exec_per_sec:") {
            outcome.figures.per_second = average.trim().parse().unwrap_or(outcome.figures.per_second);
        }
        if outcome.tail.len() == KEPT_LINES {
            outcome.tail.pop_front();
        }
        outcome.tail.push_back(line);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    outcome.succeeded = child.wait()?.success();
    Ok(outcome)
}

fn progress(seconds: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("    {bar:20} {pos}/{len} s  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(seconds).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read() {
        let mut figures = Figures::default();
        let line = "#249441\tDONE   cov: 2831 ft: 8088 corp: 1337/4332Kb lim: 12985 exec/s: 4089 rss: 38Mb";
        assert!(figures.read(line));
        let expected = Figures {
            executions: 249_441,
            per_second: 4_089,
            edges: 2_831,
            corpus: 1_337,
        };
        assert_eq!(figures, expected);
        assert!(!figures.read("stat::peak_rss_mb:              38"));
        assert!(!figures.read("#1 of something else"));
        assert_eq!(figures, expected);
    }

    /// A finding is told apart from a run that ends well, with the file that it is in.
    #[test]
    fn findings_are_seen() {
        let shell = |script: &str| watch(Command::new("sh").args(["-c", script]), 1).unwrap();
        let clean = shell("echo '#7 DONE cov: 3 corp: 2/1b exec/s: 5' >&2");
        assert!(clean.succeeded && clean.artifact.is_none());
        assert_eq!(clean.figures.executions, 7);
        let found = shell("echo \"artifact_prefix='./'; Test unit written to /x/crash-1\" >&2; exit 77");
        assert!(!found.succeeded);
        assert_eq!(found.artifact, Some(PathBuf::from("/x/crash-1")));
    }

    #[test]
    fn every_target_has_a_binary_and_seeds() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
        for target in Target::value_variants() {
            assert!(
                manifest.contains(&format!("name = \"{}\"\n", target.name())),
                "{target:?}"
            );
            let seeds = fs::read_dir(fuzz.join("corpus").join(target.name())).unwrap();
            assert!(seeds.count() > 0, "{target:?}");
        }
    }
}
