//! The ten invariants of the design, by number, on the accounts of the chain: what they say before and after a step,
//! without the model. The only other knowledge is what somebody standing beside the chain has: the operation, whether it
//! passed, and the bank's own files; and for invariant 7, which says what must pass, whether the design lets it.

mod entries;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use kzte_client::{
    Address, Event, KzteError,
    constants::{VIOLATES_1, VIOLATES_2, VIOLATES_6},
    reserve::StatementFile,
    state::{ISSUER_ACTIVE, ISSUER_CLOSED, Issuer, ORDER_OPEN, PAUSE_TRANSFER},
};

use crate::{
    cast::{BankId, PurseId, StatementId},
    model::Reason,
    op::Op,
    stage::{Change, Outcome, Place, Snapshot, case_hash},
};

/// What the invariants need to remember from step to step.
#[derive(Default)]
pub struct Invariants {
    /// Burned by holders themselves, tiyn.
    burned_by_holders: u64,
    /// Statements that are gone from the chain after they were effective.
    gone: BTreeSet<StatementId>,
    /// Start and use of each bank's window, counted here.
    windows: BTreeMap<BankId, (i64, u128)>,
    /// Orders as they were opened: subject, destination, cap.
    orders: BTreeMap<u32, (Address, Address, u64)>,
}

/// One step, seen from outside.
pub struct Step<'a> {
    pub op: &'a Op,
    pub outcome: &'a Outcome,
    pub before: &'a Snapshot,
    pub after: &'a Snapshot,
    /// Watched accounts that are not as they were, byte for byte.
    pub changed: &'a [Change],
    pub files: &'a BTreeMap<StatementId, StatementFile>,
    /// Address of the configuration.
    pub config: Address,
    /// Whether the design lets the operation pass.
    pub should_pass: bool,
}

/// A broken invariant: its number and the fact.
type Broken = (u8, String);
type Check = Result<(), Broken>;

fn must(number: u8, holds: bool, fact: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err((number, fact())) }
}

/// `minted − burned + novated_in − novated_out`; negative when invariant 2 is broken.
fn outstanding(issuer: &Issuer) -> i128 {
    i128::from(issuer.minted) - i128::from(issuer.burned) + i128::from(issuer.novated_in)
        - i128::from(issuer.novated_out)
}

fn total_outstanding(snapshot: &Snapshot) -> i128 {
    snapshot.issuers.values().map(outstanding).sum()
}

impl Invariants {
    /// Checks all ten after one step.
    pub fn check(&mut self, step: &Step) -> Result<(), String> {
        let checks = [
            Self::nothing_after_a_refusal as fn(&mut Self, &Step) -> Check,
            Self::supply_and_books,
            Self::counters,
            Self::after_a_mint,
            Self::entries,
            Self::chain_of_statements,
            Self::escrows,
            Self::never_blocked,
            Self::executions,
            Self::roles,
            Self::own_bank_only,
            Self::own_report,
        ];
        for check in checks {
            check(self, step).map_err(|(number, fact)| format!("invariant {number}: {fact}"))?;
        }
        Ok(())
    }

    /// 9: a failed transaction changes nothing.
    fn nothing_after_a_refusal(&mut self, step: &Step) -> Check {
        if step.outcome.is_accepted() {
            return Ok(());
        }
        must(9, step.changed.is_empty(), || {
            format!("the transaction failed and changed {:?}", step.changed)
        })
    }

    /// 1: `supply ≤ Σ outstanding`; the difference is only what holders burned by themselves.
    fn supply_and_books(&mut self, step: &Step) -> Check {
        let (before, after) = (step.before, step.after);
        if let (Op::BurnDirectly { amount, .. }, true) = (step.op, step.outcome.is_accepted()) {
            self.burned_by_holders += amount;
        }
        let supply = i128::from(after.mint.supply);
        let books = total_outstanding(after);
        must(1, supply <= books, || {
            format!("the supply is {supply} and the banks owe {books}")
        })?;
        let burned = i128::from(self.burned_by_holders);
        must(1, supply + burned == books, || {
            format!("supply {supply} and the holders' own burns {burned} are not what the banks owe, {books}")
        })?;
        let held: u128 = after.purses.values().map(|purse| u128::from(purse.amount)).sum();
        must(1, held == u128::from(after.mint.supply), || {
            format!(
                "all token accounts hold {held}, the supply is {supply}, before it was {}",
                before.mint.supply
            )
        })
    }

