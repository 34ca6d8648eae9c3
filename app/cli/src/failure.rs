//! What stops a command: the fact, the way out, and the exit code.

use std::{error::Error, fmt};

use kzte_camt::CamtError;
use kzte_client::{
    ChainError, KzteError, TOKEN_PROGRAM_ID, amount::AmountError, decode::DecodeError, names,
    reserve::StatementError,
};
use kzte_migrations::{DescriptionError, Stop, command as migrations};
use serde::Serialize;

/// What sort of failure, and so which exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The program, the token program or the runtime refused.
    Refused,
    /// The arguments do not make a command (clap's own code).
    Usage,
    /// A file is not what it must be.
    Input,
    /// What the file says and what the chain says differ.
    Mismatch,
    /// The chain did not answer, or has not decided yet.
    NoAnswer,
    /// Some entries were done and some were not.
    Partial,
    /// Somebody else must sign.
    Waiting,
    /// The check ran, and an invariant does not hold.
    Violated,
}

impl Kind {
    /// The process's exit code; 0 is success, also when there was nothing left to do.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Mismatch => 4,
            Self::NoAnswer => 5,
            Self::Partial | Self::Waiting => 6,
            Self::Violated => 7,
        }
    }
}

/// Why a command did not do what it was asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub kind: Kind,
    /// Name of the program's or the runtime's error, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The fact.
    pub message: String,
    /// What to do about it; empty when the fact says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub way_out: String,
}

/// Result of a command's parts.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn new(kind: Kind, message: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self {
            kind,
            name: None,
            message: message.into(),
            way_out: way_out.into(),
        }
    }

    pub fn input(message: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self::new(Kind::Input, message, way_out)
    }

    pub fn usage(message: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message, way_out)
    }

    pub fn mismatch(message: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self::new(Kind::Mismatch, message, way_out)
    }

    pub fn refused(message: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message, way_out)
    }

    /// What the program would refuse with `error`, said before anything is sent: the fact in figures, under the same
    /// name and with the same exit code.
    pub fn foreseen(error: KzteError, fact: impl Into<String>) -> Self {
        let name = names::ERRORS
            .iter()
            .find(|(known, ..)| *known == error)
            .map(|(_, name, _)| *name);
        Self {
            name: name.map(str::to_owned),
            ..Self::refused(fact, name.map_or("", way_out))
        }
    }

    /// With another way out.
    pub fn but(self, way_out: impl Into<String>) -> Self {
        Self {
            way_out: way_out.into(),
            ..self
        }
    }

    /// A file that cannot be read or written.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::input(
            format!("{}: {error}", path.display()),
            "Check the path and the permissions.",
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name}: {}", self.message)?,
            None => f.write_str(&self.message)?,
        }
        if self.way_out.is_empty() {
            Ok(())
        } else {
            write!(f, "\n{}", self.way_out)
        }
    }
}

impl Error for Failure {}

impl From<CamtError> for Failure {
    // The reader's sentence names the line, the entry and the way out.
    fn from(error: CamtError) -> Self {
        Self::input(error.to_string(), "Nothing was written or posted.")
    }
}

impl From<StatementError> for Failure {
    fn from(error: StatementError) -> Self {
        Self::input(
            error.to_string(),
            "Ask the bank for a statement of a shorter period.",
        )
    }
}

impl From<AmountError> for Failure {
    fn from(error: AmountError) -> Self {
        Self::usage(error.to_string(), "")
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        ChainError::from(error).into()
    }
}

impl From<DescriptionError> for Failure {
    fn from(error: DescriptionError) -> Self {
        migrations::Failure::from(error).into()
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        migrations::Failure::from(stop).into()
    }
}

impl From<migrations::Kind> for Kind {
    fn from(kind: migrations::Kind) -> Self {
        match kind {
            migrations::Kind::Refused => Self::Refused,
            migrations::Kind::Usage => Self::Usage,
            migrations::Kind::Input => Self::Input,
            migrations::Kind::Mismatch => Self::Mismatch,
            migrations::Kind::NoAnswer => Self::NoAnswer,
            migrations::Kind::Waiting => Self::Waiting,
        }
    }
}

