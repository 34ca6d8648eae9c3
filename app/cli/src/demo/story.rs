//! The main path, day by day.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use kzte_client::{
    Address, Bic, Chain, Deployment, LocalChain, Signer, amount::format_tenge, fetch, reserve::StatementFile,
    state::STATEMENT_EFFECTIVE,
};
use kzte_ledger::EntryKind;
use kzte_migrations::{Applied, Attestor, Description, IssuerDescription, Migration, Policy, Roles, Token};

use super::{
    cast::{Cast, WALLETS},
    expect,
    record::{Chapter, Line, Position, Record, Totals},
    samples,
    view::Listener,
};
use crate::{
    bundle,
    failure::{Failure, Result},
    import,
    journal::Journal,
    keys::{Hand, text_hash},
    ops::{Status, Step, compliance, interbank, issuance, oversight, redemption, reserves, tokens},
    text::{Moment, plural},
};

/// Lamports that everybody starts with: 10 SOL.
const FUNDS: u64 = 10_000_000_000;
/// Seconds of a day.
const DAY: i64 = 86_400;
/// When the banks' files arrive, seconds behind the start of the chain's clock (08:00 in Kazakhstan): 18:40.
const EVENING: i64 = 10 * 3600 + 40 * 60;

/// A partner bank.
pub struct Bank {
    /// Its operator in the cast.
    pub id: &'static str,
    pub name: &'static str,
    pub bic: Bic,
    /// Its statements so far, by number, as their files hold them.
    pub statements: Vec<StatementFile>,
}

/// A redemption of the samples.
struct Payout {
    /// As the placeholder says.
    id: &'static str,
    bank: usize,
    holder: &'static str,
    amount: u64,
    account: &'static str,
    end_to_end_id: &'static str,
}

const ALTYNDALA: usize = 0;
const SARYZHAILAU: usize = 1;

const PAYOUTS: [Payout; 4] = [
    Payout {
        id: "R-0001",
        bank: ALTYNDALA,
        holder: "sayakhat-service",
        amount: 250_000_000,
        account: "KZ82990CUR0000007919",
        end_to_end_id: "KZTE-R-0001",
    },
    Payout {
        id: "R-0002",
        bank: SARYZHAILAU,
        holder: "zhibek-logistic",
        amount: 75_000_050,
        account: "KZ76991CUR0000063352",
        end_to_end_id: "KZTE-R-0002",
    },
    Payout {
        id: "R-0003",
        bank: ALTYNDALA,
        holder: "aigerim-trade",
        amount: 10_000_000,
        account: "KZ57990CUR0000015838",
        end_to_end_id: "KZTE-R-0003",
    },
    // No sample pays this one out: its bank lets the term pass.
    Payout {
        id: "R-0004",
        bank: SARYZHAILAU,
        holder: "sayakhat-service",
        amount: 100_000_000,
        account: "KZ82990CUR0000007919",
        end_to_end_id: "KZTE-R-0004",
    },
];

/// The play and its props.
pub struct Story<'a> {
    pub chain: LocalChain,
    pub cast: Cast,
    pub deployment: Deployment,
    pub banks: [Bank; 2],
    pub folder: PathBuf,
    pub samples: PathBuf,
    description: Description,
    journal: Journal,
    start: i64,
    record: Record,
    listener: &'a mut dyn Listener,
}

impl<'a> Story<'a> {
    pub fn new(
        program: &[u8],
        samples: &Path,
        folder: &Path,
        listener: &'a mut dyn Listener,
    ) -> Result<Self> {
        let cast = Cast::new();
        let mut chain = LocalChain::new(program, &cast.address("deployer"))?;
        for player in cast.players() {
            chain.fund(&player.address(), FUNDS)?;
        }
        // The mint's account must be empty until `initialize` makes it.
        let mint = cast.address("mint");
        chain.set_account(&mint, kzte_client::Account::default())?;
        let deployment = Deployment::of(mint);
        let bank = |id, name, bic: &str| -> Result<Bank> {
            let bic = bic
                .parse()
                .map_err(|error: kzte_client::BicError| Failure::usage(error.to_string(), ""))?;
            Ok(Bank {
                id,
                name,
                bic,
                statements: Vec::new(),
            })
        };
        let banks = [
            bank("altyndala", "Altyndala Bank", "ALTNKZKAXXX")?,
            bank("saryzhailau", "Saryzhailau Bank", "SARYKZ2AXXX")?,
        ];
        let description = description(&cast, &banks);
        Ok(Self {
            start: chain.time(),
            chain,
            cast,
            deployment,
            banks,
            folder: folder.to_owned(),
            samples: samples.to_owned(),
            description,
            journal: Journal::new(folder.join("journal")),
            record: Record::default(),
            listener,
        })
    }

