//! ISO 9362 business identifier codes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Suffix of a head office, which an 8-character code leaves out.
const HEAD_OFFICE: &[u8; 3] = b"XXX";

/// A bank's code: 11 characters, an 8-character code padded with `XXX`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bic([u8; 11]);

/// A text that is no BIC.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "'{0}' is not an ISO 9362 code: 8 or 11 capital letters and digits, the first 6 letters, for example CASPKZKA"
)]
pub struct BicError(pub String);

impl Bic {
    /// The 11 characters.
    pub const fn as_bytes(&self) -> &[u8; 11] {
        &self.0
    }
}

impl TryFrom<[u8; 11]> for Bic {
    type Error = BicError;

    fn try_from(bytes: [u8; 11]) -> Result<Self, BicError> {
        kzte_ledger::validate_bic(&bytes)
            .map(|()| Self(bytes))
            .map_err(|_| BicError(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

impl FromStr for Bic {
    type Err = BicError;

    fn from_str(text: &str) -> Result<Self, BicError> {
        let refuse = || BicError(text.to_owned());
        let mut bytes = [0; 11];
        match text.len() {
            8 => {
                let (code, branch) = bytes.split_at_mut(8);
                code.copy_from_slice(text.as_bytes());
                branch.copy_from_slice(HEAD_OFFICE);
            }
            11 => bytes.copy_from_slice(text.as_bytes()),
            _ => return Err(refuse()),
        }
        Self::try_from(bytes).map_err(|_| refuse())
    }
}

impl TryFrom<String> for Bic {
    type Error = BicError;

    fn try_from(text: String) -> Result<Self, BicError> {
        text.parse()
    }
}

impl From<Bic> for String {
    fn from(bic: Bic) -> Self {
        bic.to_string()
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Bic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Bic({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_code_is_padded_and_a_long_one_kept() {
        let short: Bic = "CASPKZKA".parse().unwrap();
        assert_eq!(short.as_bytes(), b"CASPKZKAXXX");
        assert_eq!(short.to_string(), "CASPKZKAXXX");
        let long: Bic = "HSBKKZKX001".parse().unwrap();
        assert_eq!(long.to_string(), "HSBKKZKX001");
        assert_ne!(short, long);
    }

    #[test]
    fn texts_that_are_no_bic_are_refused() {
        for text in [
            "",
            "CASPKZK",
            "CASPKZKAXX",
            "caspkzka",
            "1ASPKZK!",
            "CASP1ZKA",
            "CASPKZKA-01",
            "КАСПКЗКА",
            "КАСПК",
        ] {
            assert_eq!(text.parse::<Bic>(), Err(BicError(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn json_carries_the_text() {
        let bic: Bic = serde_json::from_str("\"CASPKZKA\"").unwrap();
        assert_eq!(serde_json::to_string(&bic).unwrap(), "\"CASPKZKAXXX\"");
        assert!(serde_json::from_str::<Bic>("\"bank\"").is_err());
    }
}
