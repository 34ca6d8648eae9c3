//! A chain that signs first and sends later: what the [journal](crate::journal) needs beside [`Chain`].
//!
//! [`Chain::send`] signs and sends in one go. For what the chain itself cannot recognise as done, such as a transfer,
//! the signed bytes must be on disk before they leave: then a repetition asks for the fate of those very bytes.

use std::{
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use kzte_client::{
    Account, Address, Chain, ChainError, Commitment, Instruction, Keypair, LocalChain, PROGRAM_ID, Receipt,
    RpcChain, SendOptions, Signature, describe_error,
    event::Call,
    events_of,
    transaction::{Budget, Signed, build},
};
use serde_json::{Value, json};
use solana_transaction::versioned::VersionedTransaction;

/// Limits of a letter: a transfer that creates an account, or a burn, stays far below.
const LIMITS: Budget = Budget {
    compute_units: 100_000,
    loaded_data: 4 * 1024 * 1024,
};
/// How often an answer is asked for, and the bytes sent again.
const POLL: Duration = Duration::from_millis(400);
const RESEND: Duration = Duration::from_secs(2);
/// When to give up on a node that has no answer.
const PATIENCE: Duration = Duration::from_secs(180);
/// Longest answer that is read, bytes.
const MAX_ANSWER: u64 = 1024 * 1024;

/// A signed transaction that may not have been sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub signature: Signature,
    /// As on the wire.
    pub bytes: Vec<u8>,
    /// Last block height at which it can land.
    pub last_valid: u64,
}

/// What became of a letter.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It landed.
    Landed(Box<Receipt>),
    /// It landed and failed: nothing but the fee was moved.
    Failed(ChainError),
    /// It did not land and never can.
    Expired,
    /// It can still land.
    Open,
}

/// A chain with separate signing, sending and looking up.
pub trait Courier: Chain {
    /// Which chain this is: a letter for one is no letter for another.
    fn cluster(&self) -> Result<String, ChainError>;

    /// Builds and signs; sends nothing.
    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<Letter, ChainError>;

    /// Sends until the letter has landed, has failed or can no longer land. The same letter may be sent again.
    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError>;

    /// What became of it. Sends nothing.
    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError>;
}

fn letter_of(signed: Signed, last_valid: u64) -> Letter {
    Letter {
        signature: signed.signature,
        bytes: signed.bytes,
        last_valid,
    }
}

fn transaction_of(letter: &Letter) -> Result<VersionedTransaction, ChainError> {
    wincode::deserialize(&letter.bytes)
        .map_err(|error| ChainError::Transport(format!("the stored transaction cannot be read: {error}")))
}

/// A runtime error, as JSON writes it, with names.
fn named(error: &Value, logs: Vec<String>) -> ChainError {
    if let Some(code) = error
        .pointer("/InstructionError/1/Custom")
        .and_then(Value::as_u64)
        && let Ok(code) = u32::try_from(code)
    {
        let program = failing_program(&logs).unwrap_or(PROGRAM_ID);
        let (name, message) = describe_error(&program, code).unwrap_or_else(|| {
            (
                format!("Custom{code}"),
                "the program gives this code no name".to_owned(),
            )
        });
        return ChainError::Program {
            program,
            code,
            name,
            message,
            logs,
        };
    }
    let instruction = error.pointer("/InstructionError/0").and_then(Value::as_u64);
    let inner = error.pointer("/InstructionError/1").unwrap_or(error);
    let name = match inner {
        Value::String(name) => name.clone(),
        Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
        other => other.to_string(),
    };
    ChainError::Refused {
        instruction: instruction.and_then(|place| usize::try_from(place).ok()),
        reason: format!("the runtime refused the transaction: {error}"),
        name,
        logs,
    }
}

/// The innermost program that the logs say has failed.
fn failing_program(logs: &[String]) -> Option<Address> {
    logs.iter().find_map(|line| {
        let (program, rest) = line.strip_prefix("Program ")?.split_once(' ')?;
        rest.starts_with("failed: ").then(|| program.parse().ok())?
    })
}

