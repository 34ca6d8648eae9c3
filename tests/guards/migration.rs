//! Rejection tests of `migrate_config`, and what a configuration of version 1 can do and cannot.

use kzte_client::{
    Account, Address, Bic, Chain, KzteError, SYSTEM_PROGRAM_ID,
    constants::CONFIG_VERSION,
    events::ConfigMigrated,
    instruction,
    state::{Config, Issuer, IssuerRole, PAUSE_ALL, PAUSE_MINT, Role},
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, credit, debit,
    key::nowhere,
    money::{self, BYSTANDER_NONCE, bystander},
    neutral_credit, roster,
    world::{CANCEL_AFTER, DAY, WIDE},
};

use crate::governance::{close, events, hand_over, role, stored, successor, system_program};

/// Where the version stands.
const VERSION: usize = 8;

/// Makes the configuration one of version 1 with the rent of one, as the first build left it.
fn age(world: &mut World) {
    world.age_config();
    let rent = world.chain.minimum_balance(Config::SPACE_V1).expect("rent");
    world.tamper(world.deployment.config, |account| account.lamports = rent);
}

/// A migration that counts these banks.
fn migration(world: &World, banks: &[Bic]) -> Case {
    let (payer, authority) = (world.keys.sponsor, world.keys.authority);
    let instruction =
        instruction::migrate_config(&world.deployment, payer.address(), authority.address(), banks);
    Case::new("migrate_config", instruction, &[payer, authority])
}

/// Two deployments of version 1, in each of which two banks have work behind them.
fn scene() -> World {
    let mut world = money::town();
    age(&mut world);
    world.in_second(age);
    world
}

pub(crate) fn migrate_config(guards: &mut Guards) {
    guards.scene(scene, World::migrate_case);
    migrate_signers(guards);
    migrate_account(guards);
    migrate_banks(guards);
    system_program(guards);
    events(guards);
}

fn migrate_signers(guards: &mut Guards) {
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
        "not writable: the framework asks a writable signer for both at once and names the signature",
        |_, case| case.readonly("payer"),
        "MissingRequiredSignature",
    );
    guards.refuse(
        "payer",
        Attack::State,
        "cannot pay for the new bytes",
        |world, case| {
            world.tamper(world.keys.stranger.address(), |account| account.lamports = 1);
            case.signed_by("payer", world.keys.stranger)
        },
        "ResultWithNegativeLamports",
    );
    guards.accept("payer", "the authority itself", |world, case| {
        case.signed_by("payer", world.keys.authority)
    });
    guards.accept("payer", "the fee's payer", |world, case| {
        case.signed_by("payer", world.keys.payer)
    });
    role(guards, "authority", "authority");
    guards.refuse(
        "authority",
        Attack::WrongSigner,
        "who pays does not decide",
        |world, case| case.signed_by("authority", world.keys.sponsor),
        KzteError::NotAuthorized,
    );
    // The nominee and the holder of before, as the first build may have left them.
    guards.refuse(
        "authority",
        Attack::WrongSigner,
        "a nominee for the authority",
        |world, case| {
            *world = World::with_second();
            let nominate = world.nominate_case(Role::Authority, &successor().address());
            assert_ok(world, &nominate);
            age(world);
            case.signed_by("authority", successor())
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "authority",
        Attack::State,
        "the role was handed over before",
        |world, case| {
            *world = World::with_second();
            hand_over(world, Role::Authority, &successor());
            age(world);
            case
        },
        KzteError::NotAuthorized,
    );
}

