//! Operations that make sense: one function each, in the order of the weights.

use super::{Actions, DAY, WIDE, register};
use crate::{
    cast::{
        ATTESTORS, BankId, CLERKS, HOLDERS, PurseId, RedemptionId, STRANGER, SUCCESSORS, StatementId,
        TREASURY, UPGRADE_AUTHORITY, Who,
    },
    model::{
        AUTHORITY, Bank, COMPLIANCE, COURT_OFFICER, ENFORCER, ISSUER_ADMIN, ISSUER_MANAGER, ISSUER_OPERATOR,
        Model, PAUSER, Statement, Status,
    },
    op::{Claim, Digest, Entry, Figures, Forgery, Limits, Op, Party, Proof, RunItem},
};

/// Slots for token accounts that a wallet has.
const SLOTS: u8 = 4;
/// Nonces that holders use: few, so that addresses are used again.
const NONCES: u64 = 3;

pub(super) fn holder(model: &Model, role: u8) -> Who {
    model.config.roles[usize::from(role)]
}

impl Actions {
    // ── circumstances ───────────────────────────────────────────────────────────────────────

    /// Often to one of the moments at which something changes, or one second beside it.
    pub(super) fn wait(&mut self, model: &Model) -> Option<Op> {
        if self.rng.chance(45) {
            let most = self.rng.one(&[1, 10, 600, 3_600, 20_000]);
            return Some(Op::Wait(1 + i64::try_from(self.rng.below(most)).ok()?));
        }
        let mut moments = Vec::new();
        for bank in model.banks.values() {
            moments.push(bank.head.as_of + model.config.max_statement_age);
            moments.push(bank.window_start.saturating_add(bank.limits.window_seconds));
        }
        moments.extend(model.redemptions.values().map(|redemption| redemption.due_at));
        let orders = model.orders.values().filter(|order| !order.is_closed);
        moments.extend(orders.map(|order| order.expires_at));
        let beside = self.rng.one(&[-1, 0, 0, 1]);
        moments.retain(|moment| (1..=4 * DAY).contains(&(moment.saturating_add(beside) - model.now)));
        // Later ones are rarer: most of a day's work happens between them.
        moments.sort_unstable();
        moments.truncate(4);
        let moment = self.rng.pick(&moments)?;
        Some(Op::Wait(moment + beside - model.now))
    }

    pub(super) fn age_config(&mut self, model: &Model) -> Option<Op> {
        // The first build knew no accounts that are born frozen.
        (!model.config.born_frozen && !model.config.is_old).then_some(Op::AgeConfig)
    }

    // ── governance ──────────────────────────────────────────────────────────────────────────

    pub(super) fn initialize(&mut self, _: &Model) -> Option<Op> {
        Some(Op::Initialize {
            signer: UPGRADE_AUTHORITY,
        })
    }

    pub(super) fn set_attestors(&mut self, model: &Model) -> Option<Op> {
        let mut free: Vec<Who> = ATTESTORS
            .into_iter()
            .filter(|who| !model.config.roles.contains(who))
            .collect();
        // Now and then a key of a bank sits there: he may vote on all statements but those of his own bank.
        if self.rng.chance(30) {
            let operators = model.banks.values().map(|bank| bank.operator);
            free.extend(operators.filter(|who| !model.config.roles.contains(who)).take(1));
        }
        let seats = self.rng.one(&[1, 2, 3, 3, 3, 3, 4, 5]).min(free.len());
        let mut attestors = Vec::new();
        while attestors.len() < seats {
            let who = self.rng.pick(&free)?;
            if !attestors.contains(&who) {
                attestors.push(who);
            }
        }
        let seats = u8::try_from(seats).ok()?;
        let threshold = if seats >= 3 && self.rng.chance(70) {
            2
        } else {
            u8::try_from(self.rng.between(1, u64::from(seats))).ok()?
        };
        let seat = 1 << self.rng.below(u64::from(seats));
        let second = 1 << self.rng.below(u64::from(seats));
        let mandatory = if threshold >= 2 && self.rng.chance(30) {
            seat | second
        } else {
            seat
        };
        Some(Op::SetAttestors {
            signer: holder(model, AUTHORITY),
            attestors,
            threshold,
            mandatory,
        })
    }

