//! The system on a real validator: the bank, the scheduler, confirmation levels and limits that an in-process chain does
//! not have. The same cases as in-process, over JSON-RPC.
//!
//! Needs Agave's `solana-test-validator` in `KZTE_VALIDATOR`; `cargo xtask test` sets it where the binary is in the cache,
//! `cargo xtask test --engine agave` builds it before. Time here is the validator's: a test waits for it by asking the
//! chain, never by sleeping a guessed while.

use std::{
    sync::{Mutex, OnceLock},
    thread,
    time::Duration,
};

use kzte_client::{
    Chain, ChainError, Commitment, Event, KzteError, Limit, RpcChain, SendOptions,
    instruction::{MintSource, transfer_checked},
    state::PAUSE_ALL,
};
use kzte_harness::{
    Bank, Indexer, Key, World, assert_ok, assert_refused, credit, debit, indexer::Record, neutral_credit,
    validator::Validator, world::WIDE,
};

/// Term of a redemption here, seconds: the shortest that lets a test act before it is over.
const SLA: i64 = 5;

/// One validator for all tests of this process; they run one after the other.
fn validator() -> std::sync::MutexGuard<'static, Validator> {
    static VALIDATOR: OnceLock<Mutex<Validator>> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        let binary = Validator::binary().expect("KZTE_VALIDATOR names solana-test-validator");
        let authority = Key::named("upgrade authority");
        Mutex::new(Validator::start(&binary, &authority.address()))
    });
    validator
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A deployment of its own with two banks, under a mint of that name.
fn world(chain: RpcChain, mint: &str) -> World<RpcChain> {
    let mut world = World::on(chain, mint);
    world.fund_everybody();
    let mut policy = world.policy();
    policy.redemption_sla = SLA;
    let case = world.initialize_case_with(MintSource::Create, policy);
    assert_ok(&mut world, &case);
    for bank in world.banks {
        let case = world.register_case(&bank, WIDE);
        assert_ok(&mut world, &case);
        world.auditor.knows_bank(bank.bic);
        let escrow = world.deployment.escrow(&bank.bic);
        world.auditor.knows_token_account(escrow);
    }
    world
}

/// Waits until the chain's clock is past `moment`.
fn wait_past(world: &World<RpcChain>, moment: i64) {
    while world.now() <= moment {
        thread::sleep(Duration::from_millis(50));
    }
}

/// The bank's next statement, later than the last.
fn effective(
    world: &mut World<RpcChain>,
    bank: &Bank,
    lines: &[kzte_harness::Line],
) -> kzte_client::reserve::StatementFile {
    let last = world.issuer(bank).statement_as_of;
    wait_past(world, last);
    world.effective(bank, lines)
}

/// A day of both banks: deposits become tokens, tokens move by plain Token-2022, an account is frozen and thawed, a
/// court seizes, a redemption is paid and settled, another is overdue, a liability moves. Then everything is rebuilt
/// from what the validator's history tells.
#[test]
#[ignore = "needs a validator"]
fn a_business_day_over_rpc() {
    let validator = validator();
    let mut world = world(validator.chain(), "business day");
    let [bank, other] = world.banks;
    let [aigerim, daniyar, treasury] = ["aigerim", "daniyar", "treasury"].map(|name| world.holder(name));
    let wallets = [aigerim.address(), daniyar.address()];
    let file = effective(
        &mut world,
        &bank,
        &[
            credit(70_000, wallets[0]),
            credit(20_000, wallets[1]),
            credit(10_000, wallets[1]),
        ],
    );
    world.mint(&bank, &file, 0);
    world.mint_many(&bank, &file, 1, 2);
    let again = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &again, KzteError::EntryConsumed);
    world.transfer(&aigerim, &daniyar, 5_000);
    world.check_invariants("minted and moved");

    world.freeze(&daniyar);
    assert!(world.try_transfer(&daniyar, &aigerim, 1).is_err());
    let terms = world.order_terms("a case", &daniyar, &treasury, 3_000);
    world.open_order(&terms);
    let pause = world.pause_case(PAUSE_ALL);
    assert_ok(&mut world, &pause);
    let execute = world.execute_order_case(&terms, 3_000);
    assert_ok(&mut world, &execute);
    let resume = world.resume_case(PAUSE_ALL);
    assert_ok(&mut world, &resume);
    assert!(
        world.try_transfer(&daniyar, &aigerim, 1).is_err(),
        "frozen after as before"
    );
    world.thaw(&daniyar);
    world.check_invariants("seized");

    let first = world.request(&bank, &aigerim, 1, 40_000);
    let second = world.request(&other, &daniyar, 1, 1_000);
    let payout = effective(&mut world, &bank, &[debit(40_000, first)]);
    world.settle(&bank, &payout, 0);
    effective(&mut world, &other, &[neutral_credit(1_000)]);
    world.novate(&bank, &other, 1_000);
    let due = world.now() + SLA;
    wait_past(&world, due);
    let flag = world.flag_case(&other, &second);
    assert_ok(&mut world, &flag);
    let payout = effective(&mut world, &other, &[debit(1_000, second)]);
    world.settle(&other, &payout, 0);
    world.check_invariants("settled");

    let check = world.check_invariants_case();
    let receipt = assert_ok(&mut world, &check);
    assert!(receipt.events.iter().any(|event| matches!(
        event,
        Event::InvariantsChecked(report) if report.violations == 0 && report.supply == 59_000
    )));
    rebuilt_from_history(&world);
}

