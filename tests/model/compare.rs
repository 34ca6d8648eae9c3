//! The chain's accounts against the model, field by field.

use std::{collections::BTreeMap, fmt::Debug};

use kzte_client::{
    Address, Chain,
    state::{ORDER_CLOSED, STATEMENT_EFFECTIVE},
};

use crate::{
    cast::{PurseId, SPONSOR, Who},
    model::{Model, Status},
    op::Op,
    stage::{Change, Place, Snapshot, Stage, payout_hash, source_hash},
};

type Comparison = Result<(), String>;

fn same<T: PartialEq + Debug>(what: impl FnOnce() -> String, model: T, chain: T) -> Comparison {
    if model == chain {
        return Ok(());
    }
    Err(format!(
        "state differs: {}: model {model:?}, chain {chain:?}",
        what()
    ))
}

/// The same things exist.
fn same_keys<K: Ord + Copy + Debug, A, B>(
    what: &str,
    model: &BTreeMap<K, A>,
    chain: &BTreeMap<K, B>,
) -> Comparison {
    if model.len() == chain.len() && model.keys().eq(chain.keys()) {
        return Ok(());
    }
    let missing: Vec<&K> = model.keys().filter(|key| !chain.contains_key(key)).collect();
    let surplus: Vec<&K> = chain.keys().filter(|key| !model.contains_key(key)).collect();
    Err(format!(
        "state differs: {what}: only in the model {missing:?}, only on the chain {surplus:?}"
    ))
}

fn address(who: Option<Who>) -> Address {
    who.map_or_else(Address::default, Who::address)
}

/// Everything that the model knows.
pub fn compare<C: Chain>(model: &Model, chain: &Snapshot, stage: &mut Stage<C>) -> Comparison {
    same(|| "the time".to_owned(), model.now, chain.now)?;
    config(model, chain)?;
    banks(model, chain)?;
    statements(model, chain)?;
    redemptions(model, chain)?;
    orders(model, chain, stage)?;
    purses(model, chain, stage)?;
    same(|| "blocked wallets".to_owned(), &model.blocked, &chain.blocked)
}

/// What an account costs comes from whoever the operation names, and goes back to whoever paid it: no wallet gains or
/// loses anything else.
pub fn rent(op: &Op, changed: &[Change]) -> Comparison {
    let pays_or_gets = match op {
        Op::RegisterIssuer { .. } | Op::UpdateMetadata { .. } | Op::OpenOrder { .. } => Some(SPONSOR),
        Op::WithdrawStatement { payer, .. } | Op::CloseStatement { payer, .. } => Some(*payer),
        Op::SettleRedemption { owner, .. } | Op::RejectRedemption { owner, .. } => Some(*owner),
        Op::PostStatement { signer, .. }
        | Op::RequestRedemption { signer, .. }
        | Op::CancelRedemption { signer, .. }
        | Op::BlockWallet { signer, .. }
        | Op::UnblockWallet { signer, .. }
        | Op::ClosePurse { signer, .. } => Some(*signer),
        _ => None,
    };
    let named = pays_or_gets.map(Who::address);
    let wallets = changed.iter().filter(|change| change.place == Place::Wallet);
    for wallet in wallets {
        same(|| format!("rent of {}", op.name()), named, Some(wallet.address))?;
        let sum: i128 = changed.iter().map(|change| change.lamports).sum();
        same(|| format!("rent of {}: lamports lost", op.name()), 0, sum)?;
    }
    Ok(())
}

