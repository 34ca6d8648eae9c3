//! What a command answers: text for people, JSON for machines.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use kzte_client::{Address, Signature, amount::format_tenge};
use kzte_migrations::command as migrations;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    args::Output,
    failure::{Failure, Kind, Result},
    ops::{Status, Step, oversight::Check, show},
    text::{Moment, grouped, plural, span},
};

/// What a command answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// For people.
    pub text: String,
    /// For machines; amounts are tiyn.
    pub json: Value,
    /// What keeps it from being a plain success: something was left out, somebody else must sign, or an invariant does
    /// not hold.
    pub verdict: Option<Kind>,
}

impl Answer {
    /// One value: its text, and itself as JSON.
    pub fn of(value: &impl Serialize, text: String) -> Result<Self> {
        let json = serde_json::to_value(value)
            .map_err(|error| Failure::new(Kind::Input, format!("the answer is no JSON: {error}"), ""))?;
        Ok(Self {
            text,
            json,
            verdict: None,
        })
    }

    /// The steps of a command.
    pub fn steps(steps: Vec<Step>) -> Result<Self> {
        let partial = steps.iter().any(|step| step.status == Status::Skipped);
        let mut lines: Vec<String> = steps.iter().map(line).collect();
        if steps.is_empty() {
            lines.push("Nothing to do.".to_owned());
        }
        if steps.len() > 1 {
            lines.push(total(&steps));
        }
        let answer = Self::of(&json!({ "steps": steps }), lines.join("\n"))?;
        Ok(Self {
            verdict: partial.then_some(Kind::Partial),
            ..answer
        })
    }

    /// As the flag asks for it.
    pub fn written(&self, output: Output) -> String {
        match output {
            Output::Display => self.text.clone(),
            Output::Json => format!("{:#}", self.json),
            Output::JsonCompact => self.json.to_string(),
        }
    }
}

impl From<migrations::Answer> for Answer {
    fn from(answer: migrations::Answer) -> Self {
        Self {
            text: answer.text,
            json: answer.json,
            verdict: answer.verdict.map(Kind::from),
        }
    }
}

/// A failure as the flag asks for it.
pub fn written_failure(failure: &Failure, output: Output) -> String {
    let json = json!({ "error": failure, "exit_code": failure.kind.exit_code() });
    match output {
        Output::Display => format!("Error: {failure}"),
        Output::Json => format!("{json:#}"),
        Output::JsonCompact => json.to_string(),
    }
}

/// An amount for people and to the tiyn.
pub fn money(tiyn: u64) -> String {
    format!("{} ({tiyn} tiyn)", format_tenge(tiyn))
}

fn line(step: &Step) -> String {
    let amount = step
        .amount
        .map(|tiyn| format!(" {}", money(tiyn)))
        .unwrap_or_default();
    let signature = step.signature.as_ref().map(Signature::to_string);
    match step.status {
        Status::Done => {
            let units = step.compute_units.map(grouped).unwrap_or_default();
            let signature = signature.unwrap_or_default();
            format!(
                "{}{amount}: {}\n  transaction {signature}, {units} compute units",
                step.action, step.note
            )
        }
        Status::Already => {
            let signature = signature
                .map(|text| format!("\n  transaction {text}"))
                .unwrap_or_default();
            format!("nothing to do: {}{amount}: {}{signature}", step.action, step.note)
        }
        Status::Skipped => format!("skipped: {}{amount}: {}", step.action, step.note),
    }
}

/// What several steps come to.
fn total(steps: &[Step]) -> String {
    let of_entries = steps.iter().any(|step| !step.entries.is_empty());
    let of = |status: Status| {
        let chosen = steps
            .iter()
            .filter(move |step| step.status == status && step.action != "create-accounts");
        let chosen_count = chosen.clone().count();
        let (entries, tiyn) = chosen.fold((0u64, 0u64), |(entries, tiyn), step| {
            let count = u64::try_from(step.entries.len()).unwrap_or(u64::MAX);
            (
                entries.saturating_add(count),
                tiyn.saturating_add(step.amount.unwrap_or_default()),
            )
        });
        let count = if of_entries {
            plural(entries, "entry", "entries")
        } else {
            plural(u64::try_from(chosen_count).unwrap_or(u64::MAX), "step", "steps")
        };
        if tiyn == 0 && !of_entries {
            count
        } else {
            format!("{count} of {}", format_tenge(tiyn))
        }
    };
    format!(
        "done now: {}; done before: {}; skipped: {}",
        of(Status::Done),
        of(Status::Already),
        of(Status::Skipped)
    )
}

