//! Roles, attestors, policy, banks and pauses.

use kzte_client::KzteError;

use super::{
    AUTHORITY, Bank, Facts, Head, ISSUER_ADMIN, ISSUER_MANAGER, ISSUER_OPERATOR, Model, PAUSER, Purse,
    Reason, Refusal, Status, Verdict,
};
use crate::{
    cast::{BankId, PurseId, UPGRADE_AUTHORITY, Who},
    op::{Limits, Op},
};

/// Longest statement age and longest redemption term, seconds.
const POLICY_MAX: i64 = 2_678_400;
/// Longest text of the metadata, bytes.
const TEXT_MAX: usize = 200;
/// Most seats of an attestor set.
const SEATS: usize = 8;

impl Model {
    pub(super) fn apply_governance(&mut self, op: &Op) -> Verdict {
        match op {
            Op::Initialize { signer } => {
                // The deployment exists: nobody initialises it again, not even he who did.
                let mut facts = Facts::default();
                facts.must(*signer == UPGRADE_AUTHORITY, KzteError::NotUpgradeAuthority);
                facts.must(false, Reason::Elsewhere);
                facts.verdict()
            }
            Op::SetAttestors {
                signer,
                attestors,
                threshold,
                mandatory,
            } => self.set_attestors(*signer, attestors, *threshold, *mandatory),
            Op::RegisterIssuer {
                signer,
                bank,
                admin,
                operator,
                limits,
            } => self.register(*signer, *bank, *admin, *operator, *limits),
            Op::ConfigureIssuer { signer, bank, limits } => {
                let mut facts = Facts::default();
                self.only(&mut facts, ISSUER_MANAGER, *signer);
                if let Some(state) = facts.found(self.banks.get(bank)) {
                    facts.must(state.status != Status::Closed, KzteError::IssuerClosed);
                }
                facts.must(limits.window_seconds >= 1, KzteError::WindowLength);
                facts.verdict()?;
                // The running window goes on: what was minted in it stays minted.
                self.bank_mut(*bank).limits = *limits;
                Ok(())
            }
            Op::SetPolicy {
                signer,
                max_statement_age,
                redemption_sla,
            } => {
                let mut facts = Facts::default();
                self.only(&mut facts, AUTHORITY, *signer);
                for value in [max_statement_age, redemption_sla] {
                    facts.must((1..=POLICY_MAX).contains(value), KzteError::PolicyRange);
                }
                facts.verdict()?;
                self.config.max_statement_age = *max_statement_age;
                self.config.redemption_sla = *redemption_sla;
                Ok(())
            }
            Op::SetIssuerStatus { signer, bank, status } => self.set_status(*signer, *bank, *status),
            Op::NominateRole {
                signer,
                role,
                nominee,
            } => self.nominate(*signer, *role, *nominee),
            Op::AcceptRole { signer, role } => self.accept(*signer, *role),
            Op::CancelNomination { signer, role } => {
                let mut facts = Facts::default();
                self.only(&mut facts, AUTHORITY, *signer);
                facts.must(*role < 6, KzteError::RoleUnknown);
                let waits = self.config.nominees.get(usize::from(*role)).copied().flatten();
                facts.must(waits.is_some() || *role >= 6, KzteError::NothingToChange);
                facts.verdict()?;
                self.config.nominees[usize::from(*role)] = None;
                Ok(())
            }
            Op::NominateIssuerRole {
                signer,
                bank,
                role,
                nominee,
            } => self.nominate_in_bank(*signer, *bank, *role, *nominee),
            Op::AcceptIssuerRole { signer, bank, role } => self.accept_in_bank(*signer, *bank, *role),
            Op::CancelIssuerNomination { signer, bank, role } => {
                let mut facts = Facts::default();
                facts.must(is_seat(*role), KzteError::RoleUnknown);
                if let Some(state) = facts.found(self.banks.get(bank)) {
                    facts.must(state.status != Status::Closed, KzteError::IssuerClosed);
                    facts.must(self.may_nominate(state, *role, *signer), KzteError::NotAuthorized);
                    facts.must(
                        nominee(state, *role).is_some() || !is_seat(*role),
                        KzteError::NothingToChange,
                    );
                }
                facts.verdict()?;
                *nominee_mut(self.bank_mut(*bank), *role) = None;
                Ok(())
            }
            Op::SetDefaultAccountState { signer, frozen } => {
                let mut facts = Facts::default();
                self.only(&mut facts, AUTHORITY, *signer);
                facts.must(self.config.born_frozen != *frozen, KzteError::NothingToChange);
                facts.verdict()?;
                self.config.born_frozen = *frozen;
                Ok(())
            }
            Op::UpdateMetadata { signer, field, value } => {
                let mut facts = Facts::default();
                self.only(&mut facts, AUTHORITY, *signer);
                facts.must(*field < 2, KzteError::MetadataField);
                facts.must((1..=TEXT_MAX).contains(&value.len()), KzteError::MetadataText);
                facts.verdict()?;
                let text = if *field == 0 {
                    &mut self.config.name
                } else {
                    &mut self.config.uri
                };
                text.clone_from(value);
                Ok(())
            }
            Op::MigrateConfig { signer, banks } => {
                let mut facts = Facts::default();
                self.only(&mut facts, AUTHORITY, *signer);
                facts.must_or_elsewhere(self.config.is_old, KzteError::NothingToChange);
                for bank in banks {
                    facts.found(self.banks.get(bank));
                }
                facts.verdict()?;
                self.config.is_old = false;
                Ok(())
            }
            Op::Pause { signer, flags } => {
                let mut facts = Facts::default();
                self.only(&mut facts, PAUSER, *signer);
                self.known_flags(&mut facts, *flags);
                facts.must(
                    self.config.paused | flags != self.config.paused,
                    KzteError::NothingToChange,
                );
                facts.verdict()?;
                self.config.paused |= flags;
                Ok(())
            }
            Op::Resume { signer, flags } => {
                let mut facts = Facts::default();
                self.only(&mut facts, AUTHORITY, *signer);
                self.known_flags(&mut facts, *flags);
                facts.must(self.config.paused & flags != 0, KzteError::NothingToChange);
                facts.verdict()?;
                self.config.paused &= !flags;
                Ok(())
            }
            Op::CheckInvariants { signer: _, banks } => {
                // Anybody may ask; each bank is looked at once.
                let mut facts = Facts::default();
                let mut seen = std::collections::BTreeSet::new();
                for bank in banks {
                    facts.must_or_elsewhere(self.banks.contains_key(bank), KzteError::CheckedBanks);
                    facts.must(seen.insert(*bank), KzteError::CheckedBanks);
                }
                facts.verdict()
            }
            other => unreachable!("{other:?} is applied elsewhere"),
        }
    }

