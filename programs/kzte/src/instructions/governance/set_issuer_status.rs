//! `set_issuer_status`: suspends a bank, lets it go on, winds it down, closes it.
//!
//! May call: the issuer manager. Event: [`IssuerStatusChanged`]. Invariants 7 and 10: a status stops this bank's
//! minting and nothing else; a bank closes only when nothing is left to redeem.

use anchor_lang::prelude::*;
use kzte_ledger::{IssuerStatus, check_transition};

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::IssuerStatusChanged,
    state::{Config, Issuer, Role, refuse},
};

#[event_cpi]
#[derive(Accounts)]
pub struct SetIssuerStatus {
    pub issuer_manager: Signer,
    #[account(constraint(config.holder(Role::IssuerManager) == issuer_manager.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(mut, constraint(issuer.config == *config.address() @ KzteError::WrongConfig))]
    pub issuer: Account<Issuer>,
}

/// `status`: number of an [`IssuerStatus`]; `reason_hash`: hash of the reason on file.
///
/// Errors: `NotAuthorized`, `WrongConfig`, `StatusUnknown`, `StatusTransition`, `IssuerNotEmpty`.
pub fn set_issuer_status(
    ctx: &mut Context<SetIssuerStatus>,
    status: u8,
    reason_hash: [u8; 32],
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let issuer = &mut accounts.issuer;
    let from = issuer.status;
    check_transition(
        IssuerStatus::from_number(from).map_err(refuse)?,
        IssuerStatus::from_number(status).map_err(refuse)?,
        issuer.outstanding()?,
        issuer.pending_count,
    )
    .map_err(refuse)?;
    issuer.status = status;
    let event = IssuerStatusChanged {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.issuer_manager.address(),
        reference_hash: reason_hash,
        from,
        to: status,
        reserved: [0; 6],
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
