//! Tenge as people write them, tiyn as programs count them. Integers only.

use thiserror::Error;

/// Tiyn in a tenge.
const TIYN_PER_TENGE: u64 = 100;
/// Between groups of three digits, and before the sign.
const NO_BREAK_SPACE: char = '\u{a0}';
/// The tenge sign.
const SIGN: char = '₸';

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Nothing to read.
    #[error("the amount is empty: write tenge and tiyn, for example 1234,56")]
    Empty,
    /// A character that no amount has, or a second decimal separator.
    #[error("'{0}' is not an amount: write digits with at most one comma or point before the tiyn")]
    NotANumber(String),
    /// A tenth of a tiyn does not exist.
    #[error("'{0}' has more than two digits of tiyn: an amount is never rounded")]
    BelowOneTiyn(String),
    /// Spaces that do not part groups of three digits.
    #[error("'{0}' has spaces in the wrong place: groups have three digits")]
    Grouping(String),
    /// Beyond 64 bits of tiyn.
    #[error("'{0}' is more than 184 467 440 737 095 516,15 tenge, the most that can be counted")]
    TooLarge(String),
}

/// An amount for people: `1 234,56 ₸`, with no-break spaces.
pub fn format_tenge(tiyn: u64) -> String {
    let whole = (tiyn / TIYN_PER_TENGE).to_string();
    let mut text = String::with_capacity(whole.len() * 2 + 8);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(NO_BREAK_SPACE);
        }
        text.push(digit);
    }
    text.push_str(&format!(",{:02}{NO_BREAK_SPACE}{SIGN}", tiyn % TIYN_PER_TENGE));
    text
}

/// Reads an amount: `1234,56`, `1 234.5`, `100`, and whatever [`format_tenge`] writes. Spaces (also no-break and
/// narrow ones) may part groups of three digits; the tiyn stand behind a comma or a point.
///
/// Errors: see [`AmountError`]; a text with both a comma and a point is refused rather than guessed at.
pub fn parse_tenge(text: &str) -> Result<u64, AmountError> {
    let trimmed = text.trim().trim_end_matches(SIGN).trim();
    if trimmed.is_empty() {
        return Err(AmountError::Empty);
    }
    let not_a_number = || AmountError::NotANumber(text.to_owned());
    let mut parts = trimmed.split([',', '.']);
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next());
    if parts.next().is_some() {
        return Err(not_a_number());
    }

    let tiyn = match fraction {
        None => 0,
        Some(digits) if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(not_a_number());
        }
        Some(digits) if digits.len() > 2 => return Err(AmountError::BelowOneTiyn(text.to_owned())),
        Some(digits) => {
            let value: u64 = digits.parse().map_err(|_| not_a_number())?;
            if digits.len() == 1 { value * 10 } else { value }
        }
    };

    let groups: Vec<&str> = whole.split([' ', NO_BREAK_SPACE, '\u{202f}']).collect();
    if !groups
        .iter()
        .all(|group| group.bytes().all(|byte| byte.is_ascii_digit()))
        || whole.is_empty()
    {
        return Err(not_a_number());
    }
    if let [first, rest @ ..] = groups.as_slice()
        && !rest.is_empty()
        && (!(1..=3).contains(&first.len()) || rest.iter().any(|group| group.len() != 3))
    {
        return Err(AmountError::Grouping(text.to_owned()));
    }
    let too_large = || AmountError::TooLarge(text.to_owned());
    let tenge: u64 = groups.concat().parse().map_err(|_| too_large())?;
    tenge
        .checked_mul(TIYN_PER_TENGE)
        .and_then(|sum| sum.checked_add(tiyn))
        .ok_or_else(too_large)
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    #[test]
    fn amounts_are_written_as_people_write_them() {
        assert_eq!(format_tenge(0), "0,00\u{a0}₸");
        assert_eq!(format_tenge(5), "0,05\u{a0}₸");
        assert_eq!(format_tenge(99_999), "999,99\u{a0}₸");
        assert_eq!(format_tenge(123_456), "1\u{a0}234,56\u{a0}₸");
        assert_eq!(
            format_tenge(u64::MAX),
            "184\u{a0}467\u{a0}440\u{a0}737\u{a0}095\u{a0}516,15\u{a0}₸"
        );
    }

    #[test]
    fn amounts_are_read_in_every_usual_form() {
        for (text, tiyn) in [
            ("1234,56", 123_456),
            ("1 234.5", 123_450),
            ("100", 10_000),
            (" 1\u{202f}000\u{202f}000 ₸ ", 100_000_000),
            ("0,01", 1),
            ("007", 700),
        ] {
            assert_eq!(parse_tenge(text), Ok(tiyn), "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_amount_are_refused_by_name() {
        use AmountError::*;
        let own = str::to_owned;
        for (text, error) in [
            ("", Empty),
            (" ₸ ", Empty),
            ("-1", NotANumber(own("-1"))),
            ("+1", NotANumber(own("+1"))),
            ("1,234.56", NotANumber(own("1,234.56"))),
            ("1e5", NotANumber(own("1e5"))),
            (",5", NotANumber(own(",5"))),
            ("5,", NotANumber(own("5,"))),
            ("1,2 3", NotANumber(own("1,2 3"))),
            ("1,234", BelowOneTiyn(own("1,234"))),
            ("1 23", Grouping(own("1 23"))),
            ("1234 567", Grouping(own("1234 567"))),
            ("1  234", Grouping(own("1  234"))),
            ("184467440737095516,16", TooLarge(own("184467440737095516,16"))),
            (
                "99999999999999999999999",
                TooLarge(own("99999999999999999999999")),
            ),
        ] {
            assert_eq!(parse_tenge(text), Err(error), "{text}");
        }
    }

    proptest! {
        // The same cases in every run.
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_reads_back(tiyn: u64) {
            prop_assert_eq!(parse_tenge(&format_tenge(tiyn)), Ok(tiyn));
            prop_assert_eq!(parse_tenge(&format!("{}.{:02}", tiyn / 100, tiyn % 100)), Ok(tiyn));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            let _ = parse_tenge(&text);
        }
    }
}
