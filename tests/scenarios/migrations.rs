//! The migrations: from nothing to roles in vaults, cut at every transaction and resumed; the ledger; what is refused.

use std::{fs, path::Path};

use kzte_client::{
    Account, Address, Chain, ChainError, Fate, Instruction, Keypair, Letter, LocalChain, PROGRAM_ID, Receipt,
    SendOptions, Signature, Signer, address, fetch,
    state::{IssuerRole, Role},
};
use kzte_harness::{
    Key, World,
    key::VAULT_PROGRAM_ID,
    world::{program, vault_path},
};
use kzte_migrations::{
    BankHandOver, DeploymentFile, Description, Documents, FinalUpgradeAuthority, HandOver, Ledger,
    LedgerError, Migration, MigrationError, Outcome, PUBLISHED, ROOM, Record, State, Stop, Waiting, command,
    program_hash,
};

use sha2::{Digest, Sha256};

use crate::rehearsal::{self, description_of, later, pairs, version_1};

const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
const DEVNET: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";

/// The in-process chain, which can be cut off, and which can say that it is another cluster.
#[derive(Clone)]
struct Wire {
    chain: LocalChain,
    cluster: String,
    /// How many transactions were sent.
    sent: usize,
    cut: Option<Cut>,
}

/// When the connection breaks: at the transaction of that number, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It never leaves.
    Before(usize),
    /// It lands, and the answer is lost.
    After(usize),
}

impl Wire {
    fn of(chain: LocalChain) -> Self {
        Self {
            chain,
            cluster: "in-process".to_owned(),
            sent: 0,
            cut: None,
        }
    }
}

impl Chain for Wire {
    fn cluster(&self) -> Result<String, ChainError> {
        Ok(self.cluster.clone())
    }

    fn now(&self) -> Result<i64, ChainError> {
        self.chain.now()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        self.chain.account(address)
    }

    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        self.chain.minimum_balance(data_len)
    }

    fn options(&self) -> SendOptions {
        self.chain.options()
    }

    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Letter, ChainError> {
        self.chain.sign(instructions, payer, signers, options)
    }

    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError> {
        let number = self.sent;
        let lost = || ChainError::Transport("the connection broke".to_owned());
        if self.cut == Some(Cut::Before(number)) {
            return Err(lost());
        }
        let receipt = self.chain.dispatch(letter)?;
        self.sent += 1;
        if self.cut == Some(Cut::After(number)) {
            return Err(lost());
        }
        Ok(receipt)
    }

    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError> {
        self.chain.fate(letter)
    }

    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        self.chain.fund(address, lamports)
    }

    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError> {
        self.chain.history(address)
    }

    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError> {
        self.chain.receipt(signature)
    }
}

/// The compiled vault: a small program, for deployments that are cut often.
fn small_program() -> Vec<u8> {
    fs::read(vault_path()).expect("the test vault")
}

/// A chain with a build of the program and funded keys, nothing initialised.
fn world_with(build: &[u8]) -> World<Wire> {
    let authority = Key::named("upgrade authority").address();
    let mut chain = LocalChain::new(build, &authority).expect("the chain");
    chain
        .svm_mut()
        .add_program(VAULT_PROGRAM_ID, &small_program())
        .expect("the test vault");
    let mut world = World::on(Wire::of(chain), "migrations mint");
    world.fund_everybody();
    world
}

fn world() -> World<Wire> {
    world_with(program())
}

/// A key or a vault that a role goes to in the end.
fn last(make: fn(&str) -> Key, role: &str) -> Key {
    make(&format!("final {role}"))
}

const HANDED: [&str; 9] = [
    "authority",
    "issuer manager",
    "pauser",
    "compliance",
    "court officer",
    "enforcer",
    "upgrade authority",
    "bank admin",
    "bank operator",
];

/// Everything goes to what `make` makes of names.
fn hand_over(world: &World<Wire>, make: fn(&str) -> Key) -> HandOver {
    let of = |role| Some(last(make, role).address());
    HandOver {
        authority: of("authority"),
        issuer_manager: of("issuer manager"),
        pauser: of("pauser"),
        compliance: of("compliance"),
        court_officer: of("court officer"),
        enforcer: of("enforcer"),
        upgrade_authority: of("upgrade authority").map(|address| FinalUpgradeAuthority {
            address,
            unchecked: false,
        }),
        banks: vec![BankHandOver {
            bic: world.banks[0].bic,
            admin: of("bank admin"),
            operator: of("bank operator"),
        }],
    }
}

/// Every key that signs something before a hand-over.
fn first_keys(world: &World<Wire>) -> Vec<Key> {
    vec![
        world.keys.upgrade_authority,
        world.keys.authority,
        world.keys.issuer_manager,
        world.banks[0].admin,
        world.mint_key,
    ]
}

fn apply(
    world: &mut World<Wire>,
    migration: &Migration,
    keys: &[Key],
    ledger: Option<&mut Ledger>,
) -> Result<Outcome, Stop> {
    let (payer, pairs) = (world.keys.payer.pair(), pairs(keys));
    let references: Vec<&Keypair> = pairs.iter().collect();
    migration.apply(&mut world.chain, &payer, &references, ledger, &mut |_| ())
}

#[track_caller]
fn applied(world: &mut World<Wire>, migration: &Migration, keys: &[Key]) -> Vec<String> {
    let outcome = apply(world, migration, keys, None).unwrap_or_else(|stop| panic!("{stop}"));
    assert_eq!(outcome.waiting, []);
    lines(&outcome)
}

fn lines(outcome: &Outcome) -> Vec<String> {
    let line = |applied: &kzte_migrations::Applied| {
        let act = applied.act.split(' ').next().unwrap_or_default();
        format!("{} {}: {act}", &applied.step[..4], applied.subject)
    };
    outcome.applied.iter().map(line).collect()
}

#[track_caller]
fn refused(world: &mut World<Wire>, migration: &Migration, keys: &[Key]) -> Stop {
    let sent = world.chain.sent;
    let stop = apply(world, migration, keys, None).expect_err("a refusal");
    assert_eq!(world.chain.sent, sent, "{stop}: something was sent");
    stop
}

fn open_ledger(world: &World<Wire>, path: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(path, &world.chain.cluster, &PROGRAM_ID, &world.deployment.mint)
}

