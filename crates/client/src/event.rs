//! What happened: events from the logs and the inner instructions of a transaction.
//!
//! Hot paths write `Program data:` log lines, rare acts call the program itself (see `programs/kzte/src/events`). Both
//! can be imitated by another program, so a log line counts only while our program is the one that runs, and a call
//! only when our program made it.

use anchor_lang::{Discriminator, event::EVENT_IX_TAG_LE};
use base64::{Engine, engine::general_purpose::STANDARD};
use kzte::events::*;
use serde::ser::{Serialize, SerializeMap, Serializer};
use solana_address::Address;

use crate::PROGRAM_ID;

macro_rules! events {
    ($($name:ident $([$issuer:ident])? { $($field:ident: $kind:ident),* $(,)? })*) => {
        /// An event of the program.
        ///
        /// As JSON: `{"event": "Minted", …}`; addresses in base 58, hashes in hexadecimal, 64-bit unsigned numbers as
        /// decimal strings, because JSON numbers lose digits above 2^53.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $(
                #[doc = concat!("See [`kzte::events::", stringify!($name), "`].")]
                $name($name),
            )*
        }

        impl Event {
            /// The names of all events.
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// Reads discriminator and fields. `None`: not an event of this program, or not of this length.
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                $(
                    if let Some(fields) = bytes.strip_prefix($name::DISCRIMINATOR) {
                        return borsh::from_slice(fields).ok().map(Self::$name);
                    }
                )*
                None
            }

            /// Name of the event, in the past tense.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// The configuration that the event is about.
            pub fn config(&self) -> &Address {
                match self { $(Self::$name(event) => &event.config,)* }
            }

            /// Who acted.
            pub fn actor(&self) -> &Address {
                match self { $(Self::$name(event) => &event.actor,)* }
            }

            /// The bank, where there is one.
            pub fn issuer(&self) -> Option<&Address> {
                match self { $(Self::$name(_event) => events!(@issuer _event $($issuer)?),)* }
            }
        }

        $(
            impl From<$name> for Event {
                fn from(event: $name) -> Self {
                    Self::$name(event)
                }
            }
        )*

        impl Serialize for Event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("event", self.name())?;
                match self {
                    $(
                        // Every field is named, so a new one cannot be forgotten here.
                        Self::$name($name { $($field),* }) => {
                            $(events!(@json map $field $kind);)*
                        }
                    )*
                }
                map.end()
            }
        }
    };
    (@issuer $event:ident issuer) => { Some(&$event.issuer) };
    (@issuer $event:ident) => { None };
    (@json $map:ident $field:ident reserved) => { let _ = $field; };
    (@json $map:ident $field:ident $kind:ident) => {
        $map.serialize_entry(stringify!($field), &json::$kind($field))?
    };
}

events! {
    Initialized {
        config: address, actor: address, mint: address, roles: addresses, max_statement_age: number,
        redemption_sla: number,
    }
    AttestorsSet {
        config: address, actor: address, attestors: addresses, version: number, count: number, threshold: number,
        mandatory: number, reserved: reserved,
    }
    IssuerRegistered [issuer] {
        config: address, issuer: address, actor: address, admin: address, operator: address, quota: wide,
        window_limit: wide, window_seconds: number, bic: text, reserved: reserved,
    }
    IssuerConfigured [issuer] {
        config: address, issuer: address, actor: address, quota: wide, window_limit: wide, window_seconds: number,
    }
    Paused { config: address, actor: address, flags: number, paused: number, reserved: reserved }
    Resumed { config: address, actor: address, flags: number, paused: number, reserved: reserved }
    AccountFrozen { config: address, actor: address, token_account: address, reference_hash: hash }
    AccountThawed { config: address, actor: address, token_account: address, reference_hash: hash }
    WalletBlocked { config: address, actor: address, wallet: address, reference_hash: hash }
    WalletUnblocked { config: address, actor: address, wallet: address, reference_hash: hash }
    StatementPosted [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, entries_root: hash, number: wide,
        opening: wide, credit_total: wide, debit_total: wide, closing: wide, as_of: number, entry_count: number,
        actionable_count: number,
    }
    StatementWithdrawn [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, number: wide,
    }
    StatementAttested [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, number: wide, closing: wide,
        attestor_set_version: number, approvals: number, effective: number, reserved: reserved,
    }
    StatementClosed [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, number: wide, minted: wide,
        settled: wide,
    }
    Minted [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, recipient: address, wallet: address,
        number: wide, amount: wide, index: number, reserved: reserved,
    }
    Burned [issuer] { config: address, issuer: address, actor: address, reference_hash: hash, amount: wide }
    RedemptionRequested [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, redemption: address, owner: address,
        nonce: wide, amount: wide, due_at: number,
    }
    RedemptionSettled [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, redemption: address, owner: address,
        number: wide, amount: wide, index: number, reserved: reserved,
    }
    RedemptionRejected [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, redemption: address, owner: address,
        amount: wide, reason: number, reserved: reserved,
    }
    RedemptionCancelled [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, redemption: address, owner: address,
        amount: wide,
    }
}

