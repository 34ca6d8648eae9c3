//! What a statement is once it has been read and checked.

/// Which way the money went on the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Money came in (`CRDT`).
    Credit,
    /// Money went out (`DBIT`).
    Debit,
}

impl Kind {
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Credit => Self::Debit,
            Self::Debit => Self::Credit,
        }
    }
}

/// What to keep of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Keep the counterparty's name and the remittance text. They are personal data that no rule needs, so the
    /// default is to drop them as soon as the entry's party is known.
    pub keep_text: bool,
}

/// Whom an entry is for, taken from the remittance text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// A Solana address, never all zero: the beneficiary's wallet of a credit, the redemption that a debit pays out.
    Address([u8; 32]),
}

/// One statement of one account. `opening + credit_total - debit_total == closing` always holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankStatement {
    /// The bank's identification of the statement (`Stmt/Id`).
    pub id: String,
    /// `ElctrncSeqNb`, else `LglSeqNb`. The bank's own count, which need not be the statement number on chain.
    pub sequence: Option<u64>,
    /// IBAN (check digits verified), else the account's other identification.
    pub account: String,
    /// ISO 9362 code of the bank that keeps the account, 8 or 11 characters as in the file.
    pub servicer_bic: Option<String>,
    /// The moment up to which the statement reports, unix seconds: `FrToDt/ToDtTm`, else the date of the closing balance (a bare date
    /// means its end, or `CreDtTm` if the statement was made before that), else `CreDtTm`.
    pub as_of: i64,
    /// Opening booked balance, tiyn.
    pub opening: u64,
    /// Closing booked balance, tiyn.
    pub closing: u64,
    /// Sum of the credit entries, reversals included, tiyn.
    pub credit_total: u64,
    /// Sum of the debit entries, reversals included, tiyn.
    pub debit_total: u64,
    /// In the order of the file.
    pub entries: Vec<BankEntry>,
    /// Line of the file, from 1, on which the statement begins.
    pub line: u64,
}

/// One booked entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankEntry {
    /// Position within the statement, from 0, batches expanded.
    pub index: u32,
    /// Direction of the booking; a reversed credit is a debit with `reversal` set.
    pub kind: Kind,
    /// Tiyn, never zero.
    pub amount: u64,
    /// The entry takes back an earlier one.
    pub reversal: bool,
    /// The bank's own reference, never empty, unique among the account's entries in the file.
    pub reference: String,
    /// The payer's end-to-end identification; `NOTPROVIDED` counts as none.
    pub end_to_end_id: Option<String>,
    /// The other side's name; only kept with [`Options::keep_text`].
    pub counterparty: Option<String>,
    /// The remittance text; empty without [`Options::keep_text`].
    pub remittance: String,
    /// Whom the entry is for; none for fees, interest, own transfers and reversals.
    pub party: Option<Party>,
    /// Line of the file, from 1, on which the entry begins (its `TxDtls` within a batch).
    pub line: u64,
}