fn config(model: &Model, chain: &Snapshot) -> Comparison {
    let (ours, theirs) = (&model.config, &chain.config);
    let what = |field: &'static str| move || format!("configuration: {field}");
    same(what("layout"), ours.is_old, chain.config_is_old)?;
    same(what("roles"), ours.roles.map(Who::address), theirs.roles)?;
    same(what("nominees"), ours.nominees.map(address), theirs.nominees)?;
    let seats = &theirs.attestors[..usize::from(theirs.attestor_count)];
    let attestors: Vec<Address> = ours.attestors.iter().map(|who| who.address()).collect();
    same(what("attestors"), attestors.as_slice(), seats)?;
    same(
        what("votes"),
        (ours.threshold, ours.mandatory, ours.set_version),
        (theirs.threshold, theirs.mandatory, theirs.attestor_set_version),
    )?;
    same(what("pause"), ours.paused, theirs.paused)?;
    same(
        what("policy"),
        (ours.max_statement_age, ours.redemption_sla),
        (theirs.max_statement_age, theirs.redemption_sla),
    )?;
    same(
        what("how accounts are born"),
        (ours.born_frozen, ours.born_frozen),
        (theirs.accounts_born_frozen == 1, chain.mint.born_frozen),
    )?;
    let count = u32::try_from(model.banks.len()).expect("a few banks");
    same(what("count of banks"), count, theirs.issuer_count)?;
    same(|| "supply".to_owned(), model.supply, chain.mint.supply)?;
    let texts = chain
        .mint
        .metadata
        .as_ref()
        .map(|texts| (texts.name.as_str(), texts.uri.as_str()));
    same(
        || "metadata".to_owned(),
        Some((ours.name.as_str(), ours.uri.as_str())),
        texts,
    )
}

fn banks(model: &Model, chain: &Snapshot) -> Comparison {
    same_keys("banks", &model.banks, &chain.issuers)?;
    for ((id, ours), theirs) in model.banks.iter().zip(chain.issuers.values()) {
        let what = |field: &'static str| move || format!("{id:?}: {field}");
        let status = match ours.status {
            Status::Active => 0,
            Status::Suspended => 1,
            Status::WindDown => 2,
            Status::Closed => 3,
        };
        same(what("status"), status, theirs.status)?;
        same(
            what("admin and operator"),
            [ours.admin, ours.operator].map(Who::address),
            [theirs.admin, theirs.operator],
        )?;
        same(
            what("nominees"),
            [ours.admin_nominee, ours.operator_nominee].map(address),
            [theirs.admin_nominee, theirs.operator_nominee],
        )?;
        let limits = &ours.limits;
        same(
            what("limits"),
            (limits.quota, limits.window_limit, limits.window_seconds),
            (theirs.quota, theirs.window_limit, theirs.window_seconds),
        )?;
        same(
            what("window"),
            (ours.window_start, ours.window_used),
            (theirs.window_start, theirs.window_used),
        )?;
        same(
            what("minted, burned, novated in, novated out"),
            (ours.minted, ours.burned, ours.novated_in, ours.novated_out),
            (
                theirs.minted,
                theirs.burned,
                theirs.novated_in,
                theirs.novated_out,
            ),
        )?;
        same(
            what("open redemptions"),
            (ours.pending, ours.pending_count, ours.overdue_count),
            (theirs.pending, theirs.pending_count, theirs.overdue_count),
        )?;
        same(
            what("last statement"),
            (ours.head.number, ours.head.closing, ours.head.as_of),
            (
                theirs.statement_number,
                theirs.closing_balance,
                theirs.statement_as_of,
            ),
        )?;
        same(what("code"), id.bic().as_bytes(), &theirs.bic)?;
    }
    Ok(())
}

