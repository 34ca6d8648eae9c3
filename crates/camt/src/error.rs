//! Why a file is refused: where, the fact, and the way out.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::amount::Tenge;

/// Characters of the file that a message quotes at most.
const QUOTED: usize = 64;

/// A place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u64,
    /// The entry, if the fault lies in one.
    pub entry: Option<Box<EntryPlace>>,
}

/// An entry as a message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPlace {
    /// Position within the statement, from 0, as [`crate::BankEntry::index`].
    pub index: u64,
    /// The bank's reference, if one had been read.
    pub reference: Option<String>,
}

impl Place {
    pub(crate) fn line(line: u64) -> Self {
        Self { line, entry: None }
    }

    pub(crate) fn entry(line: u64, index: usize, reference: &str) -> Self {
        let reference = (!reference.is_empty()).then(|| clip(reference));
        let index = u64::try_from(index).unwrap_or(u64::MAX);
        Self {
            line,
            entry: Some(Box::new(EntryPlace { index, reference })),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        match self.entry.as_deref() {
            None => Ok(()),
            Some(EntryPlace {
                index,
                reference: None,
            }) => write!(f, ", entry {index}"),
            Some(EntryPlace {
                index,
                reference: Some(reference),
            }) => {
                write!(f, ", entry {index} (reference {reference})")
            }
        }
    }
}

/// What is wrong with a file. Entries are counted from 0 within their statement, lines from 1.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CamtError {
    /// The file cannot be opened.
    #[error("{path}: the file cannot be opened ({source}); check the path and the permissions")]
    Open {
        /// As given.
        path: String,
        /// The system's reason.
        source: Arc<io::Error>,
    },
    /// The input failed half-way.
    #[error("{at}: the input cannot be read ({source}); fetch the file again")]
    Read {
        /// Where.
        at: Place,
        /// The system's reason.
        source: Arc<io::Error>,
    },