    pub(super) fn register_issuer(&mut self, model: &Model) -> Option<Op> {
        let live = model
            .banks
            .values()
            .filter(|bank| matches!(bank.status, Status::Active | Status::Suspended));
        let manager = holder(model, ISSUER_MANAGER);
        match model.next_bank() {
            Some(bank) if live.count() < 4 => Some(register(manager, bank)),
            _ => self.rng.chance(15).then(|| register(manager, BankId(0))),
        }
    }

    /// Quota and window often exactly where the next deposit meets them.
    pub(super) fn configure_issuer(&mut self, model: &Model) -> Option<Op> {
        let (id, bank) = self.bank(model)?;
        let next = self
            .mintable(model, Some(id))
            .map_or(1_000, |(_, _, entry)| entry.amount);
        let room = bank.outstanding() + next;
        let quota = match self.rng.below(6) {
            0 => self.at(room),
            1 => self.at(bank.outstanding()),
            _ => WIDE.quota,
        };
        let window_limit = match self.rng.below(6) {
            0 => self.at(bank.window_used + next),
            1 => self.at(next),
            2 => self.rng.between(0, 100_000),
            _ => WIDE.window_limit,
        };
        let window_seconds = self.rng.one(&[1, 60, 3_600, DAY, 2 * DAY]);
        let limits = Limits {
            quota,
            window_limit,
            window_seconds,
        };
        Some(Op::ConfigureIssuer {
            signer: holder(model, ISSUER_MANAGER),
            bank: id,
            limits,
        })
    }

    pub(super) fn set_policy(&mut self, model: &Model) -> Option<Op> {
        let usual = [3_600, DAY, DAY, 3 * DAY, 3 * DAY];
        let edge = [1, 31 * DAY];
        let mut value = || {
            if self.rng.chance(10) {
                self.rng.one(&edge)
            } else {
                self.rng.one(&usual)
            }
        };
        let (max_statement_age, redemption_sla) = (value(), value());
        Some(Op::SetPolicy {
            signer: holder(model, AUTHORITY),
            max_statement_age,
            redemption_sla,
        })
    }

    pub(super) fn set_issuer_status(&mut self, model: &Model) -> Option<Op> {
        let (id, bank) = self.bank(model)?;
        let live = model
            .banks
            .values()
            .filter(|bank| matches!(bank.status, Status::Active | Status::Suspended));
        let may_end = live.count() >= 4 || model.next_bank().is_some();
        let empty = bank.outstanding() == 0 && bank.pending_count == 0;
        let status = match bank.status {
            Status::Active if may_end && self.rng.chance(12) => 2,
            Status::Active if self.rng.chance(50) => 1,
            Status::Suspended => 0,
            Status::WindDown if empty || self.rng.chance(30) => 3,
            Status::Closed if self.rng.chance(20) => u8::try_from(self.rng.below(4)).ok()?,
            _ => return None,
        };
        Some(Op::SetIssuerStatus {
            signer: holder(model, ISSUER_MANAGER),
            bank: id,
            status,
        })
    }

    pub(super) fn nominate_role(&mut self, model: &Model) -> Option<Op> {
        Some(Op::NominateRole {
            signer: holder(model, AUTHORITY),
            role: self.role(),
            nominee: Some(self.without_role(model)?),
        })
    }

    pub(super) fn accept_role(&mut self, model: &Model) -> Option<Op> {
        let waiting: Vec<(u8, Who)> = (0u8..)
            .zip(model.config.nominees)
            .filter_map(|(role, nominee)| Some((role, nominee?)))
            .collect();
        let (role, signer) = self.rng.pick(&waiting)?;
        Some(Op::AcceptRole { signer, role })
    }

    pub(super) fn cancel_nomination(&mut self, model: &Model) -> Option<Op> {
        let role = self.role();
        let waits = model.config.nominees[usize::from(role)].is_some();
        (waits || self.rng.chance(10)).then(|| Op::CancelNomination {
            signer: holder(model, AUTHORITY),
            role,
        })
    }

    pub(super) fn nominate_issuer_role(&mut self, model: &Model) -> Option<Op> {
        let (id, bank) = self.bank(model)?;
        let role = self.rng.one(&[ISSUER_ADMIN, ISSUER_OPERATOR]);
        // The authority recovers the seat of an admin whose key is lost.
        let recovers = role == ISSUER_ADMIN && self.rng.chance(40);
        let first = [id.first_admin(), id.first_operator()];
        let free: Vec<Who> = CLERKS
            .into_iter()
            .chain(first)
            .filter(|who| !model.holds_role(*who) && bank.admin != *who && bank.operator != *who)
            .collect();
        Some(Op::NominateIssuerRole {
            signer: if recovers {
                holder(model, AUTHORITY)
            } else {
                bank.admin
            },
            bank: id,
            role,
            nominee: Some(self.rng.pick(&free)?),
        })
    }

