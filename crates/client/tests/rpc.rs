//! [`RpcChain`] against a small node on 127.0.0.1 that answers from a script.

mod common;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use common::{
    Answer::{Error, HangUp, Http, Is},
    asked, blocked, chain, custom, instruction, key, message, node, record, send, sent, statuses, well,
};
use kzte_client::{
    Chain, ChainError, Commitment, Event, KzteError, Limit, PROGRAM_ID, RpcChain, SYSTEM_PROGRAM_ID,
    SendOptions, Signature, TOKEN_PROGRAM_ID,
};
use serde_json::{Value, json};

#[test]
fn a_transaction_is_measured_sent_and_confirmed() {
    let (url, requests) = node(|method, params, before| match (method, before) {
        ("getSignatureStatuses", 0) => Is(statuses(Value::Null)),
        ("getSignatureStatuses", 1) => Is(statuses(
            json!({ "err": null, "confirmationStatus": "processed" }),
        )),
        ("getTransaction", 0) => Is(Value::Null),
        ("getTransaction", _) => {
            let bytes = [vec![1], vec![0; 64], message()].concat();
            Is(record(&STANDARD.encode(bytes)))
        }
        _ => well(method, params),
    });
    let receipt = send(&mut chain(&url)).unwrap();

    let submissions = asked(&requests, "sendTransaction");
    let transaction = sent(&submissions[0]);
    assert_eq!(receipt.signature, transaction.signatures[0]);
    assert_eq!(
        (receipt.slot, receipt.time, receipt.compute_units),
        (321, Some(1_794_798_123), 9_876)
    );
    assert_eq!(receipt.events, [Event::from(blocked())]);
    assert_eq!(
        (receipt.logs.len(), receipt.truncated, receipt.size),
        (4, false, 1 + 64 + message().len())
    );

    // 10,000 units and a tenth and a thousand; 40,000 bytes are two pages, and one more.
    let limits: Vec<&[u8]> = transaction
        .message
        .instructions()
        .iter()
        .map(|instruction| instruction.data.as_slice())
        .collect();
    let limit = |tag: u8, value: u32| [&[tag][..], &value.to_le_bytes()].concat();
    assert_eq!(limits, [&limit(2, 12_000)[..], &limit(4, 98_304), &[1, 2, 3]]);

    let config = &submissions[0][1];
    assert_eq!(
        (&config["encoding"], &config["skipPreflight"]),
        (&json!("base64"), &json!(false))
    );
    assert_eq!(config["preflightCommitment"], "confirmed");
    assert_eq!(
        asked(&requests, "getTransaction")[0][1]["commitment"],
        "confirmed"
    );
    assert!(
        submissions
            .iter()
            .all(|submission| submission[0] == submissions[0][0]),
        "other bytes were sent"
    );
}

#[test]
fn what_the_trial_refuses_is_never_sent() {
    let (url, requests) = node(|method, params, _| match method {
        "simulateTransaction" => Is(json!({ "context": {}, "value": {
            "err": custom(6090),
            "logs": [format!("Program {PROGRAM_ID} failed: custom program error: 0x17ca")]
        } })),
        _ => well(method, params),
    });
    let error = send(&mut chain(&url)).unwrap_err();
    assert!(error.is(KzteError::EntryConsumed), "{error:?}");
    assert_eq!(error.logs().len(), 1);
    assert_eq!(asked(&requests, "sendTransaction"), [] as [Value; 0]);
}

#[test]
fn a_refusal_at_the_door_is_named() {
    let (url, _) = node(|method, params, _| match method {
        "sendTransaction" => Error(
            -32002,
            "Transaction simulation failed",
            json!({
                "err": custom(17),
                "logs": [
                    format!("Program {PROGRAM_ID} invoke [1]"),
                    format!("Program {TOKEN_PROGRAM_ID} failed: custom program error: 0x11"),
                    format!("Program {PROGRAM_ID} failed: custom program error: 0x11"),
                ]
            }),
        ),
        _ => well(method, params),
    });
    let error = send(&mut chain(&url)).unwrap_err();
    let ChainError::Program {
        program, code, name, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (program, code, name.as_str()),
        (TOKEN_PROGRAM_ID, 17, "AccountFrozen")
    );
}

