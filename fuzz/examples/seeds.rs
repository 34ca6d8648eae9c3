//! Writes the seeds that are not bank files; those are cut by hand from `app/cli/samples`. After `cargo xtask build`, with
//! a target folder of its own (crates of two workspaces in one folder are mistaken for each other):
//!
//! ```sh
//! CARGO_TARGET_DIR=~/.cache/kzte/target-fuzz cargo run --manifest-path fuzz/Cargo.toml --locked --ignore-rust-version \
//!     --features chain --example seeds
//! ```

use std::fs;
use std::path::Path;

use kzte_client::{PROGRAM_ID, TOKEN_PROGRAM_ID};
use kzte_fuzz::scenes;
use kzte_harness::roster;
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

/// Bytes that say nothing to a target; they keep a seed from passing for a text file that lacks its last line feed.
const MUTE: u8 = 0xfb;

fn main() {
    merkle();
    rules();
    let events = decode();
    println!("{events} events");
    program();
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    assert!(
        bytes.ends_with(b"\n") || std::str::from_utf8(bytes).is_err(),
        "{target}/{name} looks like text"
    );
    fs::write(folder.join(name), bytes).unwrap();
}

/// The choices of [`kzte_fuzz::Bytes`], written instead of read.
#[derive(Default)]
struct Script(Vec<u8>);

impl Script {
    fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn amount(self, amount: u64) -> Self {
        match u8::try_from(amount) {
            Ok(small) if small < 32 => self.byte(small << 3),
            _ if amount == u64::MAX => self.byte(4),
            _ => self.byte(7).bytes(&amount.to_le_bytes()),
        }
    }

    fn time(self, time: i64) -> Self {
        match u8::try_from(time) {
            Ok(small) if small < 32 => self.byte(small << 3),
            _ => self.byte(7).bytes(&time.to_le_bytes()),
        }
    }

    fn count(self, count: u32) -> Self {
        match u8::try_from(count) {
            Ok(small) if small < 64 => self.byte(small << 2),
            _ => self.byte(3).bytes(&count.to_le_bytes()),
        }
    }
}

