//! Rejection tests of what the issuer manager does to a bank: `register_issuer`, `configure_issuer`,
//! `set_issuer_status`.

use kzte_client::{
    Address, Bic, Chain, KzteError, PROGRAM_ID, SYSTEM_PROGRAM_ID, address,
    constants::ACCOUNT_VERSION,
    events::{IssuerConfigured, IssuerRegistered},
    fetch,
    instruction::IssuerLimits,
    seeds::{ESCROW_SEED, ISSUER_SEED},
    state::{ISSUER_ACTIVE, ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN},
};
use kzte_harness::{
    Attack, Bank, Case, Guards, World, assert_emits, assert_ok,
    key::nowhere,
    world::{DAY, WIDE},
};

use crate::governance::{
    config, config_is_written, config_kind, events, mint, role, system_program, token_program,
    under_another_bump,
};

// ── register_issuer ─────────────────────────────────────────────────────────────────────────

fn third() -> Bank {
    Bank::new("KCJBKZKXXXX")
}

pub(crate) fn register_issuer(guards: &mut Guards) {
    guards.scene(World::with_second, |world| world.register_case(&third(), WIDE));
    guards.refuse(
        "payer",
        Attack::MissingSigner,
        "the payer does not sign",
        |_, case| case.unsigned("payer"),
        "MissingRequiredSignature",
    );
    guards.refuse(
        "payer",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("payer"),
        "MissingRequiredSignature",
    );
    guards.accept("payer", "the issuer manager itself", |world, case| {
        case.signed_by("payer", world.keys.issuer_manager)
    });
    guards.accept("payer", "anybody who signs", |world, case| {
        case.signed_by("payer", world.keys.stranger)
    });
    role(guards, "issuer_manager", "issuer manager");
    guards.refuse(
        "issuer_manager",
        Attack::WrongSigner,
        "the bank's own admin",
        |world, case| {
            world
                .chain
                .fund(&third().admin.address(), 1_000_000_000)
                .expect("lamports");
            case.signed_by("issuer_manager", third().admin)
        },
        KzteError::NotAuthorized,
    );
    config_kind(guards);
    guards.refuse(
        "config",
        Attack::Foreign,
        "of the second deployment, held by the same manager",
        |world, case| case.replace("config", world.second().config),
        "InvalidSeeds",
    );
    guards.refuse(
        "issuer",
        Attack::WrongAddress,
        "of another code",
        |world, case| case.replace("issuer", world.deployment.issuer(&Bank::new("TSESKZKAXXX").bic)),
        "InvalidSeeds",
    );
    guards.refuse(
        "issuer",
        Attack::WrongAddress,
        "under another bump",
        |world, case| {
            let config = world.deployment.config;
            case.replace(
                "issuer",
                under_another_bump(&[ISSUER_SEED, config.as_ref(), third().bic.as_bytes()]),
            )
        },
        "InvalidSeeds",
    );
    guards.refuse(
        "issuer",
        Attack::Exists,
        "registered already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "issuer",
        Attack::Exists,
        "registered already, to other keys",
        |world, case| {
            assert_ok(world, &case);
            let takeover = Bank {
                admin: world.keys.stranger,
                operator: world.keys.stranger,
                ..third()
            };
            world.register_case(&takeover, WIDE)
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "issuer",
        Attack::Duplicate,
        "the escrow once more",
        |_, case| case.duplicate("issuer", "escrow"),
        "ConstraintDuplicateMutableAccount",
    );
    guards.accept(
        "issuer",
        "somebody sent lamports to its address before",
        |world, case| {
            world
                .chain
                .fund(&case.address("issuer"), 900_000)
                .expect("lamports");
            case
        },
    );
    mint(guards);
    guards.refuse(
        "escrow",
        Attack::WrongAddress,
        "of another bank",
        |world, case| case.replace("escrow", world.deployment.escrow(&world.banks[0].bic)),
        "InvalidSeeds",
    );
    guards.refuse(
        "escrow",
        Attack::WrongAddress,
        "under another bump",
        |world, case| {
            let issuer = world.deployment.issuer(&third().bic);
            case.replace("escrow", under_another_bump(&[ESCROW_SEED, issuer.as_ref()]))
        },
        "InvalidSeeds",
    );
    guards.refuse(
        "escrow",
        Attack::Exists,
        "a token account lies there",
        |world, case| {
            let account = world.expect_account(&world.deployment.escrow(&world.banks[0].bic));
            world
                .chain
                .set_account(&case.address("escrow"), account)
                .expect("an account");
            case
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "escrow",
        Attack::Duplicate,
        "the issuer once more",
        |_, case| case.duplicate("escrow", "issuer"),
        "ConstraintDuplicateMutableAccount",
    );
    guards.accept(
        "escrow",
        "somebody sent lamports to its address before",
        |world, case| {
            world
                .chain
                .fund(&case.address("escrow"), 900_000)
                .expect("lamports");
            case
        },
    );
    token_program(guards);
    system_program(guards);
    events(guards);

    for (note, bic) in [
        ("small letters", *b"kcjbkzkxxxx"),
        ("a digit in the bank's part", *b"KC1BKZKXXXX"),
        ("a digit in the country", *b"KCJBK2KXXXX"),
        ("a space", *b"KCJBKZKX   "),
        ("eight characters and zeros", *b"KCJBKZKX\0\0\0"),
        ("all zero", [0; 11]),
        ("a byte beyond ASCII", *b"KCJBKZKXXX\xff"),
    ] {
        guards.refuse(
            "bic",
            Attack::Invalid,
            note,
            |world, case| {
                let config = world.deployment.config;
                let issuer =
                    Address::find_program_address(&[ISSUER_SEED, config.as_ref(), &bic], &PROGRAM_ID).0;
                case.replace("issuer", issuer)
                    .replace("escrow", address::escrow(&issuer))
                    .data(|data| data[8..19].copy_from_slice(&bic))
            },
            KzteError::Bic,
        );
    }
    guards.accept("bic", "digits where they may be", |world, _| {
        world.register_case(&Bank::new("KCJBKZ2A001"), WIDE)
    });
    for (name, place) in [("admin", 19), ("operator", 51)] {
        guards.refuse(
            name,
            Attack::Invalid,
            "the zero address",
            |_, case| case.data(|data| data[place..place + 32].fill(0)),
            KzteError::ZeroAddress,
        );
    }
    guards.accept("operator", "the same key as the admin", |world, _| {
        world.register_case(
            &Bank {
                operator: third().admin,
                ..third()
            },
            WIDE,
        )
    });
    limits(guards, |world, limits| world.register_case(&third(), limits));
}

/// Limits that break a rule, and those at the edge that do not.
fn limits(guards: &mut Guards, build: impl Fn(&World, IssuerLimits) -> Case + Copy) {
    for wrong in [0, -1, i64::MIN] {
        guards.refuse(
            "limits.window_seconds",
            Attack::Boundary,
            &format!("{wrong} s"),
            |world, _| {
                build(
                    world,
                    IssuerLimits {
                        window_seconds: wrong,
                        ..WIDE
                    },
                )
            },
            KzteError::WindowLength,
        );
    }
    guards.refuse(
        "limits.window_seconds",
        Attack::Invalid,
        "cut short by a byte",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
    for good in [1, i64::MAX] {
        guards.accept("limits.window_seconds", &format!("{good} s"), |world, _| {
            build(
                world,
                IssuerLimits {
                    window_seconds: good,
                    ..WIDE
                },
            )
        });
    }
    for good in [0, u64::MAX] {
        guards.accept("limits.quota", &format!("{good} tiyn"), |world, _| {
            build(world, IssuerLimits { quota: good, ..WIDE })
        });
        guards.accept("limits.window_limit", &format!("{good} tiyn"), |world, _| {
            build(
                world,
                IssuerLimits {
                    window_limit: good,
                    ..WIDE
                },
            )
        });
    }
    guards.excuse(
        "limits.quota",
        Attack::Invalid,
        "every number is a quota; its effect is tested with mint",
    );
    guards.excuse(
        "limits.window_limit",
        Attack::Invalid,
        "every number is a limit; its effect is tested with mint",
    );
}

// ── configure_issuer ────────────────────────────────────────────────────────────────────────

const NARROW: IssuerLimits = IssuerLimits {
    quota: 7,
    window_limit: 5,
    window_seconds: 3,
};

pub(crate) fn configure_issuer(guards: &mut Guards) {
    guards.scene(World::with_second, |world| {
        world.configure_case(&world.banks[0], NARROW)
    });
    role(guards, "issuer_manager", "issuer manager");
    config(guards, KzteError::WrongConfig, "UninitializedAccount");
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
    guards.refuse(
        "issuer",
        Attack::Duplicate,
        "the configuration once more",
        |_, case| case.duplicate("issuer", "config"),
        "ConstraintDuplicateMutableAccount",
    );
    guards.refuse(
        "issuer",
        Attack::State,
        "closed",
        |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.status = ISSUER_CLOSED);
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
            world.tamper_issuer(&bank, |issuer| issuer.status = status);
            case
        });
    }
    events(guards);
    limits(guards, |world, limits| {
        world.configure_case(&world.banks[0], limits)
    });
}

