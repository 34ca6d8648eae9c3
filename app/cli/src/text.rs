//! How facts are written for people.

use std::fmt;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};
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

/// Reads a moment: Unix seconds, or a clock in Kazakhstan: `2026-12-31 18:00`. A day alone lasts to its end.
pub fn parse_moment(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| "it is beyond the calendar".to_owned());
    }
    let unreadable =
        || "write 2026-12-31 18:00 (UTC+05), 2026-12-31 for the end of that day, or Unix seconds".to_owned();
    let text = text.trim_end_matches("(UTC+05)").trim_end();
    // The reader of dates alone also takes a date with a time and drops the time.
    let local: DateTime = if text.len() == "2026-12-31".len() {
        let day: Date = text.parse().map_err(|_| unreadable())?;
        day.tomorrow()
            .map_err(|_| "it is beyond the calendar".to_owned())?
            .to_datetime(jiff::civil::Time::midnight())
    } else {
        text.parse().map_err(|_| unreadable())?
    };
    KAZAKHSTAN
        .to_timestamp(local)
        .map(Timestamp::as_second)
        .map_err(|_| "it is beyond the calendar".to_owned())
}

/// Reads a span of time: `3d`, `36h`, `90m`, `45s`, or seconds.
pub fn parse_span(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let (digits, unit) = match text.char_indices().last() {
        Some((place, 'd')) => (text.get(..place), 86_400),
        Some((place, 'h')) => (text.get(..place), 3_600),
        Some((place, 'm')) => (text.get(..place), 60),
        Some((place, 's')) => (text.get(..place), 1),
        _ => (Some(text), 1),
    };
    let count: Option<i64> = digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok());
    count
        .and_then(|count| count.checked_mul(unit))
        .ok_or_else(|| "write 3d, 36h, 90m, 45s, or seconds".to_owned())
}

/// `3 d`, `36 h`, `90 s`: the largest unit that leaves nothing over.
pub fn span(seconds: i64) -> String {
    for (unit, name) in [(86_400, "d"), (3_600, "h")] {
        if let (Some(0), Some(count)) = (seconds.checked_rem(unit), seconds.checked_div(unit)) {
            return format!("{count} {name}");
        }
    }
    format!("{seconds} s")
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
    fn moments_are_read_as_they_are_shown() {
        assert_eq!(parse_moment("1794798000"), Ok(1_794_798_000));
        assert_eq!(parse_moment(" 2026-11-16 08:00 "), Ok(1_794_798_000));
        assert_eq!(parse_moment("2026-11-16T08:00:01"), Ok(1_794_798_001));
        assert_eq!(
            parse_moment(&Moment(1_794_798_000).to_string()),
            Ok(1_794_798_000)
        );
        assert_eq!(parse_moment("2026-11-15"), parse_moment("2026-11-16 00:00"));
        for text in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-11-16 25:00",
            "-5",
            "16.11.2026",
            "99999999999999999999",
        ] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn spans_of_time() {
        assert_eq!(parse_span("3d"), Ok(259_200));
        assert_eq!(parse_span("36h"), Ok(129_600));
        assert_eq!(parse_span("90m"), Ok(5_400));
        assert_eq!(parse_span("45s"), Ok(45));
        assert_eq!(parse_span("3600"), Ok(3_600));
        for text in [
            "",
            "d",
            "-1d",
            "1,5d",
            "3 d",
            "99999999999999999999",
            "9223372036854775807d",
        ] {
            assert!(parse_span(text).is_err(), "{text}");
        }
        assert_eq!(
            [span(259_200), span(129_600), span(61)],
            ["3 d", "36 h", "61 s"].map(str::to_owned)
        );
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
