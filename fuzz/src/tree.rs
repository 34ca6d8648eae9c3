//! Merkle trees by the recursive definitions of RFC 9162: from the root down, where the ledger goes from the leaves up.
//! Nothing here is taken from the ledger but the shape of a node.

use sha2::{Digest as _, Sha256};

pub type Node = [u8; 32];

/// SHA-256 of 0x00 and the leaf's bytes.
pub fn leaf(data: &[u8]) -> Node {
    Sha256::new()
        .chain_update([0])
        .chain_update(data)
        .finalize()
        .into()
}

/// SHA-256 of 0x01, left and right.
pub fn parent(left: &Node, right: &Node) -> Node {
    let digest = Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right);
    digest.finalize().into()
}

/// The largest power of two below `size`, which is at least two.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// MTH(D[n]), 2.1.1. Every node of the tree is handed to `see`, the root last.
pub fn root(leaves: &[Node], see: &mut impl FnMut(Node)) -> Node {
    let node = match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            parent(&root(left, see), &root(right, see))
        }
    };
    see(node);
    node
}

/// PATH(m, D[n]), 2.1.3.1.
pub fn path(index: usize, leaves: &[Node]) -> Vec<Node> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) = if index < k {
        (path(index, left), right)
    } else {
        (path(index - k, right), left)
    };
    path.push(root(sibling, &mut |_| ()));
    path
}

/// Where a proof leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Reached {
    Root(Node),
    TooShort,
    TooLong,
}

/// How many siblings the leaf at `index` of `count` has.
fn depth(index: usize, count: usize) -> usize {
    if count < 2 {
        return 0;
    }
    let k = split(count);
    1 + if index < k {
        depth(index, k)
    } else {
        depth(index - k, count - k)
    }
}

/// The root that an inclusion proof leads to. `index` is below `count`.
pub fn climb(leaf: &Node, index: usize, count: usize, proof: &[Node]) -> Reached {
    fn go(leaf: &Node, index: usize, count: usize, proof: &[Node]) -> Node {
        match proof.split_last() {
            None => *leaf,
            Some((sibling, below)) => {
                let k = split(count);
                if index < k {
                    parent(&go(leaf, index, k, below), sibling)
                } else {
                    parent(sibling, &go(leaf, index - k, count - k, below))
                }
            }
        }
    }
    match depth(index, count) {
        depth if proof.len() < depth => Reached::TooShort,
        depth if proof.len() > depth => Reached::TooLong,
        _ => Reached::Root(go(leaf, index, count, proof)),
    }
}

/// The siblings that the run from `start` to before `end` lacks: level and whether it stands right of the run.
fn missing(start: usize, end: usize, count: usize, found: &mut Vec<(u32, bool)>) {
    if count < 2 || (start == 0 && end == count) {
        return;
    }
    let k = split(count);
    let level = k.trailing_zeros();
    if start < k {
        missing(start, end.min(k), k, found);
    } else {
        found.push((level, false));
    }
    if end > k {
        missing(start.max(k) - k, end - k, count - k, found);
    } else {
        found.push((level, true));
    }
}

/// The root that the proof of a run leads to. The run is not empty and ends within `count`.
///
/// A proof lists the siblings by level, left before right; the recursion meets them in an order of its own.
pub fn gather(run: &[Node], start: usize, count: usize, proof: &[Node]) -> Reached {
    fn go(
        run: &[Node],
        start: usize,
        end: usize,
        count: usize,
        siblings: &mut impl Iterator<Item = Node>,
    ) -> Option<Node> {
        if count == 1 {
            return run.first().copied();
        }
        let k = split(count);
        let (inner, outer) = run.split_at(end.min(k).saturating_sub(start));
        let left = if start < k {
            go(inner, start, end.min(k), k, siblings)?
        } else {
            siblings.next()?
        };
        let right = if end > k {
            go(outer, start.max(k) - k, end - k, count - k, siblings)?
        } else {
            siblings.next()?
        };
        Some(parent(&left, &right))
    }
    let mut met = Vec::new();
    missing(start, start + run.len(), count, &mut met);
    if proof.len() < met.len() {
        return Reached::TooShort;
    }
    if proof.len() > met.len() {
        return Reached::TooLong;
    }
    let mut order = met.clone();
    order.sort_unstable();
    let mut siblings = met
        .iter()
        .filter_map(|one| proof.get(order.binary_search(one).ok()?).copied());
    match go(run, start, start + run.len(), count, &mut siblings) {
        Some(root) => Reached::Root(root),
        None => unreachable!("the siblings were counted"),
    }
}
