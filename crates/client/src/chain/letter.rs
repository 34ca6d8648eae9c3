//! A transaction that is signed first and sent later.
//!
//! [`Chain::send`](super::Chain::send) signs and sends in one go. For what the chain itself cannot recognise as done,
//! such as a transfer, the signed bytes must be kept before they leave: then a repetition asks for the fate of those
//! very bytes. The chain takes a signature once, so the same bytes may be sent as often as need be.

use solana_address::Address;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::Receipt;
use crate::{
    ChainError,
    transaction::{Signed, programs_of},
};

/// A signed transaction that may not have been sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub signature: Signature,
    /// As on the wire.
    pub bytes: Vec<u8>,
    /// Last block height at which it can land.
    pub last_valid: u64,
    /// Whether a node tries it out before it passes it on, so that one that would fail does not cost its fee.
    pub preflight: bool,
}

/// What became of a letter.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It landed.
    Landed(Box<Receipt>),
    /// It landed and failed: nothing but the fee was moved.
    Failed(ChainError),
    /// It did not land and never can.
    Expired,
    /// It can still land.
    Open,
}

impl Letter {
    pub(super) fn of(signed: Signed, last_valid: u64, preflight: bool) -> Self {
        Self {
            signature: signed.signature,
            bytes: signed.bytes,
            last_valid,
            preflight,
        }
    }

    /// The transaction in the bytes.
    ///
    /// Errors: [`ChainError::Transport`] when they are none, for example because a file was damaged.
    pub fn transaction(&self) -> Result<VersionedTransaction, ChainError> {
        wincode::deserialize(&self.bytes)
            .map_err(|error| ChainError::Transport(format!("the signed transaction cannot be read: {error}")))
    }

    /// The program of each instruction.
    pub(super) fn programs(&self) -> Result<Vec<Address>, ChainError> {
        self.transaction().map(|transaction| programs_of(&transaction))
    }
}
