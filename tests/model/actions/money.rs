//! Statements, minting, redemption, and liability between banks.

use super::{
    Actions,
    choices::{claim, figures},
};
use crate::{
    cast::{BankId, HOLDERS, PurseId, RedemptionId, StatementId, Who},
    model::{Bank, MINT, Model, REDEMPTION_REQUEST, Statement, Status, TRANSFER},
    op::{Digest, Entry, Figures, Op, Party, Proof, RunItem},
};

/// Nonces that holders use: few, so that addresses are used again.
const NONCES: u64 = 3;

impl Actions {
    // ── reserves ────────────────────────────────────────────────────────────────────────────

    pub(super) fn post_statement(&mut self, model: &Model) -> Option<Op> {
        let (id, bank) = self.bank(model)?;
        let number = bank.head.number + 1;
        let waits = model.statements.contains_key(&StatementId { bank: id, number });
        if (waits || bank.status == Status::Closed) && !self.rng.chance(4) {
            return None;
        }
        if bank.head.as_of >= model.now {
            return Some(Op::Wait(1 + bank.head.as_of - model.now));
        }
        let mut entries = self.lines(model, id);
        self.aim(bank, &mut entries);
        let mut figures = figures(bank.head.number + 1, bank.head.closing, &entries);
        let last = bank.head.as_of.max(model.now - 2 * self.day);
        let age = u64::try_from(model.now - last - 1).unwrap_or(0);
        let age = match self.rng.below(6) {
            0 => age,
            1 => self.rng.between(0, age),
            2 => 1.min(age),
            _ => 0,
        };
        figures.as_of = model.now - i64::try_from(age).ok()?;
        if self.rng.chance(6) {
            self.lie(&mut figures);
        }
        Some(Op::PostStatement {
            signer: bank.operator,
            bank: id,
            figures,
            entries,
            source: self.unique(),
        })
    }

