//! The message: which elements are read, what they mean, and the checks that make a statement whole.

use std::collections::HashMap;
use std::io::BufRead;

use crate::account::{is_bic, is_iban};
use crate::amount::{self, Tenge};
use crate::cursor::{Cursor, MAX_TEXT};
use crate::error::{CamtError, Place, clip};
use crate::model::{BankEntry, BankStatement, Kind, Options, Party};
use crate::{instant, party};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.";
const VERSIONS: std::ops::RangeInclusive<u8> = 2..=13;
const TENGE: &str = "KZT";

const DATE_TIME: &str = "a date and time like 2026-11-16T18:00:00+05:00";
const NUMBER: &str = "a whole number";

/// An optional element that may stand once; the buffer is used again for the next entry.
#[derive(Default)]
struct Field {
    text: String,
    seen: bool,
}

impl Field {
    fn clear(&mut self) {
        self.text.clear();
        self.seen = false;
    }

    /// Reads the element that the cursor has just opened.
    fn read<R: BufRead>(&mut self, cursor: &mut Cursor<R>, element: &'static str) -> Result<(), CamtError> {
        mark(&mut self.seen, cursor, element)?;
        self.text.push_str(cursor.text()?);
        Ok(())
    }

    /// The text, unless it only says that there is none.
    fn value(&self) -> Option<&str> {
        match self.text.as_str() {
            "" | "NOTPROVIDED" | "NONREF" => None,
            text => Some(text),
        }
    }
}

fn mark<R: BufRead>(seen: &mut bool, cursor: &Cursor<R>, element: &'static str) -> Result<(), CamtError> {
    if std::mem::replace(seen, true) {
        return Err(CamtError::Repeated {
            at: cursor.place(),
            element,
        });
    }
    Ok(())
}

fn once<T>(slot: &mut Option<T>, value: T, element: &'static str, line: u64) -> Result<(), CamtError> {
    if slot.replace(value).is_some() {
        return Err(CamtError::Repeated {
            at: Place::line(line),
            element,
        });
    }
    Ok(())
}

/// One `TxDtls` of the entry being read.
#[derive(Default)]
struct Detail {
    line: u64,
    reference: Field,
    end_to_end_id: Field,
    amount: Option<u64>,
    underlying_amount: Option<u64>,
    kind: Option<Kind>,
    debtor: Field,
    creditor: Field,
    remittance: String,
    /// Kept aside, because a reversal ignores it.
    party: Option<Result<[u8; 32], CamtError>>,
}

impl Detail {
    fn reset(&mut self, line: u64) {
        self.line = line;
        self.reference.clear();
        self.end_to_end_id.clear();
        self.amount = None;
        self.underlying_amount = None;
        self.kind = None;
        self.debtor.clear();
        self.creditor.clear();
        self.remittance.clear();
        self.party = None;
    }

    fn own_amount(&self, at: &Place) -> Result<Option<u64>, CamtError> {
        match (self.amount, self.underlying_amount) {
            (Some(first), Some(second)) if first != second => Err(CamtError::TwoAmounts {
                at: at.clone(),
                first,
                second,
            }),
            (first, second) => Ok(first.or(second)),
        }
    }
}

/// The `Ntry` being read.
#[derive(Default)]
struct Draft {
    line: u64,
    entry_reference: Field,
    servicer_reference: Field,
    amount: Option<u64>,
    kind: Option<Kind>,
    reversal: Option<bool>,
    status: bool,
    details: Vec<Detail>,
    /// How many of `details` belong to this entry; the rest wait to be used again.
    used: usize,
    /// The first value that means nothing. Reported when the entry has been read, so that its reference is known.
    fault: Option<CamtError>,
}

impl Draft {
    fn reset(&mut self, line: u64) {
        self.line = line;
        self.entry_reference.clear();
        self.servicer_reference.clear();
        self.amount = None;
        self.kind = None;
        self.reversal = None;
        self.status = false;
        self.used = 0;
        self.fault = None;
    }

    /// The bank's reference of the whole entry.
    fn reference(&self) -> Option<&str> {
        self.servicer_reference
            .value()
            .or_else(|| self.entry_reference.value())
    }

    /// What a message calls the entry: the only transaction's own reference, else the entry's.
    fn known_reference(&self) -> &str {
        let own = match self.details.get(..self.used) {
            Some([detail]) => detail.reference.value(),
            _ => None,
        };
        own.or_else(|| self.reference()).unwrap_or_default()
    }

