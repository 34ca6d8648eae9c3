//! One who acts: signs, sends, and does not go on before he knows what became of it.
//!
//! A letter is signed once and kept. Whatever the network does to the answer, the chain is asked for the fate of these
//! very bytes until it has one; only when they can never land is the instruction signed anew. Where the operation
//! leaves a trace of its own (an entry's bit, a redemption's account), that must tell the same.
//!
//! A node's refusal after its trial run is no fate: the bytes have left the house, and who kept them may pass them on
//! while their blockhash lives, when what spoke against them is over. So that, too, is waited out. What is refused before
//! it leaves, when the letter is signed, is not.

use std::{
    fmt,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use kzte_client::{
    Address, Chain, ChainError, Fate, Instruction, Keypair, Letter, PROGRAM_ID, Receipt, RpcChain,
    SendOptions, fetch,
};
use kzte_harness::Key;

use crate::{random::Random, stage::Shared, tally::lock};

/// Duplicates, as they stand among the faults.
pub const SAME_BYTES: &str = "landed transaction sent again";
pub const SIGNED_ANEW: &str = "done operation signed anew";

/// The limit that the trial run measured was too small when the transaction landed: transfers were paused in between,
/// and what no pause may stop then resumes and pauses again on its way.
pub const OUT_OF_UNITS: &str = "ComputeLimitExceeded";

/// Share of landed transactions that are sent again, per mille.
const SAME_BYTES_SHARE: u64 = 30;
/// Longest time without a decision, restarts of the validator included.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long to wait before the chain is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// Share of transactions that are sent without a trial run, per mille: what the chain refuses of these lands and fails.
const UNTRIED_SHARE: u64 = 250;
/// Pause behind a refusal, milliseconds.
const BACK_OFF: (u64, u64) = (50, 300);
/// Refusals of the runtime that say nothing about what was sent before.
const UNDECIDED: [&str; 2] = ["BlockhashNotFound", "AlreadyProcessed"];

/// Why an actor cannot go on.
#[derive(Debug)]
pub struct Fatal(pub String);

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub type Result<T> = std::result::Result<T, Fatal>;

/// What the chain made of an operation.
pub enum Verdict {
    Done(Box<Receipt>),
    Refused(ChainError),
}

impl Verdict {
    /// The receipt, where it was done.
    pub fn done(self) -> Option<Box<Receipt>> {
        match self {
            Self::Done(receipt) => Some(receipt),
            Self::Refused(_) => None,
        }
    }

    /// Whether it was refused under that name.
    pub fn is_refused_as(&self, name: &str) -> bool {
        matches!(self, Self::Refused(error) if name_of(error) == name)
    }
}

/// What an operation leaves on the chain beside its transaction.
#[derive(Clone, Copy)]
pub enum Trace {
    /// The bit of an entry is set, in the statement of that bank (by its place) and number.
    Entry(usize, u64, u32),
    /// A redemption is open.
    Redemption(Address),
    /// Nothing that is its own.
    None,
}

/// One operation.
pub struct Order<'a> {
    /// Its name in the figures.
    pub kind: &'static str,
    pub instruction: Instruction,
    pub signers: &'a [Key],
    /// Names of the refusals that races and pauses may bring. Any other is a finding.
    pub may_be_refused: &'a [&'static str],
    pub trace: Trace,
}

pub struct Teller {
    pub chain: RpcChain,
    payer: Keypair,
    pub random: Random,
    pub shared: Arc<Shared>,
}

impl Teller {
    pub fn new(chain: RpcChain, payer: Key, random: Random, shared: Arc<Shared>) -> Self {
        Self {
            chain,
            payer: payer.pair(),
            random,
            shared,
        }
    }