    /// 2: each counter only grows, and what is outstanding is never negative.
    fn counters(&mut self, step: &Step) -> Check {
        for (bank, now) in &step.after.issuers {
            must(2, outstanding(now) >= 0, || {
                format!("{bank:?} owes {}", outstanding(now))
            })?;
            let Some(was) = step.before.issuers.get(bank) else {
                continue;
            };
            for (name, was, now) in [
                ("minted", was.minted, now.minted),
                ("burned", was.burned, now.burned),
                ("novated in", was.novated_in, now.novated_in),
                ("novated out", was.novated_out, now.novated_out),
            ] {
                must(2, now >= was, || {
                    format!("{bank:?}: {name} fell from {was} to {now}")
                })?;
            }
        }
        let sum = |counter: fn(&Issuer) -> u64| -> u128 {
            step.after
                .issuers
                .values()
                .map(|issuer| u128::from(counter(issuer)))
                .sum()
        };
        let (given, taken) = (sum(|issuer| issuer.novated_out), sum(|issuer| issuer.novated_in));
        must(2, given == taken, || {
            format!("the banks gave {given} away and took {taken} over")
        })
    }

    /// 3: after every mint `outstanding ≤ last closing balance`, `≤ quota`, and the statement is fresh; beyond that the
    /// window and nothing overdue.
    fn after_a_mint(&mut self, step: &Step) -> Check {
        for (bank, now) in &step.after.issuers {
            let was = step.before.issuers.get(bank);
            if was.is_none_or(|was| was.minted == now.minted) {
                continue;
            }
            let owes = outstanding(now);
            let (closing, quota) = (now.closing_balance, now.quota);
            must(3, owes <= i128::from(closing), || {
                format!("{bank:?} minted and owes {owes} with {closing} in the reserve account")
            })?;
            must(3, owes <= i128::from(quota), || {
                format!("{bank:?} minted and owes {owes} under a quota of {quota}")
            })?;
            let age = step.after.now - now.statement_as_of;
            let most = step.after.config.max_statement_age;
            must(3, (0..=most).contains(&age), || {
                format!("{bank:?} minted on a statement that is {age} s old, {most} s are allowed")
            })?;
            // A window starts with its first mint; what is minted in it is added up here once more.
            let window = self.windows.entry(*bank).or_insert((i64::MIN, 0));
            if step.after.now.saturating_sub(window.0) >= now.window_seconds {
                *window = (step.after.now, 0);
            }
            window.1 += u128::from(now.minted - was.map_or(0, |was| was.minted));
            let used = window.1;
            must(3, used <= u128::from(now.window_limit), || {
                format!("{bank:?} minted {used} in a window of {}", now.window_limit)
            })?;
            // Whatever halts this bank's minting (invariant 10).
            must(10, now.status == ISSUER_ACTIVE, || {
                format!("{bank:?} minted without being active")
            })?;
            must(10, now.overdue_count == 0, || {
                format!("{bank:?} minted with an overdue redemption")
            })?;
        }
        Ok(())
    }

    /// 6: escrow balance ≥ Σ open redemptions of that issuer.
    fn escrows(&mut self, step: &Step) -> Check {
        for (bank, issuer) in &step.after.issuers {
            let open = step.after.redemptions.iter().filter(|(id, _)| id.bank == *bank);
            let (mut sum, mut count, mut overdue) = (0u128, 0u32, 0u32);
            for (_, redemption) in open {
                sum += u128::from(redemption.amount);
                count += 1;
                overdue += u32::from(redemption.overdue);
            }
            let escrow = step.after.purses.get(&PurseId::Escrow(*bank));
            let Some(escrow) = escrow else {
                return Err((6, format!("{bank:?} has no escrow")));
            };
            must(6, u128::from(escrow.amount) >= sum, || {
                format!("the escrow of {bank:?} holds {}, open are {sum}", escrow.amount)
            })?;
            must(
                6,
                (u128::from(issuer.pending), issuer.pending_count) == (sum, count),
                || {
                    format!(
                        "{bank:?} counts {} in {}, open are {sum} in {count}",
                        issuer.pending, issuer.pending_count
                    )
                },
            )?;
            must(10, issuer.overdue_count == overdue, || {
                format!(
                    "{bank:?} counts {} overdue, there are {overdue}",
                    issuer.overdue_count
                )
            })?;
            must(7, !escrow.frozen, || format!("the escrow of {bank:?} is frozen"))?;
            let ended = issuer.status == ISSUER_CLOSED;
            must(10, !ended || (outstanding(issuer) == 0 && count == 0), || {
                format!(
                    "{bank:?} is closed and owes {}, with {count} redemptions open",
                    outstanding(issuer)
                )
            })?;
        }
        Ok(())
    }

