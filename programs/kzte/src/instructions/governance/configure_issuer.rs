//! `configure_issuer`: sets quota and mint window of a bank.
//!
//! May call: the issuer manager. Event: [`IssuerConfigured`]. Lowering a quota below what is outstanding burns
//! nothing and blocks only new minting.

use anchor_lang::prelude::*;

use super::register_issuer::IssuerLimits;
use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::IssuerConfigured,
    state::{Config, ISSUER_CLOSED, Issuer, Role},
};

#[event_cpi]
#[derive(Accounts)]
pub struct ConfigureIssuer {
    pub issuer_manager: Signer,
    #[account(constraint(config.holder(Role::IssuerManager) == issuer_manager.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.status != ISSUER_CLOSED @ KzteError::IssuerClosed)
    )]
    pub issuer: Account<Issuer>,
}

/// Errors: `NotAuthorized`, `WrongConfig`, `IssuerClosed`, `WindowLength`.
pub fn configure_issuer(ctx: &mut Context<ConfigureIssuer>, limits: IssuerLimits) -> Result<()> {
    let accounts = &mut ctx.accounts;
    limits.apply(&mut accounts.issuer)?;
    let event = IssuerConfigured {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.issuer_manager.address(),
        quota: limits.quota,
        window_limit: limits.window_limit,
        window_seconds: limits.window_seconds,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
