//! The statement file of this tool: what a bank posts, mints and settles from. UTF-8 JSON, versioned.
//!
//! It holds what goes on chain and nothing else: hashes instead of references, addresses instead of names. The plain
//! references stand in a file beside it, which stays with the bank.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use kzte_client::{Address, Bic, reserve::StatementFile};
use kzte_ledger::{Entry, EntryKind};
use serde::{Deserialize, Serialize};

use crate::{
    failure::{Failure, Result},
    import::Import,
};

const FORMAT: &str = "kzte-statement";
const REFERENCES_FORMAT: &str = "kzte-references";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    format: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<Bic>,
    number: u64,
    /// Tiyn, as all amounts of the file.
    opening: u64,
    credit_total: u64,
    debit_total: u64,
    closing: u64,
    /// Unix seconds.
    as_of: i64,
    entry_count: u32,
    actionable_count: u32,
    #[serde(with = "hex::serde")]
    entries_root: [u8; 32],
    #[serde(with = "hex::serde")]
    source_hash: [u8; 32],
    entries: Vec<BundleEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleEntry {
    index: u32,
    kind: BundleKind,
    amount: u64,
    #[serde(with = "hex::serde")]
    reference_hash: [u8; 32],
    #[serde(default, skip_serializing_if = "Option::is_none", with = "party")]
    party: Option<Address>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum BundleKind {
    Credit,
    Debit,
}

#[derive(Serialize)]
struct References<'a> {
    format: &'static str,
    version: u32,
    statement: &'a str,
    sequence: Option<u64>,
    account: &'a str,
    part: u32,
    parts: u32,
    entries: Vec<ReferenceLine<'a>>,
}

#[derive(Serialize)]
struct ReferenceLine<'a> {
    index: usize,
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_to_end_id: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reversal: bool,
    line: u64,
}

/// A statement with the bank that it is of.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub statement: StatementFile,
    /// The bank, where the bank's file named it.
    pub issuer: Option<Bic>,
}

impl Loaded {
    /// Refuses the statement of another bank.
    pub fn check_bank(&self, issuer: &Bic) -> Result<()> {
        match self.issuer {
            Some(bic) if bic != *issuer => Err(Failure::mismatch(
                format!("the bundle is a statement of {bic}, not of {issuer}"),
                "Give the bundle of that bank, or another --issuer.",
            )),
            _ => Ok(()),
        }
    }
}

/// Where one statement was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    pub bundle: PathBuf,
    /// The plain references: stays with the bank.
    pub references: PathBuf,
    /// Whether both files were there with this content already.
    pub unchanged: bool,
}

/// Writes a statement and its references into a folder.
///
/// A file that is there with the same content is left alone; one with other content is never overwritten.
pub fn write(folder: &Path, import: &Import) -> Result<Written> {
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    let number = import.statement.totals.number;
    let bundle = folder.join(format!("statement-{number:06}.json"));
    let references = folder.join(format!("statement-{number:06}.references.json"));
    let unchanged_references = put(&references, true, &references_of(import))?;
    let unchanged_bundle = put(&bundle, false, &bundle_of(import))?;
    Ok(Written {
        bundle,
        references,
        unchanged: unchanged_references && unchanged_bundle,
    })
}

fn bundle_of(import: &Import) -> Bundle {
    let StatementFile {
        totals,
        entries,
        entries_root,
        source_hash,
    } = &import.statement;
    Bundle {
        format: FORMAT.to_owned(),
        version: VERSION,
        issuer: import.source.bic,
        number: totals.number,
        opening: totals.opening,
        credit_total: totals.credit_total,
        debit_total: totals.debit_total,
        closing: totals.closing,
        as_of: totals.as_of,
        entry_count: totals.entry_count,
        actionable_count: totals.actionable_count,
        entries_root: *entries_root,
        source_hash: *source_hash,
        entries: entries.iter().map(BundleEntry::of).collect(),
    }
}

fn references_of(import: &Import) -> References<'_> {
    let source = &import.source;
    References {
        format: REFERENCES_FORMAT,
        version: VERSION,
        statement: &source.id,
        sequence: source.sequence,
        account: &source.account,
        part: source.part.0,
        parts: source.part.1,
        entries: import
            .references
            .iter()
            .enumerate()
            .map(|(index, line)| ReferenceLine {
                index,
                reference: &line.reference,
                end_to_end_id: line.end_to_end_id.as_deref(),
                reversal: line.reversal,
                line: line.line,
            })
            .collect(),
    }
}

impl BundleEntry {
    fn of(entry: &Entry) -> Self {
        Self {
            index: entry.index,
            kind: match entry.kind {
                EntryKind::Credit => BundleKind::Credit,
                EntryKind::Debit => BundleKind::Debit,
            },
            amount: entry.amount,
            reference_hash: entry.reference_hash,
            party: entry
                .is_actionable()
                .then(|| Address::new_from_array(entry.party)),
        }
    }

