//! Inclusion and run proofs: exhaustively on small trees, by fixed-seed sampling on large ones, against the
//! recursive definitions of RFC 9162.

#![cfg(feature = "host")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;

use std::sync::LazyLock;

use common::{entry, fixed, flip, leaves};
use kzte_ledger::{
    Entry, EntryKind, HostSha256, MAX_ENTRIES, MAX_PROOF_LEN, Tree, Violation, node_hash, verify_inclusion,
    verify_run,
};
use proptest::prelude::*;

type Node = [u8; 32];

const SMALL: u32 = 33;

fn tree(count: u32) -> Tree {
    Tree::from_leaves::<HostSha256>(leaves(count))
}

fn root(tree: &Tree) -> Node {
    tree.root::<HostSha256>()
}

fn inclusion(leaf: &Node, index: u32, count: u32, proof: &[Node], root: &Node) -> Result<(), Violation> {
    verify_inclusion::<HostSha256>(leaf, index, count, proof, root)
}

fn run(leaves: &[Node], start: u32, count: u32, proof: &[Node], root: &Node) -> Result<(), Violation> {
    verify_run::<HostSha256>(&mut leaves.to_vec(), start, count, proof, root)
}

// The recursive definitions, by which the tree is split from the root down instead of built from the leaves up.

/// The largest power of two below `size`.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// MTH(D[n]), RFC 9162, 2.1.1.
fn reference_root(leaves: &[Node]) -> Node {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash::<HostSha256>(&reference_root(left), &reference_root(right))
        }
    }
}

/// PATH(m, D[n]), RFC 9162, 2.1.3.1.
fn reference_path(index: usize, leaves: &[Node]) -> Vec<Node> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) = if index < k {
        (reference_path(index, left), right)
    } else {
        (reference_path(index - k, right), left)
    };
    path.push(reference_root(sibling));
    path
}

/// A run's missing siblings, each with its level's width and its side: sorted, that is the order of a run proof.
fn reference_siblings(start: usize, end: usize, leaves: &[Node]) -> Vec<(usize, bool, Node)> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let mut siblings = Vec::new();
    if start < k {
        siblings.extend(reference_siblings(start, end.min(k), left));
    } else {
        siblings.push((k, false, reference_root(left)));
    }
    if end > k {
        siblings.extend(reference_siblings(start.max(k) - k, end - k, right));
    } else {
        siblings.push((k, true, reference_root(right)));
    }
    siblings
}

fn reference_run(start: usize, len: usize, leaves: &[Node]) -> Vec<Node> {
    let mut siblings = reference_siblings(start, start + len, leaves);
    siblings.sort_by_key(|(level, is_right, _)| (*level, *is_right));
    siblings.into_iter().map(|(_, _, node)| node).collect()
}

/// The sides on which a path's siblings stand, leaf level first: what index and count say about a proof.
fn shape(index: u32, count: u32) -> Vec<bool> {
    if count == 1 {
        return Vec::new();
    }
    let k = split(count as usize) as u32;
    let (mut sides, is_right) = if index < k {
        (shape(index, k), true)
    } else {
        (shape(index - k, count - k), false)
    };
    sides.push(is_right);
    sides
}

#[test]
fn inclusion_proofs_of_small_trees() {
    for count in 1..=SMALL {
        let (leaves, tree) = (leaves(count), tree(count));
        let root = root(&tree);
        assert_eq!(root, reference_root(&leaves), "root of {count}");
        assert_eq!(tree.len(), count);
        for index in 0..count {
            let proof = tree.prove(index).unwrap();
            assert_eq!(
                proof,
                reference_path(index as usize, &leaves),
                "path of {index} in {count}"
            );
            assert_eq!(
                inclusion(&leaves[index as usize], index, count, &proof, &root),
                Ok(())
            );
        }
        assert_eq!(tree.prove(count), None);
        assert_eq!(tree.prove(u32::MAX), None);
    }
}

