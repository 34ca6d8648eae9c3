//! The wallet convention: `KZTE:` directly followed by a base58 address somewhere in the remittance text.

/// What marks an address in a remittance text. Upper case only.
pub(crate) const MARK: &str = "KZTE:";

/// Why a remittance text cannot be followed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text after the mark is not an address; the offending text and why.
    Address { text: String, reason: &'static str },
    /// Two tokens that name different addresses.
    Two { first: String, second: String },
}

/// Finds the one address that the text names, if any.
pub(crate) fn find(text: &str) -> Result<Option<[u8; 32]>, Fault> {
    let mut found: Option<([u8; 32], &str)> = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(MARK) {
        // A token ends at the first character that is no letter and no digit of any script: so a look-alike letter of another
        // script makes the token invalid instead of cutting it short.
        let end = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
        let (token, remainder) = after.split_at_checked(end).unwrap_or((after, ""));
        let address = decode(token).map_err(|reason| Fault::Address {
            text: shown(after),
            reason,
        })?;
        match found {
            Some((first, first_token)) if first != address => {
                return Err(Fault::Two {
                    first: first_token.to_owned(),
                    second: token.to_owned(),
                });
            }
            _ => found = Some((address, token)),
        }
        rest = remainder;
    }
    Ok(found.map(|(address, _)| address))
}

fn decode(token: &str) -> Result<[u8; 32], &'static str> {
    let mut address = [0; 32];
    if token.is_empty() {
        return Err("has no address directly after the mark");
    }
    five8::decode_32(token, &mut address)
        .map_err(|_| "is not a base58 address of exactly 32 bytes (43 or 44 characters as a rule)")?;
    if address == [0; 32] {
        return Err("is the all-zero address, which belongs to nobody");
    }
    Ok(address)
}

/// The offending text as a reader would see it: up to the next white space.
fn shown(after: &str) -> String {
    let word = after.split(char::is_whitespace).next().unwrap_or_default();
    format!("{MARK}{word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "2gPihUTjt3FJqf1VpidgrY5cZ6PuyMccGVwQHRfjMPZG";
    const B: &str = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM";

    fn address(text: &str) -> [u8; 32] {
        decode(text).unwrap_or_default()
    }

    #[test]
    fn no_token() {
        assert_eq!(find(""), Ok(None));
        assert_eq!(
            find("Комиссия за ведение счёта; KZTE без двоеточия; kzte:x"),
            Ok(None)
        );
    }

    #[test]
    fn one_address_wherever_it_stands() {
        for text in [
            format!("KZTE:{A}"),
            format!("Пополнение KZTE:{A}, договор 17"),
            format!("[KZTE:{A}]"),
            format!("№1/KZTE:{A}/KZTE:{A}"),
        ] {
            assert_eq!(find(&text), Ok(Some(address(A))), "{text}");
        }
    }

    #[test]
    fn two_addresses() {
        assert_eq!(
            find(&format!("KZTE:{A} KZTE:{B}")),
            Err(Fault::Two {
                first: A.to_owned(),
                second: B.to_owned()
            })
        );
    }

    #[test]
    fn not_an_address() {
        let zero = "1".repeat(32);
        for (text, offending) in [
            ("KZTE:".to_owned(), "KZTE:".to_owned()),
            (format!("KZTE: {A}"), "KZTE:".to_owned()),
            (
                "KZTE:{wallet:tulpar-market} x".to_owned(),
                "KZTE:{wallet:tulpar-market}".to_owned(),
            ),
            (
                format!("KZTE:{}", A.replacen('g', "0", 1)),
                format!("KZTE:{}", A.replacen('g', "0", 1)),
            ),
            (format!("KZTE:{A}1"), format!("KZTE:{A}1")),
            (format!("KZTE:1{A}"), format!("KZTE:1{A}")),
            (
                format!("KZTE:{}", A.trim_end_matches('G')),
                format!("KZTE:{}", A.trim_end_matches('G')),
            ),
            (format!("KZTE:{A}счёт 5"), format!("KZTE:{A}счёт")),
            (format!("KZTE:{zero}"), format!("KZTE:{zero}")),
            (
                format!("KZTE:{}", "z".repeat(44)),
                format!("KZTE:{}", "z".repeat(44)),
            ),
            (format!("KZTE:{A} KZTE:x"), "KZTE:x".to_owned()),
        ] {
            match find(&text) {
                Err(Fault::Address { text: shown, .. }) => assert_eq!(shown, offending, "{text}"),
                other => assert_eq!(
                    other,
                    Err(Fault::Address {
                        text: offending,
                        reason: ""
                    }),
                    "{text}"
                ),
            }
        }
    }
}