// ── from nothing to the last hand-over ──────────────────────────────────────────────────────

#[test]
fn everything_from_nothing_and_then_nothing() {
    let mut world = world();
    let description = description_of(&world);
    let migration = Migration {
        program: Some(program()),
        hand_over: hand_over(&world, Key::named),
        ..Migration::of(&description)
    };
    let plan = migration.plan(&world.chain, None, &[]).unwrap();
    let missing = plan.iter().filter(|action| action.state != State::Done).count();
    // The configuration, two banks, nine hand-overs; the program is there.
    assert_eq!((plan.len(), missing), (13, 12), "{plan:#?}");
    assert_eq!(world.chain.sent, 0, "a plan sends nothing");

    let mut keys = first_keys(&world);
    keys.extend(HANDED.map(|role| last(Key::named, role)));
    let done = applied(&mut world, &migration, &keys);
    assert_eq!(
        done,
        [
            "0002 configuration: initialize",
            "0005 ALTNKZKAXXX: register_issuer",
            "0005 SARYKZ2AXXX: register_issuer",
            "0006 issuer_manager: nominate_role",
            "0006 issuer_manager: accept_role",
            "0006 pauser: nominate_role",
            "0006 pauser: accept_role",
            "0006 compliance: nominate_role",
            "0006 compliance: accept_role",
            "0006 court_officer: nominate_role",
            "0006 court_officer: accept_role",
            "0006 enforcer: nominate_role",
            "0006 enforcer: accept_role",
            "0006 operator of ALTNKZKAXXX: nominate_issuer_role",
            "0006 operator of ALTNKZKAXXX: accept_issuer_role",
            "0006 admin of ALTNKZKAXXX: nominate_issuer_role",
            "0006 admin of ALTNKZKAXXX: accept_issuer_role",
            "0006 authority: nominate_role",
            "0006 authority: accept_role",
            "0008 upgrade authority: set_authority_checked",
        ]
    );
    assert_eq!(migration.verify(&world.chain).unwrap(), 13);
    assert_holders(&world, Key::named);

    assert_eq!(applied(&mut world, &migration, &keys), [""; 0]);
    // Who has nothing left to sign need not come.
    assert_eq!(applied(&mut world, &migration, &[]), [""; 0]);

    // A bank that joins later is registered by the final issuer manager, and by nobody else.
    let mut grown = description.clone();
    let mut third = grown.issuers[1].clone();
    third.bic = "CASPKZKAXXX".parse().unwrap();
    grown.issuers.push(third);
    let migration = Migration {
        description: &grown,
        ..migration
    };
    let first = first_keys(&world);
    let stop = refused(&mut world, &migration, &first);
    assert!(stop.to_string().contains("issuer manager"), "{stop}");
    let done = applied(&mut world, &migration, &[last(Key::named, "issuer manager")]);
    assert_eq!(done, ["0005 CASPKZKAXXX: register_issuer"]);
}

#[track_caller]
fn assert_holders(world: &World<Wire>, make: fn(&str) -> Key) {
    let config = fetch::config(&world.chain, &world.deployment).unwrap();
    for (role, name) in [
        (Role::Authority, "authority"),
        (Role::IssuerManager, "issuer manager"),
        (Role::Pauser, "pauser"),
        (Role::Compliance, "compliance"),
        (Role::CourtOfficer, "court officer"),
        (Role::Enforcer, "enforcer"),
    ] {
        assert_eq!(*config.holder(role), last(make, name).address(), "{name}");
    }
    let issuer = world.issuer(&world.banks[0]);
    assert_eq!(issuer.admin, last(make, "bank admin").address());
    assert_eq!(issuer.operator, last(make, "bank operator").address());
    let data = world.expect_account(&address::program_data()).data;
    let authority = last(make, "upgrade authority").address();
    assert_eq!((data[12], &data[13..45]), (1, authority.as_ref()));
}

/// The connection breaks at every transaction, before it leaves or after it landed; the next run goes on there, and both
/// together send what one run sends.
#[test]
fn cut_at_every_transaction_and_resumed() {
    let start = world();
    let description = description_of(&start);
    let migration = Migration {
        program: Some(program()),
        hand_over: hand_over(&start, Key::named),
        ..Migration::of(&description)
    };
    let mut keys = first_keys(&start);
    keys.extend(HANDED.map(|role| last(Key::named, role)));
    let mut whole = start.clone();
    applied(&mut whole, &migration, &keys);
    let all = whole.chain.sent;
    assert_eq!(all, 20);
    let folder = tempfile::tempdir().unwrap();
    for number in 0..all {
        for cut in [Cut::Before(number), Cut::After(number)] {
            let mut world = start.clone();
            let path = folder.path().join(format!("{cut:?}.json"));
            let mut ledger = open_ledger(&world, &path).unwrap();
            world.chain.cut = Some(cut);
            let stop = apply(&mut world, &migration, &keys, Some(&mut ledger)).expect_err("a cut");
            assert!(stop.to_string().contains("the connection broke"), "{stop}");
            drop(ledger);
            world.chain.cut = None;
            let mut ledger = open_ledger(&world, &path).unwrap();
            apply(&mut world, &migration, &keys, Some(&mut ledger)).unwrap_or_else(|stop| panic!("{stop}"));
            assert_eq!(
                world.chain.sent, all,
                "{cut:?}: something was sent twice, or not at all"
            );
            assert_holders(&world, Key::named);
            recorded_whole(ledger.record(), cut);
        }
    }
}

/// Every subject is in the ledger, and last at what it was brought to.
#[track_caller]
fn recorded_whole(record: &Record, cut: Cut) {
    for (step, subjects) in [
        ("0001_deploy", 1),
        ("0002_initialize", 1),
        ("0005_register_issuers", 2),
        ("0006_hand_over_roles", 8),
        ("0008_upgrade_authority", 1),
    ] {
        let of_step = record.actions.iter().filter(|entry| entry.step == step);
        let named: std::collections::BTreeSet<&str> = of_step.map(|entry| entry.subject.as_str()).collect();
        assert_eq!(named.len(), subjects, "{cut:?} {step}: {named:?}");
    }
}

// ── the program ─────────────────────────────────────────────────────────────────────────────

