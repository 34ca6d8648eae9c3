//! `Statement`, seeds `["statement", issuer, number]`: a bank statement, its votes, and one consumed-bit an entry.
//!
//! Layout: discriminator, the fields below, then the bitmap of `bitmap_len(entry_count)` bytes, least significant
//! bit first. The bitmap is the double-mint guard (invariant 4): one bit a deposit, not one account.

use anchor_lang::prelude::*;
use kzte_ledger::{Attested, Totals};

use crate::errors::KzteError;

/// Statement status: posted by the bank, open for votes, may be withdrawn.
pub const STATEMENT_POSTED: u8 = 0;
/// Statement status: carried by its attestors, never changes.
pub const STATEMENT_EFFECTIVE: u8 = 1;

#[account]
#[derive(Debug)]
#[cfg_attr(feature = "client", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
pub struct Statement {
    /// Layout version. Written by `post_statement`.
    pub version: u8,
    /// Canonical bump of this account. Written by `post_statement`.
    pub bump: u8,
    /// [`STATEMENT_POSTED`] or [`STATEMENT_EFFECTIVE`]. Written by `attest_statement`.
    pub status: u8,
    /// Bitmap of the seats that have voted under `attestor_set_version`. Written by `attest_statement`.
    pub approvals: u8,
    /// Version of the attestor set that `approvals` counts for. Written by `attest_statement`.
    pub attestor_set_version: u32,
    /// Number of entries, 0 to 65,536. Written by `post_statement`.
    pub entry_count: u32,
    /// Number of entries that name a party, so can be consumed. Written by `post_statement`.
    pub actionable_count: u32,
    /// Number of entries consumed. Written by `mint`, `mint_many`, `settle_redemption`.
    pub consumed_count: u32,
    /// Zero.
    pub reserved: u32,
    /// Statement number of the issuer, from 1, without gaps. Written by `post_statement`.
    pub number: u64,
    /// The issuer. Written by `post_statement`.
    pub issuer: Address,
    /// Who paid the rent and gets it back. Written by `post_statement`.
    pub payer: Address,
    /// Opening balance, tiyn. Written by `post_statement`.
    pub opening: u64,
    /// Sum of the credit entries, tiyn. Written by `post_statement`.
    pub credit_total: u64,
    /// Sum of the debit entries, tiyn. Written by `post_statement`.
    pub debit_total: u64,
    /// Closing balance, tiyn. Written by `post_statement`.
    pub closing: u64,
    /// The moment the closing balance holds for, Unix seconds. Written by `post_statement`.
    pub as_of: i64,
    /// RFC 9162 root over the entry leaves. Written by `post_statement`.
    pub entries_root: [u8; 32],
    /// SHA-256 of the bank's file. Written by `post_statement`.
    pub source_hash: [u8; 32],
    /// Minted against this statement, tiyn. Written by `mint` and `mint_many`.
    pub minted: u64,
    /// Settled against this statement, tiyn. Written by `settle_redemption`.
    pub settled: u64,
}

const _: () = assert!(Statement::BITMAP_OFFSET == 8 + 24 + 8 + 64 + 40 + 64 + 16);

impl Statement {
    /// Where the bitmap starts, bytes.
    pub const BITMAP_OFFSET: usize = 8 + core::mem::size_of::<Self>();

    /// Account length for `entry_count` entries, bytes. A count above the protocol's limit is refused by the
    /// handler; until then it must only not overflow.
    pub fn space(entry_count: u32) -> usize {
        Self::BITMAP_OFFSET.saturating_add(kzte_ledger::bitmap_len(entry_count))
    }

    /// The figures that the succession rules look at.
    pub fn totals(&self) -> Totals {
        Totals {
            number: self.number,
            opening: self.opening,
            credit_total: self.credit_total,
            debit_total: self.debit_total,
            closing: self.closing,
            as_of: self.as_of,
            entry_count: self.entry_count,
            actionable_count: self.actionable_count,
        }
    }

    /// Everything an attestor vouches for: the digest binds program, configuration, issuer, attestor-set version
    /// and every field.
    pub fn attested<'a>(
        &'a self,
        program: &'a Address,
        config: &'a Address,
        attestor_set_version: u32,
    ) -> Attested<'a> {
        Attested {
            program: program.as_array(),
            config: config.as_array(),
            issuer: self.issuer.as_array(),
            attestor_set_version,
            totals: self.totals(),
            entries_root: &self.entries_root,
            source_hash: &self.source_hash,
        }
    }

    /// Books a mint of one credit entry.
    #[inline(always)]
    pub fn book_mint(&mut self, amount: u64) -> core::result::Result<(), KzteError> {
        self.minted = kzte_ledger::check_statement_mint(self.minted, amount, self.credit_total)?;
        self.count_consumed()
    }

    /// Books the settlement of one debit entry.
    #[inline(always)]
    pub fn book_settlement(&mut self, amount: u64) -> core::result::Result<(), KzteError> {
        self.settled = kzte_ledger::check_statement_settle(self.settled, amount, self.debit_total)?;
        self.count_consumed()
    }

    #[inline(always)]
    fn count_consumed(&mut self) -> core::result::Result<(), KzteError> {
        self.consumed_count = self
            .consumed_count
            .checked_add(1)
            .ok_or(KzteError::AmountOverflow)?;
        Ok(())
    }
}

/// Sets the consumed-bit of `index`; refuses one that is set (invariant 4). The caller has proven the index.
///
/// The bitmap lies behind the typed fields of the same account, which is why it is not a field.
#[inline(always)]
pub fn consume_entry(statement: &mut Account<Statement>, index: u32) -> core::result::Result<(), KzteError> {
    let mut view = *statement.view();
    // SAFETY: `statement` is borrowed mutably, so nobody else reads or writes this account while the slice lives;
    // the slice starts behind the bytes that the typed reference covers, so the two never overlap.
    let bitmap = unsafe { view.borrow_unchecked_mut() }
        .get_mut(Statement::BITMAP_OFFSET..)
        .ok_or(KzteError::EntryIndex)?;
    Ok(kzte_ledger::consume(bitmap, index)?)
}
