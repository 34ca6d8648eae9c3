//! The compliance desk, the court, and holders who use Token-2022 as they please.

use super::{
    Actions,
    choices::{beside, holder},
};
use crate::{
    cast::{BankId, HOLDERS, PurseId, TREASURY, Who},
    model::{COMPLIANCE, COURT_OFFICER, ENFORCER, Model, TRANSFER},
    op::{Forgery, Op},
};

impl Actions {
    // ── compliance ──────────────────────────────────────────────────────────────────────────

    pub(super) fn freeze(&mut self, model: &Model) -> Option<Op> {
        let own_key = self.rng.chance(25);
        let purse = if own_key {
            self.self_owned(model)?
        } else {
            self.purse_with(model, |purse| purse.owner.is_some() && !purse.frozen)?
        };
        Some(Op::Freeze {
            signer: holder(model, COMPLIANCE),
            purse,
            banks: beside(model, purse),
        })
    }

    pub(super) fn thaw(&mut self, model: &Model) -> Option<Op> {
        let purse = self.purse_with(model, |purse| purse.frozen)?;
        Some(Op::Thaw {
            signer: holder(model, COMPLIANCE),
            purse,
        })
    }

    pub(super) fn block_wallet(&mut self, model: &Model) -> Option<Op> {
        let wallet = self.rng.one(&HOLDERS);
        let few = model.blocked.len() < 2;
        few.then(|| Op::BlockWallet {
            signer: holder(model, COMPLIANCE),
            wallet,
        })
    }

    pub(super) fn unblock_wallet(&mut self, model: &Model) -> Option<Op> {
        let blocked: Vec<Who> = model.blocked.iter().copied().collect();
        let wallet = self.rng.pick(&blocked)?;
        Some(Op::UnblockWallet {
            signer: holder(model, COMPLIANCE),
            wallet,
        })
    }

    pub(super) fn admit_holder(&mut self, model: &Model) -> Option<Op> {
        if !model.config.born_frozen && !self.rng.chance(5) {
            return None;
        }
        let some = self.rng.chance(15);
        let purse = self.purse_with(model, |purse| {
            let welcome = purse.owner.is_some_and(|owner| !model.blocked.contains(&owner));
            purse.owner.is_some() && purse.frozen && (some || (purse.amount == 0 && welcome))
        });
        if purse.is_none() && !self.rng.chance(10) {
            return None;
        }
        let purse = purse.or_else(|| self.purse_with(model, |purse| purse.owner.is_some()))?;
        let (id, bank) = self.bank(model)?;
        Some(Op::AdmitHolder {
            signer: bank.operator,
            bank: id,
            purse,
            block_of: model.purses[&purse].owner?,
        })
    }

    pub(super) fn open_order(&mut self, model: &Model) -> Option<Op> {
        let own_key = self.rng.chance(15);
        let subject = if own_key {
            self.self_owned(model)?
        } else {
            // Courts often name what the desk has frozen.
            let frozen = self.rng.chance(35);
            self.purse_with(model, |purse| {
                purse.owner.is_some() && purse.amount > 0 && (!frozen || purse.frozen)
            })?
        };
        let destination = if self.rng.chance(70) {
            PurseId::Of(TREASURY, 0)
        } else {
            self.purse_with(model, |purse| purse.owner.is_some())?
        };
        let held = model.purses[&subject].amount;
        let day = self.day;
        let length = self.rng.one(&[1, 2, 600, 3_600, day, day, 3 * day, 3 * day]);
        (subject != destination).then(|| Op::OpenOrder {
            signer: holder(model, COURT_OFFICER),
            case: u32::try_from(self.unique()).expect("a few cases"),
            subject,
            destination,
            cap: if self.rng.chance(30) {
                held.saturating_mul(2)
            } else {
                self.part_of(held)
            },
            expires_at: model.now + length,
            banks: beside(model, subject),
        })
    }

