//! `cancel_redemption`: a holder takes an unpaid redemption back, once no payout can be on its way any more.
//!
//! May call: the redemption's owner, from `due_at` plus one statement age on. Event: [`RedemptionCancelled`]. Invariants 6 and 7: no pause, suspension or
//! staleness stops it.

use anchor_lang::{prelude::*, programs::Token2022};

use super::give_back::Return;
use crate::{
    cpi::emit_log,
    errors::KzteError,
    events::RedemptionCancelled,
    state::{Config, Issuer, Redemption},
};

#[derive(Accounts)]
pub struct CancelRedemption {
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig)
    )]
    pub issuer: Account<Issuer>,
    #[account(
        mut,
        close = owner,
        constraint(redemption.issuer == *issuer.address() @ KzteError::WrongIssuer)
    )]
    pub redemption: Account<Redemption>,
    /// Gets the redemption's rent.
    #[account(mut, address = redemption.owner @ KzteError::WrongOwner)]
    pub owner: Signer,
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The runtime checks the address by the seeds: the escrow signs for itself.
    #[account(mut)]
    pub escrow: UncheckedAccount,
    /// Any token account of the owner; read and checked before the tokens move.
    #[account(mut)]
    pub destination: UncheckedAccount,
    /// Address of the owner's block; checked before the tokens move.
    pub block: UncheckedAccount,
    /// The runtime checks the address by the seeds whenever it signs.
    pub freeze_authority: UncheckedAccount,
    /// The runtime checks the address by the seeds whenever it signs.
    pub pause_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// Not before `due_at` and the age that the policy allows a statement: a payout of the last second of the term stands in
/// a statement that is effective by then, or its bank has long been stale. A holder who cancelled between the payout
/// and the settlement would keep both the tenge and the tokens (ADR 0006).
///
/// Errors: `RedemptionNotDue`, `WrongConfig`, `WrongIssuer`, `WrongOwner`, `WrongMint`, `NotTokenAccount`,
/// `WrongTokenOwner`, `WrongAddress`.
pub fn cancel_redemption(ctx: &mut Context<CancelRedemption>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let from = accounts
        .redemption
        .due_at
        .checked_add(accounts.config.max_statement_age)
        .ok_or(KzteError::AmountOverflow)?;
    require!(crate::now()? >= from, KzteError::RedemptionNotDue);
    Return {
        config: &accounts.config,
        issuer: &mut accounts.issuer,
        redemption: &accounts.redemption,
        mint: accounts.mint.account(),
        escrow: accounts.escrow.account(),
        destination: accounts.destination.account(),
        block: accounts.block.account(),
        freeze_authority: accounts.freeze_authority.account(),
        pause_authority: accounts.pause_authority.account(),
    }
    .run()?;

    emit_log!(RedemptionCancelled {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.owner.address(),
        reference_hash: accounts.redemption.payout_hash,
        redemption: *accounts.redemption.address(),
        owner: accounts.redemption.owner,
        amount: accounts.redemption.amount,
    });
    Ok(())
}
