//! A chain behind a node: JSON-RPC over HTTP, blocking.
//!
//! The rule that everything here follows: a transaction is signed once. Its bytes may be sent again as often as need
//! be, because the chain takes a signature once; another transaction is never made while this one can still land.

use std::{
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use solana_account::Account;
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use super::{Chain, Inner, Receipt, SendOptions, Used, calls_of, prepare};
use crate::{
    ChainError,
    event::{LOG_TRUNCATED, events_of},
    transaction::Signed,
};

/// How sure an answer must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Commitment {
    /// Voted for by two thirds of the stake.
    #[default]
    Confirmed,
    /// Rooted: never undone.
    Finalized,
}

impl Commitment {
    const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }

    fn is_met_by(self, status: &str) -> bool {
        status == "finalized" || status == self.name()
    }
}

/// Code of a `sendTransaction` or `simulateTransaction` that the trial run refused.
const PREFLIGHT_FAILURE: i64 = -32002;
/// Highest transaction version that is read: this client writes legacy ones, but other programs' version 1
/// transactions may touch our accounts.
const MAX_TRANSACTION_VERSION: u8 = 1;
/// Most signatures that a node lists at once.
const HISTORY_PAGE: usize = 1000;
/// Tries of a question that changes nothing.
const READ_TRIES: u32 = 3;
/// Longest answer that is read, bytes: an account of 10 MiB in base 64, and some.
const MAX_ANSWER: u64 = 32 * 1024 * 1024;
/// Clock account: slot, epoch start, epoch, leader-schedule epoch, then the time.
const CLOCK_TIME_OFFSET: usize = 4 * 8;

/// A node.
pub struct RpcChain {
    agent: ureq::Agent,
    url: String,
    commitment: Commitment,
    options: SendOptions,
    poll: Duration,
    resend: Duration,
    patience: Duration,
}

/// Why a call has no result.
enum CallError {
    /// The node was not reached, or its answer is none: whether it acted is not known.
    Transport(String),
    /// The node says no.
    Refused { code: i64, message: String, data: Value },
}

