//! Rejection tests of the compliance desk's instructions.

use anchor_lang::{Discriminator, event::EVENT_IX_TAG_LE};
use kzte_client::{
    AccountMeta, Chain, Event, Instruction, KzteError, PROGRAM_ID, SYSTEM_PROGRAM_ID, address,
    events::{AccountFrozen, AccountThawed, WalletBlocked, WalletUnblocked},
    fetch,
    state::PAUSE_ALL,
};
use kzte_harness::{
    Attack, Guards, Key, World, assert_emits, assert_ok, guard_tests, key::nowhere,
    money::P_TOKEN_PROGRAM_ID, world::REASON,
};

use crate::{
    admission::admit_holder,
    forgeries::{all_beside, banks_beside, city, open_at, recluse},
    orders::{close_order, execute_order, open_order},
};

guard_tests! {
    "compliance":
    freeze, thaw, block_wallet, unblock_wallet, admit_holder, open_order, execute_order, close_order,
}

fn aigerim() -> Key {
    Key::named("aigerim")
}

/// Two deployments, a holder with tokens in the first one and an account in both.
fn scene() -> World {
    let mut world = World::with_second();
    let holder = world.holder("aigerim");
    let bank = world.banks[0];
    world.deposit(&bank, &holder, 1_000);
    world.in_second(|world| world.open_account(&holder.address()));
    world
}

/// The attacks on the accounts that every instruction of the desk has.
fn desk(guards: &mut Guards) {
    guards.refuse(
        "compliance",
        Attack::MissingSigner,
        "the desk does not sign",
        |_, case| case.unsigned("compliance"),
        "MissingRequiredSignature",
    );
    for (name, key) in World::bare().keys.all() {
        if name != "compliance" {
            guards.refuse(
                "compliance",
                Attack::WrongSigner,
                name,
                |_, case| case.signed_by("compliance", key),
                KzteError::NotAuthorized,
            );
        }
    }
    guards.refuse(
        "config",
        Attack::WrongOwner,
        "the same bytes under the system program",
        |world, case| {
            let fake = world.fake_of(world.deployment.config, SYSTEM_PROGRAM_ID);
            case.replace("config", fake)
        },
        "IllegalOwner",
    );
    guards.refuse(
        "config",
        Attack::Cosplay,
        "an issuer",
        |world, case| case.replace("config", world.deployment.issuer(&world.banks[0].bic)),
        "AccountDataTooSmall",
    );
    guards.refuse(
        "config",
        Attack::Cosplay,
        "the same bytes under the discriminator of an issuer",
        |world, case| {
            let issuer = world.deployment.issuer(&world.banks[0].bic);
            let fake = world.cosplay_of(world.deployment.config, issuer);
            case.replace("config", fake)
        },
        "InvalidAccountData",
    );
    guards.refuse(
        "event_authority",
        Attack::WrongAddress,
        "another address",
        |_, case| case.replace("event_authority", nowhere("event authority")),
        "InvalidSeeds",
    );
    guards.refuse(
        "program",
        Attack::WrongAddress,
        "the system program",
        |_, case| case.replace("program", SYSTEM_PROGRAM_ID),
        "MissingAccount",
    );
}