    /// 7: pause, suspension or staleness never blocks settle, reject, cancel, burn; and none of them lifts a pause.
    fn never_blocked(&mut self, step: &Step) -> Check {
        let ends = matches!(
            step.op,
            Op::SettleRedemption { .. }
                | Op::RejectRedemption { .. }
                | Op::CancelRedemption { .. }
                | Op::Burn { .. }
                | Op::ExecuteOrder { .. }
        );
        if let (true, Outcome::Refused { reason, name, .. }) = (ends, step.outcome) {
            let forbidden = [
                KzteError::MintPaused,
                KzteError::RedemptionRequestPaused,
                KzteError::TransferPaused,
                KzteError::IssuerNotActive,
                KzteError::IssuerClosed,
                KzteError::StatementStale,
                KzteError::RedemptionOverdue,
            ];
            let blocked =
                forbidden.iter().any(|error| *reason == Reason::Kzte(*error)) || name == "MintPaused";
            must(7, !blocked, || {
                format!("{} was blocked by {name}", step.op.name())
            })?;
            let held_up = step.before.config.paused != 0
                || banks_of(step.op).iter().any(|bank| {
                    step.before.issuers.get(bank).is_some_and(|issuer| {
                        let age = step.before.now - issuer.statement_as_of;
                        issuer.status != ISSUER_ACTIVE || age > step.before.config.max_statement_age
                    })
                });
            must(7, !(held_up && step.should_pass), || {
                format!(
                    "{} was refused with {name} while something is paused, suspended or stale",
                    step.op.name()
                )
            })?;
        }
        let paused = step.after.config.paused & PAUSE_TRANSFER != 0;
        must(7, step.after.mint.paused == paused, || {
            format!(
                "the flag says {paused}, the mint itself {}",
                step.after.mint.paused
            )
        })
    }

    /// 8: an executed order never exceeds its cap; frozen before, frozen after; supply unchanged.
    fn executions(&mut self, step: &Step) -> Check {
        let (before, after) = (step.before, step.after);
        if let (Op::OpenOrder { case, cap, .. }, true) = (step.op, step.outcome.is_accepted()) {
            let Some(order) = after.orders.get(case) else {
                return Err((8, format!("order {case} was opened and is not there")));
            };
            must(
                8,
                self.orders
                    .insert(*case, (order.subject, order.destination, *cap))
                    .is_none(),
                || format!("order {case} was opened twice"),
            )?;
        }
        for (case, order) in &after.orders {
            must(8, order.executed <= order.cap, || {
                format!("order {case} moved {} of {}", order.executed, order.cap)
            })?;
            let opened = self.orders.get(case);
            must(
                8,
                opened == Some(&(order.subject, order.destination, order.cap)),
                || format!("order {case} is not what was opened"),
            )?;
            must(8, order.case_hash == case_hash(*case), || {
                format!("order {case} is another case")
            })?;
            let was = before.orders.get(case);
            let moved = was.map_or(0, |was| order.executed - was.executed.min(order.executed));
            let executes = matches!(step.op, Op::ExecuteOrder { case: executed, .. } if executed == case);
            must(8, moved == 0 || executes, || {
                format!("order {case} moved without being executed")
            })?;
            must(8, was.is_none_or(|was| order.executed >= was.executed), || {
                format!("order {case} forgot what it moved")
            })?;
            must(
                8,
                was.is_none_or(|was| was.status == ORDER_OPEN || order.status == was.status),
                || format!("order {case} was opened again"),
            )?;
        }
        let (
            Op::ExecuteOrder {
                case,
                subject,
                destination,
                amount,
                ..
            },
            true,
        ) = (step.op, step.outcome.is_accepted())
        else {
            return Ok(());
        };
        let state = |snapshot: &Snapshot, purse: &PurseId| {
            snapshot
                .purses
                .get(purse)
                .map_or((0, false), |purse| (purse.amount, purse.frozen))
        };
        let (from, to) = (state(before, subject), state(before, destination));
        let (from_after, to_after) = (state(after, subject), state(after, destination));
        must(8, from.1 == from_after.1 && to.1 == to_after.1, || {
            format!("order {case} changed who is frozen")
        })?;
        let moved = from_after.0.checked_add(*amount) == Some(from.0)
            && to.0.checked_add(*amount) == Some(to_after.0);
        must(8, moved, || {
            format!("order {case} over {amount} took {from:?} to {from_after:?}, {to:?} to {to_after:?}")
        })?;
        let executed = |snapshot: &Snapshot| snapshot.orders.get(case).map_or(0, |order| order.executed);
        must(
            8,
            executed(before).checked_add(*amount) == Some(executed(after)),
            || format!("order {case} has not booked {amount}"),
        )?;
        let was = before.orders.get(case);
        must(
            8,
            was.is_some_and(|was| was.status == ORDER_OPEN && before.now < was.expires_at),
            || format!("order {case} was executed after its end"),
        )?;
        must(8, before.mint.supply == after.mint.supply, || {
            format!("order {case} changed the supply")
        })
    }