/// A deployment of any program under a key of its own.
fn deployment_of<'a>(description: &'a Description, build: &'a [u8], key: &Key) -> Migration<'a> {
    Migration {
        program: Some(build),
        program_id: key.address(),
        ..Migration::of(description)
    }
}

fn program_bytes(world: &World<Wire>, program: &Key) -> Vec<u8> {
    let data = address::program_data_of(&program.address());
    world.expect_account(&data).data[45..].to_vec()
}

#[test]
fn a_program_is_deployed_resumed_and_upgraded() {
    let build = small_program();
    let key = Key::named("program");
    let start = world();
    let description = description_of(&start);
    let migration = deployment_of(&description, &build, &key);
    let keys = [key, start.keys.upgrade_authority];
    let chunks = build.len().div_ceil(960);

    let mut whole = start.clone();
    let done = applied(&mut whole, &migration, &keys);
    assert_eq!(
        done,
        [
            "0001 program: create",
            "0001 program: write",
            "0001 program: give",
            "0001 program: deploy",
        ]
    );
    let bytes = program_bytes(&whole, &key);
    assert_eq!(bytes.len(), build.len() + ROOM);
    assert_eq!(&bytes[..build.len()], build);
    assert!(whole.expect_account(&key.address()).executable);
    let all = whole.chain.sent;
    // Chunks that hold nothing but zeros stand in a new buffer already.
    assert!(
        (chunks..chunks + 4).contains(&all),
        "{all} transactions, {chunks} chunks"
    );
    assert_eq!(applied(&mut whole, &migration, &keys), [""; 0]);
    assert_eq!(migration.verify(&whole.chain).unwrap(), 1);

    for number in 0..all {
        for cut in [Cut::Before(number), Cut::After(number)] {
            let mut world = start.clone();
            world.chain.cut = Some(cut);
            apply(&mut world, &migration, &keys, None).expect_err("a cut");
            world.chain.cut = None;
            let plan = migration
                .plan(&world.chain, Some(world.keys.payer.address()), &[])
                .unwrap();
            if world.chain.sent > 1 && world.chain.sent < all {
                let told = plan[0]
                    .changes
                    .iter()
                    .any(|change| change.field.contains("chunks"));
                assert!(told, "{plan:?}");
            }
            apply(&mut world, &migration, &keys, None).unwrap_or_else(|stop| panic!("{cut:?}: {stop}"));
            assert_eq!(
                world.chain.sent, all,
                "{cut:?}: a chunk was written twice, or not at all"
            );
            assert_eq!(program_bytes(&world, &key), bytes);
        }
    }

    // Other bytes: an upgrade, which fits into the room. A file with zeros behind it is the same program.
    let mut other = build.clone();
    other.extend(b"a later build");
    let mut padded = other.clone();
    padded.extend([0; 100]);
    let upgrade = deployment_of(&description, &other, &key);
    let done = applied(&mut whole, &upgrade, &[start.keys.upgrade_authority]);
    assert_eq!(
        done,
        [
            "0001 program: create",
            "0001 program: write",
            "0001 program: give",
            "0001 program: upgrade",
        ]
    );
    assert_eq!(program_hash(&program_bytes(&whole, &key)), program_hash(&other));
    assert_eq!(
        deployment_of(&description, &padded, &key)
            .verify(&whole.chain)
            .unwrap(),
        1
    );
}

/// Anybody can send lamports to the addresses that a deployment will use. It stops neither buffer nor program.
#[test]
fn lamports_sent_ahead_stop_no_deployment() {
    let build = small_program();
    let key = Key::named("program");
    let mut world = world();
    let description = description_of(&world);
    let migration = deployment_of(&description, &build, &key);
    let seed = &program_hash(&build)[..32];
    let loader = kzte_client::Address::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
    let buffer = Address::create_with_seed(&world.keys.payer.address(), seed, &loader).unwrap();
    for address in [buffer, key.address()] {
        world.chain.fund(&address, 5_000_000).unwrap();
    }
    let keys = [key, world.keys.upgrade_authority];
    let done = applied(&mut world, &migration, &keys);
    assert_eq!(done.last().unwrap(), "0001 program: deploy");
    assert_eq!(migration.verify(&world.chain).unwrap(), 1);
}

/// The build knows its own address: under another it refuses every instruction.
#[test]
fn the_program_under_another_address_refuses_to_work() {
    let key = Key::named("program");
    let mut world = world();
    let description = description_of(&world);
    let migration = deployment_of(&description, program(), &key);
    let keys = [key, world.keys.upgrade_authority];
    applied(&mut world, &migration, &keys);
    assert_eq!(
        program_hash(&program_bytes(&world, &key)),
        program_hash(program())
    );

    // Even an empty instruction, which the program at its own address refuses for what it lacks.
    let name_of = |world: &mut World<Wire>, program_id| {
        let empty = Instruction {
            program_id,
            accounts: Vec::new(),
            data: Vec::new(),
        };
        let error = world.send_all(&[empty], &[]).expect_err("an empty instruction");
        error.name().expect("a name").to_owned()
    };
    assert_eq!(name_of(&mut world, key.address()), "IncorrectProgramId");
    assert_ne!(name_of(&mut world, PROGRAM_ID), "IncorrectProgramId");
    let mut case = world.initialize_case();
    case.instruction.program_id = key.address();
    let error = world
        .send(&case)
        .expect_err("a program at an address that it does not declare");
    assert_eq!(error.name(), Some("IncorrectProgramId"), "{error}");
}

