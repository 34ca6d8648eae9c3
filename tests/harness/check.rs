//! Outcomes: the right refusal, for the right reason, and nothing changed.

use std::collections::BTreeMap;

use kzte_client::{Account, Address, Chain, ChainError, Event, KzteError, Receipt, names};

use crate::{Case, World};

/// The refusal that a test expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An error of the program.
    Program(KzteError),
    /// An error of the runtime, the framework, Token-2022 or the system program, by its name.
    Named(&'static str),
}

impl From<KzteError> for Refusal {
    fn from(error: KzteError) -> Self {
        Self::Program(error)
    }
}

impl From<&'static str> for Refusal {
    fn from(name: &'static str) -> Self {
        Self::Named(name)
    }
}

impl Refusal {
    fn is(&self, error: &ChainError) -> bool {
        match self {
            Self::Program(expected) => error.is(*expected),
            Self::Named(name) => error.name() == Some(name) && !matches!(error, ChainError::MissingSigner(_)),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Program(error) => {
                let name = names::error_name(names::code_of(*error)).map_or("?", |(name, _)| name);
                write!(formatter, "KzteError::{name}")
            }
            Self::Named(name) => formatter.write_str(name),
        }
    }
}

/// The accounts of a case as they lie on the chain; the payer of the fee without its lamports.
pub fn accounts_of<C: Chain>(world: &World<C>, case: &Case) -> BTreeMap<Address, Option<Account>> {
    let payer = world.keys.payer.address();
    let mut accounts = BTreeMap::new();
    for meta in &case.instruction.accounts {
        let mut account = world.chain.account(&meta.pubkey).expect("an account");
        if let Some(account) = account.as_mut().filter(|_| meta.pubkey == payer) {
            account.lamports = 0;
        }
        accounts.insert(meta.pubkey, account);
    }
    accounts
}

/// Sends a case that must be refused. The text says what is wrong when it is not, or not as expected, or when the
/// failed transaction changed one of its accounts.
pub fn refusal_of<C: Chain>(
    world: &mut World<C>,
    case: &Case,
    expected: Refusal,
) -> Result<ChainError, String> {
    let before = accounts_of(world, case);
    let error = match world.send(case) {
        Ok(receipt) => {
            return Err(format!(
                "expected {expected}, but it passed\n{}",
                receipt.logs.join("\n")
            ));
        }
        Err(error) => error,
    };
    if !expected.is(&error) {
        return Err(format!(
            "expected {expected}, got {error}\n{}",
            error.logs().join("\n")
        ));
    }
    for ((address, was), now) in before.iter().zip(accounts_of(world, case).values()) {
        if now != was {
            return Err(format!(
                "{expected} as expected, but {address} changed from {was:?} to {now:?}"
            ));
        }
    }
    Ok(error)
}

/// Sends a case that must pass; panics with the logs when it does not.
#[track_caller]
pub fn assert_ok<C: Chain>(world: &mut World<C>, case: &Case) -> Receipt {
    match world.send(case) {
        Ok(receipt) => receipt,
        Err(error) => panic!("{} was refused: {error}\n{}", case.name, error.logs().join("\n")),
    }
}

/// Sends a case that must pass and emit exactly these events.
#[track_caller]
pub fn assert_emits<C: Chain>(world: &mut World<C>, case: &Case, events: &[Event]) -> Receipt {
    let receipt = assert_ok(world, case);
    assert_eq!(receipt.events, events, "events of {}", case.name);
    receipt
}

/// Sends a case that must be refused with `expected` and must leave all its accounts as they were; panics with the
/// logs when not.
#[track_caller]
pub fn assert_refused<C: Chain>(
    world: &mut World<C>,
    case: &Case,
    expected: impl Into<Refusal>,
) -> ChainError {
    refusal_of(world, case, expected.into()).unwrap_or_else(|text| panic!("{}: {text}", case.name))
}
