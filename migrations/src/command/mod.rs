//! The command line of the migrations, which `kzte-migrate` and `kzte migrate` share. The chain is the tool's: it knows
//! where its general options point.

mod answer;
mod args;
mod bar;
mod failure;

use std::{
    fs,
    path::{Path, PathBuf},
};

use kzte_client::{Address, Chain, Keypair, PROGRAM_ID, Signer};

pub use {
    answer::Answer,
    args::{Command, Keys, Target},
    failure::{Failure, Kind, Result},
};

use crate::{DeploymentFile, Documents, Ledger, Migration, Progress, Record, cluster_name, program_hash};
use answer::Heading;
use bar::Bar;

/// Carries a command out. `url`: where the chain is, which says whether it is a local one; see
/// [`is_local`](crate::is_local).
pub fn run(command: &Command, chain: &mut dyn Chain, url: Option<&str>) -> Result<Answer> {
    match command {
        Command::Plan { target, keys } => {
            let (payer, signers) = (keys.read_payer()?, keys.read_signers()?);
            Desk::of(target, chain, url)?.plan(chain, payer.as_ref(), &signers)
        }
        Command::Apply { target, keys, ledger } => {
            let payer = keys.read_payer()?.ok_or_else(|| {
                Failure::new(
                    Kind::Usage,
                    "nobody is named who pays",
                    "Pass the key's file with --payer.",
                )
            })?;
            let signers = keys.read_signers()?;
            Desk::of(target, chain, url)?.apply(chain, &payer, &signers, ledger.as_deref())
        }
        Command::Verify { target } => Desk::of(target, chain, url)?.verify(chain),
        Command::Status { target, ledger } => Desk::of(target, chain, url)?.status(chain, ledger.as_deref()),
    }
}

/// What a target comes to.
struct Desk<'a> {
    target: &'a Target,
    url: Option<&'a str>,
    cluster: String,
    file: DeploymentFile,
    documents: Documents,
    program: Option<Vec<u8>>,
}

impl<'a> Desk<'a> {
    fn of(target: &'a Target, chain: &dyn Chain, url: Option<&'a str>) -> Result<Self> {
        let file = DeploymentFile::read(&target.file)?;
        let documents = file.documents(&target.file)?;
        let program = target
            .program
            .as_deref()
            .map(|path| fs::read(path).map_err(|error| Failure::file(path, &error)))
            .transpose()?;
        let cluster = chain.cluster()?;
        Ok(Self {
            target,
            url,
            cluster,
            file,
            documents,
            program,
        })
    }

    fn plan(&self, chain: &dyn Chain, payer: Option<&Keypair>, signers: &[Keypair]) -> Result<Answer> {
        let payer = payer.map(Keypair::pubkey);
        let signers: Vec<Address> = signers.iter().map(Keypair::pubkey).collect();
        let actions = self.migration().plan(chain, payer, &signers)?;
        Ok(answer::plan(&self.heading(), &actions))
    }

    fn apply(
        &self,
        chain: &mut dyn Chain,
        payer: &Keypair,
        signers: &[Keypair],
        ledger: Option<&Path>,
    ) -> Result<Answer> {
        let signers: Vec<&Keypair> = signers.iter().collect();
        let mint = self.file.description.mint;
        let path = self.ledger_path(ledger);
        let mut ledger = Ledger::open(&path, &self.cluster, &self.program_id(), &mint)?;
        let mut bar = Bar::new();
        let mut watch = |progress: Progress| bar.tell(progress);
        let migration = self.migration();
        let outcome = migration.apply(chain, payer, &signers, Some(&mut ledger), &mut watch)?;
        Ok(answer::apply(&self.heading(), &outcome.applied, &outcome.waiting))
    }

    fn verify(&self, chain: &dyn Chain) -> Result<Answer> {
        let compared = self.migration().verify(chain)?;
        Ok(answer::verified(&self.heading(), compared))
    }

    fn status(&self, chain: &dyn Chain, ledger: Option<&Path>) -> Result<Answer> {
        let path = self.ledger_path(ledger);
        let shown = path.display().to_string();
        let record = Record::read(&path)?;
        if let Some(record) = &record
            && record.cluster != self.cluster
        {
            return Err(Failure::new(
                Kind::Input,
                format!(
                    "{shown}: the ledger is about the cluster {}, not about {}",
                    cluster_name(&record.cluster),
                    cluster_name(&self.cluster)
                ),
                "Name another file with --ledger.",
            ));
        }
        let entries = record.map(|record| record.actions).unwrap_or_default();
        let actions = self.migration().plan(chain, None, &[])?;
        Ok(answer::status(&self.heading(), &shown, &entries, &actions))
    }

    fn program_id(&self) -> Address {
        self.target.program_id.unwrap_or(PROGRAM_ID)
    }

    fn migration(&self) -> Migration<'_> {
        Migration {
            hand_over: self.file.hand_over.clone(),
            program: self.program.as_deref(),
            metadata: self.documents.clone(),
            program_id: self.program_id(),
            url: self.url,
            through: self.target.through.as_deref(),
            ..Migration::of(&self.file.description)
        }
    }

    fn heading(&self) -> Heading {
        Heading {
            cluster: cluster_name(&self.cluster).to_owned(),
            program: self.program_id().to_string(),
            mint: self.file.description.mint.to_string(),
            program_hash: self.program.as_deref().map(program_hash),
        }
    }

    /// Beside the deployment's file: `deployment.devnet.ledger.json`.
    fn ledger_path(&self, given: Option<&Path>) -> PathBuf {
        let cluster: String = cluster_name(&self.cluster).chars().take(16).collect();
        let beside = || self.target.file.with_extension(format!("{cluster}.ledger.json"));
        given.map_or_else(beside, Path::to_owned)
    }
}

impl Keys {
    fn read_payer(&self) -> Result<Option<Keypair>> {
        self.payer.as_deref().map(read_keypair).transpose()
    }

    fn read_signers(&self) -> Result<Vec<Keypair>> {
        self.keypair.iter().map(|path| read_keypair(path)).collect()
    }
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
