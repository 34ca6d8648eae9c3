//! Invariants 4 and 5: statements and their entries.

use std::collections::BTreeMap;

use kzte_client::{
    Address,
    state::{Issuer, STATEMENT_EFFECTIVE},
};
use kzte_ledger::EntryKind;

use super::{Check, Invariants, Step, must};
use crate::{
    cast::{BankId, StatementId},
    op::Op,
    stage::{Place, Snapshot},
};

impl Invariants {
    /// 4: an entry is consumed at most once, ever, and a mint's amount and recipient equal the entry's.
    pub(super) fn entries(&mut self, step: &Step) -> Check {
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
    pub(super) fn recipients(&mut self, step: &Step, credited: &BTreeMap<Address, u128>) -> Check {
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
    pub(super) fn settlement(&mut self, step: &Step, settled: &BTreeMap<BankId, u128>) -> Check {
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
    pub(super) fn chain_of_statements(&mut self, step: &Step) -> Check {
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
            must(9, carried, || {
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
    pub(super) fn effective_statements_stay(&mut self, step: &Step) -> Check {
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
}