    /// Does it, or learns that the chain refuses it. Counts it either way.
    pub fn act(&mut self, order: &Order) -> Result<Verdict> {
        let verdict = self.decide(order)?;
        if let Verdict::Refused(error) = &verdict {
            let name = name_of(error);
            self.shared.tally.refused(order.kind, &name);
            if !order.may_be_refused.contains(&name.as_str()) {
                let logs = error.logs();
                let tail = logs[logs.len().saturating_sub(4)..].join("\n    ");
                self.finding(format!("{} was refused: {error}\n    {tail}", order.kind));
            }
            // Whoever is refused does not ask again at once.
            let millis = self.random.between(BACK_OFF.0, BACK_OFF.1);
            thread::sleep(Duration::from_millis(millis));
        }
        Ok(verdict)
    }

    /// Signs something anew that is done already: the chain must refuse it under one of these names.
    pub fn must_refuse(&mut self, order: &Order) -> Result<()> {
        self.shared.tally.fault(SIGNED_ANEW);
        match self.decide(order)? {
            Verdict::Refused(error) => {
                let name = name_of(&error);
                self.shared.tally.refused(order.kind, &name);
                if !order.may_be_refused.contains(&name.as_str()) {
                    self.finding(format!(
                        "{} a second time was refused for another reason: {error}",
                        order.kind
                    ));
                }
            }
            Verdict::Done(receipt) => self.finding(format!(
                "{} was done a second time, in {}",
                order.kind, receipt.signature
            )),
        }
        Ok(())
    }

    /// Tells the run of something that must not happen.
    pub fn finding(&self, text: String) {
        self.shared.tally.problem(text);
    }

