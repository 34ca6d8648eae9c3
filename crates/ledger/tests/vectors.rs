//! Known answers from `vectors/generate.py`, an independent implementation.

#![cfg(feature = "host")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use kzte_ledger::{
    Attested, Entry, EntryKind, HostSha256, Sha256, Totals, Tree, attestation_digest, leaf_hash,
    verify_inclusion, verify_run,
};
use serde_json::Value;

type Node = [u8; 32];

fn read(name: &str) -> Value {
    let file = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    let list = value.as_array().unwrap();
    assert!(!list.is_empty());
    list
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn node(value: &Value) -> Node {
    bytes(value).try_into().unwrap()
}

fn nodes(value: &Value) -> Vec<Node> {
    value.as_array().unwrap().iter().map(node).collect()
}

/// A 64-bit number, which the vectors write as a string.
fn wide<T: std::str::FromStr<Err = std::num::ParseIntError>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}

fn narrow(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn entries(value: &Value) -> Vec<(Entry, &Value)> {
    list(value)
        .iter()
        .map(|value| {
            let kind = match value["kind"].as_str().unwrap() {
                "credit" => EntryKind::Credit,
                "debit" => EntryKind::Debit,
                other => panic!("kind {other}"),
            };
            let entry = Entry {
                kind,
                index: narrow(&value["index"]),
                amount: wide(&value["amount"]),
                reference_hash: node(&value["reference_hash"]),
                party: node(&value["party"]),
            };
            (entry, value)
        })
        .collect()
}

#[test]
fn entries_encode_and_hash_as_published() {
    let file = read("entries.json");
    for (entry, value) in entries(&file["entries"])
        .into_iter()
        .chain(entries(&file["extremes"]))
    {
        let encoding = bytes(&value["encoding"]);
        assert_eq!(entry.encode().as_slice(), encoding, "{entry:?}");
        assert_eq!(Entry::decode(&encoding), Ok(entry));
        assert_eq!(
            entry.leaf_hash::<HostSha256>(),
            node(&value["leaf_hash"]),
            "{entry:?}"
        );
        assert_eq!(
            entry.is_actionable(),
            value["actionable"].as_bool().unwrap(),
            "{entry:?}"
        );
    }
}

#[test]
fn trees_and_proofs_are_as_published() {
    let file = read("entries.json");
    let leaves: Vec<Node> = entries(&file["entries"])
        .iter()
        .map(|(entry, _)| entry.leaf_hash::<HostSha256>())
        .collect();
    let (mut inclusions, mut runs) = (0, 0);
    for value in list(&read("merkle.json")["trees"]) {
        let count = narrow(&value["size"]);
        let leaves = &leaves[..count as usize];
        let tree = Tree::from_leaves::<HostSha256>(leaves.to_vec());
        let root = node(&value["root"]);
        assert_eq!(tree.root::<HostSha256>(), root, "root of {count}");

        for (index, proof) in value["inclusion"].as_array().unwrap().iter().enumerate() {
            let proof = nodes(proof);
            assert_eq!(
                tree.prove(index as u32).as_ref(),
                Some(&proof),
                "{index} of {count}"
            );
            let got = verify_inclusion::<HostSha256>(&leaves[index], index as u32, count, &proof, &root);
            assert_eq!(got, Ok(()), "{index} of {count}");
            inclusions += 1;
        }
        for run in value["runs"].as_array().unwrap() {
            let (start, len, proof) = (narrow(&run["start"]), narrow(&run["len"]), nodes(&run["proof"]));
            assert_eq!(
                tree.prove_run(start, len).as_ref(),
                Some(&proof),
                "{len} from {start} of {count}"
            );
            let mut own = leaves[start as usize..(start + len) as usize].to_vec();
            let got = verify_run::<HostSha256>(&mut own, start, count, &proof, &root);
            assert_eq!(got, Ok(()), "{len} from {start} of {count}");
            runs += 1;
        }
    }
    // Sizes 1 to 9, 13, 16, 17, 31, 32 and 33; all runs up to nine leaves and eleven of each larger tree.
    assert_eq!((inclusions, runs), (45 + 142, 165 + 66));
}

/// The roots that Certificate Transparency implementations test themselves with.
#[test]
fn certificate_transparency_roots() {
    let file = read("merkle.json");
    let value = &file["certificate_transparency"];
    let leaves: Vec<Node> = list(&value["inputs"])
        .iter()
        .map(|input| leaf_hash::<HostSha256>(&bytes(input)))
        .collect();
    assert_eq!(leaves, nodes(&value["leaf_hashes"]));
    let roots = nodes(&value["roots"]);
    assert_eq!(roots.len(), 9);
    for (count, root) in roots.iter().enumerate() {
        let tree = Tree::from_leaves::<HostSha256>(leaves[..count].to_vec());
        assert_eq!(tree.root::<HostSha256>(), *root, "root of {count}");
    }
    // Not only by our own script: the published root of all eight.
    let published = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
    assert_eq!(hex::encode(roots[8]), published);
}

#[test]
fn attestation_digests_are_as_published() {
    for value in list(&read("attestations.json")["attestations"]) {
        let (program, config, issuer) = (
            node(&value["program"]),
            node(&value["config"]),
            node(&value["issuer"]),
        );
        let (entries_root, source_hash) = (node(&value["entries_root"]), node(&value["source_hash"]));
        let totals = &value["totals"];
        let attested = Attested {
            program: &program,
            config: &config,
            issuer: &issuer,
            attestor_set_version: narrow(&value["attestor_set_version"]),
            totals: Totals {
                number: wide(&totals["number"]),
                opening: wide(&totals["opening"]),
                credit_total: wide(&totals["credit_total"]),
                debit_total: wide(&totals["debit_total"]),
                closing: wide(&totals["closing"]),
                as_of: wide(&totals["as_of"]),
                entry_count: narrow(&totals["entry_count"]),
                actionable_count: narrow(&totals["actionable_count"]),
            },
            entries_root: &entries_root,
            source_hash: &source_hash,
        };
        let digest = attestation_digest::<HostSha256>(&attested);
        assert_eq!(digest, node(&value["digest"]), "{}", value["name"]);
        assert_eq!(
            digest,
            HostSha256::hash(&[&bytes(&value["message"])]),
            "{}",
            value["name"]
        );
    }
}