#[test]
fn a_failure_on_the_chain_brings_its_logs() {
    let (url, requests) = node(|method, params, _| match method {
        "getSignatureStatuses" => Is(statuses(
            json!({ "err": custom(6020), "confirmationStatus": "finalized" }),
        )),
        "getTransaction" => Is(json!({ "slot": 1, "meta": {
            "err": custom(6020),
            "logMessages": [format!("Program {PROGRAM_ID} failed: custom program error: 0x1784")]
        } })),
        "simulateTransaction" => panic!("unchecked transactions have no trial"),
        _ => well(method, params),
    });
    let error = chain(&url)
        .send_with(&[instruction()], &key(1), &[], SendOptions::UNCHECKED)
        .unwrap_err();
    assert!(error.is(KzteError::MintPaused), "{error:?}");
    assert_eq!(error.logs().len(), 1);
    assert_eq!(asked(&requests, "sendTransaction")[0][1]["skipPreflight"], true);
}

#[test]
fn runtime_errors_keep_their_names_also_unknown_ones() {
    for (wire, expected, place) in [
        (
            json!({ "InstructionError": [1, "MissingRequiredSignature"] }),
            "MissingRequiredSignature",
            Some(1),
        ),
        (json!("AccountNotFound"), "AccountNotFound", None),
        (
            json!({ "InsufficientFundsForRent": { "account_index": 1 } }),
            "InsufficientFundsForRent",
            None,
        ),
        (json!("ErrorOfNextYear"), "ErrorOfNextYear", None),
    ] {
        let (url, _) = node(move |method, params, _| match method {
            "simulateTransaction" => Is(json!({ "value": { "err": wire, "logs": null } })),
            _ => well(method, params),
        });
        let error = send(&mut chain(&url)).unwrap_err();
        let ChainError::Refused {
            name, instruction, ..
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!((name.as_str(), *instruction), (expected, place));
    }
}

#[test]
fn an_expired_transaction_is_told_apart_and_was_only_ever_one() {
    let (url, requests) = node(|method, params, before| match method {
        "getSignatureStatuses" => Is(statuses(Value::Null)),
        "getBlockHeight" => Is(json!(97 + before)),
        _ => well(method, params),
    });
    let error = send(&mut chain(&url)).unwrap_err();
    let submissions = asked(&requests, "sendTransaction");
    let ChainError::Expired { signature } = error else {
        panic!("{error:?}")
    };
    assert_eq!(signature, sent(&submissions[0]).signatures[0]);
    assert!(submissions.len() > 1, "the bytes were not sent again");
    assert!(
        submissions
            .iter()
            .all(|submission| submission[0] == submissions[0][0]),
        "other bytes were sent"
    );

    // Heights 97 to 100 may still bring it; 101 may not, and the last question searches the whole history.
    let questions = asked(&requests, "getSignatureStatuses");
    let searches: Vec<bool> = questions
        .iter()
        .map(|question| question[1]["searchTransactionHistory"] == true)
        .collect();
    assert_eq!(searches, [false, false, false, false, true]);
}

#[test]
fn a_transaction_that_landed_in_the_last_valid_block_is_no_expired_one() {
    let (url, _) = node(|method, params, before| match (method, before) {
        ("getBlockHeight", _) => Is(json!(101)),
        ("getSignatureStatuses", 0) => Is(statuses(
            json!({ "err": null, "confirmationStatus": "processed" }),
        )),
        ("getTransaction", _) => Is(record(
            &STANDARD.encode([vec![1], vec![0; 64], message()].concat()),
        )),
        _ => well(method, params),
    });
    assert_eq!(send(&mut chain(&url)).unwrap().slot, 321);
}

#[test]
fn a_lost_answer_leads_to_the_same_bytes_again() {
    let (url, requests) = node(|method, params, before| match (method, before) {
        ("sendTransaction", 0) => HangUp,
        ("getSignatureStatuses", 0..=1) => Is(statuses(Value::Null)),
        ("getTransaction", _) => Is(record(
            &STANDARD.encode([vec![1], vec![0; 64], message()].concat()),
        )),
        _ => well(method, params),
    });
    send(&mut chain(&url)).unwrap();
    let submissions = asked(&requests, "sendTransaction");
    assert!(submissions.len() >= 2);
    assert!(
        submissions
            .iter()
            .all(|submission| submission[0] == submissions[0][0]),
        "other bytes were sent"
    );
    let skips: Vec<&Value> = submissions
        .iter()
        .map(|submission| &submission[1]["skipPreflight"])
        .collect();
    assert_eq!(skips[..2], [&json!(false), &json!(true)]);
}

#[test]
fn a_later_refusal_of_bytes_that_landed_is_not_believed() {
    let (url, _) = node(|method, params, before| match (method, before) {
        ("sendTransaction", 1..) => Error(
            -32002,
            "already consumed",
            json!({ "err": custom(6090), "logs": [] }),
        ),
        ("getSignatureStatuses", 0..=2) => Is(statuses(Value::Null)),
        ("getTransaction", _) => Is(record(
            &STANDARD.encode([vec![1], vec![0; 64], message()].concat()),
        )),
        _ => well(method, params),
    });
    assert_eq!(send(&mut chain(&url)).unwrap().slot, 321);
}

#[test]
fn a_node_that_lags_behind_the_blockhash_is_asked_again() {
    let (url, requests) = node(|method, params, before| match (method, before) {
        ("sendTransaction", 0) => Error(
            -32002,
            "Blockhash not found",
            json!({ "err": "BlockhashNotFound", "logs": [] }),
        ),
        ("getSignatureStatuses", 0..=1) => Is(statuses(Value::Null)),
        ("getTransaction", _) => Is(record(
            &STANDARD.encode([vec![1], vec![0; 64], message()].concat()),
        )),
        _ => well(method, params),
    });
    send(&mut chain(&url)).unwrap();
    // It was passed on to nobody, so the second one is tried out again.
    assert_eq!(asked(&requests, "sendTransaction")[1][1]["skipPreflight"], false);
}

#[test]
fn a_chain_that_stands_still_leaves_the_question_open() {
    let (url, _) = node(|method, params, _| match method {
        "getSignatureStatuses" => Is(statuses(Value::Null)),
        _ => well(method, params),
    });
    let short = Duration::from_millis(2);
    let mut chain = RpcChain::new(url.as_str()).with_timing(short, short, Duration::from_millis(40));
    let error = send(&mut chain).unwrap_err();
    assert!(matches!(error, ChainError::Undecided { .. }), "{error:?}");
}

#[test]
fn finalized_waits_for_the_root() {
    let (url, requests) = node(|method, params, before| match (method, before) {
        ("getSignatureStatuses", 0..=2) => Is(statuses(
            json!({ "err": null, "confirmationStatus": "confirmed" }),
        )),
        ("getSignatureStatuses", _) => Is(statuses(
            json!({ "err": null, "confirmationStatus": "finalized" }),
        )),
        ("getTransaction", _) => Is(record(
            &STANDARD.encode([vec![1], vec![0; 64], message()].concat()),
        )),
        _ => well(method, params),
    });
    send(&mut chain(&url).with_commitment(Commitment::Finalized)).unwrap();
    assert_eq!(asked(&requests, "getSignatureStatuses").len(), 4);
    assert_eq!(
        asked(&requests, "getLatestBlockhash")[0][0]["commitment"],
        "finalized"
    );
}

#[test]
fn fixed_limits_without_a_trial_are_sent_as_given() {
    let (url, requests) = node(|method, params, _| match method {
        "simulateTransaction" => Is(json!({ "value": { "err": null, "logs": [] } })),
        "getTransaction" => Is(record(
            &STANDARD.encode([vec![1], vec![0; 64], message()].concat()),
        )),
        _ => well(method, params),
    });
    let options = SendOptions {
        compute_units: Limit::Fixed(321),
        loaded_data: Limit::Measured,
        preflight: true,
    };
    chain(&url)
        .with_options(options)
        .send(&[instruction()], &key(1), &[])
        .unwrap();
    let transaction = sent(&asked(&requests, "sendTransaction")[0]);
    let value = |place: usize| {
        let data = &transaction.message.instructions()[place].data;
        u32::from_le_bytes(data[1..].try_into().unwrap())
    };
    // A node that does not tell the loaded size gets the highest limit.
    assert_eq!((value(0), value(1)), (321, 64 * 1024 * 1024));
}

#[test]
fn an_error_object_is_the_nodes_answer() {
    let (url, requests) = node(|_, _, _| Error(-32005, "Node is behind by 42 slots", Value::Null));
    let error = chain(&url).account(&SYSTEM_PROGRAM_ID).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the node refused getAccountInfo: Node is behind by 42 slots (code -32005)"
    );
    assert_eq!(requests.lock().unwrap().len(), 1, "an answer was asked for again");
}

