//! Between banks.

use kzte::{accounts, instruction as data};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{Bic, Deployment, PROGRAM_ID, address};

/// A liability that moves from one bank to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Novation {
    /// The bank that gives it away.
    pub giver: Bic,
    /// Operator of that bank; signs.
    pub operator: Address,
    /// The bank that takes it over.
    pub taker: Bic,
    /// Operator of that bank; signs.
    pub taker_operator: Address,
    /// Tiyn.
    pub amount: u64,
    /// Hash of the agreement on file.
    pub reference_hash: [u8; 32],
}

/// `novate`: moves a liability between banks. Signers: the operators of both.
pub fn novate(deployment: &Deployment, novation: &Novation) -> Instruction {
    let Novation {
        giver,
        operator,
        taker,
        taker_operator,
        amount,
        reference_hash,
    } = *novation;
    data::Novate {
        amount,
        reference_hash,
    }
    .to_instruction(accounts::Novate {
        operator,
        taker_operator,
        config: deployment.config,
        issuer: deployment.issuer(&giver),
        taker: deployment.issuer(&taker),
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}