    pub fn end(mut self) -> Record {
        self.record.sum_up();
        self.record
    }

    fn chapter(&mut self, title: String) {
        self.listener.chapter(&title);
        self.record.chapters.push(Chapter {
            title,
            lines: Vec::new(),
        });
    }

    /// Notes what somebody did.
    fn tell(&mut self, who: &str, what: &str, step: Step) {
        let what = self.cast.with_names(what);
        let line = Line {
            time: self.chain.time(),
            who: who.to_owned(),
            what,
            step,
        };
        self.listener.line(&line);
        // A transaction takes everybody a minute.
        if line.step.status == Status::Done && line.step.signature.is_some() {
            self.chain.advance(60);
        }
        if let Some(chapter) = self.record.chapters.last_mut() {
            chapter.lines.push(line);
        }
    }

    pub fn refused(&mut self, refusal: super::record::Refusal) {
        self.listener.refusal(&refusal);
        self.record.refusals.push(refusal);
    }

    fn warp(&mut self, day: i64, seconds: i64) {
        self.chain.warp_to(self.start + day * DAY + seconds);
    }

    /// A day's title: `Monday, 2026-11-16`.
    fn day(&mut self, name: &str, day: i64) {
        let date = Moment(self.start + day * DAY).date();
        self.chapter(format!("{name}, {date}"));
        self.warp(day, EVENING);
    }

    /// The deployment: mint, configuration, both banks, by the migrations.
    pub fn deploy(&mut self) -> Result<()> {
        self.chapter("The central bank opens KZTE and registers two banks".to_owned());
        let missing = Migration::of(&self.description)
            .plan(&self.chain, None, &[])?
            .len();
        expect(missing == 3, || {
            format!("a new chain lacks {missing} things instead of 3")
        })?;
        let applied = self.migrate()?;
        for action in applied {
            let (who, what) = match self
                .banks
                .iter()
                .find(|bank| bank.bic.to_string() == action.subject)
            {
                Some(bank) => {
                    let quota = self
                        .description
                        .issuers
                        .iter()
                        .find(|issuer| issuer.bic == bank.bic);
                    let quota = quota.map_or(0, |issuer| issuer.quota);
                    (
                        "Bank supervision",
                        format!(
                            "registers {} ({}), quota {}",
                            bank.name,
                            bank.bic,
                            format_tenge(quota)
                        ),
                    )
                }
                None => (
                    "Central bank",
                    "creates the mint and the configuration; 2 of 3 attestors, itself mandatory".to_owned(),
                ),
            };
            let step = Step::done("migrate", action.step, &action.receipt);
            self.tell(who, &what, step);
        }
        expect(self.migrate()?.is_empty(), || {
            "a second migration changed something".to_owned()
        })?;
        self.tell(
            "Central bank",
            "runs the migrations again",
            Step::already("migrate", "nothing is missing"),
        );
        Ok(())
    }

    fn migrate(&mut self) -> Result<Vec<Applied>> {
        let keys = [
            self.cast.key("deployer"),
            self.cast.key("mint"),
            self.cast.key("issuer-manager"),
        ];
        let payer = self.cast.key("treasury");
        let migration = Migration::of(&self.description);
        let outcome = migration.apply(&mut self.chain, payer, &keys, None, &mut |_| ())?;
        expect(outcome.waiting.is_empty(), || {
            "a deployment without a hand-over waits for somebody".to_owned()
        })?;
        Ok(outcome.applied)
    }

    /// The files as this run has them, the addresses in their places.
    fn sample(&self, name: &str) -> Result<PathBuf> {
        samples::fill(&self.samples, name, &self.folder, &|kind, id| match kind {
            "wallet" => WALLETS
                .iter()
                .any(|(wallet, _)| *wallet == id)
                .then(|| self.cast.address(id).to_string()),
            "redemption" => self.redemption_address(id).map(|address| address.to_string()),
            _ => None,
        })
    }

    fn redemption_address(&self, id: &str) -> Option<Address> {
        let payout = PAYOUTS.iter().find(|payout| payout.id == id)?;
        let bank = self.banks.get(payout.bank)?;
        let key = self.cast.reference_key(bank.id);
        let request = redemption::Request {
            issuer: &bank.bic,
            amount: payout.amount,
            account: payout.account,
            end_to_end_id: payout.end_to_end_id,
            key: &key,
        };
        Some(redemption::address_of(
            &self.deployment,
            &self.cast.address(payout.holder),
            &request,
        ))
    }

    pub fn bank(&self, bank: usize) -> &Bank {
        let [altyndala, saryzhailau] = &self.banks;
        if bank == ALTYNDALA { altyndala } else { saryzhailau }
    }

