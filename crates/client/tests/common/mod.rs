//! A small node on 127.0.0.1 that answers from a script.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use kzte_client::{
    Address, Chain, ChainError, Instruction, Keypair, PROGRAM_ID, RpcChain, Signer, events::WalletBlocked,
};
use serde_json::{Value, json};
use solana_transaction::versioned::VersionedTransaction;

/// What the node does with one request.
pub enum Answer {
    /// A result.
    Is(Value),
    /// A JSON-RPC error.
    Error(i64, &'static str, Value),
    /// An HTTP status and a body.
    Http(u16, &'static str),
    /// Closes the connection without a word.
    HangUp,
}

use Answer::{Error, HangUp, Http, Is};

/// Method and parameters of every request so far.
pub type Requests = Arc<Mutex<Vec<(String, Value)>>>;

/// A node that answers by `script`, which gets the method, the parameters, and how often that method was called
/// before. Returns its URL and what it was asked.
pub fn node(script: impl Fn(&str, &Value, usize) -> Answer + Send + 'static) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/access-key", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(request) = read_request(&stream) else {
                continue;
            };
            let method = request["method"].as_str().unwrap().to_owned();
            let before = {
                let mut seen = seen.lock().unwrap();
                let before = seen.iter().filter(|(name, _)| *name == method).count();
                seen.push((method.clone(), request["params"].clone()));
                before
            };
            let (status, body) = match script(&method, &request["params"], before) {
                Is(result) => (200, json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string()),
                Error(code, message, data) => (
                    200,
                    json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": message, "data": data } })
                        .to_string(),
                ),
                Http(status, body) => (status, body.to_owned()),
                HangUp => continue,
            };
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    (url, requests)
}

fn read_request(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

pub fn chain(url: &str) -> RpcChain {
    let short = Duration::from_millis(2);
    RpcChain::new(url).with_timing(short, short, Duration::from_secs(20))
}

pub fn key(byte: u8) -> Keypair {
    Keypair::new_from_array([byte; 32])
}

pub fn instruction() -> Instruction {
    Instruction {
        program_id: PROGRAM_ID,
        accounts: Vec::new(),
        data: vec![1, 2, 3],
    }
}

pub fn send(chain: &mut RpcChain) -> Result<kzte_client::Receipt, ChainError> {
    chain.send(&[instruction()], &key(1), &[])
}

/// The answers of a node on which all goes well, for a script to deviate from. Block 100 is the last valid one.
pub fn well(method: &str, params: &Value) -> Answer {
    Is(match method {
        "getLatestBlockhash" => json!({
            "context": { "slot": 1 },
            "value": { "blockhash": Address::new_from_array([7; 32]).to_string(), "lastValidBlockHeight": 100 }
        }),
        "simulateTransaction" => json!({
            "context": { "slot": 1 },
            "value": { "err": null, "logs": [], "unitsConsumed": 10_000, "loadedAccountsDataSize": 40_000 }
        }),
        "sendTransaction" => json!(sent(params).signatures[0].to_string()),
        "getBlockHeight" => json!(50),
        "getSignatureStatuses" => statuses(json!({ "err": null, "confirmationStatus": "confirmed" })),
        "getTransaction" => Value::Null,
        other => panic!("the script has no answer to {other}"),
    })
}

pub fn statuses(status: Value) -> Value {
    json!({ "context": { "slot": 1 }, "value": [status] })
}

/// The transaction in a request.
pub fn sent(params: &Value) -> VersionedTransaction {
    wincode::deserialize(&STANDARD.decode(params[0].as_str().unwrap()).unwrap()).unwrap()
}

/// What the node was asked of one method.
pub fn asked(requests: &Requests, method: &str) -> Vec<Value> {
    requests
        .lock()
        .unwrap()
        .iter()
        .filter(|(name, _)| name == method)
        .map(|(_, params)| params.clone())
        .collect()
}

pub fn custom(code: u32) -> Value {
    json!({ "InstructionError": [2, { "Custom": code }] })
}

pub fn blocked() -> WalletBlocked {
    let address = |byte| Address::new_from_array([byte; 32]);
    WalletBlocked {
        config: address(1),
        actor: address(2),
        wallet: address(3),
        reference_hash: [4; 32],
    }
}

/// `getTransaction` of a transaction with one called event, run by the program of its third instruction.
pub fn record(transaction: &str) -> Value {
    let tag = hex::decode("e445a52e51cb9a1d").unwrap();
    let event = [tag, kzte_event(&blocked())].concat();
    json!({
        "slot": 321,
        "blockTime": 1_794_798_123,
        "transaction": [transaction, "base64"],
        "meta": {
            "err": null,
            "computeUnitsConsumed": 9_876,
            "logMessages": [
                format!("Program {PROGRAM_ID} invoke [1]"),
                format!("Program {PROGRAM_ID} invoke [2]"),
                format!("Program {PROGRAM_ID} success"),
                format!("Program {PROGRAM_ID} success"),
            ],
            "innerInstructions": [{
                "index": 2,
                "instructions": [{
                    "programIdIndex": 2,
                    "accounts": [],
                    "data": bs58::encode(event).into_string(),
                    "stackHeight": 2
                }]
            }],
            "loadedAddresses": { "writable": [], "readonly": [] }
        }
    })
}

fn kzte_event(event: &WalletBlocked) -> Vec<u8> {
    anchor_lang::Event::data(event)
}

/// A legacy message: payer, compute budget, program; three instructions.
pub fn message() -> Vec<u8> {
    let keys = [*key(1).pubkey().as_array(), [9; 32], *PROGRAM_ID.as_array()].concat();
    [
        vec![1, 0, 2, 3],
        keys,
        vec![7; 32],
        vec![3, 1, 0, 0, 1, 0, 0, 2, 0, 0],
    ]
    .concat()
}

/// As [`record`], of the message above.
pub fn landed() -> Value {
    record(&STANDARD.encode([vec![1], vec![0; 64], message()].concat()))
}