/// Two columns: what, and its value.
pub fn facts(rows: Vec<(&str, String)>) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    for (name, value) in rows {
        table.add_row([name.to_owned(), value]);
    }
    trimmed(&table)
}

/// A table with a header; the columns from `right` on stand right.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for index in right {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    trimmed(&table)
}

fn trimmed(table: &Table) -> String {
    table
        .to_string()
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

pub fn balance(balance: &show::Balance) -> Result<Answer> {
    let mut text = money(balance.amount);
    if balance.frozen {
        text.push_str(", frozen");
    }
    if balance.blocked {
        text.push_str(", wallet blocked");
    }
    Answer::of(balance, text)
}

/// Who holds a seat, and who may take it over.
fn seat(holder: &Address, nominee: Option<&Address>) -> String {
    match nominee {
        Some(nominee) => format!("{holder}, nominated: {nominee}"),
        None => holder.to_string(),
    }
}

pub fn config(config: &show::ConfigView) -> Result<Answer> {
    let mut rows = vec![
        ("mint", config.mint.to_string()),
        (
            "token",
            format!(
                "{} ({})",
                config.name.as_deref().unwrap_or("–"),
                config.symbol.as_deref().unwrap_or("–")
            ),
        ),
        ("link", config.uri.clone().unwrap_or_else(|| "–".to_owned())),
        ("supply", money(config.supply)),
        (
            "configuration",
            format!("{} (layout {})", config.config, config.version),
        ),
        ("banks registered", config.issuer_count.to_string()),
        (
            "token accounts are born",
            if config.accounts_born_frozen {
                "frozen: banks admit their customers"
            } else {
                "open"
            }
            .to_owned(),
        ),
        (
            "paused",
            if config.paused.is_empty() {
                "nothing".to_owned()
            } else {
                config.paused.join(", ")
            },
        ),
        ("oldest statement that mints", span(config.max_statement_age)),
        ("term of a redemption", span(config.redemption_sla)),
    ];
    rows.extend(
        config
            .roles
            .iter()
            .map(|holder| (holder.role, seat(&holder.address, holder.nominee.as_ref()))),
    );
    let mandatory = |seat: &show::Seat| if seat.mandatory { ", mandatory" } else { "" };
    let seats: Vec<(String, String)> = config
        .attestors
        .iter()
        .map(|seat| {
            (
                format!("attestor {}", seat.seat),
                format!("{}{}", seat.address, mandatory(seat)),
            )
        })
        .collect();
    rows.extend(seats.iter().map(|(name, value)| (name.as_str(), value.clone())));
    rows.push((
        "votes that carry",
        format!(
            "{} (set version {})",
            config.threshold, config.attestor_set_version
        ),
    ));
    Answer::of(config, facts(rows))
}

pub fn issuer(issuer: &show::IssuerView) -> Result<Answer> {
    let last = match issuer.statement_number {
        0 => "none yet".to_owned(),
        number => format!("{number}, as of {}", Moment(issuer.statement_as_of)),
    };
    let rows = vec![
        ("bank", issuer.bic.to_string()),
        ("account", issuer.address.to_string()),
        ("status", issuer.status.to_owned()),
        ("admin", seat(&issuer.admin, issuer.admin_nominee.as_ref())),
        (
            "operator",
            seat(&issuer.operator, issuer.operator_nominee.as_ref()),
        ),
        ("last effective statement", last),
        (
            "it mints until",
            fresh(issuer.statement_number, issuer.fresh_until, issuer.fresh),
        ),
        ("closing balance", money(issuer.closing_balance)),
        ("outstanding", money(issuer.outstanding)),
        ("quota", money(issuer.quota)),
        ("room for minting", money(issuer.room)),
        (
            "mint window",
            format!(
                "{} of {} used, {}",
                format_tenge(issuer.window_used),
                issuer.window_limit.map_or("no limit".to_owned(), format_tenge),
                span(issuer.window_seconds)
            ),
        ),
        ("minted ever", money(issuer.minted)),
        ("burned ever", money(issuer.burned)),
        ("taken over from other banks", money(issuer.novated_in)),
        ("given to other banks", money(issuer.novated_out)),
        (
            "open redemptions",
            format!(
                "{} of {}, {} overdue",
                issuer.pending_count,
                money(issuer.pending),
                issuer.overdue_count
            ),
        ),
        ("to novate before it settles them all", money(issuer.to_novate)),
    ];
    Answer::of(issuer, facts(rows))
}

/// Until when the last statement mints.
fn fresh(number: u64, until: i64, is_fresh: bool) -> String {
    match (number, is_fresh) {
        (0, _) => "no statement yet".to_owned(),
        (_, true) => Moment(until).to_string(),
        (_, false) => format!("{}, stale", Moment(until)),
    }
}

pub fn statement(statement: &show::StatementView) -> Result<Answer> {
    let votes: Vec<String> = statement
        .votes
        .iter()
        .map(|seat| {
            let vote = if seat.voted == Some(true) { "voted" } else { "–" };
            format!(
                "{} {vote}{}",
                seat.address,
                if seat.mandatory { " (mandatory)" } else { "" }
            )
        })
        .collect();
    let rows = vec![
        ("statement", format!("{} of {}", statement.number, statement.bic)),
        ("account", statement.address.to_string()),
        ("status", format!("{} ({})", statement.status, statement.standing)),
        ("as of", Moment(statement.as_of).to_string()),
        ("opening balance", money(statement.opening)),
        ("credits", money(statement.credit_total)),
        ("debits", money(statement.debit_total)),
        ("closing balance", money(statement.closing)),
        (
            "entries",
            format!(
                "{}, {} with a party, {} consumed",
                statement.entry_count, statement.actionable_count, statement.consumed_count
            ),
        ),
        ("minted", money(statement.minted)),
        ("settled", money(statement.settled)),
        ("root of the entries", hex::encode(statement.entries_root)),
        ("hash of the bank's file", hex::encode(statement.source_hash)),
        ("votes", votes.join("\n")),
    ];
    let mut text = facts(rows);
    if let Some(open) = &statement.open {
        let rows = open.iter().map(|entry| {
            vec![
                entry.index.to_string(),
                entry.kind.to_owned(),
                money(entry.amount),
                entry.party.to_string(),
            ]
        });
        text.push_str("\n\nOpen entries\n");
        text.push_str(&table(
            &["entry", "kind", "amount", "party"],
            rows.collect(),
            &[0, 2],
        ));
    }
    Answer::of(statement, text)
}

fn open_status(open: &show::OpenRedemption) -> &'static str {
    match (open.overdue, open.past_due) {
        (true, _) => "open, flagged overdue",
        (false, true) => "open, overdue and not flagged",
        (false, false) => "open",
    }
}

