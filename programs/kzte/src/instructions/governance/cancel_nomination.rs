//! `cancel_nomination`: takes the nomination for a role of the configuration back.
//!
//! May call: the authority. Event: [`NominationCancelled`].

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::NominationCancelled,
    state::{Config, Role},
};

#[event_cpi]
#[derive(Accounts)]
pub struct CancelNomination {
    pub authority: Signer,
    #[account(mut, constraint(config.holder(Role::Authority) == authority.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
}

/// `role`: number of a [`Role`].
///
/// Errors: `NotAuthorized`, `RoleUnknown`, `NothingToChange` (nobody is nominated).
pub fn cancel_nomination(ctx: &mut Context<CancelNomination>, role: u8) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let waiting = accounts.config.nominee_mut(role)?;
    let nominee = core::mem::take(waiting);
    require!(nominee != Address::default(), KzteError::NothingToChange);
    let event = NominationCancelled {
        config: *accounts.config.address(),
        issuer: Address::default(),
        actor: *accounts.authority.address(),
        nominee,
        role,
        reserved: [0; 7],
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
