//! The life of a redemption.

use kzte::{accounts, instruction as data, instructions::DebitEntry};
use kzte_ledger::Entry;
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{Bic, Deployment, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address};

/// What a holder asks a bank to pay out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedemptionRequest {
    /// A token account of the holder, which the tokens leave.
    pub token_account: Address,
    /// Tells the holder's redemptions at this bank apart; usually [`nonce_of`](crate::reserve::nonce_of) the payout
    /// hash.
    pub nonce: u64,
    /// Tiyn.
    pub amount: u64,
    /// See [`payout_hash`](crate::reserve::payout_hash).
    pub payout_hash: [u8; 32],
}

/// `request_redemption`: the holder's tokens go into the bank's escrow. Signer: the owner, who pays the rent.
pub fn request_redemption(
    deployment: &Deployment,
    bic: &Bic,
    owner: Address,
    request: &RedemptionRequest,
) -> Instruction {
    let RedemptionRequest {
        token_account,
        nonce,
        amount,
        payout_hash,
    } = *request;
    data::RequestRedemption {
        nonce,
        amount,
        payout_hash,
    }
    .to_instruction(accounts::RequestRedemption {
        owner,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        redemption: deployment.redemption(bic, &owner, nonce),
        mint: deployment.mint,
        token_account,
        escrow: deployment.escrow(bic),
        block: deployment.block(&owner),
        permanent_delegate: address::permanent_delegate(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        system_program: SYSTEM_PROGRAM_ID,
    })
}

/// `settle_redemption`: a debit entry of statement `number` paid the redemption that it names as its party; the
/// tokens are burned. `owner`: the holder, who gets the rent. Signer: the operator.
pub fn settle_redemption(
    deployment: &Deployment,
    bic: &Bic,
    operator: Address,
    number: u64,
    owner: Address,
    entry: &Entry,
    proof: &[[u8; 32]],
) -> Instruction {
    let redemption = Address::new_from_array(entry.party);
    let entry = DebitEntry {
        index: entry.index,
        amount: entry.amount,
        reference_hash: entry.reference_hash,
    };
    data::SettleRedemption { entry, proof }.to_instruction(accounts::SettleRedemption {
        operator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        statement: deployment.statement(bic, number),
        redemption,
        owner,
        mint: deployment.mint,
        escrow: deployment.escrow(bic),
        pause_authority: address::pause_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
    })
}

/// A redemption whose tokens go back to their holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GiveBack {
    /// The redemption.
    pub redemption: Address,
    /// Its owner, who gets the rent.
    pub owner: Address,
    /// Any token account of the owner.
    pub destination: Address,
}

/// `reject_redemption`: a bank refuses to pay. `reason`: see docs/ROLES.md. Signer: the operator.
pub fn reject_redemption(
    deployment: &Deployment,
    bic: &Bic,
    operator: Address,
    give_back: &GiveBack,
    reason: u16,
) -> Instruction {
    let GiveBack {
        redemption,
        owner,
        destination,
    } = *give_back;
    data::RejectRedemption { reason }.to_instruction(accounts::RejectRedemption {
        operator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        redemption,
        owner,
        mint: deployment.mint,
        escrow: deployment.escrow(bic),
        destination,
        block: deployment.block(&owner),
        freeze_authority: address::freeze_authority(&deployment.config),
        pause_authority: address::pause_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
    })
}

/// `cancel_redemption`: the holder takes an unpaid redemption back once it is due. Signer: the owner.
pub fn cancel_redemption(deployment: &Deployment, bic: &Bic, give_back: &GiveBack) -> Instruction {
    let GiveBack {
        redemption,
        owner,
        destination,
    } = *give_back;
    data::CancelRedemption {}.to_instruction(accounts::CancelRedemption {
        config: deployment.config,
        issuer: deployment.issuer(bic),
        redemption,
        owner,
        mint: deployment.mint,
        escrow: deployment.escrow(bic),
        destination,
        block: deployment.block(&owner),
        freeze_authority: address::freeze_authority(&deployment.config),
        pause_authority: address::pause_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
    })
}

/// `flag_overdue`: the term of a redemption has passed. Signer: the caller, who may be anybody.
pub fn flag_overdue(deployment: &Deployment, bic: &Bic, caller: Address, redemption: Address) -> Instruction {
    data::FlagOverdue {}.to_instruction(accounts::FlagOverdue {
        caller,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        redemption,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}
