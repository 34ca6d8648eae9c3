//! Proofs of entries and of runs against trees that are computed from scratch.
//!
//! The ledger must accept exactly what the recursive definition leads to the root with, refuse everything else by the
//! right fact, and never panic. For the attested count that leaves one place for each leaf.

#![no_main]

use kzte_fuzz::{
    Bytes,
    tree::{self, Node, Reached},
};
use kzte_ledger::{
    Entry, EntryKind, HostSha256, MAX_ENTRIES, Tree, Violation, verify_entry, verify_inclusion, verify_run,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes::new(data);
    match bytes.byte() % 4 {
        0 => claimed_entries(&mut bytes),
        1 => claimed_runs(&mut bytes),
        2 => arbitrary_proofs(&mut bytes),
        _ => encoding(bytes.rest()),
    }
});

struct Sample {
    entries: Vec<Entry>,
    leaves: Vec<Node>,
    /// Every node of the tree, and one that is not in it.
    nodes: Vec<Node>,
    root: Node,
    tree: Tree,
}

fn entry(bytes: &mut Bytes, index: u32) -> Entry {
    Entry {
        kind: if bytes.flag() {
            EntryKind::Debit
        } else {
            EntryKind::Credit
        },
        index,
        amount: bytes.amount(),
        reference_hash: [bytes.byte(); 32],
        party: [bytes.byte(); 32],
    }
}

fn sample(bytes: &mut Bytes) -> Sample {
    let count = 1 + bytes.below(48);
    let entries: Vec<Entry> = (0..count).map(|index| entry(bytes, index)).collect();
    let leaves: Vec<Node> = entries.iter().map(|entry| tree::leaf(&entry.encode())).collect();
    let mut nodes = vec![[0xee; 32]];
    let root = tree::root(&leaves, &mut |node| nodes.push(node));
    let tree = Tree::from_leaves::<HostSha256>(leaves.clone());
    assert_eq!(tree.root::<HostSha256>(), root);
    assert_eq!(tree.len(), count);
    Sample {
        entries,
        leaves,
        nodes,
        root,
        tree,
    }
}

fn place(index: u32) -> usize {
    usize::try_from(index).unwrap()
}

/// Changes a proof in one of the ways an attacker who knows the tree could.
fn distort(bytes: &mut Bytes, proof: &mut Vec<Node>, nodes: &[Node]) {
    let known = |bytes: &mut Bytes| nodes[place(bytes.below(nodes.len() as u32))];
    let at = |bytes: &mut Bytes, proof: &[Node]| place(bytes.below(proof.len() as u32));
    match bytes.byte() % 7 {
        0 => drop(proof.pop()),
        1 => proof.push(known(bytes)),
        2 if !proof.is_empty() => {
            let at = at(bytes, proof);
            proof[at] = known(bytes);
        }
        3 if !proof.is_empty() => {
            let (first, second) = (at(bytes, proof), at(bytes, proof));
            proof.swap(first, second);
        }
        4 if !proof.is_empty() => {
            let (at, bit) = (at(bytes, proof), bytes.byte());
            proof[at][usize::from(bit) / 8] ^= 1 << (bit % 8);
        }
        5 if !proof.is_empty() => drop(proof.remove(0)),
        6 => {
            let node = known(bytes);
            let at = place(bytes.below(proof.len() as u32 + 1));
            proof.insert(at, node);
        }
        _ => {}
    }
}

fn verdict(reached: Reached, root: &Node) -> Result<(), Violation> {
    match reached {
        Reached::TooShort => Err(Violation::ProofTooShort),
        Reached::TooLong => Err(Violation::ProofTooLong),
        Reached::Root(reached) if reached == *root => Ok(()),
        Reached::Root(_) => Err(Violation::RootMismatch),
    }
}

/// What the definition says about a claim of one leaf.
fn inclusion(leaf: &Node, index: u32, count: u32, proof: &[Node], root: &Node) -> Result<(), Violation> {
    if count > MAX_ENTRIES {
        return Err(Violation::TooManyEntries);
    }
    if index >= count {
        return Err(Violation::IndexOutOfRange);
    }
    verdict(tree::climb(leaf, place(index), place(count), proof), root)
}

/// What the definition says about a claim of a run.
fn run(run: &[Node], start: u32, count: u32, proof: &[Node], root: &Node) -> Result<(), Violation> {
    if count > MAX_ENTRIES {
        return Err(Violation::TooManyEntries);
    }
    if run.is_empty() {
        return Err(Violation::RunEmpty);
    }
    if place(start) + run.len() > place(count) {
        return Err(Violation::RunOutOfRange);
    }
    verdict(tree::gather(run, place(start), place(count), proof), root)
}

