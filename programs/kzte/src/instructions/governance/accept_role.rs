//! `accept_role`: a nominee takes a role of the configuration over; that he can sign proves that the key is alive.
//!
//! May call: the nominee. Event: [`RoleAccepted`]. Invariant 9: he must not have come to another role meanwhile.

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::RoleAccepted,
    state::{Config, Role},
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptRole {
    /// Checked against the role's nominee in the handler.
    pub nominee: Signer,
    #[account(mut)]
    pub config: Account<Config>,
}

/// `role`: number of a [`Role`]. With a new authority all other nominations lapse.
///
/// Errors: `RoleUnknown`, `NotNominated`, `RoleConflict`.
pub fn accept_role(ctx: &mut Context<AcceptRole>, role: u8) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let nominee = *accounts.nominee.address();
    let config = &mut accounts.config;
    let waiting = config.nominee_mut(role)?;
    require!(*waiting == nominee, KzteError::NotNominated);
    *waiting = Address::default();
    config.require_free(&nominee)?;
    let holder = config
        .roles
        .get_mut(usize::from(role))
        .ok_or(KzteError::RoleUnknown)?;
    let previous = core::mem::replace(holder, nominee);
    if role == Role::Authority as u8 {
        // What the authority until now has offered lapses with it.
        config.nominees = Default::default();
    }
    let event = RoleAccepted {
        config: *accounts.config.address(),
        issuer: Address::default(),
        actor: nominee,
        previous,
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
