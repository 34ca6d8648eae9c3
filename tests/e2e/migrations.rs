//! The migrations on a validator: a fresh deployment that is cut, the whole of a deployment up to its hand-over, and the
//! rehearsal of an upgrade and its rollback.

use std::{fs, thread, time::Duration};

use kzte_client::{
    Account, Address, Chain, ChainError, Fate, Instruction, Keypair, Letter, PROGRAM_ID, Receipt, RpcChain,
    SendOptions, Signature, address, fetch, state::Role,
};
use kzte_harness::{
    Key, World,
    validator::{Engine, Setup},
    world::{program, vault_path},
};
use kzte_migrations::{
    FinalUpgradeAuthority, HandOver, Ledger, Migration, Outcome, Progress, Record, program_hash,
};

#[path = "../scenarios/rehearsal.rs"]
pub(crate) mod rehearsal;

use rehearsal::{description_of, pairs};

use crate::stage;

on_both_engines! {
    a_fresh_deployment_is_cut_and_resumed,
    everything_up_to_the_hand_over,
}

mod rehearsed {
    /// The embedded engine needs minutes for the whole programs that this writes; in-process it runs as well.
    mod agave {
        #[test]
        #[ignore = "needs Agave's validator"]
        fn an_upgrade_and_its_rollback_lose_nothing() {
            let engine = kzte_harness::validator::Engine::agave().expect("KZTE_VALIDATOR");
            super::super::an_upgrade_and_its_rollback_lose_nothing(&engine);
        }
    }
}

/// The embedded engine takes some 0.15 seconds for each chunk of a program: it deploys a small one, and rehearses without
/// the later build, which the in-process chain and Agave's validator have.
fn is_quick(engine: &Engine) -> bool {
    matches!(engine, Engine::Agave(_))
}

/// A node whose connection breaks in the middle of a batch, once.
struct Breaking {
    rpc: RpcChain,
    breaks: bool,
}

impl Chain for Breaking {
    fn cluster(&self) -> Result<String, ChainError> {
        self.rpc.cluster()
    }

    fn now(&self) -> Result<i64, ChainError> {
        self.rpc.now()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        self.rpc.account(address)
    }

    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        self.rpc.minimum_balance(data_len)
    }

    fn options(&self) -> SendOptions {
        self.rpc.options()
    }

    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Letter, ChainError> {
        self.rpc.sign(instructions, payer, signers, options)
    }

    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError> {
        self.rpc.dispatch(letter)
    }

    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError> {
        self.rpc.fate(letter)
    }

    fn send_batch(
        &mut self,
        batch: &[Vec<Instruction>],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
        done: &mut dyn FnMut(usize),
    ) -> Result<Vec<Receipt>, ChainError> {
        if !std::mem::take(&mut self.breaks) {
            return self.rpc.send_batch(batch, payer, signers, options, done);
        }
        let (first, _) = batch.split_at(batch.len() / 2);
        self.rpc.send_batch(first, payer, signers, options, done)?;
        Err(ChainError::Transport("the connection broke".to_owned()))
    }

    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        self.rpc.fund(address, lamports)
    }

    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError> {
        self.rpc.history(address)
    }

    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError> {
        self.rpc.receipt(signature)
    }
}

fn apply<C: Chain>(
    chain: &mut C,
    migration: &Migration,
    payer: &Key,
    keys: &[Key],
    ledger: &mut Ledger,
    watch: &mut dyn FnMut(Progress),
) -> Result<Outcome, kzte_migrations::Stop> {
    let pairs = pairs(keys);
    let references: Vec<&Keypair> = pairs.iter().collect();
    migration.apply(chain, &payer.pair(), &references, Some(ledger), watch)
}