    fn next_detail(&mut self, line: u64) -> Option<&mut Detail> {
        let position = self.used;
        if position == self.details.len() {
            self.details.push(Detail::default());
        }
        self.used = position.saturating_add(1);
        let detail = self.details.get_mut(position)?;
        detail.reset(line);
        Some(detail)
    }
}

/// Keeps the value, or the first fault.
fn keep<T>(value: Result<T, CamtError>, fault: &mut Option<CamtError>) -> Option<T> {
    match value {
        Ok(value) => Some(value),
        Err(error) => {
            fault.get_or_insert(error);
            None
        }
    }
}

/// `NbOfNtries` and `Sum` of one kind of entries, each with its line.
#[derive(Default)]
struct Claim {
    count: Option<(u64, u64)>,
    sum: Option<(u64, u64)>,
}

/// When the closing balance was struck.
enum Struck {
    At(i64),
    /// The last second of a day of which only the date is given.
    ByEndOf(i64),
}

/// The `Stmt` being read.
#[derive(Default)]
struct Account {
    id: Option<String>,
    electronic_sequence: Option<u64>,
    legal_sequence: Option<u64>,
    created: Option<i64>,
    reported_to: Option<i64>,
    number: Option<String>,
    servicer_bic: Option<String>,
    opening: Option<u64>,
    previous_closing: Option<u64>,
    closing: Option<u64>,
    struck: Option<Struck>,
    all: Option<Claim>,
    credits: Option<Claim>,
    debits: Option<Claim>,
    credit_count: u64,
    debit_count: u64,
    credit_total: u64,
    debit_total: u64,
    entries: Vec<BankEntry>,
}

/// What the file has told of an account so far.
#[derive(Default)]
struct History {
    /// The bank's references, with the line and the index of their entries.
    references: HashMap<Box<str>, (u64, u32)>,
    /// Position of the account's last statement.
    last: Option<usize>,
}

pub(crate) struct Parser<R> {
    cursor: Cursor<R>,
    options: Options,
    draft: Draft,
    histories: HashMap<String, History>,
    statements: Vec<BankStatement>,
}

impl<R: BufRead> Parser<R> {
    pub(crate) fn new(input: R, options: Options) -> Self {
        Self {
            cursor: Cursor::new(input),
            options,
            draft: Draft::default(),
            histories: HashMap::new(),
            statements: Vec::new(),
        }
    }

    pub(crate) fn document(mut self) -> Result<Vec<BankStatement>, CamtError> {
        self.cursor.root()?;
        let at = self.cursor.place();
        if self.cursor.name() != "Document" {
            return Err(CamtError::WrongRoot {
                at,
                found: clip(self.cursor.name()),
            });
        }
        if !is_supported(self.cursor.namespace()) {
            return Err(CamtError::WrongMessage {
                at,
                found: clip(self.cursor.namespace()),
            });
        }
        let mut message = false;
        while self.cursor.child()? {
            match self.cursor.name() {
                "BkToCstmrStmt" => {
                    mark(&mut message, &self.cursor, "BkToCstmrStmt")?;
                    self.message()?;
                }
                _ => self.cursor.skip()?,
            }
        }
        self.cursor.finish()?;
        if !message {
            return Err(CamtError::Missing {
                at,
                element: "message (BkToCstmrStmt)",
            });
        }
        Ok(self.statements)
    }

    fn message(&mut self) -> Result<(), CamtError> {
        let at = self.cursor.place();
        while self.cursor.child()? {
            match self.cursor.name() {
                "Stmt" => self.statement()?,
                _ => self.cursor.skip()?,
            }
        }
        if self.statements.is_empty() {
            return Err(CamtError::Missing {
                at,
                element: "statement (Stmt)",
            });
        }
        Ok(())
    }

