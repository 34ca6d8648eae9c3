//! Invariant 9: who may do what, and what each may change.

use kzte_client::{
    Address,
    state::{Config, Issuer, Role},
};

use super::{Check, Invariants, Step, must};
use crate::{
    cast::{BankId, Who},
    op::Op,
    stage::authorities,
};

impl Invariants {
    /// 9: nobody acts for a role that he does not hold, and no role changes hands but by its nominee's own signature.
    pub(super) fn roles(&mut self, step: &Step) -> Check {
        let (before, after) = (&step.before.config, &step.after.config);
        let accepted = step.outcome.is_accepted();
        if accepted {
            must(9, may_act(step), || {
                format!("{:?} passed without the role", step.op)
            })?;
        }
        let only = |what: &str, same: bool, allowed: bool| {
            must(9, same || (accepted && allowed), || {
                format!("{} changed {what}", step.op.name())
            })
        };
        let op = step.op;
        for role in 0..6usize {
            let takes = matches!(op, Op::AcceptRole { signer, role: taken }
                if usize::from(*taken) == role && before.nominees[role] == signer.address());
            only("a role", before.roles[role] == after.roles[role], takes)?;
            let names = matches!(op, Op::NominateRole { role: named, .. } | Op::AcceptRole { role: named, .. }
                | Op::CancelNomination { role: named, .. } if usize::from(*named) == role);
            let lapses =
                matches!(op, Op::AcceptRole { role: 0, .. }) && after.nominees[role] == Address::default();
            only(
                "a nominee",
                before.nominees[role] == after.nominees[role],
                names || lapses,
            )?;
        }
        let set = |config: &Config| {
            (
                config.attestors,
                config.attestor_count,
                config.threshold,
                config.mandatory,
                config.attestor_set_version,
            )
        };
        only(
            "the attestors",
            set(before) == set(after),
            matches!(op, Op::SetAttestors { .. }),
        )?;
        let policy = |config: &Config| (config.max_statement_age, config.redemption_sla);
        only(
            "the policy",
            policy(before) == policy(after),
            matches!(op, Op::SetPolicy { .. }),
        )?;
        let pauses = matches!(op, Op::Pause { .. }) && before.paused & !after.paused == 0
            || matches!(op, Op::Resume { .. }) && after.paused & !before.paused == 0;
        only("the pause", before.paused == after.paused, pauses)?;
        let switches = matches!(op, Op::SetDefaultAccountState { .. });
        only(
            "how accounts are born",
            before.accounts_born_frozen == after.accounts_born_frozen,
            switches,
        )?;
        only(
            "how the mint makes accounts",
            step.before.mint.born_frozen == step.after.mint.born_frozen,
            switches,
        )?;
        only(
            "the count of banks",
            before.issuer_count == after.issuer_count,
            matches!(op, Op::RegisterIssuer { .. }),
        )?;
        for (bank, now) in &step.after.issuers {
            let Some(was) = step.before.issuers.get(bank) else {
                only(
                    "the banks",
                    false,
                    matches!(op, Op::RegisterIssuer { bank: named, .. } if named == bank),
                )?;
                continue;
            };
            let limits = |issuer: &Issuer| (issuer.quota, issuer.window_limit, issuer.window_seconds);
            let configures = matches!(op, Op::ConfigureIssuer { bank: named, .. } if named == bank);
            only("the limits of a bank", limits(was) == limits(now), configures)?;
            let sets = matches!(op, Op::SetIssuerStatus { bank: named, .. } if named == bank);
            only("the status of a bank", was.status == now.status, sets)?;
            let accepts = |nominee: &Address| {
                matches!(op, Op::AcceptIssuerRole { signer, bank: named, .. }
                    if named == bank && *nominee == signer.address())
            };
            only("an admin", was.admin == now.admin, accepts(&was.admin_nominee))?;
            only(
                "an operator",
                was.operator == now.operator,
                accepts(&was.operator_nominee),
            )?;
            let nominates = matches!(op, Op::NominateIssuerRole { bank: named, .. }
                | Op::AcceptIssuerRole { bank: named, .. } | Op::CancelIssuerNomination { bank: named, .. }
                if named == bank);
            let nominees = |issuer: &Issuer| (issuer.admin_nominee, issuer.operator_nominee);
            only("a nominee of a bank", nominees(was) == nominees(now), nominates)?;
        }
        let blocks = matches!(op, Op::BlockWallet { .. } | Op::UnblockWallet { .. });
        only(
            "who is blocked",
            step.before.blocked == step.after.blocked,
            blocks,
        )?;
        for (id, now) in &step.after.purses {
            let Some(was) = step.before.purses.get(id) else {
                continue;
            };
            let desk = matches!(op, Op::Freeze { purse, .. } | Op::Thaw { purse, .. } if purse == id);
            // A bank lets in only who has nothing there.
            let lets_in = matches!(op, Op::AdmitHolder { purse, .. } if purse == id) && was.amount == 0;
            // What comes back to a blocked wallet stays there.
            let comes_back = match op {
                Op::RejectRedemption {
                    owner, destination, ..
                } => destination == id && step.before.blocked.contains(owner),
                Op::CancelRedemption {
                    signer, destination, ..
                } => destination == id && step.before.blocked.contains(signer),
                _ => false,
            };
            let allowed = desk || (lets_in && !now.frozen) || (comes_back && now.frozen);
            only("who is frozen", was.frozen == now.frozen, allowed)?;
        }
        votes(step)?;
        if matches!(op, Op::AcceptRole { role: 0, .. }) && accepted {
            let none = after
                .nominees
                .iter()
                .all(|nominee| *nominee == Address::default());
            must(9, none, || {
                "a nomination outlives the authority that made it".to_owned()
            })?;
        }
        distinct(after)?;
        let mint = &step.after.mint;
        let powers = [
            mint.mint_authority,
            mint.freeze_authority,
            mint.permanent_delegate,
            mint.pause_authority,
        ];
        must(9, powers == authorities(&step.config).map(Some), || {
            "a power over the mint moved".to_owned()
        })
    }
}

