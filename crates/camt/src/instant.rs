//! ISO 8601 dates and times of the schema (`xs:dateTime`, `xs:date`) to unix seconds.
//!
//! A time without an offset is a time in Kazakhstan, which has kept UTC+05:00 all year since 2024-03-01.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Span, ToSpan};

/// Kazakhstan's offset from UTC.
const KAZAKHSTAN: Offset = Offset::constant(5);

/// `2026-11-16T18:00:00`, with an optional fraction of a second (dropped) and an optional offset.
pub(crate) fn date_time(text: &str) -> Option<i64> {
    let (date, rest) = split_date(text)?;
    let rest = rest.strip_prefix('T')?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let (hour, minute, second) = match clock.as_bytes() {
        [h1, h2, b':', m1, m2, b':', s1, s2] => (two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?),
        _ => return None,
    };
    let rest = match rest.strip_prefix('.') {
        Some(rest) => {
            let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == rest.len() {
                return None;
            }
            zone
        }
        None => rest,
    };
    // The schema's 24:00:00 is the first moment of the next day.
    let (date, hour) = match (hour, minute, second) {
        (24, 0, 0) => (date.tomorrow().ok()?, 0),
        _ => (date, hour),
    };
    unix(date, Time::new(hour, minute, second, 0).ok()?, offset(rest)?)
}

/// The last second of `2026-11-16`, with an optional offset.
pub(crate) fn end_of_day(text: &str) -> Option<i64> {
    let (date, rest) = split_date(text)?;
    unix(date, Time::constant(23, 59, 59, 0), offset(rest)?)
}

fn unix(date: Date, time: Time, offset: Offset) -> Option<i64> {
    Some(offset.to_timestamp(date.to_datetime(time)).ok()?.as_second())
}

fn split_date(text: &str) -> Option<(Date, &str)> {
    let (date, rest) = text.split_at_checked(10)?;
    match date.as_bytes() {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => {
            let century = i16::from(two(*y1, *y2)?);
            let year = century.checked_mul(100)?.checked_add(i16::from(two(*y3, *y4)?))?;
            Some((Date::new(year, two(*m1, *m2)?, two(*d1, *d2)?).ok()?, rest))
        }
        _ => None,
    }
}

/// Nothing (Kazakhstan), `Z`, or `+hh:mm` within the schema's 14 hours.
fn offset(text: &str) -> Option<Offset> {
    match text.as_bytes() {
        [] => Some(KAZAKHSTAN),
        b"Z" => Some(Offset::UTC),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two(*h1, *h2)?, two(*m1, *m2)?);
            if minutes > 59 || hours > 14 || (hours == 14 && minutes > 0) {
                return None;
            }
            let span: Span = hours.hours().minutes(minutes);
            let span = if *sign == b'-' { span.negate() } else { span };
            Offset::UTC.checked_add(span).ok()
        }
        _ => None,
    }
}

fn two(high: u8, low: u8) -> Option<i8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(10)
            .and_then(|digit| i8::try_from(digit).ok())
    };
    digit(high)?.checked_mul(10)?.checked_add(digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-16T00:00:00Z.
    const MIDNIGHT: i64 = 1_794_787_200;
    const HOUR: i64 = 3_600;

    #[test]
    fn times_with_and_without_an_offset() {
        for (text, seconds) in [
            ("2026-11-16T00:00:00Z", MIDNIGHT),
            ("2026-11-16T05:00:00", MIDNIGHT),
            ("2026-11-16T05:00:00+05:00", MIDNIGHT),
            ("2026-11-16T05:00:00.000", MIDNIGHT),
            ("2026-11-16T05:00:00.999999999+05:00", MIDNIGHT),
            ("2026-11-15T20:30:00-03:30", MIDNIGHT),
            ("2026-11-15T24:00:00Z", MIDNIGHT),
            ("2026-11-16T18:30:15", MIDNIGHT + 13 * HOUR + 30 * 60 + 15),
            ("1970-01-01T00:00:00Z", 0),
            ("2028-02-29T00:00:00Z", 1_835_395_200),
        ] {
            assert_eq!(date_time(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn a_date_means_its_end() {
        assert_eq!(end_of_day("2026-11-16"), Some(MIDNIGHT + 19 * HOUR - 1));
        assert_eq!(end_of_day("2026-11-16Z"), Some(MIDNIGHT + 24 * HOUR - 1));
        assert_eq!(end_of_day("2026-11-16+05:00"), Some(MIDNIGHT + 19 * HOUR - 1));
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            "",
            "2026-11-16",
            "2026-11-16 18:00:00",
            "20261116T180000",
            "2026-11-16T18:00",
            "2026-11-16T18:00:60",
            "2026-11-16T24:00:01",
            "2026-11-16T25:00:00",
            "2026-02-29T00:00:00",
            "2026-13-01T00:00:00",
            "2026-11-16T18:00:00.",
            "2026-11-16T18:00:00+5",
            "2026-11-16T18:00:00+15:00",
            "2026-11-16T18:00:00+05:60",
            "2026-11-16T18:00:00[Asia/Almaty]",
            "2026-11-1６T18:00:00",
            "-2026-11-16T18:00:00",
        ] {
            assert_eq!(date_time(text), None, "{text}");
        }
        assert_eq!(end_of_day("2026-11-16T18:00:00"), None);
        assert_eq!(end_of_day("16.11.2026"), None);
    }
}
