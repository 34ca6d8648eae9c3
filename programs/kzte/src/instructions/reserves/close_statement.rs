//! `close_statement`: closes a statement whose last actionable entry is consumed; its rent goes to its payer.
//!
//! May call: anyone. Event: [`StatementClosed`]. Safe because numbers only grow (invariant 5): the address can never
//! be opened again, so no consumed entry comes back (invariant 4).

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_log,
    errors::KzteError,
    events::StatementClosed,
    state::{Config, Issuer, STATEMENT_EFFECTIVE, Statement},
};

#[derive(Accounts)]
pub struct CloseStatement {
    pub caller: Signer,
    pub config: Account<Config>,
    #[account(constraint(issuer.config == *config.address() @ KzteError::WrongConfig))]
    pub issuer: Account<Issuer>,
    #[account(
        mut,
        close = payer,
        constraint(statement.issuer == *issuer.address() @ KzteError::WrongIssuer),
        constraint(statement.status == STATEMENT_EFFECTIVE @ KzteError::StatementNotEffective),
        constraint(statement.consumed_count == statement.actionable_count @ KzteError::StatementNotExhausted)
    )]
    pub statement: Account<Statement>,
    /// May be another account of the instruction, such as the signer: it only receives lamports.
    #[account(mut, unsafe(dup), address = statement.payer @ KzteError::WrongRentReceiver)]
    pub payer: UncheckedAccount,
}

/// Errors: `WrongConfig`, `WrongIssuer`, `StatementNotEffective`, `StatementNotExhausted`, `WrongRentReceiver`.
pub fn close_statement(ctx: &mut Context<CloseStatement>) -> Result<()> {
    let accounts = &ctx.accounts;
    let statement = &accounts.statement;
    emit_log!(StatementClosed {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.caller.address(),
        reference_hash: statement.source_hash,
        number: statement.number,
        minted: statement.minted,
        settled: statement.settled,
    });
    Ok(())
}
