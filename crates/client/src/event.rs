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

        /// One event of each kind with distinct bytes in every field, and its bytes as the program writes them.
        #[cfg(test)]
        fn samples() -> Vec<(Event, Vec<u8>)> {
            let mut samples = Vec::new();
            $(
                let bytes: Vec<u8> = (0..size_of::<$name>()).map(|place| (place * 7 + 1) as u8).collect();
                let event: $name = borsh::from_slice(&bytes).unwrap();
                samples.push((Event::$name(event), anchor_lang::Event::data(&event)));
            )*
            samples
        }

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
        config: address, issuer: address, actor: address, reference_hash: hash, number: wide, amount: wide, index: number, reserved: reserved,
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
    RoleNominated [issuer] {
        config: address, issuer: address, actor: address, nominee: address, role: number, reserved: reserved,
    }
    RoleAccepted [issuer] {
        config: address, issuer: address, actor: address, previous: address, role: number, reserved: reserved,
    }
    NominationCancelled [issuer] {
        config: address, issuer: address, actor: address, nominee: address, role: number, reserved: reserved,
    }
    PolicySet { config: address, actor: address, max_statement_age: number, redemption_sla: number }
    IssuerStatusChanged [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, from: number, to: number,
        reserved: reserved,
    }
    DefaultAccountStateSet { config: address, actor: address, frozen: number, reserved: reserved }
    MetadataUpdated { config: address, actor: address, value_hash: hash, field: number, reserved: reserved }
    ConfigMigrated {
        config: address, actor: address, issuer_count: number, version: number, reserved: reserved,
    }
    IssuerChecked [issuer] {
        config: address, issuer: address, actor: address, outstanding: wide, closing: wide, pending: wide,
        escrow: wide, quota: wide, as_of: number, overdue_count: number, violations: number, status: number,
        fresh: number, backed: number,
    }
    InvariantsChecked {
        config: address, actor: address, supply: wide, outstanding: wide, closing: wide, pending: wide, escrow:
        wide, checked_at: number, banks_given: number, banks_registered: number, violations: number, reserved:
        reserved,
    }
    HolderAdmitted [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, token_account: address, owner:
        address,
    }
    OrderOpened {
        config: address, actor: address, reference_hash: hash, order: address, subject: address, destination:
        address, cap: wide, expires_at: number,
    }
    OrderExecuted {
        config: address, actor: address, reference_hash: hash, order: address, subject: address, destination:
        address, amount: wide, executed: wide,
    }
    OrderClosed { config: address, actor: address, reference_hash: hash, order: address, executed: wide }
    RedemptionFlagged [issuer] {
        config: address, issuer: address, actor: address, reference_hash: hash, redemption: address, owner:
        address, amount: wide, due_at: number,
    }
    Novated [issuer] {
        config: address, issuer: address, taker: address, actor: address, taker_actor: address, reference_hash:
        hash, amount: wide,
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
        let Some(rest) = line.strip_prefix("Program ") else {
            return Self::Other;
        };
        if let Some(text) = rest.strip_prefix("data: ") {
            return Self::Data(text);
        }
        let Some((program, rest)) = rest.split_once(' ') else {
            return Self::Other;
        };
        let Ok(program) = program.parse() else {
            return Self::Other;
        };
        if let Some(height) = rest
            .strip_prefix("invoke [")
            .and_then(|rest| rest.strip_suffix(']'))
        {
            return height
                .parse()
                .map_or(Self::Other, |height| Self::Invoke { program, height });
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;
    use crate::TOKEN_PROGRAM_ID;

    fn address(byte: u8) -> Address {
        Address::new_from_array([byte; 32])
    }

    fn blocked(byte: u8) -> (Event, Vec<u8>) {
        let event = WalletBlocked {
            config: address(1),
            actor: address(2),
            wallet: address(byte),
            reference_hash: [byte; 32],
        };
        (event.into(), anchor_lang::Event::data(&event))
    }

    fn burned(amount: u64) -> (Event, String) {
        let event = Burned {
            config: address(1),
            issuer: address(2),
            actor: address(3),
            reference_hash: [4; 32],
            amount,
        };
        (
            event.into(),
            format!(
                "Program data: {}",
                STANDARD.encode(anchor_lang::Event::data(&event))
            ),
        )
    }

    fn call(program: Address, height: usize, data: &[u8]) -> Call {
        Call {
            program,
            height,
            data: data.to_vec(),
        }
    }

    fn event_call(height: usize, event: &[u8]) -> Call {
        call(PROGRAM_ID, height, &[EVENT_IX_TAG_LE, event].concat())
    }

    fn invoke(program: Address, height: usize) -> String {
        format!("Program {program} invoke [{height}]")
    }

    fn success(program: Address) -> String {
        format!("Program {program} success")
    }

    #[test]
    fn every_event_of_the_program_is_known() {
        let source = include_str!("../../../programs/kzte/src/events/mod.rs");
        let structs: Vec<&str> = source
            .lines()
            .filter_map(|line| line.strip_prefix("pub struct ")?.strip_suffix(" {"))
            .collect();
        assert!(structs.len() > 10, "the test read only {} events", structs.len());
        assert_eq!(
            structs.iter().collect::<HashSet<_>>(),
            Event::NAMES.iter().collect::<HashSet<_>>(),
            "programs/kzte/src/events has events that event.rs lacks, or the reverse"
        );
    }

    #[test]
    fn every_event_goes_round() {
        let samples = samples();
        assert_eq!(samples.len(), Event::NAMES.len());
        for (event, bytes) in &samples {
            assert_eq!(Event::decode(bytes).as_ref(), Some(event), "{}", event.name());
            assert_eq!(
                Event::decode(&bytes[..bytes.len() - 1]),
                None,
                "{} cut short",
                event.name()
            );
            assert_eq!(
                Event::decode(&[bytes.as_slice(), &[0]].concat()),
                None,
                "{} too long",
                event.name()
            );
        }
        assert_eq!(Event::decode(&[]), None);
        assert_eq!(Event::decode(&[0; 100]), None);
    }

    #[test]
    fn the_framework_tags_events_by_their_name() {
        use sha2::{Digest, Sha256};
        for (event, bytes) in samples() {
            assert_eq!(bytes[..8], Sha256::digest(format!("event:{}", event.name()))[..8]);
        }
        assert_eq!(hex::encode(EVENT_IX_TAG_LE), "e445a52e51cb9a1d");
        assert_eq!(
            EVENT_IX_TAG_LE,
            Sha256::digest("anchor:event")[..8]
                .iter()
                .rev()
                .copied()
                .collect::<Vec<u8>>()
        );
    }

    #[test]
    fn json_keeps_every_digit_and_leaves_padding_out() {
        let event = Event::from(Minted {
            config: address(1),
            issuer: address(2),
            actor: address(3),
            reference_hash: [0xab; 32],
            number: 9_007_199_254_740_993,
            amount: u64::MAX,
            index: 7,
            reserved: 0,
        });
        assert_eq!(
            serde_json::to_value(&event).unwrap(),
            serde_json::json!({
                "event": "Minted",
                "config": address(1).to_string(),
                "issuer": address(2).to_string(),
                "actor": address(3).to_string(),
                "reference_hash": "ab".repeat(32),
                "number": "9007199254740993",
                "amount": "18446744073709551615",
                "index": 7,
            })
        );
        for (event, _) in samples() {
            let value = serde_json::to_value(&event).unwrap();
            assert_eq!(value["event"], event.name());
            assert_eq!(value["config"], event.config().to_string());
            assert_eq!(value["actor"], event.actor().to_string());
            let issuer = value
                .get("issuer")
                .and_then(|text| text.as_str())
                .map(str::to_owned);
            assert_eq!(event.issuer().map(Address::to_string), issuer);
            assert!(value.get("reserved").is_none());
        }
    }

    #[test]
    fn events_come_in_the_order_in_which_they_happened() {
        let ((first, first_line), (second, second_line), (between, bytes)) =
            (burned(1), burned(2), blocked(9));
        let logs = [
            invoke(PROGRAM_ID, 1),
            first_line,
            invoke(TOKEN_PROGRAM_ID, 2),
            "Program log: Instruction: BurnChecked".to_owned(),
            format!("Program {TOKEN_PROGRAM_ID} consumed 1400 of 200000 compute units"),
            success(TOKEN_PROGRAM_ID),
            invoke(PROGRAM_ID, 2),
            success(PROGRAM_ID),
            second_line,
            success(PROGRAM_ID),
        ];
        let calls = [
            call(PROGRAM_ID, 1, &[1]),
            call(TOKEN_PROGRAM_ID, 2, &[15]),
            event_call(2, &bytes),
        ];
        assert_eq!(events_of(&logs, &calls), [first, between, second]);
    }

    #[test]
    fn data_of_another_program_is_no_event() {
        let (_, line) = burned(1);
        let other = address(66);
        let alone = [invoke(other, 1), line.clone(), success(other)];
        assert_eq!(events_of(&alone, &[]), []);
        let beneath_ours = [
            invoke(PROGRAM_ID, 1),
            invoke(other, 2),
            line.clone(),
            success(other),
            success(PROGRAM_ID),
        ];
        assert_eq!(events_of(&beneath_ours, &[]), []);
        let after_ours = [
            invoke(PROGRAM_ID, 1),
            success(PROGRAM_ID),
            invoke(other, 1),
            line.clone(),
            success(other),
        ];
        assert_eq!(events_of(&after_ours, &[]), []);
        let after_a_failure = [
            invoke(PROGRAM_ID, 1),
            format!("Program {PROGRAM_ID} failed: custom program error: 0x1770"),
            line.clone(),
        ];
        assert_eq!(events_of(&after_a_failure, &[]), []);
        let nobody = [line];
        assert_eq!(events_of(&nobody, &[]), []);
    }

    #[test]
    fn a_program_cannot_talk_itself_into_ours() {
        let (_, line) = burned(1);
        let other = address(66);
        for pretence in [
            format!("Program log: {}", invoke(PROGRAM_ID, 1)),
            format!("Program log: \n{}", invoke(PROGRAM_ID, 2)),
            format!("Program log: {}", success(other)),
            format!("Program return: {PROGRAM_ID} AA=="),
            format!("Program {PROGRAM_ID} consumed 1 of 2 compute units"),
            format!("Program {PROGRAM_ID} invoke [x]"),
        ] {
            let logs = [invoke(other, 1), pretence, line.clone(), success(other)];
            assert_eq!(events_of(&logs, &[]), [], "{}", logs[1]);
        }
    }

    #[test]
    fn ours_beneath_another_program_still_counts() {
        let (event, line) = burned(5);
        let vault = address(77);
        let (governed, bytes) = blocked(3);
        let logs = [
            invoke(vault, 1),
            invoke(PROGRAM_ID, 2),
            line,
            invoke(PROGRAM_ID, 3),
            success(PROGRAM_ID),
            success(PROGRAM_ID),
            success(vault),
        ];
        let calls = [
            call(vault, 1, &[]),
            call(PROGRAM_ID, 2, &[1]),
            event_call(3, &bytes),
        ];
        assert_eq!(events_of(&logs, &calls), [event, governed]);
    }

    #[test]
    fn a_call_by_another_program_is_no_event() {
        let (_, bytes) = blocked(3);
        let other = address(66);
        assert_eq!(events_of(&[], &[call(other, 1, &[]), event_call(2, &bytes)]), []);
        assert_eq!(events_of(&[], &[event_call(1, &bytes)]), []);
        // Ours, then another program beneath it, which makes the call.
        let calls = [
            call(PROGRAM_ID, 1, &[]),
            call(other, 2, &[]),
            event_call(3, &bytes),
        ];
        assert_eq!(events_of(&[], &calls), []);
        // A sibling of ours does not inherit its place.
        let calls = [
            call(PROGRAM_ID, 1, &[]),
            call(other, 1, &[]),
            event_call(2, &bytes),
        ];
        assert_eq!(events_of(&[], &calls), []);
        // Our program to another one, with the tag.
        let calls = [
            call(PROGRAM_ID, 1, &[]),
            call(other, 2, &[EVENT_IX_TAG_LE, &bytes].concat()),
        ];
        assert_eq!(events_of(&[], &calls), []);
    }

    #[test]
    fn cut_logs_lose_no_called_event() {
        let (first, line) = burned(1);
        let (_, lost) = burned(2);
        let (event, bytes) = blocked(3);
        let logs = [invoke(PROGRAM_ID, 1), line, LOG_TRUNCATED.to_owned(), lost];
        let calls = [call(PROGRAM_ID, 1, &[]), event_call(2, &bytes)];
        assert_eq!(events_of(&logs, &calls), [first, event]);
    }

    #[test]
    fn the_first_failure_names_the_program() {
        let logs = [
            "Program log: Program 11111111111111111111111111111111 failed: x".to_owned(),
            format!("Program {TOKEN_PROGRAM_ID} failed: custom program error: 0x1"),
            format!("Program {PROGRAM_ID} failed: custom program error: 0x1"),
        ];
        assert_eq!(failing_program(&logs), Some(TOKEN_PROGRAM_ID));
        assert_eq!(failing_program(&logs[..1]), None);
    }

    proptest! {
        // The same cases in every run.
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_logs_make_the_reader_panic(
            logs in prop::collection::vec("(Program |Program data: |)\\PC{0,60}", 0..20),
            calls in prop::collection::vec((any::<bool>(), 0..6usize, prop::collection::vec(any::<u8>(), 0..40)), 0..20),
        ) {
            let program = |ours| if ours { PROGRAM_ID } else { TOKEN_PROGRAM_ID };
            let calls: Vec<Call> =
                calls.iter().map(|(ours, height, data)| call(program(*ours), *height, data)).collect();
            prop_assert_eq!(events_of(&logs, &calls), []);
        }
    }
}
