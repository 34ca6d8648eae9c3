//! Key files: Solana key pairs, and the key of reference hashes.

use std::{fs, path::Path};

use kzte_client::{Address, Keypair, Signer, reserve};

use crate::failure::{Failure, Result};

/// Bytes of a reference key.
const REFERENCE_KEY_LEN: usize = 32;

/// Reads a key pair as the Solana tools write it: a JSON array of 64 numbers.
pub fn read_keypair(path: &Path) -> Result<Keypair> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::input(
            format!("{shown}: the key file cannot be read ({error})"),
            "Pass a key file with --keypair, or make one with solana-keygen new.",
        )
    })?;
    let wrong = || {
        Failure::input(
            format!("{shown}: not a key file"),
            "A key file is a JSON array of 64 numbers, as solana-keygen new writes it.",
        )
    };
    // The text is a secret: no message may quote it.
    let bytes: Vec<u8> = serde_json::from_str(&text).map_err(|_| wrong())?;
    Keypair::try_from(bytes.as_slice()).map_err(|_| wrong())
}

/// Who acts, and who pays the fee and the rent.
#[derive(Clone, Copy)]
pub struct Hand<'a> {
    /// Holds the role.
    pub key: &'a Keypair,
    /// Pays.
    pub payer: &'a Keypair,
}

impl<'a> Hand<'a> {
    /// One key that acts and pays.
    pub fn of(key: &'a Keypair) -> Self {
        Self { key, payer: key }
    }

    /// Address of the acting key.
    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

/// The key that a bank shares with its attestors and auditors: references are hashed under it.
#[derive(Clone)]
pub struct ReferenceKey([u8; REFERENCE_KEY_LEN]);

impl ReferenceKey {
    pub const fn new(bytes: [u8; REFERENCE_KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// Reads a file of 64 hexadecimal digits.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
        let mut bytes = [0; REFERENCE_KEY_LEN];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| {
            Failure::input(
                format!("{}: not a reference key", path.display()),
                "It holds 64 hexadecimal digits; the bank makes it once with `openssl rand -hex 32` and shares it with its attestors.",
            )
        })?;
        Ok(Self(bytes))
    }

    /// Hash of a bank's entry reference.
    pub fn reference_hash(&self, reference: &str) -> [u8; 32] {
        reserve::reference_hash(&self.0, reference)
    }

    /// Hash of a payout.
    pub fn payout_hash(&self, account: &str, end_to_end_id: &str) -> [u8; 32] {
        reserve::payout_hash(&self.0, account, end_to_end_id)
    }
}

/// Hash of a reason or a record that stays on file: keyed where a key is given, plain SHA-256 otherwise.
pub fn text_hash(key: Option<&ReferenceKey>, text: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    match key {
        Some(key) => key.reference_hash(text),
        None => Sha256::digest(text.as_bytes()).into(),
    }
}