    /// Asks the chain, as often as it takes.
    pub fn ask<T>(&self, question: impl Fn(&RpcChain) -> std::result::Result<T, ChainError>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match question(&self.chain) {
                Ok(answer) => return Ok(answer),
                Err(error) if is_of_the_network(&error) && Instant::now() < deadline => thread::sleep(PAUSE),
                Err(error) => return Err(Fatal(format!("no answer: {error}"))),
            }
        }
    }

    fn decide(&mut self, order: &Order) -> Result<Verdict> {
        let begun = Instant::now();
        let pairs: Vec<Keypair> = order.signers.iter().map(Key::pair).collect();
        let signers: Vec<&Keypair> = pairs.iter().collect();
        loop {
            let letter = match self.sign(order, &signers)? {
                Ok(letter) => letter,
                Err(refusal) => return Ok(Verdict::Refused(refusal)),
            };
            let (fate, was_unsure) = match self.chain.dispatch(&letter) {
                Ok(receipt) => (Fate::Landed(Box::new(receipt)), false),
                Err(error) => {
                    let fate = self.fate(&letter, &error, order.kind)?;
                    match (fate, is_a_refusal(&error)) {
                        (Fate::Expired, true) => {
                            self.check_trace(order, false)?;
                            (Fate::Failed(error), false)
                        }
                        (Fate::Failed(error), _) => (Fate::Failed(error), false),
                        (fate, _) => (fate, true),
                    }
                }
            };
            match fate {
                Fate::Landed(receipt) => {
                    if was_unsure {
                        self.shared.tally.landed_unseen(order.kind);
                        self.check_trace(order, true)?;
                    }
                    self.shared.tally.done(order.kind, begun.elapsed());
                    if order.instruction.program_id == PROGRAM_ID {
                        lock(&self.shared.journal)
                            .landed
                            .insert(receipt.signature, receipt.time);
                    }
                    self.send_again(order, &letter)?;
                    return Ok(Verdict::Done(receipt));
                }
                Fate::Failed(error) => return Ok(Verdict::Refused(error)),
                Fate::Expired | Fate::Open => {
                    self.shared.tally.expired(order.kind);
                    self.check_trace(order, false)?;
                }
            }
            if begun.elapsed() > PATIENCE {
                return Err(Fatal(format!("{}: no transaction of it lands", order.kind)));
            }
        }
    }

    /// The letter, or the refusal of the trial run: then nothing was sent.
    fn sign(
        &mut self,
        order: &Order,
        signers: &[&Keypair],
    ) -> Result<std::result::Result<Letter, ChainError>> {
        let deadline = Instant::now() + PATIENCE;
        let instructions = std::slice::from_ref(&order.instruction);
        let options = match self.random.chance(UNTRIED_SHARE) {
            true => SendOptions::UNCHECKED,
            false => SendOptions::default(),
        };
        loop {
            match self.chain.sign(instructions, &self.payer, signers, options) {
                Ok(letter) => return Ok(Ok(letter)),
                Err(error) if is_a_refusal(&error) || matches!(error, ChainError::TooLarge { .. }) => {
                    return Ok(Err(error));
                }
                Err(ChainError::MissingSigner(address)) => {
                    return Err(Fatal(format!("{}: {address} must sign", order.kind)));
                }
                Err(error) if Instant::now() >= deadline => {
                    return Err(Fatal(format!("{} cannot be signed: {error}", order.kind)));
                }
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// What became of a letter without an answer; never [`Fate::Open`]. `doubt`: why it is asked.
    fn fate(&self, letter: &Letter, doubt: &ChainError, kind: &str) -> Result<Fate> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let last = match self.chain.fate(letter) {
                Ok(Fate::Open) => "it can still land".to_owned(),
                Ok(fate) => return Ok(fate),
                Err(error) => error.to_string(),
            };
            if Instant::now() >= deadline {
                return Err(Fatal(format!("{kind}: {doubt}; asked later: {last}")));
            }
            thread::sleep(PAUSE);
        }
    }

    /// What the operation leaves on the chain must tell the same as the fate of its transaction.
    fn check_trace(&self, order: &Order, has_landed: bool) -> Result<()> {
        let is_there = match order.trace {
            Trace::None => return Ok(()),
            Trace::Entry(place, number, index) => {
                let shared = &self.shared;
                let bic = shared.banks[place].bic;
                let statement =
                    self.ask(|chain| fetch::statement(chain, &shared.deployment, &bic, number))?;
                statement.and_then(|statement| statement.is_consumed(index)) == Some(true)
            }
            Trace::Redemption(address) => self.ask(|chain| fetch::redemption(chain, &address))?.is_some(),
        };
        if is_there != has_landed {
            self.finding(format!(
                "{}: the transaction has {}landed, but its trace is {}there",
                order.kind,
                if has_landed { "" } else { "not " },
                if is_there { "" } else { "not " }
            ));
        }
        Ok(())
    }

    /// Sends some letters again that have landed: the chain must know them, and do nothing.
    fn send_again(&mut self, order: &Order, letter: &Letter) -> Result<()> {
        if self.shared.is_stopping() || !self.random.chance(SAME_BYTES_SHARE) {
            return Ok(());
        }
        self.shared.tally.fault(SAME_BYTES);
        let fate = match self.chain.dispatch(letter) {
            Ok(receipt) => Fate::Landed(Box::new(receipt)),
            Err(error) if is_a_refusal(&error) => Fate::Failed(error),
            Err(error) => self.fate(letter, &error, order.kind)?,
        };
        match fate {
            Fate::Landed(receipt) if receipt.signature == letter.signature => {}
            other => self.finding(format!(
                "{}: the bytes of {}, which had landed, were sent again, and now: {other:?}",
                order.kind, letter.signature
            )),
        }
        Ok(())
    }
}

/// The chain's own word about a transaction, whichever way it was asked.
fn is_a_refusal(error: &ChainError) -> bool {
    error.name().is_some_and(|name| !UNDECIDED.contains(&name))
}

/// No word about the question at all.
fn is_of_the_network(error: &ChainError) -> bool {
    matches!(error, ChainError::Transport(_) | ChainError::Rpc { .. })
}

/// Name of a refusal in the figures.
fn name_of(error: &ChainError) -> String {
    if matches!(error, ChainError::TooLarge { .. }) {
        return "TooLarge".to_owned();
    }
    // It ends the program itself, or a syscall that it makes.
    let is_metered = |line: &String| line.contains("exceeded CUs meter");
    let name = error.name().unwrap_or("?");
    if name == "ComputationalBudgetExceeded" || error.logs().iter().any(is_metered) {
        return OUT_OF_UNITS.to_owned();
    }
    name.to_owned()
}
