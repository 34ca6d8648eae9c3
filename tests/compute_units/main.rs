//! `compute-units`: measures every instruction of the compiled program and writes `docs/COMPUTE_UNITS.md`.
//!
//! With `--check` it writes nothing and fails when an instruction or the binary is above its budget, or when the page
//! is not what it would write. Keys are seeded, so the same binary gives the same figures.

mod budgets;
mod measure;
mod page;
mod scenes;

use std::{fs, path::PathBuf, process::ExitCode};

use kzte_harness::world::{program, program_path};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => {
            eprintln!("usage: compute-units [--check]");
            return ExitCode::from(2);
        }
    };

    let rows = scenes::measure_all();
    let binary = program().len();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let page = match page::render(&rows, binary, &lock) {
        Ok(page) => page,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };

    let mut faults = Vec::new();
    for row in &rows {
        match row.budget {
            Some(budget) if row.worst > budget => {
                faults.push(format!(
                    "{}: {} compute units, budget {budget}",
                    row.label, row.worst
                ));
            }
            Some(_) => {}
            None => faults.push(format!(
                "{}: {} compute units, and no budget",
                row.label, row.worst
            )),
        }
    }
    for row in &rows {
        if let Some(budget) = row.own_budget.filter(|budget| row.own() > *budget) {
            faults.push(format!(
                "{}: own share {} compute units, budget {budget}",
                row.label,
                row.own()
            ));
        }
    }
    for row in rows
        .iter()
        .filter(|row| row.searches == 0 && row.best.0 != row.worst)
    {
        let (best, worst) = (row.best.0, row.worst);
        faults.push(format!(
            "{}: {best} to {worst} compute units, so addresses change its cost",
            row.label
        ));
    }
    for name in budgets::unused(&rows) {
        faults.push(format!("the budget '{name}' belongs to no measurement"));
    }
    if binary > budgets::BINARY {
        faults.push(format!(
            "{}: {binary} bytes, budget {}",
            program_path().display(),
            budgets::BINARY
        ));
    }

    let path = root.join("docs/COMPUTE_UNITS.md");
    if check {
        print!("{page}");
        if fs::read_to_string(&path).unwrap_or_default() != page {
            faults.push(
                "docs/COMPUTE_UNITS.md is not what this binary measures: run `cargo run -p kzte-tests --bin compute-units`"
                    .to_owned(),
            );
        }
    } else if let Err(error) = fs::write(&path, &page) {
        faults.push(format!("{}: {error}", path.display()));
    } else {
        println!(
            "wrote docs/COMPUTE_UNITS.md: {} measurements, binary {binary} bytes",
            rows.len()
        );
    }

    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
