//! Token-2022 as holders use it, without our program on the path: what may happen to tokens behind our back.

use super::{Facts, Model, Purse, Reason, TRANSFER, Verdict};
use crate::{
    cast::{PurseId, Who},
    op::Op,
};

impl Model {
    /// `None`: `op` is none of Token-2022.
    pub(super) fn apply_to_tokens(&mut self, op: &Op) -> Option<Verdict> {
        Some(match op {
            Op::OpenPurse(id) => self.open_purse(*id),
            Op::Transfer {
                signer,
                from,
                to,
                amount,
            } => self.transfer(*signer, *from, *to, *amount),
            Op::BurnDirectly {
                signer,
                purse,
                amount,
            } => {
                let mut facts = Facts::default();
                facts.must(!self.is_paused(TRANSFER), Reason::Elsewhere);
                self.spends(&mut facts, *purse, Some(*signer), *amount);
                match facts.verdict() {
                    Ok(()) => {
                        self.use_allowance(*purse, Some(*signer), *amount);
                        self.purse_mut(*purse).amount -= amount;
                        self.supply -= amount;
                        Ok(())
                    }
                    refused => refused,
                }
            }
            Op::Approve {
                signer,
                purse,
                delegate,
                amount,
            } => self.change_own(*purse, *signer, |facts, purse| {
                facts.must(!purse.frozen, Reason::Elsewhere);
                purse.delegate = Some(*delegate);
                purse.delegated = *amount;
            }),
            Op::ClosePurse { signer, purse } => {
                let verdict = self.change_own(*purse, *signer, |facts, purse| {
                    facts.must(purse.amount == 0, Reason::Elsewhere);
                });
                if verdict.is_ok() {
                    self.purses.remove(purse);
                }
                verdict
            }
            Op::CpiGuard { signer, purse, on } => self.change_own(*purse, *signer, |facts, purse| {
                facts.must(*on || purse.cpi_guard.is_some(), Reason::Elsewhere);
                purse.cpi_guard = Some(*on);
            }),
            Op::MemoTransfer { signer, purse, on } => self.change_own(*purse, *signer, |facts, purse| {
                facts.must(*on || purse.memo_required.is_some(), Reason::Elsewhere);
                purse.memo_required = Some(*on);
            }),
            Op::GiveAway { signer, purse, to } => self.change_as(*purse, *signer, |facts, purse| {
                facts.must(!purse.frozen, Reason::Elsewhere);
                facts.must(!purse.is_bound, Reason::Elsewhere);
                facts.must(purse.cpi_guard != Some(true), Reason::Elsewhere);
                purse.owner = *to;
                purse.delegate = None;
                purse.delegated = 0;
            }),
            // All powers over the mint lie with addresses that only our program can sign for.
            Op::Forge { .. } => {
                let mut facts = Facts::default();
                facts.must(false, Reason::Elsewhere);
                facts.verdict()
            }
            _ => return None,
        })
    }

    fn open_purse(&mut self, id: PurseId) -> Verdict {
        let PurseId::Of(who, slot) = id else {
            unreachable!("an escrow is opened by registering its bank");
        };
        let is_associated = slot == 0;
        let mut facts = Facts::default();
        let exists = self.purses.contains_key(&id);
        facts.must(!exists || is_associated, Reason::Elsewhere);
        facts.verdict()?;
        let frozen = self.config.born_frozen;
        self.purses.entry(id).or_insert(Purse {
            owner: Some(who),
            amount: 0,
            frozen,
            delegate: None,
            delegated: 0,
            cpi_guard: None,
            memo_required: None,
            is_bound: is_associated,
        });
        Ok(())
    }

    fn transfer(&mut self, signer: Option<Who>, from: PurseId, to: PurseId, amount: u64) -> Verdict {
        let mut facts = Facts::default();
        facts.must(!self.is_paused(TRANSFER), Reason::Elsewhere);
        self.spends(&mut facts, from, signer, amount);
        if let Some(purse) = facts.found(self.purses.get(&to)) {
            facts.must(!purse.frozen, Reason::Elsewhere);
            facts.must(purse.memo_required != Some(true), Reason::Elsewhere);
        }
        facts.verdict()?;
        if from != to {
            self.use_allowance(from, signer, amount);
            self.move_tokens(from, to, amount);
        }
        Ok(())
    }

    /// The signer may take `amount` out: as the delegate up to what he was allowed, or as the owner.
    fn spends(&self, facts: &mut Facts, id: PurseId, signer: Option<Who>, amount: u64) {
        let Some(purse) = facts.found(self.purses.get(&id)) else {
            return;
        };
        facts.must(!purse.frozen, Reason::Elsewhere);
        facts.must(purse.amount >= amount, Reason::Elsewhere);
        let allowed = if is_delegate(purse, signer) {
            amount <= purse.delegated
        } else {
            purse.owner == signer
        };
        facts.must(allowed, Reason::Elsewhere);
    }

    pub(super) fn use_allowance(&mut self, id: PurseId, signer: Option<Who>, amount: u64) {
        let purse = self.purse_mut(id);
        if is_delegate(purse, signer) {
            purse.delegated -= amount;
            if purse.delegated == 0 {
                purse.delegate = None;
            }
        }
    }

    /// A change that only the owner of the account can make; `change` adds its facts and describes the account after.
    fn change_own(
        &mut self,
        id: PurseId,
        signer: Who,
        change: impl FnOnce(&mut Facts, &mut Purse),
    ) -> Verdict {
        self.change_as(id, Some(signer), change)
    }

    /// The same; no signer: the account's own key, of an account that owns itself.
    fn change_as(
        &mut self,
        id: PurseId,
        signer: Option<Who>,
        change: impl FnOnce(&mut Facts, &mut Purse),
    ) -> Verdict {
        let mut facts = Facts::default();
        let Some(mut after) = facts.found(self.purses.get(&id)).cloned() else {
            return facts.verdict();
        };
        facts.must(after.owner == signer, Reason::Elsewhere);
        change(&mut facts, &mut after);
        facts.verdict()?;
        self.purses.insert(id, after);
        Ok(())
    }
}

fn is_delegate(purse: &Purse, signer: Option<Who>) -> bool {
    purse.delegate.is_some() && purse.delegate == signer
}