impl RpcChain {
    /// The node at `url`, for example `http://127.0.0.1:8899`. Nothing is sent yet.
    pub fn new(url: impl Into<String>) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .build()
            .into();
        Self {
            agent,
            url: url.into(),
            commitment: Commitment::default(),
            options: SendOptions::default(),
            poll: Duration::from_millis(400),
            resend: Duration::from_secs(2),
            patience: Duration::from_secs(180),
        }
    }

    /// Answers and confirmations of this commitment.
    pub fn with_commitment(mut self, commitment: Commitment) -> Self {
        self.commitment = commitment;
        self
    }

    /// Other options for [`Chain::send`].
    pub fn with_options(mut self, options: SendOptions) -> Self {
        self.options = options;
        self
    }

    /// How often to ask about a transaction, how often to send it again, and when to give up on a node that has no
    /// answer. The defaults are 0.4, 2 and 180 seconds.
    pub fn with_timing(mut self, poll: Duration, resend: Duration, patience: Duration) -> Self {
        (self.poll, self.resend, self.patience) = (poll, resend, patience);
        self
    }

    /// One call, one answer.
    fn call_once(&self, method: &str, params: &Value) -> Result<Value, CallError> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let unreachable =
            |error: String| CallError::Transport(format!("{}: {method}: {error}", host_of(&self.url)));
        let mut response = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .send(request.to_string())
            .map_err(|error| unreachable(error.to_string()))?;
        let status = response.status();
        // An overloaded node or the gate before it, whatever the body says: nothing about the question itself.
        if status.as_u16() == 429 || status.is_server_error() {
            return Err(unreachable(format!("HTTP {status}")));
        }
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_string()
            .map_err(|error| unreachable(error.to_string()))?;
        let Ok(mut answer) = serde_json::from_str::<Value>(&text) else {
            return Err(unreachable(format!("HTTP {status}, and the answer is not JSON")));
        };
        if let Some(error) = answer
            .get_mut("error")
            .map(Value::take)
            .filter(|error| !error.is_null())
        {
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
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(unreachable(format!(
                "HTTP {status}, and the answer has neither a result nor an error"
            ))),
        }
    }

    /// A call that changes nothing: tried again when the node is not reached.
    fn read(&self, method: &str, params: Value) -> Result<Value, ChainError> {
        let mut tries = 1;
        loop {
            match self.call_once(method, &params) {
                Ok(result) => return Ok(result),
                Err(CallError::Transport(_)) if tries < READ_TRIES => {
                    tries += 1;
                    thread::sleep(self.poll);
                }
                Err(error) => return Err(error.into_chain_error(method)),
            }
        }
    }

    fn latest_blockhash(&self) -> Result<(Hash, u64), ChainError> {
        let result = self.read("getLatestBlockhash", json!([self.at_commitment()]))?;
        let value = field(&result, "value", "getLatestBlockhash")?;
        let hash = text(value, "blockhash", "getLatestBlockhash")?
            .parse()
            .map_err(|_| malformed("getLatestBlockhash", "blockhash"))?;
        Ok((hash, number(value, "lastValidBlockHeight", "getLatestBlockhash")?))
    }

    fn at_commitment(&self) -> Value {
        json!({ "commitment": self.commitment.name() })
    }

    /// Runs a transaction on the node without keeping what it does.
    fn try_out(&self, signed: &Signed) -> Result<Used, ChainError> {
        let result = self.read(
            "simulateTransaction",
            json!([
                STANDARD.encode(&signed.bytes),
                { "encoding": "base64", "commitment": self.commitment.name(), "replaceRecentBlockhash": true }
            ]),
        )?;
        let value = field(&result, "value", "simulateTransaction")?;
        if let Some(error) = value.get("err").filter(|error| !error.is_null()) {
            return Err(transaction_error(error, logs_of(value), &signed.programs()));
        }
        Ok(Used {
            compute_units: value.get("unitsConsumed").and_then(Value::as_u64),
            loaded_data: value.get("loadedAccountsDataSize").and_then(Value::as_u64),
        })
    }

    /// Sends until the transaction has met the commitment, has failed, or can no longer land.
    fn deliver(&self, signed: &Signed, last_valid: u64, preflight: bool) -> Result<(), ChainError> {
        let signature = signed.signature;
        let deadline = Instant::now() + self.patience;
        let mut skip_preflight = !preflight;
        let mut next_send = Instant::now();
        let mut sent = false;
        loop {
            let mut problem = None;
            if Instant::now() >= next_send {
                match self.submit(signed, skip_preflight) {
                    Ok(()) => (sent, skip_preflight) = (true, true),
                    // Whether the node has passed it on is not known: from here on only the outcome counts.
                    Err(CallError::Transport(error)) => {
                        (sent, skip_preflight) = (true, true);
                        problem = Some(error);
                    }
                    // The node has not seen the block of the blockhash yet, and passed nothing on.
                    Err(CallError::Refused { message, data, .. }) if is_unknown_blockhash(&data) => {
                        problem = Some(message);
                    }
                    // Bytes that were sent before may have landed meanwhile, which a later trial run takes for a
                    // mistake: only a first refusal is an answer.
                    Err(CallError::Refused { message, .. }) if sent => problem = Some(message),
                    Err(CallError::Refused {
                        code: PREFLIGHT_FAILURE,
                        data,
                        ..
                    }) if data.get("err").is_some() => {
                        let error = data.get("err").unwrap_or(&Value::Null);
                        return Err(transaction_error(error, logs_of(&data), &signed.programs()));
                    }
                    Err(refused) => return Err(refused.into_chain_error("sendTransaction")),
                }
                next_send = Instant::now() + self.resend;
            }

            match self.outcome(&signature, last_valid) {
                Ok(Outcome::Landed) => return Ok(()),
                Ok(Outcome::Failed(error)) => return Err(self.explain(signed, &error)),
                Ok(Outcome::Expired) => return Err(ChainError::Expired { signature }),
                Ok(Outcome::Pending) => {}
                Err(error) => problem = Some(error.to_string()),
            }
            if Instant::now() >= deadline {
                let reason = problem.unwrap_or_else(|| "the chain does not move on".to_owned());
                return Err(ChainError::Undecided { signature, reason });
            }
            thread::sleep(self.poll);
        }
    }

    fn submit(&self, signed: &Signed, skip_preflight: bool) -> Result<(), CallError> {
        self.call_once(
            "sendTransaction",
            &json!([
                STANDARD.encode(&signed.bytes),
                {
                    "encoding": "base64",
                    "skipPreflight": skip_preflight,
                    "preflightCommitment": self.commitment.name(),
                    "maxRetries": 0
                }
            ]),
        )
        .map(drop)
    }

    /// Where a transaction stands. The block height is asked before the status: a status that is still missing after
    /// the last valid block was confirmed will never come.
    fn outcome(&self, signature: &Signature, last_valid: u64) -> Result<Outcome, ChainError> {
        let height = self.read("getBlockHeight", json!([self.at_commitment()]))?;
        let height = height
            .as_u64()
            .ok_or_else(|| malformed("getBlockHeight", "result"))?;
        let over = height > last_valid;
        let result = self.read(
            "getSignatureStatuses",
            json!([[signature.to_string()], { "searchTransactionHistory": over }]),
        )?;
        let statuses = field(&result, "value", "getSignatureStatuses")?;
        let status = statuses.get(0).filter(|status| !status.is_null());
        let Some(status) = status else {
            return Ok(if over { Outcome::Expired } else { Outcome::Pending });
        };
        let level = status
            .get("confirmationStatus")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !self.commitment.is_met_by(level) {
            return Ok(Outcome::Pending);
        }
        Ok(match status.get("err").filter(|error| !error.is_null()) {
            Some(error) => Outcome::Failed(error.clone()),
            None => Outcome::Landed,
        })
    }

    /// The error of a transaction that failed on the chain, with its logs where the node still has them.
    fn explain(&self, signed: &Signed, error: &Value) -> ChainError {
        let logs = self
            .transaction(&signed.signature)
            .ok()
            .and_then(|found| found.get("meta").map(logs_of))
            .unwrap_or_default();
        transaction_error(error, logs, &signed.programs())
    }

    /// `getTransaction`; null: the node does not know it.
    fn transaction(&self, signature: &Signature) -> Result<Value, ChainError> {
        self.read(
            "getTransaction",
            json!([
                signature.to_string(),
                {
                    "encoding": "base64",
                    "commitment": self.commitment.name(),
                    "maxSupportedTransactionVersion": MAX_TRANSACTION_VERSION
                }
            ]),
        )
    }

    /// The receipt of a transaction that has met the commitment: a node may need a moment to write it down.
    fn receipt_of_landed(&self, signature: &Signature) -> Result<Receipt, ChainError> {
        let deadline = Instant::now() + self.patience;
        loop {
            let problem = match self.receipt(signature) {
                Ok(Some(receipt)) => return Ok(receipt),
                Ok(None) => "it has landed, but the node has no record of it".to_owned(),
                Err(error) => format!("it has landed, but its record cannot be read: {error}"),
            };
            if Instant::now() >= deadline {
                return Err(ChainError::Undecided {
                    signature: *signature,
                    reason: problem,
                });
            }
            thread::sleep(self.poll);
        }
    }
}

