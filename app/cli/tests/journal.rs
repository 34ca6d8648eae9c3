//! The journal at each point at which a program can die.

mod common;

use std::{fs, path::PathBuf};

use common::{Lose, World, already, altyndala, done};
use kzte_cli::{
    failure::{Kind, Result},
    keys::Hand,
    ops::{Step, issuance, tokens},
};
use kzte_client::Chain;

const TO: &str = "aigerim-trade";

/// Sayakhat Service holds tokens.
fn world() -> World {
    let mut world = World::new();
    let file = world.effective().statement;
    let hand = Hand::of(world.cast.key("altyndala"));
    done(issuance::mint_entry(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        1,
    ));
    world
}

fn transfer(world: &mut World, amount: u64) -> Result<Step> {
    let wallet = world.cast.address(TO);
    let hand = Hand::of(world.cast.key("sayakhat-service"));
    tokens::transfer(
        &mut world.chain,
        &world.journal,
        &world.dep,
        &hand,
        &wallet,
        amount,
        "rent",
    )
}

fn records(world: &World) -> Vec<PathBuf> {
    let folder = world.folder.path().join("journal");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths
}

fn field(world: &World, name: &str) -> serde_json::Value {
    let paths = records(world);
    assert_eq!(paths.len(), 1, "{paths:?}");
    let record: serde_json::Value = serde_json::from_str(&fs::read_to_string(&paths[0]).unwrap()).unwrap();
    record[name].clone()
}

#[test]
fn the_record_is_on_the_disk_before_anything_is_sent() {
    let mut world = world();
    world.chain.lose = Some(Lose::BeforeSending);
    assert_eq!(transfer(&mut world, 500).unwrap_err().kind, Kind::NoAnswer);
    assert_eq!(world.balance(TO), 0);
    assert_eq!(field(&world, "confirmed"), false);
    assert_eq!(field(&world, "action"), "transfer");
}

#[test]
fn died_before_sending_and_back_in_time_the_same_bytes_are_sent() {
    let mut world = world();
    world.chain.lose = Some(Lose::BeforeSending);
    transfer(&mut world, 500).unwrap_err();
    let signature = field(&world, "signature");
    let step = done(transfer(&mut world, 500));
    assert_eq!(
        signature,
        step.signature.unwrap().to_string(),
        "another transaction was signed"
    );
    assert_eq!(world.balance(TO), 500);
    assert_eq!(field(&world, "confirmed"), true);
    already(transfer(&mut world, 500));
    assert_eq!(world.balance(TO), 500);
}

#[test]
fn died_before_sending_and_back_too_late_it_is_signed_anew() {
    let mut world = world();
    world.chain.lose = Some(Lose::BeforeSending);
    transfer(&mut world, 500).unwrap_err();
    let signature = field(&world, "signature");
    world.chain.chain.svm_mut().expire_blockhash();
    let step = done(transfer(&mut world, 500));
    assert_ne!(signature, step.signature.unwrap().to_string());
    assert_eq!(world.balance(TO), 500);
}

#[test]
fn died_after_landing_it_is_recognised() {
    let mut world = world();
    world.chain.lose = Some(Lose::AfterLanding);
    assert_eq!(transfer(&mut world, 500).unwrap_err().kind, Kind::NoAnswer);
    assert_eq!(world.balance(TO), 500);
    assert_eq!(field(&world, "confirmed"), false);
    world.chain.chain.svm_mut().expire_blockhash();
    let step = already(transfer(&mut world, 500));
    assert!(step.note.contains("already done"), "{}", step.note);
    assert_eq!(world.balance(TO), 500);
    assert_eq!(field(&world, "confirmed"), true);
}

#[test]
fn a_transfer_that_the_chain_refused_can_be_tried_again() {
    let mut world = world();
    let all = world.balance("sayakhat-service");
    let failure = transfer(&mut world, all + 1).unwrap_err();
    assert_eq!(failure.name.as_deref(), Some("InsufficientFunds"), "{failure}");
    assert_eq!(field(&world, "confirmed"), false);
    // More tokens arrive, then the very same transfer goes through.
    let import = world.import("altnkzka-2026-11-16.xml", "altyndala", 1).remove(0);
    let hand = Hand::of(world.cast.key("altyndala"));
    done(issuance::mint_entry(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &import.statement,
        5,
    ));
    let wallet = world.cast.address("sayakhat-service");
    let agro = Hand::of(world.cast.key("nur-astyk-agro"));
    done(tokens::transfer(
        &mut world.chain,
        &world.journal,
        &world.dep,
        &agro,
        &wallet,
        1,
        "one tiyn",
    ));
    done(transfer(&mut world, all + 1));
    assert_eq!(world.balance("sayakhat-service"), 0);
    already(transfer(&mut world, all + 1));
}