    /// The last number that is effective.
    fn last_number(&self, bank: usize) -> Result<u64> {
        let bic = self.bank(bank).bic;
        Ok(fetch::issuer(&self.chain, &self.deployment, &bic)?.map_or(0, |issuer| issuer.statement_number))
    }

    /// A bank imports its file into bundles; returns where the file is and the numbers of its statements.
    fn import(&mut self, bank: usize, sample: &str) -> Result<(PathBuf, Vec<u64>)> {
        let path = self.sample(sample)?;
        let (bic, name, id) = (self.bank(bank).bic, self.bank(bank).name, self.bank(bank).id);
        let first = self.last_number(bank)? + 1;
        let imports = import::read_file(&path, &self.cast.reference_key(id), first)?;
        let mut numbers = Vec::new();
        for import in imports {
            import::check_bank(&import, &bic)?;
            let written = bundle::write(&self.folder.join(id), &import)?;
            let loaded = bundle::read(&written.bundle)?;
            expect(loaded.statement == import.statement, || {
                format!("{} reads back otherwise", written.bundle.display())
            })?;
            let totals = import.statement.totals;
            let what = format!(
                "imports {sample}: statement {}, {}, opening {}",
                totals.number,
                plural(u64::from(totals.entry_count), "entry", "entries"),
                format_tenge(totals.opening)
            );
            let step = Step {
                status: Status::Done,
                entries: (0..totals.entry_count).collect(),
                amount: Some(totals.closing),
                ..Step::already("import", format!("closing {}", format_tenge(totals.closing)))
            };
            self.tell(name, &what, step);
            numbers.push(totals.number);
            let statements = match &mut self.banks {
                [altyndala, _] if bank == ALTYNDALA => &mut altyndala.statements,
                [_, saryzhailau] => &mut saryzhailau.statements,
            };
            statements.push(loaded.statement);
        }
        Ok((path, numbers))
    }

    pub fn statement(&self, bank: usize, number: u64) -> Result<StatementFile> {
        let found = self
            .bank(bank)
            .statements
            .iter()
            .find(|statement| statement.totals.number == number);
        found
            .cloned()
            .ok_or_else(|| Failure::mismatch(format!("statement {number} was not imported"), ""))
    }

    /// A bank posts a statement; `again`: it was posted before.
    fn post(&mut self, bank: usize, number: u64) -> Result<Step> {
        let file = self.statement(bank, number)?;
        let (bic, name, id) = (self.bank(bank).bic, self.bank(bank).name, self.bank(bank).id);
        let hand = Hand::of(self.cast.key(id));
        let step = reserves::post(&mut self.chain, &self.deployment, &hand, &bic, &file)?;
        self.tell(
            name,
            &format!("posts statement {number}, closing balance"),
            step.clone(),
        );
        Ok(step)
    }

    /// An attestor reads its own copy of the bank's file, compares, and votes.
    fn attest(&mut self, attestor: &str, bank: usize, number: u64, path: &Path) -> Result<Step> {
        let (bic, id) = (self.bank(bank).bic, self.bank(bank).id);
        let mut imports = import::read_file(path, &self.cast.reference_key(id), 1)?;
        let import = reserves::pick(&self.chain, &self.deployment, &bic, number, &mut imports)?;
        let hand = Hand::of(self.cast.key(attestor));
        let step = reserves::attest(&mut self.chain, &self.deployment, &hand, &bic, &import.statement)?;
        let who = self.cast.get(attestor).name;
        let bank = self.bank(bank).name;
        let outcome = step
            .note
            .split_once(": ")
            .map_or("", |(_, outcome)| outcome)
            .to_owned();
        self.tell(
            who,
            &format!("attests statement {number} of {bank}: {outcome}"),
            step.clone(),
        );
        Ok(step)
    }

    /// Posts a statement and lets `attestors` vote in turn; the last vote carries it and none before.
    fn carry(&mut self, bank: usize, number: u64, path: &Path, attestors: &[&str]) -> Result<()> {
        expect(self.post(bank, number)?.status == Status::Done, || {
            format!("statement {number} was there before")
        })?;
        for (place, attestor) in attestors.iter().enumerate() {
            self.attest(attestor, bank, number, path)?;
            let bic = self.bank(bank).bic;
            let statement = fetch::statement(&self.chain, &self.deployment, &bic, number)?;
            let effective = statement.is_some_and(|statement| statement.header.status == STATEMENT_EFFECTIVE);
            let last = place + 1 == attestors.len();
            expect(effective == last, || {
                format!(
                    "statement {number} is effective: {effective}, after vote {}",
                    place + 1
                )
            })?;
        }
        Ok(())
    }