/// A program under a key of its own, on Agave the real one with its four hundred chunks: half of them are written, then
/// the connection breaks; the next run writes the other half and deploys. Then a later build of it.
fn a_fresh_deployment_is_cut_and_resumed(engine: &Engine) {
    let validator = stage::start(engine);
    let chain = Breaking {
        rpc: validator.chain(),
        breaks: true,
    };
    let mut world = World::on(chain, "fresh deployment");
    world.fund_everybody();
    let description = description_of(&world);
    let (key, payer) = (Key::named("program"), world.keys.payer);
    let url = validator.url();
    let build = if is_quick(engine) {
        program().to_vec()
    } else {
        fs::read(vault_path()).expect("the test vault")
    };
    let migration = Migration {
        program: Some(&build),
        program_id: key.address(),
        url: Some(&url),
        ..Migration::of(&description)
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.json");
    let cluster = world.chain.cluster().expect("the cluster");
    let open = || Ledger::open(&path, &cluster, &key.address(), &description.mint).expect("a ledger");
    let keys = [key, world.keys.upgrade_authority];
    let chunks = build.len().div_ceil(960);

    let mut ledger = open();
    let stop = apply(
        &mut world.chain,
        &migration,
        &payer,
        &keys,
        &mut ledger,
        &mut |_| (),
    );
    let stop = stop.expect_err("a cut");
    assert!(stop.to_string().contains("the connection broke"), "{stop}");
    drop(ledger);

    let mut written = 0;
    let mut ledger = open();
    let mut watch = |progress: Progress| {
        if let Progress::At { all, .. } = progress {
            written = all;
        }
    };
    let outcome = apply(
        &mut world.chain,
        &migration,
        &payer,
        &keys,
        &mut ledger,
        &mut watch,
    );
    let outcome = outcome.unwrap_or_else(|stop| panic!("{stop}"));
    let acts: Vec<&str> = outcome.applied.iter().map(|one| one.act.as_str()).collect();
    assert!(
        matches!(acts.as_slice(), [write, give, "deploy"] if write.starts_with("write ") && give.starts_with("give ")),
        "{acts:?}"
    );
    assert!(
        written > 0 && written <= chunks / 2 + 1,
        "{written} of {chunks} chunks in the second run"
    );
    let data = world
        .expect_account(&address::program_data_of(&key.address()))
        .data;
    assert_eq!(program_hash(&data[45..]), program_hash(&build));
    assert_eq!(migration.verify(&world.chain).expect("all as the file says"), 1);

    // It runs; the real one knows that this is not its address.
    let empty = Instruction {
        program_id: key.address(),
        accounts: Vec::new(),
        data: Vec::new(),
    };
    let error = world.chain.send(&[empty], &payer.pair(), &[]);
    let error = error.expect_err("another address than the declared one");
    let refusal = if is_quick(engine) {
        "IncorrectProgramId"
    } else {
        "NotEnoughAccountKeys"
    };
    assert_eq!(error.name(), Some(refusal), "{error}");

    let later = [build.as_slice(), b"a later build"].concat();
    let upgrade = Migration {
        program: Some(&later),
        ..migration
    };
    apply(
        &mut world.chain,
        &upgrade,
        &payer,
        &keys[1..],
        &mut ledger,
        &mut |_| (),
    )
    .unwrap_or_else(|stop| panic!("{stop}"));
    drop(ledger);
    let record = Record::read(&path).expect("the ledger").expect("a ledger");
    let last = record.actions.last().expect("an entry");
    assert_eq!(last.act, "upgrade");
    assert_eq!(last.program_hash, Some(program_hash(&later)));
    assert!(last.signature.is_some() && last.slot.is_some());
}

/// Mint, configuration, banks, and the hand-over of two roles and of the right to upgrade, by keys.
fn everything_up_to_the_hand_over(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = World::on(validator.chain(), "hand-over");
    world.fund_everybody();
    let description = description_of(&world);
    let [pauser, authority, upgrade] =
        ["pauser", "authority", "upgrade authority"].map(|role| Key::named(&format!("final {role}")));
    let url = validator.url();
    let migration = Migration {
        program: Some(program()),
        hand_over: HandOver {
            pauser: Some(pauser.address()),
            authority: Some(authority.address()),
            upgrade_authority: Some(FinalUpgradeAuthority {
                address: upgrade.address(),
                unchecked: false,
            }),
            ..HandOver::default()
        },
        url: Some(&url),
        ..Migration::of(&description)
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.json");
    let cluster = world.chain.cluster().expect("the cluster");
    let mut ledger = Ledger::open(&path, &cluster, &PROGRAM_ID, &description.mint).expect("a ledger");
    let held = world.keys;
    let keys = [
        held.upgrade_authority,
        held.authority,
        held.issuer_manager,
        world.mint_key,
        pauser,
        authority,
        upgrade,
    ];
    let mut run = |keys: &[Key]| {
        let outcome = apply(
            &mut world.chain,
            &migration,
            &held.payer,
            keys,
            &mut ledger,
            &mut |_| (),
        );
        let outcome = outcome.unwrap_or_else(|stop| panic!("{stop}"));
        (outcome.applied.len(), outcome.waiting.len())
    };
    // Without the new holders' keys the hand-over waits for them; with them it goes through, once.
    assert_eq!(run(&keys[..4]), (4, 2));
    assert_eq!(run(&keys), (4, 0));
    assert_eq!(run(&[]), (0, 0));
    let config = fetch::config(&world.chain, &world.deployment).expect("the configuration");
    assert_eq!(*config.holder(Role::Pauser), pauser.address());
    assert_eq!(*config.holder(Role::Authority), authority.address());
    let data = world.expect_account(&address::program_data()).data;
    assert_eq!(&data[13..45], upgrade.address().as_ref());
    let text = fs::read_to_string(&path).expect("the ledger");
    assert!(text.contains("set_authority_checked"), "{text}");
}

/// The real program of version 1 with live state, to today's build and back, and on.
fn an_upgrade_and_its_rollback_lose_nothing(engine: &Engine) {
    let authority = Key::named("upgrade authority").address();
    let validator = Setup::new(engine, &authority)
        .with_program(PROGRAM_ID, rehearsal::version_1_path())
        .start();
    let (chain, further) = (validator.chain(), is_quick(engine));
    rehearsal::rehearse(chain, "rehearsal mint", program(), further, |chain, moment| {
        while chain.now().expect("the time") <= moment {
            thread::sleep(Duration::from_millis(50));
        }
    });
}