enum Outcome {
    Pending,
    Landed,
    Failed(Value),
    Expired,
}

impl CallError {
    fn into_chain_error(self, method: &str) -> ChainError {
        match self {
            Self::Transport(error) => ChainError::Transport(error),
            Self::Refused { code, message, .. } => ChainError::Rpc {
                method: method.to_owned(),
                code,
                message,
            },
        }
    }
}

impl Chain for RpcChain {
    fn now(&self) -> Result<i64, ChainError> {
        let what = "clock account";
        let address = solana_sdk_ids::sysvar::clock::ID;
        let account = self
            .account(&address)?
            .ok_or(ChainError::Missing { what, address })?;
        let time = account
            .data
            .get(CLOCK_TIME_OFFSET..)
            .and_then(|rest| rest.first_chunk());
        Ok(i64::from_le_bytes(
            *time.ok_or_else(|| malformed("getAccountInfo", what))?,
        ))
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        const METHOD: &str = "getAccountInfo";
        let result = self.read(
            METHOD,
            json!([address.to_string(), { "encoding": "base64", "commitment": self.commitment.name() }]),
        )?;
        let value = field(&result, "value", METHOD)?;
        if value.is_null() {
            return Ok(None);
        }
        let data = value
            .pointer("/data/0")
            .and_then(Value::as_str)
            .ok_or_else(|| malformed(METHOD, "data"))?;
        Ok(Some(Account {
            lamports: number(value, "lamports", METHOD)?,
            data: STANDARD.decode(data).map_err(|_| malformed(METHOD, "data"))?,
            owner: text(value, "owner", METHOD)?
                .parse()
                .map_err(|_| malformed(METHOD, "owner"))?,
            executable: value
                .get("executable")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
            rent_epoch: value.get("rentEpoch").and_then(Value::as_u64).unwrap_or_default(),
        }))
    }

    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        const METHOD: &str = "getMinimumBalanceForRentExemption";
        self.read(METHOD, json!([data_len]))?
            .as_u64()
            .ok_or_else(|| malformed(METHOD, "result"))
    }

    fn options(&self) -> SendOptions {
        self.options
    }

    fn send_with(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Receipt, ChainError> {
        let (blockhash, last_valid) = self.latest_blockhash()?;
        let signed = prepare(instructions, payer, signers, blockhash, options, |trial| {
            self.try_out(trial)
        })?;
        self.deliver(&signed, last_valid, options.preflight)?;
        self.receipt_of_landed(&signed.signature)
    }

    /// Asks the node's faucet: local and test clusters have one.
    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        const METHOD: &str = "requestAirdrop";
        let params = json!([address.to_string(), lamports, self.at_commitment()]);
        let result = self
            .call_once(METHOD, &params)
            .map_err(|error| error.into_chain_error(METHOD))?;
        let signature: Signature = result
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| malformed(METHOD, "result"))?;
        // The faucet's blockhash is not newer than this one.
        let (_, last_valid) = self.latest_blockhash()?;
        let deadline = Instant::now() + self.patience;
        loop {
            match self.outcome(&signature, last_valid)? {
                Outcome::Landed => return Ok(()),
                Outcome::Failed(error) => return Err(transaction_error(&error, Vec::new(), &[])),
                Outcome::Expired => return Err(ChainError::Expired { signature }),
                Outcome::Pending if Instant::now() >= deadline => {
                    let reason = "the chain does not move on".to_owned();
                    return Err(ChainError::Undecided { signature, reason });
                }
                Outcome::Pending => thread::sleep(self.poll),
            }
        }
    }

    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError> {
        const METHOD: &str = "getSignaturesForAddress";
        let mut signatures = Vec::new();
        let mut before: Option<String> = None;
        loop {
            let mut config = json!({ "limit": HISTORY_PAGE, "commitment": self.commitment.name() });
            if let (Some(before), Some(config)) = (&before, config.as_object_mut()) {
                config.insert("before".to_owned(), json!(before));
            }
            let result = self.read(METHOD, json!([address.to_string(), config]))?;
            let page = result.as_array().ok_or_else(|| malformed(METHOD, "result"))?;
            for row in page {
                let signature = text(row, "signature", METHOD)?;
                before = Some(signature.to_owned());
                if row.get("err").is_none_or(Value::is_null) {
                    signatures.push(signature.parse().map_err(|_| malformed(METHOD, "signature"))?);
                }
            }
            if page.len() < HISTORY_PAGE {
                signatures.reverse();
                return Ok(signatures);
            }
        }
    }

    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError> {
        let found = self.transaction(signature)?;
        if found.is_null() || found.pointer("/meta/err").is_some_and(|error| !error.is_null()) {
            return Ok(None);
        }
        read_receipt(*signature, &found).map(Some)
    }
}

