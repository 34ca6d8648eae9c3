//! A bank's day, over and over: its core system's file comes in, becomes a statement, is voted on; redemptions that
//! were paid are settled, deposits become tokens; requests are decided on; books between banks are squared.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    thread,
    time::Duration,
};

use kzte_cli::{import, keys::ReferenceKey};
use kzte_client::{
    Address, Chain, Event, Instruction, PROGRAM_ID, fetch,
    instruction::{self, GiveBack, Novation, Recipient},
    reserve::StatementFile,
};
use kzte_harness::{Bank, Key, Line, credit, debit, key::hash_of, neutral_credit, neutral_debit};
use kzte_ledger::{Entry, EntryKind};

use crate::{
    camt,
    stage::{BANKS, Request, Shared},
    tally::lock,
    teller::{Fatal, OUT_OF_UNITS, Order, Result, Teller, Trace, Verdict},
};

/// A bank's own money, which stands in its first statement, tiyn: room to take over what other banks owe.
const CAPITAL: u64 = 1_000_000_000_000;
/// Largest deposit, tiyn.
const DEPOSIT: u64 = 5_000_000;
/// Reason code of a rejection.
const REASON: u16 = 7;
/// Longest run of entries in one transaction: longer ones do not fit with their proofs.
const RUN: usize = 4;

/// Refusals of a mint that pauses, freezes, blocks and late settlements bring; the entry waits for the next round.
const MINT_REFUSALS: [&str; 7] = [
    "MintPaused",
    "TransferPaused",
    "WalletBlocked",
    "TokenAccountFrozen",
    "AccountFrozen",
    "StatementStale",
    "RedemptionOverdue",
];
/// As above, and a run whose proof leaves no room in a transaction.
const RUN_REFUSALS: [&str; 8] = [
    "MintPaused",
    "TransferPaused",
    "WalletBlocked",
    "TokenAccountFrozen",
    "AccountFrozen",
    "StatementStale",
    "RedemptionOverdue",
    "TooLarge",
];
/// How the framework refuses an account that is gone: by its length, or by its owner.
pub const GONE: [&str; 3] = ["AccountDataTooSmall", "UninitializedAccount", "IllegalOwner"];

/// An effective statement that still has something to do.
struct Open {
    file: StatementFile,
    /// Credits that are not minted.
    credits: BTreeSet<u32>,
    /// Debits that are not settled, each with the request that it pays.
    debits: BTreeMap<u32, Request>,
}

/// A bank at work.
pub struct Branch {
    pub teller: Teller,
    place: usize,
    bank: Bank,
    key: ReferenceKey,
    open: BTreeMap<u64, Open>,
    /// Paid in the next statement.
    due: Vec<Request>,
    /// Nobody decides on them before they are overdue.
    left: Vec<Request>,
    round: u64,
}

impl Branch {
    pub fn new(teller: Teller, place: usize) -> Self {
        let bank = teller.shared.banks[place];
        Self {
            teller,
            place,
            bank,
            key: ReferenceKey::new(hash_of(&format!("reference key of {}", bank.bic))),
            open: BTreeMap::new(),
            due: Vec::new(),
            left: Vec::new(),
            round: 0,
        }
    }

