//! Where the chain is and who acts: flags, environment, then the settings file of the Solana tools.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kzte_client::{Commitment, Deployment, Keypair, RpcChain};

use crate::{
    args::{CommitmentArg, Global},
    failure::{Failure, Result},
    journal::Journal,
    keys::read_keypair,
};

/// The part of the Solana tools' settings that matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct SolanaSettings {
    url: Option<String>,
    keypair: Option<PathBuf>,
    commitment: Option<String>,
}

/// What the flags come to.
pub struct Settings<'a> {
    global: &'a Global,
    solana: SolanaSettings,
}

impl<'a> Settings<'a> {
    pub fn of(global: &'a Global) -> Result<Self> {
        let solana = match &global.config {
            Some(path) => {
                SolanaSettings::parse(&fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?)
            }
            None => home()
                .and_then(|home| fs::read_to_string(home.join(".config/solana/cli/config.yml")).ok())
                .map(|text| SolanaSettings::parse(&text))
                .unwrap_or_default(),
        };
        Ok(Self { global, solana })
    }

    /// The URL of the node.
    pub fn url(&self) -> Result<String> {
        let url = self
            .global
            .url
            .as_ref()
            .or(self.solana.url.as_ref())
            .ok_or_else(|| Failure::usage("no chain is named", "Pass --url, for example --url localhost."))?;
        full_url(url)
    }

    /// The chain.
    pub fn node(&self) -> Result<RpcChain> {
        let commitment = match (self.global.commitment, self.solana.commitment.as_deref()) {
            (Some(CommitmentArg::Finalized), _) | (None, Some("finalized")) => Commitment::Finalized,
            _ => Commitment::Confirmed,
        };
        Ok(RpcChain::new(self.url()?).with_commitment(commitment))
    }

    /// The deployment.
    pub fn deployment(&self) -> Result<Deployment> {
        let mint = self
            .global
            .mint
            .ok_or_else(|| Failure::usage("no mint is named", "Pass --mint ADDRESS, or set KZTE_MINT."))?;
        Ok(Deployment::of(mint))
    }

    /// Whoever acts.
    pub fn key(&self) -> Result<Keypair> {
        let path = self
            .global
            .keypair
            .clone()
            .or_else(|| self.solana.keypair.clone());
        let path = path.or_else(|| Some(home()?.join(".config/solana/id.json")));
        read_keypair(&path.ok_or_else(|| Failure::usage("no key is named", "Pass --keypair FILE."))?)
    }

    /// Whoever pays, where it is somebody else.
    pub fn fee_payer(&self) -> Result<Option<Keypair>> {
        self.global.fee_payer.as_deref().map(read_keypair).transpose()
    }

    /// Where signed transactions are kept.
    pub fn journal(&self) -> Result<Journal> {
        let default = || {
            let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
            Some(
                state
                    .or_else(|| Some(home()?.join(".local/state")))?
                    .join("kzte/journal"),
            )
        };
        let folder = self.global.journal.clone().or_else(default);
        Ok(Journal::new(folder.ok_or_else(|| {
            Failure::usage("no journal folder is named", "Pass --journal DIR.")
        })?))
    }
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from)
}

/// A URL as it is; a moniker, or its first letter, as its URL.
fn full_url(text: &str) -> Result<String> {
    let url = match text {
        "localhost" | "l" => "http://127.0.0.1:8899",
        "devnet" | "d" => "https://api.devnet.solana.com",
        "testnet" | "t" => "https://api.testnet.solana.com",
        "mainnet-beta" | "m" => "https://api.mainnet-beta.solana.com",
        url if url.starts_with("http://") || url.starts_with("https://") => url,
        other => {
            return Err(Failure::usage(
                format!("«{other}» is neither a URL nor a moniker"),
                "Give http://… or https://…, or localhost, devnet, testnet or mainnet-beta.",
            ));
        }
    };
    Ok(url.to_owned())
}

impl SolanaSettings {
    /// Reads the three flat keys of the YAML file; everything else in it is for the Solana tools.
    fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            let value = value.trim().trim_matches(['"', '\'']);
            if value.is_empty() {
                continue;
            }
            match key {
                "json_rpc_url" => settings.url = Some(value.to_owned()),
                "keypair_path" => settings.keypair = Some(expanded(value)),
                "commitment" => settings.commitment = Some(value.to_owned()),
                _ => {}
            }
        }
        settings
    }
}

fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monikers_and_urls() {
        assert_eq!(full_url("l").as_deref(), Ok("http://127.0.0.1:8899"));
        assert_eq!(
            full_url("mainnet-beta").as_deref(),
            Ok("https://api.mainnet-beta.solana.com")
        );
        assert_eq!(full_url("http://node:1").as_deref(), Ok("http://node:1"));
        assert!(full_url("moon").is_err());
    }

    #[test]
    fn the_solana_tools_settings_are_read() {
        let text = "---\njson_rpc_url: \"http://localhost:8899\"\nwebsocket_url: ''\nkeypair_path: /keys/id.json\n\
                    address_labels:\n  '11111111111111111111111111111111': System Program\ncommitment: finalized\n";
        let expected = SolanaSettings {
            url: Some("http://localhost:8899".to_owned()),
            keypair: Some(PathBuf::from("/keys/id.json")),
            commitment: Some("finalized".to_owned()),
        };
        assert_eq!(SolanaSettings::parse(text), expected);
        assert_eq!(SolanaSettings::parse(""), SolanaSettings::default());
    }
}