    fn known_flags(&self, facts: &mut Facts, flags: u8) {
        facts.must(flags != 0 && flags <= 7, KzteError::PauseFlag);
    }

    fn set_attestors(&mut self, signer: Who, attestors: &[Who], threshold: u8, mandatory: u8) -> Verdict {
        let mut facts = Facts::default();
        self.only(&mut facts, AUTHORITY, signer);
        let seats = attestors.len();
        facts.must((1..=SEATS).contains(&seats), KzteError::AttestorSet);
        let mut distinct = attestors.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        facts.must(distinct.len() == seats, KzteError::AttestorSet);
        facts.must(
            (1..=seats).contains(&usize::from(threshold)),
            KzteError::AttestorSet,
        );
        // Mandatory seats exist, there is at least one, and the threshold leaves room for all of them.
        facts.must(mandatory != 0, KzteError::AttestorSet);
        facts.must(
            u32::from(mandatory) >> seats.min(SEATS) == 0,
            KzteError::AttestorSet,
        );
        facts.must(
            mandatory.count_ones() <= u32::from(threshold),
            KzteError::AttestorSet,
        );
        facts.must(
            attestors.iter().all(|who| !self.config.roles.contains(who)),
            KzteError::RoleConflict,
        );
        facts.verdict()?;
        self.config.attestors = attestors.to_vec();
        self.config.threshold = threshold;
        self.config.mandatory = mandatory;
        self.config.set_version += 1;
        Ok(())
    }

    fn register(&mut self, signer: Who, bank: BankId, admin: Who, operator: Who, limits: Limits) -> Verdict {
        let mut facts = Facts::default();
        self.only(&mut facts, ISSUER_MANAGER, signer);
        facts.must(!self.banks.contains_key(&bank), Reason::Elsewhere);
        facts.must(limits.window_seconds >= 1, KzteError::WindowLength);
        facts.must(
            !self.holds_role(admin) && !self.holds_role(operator) && admin != operator,
            KzteError::RoleConflict,
        );
        facts.verdict()?;
        self.banks.insert(
            bank,
            Bank {
                status: Status::Active,
                admin,
                operator,
                admin_nominee: None,
                operator_nominee: None,
                limits,
                window_start: 0,
                window_used: 0,
                minted: 0,
                burned: 0,
                novated_in: 0,
                novated_out: 0,
                pending: 0,
                pending_count: 0,
                overdue_count: 0,
                head: Head::default(),
            },
        );
        // The escrow works from the start, also where other accounts are born frozen.
        let escrow = Purse {
            owner: None,
            amount: 0,
            frozen: false,
            delegate: None,
            delegated: 0,
            cpi_guard: None,
            memo_required: None,
            is_bound: true,
        };
        self.purses.insert(PurseId::Escrow(bank), escrow);
        Ok(())
    }

