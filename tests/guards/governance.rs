//! Rejection tests of governance: the list of all its scripts, what several of them share, and those of
//! `set_attestors`, `pause` and `resume`. The others have modules of their own.

use kzte_client::{
    Address, KzteError, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address,
    events::{AttestorsSet, Paused, Resumed},
    fetch,
    state::{
        Config, ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, Issuer, PAUSE_ALL, PAUSE_MINT,
        PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER, Role,
    },
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, guard_tests, key::nowhere,
    money::P_TOKEN_PROGRAM_ID,
};

use crate::{
    deployment::initialize,
    issuers::{configure_issuer, register_issuer, set_issuer_status},
    migration::migrate_config,
    policy::{set_default_account_state, set_policy, update_metadata},
    roles::{accept_role, cancel_nomination, nominate_role},
    seats::{accept_issuer_role, cancel_issuer_nomination, nominate_issuer_role},
};

guard_tests! {
    "governance":
    initialize, set_attestors, register_issuer, configure_issuer, set_policy, set_issuer_status, nominate_role,
    accept_role, cancel_nomination, nominate_issuer_role, accept_issuer_role, cancel_issuer_nomination,
    set_default_account_state, update_metadata, migrate_config, pause, resume,
}

// ── what several instructions share ─────────────────────────────────────────────────────────

/// The holder of a role must sign, and nobody else may.
pub(crate) fn role(guards: &mut Guards, account: &str, holder: &str) {
    let refusal = match account {
        "upgrade_authority" => KzteError::NotUpgradeAuthority,
        _ => KzteError::NotAuthorized,
    };
    signed_by_others(guards, account, &[holder], refusal);
}

/// Everybody with a name in the world.
fn everybody(world: &World) -> Vec<(&'static str, Key)> {
    let banks = [seats(0), seats(1)].concat();
    let banks = banks.into_iter().map(|(name, key)| (name, key(world)));
    world.keys.all().into_iter().chain(banks).collect()
}

/// Nobody signs as `account` but those `allowed`, by name.
pub(crate) fn signed_by_others(guards: &mut Guards, account: &str, allowed: &[&str], refusal: KzteError) {
    guards.refuse(
        account,
        Attack::MissingSigner,
        "no signature",
        |_, case| case.unsigned(account),
        "MissingRequiredSignature",
    );
    for (name, key) in everybody(&World::bare()) {
        if !allowed.contains(&name) {
            guards.refuse(
                account,
                Attack::WrongSigner,
                name,
                |_, case| case.signed_by(account, key),
                refusal,
            );
        }
    }
}