/// A vote is the voter's own seat added to the votes under today's set, and to no older ones.
fn votes(step: &Step) -> Check {
    let (
        Op::AttestStatement {
            signer, statement, ..
        },
        true,
    ) = (step.op, step.outcome.is_accepted())
    else {
        return Ok(());
    };
    let config = &step.before.config;
    let seat = config
        .attestors
        .iter()
        .position(|attestor| *attestor == signer.address());
    let headers = [step.before, step.after].map(|snapshot| {
        snapshot
            .statements
            .get(statement)
            .map(|statement| statement.header)
    });
    let (Some(seat), [Some(was), Some(now)]) = (seat, headers) else {
        return Err((9, format!("{signer:?} voted for {statement:?} without a seat")));
    };
    let today = config.attestor_set_version;
    let earlier = if was.attestor_set_version == today {
        was.approvals
    } else {
        0
    };
    let due = (today, earlier | (1 << seat));
    must(9, (now.attestor_set_version, now.approvals) == due, || {
        format!(
            "{statement:?} counts votes {:#b}, cast are {:#b}",
            now.approvals, due.1
        )
    })
}

/// No address holds two roles.
fn distinct(config: &Config) -> Check {
    let seats = &config.attestors[..usize::from(config.attestor_count)];
    let mut all: Vec<&Address> = config.roles.iter().chain(seats).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    must(9, all.len() == count, || "somebody holds two roles".to_owned())
}

/// Whether the signer holds, on the chain, the role that the operation needs.
fn may_act(step: &Step) -> bool {
    let (before, op) = (step.before, step.op);
    let holds = |role: Role, signer: &Who| *before.config.holder(role) == signer.address();
    let operates = |bank: &BankId, signer: &Who| {
        before
            .issuers
            .get(bank)
            .is_some_and(|issuer| issuer.operator == signer.address())
    };
    match op {
        Op::SetAttestors { signer, .. }
        | Op::SetPolicy { signer, .. }
        | Op::NominateRole { signer, .. }
        | Op::CancelNomination { signer, .. }
        | Op::SetDefaultAccountState { signer, .. }
        | Op::UpdateMetadata { signer, .. }
        | Op::MigrateConfig { signer, .. }
        | Op::Resume { signer, .. } => holds(Role::Authority, signer),
        Op::RegisterIssuer { signer, .. }
        | Op::ConfigureIssuer { signer, .. }
        | Op::SetIssuerStatus { signer, .. } => holds(Role::IssuerManager, signer),
        Op::Pause { signer, .. } => holds(Role::Pauser, signer),
        Op::Freeze { signer, .. }
        | Op::Thaw { signer, .. }
        | Op::BlockWallet { signer, .. }
        | Op::UnblockWallet { signer, .. } => holds(Role::Compliance, signer),
        Op::OpenOrder { signer, .. } | Op::CloseOrder { signer, .. } => holds(Role::CourtOfficer, signer),
        Op::ExecuteOrder { signer, .. } => holds(Role::Enforcer, signer),
        Op::PostStatement { signer, bank, .. }
        | Op::WithdrawStatement { signer, bank, .. }
        | Op::Mint { signer, bank, .. }
        | Op::MintMany { signer, bank, .. }
        | Op::Burn { signer, bank, .. }
        | Op::SettleRedemption { signer, bank, .. }
        | Op::RejectRedemption { signer, bank, .. }
        | Op::AdmitHolder { signer, bank, .. } => operates(bank, signer),
        Op::Novate {
            giver,
            giver_operator,
            taker,
            taker_operator,
            ..
        } => operates(giver, giver_operator) && operates(taker, taker_operator),
        Op::AttestStatement { signer, bank, .. } => {
            let seats = &before.config.attestors[..usize::from(before.config.attestor_count)];
            let own = before.issuers.get(bank);
            let sits_there = own.is_some_and(|issuer| {
                issuer.admin == signer.address() || issuer.operator == signer.address()
            });
            seats.contains(&signer.address()) && !sits_there
        }
        Op::NominateIssuerRole {
            signer, bank, role, ..
        }
        | Op::CancelIssuerNomination { signer, bank, role } => {
            let admin = before
                .issuers
                .get(bank)
                .is_some_and(|issuer| issuer.admin == signer.address());
            admin || (*role == 6 && holds(Role::Authority, signer))
        }
        Op::RequestRedemption { signer, purse, .. } => before
            .purses
            .get(purse)
            .is_some_and(|purse| purse.owner == signer.address()),
        Op::CancelRedemption {
            signer, redemption, ..
        } => {
            let state = before.redemptions.get(redemption);
            state.is_some_and(|redemption| redemption.owner == signer.address())
        }
        Op::Initialize { .. } | Op::Forge { .. } => false,
        _ => true,
    }
}