    /// 10: what holds one bank up is its own affair: no other bank's account changes, and no other bank's state is a
    /// reason to refuse.
    fn own_bank_only(&mut self, step: &Step) -> Check {
        let named = banks_of(step.op);
        for change in step.changed {
            if let Place::Issuer(bank) = change.place {
                must(10, named.contains(&bank), || {
                    format!("{} changed {bank:?}", step.op.name())
                })?;
            }
        }
        let minting = matches!(step.op, Op::Mint { .. } | Op::MintMany { .. });
        let (
            Outcome::Refused {
                reason: Reason::Kzte(error),
                ..
            },
            true,
            Some(issuer),
        ) = (
            step.outcome,
            minting,
            named.first().and_then(|bank| step.before.issuers.get(bank)),
        )
        else {
            return Ok(());
        };
        let own = match error {
            KzteError::IssuerNotActive => issuer.status != ISSUER_ACTIVE,
            KzteError::RedemptionOverdue => issuer.overdue_count > 0,
            KzteError::StatementStale => {
                step.before.now - issuer.statement_as_of > step.before.config.max_statement_age
            }
            _ => true,
        };
        must(10, own, || {
            format!("{named:?} may not mint for {error:?}, which is not its own state")
        })
    }

    /// 1, 2, 6: the program's own report over all banks finds what this test finds: nothing.
    fn own_report(&mut self, step: &Step) -> Check {
        let (Op::CheckInvariants { banks, .. }, Outcome::Accepted { events, .. }) = (step.op, step.outcome)
        else {
            return Ok(());
        };
        let reports = events.iter().filter_map(|event| match event {
            Event::IssuerChecked(report) => Some(report),
            _ => None,
        });
        for (bank, report) in banks.iter().zip(reports) {
            let Some(issuer) = step.after.issuers.get(bank) else {
                return Err((1, format!("{bank:?} is reported and not registered")));
            };
            let escrow = step.after.purses.get(&PurseId::Escrow(*bank));
            let told = (
                i128::from(report.outstanding),
                report.closing,
                report.pending,
                report.escrow,
            );
            let true_ones = (
                outstanding(issuer),
                issuer.closing_balance,
                issuer.pending,
                escrow.map_or(0, |escrow| escrow.amount),
            );
            must(1, told == true_ones, || {
                format!("{bank:?} is reported as {told:?}, it is {true_ones:?}")
            })?;
            let age = step.after.now - issuer.statement_as_of;
            let told = (report.status, report.overdue_count, report.fresh == 1);
            let true_ones = (
                issuer.status,
                issuer.overdue_count,
                age <= step.after.config.max_statement_age,
            );
            must(10, told == true_ones, || {
                format!("{bank:?} is reported as {told:?}, it is {true_ones:?}")
            })?;
        }
        let whole = banks.len() == step.after.issuers.len();
        for event in events {
            let (violations, first) = match event {
                Event::IssuerChecked(report) => (report.violations, 2),
                Event::InvariantsChecked(report) if whole => (report.violations, 1),
                _ => continue,
            };
            let bits = VIOLATES_1 | VIOLATES_2 | VIOLATES_6;
            must(first, violations & bits == 0, || {
                format!("the program reports {violations:#b}")
            })?;
        }
        must(1, events.len() == banks.len() + 1, || {
            format!("{} reports about {} banks", events.len(), banks.len())
        })
    }
}

/// The banks that an operation is about.
fn banks_of(op: &Op) -> Vec<BankId> {
    match op {
        Op::RegisterIssuer { bank, .. }
        | Op::ConfigureIssuer { bank, .. }
        | Op::SetIssuerStatus { bank, .. }
        | Op::NominateIssuerRole { bank, .. }
        | Op::AcceptIssuerRole { bank, .. }
        | Op::CancelIssuerNomination { bank, .. }
        | Op::AttestStatement { bank, .. }
        | Op::Mint { bank, .. }
        | Op::MintMany { bank, .. }
        | Op::Burn { bank, .. }
        | Op::RequestRedemption { bank, .. }
        | Op::SettleRedemption { bank, .. }
        | Op::RejectRedemption { bank, .. }
        | Op::CancelRedemption { bank, .. }
        | Op::FlagOverdue { bank, .. } => vec![*bank],
        Op::Novate { giver, taker, .. } => vec![*giver, *taker],
        _ => Vec::new(),
    }
}
