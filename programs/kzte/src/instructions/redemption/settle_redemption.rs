//! `settle_redemption`: one attested debit entry paid a redemption out; its tokens are burned.
//!
//! May call: the issuer's operator. Event: [`RedemptionSettled`]. Invariants 2, 4, 6, 7: no pause, suspension or
//! staleness stops it.
//!
//! The leaf names the redemption's own address as party, so an entry settles the redemption it paid and no other.

use anchor_lang::{prelude::*, programs::Token2022};
use kzte_ledger::{EntryKind, EntryRef, verify_entry};

use crate::{
    Syscall,
    cpi::emit_log,
    errors::KzteError,
    events::RedemptionSettled,
    seeds::ESCROW_SEED,
    state::{Config, Issuer, Redemption, STATEMENT_EFFECTIVE, Statement, consume_entry, refuse},
    token,
};

/// A debit entry as its leaf holds it; its party is the redemption.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone, Copy)]
pub struct DebitEntry {
    /// Position in the statement, from 0.
    pub index: u32,
    /// Tiyn; must be the redemption's amount.
    pub amount: u64,
    /// HMAC-SHA-256 of the bank's own reference.
    pub reference_hash: [u8; 32],
}

#[derive(Accounts)]
pub struct SettleRedemption {
    pub operator: Signer,
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized)
    )]
    pub issuer: Account<Issuer>,
    #[account(
        mut,
        constraint(statement.issuer == *issuer.address() @ KzteError::WrongIssuer),
        constraint(statement.status == STATEMENT_EFFECTIVE @ KzteError::StatementNotEffective)
    )]
    pub statement: Account<Statement>,
    #[account(mut, close = owner, constraint(redemption.issuer == *issuer.address() @ KzteError::WrongIssuer))]
    pub redemption: Account<Redemption>,
    /// Gets the redemption's rent.
    /// May be another account of the instruction, such as the signer: it only receives lamports.
    #[account(mut, unsafe(dup), address = redemption.owner @ KzteError::WrongOwner)]
    pub owner: UncheckedAccount,
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The runtime checks the address by the seeds: the escrow signs for itself.
    #[account(mut)]
    pub escrow: UncheckedAccount,
    /// The runtime checks the address by the seeds whenever it signs.
    pub pause_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// `proof`: RFC 9162 inclusion proof of the entry's leaf.
///
/// Errors: `NotAuthorized`, `WrongConfig`, `WrongIssuer`, `WrongOwner`, `WrongMint`, `StatementNotEffective`,
/// `AmountMismatch`, `ProofInvalid`, `EntryIndex`, `EntryConsumed`, `DebitTotalExceeded`, `OutstandingExceeded`.
pub fn settle_redemption(
    ctx: &mut Context<SettleRedemption>,
    entry: DebitEntry,
    proof: &[[u8; 32]],
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let redemption = &accounts.redemption;
    let amount = redemption.amount;
    require!(entry.amount == amount, KzteError::AmountMismatch);
    verify_entry::<Syscall>(
        &EntryRef {
            kind: EntryKind::Debit,
            index: entry.index,
            amount,
            reference_hash: &entry.reference_hash,
            party: redemption.address().as_array(),
        },
        accounts.statement.entry_count,
        proof,
        &accounts.statement.entries_root,
    )
    .map_err(refuse)?;

    consume_entry(&mut accounts.statement, entry.index)?;
    accounts.statement.book_settlement(amount)?;
    accounts.issuer.book_burn(amount)?;
    accounts
        .issuer
        .end_redemption(amount, accounts.redemption.overdue != 0)?;

    let issuer = *accounts.issuer.address();
    let mint = accounts.mint.account();
    let escrow = accounts.escrow.account();
    let bump = [accounts.issuer.escrow_bump];
    let seeds: &[&[u8]] = &[ESCROW_SEED, issuer.as_ref(), &bump];
    token::while_transfers_open(&accounts.config, mint, accounts.pause_authority.account(), || {
        token::burn(escrow, mint, escrow, amount, &[seeds]);
    });

    emit_log!(RedemptionSettled {
        config: *accounts.config.address(),
        issuer,
        actor: *accounts.operator.address(),
        reference_hash: entry.reference_hash,
        redemption: *accounts.redemption.address(),
        owner: accounts.redemption.owner,
        number: accounts.statement.number,
        amount,
        index: entry.index,
        reserved: 0,
    });
    Ok(())
}
