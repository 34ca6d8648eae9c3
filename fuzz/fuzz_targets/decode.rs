//! The client's readers: accounts, token accounts, mints, events, logs, amounts and bank codes.
//!
//! No bytes make them panic. An account that is read is written back to the same bytes; a field of a token account or
//! a mint is what stands at its fixed place; an event counts only where the program that runs is ours.

#![no_main]

use std::fmt::Debug;

use anchor_lang::event::EVENT_IX_TAG_LE;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use borsh::BorshSerialize;
use kzte::events::Burned;
use kzte_client::{
    Address, Bic, Event, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID,
    amount::{format_tenge, parse_tenge},
    decode, describe_error,
    event::{Call, events_of},
};
use kzte_fuzz::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes::new(data);
    match bytes.byte() % 11 {
        0 => exact(decode::config, bytes.rest()),
        1 => exact(decode::issuer, bytes.rest()),
        2 => exact(decode::redemption, bytes.rest()),
        3 => exact(decode::order, bytes.rest()),
        4 => statement(bytes.rest()),
        5 => token_account(bytes.rest()),
        6 => mint(bytes.rest()),
        7 => event(bytes.rest()),
        8 => arbitrary_logs(&mut bytes),
        9 => composed_logs(&mut bytes),
        _ => texts(&mut bytes),
    }
});

