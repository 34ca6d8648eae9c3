//! The rehearsal of an upgrade and its rollback, on any chain: the real program of version 1 with live state, made by
//! itself, goes to today's build and back, and to a later build and back. Every account is compared byte for byte.
//!
//! `golden/version-1.so` is the earlier build: 233,648 bytes, SHA-256 `d3ca12a4…6e74`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use kzte_client::{
    Account, Address, Chain, Instruction, Keypair, address, constants::CONFIG_VERSION, instruction,
    reserve::StatementFile, state::Config,
};
use kzte_harness::{
    Bank, Key, World, assert_ok, assert_refused, credit, debit, neutral_credit,
    world::{DAY, QUOTA},
};
use kzte_migrations::{
    Attestor, Description, IssuerDescription, Ledger, Migration, Outcome, Policy, Roles, State, Token,
    program_hash,
};

/// Lets a chain's clock pass a moment.
pub type Pass<C> = fn(&mut C, i64);

/// Where the earlier build lies.
pub fn version_1_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/version-1.so")
}

/// The earlier build.
pub fn version_1() -> Vec<u8> {
    fs::read(version_1_path()).expect("golden/version-1.so")
}

/// A later build of today's program: the address in its security.txt is another one, as it would be after a move.
pub fn later(program: &[u8]) -> Vec<u8> {
    let text = b"https://kzte.example/security";
    let at = program.windows(text.len()).position(|window| window == text);
    let mut later = program.to_vec();
    later[at.expect("a security.txt in the program")..][..text.len()]
        .copy_from_slice(b"https://kzte.example/Security");
    assert_ne!(program_hash(&later), program_hash(program));
    later
}

/// The file of a world's deployment.
pub fn description_of<C: Chain>(world: &World<C>) -> Description {
    let (keys, policy) = (world.keys, world.policy());
    let (format, version) = Description::header();
    let attestors = ["Central bank", "Custodian", "Auditor"]
        .iter()
        .zip(keys.attestors)
        .enumerate()
        .map(|(seat, (name, key))| Attestor {
            name: (*name).to_owned(),
            address: key.address(),
            mandatory: seat == 0,
        });
    Description {
        format,
        version,
        mint: world.deployment.mint,
        upgrade_authority: keys.upgrade_authority.address(),
        token: Token {
            name: policy.name,
            uri: policy.uri,
        },
        roles: Roles {
            authority: keys.authority.address(),
            issuer_manager: keys.issuer_manager.address(),
            pauser: keys.pauser.address(),
            compliance: keys.compliance.address(),
            court_officer: keys.court_officer.address(),
            enforcer: keys.enforcer.address(),
        },
        policy: Policy {
            max_statement_age: policy.max_statement_age,
            redemption_sla: policy.redemption_sla,
        },
        attestors: attestors.collect(),
        threshold: 2,
        issuers: world
            .banks
            .iter()
            .map(|bank| IssuerDescription {
                name: bank.bic.to_string(),
                bic: bank.bic,
                admin: bank.admin.address(),
                operator: bank.operator.address(),
                quota: QUOTA,
                window_limit: None,
                window_seconds: DAY,
            })
            .collect(),
    }
}

/// Key pairs of keys.
pub fn pairs(keys: &[Key]) -> Vec<Keypair> {
    keys.iter().map(Key::pair).collect()
}

/// Everything of the deployment, and who holds how many lamports in it.
pub fn snapshot<C: Chain>(world: &World<C>) -> BTreeMap<Address, Account> {
    let deployment = world.deployment;
    let holder = world.key("aigerim");
    let mut addresses = vec![deployment.config, deployment.mint, world.token_account(&holder)];
    for bank in world.banks {
        addresses.extend([deployment.issuer(&bank.bic), deployment.escrow(&bank.bic)]);
        addresses.extend((1..4).map(|number| deployment.statement(&bank.bic, number)));
        addresses.push(deployment.redemption(&bank.bic, &holder.address(), 1));
    }
    addresses
        .into_iter()
        .filter_map(|address| Some((address, world.chain.account(&address).expect("the chain")?)))
        .collect()
}