impl Courier for LocalChain {
    fn cluster(&self) -> Result<String, ChainError> {
        Ok("in-process".to_owned())
    }

    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<Letter, ChainError> {
        self.svm_mut().expire_blockhash();
        let signed = build(
            instructions,
            payer,
            signers,
            self.svm().latest_blockhash(),
            LIMITS,
        )?;
        Ok(letter_of(signed, 0))
    }

    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError> {
        let transaction = transaction_of(letter)?;
        if let Fate::Landed(receipt) = self.fate(letter)? {
            return Ok(*receipt);
        }
        if *transaction.message.recent_blockhash() != self.svm().latest_blockhash() {
            return Err(ChainError::Expired {
                signature: letter.signature,
            });
        }
        if let Err(failed) = self.svm_mut().send_transaction(transaction) {
            return Err(named(&error_json(&failed.err)?, failed.meta.logs));
        }
        match self.fate(letter)? {
            Fate::Landed(receipt) => Ok(*receipt),
            Fate::Failed(error) => Err(error),
            Fate::Expired | Fate::Open => Err(ChainError::Undecided {
                signature: letter.signature,
                reason: "the in-process chain keeps no record of it".to_owned(),
            }),
        }
    }

    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError> {
        let transaction = transaction_of(letter)?;
        Ok(match self.svm().get_transaction(&letter.signature) {
            Some(Ok(meta)) => Fate::Landed(Box::new(Receipt {
                signature: letter.signature,
                slot: 0,
                time: Some(self.time()),
                compute_units: meta.compute_units_consumed,
                events: {
                    let inner = meta.inner_instructions.iter().map(|beneath| {
                        let beneath = beneath.iter().map(|call| {
                            let instruction = &call.instruction;
                            let data = instruction.data.as_slice();
                            (instruction.program_id_index, call.stack_height, data)
                        });
                        beneath.collect()
                    });
                    events_of(&meta.logs, &calls_of(&transaction, inner.collect()))
                },
                logs: meta.logs.clone(),
                truncated: false,
                size: letter.bytes.len(),
            })),
            Some(Err(failed)) => Fate::Failed(named(&error_json(&failed.err)?, failed.meta.logs.clone())),
            None if *transaction.message.recent_blockhash() == self.svm().latest_blockhash() => Fate::Open,
            None => Fate::Expired,
        })
    }
}

/// An inner instruction: place of its program among the keys, depth of the call, data.
type Inner<'a> = (u8, u8, &'a [u8]);

/// All instructions that ran, in execution order. No letter uses address tables, so all keys stand in the message.
fn calls_of(transaction: &VersionedTransaction, inner: Vec<Vec<Inner>>) -> Vec<Call> {
    let keys = transaction.message.static_account_keys();
    let call = |(program, height, data): Inner| Call {
        program: keys.get(usize::from(program)).copied().unwrap_or_default(),
        height: usize::from(height),
        data: data.to_vec(),
    };
    let mut inner = inner.into_iter();
    let mut calls = Vec::new();
    for outer in transaction.message.instructions() {
        calls.push(call((outer.program_id_index, 1, &outer.data)));
        calls.extend(inner.next().into_iter().flatten().map(call));
    }
    calls
}

fn error_json(error: &impl serde::Serialize) -> Result<Value, ChainError> {
    serde_json::to_value(error)
        .map_err(|error| ChainError::Transport(format!("the runtime's error cannot be read: {error}")))
}

/// A node: [`RpcChain`], and the calls that a letter needs.
pub struct Node {
    chain: RpcChain,
    agent: ureq::Agent,
    url: String,
    commitment: &'static str,
}

enum CallError {
    /// The node was not reached, or gave no answer.
    Transport(String),
    Refused {
        code: i64,
        message: String,
        data: Value,
    },
}

impl CallError {
    fn into_chain_error(self, method: &str) -> ChainError {
        match self {
            Self::Transport(message) => ChainError::Transport(format!("{method}: {message}")),
            Self::Refused { code, message, .. } => ChainError::Rpc {
                method: method.to_owned(),
                code,
                message,
            },
        }
    }
}

impl Node {
    /// The node at `url`. Nothing is sent yet.
    pub fn new(url: &str, commitment: Commitment) -> Self {
        Self {
            chain: RpcChain::new(url).with_commitment(commitment),
            agent: ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(30)))
                .http_status_as_error(false)
                .build()
                .into(),
            url: url.to_owned(),
            commitment: match commitment {
                Commitment::Confirmed => "confirmed",
                Commitment::Finalized => "finalized",
            },
        }
    }

    fn call(&self, method: &str, params: Value) -> Result<Value, CallError> {
        // The URL may hold an access key, so no message quotes it.
        let transport = |error: String| CallError::Transport(format!("no answer from the node ({error})"));
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut response = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .send(request.to_string())
            .map_err(|error| transport(error.to_string()))?;
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_string()
            .map_err(|error| transport(error.to_string()))?;
        let mut answer: Value =
            serde_json::from_str(&text).map_err(|_| transport("its answer is not JSON".to_owned()))?;
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            return Err(CallError::Refused {
                code: error.get("code").and_then(Value::as_i64).unwrap_or_default(),
                message: error
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or("no message")
                    .to_owned(),
                data: error.get("data").cloned().unwrap_or_default(),
            });
        }
        answer
            .get_mut("result")
            .map(Value::take)
            .ok_or_else(|| transport("its answer has neither a result nor an error".to_owned()))
    }

    fn ask(&self, method: &str, params: Value) -> Result<Value, ChainError> {
        self.call(method, params)
            .map_err(|error| error.into_chain_error(method))
    }

    fn at_commitment(&self) -> Value {
        json!({ "commitment": self.commitment })
    }

    fn height(&self) -> Result<u64, ChainError> {
        const METHOD: &str = "getBlockHeight";
        self.ask(METHOD, json!([self.at_commitment()]))?
            .as_u64()
            .ok_or_else(|| malformed(METHOD))
    }
}