    // The document.
    /// Nothing in it.
    #[error("{at}: the file is empty; fetch the statement from the bank again")]
    Empty {
        /// Where.
        at: Place,
    },
    /// Not XML.
    #[error("{at}: the file is not well-formed XML: {reason}; fetch it again, and do not edit it by hand")]
    NotWellFormed {
        /// Where.
        at: Place,
        /// The parser's or the reader's reason.
        reason: String,
    },
    /// The end is missing.
    #[error(
        "{at}: the file ends before its root element is closed (the last element read was {element}): it was cut off; \
         fetch it again in full"
    )]
    Truncated {
        /// Where the unfinished item begins.
        at: Place,
        /// The last element read, in angle brackets, or "none".
        element: String,
    },
    /// Another encoding than UTF-8.
    #[error("{at}: the file holds {found} instead of UTF-8; ask the bank for UTF-8, or convert the file")]
    Encoding {
        /// Where.
        at: Place,
        /// What was found.
        found: String,
    },
    /// `<!DOCTYPE …>`.
    #[error(
        "{at}: a document type declaration is refused, a statement needs none; ask the bank for a file without one"
    )]
    DocumentType {
        /// Where.
        at: Place,
    },
    /// Neither a character nor one of the five predefined entities.
    #[error(
        "{at}: the entity «&{name};» is refused, only &lt; &gt; &amp; &apos; &quot; and characters by number are known; \
         ask the bank for the plain character"
    )]
    Entity {
        /// Where.
        at: Place,
        /// Without `&` and `;`.
        name: String,
    },
    /// A tag or a text without end.
    #[error(
        "{at}: an item is longer than {limit} bytes, which no statement needs; ask the bank for a regular file"
    )]
    TooLong {
        /// Where it begins.
        at: Place,
        /// The reader's limit, bytes.
        limit: usize,
    },
    /// Elements without end.
    #[error(
        "{at}: elements are nested deeper than {limit} levels, which no statement needs; ask the bank for a regular file"
    )]
    TooDeep {
        /// Where.
        at: Place,
        /// The reader's limit.
        limit: u32,
    },
    /// Another document.
    #[error("{at}: the root element is <{found}> instead of <Document>; give a camt.053 bank statement")]
    WrongRoot {
        /// Where.
        at: Place,
        /// Its local name.
        found: String,
    },
    /// Another message or an unknown version.
    #[error(
        "{at}: the message is «{found}», but only camt.053.001.02 to camt.053.001.13 are read \
         (urn:iso:std:iso:20022:tech:xsd:camt.053.001.NN); ask the bank for one of these"
    )]
    WrongMessage {
        /// Where.
        at: Place,
        /// The root's namespace.
        found: String,
    },
    /// An element of another namespace in the middle of the message.
    #[error(
        "{at}: the element <{element}> belongs to «{found}» and not to the message; ask the bank for a file that follows the schema"
    )]
    ForeignElement {
        /// Where.
        at: Place,
        /// Its local name.
        element: String,
        /// Its namespace.
        found: String,
    },
    /// Text among elements or an element within text.
    #[error(
        "{at}: {found} stands where only {expected} may; ask the bank for a file that follows the schema"
    )]
    Misplaced {
        /// Where.
        at: Place,
        /// What.
        found: String,
        /// Instead of what.
        expected: &'static str,
    },
    /// An element that may stand once stands twice.
    #[error(
        "{at}: the element <{element}> stands twice, so its meaning is open; ask the bank for a file that follows the schema"
    )]
    Repeated {
        /// Where the second stands.
        at: Place,
        /// Its name.
        element: &'static str,
    },
    /// An element that the reader needs is not there.
    #[error("{at}: there is no {element}; ask the bank for a statement that has it")]
    Missing {
        /// Where the element around it begins.
        at: Place,
        /// What is missing.
        element: &'static str,
    },

    // Values.
    /// A value that does not mean anything.
    #[error("{at}: {element} is «{text}» instead of {expected}; ask the bank to correct it")]
    Value {
        /// Where.
        at: Place,
        /// The element.
        element: &'static str,
        /// Its text.
        text: String,
        /// What it should be.
        expected: &'static str,
    },
    /// An amount that is not exact tiyn.
    #[error("{at}: the amount «{text}» {reason}; ask the bank for amounts like 1234.56")]
    Amount {
        /// Where.
        at: Place,
        /// As written.
        text: String,
        /// Why.
        reason: &'static str,
    },
    /// Another currency, or none.
    #[error(
        "{at}: the currency is {found} instead of KZT; a reserve account is kept in tenge only, so give the statement of that account"
    )]
    Currency {
        /// Where.
        at: Place,
        /// Quoted code, or "not given".
        found: String,
    },
    /// Not a booked entry.
    #[error(
        "{at}: the status is «{status}», but only booked entries (BOOK) count; ask the bank for a statement without pending entries"
    )]
    NotBooked {
        /// Where.
        at: Place,
        /// As written.
        status: String,
    },

    // Balances.
    /// A debit balance.
    #[error("{at}: the {which} balance is {} KZT in debit, but a reserve account is never overdrawn; settle this with the bank first", Tenge(*.amount))]
    Overdrawn {
        /// Where.
        at: Place,
        /// OPBD, PRCD or CLBD.
        which: &'static str,
        /// Tiyn below zero.
        amount: u64,
    },
    /// OPBD and PRCD contradict each other.
    #[error(
        "{at}: the opening balance (OPBD) is {} KZT and the previous closing balance (PRCD) is {} KZT, but they are the same figure; \
         ask the bank to correct the statement",
        Tenge(*.opening), Tenge(*.previous)
    )]
    OpeningsDiffer {
        /// Where the statement begins.
        at: Place,
        /// OPBD, tiyn.
        opening: u64,
        /// PRCD, tiyn.
        previous: u64,
    },
    /// The statement does not add up.
    #[error(
        "{at}: opening {} + credits {} - debits {} gives {expected} KZT, but the closing balance is {} KZT; \
         entries are missing or wrong, so ask the bank for the statement again",
        Tenge(*.opening), Tenge(*.credits), Tenge(*.debits), Tenge(*.closing)
    )]
    Unbalanced {
        /// Where the statement begins.
        at: Place,
        /// Opening balance, tiyn.
        opening: u64,
        /// Sum of the credits, tiyn.
        credits: u64,
        /// Sum of the debits, tiyn.
        debits: u64,
        /// Closing balance, tiyn.
        closing: u64,
        /// What the first three give, as text: it may be below zero or out of range.
        expected: String,
    },
    /// The bank's own summary does not match the entries.
    #[error(
        "{at}: {element} says {stated}, but the entries give {counted}; entries are missing or wrong, so ask the bank for the statement again"
    )]
    Summary {
        /// Where.
        at: Place,
        /// The element of `TxsSummry`.
        element: &'static str,
        /// The bank's figure.
        stated: String,
        /// The reader's.
        counted: String,
    },
    /// Sums out of range.
    #[error(
        "{at}: the {what} add up to more than 184467440737095516.15 KZT, which cannot be; ask the bank to correct the amounts"
    )]
    Overflow {
        /// Where.
        at: Place,
        /// Which sum.
        what: &'static str,
    },
    /// More entries than can be counted.
    #[error(
        "{at}: the statement has more than {} entries; ask the bank for shorter periods",
        u32::MAX
    )]
    TooManyEntries {
        /// Where.
        at: Place,
    },

    // Batches.
    /// A batch without amounts.
    #[error(
        "{at}: the entry is a batch of {count} transactions, but transaction {position} has no amount of its own; \
         ask the bank for details with amounts, or for single bookings"
    )]
    BatchWithoutAmounts {
        /// Where that transaction begins.
        at: Place,
        /// Transactions in the entry.
        count: usize,
        /// The first without an amount, from 1.
        position: usize,
    },
    /// The details of an entry do not add up.
    #[error("{at}: the entry is {} KZT, but its transactions add up to {} KZT; ask the bank to correct the details", Tenge(*.amount), Tenge(*.sum))]
    BatchSum {
        /// Where.
        at: Place,
        /// The entry's amount, tiyn.
        amount: u64,
        /// The sum of its transactions, tiyn.
        sum: u64,
    },
    /// Two amounts of one transaction contradict each other.
    #[error("{at}: a transaction has two amounts, {} and {} KZT; ask the bank to correct the details", Tenge(*.first), Tenge(*.second))]
    TwoAmounts {
        /// Where.
        at: Place,
        /// `Amt`, tiyn.
        first: u64,
        /// `AmtDtls/TxAmt/Amt`, tiyn.
        second: u64,
    },
    /// A transaction goes the other way than its entry.
    #[error(
        "{at}: a transaction goes the other way than the entry that holds it; ask the bank to book credits and debits apart"
    )]
    MixedDirections {
        /// Where.
        at: Place,
    },

    // References.
    /// No reference of the bank.
    #[error(
        "{at}: the entry has no reference of the bank (AcctSvcrRef or NtryRef), so it could be counted twice; \
         ask the bank for references"
    )]
    NoReference {
        /// Where.
        at: Place,
    },
    /// Two entries with the same reference.
    #[error(
        "{at}: the reference «{reference}» already belongs to entry {first_index} on line {first_line}; \
         one of the two is a copy or the bank's references are not unique, so ask the bank"
    )]
    DuplicateReference {
        /// Where the second stands.
        at: Place,
        /// The reference.
        reference: String,
        /// Line of the first.
        first_line: u64,
        /// Its index within its statement.
        first_index: u32,
    },

    // Parties.
    /// The token's address is none.
    #[error(
        "{at}: the remittance text names «{text}», which {reason}; \
         have the bank return the payment or correct the text to KZTE:<address>"
    )]
    Token {
        /// Where.
        at: Place,
        /// The offending text.
        text: String,
        /// Why.
        reason: &'static str,
    },
    /// Two addresses in one entry.
    #[error(
        "{at}: the remittance text names two addresses, «KZTE:{first}» and «KZTE:{second}»; \
         an entry is for one, so have the bank return the payment or correct the text"
    )]
    TwoTokens {
        /// Where.
        at: Place,
        /// The first address.
        first: String,
        /// The other.
        second: String,
    },

    // Several statements.
    /// A statement does not continue the one before.
    #[error(
        "{at}: the statement of account {account} opens with {} KZT, but the one before it (line {previous_line}) closed with {} KZT; \
         a statement is missing or out of order, so ask the bank for all of them in order",
        Tenge(*.opening), Tenge(*.closing)
    )]
    BrokenChain {
        /// Where the statement begins.
        at: Place,
        /// IBAN or other identification.
        account: String,
        /// Opening balance, tiyn.
        opening: u64,
        /// Closing balance of the one before, tiyn.
        closing: u64,
        /// Where the one before begins.
        previous_line: u64,
    },
    /// A statement is not later than the one before.
    #[error(
        "{at}: the statement of account {account} reports up to unix time {as_of}, which is not later than {previous} \
         of the one before it (line {previous_line}); put the statements in order and leave out copies"
    )]
    NotLater {
        /// Where the statement begins.
        at: Place,
        /// IBAN or other identification.
        account: String,
        /// Unix seconds.
        as_of: i64,
        /// Of the one before, unix seconds.
        previous: i64,
        /// Where the one before begins.
        previous_line: u64,
    },
}

