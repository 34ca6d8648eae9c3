//! The model test: long random sequences of operations on the compiled program and on an independent model of the
//! design. After every step the two must agree on acceptance, on the error and on the state of every account, and the
//! ten invariants must hold on the chain's accounts.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`cast`] | people, banks, and the names of what they own |
//! | [`op`] | what can happen in one step |
//! | [`model`] | the protocol a second time, from the design |
//! | [`actions`] | random operations from a seed |
//! | [`stage`] | the compiled program: operations to transactions, accounts to values |
//! | [`compare`] | the chain's accounts against the model |
//! | [`invariants`] | the ten invariants, on the chain's accounts |
//! | [`differential`] | the same sequence on LiteSVM and on a real validator |
//! | [`coverage`] | what was accepted and what was refused |
//!
//! `KZTE_MODEL_STEPS`: steps of all seeds together, 50,000 unless said. `KZTE_MODEL_SEED`: this seed alone.
//! `KZTE_PROGRAM`: another compiled program. The first line of a failure is `MODEL step <n> seed <s>: <what>`; the same
//! seed fails at the same step.

mod actions;
mod cast;
mod compare;
mod coverage;
mod differential;
mod invariants;
mod model;
mod op;
mod stage;

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
};

use actions::Actions;
use coverage::Coverage;
use invariants::{Invariants, Step};
use model::{Model, Verdict};
use op::Op;
use stage::{MAX_STATEMENT_AGE, NAME, Outcome, REDEMPTION_SLA, Snapshot, Stage, URI};

/// Steps of all seeds together.
const STEPS: u64 = 50_000;
/// Seeds that run every time, a test each, so that they run side by side.
const SEEDS: u64 = 10;
/// Operations that a failure prints.
const RECENT: usize = 20;

/// One sequence on both sides.
struct Run {
    stage: Stage,
    snapshot: Snapshot,
    model: Model,
    actions: Actions,
    invariants: Invariants,
    coverage: Coverage,
}

impl Run {
    fn new(seed: u64) -> Self {
        let (stage, snapshot) = Stage::new();
        let model = Model::new(snapshot.now, MAX_STATEMENT_AGE, REDEMPTION_SLA, NAME, URI);
        Self {
            stage,
            snapshot,
            model,
            actions: Actions::new(seed),
            invariants: Invariants::default(),
            coverage: Coverage::new(),
        }
    }

    /// Does one operation on both sides and compares. The text says what is wrong.
    fn step(&mut self, op: &Op) -> Result<(), String> {
        let verdict = self.model.apply(op);
        let outcome = self.stage.perform(op);
        let before = self.snapshot.clone();
        let with_logs = |text: String| format!("{text}\n{}", logs_of(&outcome));
        let changed = self.stage.refresh(&mut self.snapshot).map_err(with_logs)?;
        let step = Step {
            op,
            outcome: &outcome,
            before: &before,
            after: &self.snapshot,
            changed: &changed,
            files: &self.stage.files,
            config: self.stage.deployment.config,
            should_pass: verdict.is_ok(),
        };
        self.invariants.check(&step).map_err(with_logs)?;
        agree(&verdict, &outcome).map_err(with_logs)?;
        compare::rent(op, &changed).map_err(with_logs)?;
        compare::compare(&self.model, &self.snapshot, &mut self.stage).map_err(with_logs)?;
        self.coverage.count(op, &outcome);
        Ok(())
    }
}

/// The chain accepts what the model accepts, and refuses for a reason that the model knows.
fn agree(verdict: &Verdict, outcome: &Outcome) -> Result<(), String> {
    match (verdict, outcome) {
        (Ok(()), Outcome::Accepted { .. }) => Ok(()),
        (Err(refusal), Outcome::Accepted { .. }) => Err(format!(
            "accepted what the model refuses with {}",
            refusal.names()
        )),
        (Ok(()), Outcome::Refused { name, .. }) => Err(format!("refused with {name} what the model accepts")),
        (Err(refusal), Outcome::Refused { reason, name, .. }) => {
            if refusal.0.contains(reason) {
                return Ok(());
            }
            Err(format!("refused with {name}, the model says {}", refusal.names()))
        }
    }
}

fn logs_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { logs, .. } | Outcome::Refused { logs, .. } => logs.join("\n"),
    }
}

/// Runs one seed; panics at the first disagreement.
fn run(seed: u64, steps: u64) -> Coverage {
    let mut run = Run::new(seed);
    let mut recent: VecDeque<String> = VecDeque::new();
    for number in 0..steps {
        let op = run.actions.next(&run.model);
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(format!("{number:>6} {op:?}"));
        // A model that contradicts itself is a finding as well: it gets the same first line.
        let result = catch_unwind(AssertUnwindSafe(|| run.step(&op)))
            .unwrap_or_else(|panic| Err(format!("panic: {}", text_of(&*panic))));
        if let Err(text) = result {
            let (what, logs) = text.split_once('\n').unwrap_or((&text, ""));
            let operations: Vec<&str> = recent.iter().map(String::as_str).collect();
            panic!(
                "MODEL step {number} seed {seed}: {what}\n\noperation: {op:#?}\n\nlast {} operations:\n{}\n\nlogs:\n{logs}\n",
                operations.len(),
                operations.join("\n"),
            );
        }
    }
    let gaps = run.coverage.gaps();
    assert!(
        gaps.is_empty(),
        "MODEL step {steps} seed {seed}: coverage: {}\n{}",
        gaps.join(", "),
        run.coverage
    );
    run.coverage
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text")
        .to_owned()
}

fn number_in(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
    )
}

/// One of the seeds that run every time, unless another one is asked for.
fn fixed(seed: u64) {
    if number_in("KZTE_MODEL_SEED").is_some() {
        return;
    }
    let steps = number_in("KZTE_MODEL_STEPS").unwrap_or(STEPS) / SEEDS;
    println!("seed {seed}: {}", run(seed, steps));
}

macro_rules! seeds {
    ($($name:ident $seed:literal),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                fixed($seed);
            }
        )*
    };
}

seeds! {
    seed_1 1, seed_2 2, seed_3 3, seed_4 4, seed_5 5, seed_6 6, seed_7 7, seed_8 8, seed_9 9, seed_10 10,
}

/// The seed of `KZTE_MODEL_SEED`, where it is set.
#[test]
fn asked_for() {
    if let Some(seed) = number_in("KZTE_MODEL_SEED") {
        let steps = number_in("KZTE_MODEL_STEPS").unwrap_or(STEPS / SEEDS);
        println!("seed {seed}: {}", run(seed, steps));
    }
}
