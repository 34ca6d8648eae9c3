//! `withdraw_statement`: a bank takes a posted statement back, to replace it.
//!
//! May call: the issuer's operator. Event: [`StatementWithdrawn`]. An effective statement never changes (invariant
//! 4: its consumed entries stay consumed); banks correct it with reversal entries of a later one.

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_log,
    errors::KzteError,
    events::StatementWithdrawn,
    state::{Config, Issuer, STATEMENT_POSTED, Statement},
};

#[derive(Accounts)]
pub struct WithdrawStatement {
    pub operator: Signer,
    pub config: Account<Config>,
    #[account(
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized)
    )]
    pub issuer: Account<Issuer>,
    #[account(
        mut,
        close = payer,
        constraint(statement.issuer == *issuer.address() @ KzteError::WrongIssuer),
        constraint(statement.status == STATEMENT_POSTED @ KzteError::StatementEffective)
    )]
    pub statement: Account<Statement>,
    /// May be another account of the instruction, such as the signer: it only receives lamports.
    #[account(mut, unsafe(dup), address = statement.payer @ KzteError::WrongRentReceiver)]
    pub payer: UncheckedAccount,
}

/// Errors: `NotAuthorized`, `WrongConfig`, `WrongIssuer`, `StatementEffective`, `WrongRentReceiver`.
pub fn withdraw_statement(ctx: &mut Context<WithdrawStatement>) -> Result<()> {
    let accounts = &ctx.accounts;
    emit_log!(StatementWithdrawn {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.operator.address(),
        reference_hash: accounts.statement.source_hash,
        number: accounts.statement.number,
    });
    Ok(())
}
