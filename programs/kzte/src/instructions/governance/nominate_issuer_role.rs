//! `nominate_issuer_role`: offers a bank's admin or operator seat to a nominee.
//!
//! May call: the bank's admin; for the admin's seat also the authority, so that a bank that lost its cold key is not
//! lost (ADR 0007). Event: [`RoleNominated`]. Invariant 9: a nominee holds no role of the configuration and no other
//! seat of the bank.

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::RoleNominated,
    state::{Config, ISSUER_CLOSED, Issuer, IssuerRole},
};

#[event_cpi]
#[derive(Accounts)]
pub struct NominateIssuerRole {
    /// Checked against the seat in the handler.
    pub nominator: Signer,
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.status != ISSUER_CLOSED @ KzteError::IssuerClosed)
    )]
    pub issuer: Account<Issuer>,
}

/// `role`: number of an [`IssuerRole`]; `nominee`: takes the place of an older nominee.
///
/// Errors: `WrongConfig`, `IssuerClosed`, `RoleUnknown`, `NotAuthorized`, `ZeroAddress`, `RoleConflict`.
pub fn nominate_issuer_role(ctx: &mut Context<NominateIssuerRole>, role: u8, nominee: Address) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let seat = IssuerRole::from_number(role)?;
    accounts
        .issuer
        .require_nominator(seat, accounts.nominator.address(), &accounts.config)?;
    accounts.issuer.require_free(&nominee, &accounts.config)?;
    *accounts.issuer.nominee_mut(seat) = nominee;
    let event = RoleNominated {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.nominator.address(),
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
