//! `accept_issuer_role`: a nominee takes a bank's admin or operator seat over.
//!
//! May call: the nominee. Event: [`RoleAccepted`]. Invariant 9: he must not have come to another role meanwhile.

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::RoleAccepted,
    state::{Config, ISSUER_CLOSED, Issuer, IssuerRole},
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptIssuerRole {
    /// Checked against the seat's nominee in the handler.
    pub nominee: Signer,
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.status != ISSUER_CLOSED @ KzteError::IssuerClosed)
    )]
    pub issuer: Account<Issuer>,
}

/// `role`: number of an [`IssuerRole`]. With a new admin the nomination of an operator lapses.
///
/// Errors: `WrongConfig`, `IssuerClosed`, `RoleUnknown`, `NotNominated`, `RoleConflict`.
pub fn accept_issuer_role(ctx: &mut Context<AcceptIssuerRole>, role: u8) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let nominee = *accounts.nominee.address();
    let seat = IssuerRole::from_number(role)?;
    let waiting = accounts.issuer.nominee_mut(seat);
    require!(*waiting == nominee, KzteError::NotNominated);
    *waiting = Address::default();
    accounts.issuer.require_free(&nominee, &accounts.config)?;
    let previous = core::mem::replace(accounts.issuer.holder_mut(seat), nominee);
    if seat == IssuerRole::Admin {
        // What the admin until now has offered lapses with it.
        accounts.issuer.operator_nominee = Address::default();
    }
    let event = RoleAccepted {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
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