    fn names_of(&self, file: &StatementFile, entries: &[u32]) -> String {
        let names = entries.iter().filter_map(|index| {
            let entry = file.entries.get(usize::try_from(*index).ok()?)?;
            let address = Address::new_from_array(entry.party);
            self.cast
                .players()
                .find(|player| player.address() == address)
                .map(|player| player.name)
        });
        names.collect::<Vec<_>>().join(", ")
    }

    fn tell_mint(&mut self, bank: usize, file: &StatementFile, step: Step) {
        let what = match (step.action, step.status) {
            ("mint", Status::Done) => {
                let names = self.names_of(file, &step.entries);
                let verb = if step.entries.len() > 1 {
                    "mint_many"
                } else {
                    "mint"
                };
                let list = step
                    .entries
                    .iter()
                    .map(u32::to_string)
                    .collect::<Vec<_>>()
                    .join(", ");
                format!("{verb}, statement {} entry {list}: {names}", file.totals.number)
            }
            ("create-accounts", _) => format!("opens {}", step.note),
            _ => step.note.clone(),
        };
        let name = self.bank(bank).name;
        self.tell(name, &what, step);
    }

    pub fn mint_entry(&mut self, bank: usize, number: u64, index: u32) -> Result<Step> {
        let file = self.statement(bank, number)?;
        let (bic, id) = (self.bank(bank).bic, self.bank(bank).id);
        let hand = Hand::of(self.cast.key(id));
        let step = issuance::mint_entry(&mut self.chain, &self.deployment, &hand, &bic, &file, index)?;
        self.tell_mint(bank, &file, step.clone());
        Ok(step)
    }

    fn mint_all(&mut self, bank: usize, number: u64) -> Result<Vec<Step>> {
        let file = self.statement(bank, number)?;
        let (bic, id) = (self.bank(bank).bic, self.bank(bank).id);
        let hand = Hand::of(self.cast.key(id));
        let steps = issuance::mint_all(
            &mut self.chain,
            &self.deployment,
            &hand,
            &bic,
            &file,
            &mut |_, _| (),
        )?;
        for step in &steps {
            expect(step.status != Status::Skipped, || {
                format!("a deposit was skipped: {}", step.note)
            })?;
            self.tell_mint(bank, &file, step.clone());
        }
        Ok(steps)
    }

    fn settle_all(&mut self, bank: usize, number: u64) -> Result<Vec<Step>> {
        let file = self.statement(bank, number)?;
        let (bic, id) = (self.bank(bank).bic, self.bank(bank).id);
        let hand = Hand::of(self.cast.key(id));
        let steps = redemption::settle_all(
            &mut self.chain,
            &self.deployment,
            &hand,
            &bic,
            &file,
            &mut |_, _| (),
        )?;
        let name = self.bank(bank).name;
        for step in &steps {
            expect(step.status != Status::Skipped, || {
                format!("a payout was skipped: {}", step.note)
            })?;
            let what = match step.entries.as_slice() {
                [entry] if step.status == Status::Done => {
                    format!("settles against debit entry {entry} of statement {number}; tokens burned")
                }
                _ => step.note.clone(),
            };
            self.tell(name, &what, step.clone());
        }
        Ok(steps)
    }

    pub fn balance(&self, wallet: &str) -> Result<u64> {
        Ok(fetch::balance(
            &self.chain,
            &self.deployment,
            &self.cast.address(wallet),
        )?)
    }

    fn transfer(&mut self, from: &str, to: &str, amount: u64, reference: &str) -> Result<Step> {
        let before = (self.balance(from)?, self.balance(to)?);
        let wallet = self.cast.address(to);
        let hand = Hand::of(self.cast.key(from));
        let step = tokens::transfer(
            &mut self.chain,
            &self.journal,
            &self.deployment,
            &hand,
            &wallet,
            amount,
            reference,
        )?;
        let moved = if step.status == Status::Done { amount } else { 0 };
        let after = (self.balance(from)?, self.balance(to)?);
        expect(
            after.0.checked_add(moved) == Some(before.0) && before.1.checked_add(moved) == Some(after.1),
            || format!("a transfer of {moved} tiyn moved something else"),
        )?;
        let (who, to) = (self.cast.get(from).name, self.cast.get(to).name);
        self.tell(who, &format!("transfers to {to}, {reference}"), step.clone());
        Ok(step)
    }