/// Every account of the deployment, rebuilt from the transactions that the validator lists for its configuration.
fn rebuilt_from_history(world: &World<RpcChain>) {
    let deployment = world.deployment;
    let signatures = world.chain.history(&deployment.config).expect("the history");
    let records: Vec<Record> = signatures
        .iter()
        .map(|signature| {
            let receipt = world
                .chain
                .receipt(signature)
                .expect("a receipt")
                .expect("a transaction");
            Record {
                at: receipt.time.expect("the time of a block"),
                events: receipt.events,
            }
        })
        .collect();
    assert_eq!(
        records.iter().map(|record| record.events.len()).sum::<usize>(),
        world
            .history
            .iter()
            .map(|record| record.events.len())
            .sum::<usize>()
    );
    let accounts = Indexer::replay(&deployment, &records).compare(&world.chain, &deployment, "over RPC");
    println!("{} transactions, {accounts} accounts rebuilt", records.len());
}

/// With a trial run a refusal costs nothing and leaves no trace; without, the failed transaction lands and pays its fee.
#[test]
#[ignore = "needs a validator"]
fn a_refusal_before_and_after_sending() {
    let validator = validator();
    let mut world = world(validator.chain(), "preflight");
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
        kzte_client::fetch::config(&world.chain, &world.deployment)
            .expect("it")
            .paused,
        0
    );
}

/// A transaction above 1,232 bytes never leaves the client, a limit of compute units that is too small is the chain's
/// refusal, and an answer of finalized commitment comes later but says the same.
#[test]
#[ignore = "needs a validator"]
fn limits_and_commitments() {
    let validator = validator();
    let mut world = world(validator.chain(), "limits");
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let lines = vec![credit(10, holder.address()); 64];
    let file = effective(&mut world, &bank, &lines);
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
            .is_some_and(|name| name.contains("Compute") || name.contains("Program")),
        "{error}"
    );
    assert_ok(&mut world, &mint);

    world.chain = validator.chain().with_commitment(Commitment::Finalized);
    let mint = world.mint_case(&bank, &file, 1);
    assert_ok(&mut world, &mint);
    assert_eq!(world.holding(&holder), 20);
}

/// Plain wallets: a transfer signed by nobody of the system, without any instruction of ours.
#[test]
#[ignore = "needs a validator"]
fn a_wallet_pays_by_itself() {
    let validator = validator();
    let mut world = world(validator.chain(), "wallets");
    let bank = world.banks[0];
    let [from, to] = ["aigerim", "daniyar"].map(|name| world.holder(name));
    let file = effective(&mut world, &bank, &[credit(500, from.address())]);
    world.mint(&bank, &file, 0);
    let transfer = transfer_checked(
        &world.deployment,
        world.token_account(&from),
        world.token_account(&to),
        from.address(),
        200,
    );
    world
        .chain
        .send(&[transfer], &from.pair(), &[])
        .expect("a transfer");
    assert_eq!((world.holding(&from), world.holding(&to)), (300, 200));
}

/// A validator that goes down and comes back holds what it held, and the work goes on.
#[test]
#[ignore = "needs a validator"]
fn a_restart_loses_nothing() {
    let mut validator = validator();
    let mut world = world(validator.chain(), "restart");
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let file = effective(
        &mut world,
        &bank,
        &[credit(500, holder.address()), credit(700, holder.address())],
    );
    world.mint(&bank, &file, 0);
    // What is finalized is on the disk.
    let finalized = validator.chain().with_commitment(Commitment::Finalized);
    let account = world.token_account(&holder);
    while finalized
        .account(&account)
        .expect("the chain")
        .is_none_or(|it| it.data[64] == 0)
    {
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
