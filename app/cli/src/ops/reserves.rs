//! Statements: post, attest, withdraw, close.

use std::fmt::Display;

use kzte_client::{
    Bic, Chain, Deployment, Event, PROGRAM_ID,
    amount::format_tenge,
    decode::StatementAccount,
    fetch, instruction,
    reserve::StatementFile,
    state::{Config, STATEMENT_EFFECTIVE},
};
use serde::Serialize;

use super::{Step, hash_text, issuer, present, send};
use crate::{
    failure::{Failure, Result},
    import::Import,
    keys::Hand,
    text::{Moment, plural},
};

/// A field in which two statements differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub field: &'static str,
    /// In the file at hand.
    pub file: String,
    /// On the chain.
    pub chain: String,
}

impl Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "  {}: {} in the file, {} on the chain",
            self.field, self.file, self.chain
        )
    }
}

/// Every field in which the file and the chain differ.
pub fn differences(file: &StatementFile, chain: &StatementAccount) -> Vec<Difference> {
    let (ours, theirs) = (&file.totals, chain.header.totals());
    let mut found = Vec::new();
    let mut compare = |field, file: String, chain: String| {
        if file != chain {
            found.push(Difference { field, file, chain });
        }
    };
    let money = |tiyn| format!("{} ({tiyn} tiyn)", format_tenge(tiyn));
    compare("number", ours.number.to_string(), theirs.number.to_string());
    compare("opening balance", money(ours.opening), money(theirs.opening));
    compare(
        "credit total",
        money(ours.credit_total),
        money(theirs.credit_total),
    );
    compare("debit total", money(ours.debit_total), money(theirs.debit_total));
    compare("closing balance", money(ours.closing), money(theirs.closing));
    compare(
        "as of",
        Moment(ours.as_of).to_string(),
        Moment(theirs.as_of).to_string(),
    );
    compare(
        "number of entries",
        ours.entry_count.to_string(),
        theirs.entry_count.to_string(),
    );
    compare(
        "entries with a party",
        ours.actionable_count.to_string(),
        theirs.actionable_count.to_string(),
    );
    compare(
        "root of the entries",
        hash_text(&file.entries_root),
        hash_text(&chain.header.entries_root),
    );
    compare(
        "hash of the bank's file",
        hash_text(&file.source_hash),
        hash_text(&chain.header.source_hash),
    );
    found
}

