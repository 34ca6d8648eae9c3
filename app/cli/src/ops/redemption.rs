//! Redemptions: request, settle, reject, cancel.

use std::collections::BTreeSet;

use kzte_client::{
    Address, Bic, Chain, Deployment, Event, KzteError, PROGRAM_ID, Signature,
    amount::format_tenge,
    decode, fetch,
    instruction::{self, GiveBack, RedemptionRequest},
    reserve::{StatementFile, nonce_of},
    state::Redemption,
};
use kzte_ledger::{Entry, EntryKind, Tree};

use super::{Progress, Step, issuance, issuer, present, reserves, send};
use crate::{
    failure::{Failure, Result},
    keys::{Hand, ReferenceKey},
    text::{Moment, plural, short_signature},
};

/// What a holder asks for.
pub struct Request<'a> {
    pub issuer: &'a Bic,
    /// Tiyn.
    pub amount: u64,
    /// The holder's bank account.
    pub account: &'a str,
    /// The holder's own identification of the payout.
    pub end_to_end_id: &'a str,
    /// The key that the bank shares.
    pub key: &'a ReferenceKey,
}

/// The address that a request has: it follows from bank, holder, account and end-to-end id, so one payout is one
/// redemption, however often it is asked for.
pub fn address_of(deployment: &Deployment, owner: &Address, request: &Request) -> Address {
    let payout = request.key.payout_hash(request.account, request.end_to_end_id);
    deployment.redemption(request.issuer, owner, nonce_of(&payout))
}

/// How a redemption ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Settled {
        number: u64,
        index: u32,
        signature: Signature,
    },
    Rejected {
        reason: u16,
        signature: Signature,
    },
    Cancelled {
        signature: Signature,
    },
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settled {
                number,
                index,
                signature,
            } => {
                let signature = short_signature(signature);
                write!(
                    f,
                    "paid out and settled by entry {index} of statement {number} (transaction {signature})"
                )
            }
            Self::Rejected { reason, signature } => {
                write!(
                    f,
                    "rejected with reason {reason} (transaction {})",
                    short_signature(signature)
                )
            }
            Self::Cancelled { signature } => {
                write!(
                    f,
                    "cancelled by its holder (transaction {})",
                    short_signature(signature)
                )
            }
        }
    }
}

/// How the last redemption at an address ended; `None`: there never was one.
pub fn end_of(chain: &dyn Chain, address: &Address) -> Result<Option<End>> {
    for signature in chain.history(address)?.iter().rev() {
        let Some(receipt) = chain.receipt(signature)? else {
            continue;
        };
        let signature = *signature;
        for event in receipt.events.iter().rev() {
            let end = match event {
                Event::RedemptionSettled(e) if e.redemption == *address => End::Settled {
                    number: e.number,
                    index: e.index,
                    signature,
                },
                Event::RedemptionRejected(e) if e.redemption == *address => End::Rejected {
                    reason: e.reason,
                    signature,
                },
                Event::RedemptionCancelled(e) if e.redemption == *address => End::Cancelled { signature },
                _ => continue,
            };
            return Ok(Some(end));
        }
    }
    Ok(None)
}

/// Requests a redemption: the tokens go into the bank's escrow. Signer: the holder.
pub fn request(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    owner: &Hand,
    request: &Request,
) -> Result<Step> {
    const ACTION: &str = "redeem";
    let payout_hash = request.key.payout_hash(request.account, request.end_to_end_id);
    let nonce = nonce_of(&payout_hash);
    let address = deployment.redemption(request.issuer, &owner.address(), nonce);
    let amount = request.amount;
    if let Some(open) = present(fetch::redemption(chain, &address))? {
        if open.amount != amount {
            return Err(Failure::mismatch(
                format!(
                    "the end-to-end id {} already names an open redemption of {}",
                    request.end_to_end_id,
                    format_tenge(open.amount)
                ),
                "Give each redemption an end-to-end id of its own.",
            ));
        }
        let note = format!(
            "redemption {address} is open already, due {}",
            Moment(open.due_at)
        );
        return Ok(Step::already(ACTION, note).of(amount));
    }
    if let Some(end) = end_of(chain, &address)? {
        let note = format!("redemption {address} was {end}; a new one needs another end-to-end id");
        return Ok(Step::already(ACTION, note).of(amount));
    }
    issuer(chain, deployment, request.issuer)?;
    let token_account = deployment.token_account(&owner.address());
    let instruction = instruction::request_redemption(
        deployment,
        request.issuer,
        owner.address(),
        &RedemptionRequest {
            token_account,
            nonce,
            amount,
            payout_hash,
        },
    );
    let receipt = send(chain, &[instruction], owner)?;
    let note = format!(
        "{} at {}: the payout quotes KZTE:{address}",
        request.end_to_end_id, request.issuer
    );
    Ok(Step::done(ACTION, note, &receipt).of(amount))
}

