//! What the test files share: deterministic randomness and sample entries.

// Each test file compiles this module for itself and uses a part of it.
#![allow(dead_code)]

use kzte_ledger::{Entry, EntryKind, HostSha256, Sha256};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

/// A configuration that runs the same cases on every machine and writes no files.
pub fn fixed(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x4b5a_5445),
        ..Config::default()
    }
}

/// A SplitMix64 stream, for sampling outside proptest.
pub struct Stream(pub u64);

impl Stream {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        (self.next() % u64::from(bound)) as u32
    }
}

pub fn entry(index: u32) -> Entry {
    Entry {
        kind: if index % 3 == 2 {
            EntryKind::Debit
        } else {
            EntryKind::Credit
        },
        index,
        amount: 1_000 + u64::from(index),
        reference_hash: HostSha256::hash(&[&index.to_le_bytes()]),
        party: HostSha256::hash(&[&index.to_be_bytes()]),
    }
}

/// The leaves of entries 0 to `count - 1`; no two are equal because the index is in the entry.
pub fn leaves(count: u32) -> Vec<[u8; 32]> {
    (0..count)
        .map(|index| entry(index).leaf_hash::<HostSha256>())
        .collect()
}

/// `bytes` with one bit changed.
pub fn flip(bytes: &[u8; 32], bit: usize) -> [u8; 32] {
    let mut flipped = *bytes;
    flipped[bit / 8 % 32] ^= 1 << (bit % 8);
    flipped
}
