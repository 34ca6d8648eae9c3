//! A node on 127.0.0.1: JSON-RPC in front of the in-process chain, as far as the command line asks.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use kzte_cli::demo::cast::Cast;
use kzte_client::{Address, Chain, LocalChain, Signature};
use serde_json::{Value, json};
use solana_transaction::versioned::VersionedTransaction;

/// Starts a node on which nothing is deployed; returns its URL. It ends with the test process.
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (ready, wait) = mpsc::channel();
    // The chain is made where it lives: it cannot move between threads.
    thread::spawn(move || {
        let mut node = Node::new();
        ready.send(()).unwrap();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(request) = read_request(&stream) else {
                continue;
            };
            let method = request["method"].as_str().unwrap_or_default().to_owned();
            let body = match node.answer(&method, &request["params"]) {
                Ok(result) => json!({ "jsonrpc": "2.0", "id": 1, "result": result }),
                Err((code, message, data)) => {
                    let error = json!({ "code": code, "message": message, "data": data });
                    json!({ "jsonrpc": "2.0", "id": 1, "error": error })
                }
            }
            .to_string();
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    wait.recv()
        .expect("the node starts: run `cargo xtask build` if the program is missing");
    url
}

/// Lets time pass on the node at `url`.
pub fn advance(url: &str, seconds: i64) {
    ask(url, "advance", json!([seconds]));
}

/// Writes the data of an account past every program.
pub fn overwrite(url: &str, address: &Address, data: &[u8]) {
    ask(
        url,
        "overwrite",
        json!([address.to_string(), STANDARD.encode(data)]),
    );
}

/// Lets the node forget who named which address.
pub fn forget(url: &str) {
    ask(url, "forget", json!([]));
}

/// Lets the node answer that it is of another cluster.
pub fn pretend(url: &str, genesis: &str) {
    ask(url, "pretend", json!([genesis]));
}

fn ask(url: &str, method: &str, params: Value) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let body = json!({ "method": method, "params": params }).to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\"result\":true"), "{answer}");
}