pub fn redemption(redemption: &show::RedemptionView) -> Result<Answer> {
    let mut rows = vec![("redemption", redemption.address.to_string())];
    if let Some(end) = &redemption.end {
        rows.push(("status", end.clone()));
    }
    if let Some(open) = &redemption.open {
        rows.extend([
            ("status", open_status(open).to_owned()),
            ("bank's account", open.issuer.to_string()),
            ("holder", open.owner.to_string()),
            ("amount", money(open.amount)),
            ("requested", Moment(open.requested_at).to_string()),
            ("due", Moment(open.due_at).to_string()),
            ("payout hash", hex::encode(open.payout_hash)),
            ("the payout quotes", format!("KZTE:{}", redemption.address)),
        ]);
    }
    Answer::of(redemption, facts(rows))
}

pub fn redemptions(view: &show::RedemptionsView) -> Result<Answer> {
    let rows: Vec<Vec<String>> = view
        .redemptions
        .iter()
        .filter_map(|one| {
            let open = one.open.as_ref()?;
            Some(vec![
                one.address.to_string(),
                money(open.amount),
                Moment(open.due_at).to_string(),
                open_status(open).to_owned(),
                open.owner.to_string(),
            ])
        })
        .collect();
    let mut text = if rows.is_empty() {
        format!("{} has no open redemption.", view.bic)
    } else {
        table(&["redemption", "amount", "due", "status", "holder"], rows, &[1])
    };
    if view.not_remembered > 0 {
        let count = plural(
            u64::try_from(view.not_remembered).unwrap_or(u64::MAX),
            "open redemption",
            "open redemptions",
        );
        if view.redemptions.is_empty() {
            text.clear();
        } else {
            text.push('\n');
        }
        text.push_str(&format!("This node does not remember {count} of {}.", view.bic));
    }
    let answer = Answer::of(view, text)?;
    Ok(Answer {
        verdict: (view.not_remembered > 0).then_some(Kind::Partial),
        ..answer
    })
}