/// The answer of `getTransaction` as a receipt.
fn read_receipt(signature: Signature, found: &Value) -> Result<Receipt, ChainError> {
    const METHOD: &str = "getTransaction";
    let meta = field(found, "meta", METHOD)?;
    let bytes = found
        .pointer("/transaction/0")
        .and_then(Value::as_str)
        .and_then(|text| STANDARD.decode(text).ok())
        .ok_or_else(|| malformed(METHOD, "transaction"))?;
    let transaction: VersionedTransaction =
        wincode::deserialize(&bytes).map_err(|_| malformed(METHOD, "transaction"))?;
    let message = &transaction.message;

    let mut loaded = Vec::new();
    for list in ["/loadedAddresses/writable", "/loadedAddresses/readonly"] {
        for address in meta.pointer(list).and_then(Value::as_array).into_iter().flatten() {
            let address = address.as_str().and_then(|text| text.parse().ok());
            loaded.push(address.ok_or_else(|| malformed(METHOD, "loadedAddresses"))?);
        }
    }

    let mut inner: Vec<Vec<Inner>> = message.instructions().iter().map(|_| Vec::new()).collect();
    for group in meta
        .get("innerInstructions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let place = usize::try_from(number(group, "index", METHOD)?).unwrap_or(usize::MAX);
        let beneath = inner
            .get_mut(place)
            .ok_or_else(|| malformed(METHOD, "innerInstructions"))?;
        for instruction in group
            .get("instructions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            beneath.push(read_inner(instruction).ok_or_else(|| malformed(METHOD, "innerInstructions"))?);
        }
    }

    let calls = calls_of(message, &loaded, inner);
    let logs = logs_of(meta);
    Ok(Receipt {
        signature,
        slot: number(found, "slot", METHOD)?,
        time: found.get("blockTime").and_then(Value::as_i64),
        compute_units: number(meta, "computeUnitsConsumed", METHOD)?,
        events: events_of(&logs, &calls),
        truncated: logs.iter().any(|line| line == LOG_TRUNCATED),
        logs,
        size: bytes.len(),
    })
}

