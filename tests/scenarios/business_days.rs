//! Two banks over three business days: deposits, single and batch minting, transfers, freeze and thaw, redemption,
//! settlement, closing of statements. Written over any chain; here it runs on the in-process one.

use kzte_client::{Chain, Event, KzteError, fetch, reserve::StatementFile};
use kzte_harness::{
    Bank, Key, Line, TestChain, World, assert_ok, assert_refused, credit, debit, neutral_credit,
    neutral_debit, world::DAY,
};

/// The bank's next statement, posted and attested by the central bank and the custodian.
fn report<C: Chain>(world: &mut World<C>, bank: &Bank, lines: &[Line], as_of: i64) -> StatementFile {
    let file = world.file_as_of(bank, lines, as_of);
    let post = world.post_case(bank, &file);
    let receipt = assert_ok(world, &post);
    let [Event::StatementPosted(posted)] = &receipt.events[..] else {
        panic!("{:?}", receipt.events)
    };
    assert_eq!(
        (posted.number, posted.closing),
        (file.totals.number, file.totals.closing)
    );
    world.check_invariants("posted");

    // One vote carries nothing; the second, with the mandatory seat among them, does.
    let votes = [(1, false), (0, true)];
    for (seat, carries) in votes {
        let attestor = world.keys.attestors[seat];
        let vote = world.attest_case(bank, &file, &attestor);
        if carries {
            world.auditor.knows_statement(bank.bic, file.clone());
        }
        let receipt = assert_ok(world, &vote);
        let [Event::StatementAttested(attested)] = &receipt.events[..] else {
            panic!("{:?}", receipt.events)
        };
        assert_eq!(
            (attested.effective == 1, attested.number),
            (carries, file.totals.number)
        );
    }
    world.check_invariants("effective");
    file
}

