//! A chain behind a node: JSON-RPC over HTTP, blocking, and live news by websocket.

mod batch;
mod delivery;
mod follow;
mod record;
mod socket;
mod wire;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signature::Signature;

use self::{
    delivery::{Outcome, Search},
    record::read_receipt,
    wire::{field, malformed, number, text},
};
use super::{Chain, Fate, Letter, Receipt, SendOptions, prepare};
use crate::ChainError;

pub use follow::{Follower, Stop};

/// Most accounts that a node gives at once.
const ACCOUNTS_PAGE: usize = 100;

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

/// Most signatures that a node lists at once.
const HISTORY_PAGE: usize = 1000;
/// Clock account: slot, epoch start, epoch, leader-schedule epoch, then the time.
const CLOCK_TIME_OFFSET: usize = 4 * 8;

/// A node. A clone asks the same node over the same connections.
#[derive(Clone)]
pub struct RpcChain {
    agent: ureq::Agent,
    url: String,
    commitment: Commitment,
    options: SendOptions,
    poll: Duration,
    resend: Duration,
    patience: Duration,
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

    /// The successful transactions that name an address and landed after `until`, oldest first; without it, or when the
    /// node does not know it, all that it remembers.
    fn history_after(&self, address: &Address, until: Option<&Signature>) -> Result<Vec<Listed>, ChainError> {
        let mut listed = Vec::new();
        let mut before = None;
        loop {
            let page = self.history_page(address, HISTORY_PAGE, before.as_ref(), until)?;
            before = page.last().map(|row| row.signature);
            listed.extend(page.iter().filter(|row| !row.failed));
            if page.len() < HISTORY_PAGE {
                listed.reverse();
                return Ok(listed);
            }
        }
    }

    /// The newest transactions that name an address, newest first: older than `before`, younger than `until`.
    fn history_page(
        &self,
        address: &Address,
        limit: usize,
        before: Option<&Signature>,
        until: Option<&Signature>,
    ) -> Result<Vec<Listed>, ChainError> {
        const METHOD: &str = "getSignaturesForAddress";
        let mut config = json!({ "limit": limit, "commitment": self.commitment.name() });
        for (name, bound) in [("before", before), ("until", until)] {
            if let (Some(bound), Some(config)) = (bound, config.as_object_mut()) {
                config.insert(name.to_owned(), json!(bound.to_string()));
            }
        }
        let result = self.read(METHOD, json!([address.to_string(), config]))?;
        let page = result.as_array().ok_or_else(|| malformed(METHOD, "result"))?;
        let rows = page.iter().map(|row| {
            Ok(Listed {
                signature: text(row, "signature", METHOD)?
                    .parse()
                    .map_err(|_| malformed(METHOD, "signature"))?,
                slot: row.get("slot").and_then(Value::as_u64).unwrap_or_default(),
                failed: row.get("err").is_some_and(|error| !error.is_null()),
            })
        });
        rows.collect()
    }
}

/// A transaction in the history of an address.
#[derive(Clone, Copy)]
struct Listed {
    signature: Signature,
    slot: u64,
    failed: bool,
}

impl Chain for RpcChain {
    fn cluster(&self) -> Result<String, ChainError> {
        const METHOD: &str = "getGenesisHash";
        let hash = self.read(METHOD, json!([]))?;
        hash.as_str()
            .map(str::to_owned)
            .ok_or_else(|| malformed(METHOD, "result"))
    }

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
        let result = self.read(METHOD, json!([address.to_string(), self.encoded()]))?;
        read_account(field(&result, "value", METHOD)?, METHOD)
    }

    fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ChainError> {
        const METHOD: &str = "getMultipleAccounts";
        let mut accounts = Vec::with_capacity(addresses.len());
        for page in addresses.chunks(ACCOUNTS_PAGE) {
            let names: Vec<String> = page.iter().map(Address::to_string).collect();
            let result = self.read(METHOD, json!([names, self.encoded()]))?;
            let values = field(&result, "value", METHOD)?.as_array();
            let values = values
                .filter(|values| values.len() == page.len())
                .ok_or_else(|| malformed(METHOD, "value"))?;
            for value in values {
                accounts.push(read_account(value, METHOD)?);
            }
        }
        Ok(accounts)
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

    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Letter, ChainError> {
        let (blockhash, last_valid) = self.latest_blockhash()?;
        let signed = prepare(instructions, payer, signers, blockhash, options, |trial| {
            self.try_out(trial)
        })?;
        Ok(Letter::of(signed, last_valid, options.preflight))
    }

    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError> {
        self.deliver(letter)
    }

    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError> {
        let outcome = self.outcome(&letter.signature, letter.last_valid, Search::History)?;
        Ok(match outcome {
            Outcome::Pending => Fate::Open,
            Outcome::Expired => Fate::Expired,
            Outcome::Failed(error) => Fate::Failed(self.explain(letter, &error)?),
            // A node may need a moment to write the transaction down.
            Outcome::Landed => self
                .receipt(&letter.signature)?
                .map_or(Fate::Open, |receipt| Fate::Landed(Box::new(receipt))),
        })
    }

    /// A few threads share the work; each signs, sends and confirms one transaction after the other.
    fn send_batch(
        &mut self,
        batch: &[Vec<Instruction>],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
        done: &mut dyn FnMut(usize),
    ) -> Result<Vec<Receipt>, ChainError> {
        batch::send(self, batch, payer, signers, options, done)
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
        self.wait_for(&signature, last_valid)
    }

    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError> {
        let listed = self.history_after(address, None)?;
        Ok(listed.iter().map(|row| row.signature).collect())
    }

    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError> {
        let found = self.transaction(signature)?;
        if found.is_null() || found.pointer("/meta/err").is_some_and(|error| !error.is_null()) {
            return Ok(None);
        }
        read_receipt(*signature, &found).map(Some)
    }
}

/// An account as a node writes it; null: there is none.
fn read_account(value: &Value, method: &'static str) -> Result<Option<Account>, ChainError> {
    if value.is_null() {
        return Ok(None);
    }
    let data = value
        .pointer("/data/0")
        .and_then(Value::as_str)
        .ok_or_else(|| malformed(method, "data"))?;
    Ok(Some(Account {
        lamports: number(value, "lamports", method)?,
        data: STANDARD.decode(data).map_err(|_| malformed(method, "data"))?,
        owner: text(value, "owner", method)?
            .parse()
            .map_err(|_| malformed(method, "owner"))?,
        executable: value
            .get("executable")
            .and_then(Value::as_bool)
            .unwrap_or_default(),
        rent_epoch: value.get("rentEpoch").and_then(Value::as_u64).unwrap_or_default(),
    }))
}