struct Rehearsal<'a, C: Chain> {
    world: World<C>,
    description: Description,
    ledger: Ledger,
    pass: Pass<C>,
    today: &'a [u8],
    earlier: Vec<u8>,
}

/// The whole of it. `chain`: with the program of version 1 under the upgrade authority of the harness. `today`: the build
/// to go to. `further`: on to a later build and back as well.
pub fn rehearse<C: Chain>(chain: C, mint: &str, today: &[u8], further: bool, pass: Pass<C>) {
    let mut world = World::on(chain, mint);
    world.fund_everybody();
    let description = description_of(&world);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.json");
    let cluster = world.chain.cluster().expect("the cluster");
    let ledger = Ledger::open(&path, &cluster, &kzte_client::PROGRAM_ID, &world.deployment.mint);
    let mut rehearsal = Rehearsal {
        world,
        description,
        ledger: ledger.expect("a ledger"),
        pass,
        today,
        earlier: version_1(),
    };
    rehearsal.run(further);
}

impl<C: Chain> Rehearsal<'_, C> {
    fn run(&mut self, further: bool) {
        let (today, earlier) = (self.today.to_vec(), self.earlier.clone());
        let [bank, _] = self.world.banks;
        let holder = self.world.key("aigerim");
        let (file, payout) = self.live_state_of_version_1();
        let before = snapshot(&self.world);
        assert_eq!(before[&self.world.deployment.config].data.len(), Config::SPACE_V1);

        // The plan says what would change: the program, and then the layout.
        self.plan_names_program_and_layout();
        let to_today = self.go_to(&today, Some("0001"));
        let acts: Vec<&str> = to_today
            .applied
            .iter()
            .map(|applied| applied.act.as_str())
            .collect();
        assert!(
            matches!(acts.as_slice(), [created, written, extended, given, "upgrade"]
                if created.starts_with("create the buffer") && written.starts_with("write ")
                && extended.starts_with("extend") && given.starts_with("give the buffer")),
            "{acts:?}"
        );
        assert_eq!(self.hash(), program_hash(&today));
        assert_eq!(
            snapshot(&self.world),
            before,
            "the upgrade alone touches no account"
        );
        let pause = self.world.pause_case(1);
        assert_refused(&mut self.world, &pause, "AccountDataTooSmall");

        // Back before the layout step: everything as it was, and the old program works on.
        self.go_to(&earlier, Some("0001"));
        assert_eq!(self.hash(), program_hash(&earlier));
        assert_eq!(snapshot(&self.world), before, "the rollback touches no account");
        self.world.mint(&bank, &file, 1);
        assert_eq!(self.world.holding(&holder), 10_000 - 4_000 + 700);

        // Forth again, and on to the layout. The rest of the plan is done already.
        let before = snapshot(&self.world);
        let outcome = self.go_to(&today, None);
        let steps: Vec<&str> = outcome.applied.iter().map(|applied| applied.step).collect();
        assert_eq!(steps.last(), Some(&"0003_config_layout"), "{steps:?}");
        assert!(steps[..steps.len() - 1].iter().all(|step| *step == "0001_deploy"));
        self.only_the_layout_changed(&before);
        self.plan_is_done(&today);

        // The work goes on: the open redemption settles, the next entry mints once.
        self.world.settle(&bank, &payout, 0);
        self.world.mint(&bank, &file, 2);
        let again = self.world.mint_case(&bank, &file, 2);
        assert_refused(&mut self.world, &again, kzte_client::KzteError::EntryConsumed);
        assert_eq!(self.world.holding(&holder), 10_000 - 4_000 + 700 + 800);
        assert_eq!(self.world.supply(), 10_000 - 4_000 + 700 + 800);

        // A later build and back.
        let before = snapshot(&self.world);
        let later = later(&today);
        let builds = [later.as_slice(), today.as_slice()];
        for build in builds.into_iter().filter(|_| further) {
            self.go_to(build, None);
            assert_eq!(self.hash(), program_hash(build));
            assert_eq!(snapshot(&self.world), before);
        }
        self.world.mint(&bank, &file, 3);
        let check = self.world.check_invariants_case();
        let receipt = assert_ok(&mut self.world, &check);
        assert!(receipt.events.iter().any(|event| matches!(
            event,
            kzte_client::Event::InvariantsChecked(report)
                if report.violations == 0 && report.banks_given == 2 && report.banks_registered == 2
        )));

        self.ledger_tells_it(further);
    }

    fn keys(&self) -> Vec<Key> {
        let keys = self.world.keys;
        vec![keys.upgrade_authority, keys.authority, keys.issuer_manager]
    }

    fn hash(&self) -> String {
        let account = self.world.chain.account(&address::program_data());
        let account = account.expect("the chain").expect("the program");
        program_hash(&account.data[45..])
    }

    fn go_to(&mut self, program: &[u8], through: Option<&str>) -> Outcome {
        let migration = Migration {
            program: Some(program),
            through,
            ..Migration::of(&self.description)
        };
        let (payer, keys) = (self.world.keys.payer.pair(), pairs(&self.keys()));
        let keys: Vec<&Keypair> = keys.iter().collect();
        let outcome = migration
            .apply(
                &mut self.world.chain,
                &payer,
                &keys,
                Some(&mut self.ledger),
                &mut |_| (),
            )
            .unwrap_or_else(|stop| panic!("{stop}"));
        assert_eq!(outcome.waiting, []);
        outcome
    }

    fn plan_names_program_and_layout(&self) {
        let migration = Migration {
            program: Some(self.today),
            ..Migration::of(&self.description)
        };
        let actions = migration.plan(&self.world.chain, None, &[]).expect("a plan");
        let missing: Vec<_> = actions
            .iter()
            .filter(|action| matches!(action.state, State::Missing { .. }))
            .collect();
        let [program, layout] = missing.as_slice() else {
            panic!("{actions:?}");
        };
        assert_eq!((program.step, layout.step), ("0001_deploy", "0003_config_layout"));
        assert_eq!(program.changes[0].field, "program hash");
        assert_eq!(program.changes[0].chain, program_hash(&self.earlier));
        assert_eq!(program.changes[0].file, program_hash(self.today));
        assert_eq!(
            (layout.changes[0].chain.as_str(), layout.changes[0].file.as_str()),
            ("1", CONFIG_VERSION.to_string().as_str())
        );

        // A bank that the chain knows and the file does not would be left out of the count for ever.
        let mut short = self.description.clone();
        short.issuers.truncate(1);
        let error = Migration::of(&short)
            .verify(&self.world.chain)
            .expect_err("a short file");
        let error = error.to_string();
        assert!(
            error.contains("0003_config_layout") && error.contains("SARYKZ2AXXX"),
            "{error}"
        );
    }

    fn plan_is_done(&self, program: &[u8]) {
        let migration = Migration {
            program: Some(program),
            ..Migration::of(&self.description)
        };
        // The program, the configuration, two banks.
        assert_eq!(migration.verify(&self.world.chain).expect("all done"), 4);
    }

    /// Field for field: the layout's version and the eight new bytes, nothing else.
    fn only_the_layout_changed(&self, before: &BTreeMap<Address, Account>) {
        let after = snapshot(&self.world);
        let config = self.world.deployment.config;
        assert_eq!(
            before.keys().collect::<Vec<_>>(),
            after.keys().collect::<Vec<_>>()
        );
        for (address, account) in before.iter().filter(|(address, _)| **address != config) {
            assert_eq!(&after[address], account, "{address}");
        }
        let (old, new) = (&before[&config].data, &after[&config].data);
        assert_eq!((old[8], new[8]), (1, CONFIG_VERSION));
        assert_eq!((&old[..8], &old[9..]), (&new[..8], &new[9..Config::SPACE_V1]));
        assert_eq!(new[Config::SPACE_V1..], [2, 0, 0, 0, 0, 0, 0, 0]);
    }

    fn ledger_tells_it(&self, further: bool) {
        let entries = &self.ledger.record().actions;
        let upgrades: Vec<&str> = entries
            .iter()
            .filter(|entry| entry.act == "upgrade")
            .map(|entry| entry.program_hash.as_deref().expect("a hash"))
            .collect();
        let (today, earlier) = (program_hash(self.today), program_hash(&self.earlier));
        let later = program_hash(&later(self.today));
        let all = [&today, &earlier, &today, &later, &today];
        assert_eq!(upgrades, all[..if further { 5 } else { 3 }]);
        let layout = entries.iter().filter(|entry| entry.step == "0003_config_layout");
        let layout: Vec<_> = layout.collect();
        assert_eq!(layout.len(), 1, "{layout:?}");
        assert!(layout[0].signature.is_some() && layout[0].slot.is_some());
        // What was on the chain before the ledger was begun is told as found.
        let found: Vec<&str> = entries
            .iter()
            .filter(|entry| entry.act == "found")
            .map(|entry| entry.step.as_str())
            .collect();
        assert!(found.contains(&"0002_initialize") && found.contains(&"0005_register_issuers"));
    }

    /// Two banks, money out, a redemption open, its payout on an effective statement, entries left to mint: all by the
    /// program of version 1, which does not know today's accounts of every instruction.
    fn live_state_of_version_1(&mut self) -> (StatementFile, StatementFile) {
        let case = self.world.initialize_case();
        assert_ok(&mut self.world, &case);
        for bank in self.world.banks {
            let limits = instruction::IssuerLimits {
                quota: QUOTA,
                window_limit: u64::MAX,
                window_seconds: DAY,
            };
            let mut case = self.world.register_case(&bank, limits);
            case.instruction = of_version_1(case.instruction, &self.world.deployment.config);
            let sent = self.world.send(&case);
            sent.unwrap_or_else(|error| panic!("{error}\n{}", error.logs().join("\n")));
        }
        let [bank, _] = self.world.banks;
        let holder = self.world.holder("aigerim");
        let wallet = holder.address();
        let first = self.effective(&bank, &[credit(10_000, wallet)]);
        self.world.mint(&bank, &first, 0);
        let redemption = self.world.request(&bank, &holder, 1, 4_000);
        let lines = [
            neutral_credit(5_000),
            credit(700, wallet),
            credit(800, wallet),
            credit(900, wallet),
        ];
        let file = self.effective(&bank, &lines);
        let payout = self.effective(&bank, &[debit(4_000, redemption)]);
        (file, payout)
    }

    /// Posted and voted for under version 1, whose configuration today's client does not read.
    fn effective(&mut self, bank: &Bank, lines: &[kzte_harness::Line]) -> StatementFile {
        let last = self.world.issuer(bank).statement_as_of;
        (self.pass)(&mut self.world.chain, last);
        let file = self.world.post(bank, lines);
        let deployment = self.world.deployment;
        let digest = file.digest(
            &kzte_client::PROGRAM_ID,
            &deployment.config,
            &deployment.issuer(&bank.bic),
            1,
        );
        let [central_bank, custodian, _] = self.world.keys.attestors;
        for attestor in [central_bank, custodian] {
            let vote = instruction::attest_statement(
                &deployment,
                &bank.bic,
                attestor.address(),
                file.totals.number,
                digest,
            );
            self.world.must(&[vote], &[attestor]);
        }
        file
    }
}

/// `register_issuer` as version 1 took it: without the freeze authority.
fn of_version_1(mut instruction: Instruction, config: &Address) -> Instruction {
    let freeze_authority = address::freeze_authority(config);
    let before = instruction.accounts.len();
    instruction
        .accounts
        .retain(|meta| meta.pubkey != freeze_authority);
    assert_eq!(instruction.accounts.len() + 1, before);
    instruction
}