fn read_inner(instruction: &Value) -> Option<Inner> {
    let index = |name: &str| usize::try_from(instruction.get(name)?.as_u64()?).ok();
    Some(Inner {
        height: index("stackHeight")?,
        program_index: index("programIdIndex")?,
        data: bs58::decode(instruction.get("data")?.as_str()?).into_vec().ok()?,
    })
}

fn logs_of(holder: &Value) -> Vec<String> {
    let lines = holder
        .get("logs")
        .or_else(|| holder.get("logMessages"))
        .and_then(Value::as_array);
    lines
        .into_iter()
        .flatten()
        .filter_map(|line| line.as_str().map(str::to_owned))
        .collect()
}

fn is_unknown_blockhash(data: &Value) -> bool {
    data.get("err").and_then(Value::as_str) == Some("BlockhashNotFound")
}

/// A runtime error as JSON. Errors that a newer runtime has and this client does not know keep their text.
fn transaction_error(error: &Value, logs: Vec<String>, programs: &[Address]) -> ChainError {
    match serde_json::from_value::<TransactionError>(error.clone()) {
        Ok(error) => ChainError::of_transaction(&error, logs, programs),
        Err(_) => ChainError::Refused {
            instruction: None,
            name: error.as_str().map_or_else(|| error.to_string(), str::to_owned),
            reason: "an error of the runtime that this client does not know".to_owned(),
            logs,
        },
    }
}

fn field<'a>(value: &'a Value, name: &'static str, method: &str) -> Result<&'a Value, ChainError> {
    value.get(name).ok_or_else(|| malformed(method, name))
}

fn text<'a>(value: &'a Value, name: &'static str, method: &str) -> Result<&'a str, ChainError> {
    field(value, name, method)?
        .as_str()
        .ok_or_else(|| malformed(method, name))
}

fn number(value: &Value, name: &'static str, method: &str) -> Result<u64, ChainError> {
    field(value, name, method)?
        .as_u64()
        .ok_or_else(|| malformed(method, name))
}

fn malformed(method: &str, what: &str) -> ChainError {
    ChainError::Transport(format!("the node's answer to {method} has no readable {what}"))
}

/// Scheme and host of a URL: its path may hold an access key, which belongs into no message.
fn host_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}
