//! Choices that operations are made of.

use super::Actions;
use crate::{
    cast::{BankId, PurseId, RedemptionId, STRANGER, SUCCESSORS, StatementId, Who},
    model::{Bank, Model, Statement, Status},
    op::{Claim, Entry, Figures, Party, Proof},
};

/// Slots for token accounts that a wallet has.
const SLOTS: u8 = 4;

/// Who holds a role.
pub(super) fn holder(model: &Model, role: u8) -> Who {
    model.config.roles[usize::from(role)]
}

/// What must be given beside an account that owns itself: all banks.
pub(super) fn beside(model: &Model, purse: PurseId) -> Vec<BankId> {
    match model.purses.get(&purse) {
        Some(state) if state.owner.is_none() => model.banks.keys().copied().collect(),
        _ => Vec::new(),
    }
}

impl Actions {
    pub(super) fn bank<'a>(&mut self, model: &'a Model) -> Option<(BankId, &'a Bank)> {
        let ids: Vec<BankId> = model.banks.keys().copied().collect();
        // Closed banks have little to say.
        for _ in 0..3 {
            let id = self.rng.pick(&ids)?;
            if model.banks[&id].status != Status::Closed {
                return Some((id, &model.banks[&id]));
            }
        }
        let id = self.rng.pick(&ids)?;
        Some((id, &model.banks[&id]))
    }

    pub(super) fn statement<'a>(
        &mut self,
        model: &'a Model,
        fits: impl Fn(&Statement) -> bool,
    ) -> Option<(StatementId, &'a Statement)> {
        let ids: Vec<StatementId> = model
            .statements
            .iter()
            .filter(|(_, statement)| fits(statement))
            .map(|(id, _)| *id)
            .collect();
        let id = self.rng.pick(&ids)?;
        Some((id, &model.statements[&id]))
    }

    /// An unused deposit, mostly one that its bank may mint today, or nearly.
    pub(super) fn mintable(
        &mut self,
        model: &Model,
        bank: Option<BankId>,
    ) -> Option<(StatementId, u32, Entry)> {
        let picky = bank.is_none() && self.rng.chance(95);
        let mut found = Vec::new();
        for (id, statement) in &model.statements {
            if bank.is_some_and(|bank| bank != id.bank) || !statement.is_effective {
                continue;
            }
            let room = room_to_mint(model, &model.banks[&id.bank]);
            for (index, entry) in (0u32..).zip(&statement.entries) {
                let named = matches!(entry.party, Party::Wallet(_));
                let blocked = matches!(entry.party, Party::Wallet(who) if model.blocked.contains(&who));
                let fits = !picky || (room > 0 && (1..=room + 1).contains(&entry.amount) && !blocked);
                if named && entry.is_credit && fits && !statement.consumed[index as usize] {
                    found.push((*id, index, *entry));
                }
            }
        }
        self.rng.pick(&found)
    }

    /// An unused deposit of a bank that its reserve covers, whatever quota and window say.
    pub(super) fn backed(&mut self, model: &Model, bank: BankId) -> Option<(StatementId, u32, Entry)> {
        let state = model.banks.get(&bank)?;
        let room = state.head.closing.checked_sub(state.outstanding())?;
        let mut found = Vec::new();
        for (id, statement) in model.statements.iter().filter(|(id, _)| id.bank == bank) {
            for (index, entry) in (0u32..).zip(&statement.entries) {
                let named = entry.is_credit && matches!(entry.party, Party::Wallet(_));
                let usable = statement.is_effective && !statement.consumed[index as usize];
                if named && usable && (1..=room).contains(&entry.amount) {
                    found.push((*id, index, *entry));
                }
            }
        }
        self.rng.pick(&found)
    }

    /// Whether to let an operation be that a pause would stop.
    pub(super) fn despite(&mut self, model: &Model, flags: u8) -> bool {
        !model.is_paused(flags) || self.rng.chance(12)
    }

    pub(super) fn redemption(&mut self, model: &Model, due: impl Fn(i64) -> bool) -> Option<RedemptionId> {
        let ids: Vec<RedemptionId> = model
            .redemptions
            .iter()
            .filter(|(_, redemption)| due(redemption.due_at))
            .map(|(id, _)| *id)
            .collect();
        self.rng.pick(&ids)
    }

    pub(super) fn purse_with(
        &mut self,
        model: &Model,
        fits: impl Fn(&crate::model::Purse) -> bool,
    ) -> Option<PurseId> {
        let ids: Vec<PurseId> = model
            .purses
            .iter()
            .filter(|(_, purse)| fits(purse))
            .map(|(id, _)| *id)
            .collect();
        self.rng.pick(&ids)
    }

    /// A holder's token account that owns itself.
    pub(super) fn self_owned(&mut self, model: &Model) -> Option<PurseId> {
        let ids: Vec<PurseId> = model
            .purses
            .iter()
            .filter(|(id, purse)| purse.owner.is_none() && matches!(id, PurseId::Of(..)))
            .map(|(id, _)| *id)
            .collect();
        self.rng.pick(&ids)
    }

    /// A token account of a wallet, mostly one that is not frozen.
    pub(super) fn open_purse_of(&mut self, model: &Model, owner: Who) -> Option<PurseId> {
        let open = self.purse_with(model, |purse| purse.owner == Some(owner) && !purse.frozen);
        match open {
            Some(purse) if self.rng.chance(90) => Some(purse),
            _ => self.purse_of(model, owner),
        }
    }

    /// A token account of a wallet.
    pub(super) fn purse_of(&mut self, model: &Model, owner: Who) -> Option<PurseId> {
        self.purse_with(model, |purse| purse.owner == Some(owner))
    }

    pub(super) fn without_role(&mut self, model: &Model) -> Option<Who> {
        let everybody = SUCCESSORS
            .into_iter()
            .chain(crate::cast::FIRST_ROLES)
            .chain([STRANGER]);
        let free: Vec<Who> = everybody.filter(|who| !model.holds_role(*who)).collect();
        self.rng.pick(&free)
    }

    pub(super) fn slot(&mut self) -> u8 {
        u8::try_from(self.rng.below(u64::from(SLOTS))).expect("a few slots")
    }

    pub(super) fn role(&mut self) -> u8 {
        u8::try_from(self.rng.below(6)).expect("six roles")
    }

    pub(super) fn flags(&mut self) -> u8 {
        u8::try_from(self.rng.between(1, 7)).expect("three flags")
    }

    pub(super) fn amount(&mut self) -> u64 {
        match self.rng.below(20) {
            0 => self.rng.below(3),
            1 => self.rng.between(1, 1 << 32),
            2..=5 => self.rng.between(1, 50),
            _ => self.rng.between(100, 20_000),
        }
    }

    pub(super) fn entry(&mut self, is_credit: bool, amount: u64, party: Party) -> Entry {
        Entry {
            is_credit,
            amount,
            party,
            reference: self.unique(),
        }
    }
}