    fn statement(&mut self) -> Result<(), CamtError> {
        let line = self.cursor.line();
        let mut account = Account::default();
        while self.cursor.child()? {
            let cursor = &mut self.cursor;
            let here = cursor.line();
            match cursor.name() {
                "Id" => {
                    let text = cursor.text()?.to_owned();
                    once(&mut account.id, text, "Id", here)?;
                }
                "ElctrncSeqNb" => {
                    let number = number(cursor, "ElctrncSeqNb")?;
                    once(&mut account.electronic_sequence, number, "ElctrncSeqNb", here)?;
                }
                "LglSeqNb" => {
                    let number = number(cursor, "LglSeqNb")?;
                    once(&mut account.legal_sequence, number, "LglSeqNb", here)?;
                }
                "CreDtTm" => {
                    let time = date_time(cursor, "CreDtTm")?;
                    once(&mut account.created, time, "CreDtTm", here)?;
                }
                "FrToDt" => {
                    while cursor.child()? {
                        let here = cursor.line();
                        match cursor.name() {
                            "ToDtTm" => {
                                let time = date_time(cursor, "ToDtTm")?;
                                once(&mut account.reported_to, time, "ToDtTm", here)?;
                            }
                            _ => cursor.skip()?,
                        }
                    }
                }
                "Acct" => read_account(cursor, &mut account)?,
                "Bal" => read_balance(cursor, &mut account)?,
                "TxsSummry" => read_summary(cursor, &mut account)?,
                "Ntry" => self.entry(&mut account)?,
                _ => cursor.skip()?,
            }
        }
        self.close(account, line)
    }

    fn entry(&mut self, account: &mut Account) -> Result<(), CamtError> {
        self.draft.reset(self.cursor.line());
        let index = account.entries.len();
        read_entry(&mut self.cursor, &mut self.draft, self.options)
            .and_then(|()| book(&mut self.draft, account, self.options))
            .map_err(|error| error.within(index, self.draft.known_reference()))
    }

    /// Everything has been read: is it whole?
    fn close(&mut self, account: Account, line: u64) -> Result<(), CamtError> {
        let at = Place::line(line);
        let missing = |element| CamtError::Missing {
            at: at.clone(),
            element,
        };
        let id = account
            .id
            .filter(|id| !id.is_empty())
            .ok_or_else(|| missing("identification (Stmt/Id)"))?;
        let number = account
            .number
            .ok_or_else(|| missing("account (Acct/Id/IBAN or Acct/Id/Othr/Id)"))?;
        let opening = match (account.opening, account.previous_closing) {
            (Some(opening), Some(previous)) if opening != previous => {
                return Err(CamtError::OpeningsDiffer {
                    at,
                    opening,
                    previous,
                });
            }
            (opening, previous) => opening
                .or(previous)
                .ok_or_else(|| missing("opening balance (Bal with OPBD or PRCD)"))?,
        };
        let closing = account
            .closing
            .ok_or_else(|| missing("closing balance (Bal with CLBD)"))?;
        let as_of = match (account.reported_to, account.struck, account.created) {
            (Some(time), _, _) | (None, Some(Struck::At(time)), _) | (None, None, Some(time)) => time,
            // A statement cannot report what had not happened when it was made.
            (None, Some(Struck::ByEndOf(day)), created) => created.map_or(day, |created| created.min(day)),
            (None, None, None) => {
                return Err(missing(
                    "time of the report (FrToDt/ToDtTm, date of CLBD, or CreDtTm)",
                ));
            }
        };

        let history = self.histories.entry(number.clone()).or_default();
        history.references.reserve(account.entries.len());
        for entry in &account.entries {
            let place = (entry.line, entry.index);
            if let Some((first_line, first_index)) =
                history.references.insert(entry.reference.as_str().into(), place)
            {
                let index = usize::try_from(entry.index).unwrap_or(usize::MAX);
                return Err(CamtError::DuplicateReference {
                    at: Place::entry(entry.line, index, ""),
                    reference: clip(&entry.reference),
                    first_line,
                    first_index,
                });
            }
        }

        let (credits, debits) = (account.credit_total, account.debit_total);
        let expected = i128::from(opening)
            .saturating_add(i128::from(credits))
            .saturating_sub(debits.into());
        if expected != i128::from(closing) {
            return Err(CamtError::Unbalanced {
                at,
                opening,
                credits,
                debits,
                closing,
                expected: signed(expected),
            });
        }
        let total = u128::from(credits).saturating_add(debits.into());
        let count = account.credit_count.saturating_add(account.debit_count);
        check_claim(account.all, "TtlNtries/NbOfNtries", count, "TtlNtries/Sum", total)?;
        check_claim(
            account.credits,
            "TtlCdtNtries/NbOfNtries",
            account.credit_count,
            "TtlCdtNtries/Sum",
            credits.into(),
        )?;
        check_claim(
            account.debits,
            "TtlDbtNtries/NbOfNtries",
            account.debit_count,
            "TtlDbtNtries/Sum",
            debits.into(),
        )?;

        if let Some(previous) = history.last.and_then(|position| self.statements.get(position)) {
            if opening != previous.closing {
                return Err(CamtError::BrokenChain {
                    at,
                    account: clip(&number),
                    opening,
                    closing: previous.closing,
                    previous_line: previous.line,
                });
            }
            if as_of <= previous.as_of {
                return Err(CamtError::NotLater {
                    at,
                    account: clip(&number),
                    as_of,
                    previous: previous.as_of,
                    previous_line: previous.line,
                });
            }
        }
        history.last = Some(self.statements.len());
        self.statements.push(BankStatement {
            id,
            sequence: account.electronic_sequence.or(account.legal_sequence),
            account: number,
            servicer_bic: account.servicer_bic,
            as_of,
            opening,
            closing,
            credit_total: credits,
            debit_total: debits,
            entries: account.entries,
            line,
        });
        Ok(())
    }
}

