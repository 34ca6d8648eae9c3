//! Damaged files: never a panic, never a statement that does not add up, always a place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

mod common;

use std::io::BufReader;

use common::{SAMPLES, assert_whole, sample};
use kzte_camt::{Options, read};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// Bytes that mean something to XML or to an amount.
const TELLING: &[u8] = b"<>/&;\"'=!?-[]0123456789.+eE \n\t\r\0KZT:1\xff\xd0";

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        let byte = TELLING.get(random.below(TELLING.len())).copied().unwrap();
        match random.below(7) {
            0 => *bytes.get_mut(at).unwrap() = byte,
            1 => *bytes.get_mut(at).unwrap() ^= 1 << random.below(8),
            2 => bytes.insert(at, byte),
            3 => drop(bytes.remove(at)),
            // A piece is lost, doubled, or moved elsewhere.
            kind => {
                let end = (at + 1 + random.below(400)).min(bytes.len());
                let piece: Vec<u8> = match kind {
                    4 | 6 => bytes.drain(at..end).collect(),
                    _ => bytes.get(at..end).unwrap().to_vec(),
                };
                if kind != 4 {
                    let to = random.below(bytes.len() + 1);
                    bytes.splice(to..to, piece);
                }
            }
        }
        if bytes.is_empty() {
            return;
        }
    }
}

/// True if the file was accepted.
fn survives(bytes: &[u8]) -> bool {
    match read(bytes, &Options::default()) {
        Ok(statements) => {
            assert_whole(&statements);
            true
        }
        Err(error) => {
            assert!(error.place().is_some_and(|place| place.line > 0), "{error}");
            assert!(error.to_string().starts_with("line "), "{error}");
            false
        }
    }
}

#[test]
fn mutated_samples_never_panic_and_never_lie() {
    let mut random = Random(20_261_116);
    let (mut accepted, mut refused) = (0, 0);
    for name in SAMPLES {
        let original = sample(name).into_bytes();
        for _ in 0..1_000 {
            let mut bytes = original.clone();
            mutate(&mut bytes, &mut random);
            if survives(&bytes) {
                accepted += 1
            } else {
                refused += 1
            }
        }
    }
    // Changes in names, purposes and white space are harmless; most others are not.
    assert!(
        accepted > 200 && refused > 2_000,
        "accepted {accepted}, refused {refused}"
    );
}

#[test]
fn truncated_samples_are_refused() {
    for name in SAMPLES {
        let original = sample(name);
        let whole = original.trim_end().len();
        for length in (0..whole).step_by(7) {
            assert!(
                !survives(original.as_bytes().get(..length).unwrap()),
                "{name}, {length} bytes"
            );
        }
        assert!(survives(original.as_bytes().get(..whole).unwrap()), "{name}");
    }
}

#[test]
fn one_digit_of_an_amount_never_goes_unnoticed() {
    // Every digit within an amount, a sum or a count matters to some check.
    for name in SAMPLES {
        let original = sample(name);
        let mut rest = original.as_str();
        let mut tried = 0;
        while let Some((_, after)) = rest.split_once("<Amt Ccy=\"KZT\">") {
            let start = original.len() - after.len();
            let end = start + after.find('<').unwrap();
            for at in start..end {
                let mut bytes = original.clone().into_bytes();
                let byte = bytes.get_mut(at).unwrap();
                if byte.is_ascii_digit() {
                    *byte = if *byte == b'9' { b'8' } else { *byte + 1 };
                    // The available balance (CLAV) and no other says nothing of what was booked.
                    let before = original.get(..start).unwrap();
                    let available = before.rfind("<Cd>CLAV</Cd>").is_some_and(|cd| start - cd < 100);
                    assert_eq!(survives(&bytes), available, "{name}, byte {at}");
                    tried += 1;
                }
            }
            rest = after;
        }
        assert!(tried > 50, "{name}: {tried}");
    }
}

#[test]
fn the_size_of_the_buffer_does_not_matter() {
    for name in SAMPLES {
        let xml = sample(name);
        let options = Options { keep_text: true };
        let whole = read(xml.as_bytes(), &options).unwrap();
        let broken = xml.replace("</BkToCstmrStmt>", "</Oops>");
        let error = read(broken.as_bytes(), &options).unwrap_err().to_string();
        for capacity in [1, 2, 3, 7, 64, 4_096] {
            let pieces = read(BufReader::with_capacity(capacity, xml.as_bytes()), &options).unwrap();
            assert_eq!(whole, pieces, "{name}, {capacity}");
            let pieces = read(BufReader::with_capacity(capacity, broken.as_bytes()), &options).unwrap_err();
            assert_eq!(error, pieces.to_string(), "{name}, {capacity}");
        }
    }
}
