//! `mint`: one attested credit entry becomes tokens of its depositor.
//!
//! May call: the issuer's operator. Event: [`Minted`]. Invariants 3, 4, 10.
//!
//! Safe because the entry fixes everything: its leaf binds index, amount and wallet, the proof binds it to the root
//! that the attestors signed, and its bit is set once. Status, quota, reserve, window and freshness are outer limits
//! on top. A stolen operator key can therefore only finish what depositors began.

use anchor_lang::{prelude::*, programs::Token2022};
use kzte_ledger::{EntryKind, entry_leaf_hash, verify_inclusion};

use crate::{
    Syscall,
    cpi::emit_by_log,
    errors::KzteError,
    events::Minted,
    seeds::MINT_AUTHORITY_SEED,
    state::{
        Config, Issuer, PAUSE_MINT, PAUSE_TRANSFER, STATEMENT_EFFECTIVE, Statement, block_address,
        consume_entry, refuse,
    },
    token,
};

/// A credit entry as its leaf holds it.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone, Copy)]
pub struct CreditEntry {
    /// Position in the statement, from 0.
    pub index: u32,
    /// Tiyn.
    pub amount: u64,
    /// HMAC-SHA-256 of the bank's own reference.
    pub reference_hash: [u8; 32],
    /// Beneficiary wallet.
    pub party: [u8; 32],
}

impl CreditEntry {
    /// The leaf as a credit: a debit leaf can never match.
    #[inline(always)]
    pub fn leaf_hash(&self) -> [u8; 32] {
        let Self {
            index,
            amount,
            reference_hash,
            party,
        } = self;
        entry_leaf_hash::<Syscall>(EntryKind::Credit, *index, *amount, reference_hash, party)
    }

    /// The beneficiary wallet.
    #[inline(always)]
    pub fn wallet(&self) -> &Address {
        bytemuck::cast_ref(&self.party)
    }
}

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

/// `proof`: RFC 9162 inclusion proof of the entry's leaf.
///
/// Errors: `NotAuthorized`, `WrongConfig`, `WrongIssuer`, `WrongMint`, `MintPaused`, `TransferPaused`,
/// `StatementNotEffective`, `EntryWithoutParty`, `WrongRecipient`, `WrongAddress`,
/// `WalletBlocked`, `ProofInvalid`, `EntryIndex`, `EntryConsumed`, `ZeroAmount`, `IssuerNotActive`,
/// `RedemptionOverdue`, `StatementStale`, `QuotaExceeded`, `ReserveExceeded`, `WindowExceeded`,
/// `CreditTotalExceeded`.
pub fn mint(ctx: &mut Context<Mint>, entry: CreditEntry, proof: &[[u8; 32]]) -> Result<()> {
    let accounts = &mut ctx.accounts;
    require_minting_open(&accounts.config)?;
    require_recipient(
        accounts.recipient.account(),
        accounts.block.account(),
        entry.wallet(),
        &accounts.config,
    )?;
    let leaf = entry.leaf_hash();
    verify_inclusion::<Syscall>(
        &leaf,
        entry.index,
        accounts.statement.entry_count,
        proof,
        &accounts.statement.entries_root,
    )
    .map_err(refuse)?;

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
    )
}

/// Errors: `MintPaused`, `TransferPaused` (Token-2022 mints nothing while transfers are paused).
#[inline(always)]
pub(super) fn require_minting_open(config: &Config) -> Result<()> {
    if config.is_paused(PAUSE_MINT | PAUSE_TRANSFER) {
        require!(!config.is_paused(PAUSE_MINT), KzteError::MintPaused);
        return Err(KzteError::TransferPaused.into());
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
) -> Result<()> {
    require!(*party != Address::default(), KzteError::EntryWithoutParty);
    require!(
        token::is_owner_of_credited(recipient, party)?,
        KzteError::WrongRecipient
    );
    require_not_blocked(block, config.address(), party)
}

/// Errors: `WrongAddress`, `WalletBlocked`.
#[inline(always)]
pub fn require_not_blocked(block: &AccountView, config: &Address, wallet: &Address) -> Result<()> {
    require!(
        anchor_lang::address_eq(block.address(), &block_address(config, wallet)),
        KzteError::WrongAddress
    );
    require!(!block.owned_by(&crate::ID), KzteError::WalletBlocked);
    Ok(())
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
    entry: &CreditEntry,
    recipient: &AccountView,
) -> Result<()> {
    let config = issuance.config;
    kzte_ledger::require_positive(entry.amount).map_err(refuse)?;
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

    emit_by_log(Minted {
        config: *config.address(),
        issuer: *issuance.issuer.address(),
        actor: *issuance.operator.address(),
        reference_hash: entry.reference_hash,
        wallet: *entry.wallet(),
        number: issuance.statement.number,
        amount: entry.amount,
        index: entry.index,
        reserved: 0,
    });
    Ok(())
}
