//! `freeze`: freezes a token account.
//!
//! May call: the compliance desk. Event: [`AccountFrozen`]. No funds move.

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::AccountFrozen,
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
/// Errors: `NotAuthorized`, `WrongMint`, `NotTokenAccount`, `EscrowCannotFreeze`; Token-2022 refuses an account that is in that state already.
pub fn freeze(ctx: &mut Context<Freeze>, reason_hash: [u8; 32]) -> Result<()> {
    let accounts = &mut ctx.accounts;
    // An escrow owns itself. Freezing one would stop settlement for every holder of that bank (invariant 7).
    let account = token::read_token_account(accounts.token_account.account(), &accounts.config.mint)?;
    require!(
        account.owner != *accounts.token_account.address(),
        KzteError::EscrowCannotFreeze
    );
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