/// What somebody is, and his key.
type Person = (&'static str, fn(&World) -> Key);

/// Who acts for a bank of the world.
pub(crate) fn seats(bank: usize) -> [Person; 2] {
    match bank {
        0 => [
            ("operator of the bank", |world| world.banks[0].operator),
            ("admin of the bank", |world| world.banks[0].admin),
        ],
        _ => [
            ("operator of the other bank", |world| world.banks[1].operator),
            ("admin of the other bank", |world| world.banks[1].admin),
        ],
    }
}

/// A key that holds nothing yet.
pub(crate) fn successor() -> Key {
    Key::named("successor")
}

/// Gives a role to `to` by nomination and acceptance.
#[track_caller]
pub(crate) fn hand_over(world: &mut World, role: Role, to: &Key) {
    let case = world.nominate_case(role, &to.address());
    assert_ok(world, &case);
    let case = world.accept_case(role, to);
    assert_ok(world, &case);
}

/// A role of one deployment is worth nothing in another.
pub(crate) fn config_of_another_holder(guards: &mut Guards, role: Role) {
    guards.refuse(
        "config",
        Attack::Foreign,
        "of a deployment where somebody else holds the role",
        |world, case| {
            let stranger = world.keys.stranger;
            world.in_second(|world| hand_over(world, role, &stranger));
            case.replace("config", world.second().config)
        },
        KzteError::NotAuthorized,
    );
}

/// Changes the fields of the configuration past the program, for states that no test can wait for.
pub(crate) fn tamper_config(world: &mut World, change: impl FnOnce(&mut Config)) {
    let mut config = stored(world);
    change(&mut config);
    let fields = borsh::to_vec(&config).expect("a configuration");
    world.tamper(world.deployment.config, |account| {
        account.data[8..].copy_from_slice(&fields)
    });
}

/// The configuration as it lies on the chain.
pub(crate) fn stored(world: &World) -> Config {
    fetch::config(&world.chain, &world.deployment).expect("the configuration")
}

/// An issuer that is written. Whether the other bank's may be meant is each instruction's own question.
pub(crate) fn issuer(guards: &mut Guards) {
    guards.refuse(
        "issuer",
        Attack::WrongOwner,
        "the same bytes under the system program",
        |world, case| {
            let fake = world.fake_of(case.address("issuer"), SYSTEM_PROGRAM_ID);
            case.replace("issuer", fake)
        },
        "IllegalOwner",
    );
    guards.refuse(
        "issuer",
        Attack::Cosplay,
        "the same bytes under the discriminator of a configuration",
        |world, case| {
            let fake = world.cosplay_of(case.address("issuer"), world.deployment.config);
            case.replace("issuer", fake)
        },
        "InvalidAccountData",
    );
    guards.refuse(
        "issuer",
        Attack::Cosplay,
        "the second deployment's configuration",
        |world, case| case.replace("issuer", world.second().config),
        "InvalidAccountData",
    );
    guards.refuse(
        "issuer",
        Attack::Cosplay,
        "one byte short",
        |world, case| {
            let copy = world.copy_of(case.address("issuer"));
            world.tamper(copy, |account| account.data.truncate(Issuer::SPACE - 1));
            case.replace("issuer", copy)
        },
        "AccountDataTooSmall",
    );
    guards.refuse(
        "issuer",
        Attack::WrongAddress,
        "a bank that nobody registered",
        |world, case| case.replace("issuer", world.deployment.issuer(&Bank::new("TSESKZKAXXX").bic)),
        "AccountDataTooSmall",
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "of the same code in the second deployment",
        |world, case| case.replace("issuer", world.second().issuer(&world.banks[0].bic)),
        KzteError::WrongConfig,
    );
    guards.refuse(
        "issuer",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("issuer"),
        "ConstraintMut",
    );
}

/// A bank at the end of its life, by the instructions that lead there.
#[track_caller]
pub(crate) fn close(world: &mut World, bank: &Bank) {
    world.set_status(bank, ISSUER_WIND_DOWN);
    world.set_status(bank, ISSUER_CLOSED);
}

/// What a closed bank refuses, and a suspended one or one that winds down does not.
pub(crate) fn issuer_status(guards: &mut Guards) {
    guards.refuse(
        "issuer",
        Attack::State,
        "closed",
        |world, case| {
            let bank = world.banks[0];
            close(world, &bank);
            case
        },
        KzteError::IssuerClosed,
    );
    for (note, status) in [
        ("suspended", ISSUER_SUSPENDED),
        ("winding down", ISSUER_WIND_DOWN),
    ] {
        guards.accept("issuer", note, |world, case| {
            let bank = world.banks[0];
            world.set_status(&bank, status);
            case
        });
    }
}

/// An instruction that no pause stops.
pub(crate) fn never_paused(guards: &mut Guards) {
    guards.accept("config", "while everything is paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });
}

/// Only a configuration passes as one.
pub(crate) fn config_kind(guards: &mut Guards) {
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
        "the same bytes under the discriminator of an issuer",
        |world, case| {
            let issuer = world.deployment.issuer(&world.banks[0].bic);
            let fake = world.cosplay_of(world.deployment.config, issuer);
            case.replace("config", fake)
        },
        "InvalidAccountData",
    );
    guards.refuse(
        "config",
        Attack::Cosplay,
        "an issuer, which is shorter",
        |world, case| case.replace("config", world.deployment.issuer(&world.banks[1].bic)),
        "AccountDataTooSmall",
    );
    guards.refuse(
        "config",
        Attack::Cosplay,
        "one of version 1",
        |world, case| {
            world.age_config();
            case
        },
        "AccountDataTooSmall",
    );
}

/// A configuration that is read or written.
pub(crate) fn config(guards: &mut Guards, foreign: KzteError, absent: &'static str) {
    config_kind(guards);
    guards.refuse(
        "config",
        Attack::Cosplay,
        "an account that does not exist",
        |_, case| case.replace("config", nowhere("config")),
        absent,
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "of the second deployment, held by the same keys",
        |world, case| case.replace("config", world.second().config),
        foreign,
    );
}

pub(crate) fn config_is_written(guards: &mut Guards) {
    guards.refuse(
        "config",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("config"),
        "ConstraintMut",
    );
}

/// The two accounts of instructions that emit by calling their own program.
pub(crate) fn events(guards: &mut Guards) {
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

pub(crate) fn token_program(guards: &mut Guards) {
    guards.refuse(
        "token_program",
        Attack::WrongAddress,
        "p-token",
        |_, case| case.replace("token_program", P_TOKEN_PROGRAM_ID),
        "IncorrectProgramId",
    );
}

pub(crate) fn system_program(guards: &mut Guards) {
    guards.refuse(
        "system_program",
        Attack::WrongAddress,
        "Token-2022",
        |_, case| case.replace("system_program", TOKEN_PROGRAM_ID),
        "IncorrectProgramId",
    );
}

/// The mint of the configuration, where it must be that and no other.
pub(crate) fn mint(guards: &mut Guards) {
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
}

/// The address of these seeds under the next valid bump below the canonical one.
pub(crate) fn under_another_bump(seeds: &[&[u8]]) -> Address {
    let (_, canonical) = Address::find_program_address(seeds, &PROGRAM_ID);
    (0..canonical)
        .rev()
        .find_map(|bump| {
            let bump = [bump];
            let seeds: Vec<&[u8]> = seeds.iter().copied().chain([&bump[..]]).collect();
            Address::create_program_address(&seeds, &PROGRAM_ID).ok()
        })
        .expect("a second bump")
}

/// Attestor sets that break a rule, and those at the edge that do not. `build` makes the case of a set.
pub(crate) fn attestor_sets(
    guards: &mut Guards,
    prefix: &str,
    build: impl Fn(&World, &[Address], u8, u8) -> Case + Copy,
) {
    let keys: Vec<Address> = (0..9)
        .map(|seat| Key::named(&format!("seat {seat}")).address())
        .collect();
    let zero_within = [keys[0], Address::default(), keys[2]];
    let repeated = [keys[0], keys[1], keys[0]];
    /// Argument, attack, what is wrong; then keys, threshold and mandatory seats.
    type Wrong<'a> = (&'a str, Attack, &'a str, &'a [Address], u8, u8);
    /// Argument, what is at its edge; then keys, threshold and mandatory seats.
    type Good<'a> = (&'a str, &'a str, &'a [Address], u8, u8);
    let cases: [Wrong<'_>; 12] = [
        ("attestors", Attack::Boundary, "none", &[], 1, 1),
        ("attestors", Attack::Boundary, "nine", &keys[..9], 2, 1),
        (
            "attestors",
            Attack::Invalid,
            "the zero address",
            &zero_within,
            2,
            1,
        ),
        ("attestors", Attack::Invalid, "one key twice", &repeated, 2, 1),
        ("threshold", Attack::Boundary, "0 of 3", &keys[..3], 0, 1),
        ("threshold", Attack::Boundary, "4 of 3", &keys[..3], 4, 1),
        ("threshold", Attack::Boundary, "9 of 8", &keys[..8], 9, 1),
        ("threshold", Attack::Boundary, "255 of 8", &keys[..8], 255, 1),
        ("mandatory", Attack::Boundary, "no seat", &keys[..3], 2, 0),
        (
            "mandatory",
            Attack::Boundary,
            "seat 3 of 3",
            &keys[..3],
            2,
            0b1000,
        ),
        (
            "mandatory",
            Attack::Boundary,
            "three seats, two votes",
            &keys[..3],
            2,
            0b111,
        ),
        (
            "mandatory",
            Attack::Invalid,
            "all bits, three seats",
            &keys[..3],
            3,
            0xff,
        ),
    ];
    for (name, attack, note, attestors, threshold, mandatory) in cases {
        guards.refuse(
            &format!("{prefix}{name}"),
            attack,
            note,
            |world, _| build(world, attestors, threshold, mandatory),
            KzteError::AttestorSet,
        );
    }
    let roles = World::bare().keys.roles();
    for (role, holder) in roles.into_iter().enumerate() {
        let mut last = keys[..8].to_vec();
        last[7] = holder;
        for (note, attestors) in [("the only seat", vec![holder]), ("the last of eight", last)] {
            guards.refuse(
                &format!("{prefix}attestors"),
                Attack::Invalid,
                &format!("the holder of role {role} on {note}"),
                |world, _| build(world, &attestors, 1, 1),
                KzteError::RoleConflict,
            );
        }
    }
    let good: [Good<'_>; 5] = [
        ("attestors", "one", &keys[..1], 1, 1),
        ("attestors", "eight", &keys[..8], 3, 1),
        ("threshold", "3 of 3", &keys[..3], 3, 1),
        ("mandatory", "the last seat", &keys[..3], 1, 0b100),
        ("mandatory", "as many seats as votes", &keys[..8], 8, 0xff),
    ];
    for (name, note, attestors, threshold, mandatory) in good {
        guards.accept(&format!("{prefix}{name}"), note, |world, _| {
            build(world, attestors, threshold, mandatory)
        });
    }
}