#[test]
fn changed_bit_rejects() {
    for count in 1..=SMALL {
        let (leaves, tree) = (leaves(count), tree(count));
        let root = root(&tree);
        for index in 0..count {
            let leaf = &leaves[index as usize];
            let proof = tree.prove(index).unwrap();
            for bit in 0..256 {
                let got = inclusion(&flip(leaf, bit), index, count, &proof, &root);
                assert_eq!(
                    got,
                    Err(Violation::RootMismatch),
                    "leaf {index} of {count}, bit {bit}"
                );
                let got = inclusion(leaf, index, count, &proof, &flip(&root, bit));
                assert_eq!(got, Err(Violation::RootMismatch), "root of {count}, bit {bit}");
            }
            for place in 0..proof.len() {
                for bit in (place..256).step_by(7) {
                    let mut changed = proof.clone();
                    changed[place] = flip(&proof[place], bit);
                    let got = inclusion(leaf, index, count, &changed, &root);
                    assert_eq!(
                        got,
                        Err(Violation::RootMismatch),
                        "{index} of {count}, node {place}, bit {bit}"
                    );
                }
            }
        }
    }
}

/// With the attested count every other index fails, whatever the proof's length.
#[test]
fn changed_index_rejects() {
    for count in 1..=SMALL {
        let (leaves, tree) = (leaves(count), tree(count));
        let root = root(&tree);
        for index in 0..count {
            let proof = tree.prove(index).unwrap();
            for other in (0..count + 2).filter(|other| *other != index) {
                let got = inclusion(&leaves[index as usize], other, count, &proof, &root);
                let expected = if other >= count {
                    Violation::IndexOutOfRange
                } else {
                    match shape(other, count).len().cmp(&proof.len()) {
                        std::cmp::Ordering::Greater => Violation::ProofTooShort,
                        std::cmp::Ordering::Less => Violation::ProofTooLong,
                        std::cmp::Ordering::Equal => Violation::RootMismatch,
                    }
                };
                assert_eq!(got, Err(expected), "{index} as {other} of {count}");
            }
        }
    }
}

/// A changed count fails unless the path has the very same shape there, which the root cannot tell: therefore the
/// count is attested together with the root.
#[test]
fn changed_count_rejects_unless_the_path_keeps_its_shape() {
    for count in 1..=SMALL {
        let (leaves, tree) = (leaves(count), tree(count));
        let root = root(&tree);
        for index in 0..count {
            let proof = tree.prove(index).unwrap();
            let own = shape(index, count);
            for other in (0..2 * SMALL).filter(|other| *other != count) {
                let got = inclusion(&leaves[index as usize], index, other, &proof, &root);
                let expected = if index >= other {
                    Err(Violation::IndexOutOfRange)
                } else {
                    let there = shape(index, other);
                    match there.len().cmp(&own.len()) {
                        std::cmp::Ordering::Greater => Err(Violation::ProofTooShort),
                        std::cmp::Ordering::Less => Err(Violation::ProofTooLong),
                        std::cmp::Ordering::Equal if there == own => Ok(()),
                        std::cmp::Ordering::Equal => Err(Violation::RootMismatch),
                    }
                };
                assert_eq!(got, expected, "{index} of {count} as of {other}");
            }
        }
    }
}

/// The last leaf's siblings all stand on its left, and with any other count one would stand on its right: its path
/// proves how many leaves the root has.
#[test]
fn changed_count_rejects_for_the_last_leaf() {
    for count in 1..=SMALL {
        let (leaves, tree) = (leaves(count), tree(count));
        let (root, index) = (root(&tree), count - 1);
        let proof = tree.prove(index).unwrap();
        for other in (0..2 * SMALL).filter(|other| *other != count) {
            let got = inclusion(&leaves[index as usize], index, other, &proof, &root);
            assert!(got.is_err(), "last of {count} as of {other}");
        }
    }
}