fn listed(differences: &[Difference]) -> String {
    differences
        .iter()
        .map(Difference::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The statement on the chain, which must be the one of the file in every field.
pub(crate) fn matching(
    chain: &dyn Chain,
    deployment: &Deployment,
    bic: &Bic,
    file: &StatementFile,
) -> Result<Option<StatementAccount>> {
    let number = file.totals.number;
    let Some(statement) = present(fetch::statement(chain, deployment, bic, number))? else {
        return Ok(None);
    };
    let found = differences(file, &statement);
    if found.is_empty() {
        return Ok(Some(statement));
    }
    Err(Failure::mismatch(
        format!(
            "statement {number} of {bic} on the chain is not the one in the file:\n{}",
            listed(&found)
        ),
        "Give the file that was posted; a posted statement that is wrong is taken back with `kzte statement withdraw`.",
    ))
}

/// The statement on the chain that mints and settles, as the file says; `None`: it is closed, every entry consumed.
pub(crate) fn effective(
    chain: &dyn Chain,
    deployment: &Deployment,
    bic: &Bic,
    file: &StatementFile,
) -> Result<Option<StatementAccount>> {
    let number = file.totals.number;
    let Some(statement) = matching(chain, deployment, bic, file)? else {
        return not_there(chain, deployment, bic, number).map(|()| None);
    };
    if statement.header.status == STATEMENT_EFFECTIVE {
        return Ok(Some(statement));
    }
    let config = fetch::config(chain, deployment)?;
    let standing = standing(statement.header.approvals, &config);
    Err(Failure {
        name: Some("StatementNotEffective".to_owned()),
        ..Failure::refused(
            format!("statement {number} of {bic} is posted but not effective: {standing}"),
            "Let the attestors attest it with `kzte statement attest`.",
        )
    })
}

/// Succeeds for a statement that was closed; one that never was is an error.
fn not_there(chain: &dyn Chain, deployment: &Deployment, bic: &Bic, number: u64) -> Result<()> {
    if number > 0 && issuer(chain, deployment, bic)?.statement_number >= number {
        return Ok(());
    }
    Err(Failure::mismatch(
        format!("statement {number} of {bic} is not posted"),
        "The bank posts it with `kzte statement post`; or check --number.",
    ))
}

/// Posts a statement. Signer: the operator.
pub fn post(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    operator: &Hand,
    bic: &Bic,
    file: &StatementFile,
) -> Result<Step> {
    const ACTION: &str = "post";
    let totals = &file.totals;
    let number = totals.number;
    let note = format!(
        "statement {number} of {bic}: {}, closing {}",
        plural(u64::from(totals.entry_count), "entry", "entries"),
        format_tenge(totals.closing)
    );
    if let Some(statement) = matching(chain, deployment, bic, file)? {
        let state = if statement.header.status == STATEMENT_EFFECTIVE {
            "effective"
        } else {
            "posted"
        };
        return Ok(Step::already(ACTION, format!("{note}: already {state}")).of(totals.closing));
    }
    if issuer(chain, deployment, bic)?.statement_number >= number {
        return already_closed(chain, deployment, bic, file, ACTION, &note);
    }
    let instruction = instruction::post_statement(deployment, bic, operator.address(), file.args());
    let receipt = send(chain, &[instruction], operator)?;
    Ok(Step::done(ACTION, note, &receipt).of(totals.closing))
}

/// A statement whose number is used up and whose account is gone was closed: its posting tells whether it was this one.
fn already_closed(
    chain: &dyn Chain,
    deployment: &Deployment,
    bic: &Bic,
    file: &StatementFile,
    action: &'static str,
    note: &str,
) -> Result<Step> {
    let number = file.totals.number;
    let posted = last_posting(chain, deployment, bic, number)?;
    match posted {
        Some((root, source)) if root != file.entries_root || source != file.source_hash => {
            Err(Failure::mismatch(
                format!(
                    "statement {number} of {bic} was effective and is closed, and it was not the one in the file"
                ),
                "Import the file under its own number: `kzte show issuer` shows the last effective one.",
            ))
        }
        _ => {
            Ok(Step::already(action, format!("{note}: was effective and is closed")).of(file.totals.closing))
        }
    }
}

/// Root and source hash of the last posting under a number, from the address's history.
fn last_posting(
    chain: &dyn Chain,
    deployment: &Deployment,
    bic: &Bic,
    number: u64,
) -> Result<Option<([u8; 32], [u8; 32])>> {
    let (address, issuer) = (deployment.statement(bic, number), deployment.issuer(bic));
    for signature in chain.history(&address)?.iter().rev() {
        let Some(receipt) = chain.receipt(signature)? else {
            continue;
        };
        for event in receipt.events {
            if let Event::StatementPosted(posted) = event
                && posted.issuer == issuer
                && posted.number == number
            {
                return Ok(Some((posted.entries_root, posted.reference_hash)));
            }
        }
    }
    Ok(None)
}

/// The statement of an imported file that stands under `number` on the chain.
///
/// A file with several statements: the one that holds for the same moment.
pub fn pick<'a>(
    chain: &dyn Chain,
    deployment: &Deployment,
    bic: &Bic,
    number: u64,
    imports: &'a mut [Import],
) -> Result<&'a Import> {
    let count = imports.len();
    let place = if count == 1 {
        0
    } else {
        let Some(statement) = present(fetch::statement(chain, deployment, bic, number))? else {
            not_there(chain, deployment, bic, number)?;
            return Err(Failure::mismatch(
                format!("statement {number} of {bic} was effective and is closed"),
                "It needs no more votes.",
            ));
        };
        let as_of = statement.header.as_of;
        let found = imports
            .iter()
            .position(|import| import.statement.totals.as_of == as_of);
        found.ok_or_else(|| {
            Failure::mismatch(
                format!(
                    "none of the {count} statements in the file holds for the moment of statement {number} of {bic}, {}",
                    Moment(as_of)
                ),
                "Check --number and the file; no vote was cast.",
            )
        })?
    };
    let import = imports
        .get_mut(place)
        .ok_or_else(|| Failure::input("the file holds no statement", "Fetch it from the bank again."))?;
    import.statement.totals.number = number;
    Ok(import)
}