impl From<migrations::Failure> for Failure {
    fn from(failure: migrations::Failure) -> Self {
        // The migrations know no errors of the program; here each has a way out of its own.
        let own = failure.name.as_deref().map_or("", |name| match way_out(name) {
            "" => runtime_way_out(name),
            of_program => of_program,
        });
        let way_out = if own.is_empty() {
            failure.way_out
        } else {
            own.to_owned()
        };
        Self {
            kind: failure.kind.into(),
            name: failure.name,
            message: failure.message,
            way_out,
        }
    }
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        let repeat = "Repeat the command: it looks at the chain first and does nothing twice.";
        match error {
            ChainError::Program {
                program,
                code,
                name,
                message,
                ..
            } => {
                let way_out = if program == TOKEN_PROGRAM_ID {
                    token_way_out(&name)
                } else {
                    way_out(&name)
                };
                let message = format!("{message} (code {code} of program {program})");
                Self {
                    kind: Kind::Refused,
                    name: Some(name),
                    message,
                    way_out: way_out.to_owned(),
                }
            }
            ChainError::Refused { name, reason, .. } => {
                let way_out = runtime_way_out(&name).to_owned();
                Self {
                    kind: Kind::Refused,
                    name: Some(name),
                    message: reason,
                    way_out,
                }
            }
            ChainError::MissingSigner(_) => Self::usage(error.to_string(), "Pass that key with --keypair."),
            ChainError::TooLarge { .. } | ChainError::Local { .. } => Self::refused(error.to_string(), ""),
            ChainError::Missing { .. } => Self::mismatch(
                error.to_string(),
                "Check --url and --mint; a new deployment needs `kzte migrate apply` first.",
            ),
            ChainError::Decode(DecodeError {
                what: "configuration",
                ..
            }) => Self::mismatch(
                error.to_string(),
                "Check --mint. A configuration that an older program made needs `kzte migrate apply` first.",
            ),
            ChainError::WrongOwner { .. } | ChainError::Decode(_) => {
                Self::mismatch(error.to_string(), "Check --mint and the address.")
            }
            ChainError::Expired { .. }
            | ChainError::Undecided { .. }
            | ChainError::Rpc { .. }
            | ChainError::Transport(_) => Self::new(Kind::NoAnswer, error.to_string(), repeat),
        }
    }
}