/// Every field of an entry is bound: another amount, party, reference, kind or index is another leaf.
#[test]
fn changed_entry_rejects() {
    let (count, index) = (21, 13);
    let tree = tree(count);
    let (root, proof) = (root(&tree), tree.prove(index).unwrap());
    let verify = |entry: Entry| inclusion(&entry.leaf_hash::<HostSha256>(), index, count, &proof, &root);
    let own = entry(index);
    assert_eq!(verify(own), Ok(()));
    assert_eq!(own.kind, EntryKind::Credit);
    let changed = [
        Entry {
            amount: own.amount + 1,
            ..own
        },
        Entry {
            amount: own.amount - 1,
            ..own
        },
        Entry {
            amount: own.amount + (1 << 32),
            ..own
        },
        Entry {
            kind: EntryKind::Debit,
            ..own
        },
        Entry {
            index: index + 1,
            ..own
        },
        Entry {
            index: index - 1,
            ..own
        },
        Entry {
            party: flip(&own.party, 0),
            ..own
        },
        Entry {
            party: [0; 32],
            ..own
        },
        Entry {
            reference_hash: flip(&own.reference_hash, 255),
            ..own
        },
        Entry {
            reference_hash: own.party,
            party: own.reference_hash,
            ..own
        },
    ];
    for entry in changed {
        assert_eq!(verify(entry), Err(Violation::RootMismatch), "{entry:?}");
    }
}

#[test]
fn truncated_and_extended_inclusion_proofs_reject() {
    for count in 1..=SMALL {
        let (leaves, tree) = (leaves(count), tree(count));
        let root = root(&tree);
        for index in 0..count {
            let leaf = &leaves[index as usize];
            let proof = tree.prove(index).unwrap();
            for length in 0..proof.len() {
                let got = inclusion(leaf, index, count, &proof[..length], &root);
                assert_eq!(
                    got,
                    Err(Violation::ProofTooShort),
                    "{index} of {count}, {length} nodes"
                );
                let got = inclusion(leaf, index, count, &proof[proof.len() - length..], &root);
                assert_eq!(
                    got,
                    Err(Violation::ProofTooShort),
                    "{index} of {count}, last {length} nodes"
                );
            }
            for extra in [root, [0; 32], *leaf] {
                let extended = [proof.as_slice(), &[extra]].concat();
                assert_eq!(
                    inclusion(leaf, index, count, &extended, &root),
                    Err(Violation::ProofTooLong)
                );
                let prepended = [&[extra], proof.as_slice()].concat();
                assert_eq!(
                    inclusion(leaf, index, count, &prepended, &root),
                    Err(Violation::ProofTooLong)
                );
            }
        }
    }
}

/// All runs of all small trees: the proof is the reference's, verifies, and no change of it does.
#[test]
fn run_proofs_of_small_trees() {
    for count in 1..=SMALL {
        let (leaves, tree) = (leaves(count), tree(count));
        let root = root(&tree);
        for start in 0..count {
            for len in 1..=count - start {
                let (from, to) = (start as usize, (start + len) as usize);
                let own = &leaves[from..to];
                let at = format!("{len} from {start} of {count}");
                let proof = tree.prove_run(start, len).unwrap();
                assert_eq!(proof, reference_run(from, len as usize, &leaves), "{at}");
                assert_eq!(run(own, start, count, &proof, &root), Ok(()), "{at}");
                if len == 1 {
                    assert_eq!(Some(&proof), tree.prove(start).as_ref(), "{at}");
                }
                if len == count {
                    assert!(proof.is_empty(), "{at}");
                }

                for length in 0..proof.len() {
                    let got = run(own, start, count, &proof[..length], &root);
                    assert_eq!(got, Err(Violation::ProofTooShort), "{at}, {length} nodes");
                }
                let extended = [proof.as_slice(), &[root]].concat();
                assert_eq!(
                    run(own, start, count, &extended, &root),
                    Err(Violation::ProofTooLong),
                    "{at}"
                );
                for place in 0..proof.len() {
                    let mut changed = proof.clone();
                    changed[place] = flip(&proof[place], place * 37 + from);
                    let got = run(own, start, count, &changed, &root);
                    assert_eq!(got, Err(Violation::RootMismatch), "{at}, node {place}");
                }
                for place in 0..own.len() {
                    let mut changed = own.to_vec();
                    changed[place] = flip(&own[place], place * 41 + from);
                    let got = run(&changed, start, count, &proof, &root);
                    assert_eq!(got, Err(Violation::RootMismatch), "{at}, leaf {place}");
                }
                assert_eq!(
                    run(own, start, count, &proof, &flip(&root, from)),
                    Err(Violation::RootMismatch)
                );
            }
            assert_eq!(tree.prove_run(start, count - start + 1), None);
        }
        assert_eq!(tree.prove_run(count, 1), None);
    }
}