#[test]
fn a_question_is_repeated_three_times_and_the_access_key_stays_out_of_the_error() {
    for (status, body, said) in [
        (
            429,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":429,"message":"slow down"}}"#,
            "429",
        ),
        (503, "<html>busy</html>", "503"),
        (200, "<html>busy</html>", "not JSON"),
    ] {
        let (url, requests) = node(move |_, _, _| Http(status, body));
        let error = chain(&url).account(&SYSTEM_PROGRAM_ID).unwrap_err();
        let ChainError::Transport(text) = &error else {
            panic!("{error:?}")
        };
        assert!(text.contains(said) && text.contains("getAccountInfo"), "{text}");
        assert!(!text.contains("access-key"), "{text}");
        assert_eq!(requests.lock().unwrap().len(), 3);
    }

    let (url, _) = node(|_, _, _| HangUp);
    let error = chain(&url).now().unwrap_err();
    assert!(
        matches!(&error, ChainError::Transport(text) if !text.contains("access-key")),
        "{error:?}"
    );
}

#[test]
fn accounts_and_the_clock_are_read() {
    let (url, requests) = node(|method, params, _| match (method, params[0].as_str()) {
        ("getAccountInfo", Some("SysvarC1ock11111111111111111111111111111111")) => {
            let mut clock = vec![0xee; 32];
            clock.extend_from_slice(&1_794_798_000i64.to_le_bytes());
            Is(json!({ "value": {
                "lamports": 1, "data": [STANDARD.encode(clock), "base64"], "executable": false,
                "owner": "Sysvar1111111111111111111111111111111111111", "rentEpoch": 0, "space": 40
            } }))
        }
        ("getAccountInfo", Some("11111111111111111111111111111111")) => Is(json!({ "value": {
            "lamports": u64::MAX, "data": ["AQID", "base64"], "executable": true,
            "owner": PROGRAM_ID.to_string(), "rentEpoch": u64::MAX, "space": 3
        } })),
        ("getAccountInfo", _) => Is(json!({ "value": null })),
        ("getMinimumBalanceForRentExemption", _) => Is(json!(890_880 + params[0].as_u64().unwrap())),
        _ => panic!("{method}"),
    });
    let chain = chain(&url);
    assert_eq!(chain.now().unwrap(), 1_794_798_000);
    let account = chain.account(&SYSTEM_PROGRAM_ID).unwrap().unwrap();
    assert_eq!(
        (account.lamports, account.data, account.executable),
        (u64::MAX, vec![1, 2, 3], true)
    );
    assert_eq!((account.owner, account.rent_epoch), (PROGRAM_ID, u64::MAX));
    assert_eq!(chain.account(&PROGRAM_ID).unwrap(), None);
    assert_eq!(chain.minimum_balance(10).unwrap(), 890_890);
    assert_eq!(
        asked(&requests, "getAccountInfo")[0][1],
        json!({ "encoding": "base64", "commitment": "confirmed" })
    );
}

