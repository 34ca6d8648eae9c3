//! The ledger file: what was done to a deployment, when, and by which transaction.
//!
//! A record and never the truth: what is to be done is asked of the chain alone. Every confirmed transaction is written
//! down before the next is sent. What a crash between the two kept out is found done on the chain by the next run, and
//! recorded as found.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use kzte_client::{Address, Receipt};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const FORMAT: &str = "kzte-migrations-ledger";
const VERSION: u32 = 1;

/// An open ledger file. No other run can open it meanwhile.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    record: Record,
    /// Closing it releases the lock, also when the process dies.
    _lock: File,
}

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub format: String,
    pub version: u32,
    /// Genesis hash, or `in-process`.
    pub cluster: String,
    pub deployment: RecordedDeployment,
    /// In the order in which they were recorded.
    pub actions: Vec<Entry>,
}

/// Which deployment it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedDeployment {
    /// Base 58.
    pub program: String,
    /// Base 58.
    pub mint: String,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name of the step.
    pub step: String,
    pub subject: String,
    /// What was done; `found`: nothing, it was on the chain already.
    pub act: String,
    /// What the subject was brought to.
    pub target: String,
    /// Absent where it was found. Of several transactions: the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// How many transactions it took.
    pub transactions: usize,
    /// Slot of that transaction; absent where it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<u64>,
    /// Chain's time, Unix seconds: of the transaction, or of the finding.
    pub time: i64,
    /// SHA-256 of the program on the chain afterwards, without zeros at its end; absent: there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program_hash: Option<String>,
}

/// The act of an entry that nobody of this ledger's runs sent.
const FOUND: &str = "found";

/// A ledger file that cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    #[error("{path}: the ledger file cannot be read ({reason})")]
    Read { path: String, reason: String },
    #[error("{path}: the ledger file cannot be written ({reason})")]
    Write { path: String, reason: String },
    #[error("{path}: «{format}» version {version} is not read here, only «{FORMAT}» version {VERSION}")]
    Version {
        path: String,
        format: String,
        version: u32,
    },
    #[error("{path}: another run has this ledger open")]
    Locked { path: String },
    #[error(
        "{path}: the ledger is about the {what} {file}, and this run about {given}: each cluster and each deployment has a ledger of its own"
    )]
    Other {
        path: String,
        what: &'static str,
        file: String,
        given: String,
    },
}

impl Record {
    fn new(cluster: &str, program: &Address, mint: &Address) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            cluster: cluster.to_owned(),
            deployment: RecordedDeployment {
                program: program.to_string(),
                mint: mint.to_string(),
            },
            actions: Vec::new(),
        }
    }

    /// Reads a ledger file without taking its lock; `None`: there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, LedgerError> {
        let shown = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let reason = error.to_string();
                return Err(LedgerError::Read { path: shown, reason });
            }
        };
        let header: Header = parse(&shown, &text)?;
        if header.format != FORMAT || header.version != VERSION {
            return Err(LedgerError::Version {
                path: shown,
                format: header.format,
                version: header.version,
            });
        }
        parse(&shown, &text).map(Some)
    }
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

fn parse<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|error| LedgerError::Read {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

impl Ledger {
    /// Opens the ledger of a deployment, or begins one: the file appears with the first entry.
    pub fn open(path: &Path, cluster: &str, program: &Address, mint: &Address) -> Result<Self, LedgerError> {
        let shown = path.display().to_string();
        let unwritable = |error: std::io::Error| LedgerError::Write {
            path: shown.clone(),
            reason: error.to_string(),
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(PathBuf::from(name))
            .map_err(unwritable)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => LedgerError::Locked { path: shown.clone() },
            fs::TryLockError::Error(error) => unwritable(error),
        })?;
        let fresh = Record::new(cluster, program, mint);
        let record = Record::read(path)?.unwrap_or_else(|| fresh.clone());
        let (found, given) = (&record.deployment, &fresh.deployment);
        for (what, file, given) in [
            ("cluster", &record.cluster, &fresh.cluster),
            ("program", &found.program, &given.program),
            ("mint", &found.mint, &given.mint),
        ] {
            if file != given {
                return Err(LedgerError::Other {
                    path: shown,
                    what,
                    file: file.clone(),
                    given: given.clone(),
                });
            }
        }
        Ok(Self {
            path: path.to_owned(),
            record,
            _lock: lock,
        })
    }

    /// What it holds.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Writes an action down.
    pub(crate) fn applied(
        &mut self,
        applied: &crate::Applied,
        target: &str,
        now: i64,
        program_hash: Option<String>,
    ) -> Result<(), LedgerError> {
        let Receipt {
            signature,
            slot,
            time,
            ..
        } = applied.receipt;
        self.add(Entry {
            step: applied.step.to_owned(),
            subject: applied.subject.clone(),
            act: applied.act.clone(),
            target: target.to_owned(),
            signature: Some(signature.to_string()),
            transactions: applied.transactions,
            slot: Some(slot),
            time: time.unwrap_or(now),
            program_hash,
        })
    }

    /// Whether an action that brought `subject` to `target` is the last that is recorded of it.
    pub(crate) fn knows(&self, step: &str, subject: &str, target: &str) -> bool {
        let mut of_subject = self.record.actions.iter().rev();
        of_subject
            .find(|entry| entry.step == step && entry.subject == subject)
            .is_some_and(|entry| entry.target == target)
    }

    /// Writes down that something was on the chain without an entry.
    pub(crate) fn found(
        &mut self,
        step: &str,
        subject: &str,
        target: &str,
        now: i64,
        program_hash: Option<String>,
    ) -> Result<(), LedgerError> {
        self.add(Entry {
            step: step.to_owned(),
            subject: subject.to_owned(),
            act: FOUND.to_owned(),
            target: target.to_owned(),
            signature: None,
            transactions: 0,
            slot: None,
            time: now,
            program_hash,
        })
    }

    fn add(&mut self, entry: Entry) -> Result<(), LedgerError> {
        self.record.actions.push(entry);
        self.write().map_err(|error| LedgerError::Write {
            path: self.path.display().to_string(),
            reason: error.to_string(),
        })
    }

    /// A new file in place of the old one: a crash leaves the one or the other, and never half of one.
    fn write(&self) -> std::io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut text = serde_json::to_string_pretty(&self.record)?;
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        // The name is on the disk only when the folder is.
        File::open(folder)?.sync_all()
    }
}