    /// A transfer that the token program must refuse.
    fn transfer_refused(&mut self, from: &str, to: &str, amount: u64, expected: &str) -> Result<()> {
        let wallet = self.cast.address(to);
        let hand = Hand::of(self.cast.key(from));
        let outcome = tokens::transfer(
            &mut self.chain,
            &self.journal,
            &self.deployment,
            &hand,
            &wallet,
            amount,
            "while frozen",
        );
        let name = outcome.as_ref().err().and_then(|failure| failure.name.clone());
        expect(name.as_deref() == Some(expected), || {
            format!("{expected} was expected, not {outcome:?}")
        })?;
        let (who, to) = (self.cast.get(from).name, self.cast.get(to).name);
        let what = format!("transfers to {to}: refused, {expected}");
        self.tell(
            who,
            &what,
            Step {
                status: Status::Done,
                ..Step::already("refused", expected)
            }
            .of(amount),
        );
        Ok(())
    }

    fn redeem(&mut self, id: &str) -> Result<Step> {
        let Some(payout) = PAYOUTS.iter().find(|payout| payout.id == id) else {
            return Err(Failure::usage(format!("no redemption {id}"), ""));
        };
        let (bic, bank_id) = (self.bank(payout.bank).bic, self.bank(payout.bank).id);
        let key = self.cast.reference_key(bank_id);
        let request = redemption::Request {
            issuer: &bic,
            amount: payout.amount,
            account: payout.account,
            end_to_end_id: payout.end_to_end_id,
            key: &key,
        };
        let hand = Hand::of(self.cast.key(payout.holder));
        let step = redemption::request(&mut self.chain, &self.deployment, &hand, &request)?;
        let (who, bank) = (self.cast.get(payout.holder).name, self.bank(payout.bank).name);
        let what = match step.status {
            Status::Done => format!("requests redemption {id} at {bank}: tokens into escrow"),
            _ => format!("redemption {id}: {}", step.note),
        };
        self.tell(who, &what, step.clone());
        Ok(step)
    }

    fn close(&mut self, caller: &str, bank: usize, number: u64) -> Result<Step> {
        let bic = self.bank(bank).bic;
        let hand = Hand::of(self.cast.key(caller));
        let step = reserves::close(&mut self.chain, &self.deployment, &hand, &bic, number)?;
        let (who, name) = (self.cast.get(caller).name, self.bank(bank).name);
        let what = match step.status {
            Status::Done => {
                format!("closes exhausted statement {number} of {name}; rent returned to the bank")
            }
            _ => step.note.clone(),
        };
        self.tell(who, &what, step.clone());
        Ok(step)
    }

    pub fn monday(&mut self) -> Result<()> {
        self.day("Monday", 0);
        let (altyndala, numbers) = self.import(ALTYNDALA, "altnkzka-2026-11-16.xml")?;
        expect(numbers == [1], || {
            format!("the first statement has the numbers {numbers:?}")
        })?;
        let (saryzhailau, _) = self.import(SARYZHAILAU, "sarykz2a-2026-11-16.xml")?;
        self.carry(ALTYNDALA, 1, &altyndala, &["auditor", "central-bank"])?;
        self.carry(SARYZHAILAU, 1, &saryzhailau, &["central-bank", "custodian"])?;
        self.mint_entry(ALTYNDALA, 1, 1)?;
        self.mint_all(ALTYNDALA, 1)?;
        self.mint_all(SARYZHAILAU, 1)?;

        self.transfer("sayakhat-service", "tulpar-market", 125_000_000, "invoice 17")?;
        self.transfer("nur-astyk-agro", "zhibek-logistic", 432_000_050, "grain freight")?;
        let repeated = self.transfer("nur-astyk-agro", "zhibek-logistic", 432_000_050, "grain freight")?;
        expect(repeated.status == Status::Already, || {
            "a repeated transfer moved tokens twice".to_owned()
        })?;

        self.freeze_and_thaw()?;
        self.redeem("R-0001")?;
        self.redeem("R-0002")?;
        Ok(())
    }

    fn freeze_and_thaw(&mut self) -> Result<()> {
        let wallet = self.cast.address("bayterek-soft");
        let reason = text_hash(None, "case 2026-118");
        let hand = Hand::of(self.cast.key("compliance"));
        let step = compliance::freeze(&mut self.chain, &self.deployment, &hand, &wallet, reason)?;
        self.tell(
            "AML desk",
            "freezes the account of Bayterek Soft, case on file",
            step,
        );
        self.transfer_refused("bayterek-soft", "tulpar-market", 9_999, "AccountFrozen")?;
        self.transfer_refused("tulpar-market", "bayterek-soft", 100, "AccountFrozen")?;
        let hand = Hand::of(self.cast.key("compliance"));
        let step = compliance::thaw(&mut self.chain, &self.deployment, &hand, &wallet, reason)?;
        self.tell(
            "AML desk",
            "thaws the account of Bayterek Soft, case closed",
            step,
        );
        self.transfer("bayterek-soft", "tulpar-market", 9_999, "licence fee")?;
        Ok(())
    }

