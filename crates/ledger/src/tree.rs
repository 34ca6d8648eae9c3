//! The whole tree, for those who build proofs: banks, attestors, tests.

use alloc::vec::Vec;

use crate::{Sha256, node_hash};

/// A Merkle tree with every level kept, so that proofs are look-ups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Leaf level first; the last level is the root alone, or empty for a tree without leaves.
    levels: Vec<Vec<[u8; 32]>>,
}

impl Tree {
    /// Builds the tree over leaf hashes ([`Entry::leaf_hash`](crate::Entry::leaf_hash)) in entry order.
    ///
    /// Takes any number of leaves; the program's limit is [`MAX_ENTRIES`](crate::MAX_ENTRIES).
    pub fn from_leaves<H: Sha256>(leaves: Vec<[u8; 32]>) -> Tree {
        let mut levels = Vec::new();
        let mut level = leaves;
        while level.len() > 1 {
            // The unbalanced right edge: a lone last node moves up unchanged.
            let (pairs, lone) = level.as_chunks::<2>();
            let parents = pairs
                .iter()
                .map(|[left, right]| node_hash::<H>(left, right))
                .chain(lone.iter().copied());
            let parents = parents.collect();
            levels.push(core::mem::replace(&mut level, parents));
        }
        levels.push(level);
        Tree { levels }
    }

    /// The root; [`EMPTY_ROOT`](crate::EMPTY_ROOT) for a tree without leaves.
    pub fn root<H: Sha256>(&self) -> [u8; 32] {
        let top = self.levels.last().and_then(|level| level.first());
        top.copied().unwrap_or_else(|| H::hash(&[&[]]))
    }

    /// Number of leaves.
    pub fn len(&self) -> u32 {
        let leaves = self.levels.first().map_or(0, Vec::len);
        u32::try_from(leaves).unwrap_or(u32::MAX)
    }

    /// Whether there is no leaf.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The inclusion proof of the leaf at `index`, for [`verify_inclusion`](crate::verify_inclusion); `None` if
    /// there is no such leaf.
    pub fn prove(&self, index: u32) -> Option<Vec<[u8; 32]>> {
        if index >= self.len() {
            return None;
        }
        let mut position = usize::try_from(index).ok()?;
        let mut proof = Vec::new();
        for level in &self.levels {
            // The sibling differs in the lowest bit; the root and a node that moves up alone have none.
            proof.extend(level.get(position ^ 1));
            position >>= 1;
        }
        Some(proof)
    }

    /// The proof of the `len` leaves from `start` on, for [`verify_run`](crate::verify_run); `None` if the run is
    /// empty or ends beyond the last leaf.
    pub fn prove_run(&self, start: u32, len: u32) -> Option<Vec<[u8; 32]>> {
        let end = start.checked_add(len.checked_sub(1)?)?;
        if end >= self.len() {
            return None;
        }
        let (mut first, mut end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        let mut proof = Vec::new();
        for level in &self.levels {
            if first & 1 == 1 {
                proof.extend(level.get(first ^ 1));
            }
            if end & 1 == 0 {
                proof.extend(level.get(end ^ 1));
            }
            first >>= 1;
            end >>= 1;
        }
        Some(proof)
    }
}
