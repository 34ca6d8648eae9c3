//! `cancel_issuer_nomination`: takes the nomination for a bank's admin or operator seat back.
//!
//! May call: whoever may nominate for that seat. Event: [`NominationCancelled`].

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::NominationCancelled,
    state::{Config, ISSUER_CLOSED, Issuer, IssuerRole},
};

#[event_cpi]
#[derive(Accounts)]
pub struct CancelIssuerNomination {
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

/// `role`: number of an [`IssuerRole`].
///
/// Errors: `WrongConfig`, `IssuerClosed`, `RoleUnknown`, `NotAuthorized`, `NothingToChange` (nobody is nominated).
pub fn cancel_issuer_nomination(ctx: &mut Context<CancelIssuerNomination>, role: u8) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let seat = IssuerRole::from_number(role)?;
    accounts
        .issuer
        .require_nominator(seat, accounts.nominator.address(), &accounts.config)?;
    let nominee = core::mem::take(accounts.issuer.nominee_mut(seat));
    require!(nominee != Address::default(), KzteError::NothingToChange);
    let event = NominationCancelled {
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
