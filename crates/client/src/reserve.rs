//! Bank statements off chain: totals, tree, proofs, digest; and the keyed hashes of references that go on chain.

use hmac::{Hmac, Mac};
use kzte::instructions::StatementArgs;
use kzte_ledger::{Attested, Entry, EntryKind, HostSha256, MAX_ENTRIES, Totals, Tree, attestation_digest};
use sha2::Sha256;
use solana_address::Address;
use thiserror::Error;

/// A statement as its attestors and its bank hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementFile {
    /// Number, balances, sums, counts, time.
    pub totals: Totals,
    /// The entries in their order; the index of an entry is its place.
    pub entries: Vec<Entry>,
    /// RFC 9162 root over the entries.
    pub entries_root: [u8; 32],
    /// SHA-256 of the bank's file.
    pub source_hash: [u8; 32],
}

/// Entries that make no statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
    /// An entry is not at its place.
    #[error("the entry at place {place} carries the index {index}: number the entries from 0 in their order")]
    Index { place: usize, index: u32 },
    /// More entries than one statement holds.
    #[error("{count} entries: a statement holds at most {MAX_ENTRIES}, split the day")]
    TooManyEntries { count: usize },
    /// Credits or debits beyond 64 bits of tiyn.
    #[error("the {0} do not fit into 64 bits of tiyn")]
    Sum(&'static str),
    /// Debits beyond the money that was there.
    #[error("opening balance {opening} plus credits {credits} minus debits {debits} is no balance (tiyn)")]
    Balance { opening: u64, credits: u64, debits: u64 },
}

impl StatementFile {
    /// A statement over `entries`: sums, counts, closing balance and root follow from them.
    ///
    /// `number`: the issuer's last plus one; `opening`: its last closing balance, tiyn; `as_of`: the moment the
    /// closing balance holds for, Unix seconds.
    pub fn new(
        number: u64,
        opening: u64,
        as_of: i64,
        entries: Vec<Entry>,
        source_hash: [u8; 32],
    ) -> Result<Self, StatementError> {
        let count = entries.len();
        let entry_count = u32::try_from(count)
            .ok()
            .filter(|count| *count <= MAX_ENTRIES)
            .ok_or(StatementError::TooManyEntries { count })?;
        let (mut credits, mut debits, mut actionable_count) = (0u64, 0u64, 0u32);
        for (place, entry) in entries.iter().enumerate() {
            if usize::try_from(entry.index) != Ok(place) {
                return Err(StatementError::Index {
                    place,
                    index: entry.index,
                });
            }
            let (sum, name) = match entry.kind {
                EntryKind::Credit => (&mut credits, "credits"),
                EntryKind::Debit => (&mut debits, "debits"),
            };
            *sum = sum.checked_add(entry.amount).ok_or(StatementError::Sum(name))?;
            actionable_count += u32::from(entry.is_actionable());
        }
        let closing = opening
            .checked_add(credits)
            .and_then(|sum| sum.checked_sub(debits))
            .ok_or(StatementError::Balance {
                opening,
                credits,
                debits,
            })?;
        let totals = Totals {
            number,
            opening,
            credit_total: credits,
            debit_total: debits,
            closing,
            as_of,
            entry_count,
            actionable_count,
        };
        let entries_root = tree_of(&entries).root::<HostSha256>();
        Ok(Self {
            totals,
            entries,
            entries_root,
            source_hash,
        })
    }

    /// The tree over the entries. Build it once when many proofs are needed.
    pub fn tree(&self) -> Tree {
        tree_of(&self.entries)
    }

    /// Inclusion proof of one entry; `None`: there is no such entry.
    pub fn proof(&self, index: u32) -> Option<Vec<[u8; 32]>> {
        self.tree().prove(index)
    }

    /// Proof of `len` neighbouring entries from `start`; `None`: there are no such entries.
    pub fn run_proof(&self, start: u32, len: u32) -> Option<Vec<[u8; 32]>> {
        self.tree().prove_run(start, len)
    }

