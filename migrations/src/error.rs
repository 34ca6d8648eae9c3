//! Why a migration stops.

use kzte_client::{Address, ChainError};
use thiserror::Error;

use crate::{Difference, LedgerError, Placeholder, RoleConflict, Waiting};

/// What stops a [`Migration`](crate::Migration) on the chain or in a step.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The chain refused or did not answer.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The chain holds something else than the file says.
    #[error("{step}, {subject}: {}", list(fields))]
    Differs {
        step: &'static str,
        subject: String,
        fields: Vec<Difference>,
    },
    /// A step is not done.
    #[error("{step}, {subject}: {reason}")]
    NotApplied {
        step: &'static str,
        subject: String,
        /// What is missing.
        reason: String,
    },
    /// The file gives one key two roles.
    #[error(transparent)]
    RoleConflict(#[from] RoleConflict),
    /// A key is needed that was not given.
    #[error("{step}, {subject}: the key of the {role} {address} must sign, and was not given")]
    MissingKey {
        step: &'static str,
        subject: String,
        role: &'static str,
        address: Address,
    },
    /// The key of a mint cannot pay for its own creation: the account must be empty.
    #[error("{step}, {subject}: the {role} {address} cannot pay for the accounts as well")]
    PayerHasRole {
        step: &'static str,
        subject: String,
        role: &'static str,
        address: Address,
    },
}

pub(crate) fn list(fields: &[Difference]) -> String {
    fields
        .iter()
        .map(Difference::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// What stops a [`Migration`](crate::Migration).
#[derive(Debug, Error)]
pub enum Stop {
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// An address of examples, tests or the demonstration on a chain that is not local.
    #[error(transparent)]
    Placeholder(#[from] Placeholder),
    /// The ledger file cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The program, its file or its buffer is not what it must be.
    #[error("the program {program}: {reason}")]
    Program { program: Address, reason: String },
    /// Whoever pays has too little for the program and its buffer.
    #[error(
        "the payer {payer} has {has} lamports; the program's file, its buffer and the fees take up to {needs}"
    )]
    Funds { payer: Address, has: u64, needs: u64 },
    /// A multisig's own account, which signs nothing, in the place of its vault.
    #[error(
        "{field}: {address} is the account of a Squads multisig, which signs nothing. Its first vault is {vault}: name that"
    )]
    NotAVault {
        field: String,
        address: Address,
        vault: Address,
    },
    /// No step has such a name.
    #[error("there is no step «{name}»; the steps are {steps}")]
    NoSuchStep { name: String, steps: String },
    /// What somebody else must sign is not on the chain.
    #[error("{step}, {subject}: {waiting}")]
    Waiting {
        step: &'static str,
        subject: String,
        waiting: Box<Waiting>,
    },
}

impl From<ChainError> for Stop {
    fn from(error: ChainError) -> Self {
        Self::Migration(error.into())
    }
}

impl From<RoleConflict> for Stop {
    fn from(error: RoleConflict) -> Self {
        Self::Migration(error.into())
    }
}
