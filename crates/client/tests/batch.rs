//! Many transactions at once over a node.

mod common;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use common::{
    Answer::{Error, Is},
    asked, chain, custom, key, landed, node, sent, statuses, well,
};
use kzte_client::{
    Address, Chain, ChainError, Instruction, KzteError, PROGRAM_ID, Receipt, RpcChain, SendOptions, Signature,
};
use serde_json::{Value, json};

/// A transaction that carries its number.
fn numbered(number: u8) -> Vec<Instruction> {
    vec![Instruction {
        program_id: PROGRAM_ID,
        accounts: Vec::new(),
        data: vec![number],
    }]
}

fn batch(count: u8) -> Vec<Vec<Instruction>> {
    (0..count).map(numbered).collect()
}

/// The number and the signature of a transaction in a request.
fn of(params: &Value) -> (u8, Signature) {
    let transaction = sent(params);
    let data = &transaction.message.instructions().last().unwrap().data;
    (data[0], transaction.signatures[0])
}

fn send(chain: &mut RpcChain, count: u8) -> (Result<Vec<Receipt>, ChainError>, Vec<usize>) {
    let mut heard = Vec::new();
    let outcome = chain.send_batch(
        &batch(count),
        &key(1),
        &[],
        SendOptions::UNCHECKED,
        &mut |confirmed| heard.push(confirmed),
    );
    (outcome, heard)
}

#[test]
fn several_are_under_way_and_the_receipts_come_in_order() {
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let under_way = Arc::clone(&seen);
    let (url, requests) = node(move |method, params, _| match method {
        "sendTransaction" => {
            under_way.lock().unwrap().insert(of(params).1);
            well(method, params)
        }
        // None is confirmed until eight are on their way.
        "getSignatureStatuses" if under_way.lock().unwrap().len() < 8 => Is(statuses(Value::Null)),
        "getTransaction" => Is(landed()),
        _ => well(method, params),
    });
    let (outcome, heard) = send(&mut chain(&url), 40);
    let receipts: Vec<Signature> = outcome.unwrap().iter().map(|one| one.signature).collect();
    let sent: HashMap<u8, Signature> = asked(&requests, "sendTransaction").iter().map(of).collect();
    let expected: Vec<Signature> = (0..40).map(|number| sent[&number]).collect();
    assert_eq!(receipts, expected);
    assert_eq!(heard, (1..=40).collect::<Vec<_>>());
    assert_eq!(seen.lock().unwrap().len(), 40, "one was signed twice");
}

#[test]
fn nothing_is_a_batch_too() {
    let (url, requests) = node(|method, _, _| panic!("{method}"));
    let (outcome, heard) = send(&mut chain(&url), 0);
    assert_eq!((outcome.unwrap(), heard), (Vec::new(), Vec::new()));
    assert_eq!(requests.lock().unwrap().len(), 0);
}

/// A node on which the first `losses` transactions never land; each blockhash is another one, and is valid for one
/// block.
fn forgetful(losses: usize) -> (String, common::Requests) {
    let height = AtomicUsize::new(0);
    let lost = Mutex::new(HashSet::new());
    node(move |method, params, _| match method {
        "getLatestBlockhash" => {
            let now = height.load(Ordering::Relaxed);
            let mut hash = [7; 32];
            hash[0] = u8::try_from(now).unwrap();
            Is(json!({ "value": {
                "blockhash": Address::new_from_array(hash).to_string(), "lastValidBlockHeight": now
            } }))
        }
        "sendTransaction" => {
            let mut lost = lost.lock().unwrap();
            if lost.len() < losses {
                lost.insert(of(params).1.to_string());
            }
            well(method, params)
        }
        "getSignatureStatuses" if lost.lock().unwrap().contains(params[0][0].as_str().unwrap()) => {
            Is(statuses(Value::Null))
        }
        "getBlockHeight" => Is(json!(height.fetch_add(1, Ordering::Relaxed) + 1)),
        "getTransaction" => Is(landed()),
        _ => well(method, params),
    })
}

#[test]
fn what_expires_is_signed_anew() {
    let (url, requests) = forgetful(2);
    let (outcome, heard) = send(&mut chain(&url), 1);
    let receipts = outcome.unwrap();
    let signatures: Vec<Signature> = asked(&requests, "sendTransaction")
        .iter()
        .map(|params| of(params).1)
        .collect();
    let distinct: HashSet<&Signature> = signatures.iter().collect();
    assert_eq!(distinct.len(), 3);
    assert_eq!(receipts[0].signature, *signatures.last().unwrap());
    assert_eq!(heard, [1]);
}

#[test]
fn what_always_expires_is_an_error_after_five_times() {
    let (url, requests) = forgetful(usize::MAX);
    let (outcome, heard) = send(&mut chain(&url), 1);
    let error = outcome.unwrap_err();
    assert!(matches!(error, ChainError::Expired { .. }), "{error:?}");
    let submissions = asked(&requests, "sendTransaction");
    let distinct: HashSet<Signature> = submissions.iter().map(|params| of(params).1).collect();
    assert_eq!(distinct.len(), 5);
    assert_eq!(heard, [] as [usize; 0]);
}

#[test]
fn the_first_error_ends_it_and_what_was_sent_is_waited_for() {
    let refused = Mutex::new(None);
    let (url, requests) = node(move |method, params, _| match method {
        "sendTransaction" if of(params).0 == 3 => {
            *refused.lock().unwrap() = Some(of(params).1.to_string());
            Error(-32002, "refused", json!({ "err": custom(6020), "logs": [] }))
        }
        // The refused one is not on the chain; the others are confirmed only after the refusal.
        "getSignatureStatuses" => match &*refused.lock().unwrap() {
            Some(refused) if params[0][0] != refused.as_str() => well(method, params),
            _ => Is(statuses(Value::Null)),
        },
        "getTransaction" => Is(landed()),
        _ => well(method, params),
    });
    let (outcome, heard) = send(&mut chain(&url), 200);
    let error = outcome.unwrap_err();
    assert!(error.is(KzteError::MintPaused), "{error:?}");
    let after = requests.lock().unwrap().len();
    let sent: HashSet<u8> = asked(&requests, "sendTransaction")
        .iter()
        .map(|params| of(params).0)
        .collect();
    assert!(sent.contains(&3) && sent.len() < 100, "{} were sent", sent.len());
    assert_eq!(
        heard.len(),
        sent.len() - 1,
        "one that was sent was not waited for"
    );
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(
        requests.lock().unwrap().len(),
        after,
        "the node was asked afterwards"
    );
}

#[test]
fn the_error_is_the_first_one() {
    let (url, _) = node(|method, params, _| match method {
        "sendTransaction" => Error(-32002, "refused", json!({ "err": custom(6020), "logs": [] })),
        "getTransaction" => Is(Value::Null),
        _ => well(method, params),
    });
    let error = send(&mut chain(&url), 20).0.unwrap_err();
    assert!(error.is(KzteError::MintPaused), "{error:?}");
}
