//! What the command tells.

use serde_json::{Value, json};

use super::failure::Kind;
use crate::{Action, Applied, Entry, State, Waiting};

/// What a command answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// For people.
    pub text: String,
    /// For machines.
    pub json: Value,
    /// What keeps it from being a plain success: somebody else must sign.
    pub verdict: Option<Kind>,
}

impl Answer {
    fn of(text: String, json: Value) -> Self {
        Self {
            text,
            json,
            verdict: None,
        }
    }
}

/// Whom and what it is about.
pub struct Heading {
    pub cluster: String,
    pub program: String,
    pub mint: String,
    /// Of the file that was given.
    pub program_hash: Option<String>,
}

impl Heading {
    fn text(&self) -> String {
        let hash = self.program_hash.as_ref();
        let hash = hash
            .map(|hash| format!("\nfile       program hash {hash}"))
            .unwrap_or_default();
        format!(
            "cluster    {}\nprogram    {}\nmint       {}{hash}",
            self.cluster, self.program, self.mint
        )
    }

    fn json(&self) -> Value {
        json!({
            "cluster": self.cluster,
            "program": self.program,
            "mint": self.mint,
            "program_hash": self.program_hash,
        })
    }
}

pub fn plan(heading: &Heading, actions: &[Action]) -> Answer {
    let lines: Vec<String> = actions.iter().map(line).collect();
    let text = format!(
        "{}\n\n{}\n\n{}",
        heading.text(),
        lines.join("\n"),
        summary(actions)
    );
    let json = json!({ "deployment": heading.json(), "actions": actions });
    Answer::of(text, json)
}

fn line(action: &Action) -> String {
    let state = match &action.state {
        State::Done => "done".to_owned(),
        State::Missing { signers } => {
            let signers: Vec<String> = signers
                .iter()
                .map(|signer| format!("{} {}", signer.role, signer.address))
                .collect();
            format!("missing; signed by {}", signers.join(", "))
        }
        State::Differs { fields } => {
            let fields = fields.iter().map(|field| format!("\n    {field}"));
            format!("differs, and no step changes it:{}", fields.collect::<String>())
        }
    };
    let changes: String = action
        .changes
        .iter()
        .map(|change| format!("\n    {}: {} -> {}", change.field, change.chain, change.file))
        .collect();
    let waiting = action.waiting.as_ref().map(waiting).unwrap_or_default();
    format!("{} {}: {state}{changes}{waiting}", action.step, action.subject)
}

/// With what must be signed.
fn waiting(waiting: &Waiting) -> String {
    let proposal = waiting.proposal.as_ref().map(|proposal| {
        let accounts: String = proposal
            .accounts
            .iter()
            .map(|account| {
                let flags = match (account.signer, account.writable) {
                    (true, true) => " signer, writable",
                    (true, false) => " signer",
                    (false, true) => " writable",
                    (false, false) => "",
                };
                format!("\n      {}{flags}", account.address)
            })
            .collect();
        format!(
            "\n    instruction of {}{accounts}\n      data (base58)        {}\n      data (base64)        {}\n      transaction (base58) {}\n      transaction (base64) {}",
            proposal.program,
            proposal.data_base58,
            proposal.data_base64,
            proposal.transaction_base58,
            proposal.transaction_base64
        )
    });
    format!("\n    {waiting}{}", proposal.unwrap_or_default())
}

fn summary(actions: &[Action]) -> String {
    let count = |is: &dyn Fn(&Action) -> bool| actions.iter().filter(|action| is(action)).count();
    let done = count(&|action| action.state == State::Done);
    let differs = count(&|action| matches!(action.state, State::Differs { .. }));
    let waits = count(&|action| action.waiting.is_some());
    let missing = actions.len().saturating_sub(done).saturating_sub(differs);
    if missing == 0 && differs == 0 {
        return format!("All {done} are on the chain as the file says.");
    }
    format!(
        "{done} done, {missing} missing ({waits} of them waiting for somebody else), {differs} different."
    )
}

pub fn apply(heading: &Heading, applied: &[Applied], waits: &[Waiting]) -> Answer {
    let mut lines: Vec<String> = applied
        .iter()
        .map(|applied| {
            format!(
                "{} {}: {}\n    transaction {}",
                applied.step, applied.subject, applied.act, applied.receipt.signature
            )
        })
        .collect();
    lines.extend(
        waits
            .iter()
            .map(|one| format!("{} {}:{}", one.step, one.subject, waiting(one))),
    );
    lines.push(match (applied.is_empty(), waits.is_empty()) {
        (true, true) => "Nothing is missing and nothing differs.".to_owned(),
        (false, true) => "The chain is as the file says.".to_owned(),
        (_, false) => "Run the same command again once that is signed.".to_owned(),
    });
    let json = json!({
        "deployment": heading.json(),
        "applied": applied.iter().map(|one| json!({
            "step": one.step,
            "subject": one.subject,
            "act": one.act,
            "transactions": one.transactions,
            "signature": one.receipt.signature.to_string(),
            "slot": one.receipt.slot,
            "time": one.receipt.time,
            "compute_units": one.receipt.compute_units,
            "events": one.receipt.events,
        })).collect::<Vec<_>>(),
        "waiting": waits,
    });
    Answer {
        verdict: (!waits.is_empty()).then_some(Kind::Waiting),
        ..Answer::of(format!("{}\n\n{}", heading.text(), lines.join("\n")), json)
    }
}

pub fn verified(heading: &Heading, compared: usize) -> Answer {
    let text = format!(
        "{}\n\nAll {compared} are on the chain as the file says.",
        heading.text()
    );
    let json = json!({ "deployment": heading.json(), "verified": true, "compared": compared });
    Answer::of(text, json)
}

pub fn status(heading: &Heading, ledger: &str, entries: &[Entry], actions: &[Action]) -> Answer {
    let mut lines: Vec<String> = entries
        .iter()
        .map(|entry| {
            let how = match (&entry.signature, entry.slot) {
                (Some(signature), Some(slot)) => format!("slot {slot}, transaction {signature}"),
                _ => "no transaction of a recorded run".to_owned(),
            };
            format!(
                "{} {} {}: {}\n    {how}",
                time(entry.time),
                entry.step,
                entry.subject,
                entry.act
            )
        })
        .collect();
    if lines.is_empty() {
        lines.push("nothing is recorded".to_owned());
    }
    let text = format!(
        "{}\nledger     {ledger}\n\n{}\n\n{}",
        heading.text(),
        lines.join("\n"),
        summary(actions)
    );
    let json = json!({
        "deployment": heading.json(),
        "ledger": ledger,
        "recorded": entries,
        "actions": actions,
    });
    Answer::of(text, json)
}

/// Unix seconds as UTC.
fn time(unix: i64) -> String {
    jiff::Timestamp::from_second(unix).map_or_else(|_| unix.to_string(), |time| time.to_string())
}