    pub(super) fn accept_issuer_role(&mut self, model: &Model) -> Option<Op> {
        let mut waiting = Vec::new();
        for (id, bank) in &model.banks {
            waiting.extend(bank.admin_nominee.map(|who| (*id, ISSUER_ADMIN, who)));
            waiting.extend(bank.operator_nominee.map(|who| (*id, ISSUER_OPERATOR, who)));
        }
        let (bank, role, signer) = self.rng.pick(&waiting)?;
        if role == ISSUER_OPERATOR {
            // A new operator needs a place for the bank's own stock.
            self.queue.push_back(Op::OpenPurse(PurseId::Of(signer, 0)));
        }
        Some(Op::AcceptIssuerRole { signer, bank, role })
    }

    pub(super) fn cancel_issuer_nomination(&mut self, model: &Model) -> Option<Op> {
        let (id, bank) = self.bank(model)?;
        let role = self.rng.one(&[ISSUER_ADMIN, ISSUER_OPERATOR]);
        Some(Op::CancelIssuerNomination {
            signer: bank.admin,
            bank: id,
            role,
        })
    }

    pub(super) fn set_default_account_state(&mut self, model: &Model) -> Option<Op> {
        // Not in an old configuration: see `age_config`.
        let frozen = !model.config.born_frozen;
        if model.config.is_old || !self.rng.chance(if frozen { 60 } else { 35 }) {
            return None;
        }
        if frozen {
            // Somebody to admit.
            let newcomer = PurseId::Of(self.rng.one(&HOLDERS), self.slot());
            if model
                .purses
                .get(&newcomer)
                .is_some_and(|purse| purse.amount == 0 && !purse.is_bound)
            {
                self.queue.push_back(Op::ClosePurse {
                    signer: model.purses[&newcomer].owner?,
                    purse: newcomer,
                });
            }
            self.queue.push_back(Op::OpenPurse(newcomer));
        }
        Some(Op::SetDefaultAccountState {
            signer: holder(model, AUTHORITY),
            frozen,
        })
    }

    pub(super) fn update_metadata(&mut self, model: &Model) -> Option<Op> {
        let length = self.rng.one(&[1, 13, 30, 199, 200]);
        let letter = self.rng.one(&["a", "b", "c"]);
        Some(Op::UpdateMetadata {
            signer: holder(model, AUTHORITY),
            field: u8::try_from(self.rng.below(2)).ok()?,
            value: letter.repeat(length),
        })
    }

    pub(super) fn migrate_config(&mut self, model: &Model) -> Option<Op> {
        Some(self.migration(model))
    }

    pub(super) fn migration(&mut self, model: &Model) -> Op {
        Op::MigrateConfig {
            signer: holder(model, AUTHORITY),
            banks: model.banks.keys().copied().collect(),
        }
    }

    pub(super) fn pause(&mut self, model: &Model) -> Option<Op> {
        Some(Op::Pause {
            signer: holder(model, PAUSER),
            flags: self.flags(),
        })
    }

