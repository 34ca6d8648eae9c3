//! From a bank's camt.053 file to statements: one pass over the file, memory linear in the entries.
//!
//! A bank and each of its attestors run this on their own copies of the file. The same file under the same key gives
//! the same statements to the last bit, so an attestor trusts nothing that the bank sent but the file itself.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use kzte_camt::{BankEntry, BankStatement, Kind, Options, Party};
use kzte_client::{Bic, reserve::StatementFile};
use kzte_ledger::{Entry, EntryKind, MAX_ENTRIES};
use sha2::{Digest, Sha256};

use crate::{
    failure::{Failure, Result},
    keys::ReferenceKey,
};

/// Bytes of the file that are read and hashed at a time.
const BUFFER: usize = 256 * 1024;

/// A statement as it goes on chain, with what only the bank and its attestors see.
#[derive(Clone, Debug)]
pub struct Import {
    /// Totals, entries, root.
    pub statement: StatementFile,
    /// Where it comes from.
    pub source: Source,
    /// The plain side of each entry, in order: never goes on chain.
    pub references: Vec<Reference>,
}

/// Where a statement comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The bank's identification of its statement.
    pub id: String,
    /// The bank's own sequence number.
    pub sequence: Option<u64>,
    /// The reserve account.
    pub account: String,
    /// The bank that keeps it, where the file says so.
    pub bic: Option<Bic>,
    /// Which part of the bank's statement this is, from 1, and of how many: a statement on chain holds at most
    /// [`MAX_ENTRIES`] entries.
    pub part: (u32, u32),
}

/// The plain side of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The bank's own reference.
    pub reference: String,
    /// The payer's end-to-end identification.
    pub end_to_end_id: Option<String>,
    /// Whether the entry takes an earlier one back.
    pub reversal: bool,
    /// Line of the file.
    pub line: u64,
}

/// Reads every statement of a camt.053 file and numbers them from `first_number` on.
///
/// Errors: the reader's, which name the line and the entry; nothing of the file is returned then.
pub fn read_file(path: &Path, key: &ReferenceKey, first_number: u64) -> Result<Vec<Import>> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    read(file, key, first_number).map_err(|failure| Failure {
        message: format!("{}: {}", path.display(), failure.message),
        ..failure
    })
}

/// As [`read_file`], from any source of bytes.
pub fn read(input: impl Read, key: &ReferenceKey, first_number: u64) -> Result<Vec<Import>> {
    let mut reader = BufReader::with_capacity(
        BUFFER,
        Hashing {
            input,
            hasher: Sha256::new(),
        },
    );
    let statements = kzte_camt::read(&mut reader, &Options::default())?;
    // The reader stops behind the document; the hash is of the whole file.
    drain(&mut reader)?;
    let source_hash = reader.into_inner().hasher.finalize().into();
    number(statements, key, first_number, source_hash)
}

fn drain(reader: &mut impl BufRead) -> Result<()> {
    io::copy(reader, &mut io::sink()).map_err(|error| {
        Failure::input(
            format!("the file cannot be read to its end ({error})"),
            "Fetch the file again.",
        )
    })?;
    Ok(())
}

/// Hashes what passes through.
struct Hashing<R> {
    input: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.hasher.update(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

fn number(
    statements: Vec<BankStatement>,
    key: &ReferenceKey,
    first_number: u64,
    source_hash: [u8; 32],
) -> Result<Vec<Import>> {
    let mut imports: Vec<Import> = Vec::with_capacity(statements.len());
    for statement in statements {
        if let Some(previous) = imports.last() {
            follows(previous, &statement)?;
        }
        let next = first_number
            .checked_add(u64::try_from(imports.len()).unwrap_or(u64::MAX))
            .ok_or_else(|| {
                Failure::usage(
                    "there is no statement number behind the last one",
                    "Check --number.",
                )
            })?;
        imports.extend(parts(statement, key, next, source_hash)?);
    }
    Ok(imports)
}

/// Statements of one file are consecutive statements of one account: anything else belongs into a file of its own.
fn follows(previous: &Import, next: &BankStatement) -> Result<()> {
    let fact = if previous.source.account != next.account {
        format!(
            "is of account {}, the one before of account {}",
            next.account, previous.source.account
        )
    } else if previous.statement.totals.closing != next.opening {
        format!(
            "opens with {} tiyn, but the one before closes with {} tiyn",
            next.opening, previous.statement.totals.closing
        )
    } else if previous.statement.totals.as_of >= next.as_of {
        "is not later than the one before".to_owned()
    } else {
        return Ok(());
    };
    Err(Failure::input(
        format!("line {}: the statement {} {fact}", next.line, next.id),
        "Ask the bank for one file an account, its statements in order and without gaps.",
    ))
}

/// Cuts a bank's statement into parts that fit on chain; almost always it is one.
///
/// A part before the last closes with the balance behind its last entry, one second before the next part, so that
/// balances and times still form a chain.
fn parts(
    statement: BankStatement,
    key: &ReferenceKey,
    first_number: u64,
    source_hash: [u8; 32],
) -> Result<Vec<Import>> {
    let BankStatement {
        id,
        sequence,
        account,
        servicer_bic,
        as_of,
        mut opening,
        entries,
        ..
    } = statement;
    let most = usize::try_from(MAX_ENTRIES).unwrap_or(usize::MAX);
    let count = u32::try_from(entries.len().div_ceil(most).max(1)).unwrap_or(u32::MAX);
    let bic = servicer_bic
        .map(|text| text.parse::<Bic>())
        .transpose()
        .map_err(|error| {
            Failure::input(
                error.to_string(),
                "Ask the bank to correct the servicer's code in the file.",
            )
        })?;

    let mut entries = entries.into_iter();
    let mut imports = Vec::new();
    for part in 1..=count {
        let length = entries.len().min(most);
        let mut leaves = Vec::with_capacity(length);
        let mut references = Vec::with_capacity(length);
        for (entry, index) in entries.by_ref().take(most).zip(0u32..) {
            leaves.push(leaf(&entry, index, key));
            references.push(Reference {
                reference: entry.reference,
                end_to_end_id: entry.end_to_end_id,
                reversal: entry.reversal,
                line: entry.line,
            });
        }
        let number = first_number.saturating_add(u64::from(part.saturating_sub(1)));
        let as_of = as_of.saturating_sub(i64::from(count.saturating_sub(part)));
        let statement = StatementFile::new(number, opening, as_of, leaves, source_hash)?;
        opening = statement.totals.closing;
        let source = Source {
            id: id.clone(),
            sequence,
            account: account.clone(),
            bic,
            part: (part, count),
        };
        imports.push(Import {
            statement,
            source,
            references,
        });
    }
    Ok(imports)
}

fn leaf(entry: &BankEntry, index: u32, key: &ReferenceKey) -> Entry {
    Entry {
        kind: match entry.kind {
            Kind::Credit => EntryKind::Credit,
            Kind::Debit => EntryKind::Debit,
        },
        index,
        amount: entry.amount,
        reference_hash: key.reference_hash(&entry.reference),
        party: match entry.party {
            Some(Party::Address(address)) => address,
            None => [0; 32],
        },
    }
}

/// Refuses a file of another bank.
pub fn check_bank(import: &Import, issuer: &Bic) -> Result<()> {
    match import.source.bic {
        Some(bic) if bic != *issuer => Err(Failure::mismatch(
            format!("the file is a statement of {bic}, not of {issuer}"),
            "Give the statement of that bank, or another --issuer.",
        )),
        _ => Ok(()),
    }
}
