//! Account numbers that people type.

/// An IBAN without its spaces, in capitals, its check digits right (ISO 13616, modulus 97): a payout that went to a
/// mistyped account could not be settled.
pub fn parse(text: &str) -> Result<String, String> {
    let account: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_uppercase();
    let shaped = account.is_ascii()
        && (15..=34).contains(&account.len())
        && account.chars().all(|c| c.is_ascii_alphanumeric())
        && account.chars().take(2).all(|c| c.is_ascii_uppercase())
        && account.chars().skip(2).take(2).all(|c| c.is_ascii_digit());
    if !shaped {
        return Err(
            "not an IBAN: two letters, two check digits, then letters and digits, 15 to 34 in all".to_owned(),
        );
    }
    // Letters count as two digits, A = 10 to Z = 35, and the first four characters move to the end.
    let (head, rest) = account.split_at(4);
    let remainder = rest
        .chars()
        .chain(head.chars())
        .filter_map(|c| c.to_digit(36))
        .fold(0, |remainder, value| {
            let shift = if value > 9 { 100 } else { 10 };
            (remainder * shift + value) % 97
        });
    if remainder == 1 {
        Ok(account)
    } else {
        Err("the check digits of the IBAN are wrong: a character is mistyped".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn ibans_are_read_as_people_write_them() {
        // The registry's example, and the account of a sample statement.
        assert_eq!(
            parse("KZ86 125K ZT50 0410 0100").as_deref(),
            Ok("KZ86125KZT5004100100")
        );
        assert_eq!(
            parse("kz82990cur0000007919").as_deref(),
            Ok("KZ82990CUR0000007919")
        );
    }

    #[test]
    fn mistyped_ibans_are_refused() {
        for text in [
            "",
            "KZ",
            "KZ86125KZT5004100101",
            "KZ86125KZT5004100010",
            "86KZ125KZT5004100100",
            "KZ86125KZT500410010Ж",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