/// The whole story; `now` is the time of the chain when it begins.
fn three_business_days<C: Chain>(world: &mut World<C>) {
    let [altyn, sary] = world.banks;
    let now = world.now();
    let evening = |day: i64| now - (3 - day) * DAY;
    let [aigerim, marat, dana, yerlan] =
        ["aigerim", "marat", "dana", "yerlan"].map(|name| world.holder(name));
    let outstanding = |world: &World<C>, bank: &Bank| world.issuer(bank).outstanding().expect("a position");
    let at = |key: &Key| key.address();
    world.check_invariants("opening");

    // ── first day ───────────────────────────────────────────────────────────────────────────
    // Altyn: two deposits, interest for nobody, a fee. Sary: a run of three deposits, then another one.
    let altyn_1 = report(
        world,
        &altyn,
        &[
            credit(1_250_000, at(&aigerim)),
            neutral_credit(9_000),
            credit(400_050, at(&marat)),
            neutral_debit(5_000),
        ],
        evening(1),
    );
    let sary_1 = report(
        world,
        &sary,
        &[
            credit(70_000, at(&dana)),
            credit(80_000, at(&yerlan)),
            credit(90_001, at(&dana)),
            neutral_debit(1),
            credit(1, at(&aigerim)),
        ],
        evening(1),
    );
    world.mint(&altyn, &altyn_1, 0);
    world.check_invariants("first mint");
    world.mint(&altyn, &altyn_1, 2);
    world.check_invariants("second mint");
    let receipt = world.mint_many(&sary, &sary_1, 0, 3);
    let minted: Vec<(u32, u64)> = receipt
        .events
        .iter()
        .map(|event| match event {
            Event::Minted(minted) => (minted.index, minted.amount),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(minted, [(0, 70_000), (1, 80_000), (2, 90_001)]);
    world.check_invariants("a run minted");
    assert_eq!(world.holding(&aigerim), 1_250_000);
    assert_eq!((world.holding(&dana), world.holding(&yerlan)), (160_001, 80_000));
    assert_eq!(world.supply(), 1_250_000 + 400_050 + 240_001);

    // Altyn's first statement has nothing left: anybody closes it, the rent goes back to the bank.
    let operator = altyn.operator.address();
    let before = world.expect_account(&operator).lamports;
    let rent = world
        .expect_account(&world.deployment.statement(&altyn.bic, 1))
        .lamports;
    let close = world.close_case(&altyn, 1);
    assert_ok(world, &close);
    assert_eq!(world.expect_account(&operator).lamports, before + rent);
    world.check_invariants("closed");
    // Sary's still has one deposit.
    let close = world.close_case(&sary, 1);
    assert_refused(world, &close, KzteError::StatementNotExhausted);

    // The tokens go from hand to hand by plain Token-2022.
    world.transfer(&aigerim, &dana, 250_000);
    world.transfer(&dana, &marat, 300_000);
    world.transfer(&marat, &yerlan, 50);
    world.check_invariants("transfers");

    // ── second day ──────────────────────────────────────────────────────────────────────────
    world.freeze(&marat);
    assert_eq!(
        world.try_transfer(&marat, &dana, 1).expect_err("frozen").name(),
        Some("AccountFrozen")
    );
    assert_eq!(
        world.try_transfer(&dana, &marat, 1).expect_err("frozen").name(),
        Some("AccountFrozen")
    );
    world.check_invariants("frozen");
    world.thaw(&marat);
    world.transfer(&marat, &dana, 1);
    world.check_invariants("thawed");

    // Two holders redeem at Altyn, one of them twice; one at Sary what Altyn had minted.
    let first = world.request(&altyn, &aigerim, 1, 600_000);
    let second = world.request(&altyn, &aigerim, 2, 100_000);
    let third = world.request(&altyn, &marat, 1, 350_000);
    let fourth = world.request(&sary, &yerlan, 1, 80_050);
    world.check_invariants("requested");
    assert_eq!(world.balance(&world.deployment.escrow(&altyn.bic)), 1_050_000);

    // Altyn has paid two of them out, and Sary its own; Marat's payment came back, so that Altyn rejects.
    let altyn_2 = report(
        world,
        &altyn,
        &[
            debit(600_000, first),
            credit(20_000, at(&dana)),
            debit(100_000, second),
            neutral_debit(350_000),
            neutral_credit(350_000),
        ],
        evening(2),
    );
    // What was paid out has left the reserve but is still outstanding: new deposits wait for the settlements.
    let mint = world.mint_case(&altyn, &altyn_2, 1);
    assert_refused(world, &mint, KzteError::ReserveExceeded);
    world.settle(&altyn, &altyn_2, 0);
    world.check_invariants("settled");
    world.settle(&altyn, &altyn_2, 2);
    world.check_invariants("settled the second");
    world.mint(&altyn, &altyn_2, 1);
    world.check_invariants("minted behind the settlements");
    let reject = world.reject_case(&altyn, &third);
    assert_ok(world, &reject);
    world.check_invariants("rejected");
    assert_eq!(world.balance(&world.deployment.escrow(&altyn.bic)), 0);
    let position = world.issuer(&altyn);
    assert_eq!((position.pending, position.pending_count), (0, 0));
    let close = world.close_case(&altyn, 2);
    assert_ok(world, &close);
    world.check_invariants("closed the second");

    let sary_2 = report(
        world,
        &sary,
        &[debit(80_050, fourth), credit(500, at(&dana))],
        evening(2),
    );
    world.settle(&sary, &sary_2, 0);
    world.check_invariants("settled at the other bank");

    // ── third day ───────────────────────────────────────────────────────────────────────────
    // A day without entries is a statement, too; an old deposit stays mintable.
    let nothing = report(world, &altyn, &[], evening(3));
    assert_eq!(nothing.totals.entry_count, 0);
    let close = world.close_case(&altyn, 3);
    assert_ok(world, &close);
    let sary_3 = report(
        world,
        &sary,
        &[credit(10_000, sary.operator.address()), neutral_credit(2_000)],
        evening(3),
    );
    world.mint(&sary, &sary_1, 4);
    world.mint(&sary, &sary_2, 1);
    world.open_account(&sary.operator.address());
    world.mint(&sary, &sary_3, 0);
    world.check_invariants("late deposits");
    for number in [1, 2, 3] {
        let close = world.close_case(&sary, number);
        assert_ok(world, &close);
        world.check_invariants("closed");
    }
    let burn = world.burn_case(&sary, 10_000);
    assert_ok(world, &burn);
    world.check_invariants("own stock burned");

    // ── the books agree ─────────────────────────────────────────────────────────────────────
    let sum = outstanding(world, &altyn) + outstanding(world, &sary);
    assert_eq!(world.supply(), sum);
    let held: u64 = [aigerim, marat, dana, yerlan]
        .iter()
        .map(|key| world.holding(key))
        .sum();
    assert_eq!(held, sum);
    for bank in [altyn, sary] {
        let issuer = world.issuer(&bank);
        assert!(
            outstanding(world, &bank) <= issuer.closing_balance,
            "{}",
            bank.bic
        );
        assert_eq!(issuer.statement_number, 3);
        for number in 1..=3 {
            assert!(
                fetch::statement(&world.chain, &world.deployment, &bank.bic, number)
                    .expect("readable")
                    .is_none()
            );
        }
    }
    // Each bank keeps what nobody minted: interest less fees; Sary also the 10,000 whose tokens it burned.
    let [altyn_own, sary_own] =
        [altyn, sary].map(|bank| world.issuer(&bank).closing_balance - outstanding(world, &bank));
    assert_eq!((altyn_own, sary_own), (4_000, 11_999));
    assert!(
        world.auditor.checks() > 25,
        "the invariants were looked at {} times",
        world.auditor.checks()
    );
}

#[test]
fn two_banks_over_three_business_days() {
    let mut world = World::new();
    let start = world.now();
    three_business_days(&mut world);
    // Nothing in it waits or turns the clock: it runs on any chain. A validator's moves by a millisecond a block.
    if matches!(world.chain, TestChain::Local(_)) {
        assert_eq!(world.now(), start);
    }
}