#[test]
fn what_stops_a_deployment_is_named_before_anything_is_sent() {
    let build = small_program();
    let key = Key::named("program");
    let mut world = world();
    let description = description_of(&world);
    let authority = world.keys.upgrade_authority;
    let migration = deployment_of(&description, &build, &key);

    let stop = refused(&mut world, &migration, &[authority]);
    assert!(
        matches!(stop, Stop::Migration(MigrationError::MissingKey { role: "program", address, .. }) if address == key.address()),
        "{stop}"
    );
    let stop = refused(&mut world, &migration, &[key]);
    assert!(
        matches!(
            stop,
            Stop::Migration(MigrationError::MissingKey {
                role: "upgrade authority",
                ..
            })
        ),
        "{stop}"
    );
    let no_elf = deployment_of(&description, b"no program", &key);
    let stop = refused(&mut world, &no_elf, &[key, authority]);
    assert!(stop.to_string().contains("no ELF file"), "{stop}");

    // A vault cannot sign the first deployment: it gets the program by the hand-over.
    let mut vaulted = description.clone();
    vaulted.upgrade_authority = Key::vault("upgrade authority").address();
    let stop = refused(&mut world, &deployment_of(&vaulted, &build, &key), &[key]);
    assert!(stop.to_string().contains("is a vault"), "{stop}");

    // A payer who would run dry half-way.
    let poor = Key::named("alice");
    world.chain.fund(&poor.address(), 1_000_000).unwrap();
    let pairs = pairs(&[key, authority]);
    let pairs: Vec<&Keypair> = pairs.iter().collect();
    let stop = migration
        .apply(&mut world.chain, &poor.pair(), &pairs, None, &mut |_| ())
        .expect_err("too few lamports");
    assert!(matches!(stop, Stop::Funds { has: 1_000_000, .. }), "{stop}");

    // An address that is somebody's.
    let taken = deployment_of(&description, &build, &world.mint_key);
    let mut elsewhere = world.clone();
    let owned = Account {
        lamports: 1,
        data: vec![1],
        owner: PROGRAM_ID,
        executable: false,
        rent_epoch: 0,
    };
    elsewhere
        .chain
        .chain
        .set_account(&world.mint_key.address(), owned)
        .unwrap();
    let stop = refused(&mut elsewhere, &taken, &[authority]);
    assert!(stop.to_string().contains("holds no program"), "{stop}");

    // A program that nobody can upgrade, and one that somebody else can.
    let later = later(program());
    for other in [None, Some(Key::named("stranger").address())] {
        let mut elsewhere = world.clone();
        elsewhere
            .chain
            .chain
            .set_upgrade_authority(other.as_ref())
            .unwrap();
        let migration = Migration {
            program: Some(&later),
            ..Migration::of(&description)
        };
        let stop = refused(&mut elsewhere, &migration, &[authority]);
        assert!(
            matches!(&stop, Stop::Migration(MigrationError::Differs { fields, .. }) if fields[0].field == "upgrade authority"),
            "{stop}"
        );
    }
    let stop = refused(
        &mut world,
        &Migration {
            through: Some("0009"),
            ..Migration::of(&description)
        },
        &[],
    );
    assert!(matches!(stop, Stop::NoSuchStep { .. }), "{stop}");
}

/// The real program of version 1 with live state, to today's build and back, and on.
#[test]
fn an_upgrade_and_its_rollback_lose_nothing() {
    let digest = Sha256::digest(version_1());
    assert_eq!(
        hex::encode(digest),
        "d3ca12a4cd54b0c0531dd488f813b35937ea649a18b3d1045ac022336bce6e74"
    );
    let authority = Key::named("upgrade authority").address();
    let chain = LocalChain::new(&version_1(), &authority).expect("the chain");
    rehearsal::rehearse(chain, "rehearsal mint", program(), true, |chain, moment| {
        chain.warp_to(chain.time().max(moment) + 60);
    });
}

// ── what others sign ────────────────────────────────────────────────────────────────────────

/// Executes what a plan waits for, as the vault's members would.
#[track_caller]
fn execute(world: &mut World<Wire>, waiting: &Waiting, others: &[Key]) {
    let proposal = waiting.proposal.as_ref().expect("an instruction");
    let vaults = HANDED.map(|role| last(Key::vault, role));
    let signers: Vec<Key> = waiting
        .signers
        .iter()
        .map(|signer| {
            let all = vaults.iter().chain(others);
            *all.into_iter()
                .find(|key| key.address() == signer.address)
                .unwrap_or_else(|| panic!("{waiting:?}"))
        })
        .chain(others.iter().copied())
        .collect();
    for key in &signers {
        if world.chain.account(&key.address()).unwrap().is_none() {
            world.chain.fund(&key.address(), 1_000_000_000).unwrap();
        }
    }
    world.must(std::slice::from_ref(&proposal.instruction), &signers);
}

#[test]
fn roles_go_to_vaults_by_their_own_signatures() {
    let mut world = world();
    let description = description_of(&world);
    let migration = Migration {
        hand_over: hand_over(&world, Key::vault),
        ..Migration::of(&description)
    };
    let keys = first_keys(&world);

    // First all are nominated, but for those whose hand-over would make another lapse.
    let outcome = apply(&mut world, &migration, &keys, None).unwrap();
    let nominated = lines(&outcome)
        .iter()
        .filter(|line| line.ends_with("nominate_role"))
        .count();
    assert_eq!(nominated, 5, "{:?}", lines(&outcome));
    let waits: Vec<(&str, bool)> = outcome
        .waiting
        .iter()
        .map(|waiting| (waiting.subject.as_str(), waiting.proposal.is_some()))
        .collect();
    assert_eq!(
        waits,
        [
            ("issuer_manager", true),
            ("pauser", true),
            ("compliance", true),
            ("court_officer", true),
            ("enforcer", true),
            ("operator of ALTNKZKAXXX", true),
            ("admin of ALTNKZKAXXX", false),
            ("authority", false),
        ]
    );
    let first = &outcome.waiting[0];
    let vault = last(Key::vault, "issuer manager").address();
    assert_eq!(first.signers[0].address, vault);
    assert!(first.reason.contains(&vault.to_string()), "{}", first.reason);
    proposal_is_exact(first);
    // The plan says the same, whoever asks.
    let plan = migration.plan(&world.chain, None, &[]).unwrap();
    let told: Vec<_> = plan.iter().filter_map(|action| action.waiting.clone()).collect();
    assert_eq!(told, outcome.waiting);
    let stop = migration.verify(&world.chain).unwrap_err();
    assert!(matches!(stop, Stop::Waiting { .. }), "{stop}");
    // Nothing goes on by itself.
    assert_eq!(
        apply(&mut world, &migration, &keys, None).unwrap().applied.len(),
        0
    );

    // Round by round the vaults sign what the run waits for.
    let mut rounds = 0;
    let mut waiting = outcome.waiting;
    while !waiting.is_empty() {
        rounds += 1;
        for one in waiting.iter().filter(|one| one.proposal.is_some()) {
            // The upgrade authority hands over with its own signature beside the vault's.
            let old = (one.step == "0008_upgrade_authority").then_some(world.keys.upgrade_authority);
            execute(&mut world, one, old.as_slice());
        }
        waiting = apply(&mut world, &migration, &keys, None)
            .unwrap_or_else(|stop| panic!("{stop}"))
            .waiting;
        assert!(rounds < 5, "{waiting:?}");
    }
    assert_holders(&world, Key::vault);
    migration.verify(&world.chain).unwrap();

    // From now on vaults sign what a change of the file asks for: a policy, a bank, an upgrade.
    let mut changed = description.clone();
    changed.policy.redemption_sla += 3600;
    let mut third = changed.issuers[1].clone();
    third.bic = "CASPKZKAXXX".parse().unwrap();
    changed.issuers.push(third);
    let later = later(program());
    let migration = Migration {
        description: &changed,
        program: Some(&later),
        ..migration
    };
    let mut steps = Vec::new();
    loop {
        let outcome = apply(&mut world, &migration, &[], None).unwrap_or_else(|stop| panic!("{stop}"));
        let Some(one) = outcome.waiting.first() else { break };
        assert_eq!(outcome.waiting.len(), 1, "a step waits before the next begins");
        steps.push(one.step);
        if one.step == "0001_deploy" {
            assert!(one.reason.ends_with(&program_hash(&later)), "{}", one.reason);
            assert!(
                one.reason.starts_with("upgrade must be signed by"),
                "{}",
                one.reason
            );
            assert_eq!(lines(&outcome).last().unwrap(), "0001 program: give");
        }
        execute(&mut world, one, &[]);
    }
    assert_eq!(
        steps,
        [
            "0001_deploy",
            "0004_attestors_and_policy",
            "0005_register_issuers"
        ]
    );
    migration.verify(&world.chain).unwrap();
}