#[test]
fn answers_that_cannot_be_read_are_refused() {
    for answer in [
        json!(null),
        json!({}),
        json!({ "value": { "lamports": 1 } }),
        json!({ "value": { "data": ["%", "base64"] } }),
    ] {
        let (url, _) = node(move |_, _, _| Is(answer.clone()));
        let error = chain(&url).account(&PROGRAM_ID).unwrap_err();
        assert!(
            matches!(&error, ChainError::Transport(text) if text.contains("getAccountInfo")),
            "{error:?}"
        );
    }
}

#[test]
fn history_is_read_to_its_beginning_without_failures() {
    let signature = |number: u32| {
        let mut bytes = [0; 64];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        Signature::from(bytes)
    };
    // Newest first: 1,002 signatures, every third of a failed transaction.
    let rows = move |range: std::ops::Range<u32>| {
        let row = |number: u32| {
            let error = if number.is_multiple_of(3) {
                custom(6000)
            } else {
                Value::Null
            };
            json!({ "signature": signature(number).to_string(), "err": error, "slot": 5000 - number })
        };
        Is(range.map(row).collect())
    };
    let (url, requests) = node(move |method, params, _| match (method, params[1].get("before")) {
        ("getSignaturesForAddress", None) => rows(0..1000),
        ("getSignaturesForAddress", Some(before)) => {
            assert_eq!(before, &json!(signature(999).to_string()));
            rows(1000..1002)
        }
        _ => panic!("{method}"),
    });
    let history = chain(&url).history(&PROGRAM_ID).unwrap();
    let expected: Vec<Signature> = (0..1002)
        .rev()
        .filter(|number| *number % 3 != 0)
        .map(signature)
        .collect();
    assert_eq!(history, expected);
    assert_eq!(asked(&requests, "getSignaturesForAddress").len(), 2);
}

