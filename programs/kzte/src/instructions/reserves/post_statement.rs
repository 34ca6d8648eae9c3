//! `post_statement`: a bank puts its next statement before the attestors.
//!
//! May call: the issuer's operator, who pays the rent and gets it back. Event: [`StatementPosted`]. Invariant 5.
//! Nothing can be minted against it before it is effective. Only one statement can be open at a time, because the
//! number must be the next one and its address exists once.

#![allow(
    unused_variables,
    reason = "the accounts macro binds the instruction arguments more often than it reads them"
)]

use anchor_lang::prelude::*;
use kzte_ledger::Totals;

use crate::{
    constants::ACCOUNT_VERSION,
    cpi::emit_log,
    errors::KzteError,
    events::StatementPosted,
    seeds::STATEMENT_SEED,
    state::{Config, ISSUER_CLOSED, Issuer, STATEMENT_POSTED, Statement, refuse},
};

/// What a statement says.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone, Copy)]
pub struct StatementArgs {
    /// The issuer's last number plus one.
    pub number: u64,
    /// Opening balance, tiyn: the last closing balance.
    pub opening: u64,
    /// Sum of the credit entries, tiyn.
    pub credit_total: u64,
    /// Sum of the debit entries, tiyn.
    pub debit_total: u64,
    /// Closing balance, tiyn.
    pub closing: u64,
    /// The moment the closing balance holds for, Unix seconds; later than the last, not in the future.
    pub as_of: i64,
    /// Number of entries, 0 to 65,536.
    pub entry_count: u32,
    /// Number of entries that name a party.
    pub actionable_count: u32,
    /// RFC 9162 root over the entry leaves.
    pub entries_root: [u8; 32],
    /// SHA-256 of the bank's file.
    pub source_hash: [u8; 32],
}

#[derive(Accounts)]
#[instruction(args: StatementArgs)]
pub struct PostStatement {
    #[account(mut)]
    pub operator: Signer,
    pub config: Account<Config>,
    #[account(
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized),
        constraint(issuer.status != ISSUER_CLOSED @ KzteError::IssuerClosed)
    )]
    pub issuer: Account<Issuer>,
    #[account(
        init,
        payer = operator,
        space = Statement::space(args.entry_count),
        seeds = [STATEMENT_SEED, issuer, args.number.to_le_bytes()],
        bump
    )]
    pub statement: Account<Statement>,
    pub system_program: Program<System>,
}

/// Errors: `NotAuthorized`, `WrongConfig`, `IssuerClosed`, `StatementNumber`, `OpeningBalance`, `ClosingBalance`,
/// `StatementNotLater`, `StatementInFuture`, `TooManyEntries`, `EntryCount`.
pub fn post_statement(ctx: &mut Context<PostStatement>, args: StatementArgs) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = crate::now()?;
    let next = Totals {
        number: args.number,
        opening: args.opening,
        credit_total: args.credit_total,
        debit_total: args.debit_total,
        closing: args.closing,
        as_of: args.as_of,
        entry_count: args.entry_count,
        actionable_count: args.actionable_count,
    };
    kzte_ledger::check_succession(&accounts.issuer.chain_head(), &next, now).map_err(refuse)?;

    let issuer = *accounts.issuer.address();
    let operator = *accounts.operator.address();
    let statement = &mut accounts.statement;
    statement.version = ACCOUNT_VERSION;
    statement.bump = ctx.bumps.statement;
    statement.status = STATEMENT_POSTED;
    statement.attestor_set_version = accounts.config.attestor_set_version;
    statement.entry_count = args.entry_count;
    statement.actionable_count = args.actionable_count;
    statement.number = args.number;
    statement.issuer = issuer;
    statement.payer = operator;
    statement.opening = args.opening;
    statement.credit_total = args.credit_total;
    statement.debit_total = args.debit_total;
    statement.closing = args.closing;
    statement.as_of = args.as_of;
    statement.entries_root = args.entries_root;
    statement.source_hash = args.source_hash;

    emit_log!(StatementPosted {
        config: *accounts.config.address(),
        issuer,
        actor: operator,
        reference_hash: args.source_hash,
        entries_root: args.entries_root,
        number: args.number,
        opening: args.opening,
        credit_total: args.credit_total,
        debit_total: args.debit_total,
        closing: args.closing,
        as_of: args.as_of,
        entry_count: args.entry_count,
        actionable_count: args.actionable_count,
    });
    Ok(())
}
