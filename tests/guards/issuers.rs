//! Rejection tests of what the issuer manager does to a bank: `register_issuer`, `configure_issuer`,
//! `set_issuer_status`.

use kzte_client::{
    Address, Bic, Chain, KzteError, PROGRAM_ID, address,
    constants::ACCOUNT_VERSION,
    events::{IssuerConfigured, IssuerRegistered, IssuerStatusChanged},
    fetch,
    instruction::IssuerLimits,
    seeds::{ESCROW_SEED, ISSUER_SEED},
    state::{ISSUER_ACTIVE, ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, IssuerRole, Role},
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, credit, debit,
    key::nowhere,
    neutral_credit,
    world::{CANCEL_AFTER, DAY, REASON, WIDE},
};

use crate::governance::{
    close, config, config_is_written, config_kind, config_of_another_holder, events, hand_over, issuer,
    issuer_status, mint, never_paused, role, seats, stored, successor, system_program, tamper_config,
    token_program, under_another_bump,
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
        "config",
        Attack::Foreign,
        "of the second deployment with everything that is there, but another manager",
        |world, _| {
            let stranger = world.keys.stranger;
            world.in_second(|world| {
                hand_over(world, Role::IssuerManager, &stranger);
                world.register_case(&third(), WIDE)
            })
        },
        KzteError::NotAuthorized,
    );
    config_is_written(guards);
    for other in ["issuer", "escrow", "payer"] {
        guards.refuse(
            "config",
            Attack::Duplicate,
            &format!("the {other} once more"),
            |_, case| case.duplicate("config", other),
            "ConstraintDuplicateMutableAccount",
        );
    }
    for (account, other) in [("issuer", "config"), ("escrow", "config")] {
        guards.refuse(
            account,
            Attack::Duplicate,
            "the configuration once more",
            |_, case| case.duplicate(account, other),
            "ConstraintDuplicateMutableAccount",
        );
    }
    guards.refuse(
        "config",
        Attack::State,
        "as many banks as the counter holds",
        |world, case| {
            tamper_config(world, |config| config.issuer_count = u32::MAX);
            case
        },
        KzteError::AmountOverflow,
    );
    guards.accept("config", "the last bank that the counter holds", |world, case| {
        tamper_config(world, |config| config.issuer_count = u32::MAX - 1);
        case
    });
    never_paused(guards);
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
                operator: world.keys.sponsor,
                ..third()
            };
            world.register_case(&takeover, WIDE)
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "issuer",
        Attack::Exists,
        "registered already and closed: a code registers once",
        |world, case| {
            assert_ok(world, &case);
            close(world, &third());
            case
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
    for account in ["admin", "operator"] {
        bank_keys(guards, account);
    }
    guards.refuse(
        "operator",
        Attack::Invalid,
        "the same key as the admin",
        |world, _| {
            let bank = Bank {
                operator: third().admin,
                ..third()
            };
            world.register_case(&bank, WIDE)
        },
        KzteError::RoleConflict,
    );
    limits(guards, |world, limits| world.register_case(&third(), limits));

    // While accounts are born open nobody signs for it, so nobody looks who it is.
    guards.accept(
        "freeze_authority",
        "anybody, while accounts are born open",
        |_, case| case.replace("freeze_authority", nowhere("a freeze authority")),
    );
    guards.scene(
        || {
            let mut world = World::with_second();
            world.set_born_frozen(true);
            world
        },
        |world| world.register_case(&third(), WIDE),
    );
    type Wrong = (&'static str, fn(&World) -> Address);
    let wrong: [Wrong; 5] = [
        ("the mint authority", |world| {
            address::mint_authority(&world.deployment.config)
        }),
        ("the pause authority", |world| {
            address::pause_authority(&world.deployment.config)
        }),
        ("the permanent delegate", |world| {
            address::permanent_delegate(&world.deployment.config)
        }),
        ("of the second deployment", |world| {
            address::freeze_authority(&world.second().config)
        }),
        ("nowhere", |_| nowhere("a freeze authority")),
    ];
    for (note, address) in wrong {
        guards.refuse(
            "freeze_authority",
            Attack::WrongAddress,
            note,
            |world, case| case.replace("freeze_authority", address(world)),
            "PrivilegeEscalation",
        );
    }
    mint(guards);
    never_paused(guards);
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
}

/// Who may be the new bank's admin or operator.
fn bank_keys(guards: &mut Guards, account: &'static str) {
    let bank = move |key: Key| match account {
        "admin" => Bank {
            admin: key,
            ..third()
        },
        _ => Bank {
            operator: key,
            ..third()
        },
    };
    for (number, holder) in World::bare().keys.roles().into_iter().enumerate() {
        guards.refuse(
            account,
            Attack::Invalid,
            &format!("the holder of role {number}"),
            |world, _| {
                let keys = world.keys.all();
                let (_, key) = keys
                    .iter()
                    .find(|(_, key)| key.address() == holder)
                    .expect("a key");
                world.register_case(&bank(*key), WIDE)
            },
            KzteError::RoleConflict,
        );
    }
    for seat in 0..3 {
        guards.refuse(
            account,
            Attack::Invalid,
            &format!("attestor {seat}"),
            |world, _| world.register_case(&bank(world.keys.attestors[seat]), WIDE),
            KzteError::RoleConflict,
        );
    }
    guards.refuse(
        account,
        Attack::State,
        "who took a role over a moment ago",
        |world, _| {
            hand_over(world, Role::Enforcer, &successor());
            world.register_case(&bank(successor()), WIDE)
        },
        KzteError::RoleConflict,
    );
    guards.accept(account, "who gave his role up a moment ago", |world, _| {
        hand_over(world, Role::Enforcer, &successor());
        world.register_case(&bank(world.keys.enforcer), WIDE)
    });
    guards.accept(account, "a nominee who only waits", |world, _| {
        let nominate = world.nominate_case(Role::Enforcer, &successor().address());
        assert_ok(world, &nominate);
        world.register_case(&bank(successor()), WIDE)
    });
    // One group of companies may run several banks; each bank's money stays its own.
    for (note, key) in [seats(0), seats(1)].concat() {
        guards.accept(account, note, |world, _| {
            world.register_case(&bank(key(world)), WIDE)
        });
    }
    guards.accept(
        account,
        "the upgrade authority, which is no role here",
        |world, _| world.register_case(&bank(world.keys.upgrade_authority), WIDE),
    );
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
    config_of_another_holder(guards, Role::IssuerManager);
    issuer(guards);
    guards.refuse(
        "issuer",
        Attack::Duplicate,
        "the configuration once more",
        |_, case| case.duplicate("issuer", "config"),
        "ConstraintDuplicateMutableAccount",
    );
    guards.accept(
        "issuer",
        "the other bank's: the manager configures all of them",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
    );
    issuer_status(guards);
    never_paused(guards);
    events(guards);
    limits(guards, |world, limits| {
        world.configure_case(&world.banks[0], limits)
    });
}

// ── set_issuer_status ───────────────────────────────────────────────────────────────────────

const STATUSES: [(&str, u8); 4] = [
    ("active", ISSUER_ACTIVE),
    ("suspended", ISSUER_SUSPENDED),
    ("winding down", ISSUER_WIND_DOWN),
    ("closed", ISSUER_CLOSED),
];

/// Leads a bank that has nothing outstanding from active to any status.
#[track_caller]
fn lead_to(world: &mut World, bank: &Bank, status: u8) {
    match status {
        ISSUER_ACTIVE => {}
        ISSUER_CLOSED => close(world, bank),
        _ => world.set_status(bank, status),
    }
}

pub(crate) fn set_issuer_status(guards: &mut Guards) {
    guards.scene(World::with_second, |world| {
        world.status_case(&world.banks[0], ISSUER_SUSPENDED)
    });
    role(guards, "issuer_manager", "issuer manager");
    guards.refuse(
        "issuer_manager",
        Attack::State,
        "the role was handed over",
        |world, case| {
            hand_over(world, Role::IssuerManager, &successor());
            case
        },
        KzteError::NotAuthorized,
    );
    config(guards, KzteError::WrongConfig, "UninitializedAccount");
    config_of_another_holder(guards, Role::IssuerManager);
    issuer(guards);
    guards.refuse(
        "issuer",
        Attack::Duplicate,
        "the configuration once more",
        |_, case| case.duplicate("issuer", "config"),
        "ConstraintDuplicateMutableAccount",
    );
    guards.accept(
        "issuer",
        "the other bank's: the manager has all of them",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
    );
    events(guards);
    never_paused(guards);

    for number in [4, 5, 0x80, u8::MAX] {
        guards.refuse(
            "status",
            Attack::Boundary,
            &format!("number {number}"),
            |world, _| world.status_case(&world.banks[0], number),
            KzteError::StatusUnknown,
        );
    }
    // The whole table, of a bank with nothing to redeem.
    for (from_name, from) in STATUSES {
        for (to_name, to) in STATUSES {
            let note = format!("from {from_name} to {to_name}");
            let bend = move |world: &mut World, _| {
                let bank = world.banks[0];
                lead_to(world, &bank, from);
                world.status_case(&bank, to)
            };
            let allowed = [
                (ISSUER_ACTIVE, ISSUER_SUSPENDED),
                (ISSUER_SUSPENDED, ISSUER_ACTIVE),
                (ISSUER_ACTIVE, ISSUER_WIND_DOWN),
                (ISSUER_SUSPENDED, ISSUER_WIND_DOWN),
                (ISSUER_WIND_DOWN, ISSUER_CLOSED),
            ];
            if allowed.contains(&(from, to)) {
                guards.accept("status", &note, bend);
            } else {
                guards.refuse("status", Attack::State, &note, bend, KzteError::StatusTransition);
            }
        }
    }
    guards.refuse(
        "status",
        Attack::State,
        "an unknown one of a closed bank",
        |world, _| {
            let bank = world.banks[0];
            close(world, &bank);
            world.status_case(&bank, 4)
        },
        KzteError::StatusUnknown,
    );
    guards.refuse(
        "reason_hash",
        Attack::Invalid,
        "cut short by a byte",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
    closing(guards);
}

/// What must be gone before a bank closes.
fn closing(guards: &mut Guards) {
    guards.scene(
        || {
            let mut world = World::with_second();
            let [bank, other] = world.banks;
            let alice = world.holder("alice");
            world.open_account(&bank.operator.address());
            // One tiyn of the other bank, and a reserve at the first one.
            world.deposit(&other, &alice, 1);
            world.effective(&bank, &[credit(1, bank.operator.address()), neutral_credit(9)]);
            world.set_status(&bank, ISSUER_WIND_DOWN);
            world
        },
        |world| world.status_case(&world.banks[0], ISSUER_CLOSED),
    );
    let alice = Key::named("alice");
    /// Back from wind-down, past the program, to do what only an active bank does.
    fn while_active(world: &mut World, act: impl FnOnce(&mut World, &Bank)) {
        let bank = world.banks[0];
        world.tamper_issuer(&bank, |issuer| issuer.status = ISSUER_ACTIVE);
        act(world, &bank);
        world.set_status(&bank, ISSUER_WIND_DOWN);
    }
    let mint_one = |world: &mut World| {
        while_active(world, |world, bank| {
            world.advance(1);
            let file = world.effective(bank, &[credit(1, bank.operator.address())]);
            world.mint(bank, &file, 0);
        });
    };
    guards.refuse(
        "issuer",
        Attack::Boundary,
        "one tiyn outstanding",
        |world, case| {
            mint_one(world);
            case
        },
        KzteError::IssuerNotEmpty,
    );
    guards.refuse(
        "issuer",
        Attack::Boundary,
        "one redemption of one tiyn open, of another bank's money",
        |world, case| {
            let bank = world.banks[0];
            world.request(&bank, &alice, 1, 1);
            case
        },
        KzteError::IssuerNotEmpty,
    );
    guards.refuse(
        "issuer",
        Attack::State,
        "both",
        |world, case| {
            mint_one(world);
            let bank = world.banks[0];
            world.request(&bank, &alice, 1, 1);
            case
        },
        KzteError::IssuerNotEmpty,
    );
    guards.refuse(
        "issuer",
        Attack::State,
        "one tiyn outstanding that its holder burned by himself: the bank still owes it on its books",
        |world, case| {
            mint_one(world);
            let operator = world.banks[0].operator;
            world.burn_directly(&operator, 1);
            case
        },
        KzteError::IssuerNotEmpty,
    );
    guards.accept("issuer", "burned what was outstanding", |world, case| {
        mint_one(world);
        let burn = world.burn_case(&world.banks[0], 1);
        assert_ok(world, &burn);
        case
    });
    guards.accept(
        "issuer",
        "another bank has taken over what was outstanding",
        |world, case| {
            let [bank, other] = world.banks;
            mint_one(world);
            world.effective(&other, &[neutral_credit(1_000)]);
            world.novate(&bank, &other, 1);
            case
        },
    );
    guards.accept(
        "issuer",
        "cancelled, rejected or settled: nothing is open",
        |world, case| {
            let bank = world.banks[0];
            for nonce in 1..3 {
                let redemption = world.request(&bank, &alice, nonce, 1);
                let end = match nonce {
                    1 => world.reject_case(&bank, &redemption),
                    _ => {
                        world.advance(CANCEL_AFTER);
                        world.cancel_case(&bank, &redemption, &alice)
                    }
                };
                assert_ok(world, &end);
            }
            case
        },
    );
    guards.accept(
        "issuer",
        "somebody sent tokens to its escrow, which are nobody's claim",
        |world, case| {
            let escrow = world.deployment.escrow(&world.banks[0].bic);
            let transfer = kzte_client::instruction::transfer_checked(
                &world.deployment,
                world.token_account(&alice),
                escrow,
                alice.address(),
                1,
            );
            world.must(&[transfer], &[alice]);
            case
        },
    );
    guards.accept(
        "issuer",
        "a statement of it is posted and not yet effective",
        |world, case| {
            let bank = world.banks[0];
            world.advance(1);
            world.post(&bank, &[neutral_credit(1)]);
            case
        },
    );
}

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
fn registering_counts_the_banks() {
    let mut world = World::bare();
    let case = world.initialize_case();
    assert_ok(&mut world, &case);
    assert_eq!(stored(&world).issuer_count, 0);
    for (count, bic) in (1..).zip(["ALTNKZKAXXX", "SARYKZ2AXXX", "KCJBKZKXXXX"]) {
        let before = stored(&world);
        let case = world.register_case(&Bank::new(bic), WIDE);
        assert_ok(&mut world, &case);
        let mut expected = before;
        expected.issuer_count = count;
        let bytes = |config| borsh::to_vec(config).expect("a configuration");
        assert_eq!(
            bytes(&stored(&world)),
            bytes(&expected),
            "the count and nothing else"
        );
        // Once more: refused, not counted.
        let case = world.register_case(&Bank::new(bic), WIDE);
        assert_refused(&mut world, &case, "AccountAlreadyInUse");
        assert_eq!(stored(&world).issuer_count, count);
    }
    // A closed bank was registered all the same.
    close(&mut world, &third());
    assert_eq!(stored(&world).issuer_count, 3);
}

/// The escrow of a bank that comes while accounts are born frozen takes a redemption and lets it go again.
#[test]
fn a_bank_registered_while_accounts_are_born_frozen_redeems() {
    let mut world = World::new();
    let first = world.banks[0];
    world.set_born_frozen(true);
    let bank = third();
    for key in [bank.admin, bank.operator] {
        world.chain.fund(&key.address(), 1_000_000_000).expect("lamports");
    }
    let case = world.register_case(&bank, WIDE);
    let receipt = assert_ok(&mut world, &case);
    assert_eq!(
        receipt.events.len(),
        1,
        "the thaw of an escrow is part of the registration"
    );
    world.auditor.knows_bank(bank.bic);
    let escrow = world.deployment.escrow(&bank.bic);
    world.auditor.knows_token_account(escrow);
    let is_frozen = |world: &World, account: &Address| {
        let account = fetch::token_account(&world.chain, account).expect("readable");
        account.expect("an account").frozen
    };
    assert!(!is_frozen(&world, &escrow));

    let alice = world.holder("alice");
    let account = world.token_account(&alice);
    assert!(is_frozen(&world, &account), "born frozen");
    let admit = world.admit_case(&first, &alice.address());
    assert_ok(&mut world, &admit);
    world.deposit(&first, &alice, 1_000);

    // One is settled, after the bank has taken over what it must pay; one is rejected.
    world.effective(&bank, &[neutral_credit(5_000)]);
    let paid = world.request(&bank, &alice, 1, 600);
    let refused = world.request(&bank, &alice, 2, 400);
    assert_eq!((world.balance(&escrow), world.holding(&alice)), (1_000, 0));
    world.novate(&first, &bank, 600);
    world.advance(1);
    let file = world.effective(&bank, &[debit(600, paid)]);
    world.settle(&bank, &file, 0);
    let reject = world.reject_case(&bank, &refused);
    assert_ok(&mut world, &reject);
    assert_eq!(
        (world.balance(&escrow), world.holding(&alice), world.supply()),
        (0, 400, 400)
    );
    world.check_invariants("after the redemptions");
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

#[test]
fn set_issuer_status_tells_from_what_to_what_and_changes_nothing_else() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    world.deposit(&bank, &holder, 500);
    let burn = {
        let operator = bank.operator;
        world.open_account(&operator.address());
        world.transfer(&holder, &operator, 500);
        world.burn_case(&bank, 500)
    };
    assert_ok(&mut world, &burn);
    let path = [
        ISSUER_SUSPENDED,
        ISSUER_ACTIVE,
        ISSUER_SUSPENDED,
        ISSUER_WIND_DOWN,
        ISSUER_CLOSED,
    ];
    let mut from = ISSUER_ACTIVE;
    for to in path {
        let mut expected = world.issuer(&bank);
        assert_eq!(expected.status, from);
        expected.status = to;
        let case = world.status_case(&bank, to);
        let event = IssuerStatusChanged {
            config: world.deployment.config,
            issuer: world.deployment.issuer(&bank.bic),
            actor: world.keys.issuer_manager.address(),
            reference_hash: REASON,
            from,
            to,
            reserved: [0; 6],
        };
        assert_emits(&mut world, &case, &[event.into()]);
        let bytes = |issuer| borsh::to_vec(issuer).expect("an issuer");
        assert_eq!(bytes(&world.issuer(&bank)), bytes(&expected));
        from = to;
    }
    assert_eq!(
        world.issuer(&world.banks[1]).status,
        ISSUER_ACTIVE,
        "the other bank"
    );
}

/// Invariants 7 and 10: a status stops minting and nothing else.
#[test]
fn a_suspended_bank_and_one_that_winds_down_mint_nothing_and_do_everything_else() {
    for status in [ISSUER_SUSPENDED, ISSUER_WIND_DOWN] {
        let mut world = World::new();
        let [bank, other] = world.banks;
        let alice = world.holder("alice");
        world.open_account(&bank.operator.address());
        let lines = [
            credit(1_000, alice.address()),
            credit(50, bank.operator.address()),
            credit(200, alice.address()),
            credit(300, alice.address()),
        ];
        let file = world.effective(&bank, &lines);
        world.mint(&bank, &file, 0);
        world.mint(&bank, &file, 1);
        let [paid, rejected, cancelled] =
            [1, 2, 3].map(|nonce| world.request(&bank, &alice, nonce, 100 * nonce));
        world.set_status(&bank, status);

        let mint = world.mint_case(&bank, &file, 2);
        assert_refused(&mut world, &mint, KzteError::IssuerNotActive);
        let mint_many = world.mint_many_case(&bank, &file, 2, 2);
        assert_refused(&mut world, &mint_many, KzteError::IssuerNotActive);

        // A holder can still ask, and the chain of statements goes on.
        let late = world.request(&bank, &alice, 4, 10);
        world.advance(1);
        let file = world.effective(&bank, &[debit(100, paid), debit(10, late)]);
        world.settle(&bank, &file, 0);
        world.settle(&bank, &file, 1);
        let reject = world.reject_case(&bank, &rejected);
        assert_ok(&mut world, &reject);
        world.advance(CANCEL_AFTER);
        let flag = world.flag_case(&bank, &cancelled);
        assert_ok(&mut world, &flag);
        let cancel = world.cancel_case(&bank, &cancelled, &alice);
        assert_ok(&mut world, &cancel);
        let burn = world.burn_case(&bank, 50);
        assert_ok(&mut world, &burn);
        world.configure(&bank, NARROW);
        let nominate = world.nominate_issuer_case(&bank, IssuerRole::Operator, &successor().address());
        assert_ok(&mut world, &nominate);
        world.check_invariants("while the bank is not active");
        assert_eq!(world.holding(&alice), 890);

        // The other bank mints on; and this one again, once it is active.
        let bob = world.holder("bob");
        world.deposit(&other, &bob, 5);
        if status == ISSUER_SUSPENDED {
            world.set_status(&bank, ISSUER_ACTIVE);
            world.configure(&bank, WIDE);
            world.effective(&bank, &[neutral_credit(1)]);
            assert_ok(&mut world, &mint_many);
        }
        world.check_invariants("at the end");
    }
}

/// A closed bank asks for nothing and is asked for nothing.
#[test]
fn a_closed_bank_does_nothing_any_more() {
    let mut world = World::new();
    let [bank, other] = world.banks;
    let alice = world.holder("alice");
    world.deposit(&other, &alice, 1_000);
    let unminted = world.effective(&bank, &[credit(5, alice.address())]);
    world.advance(1);
    let posted = world.post(&bank, &[neutral_credit(7)]);
    close(&mut world, &bank);
    let cases = [
        (world.mint_case(&bank, &unminted, 0), KzteError::IssuerNotActive),
        (world.request_case(&bank, &alice, 1, 10), KzteError::IssuerClosed),
        (
            world.attest_case(&bank, &posted, &world.keys.attestors[0]),
            KzteError::IssuerClosed,
        ),
        (world.novate_case(&other, &bank, 1), KzteError::IssuerClosed),
        (world.configure_case(&bank, WIDE), KzteError::IssuerClosed),
    ];
    for (case, refusal) in cases {
        assert_refused(&mut world, &case, refusal);
    }
    // What it posted last can be taken back, with its rent.
    let withdraw = world.withdraw_case(&bank, 2);
    assert_ok(&mut world, &withdraw);
    world.check_invariants("after the end");
}

/// Somebody who keeps asking cannot keep a bank open: the last rejection and the closing go in one transaction.
#[test]
fn the_last_rejection_and_the_closing_leave_no_moment_between() {
    let mut world = World::new();
    let [bank, other] = world.banks;
    let alice = world.holder("alice");
    world.deposit(&other, &alice, 1_000);
    world.set_status(&bank, ISSUER_WIND_DOWN);
    let redemption = world.request(&bank, &alice, 1, 1);
    let closing = world.status_case(&bank, ISSUER_CLOSED);
    assert_refused(&mut world, &closing, KzteError::IssuerNotEmpty);
    let reject = world.reject_case(&bank, &redemption);
    let signers = [bank.operator, world.keys.issuer_manager];
    world.must(&[reject.instruction, closing.instruction], &signers);
    assert_eq!(world.issuer(&bank).status, ISSUER_CLOSED);
    world.check_invariants("after the closing");
}
