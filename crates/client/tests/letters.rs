//! Letters over a node: signed once, sent as often as need be, recognised when another run has sent them.

mod common;

use common::{
    Answer::{Error, Is},
    asked, chain, custom, instruction, key, landed, node, sent, statuses, well,
};
use kzte_client::{Chain, ChainError, Fate, KzteError, Letter, RpcChain, SendOptions};
use serde_json::{Value, json};

fn sign(chain: &mut RpcChain) -> Letter {
    chain
        .sign(&[instruction()], &key(1), &[], SendOptions::default())
        .unwrap()
}

#[test]
fn signing_sends_nothing_and_the_letter_holds_all() {
    let (url, requests) = node(|method, params, _| well(method, params));
    let letter = sign(&mut chain(&url));
    assert_eq!(asked(&requests, "simulateTransaction").len(), 1);
    assert_eq!(asked(&requests, "sendTransaction"), [] as [Value; 0]);
    let transaction = letter.transaction().unwrap();
    assert_eq!(letter.signature, transaction.signatures[0]);
    assert_eq!((letter.last_valid, letter.preflight), (100, true));

    let unchecked = chain(&url)
        .sign(&[instruction()], &key(1), &[], SendOptions::UNCHECKED)
        .unwrap();
    assert_eq!(asked(&requests, "simulateTransaction").len(), 1, "tried out");
    assert!(!unchecked.preflight);
}

#[test]
fn a_letter_that_is_sent_twice_has_the_same_bytes() {
    let (url, requests) = node(|method, params, _| match method {
        "getTransaction" => Is(landed()),
        _ => well(method, params),
    });
    let mut chain = chain(&url);
    let letter = sign(&mut chain);
    let first = chain.dispatch(&letter).unwrap();
    let again = chain.dispatch(&letter).unwrap();
    assert_eq!(first.signature, letter.signature);
    assert_eq!(first, again);
    let submissions = asked(&requests, "sendTransaction");
    assert_eq!(submissions.len(), 2);
    assert_eq!(submissions[0][0], submissions[1][0], "other bytes were sent");
    assert_eq!(sent(&submissions[0]).signatures[0], letter.signature);
}

#[test]
fn a_letter_of_another_run_that_the_node_has_processed_is_waited_for() {
    let (url, requests) = node(|method, params, before| match (method, before) {
        ("sendTransaction", _) => Error(
            -32002,
            "This transaction has already been processed",
            json!({ "err": "AlreadyProcessed", "logs": [] }),
        ),
        ("getSignatureStatuses", 0..=1) => Is(statuses(
            json!({ "err": null, "confirmationStatus": "processed" }),
        )),
        ("getTransaction", _) => Is(landed()),
        _ => well(method, params),
    });
    let mut chain = chain(&url);
    let letter = sign(&mut chain);
    assert_eq!(chain.dispatch(&letter).unwrap().slot, 321);
    assert_eq!(asked(&requests, "getSignatureStatuses").len(), 3);
}

#[test]
fn a_letter_of_another_run_that_landed_is_no_refusal() {
    let refuse = |landed: Value| {
        node(move |method, params, _| match method {
            "sendTransaction" => Error(
                -32002,
                "already consumed",
                json!({ "err": custom(6090), "logs": [] }),
            ),
            "getTransaction" => Is(landed.clone()),
            _ => well(method, params),
        })
    };
    let (url, requests) = refuse(landed());
    let mut node = chain(&url);
    let letter = sign(&mut node);
    assert_eq!(node.dispatch(&letter).unwrap().signature, letter.signature);
    let questions = asked(&requests, "getSignatureStatuses");
    assert_eq!(questions[0][1]["searchTransactionHistory"], true);

    // The node has no record of it: then the refusal is the answer.
    let (url, _) = refuse(Value::Null);
    let mut node = chain(&url);
    let letter = sign(&mut node);
    let error = node.dispatch(&letter).unwrap_err();
    assert!(error.is(KzteError::EntryConsumed), "{error:?}");
}

#[test]
fn the_fate_of_a_letter_is_looked_up_in_all_that_the_node_remembers() {
    let cases = [
        (Value::Null, 100, "open"),
        (Value::Null, 101, "expired"),
        (
            json!({ "err": null, "confirmationStatus": "processed" }),
            101,
            "open",
        ),
        (
            json!({ "err": null, "confirmationStatus": "finalized" }),
            101,
            "landed",
        ),
        (
            json!({ "err": custom(6020), "confirmationStatus": "confirmed" }),
            1,
            "failed",
        ),
    ];
    for (status, height, expected) in cases {
        let (told, failed) = (status.clone(), status["err"] != Value::Null);
        let (url, requests) = node(move |method, params, _| match method {
            "getSignatureStatuses" => Is(statuses(told.clone())),
            "getBlockHeight" => Is(json!(height)),
            "getTransaction" if failed => Is(json!({ "slot": 1, "meta": {
                "err": custom(6020),
                "logMessages": [format!("Program {} failed: custom program error: 0x1784", kzte_client::PROGRAM_ID)]
            } })),
            "getTransaction" => Is(landed()),
            _ => well(method, params),
        });
        let mut node = chain(&url);
        let letter = sign(&mut node);
        let fate = node.fate(&letter).unwrap();
        let name = match &fate {
            Fate::Landed(receipt) => {
                assert_eq!((receipt.signature, receipt.slot), (letter.signature, 321));
                "landed"
            }
            Fate::Failed(error) => {
                assert!(error.is(KzteError::MintPaused), "{error:?}");
                assert_eq!(error.logs().len(), 1);
                "failed"
            }
            Fate::Expired => "expired",
            Fate::Open => "open",
        };
        assert_eq!(name, expected, "{status} {height}: {fate:?}");
        assert_eq!(
            asked(&requests, "getSignatureStatuses")[0][1]["searchTransactionHistory"],
            true
        );
        assert_eq!(asked(&requests, "sendTransaction"), [] as [Value; 0]);
    }
}

#[test]
fn bytes_that_are_no_transaction_are_refused_before_anything_is_sent() {
    let (url, requests) = node(|method, params, _| well(method, params));
    let mut chain = chain(&url);
    let mut letter = sign(&mut chain);
    letter.bytes.truncate(50);
    let error = chain.dispatch(&letter).unwrap_err();
    assert!(matches!(error, ChainError::Transport(_)), "{error:?}");
    assert_eq!(asked(&requests, "sendTransaction"), [] as [Value; 0]);
}

#[test]
fn the_cluster_is_named_by_its_genesis() {
    let (url, _) = node(|method, _, _| match method {
        "getGenesisHash" => Is(json!("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d")),
        other => panic!("{other}"),
    });
    assert_eq!(
        chain(&url).cluster().unwrap(),
        "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
    );
}

#[test]
fn a_url_that_is_none_is_not_quoted() {
    for url in ["http:///access-key", "ftp://node/access-key", "/access-key"] {
        let error = chain(url).cluster().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("getGenesisHash"), "{text}");
        assert!(!text.contains("/access-key"), "{text}");
    }
}