    pub fn tuesday(&mut self) -> Result<()> {
        self.day("Tuesday", 1);
        let (altyndala, _) = self.import(ALTYNDALA, "altnkzka-2026-11-17.xml")?;
        let (saryzhailau, numbers) = self.import(SARYZHAILAU, "sarykz2a-2026-11-17.xml")?;
        expect(numbers == [2, 3], || {
            format!("one file with two statements has the numbers {numbers:?}")
        })?;
        self.carry(ALTYNDALA, 2, &altyndala, &["custodian", "central-bank"])?;
        // Two of three votes do not carry while the central bank's is not among them.
        self.carry(
            SARYZHAILAU,
            2,
            &saryzhailau,
            &["custodian", "auditor", "central-bank"],
        )?;
        self.carry(SARYZHAILAU, 3, &saryzhailau, &["auditor", "central-bank"])?;
        self.mint_all(ALTYNDALA, 2)?;
        self.settle_all(ALTYNDALA, 2)?;
        self.mint_all(SARYZHAILAU, 2)?;
        self.mint_all(SARYZHAILAU, 3)?;
        self.settle_all(SARYZHAILAU, 3)?;
        self.redeem("R-0003")?;

        self.chapter("The same commands once more, as after a crash".to_owned());
        let transactions = self.chain_transactions()?;
        let post = self.post(ALTYNDALA, 2)?;
        let vote = self.attest("central-bank", SARYZHAILAU, 3, &saryzhailau)?;
        let mints = self.mint_all(ALTYNDALA, 2)?;
        let settlements = self.settle_all(ALTYNDALA, 2)?;
        let request = self.redeem("R-0001")?;
        let open = self.redeem("R-0003")?;
        let transfer = self.transfer("sayakhat-service", "tulpar-market", 125_000_000, "invoice 17")?;
        let steps = [post, vote, request, open, transfer]
            .into_iter()
            .chain(mints)
            .chain(settlements);
        for step in steps {
            expect(step.status == Status::Already, || {
                format!("a repeated command acted: {step:?}")
            })?;
        }
        expect(self.chain_transactions()? == transactions, || {
            "a repeated command sent a transaction".to_owned()
        })
    }

    /// Successful transactions that named an account which every one of this story's commands names.
    fn chain_transactions(&self) -> Result<usize> {
        let (config, mint) = (
            self.chain.history(&self.deployment.config)?,
            self.chain.history(&self.deployment.mint)?,
        );
        Ok(config.len() + mint.len())
    }

    pub fn wednesday(&mut self) -> Result<()> {
        self.day("Wednesday", 2);
        let (altyndala, _) = self.import(ALTYNDALA, "altnkzka-2026-11-18.xml")?;
        let (saryzhailau, _) = self.import(SARYZHAILAU, "sarykz2a-2026-11-18.xml")?;
        self.carry(ALTYNDALA, 3, &altyndala, &["central-bank", "auditor"])?;
        self.carry(SARYZHAILAU, 4, &saryzhailau, &["custodian", "central-bank"])?;
        self.mint_all(ALTYNDALA, 3)?;
        self.settle_all(ALTYNDALA, 3)?;
        // The other deposit of this statement is kept for the attempts below.
        self.mint_entry(SARYZHAILAU, 4, 0)?;
        self.close("stranger", ALTYNDALA, 1)?;
        self.close("stranger", SARYZHAILAU, 1)?;
        let again = self.close("stranger", ALTYNDALA, 1)?;
        expect(again.status == Status::Already, || {
            "a statement was closed twice".to_owned()
        })
    }

    /// Where a bank stands, its difference explained by its own entries.
    fn position(&self, bank: &Bank) -> Result<Position> {
        let issuer = fetch::issuer(&self.chain, &self.deployment, &bank.bic)?
            .ok_or_else(|| Failure::mismatch(format!("{} is not registered", bank.bic), ""))?;
        let outstanding = kzte_ledger::Position {
            minted: issuer.minted,
            burned: issuer.burned,
            novated_in: issuer.novated_in,
            novated_out: issuer.novated_out,
        }
        .outstanding()
        .map_err(|violation| Failure::mismatch(violation.to_string(), ""))?;
        let (mut own_funds, mut not_minted, mut not_settled) = (0i128, 0u64, 0u64);
        for file in &bank.statements {
            let number = file.totals.number;
            let statement = fetch::statement(&self.chain, &self.deployment, &bank.bic, number)?;
            for entry in &file.entries {
                // A closed statement has no entry left to consume.
                let consumed = statement
                    .as_ref()
                    .is_none_or(|statement| statement.is_consumed(entry.index) == Some(true));
                match (entry.kind, entry.is_actionable()) {
                    (EntryKind::Credit, false) => own_funds += i128::from(entry.amount),
                    (EntryKind::Debit, false) => own_funds -= i128::from(entry.amount),
                    (EntryKind::Credit, true) if !consumed => not_minted += entry.amount,
                    (EntryKind::Debit, true) if !consumed => not_settled += entry.amount,
                    _ => {}
                }
            }
        }
        Ok(Position {
            bank: bank.name.to_owned(),
            issuer: bank.bic,
            statement: issuer.statement_number,
            outstanding,
            closing: issuer.closing_balance,
            own_funds,
            not_minted,
            not_settled,
        })
    }

