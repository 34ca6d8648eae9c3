//! What a node adds to the program.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use kzte_client::{
    Chain, ChainError, Commitment, Event, Fate, KzteError, Limit, RpcChain, SendOptions, fetch,
};
use kzte_harness::{assert_ok, assert_refused, credit, relay, validator::Engine};
use serde_json::{Value, json};

use crate::stage;

on_both_engines! {
    a_refusal_before_and_after_sending,
    limits_and_commitments,
    an_expired_transaction_never_lands,
    the_same_bytes_twice_land_once,
    a_dropped_transaction_is_sent_again,
    a_restart_loses_nothing,
    news_by_websocket,
}

/// With a trial run a refusal costs nothing and leaves no trace; without, the failed transaction lands and pays its fee.
fn a_refusal_before_and_after_sending(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "preflight");
    let stranger = world.keys.stranger;
    let case = world.pause_case(1).signed_by("pauser", stranger);
    let payer = world.keys.payer.pair();
    for (options, costs) in [(SendOptions::default(), false), (SendOptions::UNCHECKED, true)] {
        let before = world.expect_account(&world.keys.payer.address()).lamports;
        let error = world
            .chain
            .send_with(
                std::slice::from_ref(&case.instruction),
                &payer,
                &[&stranger.pair()],
                options,
            )
            .expect_err("a stranger");
        assert!(error.is(KzteError::NotAuthorized), "{error}");
        let after = world.expect_account(&world.keys.payer.address()).lamports;
        assert_eq!(before != after, costs, "{before} and {after}");
    }
    assert_eq!(
        fetch::config(&world.chain, &world.deployment).expect("it").paused,
        0
    );
}

/// A transaction above 1,232 bytes never leaves the client, a limit of compute units that is too small is the chain's
/// refusal, and an answer of finalized commitment comes later but says the same.
fn limits_and_commitments(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "limits");
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let lines = vec![credit(10, holder.address()); 64];
    let file = stage::effective(&mut world, &bank, &lines);
    let large = world.mint_many_case(&bank, &file, 0, 16);
    let error = world.send(&large).expect_err("a transaction of 16 mints");
    assert!(matches!(error, ChainError::TooLarge { .. }), "{error}");

    let mint = world.mint_case(&bank, &file, 0);
    let starved = SendOptions {
        compute_units: Limit::Fixed(3_000),
        ..SendOptions::default()
    };
    let payer = world.keys.payer.pair();
    let operator = bank.operator.pair();
    let error = world
        .chain
        .send_with(
            std::slice::from_ref(&mint.instruction),
            &payer,
            &[&operator],
            starved,
        )
        .expect_err("too few compute units");
    assert!(
        error
            .name()
            .is_some_and(|name| name == "ComputationalBudgetExceeded" || name == "ProgramFailedToComplete"),
        "{error}"
    );
    assert_ok(&mut world, &mint);

    world.chain = validator.chain().with_commitment(Commitment::Finalized);
    while world.holding(&holder) == 0 {
        thread::sleep(Duration::from_millis(50));
    }
    let mint = world.mint_case(&bank, &file, 1);
    assert_ok(&mut world, &mint);
    assert_eq!(world.holding(&holder), 20);
}

/// A transaction that was signed and not sent in its time can never land, and says so; a new one does the work.
fn an_expired_transaction_never_lands(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "expiry");
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let file = stage::effective(&mut world, &bank, &[credit(10, holder.address())]);
    let mint = world.mint_case(&bank, &file, 0);
    let (payer, operator) = (world.keys.payer.pair(), bank.operator.pair());
    let instructions = std::slice::from_ref(&mint.instruction);
    let letter = world
        .chain
        .sign(instructions, &payer, &[&operator], SendOptions::UNCHECKED)
        .expect("signed");
    assert!(matches!(world.chain.fate(&letter).expect("its fate"), Fate::Open));
    while matches!(world.chain.fate(&letter).expect("its fate"), Fate::Open) {
        thread::sleep(Duration::from_millis(200));
    }
    assert!(matches!(
        world.chain.fate(&letter).expect("its fate"),
        Fate::Expired
    ));
    let error = world.chain.dispatch(&letter).expect_err("it is too late");
    assert!(
        matches!(error, ChainError::Expired { signature } if signature == letter.signature),
        "{error}"
    );
    assert_eq!(world.holding(&holder), 0);
    assert_ok(&mut world, &mint);
    assert_eq!(world.holding(&holder), 10);
}

