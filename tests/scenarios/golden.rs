//! Accounts as earlier builds wrote them. Their bytes are committed, and every later build must load them: refuse what
//! it cannot read, migrate it, and go on with the money that lies in it.
//!
//! `golden/version-1.json` was written by the first build, whose configuration has version 1. `golden/version-2.json`
//! is what this build writes; a layout that changes fails here, and is then a version of its own (ADR 0011).

use std::{collections::BTreeMap, fs, path::PathBuf};

use kzte_client::{
    Account, Address, Chain, KzteError,
    constants::CONFIG_VERSION,
    fetch,
    state::{Config, Role},
};
use kzte_harness::{
    Key, World, assert_ok, assert_refused, credit, debit,
    key::{hash_of, nowhere},
    neutral_credit,
    world::{CANCEL_AFTER, DAY},
};
use serde::{Deserialize, Serialize};

/// A file of accounts.
#[derive(Serialize, Deserialize, PartialEq)]
struct Golden {
    /// Unix seconds.
    time: i64,
    accounts: BTreeMap<String, Stored>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Stored {
    owner: String,
    lamports: u64,
    /// Hexadecimal.
    data: String,
}

impl Golden {
    fn path(version: u8) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("golden/version-{version}.json"))
    }

    fn read(version: u8) -> Self {
        let text = fs::read_to_string(Self::path(version)).expect("the golden file");
        serde_json::from_str(&text).expect("a golden file")
    }

    /// A chain that holds nothing else.
    fn world(&self) -> World {
        let mut world = World::bare();
        world.chain.warp_to(self.time);
        for (address, stored) in &self.accounts {
            let account = Account {
                lamports: stored.lamports,
                data: bytes(&stored.data),
                owner: stored.owner.parse().expect("an owner"),
                executable: false,
                rent_epoch: u64::MAX,
            };
            let address: Address = address.parse().expect("an address");
            world.chain.set_account(&address, account).expect("an account");
        }
        for name in ["aigerim", "frozen"] {
            let key = world.key(name);
            world.chain.fund(&key.address(), 1_000_000_000).expect("lamports");
        }
        world
    }
}

fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16).expect("a digit")).expect("a nibble"))
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The state that both files hold: two banks with money out, a frozen holder, a blocked wallet, two open redemptions, a
/// statement half consumed, and one that waits for its second vote.
fn state() -> World {
    let mut world = World::new();
    let [bank, other] = world.banks;
    let holder = world.holder("aigerim");
    let frozen = world.holder("frozen");
    world.open_account(&bank.operator.address());
    world.deposit(&bank, &holder, 10_000);
    world.deposit(&other, &frozen, 5_000);
    world.freeze(&frozen);
    world.block(&nowhere("a blocked wallet"));
    world.advance(DAY);
    let redemption = world.request(&bank, &holder, 1, 500);
    world.request(&bank, &holder, 2, 300);
    let file = world.effective(&bank, &credits());
    world.mint(&bank, &file, 0);
    world.advance(60);
    let third = world.post(&bank, &payout(redemption));
    let vote = world.attest_case(&bank, &third, &world.keys.attestors[1].clone());
    assert_ok(&mut world, &vote);
    world
}

fn credits() -> [kzte_harness::Line; 2] {
    let wallet = Key::named("aigerim").address();
    [credit(700, wallet), credit(800, wallet)]
}

fn payout(redemption: Address) -> [kzte_harness::Line; 2] {
    [debit(500, redemption), neutral_credit(1_000)]
}

/// What version 2 adds: a nomination, an order with something executed.
fn state_of_version_2() -> World {
    let mut world = state();
    let nominate = world.nominate_case(Role::Pauser, &nowhere("a nominee"));
    assert_ok(&mut world, &nominate);
    let (subject, destination) = (world.key("frozen"), world.key("aigerim"));
    let terms = world.order_terms("a case", &subject, &destination, 1_000);
    world.open_order(&terms);
    let execute = world.execute_order_case(&terms, 400);
    assert_ok(&mut world, &execute);
    world
}

