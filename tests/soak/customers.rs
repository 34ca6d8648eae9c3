//! The holders: they pay each other by plain Token-2022, ask banks for tenge, and take back what no bank answers.

use kzte_client::{
    Chain, fetch,
    instruction::{self, GiveBack, RedemptionRequest, transfer_checked},
};
use kzte_harness::{Key, key::hash_of};

use crate::{
    bank::GONE,
    stage::{BANKS, MAX_STATEMENT_AGE, Request},
    tally::lock,
    teller::{OUT_OF_UNITS, Order, Result, Teller, Trace},
};

/// Largest share of a balance that is redeemed at once: a part of so many.
const SHARE: u64 = 4;

/// Some of them, in one thread.
pub struct Customers {
    pub teller: Teller,
    /// Tells the threads' redemptions apart.
    thread: u64,
    requests: u64,
}

impl Customers {
    pub fn new(teller: Teller, thread: u64) -> Self {
        Self {
            teller,
            thread,
            requests: 0,
        }
    }

    /// Acts until it is told to stop.
    pub fn work(&mut self) -> Result<()> {
        while !self.teller.shared.is_stopping() {
            match self.teller.random.between(0, 99) {
                0..70 => self.transfer()?,
                70..96 => self.request()?,
                _ => self.cancel()?,
            }
        }
        Ok(())
    }

    fn somebody(&mut self) -> Key {
        let shared = self.teller.shared.clone();
        let chosen = self.teller.random.choose(&shared.customers).copied();
        chosen.unwrap_or(shared.treasury)
    }

    /// What somebody holds, as the chain says.
    fn holding(&self, who: &Key) -> Result<u64> {
        let shared = &self.teller.shared;
        self.teller
            .ask(|chain| fetch::balance(chain, &shared.deployment, &who.address()))
    }

    fn transfer(&mut self) -> Result<()> {
        let (from, to) = (self.somebody(), self.somebody());
        let holding = self.holding(&from)?;
        if from == to || holding == 0 {
            return Ok(());
        }
        let shared = self.teller.shared.clone();
        let amount = self.teller.random.between(1, holding);
        let (source, destination) = (shared.token_account(&from), shared.token_account(&to));
        let verdict = self.teller.act(&Order {
            kind: "transfer_checked",
            instruction: transfer_checked(&shared.deployment, source, destination, from.address(), amount),
            signers: &[from],
            may_be_refused: &["AccountFrozen", "MintPaused", "InsufficientFunds"],
            trace: Trace::None,
        })?;
        if verdict.done().is_some() {
            lock(&shared.journal).transfer(source, destination, amount);
        }
        Ok(())
    }

    fn request(&mut self) -> Result<()> {
        let owner = self.somebody();
        let holding = self.holding(&owner)?;
        if holding < SHARE {
            return Ok(());
        }
        let shared = self.teller.shared.clone();
        let place = usize::try_from(self.teller.random.between(0, BANKS as u64 - 1)).unwrap_or(0);
        let bank = shared.banks[place];
        let amount = self.teller.random.between(1, holding / SHARE);
        self.requests += 1;
        let nonce = (self.thread << 32) | self.requests;
        let redemption = shared.deployment.redemption(&bank.bic, &owner.address(), nonce);
        let source = shared.token_account(&owner);
        let request = RedemptionRequest {
            token_account: source,
            nonce,
            amount,
            payout_hash: hash_of(&format!("payout {nonce}")),
        };
        let signers = [owner];
        let order = |may_be_refused| Order {
            kind: "request_redemption",
            instruction: instruction::request_redemption(
                &shared.deployment,
                &bank.bic,
                owner.address(),
                &request,
            ),
            signers: &signers,
            may_be_refused,
            trace: Trace::Redemption(redemption),
        };
        let first = order(&[
            "RedemptionRequestPaused",
            "TransferPaused",
            "WalletBlocked",
            "TokenAccountFrozen",
            "InsufficientTokens",
        ]);
        if self.teller.act(&first)?.done().is_none() {
            return Ok(());
        }
        {
            let mut journal = lock(&shared.journal);
            journal.transfer(source, shared.deployment.escrow(&bank.bic), amount);
            let books = &mut journal.banks[place];
            books.open.insert(redemption, amount);
            books.redemptions.insert(redemption);
        }
        // Before the bank hears of it: a redemption that has ended could be opened again under its nonce.
        if self.teller.random.chance(60) {
            self.teller.must_refuse(&order(&[
                "AccountAlreadyInUse",
                "ConstraintZero",
                "AccountAlreadyInitialized",
            ]))?;
        }
        lock(&shared.inboxes[place]).requests.push(Request {
            redemption,
            owner: owner.address(),
            amount,
        });
        Ok(())
    }

    /// Takes back what no bank has answered in all the time that it had.
    fn cancel(&mut self) -> Result<()> {
        let shared = self.teller.shared.clone();
        let left = lock(&shared.left).clone();
        let Some((place, request)) = self.teller.random.choose(&left).copied() else {
            return Ok(());
        };
        let now = self.teller.ask(|chain| chain.now())?;
        let open = self
            .teller
            .ask(|chain| fetch::redemption(chain, &request.redemption))?;
        if open.is_none_or(|open| now < open.due_at + MAX_STATEMENT_AGE) {
            return Ok(());
        }
        let Some(owner) = shared
            .customers
            .iter()
            .find(|key| key.address() == request.owner)
            .copied()
        else {
            return Ok(());
        };
        let bank = shared.banks[place];
        let destination = shared.token_account(&owner);
        let give_back = GiveBack {
            redemption: request.redemption,
            owner: owner.address(),
            destination,
        };
        let verdict = self.teller.act(&Order {
            kind: "cancel_redemption",
            instruction: instruction::cancel_redemption(&shared.deployment, &bank.bic, &give_back),
            signers: &[owner],
            // The bank may have rejected it meanwhile, or another thread cancelled it.
            may_be_refused: &[GONE[0], GONE[1], GONE[2], "RedemptionNotDue", OUT_OF_UNITS],
            trace: Trace::None,
        })?;
        if verdict.done().is_some() {
            let mut journal = lock(&shared.journal);
            journal.banks[place].open.remove(&request.redemption);
            journal.transfer(shared.deployment.escrow(&bank.bic), destination, request.amount);
        }
        Ok(())
    }
}