fn malformed(method: &str) -> ChainError {
    ChainError::Transport(format!("the node's answer to {method} cannot be read"))
}

fn logs_of(holder: &Value) -> Vec<String> {
    let lines = holder.get("logs").and_then(Value::as_array);
    lines
        .into_iter()
        .flatten()
        .filter_map(|line| line.as_str().map(str::to_owned))
        .collect()
}

impl Courier for Node {
    fn cluster(&self) -> Result<String, ChainError> {
        const METHOD: &str = "getGenesisHash";
        self.ask(METHOD, json!([]))?
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| malformed(METHOD))
    }

    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<Letter, ChainError> {
        const METHOD: &str = "getLatestBlockhash";
        let result = self.ask(METHOD, json!([self.at_commitment()]))?;
        let blockhash = result.pointer("/value/blockhash").and_then(Value::as_str);
        let blockhash = blockhash
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| malformed(METHOD))?;
        let last_valid = result
            .pointer("/value/lastValidBlockHeight")
            .and_then(Value::as_u64);
        let last_valid = last_valid.ok_or_else(|| malformed(METHOD))?;
        Ok(letter_of(
            build(instructions, payer, signers, blockhash, LIMITS)?,
            last_valid,
        ))
    }

    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError> {
        let signature = letter.signature;
        let deadline = Instant::now() + PATIENCE;
        let mut next_send = Instant::now();
        // Once the bytes may have left, a refusal of a later trial run says nothing: they may have landed meanwhile.
        let mut sent = false;
        loop {
            let mut problem = None;
            if Instant::now() >= next_send {
                let params = json!([
                    STANDARD.encode(&letter.bytes),
                    {
                        "encoding": "base64",
                        "skipPreflight": sent,
                        "preflightCommitment": self.commitment,
                        "maxRetries": 0
                    }
                ]);
                match self.call("sendTransaction", params) {
                    Ok(_) => sent = true,
                    Err(CallError::Transport(error)) => {
                        sent = true;
                        problem = Some(error);
                    }
                    Err(CallError::Refused { message, data, .. })
                        if sent || data.get("err").and_then(Value::as_str) == Some("BlockhashNotFound") =>
                    {
                        problem = Some(message);
                    }
                    Err(CallError::Refused { data, message, code }) => match data.get("err") {
                        Some(error) if !error.is_null() => {
                            // An earlier run of this program may have sent the same bytes.
                            if let Fate::Landed(receipt) = self.fate(letter)? {
                                return Ok(*receipt);
                            }
                            return Err(named(error, logs_of(&data)));
                        }
                        _ => {
                            return Err(ChainError::Rpc {
                                method: "sendTransaction".to_owned(),
                                code,
                                message,
                            });
                        }
                    },
                }
                next_send = Instant::now() + RESEND;
            }
            match self.fate(letter) {
                Ok(Fate::Landed(receipt)) => return Ok(*receipt),
                Ok(Fate::Failed(error)) => return Err(error),
                Ok(Fate::Expired) => return Err(ChainError::Expired { signature }),
                Ok(Fate::Open) => {}
                Err(error) => problem = Some(error.to_string()),
            }
            if Instant::now() >= deadline {
                let reason = problem.unwrap_or_else(|| "the chain does not move on".to_owned());
                return Err(ChainError::Undecided { signature, reason });
            }
            thread::sleep(POLL);
        }
    }

    /// The height is asked before the status: a status that is still missing after the last valid block never comes.
    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError> {
        const METHOD: &str = "getSignatureStatuses";
        let over = self.height()? > letter.last_valid;
        let signature = letter.signature;
        let result = self.ask(
            METHOD,
            json!([[signature.to_string()], { "searchTransactionHistory": true }]),
        )?;
        let Some(status) = result.pointer("/value/0").filter(|status| !status.is_null()) else {
            return Ok(if over { Fate::Expired } else { Fate::Open });
        };
        let level = status
            .get("confirmationStatus")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if level != "finalized" && level != self.commitment {
            return Ok(Fate::Open);
        }
        if let Some(error) = status.get("err").filter(|error| !error.is_null()) {
            return Ok(Fate::Failed(named(error, Vec::new())));
        }
        // A node may need a moment to write the transaction down.
        Ok(self
            .chain
            .receipt(&signature)?
            .map_or(Fate::Open, |receipt| Fate::Landed(Box::new(receipt))))
    }
}

/// Everything of a chain, by the chain behind it.
impl Chain for Node {
    fn now(&self) -> Result<i64, ChainError> {
        self.chain.now()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        self.chain.account(address)
    }

    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        self.chain.minimum_balance(data_len)
    }

    fn options(&self) -> SendOptions {
        self.chain.options()
    }

    fn send_with(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Receipt, ChainError> {
        self.chain.send_with(instructions, payer, signers, options)
    }

    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        self.chain.fund(address, lamports)
    }

    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError> {
        self.chain.history(address)
    }

    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError> {
        self.chain.receipt(signature)
    }
}