/// What a settlement works on.
struct Job<'a> {
    deployment: &'a Deployment,
    operator: &'a Hand<'a>,
    bic: &'a Bic,
    number: u64,
    tree: Tree,
}

const SETTLE: &str = "settle";

/// Settles the redemption that one debit entry paid. Signer: the operator.
pub fn settle_entry(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    operator: &Hand,
    bic: &Bic,
    file: &StatementFile,
    index: u32,
) -> Result<Step> {
    let number = file.totals.number;
    let count = plural(u64::from(file.totals.entry_count), "entry", "entries");
    let entry = usize::try_from(index)
        .ok()
        .and_then(|place| file.entries.get(place))
        .ok_or_else(|| {
            Failure::usage(
                format!("there is no entry {index}: the statement has {count}"),
                "Entries count from 0.",
            )
        })?;
    if entry.kind == EntryKind::Credit {
        return Err(Failure::usage(
            format!("entry {index} is a credit: money came in"),
            "A credit is minted: `kzte mint`.",
        ));
    }
    if !entry.is_actionable() {
        return Err(Failure::usage(
            format!("entry {index} names no redemption"),
            "Fees, reversals and own transfers settle nothing.",
        ));
    }
    let Some(statement) = reserves::effective(chain, deployment, bic, file)? else {
        return Ok(issuance::closed(SETTLE, bic, number)
            .entries([index])
            .of(entry.amount));
    };
    if statement.is_consumed(index) == Some(true) {
        let note = format!("entry {index} of statement {number} has settled its redemption already");
        return Ok(Step::already(SETTLE, note).entries([index]).of(entry.amount));
    }
    let address = Address::new_from_array(entry.party);
    let Some(redemption) = present(fetch::redemption(chain, &address))? else {
        return Err(Failure::mismatch(
            no_redemption(chain, entry)?,
            "Compare the payout with the requests: the bank may have paid a redemption that it rejected.",
        ));
    };
    if redemption.amount != entry.amount {
        return Err(Failure::mismatch(
            amounts_differ(entry, &redemption),
            "Have the payout reversed and made anew.",
        ));
    }
    let job = Job {
        deployment,
        operator,
        bic,
        number,
        tree: file.tree(),
    };
    settle_one(chain, &job, entry, &redemption)
}

fn no_redemption(chain: &dyn Chain, entry: &Entry) -> Result<String> {
    let address = Address::new_from_array(entry.party);
    Ok(match end_of(chain, &address)? {
        Some(end) => format!("entry {}: the redemption {address} was {end}", entry.index),
        None => format!("entry {}: there is no redemption {address}", entry.index),
    })
}

fn amounts_differ(entry: &Entry, redemption: &Redemption) -> String {
    format!(
        "entry {} pays {}, the redemption is of {}",
        entry.index,
        format_tenge(entry.amount),
        format_tenge(redemption.amount)
    )
}

fn settle_one(chain: &mut dyn Chain, job: &Job, entry: &Entry, redemption: &Redemption) -> Result<Step> {
    let proof = job.tree.prove(entry.index).ok_or_else(|| {
        Failure::usage(
            format!("there is no entry {}", entry.index),
            "Entries count from 0.",
        )
    })?;
    let instruction = instruction::settle_redemption(
        job.deployment,
        job.bic,
        job.operator.address(),
        job.number,
        redemption.owner,
        entry,
        &proof,
    );
    let receipt = send(chain, &[instruction], job.operator)?;
    let note = format!(
        "entry {} of statement {} pays its redemption out",
        entry.index, job.number
    );
    Ok(Step::done(SETTLE, note, &receipt)
        .of(entry.amount)
        .entries([entry.index]))
}