    pub(super) fn resume(&mut self, model: &Model) -> Option<Op> {
        let paused = model.config.paused;
        (paused != 0 || self.rng.chance(5)).then(|| Op::Resume {
            signer: holder(model, AUTHORITY),
            flags: if self.rng.chance(60) {
                paused.max(1)
            } else {
                self.flags()
            },
        })
    }

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
        let last = bank.head.as_of.max(model.now - 2 * DAY);
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
        let (id, index, entry) = self.mintable(model, None)?;
        let Party::Wallet(wallet) = entry.party else {
            return None;
        };
        let Some(recipient) = self.purse_of(model, wallet) else {
            return Some(Op::OpenPurse(PurseId::Of(wallet, 0)));
        };
        Some(Op::Mint {
            signer: model.banks[&id.bank].operator,
            bank: id.bank,
            statement: id,
            recipient,
            block_of: wallet,
            party: entry.party,
            claim: claim(index, &entry),
        })
    }

    pub(super) fn mint_many(&mut self, model: &Model) -> Option<Op> {
        let (id, start, _) = self.mintable(model, None)?;
        let statement = &model.statements[&id];
        let longest = self.rng.between(1, 6);
        let mut run = Vec::new();
        for (index, entry) in (0u32..).zip(&statement.entries).skip(start as usize) {
            let Party::Wallet(wallet) = entry.party else {
                break;
            };
            if !entry.is_credit || statement.consumed[index as usize] || run.len() as u64 == longest {
                break;
            }
            let Some(recipient) = self.purse_of(model, wallet) else {
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

    pub(super) fn burn(&mut self, model: &Model) -> Option<Op> {
        let (id, bank) = self.bank(model)?;
        let stock = self.purse_with(model, |purse| {
            purse.owner == Some(bank.operator) && purse.amount > 0
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
        let purse = self.purse_with(model, |purse| purse.owner.is_some() && purse.amount > 0)?;
        let owner = model.purses[&purse].owner?;
        let (bank, state) = self.bank(model)?;
        if state.status == Status::Closed && !self.rng.chance(30) {
            return None;
        }
        Some(Op::RequestRedemption {
            signer: owner,
            bank,
            purse,
            nonce: self.rng.below(NONCES),
            amount: self.part_of(model.purses[&purse].amount),
            block_of: owner,
            escrow: bank,
        })
    }

    pub(super) fn settle_redemption(&mut self, model: &Model) -> Option<Op> {
        let mut paid = Vec::new();
        for (id, statement) in &model.statements {
            for (index, entry) in (0u32..).zip(&statement.entries) {
                let Party::Redemption(redemption) = entry.party else {
                    continue;
                };
                let open = model.redemptions.contains_key(&redemption);
                let usable = statement.is_effective && !statement.consumed[index as usize];
                if usable && !entry.is_credit && (open || self.rng.chance(2)) {
                    paid.push((*id, index, redemption, *entry));
                }
            }
        }
        let (statement, index, redemption, entry) = self.rng.pick(&paid)?;
        Some(Op::SettleRedemption {
            signer: model.banks[&statement.bank].operator,
            bank: statement.bank,
            statement,
            redemption,
            owner: redemption.owner,
            claim: claim(index, &entry),
        })
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
        })
    }

    pub(super) fn cancel_redemption(&mut self, model: &Model) -> Option<Op> {
        let any = self.rng.chance(15);
        let redemption = self.redemption(model, |due_at| any || due_at <= model.now)?;
        let Some(destination) = self.purse_of(model, redemption.owner) else {
            return Some(Op::OpenPurse(PurseId::Of(redemption.owner, 0)));
        };
        Some(Op::CancelRedemption {
            signer: redemption.owner,
            bank: redemption.bank,
            redemption,
            destination,
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
        let from = &model.banks[&giver];
        let room = to.head.closing.saturating_sub(to.outstanding());
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

    // ── compliance ──────────────────────────────────────────────────────────────────────────

    pub(super) fn freeze(&mut self, model: &Model) -> Option<Op> {
        let purse = self.purse_with(model, |purse| purse.owner.is_some() && !purse.frozen)?;
        Some(Op::Freeze {
            signer: holder(model, COMPLIANCE),
            purse,
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
            purse.owner.is_some() && purse.frozen && (some || purse.amount == 0)
        });
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
        let subject = self.purse_with(model, |purse| purse.owner.is_some() && purse.amount > 0)?;
        let destination = if self.rng.chance(70) {
            PurseId::Of(TREASURY, 0)
        } else {
            self.purse_with(model, |purse| purse.owner.is_some())?
        };
        let held = model.purses[&subject].amount;
        let length = self.rng.one(&[1, 2, 600, 3_600, DAY, 3 * DAY]);
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
        })
    }

    /// Often exactly what is left under the cap, or one beside it.
    pub(super) fn execute_order(&mut self, model: &Model) -> Option<Op> {
        let dead = self.rng.chance(10);
        let live: Vec<u32> = model
            .orders
            .iter()
            .filter(|(_, order)| {
                dead || (!order.is_closed && model.now < order.expires_at && order.executed < order.cap)
            })
            .map(|(case, _)| *case)
            .collect();
        let case = self.rng.pick(&live)?;
        let order = &model.orders[&case];
        let left = order.cap - order.executed;
        let held = model.purses.get(&order.subject).map_or(0, |purse| purse.amount);
        let amount = match self.rng.below(5) {
            0 => self.at(left),
            1 => self.at(held),
            _ => self.part_of(left.min(held)),
        };
        Some(Op::ExecuteOrder {
            signer: holder(model, ENFORCER),
            case,
            subject: order.subject,
            destination: order.destination,
            amount,
        })
    }

    pub(super) fn close_order(&mut self, model: &Model) -> Option<Op> {
        let any = self.rng.chance(20);
        let open: Vec<u32> = model
            .orders
            .iter()
            .filter(|(_, order)| any || !order.is_closed)
            .map(|(case, _)| *case)
            .collect();
        Some(Op::CloseOrder {
            signer: holder(model, COURT_OFFICER),
            case: self.rng.pick(&open)?,
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
        let from = self.purse_with(model, |purse| purse.owner.is_some() && purse.amount > 0)?;
        let to = if self.rng.chance(6) {
            // A present for a bank's escrow: nobody asked for it, nobody may be disturbed by it.
            PurseId::Escrow(self.bank(model)?.0)
        } else {
            self.purse_with(model, |purse| purse.owner.is_some())?
        };
        let purse = &model.purses[&from];
        let (signer, most) = match purse.delegate {
            Some(delegate) if self.rng.chance(60) => (delegate, purse.delegated.min(purse.amount)),
            _ => (purse.owner?, purse.amount),
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

    pub(super) fn give_away(&mut self, model: &Model) -> Option<Op> {
        let any = self.rng.chance(10);
        let purse = self.purse_with(model, |purse| purse.owner.is_some() && (any || !purse.is_bound))?;
        Some(Op::GiveAway {
            signer: model.purses[&purse].owner?,
            purse,
            to: self.rng.one(&HOLDERS),
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
                    signer: self.anyone(),
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

    // ── choices ─────────────────────────────────────────────────────────────────────────────

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

    /// An unused deposit, mostly at a bank that may mint.
    fn mintable(&mut self, model: &Model, bank: Option<BankId>) -> Option<(StatementId, u32, Entry)> {
        let picky = self.rng.chance(70);
        let mut found = Vec::new();
        for (id, statement) in &model.statements {
            let state = &model.banks[&id.bank];
            let open = state.status == Status::Active
                && state.overdue_count == 0
                && state.is_fresh(model.now, model.config.max_statement_age);
            if bank.is_some_and(|bank| bank != id.bank) || !statement.is_effective || (picky && !open) {
                continue;
            }
            for (index, entry) in (0u32..).zip(&statement.entries) {
                let named = matches!(entry.party, Party::Wallet(_));
                if named && entry.is_credit && !statement.consumed[index as usize] {
                    found.push((*id, index, *entry));
                }
            }
        }
        self.rng.pick(&found)
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

    /// A token account of a wallet.
    pub(super) fn purse_of(&mut self, model: &Model, owner: Who) -> Option<PurseId> {
        self.purse_with(model, |purse| purse.owner == Some(owner))
    }

    fn without_role(&mut self, model: &Model) -> Option<Who> {
        let everybody = SUCCESSORS
            .into_iter()
            .chain(crate::cast::FIRST_ROLES)
            .chain([STRANGER]);
        let free: Vec<Who> = everybody.filter(|who| !model.holds_role(*who)).collect();
        self.rng.pick(&free)
    }

    fn slot(&mut self) -> u8 {
        u8::try_from(self.rng.below(u64::from(SLOTS))).expect("a few slots")
    }

    fn role(&mut self) -> u8 {
        u8::try_from(self.rng.below(6)).expect("six roles")
    }

    fn flags(&mut self) -> u8 {
        u8::try_from(self.rng.between(1, 7)).expect("three flags")
    }

    fn amount(&mut self) -> u64 {
        match self.rng.below(20) {
            0 => self.rng.below(3),
            1 => self.rng.between(1, 1 << 32),
            2..=5 => self.rng.between(1, 50),
            _ => self.rng.between(100, 20_000),
        }
    }

    fn entry(&mut self, is_credit: bool, amount: u64, party: Party) -> Entry {
        Entry {
            is_credit,
            amount,
            party,
            reference: self.unique(),
        }
    }
}

/// The honest figures over `entries`.
fn figures(number: u64, opening: u64, entries: &[Entry]) -> Figures {
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
