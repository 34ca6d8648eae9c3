//! `novate`: a liability moves from one bank to another, so that a holder can redeem at a bank what another minted.
//!
//! May call: the operators of both banks together. Event: [`Novated`]. Invariants 1 and 2: what one bank loses the other
//! gains, so the total stays; the giver cannot give more than it has outstanding, the taker cannot take more than its
//! reserve carries. No pause stops it, and no standing stops what the taker's open redemptions need (invariant 7).

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::Novated,
    state::{Config, ISSUER_CLOSED, Issuer, refuse},
};

#[event_cpi]
#[derive(Accounts)]
pub struct Novate {
    pub operator: Signer,
    pub taker_operator: Signer,
    pub config: Account<Config>,
    /// Gives the liability away.
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized),
        constraint(issuer.status != ISSUER_CLOSED @ KzteError::IssuerClosed)
    )]
    pub issuer: Account<Issuer>,
    /// Takes it over.
    #[account(
        mut,
        constraint(taker.config == *config.address() @ KzteError::WrongConfig),
        constraint(taker.operator == *taker_operator.address() @ KzteError::NotAuthorized),
        constraint(taker.status != ISSUER_CLOSED @ KzteError::IssuerClosed)
    )]
    pub taker: Account<Issuer>,
}

/// `amount`: tiyn; `reference_hash`: hash of the agreement on file.
///
/// Errors: `WrongConfig`, `NotAuthorized`, `IssuerClosed`, `ZeroAmount`, `OutstandingExceeded`, `ReserveExceeded`,
/// `TakeoverNotNeeded`, `QuotaExceeded`; the framework's, when both banks are the same.
pub fn novate(ctx: &mut Context<Novate>, amount: u64, reference_hash: [u8; 32]) -> Result<()> {
    let accounts = &mut ctx.accounts;
    kzte_ledger::require_positive(amount).map_err(refuse)?;
    let now = crate::now()?;
    accounts.issuer.novate_out(amount)?;
    accounts
        .taker
        .novate_in(amount, now, accounts.config.max_statement_age)?;
    let event = Novated {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        taker: *accounts.taker.address(),
        actor: *accounts.operator.address(),
        taker_actor: *accounts.taker_operator.address(),
        reference_hash,
        amount,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
