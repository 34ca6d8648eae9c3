//! Seizure orders: the court officer opens and closes them, the enforcer executes them.

use std::collections::BTreeSet;

use kzte_client::{
    Address, Chain, Deployment, Event, KzteError, Signer, TOKEN_PROGRAM_ID,
    amount::format_tenge,
    decode::TokenAccount,
    fetch,
    instruction::{self, OrderTerms},
    state::{ORDER_CLOSED, Order, Role},
};

use super::{Step, hash_text, journaled, oversight, present, roles::require_role, send};
use crate::{
    failure::{Failure, Result},
    journal::{Intent, Journal},
    keys::Hand,
    text::Moment,
};

/// What the court officer orders. The addresses are wallets or token accounts.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub case_hash: [u8; 32],
    /// Whose tokens are taken.
    pub subject: &'a Address,
    /// Who gets them.
    pub destination: &'a Address,
    /// Most that may be moved, tiyn.
    pub cap: u64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// The token account that a person means; it need not exist.
fn account_meant(chain: &dyn Chain, deployment: &Deployment, address: &Address) -> Result<Address> {
    let is_token_account = chain
        .account(address)?
        .is_some_and(|account| account.owner == TOKEN_PROGRAM_ID);
    Ok(if is_token_account {
        *address
    } else {
        deployment.token_account(address)
    })
}

/// A token account of this mint.
fn side(chain: &dyn Chain, deployment: &Deployment, address: &Address, what: &str) -> Result<TokenAccount> {
    let account = present(fetch::token_account(chain, address))?;
    account
        .filter(|account| account.mint == deployment.mint)
        .ok_or_else(|| {
            Failure::foreseen(
                KzteError::NotTokenAccount,
                format!("the {what} {address} is no KZTE token account"),
            )
        })
}

/// An order that exists.
fn order(chain: &dyn Chain, deployment: &Deployment, case_hash: &[u8; 32]) -> Result<Order> {
    present(fetch::order(chain, deployment, case_hash))?.ok_or_else(|| {
        Failure::mismatch(
            format!("no order was opened for the case {}", hash_text(case_hash)),
            "Check the case: its text and --key-file, or --case-hash as `kzte order open` printed it.",
        )
    })
}

/// Opens an order. Signer: the court officer; the payer pays the rent.
pub fn open(chain: &mut dyn Chain, deployment: &Deployment, officer: &Hand, terms: &Terms) -> Result<Step> {
    const ACTION: &str = "open-order";
    let Terms {
        case_hash,
        cap,
        expires_at,
        ..
    } = *terms;
    let subject = account_meant(chain, deployment, terms.subject)?;
    let destination = account_meant(chain, deployment, terms.destination)?;
    let case = hash_text(&case_hash);
    if let Some(order) = present(fetch::order(chain, deployment, &case_hash))? {
        return opened_before(&order, terms, &subject, &destination);
    }
    require_role(&fetch::config(chain, deployment)?, Role::CourtOfficer, officer)?;
    if cap == 0 {
        return Err(Failure::foreseen(KzteError::ZeroAmount, "the cap is zero"));
    }
    if expires_at <= chain.now()? {
        return Err(Failure::foreseen(
            KzteError::OrderExpiry,
            format!("{} has passed", Moment(expires_at)),
        ));
    }
    if subject == destination {
        return Err(Failure::foreseen(
            KzteError::OrderDestination,
            format!("{subject} is on both sides"),
        ));
    }
    for (address, what) in [(&subject, "subject"), (&destination, "destination")] {
        if side(chain, deployment, address, what)?.owner == *address {
            return Err(Failure::foreseen(
                KzteError::EscrowNotSeizable,
                format!("the {what} {address} is an escrow"),
            ));
        }
    }
    let mut instruction = instruction::open_order(
        deployment,
        officer.payer.pubkey(),
        officer.address(),
        &OrderTerms {
            case_hash,
            subject,
            destination,
            cap,
            expires_at,
        },
    );
    if owns_itself(chain, &subject)? || owns_itself(chain, &destination)? {
        // One might be an escrow, which no order touches: the program looks through all banks.
        let banks = oversight::banks(chain, deployment)?;
        instruction = instruction::beside_all_banks(deployment, instruction, &banks);
    }
    let receipt = send(chain, &[instruction], officer)?;
    let note = format!(
        "case {case}: at most this from {subject} to {destination}, until {}",
        Moment(expires_at)
    );
    Ok(Step::done(ACTION, note, &receipt).of(cap))
}

/// Whether a token account is its own owner, as an escrow is, but any account may be.
fn owns_itself(chain: &dyn Chain, account: &Address) -> Result<bool> {
    Ok(present(fetch::token_account(chain, account))?.is_some_and(|state| state.owner == *account))
}

