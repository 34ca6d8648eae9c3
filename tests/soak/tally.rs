//! What is counted: operations with their outcomes and latencies, faults, and whatever must not happen.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::Serialize;

/// Problems that are kept with their text; more are only counted.
const PROBLEMS_KEPT: usize = 40;

/// Locks, also behind a thread that panicked: the figures are then the last thing that is left to tell.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The counters of a run. Every thread counts here.
#[derive(Default)]
pub struct Tally {
    acts: Mutex<BTreeMap<&'static str, Act>>,
    faults: Mutex<BTreeMap<&'static str, u64>>,
    problems: Mutex<(u64, Vec<String>)>,
    pub transactions: AtomicU64,
    pub rounds: AtomicU64,
    pub requests: AtomicU64,
}

/// One kind of operation.
#[derive(Default)]
struct Act {
    done: u64,
    /// The chain's refusals by name: races that were lost, pauses, and duplicates that had to be refused.
    refused: BTreeMap<String, u64>,
    /// No answer at first; the chain, asked later, said that it had landed.
    landed_unseen: u64,
    /// No answer at first; the chain, asked later, said that it never can land. Signed anew then.
    expired: u64,
    /// Microseconds from the intention to the receipt, of what was done.
    latencies: Vec<u64>,
}

/// The figures of one kind of operation.
#[derive(Serialize)]
pub struct ActFigures {
    pub done: u64,
    pub refused: BTreeMap<String, u64>,
    pub landed_unseen: u64,
    pub expired: u64,
    pub p50_ms: u64,
    pub p95_ms: u64,
    pub p99_ms: u64,
}

impl Tally {
    pub fn done(&self, kind: &'static str, took: Duration) {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        let mut acts = lock(&self.acts);
        let act = acts.entry(kind).or_default();
        act.done += 1;
        act.latencies
            .push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn refused(&self, kind: &'static str, name: &str) {
        let mut acts = lock(&self.acts);
        let refused = &mut acts.entry(kind).or_default().refused;
        *refused.entry(name.to_owned()).or_default() += 1;
    }

    pub fn landed_unseen(&self, kind: &'static str) {
        lock(&self.acts).entry(kind).or_default().landed_unseen += 1;
    }

    pub fn expired(&self, kind: &'static str) {
        lock(&self.acts).entry(kind).or_default().expired += 1;
    }

    pub fn fault(&self, kind: &'static str) {
        *lock(&self.faults).entry(kind).or_default() += 1;
    }

    /// A kind of fault that is to stand in the figures also where none was injected.
    pub fn name_fault(&self, kind: &'static str) {
        lock(&self.faults).entry(kind).or_default();
    }

    /// Something that must not happen.
    pub fn problem(&self, text: String) {
        let mut problems = lock(&self.problems);
        problems.0 += 1;
        if problems.1.len() < PROBLEMS_KEPT {
            problems.1.push(text);
        }
    }

    /// How many things have happened that must not, and the first of them.
    pub fn problems(&self) -> (u64, Vec<String>) {
        lock(&self.problems).clone()
    }

    pub fn fault_count(&self) -> u64 {
        lock(&self.faults).values().sum()
    }

    pub fn faults(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.faults).clone()
    }

    pub fn acts(&self) -> BTreeMap<&'static str, ActFigures> {
        let mut acts = lock(&self.acts);
        acts.iter_mut()
            .map(|(kind, act)| {
                act.latencies.sort_unstable();
                let at = |percent| percentile(&act.latencies, percent) / 1000;
                let figures = ActFigures {
                    done: act.done,
                    refused: act.refused.clone(),
                    landed_unseen: act.landed_unseen,
                    expired: act.expired,
                    p50_ms: at(50),
                    p95_ms: at(95),
                    p99_ms: at(99),
                };
                (*kind, figures)
            })
            .collect()
    }
}

/// The smallest value that at least `percent` in a hundred do not exceed; 0 of nothing.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}
