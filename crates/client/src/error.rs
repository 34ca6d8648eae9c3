//! What can go wrong between an intention and its confirmation.

use kzte::errors::KzteError;
use solana_address::Address;
use solana_instruction_error::InstructionError;
use solana_signature::Signature;
use solana_transaction_error::TransactionError;
use thiserror::Error;

use crate::{PROGRAM_ID, decode::DecodeError, event, names};

/// A refusal of the chain, or the lack of an answer.
#[derive(Clone, Debug, Error)]
pub enum ChainError {
    /// A program refused with a code of its own.
    #[error("{name} (code {code} of program {program}): {message}")]
    Program {
        program: Address,
        code: u32,
        name: String,
        message: String,
        logs: Vec<String>,
    },
    /// The runtime refused: a missing signature, an unknown blockhash, a payer without lamports.
    #[error("{name}: {reason}")]
    Refused {
        /// The instruction that failed, by its place in the transaction; `None`: the transaction as a whole.
        instruction: Option<usize>,
        /// Name of the runtime's error, for example `MissingRequiredSignature`.
        name: String,
        reason: String,
        logs: Vec<String>,
    },
    /// The signed transaction is longer than a packet.
    #[error(
        "the transaction has {size} bytes and may have {limit}: pass fewer entries, or split it into several transactions"
    )]
    TooLarge { size: usize, limit: usize },
    /// An instruction asks for a signature that no key was passed for.
    #[error("{0} must sign, but its key was not passed")]
    MissingSigner(Address),
    /// The blockhash ran out and the transaction is not on the chain: it can never land. Build it anew.
    #[error("the transaction {signature} was not included before its blockhash expired: send it again")]
    Expired { signature: Signature },
    /// No answer in time; the transaction may have landed.
    #[error(
        "no answer about the transaction {signature} in time ({reason}): look it up before you send another one"
    )]
    Undecided { signature: Signature, reason: String },
    /// The node answered with an error that is not about a transaction's outcome.
    #[error("the node refused {method}: {message} (code {code})")]
    Rpc {
        method: String,
        code: i64,
        message: String,
    },
    /// The node was not reached, or its answer is none.
    #[error("{0}")]
    Transport(String),
    /// An account that must exist does not.
    #[error("there is no {what} at {address}")]
    Missing { what: &'static str, address: Address },
    /// An account that belongs to another program than its kind says.
    #[error("the account {address} belongs to program {owner}, so it is no {what}")]
    WrongOwner {
        what: &'static str,
        address: Address,
        owner: Address,
    },
    /// Account bytes that cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The in-process chain refused a set-up step.
    #[error("the in-process chain refused {step}: {reason}")]
    Local { step: &'static str, reason: String },
}

impl ChainError {
    /// Whether the KZTE program refused with `error`.
    pub fn is(&self, error: KzteError) -> bool {
        matches!(self, Self::Program { program, code, .. }
            if *program == PROGRAM_ID && *code == names::code_of(error))
    }

    /// Name of the refusal: of a program's code or of the runtime's error.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Program { name, .. } | Self::Refused { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The transaction's log lines, where it ran.
    pub fn logs(&self) -> &[String] {
        match self {
            Self::Program { logs, .. } | Self::Refused { logs, .. } => logs,
            _ => &[],
        }
    }

    /// A runtime error with names. `programs`: the program of each instruction of the transaction.
    pub(crate) fn of_transaction(error: &TransactionError, logs: Vec<String>, programs: &[Address]) -> Self {
        match error {
            TransactionError::InstructionError(place, error) => {
                let place = usize::from(*place);
                match error {
                    InstructionError::Custom(code) => {
                        let program = event::failing_program(&logs)
                            .or_else(|| programs.get(place).copied())
                            .unwrap_or_default();
                        Self::of_code(program, *code, logs)
                    }
                    other => Self::Refused {
                        instruction: Some(place),
                        name: variant_name(other),
                        reason: other.to_string(),
                        logs,
                    },
                }
            }
            other => Self::Refused {
                instruction: None,
                name: variant_name(other),
                reason: other.to_string(),
                logs,
            },
        }
    }

    fn of_code(program: Address, code: u32, logs: Vec<String>) -> Self {
        let (name, message) = names::describe_error(&program, code).unwrap_or_else(|| {
            (
                format!("Custom{code}"),
                "the program gives this code no name".to_owned(),
            )
        });
        Self::Program {
            program,
            code,
            name,
            message,
            logs,
        }
    }
}

/// The variant of an error without its fields.
fn variant_name(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.split(|character: char| !character.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID};

    fn custom(code: u32) -> TransactionError {
        TransactionError::InstructionError(2, InstructionError::Custom(code))
    }

    #[test]
    fn a_code_is_named_by_the_innermost_program_that_failed() {
        let logs = vec![
            format!("Program {PROGRAM_ID} invoke [1]"),
            format!("Program {TOKEN_PROGRAM_ID} invoke [2]"),
            format!("Program log: Program {SYSTEM_PROGRAM_ID} failed: custom program error: 0x11"),
            format!("Program {TOKEN_PROGRAM_ID} failed: custom program error: 0x11"),
            format!("Program {PROGRAM_ID} failed: custom program error: 0x11"),
        ];
        let error = ChainError::of_transaction(&custom(17), logs.clone(), &[PROGRAM_ID; 3]);
        let ChainError::Program {
            program,
            code,
            name,
            logs: kept,
            ..
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(
            (*program, *code, name.as_str()),
            (TOKEN_PROGRAM_ID, 17, "AccountFrozen")
        );
        assert_eq!(*kept, logs);
        assert_eq!(error.logs(), logs);
    }

    #[test]
    fn without_logs_the_instructions_program_is_taken() {
        let programs = [SYSTEM_PROGRAM_ID, SYSTEM_PROGRAM_ID, PROGRAM_ID];
        let error = ChainError::of_transaction(&custom(6090), Vec::new(), &programs);
        assert!(error.is(KzteError::EntryConsumed), "{error:?}");
        assert!(!error.is(KzteError::ProofInvalid));
        assert_eq!(error.name(), Some("EntryConsumed"));
        assert_eq!(
            error.to_string(),
            format!("EntryConsumed (code 6090 of program {PROGRAM_ID}): The entry has been consumed already")
        );
    }

    #[test]
    fn the_same_code_of_another_program_is_not_our_error() {
        let error = ChainError::of_transaction(&custom(6090), Vec::new(), &[TOKEN_PROGRAM_ID; 3]);
        assert!(!error.is(KzteError::EntryConsumed));
        assert_eq!(error.name(), Some("Custom6090"));
    }

    #[test]
    fn runtime_errors_keep_their_names() {
        let missing = TransactionError::InstructionError(1, InstructionError::MissingRequiredSignature);
        let error = ChainError::of_transaction(&missing, Vec::new(), &[]);
        let ChainError::Refused {
            instruction, name, ..
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(
            (*instruction, name.as_str()),
            (Some(1), "MissingRequiredSignature")
        );
        let rent = TransactionError::InsufficientFundsForRent { account_index: 3 };
        assert_eq!(
            ChainError::of_transaction(&rent, Vec::new(), &[]).name(),
            Some("InsufficientFundsForRent")
        );
    }
}
