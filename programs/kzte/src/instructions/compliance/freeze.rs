//! `freeze`: freezes a token account.
//!
//! May call: the compliance desk. Event: [`AccountFrozen`]. No funds move.
//!
//! Remaining accounts: for an account that owns itself all issuers, else none.

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::AccountFrozen,
    instructions::is_escrow,
    seeds::FREEZE_AUTHORITY_SEED,
    state::{Config, Role},
    token,
};

#[event_cpi]
#[derive(Accounts)]
pub struct Freeze {
    pub compliance: Signer,
    #[account(constraint(config.holder(Role::Compliance) == compliance.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// Read and checked in the handler.
    #[account(mut)]
    pub token_account: UncheckedAccount,
    /// The runtime checks the address by the seeds.
    pub freeze_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// `reason_hash`: hash of the reason on file.
///
/// Errors: `NotAuthorized`, `WrongMint`, `NotTokenAccount`, `EscrowCannotFreeze`, `CheckedBanks` (an account
/// that owns itself, and not all issuers); Token-2022 refuses an account that is in that state already.
pub fn freeze(ctx: &mut Context<Freeze>, reason_hash: [u8; 32]) -> Result<()> {
    let accounts = &ctx.accounts;
    let account = token::read_token_account(accounts.token_account.account(), &accounts.config.mint)?;
    if account.owner == *accounts.token_account.address() {
        require_no_escrow(ctx)?;
    }
    let accounts = &ctx.accounts;
    let config = *accounts.config.address();
    token::freeze(
        accounts.token_account.account(),
        accounts.mint.account(),
        accounts.freeze_authority.account(),
        &[
            FREEZE_AUTHORITY_SEED,
            config.as_ref(),
            &[accounts.config.freeze_authority_bump],
        ],
    );
    let event = AccountFrozen {
        config,
        actor: *accounts.compliance.address(),
        token_account: *accounts.token_account.address(),
        reference_hash: reason_hash,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}

/// Freezing an escrow would stop settlement for every holder of that bank (invariant 7). An escrow owns itself, but so can
/// anybody's account: that it is none shows only beside all issuers.
// Out of the way of every other account.
#[cold]
#[inline(never)]
fn require_no_escrow(ctx: &mut Context<Freeze>) -> Result<()> {
    let remaining = ctx.remaining_accounts()?;
    let accounts = &ctx.accounts;
    require!(
        !is_escrow(accounts.token_account.address(), &remaining, &accounts.config)?,
        KzteError::EscrowCannotFreeze
    );
    Ok(())
}