/// Order and place within a run are bound too.
#[test]
fn moved_leaves_reject() {
    for count in 2..=SMALL {
        let (leaves, tree) = (leaves(count), tree(count));
        let root = root(&tree);
        for start in 0..count {
            for len in 1..=count - start {
                let own = &leaves[start as usize..(start + len) as usize];
                let proof = tree.prove_run(start, len).unwrap();
                let at = format!("{len} from {start} of {count}");
                for place in 1..own.len() {
                    let mut swapped = own.to_vec();
                    swapped.swap(place - 1, place);
                    let got = run(&swapped, start, count, &proof, &root);
                    assert_eq!(got, Err(Violation::RootMismatch), "{at}, leaf {place}");
                }
                for place in 1..proof.len() {
                    let mut swapped = proof.clone();
                    swapped.swap(place - 1, place);
                    let got = run(own, start, count, &swapped, &root);
                    assert_eq!(got, Err(Violation::RootMismatch), "{at}, node {place}");
                }
                for other in (0..=count - len).filter(|other| *other != start) {
                    assert!(
                        run(own, other, count, &proof, &root).is_err(),
                        "{at} as from {other}"
                    );
                }
                // One leaf fewer or more under the same proof.
                assert!(
                    run(&own[1..], start, count, &proof, &root).is_err(),
                    "{at} without the first"
                );
                assert!(
                    run(&own[..own.len() - 1], start, count, &proof, &root).is_err(),
                    "{at} without the last"
                );
                if let Some(longer) = leaves.get(start as usize..=(start + len) as usize) {
                    assert!(
                        run(longer, start, count, &proof, &root).is_err(),
                        "{at} and one more"
                    );
                }
            }
        }
    }
}

#[test]
fn proofs_at_the_largest_count() {
    let (leaves, tree) = (leaves(MAX_ENTRIES), tree(MAX_ENTRIES));
    let root = root(&tree);
    for index in [0, 1, 32_767, 32_768, 65_534, 65_535] {
        let proof = tree.prove(index).unwrap();
        assert_eq!(proof.len(), MAX_PROOF_LEN);
        assert_eq!(
            inclusion(&leaves[index as usize], index, MAX_ENTRIES, &proof, &root),
            Ok(())
        );
    }
    // The widest proof that a run can need: the two leaves in the middle lack both neighbours on every level but
    // the one below the root.
    let proof = tree.prove_run(32_767, 2).unwrap();
    assert_eq!(proof.len(), 2 * (MAX_PROOF_LEN - 1));
    assert_eq!(
        run(&leaves[32_767..=32_768], 32_767, MAX_ENTRIES, &proof, &root),
        Ok(())
    );
    let proof = tree.prove_run(1, MAX_ENTRIES - 2).unwrap();
    assert_eq!(proof, [leaves[0], leaves[65_535]]);
    assert_eq!(run(&leaves[1..65_535], 1, MAX_ENTRIES, &proof, &root), Ok(()));
    assert_eq!(run(&leaves, 0, MAX_ENTRIES, &[], &root), Ok(()));
}

/// Trees of sampled sizes are built once and shared by the properties.
static TREES: LazyLock<Vec<(Vec<Node>, Tree)>> = LazyLock::new(|| {
    [
        34, 63, 64, 65, 100, 255, 257, 1_000, 1_023, 2_049, 4_095, 5_000, 10_007,
    ]
    .into_iter()
    .map(|count| (leaves(count), tree(count)))
    .collect()
});

fn any_tree() -> impl Strategy<Value = &'static (Vec<Node>, Tree)> {
    (0..TREES.len()).prop_map(|number| &TREES[number])
}