/// The attacks that freeze and thaw share. `done`: what Token-2022 says when there is nothing to do.
fn freezing(guards: &mut Guards) {
    desk(guards);
    guards.refuse(
        "config",
        Attack::Foreign,
        "of the second deployment, held by the same desk",
        |world, case| case.replace("config", world.second().config),
        KzteError::WrongMint,
    );
    guards.refuse(
        "mint",
        Attack::WrongMint,
        "of the second deployment",
        |world, case| case.replace("mint", world.second().mint),
        KzteError::WrongMint,
    );
    guards.refuse(
        "mint",
        Attack::WrongAddress,
        "a copy at another address",
        |world, case| {
            let copy = world.copy_of(world.deployment.mint);
            case.replace("mint", copy)
        },
        KzteError::WrongMint,
    );
    guards.refuse(
        "token_account",
        Attack::WrongOwner,
        "the same bytes under p-token",
        |world, case| {
            let fake = world.fake_of(world.token_account(&aigerim()), P_TOKEN_PROGRAM_ID);
            case.replace("token_account", fake)
        },
        KzteError::NotTokenAccount,
    );
    guards.refuse(
        "token_account",
        Attack::WrongMint,
        "of the second mint",
        |world, case| {
            let account = world.second().token_account(&aigerim().address());
            case.replace("token_account", account)
        },
        KzteError::NotTokenAccount,
    );
    guards.excuse(
        "token_account",
        Attack::WrongHolder,
        "the desk may freeze and thaw every holder",
    );
    guards.refuse(
        "token_account",
        Attack::Cosplay,
        "the mint of the second deployment",
        |world, case| case.replace("token_account", world.second().mint),
        KzteError::NotTokenAccount,
    );
    guards.refuse(
        "token_account",
        Attack::Duplicate,
        "the mint",
        |_, case| case.duplicate("token_account", "mint"),
        "ConstraintDuplicateMutableAccount",
    );
    guards.refuse(
        "token_account",
        Attack::Cosplay,
        "an account without data",
        |_, case| case.replace("token_account", nowhere("token account")),
        KzteError::NotTokenAccount,
    );
    guards.refuse(
        "token_account",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("token_account"),
        "ConstraintMut",
    );
    guards.refuse(
        "freeze_authority",
        Attack::WrongAddress,
        "the mint authority",
        |world, case| {
            case.replace(
                "freeze_authority",
                address::mint_authority(&world.deployment.config),
            )
        },
        "PrivilegeEscalation",
    );
    guards.refuse(
        "freeze_authority",
        Attack::WrongAddress,
        "of the second deployment",
        |world, case| {
            case.replace(
                "freeze_authority",
                address::freeze_authority(&world.second().config),
            )
        },
        "PrivilegeEscalation",
    );
    guards.refuse(
        "token_program",
        Attack::WrongAddress,
        "p-token",
        |_, case| case.replace("token_program", P_TOKEN_PROGRAM_ID),
        "IncorrectProgramId",
    );
    guards.refuse(
        "reason_hash",
        Attack::Invalid,
        "cut short by a byte",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
}

fn freeze(guards: &mut Guards) {
    guards.scene(scene, |world| world.freeze_case(&world.token_account(&aigerim())));
    freezing(guards);
    guards.refuse(
        "token_account",
        Attack::State,
        "frozen already",
        |world, case| {
            world.freeze(&aigerim());
            case
        },
        "InvalidState",
    );
    guards.refuse(
        "token_account",
        Attack::Foreign,
        "an escrow, which must never stop (invariant 7)",
        |world, case| {
            let escrow = world.deployment.escrow(&world.banks[0].bic);
            all_beside(world, case.replace("token_account", escrow))
        },
        KzteError::EscrowCannotFreeze,
    );
    guards.accept("token_account", "while everything is paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });
    guards.scene(
        || {
            let mut world = city();
            open_at(&mut world, &recluse(), &recluse().address());
            world
        },
        |world| all_beside(world, world.freeze_case(&recluse().address())),
    );
    banks_beside(guards);
    guards.accept("bank", "beside an account that does not need them", |world, _| {
        let holder = world.holder("aigerim");
        all_beside(world, world.freeze_case(&world.token_account(&holder)))
    });
}

fn thaw(guards: &mut Guards) {
    guards.scene(
        || {
            let mut world = scene();
            world.freeze(&aigerim());
            world
        },
        |world| world.thaw_case(&world.token_account(&aigerim())),
    );
    freezing(guards);
    guards.refuse(
        "token_account",
        Attack::State,
        "not frozen",
        |world, case| {
            world.thaw(&aigerim());
            case
        },
        "InvalidState",
    );
    guards.accept("token_account", "while everything is paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });
}

/// What blocking and unblocking share.
fn blocking(guards: &mut Guards) {
    desk(guards);
    guards.refuse(
        "compliance",
        Attack::ReadOnly,
        "not writable: the framework asks a writable signer for both at once and names the signature",
        |_, case| case.readonly("compliance"),
        "MissingRequiredSignature",
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "of the second deployment, held by the same desk",
        |world, case| case.replace("config", world.second().config),
        KzteError::WrongAddress,
    );
    guards.refuse(
        "block",
        Attack::WrongAddress,
        "of another wallet",
        |world, case| case.replace("block", world.deployment.block(&nowhere("wallet"))),
        KzteError::WrongAddress,
    );
    guards.refuse(
        "block",
        Attack::WrongAddress,
        "of the wallet in the second deployment",
        |world, case| case.replace("block", world.second().block(&aigerim().address())),
        KzteError::WrongAddress,
    );
    guards.refuse(
        "block",
        Attack::ReadOnly,
        "not writable",
        |_, mut case| {
            case.meta("block").is_writable = false;
            case
        },
        "ConstraintMut",
    );
    guards.refuse(
        "wallet",
        Attack::Invalid,
        "another wallet than the block's",
        |world, case| {
            let other = world.block_case(&nowhere("wallet"));
            case.data(|data| data[8..40].copy_from_slice(&other.instruction.data[8..40]))
        },
        KzteError::WrongAddress,
    );
    guards.refuse(
        "reason_hash",
        Attack::Invalid,
        "cut short by a byte",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
}

fn block_wallet(guards: &mut Guards) {
    guards.scene(scene, |world| world.block_case(&aigerim().address()));
    blocking(guards);
    guards.refuse(
        "block",
        Attack::Exists,
        "blocked already",
        |world, case| {
            world.block(&aigerim().address());
            case
        },
        KzteError::WalletBlocked,
    );
    guards.refuse(
        "system_program",
        Attack::WrongAddress,
        "the program itself",
        |_, case| case.replace("system_program", PROGRAM_ID),
        "IncorrectProgramId",
    );
    guards.refuse(
        "compliance",
        Attack::State,
        "the desk cannot pay the rent",
        |world, case| {
            world.tamper(case.address("compliance"), |account| account.lamports = 1);
            case
        },
        "ResultWithNegativeLamports",
    );
    guards.excuse(
        "block",
        Attack::Duplicate,
        "what is to be created has one address",
    );
    guards.accept(
        "block",
        "somebody sent lamports to the address before",
        |world, case| {
            world
                .chain
                .fund(&case.address("block"), 5_000_000)
                .expect("lamports");
            case
        },
    );
    guards.accept(
        "block",
        "somebody sent one lamport to the address before",
        |world, case| {
            world.chain.fund(&case.address("block"), 1).expect("lamports");
            case
        },
    );
}

fn unblock_wallet(guards: &mut Guards) {
    guards.scene(
        || {
            let mut world = scene();
            world.block(&aigerim().address());
            world
        },
        |world| world.unblock_case(&aigerim().address()),
    );
    blocking(guards);
    guards.refuse(
        "block",
        Attack::State,
        "not blocked",
        |world, case| {
            let unblock = world.unblock_case(&aigerim().address());
            assert_ok(world, &unblock);
            case
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "block",
        Attack::WrongOwner,
        "an account of the system program at the block's address",
        |world, case| {
            world.tamper(case.address("block"), |account| account.owner = SYSTEM_PROGRAM_ID);
            case
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "block",
        Attack::Duplicate,
        "the desk itself",
        |_, case| case.duplicate("block", "compliance"),
        "ConstraintDuplicateMutableAccount",
    );
}

// ── events and effects ──────────────────────────────────────────────────────────────────────

#[test]
fn freeze_stops_a_holder_and_tells_who_and_why() {
    let mut world = scene();
    let (holder, other) = (aigerim(), world.holder("marat"));
    let account = world.token_account(&holder);
    let case = world.freeze_case(&account);
    let expected = AccountFrozen {
        config: world.deployment.config,
        actor: world.keys.compliance.address(),
        token_account: account,
        reference_hash: REASON,
    };
    assert_emits(&mut world, &case, &[expected.into()]);
    let error = world
        .try_transfer(&holder, &other, 1)
        .expect_err("a frozen account pays");
    assert_eq!(error.name(), Some("AccountFrozen"), "{error}");
    let frozen = fetch::token_account(&world.chain, &account)
        .expect("readable")
        .expect("an account");
    assert!(frozen.frozen);
    assert_eq!(frozen.amount, 1_000, "no funds move");
}

#[test]
fn thaw_lets_a_holder_pay_again_and_tells_who_and_why() {
    let mut world = scene();
    let (holder, other) = (aigerim(), world.holder("marat"));
    world.freeze(&holder);
    let account = world.token_account(&holder);
    let case = world.thaw_case(&account);
    let expected = AccountThawed {
        config: world.deployment.config,
        actor: world.keys.compliance.address(),
        token_account: account,
        reference_hash: REASON,
    };
    assert_emits(&mut world, &case, &[expected.into()]);
    world.transfer(&holder, &other, 1_000);
    assert_eq!((world.holding(&holder), world.holding(&other)), (0, 1_000));
}

#[test]
fn a_block_is_an_empty_account_of_the_program_and_leaves_its_rent() {
    let mut world = scene();
    let wallet = aigerim().address();
    let desk = world.keys.compliance.address();
    let before = world.expect_account(&desk).lamports;

    let case = world.block_case(&wallet);
    let expected = WalletBlocked {
        config: world.deployment.config,
        actor: desk,
        wallet,
        reference_hash: REASON,
    };
    assert_emits(&mut world, &case, &[expected.into()]);
    let block = world.expect_account(&world.deployment.block(&wallet));
    let rent = world.chain.minimum_balance(0).expect("rent");
    assert_eq!(
        (block.owner, block.data.len(), block.lamports),
        (PROGRAM_ID, 0, rent)
    );
    assert_eq!(world.expect_account(&desk).lamports, before - rent);
    assert!(fetch::is_blocked(&world.chain, &world.deployment, &wallet).expect("the chain"));
    assert!(!fetch::is_blocked(&world.chain, &world.second(), &wallet).expect("the chain"));

    let case = world.unblock_case(&wallet);
    let expected = WalletUnblocked {
        config: world.deployment.config,
        actor: desk,
        wallet,
        reference_hash: REASON,
    };
    assert_emits(&mut world, &case, &[expected.into()]);
    assert_eq!(
        world
            .chain
            .account(&world.deployment.block(&wallet))
            .expect("the chain"),
        None
    );
    assert_eq!(world.expect_account(&desk).lamports, before, "the rent came back");

    // And again: nothing of the first block is left.
    world.block(&wallet);
    assert!(fetch::is_blocked(&world.chain, &world.deployment, &wallet).expect("the chain"));
}

#[test]
fn a_block_takes_what_lies_at_its_address_as_part_of_the_rent() {
    for lamports in [1, 100_000, 5_000_000] {
        let mut world = scene();
        let wallet = aigerim().address();
        let address = world.deployment.block(&wallet);
        world.chain.fund(&address, lamports).expect("lamports");
        world.block(&wallet);
        let rent = world.chain.minimum_balance(0).expect("rent");
        let block = world.expect_account(&address);
        assert_eq!(
            (block.owner, block.lamports),
            (PROGRAM_ID, rent.max(lamports)),
            "{lamports}"
        );
    }
}

#[test]
fn a_forged_event_is_refused() {
    // The entry point takes event calls from nobody but itself: as an instruction of a transaction none passes,
    // with or without the address that would have to sign.
    let mut world = scene();
    let case = world.freeze_case(&world.token_account(&aigerim()));
    let event_data = {
        let receipt = assert_ok(&mut world.clone(), &case);
        let Event::AccountFrozen(event) = &receipt.events[0] else {
            panic!("{:?}", receipt.events)
        };
        [
            EVENT_IX_TAG_LE,
            AccountFrozen::DISCRIMINATOR,
            &borsh::to_vec(event).expect("an event"),
        ]
        .concat()
    };
    for (accounts, refusal) in [
        (vec![], "NotEnoughAccountKeys"),
        (
            vec![AccountMeta::new_readonly(address::event_authority(), false)],
            "MissingRequiredSignature",
        ),
        (
            vec![AccountMeta::new_readonly(world.keys.stranger.address(), true)],
            "InvalidSeeds",
        ),
    ] {
        let instruction = Instruction {
            program_id: PROGRAM_ID,
            accounts,
            data: event_data.clone(),
        };
        let error = world
            .send_all(&[instruction], &[world.keys.stranger])
            .expect_err("a forged event");
        assert_eq!(error.name(), Some(refusal), "{error}");
    }
}
