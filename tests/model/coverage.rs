//! What was done and what was refused, and for which reasons: so that a generator that has stopped doing something is
//! noticed.

use std::{collections::BTreeMap, fmt};

use kzte_harness::roster;

use crate::{op::Op, stage::Outcome};

/// Counts of one run, or of several.
#[derive(Clone, Default)]
pub struct Coverage {
    steps: u64,
    /// By instruction: accepted, refused.
    instructions: BTreeMap<&'static str, (u64, u64)>,
    /// Refusals by the name of the error.
    errors: BTreeMap<String, u64>,
}

/// Shorter runs need not have seen everything.
const LONG: u64 = 4_000;

impl Coverage {
    /// A run whose chain has been initialised.
    pub fn new() -> Self {
        let mut coverage = Self::default();
        coverage.instructions.insert("initialize", (1, 0));
        coverage
    }

    pub fn count(&mut self, op: &Op, outcome: &Outcome) {
        self.steps += 1;
        let (accepted, refused) = self.instructions.entry(op.name()).or_default();
        match outcome {
            Outcome::Accepted { .. } => *accepted += 1,
            Outcome::Refused { name, .. } => {
                *refused += 1;
                *self.errors.entry(name.clone()).or_default() += 1;
            }
        }
    }

    /// Instructions of the program that a long run never saw accepted, or never refused.
    pub fn gaps(&self) -> Vec<String> {
        if self.steps < LONG {
            return Vec::new();
        }
        let mut gaps = Vec::new();
        for spec in roster::ALL {
            let (accepted, refused) = self.instructions.get(spec.name).copied().unwrap_or_default();
            if accepted == 0 {
                gaps.push(format!("{} was never accepted", spec.name));
            }
            if refused == 0 {
                gaps.push(format!("{} was never refused", spec.name));
            }
        }
        gaps
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accepted: u64 = self.instructions.values().map(|(accepted, _)| accepted).sum();
        let refused: u64 = self.instructions.values().map(|(_, refused)| refused).sum();
        writeln!(
            formatter,
            "{} steps: {accepted} accepted, {refused} refused",
            self.steps
        )?;
        for (name, (accepted, refused)) in &self.instructions {
            writeln!(
                formatter,
                "  {name:<28} {accepted:>6} accepted {refused:>6} refused"
            )?;
        }
        let errors: Vec<String> = self
            .errors
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        write!(formatter, "  refusals: {}", errors.join(", "))
    }
}
