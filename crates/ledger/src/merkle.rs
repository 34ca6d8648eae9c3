//! Merkle proofs by RFC 9162 (Certificate Transparency 2.0) over SHA-256.
//!
//! Leaves are hashed with the prefix 0x00, nodes with 0x01, so a node can never pass for a leaf. The tree is built
//! level by level; where a level has an odd number of nodes the last one moves up unchanged (the "unbalanced right
//! edge"), which is the RFC's split at the largest power of two.
//!
//! A proof shows a leaf's position **for a given entry count**. The root alone does not fix the count: a path of
//! the same shape may exist in a tree of another size (leaf 0 of 3 and leaf 0 of 4). The count must therefore come
//! from the attested statement, whose digest covers root and count together
//! ([`attestation_digest`](crate::attestation_digest)), and never from the caller.

use crate::{EntryRef, Sha256, Violation};

/// Most entries that a statement holds.
pub const MAX_ENTRIES: u32 = 65_536;

/// Most nodes in an inclusion proof. A run's proof may have two a level, 30 in all.
pub const MAX_PROOF_LEN: usize = 16;

// A tree of MAX_ENTRIES = 2^16 leaves has 16 levels below its root, one sibling each; smaller trees have no more.
const _: () = assert!(MAX_ENTRIES == 1 << MAX_PROOF_LEN);

/// The root of a tree without leaves: SHA-256 of nothing.
pub const EMPTY_ROOT: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

pub(crate) const LEAF_PREFIX: u8 = 0;
const NODE_PREFIX: u8 = 1;

/// The hash of a leaf's data: SHA-256 of 0x00 and `data`.
#[inline(always)]
pub fn leaf_hash<H: Sha256>(data: &[u8]) -> [u8; 32] {
    H::hash(&[&[LEAF_PREFIX], data])
}

/// The hash of an inner node: SHA-256 of 0x01, left and right.
#[inline(always)]
pub fn node_hash<H: Sha256>(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    H::hash(&[&[NODE_PREFIX], left, right])
}

/// Checks that `leaf` stands at `index` among `count` leaves under `root` (RFC 9162, 2.1.3.2). `proof` holds the
/// siblings, leaf level first.
///
/// `count` and `root` must be the attested ones (see the module's text).
///
/// # Errors
/// [`Violation::TooManyEntries`], [`Violation::IndexOutOfRange`], [`Violation::ProofTooShort`],
/// [`Violation::ProofTooLong`], [`Violation::RootMismatch`].
// Inlined: six register arguments, one more than BPF has.
#[inline(always)]
pub fn verify_inclusion<H: Sha256>(
    leaf: &[u8; 32],
    index: u32,
    count: u32,
    proof: &[[u8; 32]],
    root: &[u8; 32],
) -> Result<(), Violation> {
    let mut climb = Climb::start(index, count)?;
    climb.node = *leaf;
    climb.climb::<H>(proof, root)
}

/// Checks that `entry` stands at its index among `count` entries under `root`: [`verify_inclusion`] of its leaf, which
/// is hashed where the climb begins.
///
/// # Errors
/// Those of [`verify_inclusion`].
#[inline(always)]
pub fn verify_entry<H: Sha256>(
    entry: &EntryRef,
    count: u32,
    proof: &[[u8; 32]],
    root: &[u8; 32],
) -> Result<(), Violation> {
    let mut climb = Climb::start(entry.index, count)?;
    entry.leaf_hash_into::<H>(&mut climb.node);
    climb.climb::<H>(proof, root)
}

/// Where a proof stands: the node reached, its position in its level, and that of the level's last node (the RFC's
/// fn and sn).
struct Climb {
    node: [u8; 32],
    position: u32,
    last: u32,
}

impl Climb {
    /// Before the first level; the leaf is still to be written.
    #[inline(always)]
    fn start(index: u32, count: u32) -> Result<Climb, Violation> {
        if count > MAX_ENTRIES {
            return Err(Violation::TooManyEntries);
        }
        if index >= count {
            return Err(Violation::IndexOutOfRange);
        }
        Ok(Climb {
            node: [0; 32],
            position: index,
            last: count.saturating_sub(1),
        })
    }

