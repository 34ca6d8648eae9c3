//! Roots and inclusion proofs against `ct-merkle`, an independent implementation of Certificate Transparency trees.

#![cfg(feature = "host")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use std::collections::BTreeSet;

use common::{Stream, entry, leaves};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{InclusionProof, RootHash};
use ct_merkle_sha2::Sha256;
use kzte_ledger::{HostSha256, Tree, verify_inclusion};

const LARGEST: u32 = 5_000;

/// 1, 2, 3, every power of two with its neighbours, the largest, and random sizes.
fn sizes() -> BTreeSet<u32> {
    let mut sizes = BTreeSet::from([1, 2, 3, LARGEST]);
    for power in (1..).map(|level| 1 << level).take_while(|power| *power < LARGEST) {
        sizes.extend([power - 1, power, power + 1]);
    }
    let mut stream = Stream(9162);
    while sizes.len() < 72 {
        sizes.insert(1 + stream.below(LARGEST));
    }
    sizes
}

#[test]
fn roots_and_inclusion_proofs_agree() {
    let sizes = sizes();
    assert!(sizes.len() >= 60 && sizes.contains(&4_097) && !sizes.contains(&0));
    let encodings: Vec<_> = (0..LARGEST).map(|index| entry(index).encode()).collect();
    let leaves = leaves(LARGEST);
    let mut stream = Stream(6962);
    // Theirs grows by appending, ours is built anew at each size.
    let mut theirs = MemoryBackedTree::<Sha256, [u8; 77]>::new();
    for count in sizes {
        while theirs.len() < u64::from(count) {
            theirs.push(encodings[theirs.len() as usize]);
        }
        let ours = Tree::from_leaves::<HostSha256>(leaves[..count as usize].to_vec());
        let root = ours.root::<HostSha256>();
        assert_eq!(theirs.root().as_bytes().as_slice(), root, "root of {count}");

        let mut indices = BTreeSet::from([0, count - 1, count / 2, count.next_power_of_two() / 2]);
        indices.extend((0..24).map(|_| stream.below(count)));
        let their_root = RootHash::<Sha256>::new(root.into(), count.into());
        for index in indices.into_iter().filter(|index| *index < count) {
            let at = index as usize;
            let proof = ours.prove(index).unwrap();
            assert_eq!(
                theirs.prove_inclusion(at).as_bytes(),
                proof.as_flattened(),
                "{index} of {count}"
            );
            assert_eq!(
                verify_inclusion::<HostSha256>(&leaves[at], index, count, &proof, &root),
                Ok(())
            );
            let proof = InclusionProof::<Sha256>::from_bytes(proof.as_flattened().to_vec());
            assert!(
                their_root
                    .verify_inclusion(&encodings[at], u64::from(index), &proof)
                    .is_ok()
            );
        }
    }
}
