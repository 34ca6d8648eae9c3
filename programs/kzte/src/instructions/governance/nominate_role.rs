//! `nominate_role`: offers a role of the configuration to a nominee; the holder stays until the nominee accepts.
//!
//! May call: the authority. Event: [`RoleNominated`]. Invariant 9: a nominee holds no other role, so neither the
//! authority nor anybody else can gather two. Two steps, because a role handed to a dead key is lost.

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::RoleNominated,
    state::{Config, Role},
};

#[event_cpi]
#[derive(Accounts)]
pub struct NominateRole {
    pub authority: Signer,
    #[account(mut, constraint(config.holder(Role::Authority) == authority.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
}

/// `role`: number of a [`Role`]; `nominee`: takes the place of an older nominee.
///
/// Errors: `NotAuthorized`, `RoleUnknown`, `ZeroAddress`, `RoleConflict`.
pub fn nominate_role(ctx: &mut Context<NominateRole>, role: u8, nominee: Address) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.config.require_free(&nominee)?;
    *accounts.config.nominee_mut(role)? = nominee;
    let event = RoleNominated {
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
