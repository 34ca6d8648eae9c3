//! Seeded keys: the same name gives the same key, so every run signs, derives and bumps alike.

use kzte_client::{AccountMeta, Address, Instruction, Keypair, Signer};
use sha2::{Digest, Sha256};

/// Where the test vault lies, see `tests/vault`.
pub const VAULT_PROGRAM_ID: Address = Address::from_str_const("TestVau1t1111111111111111111111111111111111");
/// Seed of a vault's address.
const VAULT_SEED: &[u8] = b"vault";

/// Somebody who signs, by name. Small and `Copy`, so that tests pass keys around freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    address: Address,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A key pair by its seed.
    Pair([u8; 32]),
    /// An address of the test vault by the seeds of its two approvers, and its bump.
    Vault([[u8; 32]; 2], u8),
}

impl Key {
    /// The key pair of that name.
    pub fn named(name: &str) -> Self {
        let seed = seed_of(name);
        Self {
            address: Keypair::new_from_array(seed).pubkey(),
            kind: Kind::Pair(seed),
        }
    }

    /// The vault of that name: an address of another program, which signs what two approvers have signed.
    pub fn vault(name: &str) -> Self {
        let approvers = [1, 2].map(|number| seed_of(&format!("approver {number} of {name}")));
        let [first, second] = approvers.map(|seed| Keypair::new_from_array(seed).pubkey());
        let seeds = [VAULT_SEED, first.as_ref(), second.as_ref()];
        let (address, bump) = Address::find_program_address(&seeds, &VAULT_PROGRAM_ID);
        Self {
            address,
            kind: Kind::Vault(approvers, bump),
        }
    }

    /// The address that signs for it.
    pub fn address(&self) -> Address {
        self.address
    }

    /// Its key pair; panics for a vault, which has none.
    pub fn pair(&self) -> Keypair {
        match self.kind {
            Kind::Pair(seed) => Keypair::new_from_array(seed),
            Kind::Vault(..) => panic!("a vault has no key pair"),
        }
    }

    /// The key pairs that sign the transaction for it.
    pub fn pairs(&self) -> Vec<Keypair> {
        match self.kind {
            Kind::Pair(seed) => vec![Keypair::new_from_array(seed)],
            Kind::Vault(approvers, _) => Vec::from(approvers.map(Keypair::new_from_array)),
        }
    }

    /// The instruction as it is sent: a vault signs inside a call, so its program is asked to make it.
    pub fn wrap(&self, instruction: Instruction) -> Instruction {
        let Kind::Vault(approvers, bump) = self.kind else {
            return instruction;
        };
        let Some(place) = instruction
            .accounts
            .iter()
            .position(|meta| meta.is_signer && meta.pubkey == self.address)
        else {
            return instruction;
        };
        let mut accounts: Vec<AccountMeta> = approvers
            .map(|seed| AccountMeta::new_readonly(Keypair::new_from_array(seed).pubkey(), true))
            .to_vec();
        accounts.push(AccountMeta::new_readonly(instruction.program_id, false));
        accounts.extend(instruction.accounts);
        for meta in accounts.iter_mut().filter(|meta| meta.pubkey == self.address) {
            meta.is_signer = false;
        }
        let mut data = vec![bump, u8::try_from(place).expect("a place")];
        data.extend(instruction.data);
        Instruction {
            program_id: VAULT_PROGRAM_ID,
            accounts,
            data,
        }
    }
}

fn seed_of(name: &str) -> [u8; 32] {
    hash_of(&format!("KZTE test key: {name}"))
}

/// An address that nobody has a key for and nothing lies at.
pub fn nowhere(name: &str) -> Address {
    Address::new_from_array(hash_of(&format!("KZTE test address: {name}")))
}

/// SHA-256 of a text: hashes for fields whose content is not the matter of a test.
pub fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