/// Attests a statement: compares what the attestor computed from the bank's file with the chain, then votes. Signer: an
/// attestor.
pub fn attest(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    attestor: &Hand,
    bic: &Bic,
    file: &StatementFile,
) -> Result<Step> {
    const ACTION: &str = "attest";
    let number = file.totals.number;
    let note = format!("statement {number} of {bic}");
    let config = fetch::config(chain, deployment)?;
    let seat = seat_of(&config, attestor)?;
    let Some(statement) = present(fetch::statement(chain, deployment, bic, number))? else {
        not_there(chain, deployment, bic, number)?;
        return already_closed(chain, deployment, bic, file, ACTION, &note);
    };
    let found = differences(file, &statement);
    if !found.is_empty() {
        return Err(Failure::mismatch(
            format!(
                "statement {number} of {bic} is not what the bank's file says; no vote was cast:\n{}",
                listed(&found)
            ),
            "Have the bank withdraw it and post what its file says.",
        ));
    }

    let header = &statement.header;
    let voted =
        header.approvals & (1 << seat) != 0 && header.attestor_set_version == config.attestor_set_version;
    if header.status == STATEMENT_EFFECTIVE {
        let how = if voted {
            "with this vote"
        } else {
            "without this vote, which it no longer needs"
        };
        return Ok(Step::already(ACTION, format!("{note}: effective {how}")).of(file.totals.closing));
    }
    if voted {
        let standing = standing(header.approvals, &config);
        return Ok(
            Step::already(ACTION, format!("{note}: this attestor has voted, {standing}"))
                .of(file.totals.closing),
        );
    }
    let issuer = deployment.issuer(bic);
    let digest = file.digest(
        &PROGRAM_ID,
        &deployment.config,
        &issuer,
        config.attestor_set_version,
    );
    let instruction = instruction::attest_statement(deployment, bic, attestor.address(), number, digest);
    let receipt = send(chain, &[instruction], attestor)?;
    let outcome = receipt.events.iter().find_map(|event| match event {
        Event::StatementAttested(vote) if vote.effective == 1 => Some("now effective".to_owned()),
        Event::StatementAttested(vote) => Some(standing(vote.approvals, &config)),
        _ => None,
    });
    let note = outcome.map_or_else(|| note.clone(), |outcome| format!("{note}: {outcome}"));
    Ok(Step::done(ACTION, note, &receipt).of(file.totals.closing))
}

fn seat_of(config: &Config, attestor: &Hand) -> Result<u8> {
    let seats = config
        .attestors
        .iter()
        .take(usize::from(config.attestor_count))
        .zip(0u8..);
    let mut seats = seats.filter(|(key, _)| **key == attestor.address());
    seats.next().map(|(_, seat)| seat).ok_or_else(|| {
        Failure::refused(
            format!("{} is not in the attestor set", attestor.address()),
            "Sign with a key of the set: `kzte show config` lists it.",
        )
    })
}

/// How far the votes are: `1 of 2 votes, a mandatory one is missing`.
pub fn standing(approvals: u8, config: &Config) -> String {
    let votes = format!("{} of {} votes", approvals.count_ones(), config.threshold);
    if approvals & config.mandatory == config.mandatory {
        votes
    } else {
        format!("{votes}, a mandatory one is missing")
    }
}

/// Takes a posted statement back. Signer: the operator.
pub fn withdraw(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    operator: &Hand,
    bic: &Bic,
    number: u64,
) -> Result<Step> {
    const ACTION: &str = "withdraw";
    let note = format!("statement {number} of {bic}");
    let Some(statement) = present(fetch::statement(chain, deployment, bic, number))? else {
        if issuer(chain, deployment, bic)?.statement_number >= number {
            return Err(Failure::refused(
                format!("{note} was effective and is closed: it can never change"),
                "Correct it with reversal entries in the bank's next statement.",
            ));
        }
        return Ok(Step::already(
            ACTION,
            format!("{note}: not posted, nothing to take back"),
        ));
    };
    let payer = statement.header.payer;
    let instruction = instruction::withdraw_statement(deployment, bic, operator.address(), number, payer);
    let receipt = send(chain, &[instruction], operator)?;
    Ok(Step::done(ACTION, note, &receipt))
}

/// Closes an exhausted statement; its rent goes back to who posted it. Signer: anyone.
pub fn close(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    caller: &Hand,
    bic: &Bic,
    number: u64,
) -> Result<Step> {
    const ACTION: &str = "close";
    let note = format!("statement {number} of {bic}");
    let Some(statement) = present(fetch::statement(chain, deployment, bic, number))? else {
        not_there(chain, deployment, bic, number)?;
        return Ok(Step::already(ACTION, format!("{note}: closed already")));
    };
    let header = &statement.header;
    let open = header.actionable_count.saturating_sub(header.consumed_count);
    if header.status == STATEMENT_EFFECTIVE && open > 0 {
        return Err(Failure::refused(
            format!(
                "{note} still has {} to mint or settle",
                plural(u64::from(open), "entry", "entries")
            ),
            "`kzte show statement` lists them.",
        ));
    }
    let instruction = instruction::close_statement(deployment, bic, caller.address(), number, header.payer);
    let receipt = send(chain, &[instruction], caller)?;
    Ok(Step::done(
        ACTION,
        format!("{note}: exhausted, rent returned"),
        &receipt,
    ))
}
