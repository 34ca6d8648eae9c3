//! The journal: what a key has signed and perhaps sent.
//!
//! A transfer leaves no mark on the chain by which a repetition could tell that it is done. So its signed transaction is
//! written to disk before it is sent, under a name that follows from the command, its arguments and its reference. The
//! same command finds it and asks for the fate of those very bytes: the chain takes a signature once, so sending them
//! again is safe, and new ones are signed only when the old can never land.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use kzte_client::{
    Chain, ChainError, Fate, Instruction, Keypair, Letter, Limit, Receipt, SendOptions, Signature, Signer,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    failure::{Failure, Kind, Result},
    keys::Hand,
    text::Moment,
};

const FORMAT: &str = "kzte-journal";
const VERSION: u32 = 1;
/// After this many seconds a node may have forgotten a transaction, so that its silence proves nothing: one day.
const MEMORY: i64 = 86_400;
/// Limits of what goes through the journal: a transfer that creates an account, or a burn, stays far below. Signed
/// without a trial, so that also what the chain then refuses is on record.
const OPTIONS: SendOptions = SendOptions {
    compute_units: Limit::Fixed(100_000),
    loaded_data: Limit::Fixed(4 * 1024 * 1024),
    preflight: false,
};
/// The node tries a letter out before it passes it on, so that a refused one costs nothing.
const PREFLIGHT: bool = true;
/// How often a transaction is signed anew after its blockhash ran out.
const TRIES: u32 = 3;

/// A folder of signed transactions.
#[derive(Clone, Debug)]
pub struct Journal {
    folder: PathBuf,
}

/// What a command is, for the journal.
#[derive(Clone, Debug)]
pub struct Intent<'a> {
    /// The command, for example `transfer`.
    pub action: &'a str,
    /// Every argument that makes it this command and no other, the reference among them.
    pub arguments: &'a [&'a str],
}

/// What became of an intent.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Confirmed now.
    Done(Receipt),
    /// Confirmed before.
    Already { signature: Signature, when: i64 },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    format: String,
    version: u32,
    action: String,
    arguments: Vec<String>,
    cluster: String,
    signature: String,
    /// Base 64.
    transaction: String,
    last_valid_block_height: u64,
    /// Chain time of the signing, Unix seconds.
    signed_at: i64,
    /// Whether the chain has confirmed it.
    confirmed: bool,
}

impl Journal {
    /// The journal in a folder, which is made when it is first written to.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Carries an intent out once, however often it is asked for.
    ///
    /// `build` gives the instructions; it is called only when something must be signed.
    pub fn perform(
        &self,
        chain: &mut dyn Chain,
        hand: &Hand,
        intent: &Intent,
        build: &mut dyn FnMut(&mut dyn Chain) -> Result<Vec<Instruction>>,
    ) -> Result<Outcome> {
        self.perform_by(chain, hand.payer, &[hand.key], intent, build)
    }

