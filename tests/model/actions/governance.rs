//! Time, roles, banks, policy and pauses.

use super::{Actions, DAY, WIDE, choices::holder, register};
use crate::{
    cast::{ATTESTORS, BankId, CLERKS, HOLDERS, PurseId, UPGRADE_AUTHORITY, Who},
    model::{AUTHORITY, ENFORCER, ISSUER_ADMIN, ISSUER_MANAGER, ISSUER_OPERATOR, Model, PAUSER, Status},
    op::{Limits, Op},
};

impl Actions {
    // ── circumstances ───────────────────────────────────────────────────────────────────────

    /// Often to one of the moments at which something changes, or one second beside it.
    pub(super) fn wait(&mut self, model: &Model) -> Option<Op> {
        if self.rng.chance(45) {
            let most = self.rng.one(&[1, 10, 600, 3_600, 20_000]);
            return Some(Op::Wait(1 + i64::try_from(self.rng.below(most)).ok()?));
        }
        let (moment, then) = self.moment(model)?;
        // What this moment decides is tried then.
        if self.rng.chance(70) {
            self.queue.extend(then);
        }
        Some(Op::Wait(moment - model.now))
    }

    /// One of the next moments at which something changes, or a second beside it, and an operation that it decides.
    fn moment(&mut self, model: &Model) -> Option<(i64, Option<Op>)> {
        let age = model.config.max_statement_age;
        let mut moments = Vec::new();
        for (id, bank) in &model.banks {
            let mint = |actions: &mut Self| {
                let (statement, index, _) = actions.mintable(model, Some(*id))?;
                actions.mint_of(model, statement, index)
            };
            moments.push((bank.head.as_of + age, mint(self)));
            let window_end = bank.window_start.saturating_add(bank.limits.window_seconds);
            moments.push((window_end, mint(self)));
        }
        for (id, redemption) in &model.redemptions {
            let flag = Op::FlagOverdue {
                signer: self.anyone(),
                bank: id.bank,
                redemption: *id,
            };
            moments.push((redemption.due_at, Some(flag)));
            let cancel = self
                .purse_of(model, id.owner)
                .map(|destination| Op::CancelRedemption {
                    signer: id.owner,
                    bank: id.bank,
                    redemption: *id,
                    destination,
                    block_of: id.owner,
                });
            moments.push((redemption.due_at + age, cancel));
        }
        for (case, order) in &model.orders {
            let execute = Op::ExecuteOrder {
                signer: holder(model, ENFORCER),
                case: *case,
                subject: order.subject,
                destination: order.destination,
                amount: 1,
            };
            moments.push((order.expires_at, Some(execute)));
        }
        let beside = self.rng.one(&[-1, 0, 0, 1]);
        for (moment, _) in &mut moments {
            *moment = moment.saturating_add(beside);
        }
        moments.retain(|(moment, _)| (1..=4 * DAY).contains(&(moment - model.now)));
        // Later ones are rarer: most of a day's work happens between them.
        moments.sort_unstable_by_key(|(moment, _)| *moment);
        moments.truncate(4);
        let index = usize::try_from(self.rng.below(moments.len() as u64)).ok()?;
        (index < moments.len()).then(|| moments.swap_remove(index))
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

    /// Often the quota or the window exactly where a deposit meets it, or one tiyn beside; the deposit is tried then.
    pub(super) fn configure_issuer(&mut self, model: &Model) -> Option<Op> {
        let (id, bank) = self.bank(model)?;
        let signer = holder(model, ISSUER_MANAGER);
        let configure = |limits: Limits| Op::ConfigureIssuer {
            signer,
            bank: id,
            limits,
        };
        let day = self.day;
        let window_seconds = self.rng.one(&[1, 60, 3_600, day, 2 * day]);
        let wide = Limits {
            window_seconds,
            ..WIDE
        };
        let Some((statement, index, entry)) = self.backed(model, id) else {
            let quota = self.at(bank.outstanding());
            let tight = self.rng.chance(20);
            return Some(configure(if tight { Limits { quota, ..wide } } else { wide }));
        };
        let limits = match self.rng.below(3) {
            0 => wide,
            1 => Limits {
                quota: self.at(bank.outstanding() + entry.amount),
                ..wide
            },
            _ => {
                let over = model.now - bank.window_start >= window_seconds;
                let used = if over { 0 } else { bank.window_used };
                Limits {
                    window_limit: self.at(used + entry.amount),
                    ..wide
                }
            }
        };
        let mint = self.mint_of(model, statement, index);
        self.queue.extend(mint);
        if self.rng.chance(60) {
            self.queue.push_back(configure(wide));
        }
        Some(configure(limits))
    }

    pub(super) fn set_policy(&mut self, model: &Model) -> Option<Op> {
        let day = self.day;
        let usual = [3_600, day, day, 3 * day, 3 * day];
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
        let may_end = live.count() >= if model.next_bank().is_some() { 3 } else { 4 };
        let empty = bank.outstanding() == 0 && bank.pending_count == 0;
        let status = match bank.status {
            Status::Active if may_end && self.rng.chance(6) => 2,
            Status::Active if self.rng.chance(25) => 1,
            Status::Suspended => 0,
            Status::WindDown if empty || self.rng.chance(50) => 3,
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
        let mut waiting = Vec::new();
        for (id, bank) in &model.banks {
            waiting.extend(bank.admin_nominee.map(|_| (*id, ISSUER_ADMIN)));
            waiting.extend(bank.operator_nominee.map(|_| (*id, ISSUER_OPERATOR)));
        }
        let (bank, role) = match self.rng.pick(&waiting) {
            Some(found) => found,
            None if self.rng.chance(20) => (self.bank(model)?.0, ISSUER_ADMIN),
            None => return None,
        };
        let by_authority = role == ISSUER_ADMIN && self.rng.chance(40);
        let signer = if by_authority {
            holder(model, AUTHORITY)
        } else {
            model.banks[&bank].admin
        };
        Some(Op::CancelIssuerNomination { signer, bank, role })
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
}
