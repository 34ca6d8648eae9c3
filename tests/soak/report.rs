//! The figures of a run, for people and for machines.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

use crate::{
    reckoning::Reckoning,
    tally::{ActFigures, Tally},
};

/// Everything that a run tells.
#[derive(Serialize)]
pub struct Report {
    pub engine: &'static str,
    pub engine_version: String,
    pub program_version: &'static str,
    pub seed: u64,
    /// How long the actors worked, without the setting up and the reckoning.
    pub seconds: u64,
    pub banks: usize,
    pub rounds: u64,
    pub transactions: u64,
    pub transactions_per_second: String,
    /// JSON-RPC requests that went through the proxies.
    pub requests: u64,
    pub operations: BTreeMap<&'static str, ActFigures>,
    pub faults: BTreeMap<&'static str, u64>,
    /// Faults that this engine cannot have, and why.
    pub not_injected: BTreeMap<&'static str, &'static str>,
    pub problem_count: u64,
    pub problems: Vec<String>,
    pub reckoning: Option<Reckoning>,
    pub passed: bool,
}

/// Transactions a second with two decimals, by integers.
pub fn rate(transactions: u64, took: Duration) -> String {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let hundredths = transactions.saturating_mul(100_000) / millis;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// One line while it runs.
pub fn progress(tally: &Tally, elapsed: Duration, total: Duration) -> String {
    use std::sync::atomic::Ordering::Relaxed;
    format!(
        "{:>4}/{} s  {} rounds  {} transactions  {} requests  {} faults  {} problems",
        elapsed.as_secs(),
        total.as_secs(),
        tally.rounds.load(Relaxed),
        tally.transactions.load(Relaxed),
        tally.requests.load(Relaxed),
        tally.fault_count(),
        tally.problems().0
    )
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "engine        {} ({})", self.engine, self.engine_version)?;
        writeln!(f, "seed          {}", self.seed)?;
        writeln!(
            f,
            "work          {} s, {} banks, {} rounds, {} transactions ({} a second), {} requests",
            self.seconds,
            self.banks,
            self.rounds,
            self.transactions,
            self.transactions_per_second,
            self.requests
        )?;
        self.operations(f)?;
        writeln!(f, "\n{:>7}  fault", "count")?;
        for (fault, count) in &self.faults {
            match self.not_injected.get(fault) {
                Some(why) => writeln!(f, "{count:>7}  {fault} ({why})")?,
                None => writeln!(f, "{count:>7}  {fault}")?,
            }
        }
        if let Some(reckoning) = &self.reckoning {
            writeln!(f, "\n{:>22} {:>22}  reconciliation", "expected", "found")?;
            for row in &reckoning.rows {
                let mark = if row.agrees() { "" } else { "  <-- differs" };
                writeln!(f, "{:>22} {:>22}  {}{mark}", row.expected, row.found, row.what)?;
            }
            writeln!(
                f,
                "{} transactions of the program in the history, {} statements with {} entries, {} accounts rebuilt from events",
                reckoning.transactions, reckoning.statements, reckoning.entries, reckoning.accounts_rebuilt
            )?;
            if reckoning.without_time + reckoning.a_second_earlier > 0 {
                writeln!(
                    f,
                    "{} transactions lost their time in a restart; {} accounts have the second before their block's",
                    reckoning.without_time, reckoning.a_second_earlier
                )?;
            }
            for difference in &reckoning.differences {
                writeln!(f, "differs: {difference}")?;
            }
        }
        for problem in &self.problems {
            writeln!(f, "problem: {problem}")?;
        }
        let more = self.problem_count.saturating_sub(self.problems.len() as u64);
        if more > 0 {
            writeln!(f, "and {more} more")?;
        }
        let outcome = match self.passed {
            true => "exact: every figure agrees",
            false => "FAILED: see what differs above",
        };
        write!(f, "\n{outcome}")
    }
}

impl Report {
    fn operations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<20} {:>7} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
            "operation", "done", "p50 ms", "p95 ms", "p99 ms", "unseen", "expired", "refused"
        )?;
        for (kind, act) in &self.operations {
            let refused: u64 = act.refused.values().sum();
            writeln!(
                f,
                "{kind:<20} {:>7} {:>8} {:>8} {:>8} {:>8} {:>8} {refused:>8}",
                act.done, act.p50_ms, act.p95_ms, act.p99_ms, act.landed_unseen, act.expired
            )?;
        }
        let mut refusals: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, count) in self.operations.values().flat_map(|act| &act.refused) {
            *refusals.entry(name).or_default() += count;
        }
        writeln!(f, "\n{:>7}  refused by the chain", "count")?;
        for (name, count) in refusals {
            writeln!(f, "{count:>7}  {name}")?;
        }
        Ok(())
    }
}