    /// Climbs from the leaf to the root.
    // A function of its own: with the registers to itself the loop costs less than inside a long handler.
    #[inline(never)]
    fn climb<H: Sha256>(&mut self, proof: &[[u8; 32]], root: &[u8; 32]) -> Result<(), Violation> {
        let (mut position, mut last) = (self.position, self.last);
        let mut parent_slot = [0; 32];
        let (mut node, mut parent) = (&mut self.node, &mut parent_slot);
        for sibling in proof {
            if last == 0 {
                return Err(Violation::ProofTooLong);
            }
            if position & 1 == 1 || position == last {
                H::hash_into(&[&[NODE_PREFIX], sibling, node], parent);
                // A last node on an even position has no sibling: it moved up to where it became a right child.
                while position & 1 == 0 && position != 0 {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                H::hash_into(&[&[NODE_PREFIX], node, sibling], parent);
            }
            core::mem::swap(&mut node, &mut parent);
            position >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(Violation::ProofTooShort);
        }
        if node != root {
            return Err(Violation::RootMismatch);
        }
        Ok(())
    }
}

/// Checks that `leaves` stand, in order and without gaps, from index `start` on among `count` leaves under `root`.
///
/// One proof for a run costs fewer hashes than one proof a leaf: neighbours share their path. `proof` holds the
/// missing siblings level by level, leaf level first, within a level left before right; a proof for one leaf is
/// that leaf's inclusion proof. Every node must be consumed, so a run has exactly one proof.
///
/// Works in place: `leaves` is scratch space and worthless afterwards, whatever the result.
///
/// # Errors
/// [`Violation::TooManyEntries`], [`Violation::RunEmpty`], [`Violation::RunOutOfRange`],
/// [`Violation::ProofTooShort`], [`Violation::ProofTooLong`], [`Violation::RootMismatch`].
// Inlined: seven register arguments, two more than BPF has.
#[inline(always)]
pub fn verify_run<H: Sha256>(
    leaves: &mut [[u8; 32]],
    start: u32,
    count: u32,
    proof: &[[u8; 32]],
    root: &[u8; 32],
) -> Result<(), Violation> {
    if count > MAX_ENTRIES {
        return Err(Violation::TooManyEntries);
    }
    let Some(steps) = leaves.len().checked_sub(1) else {
        return Err(Violation::RunEmpty);
    };
    let steps = u32::try_from(steps).map_err(|_| Violation::RunOutOfRange)?;
    let end = start.checked_add(steps).ok_or(Violation::RunOutOfRange)?;
    if end >= count {
        return Err(Violation::RunOutOfRange);
    }

    let mut siblings = proof.iter();
    // In the current level: the run's first and last position, and the position of the level's last node.
    let (mut first, mut end, mut last) = (start, end, count.saturating_sub(1));
    let mut nodes = leaves;
    while last > 0 {
        let (mut read, mut written) = (0_usize, 0_usize);
        if first & 1 == 1 {
            let left = siblings.next().ok_or(Violation::ProofTooShort)?;
            if let Some(node) = nodes.first_mut() {
                *node = node_hash::<H>(left, node);
            }
            (read, written) = (1, 1);
        }
        // `written` never passes `read`, so a parent only overwrites nodes that were read.
        while let Some([left, right]) = nodes.get(read..).and_then(|rest| rest.first_chunk()) {
            let parent = node_hash::<H>(left, right);
            if let Some(slot) = nodes.get_mut(written) {
                *slot = parent;
            }
            read = read.saturating_add(2);
            written = written.saturating_add(1);
        }
        if let Some(node) = nodes.get(read) {
            // The run ends on a left child; the level's last node moves up alone, any other has a right sibling.
            let parent = if end == last {
                *node
            } else {
                node_hash::<H>(node, siblings.next().ok_or(Violation::ProofTooShort)?)
            };
            if let Some(slot) = nodes.get_mut(written) {
                *slot = parent;
            }
            written = written.saturating_add(1);
        }
        nodes = nodes
            .split_at_mut_checked(written)
            .ok_or(Violation::RunOutOfRange)?
            .0;
        first >>= 1;
        end >>= 1;
        last >>= 1;
    }
    if siblings.next().is_some() {
        return Err(Violation::ProofTooLong);
    }
    if nodes.first() != Some(root) {
        return Err(Violation::RootMismatch);
    }
    Ok(())
}

#[cfg(all(test, feature = "host"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::{HostSha256, Tree};

    fn three_leaves() -> (Vec<[u8; 32]>, Tree) {
        let leaves: Vec<_> = [b"a", b"b", b"c"]
            .iter()
            .map(|data| leaf_hash::<HostSha256>(*data))
            .collect();
        (leaves.clone(), Tree::from_leaves::<HostSha256>(leaves))
    }

    #[test]
    fn empty_root_is_the_hash_of_nothing() {
        assert_eq!(HostSha256::hash(&[&[]]), EMPTY_ROOT);
        let tree = Tree::from_leaves::<HostSha256>(Vec::new());
        assert_eq!(tree.root::<HostSha256>(), EMPTY_ROOT);
        assert!(tree.is_empty());
        assert_eq!(tree.prove(0), None);
        assert_eq!(tree.prove_run(0, 0), None);
        assert_eq!(tree.prove_run(0, 1), None);
    }

    #[test]
    fn leaf_and_node_are_prefixed() {
        let mut message = vec![0];
        message.extend([7; crate::ENTRY_LEN]);
        assert_eq!(
            leaf_hash::<HostSha256>(&[7; crate::ENTRY_LEN]),
            HostSha256::hash(&[&message])
        );
        assert_eq!(leaf_hash::<HostSha256>(&[]), HostSha256::hash(&[&[0]]));
        let mut message = vec![1];
        message.extend([2; 32]);
        message.extend([3; 32]);
        assert_eq!(
            node_hash::<HostSha256>(&[2; 32], &[3; 32]),
            HostSha256::hash(&[&message])
        );
    }

