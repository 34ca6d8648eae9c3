//! Seeded key pairs: the same name gives the same key, so every run signs, derives and bumps alike.

use kzte_client::{Address, Keypair, Signer};
use sha2::{Digest, Sha256};

/// A key pair by its seed. Small and `Copy`, so that tests pass keys around freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    seed: [u8; 32],
    address: Address,
}

impl Key {
    /// The key of that name.
    pub fn named(name: &str) -> Self {
        let seed = hash_of(&format!("KZTE test key: {name}"));
        Self {
            seed,
            address: Keypair::new_from_array(seed).pubkey(),
        }
    }

    /// Its public half.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The pair.
    pub fn pair(&self) -> Keypair {
        Keypair::new_from_array(self.seed)
    }
}

/// An address that nobody has a key for and nothing lies at.
pub fn nowhere(name: &str) -> Address {
    Address::new_from_array(hash_of(&format!("KZTE test address: {name}")))
}

/// SHA-256 of a text: hashes for fields whose content is not the matter of a test.
pub fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