pub(crate) fn set_issuer_status(_: &mut Guards) {}

// ── events and effects ──────────────────────────────────────────────────────────────────────

#[test]
fn register_issuer_opens_a_bank_and_an_escrow_that_owns_itself() {
    let mut world = World::new();
    let bank = third();
    let limits = IssuerLimits {
        quota: 1_000,
        window_limit: 100,
        window_seconds: DAY,
    };
    let case = world.register_case(&bank, limits);
    let address = world.deployment.issuer(&bank.bic);
    let event = IssuerRegistered {
        config: world.deployment.config,
        issuer: address,
        actor: world.keys.issuer_manager.address(),
        admin: bank.admin.address(),
        operator: bank.operator.address(),
        quota: 1_000,
        window_limit: 100,
        window_seconds: DAY,
        bic: *bank.bic.as_bytes(),
        reserved: [0; 5],
    };
    assert_emits(&mut world, &case, &[event.into()]);

    let issuer = world.issuer(&bank);
    let bump = |seeds: &[&[u8]]| Address::find_program_address(seeds, &PROGRAM_ID).1;
    assert_eq!(
        (
            issuer.version,
            issuer.bump,
            issuer.escrow_bump,
            issuer.status,
            issuer.bic,
            issuer.config
        ),
        (
            ACCOUNT_VERSION,
            bump(&[ISSUER_SEED, world.deployment.config.as_ref(), bank.bic.as_bytes()]),
            bump(&[ESCROW_SEED, address.as_ref()]),
            ISSUER_ACTIVE,
            *bank.bic.as_bytes(),
            world.deployment.config
        )
    );
    assert_eq!(
        (
            issuer.admin,
            issuer.operator,
            issuer.admin_nominee,
            issuer.operator_nominee
        ),
        (
            bank.admin.address(),
            bank.operator.address(),
            Address::default(),
            Address::default()
        )
    );
    assert_eq!(
        (issuer.quota, issuer.window_limit, issuer.window_seconds),
        (1_000, 100, DAY)
    );
    assert_eq!(
        [
            issuer.minted,
            issuer.burned,
            issuer.novated_in,
            issuer.novated_out,
            issuer.pending,
            issuer.window_used,
            issuer.statement_number,
            issuer.closing_balance
        ],
        [0; 8]
    );

    let escrow = world.deployment.escrow(&bank.bic);
    let account = fetch::token_account(&world.chain, &escrow)
        .expect("readable")
        .expect("an escrow");
    assert_eq!(
        (account.mint, account.owner, account.amount),
        (world.deployment.mint, escrow, 0)
    );
    assert_eq!(
        (account.delegate, account.close_authority, account.frozen),
        (None, None, false)
    );
}