fn merkle() {
    let vectors = include_str!("../../crates/ledger/vectors/entries.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    let mut encoded = Vec::new();
    fn collect(value: &serde_json::Value, found: &mut Vec<Vec<u8>>) {
        match value {
            // The only texts of this length are encoded entries.
            serde_json::Value::String(text) if text.len() == 2 * 77 => {
                let digits: Vec<u8> = text
                    .chars()
                    .map(|digit| digit.to_digit(16).unwrap() as u8)
                    .collect();
                found.push(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect());
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            serde_json::Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    collect(&vectors, &mut encoded);
    assert!(!encoded.is_empty());
    for (number, entry) in encoded.iter().take(4).enumerate() {
        write("merkle", &format!("entry-{number}"), &[&[3], &entry[..]].concat());
    }
    // Trees of one, seven and thirteen entries: honest claims, then one distortion of each kind.
    for (mode, name) in [(0, "entries"), (1, "runs")] {
        for count in [1, 7, 13] {
            let mut script = Script::default().byte(mode).byte(count - 1);
            for index in 0..count {
                script = script
                    .byte(index)
                    .amount(1_000 + u64::from(index))
                    .byte(index)
                    .byte(0x80 + index);
            }
            script = script.byte(0).byte(0);
            for kind in 0..8 {
                script = script
                    .byte(count / 2)
                    .byte(1)
                    .byte(1)
                    .byte(kind)
                    .byte(kind)
                    .byte(2)
                    .byte(3);
            }
            write("merkle", &format!("{name}-of-{count}"), &script.byte(MUTE).0);
        }
    }
    for count in [3, 40_000, 65_536, 65_537] {
        // A leaf, sixteen siblings, and whatever root they lead to; then a run of two.
        let script = Script::default()
            .byte(2)
            .count(count)
            .byte(0)
            .bytes(&2_u16.to_le_bytes());
        let script = script.byte(7).byte(16).bytes(&[5; 16]).byte(0);
        let script = script.byte(2).bytes(&[1, 2]).byte(17).bytes(&[6; 17]).byte(0);
        write("merkle", &format!("path-in-{count}"), &script.byte(MUTE).0);
    }
}

/// The main story of the rules: reserves, votes, mints, redemptions, a novation, an issuer that closes.
fn rules() {
    let bank = |script: Script, limit| script.amount(limit).time(86_400).amount(1_000_000).time(172_800);
    let start = |limit| {
        // Three attestors, two votes, the first seat mandatory.
        let script = Script::default().byte(3).byte(2).byte(0b001);
        bank(bank(script, limit), u64::MAX).time(1_000_000)
    };
    // A statement of this moment; `bank` is 0 or 0x80.
    let post = |script: Script, bank: u8, credits, debits, entries| {
        let script = script.byte(bank | 1).amount(credits).amount(debits).byte(0);
        script.count(entries).byte(0).byte(5)
    };
    let carry = |script: Script, bank: u8| script.byte(bank | 3).byte(0).byte(bank | 3).byte(1);
    let mint = |script: Script, bank: u8, statement, index, amount| {
        script.byte(bank | 5).byte(statement).count(index).amount(amount)
    };

    let script = carry(post(start(500), 0, 1_000, 0, 3), 0);
    let script = mint(mint(mint(script, 0, 0, 0, 300), 0, 0, 0, 1), 0, 0, 1, 300);
    write("rules", "mint", &script.byte(MUTE).0);

    let script = carry(post(start(u64::MAX), 0, 1_000, 0, 9), 0);
    let script = mint(script, 0, 0, 8, 700).byte(8).amount(100);
    let script = script.byte(14).byte(2).amount(250).byte(0).time(60);
    let script = carry(post(script, 0, 0, 250, 2), 0).byte(9).byte(1).count(1);
    write("rules", "redeem", &script.byte(MUTE).0);

    let script = carry(post(start(u64::MAX), 0, 1_000, 0, 3), 0);
    let script = mint(carry(post(script, 0x80, 600, 0, 3), 0x80), 0, 0, 2, 900);
    let script = script
        .byte(10)
        .amount(400)
        .byte(0x80 | 14)
        .byte(3)
        .amount(500)
        .byte(0x80 | 13)
        .byte(1);
    let script = script.byte(10).amount(100).byte(10).amount(100);
    write("rules", "novate", &script.byte(MUTE).0);

    let script = start(u64::MAX)
        .byte(13)
        .byte(1)
        .byte(13)
        .byte(2)
        .byte(13)
        .byte(3)
        .byte(13)
        .byte(0);
    let script = script
        .byte(12)
        .time(1)
        .amount(5)
        .time(0)
        .byte(11)
        .amount(3)
        .byte(15);
    let script = script
        .amount(9)
        .time(2)
        .time(3)
        .amount(4)
        .time(5)
        .amount(6)
        .amount(1)
        .amount(2)
        .amount(3);
    write("rules", "close", &script.byte(MUTE).0);
}

/// Accounts, events and logs as the program leaves them.
fn decode() -> usize {
    let (mut machine, scenes) = scenes::all();
    let mut seen = std::collections::BTreeSet::new();
    let mut keep = |selector: u8, name: &str, bytes: &[u8]| {
        if seen.insert(name.to_owned()) {
            write("decode", name, &[&[selector], bytes].concat());
        }
    };
    for scene in &scenes {
        for account in scene.accounts.values() {
            let data = &account.data;
            if account.owner == TOKEN_PROGRAM_ID {
                match data.len() {
                    // A short one of each, the mint as it is.
                    165..300 => keep(5, "token-account", data),
                    300.. => keep(6, "mint", data),
                    _ => {}
                }
            } else if account.owner == PROGRAM_ID {
                use kzte_client::decode;
                let (selector, name) = match data {
                    _ if decode::config(data).is_ok() => (0, "config"),
                    _ if decode::issuer(data).is_ok() => (1, "issuer"),
                    _ if decode::redemption(data).is_ok() => (2, "redemption"),
                    _ if decode::order(data).is_ok() => (3, "order"),
                    _ if decode::statement(data).is_ok() => (4, "statement"),
                    _ => continue,
                };
                keep(selector, name, data);
            }
        }
    }

    let mut events = 0;
    let mut before = None;
    for scene in &scenes {
        scenes::show(&mut machine, before, scene);
        before = Some(scene);
        let message = Message::new(std::slice::from_ref(&scene.instruction), Some(&scene.payer));
        let signatures = vec![Signature::default(); message.header.num_required_signatures.into()];
        let transaction = VersionedTransaction {
            signatures,
            message: VersionedMessage::Legacy(message),
        };
        let info = machine.simulate_transaction(transaction).unwrap();
        for call in info.meta.inner_instructions.iter().flatten() {
            let data = &call.instruction.data;
            if let Some(event) = data.strip_prefix(anchor_lang::event::EVENT_IX_TAG_LE) {
                events += 1;
                keep(7, &format!("event-{}", scene.name), event);
            }
        }
        for line in &info.meta.logs {
            if let Some(text) = line.strip_prefix("Program data: ") {
                use base64::Engine as _;
                events += 1;
                let event = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
                keep(7, &format!("event-{}", scene.name), &event);
            }
        }
        if ["mint", "settle_redemption", "freeze"].contains(&scene.name) {
            let logs = info.meta.logs.join("\n") + "\n";
            keep(
                8,
                &format!("logs-{}", scene.name),
                &[&[0], logs.as_bytes()].concat(),
            );
        }
    }

    // Nested calls of all kinds with events in them.
    let choices = [0, 4, 0x20, 4, 0, 5, 2, 2, 6, 7, 4, 3, 0x30, 0, 4, 2];
    keep(9, "nested-calls", &[&choices[..], &[MUTE]].concat());
    for (name, text) in [
        ("amount", "1 234,56 ₸\n"),
        ("bic", "ALTNKZKAXXX"),
        ("short-bic", "SARYKZ2A"),
    ] {
        // An amount whose bytes are no text.
        let head = Script::default()
            .bytes(&[0xff; 8])
            .byte(1)
            .bytes(&6_001_u32.to_le_bytes());
        keep(10, name, &head.bytes(text.as_bytes()).0);
    }
    events
}

/// Every instruction as it passes, and each argument and account bent once.
fn program() {
    for (place, spec) in roster::ALL.iter().enumerate() {
        let place = u8::try_from(place).unwrap();
        // As it passes, then with every account of it in every form.
        let most = spec.accounts.len() + 2 * spec.remaining.len();
        let sweeps = (0..u8::try_from(most).unwrap()).flat_map(|at| [9, at]);
        let bytes: Vec<u8> = [place].into_iter().chain(sweeps).chain([MUTE]).collect();
        write("program", spec.name, &bytes);
    }
    let place = |name: &str| roster::ALL.iter().position(|spec| spec.name == name).unwrap() as u8;
    // A later clock; an amount at the end of its type; two accounts exchanged; a signer less.
    let late = Script::default()
        .byte(place("mint"))
        .byte(0)
        .time(1_000_000)
        .byte(MUTE);
    write("program", "mint-late", &late.0);
    let large = Script::default()
        .byte(place("burn"))
        .byte(1)
        .byte(5)
        .byte(0)
        .amount(u64::MAX)
        .byte(MUTE);
    write("program", "burn-all", &large.0);
    let swapped = Script::default()
        .byte(place("novate"))
        .byte(6)
        .byte(2)
        .byte(4)
        .byte(3)
        .byte(MUTE);
    write("program", "novate-swapped", &swapped.0);
    // Acts in a row: what `first` changes must hold for the scene's own instruction.
    for (first, then) in [
        ("pause", "mint"),
        ("pause", "settle_redemption"),
        ("set_issuer_status", "mint"),
        ("set_issuer_status", "burn"),
        ("flag_overdue", "mint_many"),
        ("block_wallet", "request_redemption"),
        ("reject_redemption", "settle_redemption"),
        ("cancel_redemption", "flag_overdue"),
        ("set_attestors", "attest_statement"),
        ("close_order", "execute_order"),
        ("freeze", "execute_order"),
        ("nominate_role", "accept_role"),
        ("migrate_config", "register_issuer"),
        ("novate", "burn"),
    ] {
        let row = Script::default()
            .byte(place(then))
            .byte(5)
            .byte(place(first))
            .byte(1)
            .byte(10)
            .byte(0);
        write("program", &format!("{then}-after-{first}"), &row.byte(MUTE).0);
    }
    // An order executed twice, half of it each time; a deposit minted twice; a bank that winds down and closes.
    let half = |script: Script| script.byte(1).byte(5).byte(0).amount(500);
    let twice = half(
        half(Script::default().byte(place("execute_order")))
            .byte(10)
            .byte(0),
    );
    write("program", "execute-twice", &twice.byte(MUTE).0);
    let again = Script::default().byte(place("mint")).byte(10).byte(0).byte(MUTE);
    write("program", "mint-twice", &again.0);
    let status = |script: Script, number| script.byte(1).byte(2).byte(8).byte(number);
    let closing = status(Script::default().byte(place("set_issuer_status")), 2)
        .byte(10)
        .byte(0);
    write("program", "wind-down-and-close", &status(closing, 3).byte(MUTE).0);
    let unsigned = Script::default()
        .byte(place("pause"))
        .byte(6)
        .byte(0)
        .byte(0)
        .byte(MUTE);
    write("program", "pause-unsigned", &unsigned.0);
}
