//! `attest_statement`: an attestor vouches for a posted statement; the vote that carries it makes it effective.
//!
//! May call: each attestor of today's set, once a statement. Event: [`StatementAttested`]. Invariants 3 and 5.
//!
//! The attestor signs the digest of what he has seen. It binds program, configuration, issuer, attestor-set version
//! and every field, so a vote prepared for another statement, another posting or another set is refused, however
//! late it arrives.

use anchor_lang::prelude::*;
use kzte_ledger::{attestation_digest, is_carried, vote};

use crate::{
    Syscall,
    cpi::emit_log,
    errors::KzteError,
    events::StatementAttested,
    state::{Config, ISSUER_CLOSED, Issuer, STATEMENT_EFFECTIVE, STATEMENT_POSTED, Statement, refuse},
};

#[derive(Accounts)]
pub struct AttestStatement {
    pub attestor: Signer,
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.status != ISSUER_CLOSED @ KzteError::IssuerClosed)
    )]
    pub issuer: Account<Issuer>,
    #[account(
        mut,
        constraint(statement.issuer == *issuer.address() @ KzteError::WrongIssuer),
        constraint(statement.status == STATEMENT_POSTED @ KzteError::StatementEffective)
    )]
    pub statement: Account<Statement>,
}

/// `digest`: the attestation digest that the attestor computed from the bank's file.
///
/// Errors: `NotAttestor`, `RoleConflict`, `WrongConfig`, `IssuerClosed`, `WrongIssuer`, `StatementEffective`, `DigestMismatch`, `AlreadyAttested`.
pub fn attest_statement(ctx: &mut Context<AttestStatement>, digest: [u8; 32]) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let config = &accounts.config;
    let statement = &mut accounts.statement;
    let seat = config.seat_of(accounts.attestor.address())?;
    // A bank does not vouch for itself: an attestor may have become its operator after he got his seat.
    require!(
        !accounts.issuer.holds_seat(accounts.attestor.address()),
        KzteError::RoleConflict
    );
    let expected = attestation_digest::<Syscall>(&statement.attested(
        &crate::ID,
        config.address(),
        config.attestor_set_version,
    ));
    require!(expected == digest, KzteError::DigestMismatch);

    // Votes of an older set never count.
    if statement.attestor_set_version != config.attestor_set_version {
        statement.attestor_set_version = config.attestor_set_version;
        statement.approvals = 0;
    }
    statement.approvals = vote(statement.approvals, seat).map_err(refuse)?;
    let effective = is_carried(statement.approvals, config.threshold, config.mandatory);
    if effective {
        statement.status = STATEMENT_EFFECTIVE;
        let issuer = &mut accounts.issuer;
        issuer.statement_number = statement.number;
        issuer.closing_balance = statement.closing;
        issuer.statement_as_of = statement.as_of;
    }

    emit_log!(StatementAttested {
        config: *config.address(),
        issuer: statement.issuer,
        actor: *accounts.attestor.address(),
        reference_hash: digest,
        number: statement.number,
        closing: statement.closing,
        attestor_set_version: statement.attestor_set_version,
        approvals: statement.approvals,
        effective: u8::from(effective),
        reserved: [0; 2],
    });
    Ok(())
}
