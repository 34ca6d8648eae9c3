//! Live news: the transactions that name an address, one after the other, as they are confirmed.
//!
//! The websocket only says that there is something new. What it is and in which order it happened is read from the
//! history of the address; so a connection that breaks loses nothing, and nothing is told twice.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use solana_address::Address;
use solana_signature::Signature;

use super::{
    super::{Chain, Receipt},
    Listed, RpcChain,
    socket::Socket,
};
use crate::ChainError;

/// So far back the history is read again: a node may write transactions down in another order than they ran in.
const OVERLAP: usize = 256;
/// Transactions that are remembered, at least.
const REMEMBERED: usize = 1024;
/// How long a transaction that the websocket told may be missing from the history, and one of the history its record:
/// so many times the pause between two questions, ten seconds as a rule.
const LAG: u32 = 25;
/// Pause before a connection that broke is opened again, and the longest after several failures.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often the history is read although the websocket says nothing.
const ROUND: Duration = Duration::from_secs(30);
/// How often the stop is looked at.
const TICK: Duration = Duration::from_millis(100);

/// The receipts of successful transactions that name an address, in the order of the chain, each once.
///
/// As an iterator it waits for the next one and ends only when it is [stopped](Stop). A connection that breaks is
/// opened again after a pause, for ever; [`trouble`](Self::trouble) says what is wrong meanwhile.
pub struct Follower {
    chain: RpcChain,
    url: String,
    address: Address,
    socket: Option<Socket>,
    /// When to connect again.
    connect_at: Instant,
    pause: Duration,
    /// When to read the history.
    read_at: Instant,
    /// Told by the websocket and not in the history yet, the oldest since then.
    missing: Vec<Signature>,
    missing_since: Option<Instant>,
    /// To be told.
    waiting: VecDeque<Waiting>,
    /// When to ask for the record of the first of them, and since when there is none.
    ask_at: Instant,
    unrecorded_since: Option<Instant>,
    memory: Memory,
    trouble: Option<ChainError>,
    stop: Stop,
}

/// A transaction whose receipt is to be told.
struct Waiting {
    signature: Signature,
    /// Whether the history lists it: then the node must have a receipt.
    listed: bool,
}

/// Ends a [`Follower`], also from another thread.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// The follower tells nothing more; one that waits ends within a tenth of a second.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl RpcChain {
    /// Follows the transactions that name `address` from now on, at this chain's commitment. `websocket_url`: of the
    /// same node, for example `ws://127.0.0.1:8900`.
    ///
    /// Errors: [`ChainError::Transport`] and [`ChainError::Rpc`] when there is no connection or no subscription now;
    /// what goes wrong later is mended.
    pub fn follow(&self, websocket_url: &str, address: &Address) -> Result<Follower, ChainError> {
        let socket = Socket::open(websocket_url, address, self.commitment)?;
        // After the subscription: what lands in between is told.
        let mut known = self.history_page(address, OVERLAP, None, None)?;
        known.reverse();
        let memory = Memory::of(known);
        let now = Instant::now();
        Ok(Follower {
            chain: self.clone(),
            url: websocket_url.to_owned(),
            address: *address,
            socket: Some(socket),
            connect_at: now,
            pause: PAUSE,
            read_at: now + ROUND,
            missing: Vec::new(),
            missing_since: None,
            waiting: VecDeque::new(),
            ask_at: now,
            unrecorded_since: None,
            memory,
            trouble: None,
            stop: Stop::default(),
        })
    }
}

impl Follower {
    /// Tells first everything that the node remembers, oldest first.
    pub fn from_start(mut self) -> Self {
        self.memory = Memory::default();
        self.read_at = Instant::now();
        self
    }

    /// What ends it.
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// Why nothing is told at this moment; `None`: all is well.
    pub fn trouble(&self) -> Option<&ChainError> {
        self.trouble.as_ref()
    }