    /// What an attestor signs: binds everything, so it holds for this deployment, bank, set and file only.
    pub fn digest(
        &self,
        program: &Address,
        config: &Address,
        issuer: &Address,
        attestor_set_version: u32,
    ) -> [u8; 32] {
        attestation_digest::<HostSha256>(&Attested {
            program: program.as_array(),
            config: config.as_array(),
            issuer: issuer.as_array(),
            attestor_set_version,
            totals: self.totals,
            entries_root: &self.entries_root,
            source_hash: &self.source_hash,
        })
    }

    /// The arguments of `post_statement`.
    pub fn args(&self) -> StatementArgs {
        let totals = &self.totals;
        StatementArgs {
            number: totals.number,
            opening: totals.opening,
            credit_total: totals.credit_total,
            debit_total: totals.debit_total,
            closing: totals.closing,
            as_of: totals.as_of,
            entry_count: totals.entry_count,
            actionable_count: totals.actionable_count,
            entries_root: self.entries_root,
            source_hash: self.source_hash,
        }
    }
}

fn tree_of(entries: &[Entry]) -> Tree {
    Tree::from_leaves::<HostSha256>(
        entries
            .iter()
            .map(|entry| entry.leaf_hash::<HostSha256>())
            .collect(),
    )
}

/// Hash of a bank's own entry reference: HMAC-SHA-256 under the key that the bank shares with its attestors and
/// auditors. The same reference always hashes the same; an outsider cannot guess references.
pub fn reference_hash(key: &[u8], reference: &str) -> [u8; 32] {
    keyed(key, &[reference.as_bytes()])
}

/// Hash of where a redemption is paid to: HMAC-SHA-256 over the account, a zero byte, and the end-to-end id. Neither
/// text can hold a zero byte, so no other pair gives the same input.
pub fn payout_hash(key: &[u8], account: &str, end_to_end_id: &str) -> [u8; 32] {
    keyed(key, &[account.as_bytes(), &[0], end_to_end_id.as_bytes()])
}

