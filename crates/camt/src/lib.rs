//! Streaming reader of bank statements: ISO 20022 camt.053, versions 001.02 to 001.13, of a reserve account in tenge.
//!
//! A statement leaves this crate only if it is whole: every entry booked, in tenge, with a reference of the
//! bank of its own, and `opening + credits - debits = closing` to the tiyn. Anything else is a [`CamtError`] whose message
//! names the line and the entry, the fact and the way out; a file gives all of its statements or none.
//!
//! The file is never held in memory: memory grows with the number of entries, about 300 bytes each.
//!
//! # What becomes an entry
//!
//! One `Ntry` is one entry, except that a batch (several `TxDtls` under one `Ntry`) is expanded to one entry per
//! `TxDtls`, when each carries its own amount and they add up exactly. [`BankEntry::index`] counts the entries after expansion.
//!
//! The bank's own reference is `TxDtls/Refs/AcctSvcrRef`, else `Ntry/AcctSvcrRef`, else `NtryRef`; the entries of a batch
//! that have no `AcctSvcrRef` of their own take the reference of their `Ntry` plus `/1`, `/2` and so on.
//! `NOTPROVIDED` and `NONREF` count as absent.
//!
//! # Wallet convention
//!
//! The remittance text (`RmtInf/Ustrd` and `RmtInf/Strd/CdtrRefInf/Ref`, joined by a space) may carry the token `KZTE:`
//! directly followed by a base58 Solana address: the beneficiary's wallet on a credit, the redemption that it pays out on a
//! debit. An entry without a token has no party (fees, interest, own transfers). A reversal never has a party: its token, which
//! usually quotes the entry that it takes back, is ignored.
//!
//! # Example
//!
//! ```no_run
//! let statements = kzte_camt::read_file("statement.xml", &kzte_camt::Options::default())?;
//! for statement in &statements {
//!     println!("{}: {} entries, closing {} tiyn", statement.account, statement.entries.len(), statement.closing);
//! }
//! # Ok::<(), kzte_camt::CamtError>(())
//! ```

#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::unwrap_used))]

mod account;
mod amount;
mod cursor;
mod error;
mod instant;
mod model;
mod party;
mod statement;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

pub use crate::error::{CamtError, EntryPlace, Place};
pub use crate::model::{BankEntry, BankStatement, Kind, Options, Party};

/// Bytes read from a file at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// Reads every statement of a camt.053 message.
///
/// # Errors
///
/// A [`CamtError`] for the first fact that makes the message unusable; nothing of the message is returned then.
pub fn read(input: impl BufRead, options: &Options) -> Result<Vec<BankStatement>, CamtError> {
    statement::Parser::new(input, *options).document()
}

/// Reads every statement of a camt.053 file; see [`read`].
///
/// # Errors
///
/// [`CamtError::Open`] if the file cannot be opened, else as [`read`].
pub fn read_file(path: impl AsRef<Path>, options: &Options) -> Result<Vec<BankStatement>, CamtError> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|source| CamtError::Open {
        path: path.display().to_string(),
        source: source.into(),
    })?;
    read(BufReader::with_capacity(BUFFER_BYTES, file), options)
}
