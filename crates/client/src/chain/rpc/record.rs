//! A transaction as the node has written it down.

use std::{thread, time::Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::{
    super::{Chain, Inner, Receipt, calls_of},
    RpcChain,
    wire::{field, logs_of, malformed, number},
};
use crate::{
    ChainError,
    event::{LOG_TRUNCATED, events_of},
};

/// Highest transaction version that is read: this client writes legacy ones, but other programs' version 1
/// transactions may touch our accounts.
const MAX_TRANSACTION_VERSION: u8 = 1;

impl RpcChain {
    /// `getTransaction`; null: the node does not know it.
    pub(super) fn transaction(&self, signature: &Signature) -> Result<Value, ChainError> {
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
    pub(super) fn receipt_of_landed(&self, signature: &Signature) -> Result<Receipt, ChainError> {
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

/// The answer of `getTransaction` as a receipt.
pub(super) fn read_receipt(signature: Signature, found: &Value) -> Result<Receipt, ChainError> {
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
