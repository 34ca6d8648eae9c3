//! What the actors know to have happened: written after a receipt, or after the chain said, asked later, that it did.
//! Nothing is written by hope, so at the end it must agree with the chain to the tiyn.

use std::collections::{BTreeMap, BTreeSet};

use kzte_client::{Address, Signature, reserve::StatementFile};

/// The books of one bank.
#[derive(Default)]
pub struct Books {
    /// Tiyn, as all amounts here.
    pub minted: u64,
    pub settled: u64,
    /// Own stock that the bank burned.
    pub burned: u64,
    pub novated_in: u64,
    pub novated_out: u64,
    /// Effective statements by number.
    pub statements: BTreeMap<u64, StatementFile>,
    pub closed: BTreeSet<u64>,
    /// Consumed entries by statement and index.
    pub consumed: BTreeSet<(u64, u32)>,
    /// Open redemptions with their amounts.
    pub open: BTreeMap<Address, u64>,
    /// Every redemption that was ever opened.
    pub redemptions: BTreeSet<Address>,
}

impl Books {
    /// What the bank owes: minted − burned + taken over − handed over. While others work, what they have done may not
    /// be written here yet, so it is no more than a good guess then.
    pub fn outstanding(&self) -> u64 {
        (self.minted + self.novated_in).saturating_sub(self.settled + self.burned + self.novated_out)
    }

    pub fn pending(&self) -> u64 {
        self.open.values().sum()
    }

    /// Closing balance of the last effective statement.
    pub fn closing(&self) -> u64 {
        self.statements
            .last_key_value()
            .map_or(0, |(_, file)| file.totals.closing)
    }

    /// Number and time of the last effective statement.
    pub fn last(&self) -> (u64, i64) {
        self.statements
            .last_key_value()
            .map_or((0, 0), |(number, file)| (*number, file.totals.as_of))
    }

    pub fn consume(&mut self, number: u64, index: u32) {
        assert!(
            self.consumed.insert((number, index)),
            "entry {number}/{index} was consumed twice"
        );
    }
}

/// The books of all banks and of all token accounts.
#[derive(Default)]
pub struct Journal {
    pub banks: Vec<Books>,
    /// By token account. Two actors may write in another order than the chain has it, so a balance may be negative for
    /// a moment.
    pub balances: BTreeMap<Address, i128>,
    /// Transactions of the program that have landed, each with its time as the receipt had it.
    pub landed: BTreeMap<Signature, Option<i64>>,
}

impl Journal {
    pub fn give(&mut self, account: Address, amount: u64) {
        *self.balances.entry(account).or_default() += i128::from(amount);
    }

    pub fn take(&mut self, account: Address, amount: u64) {
        *self.balances.entry(account).or_default() -= i128::from(amount);
    }

    pub fn transfer(&mut self, from: Address, to: Address, amount: u64) {
        self.take(from, amount);
        self.give(to, amount);
    }
}