fn is_supported(namespace: &str) -> bool {
    namespace.strip_prefix(NAMESPACE).is_some_and(|version| {
        let digits = version.len() == 2 && version.bytes().all(|byte| byte.is_ascii_digit());
        digits && version.parse().is_ok_and(|version| VERSIONS.contains(&version))
    })
}

fn check_claim(
    claim: Option<Claim>,
    count_element: &'static str,
    count: u64,
    sum_element: &'static str,
    sum: u128,
) -> Result<(), CamtError> {
    let claim = claim.unwrap_or_default();
    if let Some((stated, line)) = claim.count.filter(|(stated, _)| *stated != count) {
        return Err(CamtError::Summary {
            at: Place::line(line),
            element: count_element,
            stated: format!("{stated} entries"),
            counted: count.to_string(),
        });
    }
    if let Some((stated, line)) = claim.sum.filter(|(stated, _)| u128::from(*stated) != sum) {
        return Err(CamtError::Summary {
            at: Place::line(line),
            element: sum_element,
            stated: format!("{} KZT", Tenge(stated)),
            counted: signed(i128::try_from(sum).unwrap_or(i128::MAX)),
        });
    }
    Ok(())
}

/// Tiyn that may lie outside of `u64`, as text.
fn signed(tiyn: i128) -> String {
    let sign = if tiyn < 0 { "-" } else { "" };
    let magnitude = tiyn.unsigned_abs();
    // 100 is not zero.
    #[allow(clippy::arithmetic_side_effects)]
    let (whole, fraction) = (magnitude / 100, magnitude % 100);
    format!("{sign}{whole}.{fraction:02}")
}

// Values.

fn value(element: &'static str, text: &str, expected: &'static str, line: u64) -> CamtError {
    CamtError::Value {
        at: Place::line(line),
        element,
        text: clip(text),
        expected,
    }
}

fn number<R: BufRead>(cursor: &mut Cursor<R>, element: &'static str) -> Result<u64, CamtError> {
    let line = cursor.line();
    let text = cursor.text()?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| value(element, text, NUMBER, line))
}

fn date_time<R: BufRead>(cursor: &mut Cursor<R>, element: &'static str) -> Result<i64, CamtError> {
    let line = cursor.line();
    let text = cursor.text()?;
    instant::date_time(text).ok_or_else(|| value(element, text, DATE_TIME, line))
}

/// `CdtDbtInd`: the outer result is the document's, the inner one the value's.
fn direction<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Result<Kind, CamtError>, CamtError> {
    let line = cursor.line();
    Ok(match cursor.text()? {
        "CRDT" => Ok(Kind::Credit),
        "DBIT" => Ok(Kind::Debit),
        text => Err(value("CdtDbtInd", text, "CRDT or DBIT", line)),
    })
}

/// An amount with its currency: the outer result is the document's, the inner one the value's.
fn money<R: BufRead>(
    cursor: &mut Cursor<R>,
    parse: fn(&str) -> Result<u64, &'static str>,
) -> Result<Result<u64, CamtError>, CamtError> {
    let at = cursor.place();
    let currency = cursor.take_currency();
    let text = cursor.text()?;
    if let Err(error) = check_currency(currency.as_deref(), &at) {
        return Ok(Err(error));
    }
    Ok(parse(text).map_err(|reason| CamtError::Amount {
        at,
        text: clip(text),
        reason,
    }))
}

fn check_currency(currency: Option<&str>, at: &Place) -> Result<(), CamtError> {
    let found = match currency {
        Some(TENGE) => return Ok(()),
        Some(other) => format!("«{}»", clip(other)),
        None => "not given".to_owned(),
    };
    Err(CamtError::Currency {
        at: at.clone(),
        found,
    })
}

// Account, balances, summary.

