//! Entries of a bank statement and their fixed encoding.
//!
//! | bytes | field |
//! | --- | --- |
//! | 0 | kind |
//! | 1..5 | index |
//! | 5..13 | amount |
//! | 13..45 | reference hash |
//! | 45..77 | party |

use crate::{Sha256, Violation, merkle::LEAF_PREFIX};

/// Bytes of an encoded entry.
pub const ENTRY_LEN: usize = 77;

/// What the entry did to the reserve account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EntryKind {
    /// Money came in: mintable.
    Credit = 0,
    /// Money went out: settles a redemption.
    Debit = 1,
}

/// One entry of a bank statement, as attested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Credit or debit.
    pub kind: EntryKind,
    /// Position in the statement, from 0; equals the leaf index, so an entry cannot stand at two places.
    pub index: u32,
    /// Tiyn. A mint or settlement takes exactly this amount (invariant 4).
    pub amount: u64,
    /// Keyed hash (HMAC-SHA-256) of the bank's entry reference: never the reference itself.
    pub reference_hash: [u8; 32],
    /// Credit: the beneficiary wallet. Debit: the redemption that it pays out. Zero: neither mints nor settles.
    pub party: [u8; 32],
}

impl Entry {
    /// The [`ENTRY_LEN`] bytes that are hashed into the statement's tree.
    pub fn encode(&self) -> [u8; ENTRY_LEN] {
        let mut bytes = [0; ENTRY_LEN];
        bytes[0] = self.kind as u8;
        bytes[1..5].copy_from_slice(&self.index.to_le_bytes());
        bytes[5..13].copy_from_slice(&self.amount.to_le_bytes());
        bytes[13..45].copy_from_slice(&self.reference_hash);
        bytes[45..77].copy_from_slice(&self.party);
        bytes
    }

    /// Reads an encoded entry. Every entry has one encoding: whatever decodes encodes to the same bytes.
    ///
    /// # Errors
    /// [`Violation::EntryLength`], [`Violation::EntryKindUnknown`].
    pub fn decode(bytes: &[u8]) -> Result<Entry, Violation> {
        const SHORT: Violation = Violation::EntryLength;
        let (kind, rest) = bytes.split_first().ok_or(SHORT)?;
        let (index, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (amount, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (reference_hash, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let party = rest.try_into().map_err(|_| SHORT)?;
        let kind = match kind {
            0 => EntryKind::Credit,
            1 => EntryKind::Debit,
            _ => return Err(Violation::EntryKindUnknown),
        };
        Ok(Entry {
            kind,
            index: u32::from_le_bytes(*index),
            amount: u64::from_le_bytes(*amount),
            reference_hash: *reference_hash,
            party,
        })
    }

    /// The leaf of this entry in the statement's tree: [`leaf_hash`](crate::leaf_hash) of [`encode`](Self::encode).
    #[inline(always)]
    pub fn leaf_hash<H: Sha256>(&self) -> [u8; 32] {
        let mut leaf = [0; 32];
        self.by_ref().leaf_hash_into::<H>(&mut leaf);
        leaf
    }

    /// The entry with its hashes borrowed.
    #[inline(always)]
    pub fn by_ref(&self) -> EntryRef<'_> {
        EntryRef {
            kind: self.kind,
            index: self.index,
            amount: self.amount,
            reference_hash: &self.reference_hash,
            party: &self.party,
        }
    }

    /// Whether the entry may mint (credit) or settle (debit): it has a party.
    pub fn is_actionable(&self) -> bool {
        self.party != [0; 32]
    }
}

/// An entry whose hashes lie elsewhere: nothing is copied until they are hashed.
#[derive(Clone, Copy, Debug)]
pub struct EntryRef<'a> {
    /// Credit or debit.
    pub kind: EntryKind,
    /// Position in the statement, from 0.
    pub index: u32,
    /// Tiyn.
    pub amount: u64,
    /// HMAC-SHA-256 of the bank's own reference.
    pub reference_hash: &'a [u8; 32],
    /// As in [`Entry::party`].
    pub party: &'a [u8; 32],
}

impl EntryRef<'_> {
    /// Writes the leaf that [`Entry::leaf_hash`] gives.
    #[inline(always)]
    pub fn leaf_hash_into<H: Sha256>(&self, leaf: &mut [u8; 32]) {
        let mut head = [LEAF_PREFIX; 14];
        head[1] = self.kind as u8;
        head[2..6].copy_from_slice(&self.index.to_le_bytes());
        head[6..].copy_from_slice(&self.amount.to_le_bytes());
        H::hash_into(&[&head, self.reference_hash, self.party], leaf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Entry = Entry {
        kind: EntryKind::Debit,
        index: 0x0403_0201,
        amount: 0x0c0b_0a09_0807_0605,
        reference_hash: [0xaa; 32],
        party: [0xbb; 32],
    };

    #[test]
    fn encoding_is_little_endian_in_field_order() {
        let mut expected = [0xbb; ENTRY_LEN];
        expected[..13].copy_from_slice(&[1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        expected[13..45].fill(0xaa);
        assert_eq!(SAMPLE.encode(), expected);
        assert_eq!(Entry::decode(&expected), Ok(SAMPLE));
    }

    #[test]
    fn wrong_length_rejects() {
        let long = [0; ENTRY_LEN + 2];
        for (length, _) in long.iter().enumerate() {
            let decoded = long.get(..length).map(Entry::decode);
            match length {
                ENTRY_LEN => assert!(matches!(decoded, Some(Ok(_)))),
                _ => assert_eq!(decoded, Some(Err(Violation::EntryLength)), "{length} bytes"),
            }
        }
    }

    #[test]
    fn unknown_kind_rejects() {
        let mut bytes = SAMPLE.encode();
        for kind in 0..=u8::MAX {
            bytes[0] = kind;
            let decoded = Entry::decode(&bytes).map(|entry| entry.kind);
            let expected = match kind {
                0 => Ok(EntryKind::Credit),
                1 => Ok(EntryKind::Debit),
                _ => Err(Violation::EntryKindUnknown),
            };
            assert_eq!(decoded, expected, "kind {kind}");
        }
    }

    #[test]
    fn entry_without_party_is_not_actionable() {
        assert!(SAMPLE.is_actionable());
        assert!(
            !Entry {
                party: [0; 32],
                ..SAMPLE
            }
            .is_actionable()
        );
        // One byte suffices, wherever it stands.
        for place in 0..32 {
            let mut party = [0; 32];
            party.iter_mut().skip(place).take(1).for_each(|byte| *byte = 1);
            assert!(Entry { party, ..SAMPLE }.is_actionable(), "byte {place}");
        }
    }
}