/// Bytes that are sent again, by this run or the next, land once; another transaction for the same entry is refused.
fn the_same_bytes_twice_land_once(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "twice");
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let file = stage::effective(&mut world, &bank, &[credit(10, holder.address())]);
    let mint = world.mint_case(&bank, &file, 0);
    let (payer, operator) = (world.keys.payer.pair(), bank.operator.pair());
    let instructions = std::slice::from_ref(&mint.instruction);
    let letter = world
        .chain
        .sign(instructions, &payer, &[&operator], SendOptions::default())
        .expect("signed");
    let first = world.chain.dispatch(&letter).expect("it lands");
    let second = validator.chain().dispatch(&letter).expect("it has landed");
    assert_eq!(first, second);
    assert!(
        matches!(world.chain.fate(&letter).expect("its fate"), Fate::Landed(receipt) if *receipt == first)
    );
    assert_refused(&mut world, &mint, KzteError::EntryConsumed);
    assert_eq!(world.holding(&holder), 10);
}

/// A node that takes a transaction and loses it, as a crowded one does: the same bytes are sent until they land.
fn a_dropped_transaction_is_sent_again(engine: &Engine) {
    const LOST: usize = 3;
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "dropped");
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let file = stage::effective(&mut world, &bank, &[credit(10, holder.address())]);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let url = relay::start(&validator.url(), move |node, request| {
        if !relay::sends_a_transaction(request) {
            return node.ask(request);
        }
        let request_of: Value = serde_json::from_slice(request).expect("JSON");
        let mut seen = seen.lock().expect("the list");
        seen.push(request_of["params"][0].clone());
        if seen.len() > LOST {
            return node.ask(request);
        }
        let accepted = json!({ "jsonrpc": "2.0", "id": request_of["id"], "result": "1".repeat(64) });
        Some(("200 OK".to_owned(), accepted.to_string().into_bytes()))
    });
    world.chain = RpcChain::new(url.expect("a relay")).with_timing(
        Duration::from_millis(20),
        Duration::from_millis(200),
        Duration::from_secs(60),
    );
    let mint = world.mint_case(&bank, &file, 0);
    assert_ok(&mut world, &mint);
    assert_eq!(world.holding(&holder), 10);
    let sent = sent.lock().expect("the list");
    assert!(sent.len() > LOST, "{}", sent.len());
    assert!(sent.iter().all(|bytes| *bytes == sent[0]), "signed once");
}

/// A validator that goes down and comes back holds what it held, and the work goes on.
fn a_restart_loses_nothing(engine: &Engine) {
    let mut validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "restart");
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let file = stage::effective(
        &mut world,
        &bank,
        &[credit(500, holder.address()), credit(700, holder.address())],
    );
    world.mint(&bank, &file, 0);
    // What is finalized is on the disk.
    world.chain = validator.chain().with_commitment(Commitment::Finalized);
    while world.holding(&holder) == 0 {
        thread::sleep(Duration::from_millis(50));
    }
    validator.restart();
    world.chain = validator.chain();
    assert_eq!(world.holding(&holder), 500);
    let again = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &again, KzteError::EntryConsumed);
    world.mint(&bank, &file, 1);
    world.check_invariants("after the restart");
}

/// Every event of the deployment, as it happens, and none twice.
fn news_by_websocket(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "news");
    let config = world.deployment.config;
    let mut news = validator
        .chain()
        .follow(&validator.websocket_url(), &config)
        .expect("a subscription");
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let file = stage::effective(
        &mut world,
        &bank,
        &[credit(10, holder.address()), credit(20, holder.address())],
    );
    world.mint(&bank, &file, 0);
    world.mint(&bank, &file, 1);
    let mut minted = Vec::new();
    while minted.len() < 2 {
        let receipt = news
            .next_within(Duration::from_secs(30))
            .expect("news within half a minute");
        minted.extend(receipt.events.iter().filter_map(|event| match event {
            Event::Minted(event) => Some(event.amount),
            _ => None,
        }));
    }
    assert_eq!(minted, [10, 20]);
}