fn claimed_entries(bytes: &mut Bytes) {
    let sample = sample(bytes);
    let count = sample.tree.len();
    for _ in 0..24 {
        if bytes.is_empty() {
            return;
        }
        let index = bytes.below(count);
        let mut proof = sample.tree.prove(index).unwrap();
        assert_eq!(proof, tree::path(place(index), &sample.leaves));
        let mut entry = sample.entries[place(index)];
        let (mut leaf, mut claimed_index, mut claimed_count) = (sample.leaves[place(index)], index, count);
        assert_eq!(
            verify_inclusion::<HostSha256>(&leaf, index, count, &proof, &sample.root),
            Ok(())
        );

        for _ in 0..bytes.below(4) {
            match bytes.byte() % 8 {
                0 => claimed_index = bytes.below(count + 2),
                1 => claimed_count = bytes.below(52),
                2 => leaf = sample.nodes[place(bytes.below(sample.nodes.len() as u32))],
                3 => entry.amount = bytes.amount(),
                4 => entry.index = bytes.below(count + 2),
                5 => entry = self::entry(bytes, entry.index),
                _ => distort(bytes, &mut proof, &sample.nodes),
            }
        }

        let got = verify_inclusion::<HostSha256>(&leaf, claimed_index, claimed_count, &proof, &sample.root);
        assert_eq!(
            got,
            inclusion(&leaf, claimed_index, claimed_count, &proof, &sample.root)
        );
        if got.is_ok() && claimed_count == count {
            assert_eq!(leaf, sample.leaves[place(claimed_index)]);
        }
        let got = verify_entry::<HostSha256>(&entry.by_ref(), claimed_count, &proof, &sample.root);
        let leaf = tree::leaf(&entry.encode());
        assert_eq!(leaf, entry.leaf_hash::<HostSha256>());
        assert_eq!(
            got,
            inclusion(&leaf, entry.index, claimed_count, &proof, &sample.root)
        );
        // An entry carries its index: not even a false count gets a changed one in.
        if got.is_ok() {
            assert_eq!(Some(&entry), sample.entries.get(place(entry.index)));
        }
    }
}

fn claimed_runs(bytes: &mut Bytes) {
    let sample = sample(bytes);
    let count = sample.tree.len();
    for _ in 0..16 {
        if bytes.is_empty() {
            return;
        }
        let start = bytes.below(count);
        let length = 1 + bytes.below(count - start);
        let mut proof = sample.tree.prove_run(start, length).unwrap();
        let mut leaves = sample.leaves[place(start)..place(start + length)].to_vec();
        let (mut claimed_start, mut claimed_count) = (start, count);
        let honest = verify_run::<HostSha256>(&mut leaves.clone(), start, count, &proof, &sample.root);
        assert_eq!(honest, Ok(()));
        if length == 1 {
            assert_eq!(Some(&proof), sample.tree.prove(start).as_ref());
        }

        for _ in 0..bytes.below(4) {
            match bytes.byte() % 8 {
                0 => claimed_start = bytes.below(count + 2),
                1 => claimed_count = bytes.below(52),
                2 => drop(leaves.pop()),
                3 => leaves.push(sample.nodes[place(bytes.below(sample.nodes.len() as u32))]),
                4 if !leaves.is_empty() => {
                    let at = place(bytes.below(leaves.len() as u32));
                    leaves[at] = sample.nodes[place(bytes.below(sample.nodes.len() as u32))];
                }
                5 if !leaves.is_empty() => {
                    let many = leaves.len() as u32;
                    leaves.swap(place(bytes.below(many)), place(bytes.below(many)));
                }
                _ => distort(bytes, &mut proof, &sample.nodes),
            }
        }

        let expected = run(&leaves, claimed_start, claimed_count, &proof, &sample.root);
        let got = verify_run::<HostSha256>(
            &mut leaves.clone(),
            claimed_start,
            claimed_count,
            &proof,
            &sample.root,
        );
        assert_eq!(got, expected);
        if got.is_ok() && claimed_count == count {
            assert_eq!(leaves, sample.leaves[place(claimed_start)..][..leaves.len()]);
        }
    }
}

/// Any position in trees up to the limit and beyond, any nodes: the root is what the proof leads to, or is not.
fn arbitrary_proofs(bytes: &mut Bytes) {
    fn nodes(bytes: &mut Bytes, most: u32) -> Vec<Node> {
        (0..bytes.below(most)).map(|_| [bytes.byte(); 32]).collect()
    }
    fn target(bytes: &mut Bytes, reached: Option<Reached>) -> Node {
        match reached {
            Some(Reached::Root(root)) if bytes.byte() != 0xff => root,
            _ => bytes.array(),
        }
    }
    let count = bytes.count();
    let index = if bytes.flag() {
        bytes.u32()
    } else {
        bytes.below(count)
    };
    let (leaf, proof) = ([bytes.byte(); 32], nodes(bytes, 40));
    let inside = index < count && count <= MAX_ENTRIES;
    let root = target(
        bytes,
        inside.then(|| tree::climb(&leaf, place(index), place(count), &proof)),
    );
    let got = verify_inclusion::<HostSha256>(&leaf, index, count, &proof, &root);
    assert_eq!(got, inclusion(&leaf, index, count, &proof, &root));

    let (leaves, proof) = (nodes(bytes, 40), nodes(bytes, 40));
    let inside = count <= MAX_ENTRIES
        && !leaves.is_empty()
        && u64::from(index) + leaves.len() as u64 <= u64::from(count);
    let root = target(
        bytes,
        inside.then(|| tree::gather(&leaves, place(index), place(count), &proof)),
    );
    let got = verify_run::<HostSha256>(&mut leaves.clone(), index, count, &proof, &root);
    assert_eq!(got, run(&leaves, index, count, &proof, &root));
}

/// An entry has one encoding: what decodes encodes to the same bytes, and nothing else decodes.
fn encoding(bytes: &[u8]) {
    let expected = match bytes.first() {
        _ if bytes.len() != 77 => Err(Violation::EntryLength),
        Some(0 | 1) => Ok(bytes.to_vec()),
        _ => Err(Violation::EntryKindUnknown),
    };
    let got = Entry::decode(bytes);
    assert_eq!(got.map(|entry| entry.encode().to_vec()), expected);
    if let Ok(entry) = got {
        assert_eq!(entry.leaf_hash::<HostSha256>(), tree::leaf(bytes));
        assert_eq!(entry.is_actionable(), bytes[45..].iter().any(|byte| *byte != 0));
    }
}