    /// As [`perform`](Self::perform), signed by those of `keys` that the instructions ask for.
    pub fn perform_by(
        &self,
        chain: &mut dyn Chain,
        payer: &Keypair,
        keys: &[&Keypair],
        intent: &Intent,
        build: &mut dyn FnMut(&mut dyn Chain) -> Result<Vec<Instruction>>,
    ) -> Result<Outcome> {
        private_folder(&self.folder)?;
        let cluster = chain.cluster()?;
        let path = self.folder.join(format!("{}.json", name_of(intent, &cluster)));
        let _lock = Lock::take(&path)?;
        if let Some(record) = Record::read(&path)?
            && let Some(outcome) = self.resume(chain, &path, record)?
        {
            return Ok(outcome);
        }

        let mut tries = 1;
        loop {
            let instructions = build(chain)?;
            let signs = |key: &&&Keypair| {
                let mut metas = instructions.iter().flat_map(|one| &one.accounts);
                metas.any(|meta| meta.is_signer && meta.pubkey == key.pubkey())
            };
            let signers: Vec<&Keypair> = keys.iter().filter(signs).copied().collect();
            let letter = Letter {
                preflight: PREFLIGHT,
                ..chain.sign(&instructions, payer, &signers, OPTIONS)?
            };
            let record = Record::of(intent, &cluster, &letter, chain.now()?);
            record.write(&path)?;
            match chain.dispatch(&letter) {
                Ok(receipt) => {
                    Record {
                        confirmed: true,
                        ..record
                    }
                    .write(&path)?;
                    return Ok(Outcome::Done(receipt));
                }
                Err(ChainError::Expired { .. }) if tries < TRIES => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The outcome of what was signed before; `None`: it has not happened and never will, so sign anew.
    fn resume(&self, chain: &mut dyn Chain, path: &Path, record: Record) -> Result<Option<Outcome>> {
        let letter = record.letter(path)?;
        let (signature, when) = (letter.signature, record.signed_at);
        let already = Outcome::Already { signature, when };
        if record.confirmed {
            return Ok(Some(already));
        }
        match chain.fate(&letter)? {
            Fate::Landed(_) => {
                Record {
                    confirmed: true,
                    ..record
                }
                .write(path)?;
                Ok(Some(already))
            }
            Fate::Failed(_) => Ok(None),
            Fate::Expired if chain.now()?.saturating_sub(when) > MEMORY => Err(Failure::new(
                Kind::NoAnswer,
                format!(
                    "this was signed at {} as {signature} and not confirmed then; the node may have forgotten it",
                    Moment(when)
                ),
                format!(
                    "Look the signature up in an explorer. If it is not there, delete {} and repeat the command.",
                    path.display()
                ),
            )),
            Fate::Expired => Ok(None),
            Fate::Open => match chain.dispatch(&letter) {
                Ok(receipt) => {
                    Record {
                        confirmed: true,
                        ..record
                    }
                    .write(path)?;
                    Ok(Some(Outcome::Done(receipt)))
                }
                Err(ChainError::Expired { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }
}

/// Hash over the chain, the command and its arguments, each with its length.
fn name_of(intent: &Intent, cluster: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [cluster, intent.action].iter().chain(intent.arguments) {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}

impl Record {
    fn of(intent: &Intent, cluster: &str, letter: &Letter, signed_at: i64) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            action: intent.action.to_owned(),
            arguments: intent.arguments.iter().map(|text| (*text).to_owned()).collect(),
            cluster: cluster.to_owned(),
            signature: letter.signature.to_string(),
            transaction: STANDARD.encode(&letter.bytes),
            last_valid_block_height: letter.last_valid,
            signed_at,
            confirmed: false,
        }
    }

    fn letter(&self, path: &Path) -> Result<Letter> {
        let unreadable = || unreadable(path, "its transaction cannot be read");
        Ok(Letter {
            signature: self.signature.parse().map_err(|_| unreadable())?,
            bytes: STANDARD.decode(&self.transaction).map_err(|_| unreadable())?,
            last_valid: self.last_valid_block_height,
            preflight: PREFLIGHT,
        })
    }

    fn read(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::file(path, &error)),
        };
        let record: Self =
            serde_json::from_str(&text).map_err(|error| unreadable(path, &error.to_string()))?;
        if record.format != FORMAT || record.version != VERSION {
            return Err(unreadable(
                path,
                &format!("format «{}» version {}", record.format, record.version),
            ));
        }
        Ok(Some(record))
    }

    /// Whole and on the disk, or not at all: before this returns nothing may be sent.
    fn write(&self, path: &Path) -> Result<()> {
        let fail = |error: std::io::Error| Failure::file(path, &error);
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
        serde_json::to_writer_pretty(&mut file, self).map_err(|error| fail(error.into()))?;
        file.write_all(b"\n").map_err(fail)?;
        file.as_file().sync_all().map_err(fail)?;
        file.persist(path).map_err(|error| fail(error.error))?;
        // The new name is on the disk only when the folder is.
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(fail)
    }
}

fn unreadable(path: &Path, reason: &str) -> Failure {
    Failure::input(
        format!("{}: not a journal entry ({reason})", path.display()),
        "Look the transaction up in an explorer before you move the file away: it may have been sent.",
    )
}

/// Made with access for its owner only: the arguments name amounts and references.
fn private_folder(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| Failure::file(folder, &error))
}

/// Held while an intent is carried out, so that two runs of the same command do not sign at once.
struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl Lock {
    fn take(path: &Path) -> Result<Self> {
        let path = path.with_extension("lock");
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| Failure::file(&path, &error))?;
        file.try_lock().map_err(|_| {
            Failure::new(
                Kind::NoAnswer,
                "the same command is running at this moment",
                "Wait for it to end; a repetition then says what it did.",
            )
        })?;
        Ok(Self(file))
    }
}
