//! A soak: the whole day's work of three banks against a local validator for a given time, over a network that fails,
//! with a validator that goes down and comes back, and at its end a reconciliation that must be exact. Called by
//! `cargo xtask soak`; see docs/SOAK.md.

mod bank;
mod camt;
mod customers;
mod journal;
mod office;
mod proxy;
mod random;
mod reckoning;
mod report;
mod stage;
mod tally;
mod teller;

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use kzte_client::{Chain, Commitment, RpcChain};
use kzte_harness::{
    Key,
    validator::{Engine, Validator},
};

use crate::{
    bank::Branch,
    customers::Customers,
    office::Office,
    random::Random,
    reckoning::Reckoning,
    report::Report,
    stage::{BANKS, CUSTOMER_THREADS, OFFICE, Shared, bank_name},
    tally::Tally,
    teller::Fatal,
};

/// The faults that this thread injects, as they stand in the figures.
const RESTARTED: &str = "validator stopped and started again";
const JUMPED: &str = "clock moved forward";
/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(2);
/// How far the clock jumps, seconds: some make redemptions overdue, some make statements stale.
const JUMP: (u64, u64) = (20, 400);
/// A few blocks of the embedded network.
const BLOCKS: Duration = Duration::from_millis(400);
/// Turns of all banks at the end until nothing is left to settle.
const LAST_ROUNDS: usize = 30;
/// Longest time until what is confirmed is finalized.
const FINALITY: Duration = Duration::from_secs(60);