/// Everything of `world` that a golden file holds.
fn stored(world: &World) -> Golden {
    let deployment = world.deployment;
    let holder = world.key("aigerim");
    let mut addresses = vec![
        deployment.config,
        deployment.mint,
        deployment.block(&nowhere("a blocked wallet")),
        deployment.order(&hash_of("a case")),
    ];
    for nonce in 1..3 {
        addresses.push(deployment.redemption(&world.banks[0].bic, &holder.address(), nonce));
    }
    for bank in world.banks {
        addresses.extend([deployment.issuer(&bank.bic), deployment.escrow(&bank.bic)]);
        addresses.extend((1..4).map(|number| deployment.statement(&bank.bic, number)));
    }
    let keys = [holder, world.key("frozen"), world.banks[0].operator];
    addresses.extend(keys.map(|key| world.token_account(&key)));
    let accounts = addresses.iter().filter_map(|address| {
        let account = world.chain.account(address).expect("the chain")?;
        let stored = Stored {
            owner: account.owner.to_string(),
            lamports: account.lamports,
            data: account.data.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        Some((address.to_string(), stored))
    });
    Golden {
        time: world.now(),
        accounts: accounts.collect(),
    }
}

/// The rest of the state's life: the open statement is carried, the redemptions end, the open entry mints.
fn live_on(world: &mut World) {
    let [bank, _] = world.banks;
    let holder = world.key("aigerim");
    let deployment = world.deployment;
    let [first, second] = [1, 2].map(|nonce| deployment.redemption(&bank.bic, &holder.address(), nonce));
    let supply = world.supply();

    // The third statement as it was posted; the second vote, of the central bank, carries it.
    let third = world.file(&bank, &payout(first));
    let vote = world.attest_case(&bank, &third, &world.keys.attestors[0].clone());
    assert_ok(world, &vote);
    let settle = world.settle_case(&bank, &third, 0);
    assert_ok(world, &settle);
    assert_eq!(world.supply(), supply - 500);

    // The second statement's second entry was never minted: it mints once.
    let second_file = second_statement(world);
    let mint = world.mint_case(&bank, &second_file, 1);
    assert_ok(world, &mint);
    assert_refused(world, &mint, KzteError::EntryConsumed);
    let consumed = world.mint_case(&bank, &second_file, 0);
    assert_refused(world, &consumed, KzteError::EntryConsumed);
    assert_eq!(world.supply(), supply - 500 + 800);

    world.advance(CANCEL_AFTER);
    let cancel = world.cancel_case(&bank, &second, &holder);
    assert_ok(world, &cancel);
    let thaw = world.thaw_case(&world.token_account(&world.key("frozen")));
    assert_ok(world, &thaw);
    let unblock = world.unblock_case(&nowhere("a blocked wallet"));
    assert_ok(world, &unblock);
    let issuer = world.issuer(&bank);
    assert_eq!((issuer.pending, issuer.pending_count), (0, 0));
    let check = world.check_invariants_case();
    let receipt = assert_ok(world, &check);
    let report = receipt.events.iter().find_map(|event| match event {
        kzte_client::Event::InvariantsChecked(report) => Some(*report),
        _ => None,
    });
    let report = report.expect("a report");
    assert_eq!(
        (report.violations, report.banks_given, report.banks_registered),
        (0, 2, 2)
    );
}

/// The file of the second statement, made again from the lines that it was made from.
fn second_statement(world: &World) -> kzte_client::reserve::StatementFile {
    let mut earlier = World::new();
    let [bank, _] = earlier.banks;
    let holder = earlier.holder("aigerim");
    earlier.deposit(&bank, &holder, 10_000);
    earlier.advance(DAY);
    let file = earlier.file(&bank, &credits());
    let account = fetch::statement(&world.chain, &world.deployment, &bank.bic, 2)
        .expect("the chain")
        .expect("the statement");
    assert_eq!(
        account.header.entries_root, file.entries_root,
        "not the statement of the golden file"
    );
    file
}

#[test]
fn version_1_is_refused_until_it_is_migrated_and_then_lives_on() {
    let golden = Golden::read(1);
    let mut world = golden.world();
    let [bank, _] = world.banks;
    let before = world.expect_account(&world.deployment.config);
    assert_eq!((before.data.len(), before.data[8]), (Config::SPACE_V1, 1));

    for case in [
        world.pause_case(1),
        world.burn_case(&bank, 1),
        world.mint_case(&bank, &second_statement(&world), 1),
        world.check_invariants_case(),
    ] {
        assert_refused(&mut world, &case, "AccountDataTooSmall");
    }

    let migrate = world.migrate_case();
    assert_ok(&mut world, &migrate);
    let after = world.expect_account(&world.deployment.config);
    assert_eq!(after.data.len(), Config::SPACE);
    assert_eq!(after.data[8], CONFIG_VERSION);
    // Nothing but the version changed in what was there, and the new bytes hold the two banks.
    assert_eq!(after.data[..8], before.data[..8]);
    assert_eq!(after.data[9..Config::SPACE_V1], before.data[9..]);
    assert_eq!(after.data[Config::SPACE_V1..], [2, 0, 0, 0, 0, 0, 0, 0]);

    live_on(&mut world);
}

#[test]
fn version_2_lives_on() {
    live_on(&mut Golden::read(2).world());
}

#[test]
fn this_build_lays_accounts_out_as_published() {
    let path = Golden::path(2);
    let made = stored(&state_of_version_2());
    if std::env::var_os("KZTE_WRITE_DOCS").is_some() && !path.exists() {
        let text = serde_json::to_string_pretty(&made).expect("text");
        fs::write(&path, text + "\n").expect("the golden file");
    }
    let published = Golden::read(2);
    assert_eq!(made.time, published.time);
    assert_eq!(
        made.accounts.keys().collect::<Vec<_>>(),
        published.accounts.keys().collect::<Vec<_>>()
    );
    for (address, account) in &made.accounts {
        assert_eq!(
            account, &published.accounts[address],
            "{address}: a layout changed; give it a version of its own, a migration, and a golden file"
        );
    }
}

/// The state of both files is sound: what the auditor knows of it adds up.
#[test]
fn the_state_of_the_golden_files_is_sound() {
    let mut world = state_of_version_2();
    world.check_invariants("the golden state");
}