#[test]
fn receipts_of_unknown_and_failed_transactions_are_none() {
    let (url, requests) = node(|_, _, before| match before {
        0 => Is(Value::Null),
        _ => Is(json!({ "slot": 1, "meta": { "err": custom(6000) }, "transaction": ["", "base64"] })),
    });
    let chain = chain(&url);
    assert_eq!(chain.receipt(&Signature::default()).unwrap(), None);
    assert_eq!(chain.receipt(&Signature::default()).unwrap(), None);
    assert_eq!(
        asked(&requests, "getTransaction")[0][1]["maxSupportedTransactionVersion"],
        1
    );
}

#[test]
fn the_faucet_is_waited_for() {
    let (url, requests) = node(|method, params, before| match (method, before) {
        ("requestAirdrop", _) => Is(json!(Signature::from([3; 64]).to_string())),
        ("getSignatureStatuses", 0) => Is(statuses(Value::Null)),
        _ => well(method, params),
    });
    chain(&url).fund(&PROGRAM_ID, 5_000_000).unwrap();
    assert_eq!(
        asked(&requests, "requestAirdrop"),
        [json!([PROGRAM_ID.to_string(), 5_000_000, { "commitment": "confirmed" }])]
    );
    assert_eq!(asked(&requests, "getSignatureStatuses").len(), 2);

    let (url, _) = node(|_, _, _| Error(-32601, "Method not found", Value::Null));
    let error = chain(&url).fund(&PROGRAM_ID, 1).unwrap_err();
    assert!(matches!(error, ChainError::Rpc { code: -32601, .. }), "{error:?}");
}