/// Settles every redemption that the debits of a statement paid. Signer: the operator.
///
/// A debit whose redemption is not open, or is of another amount, is skipped and named.
pub fn settle_all(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    operator: &Hand,
    bic: &Bic,
    file: &StatementFile,
    progress: Progress,
) -> Result<Vec<Step>> {
    let number = file.totals.number;
    let Some(statement) = reserves::effective(chain, deployment, bic, file)? else {
        return Ok(vec![issuance::closed(SETTLE, bic, number)]);
    };
    let payouts = file
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Debit && entry.is_actionable());
    let (before, open): (Vec<Entry>, Vec<Entry>) = payouts
        .copied()
        .partition(|entry| statement.is_consumed(entry.index) == Some(true));
    let mut steps = Vec::new();
    if !before.is_empty() {
        let amount = before
            .iter()
            .fold(0u64, |sum, entry| sum.saturating_add(entry.amount));
        let count = plural(
            u64::try_from(before.len()).unwrap_or(u64::MAX),
            "payout",
            "payouts",
        );
        let step = Step::already(SETTLE, format!("{count} of statement {number} settled already"));
        steps.push(step.of(amount).entries(before.iter().map(|entry| entry.index)));
    }
    let job = Job {
        deployment,
        operator,
        bic,
        number,
        tree: file.tree(),
    };
    for (done, entry) in open.iter().enumerate() {
        progress(done, open.len());
        let step = match present(fetch::redemption(chain, &Address::new_from_array(entry.party)))? {
            None => Step::skipped(SETTLE, no_redemption(chain, entry)?)
                .of(entry.amount)
                .entries([entry.index]),
            Some(redemption) if redemption.amount != entry.amount => {
                Step::skipped(SETTLE, amounts_differ(entry, &redemption))
                    .of(entry.amount)
                    .entries([entry.index])
            }
            Some(redemption) => settle_one(chain, &job, entry, &redemption)?,
        };
        steps.push(step);
    }
    progress(open.len(), open.len());
    Ok(steps)
}

/// The bank that a redemption is at must be `bic`; `None`: it has ended or never was.
fn open_redemption(
    chain: &dyn Chain,
    deployment: &Deployment,
    bic: &Bic,
    address: &Address,
) -> Result<Option<Redemption>> {
    let Some(redemption) = present(fetch::redemption(chain, address))? else {
        return Ok(None);
    };
    if redemption.issuer != deployment.issuer(bic) {
        return Err(Failure::mismatch(
            format!("the redemption {address} is at another bank than {bic}"),
            "Check --issuer: `kzte show redemption` names the issuer account.",
        ));
    }
    Ok(Some(redemption))
}

fn ended(chain: &dyn Chain, action: &'static str, address: &Address) -> Result<Step> {
    match end_of(chain, address)? {
        Some(end) => Ok(Step::already(action, format!("redemption {address} was {end}"))),
        None => Err(Failure::mismatch(
            format!("there is no redemption {address}"),
            "Check the address: `kzte redeem` printed it.",
        )),
    }
}

/// A holder takes an unpaid redemption back, once it is due. Signer: the holder.
pub fn cancel(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    owner: &Hand,
    bic: &Bic,
    address: &Address,
) -> Result<Step> {
    const ACTION: &str = "cancel";
    let Some(redemption) = open_redemption(chain, deployment, bic, address)? else {
        return ended(chain, ACTION, address);
    };
    let destination = deployment.token_account(&redemption.owner);
    let create = instruction::create_associated_token(deployment, payer(owner), redemption.owner);
    let give_back = GiveBack {
        redemption: *address,
        owner: redemption.owner,
        destination,
    };
    let cancel = instruction::cancel_redemption(deployment, bic, &give_back);
    let receipt = send(chain, &[create, cancel], owner)?;
    Ok(Step::done(
        ACTION,
        format!("redemption {address}: the tokens are back"),
        &receipt,
    )
    .of(redemption.amount))
}

/// A bank refuses a redemption; the tokens go back to the holder's associated token account. Signer: the operator.
pub fn reject(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    operator: &Hand,
    bic: &Bic,
    address: &Address,
    reason: u16,
) -> Result<Step> {
    const ACTION: &str = "reject";
    let Some(redemption) = open_redemption(chain, deployment, bic, address)? else {
        return ended(chain, ACTION, address);
    };
    let destination = deployment.token_account(&redemption.owner);
    let create = instruction::create_associated_token(deployment, payer(operator), redemption.owner);
    let give_back = GiveBack {
        redemption: *address,
        owner: redemption.owner,
        destination,
    };
    let reject = instruction::reject_redemption(deployment, bic, operator.address(), &give_back, reason);
    let receipt = send(chain, &[create, reject], operator)?;
    let note = format!("redemption {address}: the tokens are back with their holder");
    Ok(Step::done(ACTION, note, &receipt).of(redemption.amount))
}