fn migrate_account(guards: &mut Guards) {
    for (note, owner) in [
        ("the system program", SYSTEM_PROGRAM_ID),
        ("a stranger's program", nowhere("a stranger's program")),
    ] {
        guards.refuse(
            "config",
            Attack::WrongOwner,
            &format!("the same bytes under {note}"),
            |world, case| {
                let fake = world.fake_of(case.address("config"), owner);
                case.replace("config", fake)
            },
            KzteError::WrongConfig,
        );
        guards.refuse(
            "config",
            Attack::WrongOwner,
            &format!("as long as after the migration, under {note}"),
            |world, case| {
                let fake = world.fake_of(case.address("config"), owner);
                world.tamper(fake, |account| account.data.resize(Config::SPACE, 0));
                case.replace("config", fake)
            },
            KzteError::WrongConfig,
        );
    }
    guards.refuse(
        "config",
        Attack::WrongAddress,
        "an account that does not exist",
        |_, case| case.replace("config", nowhere("a configuration")),
        KzteError::WrongConfig,
    );
    // Accounts of the program that are something else, each as it lies there.
    type Place = (&'static str, fn(&World) -> Address);
    let others: [Place; 5] = [
        ("an issuer", |world| world.deployment.issuer(&world.banks[1].bic)),
        ("a statement", |world| {
            world.deployment.statement(&world.banks[1].bic, 1)
        }),
        ("a redemption", |world| {
            let owner = bystander().address();
            world
                .deployment
                .redemption(&world.banks[1].bic, &owner, BYSTANDER_NONCE)
        }),
        ("a block", |world| {
            world.deployment.block(&money::blocked().address())
        }),
        ("a token account", |world| world.token_account(&bystander())),
    ];
    for (note, place) in others {
        guards.refuse(
            "config",
            Attack::Cosplay,
            note,
            |world, case| {
                let mut case = case.replace("config", place(world));
                // An issuer that is written cannot be read as a bank of the rest as well.
                case.instruction.accounts.truncate(6);
                case
            },
            KzteError::WrongConfig,
        );
    }
    let mut tampered = |attack, note: &str, refusal: KzteError, change: &dyn Fn(&mut Account)| {
        guards.refuse(
            "config",
            attack,
            note,
            |world, case| {
                world.tamper(world.deployment.config, |account| change(account));
                case
            },
            refusal,
        );
    };
    tampered(
        Attack::Cosplay,
        "the discriminator of zeros",
        KzteError::WrongConfig,
        &|account| account.data[..8].fill(0),
    );
    tampered(
        Attack::Cosplay,
        "the discriminator of a closed account",
        KzteError::WrongConfig,
        &|account| account.data[..8].fill(u8::MAX),
    );
    for place in [0, 7] {
        tampered(
            Attack::Cosplay,
            "a discriminator that differs in a bit",
            KzteError::WrongConfig,
            &|account| account.data[place] ^= 1,
        );
    }
    for version in [0, 2, 3, u8::MAX] {
        tampered(
            Attack::Boundary,
            &format!("as long as version 1, and says that it is version {version}"),
            KzteError::WrongConfig,
            &|account| account.data[VERSION] = version,
        );
    }
    let lengths = (Config::SPACE_V1 + 1..Config::SPACE).chain([
        0,
        1,
        8,
        9,
        Config::SPACE_V1 - 1,
        Config::SPACE + 1,
        Config::SPACE + 8,
        10_240,
    ]);
    for length in lengths {
        tampered(
            Attack::Boundary,
            &format!("{length} bytes long"),
            KzteError::WrongConfig,
            &|account| account.data.resize(length, 0),
        );
    }
    for version in [0, 1, CONFIG_VERSION] {
        tampered(
            Attack::State,
            &format!("as long as this build's, and says that it is version {version}"),
            KzteError::NothingToChange,
            &|account| {
                account.data.resize(Config::SPACE, 0);
                account.data[VERSION] = version;
            },
        );
    }
    guards.refuse(
        "config",
        Attack::State,
        "migrated already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "config",
        Attack::State,
        "migrated already, with other banks to count",
        |world, case| {
            assert_ok(world, &case);
            migration(world, &[])
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "config",
        Attack::State,
        "never was of version 1",
        |world, case| {
            *world = World::with_second();
            case
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "the second deployment's, with the banks of the first",
        |world, case| case.replace("config", world.second().config),
        KzteError::WrongConfig,
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "of a deployment where somebody else is the authority",
        |world, _| {
            *world = World::with_second();
            let stranger = world.keys.stranger;
            world.in_second(|world| {
                hand_over(world, Role::Authority, &stranger);
                age(world);
                world.migrate_case()
            })
        },
        KzteError::NotAuthorized,
    );
    guards.accept(
        "config",
        "the second deployment's, with its banks and the same authority",
        |world, _| world.in_second(|world| world.migrate_case()),
    );
    guards.refuse(
        "config",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("config"),
        "ConstraintMut",
    );
    for other in ["payer", "authority", "system_program", "bank.0"] {
        guards.refuse(
            "config",
            Attack::Duplicate,
            &format!("the {other} once more"),
            |_, case| case.duplicate("config", other),
            "ConstraintDuplicateMutableAccount",
        );
    }
    guards.accept("config", "somebody sent lamports to it", |world, case| {
        world
            .chain
            .fund(&case.address("config"), 5_000_000)
            .expect("lamports");
        case
    });
    guards.accept("config", "paused before", |world, case| {
        *world = World::with_second();
        world.pause(PAUSE_ALL);
        age(world);
        case
    });
}

fn migrate_banks(guards: &mut Guards) {
    guards.refuse(
        "bank",
        Attack::WrongOwner,
        "the same bytes under the system program",
        |world, case| {
            let fake = world.fake_of(case.address("bank.1"), SYSTEM_PROGRAM_ID);
            case.replace("bank.1", fake)
        },
        "IllegalOwner",
    );
    guards.refuse(
        "bank",
        Attack::WrongAddress,
        "an account that does not exist",
        |_, case| case.replace("bank.0", nowhere("a bank")),
        "UninitializedAccount",
    );
    type Place = (&'static str, fn(&World) -> Address, &'static str);
    let others: [Place; 4] = [
        (
            "the second deployment's configuration",
            |world| world.second().config,
            "InvalidAccountData",
        ),
        (
            "a statement",
            |world| world.deployment.statement(&world.banks[1].bic, 1),
            "AccountDataTooSmall",
        ),
        (
            "a redemption",
            |world| {
                let owner = bystander().address();
                world
                    .deployment
                    .redemption(&world.banks[1].bic, &owner, BYSTANDER_NONCE)
            },
            "AccountDataTooSmall",
        ),
        (
            "the bank's escrow",
            |world| world.deployment.escrow(&world.banks[1].bic),
            "IllegalOwner",
        ),
    ];
    for (note, place, refusal) in others {
        guards.refuse(
            "bank",
            Attack::Cosplay,
            note,
            |world, case| case.replace("bank.1", place(world)),
            refusal,
        );
    }
    guards.refuse(
        "bank",
        Attack::Cosplay,
        "the same bytes under the discriminator of a configuration",
        |world, case| {
            let fake = world.cosplay_of(case.address("bank.1"), world.deployment.config);
            case.replace("bank.1", fake)
        },
        "InvalidAccountData",
    );
    guards.refuse(
        "bank",
        Attack::Cosplay,
        "the configuration that is migrated",
        |_, case| case.duplicate("bank.1", "config"),
        "ConstraintDuplicateMutableAccount",
    );
    guards.refuse(
        "bank",
        Attack::Cosplay,
        "the authority",
        |_, case| case.duplicate("bank.1", "authority"),
        "IllegalOwner",
    );
    guards.refuse(
        "bank",
        Attack::Cosplay,
        "one byte short",
        |world, case| {
            let copy = world.copy_of(case.address("bank.1"));
            world.tamper(copy, |account| account.data.truncate(Issuer::SPACE - 1));
            case.replace("bank.1", copy)
        },
        "AccountDataTooSmall",
    );
    for bank in [0, 1] {
        guards.refuse(
            "bank",
            Attack::Foreign,
            "of the same code in the second deployment",
            |world, case| {
                let place = format!("bank.{bank}");
                case.replace(&place, world.second().issuer(&world.banks[bank].bic))
            },
            KzteError::WrongConfig,
        );
    }
    guards.refuse(
        "bank",
        Attack::Foreign,
        "one of the second deployment besides",
        |world, mut case| {
            let bank = world.second().issuer(&world.banks[0].bic);
            case.instruction
                .accounts
                .push(kzte_client::AccountMeta::new_readonly(bank, false));
            case
        },
        KzteError::WrongConfig,
    );
    guards.refuse(
        "bank",
        Attack::Duplicate,
        "one bank twice",
        |_, case| case.duplicate("bank.1", "bank.0"),
        KzteError::CheckedBanks,
    );
    guards.refuse(
        "bank",
        Attack::Duplicate,
        "one bank twice, with another one between",
        |world, _| {
            let [first, second] = world.banks.map(|bank| bank.bic);
            migration(world, &[first, second, first])
        },
        KzteError::CheckedBanks,
    );
    // On purpose: the program cannot know what version 1 did not count. It counts what it is given, and who migrates
    // compares the count in the event with the register; `check_invariants` says both numbers for ever after.
    guards.accept("bank", "none given", |world, _| migration(world, &[]));
    guards.accept("bank", "one of two given", |world, _| {
        migration(world, &[world.banks[1].bic])
    });
    guards.accept("bank", "in another order", |world, _| {
        let [first, second] = world.banks.map(|bank| bank.bic);
        migration(world, &[second, first])
    });
    guards.accept("bank", "writable: it is only read", |_, mut case| {
        case.meta("bank.0").is_writable = true;
        case
    });
    guards.accept("bank", "closed: it was registered all the same", |world, case| {
        *world = World::with_second();
        let bank = world.banks[0];
        close(world, &bank);
        age(world);
        case
    });
    let many = |world: &mut World, count: usize| {
        *world = World::with_second();
        let mut banks: Vec<Bic> = world.banks.map(|bank| bank.bic).to_vec();
        for letter in (b'A'..).take(count - banks.len()) {
            let bank = Bank::new(&format!("BANKKZK{}XXX", char::from(letter)));
            let register = world.register_case(&bank, WIDE);
            assert_ok(world, &register);
            banks.push(bank.bic);
        }
        age(world);
        migration(world, &banks)
    };
    guards.accept("bank", "sixteen of them", |world, _| many(world, 16));
    guards.accept(
        "bank",
        "seventeen of them: a transaction is the only bound",
        |world, _| many(world, 17),
    );
}

// ── events and effects ──────────────────────────────────────────────────────────────────────

#[test]
fn migrating_keeps_every_byte_and_adds_the_new_ones() {
    let mut world = money::town();
    // Every field has a value of its own: nominees, attestors, flags.
    for role in [Role::Authority, Role::Enforcer] {
        let case = world.nominate_case(role, &successor().address());
        assert_ok(&mut world, &case);
    }
    world.pause(PAUSE_MINT);
    let [central, custodian, auditor] = world.keys.attestors;
    let set = world.set_attestors_case(&[auditor, central, custodian], 3, 0b110);
    assert_ok(&mut world, &set);
    let of = world.deployment.config;
    let never_aged = world.expect_account(&of);
    age(&mut world);
    let aged = world.expect_account(&of);
    assert_eq!((aged.data.len(), aged.data[VERSION]), (Config::SPACE_V1, 1));
    let untouched = [0, 1].map(|bank| world.expect_account(&world.deployment.issuer(&world.banks[bank].bic)));

    for count in 0..=2u32 {
        let mut world = world.clone();
        let payer = world.keys.sponsor.address();
        let funds = world.expect_account(&payer).lamports;
        let banks: Vec<Bic> = world
            .banks
            .iter()
            .map(|bank| bank.bic)
            .take(count as usize)
            .collect();
        let case = migration(&world, &banks);
        let event = ConfigMigrated {
            config: of,
            actor: world.keys.authority.address(),
            issuer_count: count,
            version: CONFIG_VERSION,
            reserved: [0; 3],
        };
        assert_emits(&mut world, &case, &[event.into()]);

        let migrated = world.expect_account(&of);
        let mut expected = aged.data.clone();
        expected[VERSION] = CONFIG_VERSION;
        expected.extend(count.to_le_bytes());
        expected.extend([0; 4]);
        assert_eq!(migrated.data, expected, "old bytes, the count, and zeros");
        let rent = world.chain.minimum_balance(Config::SPACE).expect("rent");
        assert_eq!(migrated.lamports, rent);
        assert_eq!(
            world.expect_account(&payer).lamports,
            funds - (rent - aged.lamports)
        );
        if count == 2 {
            assert_eq!(
                migrated, never_aged,
                "as if it had been of version 2 from the beginning"
            );
        }
        let after = [0, 1].map(|bank| world.expect_account(&world.deployment.issuer(&world.banks[bank].bic)));
        assert_eq!(after, untouched, "the banks are read and not written");
    }
}

/// One valid case of every instruction but `initialize` and `migrate_config`, each by itself.
fn one_of_each(world: &mut World) -> Vec<Case> {
    let [bank, other] = world.banks;
    let [alice, bob] = ["alice", "bob"].map(|name| world.holder(name));
    world.open_account(&bank.operator.address());
    let lines = [
        credit(1_000, alice.address()),
        credit(50, bank.operator.address()),
        credit(200, alice.address()),
        credit(300, alice.address()),
        neutral_credit(10_000),
    ];
    let file = world.effective(&bank, &lines);
    world.mint(&bank, &file, 0);
    world.mint(&bank, &file, 1);
    world.effective(&other, &[neutral_credit(10_000)]);
    world.request(&bank, &alice, 1, 100);
    let open = world.request(&bank, &alice, 2, 100);
    let paid = world.deployment.redemption(&bank.bic, &alice.address(), 1);
    // A statement of which nothing is left to consume, one that settles, and one that is only posted.
    world.advance(1);
    world.effective(&bank, &[neutral_credit(1)]);
    world.advance(1);
    let payout = world.effective(&bank, &[debit(100, paid)]);
    world.advance(1);
    let next = world.file(&bank, &[neutral_credit(1)]);
    let posted = world.post(&other, &[neutral_credit(5)]);
    let terms = world.order_terms("a case", &alice, &bob, 500);
    world.open_order(&terms);
    world.pause(PAUSE_MINT);
    world.freeze(&bob);
    world.block(&bob.address());
    let waiting = [
        world.nominate_case(Role::Pauser, &successor().address()),
        world.nominate_issuer_case(&bank, IssuerRole::Operator, &successor().address()),
    ];
    for case in waiting {
        assert_ok(world, &case);
    }
    let newcomer = Key::named("newcomer");
    world.open_account(&newcomer.address());
    vec![
        world.set_attestors_case(&world.keys.attestors, 3, 1),
        world.register_case(&Bank::new("KCJBKZKXXXX"), WIDE),
        world.configure_case(&bank, WIDE),
        world.set_policy_case(DAY, DAY),
        world.status_case(&bank, 1),
        world.nominate_case(Role::Enforcer, &nowhere("a nominee")),
        world.accept_case(Role::Pauser, &successor()),
        world.cancel_nomination_case(Role::Pauser),
        world.nominate_issuer_case(&bank, IssuerRole::Admin, &nowhere("a nominee")),
        world.accept_issuer_case(&bank, IssuerRole::Operator, &successor()),
        world.cancel_issuer_nomination_case(&bank, IssuerRole::Operator),
        world.default_state_case(true),
        world.update_metadata_case(instruction::MetadataField::Name, "Tenge"),
        world.pause_case(PAUSE_ALL),
        world.resume_case(PAUSE_ALL),
        world.post_case(&bank, &next),
        world.withdraw_case(&other, posted.totals.number),
        world.attest_case(&other, &posted, &world.keys.attestors[0]),
        world.close_case(&bank, 2),
        world.burn_case(&bank, 10),
        world.request_case(&bank, &alice, 3, 10),
        world.settle_case(&bank, &payout, 0),
        world.reject_case(&bank, &open),
        world.freeze_case(&world.token_account(&alice)),
        world.thaw_case(&world.token_account(&bob)),
        world.block_case(&alice.address()),
        world.unblock_case(&bob.address()),
        world.open_order_case(&world.order_terms("another case", &alice, &bob, 5)),
        world.execute_order_case(&terms, 5),
        world.close_order_case(&terms),
        world.check_invariants_case(),
        world.novate_case(&bank, &other, 5),
        // These pass only later or in another state; that the configuration is read first is the same.
        world.mint_case(&bank, &file, 2),
        world.mint_many_case(&bank, &file, 2, 2),
        world.cancel_case(&bank, &open, &alice),
        world.flag_case(&bank, &open),
        world.admit_case(&bank, &newcomer.address()),
    ]
}

/// How many cases of [`one_of_each`], at the end, wait for another state.
const WAITING: usize = 5;

#[test]
fn nothing_works_before_the_migration_and_everything_after_it() {
    let mut world = World::new();
    let cases = one_of_each(&mut world);
    let mut listed: Vec<&str> = cases.iter().map(|case| case.name).collect();
    listed.extend(["initialize", "migrate_config"]);
    listed.sort_unstable();
    let mut all: Vec<&str> = roster::ALL.iter().map(|spec| spec.name).collect();
    all.sort_unstable();
    assert_eq!(listed, all, "every instruction");

    let ready = cases.len() - WAITING;
    for case in &cases[..ready] {
        assert_ok(&mut world.clone(), case);
    }
    age(&mut world);
    for case in &cases {
        assert_refused(&mut world, case, "AccountDataTooSmall");
    }
    // Nor is a configuration of version 1 made a second time.
    let again = world.initialize_case_with(instruction::MintSource::Adopt, world.policy());
    assert_refused(&mut world, &again, "AccountAlreadyInUse");

    let migrate = world.migrate_case();
    assert_ok(&mut world, &migrate);
    assert_eq!(stored(&world).issuer_count, 2);
    for case in &cases[..ready] {
        assert_ok(&mut world.clone(), case);
    }
    world.check_invariants("after the migration");

    // And what had to wait.
    world.resume(PAUSE_MINT);
    let [mint, mint_many, cancel, flag, admit] = &cases[ready..] else {
        panic!("{WAITING} cases wait")
    };
    for case in [mint, mint_many] {
        assert_ok(&mut world.clone(), case);
    }
    world.advance(CANCEL_AFTER);
    for case in [cancel, flag] {
        assert_ok(&mut world.clone(), case);
    }
    world.set_born_frozen(true);
    let late = Key::named("late newcomer");
    world.open_account(&late.address());
    let admit_late = world.admit_case(&world.banks[0], &late.address());
    assert_ok(&mut world, &admit_late);
    assert_refused(&mut world, admit, KzteError::NothingToChange);
}

/// Upgrade and migration in one transaction cannot be; but the migration and the first act after it can.
#[test]
fn the_first_act_can_follow_in_the_same_transaction() {
    let mut world = World::new();
    age(&mut world);
    let register = world.register_case(&Bank::new("KCJBKZKXXXX"), WIDE);
    let migrate = world.migrate_case();
    let signers = [
        world.keys.sponsor,
        world.keys.authority,
        world.keys.issuer_manager,
    ];
    world.must(&[migrate.instruction, register.instruction], &signers);
    assert_eq!(stored(&world).issuer_count, 3, "two counted and one registered");
}
