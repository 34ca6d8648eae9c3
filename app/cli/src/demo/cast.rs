//! Who plays: keys that follow from names, so that every run has the same addresses and signatures.

use std::collections::BTreeMap;

use kzte_client::{Address, Keypair, Signer};
use sha2::{Digest, Sha256};

use crate::{keys::ReferenceKey, text::short_address};

/// Everybody who signs something, by name.
pub struct Cast {
    players: BTreeMap<&'static str, Player>,
}

/// One key and what people call its holder.
pub struct Player {
    /// For people.
    pub name: &'static str,
    pub key: Keypair,
}

impl Player {
    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

/// Those who run the system.
const OFFICES: &[(&str, &str)] = &[
    ("treasury", "Central bank"),
    ("deployer", "Central bank"),
    ("mint", "KZTE mint"),
    ("authority", "Central bank"),
    ("issuer-manager", "Bank supervision"),
    ("pauser", "On-call desk"),
    ("compliance", "AML desk"),
    ("court-officer", "Legal liaison"),
    ("enforcer", "Executor"),
    ("central-bank", "Central bank"),
    ("custodian", "Custodian"),
    ("auditor", "Auditor"),
    ("altyndala-admin", "Altyndala Bank"),
    ("altyndala", "Altyndala Bank"),
    ("saryzhailau-admin", "Saryzhailau Bank"),
    ("saryzhailau", "Saryzhailau Bank"),
    ("stranger", "A stranger"),
];

/// The depositors, under the names that the placeholders of the samples use.
pub const WALLETS: &[(&str, &str)] = &[
    ("sayakhat-service", "Sayakhat Service"),
    ("aigerim-trade", "Aigerim Trade"),
    ("tulpar-market", "Tulpar Market"),
    ("bayterek-soft", "Bayterek Soft"),
    ("nur-astyk-agro", "Nur Astyk Agro"),
    ("dostyk-pharm", "Dostyk Pharm"),
    ("alatau-stroy", "Alatau Stroy"),
    ("zhibek-logistic", "Zhibek Logistic"),
];

fn seed(name: &str) -> [u8; 32] {
    Sha256::digest(format!("KZTE demonstration: {name}")).into()
}

impl Cast {
    pub fn new() -> Self {
        let players = OFFICES.iter().chain(WALLETS).map(|(id, name)| {
            (
                *id,
                Player {
                    name,
                    key: Keypair::new_from_array(seed(id)),
                },
            )
        });
        Self {
            players: players.collect(),
        }
    }

    /// A player by the name in the code; one that does not exist is a mistake in the story.
    pub fn get(&self, id: &str) -> &Player {
        match self.players.get(id) {
            Some(player) => player,
            None => unreachable!("the story names «{id}», who is not in the cast"),
        }
    }

    pub fn key(&self, id: &str) -> &Keypair {
        &self.get(id).key
    }

    pub fn address(&self, id: &str) -> Address {
        self.get(id).address()
    }

    pub fn players(&self) -> impl Iterator<Item = &Player> {
        self.players.values()
    }

    /// Everybody's key but the one of the mint.
    pub fn wallets(&self) -> impl Iterator<Item = &Player> {
        WALLETS.iter().filter_map(|(id, _)| self.players.get(id))
    }

    /// The key under which a bank hashes its references.
    pub fn reference_key(&self, bank: &str) -> ReferenceKey {
        ReferenceKey::new(seed(&format!("reference key of {bank}")))
    }

    /// A sentence with names in place of addresses.
    pub fn with_names(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for player in self.players.values() {
            let address = player.address();
            text = text.replace(&address.to_string(), player.name);
            text = text.replace(&short_address(&address), player.name);
        }
        text
    }
}

impl Default for Cast {
    fn default() -> Self {
        Self::new()
    }
}
