//! Account numbers and bank codes.

/// Whether the text is an IBAN: its shape and its check digits (ISO 13616, modulus 97).
pub(crate) fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((head, _)) = bytes.split_first_chunk::<4>() else {
        return false;
    };
    let [c1, c2, d1, d2] = head;
    let shaped = (15..=34).contains(&bytes.len())
        && c1.is_ascii_uppercase()
        && c2.is_ascii_uppercase()
        && d1.is_ascii_digit()
        && d2.is_ascii_digit()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    // Letters count as two digits, A = 10 to Z = 35, and the first four characters move to the end.
    let remainder = bytes
        .iter()
        .skip(4)
        .chain(head)
        .try_fold(0_u32, |remainder, byte| {
            let value = char::from(*byte).to_digit(36)?;
            let shift = if value > 9 { 100 } else { 10 };
            remainder.checked_mul(shift)?.checked_add(value)?.checked_rem(97)
        });
    shaped && remainder == Some(1)
}

/// Whether the text has the shape of a bank code of ISO 9362, 8 or 11 characters.
pub(crate) fn is_bic(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.len(), 8 | 11)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && bytes.iter().skip(4).take(2).all(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans() {
        // The registry's examples.
        for iban in [
            "KZ86125KZT5004100100",
            "GB29NWBK60161331926819",
            "NO9386011117947",
        ] {
            assert!(is_iban(iban), "{iban}");
        }
        for text in [
            "",
            "KZ",
            "KZ86125KZT5004100101",
            "KZ87125KZT5004100100",
            "KZ86125KZT5004100010",
            "kz86125KZT5004100100",
            "KZ86 125K ZT50 0410 0100",
            "KZ86125KZT500410010Ж",
        ] {
            assert!(!is_iban(text), "{text}");
        }
    }

    #[test]
    fn bics() {
        for bic in ["ALTNKZKA", "ALTNKZKAXXX", "SARYKZ2AXXX"] {
            assert!(is_bic(bic), "{bic}");
        }
        for text in [
            "",
            "ALTNKZK",
            "ALTNKZKAXX",
            "altnkzka",
            "ALTN1ZKA",
            "ALTNKZKAXXXX",
            "ALTNКZKA",
        ] {
            assert!(!is_bic(text), "{text}");
        }
    }
}
