//! The daily check: the program recomputes its invariants and says the result in events. Signer: anybody.

use std::collections::BTreeSet;

use kzte_client::{
    Address, Bic, Chain, Deployment, Event, Receipt,
    constants::{VIOLATES_1, VIOLATES_2, VIOLATES_6},
    fetch, instruction,
    state::{Issuer, Role},
    transaction::{self, Budget},
};
use serde::{Serialize, Serializer};

use super::{issuer, issuers::status_name, send};
use crate::{
    failure::{Failure, Result},
    keys::Hand,
};

/// Hears every event of what the holders of a role did, from today's back to the first: each holder but the first took
/// the role over from the one before, and signed that.
pub(crate) fn acts_of(
    chain: &dyn Chain,
    deployment: &Deployment,
    role: Role,
    holder: Address,
    hear: &mut dyn FnMut(&Event),
) -> Result<()> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![holder];
    while let Some(holder) = waiting.pop() {
        if !seen.insert(holder) {
            continue;
        }
        for signature in chain.history(&holder)? {
            let events = chain.receipt(&signature)?.map(|receipt| receipt.events);
            for event in events.unwrap_or_default() {
                if *event.config() != deployment.config {
                    continue;
                }
                if let Event::RoleAccepted(accepted) = &event
                    && accepted.role == role as u8
                    && accepted.issuer == Address::default()
                {
                    waiting.push(accepted.previous);
                }
                hear(&event);
            }
        }
    }
    Ok(())
}

/// Every bank of the deployment, by code: from the histories of the issuer managers.
///
/// Errors: a mismatch when the node remembers fewer than the configuration counts.
pub fn banks(chain: &dyn Chain, deployment: &Deployment) -> Result<Vec<Bic>> {
    let config = fetch::config(chain, deployment)?;
    let mut banks = BTreeSet::new();
    let manager = *config.holder(Role::IssuerManager);
    acts_of(chain, deployment, Role::IssuerManager, manager, &mut |event| {
        if let Event::IssuerRegistered(event) = event
            && let Ok(bic) = Bic::try_from(event.bic)
        {
            banks.insert(bic);
        }
    })?;
    let registered = usize::try_from(config.issuer_count).unwrap_or(usize::MAX);
    if banks.len() != registered {
        return Err(Failure::mismatch(
            format!(
                "{registered} banks are registered, and this node remembers the registration of {}",
                banks.len()
            ),
            "Name the banks, or give the description of the deployment with --description.",
        ));
    }
    Ok(banks.into_iter().collect())
}

fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn signatures<S: Serializer>(receipts: &[Receipt], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(receipts.iter().map(|receipt| receipt.signature.to_string()))
}

/// What the check says of one bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BankCheck {
    pub bic: Bic,
    #[serde(serialize_with = "text")]
    pub address: Address,
    /// Tiyn, as all amounts.
    pub outstanding: u64,
    /// Closing balance of the reserve account.
    pub closing: u64,
    /// Whether `outstanding` is at most `closing`. Between a payout and its settlement it may not be: no violation.
    pub backed: bool,
    /// Sum of the open redemptions.
    pub pending: u64,
    pub escrow: u64,
    pub quota: u64,
    /// Number of the last effective statement; 0: none yet.
    pub statement_number: u64,
    /// Its time, Unix seconds.
    pub as_of: i64,
    /// Until when it mints, Unix seconds.
    pub fresh_until: i64,
    pub fresh: bool,
    pub status: &'static str,
    pub overdue_count: u32,
    /// Numbers of the invariants that do not hold.
    pub violations: Vec<u8>,
}

/// What the check says of the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TotalCheck {
    /// Tiyn, as all amounts.
    pub supply: u64,
    pub outstanding: u64,
    /// What holders burned by themselves: liabilities without tokens. Only where all banks are checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burned_by_holders: Option<u64>,
    pub closing: u64,
    pub pending: u64,
    pub escrow: u64,
    /// Unix seconds.
    pub checked_at: i64,
    pub banks_given: u32,
    pub banks_registered: u32,
    /// Whether all banks were checked: only then the supply says something.
    pub complete: bool,
    pub violations: Vec<u8>,
}

/// The whole check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Whether no invariant is violated.
    pub holds: bool,
    pub banks: Vec<BankCheck>,
    pub total: TotalCheck,
    /// As JSON, their signatures.
    #[serde(rename = "transactions", serialize_with = "signatures")]
    pub receipts: Vec<Receipt>,
    /// As the program emitted them.
    pub events: Vec<Event>,
}