    #[test]
    fn index_at_the_count_rejects() {
        let (leaves, tree) = three_leaves();
        let root = tree.root::<HostSha256>();
        let verify = |index, count| {
            verify_inclusion::<HostSha256>(
                leaves.last().unwrap(),
                index,
                count,
                &tree.prove(2).unwrap(),
                &root,
            )
        };
        assert_eq!(verify(2, 3), Ok(()));
        assert_eq!(verify(3, 3), Err(Violation::IndexOutOfRange));
        assert_eq!(verify(u32::MAX, 3), Err(Violation::IndexOutOfRange));
        // No entries, no index: not even with the empty tree's root.
        let empty = verify_inclusion::<HostSha256>(&EMPTY_ROOT, 0, 0, &[], &EMPTY_ROOT);
        assert_eq!(empty, Err(Violation::IndexOutOfRange));
    }

    #[test]
    fn count_above_the_limit_rejects() {
        let nodes = [[0; 32]; 40];
        for count in [MAX_ENTRIES + 1, u32::MAX] {
            let inclusion = verify_inclusion::<HostSha256>(&[0; 32], 0, count, &nodes, &[0; 32]);
            assert_eq!(inclusion, Err(Violation::TooManyEntries));
            let run = verify_run::<HostSha256>(&mut [[0; 32]], 0, count, &nodes, &[0; 32]);
            assert_eq!(run, Err(Violation::TooManyEntries));
        }
        // At the limit itself the proof is what counts.
        let inclusion = verify_inclusion::<HostSha256>(&[0; 32], 0, MAX_ENTRIES, &nodes, &[0; 32]);
        assert_eq!(inclusion, Err(Violation::ProofTooLong));
    }

    #[test]
    fn empty_run_rejects() {
        let (_, tree) = three_leaves();
        let root = tree.root::<HostSha256>();
        assert_eq!(
            verify_run::<HostSha256>(&mut [], 0, 3, &[root], &root),
            Err(Violation::RunEmpty)
        );
        assert_eq!(
            verify_run::<HostSha256>(&mut [], 0, 0, &[], &EMPTY_ROOT),
            Err(Violation::RunEmpty)
        );
        assert_eq!(tree.prove_run(0, 0), None);
    }

    #[test]
    fn run_beyond_the_count_rejects() {
        let (leaves, tree) = three_leaves();
        let root = tree.root::<HostSha256>();
        let verify = |start, count| verify_run::<HostSha256>(&mut leaves.clone(), start, count, &[], &root);
        assert_eq!(verify(0, 3), Ok(()));
        assert_eq!(verify(1, 3), Err(Violation::RunOutOfRange));
        assert_eq!(verify(0, 2), Err(Violation::RunOutOfRange));
        assert_eq!(verify(0, 0), Err(Violation::RunOutOfRange));
        // An end beyond 32 bits does not wrap into the tree.
        assert_eq!(verify(u32::MAX - 1, 3), Err(Violation::RunOutOfRange));
        assert_eq!(tree.prove_run(1, 3), None);
        assert_eq!(tree.prove_run(u32::MAX, 2), None);
        assert_eq!(tree.prove_run(1, u32::MAX), None);
    }

    /// The module's text says so: the count is bound by the attestation, not by the root.
    #[test]
    fn root_alone_does_not_bind_the_count() {
        let (leaves, tree) = three_leaves();
        let root = tree.root::<HostSha256>();
        let proof = tree.prove(0).unwrap();
        let verify = |count| verify_inclusion::<HostSha256>(leaves.first().unwrap(), 0, count, &proof, &root);
        assert_eq!(verify(3), Ok(()));
        assert_eq!(verify(4), Ok(()));
        assert_eq!(verify(2), Err(Violation::ProofTooLong));
        assert_eq!(verify(5), Err(Violation::ProofTooShort));
    }

    /// Second preimage: an inner node cannot be presented as the entry at its place.
    #[test]
    fn inner_node_does_not_pass_for_a_leaf() {
        let (leaves, tree) = three_leaves();
        let root = tree.root::<HostSha256>();
        let node = node_hash::<HostSha256>(leaves.first().unwrap(), leaves.get(1).unwrap());
        let proof = tree.prove(2).unwrap();
        assert_eq!(node_hash::<HostSha256>(&node, leaves.last().unwrap()), root);
        let as_leaf = verify_inclusion::<HostSha256>(&node, 0, 3, &[*leaves.last().unwrap()], &root);
        assert_eq!(as_leaf, Err(Violation::ProofTooShort));
        let as_data = leaf_hash::<HostSha256>(proof.first().unwrap());
        assert_ne!(as_data, node);
    }
}