    /// Works until it is told to stop.
    pub fn work(&mut self) -> Result<()> {
        while !self.shared().is_stopping() {
            self.round(false)?;
            self.shared().tally.rounds.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Settles and mints what can be. `true`: nothing is left to do.
    pub fn finish(&mut self) -> Result<bool> {
        if self.has_work() {
            self.round(true)?;
        }
        Ok(!self.has_work())
    }

    fn has_work(&self) -> bool {
        let inbox = lock(&self.shared().inboxes[self.place]);
        !(inbox.requests.is_empty()
            && inbox.settlements.is_empty()
            && self.due.is_empty()
            && self
                .open
                .values()
                .all(|open| open.credits.is_empty() && open.debits.is_empty()))
    }

    fn shared(&self) -> &Shared {
        &self.teller.shared
    }

    fn round(&mut self, is_last: bool) -> Result<()> {
        self.round += 1;
        self.decide_requests(is_last)?;
        let lines = self.lines(is_last);
        let file = self.post(&lines, is_last)?;
        self.vote(&file)?;
        self.settle()?;
        self.mint(is_last)?;
        if !is_last {
            self.burn_own_stock()?;
            self.novate_at_will()?;
        }
        self.close_exhausted(is_last)
    }

    // ── requests ────────────────────────────────────────────────────────────────────────────

    /// Pays most, rejects some, leaves a few until they are overdue.
    fn decide_requests(&mut self, is_last: bool) -> Result<()> {
        let requests = std::mem::take(&mut lock(&self.shared().inboxes[self.place]).requests);
        for request in requests {
            match self.teller.random.between(0, 99) {
                0..75 => self.due.push(request),
                75..92 => self.reject(&request)?,
                _ => {
                    self.left.push(request);
                    let place = self.place;
                    lock(&self.shared().left).push((place, request));
                }
            }
        }
        // One that is flagged as overdue stops the bank's minting, so it is rejected at last.
        let now = self.teller.ask(|chain| chain.now())?;
        for request in std::mem::take(&mut self.left) {
            let found = self
                .teller
                .ask(|chain| fetch::redemption(chain, &request.redemption))?;
            let is_overdue = found.is_some_and(|open| now > open.due_at);
            if is_overdue && (is_last || self.teller.random.chance(300)) {
                self.reject(&request)?;
                self.forget_left(&request);
            } else if found.is_none() {
                // The holder took it back.
                self.forget_left(&request);
            } else {
                self.left.push(request);
            }
        }
        Ok(())
    }

    fn forget_left(&self, request: &Request) {
        lock(&self.shared().left).retain(|(_, left)| left.redemption != request.redemption);
    }

    fn reject(&mut self, request: &Request) -> Result<()> {
        let shared = self.teller.shared.clone();
        let destination = shared.deployment.token_account(&request.owner);
        let give_back = GiveBack {
            redemption: request.redemption,
            owner: request.owner,
            destination,
        };
        let verdict = self.teller.act(&Order {
            kind: "reject_redemption",
            instruction: instruction::reject_redemption(
                &shared.deployment,
                &self.bank.bic,
                self.bank.operator.address(),
                &give_back,
                REASON,
            ),
            signers: &[self.bank.operator],
            // The holder may have taken it back meanwhile.
            may_be_refused: &[GONE[0], GONE[1], GONE[2], OUT_OF_UNITS],
            trace: Trace::None,
        })?;
        if verdict.is_refused_as(OUT_OF_UNITS) {
            self.due.push(*request);
        }
        if verdict.done().is_some() {
            let mut journal = lock(&shared.journal);
            journal.banks[self.place].open.remove(&request.redemption);
            journal.transfer(
                shared.deployment.escrow(&self.bank.bic),
                destination,
                request.amount,
            );
        }
        Ok(())
    }

    // ── statements ──────────────────────────────────────────────────────────────────────────

    /// What has happened on the reserve account since the last statement.
    fn lines(&mut self, is_last: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.round == 1 {
            lines.push(neutral_credit(CAPITAL));
        }
        let random = &mut self.teller.random;
        let deposits = if is_last { 0 } else { random.between(3, 9) };
        for _ in 0..deposits {
            let amount = random.between(1, DEPOSIT);
            let party = match random.between(0, 19) {
                // The bank's own stock, to be burned again.
                0 => self.bank.operator.address(),
                _ => random
                    .choose(&self.teller.shared.customers)
                    .map_or_else(Address::default, Key::address),
            };
            lines.push(credit(amount, party));
        }
        if !is_last && random.chance(300) {
            lines.push(neutral_debit(random.between(1, 1_000)));
        }
        for request in &self.due {
            lines.push(debit(request.amount, request.redemption));
        }
        lines.append(&mut lock(&self.teller.shared.inboxes[self.place]).settlements);
        if lines.is_empty() {
            // Interest: a statement for its date alone.
            lines.push(neutral_credit(1));
        }
        if !is_last && self.round > 1 {
            random.shuffle(&mut lines);
        }
        lines
    }

    /// Writes the bank's file, reads it back as the bank and its attestors do, and puts it before the attestors.
    fn post(&mut self, lines: &[Line], is_last: bool) -> Result<StatementFile> {
        let shared = self.teller.shared.clone();
        let ((last, last_as_of), opening) = shared.books(self.place, |books| (books.last(), books.closing()));
        let number = last + 1;
        loop {
            let as_of = self.wait_past(last_as_of)?;
            if !is_last && self.teller.random.chance(80) {
                self.post_and_withdraw(number, opening, as_of)?;
            }
            let path = self.write(number, opening, as_of, lines)?;
            let file = self.read(&path, number)?;
            let posted = self.post_file(&file, &["StatementNotLater", "StatementInFuture"])?;
            if posted.done().is_some() {
                if self.teller.random.chance(100) {
                    self.teller.must_refuse(&Order {
                        kind: "post_statement",
                        instruction: self.post_instruction(&file),
                        signers: &[self.bank.operator],
                        may_be_refused: &[
                            "AccountAlreadyInUse",
                            "ConstraintZero",
                            "AccountAlreadyInitialized",
                        ],
                        trace: Trace::None,
                    })?;
                }
                return Ok(file);
            }
        }
    }

    /// A statement with a mistake: posted, seen, withdrawn before anybody votes.
    fn post_and_withdraw(&mut self, number: u64, opening: u64, as_of: i64) -> Result<()> {
        let path = self.write(number, opening, as_of, &[neutral_credit(1)])?;
        let file = self.read(&path, number)?;
        let posted = self.post_file(&file, &["StatementNotLater", "StatementInFuture"])?;
        if posted.done().is_none() {
            return Ok(());
        }
        let operator = self.bank.operator.address();
        self.teller.act(&Order {
            kind: "withdraw_statement",
            instruction: instruction::withdraw_statement(
                &self.teller.shared.deployment,
                &self.bank.bic,
                operator,
                number,
                operator,
            ),
            signers: &[self.bank.operator],
            may_be_refused: &[],
            trace: Trace::None,
        })?;
        Ok(())
    }

    fn post_file(&mut self, file: &StatementFile, may_be_refused: &[&'static str]) -> Result<Verdict> {
        self.teller.act(&Order {
            kind: "post_statement",
            instruction: self.post_instruction(file),
            signers: &[self.bank.operator],
            may_be_refused,
            trace: Trace::None,
        })
    }

    fn post_instruction(&self, file: &StatementFile) -> Instruction {
        instruction::post_statement(
            &self.shared().deployment,
            &self.bank.bic,
            self.bank.operator.address(),
            file.args(),
        )
    }

    /// The chain's time, once it is past `moment`.
    fn wait_past(&self, moment: i64) -> Result<i64> {
        loop {
            let now = self.teller.ask(|chain| chain.now())?;
            if now > moment {
                return Ok(now);
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn write(&self, number: u64, opening: u64, as_of: i64, lines: &[Line]) -> Result<PathBuf> {
        let header = camt::Header {
            bic: self.bank.bic,
            number,
            opening,
            as_of,
        };
        let text = camt::document(&header, lines)
            .ok_or_else(|| Fatal(format!("{}: these lines make no statement", self.bank.bic)))?;
        let path = self
            .shared()
            .folder
            .join(format!("{}-{number:06}.xml", self.bank.bic));
        fs::write(&path, text).map_err(|error| Fatal(format!("{}: {error}", path.display())))?;
        Ok(path)
    }

    /// As `kzte statement import` reads it.
    fn read(&self, path: &Path, number: u64) -> Result<StatementFile> {
        let wrong = |failure: kzte_cli::failure::Failure| Fatal(failure.message);
        let mut imports = import::read_file(path, &self.key, number).map_err(wrong)?;
        match (imports.pop(), imports.is_empty()) {
            (Some(import), true) => {
                import::check_bank(&import, &self.bank.bic).map_err(wrong)?;
                Ok(import.statement)
            }
            _ => Err(Fatal(format!("{}: not one statement", path.display()))),
        }
    }

    /// Attestors read the bank's file themselves and vote, in any order, until it is effective.
    fn vote(&mut self, file: &StatementFile) -> Result<()> {
        let shared = self.teller.shared.clone();
        let number = file.totals.number;
        let path = shared.folder.join(format!("{}-{number:06}.xml", self.bank.bic));
        let mut attestors = shared.keys.attestors;
        self.teller.random.shuffle(&mut attestors);
        for attestor in attestors {
            let own = self.read(&path, number)?;
            let version = self
                .teller
                .ask(|chain| fetch::config(chain, &shared.deployment))?
                .attestor_set_version;
            let digest = own.digest(
                &PROGRAM_ID,
                &shared.deployment.config,
                &shared.deployment.issuer(&self.bank.bic),
                version,
            );
            let signers = [attestor];
            let order = |may_be_refused| Order {
                kind: "attest_statement",
                instruction: instruction::attest_statement(
                    &shared.deployment,
                    &self.bank.bic,
                    attestor.address(),
                    number,
                    digest,
                ),
                signers: &signers,
                may_be_refused,
                trace: Trace::None,
            };
            let (vote, again) = (order(&[]), order(&["AlreadyAttested", "StatementEffective"]));
            let Some(receipt) = self.teller.act(&vote)?.done() else {
                continue;
            };
            if self.teller.random.chance(50) {
                self.teller.must_refuse(&again)?;
            }
            let is_effective = receipt
                .events
                .iter()
                .any(|event| matches!(event, Event::StatementAttested(vote) if vote.effective == 1));
            if is_effective {
                self.is_effective(file.clone());
                return Ok(());
            }
        }
        Err(Fatal(format!(
            "{}: all attestors voted for statement {number}, and it is not effective",
            self.bank.bic
        )))
    }

    fn is_effective(&mut self, file: StatementFile) {
        let due: BTreeMap<Address, Request> = std::mem::take(&mut self.due)
            .into_iter()
            .map(|request| (request.redemption, request))
            .collect();
        let mut open = Open {
            file: file.clone(),
            credits: BTreeSet::new(),
            debits: BTreeMap::new(),
        };
        for entry in file.entries.iter().filter(|entry| entry.is_actionable()) {
            let party = Address::new_from_array(entry.party);
            match entry.kind {
                EntryKind::Credit => {
                    open.credits.insert(entry.index);
                }
                EntryKind::Debit => {
                    if let Some(request) = due.get(&party) {
                        open.debits.insert(entry.index, *request);
                    }
                }
            }
        }
        let number = file.totals.number;
        self.shared().books(self.place, |books| {
            books.statements.insert(number, file);
        });
        self.open.insert(number, open);
    }

    // ── settlement ──────────────────────────────────────────────────────────────────────────

    fn settle(&mut self) -> Result<()> {
        let todo: Vec<(u64, u32, Request)> = self
            .open
            .iter()
            .flat_map(|(number, open)| {
                let debits = open.debits.iter();
                debits.map(|(index, request)| (*number, *index, *request))
            })
            .collect();
        for (number, index, request) in todo {
            let mut verdict = self.settle_one(number, index, &request)?;
            // It owes less than it was asked to redeem: another bank minted that.
            if verdict.is_refused_as("OutstandingExceeded") && self.take_over(request.amount)? {
                verdict = self.settle_one(number, index, &request)?;
            }
            if verdict.done().is_none() {
                continue;
            }
            if let Some(open) = self.open.get_mut(&number) {
                open.debits.remove(&index);
            }
            let shared = self.teller.shared.clone();
            {
                let mut journal = lock(&shared.journal);
                let escrow = shared.deployment.escrow(&self.bank.bic);
                journal.take(escrow, request.amount);
                let books = &mut journal.banks[self.place];
                books.settled += request.amount;
                books.consume(number, index);
                books.open.remove(&request.redemption);
            }
            if self.teller.random.chance(60) {
                let signers = [self.bank.operator];
                let mut refusals = GONE.to_vec();
                refusals.extend(["EntryConsumed", OUT_OF_UNITS]);
                let order = self.settle_order(number, index, &request, &signers, &refusals)?;
                self.teller.must_refuse(&order)?;
            }
        }
        Ok(())
    }

    fn settle_one(&mut self, number: u64, index: u32, request: &Request) -> Result<Verdict> {
        let signers = [self.bank.operator];
        let order = self.settle_order(
            number,
            index,
            request,
            &signers,
            &["OutstandingExceeded", OUT_OF_UNITS],
        )?;
        self.teller.act(&order)
    }

    fn settle_order<'a>(
        &self,
        number: u64,
        index: u32,
        request: &Request,
        signers: &'a [Key],
        may_be_refused: &'a [&'static str],
    ) -> Result<Order<'a>> {
        let (entry, proof) = self.proven(number, index)?;
        Ok(Order {
            kind: "settle_redemption",
            instruction: instruction::settle_redemption(
                &self.shared().deployment,
                &self.bank.bic,
                self.bank.operator.address(),
                number,
                request.owner,
                &entry,
                &proof,
            ),
            signers,
            may_be_refused,
            trace: Trace::Entry(self.place, number, index),
        })
    }

    /// An entry of an open statement with its proof.
    fn proven(&self, number: u64, index: u32) -> Result<(Entry, Vec<[u8; 32]>)> {
        let found = self.open.get(&number).and_then(|open| {
            let entry = *open.file.entries.get(index as usize)?;
            Some((entry, open.file.proof(index)?))
        });
        found.ok_or_else(|| Fatal(format!("{}: there is no entry {number}/{index}", self.bank.bic)))
    }

    // ── between banks ───────────────────────────────────────────────────────────────────────

    /// Takes over as much as is missing for `amount` from whoever owes most. `false`: nobody could give it.
    fn take_over(&mut self, amount: u64) -> Result<bool> {
        let shared = self.teller.shared.clone();
        let mut missing = amount.saturating_sub(shared.books(self.place, |books| books.outstanding()));
        let mut givers: Vec<(u64, usize)> = (0..BANKS)
            .filter(|place| *place != self.place)
            .map(|place| (shared.books(place, |books| books.outstanding()), place))
            .collect();
        givers.sort_unstable();
        for (outstanding, giver) in givers.into_iter().rev() {
            let share = missing.min(outstanding);
            if share > 0 && self.novate(giver, self.place, share)? {
                missing -= share;
            }
        }
        Ok(missing == 0)
    }

    /// Banks square their books now and then without need.
    fn novate_at_will(&mut self) -> Result<()> {
        let shared = self.teller.shared.clone();
        if !self.teller.random.chance(200) {
            return Ok(());
        }
        let others: Vec<usize> = (0..BANKS).filter(|place| *place != self.place).collect();
        let share = shared.books(self.place, |books| books.outstanding()) / 50;
        if let Some(taker) = self.teller.random.choose(&others).copied()
            && share > 0
        {
            self.novate(self.place, taker, share)?;
        }
        Ok(())
    }

    fn novate(&mut self, giver: usize, taker: usize, amount: u64) -> Result<bool> {
        let shared = self.teller.shared.clone();
        let (from, to) = (shared.banks[giver], shared.banks[taker]);
        let verdict = self.teller.act(&Order {
            kind: "novate",
            instruction: instruction::novate(
                &shared.deployment,
                &Novation {
                    giver: from.bic,
                    operator: from.operator.address(),
                    taker: to.bic,
                    taker_operator: to.operator.address(),
                    amount,
                    reference_hash: hash_of(&format!("agreement {giver} {taker} {}", self.round)),
                },
            ),
            signers: &[from.operator, to.operator],
            // The giver may have settled meanwhile; a taker with an overdue redemption takes no more than it needs.
            may_be_refused: &["OutstandingExceeded", "TakeoverNotNeeded"],
            trace: Trace::None,
        })?;
        if verdict.done().is_none() {
            return Ok(false);
        }
        {
            let mut journal = lock(&shared.journal);
            journal.banks[giver].novated_out += amount;
            journal.banks[taker].novated_in += amount;
        }
        // Who hands a liability over pays for it: in the next statements of both.
        lock(&shared.inboxes[giver])
            .settlements
            .push(neutral_debit(amount));
        lock(&shared.inboxes[taker])
            .settlements
            .push(neutral_credit(amount));
        Ok(true)
    }

    // ── issuance ────────────────────────────────────────────────────────────────────────────

    fn mint(&mut self, is_last: bool) -> Result<()> {
        let numbers: Vec<u64> = self.open.keys().copied().collect();
        for number in numbers {
            let mut rest: Vec<u32> = self
                .open
                .get(&number)
                .map(|open| open.credits.iter().copied().collect())
                .unwrap_or_default();
            rest.reverse();
            while let Some(index) = rest.pop() {
                // What is left is minted when the faults are over.
                if !is_last && self.shared().is_stopping() {
                    return Ok(());
                }
                let mut run = vec![index];
                let most = match self.teller.random.chance(500) {
                    true if !is_last => RUN,
                    _ => 1,
                };
                while run.len() < most && rest.last().copied() == run.last().map(|last| last + 1) {
                    run.extend(rest.pop());
                }
                if run.len() > 1 && self.mint_many(number, &run)? {
                    continue;
                }
                for index in run {
                    self.mint_one(number, index)?;
                }
            }
        }
        Ok(())
    }

    fn mint_one(&mut self, number: u64, index: u32) -> Result<()> {
        let (entry, proof) = self.proven(number, index)?;
        let wallet = Address::new_from_array(entry.party);
        let shared = self.teller.shared.clone();
        let signers = [self.bank.operator];
        let order = |may_be_refused| Order {
            kind: "mint",
            instruction: instruction::mint(
                &shared.deployment,
                &self.bank.bic,
                self.bank.operator.address(),
                number,
                Recipient::of(wallet, &shared.deployment.mint),
                &entry,
                &proof,
            ),
            signers: &signers,
            may_be_refused,
            trace: Trace::Entry(self.place, number, index),
        };
        // A mint checks the pauses and the wallet before it comes to the entry.
        let (mint, again) = (
            order(&MINT_REFUSALS),
            order(&[
                "EntryConsumed",
                "MintPaused",
                "TransferPaused",
                "WalletBlocked",
                "TokenAccountFrozen",
                "RedemptionOverdue",
                "StatementStale",
            ]),
        );
        if self.teller.act(&mint)?.done().is_some() {
            self.is_minted(number, &[entry]);
            if self.teller.random.chance(60) {
                self.teller.must_refuse(&again)?;
            }
        }
        Ok(())
    }

    /// Whether the run was minted in one transaction.
    fn mint_many(&mut self, number: u64, run: &[u32]) -> Result<bool> {
        let shared = self.teller.shared.clone();
        let (first, length) = (run[0], run.len());
        let found = self.open.get(&number).and_then(|open| {
            let start = first as usize;
            let entries = open.file.entries.get(start..start + length)?.to_vec();
            Some((entries, open.file.run_proof(first, u32::try_from(length).ok()?)?))
        });
        let (entries, proof) =
            found.ok_or_else(|| Fatal(format!("{}: there is no run {number}/{first}", self.bank.bic)))?;
        let pairs: Vec<(Recipient, Entry)> = entries
            .iter()
            .map(|entry| {
                let wallet = Address::new_from_array(entry.party);
                (Recipient::of(wallet, &shared.deployment.mint), *entry)
            })
            .collect();
        let verdict = self.teller.act(&Order {
            kind: "mint_many",
            instruction: instruction::mint_many(
                &shared.deployment,
                &self.bank.bic,
                self.bank.operator.address(),
                number,
                &pairs,
                &proof,
            ),
            signers: &[self.bank.operator],
            may_be_refused: &RUN_REFUSALS,
            trace: Trace::Entry(self.place, number, first),
        })?;
        let is_done = verdict.done().is_some();
        if is_done {
            self.is_minted(number, &entries);
        }
        Ok(is_done)
    }

    fn is_minted(&mut self, number: u64, entries: &[Entry]) {
        let shared = self.teller.shared.clone();
        let mut journal = lock(&shared.journal);
        for entry in entries {
            let wallet = Address::new_from_array(entry.party);
            journal.give(shared.deployment.token_account(&wallet), entry.amount);
            let books = &mut journal.banks[self.place];
            books.minted += entry.amount;
            books.consume(number, entry.index);
            if let Some(open) = self.open.get_mut(&number) {
                open.credits.remove(&entry.index);
            }
        }
    }

    fn burn_own_stock(&mut self) -> Result<()> {
        let shared = self.teller.shared.clone();
        let account = shared.token_account(&self.bank.operator);
        let stock = lock(&shared.journal).balances.get(&account).copied().unwrap_or(0);
        let Some(stock) = u64::try_from(stock).ok().filter(|stock| *stock > 0) else {
            return Ok(());
        };
        if !self.teller.random.chance(300) {
            return Ok(());
        }
        let amount = self.teller.random.between(1, stock);
        let verdict = self.teller.act(&Order {
            kind: "burn",
            instruction: instruction::burn(
                &shared.deployment,
                &self.bank.bic,
                self.bank.operator.address(),
                account,
                amount,
                hash_of(&format!("burned in round {}", self.round)),
            ),
            signers: &[self.bank.operator],
            // What it owes may have moved to other banks.
            may_be_refused: &["OutstandingExceeded", OUT_OF_UNITS],
            trace: Trace::None,
        })?;
        if verdict.done().is_some() {
            let mut journal = lock(&shared.journal);
            journal.take(account, amount);
            journal.banks[self.place].burned += amount;
        }
        Ok(())
    }

    // ── the end of a statement ──────────────────────────────────────────────────────────────

    /// Anyone closes what has nothing left; some stay for a while, so that there are always both kinds.
    fn close_exhausted(&mut self, is_last: bool) -> Result<()> {
        let exhausted: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, open)| open.credits.is_empty() && open.debits.is_empty())
            .map(|(number, _)| *number)
            .collect();
        for number in exhausted {
            if is_last || !self.teller.random.chance(600) {
                continue;
            }
            let shared = self.teller.shared.clone();
            let verdict = self.teller.act(&Order {
                kind: "close_statement",
                instruction: instruction::close_statement(
                    &shared.deployment,
                    &self.bank.bic,
                    self.bank.operator.address(),
                    number,
                    self.bank.operator.address(),
                ),
                signers: &[self.bank.operator],
                may_be_refused: &[],
                trace: Trace::None,
            })?;
            if verdict.done().is_some() {
                self.open.remove(&number);
                shared.books(self.place, |books| books.closed.insert(number));
            }
        }
        Ok(())
    }
}