/// The invariants behind the bits of an event.
pub(crate) fn violations(bits: u8) -> Vec<u8> {
    [(VIOLATES_1, 1), (VIOLATES_2, 2), (VIOLATES_6, 6)]
        .into_iter()
        .filter_map(|(bit, number)| (bits & bit != 0).then_some(number))
        .collect()
}

/// How many of `banks` one transaction carries.
fn longest(deployment: &Deployment, hand: &Hand, banks: &[Bic]) -> usize {
    (1..=banks.len())
        .rev()
        .find(|count| {
            let some = banks.get(..*count).unwrap_or_default();
            let instruction = instruction::check_invariants(deployment, hand.address(), some);
            *count <= kzte_client::constants::MAX_CHECKED_BANKS
                && transaction::build(
                    &[instruction],
                    hand.payer,
                    &[hand.key],
                    Default::default(),
                    Budget::MAX,
                )
                .is_ok()
        })
        .unwrap_or(1)
}

/// Lets the program check itself over `banks`; more than fit into one transaction take several.
pub fn check(chain: &mut dyn Chain, deployment: &Deployment, hand: &Hand, banks: &[Bic]) -> Result<Check> {
    let config = fetch::config(chain, deployment)?;
    // Each once, in the order given.
    let mut known: Vec<(Bic, Issuer)> = Vec::with_capacity(banks.len());
    for bic in banks {
        if !known.iter().any(|(other, _)| other == bic) {
            known.push((*bic, issuer(chain, deployment, bic)?));
        }
    }
    let codes: Vec<Bic> = known.iter().map(|(bic, _)| *bic).collect();
    let mut check = Check {
        holds: true,
        banks: Vec::new(),
        total: TotalCheck {
            supply: 0,
            outstanding: 0,
            burned_by_holders: None,
            closing: 0,
            pending: 0,
            escrow: 0,
            checked_at: 0,
            banks_given: 0,
            banks_registered: config.issuer_count,
            complete: false,
            violations: Vec::new(),
        },
        receipts: Vec::new(),
        events: Vec::new(),
    };
    let mut bits = 0;
    let mut rest: &[Bic] = &codes;
    loop {
        let (now, later) = rest.split_at(longest(deployment, hand, rest).min(rest.len()));
        let instruction = instruction::check_invariants(deployment, hand.address(), now);
        let receipt = send(chain, &[instruction], hand)?;
        for event in &receipt.events {
            match event {
                Event::IssuerChecked(event) => {
                    let bank = known
                        .iter()
                        .find(|(bic, _)| deployment.issuer(bic) == event.issuer);
                    let Some((bic, state)) = bank else { continue };
                    check.banks.push(BankCheck {
                        bic: *bic,
                        address: event.issuer,
                        outstanding: event.outstanding,
                        closing: event.closing,
                        backed: event.backed != 0,
                        pending: event.pending,
                        escrow: event.escrow,
                        quota: event.quota,
                        statement_number: state.statement_number,
                        as_of: event.as_of,
                        fresh_until: event.as_of.saturating_add(config.max_statement_age),
                        fresh: event.fresh != 0,
                        status: status_name(event.status),
                        overdue_count: event.overdue_count,
                        violations: violations(event.violations),
                    });
                }
                Event::InvariantsChecked(event) => {
                    let total = &mut check.total;
                    total.supply = event.supply;
                    total.checked_at = event.checked_at;
                    total.banks_registered = event.banks_registered;
                    total.banks_given = total.banks_given.saturating_add(event.banks_given);
                    total.outstanding = total.outstanding.saturating_add(event.outstanding);
                    total.closing = total.closing.saturating_add(event.closing);
                    total.pending = total.pending.saturating_add(event.pending);
                    total.escrow = total.escrow.saturating_add(event.escrow);
                    bits |= event.violations;
                }
                _ => continue,
            }
            check.events.push(event.clone());
        }
        check.receipts.push(receipt);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    if check.banks.len() != known.len() {
        return Err(Failure::mismatch(
            "the transaction landed, but its events cannot be read from this node",
            "Repeat the command, or ask another node: it must keep inner instructions.",
        ));
    }
    let total = &mut check.total;
    total.complete = total.banks_given == total.banks_registered;
    if total.complete {
        total.burned_by_holders = total.outstanding.checked_sub(total.supply);
        // Over several transactions the program sees each part alone.
        if total.burned_by_holders.is_none() {
            bits |= VIOLATES_1;
        }
    }
    total.violations = violations(bits);
    check.holds = bits == 0;
    Ok(check)
}
