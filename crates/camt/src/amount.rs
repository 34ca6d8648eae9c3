//! Decimal text to tiyn and back, by integer arithmetic only.

use std::fmt;

/// Tiyn in a tenge.
const TIYN: u64 = 100;

/// Why a text is not an amount. Each is a sentence's end: "the amount «…» …".
pub(crate) const SIGNED: &str = "has a sign, but the direction belongs in CdtDbtInd";
pub(crate) const NOT_DECIMAL: &str = "is not a plain decimal number";
pub(crate) const TOO_FINE: &str = "has more than two decimals, but a tiyn is the smallest unit";
pub(crate) const TOO_LARGE: &str = "is larger than 184467440737095516.15";
pub(crate) const ZERO: &str = "is zero, but an entry moves money";

/// Parses `123`, `123.4` or `123.45` to tiyn; everything else is refused, never rounded.
pub(crate) fn parse(text: &str) -> Result<u64, &'static str> {
    if text.starts_with(['+', '-']) {
        return Err(SIGNED);
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(NOT_DECIMAL),
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(NOT_DECIMAL);
    }
    let tiyn = match fraction.len() {
        0 => 0,
        1 => digits(fraction)?.saturating_mul(10),
        2 => digits(fraction)?,
        _ => return Err(TOO_FINE),
    };
    digits(whole)?
        .checked_mul(TIYN)
        .and_then(|whole| whole.checked_add(tiyn))
        .ok_or(TOO_LARGE)
}

/// As [`parse`], and not zero.
pub(crate) fn parse_positive(text: &str) -> Result<u64, &'static str> {
    match parse(text)? {
        0 => Err(ZERO),
        amount => Ok(amount),
    }
}

fn digits(text: &str) -> Result<u64, &'static str> {
    // The caller has seen that there are only digits, so the one error left is overflow.
    text.parse().map_err(|_| TOO_LARGE)
}

/// Shows tiyn as the file would write them.
pub(crate) struct Tenge(pub u64);

impl fmt::Display for Tenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // TIYN is a non-zero constant.
        #[allow(clippy::arithmetic_side_effects)]
        let (whole, fraction) = (self.0 / TIYN, self.0 % TIYN);
        write!(f, "{whole}.{fraction:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_amounts() {
        for (text, tiyn) in [
            ("0", 0),
            ("0.00", 0),
            ("0.01", 1),
            ("7", 700),
            ("10.5", 1_050),
            ("1234.56", 123_456),
            ("0012500000.00", 1_250_000_000),
            ("184467440737095516.15", u64::MAX),
        ] {
            assert_eq!(parse(text), Ok(tiyn), "{text}");
        }
        assert_eq!(parse_positive("0.01"), Ok(1));
    }

    #[test]
    fn everything_else_is_refused() {
        for (text, reason) in [
            ("", NOT_DECIMAL),
            (".", NOT_DECIMAL),
            (".5", NOT_DECIMAL),
            ("5.", NOT_DECIMAL),
            ("1.2.3", NOT_DECIMAL),
            ("1,5", NOT_DECIMAL),
            ("1 000", NOT_DECIMAL),
            ("1e3", NOT_DECIMAL),
            ("1E3", NOT_DECIMAL),
            ("0x10", NOT_DECIMAL),
            ("NaN", NOT_DECIMAL),
            ("INF", NOT_DECIMAL),
            ("١٢", NOT_DECIMAL),
            ("1.+5", NOT_DECIMAL),
            ("+1", SIGNED),
            ("-1.00", SIGNED),
            ("10.500", TOO_FINE),
            ("0.001", TOO_FINE),
            ("184467440737095516.16", TOO_LARGE),
            ("184467440737095517", TOO_LARGE),
            ("99999999999999999999999999", TOO_LARGE),
        ] {
            assert_eq!(parse(text), Err(reason), "{text}");
        }
        assert_eq!(parse_positive("0.00"), Err(ZERO));
    }

    #[test]
    fn shown_as_written() {
        assert_eq!(Tenge(0).to_string(), "0.00");
        assert_eq!(Tenge(5).to_string(), "0.05");
        assert_eq!(Tenge(u64::MAX).to_string(), "184467440737095516.15");
    }
}