fn read_account<R: BufRead>(cursor: &mut Cursor<R>, account: &mut Account) -> Result<(), CamtError> {
    let start = cursor.line();
    let mut number = None;
    while cursor.child()? {
        match cursor.name() {
            "Id" => {
                while cursor.child()? {
                    let here = cursor.line();
                    match cursor.name() {
                        "IBAN" => {
                            let text = cursor.text()?.to_owned();
                            if !is_iban(&text) {
                                return Err(value("IBAN", &text, "an IBAN with valid check digits", here));
                            }
                            once(&mut number, text, "Acct/Id", here)?;
                        }
                        "Othr" => {
                            while cursor.child()? {
                                let here = cursor.line();
                                match cursor.name() {
                                    "Id" => {
                                        let text = cursor.text()?.to_owned();
                                        once(&mut number, text, "Acct/Id", here)?;
                                    }
                                    _ => cursor.skip()?,
                                }
                            }
                        }
                        _ => cursor.skip()?,
                    }
                }
            }
            "Ccy" => {
                let at = cursor.place();
                check_currency(Some(cursor.text()?), &at)?;
            }
            "Svcr" => {
                while cursor.child()? {
                    match cursor.name() {
                        "FinInstnId" => {
                            while cursor.child()? {
                                let here = cursor.line();
                                match cursor.name() {
                                    "BIC" | "BICFI" => {
                                        let text = cursor.text()?.to_owned();
                                        if !is_bic(&text) {
                                            let expected = "a bank code of 8 or 11 characters (ISO 9362)";
                                            return Err(value("the servicer's BIC", &text, expected, here));
                                        }
                                        once(&mut account.servicer_bic, text, "Svcr/FinInstnId/BIC", here)?;
                                    }
                                    _ => cursor.skip()?,
                                }
                            }
                        }
                        _ => cursor.skip()?,
                    }
                }
            }
            _ => cursor.skip()?,
        }
    }
    let number = number
        .filter(|number| !number.is_empty())
        .ok_or(CamtError::Missing {
            at: Place::line(start),
            element: "account (Acct/Id/IBAN or Acct/Id/Othr/Id)",
        })?;
    once(&mut account.number, number, "Acct", start)
}

fn read_balance<R: BufRead>(cursor: &mut Cursor<R>, account: &mut Account) -> Result<(), CamtError> {
    let start = cursor.line();
    let mut code = None;
    let mut amount = None;
    let mut kind = None;
    let mut day = None;
    let mut time = None;
    while cursor.child()? {
        let here = cursor.line();
        match cursor.name() {
            "Tp" => {
                while cursor.child()? {
                    match cursor.name() {
                        "CdOrPrtry" => {
                            while cursor.child()? {
                                let here = cursor.line();
                                match cursor.name() {
                                    "Cd" => {
                                        let text = cursor.text()?.to_owned();
                                        once(&mut code, text, "Bal/Tp/CdOrPrtry/Cd", here)?;
                                    }
                                    _ => cursor.skip()?,
                                }
                            }
                        }
                        _ => cursor.skip()?,
                    }
                }
            }
            "Amt" => once(&mut amount, money(cursor, amount::parse)?, "Bal/Amt", here)?,
            "CdtDbtInd" => once(&mut kind, direction(cursor)?, "Bal/CdtDbtInd", here)?,
            "Dt" => {
                while cursor.child()? {
                    let here = cursor.line();
                    match cursor.name() {
                        "Dt" => once(&mut day, (cursor.text()?.to_owned(), here), "Bal/Dt/Dt", here)?,
                        "DtTm" => once(&mut time, (cursor.text()?.to_owned(), here), "Bal/Dt/DtTm", here)?,
                        _ => cursor.skip()?,
                    }
                }
            }
            _ => cursor.skip()?,
        }
    }

    let which = match code.as_deref() {
        Some("OPBD") => "OPBD",
        Some("PRCD") => "PRCD",
        Some("CLBD") => "CLBD",
        // Available, forward and interim balances say nothing of what was booked; but they too must be in tenge.
        _ => {
            return match amount {
                Some(Err(error @ CamtError::Currency { .. })) => Err(error),
                _ => Ok(()),
            };
        }
    };
    let missing = |element| CamtError::Missing {
        at: Place::line(start),
        element,
    };
    let amount = amount.ok_or_else(|| missing("amount of the balance (Bal/Amt)"))??;
    let kind = kind.ok_or_else(|| missing("direction of the balance (Bal/CdtDbtInd)"))??;
    if kind == Kind::Debit && amount > 0 {
        return Err(CamtError::Overdrawn {
            at: Place::line(start),
            which,
            amount,
        });
    }
    match which {
        "OPBD" => once(&mut account.opening, amount, "Bal with OPBD", start),
        "PRCD" => once(&mut account.previous_closing, amount, "Bal with PRCD", start),
        _ => {
            account.struck = match (time, day) {
                (Some((text, line)), _) => {
                    let time = instant::date_time(&text);
                    Some(Struck::At(
                        time.ok_or_else(|| value("DtTm of CLBD", &text, DATE_TIME, line))?,
                    ))
                }
                (None, Some((text, line))) => {
                    let day = instant::end_of_day(&text);
                    let wrong = || value("Dt of CLBD", &text, "a date like 2026-11-16", line);
                    Some(Struck::ByEndOf(day.ok_or_else(wrong)?))
                }
                (None, None) => None,
            };
            once(&mut account.closing, amount, "Bal with CLBD", start)
        }
    }
}

