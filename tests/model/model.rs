//! The protocol a second time, in plain data and plain rules, written from the design and not from the program. It says
//! of every operation whether the chain must take it, and if not, for which reasons it may be refused.
//!
//! A rule is a fact that must hold. All facts are looked at, in no order: the chain may name any of those that do not
//! hold, and must take the operation when all do.

mod compliance;
mod governance;
mod money;
mod redemption;
mod statements;
mod wallets;

use std::collections::{BTreeMap, BTreeSet};

use kzte_client::KzteError;

use crate::{
    cast::{BANKS, BankId, CaseId, FIRST_ATTESTORS, FIRST_ROLES, PurseId, RedemptionId, StatementId, Who},
    op::{Entry, Figures, Limits, Op},
};

/// Pause flags.
pub const MINT: u8 = 1;
pub const REDEMPTION_REQUEST: u8 = 2;
pub const TRANSFER: u8 = 4;

/// Role numbers.
pub const AUTHORITY: u8 = 0;
pub const ISSUER_MANAGER: u8 = 1;
pub const PAUSER: u8 = 2;
pub const COMPLIANCE: u8 = 3;
pub const COURT_OFFICER: u8 = 4;
pub const ENFORCER: u8 = 5;
pub const ISSUER_ADMIN: u8 = 6;
pub const ISSUER_OPERATOR: u8 = 7;

/// Why the chain may refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An error of the program.
    Kzte(KzteError),
    /// An error of Token-2022, the framework, the system program or the runtime.
    Elsewhere,
}

impl From<KzteError> for Reason {
    fn from(error: KzteError) -> Self {
        Self::Kzte(error)
    }
}

/// The chain must refuse, and name one of these reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Vec<Reason>);

/// What the chain must do.
pub type Verdict = Result<(), Refusal>;

/// The facts that do not hold.
#[derive(Default)]
pub struct Facts(Vec<Reason>);

impl Facts {
    /// A fact, and the reason that the chain gives when it does not hold.
    pub fn must(&mut self, holds: bool, otherwise: impl Into<Reason>) {
        if !holds {
            self.0.push(otherwise.into());
        }
    }

    /// A fact that either the program or Token-2022 finds broken first.
    pub fn must_or_elsewhere(&mut self, holds: bool, otherwise: KzteError) {
        self.must(holds, otherwise);
        self.must(holds, Reason::Elsewhere);
    }

    /// An account of the program that must exist.
    pub fn found<T>(&mut self, account: Option<T>) -> Option<T> {
        self.must(account.is_some(), Reason::Elsewhere);
        account
    }

    /// A token account that must exist.
    pub fn found_purse<T>(&mut self, account: Option<T>) -> Option<T> {
        self.must_or_elsewhere(account.is_some(), KzteError::NotTokenAccount);
        account
    }

    pub fn verdict(self) -> Verdict {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal(self.0))
        }
    }
}

/// The policy and who holds which role.
#[derive(Clone, Debug)]
pub struct Config {
    /// By role number.
    pub roles: [Who; 6],
    pub nominees: [Option<Who>; 6],
    /// By seat.
    pub attestors: Vec<Who>,
    pub threshold: u8,
    /// Seats that must be among the votes, a bit each.
    pub mandatory: u8,
    pub set_version: u32,
    pub paused: u8,
    pub max_statement_age: i64,
    pub redemption_sla: i64,
    pub born_frozen: bool,
    pub name: String,
    pub uri: String,
    /// Written by the first build: nothing but `migrate_config` reads it.
    pub is_old: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Suspended,
    WindDown,
    Closed,
}

/// The last effective statement of a bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub number: u64,
    pub closing: u64,
    pub as_of: i64,
}

#[derive(Clone, Debug)]
pub struct Bank {
    pub status: Status,
    pub admin: Who,
    pub operator: Who,
    pub admin_nominee: Option<Who>,
    pub operator_nominee: Option<Who>,
    pub limits: Limits,
    pub window_start: i64,
    pub window_used: u64,
    pub minted: u64,
    pub burned: u64,
    pub novated_in: u64,
    pub novated_out: u64,
    /// Sum of the open redemptions.
    pub pending: u64,
    pub pending_count: u32,
    pub overdue_count: u32,
    pub head: Head,
}

impl Bank {
    /// What this bank owes to holders of tokens (invariant 2).
    pub fn outstanding(&self) -> u64 {
        self.minted + self.novated_in - self.burned - self.novated_out
    }

    pub fn is_fresh(&self, now: i64, max_age: i64) -> bool {
        self.head.number > 0 && now - self.head.as_of <= max_age
    }
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub figures: Figures,
    pub entries: Vec<Entry>,
    /// By index.
    pub consumed: Vec<bool>,
    pub source: u64,
    pub payer: Who,
    pub is_effective: bool,
    /// Version of the attestor set that `votes` are of.
    pub set_version: u32,
    /// Seats that voted, a bit each.
    pub votes: u8,
    pub minted: u64,
    pub settled: u64,
}

impl Statement {
    pub fn consumed_count(&self) -> u32 {
        self.consumed.iter().map(|consumed| u32::from(*consumed)).sum()
    }
}

#[derive(Clone, Debug)]
pub struct Redemption {
    pub amount: u64,
    pub is_overdue: bool,
    pub requested_at: i64,
    pub due_at: i64,
}

#[derive(Clone, Debug)]
pub struct Order {
    pub subject: PurseId,
    pub destination: PurseId,
    pub cap: u64,
    pub executed: u64,
    pub expires_at: i64,
    pub opened_at: i64,
    pub is_closed: bool,
}