    fn take_stock(&self) -> Result<(Vec<Position>, Totals)> {
        let positions = self
            .banks
            .iter()
            .map(|bank| self.position(bank))
            .collect::<Result<Vec<_>>>()?;
        let mut in_wallets = 0;
        for player in self.cast.players() {
            in_wallets += fetch::balance(&self.chain, &self.deployment, &player.address())?;
        }
        let mut in_escrow = 0;
        for bank in &self.banks {
            let escrow = fetch::token_account(&self.chain, &self.deployment.escrow(&bank.bic))?;
            in_escrow += escrow.map_or(0, |escrow| escrow.amount);
        }
        let totals = Totals {
            supply: fetch::mint(&self.chain, &self.deployment)?.supply,
            outstanding: positions.iter().map(|position| position.outstanding).sum(),
            closing: positions.iter().map(|position| position.closing).sum(),
            in_wallets,
            in_escrow,
        };
        expect(totals.supply == totals.outstanding, || {
            format!(
                "supply {} is not the outstanding {}",
                totals.supply, totals.outstanding
            )
        })?;
        expect(totals.supply == totals.in_wallets + totals.in_escrow, || {
            format!("supply {} is not what wallets and escrows hold", totals.supply)
        })?;
        for position in &positions {
            expect(position.outstanding <= position.closing, || {
                format!("{} has more outstanding than its reserve holds", position.bank)
            })?;
            expect(position.is_explained(), || {
                format!(
                    "the entries of {} do not explain its difference: {position:?}",
                    position.bank
                )
            })?;
        }
        Ok((positions, totals))
    }

    pub fn agreement(&mut self) -> Result<()> {
        let (positions, totals) = self.take_stock()?;
        expect(totals.in_escrow == 0, || "a redemption is still open".to_owned())?;
        self.listener.agreement(&positions, &totals);
        self.record.agreement = positions;
        self.record.totals = totals;
        Ok(())
    }

    /// What the attempts left: the books as they were, and the deposit that they were after still mintable.
    pub fn epilogue(&mut self) -> Result<()> {
        let (positions, totals) = self.take_stock()?;
        expect(
            positions == self.record.agreement && totals == self.record.totals,
            || "the attempts changed the books".to_owned(),
        )?;
        self.chapter("Nothing was lost: the deposit that the attempts were after is minted".to_owned());
        let minted = self.mint_entry(SARYZHAILAU, 4, 1)?;
        let (_, after) = self.take_stock()?;
        let amount = minted.amount.unwrap_or_default();
        expect(after.supply == totals.supply + amount, || {
            "the last mint changed the supply otherwise".to_owned()
        })?;
        self.close("stranger", SARYZHAILAU, 4)?;
        Ok(())
    }

    /// A holder asks the bank that did not mint his tokens, and the banks novate. That bank lets the term pass: anybody
    /// flags it, and its rejection gives the tokens back. Then the program checks itself.
    pub fn late_payout(&mut self) -> Result<()> {
        const ID: &str = "R-0004";
        self.chapter("Minted at one bank, redeemed at the other, and not paid in time".to_owned());
        let amount = self.redeem(ID)?.amount.unwrap_or_default();
        let novated = self.novate(amount)?;
        let again = self.novate(amount)?;
        expect(
            novated.status == Status::Done && again.status == Status::Already,
            || "a repeated novation moved a liability twice".to_owned(),
        )?;
        let address = self
            .redemption_address(ID)
            .ok_or_else(|| Failure::mismatch(format!("no redemption {ID}"), ""))?;
        let bic = self.bank(SARYZHAILAU).bic;

        self.warp(5, EVENING);
        let hand = Hand::of(self.cast.key("stranger"));
        let flagged = redemption::flag(&mut self.chain, &self.deployment, &hand, &address)?;
        self.tell(
            "A stranger",
            &format!("flags redemption {ID}, three days on: its bank mints nothing now"),
            flagged,
        );
        let hand = Hand::of(self.cast.key("saryzhailau"));
        let rejected = redemption::reject(&mut self.chain, &self.deployment, &hand, &bic, &address, 6)?;
        self.tell(
            "Saryzhailau Bank",
            &format!("rejects redemption {ID}, as it may no longer pay: tokens back, the flag is gone"),
            rejected,
        );
        let overdue =
            fetch::issuer(&self.chain, &self.deployment, &bic)?.map_or(0, |issuer| issuer.overdue_count);
        expect(overdue == 0, || "the flag outlived its redemption".to_owned())?;

        let hand = Hand::of(self.cast.key("auditor"));
        let banks = self.banks.each_ref().map(|bank| bank.bic);
        let check = oversight::check(&mut self.chain, &self.deployment, &hand, &banks)?;
        expect(check.holds && check.total.burned_by_holders == Some(0), || {
            format!("the invariants do not hold: {:?}", check.total)
        })?;
        for receipt in &check.receipts {
            let step = Step::done("check-invariants", "what was checked holds", receipt);
            let what = "lets the program check itself: supply = outstanding of both banks";
            self.tell("Auditor", what, step.of(check.total.supply));
        }
        Ok(())
    }

