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
