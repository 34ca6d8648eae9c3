//! The deployment of a run: three banks, everybody's keys, customers with their accounts; and what the actors share.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kzte_client::{
    Address, Chain, Deployment, RpcChain,
    instruction::{self, MintSource},
};
use kzte_harness::{
    Bank, Key, Line, World, assert_ok,
    validator::{Engine, Validator},
    world::{Keys, WIDE},
};

use crate::{
    journal::{Books, Journal},
    proxy::{self, Weather},
    random::Random,
    tally::{Tally, lock},
    teller::Teller,
};

pub const BANKS: usize = 3;
/// Bank codes beside those of the harness's world.
const THIRD_BANK: &str = "TULPKZKAXXX";
const CUSTOMERS: usize = 12;
/// Term of a redemption, seconds: short enough that some become overdue.
pub const REDEMPTION_SLA: i64 = 60;
/// Oldest statement that mints, seconds; a holder may cancel that long after the term.
pub const MAX_STATEMENT_AGE: i64 = 600;
/// How often an actor asks for the fate of what he sent, how often he sends it again, and how long before he takes it
/// for undecided. Shorter than a restart of the validator, so that what was on its way then is left undecided.
const POLL: Duration = Duration::from_millis(40);
const RESEND: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(3);

/// A redemption that a bank has not decided on.
#[derive(Clone, Copy)]
pub struct Request {
    pub redemption: Address,
    pub owner: Address,
    /// Tiyn.
    pub amount: u64,
}

/// What the others leave for a bank.
#[derive(Default)]
pub struct Inbox {
    pub requests: Vec<Request>,
    /// Payments between the reserve accounts for novated liabilities: stand in the bank's next statement.
    pub settlements: Vec<Line>,
}

/// What all actors share.
pub struct Shared {
    pub deployment: Deployment,
    pub keys: Keys,
    pub banks: [Bank; BANKS],
    pub customers: Vec<Key>,
    /// Where seized tokens go.
    pub treasury: Key,
    pub inboxes: [Mutex<Inbox>; BANKS],
    /// Redemptions that no bank will decide on before they are overdue: place of the bank, and the request.
    pub left: Mutex<Vec<(usize, Request)>>,
    pub journal: Mutex<Journal>,
    pub tally: Arc<Tally>,
    pub weather: Arc<Weather>,
    pub stopping: AtomicBool,
    pub seed: u64,
    /// Where the banks' files are written.
    pub folder: PathBuf,
    /// Whether a block's time may differ from what the program read on its clock.
    pub has_coarse_time: bool,
    upstream: String,
}

impl Shared {
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Associated token account of a key.
    pub fn token_account(&self, key: &Key) -> Address {
        self.deployment.token_account(&key.address())
    }

    /// Somebody at a proxy of his own. `chances`: what he draws.
    pub fn teller(self: &Arc<Self>, name: &str) -> io::Result<Teller> {
        let url = proxy::start(
            &self.upstream,
            Random::of(self.seed, &format!("network of {name}")),
            Arc::clone(&self.weather),
            Arc::clone(&self.tally),
        )?;
        let chain = RpcChain::new(url).with_timing(POLL, RESEND, PATIENCE);
        let random = Random::of(self.seed, name);
        Ok(Teller::new(chain, payer_of(name), random, Arc::clone(self)))
    }
}

/// Everybody who acts pays his own fees, so that no two wait for the same payer.
fn payer_of(name: &str) -> Key {
    Key::named(&format!("fee payer of {name}"))
}

/// Names of the actors: each has a payer.
pub fn bank_name(place: usize) -> String {
    format!("bank {place}")
}
pub const CUSTOMER_THREADS: [&str; 2] = ["customers", "more customers"];
pub const OFFICE: &str = "office";

/// Deploys, registers, opens accounts. Panics when the validator does not do it: nothing has begun then.
pub fn set_up(validator: &Validator, seed: u64, folder: PathBuf, tally: Arc<Tally>) -> Arc<Shared> {
    let mut world = World::on(validator.chain(), "soak mint");
    world.fund_everybody();
    let mut policy = world.policy();
    policy.redemption_sla = REDEMPTION_SLA;
    policy.max_statement_age = MAX_STATEMENT_AGE;
    let case = world.initialize_case_with(MintSource::Create, policy);
    assert_ok(&mut world, &case);

    let [first, second] = world.banks;
    let banks = [first, second, Bank::new(THIRD_BANK)];
    let mut journal = Journal::default();
    for bank in banks {
        world.fund(&bank.operator.address());
        let case = world.register_case(&bank, WIDE);
        assert_ok(&mut world, &case);
        journal.banks.push(Books::default());
        journal.balances.insert(world.deployment.escrow(&bank.bic), 0);
    }
    let names = (0..BANKS).map(bank_name);
    for name in names.chain(CUSTOMER_THREADS.into_iter().chain([OFFICE]).map(str::to_owned)) {
        world.fund(&payer_of(&name).address());
    }
    let customers: Vec<Key> = (0..CUSTOMERS)
        .map(|number| Key::named(&format!("customer {number}")))
        .collect();
    let treasury = Key::named("treasury");
    let operators = banks.map(|bank| bank.operator);
    for key in customers.iter().chain([&treasury]) {
        world.fund(&key.address());
    }
    // A few in one transaction.
    let holders: Vec<Key> = customers
        .iter()
        .copied()
        .chain([treasury])
        .chain(operators)
        .collect();
    for group in holders.chunks(4) {
        let payer = world.keys.payer.address();
        let create: Vec<_> = group
            .iter()
            .map(|key| instruction::create_associated_token(&world.deployment, payer, key.address()))
            .collect();
        world.must(&create, &[]);
        for key in group {
            journal.balances.insert(world.token_account(key), 0);
        }
    }
    let known = world
        .chain
        .history(&world.deployment.config)
        .expect("the history");
    journal
        .landed
        .extend(known.into_iter().map(|signature| (signature, None)));

    Arc::new(Shared {
        deployment: world.deployment,
        keys: world.keys,
        banks,
        customers,
        treasury,
        inboxes: Default::default(),
        left: Mutex::default(),
        journal: Mutex::new(journal),
        tally,
        weather: Arc::default(),
        stopping: AtomicBool::new(false),
        seed,
        folder,
        has_coarse_time: matches!(validator.engine(), Engine::Surfnet(_)),
        upstream: validator.url(),
    })
}

impl Shared {
    /// What the journal tells of a bank.
    pub fn books<T>(&self, place: usize, read: impl FnOnce(&mut Books) -> T) -> T {
        let mut journal = lock(&self.journal);
        read(&mut journal.banks[place])
    }
}