    /// Saryzhailau Bank takes a liability over from Altyndala Bank; both operators sign.
    fn novate(&mut self, amount: u64) -> Result<Step> {
        let reference = "agreement 44/2026";
        let (giver, taker) = (self.bank(ALTYNDALA).bic, self.bank(SARYZHAILAU).bic);
        let novation = interbank::Novation {
            giver: &giver,
            taker: &taker,
            amount,
            reference,
            reference_hash: text_hash(None, reference),
        };
        let keys = interbank::Keys {
            giver: Some(self.cast.key("altyndala")),
            taker: Some(self.cast.key("saryzhailau")),
            acting: None,
            payer: self.cast.key("saryzhailau"),
        };
        let step = interbank::novate(&mut self.chain, &self.journal, &self.deployment, &keys, &novation)?;
        let what = match step.status {
            Status::Done => "novate: Saryzhailau owes what Altyndala owed".to_owned(),
            _ => step.note.clone(),
        };
        self.tell("Both banks", &what, step.clone());
        Ok(step)
    }

    /// What must not change while something is refused: every account of the deployment and of the wallets.
    pub fn fingerprint(&self, chain: &LocalChain) -> Result<BTreeMap<Address, Option<Vec<u8>>>> {
        let mut addresses = vec![self.deployment.config, self.deployment.mint];
        for bank in &self.banks {
            addresses.extend([
                self.deployment.issuer(&bank.bic),
                self.deployment.escrow(&bank.bic),
            ]);
            addresses.extend((1..=8).map(|number| self.deployment.statement(&bank.bic, number)));
        }
        addresses.extend(
            self.cast
                .players()
                .map(|player| self.deployment.token_account(&player.key.pubkey())),
        );
        let mut accounts = BTreeMap::new();
        for address in addresses {
            accounts.insert(address, chain.account(&address)?.map(|account| account.data));
        }
        Ok(accounts)
    }

    /// A copy of the chain on which things may go wrong.
    pub fn fork(&self) -> LocalChain {
        self.chain.clone()
    }

    /// Policy of the deployment.
    pub fn policy(&self) -> &Policy {
        &self.description.policy
    }
}

fn description(cast: &Cast, banks: &[Bank; 2]) -> Description {
    let (format, version) = Description::header();
    let [altyndala, saryzhailau] = banks;
    let issuer = |bank: &Bank, admin: &str, quota, window_limit| IssuerDescription {
        name: bank.name.to_owned(),
        bic: bank.bic,
        admin: cast.address(admin),
        operator: cast.address(bank.id),
        quota,
        window_limit,
        window_seconds: DAY,
    };
    let attestor = |id: &str, mandatory| Attestor {
        name: cast.get(id).name.to_owned(),
        address: cast.address(id),
        mandatory,
    };
    Description {
        format,
        version,
        mint: cast.address("mint"),
        upgrade_authority: cast.address("deployer"),
        token: Token {
            name: "Tenge".to_owned(),
            uri: "https://kzte.example/token.json".to_owned(),
        },
        roles: Roles {
            authority: cast.address("authority"),
            issuer_manager: cast.address("issuer-manager"),
            pauser: cast.address("pauser"),
            compliance: cast.address("compliance"),
            court_officer: cast.address("court-officer"),
            enforcer: cast.address("enforcer"),
        },
        policy: Policy {
            max_statement_age: 3 * DAY,
            redemption_sla: 2 * DAY,
        },
        attestors: vec![
            attestor("central-bank", true),
            attestor("custodian", false),
            attestor("auditor", false),
        ],
        threshold: 2,
        issuers: vec![
            issuer(altyndala, "altyndala-admin", 10_000_000_000, Some(6_000_000_000)),
            issuer(saryzhailau, "saryzhailau-admin", 5_000_000_000, None),
        ],
    }
}