/// A token account.
#[derive(Clone, Debug)]
pub struct Purse {
    /// `None`: it owns itself, as an escrow does, or an account that its holder gave to its own key.
    pub owner: Option<Who>,
    pub amount: u64,
    pub frozen: bool,
    pub delegate: Option<Who>,
    pub delegated: u64,
    /// `None`: the account has no room for it.
    pub cpi_guard: Option<bool>,
    /// `None`: the account has no room for it.
    pub memo_required: Option<bool>,
    /// Its owner can never change: an associated account, or an escrow.
    pub is_bound: bool,
}

/// Everything there is.
#[derive(Clone, Debug)]
pub struct Model {
    /// Unix seconds.
    pub now: i64,
    pub config: Config,
    pub banks: BTreeMap<BankId, Bank>,
    pub statements: BTreeMap<StatementId, Statement>,
    pub redemptions: BTreeMap<RedemptionId, Redemption>,
    pub orders: BTreeMap<CaseId, Order>,
    pub blocked: BTreeSet<Who>,
    pub purses: BTreeMap<PurseId, Purse>,
    pub supply: u64,
}

impl Model {
    /// After `initialize`: nobody is registered, nothing is posted.
    pub fn new(now: i64, max_statement_age: i64, redemption_sla: i64, name: &str, uri: &str) -> Self {
        Self {
            now,
            config: Config {
                roles: FIRST_ROLES,
                nominees: [None; 6],
                attestors: FIRST_ATTESTORS.to_vec(),
                threshold: 2,
                mandatory: 0b001,
                set_version: 1,
                paused: 0,
                max_statement_age,
                redemption_sla,
                born_frozen: false,
                name: name.to_owned(),
                uri: uri.to_owned(),
                is_old: false,
            },
            banks: BTreeMap::new(),
            statements: BTreeMap::new(),
            redemptions: BTreeMap::new(),
            orders: BTreeMap::new(),
            blocked: BTreeSet::new(),
            purses: BTreeMap::new(),
            supply: 0,
        }
    }

    /// Does `op` when it must pass; otherwise changes nothing (invariant 9).
    pub fn apply(&mut self, op: &Op) -> Verdict {
        if let Some(verdict) = self.apply_to_tokens(op) {
            return verdict;
        }
        if let Op::Wait(seconds) = op {
            self.now += seconds;
            return Ok(());
        }
        if let Op::AgeConfig = op {
            self.config.is_old = true;
            return Ok(());
        }
        // A configuration of the first build is too short for everything but its migration.
        if self.config.is_old && !matches!(op, Op::MigrateConfig { .. }) {
            return Err(Refusal(vec![Reason::Elsewhere]));
        }
        match op {
            Op::Wait(_) | Op::AgeConfig => Ok(()),
            Op::PostStatement { .. }
            | Op::WithdrawStatement { .. }
            | Op::AttestStatement { .. }
            | Op::CloseStatement { .. } => self.apply_to_statements(op),
            Op::Mint { .. } | Op::MintMany { .. } | Op::Burn { .. } | Op::Novate { .. } => {
                self.apply_to_money(op)
            }
            Op::RequestRedemption { .. }
            | Op::SettleRedemption { .. }
            | Op::RejectRedemption { .. }
            | Op::CancelRedemption { .. }
            | Op::FlagOverdue { .. } => self.apply_to_redemptions(op),
            Op::Freeze { .. }
            | Op::Thaw { .. }
            | Op::BlockWallet { .. }
            | Op::UnblockWallet { .. }
            | Op::AdmitHolder { .. }
            | Op::OpenOrder { .. }
            | Op::ExecuteOrder { .. }
            | Op::CloseOrder { .. } => self.apply_compliance(op),
            _ => self.apply_governance(op),
        }
    }

    pub fn is_paused(&self, flag: u8) -> bool {
        self.config.paused & flag != 0
    }

    /// Whether somebody holds one of the six roles or sits in the attestor set.
    pub fn holds_role(&self, who: Who) -> bool {
        self.config.roles.contains(&who) || self.config.attestors.contains(&who)
    }

    /// Only the holder of `role`.
    fn only(&self, facts: &mut Facts, role: u8, signer: Who) {
        facts.must(
            self.config.roles[usize::from(role)] == signer,
            KzteError::NotAuthorized,
        );
    }

    /// Only the operator of a registered bank.
    fn only_operator<'a>(&'a self, facts: &mut Facts, bank: BankId, signer: Who) -> Option<&'a Bank> {
        let bank = facts.found(self.banks.get(&bank))?;
        facts.must(bank.operator == signer, KzteError::NotAuthorized);
        Some(bank)
    }

    /// A wallet that is not blocked; the block that is looked at must be its own.
    fn not_blocked(&self, facts: &mut Facts, wallet: Who, block_of: Who) {
        facts.must(wallet == block_of, KzteError::WrongAddress);
        let blocked = self.blocked.contains(&wallet) || self.blocked.contains(&block_of);
        facts.must(!blocked, KzteError::WalletBlocked);
    }

    fn bank_mut(&mut self, bank: BankId) -> &mut Bank {
        self.banks.get_mut(&bank).expect("looked up before")
    }

    fn purse_mut(&mut self, purse: PurseId) -> &mut Purse {
        self.purses.get_mut(&purse).expect("looked up before")
    }

    fn statement_mut(&mut self, statement: StatementId) -> &mut Statement {
        self.statements.get_mut(&statement).expect("looked up before")
    }

    /// Moves tokens after everything was checked.
    fn move_tokens(&mut self, from: PurseId, to: PurseId, amount: u64) {
        self.purse_mut(from).amount -= amount;
        self.purse_mut(to).amount += amount;
    }

    /// The next bank that may be registered.
    pub fn next_bank(&self) -> Option<BankId> {
        (0..BANKS).map(BankId).find(|bank| !self.banks.contains_key(bank))
    }
}
