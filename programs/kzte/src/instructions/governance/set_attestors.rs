//! `set_attestors`: replaces the attestor set under a new version.
//!
//! May call: the authority. Event: [`AttestorsSet`]. Votes of an older version never count: a posted statement that
//! straddles the change must be voted again, all seats.

use alloc::vec::Vec;

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::AttestorsSet,
    state::{Config, Role},
};

#[event_cpi]
#[derive(Accounts)]
pub struct SetAttestors {
    pub authority: Signer,
    #[account(mut, constraint(config.holder(Role::Authority) == authority.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
}

/// `attestors`: 1 to 8 by seat; `threshold`: votes that carry; `mandatory`: bitmap of seats that must be among them.
///
/// Errors: `NotAuthorized`, `AttestorSet`.
pub fn set_attestors(
    ctx: &mut Context<SetAttestors>,
    attestors: Vec<Address>,
    threshold: u8,
    mandatory: u8,
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.config.set_attestors(&attestors, threshold, mandatory)?;
    let event = AttestorsSet::of(
        accounts.config.address(),
        accounts.authority.address(),
        &accounts.config,
    );
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
