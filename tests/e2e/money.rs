//! Issuers mint against deposits, wallets pay, the desk acts, banks redeem.

use kzte_client::{Chain, Event, KzteError, TOKEN_PROGRAM_ID, state::PAUSE_ALL};
use kzte_harness::{assert_ok, assert_refused, credit, debit, neutral_credit, validator::Engine};

use spl_token_2022_interface::instruction::transfer_checked;

use crate::stage::{self, SLA};

on_both_engines! {
    a_business_day_over_rpc,
    a_wallet_pays_by_itself,
}

/// A day of both banks: deposits become tokens, tokens move by plain Token-2022, an account is frozen and thawed, a
/// court seizes, a redemption is paid and settled, another is overdue, a liability moves. Then everything is rebuilt
/// from what the validator's history tells.
fn a_business_day_over_rpc(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "business day");
    let [bank, other] = world.banks;
    let [aigerim, daniyar, treasury] = ["aigerim", "daniyar", "treasury"].map(|name| world.holder(name));
    let wallets = [aigerim.address(), daniyar.address()];
    let file = stage::effective(
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
    let payout = stage::effective(&mut world, &bank, &[debit(40_000, first)]);
    world.settle(&bank, &payout, 0);
    stage::effective(&mut world, &other, &[neutral_credit(1_000)]);
    world.novate(&bank, &other, 1_000);
    let due = world.now() + SLA;
    stage::wait_past(&world, due);
    let flag = world.flag_case(&other, &second);
    assert_ok(&mut world, &flag);
    let payout = stage::effective(&mut world, &other, &[debit(1_000, second)]);
    world.settle(&other, &payout, 0);
    world.check_invariants("settled");

    let check = world.check_invariants_case();
    let receipt = assert_ok(&mut world, &check);
    assert!(receipt.events.iter().any(|event| matches!(
        event,
        Event::InvariantsChecked(report) if report.violations == 0 && report.supply == 59_000
    )));
    stage::rebuilt_from_history(&world, engine);
}

/// Plain wallets: Token-2022's own instruction as its interface crate builds it, nothing of our client in it, signed by
/// nobody of the system.
fn a_wallet_pays_by_itself(engine: &Engine) {
    let validator = stage::start(engine);
    let mut world = stage::world(validator.chain(), "wallets");
    let bank = world.banks[0];
    let [from, to] = ["aigerim", "daniyar"].map(|name| world.holder(name));
    let file = stage::effective(&mut world, &bank, &[credit(500, from.address())]);
    world.mint(&bank, &file, 0);
    let transfer = transfer_checked(
        &TOKEN_PROGRAM_ID,
        &world.token_account(&from),
        &world.deployment.mint,
        &world.token_account(&to),
        &from.address(),
        &[],
        200,
        2,
    )
    .expect("an instruction of Token-2022");
    world
        .chain
        .send(&[transfer], &from.pair(), &[])
        .expect("a transfer");
    assert_eq!((world.holding(&from), world.holding(&to)), (300, 200));
}