fn statements(model: &Model, chain: &Snapshot) -> Comparison {
    same_keys("statements", &model.statements, &chain.statements)?;
    for ((id, ours), theirs) in model.statements.iter().zip(chain.statements.values()) {
        let what = |field: &'static str| move || format!("{id:?}: {field}");
        let header = &theirs.header;
        let (figures, totals) = (&ours.figures, header.totals());
        same(
            what("figures"),
            (
                figures.number,
                figures.opening,
                figures.credit_total,
                figures.debit_total,
                figures.closing,
            ),
            (
                totals.number,
                totals.opening,
                totals.credit_total,
                totals.debit_total,
                totals.closing,
            ),
        )?;
        same(
            what("time and counts"),
            (figures.as_of, figures.entry_count, figures.actionable_count),
            (totals.as_of, totals.entry_count, totals.actionable_count),
        )?;
        same(
            what("effective"),
            ours.is_effective,
            header.status == STATEMENT_EFFECTIVE,
        )?;
        same(
            what("votes"),
            (ours.set_version, ours.votes),
            (header.attestor_set_version, header.approvals),
        )?;
        same(
            what("minted and settled"),
            (ours.minted, ours.settled, ours.consumed_count()),
            (header.minted, header.settled, header.consumed_count),
        )?;
        same(what("payer"), ours.payer.address(), header.payer)?;
        same(what("source"), source_hash(ours.source), header.source_hash)?;
        for (index, consumed) in (0u32..).zip(&ours.consumed) {
            same(
                || format!("{id:?}: entry {index} consumed"),
                Some(*consumed),
                theirs.is_consumed(index),
            )?;
        }
    }
    Ok(())
}

fn redemptions(model: &Model, chain: &Snapshot) -> Comparison {
    same_keys("redemptions", &model.redemptions, &chain.redemptions)?;
    for ((id, ours), theirs) in model.redemptions.iter().zip(chain.redemptions.values()) {
        same(
            || format!("{id:?}"),
            (ours.amount, ours.is_overdue, ours.requested_at, ours.due_at),
            (
                theirs.amount,
                theirs.overdue == 1,
                theirs.requested_at,
                theirs.due_at,
            ),
        )?;
        same(
            || format!("{id:?}: whose"),
            (id.owner.address(), id.nonce, payout_hash(id.owner, id.nonce)),
            (theirs.owner, theirs.nonce, theirs.payout_hash),
        )?;
    }
    Ok(())
}

fn orders<C: Chain>(model: &Model, chain: &Snapshot, stage: &mut Stage<C>) -> Comparison {
    same_keys("orders", &model.orders, &chain.orders)?;
    for ((id, ours), theirs) in model.orders.iter().zip(chain.orders.values()) {
        same(
            || format!("order {id}: accounts"),
            (stage.purse(ours.subject), stage.purse(ours.destination)),
            (theirs.subject, theirs.destination),
        )?;
        same(
            || format!("order {id}: cap, executed"),
            (ours.cap, ours.executed),
            (theirs.cap, theirs.executed),
        )?;
        same(
            || format!("order {id}: expiry, opening, closed"),
            (ours.expires_at, ours.opened_at, ours.is_closed),
            (theirs.expires_at, theirs.opened_at, theirs.status == ORDER_CLOSED),
        )?;
    }
    Ok(())
}

fn purses<C: Chain>(model: &Model, chain: &Snapshot, stage: &mut Stage<C>) -> Comparison {
    same_keys("token accounts", &model.purses, &chain.purses)?;
    for ((id, ours), theirs) in model.purses.iter().zip(chain.purses.values()) {
        let own = |id: &PurseId, stage: &mut Stage<C>| stage.purse(*id);
        let owner = ours.owner.map_or_else(|| own(id, stage), Who::address);
        same(|| format!("{id:?}: owner"), owner, theirs.owner)?;
        same(
            || format!("{id:?}: amount, frozen, CPI Guard"),
            (ours.amount, ours.frozen, ours.cpi_guard == Some(true)),
            (theirs.amount, theirs.frozen, theirs.cpi_guard),
        )?;
        same(
            || format!("{id:?}: delegate"),
            (ours.delegate.map(Who::address), ours.delegated),
            (theirs.delegate, theirs.delegated_amount),
        )?;
        same(
            || format!("{id:?}: close authority"),
            None,
            theirs.close_authority,
        )?;
    }
    Ok(())
}