#[derive(Parser)]
#[command(name = "cargo xtask soak", max_term_width = 100)]
struct Arguments {
    /// How long the banks work
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Everything that is drawn follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `surfnet` (the embedded network, KZTE_SURFNET) or `agave` (KZTE_VALIDATOR)
    #[arg(long, default_value = "surfnet")]
    engine: String,
    /// How the figures are printed
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(engine) = Engine::named(Some(&arguments.engine)) else {
        eprintln!(
            "error: there is no engine {}: KZTE_SURFNET or KZTE_VALIDATOR names its binary; `cargo xtask soak` sets both",
            arguments.engine
        );
        return ExitCode::FAILURE;
    };
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("error: no folder for the banks' files: {error}");
            return ExitCode::FAILURE;
        }
    };
    let report = Run::start(&arguments, &engine, folder.path().to_owned()).finish();
    match arguments.output {
        Output::Text => println!("{report}"),
        Output::Json => match serde_json::to_string_pretty(&report) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("error: {error}"),
        },
    }
    match report.passed {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Three banks, their customers and the central bank, each where the work has brought them.
#[derive(Default)]
struct Cast {
    branches: Vec<Branch>,
    office: Option<Office>,
}

/// Whoever comes back from his thread.
enum Actor {
    Branch(Box<Branch>),
    Customers,
    Office(Box<Office>),
}

struct Run {
    validator: Validator,
    shared: Arc<Shared>,
    random: Random,
    total: Duration,
    /// The latest time that the chain has told: a clock that comes back from a restart may stand before it.
    latest: i64,
    actors: Vec<(String, JoinHandle<Result<Actor, Fatal>>)>,
}

impl Run {
    fn start(arguments: &Arguments, engine: &Engine, folder: std::path::PathBuf) -> Self {
        eprintln!("starting {engine}, setting up {BANKS} banks");
        let validator = Validator::start(engine, &Key::named("upgrade authority").address());
        let tally = Arc::new(Tally::default());
        for fault in [RESTARTED, JUMPED, teller::SAME_BYTES, teller::SIGNED_ANEW] {
            tally.name_fault(fault);
        }
        let shared = stage::set_up(&validator, arguments.seed, folder, tally);
        Self {
            validator,
            random: Random::of(arguments.seed, "the world"),
            total: Duration::from_secs(arguments.seconds),
            latest: 0,
            actors: Vec::new(),
            shared,
        }
    }

    fn finish(mut self) -> Report {
        let interrupted = Arc::clone(&self.shared);
        // Also then the books are reckoned up.
        let _ = ctrlc::set_handler(move || interrupted.stopping.store(true, Ordering::SeqCst));
        self.shared.weather.stormy.store(true, Ordering::SeqCst);
        let begun = Instant::now();
        self.hire();
        self.watch(begun);
        self.shared.stopping.store(true, Ordering::SeqCst);
        let mut cast = self.dismiss();
        let took = begun.elapsed();
        eprintln!("the faults are over; settling what is left");
        self.shared.weather.stormy.store(false, Ordering::SeqCst);
        self.settle(&mut cast);
        eprintln!("reckoning up");
        let mut chain = self.validator.chain();
        let reckoning = reckoning::reckon(&self.shared, &mut chain);
        self.report(took, reckoning)
    }

    /// A thread for every bank, the customers and the central bank.
    fn hire(&mut self) {
        for place in 0..BANKS {
            self.hire_one(bank_name(place), move |teller| {
                let mut branch = Branch::new(teller, place);
                branch.work()?;
                Ok(Actor::Branch(Box::new(branch)))
            });
        }
        for (name, thread) in CUSTOMER_THREADS.into_iter().zip(0..) {
            self.hire_one(name.to_owned(), move |teller| {
                Customers::new(teller, thread).work()?;
                Ok(Actor::Customers)
            });
        }
        self.hire_one(OFFICE.to_owned(), |teller| {
            let mut office = Office::new(teller);
            office.work()?;
            Ok(Actor::Office(Box::new(office)))
        });
    }

    fn hire_one(
        &mut self,
        name: String,
        work: impl FnOnce(teller::Teller) -> Result<Actor, Fatal> + Send + 'static,
    ) {
        let teller = self.shared.teller(&name).expect("a port for a proxy");
        self.actors.push((name, thread::spawn(move || work(teller))));
    }

    /// Progress, restarts and jumps of the clock until the time is over.
    fn watch(&mut self, begun: Instant) {
        let third = self.total / 3;
        // Also a short run has one of each.
        let restarts = (third.min(Duration::from_secs(60)), Duration::from_secs(60));
        let jumps = (
            (self.total / 6).min(Duration::from_secs(20)),
            Duration::from_secs(20),
        );
        let mut next_restart = begun + restarts.0;
        let mut next_jump = begun + jumps.0;
        let mut next_line = begun + PROGRESS;
        while begun.elapsed() < self.total && !self.shared.is_stopping() {
            let now = Instant::now();
            if now >= next_line {
                eprintln!(
                    "{}",
                    report::progress(&self.shared.tally, begun.elapsed(), self.total)
                );
                next_line = now + PROGRESS;
            }
            if now >= next_restart {
                self.restart();
                next_restart = Instant::now() + self.about(restarts.1);
            }
            if now >= next_jump {
                self.jump();
                next_jump = Instant::now() + self.about(jumps.1);
            }
            if let Some((name, _)) = self.actors.iter().find(|(_, actor)| actor.is_finished()) {
                // Its error is told when all are dismissed; the others need not go on.
                eprintln!("{name} has stopped");
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Half to one and a half times as long.
    fn about(&mut self, mean: Duration) -> Duration {
        let millis = u64::try_from(mean.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.random.between(millis / 2, millis + millis / 2))
    }

    /// The network goes first, so that what is on its way is left without an answer. What had been confirmed is waited
    /// for until it is finalized: no single validator keeps more than that over a restart.
    fn restart(&mut self) {
        let weather = Arc::clone(&self.shared.weather);
        weather.cut.store(true, Ordering::SeqCst);
        self.read_clock();
        let begun = Instant::now();
        self.wait_for_finality();
        let waited = begun.elapsed();
        self.validator.restart();
        eprintln!(
            "validator: cut off, {} ms later finalized, {} ms after that back",
            waited.as_millis(),
            (begun.elapsed() - waited).as_millis()
        );
        self.shared.tally.fault(RESTARTED);
        // A clock that stands before what it has shown would stop every bank.
        let now = self.validator.chain().now().unwrap_or(self.latest);
        if now < self.latest {
            self.validator.travel_to(self.latest + 1);
        }
        weather.cut.store(false, Ordering::SeqCst);
    }

    fn wait_for_finality(&self) {
        let finalized = self.validator.chain().with_commitment(Commitment::Finalized);
        let target = self.validator.chain().now().unwrap_or_default();
        let deadline = Instant::now() + FINALITY;
        // Its clock stands in every block; one second more, because it is told in whole seconds.
        while finalized.now().is_ok_and(|now| now <= target) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// A block has one time, and moving the clock moves the heights of blocks. So everybody is cut off, and what is under
    /// way gets its answer and its block first.
    fn jump(&mut self) {
        let seconds = self.random.between(JUMP.0, JUMP.1);
        if !matches!(self.validator.engine(), Engine::Surfnet(_)) {
            return;
        }
        let weather = Arc::clone(&self.shared.weather);
        weather.cut.store(true, Ordering::SeqCst);
        let begun = Instant::now();
        while weather.under_way.load(Ordering::SeqCst) > 0 && begun.elapsed() < FINALITY {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(BLOCKS);
        self.read_clock();
        let target = self.latest + i64::try_from(seconds).unwrap_or(0);
        if self.validator.travel_to(target) {
            self.shared.tally.fault(JUMPED);
            weather.jumps.fetch_add(1, Ordering::SeqCst);
        }
        thread::sleep(BLOCKS);
        weather.cut.store(false, Ordering::SeqCst);
    }

    fn read_clock(&mut self) {
        if let Ok(now) = self.validator.chain().now() {
            self.latest = self.latest.max(now);
        }
    }

    /// Waits for everybody; tells the errors of those who could not go on.
    fn dismiss(&mut self) -> Cast {
        let mut cast = Cast::default();
        for (name, actor) in std::mem::take(&mut self.actors) {
            match actor.join() {
                Ok(Ok(Actor::Branch(branch))) => cast.branches.push(*branch),
                Ok(Ok(Actor::Office(office))) => cast.office = Some(*office),
                Ok(Ok(Actor::Customers)) => {}
                Ok(Err(fatal)) => self
                    .shared
                    .tally
                    .problem(format!("{name} could not go on: {fatal}")),
                Err(_) => self.shared.tally.problem(format!("{name} panicked")),
            }
        }
        cast
    }

    /// Pauses, freezes and blocks are taken back; then the banks settle and mint until nothing is left.
    fn settle(&self, cast: &mut Cast) {
        let straight = || -> RpcChain { self.validator.chain() };
        let outcome = (|| {
            if let Some(office) = &mut cast.office {
                office.teller.chain = straight();
                office.take_back(true)?;
            }
            for branch in &mut cast.branches {
                branch.teller.chain = straight();
            }
            for _ in 0..LAST_ROUNDS {
                let mut is_done = true;
                for branch in &mut cast.branches {
                    is_done &= branch.finish()?;
                }
                if is_done {
                    return Ok(());
                }
            }
            Err(Fatal(format!(
                "after {LAST_ROUNDS} rounds without faults something is still not settled or minted"
            )))
        })();
        if let Err(fatal) = outcome {
            self.shared.tally.problem(format!("the end: {fatal}"));
        }
    }

    fn report(&self, took: Duration, reckoning: Result<Reckoning, kzte_client::ChainError>) -> Report {
        let tally = &self.shared.tally;
        let reckoning = match reckoning {
            Ok(reckoning) => Some(reckoning),
            Err(error) => {
                tally.problem(format!("the reconciliation could not be made: {error}"));
                None
            }
        };
        let engine = self.validator.engine();
        let mut not_injected = BTreeMap::new();
        if matches!(engine, Engine::Agave(_)) {
            not_injected.insert(JUMPED, "its clock cannot be moved");
        }
        let (problem_count, problems) = tally.problems();
        let transactions = tally.transactions.load(Ordering::Relaxed);
        Report {
            engine: engine.name(),
            engine_version: engine.version(),
            program_version: env!("CARGO_PKG_VERSION"),
            seed: self.shared.seed,
            seconds: took.as_secs(),
            banks: BANKS,
            rounds: tally.rounds.load(Ordering::Relaxed),
            transactions,
            transactions_per_second: report::rate(transactions, took),
            requests: tally.requests.load(Ordering::Relaxed),
            operations: tally.acts(),
            faults: tally.faults(),
            not_injected,
            problem_count,
            passed: problem_count == 0 && reckoning.as_ref().is_some_and(Reckoning::is_exact),
            problems,
            reckoning,
        }
    }
}