/// The open redemptions of a bank, as far as the node remembers their requests.
pub struct Open {
    /// With their addresses, newest first.
    pub found: Vec<(Address, Redemption)>,
    /// How many more the bank has.
    pub missing: usize,
}

/// Lists the open redemptions of a bank: from the history of its escrow, newest first, until all are found.
pub fn open_of(chain: &dyn Chain, deployment: &Deployment, bic: &Bic) -> Result<Open> {
    let address = deployment.issuer(bic);
    let bank = issuer(chain, deployment, bic)?;
    let count = usize::try_from(bank.pending_count).unwrap_or(usize::MAX);
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    if count > 0 {
        'all: for signature in chain.history(&deployment.escrow(bic))?.iter().rev() {
            let events = chain.receipt(signature)?.map(|receipt| receipt.events);
            for event in events.unwrap_or_default().iter().rev() {
                let Event::RedemptionRequested(request) = event else {
                    continue;
                };
                if request.issuer != address || !seen.insert(request.redemption) {
                    continue;
                }
                if let Some(redemption) = present(fetch::redemption(chain, &request.redemption))? {
                    found.push((request.redemption, redemption));
                }
                if found.len() == count {
                    break 'all;
                }
            }
        }
    }
    Ok(Open {
        missing: count.saturating_sub(found.len()),
        found,
    })
}

const FLAG: &str = "flag-overdue";

fn flag_one(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    caller: &Hand,
    bic: &Bic,
    address: &Address,
    redemption: &Redemption,
) -> Result<Step> {
    if redemption.overdue != 0 {
        let note = format!("redemption {address} at {bic} is flagged already");
        return Ok(Step::already(FLAG, note).of(redemption.amount));
    }
    let instruction = instruction::flag_overdue(deployment, bic, caller.address(), *address);
    let receipt = send(chain, &[instruction], caller)?;
    let note = format!(
        "redemption {address}, due {}: {bic} mints nothing until it has ended",
        Moment(redemption.due_at)
    );
    Ok(Step::done(FLAG, note, &receipt).of(redemption.amount))
}

/// Flags a redemption whose term has passed: its bank mints nothing until it has ended. Signer: anybody.
pub fn flag(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    caller: &Hand,
    address: &Address,
) -> Result<Step> {
    let Some(redemption) = present(fetch::redemption(chain, address))? else {
        return ended(chain, FLAG, address);
    };
    let bank = chain
        .account(&redemption.issuer)?
        .filter(|account| account.owner == PROGRAM_ID)
        .map(|account| decode::issuer(&account.data))
        .transpose()?;
    let bic = bank
        .filter(|bank| bank.config == deployment.config)
        .and_then(|bank| Bic::try_from(bank.bic).ok())
        .ok_or_else(|| {
            Failure::mismatch(
                format!("the redemption {address} is of another deployment"),
                "Check --mint.",
            )
        })?;
    if redemption.overdue == 0 && chain.now()? <= redemption.due_at {
        return Err(Failure::foreseen(
            KzteError::RedemptionNotOverdue,
            format!("the redemption {address} is due {}", Moment(redemption.due_at)),
        )
        .but("Until then its bank is in time."));
    }
    flag_one(chain, deployment, caller, &bic, address, &redemption)
}

/// Flags every redemption of `banks` whose term has passed. Signer: anybody.
///
/// Redemptions that the node does not remember are counted and named as skipped.
pub fn flag_all(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    caller: &Hand,
    banks: &[Bic],
) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for bic in banks {
        let open = open_of(chain, deployment, bic)?;
        let now = chain.now()?;
        for (address, redemption) in &open.found {
            if redemption.overdue == 0 && now <= redemption.due_at {
                continue;
            }
            let step = match flag_one(chain, deployment, caller, bic, address, redemption) {
                // Somebody else was faster: flagged, settled or taken back meanwhile.
                Err(_) if present(fetch::redemption(chain, address))?.is_none_or(|now| now.overdue != 0) => {
                    Step::already(FLAG, format!("redemption {address} at {bic} changed meanwhile"))
                }
                step => step?,
            };
            steps.push(step);
        }
        if open.missing > 0 {
            let count = plural(
                u64::try_from(open.missing).unwrap_or(u64::MAX),
                "open redemption",
                "open redemptions",
            );
            let note = format!("this node does not remember {count} of {bic}: flag by address");
            steps.push(Step::skipped(FLAG, note));
        }
    }
    Ok(steps)
}

fn payer(hand: &Hand) -> Address {
    use kzte_client::Signer;
    hand.payer.pubkey()
}
