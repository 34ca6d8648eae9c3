//! How facts are written for people.

use std::fmt;

use jiff::{Timestamp, tz::Offset};
use kzte_client::{Address, Signature};

/// Kazakhstan's offset from UTC, all year.
const KAZAKHSTAN: Offset = Offset::constant(5);

/// A moment, Unix seconds, as a clock in Kazakhstan shows it: `2026-11-16 18:00:00 (UTC+05)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub i64);

impl Moment {
    /// `2026-11-16`.
    pub fn date(self) -> String {
        self.formatted("%Y-%m-%d")
    }

    /// `18:00`.
    pub fn time(self) -> String {
        self.formatted("%H:%M")
    }

    fn formatted(self, format: &str) -> String {
        match Timestamp::from_second(self.0) {
            Ok(timestamp) => KAZAKHSTAN.to_datetime(timestamp).strftime(format).to_string(),
            // Beyond the calendar: the chain holds any 64-bit number.
            Err(_) => format!("{} s", self.0),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.formatted("%Y-%m-%d %H:%M:%S (UTC+05)"))
    }
}

/// `1 entry`, `2 entries`.
pub fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The first and the last characters of an address.
pub fn short_address(address: &Address) -> String {
    shortened(&address.to_string(), 4)
}

/// The first characters of a signature.
pub fn short_signature(signature: &Signature) -> String {
    let text = signature.to_string();
    format!("{}…", text.get(..8).unwrap_or(&text))
}

/// Long texts by their ends.
pub fn shortened(text: &str, ends: usize) -> String {
    let (head, tail) = (text.get(..ends), text.get(text.len().saturating_sub(ends)..));
    match (head, tail) {
        (Some(head), Some(tail)) if text.len() > ends.saturating_mul(2) => format!("{head}…{tail}"),
        _ => text.to_owned(),
    }
}

/// `1 234 567` with no-break spaces.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_as_in_kazakhstan() {
        assert_eq!(Moment(1_794_798_000).to_string(), "2026-11-16 08:00:00 (UTC+05)");
        assert_eq!(Moment(1_794_798_000).date(), "2026-11-16");
        assert_eq!(Moment(0).time(), "05:00");
        assert_eq!(Moment(i64::MAX).to_string(), "9223372036854775807 s");
    }

    #[test]
    fn numbers_and_long_texts() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!(plural(1, "entry", "entries"), "1 entry");
        assert_eq!(plural(0, "entry", "entries"), "0 entries");
        assert_eq!(shortened("abcdefghij", 3), "abc…hij");
        assert_eq!(shortened("abcdef", 3), "abcdef");
    }
}
