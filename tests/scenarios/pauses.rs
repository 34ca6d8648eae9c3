//! What each pause flag stops, and that none stops settle, reject, cancel or burn (invariant 7).

use kzte_client::{
    Address, KzteError, fetch,
    state::{
        ISSUER_ACTIVE, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, PAUSE_ALL, PAUSE_MINT, PAUSE_REDEMPTION_REQUEST,
        PAUSE_TRANSFER,
    },
};
use kzte_harness::{
    Key, Refusal, World, assert_ok, assert_refused, credit, debit, neutral_credit,
    world::{CANCEL_AFTER, DAY, MAX_STATEMENT_AGE},
};

/// A bank with everything in flight: own stock, a holder with tokens, three redemptions that are due, one of them paid
/// out in an effective statement, and an unused deposit.
struct Scene {
    world: World,
    holder: Key,
    settles: Address,
    rejects: Address,
    cancels: Address,
    file: kzte_client::reserve::StatementFile,
}

fn scene() -> Scene {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    world.open_account(&bank.operator.address());
    let first = world.effective(
        &bank,
        &[
            credit(100_000, holder.address()),
            credit(5_000, bank.operator.address()),
        ],
    );
    world.mint_many(&bank, &first, 0, 2);
    let settles = world.request(&bank, &holder, 1, 10_000);
    let rejects = world.request(&bank, &holder, 2, 20_000);
    let cancels = world.request(&bank, &holder, 3, 30_000);
    world.advance(CANCEL_AFTER);
    let lines = [
        debit(10_000, settles),
        credit(700, holder.address()),
        credit(800, holder.address()),
        // Room for the new deposits while the payout is not settled.
        neutral_credit(10_000),
    ];
    let file = world.effective(&bank, &lines);
    world.check_invariants("the scene");
    Scene {
        world,
        holder,
        settles,
        rejects,
        cancels,
        file,
    }
}

/// Flags by their bits, for messages.
fn combinations() -> impl Iterator<Item = u8> {
    0..=PAUSE_ALL
}

#[test]
fn no_combination_of_flags_stops_settle_reject_cancel_or_burn() {
    let scene = scene();
    for flags in combinations() {
        for frozen in [false, true] {
            let mut world = scene.world.clone();
            let bank = world.banks[0];
            world.pause(flags);
            if frozen {
                world.freeze(&scene.holder);
            }
            let still = |world: &World, step: &str| {
                let mint = fetch::mint(&world.chain, &world.deployment).expect("the mint");
                let open = flags & PAUSE_TRANSFER == 0;
                assert_eq!(mint.paused, !open, "{flags:#b}: {step} leaves the mint as it was");
                let account = fetch::token_account(&world.chain, &world.token_account(&scene.holder));
                let account = account.expect("readable").expect("an account");
                assert_eq!(
                    account.frozen, frozen,
                    "{flags:#b}: {step} leaves the holder as he was"
                );
            };

            world.settle(&bank, &scene.file, 0);
            still(&world, "settle");
            let reject = world.reject_case(&bank, &scene.rejects);
            assert_ok(&mut world, &reject);
            still(&world, "reject");
            let cancel = world.cancel_case(&bank, &scene.cancels, &scene.holder);
            assert_ok(&mut world, &cancel);
            still(&world, "cancel");
            let burn = world.burn_case(&bank, 5_000);
            assert_ok(&mut world, &burn);
            still(&world, "burn");

            assert_eq!(world.holding(&scene.holder), 90_000);
            assert_eq!((world.supply(), world.holding(&bank.operator)), (90_000, 0));
            world.check_invariants("everything ended");
            assert!(
                world.owner_of(&scene.settles) == Address::default(),
                "its rent went back"
            );
        }
    }
}