fn read_request(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

type Outcome = Result<Value, (i64, String, Value)>;

/// What landed.
struct Landed {
    error: Value,
    /// The answer to `getTransaction`.
    transaction: Value,
}

struct Node {
    chain: LocalChain,
    genesis: String,
    /// One more for each blockhash that ran out.
    height: u64,
    landed: HashMap<String, Landed>,
    history: HashMap<String, Vec<String>>,
}

impl Node {
    fn new() -> Self {
        let chain = super::empty_chain(&Cast::new());
        Self {
            chain,
            genesis: "in-process".to_owned(),
            height: 1,
            landed: HashMap::new(),
            history: HashMap::new(),
        }
    }

    fn answer(&mut self, method: &str, params: &Value) -> Outcome {
        let text = |place: usize| params[place].as_str().unwrap_or_default().to_owned();
        Ok(match method {
            "advance" => {
                self.chain.advance(params[0].as_i64().unwrap());
                json!(true)
            }
            "overwrite" => {
                let address: Address = text(0).parse().unwrap();
                let mut account = self.chain.account(&address).unwrap().unwrap();
                account.data = STANDARD.decode(text(1)).unwrap();
                self.chain.set_account(&address, account).unwrap();
                json!(true)
            }
            "forget" => {
                self.history.clear();
                json!(true)
            }
            "pretend" => {
                self.genesis = text(0);
                json!(true)
            }
            "getGenesisHash" => json!(self.genesis),
            "getBlockHeight" => json!(self.height),
            "getLatestBlockhash" => json!({ "value": {
                "blockhash": self.chain.svm().latest_blockhash().to_string(),
                "lastValidBlockHeight": self.height,
            } }),
            "getMinimumBalanceForRentExemption" => {
                let length = usize::try_from(params[0].as_u64().unwrap()).unwrap();
                json!(self.chain.minimum_balance(length).unwrap())
            }
            "getAccountInfo" => {
                let address: Address = text(0).parse().unwrap();
                let account = self.chain.account(&address).unwrap();
                json!({ "value": account.map(|account| json!({
                    "lamports": account.lamports,
                    "data": [STANDARD.encode(&account.data), "base64"],
                    "owner": account.owner.to_string(),
                    "executable": account.executable,
                    "rentEpoch": account.rent_epoch,
                })) })
            }
            "simulateTransaction" => {
                let (error, logs, units) = self.simulate(decode(&text(0)));
                json!({ "value": { "err": error, "logs": logs, "unitsConsumed": units } })
            }
            "sendTransaction" => return self.send(&text(0), params[1]["skipPreflight"] == json!(true)),
            "getSignatureStatuses" => {
                let status = params[0][0]
                    .as_str()
                    .and_then(|signature| self.landed.get(signature));
                json!({ "value": [status.map(|landed| json!({
                    "confirmationStatus": "finalized",
                    "err": landed.error,
                }))] })
            }
            "getTransaction" => self
                .landed
                .get(&text(0))
                .map_or(Value::Null, |landed| landed.transaction.clone()),
            "getSignaturesForAddress" => {
                let signatures = self.history.get(&text(0)).cloned().unwrap_or_default();
                signatures
                    .iter()
                    .rev()
                    .map(|signature| json!({ "signature": signature, "err": null }))
                    .collect()
            }
            other => return Err((-32601, format!("no method {other}"), Value::Null)),
        })
    }

    fn simulate(&self, transaction: VersionedTransaction) -> (Value, Vec<String>, u64) {
        match self.chain.svm().simulate_transaction(transaction) {
            Ok(info) => (Value::Null, info.meta.logs, info.meta.compute_units_consumed),
            Err(failed) => {
                let units = failed.meta.compute_units_consumed;
                (
                    serde_json::to_value(&failed.err).unwrap(),
                    failed.meta.logs,
                    units,
                )
            }
        }
    }

    fn send(&mut self, text: &str, skip_preflight: bool) -> Outcome {
        let transaction = decode(text);
        let signature: Signature = transaction.signatures[0];
        let key = signature.to_string();
        if self.landed.contains_key(&key) {
            return Ok(json!(key));
        }
        if *transaction.message.recent_blockhash() != self.chain.svm().latest_blockhash() {
            // Too old to land; a node takes it and forgets it.
            return Ok(json!(key));
        }
        if !skip_preflight {
            let (error, logs, _) = self.simulate(transaction.clone());
            if !error.is_null() {
                return Err((
                    -32002,
                    "simulation failed".to_owned(),
                    json!({ "err": error, "logs": logs }),
                ));
            }
        }
        let (error, meta) = match self.chain.svm_mut().send_transaction(transaction.clone()) {
            Ok(meta) => (Value::Null, meta),
            Err(failed) => (serde_json::to_value(&failed.err).unwrap(), failed.meta),
        };
        let inner: Vec<Value> = meta
            .inner_instructions
            .iter()
            .enumerate()
            .map(|(index, list)| {
                let instructions: Vec<Value> = list
                    .iter()
                    .map(|inner| {
                        json!({
                            "programIdIndex": inner.instruction.program_id_index,
                            "accounts": inner.instruction.accounts,
                            "data": bs58::encode(&inner.instruction.data).into_string(),
                            "stackHeight": inner.stack_height,
                        })
                    })
                    .collect();
                json!({ "index": index, "instructions": instructions })
            })
            .collect();
        let answer = json!({
            "slot": self.height,
            "blockTime": self.chain.time(),
            "transaction": [text, "base64"],
            "meta": {
                "err": error,
                "logMessages": meta.logs,
                "innerInstructions": inner,
                "computeUnitsConsumed": meta.compute_units_consumed,
                "loadedAddresses": { "writable": [], "readonly": [] },
            },
        });
        if error.is_null() {
            for address in transaction.message.static_account_keys() {
                self.history
                    .entry(address.to_string())
                    .or_default()
                    .push(key.clone());
            }
        }
        self.landed.insert(
            key.clone(),
            Landed {
                error,
                transaction: answer,
            },
        );
        self.chain.svm_mut().expire_blockhash();
        self.height += 1;
        Ok(json!(key))
    }
}

fn decode(text: &str) -> VersionedTransaction {
    wincode::deserialize(&STANDARD.decode(text).unwrap()).unwrap()
}