pub fn order(order: &show::OrderView) -> Result<Answer> {
    let rows = vec![
        ("case", hex::encode(order.case_hash)),
        ("order", order.address.to_string()),
        ("status", order.status.to_owned()),
        ("from", order.subject.to_string()),
        (
            "which holds",
            order
                .subject_holds
                .map_or("its account is closed".to_owned(), money),
        ),
        ("to", order.destination.to_string()),
        ("cap", money(order.cap)),
        ("seized", money(order.executed)),
        ("left", money(order.left)),
        ("opened", Moment(order.opened_at).to_string()),
        ("expires", Moment(order.expires_at).to_string()),
    ];
    Answer::of(order, facts(rows))
}

pub fn orders(orders: &[show::OrderView]) -> Result<Answer> {
    let rows: Vec<Vec<String>> = orders
        .iter()
        .map(|order| {
            vec![
                hex::encode(order.case_hash),
                order.status.to_owned(),
                money(order.cap),
                money(order.executed),
                Moment(order.expires_at).to_string(),
            ]
        })
        .collect();
    let text = if rows.is_empty() {
        "No order was ever opened.".to_owned()
    } else {
        table(&["case", "status", "cap", "seized", "expires"], rows, &[2, 3])
    };
    Answer::of(&json!({ "orders": orders }), text)
}

/// The numbers of the invariants that do not hold.
pub(crate) fn violated(numbers: &[u8]) -> String {
    if numbers.is_empty() {
        return "none".to_owned();
    }
    let numbers: Vec<String> = numbers
        .iter()
        .map(|number| format!("invariant {number}"))
        .collect();
    numbers.join(", ")
}

pub fn check(check: &Check) -> Result<Answer> {
    let total = &check.total;
    let mut rows: Vec<Vec<String>> = check
        .banks
        .iter()
        .map(|bank| {
            let mut status = bank.status.to_owned();
            if bank.overdue_count > 0 {
                status.push_str(&format!(", {} overdue", bank.overdue_count));
            }
            if !bank.backed {
                status.push_str(", owes more than its reserve: payouts to settle");
            }
            vec![
                bank.bic.to_string(),
                format_tenge(bank.outstanding),
                format_tenge(bank.closing),
                format_tenge(bank.pending),
                format_tenge(bank.escrow),
                fresh(bank.statement_number, bank.fresh_until, bank.fresh),
                status,
                violated(&bank.violations),
            ]
        })
        .collect();
    rows.push(vec![
        "together".to_owned(),
        format_tenge(total.outstanding),
        format_tenge(total.closing),
        format_tenge(total.pending),
        format_tenge(total.escrow),
        String::new(),
        String::new(),
        violated(&total.violations),
    ]);
    let header = [
        "bank",
        "outstanding",
        "reserve",
        "pending",
        "escrow",
        "fresh until",
        "status",
        "violations",
    ];
    let mut text = table(&header, rows, &[1, 2, 3, 4]);
    text.push_str(&format!(
        "\n\nsupply of the mint: {}, at {}\n",
        money(total.supply),
        Moment(total.checked_at)
    ));
    text.push_str(&match (total.complete, total.burned_by_holders) {
        (true, Some(0)) => "It is what all banks have outstanding.".to_owned(),
        (true, Some(burned)) => format!("Holders have burned {} by themselves.", money(burned)),
        (true, None) => "It is above what all banks have outstanding.".to_owned(),
        (false, _) => format!(
            "{} of {} checked: of the supply this says nothing.",
            total.banks_given,
            plural(u64::from(total.banks_registered), "bank", "banks")
        ),
    });
    text.push_str(if check.holds {
        "\nEverything that was checked holds."
    } else {
        "\nAN INVARIANT DOES NOT HOLD. Pause minting (`kzte pause mint`) and tell the authority: docs/OPERATIONS.md."
    });
    for receipt in &check.receipts {
        text.push_str(&format!("\n  transaction {}", receipt.signature));
    }
    let answer = Answer::of(check, text)?;
    Ok(Answer {
        verdict: (!check.holds).then_some(Kind::Violated),
        ..answer
    })
}
