//! Keys that everybody has, and addresses that nobody has a key for: fit for a local chain, and for no other.
//!
//! The tests, `cargo xtask localnet` and the demonstration sign with keys that follow from names, and the example file is
//! filled with addresses that somebody may forget to replace. Whoever deploys with one of them gives the deployment away,
//! or loses it.

use std::{collections::HashMap, sync::OnceLock};

use kzte_client::{Address, Keypair, PROGRAM_ID, SYSTEM_PROGRAM_ID, Signer};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{Description, Documents, HandOver};

/// The program's address in the repository: chosen to be read, so nobody has its key.
pub const PLACEHOLDER_PROGRAM_ID: Address =
    Address::from_str_const("KZTEtenge1111111111111111111111111111111111");

/// Genesis hashes of the public clusters.
const PUBLIC: [(&str, &str); 3] = [
    ("mainnet-beta", "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"),
    ("devnet", "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"),
    ("testnet", "4uhcVJyU9pJkvQyS88uRDiswHXSGkY3zQawwpjk2NsNY"),
];
/// What [`Chain::cluster`](kzte_client::Chain::cluster) calls the chain in this process.
const IN_PROCESS: &str = "in-process";

/// Published keys by the text that their seeds begin with: the seed is the SHA-256 of that text and a name.
pub const PUBLISHED: [(&str, &[&str]); 2] = [
    (
        "KZTE test key: ",
        &[
            "upgrade authority",
            "authority",
            "issuer manager",
            "pauser",
            "compliance",
            "court officer",
            "enforcer",
            "central bank",
            "custodian",
            "auditor",
            "fee payer",
            "sponsor",
            "stranger",
            "mint",
            "second mint",
            "localnet mint",
            "program",
            "admin of ALTNKZKAXXX",
            "operator of ALTNKZKAXXX",
            "admin of SARYKZ2AXXX",
            "operator of SARYKZ2AXXX",
            "aigerim",
            "alice",
            "bob",
            "daniyar",
            "daulet",
            "marat",
            "treasury",
        ],
    ),
    (
        "KZTE demonstration: ",
        &[
            "treasury",
            "deployer",
            "mint",
            "authority",
            "issuer-manager",
            "pauser",
            "compliance",
            "court-officer",
            "enforcer",
            "central-bank",
            "custodian",
            "auditor",
            "altyndala-admin",
            "altyndala",
            "saryzhailau-admin",
            "saryzhailau",
            "stranger",
            "sayakhat-service",
            "aigerim-trade",
            "tulpar-market",
            "bayterek-soft",
            "nur-astyk-agro",
            "dostyk-pharm",
            "alatau-stroy",
            "zhibek-logistic",
        ],
    ),
];

/// What must not be used there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {found} is {what}, and this chain ({cluster}) is not local. {way_out}")]
pub struct Placeholder {
    /// The field of the file, or what the key signs for.
    pub field: String,
    /// The address, or the name of a host.
    pub found: String,
    pub what: String,
    pub cluster: String,
    pub way_out: &'static str,
}

/// Whether a chain is local: in this process, or behind a loopback URL and none of the public ones. `url`: `None`, where
/// it is not known, lets the genesis hash decide alone.
pub fn is_local(cluster: &str, url: Option<&str>) -> bool {
    let is_public = PUBLIC.iter().any(|(_, genesis)| *genesis == cluster);
    cluster == IN_PROCESS || (!is_public && url.is_none_or(is_loopback))
}

/// The name of a public cluster, or what the chain calls itself.
pub fn cluster_name(cluster: &str) -> &str {
    let public = PUBLIC.iter().find(|(_, genesis)| *genesis == cluster);
    public.map_or(cluster, |(name, _)| name)
}

fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let host = match host_and_port.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host_and_port.split(':').next(),
    };
    let host = host.unwrap_or_default();
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Refuses placeholders, unless the chain is local. `keys`: what signs, and for what.
pub(crate) fn refuse(
    cluster: &str,
    url: Option<&str>,
    program: &Address,
    description: &Description,
    hand_over: &HandOver,
    documents: &Documents,
    keys: &[(&str, Address)],
) -> Result<(), Placeholder> {
    if is_local(cluster, url) {
        return Ok(());
    }
    let refusal = |field: String, found: String, what: String, way_out| Placeholder {
        field,
        found,
        what,
        cluster: cluster_name(cluster).to_owned(),
        way_out,
    };
    let mut named = vec![
        ("mint".to_owned(), description.mint),
        ("upgrade_authority".to_owned(), description.upgrade_authority),
    ];
    named.extend(description.holders());
    for issuer in &description.issuers {
        named.push((format!("issuers ({} admin)", issuer.bic), issuer.admin));
        named.push((format!("issuers ({} operator)", issuer.bic), issuer.operator));
    }
    named.extend(hand_over.named());
    named.extend(keys.iter().map(|(name, address)| ((*name).to_owned(), *address)));
    for (field, address) in named {
        if let Some(what) = known().get(&address) {
            return Err(refusal(
                field,
                address.to_string(),
                what.clone(),
                "Put an address of your own in its place (docs/DEPLOYMENT.md, keys)",
            ));
        }
    }
    let security = documents.security.as_deref().unwrap_or_default();
    if let Some(host) = reserved_host(&String::from_utf8_lossy(security)) {
        return Err(refusal(
            "[metadata] security".to_owned(),
            host.to_owned(),
            "a name that is kept for examples, where nobody can be reached".to_owned(),
            "Put contacts of your own in its place, there and into `security_txt!` (docs/DEPLOYMENT.md)",
        ));
    }
    if [*program, PROGRAM_ID].contains(&PLACEHOLDER_PROGRAM_ID) {
        return Err(refusal(
            "program id".to_owned(),
            PLACEHOLDER_PROGRAM_ID.to_string(),
            "the placeholder of the repository, whose key nobody has".to_owned(),
            "Make a key for the program, put its address into `declare_id!`, and build again (docs/DEPLOYMENT.md)",
        ));
    }
    Ok(())
}