/// How each kind of field is written as JSON.
mod json {
    use solana_address::Address;

    pub fn address(value: &Address) -> String {
        value.to_string()
    }

    pub fn addresses(values: &[Address]) -> Vec<String> {
        values.iter().map(Address::to_string).collect()
    }

    pub fn hash(value: &[u8; 32]) -> String {
        hex::encode(value)
    }

    pub fn text(value: &[u8]) -> String {
        String::from_utf8_lossy(value).into_owned()
    }

    pub fn wide(value: &u64) -> String {
        value.to_string()
    }

    pub fn number<T: Copy + Into<i64>>(value: &T) -> i64 {
        (*value).into()
    }
}

/// One instruction that ran, in the order of execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The program that ran.
    pub program: Address,
    /// 1 for an instruction of the transaction itself, one more for each call beneath it.
    pub height: usize,
    /// Instruction data.
    pub data: Vec<u8>,
}

/// The events of one transaction, in the order in which they happened.
///
/// `logs`: its log lines; `calls`: all instructions that ran, outer and inner, in execution order. Where the runtime
/// cut the logs (`Log truncated`) the self-CPI events are still complete; log events behind the cut are lost.
pub fn events_of(logs: &[String], calls: &[Call]) -> Vec<Event> {
    let mut called = called_events(calls).into_iter();
    let mut events = Vec::new();
    let mut stack: Vec<Address> = Vec::new();
    for line in logs {
        if line == LOG_TRUNCATED {
            break;
        }
        match LogLine::parse(line) {
            LogLine::Invoke { program, height } => {
                stack.truncate(height.saturating_sub(1));
                // The only call that the program makes to itself is an event.
                if program == PROGRAM_ID && stack.last() == Some(&PROGRAM_ID) {
                    events.extend(called.next().flatten());
                }
                stack.push(program);
            }
            LogLine::Exit { program } => {
                if stack.last() == Some(&program) {
                    stack.pop();
                }
            }
            LogLine::Data(text) => {
                if stack.last() == Some(&PROGRAM_ID) {
                    events.extend(STANDARD.decode(text).ok().and_then(|bytes| Event::decode(&bytes)));
                }
            }
            LogLine::Other => {}
        }
    }
    events.extend(called.flatten());
    events
}

/// What the runtime writes where it cuts the logs of a transaction.
pub const LOG_TRUNCATED: &str = "Log truncated";

/// Each call of our program by our program, decoded where it is an event.
fn called_events(calls: &[Call]) -> Vec<Option<Event>> {
    let mut stack: Vec<Address> = Vec::new();
    let mut events = Vec::new();
    for call in calls {
        stack.truncate(call.height.saturating_sub(1));
        if call.program == PROGRAM_ID && stack.last() == Some(&PROGRAM_ID) {
            events.push(call.data.strip_prefix(EVENT_IX_TAG_LE).and_then(Event::decode));
        }
        stack.push(call.program);
    }
    events
}

/// A log line as the runtime writes it. What a program says itself always stands behind `Program log: `.
enum LogLine<'a> {
    Invoke { program: Address, height: usize },
    Exit { program: Address },
    Data(&'a str),
    Other,
}

impl<'a> LogLine<'a> {
    fn parse(line: &'a str) -> Self {
        let Some(rest) = line.strip_prefix("Program ") else { return Self::Other };
        if let Some(text) = rest.strip_prefix("data: ") {
            return Self::Data(text);
        }
        let Some((program, rest)) = rest.split_once(' ') else { return Self::Other };
        let Ok(program) = program.parse() else { return Self::Other };
        if let Some(height) = rest.strip_prefix("invoke [").and_then(|rest| rest.strip_suffix(']')) {
            return height.parse().map_or(Self::Other, |height| Self::Invoke { program, height });
        }
        if rest == "success" || rest.starts_with("failed: ") {
            return Self::Exit { program };
        }
        Self::Other
    }
}

/// The program whose failure ended the transaction: the first one that the logs say has failed, which is the
/// innermost.
pub(crate) fn failing_program(logs: &[String]) -> Option<Address> {
    logs.iter().find_map(|line| {
        let (program, rest) = line.strip_prefix("Program ")?.split_once(' ')?;
        rest.starts_with("failed: ").then(|| program.parse().ok())?
    })
}