    fn to_ledger(&self) -> Entry {
        Entry {
            kind: match self.kind {
                BundleKind::Credit => EntryKind::Credit,
                BundleKind::Debit => EntryKind::Debit,
            },
            index: self.index,
            amount: self.amount,
            reference_hash: self.reference_hash,
            party: self.party.map_or([0; 32], |address| address.to_bytes()),
        }
    }
}

/// Reads a bundle and checks it against itself: sums, counts, closing balance and root follow from the entries.
pub fn read(path: &Path) -> Result<Loaded> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    let again = "Import the bank's file again with `kzte statement import`.";
    let mut text = Vec::new();
    BufReader::new(file)
        .read_to_end(&mut text)
        .map_err(|error| Failure::file(path, &error))?;
    let bundle: Bundle = serde_json::from_slice(&text)
        .map_err(|error| Failure::input(format!("{shown}: not a statement bundle: {error}"), again))?;
    drop(text);
    if bundle.format != FORMAT || bundle.version != VERSION {
        return Err(Failure::input(
            format!(
                "{shown}: format «{}» version {} is not read here",
                bundle.format, bundle.version
            ),
            format!("This program reads «{FORMAT}» version {VERSION}. {again}"),
        ));
    }
    let entries = bundle.entries.iter().map(BundleEntry::to_ledger).collect();
    let statement = StatementFile::new(
        bundle.number,
        bundle.opening,
        bundle.as_of,
        entries,
        bundle.source_hash,
    )?;
    let totals = &statement.totals;
    let wrong = [
        ("credit_total", bundle.credit_total != totals.credit_total),
        ("debit_total", bundle.debit_total != totals.debit_total),
        ("closing", bundle.closing != totals.closing),
        ("entry_count", bundle.entry_count != totals.entry_count),
        (
            "actionable_count",
            bundle.actionable_count != totals.actionable_count,
        ),
        ("entries_root", bundle.entries_root != statement.entries_root),
    ];
    if let Some((field, _)) = wrong.iter().find(|(_, wrong)| *wrong) {
        return Err(Failure::input(
            format!("{shown}: {field} does not follow from the entries: the file was changed"),
            again,
        ));
    }
    Ok(Loaded {
        statement,
        issuer: bundle.issuer,
    })
}

/// Writes a file whole or not at all; returns whether it was there with this content.
fn put(path: &Path, private: bool, content: &impl Serialize) -> Result<bool> {
    let fail = |error: std::io::Error| Failure::file(path, &error);
    let folder = path.parent().unwrap_or(Path::new("."));
    // A temporary file is readable by its owner only until it is persisted.
    let file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    serde_json::to_writer(&mut writer, content).map_err(|error| fail(error.into()))?;
    writer.write_all(b"\n").map_err(fail)?;
    let file = writer.into_inner().map_err(|error| fail(error.into_error()))?;
    if path.exists() {
        if same(file.path(), path).map_err(fail)? {
            return Ok(true);
        }
        return Err(Failure::input(
            format!(
                "{}: exists with other content and is not overwritten",
                path.display()
            ),
            "Give another folder with --out, or move the file away.",
        ));
    }
    file.as_file().sync_all().map_err(fail)?;
    if !private {
        readable(&file).map_err(fail)?;
    }
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(false)
}

#[cfg(unix)]
fn readable(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

fn same(first: &Path, second: &Path) -> std::io::Result<bool> {
    if fs::metadata(first)?.len() != fs::metadata(second)?.len() {
        return Ok(false);
    }
    let (mut first, mut second) = (
        BufReader::new(File::open(first)?),
        BufReader::new(File::open(second)?),
    );
    loop {
        use std::io::BufRead;
        let (left, right) = (first.fill_buf()?, second.fill_buf()?);
        let length = left.len().min(right.len());
        if length == 0 {
            return Ok(left.len() == right.len());
        }
        if left.get(..length) != right.get(..length) {
            return Ok(false);
        }
        first.consume(length);
        second.consume(length);
    }
}

/// Addresses as base 58.
mod party {
    use kzte_client::Address;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(address: &Option<Address>, serializer: S) -> Result<S::Ok, S::Error> {
        match address {
            Some(address) => serializer.collect_str(address),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let address: Address = text
            .parse()
            .map_err(|_| D::Error::custom(format!("«{text}» is not a base58 address of 32 bytes")))?;
        if address == Address::default() {
            return Err(D::Error::custom("the all-zero address belongs to nobody"));
        }
        Ok(Some(address))
    }
}
