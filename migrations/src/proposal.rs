//! An instruction for somebody whose key is not here: a multisig's members, or the desk that keeps a key.

use base64::{Engine, engine::general_purpose::STANDARD};
use kzte_client::{Address, Instruction, Signature};
use serde::Serialize;
use solana_message::Message;

use crate::step::as_text;

/// What has to be signed, in the forms that multisig tools take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The instruction itself.
    #[serde(skip)]
    pub instruction: Instruction,
    #[serde(serialize_with = "as_text")]
    pub program: Address,
    pub accounts: Vec<ProposalAccount>,
    /// The instruction's data.
    pub data_base58: String,
    pub data_base64: String,
    /// An unsigned transaction of this one instruction, paid for by the first signer, with an empty blockhash: what
    /// multisig tools import, and what any explorer's inspector shows.
    pub transaction_base58: String,
    pub transaction_base64: String,
}

/// An account of the instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProposalAccount {
    #[serde(serialize_with = "as_text")]
    pub address: Address,
    pub signer: bool,
    pub writable: bool,
}

impl Proposal {
    pub(crate) fn of(instruction: Instruction, payer: &Address) -> Self {
        let message = Message::new(std::slice::from_ref(&instruction), Some(payer));
        let signatures = message.header.num_required_signatures;
        // The number of signatures fits into one byte of the wire's length format: below 128.
        let mut transaction = vec![signatures];
        transaction.extend(vec![0; size_of::<Signature>() * usize::from(signatures)]);
        transaction.extend(message.serialize());
        Self {
            program: instruction.program_id,
            accounts: instruction
                .accounts
                .iter()
                .map(|meta| ProposalAccount {
                    address: meta.pubkey,
                    signer: meta.is_signer,
                    writable: meta.is_writable,
                })
                .collect(),
            data_base58: bs58::encode(&instruction.data).into_string(),
            data_base64: STANDARD.encode(&instruction.data),
            transaction_base58: bs58::encode(&transaction).into_string(),
            transaction_base64: STANDARD.encode(&transaction),
            instruction,
        }
    }
}
