//! The chain of statements (invariant 5) and what attestors sign.

use crate::{MAX_ENTRIES, Sha256, Violation};

/// What a statement says in numbers. Amounts in tiyn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Position in the issuer's chain, from 1, without gaps.
    pub number: u64,
    /// Balance before the first entry.
    pub opening: u64,
    /// Sum of all credit entries, actionable or not.
    pub credit_total: u64,
    /// Sum of all debit entries, actionable or not.
    pub debit_total: u64,
    /// Balance after the last entry.
    pub closing: u64,
    /// The moment that the closing balance is true for: Unix seconds.
    pub as_of: i64,
    /// Entries, and leaves of the tree.
    pub entry_count: u32,
    /// Entries with a party: those that may mint or settle.
    pub actionable_count: u32,
}

/// The issuer's last effective statement, as far as the next one depends on it; all zero before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainHead {
    /// Its number.
    pub number: u64,
    /// Its closing balance in tiyn.
    pub closing: u64,
    /// Its `as_of` in Unix seconds.
    pub as_of: i64,
}

/// Checks that `next` follows `head` and agrees with itself (invariant 5): the number is one more, it opens where
/// the last one closed, it closes at opening plus credits minus debits, and its time is later than the last but
/// not in the future.
///
/// The head is all zero before the first statement, so a chain starts with statement 1, from a zero balance.
///
/// # Errors
/// [`Violation::NumberNotNext`], [`Violation::OpeningMismatch`], [`Violation::BalanceOverflow`],
/// [`Violation::BalanceNegative`], [`Violation::ClosingMismatch`], [`Violation::AsOfNotLater`],
/// [`Violation::AsOfInFuture`], [`Violation::TooManyEntries`], [`Violation::ActionableAboveEntries`],
/// [`Violation::TotalsWithoutEntries`]; the first that applies, in this order.
pub fn check_succession(head: &ChainHead, next: &Totals, now: i64) -> Result<(), Violation> {
    if head.number.checked_add(1) != Some(next.number) {
        return Err(Violation::NumberNotNext);
    }
    if next.opening != head.closing {
        return Err(Violation::OpeningMismatch);
    }
    // Credits first: an account may take in and pay out more than it opened with.
    let Some(funded) = next.opening.checked_add(next.credit_total) else {
        return Err(Violation::BalanceOverflow);
    };
    let Some(closing) = funded.checked_sub(next.debit_total) else {
        return Err(Violation::BalanceNegative);
    };
    if next.closing != closing {
        return Err(Violation::ClosingMismatch);
    }
    if next.as_of <= head.as_of {
        return Err(Violation::AsOfNotLater);
    }
    if next.as_of > now {
        return Err(Violation::AsOfInFuture);
    }
    if next.entry_count > MAX_ENTRIES {
        return Err(Violation::TooManyEntries);
    }
    if next.actionable_count > next.entry_count {
        return Err(Violation::ActionableAboveEntries);
    }
    if next.entry_count == 0 && (next.credit_total != 0 || next.debit_total != 0) {
        return Err(Violation::TotalsWithoutEntries);
    }
    Ok(())
}

/// Everything that an attestation stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attested<'a> {
    /// The program's address: an attestation for one deployment is worthless in another.
    pub program: &'a [u8; 32],
    /// The config account's address, thereby the mint.
    pub config: &'a [u8; 32],
    /// The issuer account's address, thereby the bank.
    pub issuer: &'a [u8; 32],
    /// The attestor set that the vote belongs to: a replaced set's votes do not carry over.
    pub attestor_set_version: u32,
    /// The statement's numbers.
    pub totals: Totals,
    /// Root of the entries' tree.
    pub entries_root: &'a [u8; 32],
    /// SHA-256 of the bank's file.
    pub source_hash: &'a [u8; 32],
}

/// Domain tag: a digest for another purpose or version never equals one of these.
pub const ATTESTATION_TAG: &[u8; 17] = b"KZTE:statement:v1";

/// Bytes under the attestation digest.
pub const ATTESTATION_LEN: usize = 237;

// The tag, five 32-byte values, three u32 and six 64-bit numbers: every field of `Attested` and `Totals`.
const _: () = assert!(ATTESTATION_LEN == ATTESTATION_TAG.len() + 5 * 32 + 3 * 4 + 6 * 8);

/// The digest that attestors approve: SHA-256 over the tag and every field of [`Attested`], in the order of its
/// declaration. All fields have fixed widths, so no two statements share their bytes.
pub fn attestation_digest<H: Sha256>(a: &Attested) -> [u8; 32] {
    let t = &a.totals;
    let mut bytes = [0; ATTESTATION_LEN];
    bytes[..17].copy_from_slice(ATTESTATION_TAG);
    bytes[17..49].copy_from_slice(a.program);
    bytes[49..81].copy_from_slice(a.config);
    bytes[81..113].copy_from_slice(a.issuer);
    bytes[113..117].copy_from_slice(&a.attestor_set_version.to_le_bytes());
    bytes[117..125].copy_from_slice(&t.number.to_le_bytes());
    bytes[125..133].copy_from_slice(&t.opening.to_le_bytes());
    bytes[133..141].copy_from_slice(&t.credit_total.to_le_bytes());
    bytes[141..149].copy_from_slice(&t.debit_total.to_le_bytes());
    bytes[149..157].copy_from_slice(&t.closing.to_le_bytes());
    bytes[157..165].copy_from_slice(&t.as_of.to_le_bytes());
    bytes[165..169].copy_from_slice(&t.entry_count.to_le_bytes());
    bytes[169..173].copy_from_slice(&t.actionable_count.to_le_bytes());
    bytes[173..205].copy_from_slice(a.entries_root);
    bytes[205..].copy_from_slice(a.source_hash);
    H::hash(&bytes)
}
