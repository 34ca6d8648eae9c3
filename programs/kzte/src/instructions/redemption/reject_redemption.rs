//! `reject_redemption`: a bank refuses a redemption; the tokens go back to the holder.
//!
//! May call: the issuer's operator. Event: [`RedemptionRejected`]. Invariants 6 and 7: no pause, suspension or
//! staleness stops it.

use anchor_lang::{prelude::*, programs::Token2022};

use super::give_back::Return;
use crate::{
    cpi::emit_log,
    errors::KzteError,
    events::RedemptionRejected,
    state::{Config, Issuer, Redemption},
};

#[derive(Accounts)]
pub struct RejectRedemption {
    pub operator: Signer,
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized)
    )]
    pub issuer: Account<Issuer>,
    #[account(
        mut,
        close = owner,
        constraint(redemption.issuer == *issuer.address() @ KzteError::WrongIssuer)
    )]
    pub redemption: Account<Redemption>,
    /// Gets the redemption's rent.
    /// May be another account of the instruction, such as the signer: it only receives lamports.
    #[account(mut, unsafe(dup), address = redemption.owner @ KzteError::WrongOwner)]
    pub owner: UncheckedAccount,
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

/// `reason`: reason code, see docs/ROLES.md.
///
/// Errors: `NotAuthorized`, `WrongConfig`, `WrongIssuer`, `WrongOwner`, `WrongMint`, `NotTokenAccount`,
/// `WrongTokenOwner`, `WrongAddress`.
pub fn reject_redemption(ctx: &mut Context<RejectRedemption>, reason: u16) -> Result<()> {
    let accounts = &mut ctx.accounts;
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

    emit_log!(RedemptionRejected {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.operator.address(),
        reference_hash: accounts.redemption.payout_hash,
        redemption: *accounts.redemption.address(),
        owner: accounts.redemption.owner,
        amount: accounts.redemption.amount,
        reason,
        reserved: [0; 6],
    });
    Ok(())
}