    fn set_status(&mut self, signer: Who, bank: BankId, status: u8) -> Verdict {
        use Status::{Active, Closed, Suspended, WindDown};
        let mut facts = Facts::default();
        self.only(&mut facts, ISSUER_MANAGER, signer);
        let to = [Active, Suspended, WindDown, Closed]
            .get(usize::from(status))
            .copied();
        facts.must(to.is_some(), KzteError::StatusUnknown);
        let state = facts.found(self.banks.get(&bank));
        if let (Some(state), Some(to)) = (state, to) {
            let allowed = matches!(
                (state.status, to),
                (Active, Suspended)
                    | (Suspended, Active)
                    | (Active | Suspended, WindDown)
                    | (WindDown, Closed)
            );
            facts.must(allowed, KzteError::StatusTransition);
            if to == Closed {
                facts.must(
                    state.outstanding() == 0 && state.pending_count == 0,
                    KzteError::IssuerNotEmpty,
                );
            }
        }
        facts.verdict()?;
        if let Some(to) = to {
            self.bank_mut(bank).status = to;
        }
        Ok(())
    }

    fn nominate(&mut self, signer: Who, role: u8, nominee: Option<Who>) -> Verdict {
        let mut facts = Facts::default();
        self.only(&mut facts, AUTHORITY, signer);
        facts.must(role < 6, KzteError::RoleUnknown);
        facts.must(nominee.is_some(), KzteError::ZeroAddress);
        facts.must(
            nominee.is_none_or(|who| !self.holds_role(who)),
            KzteError::RoleConflict,
        );
        facts.verdict()?;
        self.config.nominees[usize::from(role)] = nominee;
        Ok(())
    }

    fn accept(&mut self, signer: Who, role: u8) -> Verdict {
        let mut facts = Facts::default();
        facts.must(role < 6, KzteError::RoleUnknown);
        let waits = self.config.nominees.get(usize::from(role)).copied().flatten();
        facts.must(waits == Some(signer) || role >= 6, KzteError::NotNominated);
        facts.must(!self.holds_role(signer), KzteError::RoleConflict);
        facts.verdict()?;
        self.config.roles[usize::from(role)] = signer;
        self.config.nominees[usize::from(role)] = None;
        if role == AUTHORITY {
            // What the old authority offered lapses with it (ADR 0007).
            self.config.nominees = [None; 6];
        }
        Ok(())
    }

    fn nominate_in_bank(&mut self, signer: Who, bank: BankId, role: u8, nominee: Option<Who>) -> Verdict {
        let mut facts = Facts::default();
        facts.must(is_seat(role), KzteError::RoleUnknown);
        facts.must(nominee.is_some(), KzteError::ZeroAddress);
        if let Some(state) = facts.found(self.banks.get(&bank)) {
            facts.must(state.status != Status::Closed, KzteError::IssuerClosed);
            facts.must(self.may_nominate(state, role, signer), KzteError::NotAuthorized);
            facts.must(
                nominee.is_none_or(|who| self.may_sit(state, who)),
                KzteError::RoleConflict,
            );
        }
        facts.verdict()?;
        *nominee_mut(self.bank_mut(bank), role) = nominee;
        Ok(())
    }

    fn accept_in_bank(&mut self, signer: Who, bank: BankId, role: u8) -> Verdict {
        let mut facts = Facts::default();
        facts.must(is_seat(role), KzteError::RoleUnknown);
        if let Some(state) = facts.found(self.banks.get(&bank)) {
            facts.must(state.status != Status::Closed, KzteError::IssuerClosed);
            facts.must(
                nominee(state, role) == Some(signer) || !is_seat(role),
                KzteError::NotNominated,
            );
            facts.must(self.may_sit(state, signer), KzteError::RoleConflict);
        }
        facts.verdict()?;
        let state = self.bank_mut(bank);
        *nominee_mut(state, role) = None;
        match role {
            ISSUER_ADMIN => {
                state.admin = signer;
                // What the old admin offered lapses with him (ADR 0007).
                state.operator_nominee = None;
            }
            _ => state.operator = signer,
        }
        Ok(())
    }

    /// The admin nominates for both seats; the authority for the admin's, to recover a lost key.
    fn may_nominate(&self, bank: &Bank, role: u8, signer: Who) -> bool {
        let recovers = role == ISSUER_ADMIN && self.config.roles[usize::from(AUTHORITY)] == signer;
        bank.admin == signer || recovers
    }

    /// Roles are distinct.
    fn may_sit(&self, bank: &Bank, who: Who) -> bool {
        !self.holds_role(who) && bank.admin != who && bank.operator != who
    }
}

fn is_seat(role: u8) -> bool {
    role == ISSUER_ADMIN || role == ISSUER_OPERATOR
}

fn nominee(bank: &Bank, role: u8) -> Option<Who> {
    if role == ISSUER_ADMIN {
        bank.admin_nominee
    } else {
        bank.operator_nominee
    }
}

fn nominee_mut(bank: &mut Bank, role: u8) -> &mut Option<Who> {
    if role == ISSUER_ADMIN {
        &mut bank.admin_nominee
    } else {
        &mut bank.operator_nominee
    }
}

impl Refusal {
    /// The reasons in words, for a failing run.
    pub fn names(&self) -> String {
        let names: Vec<String> = self
            .0
            .iter()
            .map(|reason| match reason {
                Reason::Kzte(error) => format!("{error:?}"),
                Reason::Elsewhere => "another program's error".to_owned(),
            })
            .collect();
        names.join(" or ")
    }
}