#[test]
fn configure_issuer_writes_the_limits_and_leaves_the_running_window() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    world.deposit(&bank, &holder, 500);
    let before = world.issuer(&bank);
    assert_eq!(before.window_used, 500);
    let case = world.configure_case(&bank, NARROW);
    let event = IssuerConfigured {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: world.keys.issuer_manager.address(),
        quota: 7,
        window_limit: 5,
        window_seconds: 3,
    };
    assert_emits(&mut world, &case, &[event.into()]);
    let after = world.issuer(&bank);
    assert_eq!((after.quota, after.window_limit, after.window_seconds), (7, 5, 3));
    assert_eq!(
        (after.window_start, after.window_used),
        (before.window_start, 500)
    );
    assert_eq!(
        (after.minted, after.closing_balance),
        (500, 500),
        "a quota below what is outstanding burns nothing"
    );
}

#[test]
fn a_bank_code_registers_once_under_each_configuration() {
    let mut world = World::with_second();
    let bic: Bic = "ALTNKZKAXXX".parse().expect("a code");
    assert_ne!(world.deployment.issuer(&bic), world.second().issuer(&bic));
    assert!(
        fetch::issuer(&world.chain, &world.deployment, &bic)
            .expect("readable")
            .is_some()
    );
    assert!(
        fetch::issuer(&world.chain, &world.second(), &bic)
            .expect("readable")
            .is_some()
    );
    let bank = world.banks[0];
    let case = world.register_case(&bank, WIDE);
    assert!(world.send(&case).is_err());
}
