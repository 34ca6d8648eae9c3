//! From instructions to a confirmed transaction.
//!
//! The rule that everything here follows: a transaction is signed once. Its bytes may be sent again as often as need
//! be, because the chain takes a signature once; another transaction is never made while this one can still land.

use std::{thread, time::Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use solana_hash::Hash;
use solana_signature::Signature;

use super::{
    super::{Chain, Fate, Letter, Receipt, Used},
    RpcChain,
    wire::{CallError, field, logs_of, malformed, number, text, transaction_error},
};
use crate::{ChainError, transaction::Signed};

/// Code of a `sendTransaction` or `simulateTransaction` that the trial run refused.
const PREFLIGHT_FAILURE: i64 = -32002;

/// Where a transaction stands.
pub(super) enum Outcome {
    Pending,
    Landed,
    Failed(Value),
    Expired,
}

/// How far back a transaction is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// Among the latest, which every node has at hand, until it can no longer land.
    Recent,
    /// In everything that the node remembers.
    History,
}

impl RpcChain {
    pub(super) fn latest_blockhash(&self) -> Result<(Hash, u64), ChainError> {
        let result = self.read("getLatestBlockhash", json!([self.at_commitment()]))?;
        let value = field(&result, "value", "getLatestBlockhash")?;
        let hash = text(value, "blockhash", "getLatestBlockhash")?
            .parse()
            .map_err(|_| malformed("getLatestBlockhash", "blockhash"))?;
        Ok((hash, number(value, "lastValidBlockHeight", "getLatestBlockhash")?))
    }

    /// Runs a transaction on the node without keeping what it does.
    pub(super) fn try_out(&self, signed: &Signed) -> Result<Used, ChainError> {
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

    /// Sends until the letter has met the commitment, has failed, or can no longer land.
    pub(super) fn deliver(&self, letter: &Letter) -> Result<Receipt, ChainError> {
        let signature = letter.signature;
        let programs = letter.programs()?;
        let deadline = Instant::now() + self.patience;
        let mut skip_preflight = !letter.preflight;
        let mut next_send = Instant::now();
        // Once the bytes may have left, a refusal of a later trial run says nothing: they may have landed meanwhile,
        // which the trial takes for a mistake. From then on only the outcome counts.
        let mut sent = false;
        loop {
            let mut problem = None;
            if Instant::now() >= next_send {
                match self.submit(letter, skip_preflight) {
                    Ok(()) => (sent, skip_preflight) = (true, true),
                    // Whether the node has passed it on is not known.
                    Err(CallError::Transport(error)) => {
                        (sent, skip_preflight) = (true, true);
                        problem = Some(error);
                    }
                    // The node has not seen the block of the blockhash yet, and passed nothing on.
                    Err(CallError::Refused { message, data, .. }) if is(&data, "BlockhashNotFound") => {
                        problem = Some(message);
                    }
                    // Another run has sent the same bytes.
                    Err(CallError::Refused { message, data, .. }) if is(&data, "AlreadyProcessed") => {
                        (sent, skip_preflight) = (true, true);
                        problem = Some(message);
                    }
                    Err(CallError::Refused { message, .. }) if sent => problem = Some(message),
                    Err(refused) => {
                        // Another run may have sent the same bytes, and they are why the node says no. Nodes differ in how
                        // they say it.
                        if let Fate::Landed(receipt) = self.fate(letter)? {
                            return Ok(*receipt);
                        }
                        return Err(match refused {
                            CallError::Refused {
                                code: PREFLIGHT_FAILURE,
                                data,
                                ..
                            } if data.get("err").is_some() => {
                                let error = data.get("err").unwrap_or(&Value::Null);
                                transaction_error(error, logs_of(&data), &programs)
                            }
                            refused => refused.into_chain_error("sendTransaction"),
                        });
                    }
                }
                next_send = Instant::now() + self.resend;
            }

            match self.outcome(&signature, letter.last_valid, Search::Recent) {
                Ok(Outcome::Landed) => return self.receipt_of_landed(&signature),
                Ok(Outcome::Failed(error)) => return Err(self.explain(letter, &error)?),
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

    fn submit(&self, letter: &Letter, skip_preflight: bool) -> Result<(), CallError> {
        self.call_once(
            "sendTransaction",
            &json!([
                STANDARD.encode(&letter.bytes),
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
    pub(super) fn outcome(
        &self,
        signature: &Signature,
        last_valid: u64,
        search: Search,
    ) -> Result<Outcome, ChainError> {
        let height = self.read("getBlockHeight", json!([self.at_commitment()]))?;
        let height = height
            .as_u64()
            .ok_or_else(|| malformed("getBlockHeight", "result"))?;
        let over = height > last_valid;
        let result = self.read(
            "getSignatureStatuses",
            json!([
                [signature.to_string()],
                { "searchTransactionHistory": over || search == Search::History }
            ]),
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

    /// The error of a letter that failed on the chain, with its logs where the node still has them.
    pub(super) fn explain(&self, letter: &Letter, error: &Value) -> Result<ChainError, ChainError> {
        let logs = self
            .transaction(&letter.signature)
            .ok()
            .and_then(|found| found.get("meta").map(logs_of))
            .unwrap_or_default();
        Ok(transaction_error(error, logs, &letter.programs()?))
    }

    /// Waits until a transaction of somebody else has landed.
    pub(super) fn wait_for(&self, signature: &Signature, last_valid: u64) -> Result<(), ChainError> {
        let signature = *signature;
        let deadline = Instant::now() + self.patience;
        loop {
            match self.outcome(&signature, last_valid, Search::Recent)? {
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
}

/// Whether a trial run ended with a runtime error of that name.
fn is(data: &Value, name: &str) -> bool {
    data.get("err").and_then(Value::as_str) == Some(name)
}