/// The place of every variant but `Open`, borrowed as `$self` is.
macro_rules! place_of {
    ($self:expr) => {
        match $self {
            CamtError::Open { .. } => None,
            CamtError::Read { at, .. }
            | CamtError::Empty { at }
            | CamtError::NotWellFormed { at, .. }
            | CamtError::Truncated { at, .. }
            | CamtError::Encoding { at, .. }
            | CamtError::DocumentType { at }
            | CamtError::Entity { at, .. }
            | CamtError::TooLong { at, .. }
            | CamtError::TooDeep { at, .. }
            | CamtError::WrongRoot { at, .. }
            | CamtError::WrongMessage { at, .. }
            | CamtError::ForeignElement { at, .. }
            | CamtError::Misplaced { at, .. }
            | CamtError::Repeated { at, .. }
            | CamtError::Missing { at, .. }
            | CamtError::Value { at, .. }
            | CamtError::Amount { at, .. }
            | CamtError::Currency { at, .. }
            | CamtError::NotBooked { at, .. }
            | CamtError::Overdrawn { at, .. }
            | CamtError::OpeningsDiffer { at, .. }
            | CamtError::Unbalanced { at, .. }
            | CamtError::Summary { at, .. }
            | CamtError::Overflow { at, .. }
            | CamtError::TooManyEntries { at }
            | CamtError::BatchWithoutAmounts { at, .. }
            | CamtError::BatchSum { at, .. }
            | CamtError::TwoAmounts { at, .. }
            | CamtError::MixedDirections { at }
            | CamtError::NoReference { at }
            | CamtError::DuplicateReference { at, .. }
            | CamtError::Token { at, .. }
            | CamtError::TwoTokens { at, .. }
            | CamtError::BrokenChain { at, .. }
            | CamtError::NotLater { at, .. } => Some(at),
        }
    };
}

