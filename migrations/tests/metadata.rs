//! The interface of the Program Metadata program against vectors of its official client; see vectors/program_metadata.mjs.

use kzte_client::{Account, Address, Instruction, SYSTEM_PROGRAM_ID};
use kzte_migrations::program_metadata::{self as interface, From, Hand, JSON, Kind, Stored};
use serde_json::{Value, json};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/program_metadata.json")).unwrap()
}

fn address(vectors: &Value, name: &str) -> Address {
    vectors[name].as_str().unwrap().parse().unwrap()
}

fn written(instruction: &Instruction) -> Value {
    let accounts: Vec<Value> = instruction
        .accounts
        .iter()
        .map(|meta| {
            json!({
                "address": meta.pubkey.to_string(),
                "signer": meta.is_signer,
                "writable": meta.is_writable,
            })
        })
        .collect();
    json!({
        "program": instruction.program_id.to_string(),
        "accounts": accounts,
        "data": hex::encode(&instruction.data),
    })
}

#[test]
fn addresses_are_the_clients() {
    let vectors = vectors();
    let program = address(&vectors, "program");
    let own = interface::non_canonical(
        &program,
        &address(&vectors, "payer"),
        &interface::seed("0123456789abcdef"),
    );
    assert_eq!(own, address(&vectors["addresses"], "non_canonical"));
    for seed in ["idl", "security"] {
        let name = format!("canonical_{seed}");
        let canonical = interface::canonical(&program, &interface::seed(seed));
        assert_eq!(canonical, address(&vectors["addresses"], &name), "{name}");
    }
}

#[test]
fn instructions_are_the_clients() {
    let vectors = vectors();
    let at = |name: &str| address(&vectors, name);
    let (buffer, account, source, payer) = (at("buffer"), at("account"), at("source"), at("payer"));
    let hand = Hand {
        program: at("program"),
        authority: at("authority"),
        is_canonical: true,
    };
    let own = Hand {
        is_canonical: false,
        ..hand
    };
    let (idl, security) = (interface::seed("idl"), interface::seed("security"));
    let data = hex::decode(vectors["data"].as_str().unwrap()).unwrap();
    let made = [
        ("allocate", hand.allocate(&buffer, &idl)),
        (
            "allocate_non_canonical",
            own.allocate(&buffer, &interface::seed("0123456789abcdef")),
        ),
        ("extend", hand.extend(&account, 10_240)),
        ("write", own.write(&buffer, 960, &data)),
        ("copy", hand.copy(&buffer, &source)),
        (
            "initialize",
            hand.initialize(&account, &security, JSON, Some(&data)),
        ),
        (
            "initialize_from_buffer",
            hand.initialize(&account, &idl, JSON, None),
        ),
        ("set_data", hand.set_data(&account, JSON, From::Bytes(&data))),
        (
            "set_data_from_buffer",
            hand.set_data(&account, JSON, From::Buffer(source)),
        ),
        ("set_authority", hand.set_authority(&account, &payer)),
        ("set_authority_non_canonical", own.set_authority(&account, &payer)),
        ("close", hand.close(&account, &payer)),
        ("close_non_canonical", own.close(&account, &payer)),
    ];
    let expected = vectors["instructions"].as_object().unwrap();
    assert_eq!(made.len(), expected.len());
    for (name, instruction) in made {
        assert_eq!(written(&instruction), expected[name], "{name}");
    }
}

#[test]
fn accounts_are_read_as_the_client_writes_them() {
    let vectors = vectors();
    let account = |name: &str, owner: Address| Account {
        lamports: 1,
        data: hex::decode(vectors["accounts"][name].as_str().unwrap()).unwrap(),
        owner,
        ..Account::default()
    };
    let Stored::Metadata {
        is_mutable,
        kind,
        data,
        room,
    } = Stored::of(Some(&account("metadata", interface::ID)))
    else {
        panic!("no metadata")
    };
    assert!(is_mutable);
    let json = Kind {
        encoding: 1,
        compression: 2,
        format: 1,
        source: 0,
    };
    assert_eq!((kind, room), (json, data.len()));
    let text = miniz_oxide::inflate::decompress_to_vec_zlib(&data).unwrap();
    assert_eq!(text, vectors["text"].as_str().unwrap().as_bytes());

    let buffer = Stored::of(Some(&account("buffer", interface::ID)));
    assert_eq!(
        buffer,
        Stored::Buffer {
            authority: address(&vectors, "authority"),
            data: vec![9, 8, 7, 6, 5]
        }
    );

    let stranger = Stored::of(Some(&account("buffer", SYSTEM_PROGRAM_ID)));
    assert_eq!(stranger, Stored::Other, "not the program's");
    let mut cut = account("metadata", interface::ID);
    cut.data.pop();
    assert_eq!(
        Stored::of(Some(&cut)),
        Stored::Other,
        "shorter than it says it is"
    );
    cut.data.truncate(interface::HEADER - 1);
    assert_eq!(Stored::of(Some(&cut)), Stored::Other);
    cut.data.clear();
    cut.owner = SYSTEM_PROGRAM_ID;
    assert_eq!(Stored::of(Some(&cut)), Stored::Missing, "lamports alone");
    assert_eq!(Stored::of(None), Stored::Missing);
}