    pub(super) fn execute_order(&mut self, model: &Model) -> Option<Op> {
        // What has tokens to move; now and then under an order that is over in one respect alone.
        let over = self.rng.chance(15);
        let fitting: Vec<u32> = model
            .orders
            .iter()
            .filter(|(_, order)| {
                let held = model.purses.get(&order.subject).map_or(0, |purse| purse.amount);
                let moves = held > 0 && model.purses.contains_key(&order.destination);
                let ends = [
                    order.is_closed,
                    model.now >= order.expires_at,
                    order.executed == order.cap,
                ];
                let reasons = ends.into_iter().filter(|end| *end).count();
                moves && reasons == usize::from(over)
            })
            .map(|(case, _)| *case)
            .collect();
        let case = self.rng.pick(&fitting)?;
        Some(self.execution(model, case))
    }

    /// Often exactly what is left under the cap, or one beside it.
    fn execution(&mut self, model: &Model, case: u32) -> Op {
        let order = &model.orders[&case];
        let left = order.cap - order.executed;
        let held = model.purses.get(&order.subject).map_or(0, |purse| purse.amount);
        let amount = match self.rng.below(5) {
            0 => self.at(left),
            1 => self.at(held),
            _ => self.part_of(left.min(held)),
        };
        Op::ExecuteOrder {
            signer: holder(model, ENFORCER),
            case,
            subject: order.subject,
            destination: order.destination,
            amount,
        }
    }

    pub(super) fn close_order(&mut self, model: &Model) -> Option<Op> {
        let any = self.rng.chance(20);
        let open: Vec<u32> = model
            .orders
            .iter()
            .filter(|(_, order)| any || !order.is_closed)
            .map(|(case, _)| *case)
            .collect();
        let case = self.rng.pick(&open)?;
        if self.rng.chance(40) {
            let late = self.execution(model, case);
            self.queue.push_back(late);
        }
        Some(Op::CloseOrder {
            signer: holder(model, COURT_OFFICER),
            case,
        })
    }

    // ── oversight ───────────────────────────────────────────────────────────────────────────

    pub(super) fn check_invariants(&mut self, model: &Model) -> Option<Op> {
        let mut banks: Vec<BankId> = model.banks.keys().copied().collect();
        if self.rng.chance(20) {
            let left_out = self.rng.below(banks.len() as u64);
            banks.remove(left_out as usize);
        }
        Some(Op::CheckInvariants {
            signer: self.anyone(),
            banks,
        })
    }

    // ── Token-2022 ──────────────────────────────────────────────────────────────────────────

    pub(super) fn open_purse(&mut self, model: &Model) -> Option<Op> {
        let mut people: Vec<Who> = HOLDERS.to_vec();
        people.push(TREASURY);
        people.extend(model.banks.values().map(|bank| bank.operator));
        let who = self.rng.one(&people);
        let id = PurseId::Of(who, self.slot());
        (!model.purses.contains_key(&id) || self.rng.chance(5)).then_some(Op::OpenPurse(id))
    }

    pub(super) fn transfer(&mut self, model: &Model) -> Option<Op> {
        if !self.despite(model, TRANSFER) {
            return None;
        }
        let own_key = if self.rng.chance(10) {
            self.self_owned(model)
        } else {
            None
        };
        let from = match own_key {
            Some(purse) => purse,
            None => self.purse_with(model, |purse| purse.owner.is_some() && purse.amount > 0)?,
        };
        let to = if self.rng.chance(6) {
            // A present for a bank's escrow: nobody asked for it, nobody may be disturbed by it.
            PurseId::Escrow(self.bank(model)?.0)
        } else if self.rng.chance(8) {
            self.self_owned(model)?
        } else {
            self.purse_with(model, |purse| purse.owner.is_some())?
        };
        let purse = &model.purses[&from];
        let (signer, most) = match purse.delegate {
            Some(delegate) if self.rng.chance(60) => (Some(delegate), purse.delegated.min(purse.amount)),
            _ => (purse.owner, purse.amount),
        };
        let amount = self.part_of(most);
        Some(Op::Transfer {
            signer,
            from,
            to,
            amount,
        })
    }