impl CamtError {
    /// Where in the file the fault lies; none if the file could not be opened.
    pub fn place(&self) -> Option<&Place> {
        place_of!(self)
    }

    /// Names the entry, unless the error already does.
    pub(crate) fn within(mut self, index: usize, reference: &str) -> Self {
        if let Some(at) = place_of!(&mut self)
            && at.entry.is_none()
        {
            *at = Place::entry(at.line, index, reference);
        }
        self
    }
}

/// Quotes a text of the file: shortened, and with control characters made visible so that it cannot disturb a terminal.
pub(crate) fn clip(text: &str) -> String {
    let mut quoted = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == QUOTED {
            quoted.push('…');
            break;
        }
        if character.is_control() || is_direction_mark(character) {
            quoted.extend(character.escape_unicode());
        } else {
            quoted.push(character);
        }
    }
    quoted
}

/// Invisible characters that make a terminal show text in another order than it stands in the file.
fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_well() {
        assert_eq!(Place::line(7).to_string(), "line 7");
        assert_eq!(Place::entry(7, 3, "").to_string(), "line 7, entry 3");
        assert_eq!(
            Place::entry(7, 3, "ALT-1").to_string(),
            "line 7, entry 3 (reference ALT-1)"
        );
    }

    #[test]
    fn the_entry_that_is_named_first_stays() {
        let error = CamtError::NoReference { at: Place::line(5) }
            .within(2, "A")
            .within(0, "B");
        assert_eq!(error.place(), Some(&Place::entry(5, 2, "A")));
    }

    #[test]
    fn quotes_are_short_and_harmless() {
        assert_eq!(clip("счёт"), "счёт");
        assert_eq!(clip("a\u{1b}[2J\u{202e}"), "a\\u{1b}[2J\\u{202e}");
        let long = clip(&"ж".repeat(1_000));
        assert_eq!(long.chars().count(), QUOTED + 1);
        assert!(long.ends_with('…'));
    }
}