/// The nonce that belongs to a payout hash: its first 8 bytes, little endian. One payout, one redemption address.
pub fn nonce_of(payout_hash: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *payout_hash;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use kzte_ledger::{verify_inclusion, verify_run};

    use super::*;

    fn entry(kind: EntryKind, index: u32, amount: u64, party: u8) -> Entry {
        Entry {
            kind,
            index,
            amount,
            reference_hash: [index as u8; 32],
            party: [party; 32],
        }
    }

    fn five() -> Vec<Entry> {
        vec![
            entry(EntryKind::Credit, 0, 100, 1),
            entry(EntryKind::Debit, 1, 30, 2),
            entry(EntryKind::Credit, 2, 50, 0),
            entry(EntryKind::Credit, 3, 7, 3),
            entry(EntryKind::Debit, 4, 1, 0),
        ]
    }

    #[test]
    fn figures_follow_from_the_entries() {
        let file = StatementFile::new(4, 1000, 99, five(), [9; 32]).unwrap();
        assert_eq!(
            file.totals,
            Totals {
                number: 4,
                opening: 1000,
                credit_total: 157,
                debit_total: 31,
                closing: 1126,
                as_of: 99,
                entry_count: 5,
                actionable_count: 3,
            }
        );
        let args = file.args();
        assert_eq!(
            (args.closing, args.entry_count, args.actionable_count),
            (1126, 5, 3)
        );
        assert_eq!(
            (args.entries_root, args.source_hash),
            (file.entries_root, [9; 32])
        );
    }

    #[test]
    fn every_proof_leads_to_the_root() {
        let file = StatementFile::new(1, 0, 0, five(), [0; 32]).unwrap();
        for entry in &file.entries {
            let leaf = entry.leaf_hash::<HostSha256>();
            let proof = file.proof(entry.index).unwrap();
            verify_inclusion::<HostSha256>(&leaf, entry.index, 5, &proof, &file.entries_root).unwrap();
            let other = (entry.index + 1) % 5;
            assert!(verify_inclusion::<HostSha256>(&leaf, other, 5, &proof, &file.entries_root).is_err());
        }
        let mut run: Vec<_> = file.entries[2..5]
            .iter()
            .map(|entry| entry.leaf_hash::<HostSha256>())
            .collect();
        let proof = file.run_proof(2, 3).unwrap();
        verify_run::<HostSha256>(&mut run, 2, 5, &proof, &file.entries_root).unwrap();
        assert_eq!(file.proof(5), None);
        assert_eq!(file.run_proof(3, 3), None);
    }

    #[test]
    fn entries_that_make_no_statement_are_refused() {
        let mut moved = five();
        moved.swap(0, 1);
        assert_eq!(
            StatementFile::new(1, 1000, 0, moved, [0; 32]),
            Err(StatementError::Index { place: 0, index: 1 })
        );
        let debit = vec![entry(EntryKind::Debit, 0, 11, 1)];
        assert_eq!(
            StatementFile::new(1, 10, 0, debit, [0; 32]),
            Err(StatementError::Balance {
                opening: 10,
                credits: 0,
                debits: 11
            })
        );
        let much = vec![
            entry(EntryKind::Credit, 0, u64::MAX, 1),
            entry(EntryKind::Credit, 1, 1, 1),
        ];
        assert_eq!(
            StatementFile::new(1, 0, 0, much, [0; 32]),
            Err(StatementError::Sum("credits"))
        );
        let many: Vec<Entry> = (0..=MAX_ENTRIES)
            .map(|index| entry(EntryKind::Credit, index, 1, 1))
            .collect();
        assert_eq!(
            StatementFile::new(1, 0, 0, many, [0; 32]),
            Err(StatementError::TooManyEntries { count: 65_537 })
        );
    }

    #[test]
    fn an_empty_statement_keeps_the_balance() {
        let file = StatementFile::new(1, 5, 0, Vec::new(), [0; 32]).unwrap();
        assert_eq!((file.totals.closing, file.totals.entry_count), (5, 0));
        assert_eq!(file.entries_root, kzte_ledger::EMPTY_ROOT);
    }

    #[test]
    fn the_digest_binds_every_circumstance() {
        let address = |byte| Address::new_from_array([byte; 32]);
        let (program, config, issuer) = (address(1), address(2), address(3));
        let file = StatementFile::new(1, 0, 7, five(), [1; 32]).unwrap();
        let digest = file.digest(&program, &config, &issuer, 1);
        let mut changed = vec![
            file.digest(&address(9), &config, &issuer, 1),
            file.digest(&program, &address(9), &issuer, 1),
            file.digest(&program, &config, &address(9), 1),
            file.digest(&program, &config, &issuer, 2),
        ];
        let mut entries = five();
        entries[3].party = [8; 32];
        for other in [
            StatementFile::new(2, 0, 7, five(), [1; 32]),
            StatementFile::new(1, 1, 7, five(), [1; 32]),
            StatementFile::new(1, 0, 8, five(), [1; 32]),
            StatementFile::new(1, 0, 7, five(), [2; 32]),
            StatementFile::new(1, 0, 7, entries, [1; 32]),
        ] {
            changed.push(other.unwrap().digest(&program, &config, &issuer, 1));
        }
        changed.push(digest);
        let count = changed.len();
        changed.sort_unstable();
        changed.dedup();
        assert_eq!(changed.len(), count, "two different circumstances share a digest");
    }

    /// Computed with another implementation of HMAC-SHA-256 (Python's hmac module).
    #[test]
    fn hashes_match_another_implementation() {
        let key = b"bank and attestors";
        assert_eq!(
            hex::encode(reference_hash(key, "NTRY-2026-11-16-0001")),
            "f09c6fb90cd113a75e78e643996f54e2c8439cb808ad3b0b4535e57520314b4a"
        );
        let payout = payout_hash(key, "KZ86125KZT5004100100", "E2E-42");
        assert_eq!(
            hex::encode(payout),
            "6616980c47c055f92dbddac940ed5c553257afdeca68f3dd83a9597a0bb3fd6c"
        );
        assert_eq!(nonce_of(&payout), 17966477699850966630);
        assert_ne!(payout, payout_hash(key, "KZ86125KZT5004100100E", "2E-42"));
        assert_ne!(
            payout,
            payout_hash(b"another key", "KZ86125KZT5004100100", "E2E-42")
        );
    }
}
