//! `mint`: one attested credit entry becomes tokens of its depositor.
//!
//! May call: the issuer's operator. Event: [`Minted`]. Invariants 3, 4, 10.
//!
//! Safe because the entry fixes everything: its leaf binds index, amount and wallet, the proof binds it to the root
//! that the attestors signed, and its bit is set once. Status, quota, reserve, window and freshness are outer limits
//! on top. A stolen operator key can therefore only finish what depositors began.

use anchor_lang::{prelude::*, programs::Token2022};
use kzte_ledger::{EntryRef, verify_entry};

use crate::{
    Syscall,
    cpi::emit_log,
    errors::KzteError,
    events::Minted,
    seeds::MINT_AUTHORITY_SEED,
    state::{
        Config, Issuer, PAUSE_MINT, PAUSE_TRANSFER, STATEMENT_EFFECTIVE, Statement, block_address,
        consume_entry,
    },
    token,
};

#[derive(Accounts)]
pub struct Mint {
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
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// Token account of the entry's party; read and checked in the handler.
    #[account(mut)]
    pub recipient: UncheckedAccount,
    /// Address of the party's block; must not exist. Checked in the handler.
    pub block: UncheckedAccount,
    /// The runtime checks the address by the seeds.
    pub mint_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// `entry`: a credit entry of the statement, a debit leaf can never match; `proof`: RFC 9162 inclusion proof of its leaf.
///
/// Errors: `NotAuthorized`, `WrongConfig`, `WrongIssuer`, `WrongMint`, `MintPaused`, `TransferPaused`,
/// `StatementNotEffective`, `EntryWithoutParty`, `WrongRecipient`, `WrongAddress`,
/// `WalletBlocked`, `ProofInvalid`, `EntryIndex`, `EntryConsumed`, `ZeroAmount`, `IssuerNotActive`,
/// `RedemptionOverdue`, `StatementStale`, `QuotaExceeded`, `ReserveExceeded`, `WindowExceeded`,
/// `CreditTotalExceeded`.
pub fn mint(ctx: &mut Context<Mint>, entry: EntryRef<'_>, proof: &[[u8; 32]]) -> Result<()> {
    let accounts = &mut ctx.accounts;
    prove(accounts, &entry, proof)?;
    book_and_mint(
        &mut Issuance {
            config: &accounts.config,
            issuer: &mut accounts.issuer,
            statement: &mut accounts.statement,
            operator: accounts.operator.account(),
            mint: accounts.mint.account(),
            mint_authority: accounts.mint_authority.account(),
            now: crate::now()?,
        },
        &entry,
        accounts.recipient.account(),
    )?;
    Ok(())
}

/// The refusals of this path are plain error numbers until the very end: a number needs one register, the framework's
/// error two, and this path has thirty refusals.
type Outcome = core::result::Result<(), KzteError>;

/// Minting is open, the recipient is the entry's party and not blocked, and the entry is in the statement.
#[inline(always)]
fn prove(accounts: &Mint, entry: &EntryRef<'_>, proof: &[[u8; 32]]) -> Outcome {
    require_minting_open(&accounts.config)?;
    require_recipient(
        accounts.recipient.account(),
        accounts.block.account(),
        wallet(entry.party),
        &accounts.config,
    )?;
    let statement = &accounts.statement;
    verify_entry::<Syscall>(entry, statement.entry_count, proof, &statement.entries_root)?;
    Ok(())
}

/// Errors: `MintPaused`, `TransferPaused` (Token-2022 mints nothing while transfers are paused).
#[inline(always)]
pub(super) fn require_minting_open(config: &Config) -> Outcome {
    if config.is_paused(PAUSE_MINT | PAUSE_TRANSFER) {
        let minting = config.is_paused(PAUSE_MINT);
        return Err(if minting {
            KzteError::MintPaused
        } else {
            KzteError::TransferPaused
        });
    }
    Ok(())
}

/// The party names a wallet, `recipient` is a token account of that wallet, and `block` is its block and does not
/// exist.
///
/// The zero party is refused by name: a token account owned by the zero address can exist.
#[inline(always)]
pub(super) fn require_recipient(
    recipient: &AccountView,
    block: &AccountView,
    party: &Address,
    config: &Account<Config>,
) -> Outcome {
    if *party.as_array() == [0; 32] {
        return Err(KzteError::EntryWithoutParty);
    }
    if !token::is_owner_of_credited(recipient, party) {
        return Err(KzteError::WrongRecipient);
    }
    require_not_blocked(block, config.address(), party)
}

/// Errors: `WrongAddress`, `WalletBlocked`.
#[inline(always)]
pub fn require_not_blocked(block: &AccountView, config: &Address, wallet: &Address) -> Outcome {
    if is_blocked(block, config, wallet)? {
        return Err(KzteError::WalletBlocked);
    }
    Ok(())
}

/// Whether the block of `wallet` exists; `block` is the account at its address.
///
/// Errors: `WrongAddress`.
#[inline(always)]
pub fn is_blocked(
    block: &AccountView,
    config: &Address,
    wallet: &Address,
) -> core::result::Result<bool, KzteError> {
    if !anchor_lang::address_eq(block.address(), &block_address(config, wallet)) {
        return Err(KzteError::WrongAddress);
    }
    Ok(block.owned_by(&crate::ID))
}

/// A party as a wallet.
#[inline(always)]
fn wallet(party: &[u8; 32]) -> &Address {
    bytemuck::cast_ref(party)
}

/// What a mint needs beside the entry and its recipient.
pub(super) struct Issuance<'a> {
    pub config: &'a Account<Config>,
    pub issuer: &'a mut Account<Issuer>,
    pub statement: &'a mut Account<Statement>,
    pub operator: &'a AccountView,
    pub mint: &'a AccountView,
    pub mint_authority: &'a AccountView,
    pub now: i64,
}

/// Books a proven entry, then mints it: all state is written before the call.
#[inline(always)]
pub(super) fn book_and_mint(
    issuance: &mut Issuance<'_>,
    entry: &EntryRef<'_>,
    recipient: &AccountView,
) -> Outcome {
    let config = issuance.config;
    kzte_ledger::require_positive(entry.amount)?;
    consume_entry(issuance.statement, entry.index)?;
    issuance
        .issuer
        .admit_mint(entry.amount, issuance.now, config.max_statement_age)?;
    issuance.statement.book_mint(entry.amount)?;

    token::mint_to(
        issuance.mint,
        recipient,
        issuance.mint_authority,
        entry.amount,
        &[
            MINT_AUTHORITY_SEED,
            config.address().as_ref(),
            &[config.mint_authority_bump],
        ],
    );

    emit_log!(Minted {
        config: *config.address(),
        issuer: *issuance.issuer.address(),
        actor: *issuance.operator.address(),
        reference_hash: *entry.reference_hash,
        number: issuance.statement.number,
        amount: entry.amount,
        index: entry.index,
        reserved: 0,
    });
    Ok(())
}