/// What to do about an error of the KZTE program or its framework.
fn way_out(name: &str) -> &'static str {
    match name {
        "NotAuthorized" => {
            "Sign with the key that holds the role: `kzte show config` and `kzte show issuer` name it."
        }
        "NotUpgradeAuthority" => "Sign with the program's upgrade authority.",
        "NotAttestor" => "Sign with a key of the attestor set: `kzte show config` lists it.",
        "WrongOwner" => "Only the wallet that requested the redemption may do this.",
        "WrongProgramData" | "WrongConfig" | "WrongIssuer" | "WrongMint" | "WrongAddress" => {
            "Check --mint, --issuer and the address."
        }
        "WrongRentReceiver" => "Repeat the command: it reads who paid.",
        "RoleConflict" => {
            "Nobody holds two roles: nominate a key that holds none, or hand its other role over first."
        }
        "NotNominated" => {
            "Ask whoever nominates: the authority with `kzte role nominate`, for a bank's seats its admin."
        }
        "MintPaused" | "RedemptionRequestPaused" | "TransferPaused" => {
            "Wait until the authority resumes: `kzte show config` shows the flags."
        }
        "IssuerNotActive" | "IssuerClosed" => "Ask the issuer manager about the bank's status.",
        "RedemptionOverdue" => {
            "Settle or reject the overdue redemption first: `kzte show redemptions` lists it."
        }
        "StatementNotEffective" => "Let the attestors attest it: `kzte show statement` shows the votes.",
        "StatementEffective" => "Correct it with reversal entries in the bank's next statement.",
        "StatementNotExhausted" => "Mint or settle its remaining entries first.",
        "WalletBlocked" => {
            "Ask the compliance desk; the deposit stays mintable once the wallet is unblocked."
        }
        "RedemptionNotDue" => {
            "A holder may cancel from the due time (`kzte show redemption`) plus the statement age of the policy (`kzte show config`) on."
        }
        "NothingToChange" => "It is already so.",
        "RedemptionNotOverdue" => "Flag it once its term has passed: `kzte show redemption` shows when.",
        "StatusTransition" => {
            "A bank is suspended and reactivated, then wound down, then closed: `kzte show issuer` shows where it stands."
        }
        "IssuerNotEmpty" => {
            "Let holders redeem, burn the bank's own stock, and let another bank take the rest over: `kzte novate`."
        }
        "OrderClosed" => {
            "A closed order stays closed; another decision of the court opens another case: `kzte order open`."
        }
        "OrderExpired" => "Ask the court for a new decision and open it as another case: `kzte order open`.",
        "NotBornFrozen" => "Only the compliance desk thaws this account: `kzte thaw`.",
        "ZeroAmount" => "Give an amount of at least 0,01.",
        "AmountOverflow" => "Tell the authority: no bank comes near this total in honest business.",
        "QuotaExceeded" => "Ask the issuer manager for a higher quota, or wait for redemptions.",
        "ReserveExceeded" => "The reserve account must hold more first: post and attest a newer statement.",
        "WindowExceeded" => "Wait for the next minting window; the deposit stays mintable.",
        "CreditTotalExceeded" | "DebitTotalExceeded" => {
            "Import the bank's file again: the entries do not add up to the attested totals."
        }
        "OutstandingExceeded" => {
            "Another bank issued these tokens: take its liability over first, with `kzte novate`."
        }
        "AmountMismatch" => {
            "The entry pays another amount: have the bank reverse it and pay the exact amount."
        }
        "OrderCapExceeded" => "`kzte order show` shows what is left under the order.",
        "TakeoverNotNeeded" => {
            "Take over no more than the bank's open redemptions need, or bring the bank back into good standing first."
        }
        "StatementNumber" | "OpeningBalance" => {
            "Import the bank's statements in order: `kzte show issuer` shows the last effective one."
        }
        "ClosingBalance" | "TooManyEntries" | "EntryCount" => {
            "Import the bank's file again, and post that bundle."
        }
        "StatementNotLater" => "Give the statement that follows the last effective one.",
        "StatementInFuture" => "Wait until the statement's time has passed.",
        "StatementStale" => "Post and attest a newer statement, then mint again.",
        "EntryConsumed" => "Nothing is left to do: each entry is consumed once, ever.",
        "ProofInvalid" => "Import the bank's file again: the entry is not in the attested statement.",
        "EntryIndex" => "`kzte show statement` shows how many entries there are.",
        "EntryWithoutParty" => "Fees, reversals and own transfers neither mint nor settle.",
        "WrongRecipient" => "Tokens go to the wallet that the entry names and to no other.",
        "DigestMismatch" => {
            "Compare the statement with your own copy of the bank's file: `kzte statement attest`."
        }
        "AlreadyAttested" => "Nothing is left to do: one vote a statement.",
        "RunLength" => "Mint with --all: it cuts the runs.",
        "NotTokenAccount" => "Give a wallet that has a KZTE token account, or the token account itself.",
        "WrongTokenOwner" => "Give a token account of that wallet.",
        "TokenAccountFrozen" => "Ask the compliance desk.",
        "InsufficientTokens" => "`kzte balance` shows what the account holds.",
        "EscrowCannotFreeze" => "Freeze a holder's account; an escrow belongs to redemptions.",
        "EscrowNotSeizable" => {
            "What lies in an escrow is promised: let the redemption end, then seize from the holder's own account."
        }
        "AccountNotEmpty" => "Only the compliance desk thaws an account with tokens on it: `kzte thaw`.",
        "MintNotConforming" => "Let `kzte migrate apply` create the mint.",
        "MintHasSupply" => "Give a mint that has never minted.",
        "AttestorSet" => {
            "Give 1 to 8 distinct attestors, a threshold that they can reach, one of them mandatory."
        }
        "Bic" => "Give 8 or 11 capital letters and digits, as ISO 9362 has them.",
        "WindowLength" => "Give the window at least one second.",
        "PolicyRange" => "Give a span of one second to 31 days.",
        "ZeroAddress" => "Give the address of a key that somebody holds.",
        "MetadataText" => "Give a text of 1 to 200 bytes.",
        "PauseFlag" => "`kzte pause --help` lists the functions.",
        "RoleUnknown" => "`kzte role nominate --help` lists the roles.",
        "StatusUnknown" => "`kzte issuer --help` lists what can be done.",
        "MetadataField" => "Only the name and the URI can be changed; the symbol is for ever.",
        "OrderExpiry" => "Give a moment in the future.",
        "OrderDestination" => "Give another account to move the tokens to.",
        "CheckedBanks" => "Name each bank once, and no more than fit into one transaction.",
        _ => "",
    }
}

/// What to do about an error of Token-2022.
fn token_way_out(name: &str) -> &'static str {
    match name {
        "AccountFrozen" => "The account is frozen: ask the compliance desk.",
        "InsufficientFunds" => "`kzte balance` shows what the wallet holds.",
        "MintPaused" | "Paused" => "Transfers are paused: wait until the authority resumes.",
        _ => "",
    }
}

/// What to do about an error of the runtime.
fn runtime_way_out(name: &str) -> &'static str {
    match name {
        "AccountNotFound" | "InsufficientFundsForFee" | "InsufficientFundsForRent" => {
            "Give the paying key some SOL for fees and rent."
        }
        "MissingRequiredSignature" => "Sign with the key that holds the role.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_the_program_has_a_way_out() {
        for (error, name, _) in names::ERRORS {
            let failure = Failure::foreseen(*error, "a fact");
            assert_eq!(failure.name.as_deref(), Some(*name));
            assert!(!failure.way_out.is_empty(), "{name}");
            assert!(failure.way_out.ends_with('.'), "{name}: {}", failure.way_out);
        }
    }
}