/// How much a bank may mint today; nothing when it may not.
fn room_to_mint(model: &Model, bank: &Bank) -> u64 {
    let open = bank.status == Status::Active
        && bank.overdue_count == 0
        && bank.is_fresh(model.now, model.config.max_statement_age);
    let limits = &bank.limits;
    let over = model.now - bank.window_start >= limits.window_seconds;
    let used = if over { 0 } else { bank.window_used };
    let backed = bank
        .head
        .closing
        .min(limits.quota)
        .saturating_sub(bank.outstanding());
    if open {
        backed.min(limits.window_limit.saturating_sub(used))
    } else {
        0
    }
}

/// The honest figures over `entries`.
pub(super) fn figures(number: u64, opening: u64, entries: &[Entry]) -> Figures {
    let sum = |is_credit: bool| -> u64 {
        entries
            .iter()
            .filter(|entry| entry.is_credit == is_credit)
            .map(|entry| entry.amount)
            .sum()
    };
    let count = |entries: usize| u32::try_from(entries).expect("a few entries");
    let named = entries
        .iter()
        .filter(|entry| entry.party != Party::Nobody)
        .count();
    Figures {
        number,
        opening,
        credit_total: sum(true),
        debit_total: sum(false),
        closing: opening + sum(true) - sum(false),
        as_of: 0,
        entry_count: count(entries.len()),
        actionable_count: count(named),
    }
}

/// The truth about an entry.
pub(super) fn claim(index: u32, entry: &Entry) -> Claim {
    Claim {
        index,
        amount: entry.amount,
        reference: entry.reference,
        proof: Proof::Right,
    }
}