    pub(super) fn burn_directly(&mut self, model: &Model) -> Option<Op> {
        let id = self.purse_with(model, |purse| purse.owner.is_some() && purse.amount > 0)?;
        let purse = &model.purses[&id];
        let (signer, most) = match purse.delegate {
            Some(delegate) if self.rng.chance(60) => (delegate, purse.delegated.min(purse.amount)),
            _ => (purse.owner?, purse.amount),
        };
        // Mostly little: tokens that are gone keep their bank from ever closing.
        let amount = if self.rng.chance(85) {
            self.rng.between(1, 20).min(most)
        } else {
            self.part_of(most)
        };
        Some(Op::BurnDirectly {
            signer,
            purse: id,
            amount,
        })
    }

    pub(super) fn approve(&mut self, model: &Model) -> Option<Op> {
        let purse = self.purse_with(model, |purse| purse.owner.is_some())?;
        let amount = model.purses[&purse].amount;
        Some(Op::Approve {
            signer: model.purses[&purse].owner?,
            purse,
            delegate: if self.rng.chance(10) {
                model.purses[&purse].owner?
            } else {
                self.rng.one(&HOLDERS)
            },
            amount: self.part_of(amount),
        })
    }

    pub(super) fn close_purse(&mut self, model: &Model) -> Option<Op> {
        let empty = self.rng.chance(85);
        let purse = self.purse_with(model, |purse| {
            purse.owner.is_some() && (!empty || purse.amount == 0)
        })?;
        Some(Op::ClosePurse {
            signer: model.purses[&purse].owner?,
            purse,
        })
    }

    pub(super) fn cpi_guard(&mut self, model: &Model) -> Option<Op> {
        let purse = self.purse_with(model, |purse| purse.owner.is_some())?;
        let state = &model.purses[&purse];
        Some(Op::CpiGuard {
            signer: state.owner?,
            purse,
            on: state.cpi_guard != Some(true),
        })
    }

    pub(super) fn memo_transfer(&mut self, model: &Model) -> Option<Op> {
        let required = self.rng.chance(60);
        let purse = self.purse_with(model, |purse| {
            purse.owner.is_some() && (!required || purse.memo_required == Some(true))
        })?;
        let state = &model.purses[&purse];
        Some(Op::MemoTransfer {
            signer: state.owner?,
            purse,
            on: state.memo_required != Some(true),
        })
    }

    /// Also to the account's own key, which makes it look like an escrow, and back from there.
    pub(super) fn give_away(&mut self, model: &Model) -> Option<Op> {
        let any = self.rng.chance(10);
        let back = self.rng.chance(25);
        let purse = if back {
            self.self_owned(model)?
        } else {
            self.purse_with(model, |purse| purse.owner.is_some() && (any || !purse.is_bound))?
        };
        let to = if self.rng.chance(35) {
            None
        } else {
            Some(self.rng.one(&HOLDERS))
        };
        Some(Op::GiveAway {
            signer: model.purses[&purse].owner,
            purse,
            to,
        })
    }

    pub(super) fn forge(&mut self, model: &Model) -> Option<Op> {
        let purse = self.purse_with(model, |_| true)?;
        let forgery = match self.rng.below(9) {
            0 => Forgery::MintTo(purse),
            1 => Forgery::Freeze(purse),
            2 => Forgery::Thaw(purse),
            3 => Forgery::Pause,
            4 => Forgery::Resume,
            5 => Forgery::TakeMintAuthority,
            6 => Forgery::DefaultState,
            // Somebody else's money, the escrow's first.
            7 => {
                let from = PurseId::Escrow(self.bank(model)?.0);
                let to = self.purse_with(model, |purse| purse.owner.is_some())?;
                let amount = self.part_of(model.purses[&from].amount);
                return Some(Op::Transfer {
                    signer: Some(self.anyone()),
                    from,
                    to,
                    amount,
                });
            }
            _ => {
                let purse = PurseId::Escrow(self.bank(model)?.0);
                return Some(Op::ClosePurse {
                    signer: self.anyone(),
                    purse,
                });
            }
        };
        Some(Op::Forge {
            signer: self.anyone(),
            forgery,
        })
    }
}