fn read_summary<R: BufRead>(cursor: &mut Cursor<R>, account: &mut Account) -> Result<(), CamtError> {
    while cursor.child()? {
        let here = cursor.line();
        match cursor.name() {
            "TtlNtries" => once(&mut account.all, read_claim(cursor)?, "TtlNtries", here)?,
            "TtlCdtNtries" => once(&mut account.credits, read_claim(cursor)?, "TtlCdtNtries", here)?,
            "TtlDbtNtries" => once(&mut account.debits, read_claim(cursor)?, "TtlDbtNtries", here)?,
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

fn read_claim<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Claim, CamtError> {
    let mut claim = Claim::default();
    while cursor.child()? {
        let here = cursor.line();
        match cursor.name() {
            "NbOfNtries" => {
                let number = number(cursor, "NbOfNtries")?;
                once(&mut claim.count, (number, here), "NbOfNtries", here)?;
            }
            "Sum" => {
                let text = cursor.text()?;
                let sum = amount::parse(text).map_err(|reason| CamtError::Amount {
                    at: Place::line(here),
                    text: clip(text),
                    reason,
                })?;
                once(&mut claim.sum, (sum, here), "Sum", here)?;
            }
            _ => cursor.skip()?,
        }
    }
    Ok(claim)
}

// Entries.

fn read_entry<R: BufRead>(
    cursor: &mut Cursor<R>,
    draft: &mut Draft,
    options: Options,
) -> Result<(), CamtError> {
    let (mut amount, mut kind) = (false, false);
    while cursor.child()? {
        let here = cursor.line();
        match cursor.name() {
            "NtryRef" => draft.entry_reference.read(cursor, "NtryRef")?,
            "AcctSvcrRef" => draft.servicer_reference.read(cursor, "AcctSvcrRef")?,
            "Amt" => {
                mark(&mut amount, cursor, "Ntry/Amt")?;
                draft.amount = keep(money(cursor, amount::parse_positive)?, &mut draft.fault);
            }
            "CdtDbtInd" => {
                mark(&mut kind, cursor, "Ntry/CdtDbtInd")?;
                draft.kind = keep(direction(cursor)?, &mut draft.fault);
            }
            "RvslInd" => {
                let flag = match cursor.text()? {
                    "true" | "1" => Ok(true),
                    "false" | "0" => Ok(false),
                    text => Err(value("RvslInd", text, "true or false", here)),
                };
                let flag = keep(flag, &mut draft.fault).unwrap_or_default();
                once(&mut draft.reversal, flag, "RvslInd", here)?;
            }
            "Sts" => {
                mark(&mut draft.status, cursor, "Ntry/Sts")?;
                let status = read_status(cursor)?;
                if status != "BOOK" {
                    let at = Place::line(here);
                    keep::<()>(
                        Err(CamtError::NotBooked {
                            at,
                            status: clip(&status),
                        }),
                        &mut draft.fault,
                    );
                }
            }
            "NtryDtls" => {
                while cursor.child()? {
                    match cursor.name() {
                        "TxDtls" => read_detail(cursor, draft, options)?,
                        _ => cursor.skip()?,
                    }
                }
            }
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

/// `BOOK` itself up to version 07, in `Cd` from 08 on; either is taken in any version, as there is nothing to confuse.
fn read_status<R: BufRead>(cursor: &mut Cursor<R>) -> Result<String, CamtError> {
    match cursor.text_or_child()? {
        Some(text) => Ok(text.to_owned()),
        None => {
            let mut status = None;
            loop {
                let here = cursor.line();
                match cursor.name() {
                    "Cd" | "Prtry" => once(&mut status, cursor.text()?.to_owned(), "Sts/Cd", here)?,
                    _ => cursor.skip()?,
                }
                if !cursor.child()? {
                    return Ok(status.unwrap_or_default());
                }
            }
        }
    }
}

fn read_detail<R: BufRead>(
    cursor: &mut Cursor<R>,
    draft: &mut Draft,
    options: Options,
) -> Result<(), CamtError> {
    let line = cursor.line();
    let mut fault = draft.fault.take();
    let Some(detail) = draft.next_detail(line) else {
        return cursor.skip();
    };
    let (mut amount, mut underlying, mut kind) = (false, false, false);
    while cursor.child()? {
        match cursor.name() {
            "Refs" => {
                while cursor.child()? {
                    match cursor.name() {
                        "AcctSvcrRef" => detail.reference.read(cursor, "TxDtls/Refs/AcctSvcrRef")?,
                        "EndToEndId" => detail.end_to_end_id.read(cursor, "EndToEndId")?,
                        _ => cursor.skip()?,
                    }
                }
            }
            "Amt" => {
                mark(&mut amount, cursor, "TxDtls/Amt")?;
                detail.amount = keep(money(cursor, amount::parse_positive)?, &mut fault);
            }
            "AmtDtls" => {
                while cursor.child()? {
                    match cursor.name() {
                        "TxAmt" => {
                            while cursor.child()? {
                                match cursor.name() {
                                    "Amt" => {
                                        mark(&mut underlying, cursor, "TxDtls/AmtDtls/TxAmt/Amt")?;
                                        detail.underlying_amount =
                                            keep(money(cursor, amount::parse_positive)?, &mut fault);
                                    }
                                    _ => cursor.skip()?,
                                }
                            }
                        }
                        _ => cursor.skip()?,
                    }
                }
            }
            "CdtDbtInd" => {
                mark(&mut kind, cursor, "TxDtls/CdtDbtInd")?;
                detail.kind = keep(direction(cursor)?, &mut fault);
            }
            "RltdPties" if options.keep_text => {
                while cursor.child()? {
                    match cursor.name() {
                        "Dbtr" => read_name(cursor, &mut detail.debtor)?,
                        "Cdtr" => read_name(cursor, &mut detail.creditor)?,
                        _ => cursor.skip()?,
                    }
                }
            }
            "RmtInf" => read_remittance(cursor, &mut detail.remittance)?,
            _ => cursor.skip()?,
        }
    }
    detail.party = match party::find(&detail.remittance) {
        Ok(None) => None,
        Ok(Some(address)) => Some(Ok(address)),
        Err(fault) => {
            let at = Place::line(line);
            Some(Err(match fault {
                party::Fault::Address { text, reason } => CamtError::Token {
                    at,
                    text: clip(&text),
                    reason,
                },
                party::Fault::Two { first, second } => CamtError::TwoTokens { at, first, second },
            }))
        }
    };
    draft.fault = fault;
    Ok(())
}

/// `Nm` directly up to version 07, within `Pty` from 08 on.
fn read_name<R: BufRead>(cursor: &mut Cursor<R>, name: &mut Field) -> Result<(), CamtError> {
    while cursor.child()? {
        match cursor.name() {
            "Nm" => name.read(cursor, "Nm")?,
            "Pty" => {
                while cursor.child()? {
                    match cursor.name() {
                        "Nm" => name.read(cursor, "Nm")?,
                        _ => cursor.skip()?,
                    }
                }
            }
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

fn read_remittance<R: BufRead>(cursor: &mut Cursor<R>, remittance: &mut String) -> Result<(), CamtError> {
    while cursor.child()? {
        match cursor.name() {
            "Ustrd" => append(cursor, remittance)?,
            "Strd" => {
                while cursor.child()? {
                    match cursor.name() {
                        "CdtrRefInf" => {
                            while cursor.child()? {
                                match cursor.name() {
                                    "Ref" => append(cursor, remittance)?,
                                    _ => cursor.skip()?,
                                }
                            }
                        }
                        _ => cursor.skip()?,
                    }
                }
            }
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

fn append<R: BufRead>(cursor: &mut Cursor<R>, remittance: &mut String) -> Result<(), CamtError> {
    let at = cursor.place();
    let text = cursor.text()?;
    if remittance.len().saturating_add(text.len()) > MAX_TEXT {
        return Err(CamtError::TooLong { at, limit: MAX_TEXT });
    }
    if !remittance.is_empty() && !text.is_empty() {
        remittance.push(' ');
    }
    remittance.push_str(text);
    Ok(())
}

/// Turns the draft into one entry, or into one for each transaction of a batch.
fn book(draft: &mut Draft, account: &mut Account, options: Options) -> Result<(), CamtError> {
    if let Some(fault) = draft.fault.take() {
        return Err(fault);
    }
    let base = account.entries.len();
    let whole = Place::entry(draft.line, base, draft.known_reference());
    let missing = |element| CamtError::Missing {
        at: whole.clone(),
        element,
    };
    let amount = draft.amount.ok_or_else(|| missing("amount (Ntry/Amt)"))?;
    let kind = draft.kind.ok_or_else(|| missing("direction (Ntry/CdtDbtInd)"))?;
    if !draft.status {
        return Err(missing("status (Ntry/Sts)"));
    }
    let reversal = draft.reversal.unwrap_or_default();

    let (count, total, what) = match kind {
        Kind::Credit => (&mut account.credit_count, &mut account.credit_total, "credits"),
        Kind::Debit => (&mut account.debit_count, &mut account.debit_total, "debits"),
    };
    *total = total.checked_add(amount).ok_or(CamtError::Overflow {
        at: whole.clone(),
        what,
    })?;
    *count = count.saturating_add(1);

    let details = draft.details.get_mut(..draft.used).unwrap_or_default();
    let mut sum = 0_u64;
    let many = details.len() > 1;
    for (offset, detail) in details.iter().enumerate() {
        let position = offset.saturating_add(1);
        let at = Place::entry(
            detail.line,
            base.saturating_add(offset),
            detail.reference.value().unwrap_or_default(),
        );
        if detail.kind.is_some_and(|own| own != kind) {
            return Err(CamtError::MixedDirections { at });
        }
        let own = match detail.own_amount(&at)? {
            Some(own) => own,
            None if many => {
                return Err(CamtError::BatchWithoutAmounts {
                    at,
                    count: details.len(),
                    position,
                });
            }
            None => amount,
        };
        sum = sum.checked_add(own).ok_or(CamtError::Overflow {
            at,
            what: "transactions",
        })?;
    }
    if !details.is_empty() && sum != amount {
        return Err(CamtError::BatchSum {
            at: whole,
            amount,
            sum,
        });
    }

    let reference = draft
        .servicer_reference
        .value()
        .or_else(|| draft.entry_reference.value());
    if details.is_empty() {
        let entry = BankEntry {
            index: 0,
            kind,
            amount,
            reversal,
            reference: reference.ok_or(CamtError::NoReference { at: whole })?.to_owned(),
            end_to_end_id: None,
            counterparty: None,
            remittance: String::new(),
            party: None,
            line: draft.line,
        };
        return push(&mut account.entries, entry);
    }
    for (offset, detail) in details.iter_mut().enumerate() {
        let index = base.saturating_add(offset);
        let line = if many { detail.line } else { draft.line };
        let reference = match (detail.reference.value(), reference) {
            (Some(own), _) => own.to_owned(),
            (None, Some(reference)) if many => format!("{reference}/{}", offset.saturating_add(1)),
            (None, Some(reference)) => reference.to_owned(),
            (None, None) => {
                return Err(CamtError::NoReference {
                    at: Place::entry(line, index, ""),
                });
            }
        };
        let party = match detail.party.take() {
            Some(found) if !reversal => Some(Party::Address(
                found.map_err(|error| error.within(index, &reference))?,
            )),
            _ => None,
        };
        let own = detail.amount.or(detail.underlying_amount).unwrap_or(amount);
        // A reversal names the parties of the payment that it takes back.
        let other = match if reversal { kind.opposite() } else { kind } {
            Kind::Credit => &detail.debtor,
            Kind::Debit => &detail.creditor,
        };
        let entry = BankEntry {
            index: 0,
            kind,
            amount: own,
            reversal,
            reference,
            end_to_end_id: detail.end_to_end_id.value().map(str::to_owned),
            counterparty: other.value().map(str::to_owned),
            remittance: if options.keep_text {
                detail.remittance.clone()
            } else {
                String::new()
            },
            party,
            line,
        };
        push(&mut account.entries, entry)?;
    }
    Ok(())
}

fn push(entries: &mut Vec<BankEntry>, mut entry: BankEntry) -> Result<(), CamtError> {
    entry.index = u32::try_from(entries.len()).map_err(|_| CamtError::TooManyEntries {
        at: Place::line(entry.line),
    })?;
    entries.push(entry);
    Ok(())
}