/// The order exists: the same one, or another.
fn opened_before(order: &Order, terms: &Terms, subject: &Address, destination: &Address) -> Result<Step> {
    let case = hash_text(&terms.case_hash);
    if order.status == ORDER_CLOSED {
        return Err(Failure::foreseen(
            KzteError::OrderClosed,
            format!(
                "the case {case} was opened before and is closed, {} seized; a case is opened once",
                format_tenge(order.executed)
            ),
        ));
    }
    let mut differences = Vec::new();
    let mut compare = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            differences.push(format!("{what} is {theirs} on the chain and {ours} here"));
        }
    };
    compare("the subject", subject.to_string(), order.subject.to_string());
    compare(
        "the destination",
        destination.to_string(),
        order.destination.to_string(),
    );
    compare("the cap", format_tenge(terms.cap), format_tenge(order.cap));
    compare(
        "the expiry",
        Moment(terms.expires_at).to_string(),
        Moment(order.expires_at).to_string(),
    );
    if !differences.is_empty() {
        return Err(Failure::mismatch(
            format!(
                "the case {case} is open under other terms: {}",
                differences.join("; ")
            ),
            "Terms never change: close the order, and open another decision of the court as another case.",
        ));
    }
    let note = format!(
        "case {case} is open already, {} seized",
        format_tenge(order.executed)
    );
    Ok(Step::already("open-order", note).of(order.cap))
}

/// What the enforcer moves.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    pub case_hash: [u8; 32],
    /// Tiyn.
    pub amount: u64,
    /// The enforcer's own record: the same execution under the same reference happens once.
    pub reference: &'a str,
}

/// Moves tokens under an order. Signer: the enforcer.
pub fn execute(
    chain: &mut dyn Chain,
    journal: &Journal,
    deployment: &Deployment,
    enforcer: &Hand,
    execution: &Execution,
) -> Result<Step> {
    const ACTION: &str = "execute-order";
    let Execution {
        case_hash,
        amount,
        reference,
    } = *execution;
    let (mint, case, tiyn) = (
        deployment.mint.to_string(),
        hash_text(&case_hash),
        amount.to_string(),
    );
    let intent = Intent {
        action: ACTION,
        arguments: &[&mint, &case, &tiyn, reference],
    };
    let outcome = journal.perform(chain, enforcer, &intent, &mut |chain| {
        let order = order(chain, deployment, &case_hash)?;
        foresee(chain, deployment, enforcer, &order, amount)?;
        let terms = OrderTerms {
            case_hash,
            subject: order.subject,
            destination: order.destination,
            cap: order.cap,
            expires_at: order.expires_at,
        };
        let enforcer = enforcer.address();
        Ok(vec![instruction::execute_order(
            deployment, enforcer, &terms, amount,
        )])
    })?;
    let note = format!("seized under case {case} ({reference})");
    Ok(journaled(ACTION, outcome, &note, reference).of(amount))
}

/// What the program would refuse, with the figures.
fn foresee(
    chain: &dyn Chain,
    deployment: &Deployment,
    enforcer: &Hand,
    order: &Order,
    amount: u64,
) -> Result<()> {
    let case = hash_text(&order.case_hash);
    require_role(&fetch::config(chain, deployment)?, Role::Enforcer, enforcer)?;
    if order.status == ORDER_CLOSED {
        return Err(Failure::foreseen(
            KzteError::OrderClosed,
            format!("the order of case {case} is closed"),
        ));
    }
    if amount == 0 {
        return Err(Failure::foreseen(KzteError::ZeroAmount, "the amount is zero"));
    }
    if chain.now()? >= order.expires_at {
        return Err(Failure::foreseen(
            KzteError::OrderExpired,
            format!("the order of case {case} expired at {}", Moment(order.expires_at)),
        ));
    }
    let left = order.cap.saturating_sub(order.executed);
    if amount > left {
        return Err(Failure::foreseen(
            KzteError::OrderCapExceeded,
            format!(
                "under the order {} of {} are left",
                format_tenge(left),
                format_tenge(order.cap)
            ),
        )
        .but("Seize no more than that."));
    }
    side(chain, deployment, &order.destination, "destination")?;
    let held = side(chain, deployment, &order.subject, "subject")?.amount;
    if amount > held {
        return Err(Failure::foreseen(
            KzteError::InsufficientTokens,
            format!("{} holds {}", order.subject, format_tenge(held)),
        )
        .but("Seize what is there; while the order is open, more can be taken later."));
    }
    Ok(())
}

/// Closes an order for ever. Signer: the court officer.
pub fn close(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    officer: &Hand,
    case_hash: &[u8; 32],
) -> Result<Step> {
    const ACTION: &str = "close-order";
    let order = order(chain, deployment, case_hash)?;
    let case = hash_text(case_hash);
    let seized = format_tenge(order.executed);
    if order.status == ORDER_CLOSED {
        let note = format!("the order of case {case} is closed already, {seized} seized");
        return Ok(Step::already(ACTION, note));
    }
    require_role(&fetch::config(chain, deployment)?, Role::CourtOfficer, officer)?;
    let instruction = instruction::close_order(deployment, officer.address(), case_hash);
    let receipt = send(chain, &[instruction], officer)?;
    let note = format!("case {case}: closed for ever, {seized} seized");
    Ok(Step::done(ACTION, note, &receipt))
}

/// The hashes of all cases ever opened, in no order of time: from the histories of the court officers.
pub fn cases(chain: &dyn Chain, deployment: &Deployment) -> Result<Vec<[u8; 32]>> {
    let officer = *fetch::config(chain, deployment)?.holder(Role::CourtOfficer);
    let mut cases = BTreeSet::new();
    oversight::acts_of(chain, deployment, Role::CourtOfficer, officer, &mut |event| {
        if let Event::OrderOpened(event) = event {
            cases.insert(event.reference_hash);
        }
    })?;
    Ok(cases.into_iter().collect())
}