/// What is told in text is the instruction itself.
#[track_caller]
fn proposal_is_exact(waiting: &Waiting) {
    let json = serde_json::to_value(waiting).unwrap();
    let proposal = &json["proposal"];
    let instruction = &waiting.proposal.as_ref().unwrap().instruction;
    assert_eq!(proposal["program"], instruction.program_id.to_string());
    let accounts = proposal["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), instruction.accounts.len());
    for (told, meta) in accounts.iter().zip(&instruction.accounts) {
        assert_eq!(told["address"], meta.pubkey.to_string());
        assert_eq!(
            (told["signer"].as_bool(), told["writable"].as_bool()),
            (Some(meta.is_signer), Some(meta.is_writable))
        );
    }
    // One signature of zeros, then the message: header, keys with the payer first, an empty blockhash, the instruction.
    let bytes = |name: &str| decode_base64(proposal[name].as_str().unwrap());
    let transaction = bytes("transaction_base64");
    assert_eq!((transaction[0], &transaction[1..65]), (1, [0; 64].as_slice()));
    assert_eq!(transaction[65], 1);
    assert_eq!(&transaction[69..101], waiting.signers[0].address.as_ref());
    assert!(transaction.ends_with(&bytes("data_base64")));
    assert_eq!(bytes("data_base64"), instruction.data);
}

fn decode_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0_u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for digit in text.bytes().filter(|digit| *digit != b'=') {
        let value = DIGITS.iter().position(|known| *known == digit).expect("base 64");
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

/// The right to upgrade goes to an address that did not sign only where the file says so.
#[test]
fn an_upgrade_authority_is_not_given_away_unchecked() {
    let start = world();
    let description = description_of(&start);
    let stranger = Key::vault("final upgrade authority").address();
    for (unchecked, given) in [(false, false), (true, true)] {
        let mut world = start.clone();
        let migration = Migration {
            hand_over: HandOver {
                upgrade_authority: Some(FinalUpgradeAuthority {
                    address: stranger,
                    unchecked,
                }),
                ..HandOver::default()
            },
            ..Migration::of(&description)
        };
        let keys = first_keys(&world);
        let outcome = apply(&mut world, &migration, &keys, None).unwrap();
        assert_eq!(outcome.waiting.is_empty(), given);
        let data = world.expect_account(&address::program_data()).data;
        assert_eq!(&data[13..45] == stranger.as_ref(), given);
        if given {
            assert_eq!(outcome.applied.last().unwrap().act, "set_authority (unchecked)");
        } else {
            let waiting = &outcome.waiting[0];
            assert_eq!(
                (waiting.step, waiting.signers.len()),
                ("0008_upgrade_authority", 1)
            );
        }
    }
}

/// A nomination for somebody else, and one that lapsed: the step nominates again.
#[test]
fn a_nomination_for_another_is_replaced() {
    let mut world = world();
    let description = description_of(&world);
    let keys = first_keys(&world);
    applied(&mut world, &Migration::of(&description), &keys);
    let rival = world.nominate_case(Role::Pauser, &Key::named("stranger").address());
    kzte_harness::assert_ok(&mut world, &rival);
    let rival = world.nominate_issuer_case(
        &world.banks[0],
        IssuerRole::Operator,
        &Key::named("stranger").address(),
    );
    kzte_harness::assert_ok(&mut world, &rival);
    let whole = hand_over(&world, Key::named);
    let migration = Migration {
        hand_over: HandOver {
            pauser: whole.pauser,
            banks: vec![BankHandOver {
                admin: None,
                ..whole.banks[0].clone()
            }],
            ..HandOver::default()
        },
        ..Migration::of(&description)
    };
    let mut keys = keys;
    keys.extend([last(Key::named, "pauser"), last(Key::named, "bank operator")]);
    let done = applied(&mut world, &migration, &keys);
    assert_eq!(
        done,
        [
            "0006 pauser: nominate_role",
            "0006 pauser: accept_role",
            "0006 operator of ALTNKZKAXXX: nominate_issuer_role",
            "0006 operator of ALTNKZKAXXX: accept_issuer_role",
        ]
    );
}

/// Squads shows its members the multisig's account; what signs is its vault.
#[test]
fn a_multisigs_account_is_not_taken_for_its_vault() {
    let mut world = world();
    let description = description_of(&world);
    let multisig = Key::vault("a multisig").address();
    let squads = Address::from_str_const("SQDS4ep65T869zMMBKyuUq6aD6EgTu8psMjkvj52pCf");
    let account = Account {
        lamports: 1_000_000,
        data: vec![1; 100],
        owner: squads,
        executable: false,
        rent_epoch: u64::MAX,
    };
    world.chain.chain.set_account(&multisig, account).unwrap();
    let migration = Migration {
        hand_over: HandOver {
            pauser: Some(multisig),
            ..HandOver::default()
        },
        ..Migration::of(&description)
    };
    let keys = first_keys(&world);
    let stop = refused(&mut world, &migration, &keys);
    assert!(
        matches!(&stop, Stop::NotAVault { field, vault, .. } if field == "hand_over.pauser" && !vault.is_on_curve()),
        "{stop}"
    );
}

// ── differences ─────────────────────────────────────────────────────────────────────────────

#[test]
fn attestors_and_policy_follow_the_file() {
    let mut world = world();
    let description = description_of(&world);
    let keys = first_keys(&world);
    applied(&mut world, &Migration::of(&description), &keys);

    let mut changed = description.clone();
    changed.attestors.truncate(2);
    changed.attestors[1].address = Key::named("new custodian").address();
    changed.policy.max_statement_age = 7200;
    let migration = Migration::of(&changed);
    let plan = migration.plan(&world.chain, None, &[]).unwrap();
    let missing: Vec<(&str, usize)> = plan
        .iter()
        .filter(|action| action.state != State::Done)
        .map(|action| (action.subject.as_str(), action.changes.len()))
        .collect();
    assert_eq!(missing, [("attestors", 2), ("policy", 1)]);
    let stop = migration.verify(&world.chain).unwrap_err().to_string();
    assert!(
        stop.contains("number of attestors is 3 on the chain and 2 in the file"),
        "{stop}"
    );

    let stop = refused(&mut world, &migration, &[Key::named("issuer manager")]);
    assert!(stop.to_string().contains("the key of the authority"), "{stop}");
    let done = applied(&mut world, &migration, &keys);
    assert_eq!(done, ["0004 attestors: set_attestors", "0004 policy: set_policy"]);
    let config = fetch::config(&world.chain, &world.deployment).unwrap();
    assert_eq!((config.attestor_count, config.attestor_set_version), (2, 2));
    assert_eq!(config.max_statement_age, 7200);
    assert_eq!(applied(&mut world, &migration, &[]), [""; 0]);
}

/// What no step owns is named, and nothing is sent: not even what is missing beside it.
#[test]
fn differences_without_a_step_stop_everything() {
    let mut world = world();
    let description = description_of(&world);
    let mut keys = first_keys(&world);
    applied(&mut world, &Migration::of(&description), &keys);
    keys.push(last(Key::named, "pauser"));

    type Change = (&'static str, fn(&mut Description));
    let changes: [Change; 5] = [
        ("quota", |file| file.issuers[0].quota += 1),
        ("window_seconds", |file| file.issuers[1].window_seconds += 1),
        ("admin", |file| {
            file.issuers[0].admin = Key::named("newcomer").address()
        }),
        ("roles.pauser", |file| {
            file.roles.pauser = Key::named("newcomer").address()
        }),
        ("token.name", |file| file.token.name.push('!')),
    ];
    for (field, change) in changes {
        let mut changed = description.clone();
        change(&mut changed);
        changed.policy.redemption_sla += 1;
        let migration = Migration::of(&changed);
        let stop = refused(&mut world, &migration, &keys);
        assert!(
            matches!(&stop, Stop::Migration(MigrationError::Differs { fields, .. }) if fields[0].field == field),
            "{field}: {stop}"
        );
    }

    // One key in two roles, also when the second is its last one.
    let mut twice = description.clone();
    twice.roles.pauser = twice.roles.enforcer;
    let stop = refused(&mut world, &Migration::of(&twice), &keys);
    assert!(
        matches!(stop, Stop::Migration(MigrationError::RoleConflict(_))),
        "{stop}"
    );
    for (first, second, holder) in [
        ("roles.enforcer", "hand_over.pauser", description.roles.enforcer),
        (
            "hand_over.pauser",
            "hand_over.compliance",
            last(Key::named, "pauser").address(),
        ),
        (
            "hand_over.pauser",
            "operator of ALTNKZKAXXX",
            description.issuers[0].operator,
        ),
    ] {
        let mut hand_over = HandOver {
            pauser: Some(holder),
            ..HandOver::default()
        };
        if second == "hand_over.compliance" {
            hand_over.compliance = Some(holder);
        }
        let migration = Migration {
            hand_over,
            ..Migration::of(&description)
        };
        let stop = refused(&mut world, &migration, &keys);
        let text = stop.to_string();
        assert!(text.contains(first) && text.contains(second), "{text}");
    }
}

// ── the ledger ──────────────────────────────────────────────────────────────────────────────

#[test]
fn the_ledger_records_what_was_done_and_what_was_found() {
    let mut world = world();
    let description = description_of(&world);
    let migration = Migration {
        program: Some(program()),
        ..Migration::of(&description)
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("of a cluster/ledger.json");
    let keys = first_keys(&world);
    let mut ledger = open_ledger(&world, &path).unwrap();
    let outcome = apply(&mut world, &migration, &keys, Some(&mut ledger)).unwrap();
    drop(ledger);
    let record = Record::read(&path).unwrap().expect("a ledger");
    assert_eq!(record.cluster, "in-process");
    assert_eq!(record.deployment.mint, world.deployment.mint.to_string());
    assert_eq!(record.deployment.program, PROGRAM_ID.to_string());
    let of = |step: &str| {
        record
            .actions
            .iter()
            .find(|entry| entry.step == step)
            .expect("an entry")
    };
    let (program_entry, initialized) = (of("0001_deploy"), of("0002_initialize"));
    assert_eq!(
        (program_entry.act.as_str(), &program_entry.signature),
        ("found", &None)
    );
    assert_eq!(program_entry.target, program_hash(program()));
    let receipt = &outcome.applied[0].receipt;
    assert_eq!(initialized.signature, Some(receipt.signature.to_string()));
    assert_eq!(
        (initialized.slot, Some(initialized.time)),
        (Some(receipt.slot), receipt.time)
    );
    assert_eq!(initialized.program_hash, Some(program_hash(program())));

    // A run that finds all done writes nothing.
    let before = fs::read(&path).unwrap();
    let mut ledger = open_ledger(&world, &path).unwrap();
    apply(&mut world, &migration, &keys, Some(&mut ledger)).unwrap();
    drop(ledger);
    assert_eq!(fs::read(&path).unwrap(), before);

    // A lost ledger is no loss: the chain is asked, and all is found.
    fs::remove_file(&path).unwrap();
    let mut ledger = open_ledger(&world, &path).unwrap();
    apply(&mut world, &migration, &keys, Some(&mut ledger)).unwrap();
    assert!(ledger.record().actions.iter().all(|entry| entry.act == "found"));
    // The program, the configuration, its layout, attestors, policy, two banks.
    assert_eq!(ledger.record().actions.len(), 7);
}

/// The process dies between the transaction and the record: the next run finds it done.
#[test]
fn a_crash_before_the_record_is_mended() {
    let mut world = world();
    let description = description_of(&world);
    let migration = Migration::of(&description);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.json");
    let keys = first_keys(&world);
    let mut ledger = open_ledger(&world, &path).unwrap();
    world.chain.cut = Some(Cut::After(0));
    apply(&mut world, &migration, &keys, Some(&mut ledger)).expect_err("a crash");
    drop(ledger);
    assert!(Record::read(&path).unwrap().is_none(), "nothing was recorded");
    world.chain.cut = None;
    let mut ledger = open_ledger(&world, &path).unwrap();
    apply(&mut world, &migration, &keys, Some(&mut ledger)).unwrap();
    let acts: Vec<(&str, &str)> = ledger
        .record()
        .actions
        .iter()
        .map(|entry| (&entry.step[..4], entry.act.as_str()))
        .collect();
    assert_eq!(
        acts,
        [
            ("0002", "found"),
            ("0003", "found"),
            ("0004", "found"),
            ("0004", "found"),
            ("0005", "register_issuer"),
            ("0005", "register_issuer"),
        ]
    );

    // The same thing brought to something else, and the crash again: found once more, under its new target.
    let mut changed = description.clone();
    changed.policy.redemption_sla += 60;
    world.chain.cut = Some(Cut::After(world.chain.sent));
    let migration = Migration::of(&changed);
    apply(&mut world, &migration, &keys, Some(&mut ledger)).expect_err("a crash");
    world.chain.cut = None;
    apply(&mut world, &migration, &keys, Some(&mut ledger)).unwrap();
    let last = ledger.record().actions.last().unwrap();
    assert_eq!((last.subject.as_str(), last.act.as_str()), ("policy", "found"));
    assert!(last.target.contains(&changed.policy.redemption_sla.to_string()));
}

#[test]
fn a_ledger_is_of_one_cluster_one_deployment_and_one_run() {
    let mut world = world();
    let description = description_of(&world);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.json");
    let keys = first_keys(&world);
    let mut ledger = open_ledger(&world, &path).unwrap();
    apply(&mut world, &Migration::of(&description), &keys, Some(&mut ledger)).unwrap();

    let error = open_ledger(&world, &path).unwrap_err();
    assert!(matches!(error, LedgerError::Locked { .. }), "{error}");
    drop(ledger);
    let mint = world.deployment.mint;
    let other = Key::named("second mint").address();
    for (cluster, program, mint, what) in [
        (DEVNET, PROGRAM_ID, mint, "cluster"),
        ("in-process", other, mint, "program"),
        ("in-process", PROGRAM_ID, other, "mint"),
    ] {
        let error = Ledger::open(&path, cluster, &program, &mint).unwrap_err();
        assert!(
            matches!(&error, LedgerError::Other { what: told, .. } if *told == what),
            "{error}"
        );
    }
    let text = fs::read_to_string(&path).unwrap();
    for (change, part) in [
        (text.replace("\"version\": 1", "\"version\": 2"), "version 2"),
        (text.replace("kzte-migrations-ledger", "something"), "«something»"),
        (text.replace("\"cluster\"", "\"clusters\""), "clusters"),
        (text[..text.len() / 2].to_owned(), "cannot be read"),
    ] {
        fs::write(&path, change).unwrap();
        let error = open_ledger(&world, &path).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    // Whatever was refused is as it was, and no half file is left behind.
    fs::write(&path, &text).unwrap();
    open_ledger(&world, &path).unwrap();
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["ledger.json", "ledger.json.lock"]);
}

// ── placeholders ────────────────────────────────────────────────────────────────────────────

/// A description of which nobody outside has seen a key.
fn private(description: &Description) -> (Description, Key) {
    let mut number = 0;
    let mut fresh = || {
        number += 1;
        Key::named(&format!("nobody outside this test knows key {number}")).address()
    };
    let mut private = description.clone();
    private.mint = fresh();
    private.upgrade_authority = fresh();
    let roles = &mut private.roles;
    for role in [
        &mut roles.authority,
        &mut roles.issuer_manager,
        &mut roles.pauser,
        &mut roles.compliance,
        &mut roles.court_officer,
        &mut roles.enforcer,
    ] {
        *role = fresh();
    }
    for attestor in &mut private.attestors {
        attestor.address = fresh();
    }
    for issuer in &mut private.issuers {
        (issuer.admin, issuer.operator) = (fresh(), fresh());
    }
    (private, Key::named("nobody outside this test knows key 0"))
}

#[test]
fn placeholders_come_to_no_chain_but_a_local_one() {
    let mut world = world();
    let (clean, payer) = private(&description_of(&world));
    let published = Key::named("authority").address();
    let example = Address::from_str_const("9iKJiw8rEx9JHwHNiQtP7YqgEoBELZE3ttGfBTRzDFA9");
    let bytes = Keypair::new_from_array([7; 32]).pubkey();
    type Bend = Box<dyn Fn(&mut Description, &mut HandOver)>;
    let bends: [(&str, Bend); 7] = [
        ("mint", Box::new(move |file, _| file.mint = example)),
        (
            "upgrade_authority",
            Box::new(move |file, _| file.upgrade_authority = published),
        ),
        ("roles.pauser", Box::new(move |file, _| file.roles.pauser = bytes)),
        (
            "attestors[1] (Custodian)",
            Box::new(move |file, _| file.attestors[1].address = published),
        ),
        (
            "issuers (SARYKZ2AXXX operator)",
            Box::new(move |file, _| file.issuers[1].operator = example),
        ),
        (
            "hand_over.authority",
            Box::new(move |_, last| last.authority = Some(published)),
        ),
        (
            "hand_over.upgrade_authority",
            Box::new(move |_, last| {
                last.upgrade_authority = Some(FinalUpgradeAuthority {
                    address: Address::default(),
                    unchecked: true,
                });
            }),
        ),
    ];
    for (cluster, url) in [
        (MAINNET, "https://node.example"),
        // A tunnel to a public cluster, and a private cluster that is not this machine's.
        (DEVNET, "http://127.0.0.1:8899"),
        (
            "8WmgPqyJrbfiEq3ZzXCGXAbpYTUGZKzWUQRE1UiYKzYY",
            "http://node.example:8899",
        ),
    ] {
        world.chain.cluster = cluster.to_owned();
        for (field, bend) in &bends {
            let (mut description, mut hand_over) = (clean.clone(), HandOver::default());
            bend(&mut description, &mut hand_over);
            let migration = Migration {
                hand_over,
                url: Some(url),
                ..Migration::of(&description)
            };
            for stop in [
                migration.plan(&world.chain, None, &[]).unwrap_err(),
                migration.verify(&world.chain).unwrap_err(),
                refused_by(&mut world, &migration, &payer),
            ] {
                assert!(
                    matches!(&stop, Stop::Placeholder(placeholder) if placeholder.field == *field),
                    "{cluster}, {field}: {stop}"
                );
                assert!(stop.to_string().contains("Put an address of your own"), "{stop}");
            }
        }
        // Keys that sign: the payer, and another.
        let migration = Migration {
            url: Some(url),
            ..Migration::of(&clean)
        };
        let stop = refused_by(&mut world, &migration, &Key::named("fee payer"));
        assert!(stop.to_string().starts_with("payer: "), "{stop}");
        // With nothing else wrong, the program's own address is the placeholder.
        let stop = refused_by(&mut world, &migration, &payer);
        assert!(
            matches!(&stop, Stop::Placeholder(placeholder) if placeholder.field == "program id"),
            "{stop}"
        );
        assert!(stop.to_string().contains("declare_id!"), "{stop}");
        // A contact that reaches nobody.
        let migration = Migration {
            metadata: Documents {
                security: Some(include_bytes!("../../migrations/security.example.json").to_vec()),
                idl: None,
            },
            ..migration
        };
        let stop = refused_by(&mut world, &migration, &payer);
        assert!(
            matches!(&stop, Stop::Placeholder(placeholder)
                if placeholder.field == "[metadata] security" && placeholder.found == "kzte.example"),
            "{stop}"
        );
    }
    // All of them are fine on a local chain.
    let description = description_of(&world);
    let migration = Migration {
        url: Some("http://localhost:8899"),
        ..Migration::of(&description)
    };
    world.chain.cluster = DEVNET.to_owned();
    migration.plan(&world.chain, None, &[]).unwrap_err();
    world.chain.cluster = "8WmgPqyJrbfiEq3ZzXCGXAbpYTUGZKzWUQRE1UiYKzYY".to_owned();
    migration.plan(&world.chain, None, &[]).unwrap();
    world.chain.cluster = "in-process".to_owned();
    migration.plan(&world.chain, None, &[]).unwrap();
    // And the command line refuses as well: what is wrong is the file.
    world.chain.cluster = MAINNET.to_owned();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deployment.json");
    fs::write(&file, serde_json::to_string(&description).unwrap()).unwrap();
    let verify = command::Command::Verify {
        target: command::Target {
            file,
            program: None,
            program_id: None,
            through: None,
        },
    };
    let url = Some("https://node.example");
    let failure = command::run(&verify, &mut world.chain, url).unwrap_err();
    assert_eq!(failure.kind, command::Kind::Input, "{failure}");
    assert!(
        failure.message.contains("Put an address of your own"),
        "{failure}"
    );
}

#[track_caller]
fn refused_by(world: &mut World<Wire>, migration: &Migration, payer: &Key) -> Stop {
    let sent = world.chain.sent;
    let stop = migration
        .apply(&mut world.chain, &payer.pair(), &[], None, &mut |_| ())
        .expect_err("a refusal");
    assert_eq!(world.chain.sent, sent);
    stop
}

/// The list of published keys has everybody who acts in tests, on the local network and in the demonstration.
#[test]
fn every_published_key_is_known_by_name() {
    let world = world();
    let tests = PUBLISHED[0].1.iter().map(|name| Key::named(name).address());
    let tests: Vec<Address> = tests.collect();
    for (name, key) in world.keys.all() {
        assert!(tests.contains(&key.address()), "{name}");
    }
    for bank in world.banks {
        assert!(tests.contains(&bank.admin.address()) && tests.contains(&bank.operator.address()));
    }
    for mint in ["mint", "localnet mint", "second mint"] {
        assert!(tests.contains(&Key::named(mint).address()), "{mint}");
    }
    let cast = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/cli/src/demo/cast.rs");
    let cast = fs::read_to_string(cast).expect("the cast of the demonstration");
    assert!(
        cast.contains(&format!("\"{}{{name}}\"", PUBLISHED[1].0)),
        "its seeds"
    );
    let mut players = 0;
    for line in cast.lines().map(str::trim).filter(|line| line.starts_with("(\"")) {
        let name = line.split('"').nth(1).expect("a name");
        assert!(PUBLISHED[1].1.contains(&name), "{name}");
        players += 1;
    }
    assert_eq!(players, PUBLISHED[1].1.len());
}

/// The example shows every field, and is refused everywhere but at home.
#[test]
fn the_example_file_is_whole_and_never_deployed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/deployment.example.toml");
    let file = DeploymentFile::read(&path).unwrap();
    assert!(!file.hand_over.named().is_empty(), "it hands something over");
    file.distinct_roles().unwrap();
    let mut world = world();
    world.chain.cluster = DEVNET.to_owned();
    let migration = Migration {
        hand_over: file.hand_over.clone(),
        url: Some("https://node.example"),
        ..Migration::of(&file.description)
    };
    let stop = migration.plan(&world.chain, None, &[]).unwrap_err();
    assert!(stop.to_string().contains("deployment.example.toml"), "{stop}");
}
