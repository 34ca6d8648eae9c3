//! `planted-bugs`: builds the program with one bug at a time and runs the suite against it, which must catch every one.
//! Writes the table that says what caught which: docs/PLANTED_BUGS.md.

mod bugs;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::console::{self, note, step};
use crate::context::Context;
use crate::sbf::{self, Route};
use crate::tools;
use bugs::{BUGS, Bug};

/// The test binaries that are run against each bug; the first one is the random one.
const SUITE: [&str; 3] = ["model", "guards", "scenarios"];
/// Compares accounts with committed bytes, so it would find a difference of layout and no bug.
const LEFT_OUT: [&str; 1] = ["golden"];

/// What one test binary made of a bug.
struct Finding {
    /// Names of the tests that failed.
    failed: Vec<String>,
    /// For the model: step and seed of the earliest failure, and what it says.
    first: Option<(u64, String)>,
}

/// Plants each bug whose name contains `only`, runs the suite, and writes the table when all were planted.
pub fn run(context: &Context, only: Option<&str>) -> Result<()> {
    sbf::ensure_tools(context, Route::Packages)?;
    tools::ensure(context, tools::ALL)?;
    context.claim(&context.target, &["debug", "release"])?;
    let chosen: Vec<&Bug> = BUGS
        .iter()
        .filter(|bug| only.is_none_or(|text| bug.name.contains(text)))
        .collect();
    ensure!(
        !chosen.is_empty(),
        "no bug's name contains '{}'",
        only.unwrap_or_default()
    );
    step("Build the programs", || {
        sbf::build(context, Route::Packages)?;
        sbf::build_for_tests(context, Route::Packages)
    })?;
    let mut binaries = Vec::new();
    step("Compile the tests", || {
        binaries = compile(context)?;
        Ok(())
    })?;

    let folder = context.cache.join("planted-bugs");
    let mut rows = Vec::new();
    let mut missed = Vec::new();
    for (number, bug) in (1..).zip(&chosen) {
        let title = format!("{number} of {}: {}", chosen.len(), bug.name);
        step(&title, || {
            let program = sbf::build_changed(context, &folder, |root| plant(root, bug))?;
            let mut findings = Vec::new();
            for (name, binary) in SUITE.iter().zip(&binaries) {
                findings.push(attack(context, name, binary, &program)?);
            }
            if findings.iter().all(|finding| finding.failed.is_empty()) {
                missed.push(bug.name);
                note("NOT CAUGHT");
            }
            for (name, finding) in SUITE.iter().zip(&findings) {
                if let Some((step, fact)) = &finding.first {
                    note(&format!("{name}: step {step}: {fact}"));
                } else {
                    note(&format!("{name}: {} tests", finding.failed.len()));
                }
            }
            rows.push((*bug, findings));
            Ok(())
        })?;
    }
    if only.is_none() {
        let path = context.root.join("docs").join("PLANTED_BUGS.md");
        fs::write(&path, page(&rows)).with_context(|| format!("cannot write {}", path.display()))?;
        note("docs/PLANTED_BUGS.md");
    }
    if !missed.is_empty() {
        bail!(
            "{} of {} bugs were not caught: {}",
            missed.len(),
            chosen.len(),
            missed.join("; ")
        );
    }
    note(&format!("all {} bugs were caught", chosen.len()));
    Ok(())
}

/// Plants a bug in a copy of the sources.
fn plant(root: &Path, bug: &Bug) -> Result<()> {
    let path = root.join(bug.file);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", bug.file))?;
    fs::write(&path, bug.changed(&text)?).with_context(|| format!("cannot write {}", path.display()))
}

impl Bug {
    /// The file's text with the bug in it.
    fn changed(&self, text: &str) -> Result<String> {
        let places = text.matches(self.find).count();
        ensure!(
            places == 1,
            "{}: the text of the bug '{}' stands there {places} times: mend xtask/src/planted/bugs.rs",
            self.file,
            self.name
        );
        Ok(text.replacen(self.find, self.replace, 1))
    }
}

/// Compiles the tests and returns their binaries in the order of [`SUITE`].
fn compile(context: &Context) -> Result<Vec<PathBuf>> {
    let mut command = context.cargo();
    command.args([
        "test",
        "--no-run",
        "--locked",
        "--ignore-rust-version",
        "--package",
        "kzte-tests",
        "--message-format=json",
    ]);
    for name in SUITE {
        command.args(["--test", name]);
    }
    let output = console::quietly(&mut command, "compile the tests")?;
    let mut binaries = Vec::new();
    for name in SUITE {
        let found = output.lines().find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            (message["target"]["name"] == name).then_some(())?;
            message["executable"].as_str().map(PathBuf::from)
        });
        binaries.push(found.with_context(|| format!("cargo named no binary of the test '{name}'"))?);
    }
    Ok(binaries)
}

/// Runs one test binary against a program.
fn attack(context: &Context, name: &str, binary: &Path, program: &Path) -> Result<Finding> {
    let mut command = Command::new(binary);
    command
        .current_dir(context.root.join("tests"))
        .env("KZTE_PROGRAM", program)
        .env("RUST_BACKTRACE", "0");
    for left_out in LEFT_OUT {
        command.args(["--skip", left_out]);
    }
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", binary.display()))?;
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let failed: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
        .map(str::to_owned)
        .collect();
    ensure!(
        output.status.success() == failed.is_empty(),
        "{name} ended without saying which tests failed:\n{text}"
    );
    let first = text.lines().filter_map(model_failure).min();
    Ok(Finding { failed, first })
}