// ── set_attestors ───────────────────────────────────────────────────────────────────────────

fn set_attestors(guards: &mut Guards) {
    guards.scene(World::with_second, |world| {
        world.set_attestors_case(&[world.keys.attestors[0], world.keys.stranger], 1, 1)
    });
    role(guards, "authority", "authority");
    config_kind(guards);
    config_of_another_holder(guards, Role::Authority);
    config_is_written(guards);
    events(guards);
    attestor_sets(guards, "", |world, attestors, threshold, mandatory| {
        let authority = world.keys.authority;
        let instruction = kzte_client::instruction::set_attestors(
            &world.deployment,
            authority.address(),
            attestors,
            threshold,
            mandatory,
        );
        Case::new("set_attestors", instruction, &[authority])
    });
    guards.refuse(
        "attestors",
        Attack::State,
        "who took a role over a moment ago",
        |world, case| {
            let stranger = world.keys.stranger;
            hand_over(world, Role::Enforcer, &stranger);
            case
        },
        KzteError::RoleConflict,
    );
    guards.accept("attestors", "who gave his role up a moment ago", |world, _| {
        hand_over(world, Role::Enforcer, &successor());
        world.set_attestors_case(&[world.keys.enforcer], 1, 1)
    });
    guards.accept("attestors", "a nominee who only waits", |world, case| {
        let nominate = world.nominate_case(Role::Enforcer, &world.keys.stranger.address());
        assert_ok(world, &nominate);
        case
    });
    // The configuration does not know the banks; `attest_statement` does, and refuses there.
    for (note, key) in [seats(0), seats(1)].concat() {
        guards.accept("attestors", note, |world, _| {
            let bank = key(world);
            world.set_attestors_case(&[bank], 1, 1)
        });
    }
    guards.accept("attestors", "the same set once more", |world, _| {
        world.set_attestors_case(&world.keys.attestors, 2, 0b001)
    });
    never_paused(guards);
    guards.refuse(
        "mandatory",
        Attack::Invalid,
        "missing",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
}

// ── pause and resume ────────────────────────────────────────────────────────────────────────

fn pause(guards: &mut Guards) {
    guards.scene(World::with_second, |world| world.pause_case(PAUSE_ALL));
    role(guards, "pauser", "pauser");
    switching(guards, World::pause_case);
    for flags in [PAUSE_MINT, PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER, PAUSE_ALL] {
        guards.refuse(
            "flags",
            Attack::State,
            &format!("{flags:#b} is paused already"),
            |world, _| {
                world.pause(flags);
                world.pause_case(flags)
            },
            KzteError::NothingToChange,
        );
        guards.accept(
            "flags",
            &format!("all, while {flags:#b} is paused, when one is left"),
            |world, case| {
                world.pause(flags & (PAUSE_MINT | PAUSE_TRANSFER));
                case
            },
        );
    }
}

fn resume(guards: &mut Guards) {
    guards.scene(
        || {
            let mut world = World::with_second();
            world.pause(PAUSE_ALL);
            world.in_second(|world| world.pause(PAUSE_ALL));
            world
        },
        |world| world.resume_case(PAUSE_ALL),
    );
    role(guards, "authority", "authority");
    switching(guards, World::resume_case);
    for flags in [PAUSE_MINT, PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER, PAUSE_ALL] {
        guards.refuse(
            "flags",
            Attack::State,
            &format!("{flags:#b} is open already"),
            |world, _| {
                world.resume(flags);
                world.resume_case(flags)
            },
            KzteError::NothingToChange,
        );
    }
}

fn switching(guards: &mut Guards, build: fn(&World, u8) -> Case) {
    config(guards, KzteError::WrongMint, "AccountDataTooSmall");
    config_is_written(guards);
    guards.refuse(
        "config",
        Attack::Duplicate,
        "the mint once more",
        |_, case| case.duplicate("config", "mint"),
        "ConstraintDuplicateMutableAccount",
    );
    mint(guards);
    guards.refuse(
        "mint",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("mint"),
        "ConstraintMut",
    );
    guards.refuse(
        "mint",
        Attack::Duplicate,
        "the configuration once more",
        |_, case| case.duplicate("mint", "config"),
        "ConstraintDuplicateMutableAccount",
    );
    for (note, wrong) in [
        (
            "the freeze authority",
            address::freeze_authority as fn(&Address) -> Address,
        ),
        ("the mint authority", address::mint_authority),
    ] {
        guards.refuse(
            "pause_authority",
            Attack::WrongAddress,
            note,
            |world, case| case.replace("pause_authority", wrong(&world.deployment.config)),
            "PrivilegeEscalation",
        );
    }
    guards.refuse(
        "pause_authority",
        Attack::WrongAddress,
        "of the second deployment",
        |world, case| {
            case.replace(
                "pause_authority",
                address::pause_authority(&world.second().config),
            )
        },
        "PrivilegeEscalation",
    );
    token_program(guards);
    events(guards);
    for wrong in [PAUSE_ALL + 1, PAUSE_MINT | 0x80, u8::MAX] {
        guards.refuse(
            "flags",
            Attack::Boundary,
            &format!("{wrong:#b}"),
            |world, _| build(world, wrong),
            KzteError::PauseFlag,
        );
    }
    guards.refuse(
        "flags",
        Attack::Boundary,
        "none",
        |world, _| build(world, 0),
        KzteError::NothingToChange,
    );
    guards.refuse(
        "flags",
        Attack::Invalid,
        "missing",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
    for flags in 1..=PAUSE_ALL {
        guards.accept("flags", &format!("{flags:#b}"), |world, _| build(world, flags));
    }
}

// ── events and effects ──────────────────────────────────────────────────────────────────────

#[test]
fn set_attestors_starts_a_new_version_and_empties_the_free_seats() {
    let mut world = World::new();
    let keys: Vec<Key> = (0..8).map(|seat| Key::named(&format!("seat {seat}"))).collect();
    let (config, actor) = (world.deployment.config, world.keys.authority.address());
    for (version, (count, threshold, mandatory)) in (2u32..).zip([(8u8, 5u8, 0b1000_0001u8), (1, 1, 1)]) {
        let set = &keys[..usize::from(count)];
        let mut attestors = [Address::default(); 8];
        for (seat, key) in attestors.iter_mut().zip(set) {
            *seat = key.address();
        }
        let case = world.set_attestors_case(set, threshold, mandatory);
        let event = AttestorsSet {
            config,
            actor,
            attestors,
            version,
            count,
            threshold,
            mandatory,
            reserved: 0,
        };
        assert_emits(&mut world, &case, &[event.into()]);
        let stored = fetch::config(&world.chain, &world.deployment).expect("the configuration");
        assert_eq!(stored.attestors, attestors);
        assert_eq!(
            (
                stored.attestor_set_version,
                stored.attestor_count,
                stored.threshold,
                stored.mandatory
            ),
            (version, count, threshold, mandatory)
        );
    }
}

#[test]
fn pause_and_resume_tell_what_changed_and_switch_the_mint_itself() {
    let mut world = World::new();
    let config = world.deployment.config;
    let (pauser, authority) = (world.keys.pauser.address(), world.keys.authority.address());
    let paused_event = |flags, paused| Paused {
        config,
        actor: pauser,
        flags,
        paused,
        reserved: [0; 6],
    };
    let resumed_event = |flags, paused| Resumed {
        config,
        actor: authority,
        flags,
        paused,
        reserved: [0; 6],
    };
    let mint_is_paused = |world: &World| {
        fetch::mint(&world.chain, &world.deployment)
            .expect("the mint")
            .paused
    };
    let stored = |world: &World| {
        fetch::config(&world.chain, &world.deployment)
            .expect("the configuration")
            .paused
    };

    let case = world.pause_case(PAUSE_MINT);
    assert_emits(&mut world, &case, &[paused_event(PAUSE_MINT, PAUSE_MINT).into()]);
    assert!(!mint_is_paused(&world), "the mint flag is the program's own");
    // What is paused already is not told again.
    let case = world.pause_case(PAUSE_ALL);
    assert_emits(
        &mut world,
        &case,
        &[paused_event(PAUSE_REDEMPTION_REQUEST | PAUSE_TRANSFER, PAUSE_ALL).into()],
    );
    assert!(mint_is_paused(&world));
    assert_eq!(stored(&world), PAUSE_ALL);

    let case = world.resume_case(PAUSE_MINT);
    assert_emits(
        &mut world,
        &case,
        &[resumed_event(PAUSE_MINT, PAUSE_REDEMPTION_REQUEST | PAUSE_TRANSFER).into()],
    );
    assert!(mint_is_paused(&world));
    let case = world.resume_case(PAUSE_MINT | PAUSE_TRANSFER);
    assert_emits(
        &mut world,
        &case,
        &[resumed_event(PAUSE_TRANSFER, PAUSE_REDEMPTION_REQUEST).into()],
    );
    assert!(!mint_is_paused(&world));
    assert_eq!(stored(&world), PAUSE_REDEMPTION_REQUEST);
}
