//! The ten invariants of the design, by number, on the accounts of the chain: what they say before and after a step,
//! without the model. The only other knowledge is what somebody standing beside the chain has: the operation, whether it
//! passed, and the bank's own files.

use std::collections::{BTreeMap, BTreeSet};

use kzte_client::{
    Address, Event, KzteError,
    constants::{VIOLATES_1, VIOLATES_2, VIOLATES_6},
    reserve::StatementFile,
    state::{
        Config, ISSUER_ACTIVE, ISSUER_CLOSED, Issuer, ORDER_OPEN, PAUSE_TRANSFER, Role, STATEMENT_EFFECTIVE,
    },
};
use kzte_ledger::EntryKind;

use crate::{
    cast::{BankId, PurseId, StatementId, Who},
    model::Reason,
    op::Op,
    stage::{Change, Outcome, Place, Snapshot, authorities, case_hash},
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

    /// 4: an entry is consumed at most once, ever, and a mint's amount and recipient equal the entry's.
    fn entries(&mut self, step: &Step) -> Check {
        let (before, after) = (step.before, step.after);
        // What each wallet and each redemption must have got by the entries consumed in this step.
        let mut credited: BTreeMap<Address, u128> = BTreeMap::new();
        let mut minted: BTreeMap<BankId, u128> = BTreeMap::new();
        let mut settled: BTreeMap<BankId, u128> = BTreeMap::new();
        for (id, now) in &after.statements {
            if !step
                .changed
                .iter()
                .any(|change| change.place == Place::Statement(*id))
            {
                continue;
            }
            let was = before.statements.get(id);
            let Some(file) = step.files.get(id) else {
                return Err((4, format!("{id:?} was posted by nobody")));
            };
            let (mut credits, mut debits, mut count) = (0u128, 0u128, 0u32);
            for entry in &file.entries {
                let bit = now.is_consumed(entry.index) == Some(true);
                let had = was.is_some_and(|was| was.is_consumed(entry.index) == Some(true));
                must(4, bit || !had, || {
                    format!("entry {} of {id:?} was consumed and is not any more", entry.index)
                })?;
                if !bit {
                    continue;
                }
                must(4, entry.is_actionable(), || {
                    format!("entry {} of {id:?} has no party and was consumed", entry.index)
                })?;
                must(4, now.header.status == STATEMENT_EFFECTIVE, || {
                    format!(
                        "entry {} of {id:?} was consumed before its attestors carried it",
                        entry.index
                    )
                })?;
                count += 1;
                let amount = u128::from(entry.amount);
                let (sum, of_step) = match entry.kind {
                    EntryKind::Credit => (&mut credits, &mut minted),
                    EntryKind::Debit => (&mut debits, &mut settled),
                };
                *sum += amount;
                if had {
                    continue;
                }
                *of_step.entry(id.bank).or_default() += amount;
                if entry.kind == EntryKind::Credit {
                    *credited.entry(Address::new_from_array(entry.party)).or_default() += amount;
                }
            }
            let header = &now.header;
            must(4, u128::from(header.minted) == credits, || {
                format!(
                    "{id:?} has booked {} minted, its bits say {credits}",
                    header.minted
                )
            })?;
            must(4, u128::from(header.settled) == debits, || {
                format!(
                    "{id:?} has booked {} settled, its bits say {debits}",
                    header.settled
                )
            })?;
            must(4, header.consumed_count == count, || {
                format!(
                    "{id:?} counts {} consumed entries, its bits {count}",
                    header.consumed_count
                )
            })?;
            must(4, header.minted <= header.credit_total, || {
                format!("{id:?} minted more than its credits")
            })?;
            must(4, header.settled <= header.debit_total, || {
                format!("{id:?} settled more than its debits")
            })?;
        }
        for (bank, now) in &after.issuers {
            let was = before.issuers.get(bank);
            let grown = |counter: fn(&Issuer) -> u64| {
                u128::from(counter(now)).saturating_sub(u128::from(was.map_or(0, counter)))
            };
            let (got, by_entries) = (
                grown(|issuer| issuer.minted),
                minted.get(bank).copied().unwrap_or(0),
            );
            must(4, got == by_entries, || {
                format!("{bank:?} minted {got} against entries of {by_entries}")
            })?;
            let (got, by_entries) = (
                grown(|issuer| issuer.burned),
                settled.get(bank).copied().unwrap_or(0),
            );
            let own_burn = matches!(step.op, Op::Burn { bank: burner, .. } if burner == bank);
            must(4, got == by_entries || (own_burn && by_entries == 0), || {
                format!("{bank:?} burned {got} against entries of {by_entries}")
            })?;
        }
        if !credited.is_empty() {
            self.recipients(step, &credited)?;
        }
        self.settlement(step, &settled)
    }

    /// 4: what was minted went to the wallets that the entries name, to each exactly its own.
    fn recipients(&mut self, step: &Step, credited: &BTreeMap<Address, u128>) -> Check {
        let holdings = |snapshot: &Snapshot| {
            let mut sums: BTreeMap<Address, u128> = BTreeMap::new();
            for purse in snapshot.purses.values() {
                *sums.entry(purse.owner).or_default() += u128::from(purse.amount);
            }
            sums
        };
        let (before, after) = (holdings(step.before), holdings(step.after));
        for (owner, now) in &after {
            let was = before.get(owner).copied().unwrap_or(0);
            let due = credited.get(owner).copied().unwrap_or(0);
            must(4, *now == was + due, || {
                format!("{owner} held {was}, was credited {due} by entries, and holds {now}")
            })?;
        }
        Ok(())
    }

    /// 4: a settlement pays the redemption that the entry names, in full, out of the escrow.
    fn settlement(&mut self, step: &Step, settled: &BTreeMap<BankId, u128>) -> Check {
        let Op::SettleRedemption {
            bank,
            redemption,
            claim,
            ..
        } = step.op
        else {
            return must(4, settled.is_empty(), || {
                "debit entries were consumed by no settlement".to_owned()
            });
        };
        if !step.outcome.is_accepted() {
            return Ok(());
        }
        let was = step
            .before
            .redemptions
            .get(redemption)
            .map(|redemption| redemption.amount);
        must(4, was == Some(claim.amount), || {
            format!(
                "{redemption:?} over {was:?} was settled by an entry of {}",
                claim.amount
            )
        })?;
        must(4, settled.get(bank) == Some(&u128::from(claim.amount)), || {
            format!("{redemption:?} was settled by entries of {settled:?}")
        })?;
        must(4, !step.after.redemptions.contains_key(redemption), || {
            format!("{redemption:?} is settled and still open")
        })
    }

    /// 5: statement n opens with the closing balance of n − 1, numbers have no gaps, `as_of` strictly increases.
    fn chain_of_statements(&mut self, step: &Step) -> Check {
        let (before, after) = (step.before, step.after);
        for (bank, now) in &after.issuers {
            let was = before.issuers.get(bank);
            let head = |issuer: &Issuer| {
                (
                    issuer.statement_number,
                    issuer.closing_balance,
                    issuer.statement_as_of,
                )
            };
            let (number, closing, as_of) = was.map_or((0, 0, 0), head);
            if head(now) == (number, closing, as_of) {
                continue;
            }
            let id = StatementId {
                bank: *bank,
                number: now.statement_number,
            };
            must(5, id.number == number + 1, || {
                format!("{bank:?} went from statement {number} to {}", id.number)
            })?;
            let Some(statement) = after.statements.get(&id) else {
                return Err((5, format!("{bank:?} stands on {id:?}, which does not exist")));
            };
            let header = &statement.header;
            must(5, header.opening == closing, || {
                format!(
                    "{id:?} opens with {}, the last one closed with {closing}",
                    header.opening
                )
            })?;
            must(5, header.as_of > as_of, || {
                format!("{id:?} is of {}, the last one of {as_of}", header.as_of)
            })?;
            must(5, header.as_of <= after.now, || {
                format!("{id:?} is of the future")
            })?;
            let sum =
                i128::from(header.opening) + i128::from(header.credit_total) - i128::from(header.debit_total);
            must(5, sum == i128::from(header.closing), || {
                format!("{id:?} closes with {} and should with {sum}", header.closing)
            })?;
            must(
                5,
                head(now) == (header.number, header.closing, header.as_of),
                || format!("{bank:?} took over other figures than those of {id:?}"),
            )?;
            let config = &before.config;
            let carried = header.status == STATEMENT_EFFECTIVE
                && header.attestor_set_version == config.attestor_set_version
                && header.approvals.count_ones() >= u32::from(config.threshold)
                && header.approvals & config.mandatory == config.mandatory;
            must(5, carried, || {
                format!("{id:?} is effective without its attestors")
            })?;
            let Some(file) = step.files.get(&id) else {
                return Err((5, format!("{id:?} is effective and was posted by nobody")));
            };
            must(
                5,
                header.totals() == file.totals && header.entries_root == file.entries_root,
                || format!("{id:?} is not what the bank posted"),
            )?;
        }
        self.effective_statements_stay(step)
    }

    /// 4 and 5: an effective statement never changes but in its bits, and once it is gone it never comes back.
    fn effective_statements_stay(&mut self, step: &Step) -> Check {
        for (id, was) in &step.before.statements {
            if was.header.status != STATEMENT_EFFECTIVE {
                continue;
            }
            match step.after.statements.get(id) {
                None => {
                    must(
                        4,
                        was.header.consumed_count == was.header.actionable_count,
                        || format!("{id:?} was closed with entries left"),
                    )?;
                    self.gone.insert(*id);
                }
                Some(now) => must(
                    5,
                    now.header.totals() == was.header.totals()
                        && now.header.entries_root == was.header.entries_root
                        && now.header.source_hash == was.header.source_hash
                        && now.header.status == was.header.status,
                    || format!("{id:?} was effective and changed"),
                )?,
            }
        }
        for (id, now) in &step.after.statements {
            let is_new = !step.before.statements.contains_key(id);
            must(4, !is_new || !self.gone.contains(id), || {
                format!("{id:?} was closed and came back")
            })?;
            let head = step
                .after
                .issuers
                .get(&id.bank)
                .map_or(0, |issuer| issuer.statement_number);
            let effective = now.header.status == STATEMENT_EFFECTIVE;
            must(
                5,
                if effective {
                    id.number <= head
                } else {
                    id.number == head + 1
                },
                || format!("{id:?} stands beside a chain that ends with number {head}"),
            )?;
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

    /// 9: nobody acts for a role that he does not hold, and no role changes hands but by its nominee's own signature.
    fn roles(&mut self, step: &Step) -> Check {
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