/// The first host in a text whose name RFC 2606 keeps for examples and tests.
fn reserved_host(text: &str) -> Option<&str> {
    const RESERVED: [&str; 7] = [
        "example",
        "invalid",
        "localhost",
        "test",
        "example.com",
        "example.net",
        "example.org",
    ];
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.' && letter != '-')
        .map(|word| word.trim_matches('.'))
        .find(|word| {
            let word = word.to_ascii_lowercase();
            RESERVED
                .iter()
                .any(|name| word.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
                || RESERVED[4..].contains(&word.as_str())
        })
}

/// Every placeholder with what it is.
fn known() -> &'static HashMap<Address, String> {
    static KNOWN: OnceLock<HashMap<Address, String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = HashMap::new();
        known.insert(
            SYSTEM_PROGRAM_ID,
            "the system program, which signs nothing".to_owned(),
        );
        known.insert(
            PLACEHOLDER_PROGRAM_ID,
            "the placeholder of the program id".to_owned(),
        );
        for (prefix, names) in PUBLISHED {
            for name in names {
                let seed = Sha256::digest(format!("{prefix}{name}")).into();
                let address = Keypair::new_from_array(seed).pubkey();
                known.insert(address, format!("a published key («{prefix}{name}»)"));
            }
        }
        // Keys of one byte, as tests everywhere use them.
        for byte in 0..=u8::MAX {
            let address = Keypair::new_from_array([byte; 32]).pubkey();
            known.insert(address, format!("the published key of 32 bytes {byte}"));
        }
        for word in include_str!("../deployment.example.toml").split('"') {
            if let Ok(address) = word.parse() {
                known.insert(address, "an address of deployment.example.toml".to_owned());
            }
        }
        known
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_chain_of_ones_own_is_local() {
        let own = "8WmgPqyJrbfiEq3ZzXCGXAbpYTUGZKzWUQRE1UiYKzYY";
        for (cluster, url, local) in [
            (IN_PROCESS, None, true),
            (own, Some("http://127.0.0.1:8899"), true),
            (own, Some("http://localhost"), true),
            (own, Some("http://[::1]:8899/"), true),
            (own, Some("http://user@127.1.2.3:8899/path"), true),
            (own, None, true),
            (own, Some("https://node.example"), false),
            (own, Some("http://127.0.0.1.node.example"), false),
            (own, Some("http://localhost@node.example"), false),
            // Somebody tunnels to a public cluster.
            (PUBLIC[0].1, Some("http://127.0.0.1:8899"), false),
            (PUBLIC[1].1, None, false),
            (PUBLIC[2].1, Some("http://localhost:8899"), false),
        ] {
            assert_eq!(is_local(cluster, url), local, "{cluster} {url:?}");
        }
    }

    #[test]
    fn a_host_of_nobody_is_found() {
        let example = include_str!("../security.example.json");
        assert_eq!(reserved_host(example), Some("kzte.example"));
        for (text, host) in [
            ("email:security@Bank.EXAMPLE", Some("Bank.EXAMPLE")),
            ("https://example.com/policy", Some("example.com")),
            ("https://www.example.org.", Some("www.example.org")),
            ("link:https://bank.test:8080/", Some("bank.test")),
            ("an example, a test", None),
            ("https://nationalbank.kz/example.html", None),
            ("https://example.company.kz", None),
            ("https://anexample.com", None),
            ("", None),
        ] {
            assert_eq!(reserved_host(text), host, "{text}");
        }
    }

    #[test]
    fn the_example_file_and_the_seeded_keys_are_known() {
        let example = include_str!("../deployment.example.toml");
        let of_file = known().values().filter(|what| what.contains("example")).count();
        let in_file = example.matches("= \"").count();
        assert!(of_file >= 14 && in_file > of_file, "{of_file} of {in_file}");
        let published: usize = PUBLISHED.iter().map(|(_, names)| names.len()).sum();
        assert_eq!(known().len(), of_file + published + 256 + 2);
    }
}