    /// The next receipt; `None`: none within that time, or stopped. Opening a connection and asking the node may take
    /// longer where they do not answer.
    pub fn next_within(&mut self, span: Duration) -> Option<Receipt> {
        let deadline = Instant::now() + span;
        loop {
            if self.stop.is_set() {
                return None;
            }
            match self.advance() {
                Ok(Some(receipt)) => return Some(receipt),
                Ok(None) => {}
                Err(error) => self.lose(error),
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            self.wait(left.min(TICK));
        }
    }

    /// Does what is due; a receipt if there is one to tell.
    fn advance(&mut self) -> Result<Option<Receipt>, ChainError> {
        let now = Instant::now();
        if self.socket.is_none() && now >= self.connect_at {
            self.socket = Some(Socket::open(&self.url, &self.address, self.chain.commitment)?);
            // What happened meanwhile.
            self.read_at = now;
        }
        if self.socket.is_none() {
            return Ok(None);
        }
        if now >= self.read_at {
            self.read_history()?;
            self.pause = PAUSE;
            if self.waiting.is_empty() {
                self.trouble = None;
            }
        }
        while let Some(next) = self.waiting.front()
            && now >= self.ask_at
        {
            let found = self.chain.receipt(&next.signature)?;
            if found.is_none() && next.listed {
                let signature = next.signature;
                self.ask_at = Instant::now() + self.chain.poll;
                if now.duration_since(*self.unrecorded_since.get_or_insert(now)) >= self.chain.poll * LAG {
                    let reason = "the node lists it, but has no record of it".to_owned();
                    self.trouble = Some(ChainError::Undecided { signature, reason });
                }
                return Ok(None);
            }
            let told = self.waiting.pop_front();
            (self.unrecorded_since, self.trouble) = (None, None);
            if found.is_some() {
                return Ok(found);
            }
            // Neither listed nor recorded: should it ever come, it is news.
            told.inspect(|never| self.memory.forget(&never.signature));
        }
        Ok(None)
    }

    /// Puts what is new in the history behind what waits, as soon as everything is there that the websocket has told.
    fn read_history(&mut self) -> Result<(), ChainError> {
        let history = self.chain.history_after(&self.address, self.memory.start())?;
        let mut missing = Vec::new();
        for signature in self.missing.clone() {
            let listed = history.iter().any(|row| row.signature == signature);
            // The websocket may be late by more than is remembered.
            if !listed && !self.memory.holds(&signature) && !self.memory.is_past(&self.chain, &signature)? {
                missing.push(signature);
            }
        }
        self.missing = missing;
        let now = Instant::now();
        if self.missing.is_empty() {
            self.missing_since = None;
        } else if now.duration_since(*self.missing_since.get_or_insert(now)) < self.chain.poll * LAG {
            self.read_at = now + self.chain.poll;
            return Ok(());
        }
        for row in history {
            if !self.memory.holds(&row.signature) {
                self.memory.listed(row);
                self.waiting.push_back(Waiting {
                    signature: row.signature,
                    listed: true,
                });
            }
        }
        for signature in self.missing.drain(..) {
            self.memory.unlisted(signature);
            self.waiting.push_back(Waiting {
                signature,
                listed: false,
            });
        }
        self.missing_since = None;
        self.read_at = now + ROUND;
        Ok(())
    }

    /// Listens to the websocket, or sleeps where there is none.
    fn wait(&mut self, span: Duration) {
        let until_due = self.read_at.saturating_duration_since(Instant::now());
        let Some(socket) = &mut self.socket else {
            let until_due = self.connect_at.saturating_duration_since(Instant::now());
            thread::sleep(span.min(until_due));
            return;
        };
        match socket.next(span.min(until_due)) {
            Ok(Some(signature)) if !self.memory.holds(&signature) && !self.missing.contains(&signature) => {
                self.missing.push(signature);
                self.read_at = Instant::now();
            }
            Ok(_) => {}
            Err(error) => self.lose(error),
        }
    }

    /// Gives the connection up until after a pause, each longer than the one before.
    fn lose(&mut self, error: ChainError) {
        (self.socket, self.trouble) = (None, Some(error));
        self.connect_at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

impl Iterator for Follower {
    type Item = Receipt;

    fn next(&mut self) -> Option<Receipt> {
        while !self.stop.is_set() {
            if let Some(receipt) = self.next_within(ROUND) {
                return Some(receipt);
            }
        }
        None
    }
}

/// The newest transactions that were told, or wait to be.
#[derive(Default)]
struct Memory {
    /// In the order of the history. Of a slot all or none.
    listed: VecDeque<Listed>,
    /// Those that the history did not list.
    unlisted: VecDeque<Signature>,
    /// Whatever landed up to this slot is past, if it is not above.
    past: Option<u64>,
}

impl Memory {
    /// The end of the history, at most [`OVERLAP`] long.
    fn of(listed: Vec<Listed>) -> Self {
        let first = listed.first().filter(|_| listed.len() >= OVERLAP);
        Self {
            past: first.map(|row| row.slot),
            listed: listed.into(),
            unlisted: VecDeque::new(),
        }
    }

    /// From here on the history is read again.
    fn start(&self) -> Option<&Signature> {
        let place = self.listed.len().saturating_sub(OVERLAP);
        self.listed.get(place).map(|row| &row.signature)
    }

    fn holds(&self, signature: &Signature) -> bool {
        // What is asked about is among the newest as a rule.
        let mut listed = self.listed.iter().rev();
        listed.any(|row| row.signature == *signature) || self.unlisted.contains(signature)
    }

    /// Whether a transaction that is not remembered landed before those that are.
    fn is_past(&self, chain: &RpcChain, signature: &Signature) -> Result<bool, ChainError> {
        let Some(past) = self.past else {
            return Ok(false);
        };
        let receipt = chain.receipt(signature)?;
        Ok(receipt.is_some_and(|receipt| receipt.slot <= past))
    }

    fn listed(&mut self, row: Listed) {
        self.listed.push_back(row);
        let Some(oldest) = self.listed.front().map(|row| row.slot) else {
            return;
        };
        let same = self.listed.iter().take_while(|row| row.slot == oldest).count();
        if self.listed.len().saturating_sub(same) >= REMEMBERED {
            self.listed.drain(..same);
            self.past = self.past.max(Some(oldest));
        }
    }

    fn forget(&mut self, unlisted: &Signature) {
        self.unlisted.retain(|signature| signature != unlisted);
    }

    fn unlisted(&mut self, signature: Signature) {
        if self.unlisted.len() >= REMEMBERED {
            self.unlisted.pop_front();
        }
        self.unlisted.push_back(signature);
    }
}
