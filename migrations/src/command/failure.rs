//! What stops the command: the fact, the way out, and the exit code. The codes are those of `kzte`.

use std::{fmt, path::Path};

use kzte_client::ChainError;
use serde::Serialize;

use crate::{DescriptionError, LedgerError, MigrationError, Stop};

/// What sort of failure, and so which exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The chain refused, or the payer has too little.
    Refused,
    /// An argument or a key is missing.
    Usage,
    /// A file or a key is not what it must be: also a placeholder.
    Input,
    /// File and chain differ.
    Mismatch,
    /// The node gave no answer, or another run has the ledger open.
    NoAnswer,
    /// Somebody else must sign.
    Waiting,
}

impl Kind {
    /// The process's exit code.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Mismatch => 4,
            Self::NoAnswer => 5,
            Self::Waiting => 6,
        }
    }
}

/// Why a command did not do what it was asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub kind: Kind,
    /// Name of a program's or the runtime's error, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The fact.
    pub message: String,
    /// What to do about it; empty when the fact says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub way_out: String,
}

/// Result of a command's parts.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure without a name.
    pub fn new(kind: Kind, message: impl Into<String>, way_out: &str) -> Self {
        Self {
            kind,
            name: None,
            message: message.into(),
            way_out: way_out.to_owned(),
        }
    }

    pub(super) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::new(
            Kind::Input,
            format!("{}: {error}", path.display()),
            "Check the path and the permissions.",
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.message)?;
        if self.way_out.is_empty() {
            Ok(())
        } else {
            write!(f, "\n{}", self.way_out)
        }
    }
}

impl From<DescriptionError> for Failure {
    fn from(error: DescriptionError) -> Self {
        Self::new(
            Kind::Input,
            error.to_string(),
            "migrations/deployment.example.toml shows every field.",
        )
    }
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        let again = "Repeat the command: it asks the chain first and does nothing twice.";
        let (kind, way_out) = match &error {
            ChainError::Expired { .. }
            | ChainError::Undecided { .. }
            | ChainError::Rpc { .. }
            | ChainError::Transport(_) => (Kind::NoAnswer, again),
            ChainError::MissingSigner(_) => (Kind::Usage, "Pass the key's file with --keypair."),
            ChainError::Missing { .. } | ChainError::WrongOwner { .. } | ChainError::Decode(_) => {
                (Kind::Mismatch, "Check --url and the file's mint.")
            }
            _ => (Kind::Refused, again),
        };
        let name = error.name().map(str::to_owned);
        let message = match error {
            ChainError::Program {
                program,
                code,
                message,
                ..
            } => format!("{message} (code {code} of program {program})"),
            ChainError::Refused { reason, .. } => reason,
            error => error.to_string(),
        };
        Self {
            name,
            ..Self::new(kind, message, way_out)
        }
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        let message = stop.to_string();
        let (kind, way_out) = match stop {
            Stop::Migration(MigrationError::Chain(error)) => return error.into(),
            Stop::Migration(MigrationError::Differs { .. }) => (
                Kind::Mismatch,
                "No step changes this: let the role holder change the chain, or correct the file.",
            ),
            Stop::Migration(MigrationError::NotApplied { .. }) => {
                (Kind::Mismatch, "Run `apply` with the same file.")
            }
            Stop::Migration(MigrationError::RoleConflict(_)) => (
                Kind::Input,
                "Give each role a key of its own: the program lets nobody hold two.",
            ),
            Stop::Migration(MigrationError::MissingKey { .. }) => (
                Kind::Usage,
                "Pass the key's file with --keypair, once for each key. Nothing was sent.",
            ),
            Stop::Migration(MigrationError::PayerHasRole { .. }) => {
                (Kind::Usage, "Pay with another key: --payer.")
            }
            Stop::Placeholder(_) | Stop::NotAVault { .. } => (Kind::Input, ""),
            Stop::Ledger(LedgerError::Locked { .. }) => {
                (Kind::NoAnswer, "Wait for it to end, then run this again.")
            }
            Stop::Ledger(LedgerError::Write { .. }) => (
                Kind::Input,
                "Make room and permissions, then run this again: what is on the chain gets recorded as found.",
            ),
            Stop::Ledger(_) => (Kind::Input, "Name another file with --ledger."),
            Stop::Program { .. } => (Kind::Mismatch, ""),
            Stop::Funds { .. } => (
                Kind::Refused,
                "Send it more. The rent of the buffer comes back with the deployment.",
            ),
            Stop::NoSuchStep { .. } => (Kind::Usage, "Name a step by its number with --through."),
            Stop::Waiting { .. } => (Kind::Waiting, "`plan` shows the exact instruction."),
        };
        Self::new(kind, message, way_out)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Stop::from(error).into()
    }
}