#[test]
fn no_status_and_no_staleness_stops_settle_reject_cancel_or_burn() {
    let scene = scene();
    // A closed bank has nothing left to end.
    for status in [ISSUER_ACTIVE, ISSUER_SUSPENDED, ISSUER_WIND_DOWN] {
        for flags in [0, PAUSE_ALL] {
            for (stale, overdue) in [(false, false), (true, false), (true, true)] {
                let mut world = scene.world.clone();
                let bank = world.banks[0];
                if status != ISSUER_ACTIVE {
                    world.set_status(&bank, status);
                }
                world.advance(if stale { MAX_STATEMENT_AGE + DAY } else { 0 });
                for redemption in [scene.settles, scene.rejects, scene.cancels] {
                    if overdue {
                        let flag = world.flag_case(&bank, &redemption);
                        assert_ok(&mut world, &flag);
                    }
                }
                world.pause(flags);
                world.settle(&bank, &scene.file, 0);
                for case in [
                    world.reject_case(&bank, &scene.rejects),
                    world.cancel_case(&bank, &scene.cancels, &scene.holder),
                    world.burn_case(&bank, 5_000),
                ] {
                    assert_ok(&mut world, &case);
                }
                assert_eq!(world.issuer(&bank).overdue_count, 0);
                world.check_invariants("everything ended");
            }
        }
    }
}

#[test]
fn each_flag_stops_what_it_names_and_nothing_else() {
    let scene = scene();
    for flags in combinations() {
        let mut world = scene.world.clone();
        let (bank, holder) = (world.banks[0], scene.holder);
        let other = world.holder("marat");
        let next = {
            world.advance(1);
            world.file(&bank, &[credit(1, holder.address())])
        };
        world.pause(flags);
        let transfers = flags & PAUSE_TRANSFER != 0;
        let expect = |own: u8, error: KzteError| -> Option<Refusal> {
            match (flags & own != 0, transfers) {
                (true, _) => Some(error.into()),
                (false, true) => Some(KzteError::TransferPaused.into()),
                (false, false) => None,
            }
        };

        let minting = expect(PAUSE_MINT, KzteError::MintPaused);
        let requesting = expect(PAUSE_REDEMPTION_REQUEST, KzteError::RedemptionRequestPaused);
        for (case, refusal) in [
            (world.mint_case(&bank, &scene.file, 1), minting),
            (world.mint_many_case(&bank, &scene.file, 2, 1), minting),
            (world.request_case(&bank, &holder, 9, 100), requesting),
            (world.post_case(&bank, &next), None),
            (world.freeze_case(&world.token_account(&holder)), None),
            (world.thaw_case(&world.token_account(&holder)), None),
            (world.block_case(&other.address()), None),
            (world.unblock_case(&other.address()), None),
            (world.configure_case(&bank, kzte_harness::world::WIDE), None),
        ] {
            match refusal {
                Some(refusal) => drop(assert_refused(&mut world, &case, refusal)),
                None => drop(assert_ok(&mut world, &case)),
            }
        }
        // Statements go on: a bank that cannot report would go stale through no fault of its own.
        for attestor in [world.keys.attestors[0], world.keys.attestors[2]] {
            let vote = world.attest_case(&bank, &next, &attestor);
            assert_ok(&mut world, &vote);
        }

        let sent = world.try_transfer(&holder, &other, 1);
        assert_eq!(sent.is_err(), transfers, "{flags:#b}: plain transfer");
        if let Err(error) = sent {
            assert_eq!(error.name(), Some("MintPaused"), "{error}");
        }

        // The authority opens everything again, and it all goes through.
        world.resume(flags);
        if minting.is_some() {
            world.mint(&bank, &scene.file, 1);
        }
        if requesting.is_some() {
            world.request(&bank, &holder, 9, 100);
        }
        world.transfer(&holder, &other, 1);
    }
}

#[test]
fn a_paused_mint_is_not_opened_for_anybody_between_the_steps_of_one_transaction() {
    // settle resumes and pauses inside one instruction; a transfer behind it in the same transaction still fails,
    // and takes the settlement with it.
    let scene = scene();
    let mut world = scene.world;
    let bank = world.banks[0];
    let other = world.holder("marat");
    world.pause(PAUSE_TRANSFER);
    let settle = world.settle_case(&bank, &scene.file, 0);
    let transfer = kzte_client::instruction::transfer_checked(
        &world.deployment,
        world.token_account(&scene.holder),
        world.token_account(&other),
        scene.holder.address(),
        1,
    );
    let error = world
        .send_all(&[settle.instruction, transfer], &[bank.operator, scene.holder])
        .expect_err("transfers are paused");
    assert_eq!(error.name(), Some("MintPaused"), "{error}");
    assert_eq!(world.issuer(&bank).pending, 60_000, "the settlement is undone");
    world.check_invariants("undone");
}
