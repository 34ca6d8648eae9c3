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
    H::hash(&[&bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: ChainHead = ChainHead {
        number: 4,
        closing: 1_000,
        as_of: 500,
    };
    const NEXT: Totals = Totals {
        number: 5,
        opening: 1_000,
        credit_total: 300,
        debit_total: 1_100,
        closing: 200,
        as_of: 600,
        entry_count: 3,
        actionable_count: 2,
    };
    const NOW: i64 = 600;

    fn refusal(next: Totals) -> Option<Violation> {
        check_succession(&HEAD, &next, NOW).err()
    }

    #[test]
    fn next_statement_passes() {
        assert_eq!(check_succession(&HEAD, &NEXT, NOW), Ok(()));
        assert_eq!(check_succession(&HEAD, &NEXT, i64::MAX), Ok(()));
    }

    #[test]
    fn first_statement_follows_nothing() {
        let first = Totals {
            number: 1,
            as_of: 1,
            ..Totals::default()
        };
        assert_eq!(check_succession(&ChainHead::default(), &first, 1), Ok(()));
        let funded = Totals {
            opening: 1,
            closing: 1,
            ..first
        };
        assert_eq!(
            check_succession(&ChainHead::default(), &funded, 1),
            Err(Violation::OpeningMismatch)
        );
        let at_zero = Totals { as_of: 0, ..first };
        assert_eq!(
            check_succession(&ChainHead::default(), &at_zero, 1),
            Err(Violation::AsOfNotLater)
        );
    }

    #[test]
    fn gap_or_repeat_in_numbers_rejects() {
        for number in [0, 3, 4, 6, u64::MAX] {
            assert_eq!(
                refusal(Totals { number, ..NEXT }),
                Some(Violation::NumberNotNext),
                "{number}"
            );
        }
        // After the last number there is none, not zero again.
        let end = ChainHead {
            number: u64::MAX,
            ..HEAD
        };
        let wrapped = Totals { number: 0, ..NEXT };
        assert_eq!(
            check_succession(&end, &wrapped, NOW),
            Err(Violation::NumberNotNext)
        );
    }

    #[test]
    fn other_opening_balance_rejects() {
        for opening in [999, 1_001] {
            // Balanced in itself, so that only the chain is broken.
            let closing = if opening < 1_000 { 199 } else { 201 };
            let next = Totals {
                opening,
                closing,
                ..NEXT
            };
            assert_eq!(refusal(next), Some(Violation::OpeningMismatch), "{opening}");
        }
    }

    #[test]
    fn unbalanced_closing_rejects() {
        for closing in [0, 199, 201, u64::MAX] {
            assert_eq!(
                refusal(Totals { closing, ..NEXT }),
                Some(Violation::ClosingMismatch),
                "{closing}"
            );
        }
        assert_eq!(
            refusal(Totals {
                credit_total: 301,
                ..NEXT
            }),
            Some(Violation::ClosingMismatch)
        );
        assert_eq!(
            refusal(Totals {
                debit_total: 1_101,
                ..NEXT
            }),
            Some(Violation::ClosingMismatch)
        );
    }

    #[test]
    fn balance_beyond_64_bits_rejects() {
        let most = Totals {
            credit_total: u64::MAX - 1_000,
            debit_total: 0,
            closing: u64::MAX,
            ..NEXT
        };
        assert_eq!(refusal(most), None);
        // Also where the wrapped sum would seem to balance.
        let beyond = Totals {
            credit_total: u64::MAX - 999,
            closing: 0,
            ..most
        };
        assert_eq!(refusal(beyond), Some(Violation::BalanceOverflow));
    }

    #[test]
    fn overdrawn_account_rejects() {
        let emptied = Totals {
            debit_total: 1_300,
            closing: 0,
            ..NEXT
        };
        assert_eq!(refusal(emptied), None);
        let overdrawn = Totals {
            debit_total: 1_301,
            closing: u64::MAX,
            ..NEXT
        };
        assert_eq!(refusal(overdrawn), Some(Violation::BalanceNegative));
    }

    #[test]
    fn time_that_does_not_pass_rejects() {
        assert_eq!(refusal(Totals { as_of: 501, ..NEXT }), None);
        for as_of in [500, 499, i64::MIN] {
            assert_eq!(
                refusal(Totals { as_of, ..NEXT }),
                Some(Violation::AsOfNotLater),
                "{as_of}"
            );
        }
    }

    #[test]
    fn future_time_rejects() {
        assert_eq!(refusal(Totals { as_of: NOW, ..NEXT }), None);
        for as_of in [NOW + 1, i64::MAX] {
            assert_eq!(
                refusal(Totals { as_of, ..NEXT }),
                Some(Violation::AsOfInFuture),
                "{as_of}"
            );
        }
    }

    #[test]
    fn too_many_entries_reject() {
        assert_eq!(
            refusal(Totals {
                entry_count: MAX_ENTRIES,
                ..NEXT
            }),
            None
        );
        let next = Totals {
            entry_count: MAX_ENTRIES + 1,
            ..NEXT
        };
        assert_eq!(refusal(next), Some(Violation::TooManyEntries));
    }

    #[test]
    fn more_actionable_than_entries_rejects() {
        assert_eq!(
            refusal(Totals {
                actionable_count: 3,
                ..NEXT
            }),
            None
        );
        assert_eq!(
            refusal(Totals {
                actionable_count: 4,
                ..NEXT
            }),
            Some(Violation::ActionableAboveEntries)
        );
    }

    #[test]
    fn totals_without_entries_reject() {
        let quiet = Totals {
            credit_total: 0,
            debit_total: 0,
            closing: 1_000,
            entry_count: 0,
            actionable_count: 0,
            ..NEXT
        };
        assert_eq!(refusal(quiet), None);
        let credited = Totals {
            credit_total: 1,
            closing: 1_001,
            ..quiet
        };
        assert_eq!(refusal(credited), Some(Violation::TotalsWithoutEntries));
        let debited = Totals {
            debit_total: 1,
            closing: 999,
            ..quiet
        };
        assert_eq!(refusal(debited), Some(Violation::TotalsWithoutEntries));
    }
}
