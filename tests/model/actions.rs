//! Random operations from a seed. Most make sense at the moment at which they are drawn; a good share is then made wrong
//! in one respect. Amounts and times lie at a limit or one beside it whenever there is one.

mod bend;
mod choices;
mod governance;
mod money;
mod wallets;

use std::collections::VecDeque;

use crate::{
    cast::{BankId, FIRST_BANKS, HOLDERS, PurseId, TREASURY, Who},
    model::{ISSUER_MANAGER, Model},
    op::{Limits, Op},
};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Limits that stop nothing.
const WIDE: Limits = Limits {
    quota: 1_000_000_000_000_000,
    window_limit: u64::MAX,
    window_seconds: DAY,
};

/// SplitMix64: small, even, and the same everywhere.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// `0..bound`; 0 when there is nothing below.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// `low..=high`.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// True in so many of a hundred cases.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them; `None`: there are none.
    fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let index = usize::try_from(self.below(of.len() as u64)).ok()?;
        of.get(index).copied()
    }

    /// One of them, where there are some.
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        self.pick(of).expect("a list with something in it")
    }
}

/// Draws an operation that should pass; `None`: nothing of the kind makes sense now.
type Draw = fn(&mut Actions, &Model) -> Option<Op>;

/// What happens how often.
const WEIGHTS: &[(u64, Draw)] = &[
    (70, Actions::wait),
    (8, Actions::age_config),
    (5, Actions::initialize),
    (16, Actions::set_attestors),
    (12, Actions::register_issuer),
    (30, Actions::configure_issuer),
    (10, Actions::set_policy),
    (22, Actions::set_issuer_status),
    (14, Actions::nominate_role),
    (18, Actions::accept_role),
    (22, Actions::cancel_nomination),
    (14, Actions::nominate_issuer_role),
    (26, Actions::accept_issuer_role),
    (16, Actions::cancel_issuer_nomination),
    (16, Actions::set_default_account_state),
    (12, Actions::update_metadata),
    (6, Actions::migrate_config),
    (12, Actions::pause),
    (60, Actions::resume),
    (75, Actions::post_statement),
    (14, Actions::withdraw_statement),
    (150, Actions::attest_statement),
    (35, Actions::close_statement),
    (190, Actions::mint),
    (110, Actions::mint_many),
    (30, Actions::replay),
    (40, Actions::burn),
    (70, Actions::request_redemption),
    (140, Actions::settle_redemption),
    (12, Actions::reject_redemption),
    (20, Actions::cancel_redemption),
    (22, Actions::flag_overdue),
    (80, Actions::novate),
    (16, Actions::freeze),
    (30, Actions::thaw),
    (14, Actions::block_wallet),
    (22, Actions::unblock_wallet),
    (40, Actions::admit_holder),
    (22, Actions::open_order),
    (60, Actions::execute_order),
    (16, Actions::close_order),
    (12, Actions::check_invariants),
    (34, Actions::open_purse),
    (60, Actions::transfer),
    (14, Actions::burn_directly),
    (14, Actions::approve),
    (16, Actions::close_purse),
    (14, Actions::cpi_guard),
    (12, Actions::memo_transfer),
    (16, Actions::give_away),
    (8, Actions::forge),
];

/// So many of a hundred operations are made wrong in one respect.
const WRONG: u64 = 27;

/// The source of operations.
pub struct Actions {
    rng: Rng,
    /// Operations that are already decided.
    queue: VecDeque<Op>,
    /// Numbers that are used once.
    unique: u64,
    /// What passes for a day, seconds.
    day: i64,
}

impl Actions {
    /// The operations of a seed. The first ones set the stage: three banks, and accounts for those who hold tokens.
    pub fn new(seed: u64) -> Self {
        Self::with_day(seed, DAY)
    }

    /// [`Actions::new`] with shorter days: on a chain whose clock nobody turns.
    pub fn with_day(seed: u64, day: i64) -> Self {
        let mut queue = VecDeque::new();
        for bank in (0..FIRST_BANKS).map(BankId) {
            queue.push_back(register(
                crate::cast::FIRST_ROLES[usize::from(ISSUER_MANAGER)],
                bank,
            ));
            queue.push_back(Op::OpenPurse(PurseId::Of(bank.first_operator(), 0)));
        }
        for who in HOLDERS.into_iter().chain([TREASURY]) {
            queue.push_back(Op::OpenPurse(PurseId::Of(who, 0)));
        }
        Self {
            rng: Rng::new(seed),
            queue,
            unique: 0,
            day,
        }
    }

    /// The next operation.
    pub fn next(&mut self, model: &Model) -> Op {
        if let Some(op) = self.queue.pop_front() {
            return op;
        }
        // An old configuration stops everything; it is not left lying for long.
        if model.config.is_old && self.rng.chance(50) {
            return self.migration(model);
        }
        loop {
            if let Some(op) = self.drawn(model) {
                return if self.rng.chance(WRONG) {
                    self.bend(op, model)
                } else {
                    op
                };
            }
        }
    }

    fn drawn(&mut self, model: &Model) -> Option<Op> {
        let total = WEIGHTS.iter().map(|(weight, _)| weight).sum();
        let mut point = self.rng.below(total);
        for (weight, draw) in WEIGHTS {
            if point < *weight {
                return draw(self, model);
            }
            point -= weight;
        }
        None
    }

    fn unique(&mut self) -> u64 {
        self.unique += 1;
        self.unique
    }

    /// Everybody, also those whom nothing here is the business of.
    fn anyone(&mut self) -> Who {
        Who(u8::try_from(self.rng.below(u64::from(crate::cast::PEOPLE))).expect("a few people"))
    }

    /// At `limit` or one beside it.
    fn at(&mut self, limit: u64) -> u64 {
        match self.rng.below(4) {
            0 => limit.saturating_sub(1),
            1 => limit.saturating_add(1),
            _ => limit,
        }
    }

    /// Some of `most`, all of it, or one.
    fn part_of(&mut self, most: u64) -> u64 {
        match self.rng.below(4) {
            0 => most,
            1 => 1,
            _ => self.rng.between(1, most.max(1)),
        }
    }
}

fn register(signer: Who, bank: BankId) -> Op {
    Op::RegisterIssuer {
        signer,
        bank,
        admin: bank.first_admin(),
        operator: bank.first_operator(),
        limits: WIDE,
    }
}