proptest! {
    #![proptest_config(fixed(512))]

    #[test]
    fn inclusion_in_large_trees(
        (leaves, tree) in any_tree(),
        at in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let (count, index) = (tree.len(), at.index(leaves.len()));
        let (root, leaf, position) = (root(tree), &leaves[index], index as u32);
        let proof = tree.prove(position).unwrap();
        prop_assert_eq!(inclusion(leaf, position, count, &proof, &root), Ok(()));
        prop_assert_eq!(&proof, &tree.prove_run(position, 1).unwrap());
        prop_assert_eq!(run(&[*leaf], position, count, &proof, &root), Ok(()));

        prop_assert_eq!(inclusion(&flip(leaf, bit), position, count, &proof, &root), Err(Violation::RootMismatch));
        prop_assert_eq!(inclusion(leaf, position, count, &proof, &flip(&root, bit)), Err(Violation::RootMismatch));
        let mut changed = proof.clone();
        let place = other.index(proof.len());
        changed[place] = flip(&proof[place], bit);
        prop_assert_eq!(inclusion(leaf, position, count, &changed, &root), Err(Violation::RootMismatch));
        prop_assert_eq!(inclusion(leaf, position, count, &proof[..place], &root), Err(Violation::ProofTooShort));
        changed.push(root);
        prop_assert_eq!(inclusion(leaf, position, count, &changed, &root), Err(Violation::ProofTooLong));

        let wrong = other.index(leaves.len());
        if wrong != index {
            prop_assert!(inclusion(leaf, wrong as u32, count, &proof, &root).is_err());
            prop_assert!(inclusion(&leaves[wrong], position, count, &proof, &root).is_err());
        }
    }

    #[test]
    fn runs_in_large_trees(
        (leaves, tree) in any_tree(),
        from in any::<prop::sample::Index>(),
        length in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        bit in 0_usize..256,
        short in any::<bool>(),
    ) {
        let (count, start) = (tree.len(), from.index(leaves.len()));
        let most = leaves.len() - start;
        let len = 1 + length.index(if short { most.min(16) } else { most });
        let (root, own, first) = (root(tree), &leaves[start..start + len], start as u32);
        let proof = tree.prove_run(first, len as u32).unwrap();
        prop_assert!(proof.len() <= 2 * (MAX_PROOF_LEN - 1));
        prop_assert_eq!(run(own, first, count, &proof, &root), Ok(()));

        let mut changed = own.to_vec();
        let leaf = place.index(len);
        changed[leaf] = flip(&own[leaf], bit);
        prop_assert_eq!(run(&changed, first, count, &proof, &root), Err(Violation::RootMismatch));
        prop_assert_eq!(run(own, first, count, &proof, &flip(&root, bit)), Err(Violation::RootMismatch));
        let extended = [proof.as_slice(), &[root]].concat();
        prop_assert_eq!(run(own, first, count, &extended, &root), Err(Violation::ProofTooLong));
        if !proof.is_empty() {
            let node = place.index(proof.len());
            let mut changed = proof.clone();
            changed[node] = flip(&proof[node], bit);
            prop_assert_eq!(run(own, first, count, &changed, &root), Err(Violation::RootMismatch));
            prop_assert_eq!(run(own, first, count, &proof[..node], &root), Err(Violation::ProofTooShort));
        }
        // Whatever a run proves, each of its leaves' own proofs proves.
        let within = first + leaf as u32;
        let proof = tree.prove(within).unwrap();
        prop_assert_eq!(inclusion(&own[leaf], within, count, &proof, &root), Ok(()));
    }

    /// Nodes out of thin air prove nothing and never panic, whatever the numbers.
    #[test]
    fn invented_proofs_reject(
        leaf in any::<Node>(),
        root in any::<Node>(),
        index in any::<u32>(),
        count in prop_oneof![any::<u32>(), 0_u32..40],
        proof in prop::collection::vec(any::<Node>(), 0..40),
        run_len in 0_usize..20,
    ) {
        prop_assert!(inclusion(&leaf, index, count, &proof, &root).is_err());
        prop_assert!(inclusion(&leaf, index % count.max(1), count, &proof, &root).is_err());
        prop_assert!(run(&vec![leaf; run_len], index, count, &proof, &root).is_err());
        prop_assert!(run(&vec![leaf; run_len], index % count.max(1), count, &proof, &root).is_err());
    }

    #[test]
    fn entries_encode_one_to_one(bytes in prop::collection::vec(any::<u8>(), 77), kind in 0_u8..2) {
        let mut bytes = bytes;
        bytes[0] = kind;
        let entry = Entry::decode(&bytes).unwrap();
        prop_assert_eq!(entry.encode().to_vec(), bytes);
    }
}
