//! Bank files: arbitrary bytes never make the reader panic, and what it accepts is whole.
//!
//! Each file is read three times, as one piece, in small pieces and with its texts kept: the results must agree.

#![no_main]

use std::collections::BTreeSet;
use std::io::{BufRead, Read};

use kzte_camt::{BankStatement, Kind, Options, Party, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let whole = read(data, &Options::default()).map_err(|error| error.to_string());
    let size = 1 + data.iter().map(|byte| usize::from(*byte)).sum::<usize>() % 61;
    let pieces = Pieces {
        rest: data,
        size,
        next: size.max(SNIFFED),
    };
    let pieces = read(pieces, &Options::default()).map_err(|error| error.to_string());
    assert_eq!(whole, pieces, "in pieces of {size} bytes");

    // Keeping the texts means reading the counterparty, which is skipped otherwise: more can be refused, and whatever
    // is accepted is the same.
    if let Ok(kept) = read(data, &Options { keep_text: true }) {
        assert_eq!(whole, Ok(kept.into_iter().map(drop_texts).collect()));
    }

    match whole {
        Ok(statements) => {
            statements.iter().for_each(check);
            assert!(!statements.is_empty(), "a message without a statement");
        }
        Err(message) => assert!(!message.is_empty()),
    }
});

fn drop_texts(mut statement: BankStatement) -> BankStatement {
    for entry in &mut statement.entries {
        entry.counterparty = None;
        entry.remittance = String::new();
    }
    statement
}

/// The promises of the crate's documentation, in 128 bits.
fn check(statement: &BankStatement) {
    let sum = |kind| -> u128 {
        let entries = statement.entries.iter().filter(|entry| entry.kind == kind);
        entries.map(|entry| u128::from(entry.amount)).sum()
    };
    let (credits, debits) = (sum(Kind::Credit), sum(Kind::Debit));
    assert_eq!(u128::from(statement.credit_total), credits);
    assert_eq!(u128::from(statement.debit_total), debits);
    assert_eq!(
        u128::from(statement.opening) + credits,
        u128::from(statement.closing) + debits
    );

    let mut references = BTreeSet::new();
    for (place, entry) in (0..).zip(&statement.entries) {
        assert_eq!(entry.index, place);
        assert_ne!(entry.amount, 0);
        assert!(!entry.reference.is_empty());
        assert!(references.insert(&entry.reference), "{} twice", entry.reference);
        assert!(entry.party != Some(Party::Address([0; 32])));
        assert!(!entry.reversal || entry.party.is_none());
        assert!(entry.line >= statement.line);
        assert!(entry.counterparty.is_none() && entry.remittance.is_empty());
        assert_ne!(entry.end_to_end_id.as_deref(), Some("NOTPROVIDED"));
    }
}

/// The reader looks for a byte order mark at what it gets first, and takes it as the beginning of the file even if it is
/// shorter than a mark. Files and pipes give more, so the first piece is never shorter here.
const SNIFFED: usize = 4;

/// A file that arrives in small pieces, as over a slow pipe.
struct Pieces<'a> {
    rest: &'a [u8],
    /// Bytes in a piece, and what is left of the current one.
    size: usize,
    next: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        Ok(&self.rest[..self.next.min(self.rest.len())])
    }

    fn consume(&mut self, count: usize) {
        self.rest = &self.rest[count..];
        self.next -= count;
        if self.next == 0 {
            self.next = self.size;
        }
    }
}