#[test]
fn a_record_older_than_a_nodes_memory_is_not_guessed_about() {
    let mut world = world();
    world.chain.lose = Some(Lose::BeforeSending);
    transfer(&mut world, 500).unwrap_err();
    world.chain.chain.svm_mut().expire_blockhash();
    world.chain.chain.advance(86_401);
    let failure = transfer(&mut world, 500).unwrap_err();
    assert_eq!(failure.kind, Kind::NoAnswer);
    assert!(failure.way_out.contains("explorer"), "{failure}");
    assert_eq!(world.balance(TO), 0);
    // The person looks, deletes the record, and repeats.
    fs::remove_file(&records(&world)[0]).unwrap();
    done(transfer(&mut world, 500));
    assert_eq!(world.balance(TO), 500);
}

#[test]
fn a_damaged_record_stops_the_command() {
    let mut world = world();
    world.chain.lose = Some(Lose::AfterLanding);
    transfer(&mut world, 500).unwrap_err();
    let path = records(&world).remove(0);
    let text = fs::read_to_string(&path).unwrap();
    for damage in [&text[..text.len() / 2], "", "{}"] {
        fs::write(&path, damage).unwrap();
        let failure = transfer(&mut world, 500).unwrap_err();
        assert_eq!(failure.kind, Kind::Input, "{failure}");
        assert!(failure.way_out.contains("it may have been sent"), "{failure}");
    }
    assert_eq!(world.balance(TO), 500);
}

#[test]
fn every_argument_makes_another_transfer() {
    let mut world = world();
    done(transfer(&mut world, 500));
    done(transfer(&mut world, 501));
    let hand = Hand::of(world.cast.key("sayakhat-service"));
    let other = world.cast.address("dostyk-pharm");
    done(tokens::transfer(
        &mut world.chain,
        &world.journal,
        &world.dep,
        &hand,
        &other,
        500,
        "rent",
    ));
    assert_eq!(records(&world).len(), 3);
    assert_eq!((world.balance(TO), world.balance("dostyk-pharm")), (1_001, 500));
}

#[test]
fn the_same_command_at_the_same_time_waits() {
    let mut world = world();
    world.chain.lose = Some(Lose::BeforeSending);
    transfer(&mut world, 500).unwrap_err();
    let lock = records(&world).remove(0).with_extension("lock");
    let held = fs::File::options().write(true).open(lock).unwrap();
    held.lock().unwrap();
    let failure = transfer(&mut world, 500).unwrap_err();
    assert!(failure.message.contains("running at this moment"), "{failure}");
    drop(held);
    done(transfer(&mut world, 500));
}

#[test]
fn only_the_owner_reads_the_journal() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = world();
    done(transfer(&mut world, 500));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&world.folder.path().join("journal")), 0o700);
    assert_eq!(mode(&records(&world)[0]), 0o600);
}

#[test]
fn tokens_go_to_wallets_and_not_to_token_accounts() {
    let mut world = world();
    let account = world.dep.token_account(&world.cast.address("sayakhat-service"));
    assert!(world.chain.account(&account).unwrap().is_some());
    let hand = Hand::of(world.cast.key("sayakhat-service"));
    let failure = tokens::transfer(
        &mut world.chain,
        &world.journal,
        &world.dep,
        &hand,
        &account,
        5,
        "x",
    )
    .unwrap_err();
    assert_eq!(failure.kind, Kind::Usage, "{failure}");
    assert!(
        records(&world).is_empty(),
        "nothing was signed, so nothing is kept"
    );
    let wallet = world.cast.address(TO);
    let failure = tokens::transfer(
        &mut world.chain,
        &world.journal,
        &world.dep,
        &hand,
        &wallet,
        0,
        "x",
    )
    .unwrap_err();
    assert_eq!(failure.kind, Kind::Usage, "{failure}");
}