    /// What happened on the reserve account: deposits, payouts of redemptions, and what concerns nobody.
    fn lines(&mut self, model: &Model, bank: BankId) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut parties: Vec<Who> = HOLDERS.to_vec();
        parties.extend(model.banks.values().map(|bank| bank.operator));
        let deposits = self.rng.one(&[0, 1, 2, 3, 5]);
        let mut party = self.rng.one(&parties);
        for _ in 0..deposits {
            // Neighbours of one wallet fit into one run of many.
            if self.rng.chance(60) {
                party = self.rng.one(&parties);
            }
            let amount = self.amount();
            entries.push(self.entry(true, amount, Party::Wallet(party)));
        }
        for (id, redemption) in &model.redemptions {
            let own = id.bank == bank;
            if !self.rng.chance(if own { 60 } else { 2 }) {
                continue;
            }
            // Now and then the bank pays another amount than it was asked for.
            let amount = if self.rng.chance(6) {
                self.at(redemption.amount)
            } else {
                redemption.amount
            };
            entries.push(self.entry(false, amount, Party::Redemption(*id)));
        }
        if self.rng.chance(40) {
            let amount = self.rng.between(0, 200_000);
            entries.push(self.entry(true, amount, Party::Nobody));
        }
        if self.rng.chance(20) {
            let amount = self.rng.between(0, 3_000);
            entries.push(self.entry(false, amount, Party::Nobody));
        }
        if self.rng.chance(3) {
            // Debit and credit mixed up: such entries are good for nothing.
            let who = self.rng.one(&parties);
            entries.push(self.entry(false, 5, Party::Wallet(who)));
        }
        if entries.len() > 1 && self.rng.chance(50) {
            let (one, two) = (
                self.rng.below(entries.len() as u64),
                self.rng.below(entries.len() as u64),
            );
            entries.swap(one as usize, two as usize);
        }
        entries
    }

    /// Makes the closing balance possible, and sometimes exactly what the next deposit needs, or one beside it.
    fn aim(&mut self, bank: &Bank, entries: &mut Vec<Entry>) {
        let sum = |entries: &[Entry], is_credit: bool| -> u64 {
            entries
                .iter()
                .filter(|entry| entry.is_credit == is_credit)
                .map(|entry| entry.amount)
                .sum()
        };
        let (credits, debits) = (sum(entries, true), sum(entries, false));
        let before = bank.head.closing + credits;
        if before < debits {
            let missing = debits - before + self.rng.below(2);
            let entry = self.entry(true, missing, Party::Nobody);
            entries.push(entry);
            return;
        }
        if !self.rng.chance(25) {
            return;
        }
        let closing = before - debits;
        let first = entries
            .iter()
            .find(|entry| entry.is_credit)
            .map_or(0, |entry| entry.amount);
        let target = bank.outstanding() + first;
        let target = self.at(target);
        let entry = if target >= closing {
            self.entry(true, target - closing, Party::Nobody)
        } else {
            self.entry(false, closing - target, Party::Nobody)
        };
        entries.push(entry);
    }

    /// Figures that the entries do not add up to, but that pass: it is for the attestors to refuse them, and here they do
    /// not.
    fn lie(&mut self, figures: &mut Figures) {
        let by = self.rng.between(1, 2_000);
        match self.rng.below(3) {
            0 => {
                let by = by.min(figures.credit_total).min(figures.closing);
                figures.credit_total -= by;
                figures.closing -= by;
            }
            1 => {
                let by = by.min(figures.debit_total);
                figures.debit_total -= by;
                figures.closing += by;
            }
            _ => figures.actionable_count = figures.entry_count,
        }
        if figures.entry_count == 0 {
            figures.credit_total = 0;
            figures.debit_total = 0;
            figures.closing = figures.opening;
        }
    }

    pub(super) fn withdraw_statement(&mut self, model: &Model) -> Option<Op> {
        let (id, statement) = self.statement(model, |statement| !statement.is_effective)?;
        Some(Op::WithdrawStatement {
            signer: model.banks[&id.bank].operator,
            bank: id.bank,
            statement: id,
            payer: statement.payer,
        })
    }

    pub(super) fn attest_statement(&mut self, model: &Model) -> Option<Op> {
        let (id, statement) = self.statement(model, |statement| !statement.is_effective)?;
        if model.banks[&id.bank].status == Status::Closed && !self.rng.chance(5) {
            return None;
        }
        let today = statement.set_version == model.config.set_version;
        let missing: Vec<Who> = (0u8..)
            .zip(&model.config.attestors)
            .filter(|(seat, _)| !today || statement.votes & (1 << seat) == 0)
            .map(|(_, who)| *who)
            .collect();
        Some(Op::AttestStatement {
            signer: self.rng.pick(&missing)?,
            bank: id.bank,
            statement: id,
            digest: Digest::Right,
        })
    }

    pub(super) fn close_statement(&mut self, model: &Model) -> Option<Op> {
        let exhausted = |statement: &Statement| {
            statement.is_effective && statement.consumed_count() == statement.figures.actionable_count
        };
        let found = self.statement(model, exhausted);
        let (id, statement) = match found {
            Some(found) => found,
            None if self.rng.chance(20) => self.statement(model, |_| true)?,
            None => return None,
        };
        Some(Op::CloseStatement {
            signer: self.anyone(),
            bank: id.bank,
            statement: id,
            payer: statement.payer,
        })
    }

    // ── issuance ────────────────────────────────────────────────────────────────────────────

    pub(super) fn mint(&mut self, model: &Model) -> Option<Op> {
        if !self.despite(model, MINT | TRANSFER) {
            return None;
        }
        let (id, index, entry) = self.mintable(model, None)?;
        if let Party::Wallet(wallet) = entry.party
            && self.purse_of(model, wallet).is_none()
        {
            return Some(Op::OpenPurse(PurseId::Of(wallet, 0)));
        }
        self.mint_of(model, id, index)
    }

    pub(super) fn mint_many(&mut self, model: &Model) -> Option<Op> {
        if !self.despite(model, MINT | TRANSFER) {
            return None;
        }
        let (id, start, _) = self.mintable(model, None)?;
        let unused = model.statements[&id].consumed[start as usize..]
            .iter()
            .take_while(|consumed| !**consumed)
            .count() as u64;
        let longest = self.rng.between(1, 6).min(unused);
        self.run_of(model, id, start, longest)
    }

    /// The truth about an entry, whether it is used or not, for an account of its party.
    pub(super) fn mint_of(&mut self, model: &Model, id: StatementId, index: u32) -> Option<Op> {
        let entry = *model.statements.get(&id)?.entries.get(index as usize)?;
        let Party::Wallet(wallet) = entry.party else {
            return None;
        };
        Some(Op::Mint {
            signer: model.banks[&id.bank].operator,
            bank: id.bank,
            statement: id,
            recipient: self.open_purse_of(model, wallet)?,
            block_of: wallet,
            party: entry.party,
            claim: claim(index, &entry),
        })
    }

    /// The truth about neighbouring deposits, whether they are used or not.
    fn run_of(&mut self, model: &Model, id: StatementId, start: u32, longest: u64) -> Option<Op> {
        let mut run = Vec::new();
        for entry in model.statements[&id].entries.iter().skip(start as usize) {
            let Party::Wallet(wallet) = entry.party else {
                break;
            };
            if !entry.is_credit || run.len() as u64 == longest {
                break;
            }
            let Some(recipient) = self.open_purse_of(model, wallet) else {
                break;
            };
            run.push(RunItem {
                recipient,
                block_of: wallet,
                amount: entry.amount,
                reference: entry.reference,
            });
        }
        (!run.is_empty()).then(|| Op::MintMany {
            signer: model.banks[&id.bank].operator,
            bank: id.bank,
            statement: id,
            start,
            run,
            proof: Proof::Right,
        })
    }

    /// An entry that has been used, told as it is: alone, in a run over it, or for a redemption that was opened again. Or
    /// one of a statement that its attestors have not carried.
    pub(super) fn replay(&mut self, model: &Model) -> Option<Op> {
        if self.rng.chance(15) {
            let (id, statement) = self.statement(model, |statement| !statement.is_effective)?;
            let index = u32::try_from(self.rng.below(statement.entries.len() as u64)).ok()?;
            return self.mint_of(model, id, index);
        }
        let (id, statement) = self.statement(model, |statement| {
            statement.is_effective && statement.consumed.contains(&true)
        })?;
        let used: Vec<u32> = (0u32..)
            .zip(&statement.consumed)
            .filter(|(_, consumed)| **consumed)
            .map(|(index, _)| index)
            .collect();
        let index = self.rng.pick(&used)?;
        let entry = statement.entries[index as usize];
        match entry.party {
            Party::Redemption(redemption) => Some(settlement(model, id, index, redemption)),
            _ if self.rng.chance(50) => self.mint_of(model, id, index),
            _ => {
                let start = index.saturating_sub(u32::try_from(self.rng.below(3)).ok()?);
                let longest = self.rng.between(1, 5);
                self.run_of(model, id, start, longest)
            }
        }
    }

    pub(super) fn burn(&mut self, model: &Model) -> Option<Op> {
        let (id, bank) = self.bank(model)?;
        let careless = self.rng.chance(15);
        let stock = self.purse_with(model, |purse| {
            let usable = !purse.frozen && purse.cpi_guard != Some(true) && purse.delegate.is_none();
            purse.owner == Some(bank.operator) && purse.amount > 0 && (usable || careless)
        })?;
        let most = model.purses[&stock].amount.min(bank.outstanding());
        Some(Op::Burn {
            signer: bank.operator,
            bank: id,
            purse: stock,
            amount: self.part_of(most),
        })
    }

    // ── redemption ──────────────────────────────────────────────────────────────────────────

    pub(super) fn request_redemption(&mut self, model: &Model) -> Option<Op> {
        if !self.despite(model, REDEMPTION_REQUEST | TRANSFER) {
            return None;
        }
        let purse = self.purse_with(model, |purse| purse.owner.is_some() && purse.amount > 0)?;
        let owner = model.purses[&purse].owner?;
        let free = !model.purses[&purse].frozen && !model.blocked.contains(&owner);
        if !free && !self.rng.chance(20) {
            return None;
        }
        let (bank, state) = self.bank(model)?;
        if state.status == Status::Closed && !self.rng.chance(30) {
            return None;
        }
        let held = model.purses[&purse].amount;
        let most = if self.rng.chance(75) {
            held.min(state.outstanding().max(1))
        } else {
            held
        };
        let mut nonce = self.rng.below(NONCES);
        let mut amount = self.part_of(most);
        let mut bank = bank;
        // The same address and amount as one that was paid: its entry must not pay twice.
        if self.rng.chance(20)
            && let Some((paid, paid_amount)) = self.paid(model, owner)
        {
            (bank, nonce, amount) = (paid.bank, paid.nonce, paid_amount);
        }
        Some(Op::RequestRedemption {
            signer: owner,
            bank,
            purse,
            nonce,
            amount,
            block_of: owner,
            escrow: bank,
        })
    }

    /// A redemption of `owner` that a debit entry has paid, and its amount.
    fn paid(&mut self, model: &Model, owner: Who) -> Option<(RedemptionId, u64)> {
        let mut found = Vec::new();
        for statement in model.statements.values() {
            for (entry, consumed) in statement.entries.iter().zip(&statement.consumed) {
                if let Party::Redemption(id) = entry.party
                    && *consumed
                    && id.owner == owner
                {
                    found.push((id, entry.amount));
                }
            }
        }
        self.rng.pick(&found)
    }

    pub(super) fn settle_redemption(&mut self, model: &Model) -> Option<Op> {
        // Mostly what passes: the redemption is open, over this amount, and the bank owes as much.
        let (mut passes, mut others) = (Vec::new(), Vec::new());
        for (id, statement) in &model.statements {
            let owes = model.banks[&id.bank].outstanding();
            for (index, entry) in (0u32..).zip(&statement.entries) {
                let Party::Redemption(redemption) = entry.party else {
                    continue;
                };
                if entry.is_credit || !statement.is_effective || statement.consumed[index as usize] {
                    continue;
                }
                let open = model.redemptions.get(&redemption);
                let fits = redemption.bank == id.bank
                    && owes >= entry.amount
                    && open.is_some_and(|open| open.amount == entry.amount);
                let list = if fits { &mut passes } else { &mut others };
                list.push((*id, index, redemption));
            }
        }
        let paid = if self.rng.chance(95) { passes } else { others };
        let (statement, index, redemption) = self.rng.pick(&paid)?;
        Some(settlement(model, statement, index, redemption))
    }

    pub(super) fn reject_redemption(&mut self, model: &Model) -> Option<Op> {
        let redemption = self.redemption(model, |_| true)?;
        let owner = redemption.owner;
        let Some(destination) = self.purse_of(model, owner) else {
            return Some(Op::OpenPurse(PurseId::Of(owner, 0)));
        };
        Some(Op::RejectRedemption {
            signer: model.banks[&redemption.bank].operator,
            bank: redemption.bank,
            redemption,
            owner,
            destination,
            block_of: owner,
        })
    }

    pub(super) fn cancel_redemption(&mut self, model: &Model) -> Option<Op> {
        let any = self.rng.chance(15);
        let age = model.config.max_statement_age;
        let redemption = self.redemption(model, |due_at| any || due_at + age <= model.now)?;
        let Some(destination) = self.purse_of(model, redemption.owner) else {
            return Some(Op::OpenPurse(PurseId::Of(redemption.owner, 0)));
        };
        Some(Op::CancelRedemption {
            signer: redemption.owner,
            bank: redemption.bank,
            redemption,
            destination,
            block_of: redemption.owner,
        })
    }

    pub(super) fn flag_overdue(&mut self, model: &Model) -> Option<Op> {
        let any = self.rng.chance(10);
        let redemption = self.redemption(model, |due_at| any || due_at < model.now)?;
        Some(Op::FlagOverdue {
            signer: self.anyone(),
            bank: redemption.bank,
            redemption,
        })
    }

    // ── between banks ───────────────────────────────────────────────────────────────────────

    /// Often exactly what the taker has room for, or what it needs for its open redemptions.
    pub(super) fn novate(&mut self, model: &Model) -> Option<Op> {
        let owing: Vec<BankId> = model
            .banks
            .iter()
            .filter(|(_, bank)| bank.outstanding() > 0)
            .map(|(id, _)| *id)
            .collect();
        let ending: Vec<BankId> = owing
            .iter()
            .copied()
            .filter(|id| model.banks[id].status == Status::WindDown)
            .collect();
        let giver = match self.rng.pick(&ending) {
            Some(giver) if self.rng.chance(50) => giver,
            _ => self.rng.pick(&owing)?,
        };
        let (taker, to) = self.bank(model)?;
        let good = to.status == Status::Active
            && to.overdue_count == 0
            && to.is_fresh(model.now, model.config.max_statement_age);
        if !good && !self.rng.chance(35) {
            return None;
        }
        let from = &model.banks[&giver];
        let room = to.head.closing.saturating_sub(to.outstanding());
        if room == 0 && !self.rng.chance(15) {
            return None;
        }
        let needed = to.pending.saturating_sub(to.outstanding());
        let amount = match self.rng.below(6) {
            0 => self.at(room),
            1 => self.at(to.limits.quota.saturating_sub(to.outstanding())),
            2 | 3 => self.at(needed.min(room)),
            4 => from.outstanding(),
            _ => self.part_of(from.outstanding().min(room)),
        };
        let amount = if self.rng.chance(80) {
            amount.min(from.outstanding())
        } else {
            amount
        };
        (giver != taker).then_some(Op::Novate {
            giver,
            giver_operator: from.operator,
            taker,
            taker_operator: to.operator,
            amount: amount.max(1),
        })
    }
}

/// The truth about a payout.
fn settlement(model: &Model, statement: StatementId, index: u32, redemption: RedemptionId) -> Op {
    let entry = &model.statements[&statement].entries[index as usize];
    Op::SettleRedemption {
        signer: model.banks[&statement.bank].operator,
        bank: statement.bank,
        statement,
        redemption,
        owner: redemption.owner,
        claim: claim(index, entry),
    }
}
