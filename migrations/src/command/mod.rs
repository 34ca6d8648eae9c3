//! The command line of the migrations.

mod answer;
pub mod args;
mod bar;
mod failure;

use std::{
    fs,
    path::{Path, PathBuf},
};

use kzte_client::{Chain, Commitment, Keypair, PROGRAM_ID, RpcChain, Signer};
use kzte_migrations::{DeploymentFile, Documents, Ledger, Migration, Record, cluster_name, program_hash};

use answer::{Answer, Heading};
use args::{Arguments, Command, Sure, Target};
use bar::Bar;
use failure::{Failure, Kind, Result};

/// What a target comes to.
struct Desk {
    url: String,
    chain: RpcChain,
    cluster: String,
    file: DeploymentFile,
    documents: Documents,
    program: Option<Vec<u8>>,
}

impl Desk {
    fn of(target: &Target) -> Result<Self> {
        let file = DeploymentFile::read(&target.file)?;
        let documents = file.documents(&target.file)?;
        let program = target
            .program
            .as_deref()
            .map(|path| fs::read(path).map_err(|error| Failure::file(path, &error)))
            .transpose()?;
        let url = full_url(&target.url)?;
        let chain = RpcChain::new(&url).with_commitment(match target.commitment {
            Sure::Confirmed => Commitment::Confirmed,
            Sure::Finalized => Commitment::Finalized,
        });
        let cluster = chain.cluster()?;
        Ok(Self {
            url,
            chain,
            cluster,
            file,
            documents,
            program,
        })
    }

    fn migration<'a>(&'a self, target: &'a Target) -> Migration<'a> {
        Migration {
            hand_over: self.file.hand_over.clone(),
            program: self.program.as_deref(),
            metadata: self.documents.clone(),
            program_id: target.program_id.unwrap_or(PROGRAM_ID),
            url: Some(&self.url),
            through: target.through.as_deref(),
            ..Migration::of(&self.file.description)
        }
    }

    fn heading(&self, target: &Target) -> Heading {
        Heading {
            cluster: cluster_name(&self.cluster).to_owned(),
            program: target.program_id.unwrap_or(PROGRAM_ID).to_string(),
            mint: self.file.description.mint.to_string(),
            program_hash: self.program.as_deref().map(program_hash),
        }
    }

    /// Beside the deployment's file: `deployment.devnet.ledger.json`.
    fn ledger_path(&self, target: &Target, given: Option<&PathBuf>) -> PathBuf {
        let cluster: String = cluster_name(&self.cluster).chars().take(16).collect();
        given
            .cloned()
            .unwrap_or_else(|| target.file.with_extension(format!("{cluster}.ledger.json")))
    }
}

/// Carries a command out.
pub fn run(arguments: &Arguments) -> Result<Answer> {
    match &arguments.command {
        Command::Plan {
            target,
            payer,
            keypair,
        } => {
            let desk = Desk::of(target)?;
            let payer = payer.as_deref().map(read_keypair).transpose()?;
            let keys = read_keypairs(keypair)?;
            let payer = payer.as_ref().map(Keypair::pubkey);
            let addresses: Vec<_> = keys.iter().map(Keypair::pubkey).collect();
            let actions = desk.migration(target).plan(&desk.chain, payer, &addresses)?;
            Ok(answer::plan(&desk.heading(target), &actions))
        }
        Command::Apply {
            target,
            payer,
            keypair,
            ledger,
        } => {
            let desk = Desk::of(target)?;
            let payer = read_keypair(payer)?;
            let keys = read_keypairs(keypair)?;
            let keys: Vec<&Keypair> = keys.iter().collect();
            let program = target.program_id.unwrap_or(PROGRAM_ID);
            let path = desk.ledger_path(target, ledger.as_ref());
            let mint = desk.file.description.mint;
            let mut ledger = Ledger::open(&path, &desk.cluster, &program, &mint)?;
            let (mut chain, mut bar) = (desk.chain.clone(), Bar::new());
            let outcome = desk.migration(target).apply(
                &mut chain,
                &payer,
                &keys,
                Some(&mut ledger),
                &mut |progress| bar.tell(progress),
            )?;
            Ok(answer::apply(
                &desk.heading(target),
                &outcome.applied,
                &outcome.waiting,
            ))
        }
        Command::Verify { target } => {
            let desk = Desk::of(target)?;
            let compared = desk.migration(target).verify(&desk.chain)?;
            Ok(answer::verified(&desk.heading(target), compared))
        }
        Command::Status { target, ledger } => {
            let desk = Desk::of(target)?;
            let path = desk.ledger_path(target, ledger.as_ref());
            let record = Record::read(&path)?;
            if let Some(record) = &record
                && record.cluster != desk.cluster
            {
                return Err(Failure::new(
                    Kind::Input,
                    format!(
                        "{}: the ledger is about the cluster {}, not about {}",
                        path.display(),
                        cluster_name(&record.cluster),
                        cluster_name(&desk.cluster)
                    ),
                    "Name another file with --ledger.",
                ));
            }
            let entries = record.map(|record| record.actions).unwrap_or_default();
            let actions = desk.migration(target).plan(&desk.chain, None, &[])?;
            let shown = path.display().to_string();
            Ok(answer::status(&desk.heading(target), &shown, &entries, &actions))
        }
    }
}

/// A URL as it is; a moniker as its URL.
fn full_url(text: &str) -> Result<String> {
    Ok(match text {
        "localhost" => "http://127.0.0.1:8899".to_owned(),
        "devnet" | "testnet" | "mainnet-beta" => format!("https://api.{text}.solana.com"),
        url if url.starts_with("http://") || url.starts_with("https://") => url.to_owned(),
        other => {
            return Err(Failure::new(
                Kind::Usage,
                format!("«{other}» is neither a URL nor a moniker"),
                "Give http://… or https://…, or localhost, devnet, testnet or mainnet-beta.",
            ));
        }
    })
}

fn read_keypairs(paths: &[PathBuf]) -> Result<Vec<Keypair>> {
    paths.iter().map(|path| read_keypair(path)).collect()
}

/// Reads a key pair as the Solana tools write it: a JSON array of 64 numbers.
fn read_keypair(path: &Path) -> Result<Keypair> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    let wrong = || {
        Failure::new(
            Kind::Input,
            format!("{}: not a key file", path.display()),
            "A key file is a JSON array of 64 numbers, as solana-keygen new writes it.",
        )
    };
    // The text is a secret: no message may quote it.
    let bytes: Vec<u8> = serde_json::from_str(&text).map_err(|_| wrong())?;
    Keypair::try_from(bytes.as_slice()).map_err(|_| wrong())
}
