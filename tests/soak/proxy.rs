//! A bad network: a proxy in front of the validator's JSON-RPC that injects faults. Everyone who acts has one of his own,
//! so that his faults follow from the seed and the number of his request alone.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use kzte_harness::relay::{self, Answer, Upstream};

use crate::{
    random::Random,
    tally::{Tally, lock},
};

/// The faults by name. Those that the run injects elsewhere stand with them in the figures.
pub const DROPPED_BEFORE: &str = "connection closed before the request was passed on";
pub const DROPPED_AFTER: &str = "connection closed before the answer";
pub const TOO_MANY: &str = "HTTP 429";
pub const UNAVAILABLE: &str = "HTTP 503";
pub const DELAYED: &str = "answer delayed";
pub const GARBLED: &str = "answer garbled";
pub const SENT_TWICE: &str = "signed bytes passed on twice";
pub const REPLAYED: &str = "old signed bytes passed on again";

/// Each fault with its share of requests, in ten thousand; the last two of the requests that send a transaction.
const SHARES: [(&str, u64); 6] = [
    (DROPPED_BEFORE, 100),
    (DROPPED_AFTER, 100),
    (TOO_MANY, 70),
    (UNAVAILABLE, 70),
    (DELAYED, 100),
    (GARBLED, 70),
];
const SENT_TWICE_SHARE: u64 = 400;
const REPLAYED_SHARE: u64 = 400;
/// Letters that are kept for a replay.
const KEPT: usize = 64;
/// Longest delay of an answer, milliseconds.
const DELAY: (u64, u64) = (50, 800);

/// Whether the network fails, for all proxies together.
#[derive(Default)]
pub struct Weather {
    /// Faults are injected.
    pub stormy: AtomicBool,
    /// The validator is cut off: every connection is closed.
    pub cut: AtomicBool,
    /// Requests that the validator has not answered.
    pub under_way: AtomicUsize,
    /// How often its clock was moved. That moves its blocks' heights as well, so a letter that was sent before and has
    /// expired by its height is not passed on again behind it.
    pub jumps: AtomicUsize,
}

/// What the threads of one proxy share.
struct Line {
    weather: Arc<Weather>,
    tally: Arc<Tally>,
    chance: Mutex<Chance>,
}

struct Chance {
    random: Random,
    letters: Vec<Vec<u8>>,
    jumps: usize,
}

/// What is done with a request.
#[derive(Default)]
struct Plan {
    fault: Option<&'static str>,
    delay: Duration,
    twice: bool,
    replay: Option<Vec<u8>>,
}

/// Starts one; returns its URL. It ends with the process.
pub fn start(upstream: &str, random: Random, weather: Arc<Weather>, tally: Arc<Tally>) -> io::Result<String> {
    let line = Line {
        weather,
        tally,
        chance: Mutex::new(Chance {
            random,
            letters: Vec::new(),
            jumps: 0,
        }),
    };
    relay::start(upstream, move |upstream, request| line.pass(upstream, request))
}

impl Line {
    fn pass(&self, upstream: &Upstream, request: &[u8]) -> Option<Answer> {
        if self.weather.cut.load(Ordering::SeqCst) {
            return None;
        }
        self.tally.requests.fetch_add(1, Ordering::Relaxed);
        let plan = self.plan(request);
        if let Some(fault) = plan.fault {
            self.tally.fault(fault);
        }
        match plan.fault {
            Some(DROPPED_BEFORE) => return None,
            Some(TOO_MANY) => return Some(("429 Too Many Requests".to_owned(), Vec::new())),
            Some(UNAVAILABLE) => return Some(("503 Service Unavailable".to_owned(), Vec::new())),
            _ => {}
        }
        if let Some(letter) = plan.replay {
            self.tally.fault(REPLAYED);
            let _ = self.forward(upstream, &letter);
        }
        let answer = self.forward(upstream, request);
        if plan.twice {
            self.tally.fault(SENT_TWICE);
            let _ = self.forward(upstream, request);
        }
        thread::sleep(plan.delay);
        let (status, mut body) = answer?;
        match plan.fault {
            Some(DROPPED_AFTER) => return None,
            Some(GARBLED) => {
                body.truncate(body.len() / 2);
                body.extend_from_slice(b"\x00<html>");
            }
            _ => {}
        }
        // An outage that began meanwhile swallows the answer as well.
        (!self.weather.cut.load(Ordering::SeqCst)).then_some((status, body))
    }

    fn plan(&self, request: &[u8]) -> Plan {
        let mut plan = Plan::default();
        if !self.weather.stormy.load(Ordering::SeqCst) {
            return plan;
        }
        let mut chance = lock(&self.chance);
        let Chance {
            random,
            letters,
            jumps,
        } = &mut *chance;
        let seen = self.weather.jumps.load(Ordering::SeqCst);
        if *jumps != seen {
            *jumps = seen;
            letters.clear();
        }
        let mut draw = random.between(0, 9_999);
        for (fault, share) in SHARES {
            if draw < share {
                plan.fault = Some(fault);
                break;
            }
            draw -= share;
        }
        if plan.fault == Some(DELAYED) {
            plan.delay = Duration::from_millis(random.between(DELAY.0, DELAY.1));
        }
        if relay::sends_a_transaction(request) {
            plan.twice = random.between(0, 9_999) < SENT_TWICE_SHARE;
            if random.between(0, 9_999) < REPLAYED_SHARE {
                plan.replay = random.choose(letters).cloned();
            }
            if letters.len() == KEPT {
                letters.remove(0);
            }
            letters.push(request.to_vec());
        }
        plan
    }

    fn forward(&self, upstream: &Upstream, request: &[u8]) -> Option<Answer> {
        self.weather.under_way.fetch_add(1, Ordering::SeqCst);
        // Not even a request that came in just before the cut.
        let answer = match self.weather.cut.load(Ordering::SeqCst) {
            true => None,
            false => upstream.ask(request),
        };
        self.weather.under_way.fetch_sub(1, Ordering::SeqCst);
        answer
    }
}
