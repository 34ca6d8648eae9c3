//! JSON-RPC over HTTP: one question, one answer, and how answers are read.

use std::thread;

use serde_json::{Value, json};
use solana_address::Address;
use solana_transaction_error::TransactionError;

use super::RpcChain;
use crate::ChainError;

/// Tries of a question that changes nothing.
const READ_TRIES: u32 = 3;
/// Longest answer that is read, bytes: an account of 10 MiB in base 64, and some.
const MAX_ANSWER: u64 = 32 * 1024 * 1024;

/// Why a call has no result.
pub(super) enum CallError {
    /// The node was not reached, or its answer is none: whether it acted is not known.
    Transport(String),
    /// The node says no.
    Refused { code: i64, message: String, data: Value },
}

impl RpcChain {
    /// One call, one answer.
    pub(super) fn call_once(&self, method: &str, params: &Value) -> Result<Value, CallError> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let unreachable =
            |error: String| CallError::Transport(format!("{}: {method}: {error}", host_of(&self.url)));
        let mut response = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .send(request.to_string())
            .map_err(|error| match error {
                // Its text quotes the whole URL.
                ureq::Error::BadUri(_) => unreachable("this is no URL of a node".to_owned()),
                error => unreachable(error.to_string()),
            })?;
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
        if let Some(refused) = refusal_of(&answer) {
            return Err(refused);
        }
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(unreachable(format!(
                "HTTP {status}, and the answer has neither a result nor an error"
            ))),
        }
    }

    /// A call that changes nothing: tried again when the node is not reached.
    pub(super) fn read(&self, method: &str, params: Value) -> Result<Value, ChainError> {
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

    pub(super) fn at_commitment(&self) -> Value {
        json!({ "commitment": self.commitment.name() })
    }

    /// How accounts are asked for.
    pub(super) fn encoded(&self) -> Value {
        json!({ "encoding": "base64", "commitment": self.commitment.name() })
    }
}

impl CallError {
    pub(super) fn into_chain_error(self, method: &str) -> ChainError {
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

/// The error of a JSON-RPC answer, where it is one.
pub(super) fn refusal_of(answer: &Value) -> Option<CallError> {
    let error = answer.get("error").filter(|error| !error.is_null())?;
    Some(CallError::Refused {
        code: error.get("code").and_then(Value::as_i64).unwrap_or_default(),
        message: error
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or("no message")
            .to_owned(),
        data: error.get("data").cloned().unwrap_or_default(),
    })
}

pub(super) fn logs_of(holder: &Value) -> Vec<String> {
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

/// A runtime error as JSON. Errors that a newer runtime has and this client does not know keep their text.
pub(super) fn transaction_error(error: &Value, logs: Vec<String>, programs: &[Address]) -> ChainError {
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

pub(super) fn field<'a>(value: &'a Value, name: &'static str, method: &str) -> Result<&'a Value, ChainError> {
    value.get(name).ok_or_else(|| malformed(method, name))
}

pub(super) fn text<'a>(value: &'a Value, name: &'static str, method: &str) -> Result<&'a str, ChainError> {
    field(value, name, method)?
        .as_str()
        .ok_or_else(|| malformed(method, name))
}

pub(super) fn number(value: &Value, name: &'static str, method: &str) -> Result<u64, ChainError> {
    field(value, name, method)?
        .as_u64()
        .ok_or_else(|| malformed(method, name))
}

pub(super) fn malformed(method: &str, what: &str) -> ChainError {
    ChainError::Transport(format!("the node's answer to {method} has no readable {what}"))
}

/// Scheme and host of a URL: its path may hold an access key, which belongs into no message.
pub(super) fn host_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "the node".to_owned();
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}