/// An account without a tail: read, it gives back the bytes behind its discriminator.
fn exact<T: BorshSerialize + Debug>(read: fn(&[u8]) -> decode::Result<T>, data: &[u8]) {
    match read(data) {
        Ok(account) => {
            assert_eq!(borsh::to_vec(&account).unwrap(), data[8..]);
            assert!(read(&data[..data.len() - 1]).is_err(), "a byte less");
            assert!(read(&[data, &[0]].concat()).is_err(), "a byte more");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn statement(data: &[u8]) {
    let Ok(account) = decode::statement(data) else {
        return;
    };
    let mut written = borsh::to_vec(&account.header).unwrap();
    written.extend(&account.bitmap);
    assert_eq!(written, data[8..]);
    let entries = account.header.entry_count;
    assert_eq!(account.bitmap.len(), entries.div_ceil(8) as usize);
    for index in (0..entries.min(70)).chain([entries.saturating_sub(1), entries, u32::MAX]) {
        let bit = account
            .bitmap
            .get(index as usize / 8)
            .map(|byte| byte >> (index % 8) & 1 == 1);
        assert_eq!(account.is_consumed(index), bit.filter(|_| index < entries));
    }
}

/// What stands at a fixed place.
fn field<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    data[at..at + N].try_into().unwrap()
}

fn address(data: &[u8], at: usize) -> Address {
    Address::new_from_array(field(data, at))
}

/// The old token layout's optional address: a 32-bit tag, then 32 bytes.
fn optional(data: &[u8], at: usize) -> Option<Address> {
    (field(data, at) == 1_u32.to_le_bytes()).then(|| address(data, at + 4))
}

fn token_account(data: &[u8]) {
    let Ok(account) = decode::token_account(data) else {
        return;
    };
    assert_eq!(account.mint, address(data, 0));
    assert_eq!(account.owner, address(data, 32));
    assert_eq!(account.amount.to_le_bytes(), field(data, 64));
    assert_eq!(account.delegate, optional(data, 72));
    assert_eq!(account.frozen, data[108] == 2);
    assert_eq!(account.delegated_amount.to_le_bytes(), field(data, 121));
    assert_eq!(account.close_authority, optional(data, 129));
}

fn mint(data: &[u8]) {
    let Ok(mint) = decode::mint(data) else { return };
    assert_eq!(mint.mint_authority, optional(data, 0));
    assert_eq!(mint.supply.to_le_bytes(), field(data, 36));
    assert_eq!(mint.decimals, data[44]);
    assert_eq!(mint.freeze_authority, optional(data, 46));
    if let Some(text) = &mint.metadata {
        assert!(text.name.len() + text.symbol.len() + text.uri.len() <= data.len());
    }
}

fn event(data: &[u8]) {
    let Some(event) = Event::decode(data) else { return };
    assert!(Event::NAMES.contains(&event.name()));
    // The configuration comes first in every event.
    assert_eq!(*event.config(), address(data, 8));
    let json = serde_json::to_value(&event).unwrap();
    assert_eq!(json["event"], event.name());
    assert_eq!(json["config"], event.config().to_string());
    assert_eq!(json["actor"], event.actor().to_string());
    assert!(Event::decode(&data[..data.len() - 1]).is_none(), "a byte less");
    assert!(Event::decode(&[data, &[0]].concat()).is_none(), "a byte more");
}

fn program(choice: u8) -> Address {
    match choice % 4 {
        0 | 1 => PROGRAM_ID,
        2 => TOKEN_PROGRAM_ID,
        _ => SYSTEM_PROGRAM_ID,
    }
}

fn arbitrary_logs(bytes: &mut Bytes) {
    let mut calls = Vec::new();
    for _ in 0..bytes.below(6) {
        let (program, height) = (program(bytes.byte()), usize::from(bytes.byte()));
        let length = usize::from(bytes.byte());
        calls.push(Call {
            program,
            height,
            data: bytes.take(length).to_vec(),
        });
    }
    let text = String::from_utf8_lossy(bytes.rest());
    let logs: Vec<String> = text.lines().map(str::to_owned).collect();
    let events = events_of(&logs, &calls);
    assert!(events.len() <= logs.len() + calls.len());
}

fn burned(amount: u8) -> (Event, Vec<u8>) {
    let burned = Burned {
        config: Address::new_from_array([1; 32]),
        issuer: Address::new_from_array([2; 32]),
        actor: Address::new_from_array([3; 32]),
        reference_hash: [4; 32],
        amount: u64::from(amount),
    };
    let bytes = anchor_lang::Event::data(&burned);
    (Event::Burned(burned), bytes)
}

/// The runtime's words in any order, with real events in them: those that our program wrote while it ran are found, in
/// order, and none that another program imitates.
fn composed_logs(bytes: &mut Bytes) {
    let (mut logs, mut expected) = (Vec::new(), Vec::new());
    let mut stack: Vec<Address> = Vec::new();
    for _ in 0..64 {
        if bytes.is_empty() {
            break;
        }
        let choice = bytes.byte();
        let running = program(choice >> 4);
        match choice & 7 {
            0 | 1 => {
                stack.push(running);
                logs.push(format!("Program {running} invoke [{}]", stack.len()));
            }
            2 => {
                if let Some(running) = stack.pop() {
                    logs.push(format!("Program {running} success"));
                }
            }
            3 => {
                if let Some(running) = stack.pop() {
                    logs.push(format!("Program {running} failed: custom program error: 0x1"));
                }
            }
            4 | 5 => {
                let (event, data) = burned(choice);
                logs.push(format!("Program data: {}", STANDARD.encode(&data)));
                if stack.last() == Some(&PROGRAM_ID) {
                    expected.push(event);
                }
            }
            // What a program says itself stands behind a prefix, whatever it says.
            6 => logs.push(format!("Program log: Program {running} invoke [1]")),
            _ => {
                let (_, data) = burned(choice);
                logs.push(format!("Program log: Program data: {}", STANDARD.encode(&data)));
            }
        }
    }
    assert_eq!(events_of(&logs, &[]), expected);

    // The same stack as calls: an event is what our program calls itself with.
    let (mut calls, mut expected) = (Vec::new(), Vec::new());
    let mut stack: Vec<Address> = Vec::new();
    for (number, line) in logs.iter().enumerate() {
        let choice = line.len() as u8 ^ number as u8;
        let height = usize::from(choice) % (stack.len() + 1);
        stack.truncate(height);
        let running = program(choice >> 3);
        let (event, data) = burned(choice);
        let tagged = choice & 1 == 0;
        if running == PROGRAM_ID && stack.last() == Some(&PROGRAM_ID) && tagged {
            expected.push(event);
        }
        stack.push(running);
        let tag = if tagged { EVENT_IX_TAG_LE } else { &[choice; 8] };
        calls.push(Call {
            program: running,
            height: height + 1,
            data: [tag, &data].concat(),
        });
    }
    assert_eq!(events_of(&[], &calls), expected);
}

fn texts(bytes: &mut Bytes) {
    let amount = bytes.u64();
    assert_eq!(parse_tenge(&format_tenge(amount)), Ok(amount));
    let _ = describe_error(&program(bytes.byte()), bytes.u32());
    let text = String::from_utf8_lossy(bytes.rest());
    if let Ok(amount) = parse_tenge(&text) {
        // The digits alone: what was read is what stands there, to the tiyn.
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let tiyn = text
            .rfind([',', '.'])
            .map_or(0, |at| text[at..].chars().filter(char::is_ascii_digit).count());
        let scale = 10_u128.pow(2 - u32::try_from(tiyn).unwrap());
        assert_eq!(
            u128::from(amount),
            digits.parse::<u128>().unwrap() * scale,
            "{text}"
        );
    }
    if let Ok(bic) = text.parse::<Bic>() {
        let written = bic.to_string();
        assert_eq!(written.len(), 11);
        assert!(written.starts_with(&*text));
        assert_eq!(written.parse::<Bic>(), Ok(bic));
        assert!(kzte_ledger::validate_bic(bic.as_bytes()).is_ok());
    }
}
