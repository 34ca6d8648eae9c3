//! The central bank's desks: compliance freezes and blocks, the court seizes, the pauser pauses, the authority resumes,
//! anyone flags what is overdue and asks the program whether its invariants hold, in the middle of it all.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use kzte_client::{
    Address, Chain, Event, Instruction, fetch,
    instruction::{self, OrderTerms},
    state::PAUSE_ALL,
};
use kzte_harness::{Key, key::hash_of, world::REASON};

use crate::{
    bank::GONE,
    tally::lock,
    teller::{OUT_OF_UNITS, Order, Result, Teller, Trace, Verdict},
};

/// Between two acts, milliseconds.
const BREAK: (u64, u64) = (50, 400);
/// How long a pause, a freeze and a block last at least and at most, milliseconds.
const PAUSED: (u64, u64) = (300, 2_000);
const FROZEN: (u64, u64) = (500, 6_000);

/// What the desks have done and must take back.
pub struct Office {
    pub teller: Teller,
    frozen: BTreeMap<Address, Instant>,
    blocked: BTreeMap<Address, Instant>,
    paused: Option<(u8, Instant)>,
    orders: u64,
}

impl Office {
    pub fn new(teller: Teller) -> Self {
        Self {
            teller,
            frozen: BTreeMap::new(),
            blocked: BTreeMap::new(),
            paused: None,
            orders: 0,
        }
    }

    /// Acts until it is told to stop.
    pub fn work(&mut self) -> Result<()> {
        while !self.teller.shared.is_stopping() {
            self.take_back(false)?;
            match self.teller.random.between(0, 99) {
                0..20 => self.freeze()?,
                20..40 => self.block()?,
                40..55 => self.pause()?,
                55..65 => self.seize()?,
                65..80 => self.flag()?,
                _ => self.check()?,
            }
            let pause = self.teller.random.between(BREAK.0, BREAK.1);
            thread::sleep(Duration::from_millis(pause));
        }
        Ok(())
    }

    /// Thaws, opens and resumes what has lasted long enough, or everything.
    pub fn take_back(&mut self, all: bool) -> Result<()> {
        let now = Instant::now();
        let deployment = self.teller.shared.deployment;
        let keys = self.teller.shared.keys;
        if let Some((flags, until)) = self.paused
            && (all || until <= now)
        {
            let resume = instruction::resume(&deployment, keys.authority.address(), flags);
            self.must("resume", resume, keys.authority)?;
            self.paused = None;
        }
        let is_over = |until: &Instant| all || *until <= now;
        let thaw: Vec<Address> = self
            .frozen
            .iter()
            .filter(|(_, until)| is_over(until))
            .map(|(it, _)| *it)
            .collect();
        for account in thaw {
            let thaw = instruction::thaw(&deployment, keys.compliance.address(), account, REASON);
            self.must("thaw", thaw, keys.compliance)?;
            self.frozen.remove(&account);
        }
        let open: Vec<Address> = self
            .blocked
            .iter()
            .filter(|(_, until)| is_over(until))
            .map(|(it, _)| *it)
            .collect();
        for wallet in open {
            let unblock = instruction::unblock_wallet(&deployment, keys.compliance.address(), wallet, REASON);
            self.must("unblock_wallet", unblock, keys.compliance)?;
            self.blocked.remove(&wallet);
            self.thaw_what_came_back(wallet)?;
        }
        Ok(())
    }

    /// Tokens of a rejected redemption come back to a blocked wallet frozen. The desk that opens the wallet thaws them.
    fn thaw_what_came_back(&mut self, wallet: Address) -> Result<()> {
        let shared = self.teller.shared.clone();
        let account = shared.deployment.token_account(&wallet);
        let is_frozen = self
            .teller
            .ask(|chain| fetch::token_account(chain, &account))?
            .is_some_and(|account| account.frozen);
        if is_frozen && !self.frozen.contains_key(&account) {
            let desk = shared.keys.compliance;
            let thaw = instruction::thaw(&shared.deployment, desk.address(), account, REASON);
            self.must("thaw", thaw, desk)?;
        }
        Ok(())
    }

    /// What nothing may refuse.
    fn must(&mut self, kind: &'static str, instruction: Instruction, signer: Key) -> Result<Verdict> {
        self.teller.act(&Order {
            kind,
            instruction,
            signers: &[signer],
            may_be_refused: &[],
            trace: Trace::None,
        })
    }

    fn customer(&mut self) -> Key {
        let shared = self.teller.shared.clone();
        let chosen = self.teller.random.choose(&shared.customers).copied();
        chosen.unwrap_or(shared.treasury)
    }

    fn until(&mut self, (least, most): (u64, u64)) -> Instant {
        Instant::now() + Duration::from_millis(self.teller.random.between(least, most))
    }

    fn freeze(&mut self) -> Result<()> {
        let shared = self.teller.shared.clone();
        let customer = self.customer();
        let account = shared.token_account(&customer);
        if self.frozen.contains_key(&account) {
            return Ok(());
        }
        let desk = shared.keys.compliance;
        let verdict = self.teller.act(&Order {
            kind: "freeze",
            instruction: instruction::freeze(&shared.deployment, desk.address(), account, REASON),
            signers: &[desk],
            // Frozen already: a redemption was given back to a blocked wallet.
            may_be_refused: &["InvalidState"],
            trace: Trace::None,
        })?;
        if verdict.done().is_some() {
            let until = self.until(FROZEN);
            self.frozen.insert(account, until);
        }
        Ok(())
    }