/// Reads the line with which the model test says where chain and model part: `MODEL step 12 seed 3: fact`.
fn model_failure(line: &str) -> Option<(u64, String)> {
    let (step, rest) = line.strip_prefix("MODEL step ")?.split_once(" seed ")?;
    let (seed, fact) = rest.split_once(": ")?;
    let fact: String = fact.chars().take(90).collect();
    Some((
        step.parse().ok()?,
        format!("seed {seed}: {}", fact.replace('|', "/")),
    ))
}

fn page(rows: &[(&Bug, Vec<Finding>)]) -> String {
    let mut page = String::new();
    let caught = |place: usize| {
        rows.iter()
            .filter(|(_, findings)| {
                findings
                    .get(place)
                    .is_some_and(|finding| !finding.failed.is_empty())
            })
            .count()
    };
    let any = rows
        .iter()
        .filter(|(_, findings)| findings.iter().any(|finding| !finding.failed.is_empty()))
        .count();
    let _ = write!(
        page,
        "# Planted bugs\n\n\
         Generated by `cargo xtask planted-bugs`: the program is built with one bug at a time, each a line of the program\n\
         or its rules, and the suite runs against it. The bugs are listed in `xtask/src/planted/bugs.rs`; none is ever in\n\
         the sources of the program.\n\n\
         {} bugs, {any} caught: {} by the model test, {} by the guards, {} by the scenarios.\n\n\
         The model column tells after how many steps of its random sequences the first seed saw it, and what it saw.\n\n\
         | invariant | bug | model | guards | scenarios |\n| ---: | --- | --- | --- | --- |\n",
        rows.len(),
        caught(0),
        caught(1),
        caught(2)
    );
    for (bug, findings) in rows {
        let cell = |place: usize| {
            let Some(finding) = findings.get(place) else {
                return String::new();
            };
            match (&finding.first, finding.failed.as_slice()) {
                (Some((step, fact)), _) => format!("step {step}, {fact}"),
                (None, []) => "–".to_owned(),
                (None, failed) => {
                    let named: Vec<String> = failed.iter().take(3).map(|test| format!("`{test}`")).collect();
                    match failed.len().saturating_sub(named.len()) {
                        0 => named.join(", "),
                        more => format!("{} and {more} more", named.join(", ")),
                    }
                }
            }
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            bug.invariant,
            bug.name,
            cell(0),
            cell(1),
            cell(2)
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn every_bug_has_one_place_in_the_sources() {
        for bug in BUGS {
            let text = fs::read_to_string(root().join(bug.file)).unwrap();
            let changed = bug.changed(&text).unwrap_or_else(|error| panic!("{error}"));
            assert_ne!(changed, text, "{}", bug.name);
        }
    }

    #[test]
    fn every_invariant_has_at_least_two_bugs() {
        for invariant in 1..=10 {
            let count = BUGS.iter().filter(|bug| bug.invariant == invariant).count();
            assert!(count >= 2, "invariant {invariant} has {count}");
        }
        assert!(BUGS.iter().all(|bug| (1..=10).contains(&bug.invariant)));
        let names: BTreeSet<_> = BUGS.iter().map(|bug| bug.name).collect();
        assert_eq!(names.len(), BUGS.len());
    }

    /// The numbers that stand first in calls of `must`, the model test's check.
    fn numbers_checked(text: &str) -> BTreeSet<u8> {
        text.split("must(")
            .skip(1)
            .filter_map(|rest| rest.split_once(','))
            .filter_map(|(number, _)| number.trim().parse().ok())
            .collect()
    }

    /// One register of invariants: each has its row in the documentation and its check after every step of the model test.
    #[test]
    fn no_invariant_lacks_its_row_or_its_check() {
        let page = fs::read_to_string(root().join("docs/INVARIANTS.md")).unwrap();
        let model = root().join("tests/model");
        let mut checked = numbers_checked(&fs::read_to_string(model.join("invariants.rs")).unwrap());
        for part in fs::read_dir(model.join("invariants")).unwrap() {
            checked.extend(numbers_checked(
                &fs::read_to_string(part.unwrap().path()).unwrap(),
            ));
        }
        for invariant in 1..=10 {
            let row = page
                .lines()
                .find(|line| line.starts_with(&format!("| {invariant} |")))
                .unwrap_or_else(|| panic!("docs/INVARIANTS.md has no row {invariant}"));
            let empty = row
                .trim_matches('|')
                .split('|')
                .any(|cell| cell.trim().is_empty());
            assert!(!empty, "an empty cell in row {invariant}");
            assert!(
                checked.contains(&invariant),
                "the model does not check {invariant}"
            );
        }
        assert_eq!(numbers_checked("must(7, x)?; must(\n 3, y)"), [3, 7].into());
    }

    #[test]
    fn the_published_table_holds_every_bug_as_caught() {
        let page = fs::read_to_string(root().join("docs/PLANTED_BUGS.md")).unwrap();
        for bug in BUGS {
            let row = page
                .lines()
                .find(|line| line.starts_with(&format!("| {} | {} |", bug.invariant, bug.name)))
                .unwrap_or_else(|| panic!("no row for '{}': run `cargo xtask planted-bugs`", bug.name));
            assert!(!row.ends_with("| – | – | – |"), "not caught: {}", bug.name);
        }
    }

    #[test]
    fn a_failure_of_the_model_is_read() {
        assert_eq!(
            model_failure("MODEL step 123 seed 4: invariant 4: a bit was taken back"),
            Some((123, "seed 4: invariant 4: a bit was taken back".to_owned()))
        );
        assert_eq!(model_failure("MODEL step x seed 4: no number"), None);
        assert_eq!(model_failure("something else"), None);
    }
}
