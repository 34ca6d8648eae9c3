//! Between banks: a liability moves from the bank that minted to the bank that is asked to pay out.

use kzte_client::{
    Bic, Chain, Deployment, Keypair, KzteError, Signer,
    amount::format_tenge,
    fetch, instruction,
    state::{Config, ISSUER_ACTIVE, ISSUER_CLOSED, Issuer},
};
use kzte_ledger::{Taker, Violation};

use super::{
    Step, issuer,
    issuers::{outstanding, status_name},
    journaled,
};
use crate::{
    failure::{Failure, Kind, Result},
    journal::{Intent, Journal},
    text::Moment,
};

/// A liability that changes banks.
#[derive(Clone, Copy)]
pub struct Novation<'a> {
    /// The bank that gives it away.
    pub giver: &'a Bic,
    /// The bank that takes it over.
    pub taker: &'a Bic,
    /// Tiyn.
    pub amount: u64,
    /// The banks' agreement: the same novation under the same reference happens once.
    pub reference: &'a str,
    /// Its hash, which goes on chain.
    pub reference_hash: [u8; 32],
}

/// The keys of a novation. Both banks sign one transaction.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The giver's operator, where a key of its own is given.
    pub giver: Option<&'a Keypair>,
    /// The taker's operator, where a key of its own is given.
    pub taker: Option<&'a Keypair>,
    /// The acting key, which may be either.
    pub acting: Option<&'a Keypair>,
    /// Pays the fee.
    pub payer: &'a Keypair,
}

/// Moves a liability between banks. Signers: the operators of both.
pub fn novate(
    chain: &mut dyn Chain,
    journal: &Journal,
    deployment: &Deployment,
    keys: &Keys,
    novation: &Novation,
) -> Result<Step> {
    const ACTION: &str = "novate";
    let Novation {
        giver,
        taker,
        amount,
        reference,
        reference_hash,
    } = *novation;
    let texts = (
        deployment.mint.to_string(),
        giver.to_string(),
        taker.to_string(),
        amount.to_string(),
    );
    let intent = Intent {
        action: ACTION,
        arguments: &[&texts.0, &texts.1, &texts.2, &texts.3, reference],
    };
    let candidates: Vec<&Keypair> = [keys.giver, keys.taker, keys.acting]
        .into_iter()
        .flatten()
        .collect();
    let outcome = journal.perform_by(chain, keys.payer, &candidates, &intent, &mut |chain| {
        if giver == taker {
            return Err(Failure::usage(
                format!("{giver} is on both sides"),
                "A liability moves between two banks.",
            ));
        }
        let from = issuer(chain, deployment, giver)?;
        let to = issuer(chain, deployment, taker)?;
        foresee(
            novation,
            &from,
            &to,
            &fetch::config(chain, deployment)?,
            chain.now()?,
        )?;
        require_key(giver, &from, keys.giver, keys.acting, "--from-key")?;
        require_key(taker, &to, keys.taker, keys.acting, "--to-key")?;
        Ok(vec![instruction::novate(
            deployment,
            &instruction::Novation {
                giver: *giver,
                operator: from.operator,
                taker: *taker,
                taker_operator: to.operator,
                amount,
                reference_hash,
            },
        )])
    })?;
    let note = format!("{giver} owes it no more, {taker} does ({reference})");
    Ok(journaled(ACTION, outcome, &note, reference).of(amount))
}

/// Refuses when the operator of a bank has no key here.
fn require_key(
    bic: &Bic,
    bank: &Issuer,
    given: Option<&Keypair>,
    acting: Option<&Keypair>,
    flag: &str,
) -> Result<()> {
    let is_operator = |key: &&Keypair| key.pubkey() == bank.operator;
    if given.filter(is_operator).or(acting.filter(is_operator)).is_some() {
        return Ok(());
    }
    let fact = match given {
        Some(key) => format!(
            "the key of {flag} is {}, but the operator of {bic} is {}",
            key.pubkey(),
            bank.operator
        ),
        None => format!(
            "the operator of {bic} ({}) must sign as well, and its key was not given",
            bank.operator
        ),
    };
    Err(Failure::new(
        Kind::Usage,
        fact,
        format!("Both banks sign one transaction: pass the key file of that operator with {flag}."),
    ))
}

/// What the program would refuse, with the figures.
fn foresee(novation: &Novation, from: &Issuer, to: &Issuer, config: &Config, now: i64) -> Result<()> {
    let Novation {
        giver, taker, amount, ..
    } = *novation;
    for (bic, bank) in [(giver, from), (taker, to)] {
        if bank.status == ISSUER_CLOSED {
            return Err(Failure::foreseen(
                KzteError::IssuerClosed,
                format!("{bic} is closed: it neither gives a liability nor takes one"),
            ));
        }
    }
    if amount == 0 {
        return Err(Failure::foreseen(KzteError::ZeroAmount, "the amount is zero"));
    }
    let owed = outstanding(from)?;
    if amount > owed {
        return Err(Failure::foreseen(
            KzteError::OutstandingExceeded,
            format!(
                "{giver} has {} outstanding and cannot give {} away",
                format_tenge(owed),
                format_tenge(amount)
            ),
        )
        .but("Give no more than that; `kzte check-invariants` shows which bank owes the rest."));
    }
    let fresh = kzte_ledger::check_freshness(now, to.statement_as_of, config.max_statement_age).is_ok();
    let after = outstanding(to)?.saturating_add(amount);
    let taken = kzte_ledger::check_takeover(&Taker {
        outstanding: after,
        quota: to.quota,
        closing: to.closing_balance,
        pending: to.pending,
        in_good_standing: to.status == ISSUER_ACTIVE && to.overdue_count == 0 && fresh,
    });
    let would = format!("{taker} would then owe {}", format_tenge(after));
    match taken {
        Ok(()) => Ok(()),
        Err(Violation::ReserveExceeded) => Err(Failure::foreseen(
            KzteError::ReserveExceeded,
            format!(
                "{would}, but its reserve account closed with {} (statement {})",
                format_tenge(to.closing_balance),
                to.statement_number
            ),
        )),
        Err(Violation::QuotaExceeded) => Err(Failure::foreseen(
            KzteError::QuotaExceeded,
            format!(
                "{would}, more than its open redemptions need ({}) and than its quota allows ({})",
                format_tenge(to.pending),
                format_tenge(to.quota)
            ),
        )),
        Err(_) => {
            let why = if to.status != ISSUER_ACTIVE {
                format!("it is {}", status_name(to.status))
            } else if to.overdue_count != 0 {
                "it has an overdue redemption".to_owned()
            } else {
                format!("its last statement is of {}", Moment(to.statement_as_of))
            };
            Err(Failure::foreseen(
                KzteError::TakeoverNotNeeded,
                format!(
                    "{would}, more than its open redemptions need ({}), and {why}",
                    format_tenge(to.pending)
                ),
            ))
        }
    }
}
