//! What the commands do, over any chain. The command line, the demo and the tests call the same functions.
//!
//! Every function looks before it acts. What is done already is said and not done again, so a command that crashed or
//! got no answer is simply repeated.

pub mod compliance;
pub mod governance;
pub mod interbank;
pub mod issuance;
pub mod issuers;
pub mod orders;
pub mod oversight;
pub mod redemption;
pub mod reserves;
pub mod roles;
pub mod show;
pub mod tokens;

use kzte_client::{
    Bic, Chain, ChainError, Deployment, Event, Instruction, Receipt, Signature, fetch, state::Issuer,
};
use serde::{Serialize, Serializer};

use crate::{
    failure::{Failure, Result},
    journal::Outcome,
    keys::Hand,
    text::Moment,
};

/// What became of one thing that a command was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Done now, by a confirmed transaction.
    Done,
    /// Done before; nothing was sent.
    Already,
    /// Not done, for the reason that the note gives; nothing was sent.
    Skipped,
}

/// One step of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub status: Status,
    /// The action: `mint`, `freeze` and so on.
    pub action: &'static str,
    /// A sentence for people.
    pub note: String,
    /// Indices of the entries concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<u32>,
    /// Tiyn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "signature_text")]
    pub signature: Option<Signature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_units: Option<u64>,
    /// Bytes of the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

fn signature_text<S: Serializer>(signature: &Option<Signature>, serializer: S) -> Result<S::Ok, S::Error> {
    match signature {
        Some(signature) => serializer.collect_str(signature),
        None => serializer.serialize_none(),
    }
}

impl Step {
    fn new(status: Status, action: &'static str, note: impl Into<String>) -> Self {
        Self {
            status,
            action,
            note: note.into(),
            entries: Vec::new(),
            amount: None,
            signature: None,
            compute_units: None,
            size: None,
            events: Vec::new(),
        }
    }

    /// A confirmed transaction.
    pub fn done(action: &'static str, note: impl Into<String>, receipt: &Receipt) -> Self {
        Self {
            signature: Some(receipt.signature),
            compute_units: Some(receipt.compute_units),
            size: Some(receipt.size),
            events: receipt.events.clone(),
            ..Self::new(Status::Done, action, note)
        }
    }

    /// Done before.
    pub fn already(action: &'static str, note: impl Into<String>) -> Self {
        Self::new(Status::Already, action, note)
    }

    /// Left out.
    pub fn skipped(action: &'static str, note: impl Into<String>) -> Self {
        Self::new(Status::Skipped, action, note)
    }

    /// With an amount, tiyn.
    pub fn of(self, amount: u64) -> Self {
        Self {
            amount: Some(amount),
            ..self
        }
    }

    /// With the entries concerned.
    pub fn entries(self, entries: impl IntoIterator<Item = u32>) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            ..self
        }
    }
}

/// Hears how far a long command is: done, of how many.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// How often a transaction is built anew after its blockhash ran out.
const TRIES: u32 = 3;

/// Sends one transaction. One that expired can never land, so it is safe to build it anew.
pub(crate) fn send(chain: &mut dyn Chain, instructions: &[Instruction], hand: &Hand) -> Result<Receipt> {
    Ok(submit(chain, instructions, hand)?)
}

/// As [`send`], for callers that tell errors apart.
pub(crate) fn submit(
    chain: &mut dyn Chain,
    instructions: &[Instruction],
    hand: &Hand,
) -> Result<Receipt, ChainError> {
    let mut tries = 1;
    loop {
        match chain.send(instructions, hand.payer, &[hand.key]) {
            Err(ChainError::Expired { .. }) if tries < TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

/// What was found at an address; `None` also where something else lies. Anybody can send lamports to the address of an
/// account that does not exist yet, and an entry can name any address as its party.
pub(crate) fn present<T>(found: Result<Option<T>, ChainError>) -> Result<Option<T>, ChainError> {
    match found {
        Err(ChainError::WrongOwner { .. }) => Ok(None),
        found => found,
    }
}

/// A bank that is registered.
pub(crate) fn issuer(chain: &dyn Chain, deployment: &Deployment, bic: &Bic) -> Result<Issuer> {
    present(fetch::issuer(chain, deployment, bic))?.ok_or_else(|| {
        Failure::mismatch(
            format!("the bank {bic} is not registered in this deployment"),
            "Check --issuer and --mint; the issuer manager registers banks with `kzte migrate apply`.",
        )
    })
}

/// The step of what went through the journal.
pub(crate) fn journaled(action: &'static str, outcome: Outcome, note: &str, reference: &str) -> Step {
    match outcome {
        Outcome::Done(receipt) => Step::done(action, note, &receipt),
        Outcome::Already { signature, when } => {
            let note = format!(
                "already done under the reference «{reference}», signed at {}",
                Moment(when)
            );
            Step {
                signature: Some(signature),
                ..Step::already(action, note)
            }
        }
    }
}

/// Hexadecimal text of a hash.
pub(crate) fn hash_text(hash: &[u8; 32]) -> String {
    hex::encode(hash)
}