    fn block(&mut self) -> Result<()> {
        let shared = self.teller.shared.clone();
        let wallet = self.customer().address();
        if self.blocked.contains_key(&wallet) {
            return Ok(());
        }
        let desk = shared.keys.compliance;
        let block = instruction::block_wallet(&shared.deployment, desk.address(), wallet, REASON);
        self.must("block_wallet", block, desk)?;
        let until = self.until(FROZEN);
        self.blocked.insert(wallet, until);
        Ok(())
    }

    fn pause(&mut self) -> Result<()> {
        if self.paused.is_some() {
            return Ok(());
        }
        let shared = self.teller.shared.clone();
        let flags = u8::try_from(self.teller.random.between(1, u64::from(PAUSE_ALL))).unwrap_or(PAUSE_ALL);
        let pauser = shared.keys.pauser;
        let pause = instruction::pause(&shared.deployment, pauser.address(), flags);
        self.must("pause", pause, pauser)?;
        let until = self.until(PAUSED);
        self.paused = Some((flags, until));
        Ok(())
    }

    /// An order from its opening to its end: in one part or in two.
    fn seize(&mut self) -> Result<()> {
        let shared = self.teller.shared.clone();
        let subject = self.customer();
        let holding = self
            .teller
            .ask(|chain| fetch::balance(chain, &shared.deployment, &subject.address()))?;
        if holding < 100 {
            return Ok(());
        }
        self.orders += 1;
        let now = self.teller.ask(|chain| chain.now())?;
        let cap = self.teller.random.between(2, holding / 10);
        let (source, destination) = (
            shared.token_account(&subject),
            shared.token_account(&shared.treasury),
        );
        let terms = OrderTerms {
            case_hash: hash_of(&format!("case {}", self.orders)),
            subject: source,
            destination,
            cap,
            // Longer than any run, jumps of the clock included.
            expires_at: now + 10 * 86_400,
        };
        let (sponsor, officer, enforcer) = (
            shared.keys.sponsor,
            shared.keys.court_officer,
            shared.keys.enforcer,
        );
        self.teller.act(&Order {
            kind: "open_order",
            instruction: instruction::open_order(
                &shared.deployment,
                sponsor.address(),
                officer.address(),
                &terms,
            ),
            signers: &[sponsor, officer],
            may_be_refused: &[],
            trace: Trace::None,
        })?;
        let first = self.teller.random.between(1, cap);
        for amount in [first, cap - first].into_iter().filter(|amount| *amount > 0) {
            let verdict = self.teller.act(&Order {
                kind: "execute_order",
                instruction: instruction::execute_order(
                    &shared.deployment,
                    enforcer.address(),
                    &terms,
                    amount,
                ),
                signers: &[enforcer],
                // He may have paid it away meanwhile.
                may_be_refused: &["InsufficientTokens", OUT_OF_UNITS],
                trace: Trace::None,
            })?;
            if verdict.done().is_some() {
                lock(&shared.journal).transfer(source, destination, amount);
            }
        }
        let close = instruction::close_order(&shared.deployment, officer.address(), &terms.case_hash);
        self.must("close_order", close, officer)?;
        Ok(())
    }

    /// Flags a redemption whose term is over, whoever is to blame.
    fn flag(&mut self) -> Result<()> {
        let shared = self.teller.shared.clone();
        let left = lock(&shared.left).clone();
        let Some((place, request)) = self.teller.random.choose(&left).copied() else {
            return Ok(());
        };
        let now = self.teller.ask(|chain| chain.now())?;
        let open = self
            .teller
            .ask(|chain| fetch::redemption(chain, &request.redemption))?;
        if open.is_none_or(|open| open.overdue == 1 || now <= open.due_at) {
            return Ok(());
        }
        let caller = shared.keys.stranger;
        self.teller.act(&Order {
            kind: "flag_overdue",
            instruction: instruction::flag_overdue(
                &shared.deployment,
                &shared.banks[place].bic,
                caller.address(),
                request.redemption,
            ),
            signers: &[caller],
            // The bank or the holder may have ended it meanwhile.
            may_be_refused: &GONE,
            trace: Trace::None,
        })?;
        Ok(())
    }

    /// The program's own check, which must hold between any two transactions.
    fn check(&mut self) -> Result<()> {
        let shared = self.teller.shared.clone();
        let caller = shared.keys.stranger;
        let banks = shared.banks.map(|bank| bank.bic);
        let check = instruction::check_invariants(&shared.deployment, caller.address(), &banks);
        let Some(receipt) = self.must("check_invariants", check, caller)?.done() else {
            return Ok(());
        };
        let reports: Vec<_> = receipt
            .events
            .iter()
            .filter_map(|event| match event {
                Event::InvariantsChecked(report) => Some(report),
                _ => None,
            })
            .collect();
        if reports.is_empty() || reports.iter().any(|report| report.violations != 0) {
            self.teller.finding(format!(
                "the invariants, checked in {}: {reports:?}",
                receipt.signature
            ));
        }
        Ok(())
    }
}
