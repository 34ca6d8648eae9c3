//! Business identifier codes (ISO 9362).

use crate::Violation;

/// Checks the form of an eleven-character BIC: four letters (institution), two letters (country), two letters or
/// digits (location), three letters or digits (branch), all upper case. An eight-character BIC is padded with
/// `XXX`, so that one bank has one account address.
///
/// ISO 9362 permits digits in the first part; none is in use and KZTE does not admit them.
///
/// # Errors
/// [`Violation::BicMalformed`].
pub fn validate_bic(bic: &[u8; 11]) -> Result<(), Violation> {
    let (letters, rest) = bic.split_at(6);
    let well_formed = letters.iter().all(u8::is_ascii_uppercase)
        && rest.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if well_formed {
        Ok(())
    } else {
        Err(Violation::BicMalformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_bics_pass() {
        for bic in [b"AAAAKZKAXXX", b"ZZZZAZ09Z90", b"BANKKZ22001", b"BANKKZAZ000"] {
            assert_eq!(validate_bic(bic), Ok(()), "{bic:?}");
        }
    }

    /// Every byte value at every place: letters in the first six, letters and digits after, nothing else.
    #[test]
    fn wrong_character_rejects() {
        for place in 0..11 {
            for byte in 0..=u8::MAX {
                let mut bic = *b"BANKKZKAXXX";
                for slot in bic.iter_mut().skip(place).take(1) {
                    *slot = byte;
                }
                let letter = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ".contains(&byte);
                let digit = b"0123456789".contains(&byte);
                let good = letter || (place >= 6 && digit);
                let expected = if good {
                    Ok(())
                } else {
                    Err(Violation::BicMalformed)
                };
                assert_eq!(validate_bic(&bic), expected, "byte {byte} at {place}");
            }
        }
    }
}
