//! The access matrix: every instruction of the IDL against every way to come to it that must not work.
//!
//! Nothing is listed by hand but reasons. The rows are the instructions of `idl/kzte.json`, the attacks follow from
//! what its accounts are, and each is made on the compiled program, from a world in which the instruction passes.
//! The result is `docs/ACCESS_MATRIX.md`; a difference fails the test, and `KZTE_WRITE_DOCS=1` writes the page anew.
//!
//! A cell may only be without refusal where [`reasons`] says why, and a reason that no cell needs fails as well.

mod columns;
mod page;
mod reasons;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use kzte_harness::{Case, World, check::accounts_of, scenes};
use serde::Deserialize;

use columns::{Attempt, COLUMNS};

/// The part of the IDL that the matrix is made from.
#[derive(Deserialize)]
struct Idl {
    instructions: Vec<Instruction>,
}

#[derive(Deserialize)]
struct Instruction {
    name: String,
    accounts: Vec<Account>,
}

#[derive(Deserialize)]
struct Account {
    name: String,
}

/// What came of the attempts of one cell: each outcome with the attempts that it ended.
#[derive(Default)]
struct Cell {
    /// By the error's name; the empty name is for attempts that passed.
    outcomes: BTreeMap<String, Vec<String>>,
}

impl Cell {
    fn attempts(&self) -> usize {
        self.outcomes.values().map(Vec::len).sum()
    }

    fn passed(&self) -> &[String] {
        self.outcomes.get("").map_or(&[], Vec::as_slice)
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Makes one attempt in a copy of the scene. `Err`: a failed transaction changed an account, or never reached the chain.
fn outcome(scene: &(World, Case), attempt: &Attempt) -> Result<String, String> {
    let (mut world, case) = scene.clone();
    let case = (attempt.bend)(&mut world, case);
    let before = accounts_of(&world, &case);
    match world.send(&case) {
        Ok(_) => Ok(String::new()),
        Err(error) => {
            if accounts_of(&world, &case) != before {
                return Err(format!(
                    "{}, {}: a refusal changed an account",
                    case.name, attempt.note
                ));
            }
            match error.name() {
                Some(name) => Ok(name.to_owned()),
                None => Err(format!("{}, {}: {error}", case.name, attempt.note)),
            }
        }
    }
}

/// Makes every attempt on one instruction.
fn row(instruction: &Instruction, failures: &mut Vec<String>) -> Vec<Cell> {
    let accounts: Vec<&str> = instruction
        .accounts
        .iter()
        .map(|account| account.name.as_str())
        .collect();
    let scene = scenes::valid(&instruction.name);
    let mut cells = Vec::new();
    for column in COLUMNS {
        let mut cell = Cell::default();
        for attempt in (column.attempts)(&instruction.name, &accounts) {
            match outcome(&scene, &attempt) {
                Ok(error) => cell.outcomes.entry(error).or_default().push(attempt.note),
                Err(text) => failures.push(text),
            }
        }
        cells.push(cell);
    }
    cells
}

/// All rows, in the order of the IDL, made on as many threads as there are cores.
fn rows(idl: &Idl, failures: &mut Vec<String>) -> Vec<(String, Vec<Cell>)> {
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get());
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut made, mut failures) = (Vec::new(), Vec::new());
        while let Some((place, instruction)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            idl.instructions
                .get(place)
                .map(|instruction| (place, instruction))
        } {
            made.push((place, row(instruction, &mut failures)));
        }
        (made, failures)
    };
    let mut made = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut made = Vec::new();
        for worker in workers {
            let (rows, faults) = worker.join().expect("a worker");
            made.extend(rows);
            failures.extend(faults);
        }
        made
    });
    made.sort_by_key(|(place, _)| *place);
    let names = idl
        .instructions
        .iter()
        .map(|instruction| instruction.name.clone());
    names.zip(made.into_iter().map(|(_, cells)| cells)).collect()
}

#[test]
fn the_access_matrix_is_as_published() {
    let text = fs::read_to_string(root().join("idl/kzte.json")).expect("the IDL");
    let idl: Idl = serde_json::from_str(&text).expect("an IDL");
    let mut failures = Vec::new();
    let mut used = Vec::new();
    let rows = rows(&idl, &mut failures);
    for (name, cells) in &rows {
        for (column, cell) in COLUMNS.iter().zip(cells) {
            let reason = reasons::of(name, column.name);
            used.extend(reason.map(|_| (name.clone(), column.name)));
            match (cell.passed(), reason) {
                ([], Some(_)) => {
                    failures.push(format!("{name}, {}: a reason that nothing needs", column.name))
                }
                (passed @ [_, ..], None) => failures.push(format!(
                    "{name}, {}: passes and nothing says why it may: {}",
                    column.name,
                    passed.join("; ")
                )),
                _ => {}
            }
        }
    }
    failures.extend(reasons::unused(&used));
    assert!(
        failures.is_empty(),
        "{} faults:\n{}",
        failures.len(),
        failures.join("\n")
    );

    let page = page::render(&rows);
    println!(
        "{}",
        page.lines()
            .find(|line| line.contains("attempts"))
            .unwrap_or_default()
    );
    let path = root().join("docs/ACCESS_MATRIX.md");
    if std::env::var_os("KZTE_WRITE_DOCS").is_some() {
        fs::write(&path, &page).expect("the page");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == page,
        "{} is out of date: run this test with KZTE_WRITE_DOCS=1 and read the difference",
        path.display()
    );
}
