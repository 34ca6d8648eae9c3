//! What the demonstration did, for people and for machines.

use kzte_client::{Bic, amount::format_tenge};
use serde::Serialize;

use crate::ops::{Status, Step};

/// Everything that happened, in order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Record {
    pub chapters: Vec<Chapter>,
    pub agreement: Vec<Position>,
    pub totals: Totals,
    pub refusals: Vec<Refusal>,
    pub summary: Summary,
}

/// A part of the story.
#[derive(Clone, Debug, Serialize)]
pub struct Chapter {
    pub title: String,
    pub lines: Vec<Line>,
}

/// One thing that somebody did.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Chain time, Unix seconds.
    pub time: i64,
    pub who: String,
    /// A sentence with names.
    pub what: String,
    #[serde(flatten)]
    pub step: Step,
}

/// Where one bank stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    pub bank: String,
    pub issuer: Bic,
    /// Number of the last effective statement.
    pub statement: u64,
    /// Tiyn, as all that follow.
    pub outstanding: u64,
    pub closing: u64,
    /// What explains `closing - outstanding`: the bank's own money and charges,
    pub own_funds: i128,
    /// deposits not minted yet,
    pub not_minted: u64,
    /// and payouts not settled yet, which count the other way.
    pub not_settled: u64,
}

impl Position {
    /// `closing - outstanding`.
    pub fn difference(&self) -> i128 {
        i128::from(self.closing) - i128::from(self.outstanding)
    }

    /// Whether the entries explain the difference to the tiyn.
    pub fn is_explained(&self) -> bool {
        self.difference() == self.own_funds + i128::from(self.not_minted) - i128::from(self.not_settled)
    }
}

/// The whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Tokens that exist, tiyn.
    pub supply: u64,
    pub outstanding: u64,
    pub closing: u64,
    /// Tokens in wallets, tiyn.
    pub in_wallets: u64,
    /// Tokens of open redemptions, tiyn.
    pub in_escrow: u64,
}

/// Something that must not work, tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    pub who: String,
    /// What was tried.
    pub attempt: String,
    /// Name of the error.
    pub error: String,
    /// Its sentence.
    pub sentence: String,
}

/// Figures of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub transactions: usize,
    pub statements: usize,
    pub entries: u64,
    pub deposits_minted: usize,
    /// Tiyn.
    pub minted: u64,
    pub redemptions_settled: usize,
    /// Tiyn.
    pub settled: u64,
    pub compute_units: u64,
    pub refusals: usize,
    pub repetitions: usize,
}

impl Record {
    /// Figures over all lines.
    pub fn sum_up(&mut self) {
        let mut summary = Summary {
            refusals: self.refusals.len(),
            ..Summary::default()
        };
        for line in self.chapters.iter().flat_map(|chapter| &chapter.lines) {
            let step = &line.step;
            match step.status {
                Status::Done if step.signature.is_some() => summary.transactions += 1,
                Status::Already => summary.repetitions += 1,
                Status::Done | Status::Skipped => {}
            }
            if step.status != Status::Done {
                continue;
            }
            summary.compute_units += step.compute_units.unwrap_or_default();
            let amount = step.amount.unwrap_or_default();
            match step.action {
                "import" => {
                    summary.statements += 1;
                    summary.entries += u64::try_from(step.entries.len()).unwrap_or_default();
                }
                "mint" => {
                    summary.deposits_minted += step.entries.len();
                    summary.minted += amount;
                }
                "settle" => {
                    summary.redemptions_settled += 1;
                    summary.settled += amount;
                }
                _ => {}
            }
        }
        self.summary = summary;
    }
}

/// A difference that may be negative, as people write it.
pub fn signed_tenge(tiyn: i128) -> String {
    let text = format_tenge(u64::try_from(tiyn.unsigned_abs()).unwrap_or(u64::MAX));
    if tiyn < 0 { format!("−{text}") } else { text }
}
