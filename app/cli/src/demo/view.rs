//! The demonstration as plain text. Colours only help: without them nothing is lost.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use kzte_client::amount::format_tenge;

use super::record::{Line, Position, Record, Refusal, Totals, signed_tenge};
use crate::{
    answer,
    ops::Status,
    text::{Moment, grouped, short_signature},
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();

/// Widths of the columns, characters.
const TIME: usize = 5;
const WHO: usize = 16;
const WHAT: usize = 44;
const TENGE: usize = 16;
const TIYN: usize = 10;
const UNITS: usize = 7;

/// Whoever hears the story as it happens.
pub trait Listener {
    fn chapter(&mut self, _title: &str) {}
    fn line(&mut self, _line: &Line) {}
    fn agreement(&mut self, _positions: &[Position], _totals: &Totals) {}
    fn refusal(&mut self, _refusal: &Refusal) {}
}

/// Hears nothing: for tests and machine output.
pub struct Silent;

impl Listener for Silent {}

/// Writes to a stream, which decides about colours.
pub struct Narrator<W> {
    out: W,
}

impl<W: Write> Narrator<W> {
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// A closed pipe ends the telling, not the demonstration.
    fn say(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    pub fn opening(&mut self) {
        self.say(&format!(
            "{BOLD}KZTE, from a bank's statement to a token and back{BOLD:#}"
        ));
        self.say(
            "The compiled program on an in-process chain with Token-2022; two banks, three business days.",
        );
    }

    pub fn summary(&mut self, record: &Record, seconds: &str) {
        let summary = &record.summary;
        self.say("");
        self.say(&format!("{BOLD}Summary{BOLD:#}"));
        let lines = [
            format!(
                "{} statements with {} entries attested and mirrored",
                summary.statements, summary.entries
            ),
            format!(
                "{} deposits minted: {}",
                summary.deposits_minted,
                format_tenge(summary.minted)
            ),
            format!(
                "{} redemptions settled: {}",
                summary.redemptions_settled,
                format_tenge(summary.settled)
            ),
            format!(
                "{} transactions, {} compute units; {} repetitions that did nothing twice",
                summary.transactions,
                grouped(summary.compute_units),
                summary.repetitions
            ),
            format!("{} attempts refused as they must be", summary.refusals),
        ];
        for line in lines {
            self.say(&format!("  {line}"));
        }
        self.say("");
        self.say(&format!("{GOOD}Everything held.{GOOD:#} {seconds}"));
    }
}

impl<W: Write> Listener for Narrator<W> {
    fn chapter(&mut self, title: &str) {
        self.say("");
        self.say(&format!("{BOLD}{title}{BOLD:#}"));
        let header = format!(
            "  {:TIME$}  {:WHO$}  {:WHAT$}  {:>TENGE$}  {:>TIYN$}  {:>UNITS$}  {}",
            "time", "who", "what", "tenge", "tiyn", "compute", "signature"
        );
        self.say(&format!("{DIM}{header}{DIM:#}"));
    }

    fn line(&mut self, line: &Line) {
        let step = &line.step;
        let what = match step.status {
            Status::Done => line.what.clone(),
            Status::Already => format!("nothing to do: {}", line.what),
            Status::Skipped => format!("skipped: {}", line.what),
        };
        let mut rows = wrapped(&what, WHAT).into_iter();
        let first = rows.next().unwrap_or_default();
        let tenge = step.amount.map(format_tenge).unwrap_or_default();
        let tiyn = step.amount.map(|tiyn| tiyn.to_string()).unwrap_or_default();
        let done = step.status == Status::Done;
        let units = step
            .compute_units
            .filter(|_| done)
            .map(grouped)
            .unwrap_or_default();
        let signature = step
            .signature
            .as_ref()
            .filter(|_| done)
            .map(short_signature)
            .unwrap_or_default();
        let text = format!(
            "  {:TIME$}  {:WHO$}  {first:WHAT$}  {tenge:>TENGE$}  {tiyn:>TIYN$}  {units:>UNITS$}  {DIM}{signature}{DIM:#}",
            Moment(line.time).time(),
            line.who,
        );
        self.say(text.trim_end());
        for row in rows {
            self.say(&format!("  {:TIME$}  {:WHO$}  {row}", "", ""));
        }
    }

    fn agreement(&mut self, positions: &[Position], totals: &Totals) {
        self.say("");
        self.say(&format!("{BOLD}The books agree{BOLD:#}"));
        let row = |name: &str, statement: String, of: &dyn Fn(fn(&Position) -> i128) -> i128| {
            let columns: [fn(&Position) -> i128; 6] = [
                |position| i128::from(position.outstanding),
                |position| i128::from(position.closing),
                Position::difference,
                |position| position.own_funds,
                |position| i128::from(position.not_minted),
                |position| i128::from(position.not_settled),
            ];
            let mut cells = vec![name.to_owned(), statement];
            cells.extend(columns.map(|column| signed_tenge(of(column))));
            cells
        };
        let mut rows: Vec<Vec<String>> = positions
            .iter()
            .map(|position| {
                row(&position.bank, position.statement.to_string(), &|column| {
                    column(position)
                })
            })
            .collect();
        rows.push(row("together", String::new(), &|column| {
            positions.iter().map(column).sum()
        }));
        let header = [
            "bank",
            "no.",
            "outstanding",
            "closing balance",
            "difference",
            "= own funds",
            "+ not minted",
            "− not settled",
        ];
        let table = answer::table(&header, rows, &[1, 2, 3, 4, 5, 6, 7]);
        for line in table.lines() {
            self.say(&format!(" {line}"));
        }
        self.say("");
        self.say(&format!(
            "  supply of the mint {} = outstanding of all banks = in wallets {} + in escrow {}",
            format_tenge(totals.supply),
            format_tenge(totals.in_wallets),
            format_tenge(totals.in_escrow)
        ));
        self.say("");
        self.say(&format!("{BOLD}Refused on purpose{BOLD:#}"));
        self.say("  Each attempt runs on a copy of the chain, which it must leave as it was.");
    }

    fn refusal(&mut self, refusal: &Refusal) {
        let mut rows = wrapped(&refusal.attempt, WHAT + TIME + 2).into_iter();
        let width = WHAT + TIME + 2;
        self.say(&format!(
            "  {:WHO$}  {:width$}  {BOLD}{}{BOLD:#}",
            refusal.who,
            rows.next().unwrap_or_default(),
            refusal.error
        ));
        let mut sentence = wrapped(&refusal.sentence, 2 * TENGE + TIYN + UNITS).into_iter();
        loop {
            let (left, right) = (rows.next(), sentence.next());
            if left.is_none() && right.is_none() {
                break;
            }
            let row = format!(
                "  {:WHO$}  {:width$}  {DIM}{}{DIM:#}",
                "",
                left.unwrap_or_default(),
                right.unwrap_or_default()
            );
            self.say(row.trim_end());
        }
    }
}

/// Breaks a text at spaces into rows of at most `width` characters; a longer word gets a row of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match rows.last_mut() {
            Some(row) if row.chars().count() + 1 + word.chars().count() <= width => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows
}

/// Standard output, with colours where the terminal and `NO_COLOR` allow them.
pub fn stdout() -> impl Write {
    io::LineWriter::new(anstream::AutoStream::auto(io::stdout()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_at_spaces() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcdefghij", "k"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
