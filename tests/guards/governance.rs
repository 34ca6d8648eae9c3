//! Rejection tests of `initialize`, of the roles' instructions and of pause and resume.

use kzte_client::{
    Account, Address, Bic, Chain, KzteError, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address,
    constants::{
        ACCOUNT_VERSION, DECIMALS, MAX_METADATA_TEXT, MAX_REDEMPTION_SLA, MAX_STATEMENT_AGE, SYMBOL,
    },
    events::{AttestorsSet, Initialized, IssuerConfigured, IssuerRegistered, Paused, Resumed},
    fetch,
    instruction::{InitializeArgs, IssuerLimits, MintSource},
    seeds::{CONFIG_SEED, ESCROW_SEED, ISSUER_SEED},
    state::{
        ISSUER_ACTIVE, ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, PAUSE_ALL, PAUSE_MINT,
        PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER,
    },
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, guard_tests,
    key::nowhere,
    mints::{Plan, append_extension},
    money::P_TOKEN_PROGRAM_ID,
    world::{DAY, WIDE},
};
use spl_token_2022_interface::{extension::ExtensionType, state::AccountState};

guard_tests! {
    "governance": initialize, set_attestors, register_issuer, configure_issuer, pause, resume,
}

// ── what several instructions share ─────────────────────────────────────────────────────────

/// The holder of a role must sign, and nobody else may.
fn role(guards: &mut Guards, account: &str, holder: &str) {
    guards.refuse(
        account,
        Attack::MissingSigner,
        "the holder does not sign",
        |_, case| case.unsigned(account),
        "MissingRequiredSignature",
    );
    let refusal = match account {
        "upgrade_authority" => KzteError::NotUpgradeAuthority,
        _ => KzteError::NotAuthorized,
    };
    for (name, key) in World::bare().keys.all() {
        if name != holder {
            guards.refuse(
                account,
                Attack::WrongSigner,
                name,
                |_, case| case.signed_by(account, key),
                refusal,
            );
        }
    }
    for bank in [0, 1] {
        guards.refuse(
            account,
            Attack::WrongSigner,
            "operator of a bank",
            |world, case| case.signed_by(account, world.banks[bank].operator),
            refusal,
        );
    }
}

/// Only a configuration passes as one.
fn config_kind(guards: &mut Guards) {
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
}

/// A configuration that is read or written.
fn config(guards: &mut Guards, foreign: KzteError, absent: &'static str) {
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

fn config_is_written(guards: &mut Guards) {
    guards.refuse(
        "config",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("config"),
        "ConstraintMut",
    );
}

/// The two accounts of instructions that emit by calling their own program.
fn events(guards: &mut Guards) {
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

fn token_program(guards: &mut Guards) {
    guards.refuse(
        "token_program",
        Attack::WrongAddress,
        "p-token",
        |_, case| case.replace("token_program", P_TOKEN_PROGRAM_ID),
        "IncorrectProgramId",
    );
}

fn system_program(guards: &mut Guards) {
    guards.refuse(
        "system_program",
        Attack::WrongAddress,
        "Token-2022",
        |_, case| case.replace("system_program", TOKEN_PROGRAM_ID),
        "IncorrectProgramId",
    );
}

/// The mint of the configuration, where it must be that and no other.
fn mint(guards: &mut Guards) {
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
fn under_another_bump(seeds: &[&[u8]]) -> Address {
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

// ── initialize ──────────────────────────────────────────────────────────────────────────────

/// The valid case with other arguments.
fn with_args(world: &World, change: impl FnOnce(&mut InitializeArgs)) -> Case {
    let mut args = world.policy();
    change(&mut args);
    world.initialize_case_with(MintSource::Create, args)
}

fn initialize(guards: &mut Guards) {
    guards.scene(World::bare, World::initialize_case);
    initialize_accounts(guards);
    initialize_arguments(guards);
    adoption(guards);
}

fn initialize_accounts(guards: &mut Guards) {
    guards.refuse(
        "payer",
        Attack::MissingSigner,
        "somebody else is to pay",
        |world, case| {
            case.replace("payer", world.keys.stranger.address())
                .unsigned("payer")
        },
        "MissingRequiredSignature",
    );
    guards.refuse(
        "payer",
        Attack::ReadOnly,
        "not writable",
        |world, case| case.signed_by("payer", world.keys.stranger).readonly("payer"),
        "MissingRequiredSignature",
    );
    guards.refuse(
        "payer",
        Attack::State,
        "cannot pay the rent",
        |world, case| {
            world.tamper(world.keys.stranger.address(), |account| {
                account.lamports = 1_000_000
            });
            case.signed_by("payer", world.keys.stranger)
        },
        "ResultWithNegativeLamports",
    );

    guards.accept("payer", "the upgrade authority itself", |world, case| {
        case.signed_by("payer", world.keys.upgrade_authority)
    });

    role(guards, "upgrade_authority", "upgrade authority");
    guards.refuse(
        "upgrade_authority",
        Attack::State,
        "the program is frozen for ever",
        |world, case| {
            world
                .chain
                .set_upgrade_authority(None)
                .expect("the program data account");
            case
        },
        KzteError::NotUpgradeAuthority,
    );
    guards.refuse(
        "upgrade_authority",
        Attack::State,
        "the authority was handed over",
        |world, case| {
            let next = world.keys.authority.address();
            world
                .chain
                .set_upgrade_authority(Some(&next))
                .expect("the program data account");
            case
        },
        KzteError::NotUpgradeAuthority,
    );

    guards.refuse(
        "program_data",
        Attack::WrongAddress,
        "a copy that names the attacker, under the loader, at another address",
        |world, case| {
            let stranger = world.keys.stranger;
            let copy = world.copy_of(address::program_data());
            world.tamper(copy, |account| {
                account.data[13..45].copy_from_slice(stranger.address().as_array())
            });
            case.replace("program_data", copy)
                .signed_by("upgrade_authority", stranger)
        },
        KzteError::WrongProgramData,
    );
    guards.refuse(
        "program_data",
        Attack::WrongAddress,
        "of Token-2022",
        |_, case| case.replace("program_data", address::program_data_of(&TOKEN_PROGRAM_ID)),
        KzteError::WrongProgramData,
    );
    guards.refuse(
        "program_data",
        Attack::WrongOwner,
        "right address, owned by the system program",
        |world, case| {
            world.tamper(address::program_data(), |account| {
                account.owner = SYSTEM_PROGRAM_ID
            });
            case
        },
        KzteError::WrongProgramData,
    );

    guards.refuse(
        "config",
        Attack::WrongAddress,
        "of the second mint",
        |_, case| case.replace("config", address::config(&Key::named("second mint").address())),
        "InvalidSeeds",
    );
    guards.refuse(
        "config",
        Attack::WrongAddress,
        "under another bump",
        |_, case| {
            let mint = case.address("mint");
            case.replace("config", under_another_bump(&[CONFIG_SEED, mint.as_ref()]))
        },
        "InvalidSeeds",
    );
    guards.refuse(
        "config",
        Attack::Exists,
        "initialised already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "config",
        Attack::Exists,
        "initialised already, its mint adopted the second time",
        |world, case| {
            assert_ok(world, &case);
            world.initialize_case_with(MintSource::Adopt, world.policy())
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "config",
        Attack::Duplicate,
        "the mint once more",
        |_, case| case.duplicate("config", "mint"),
        "ConstraintDuplicateMutableAccount",
    );
    guards.accept(
        "config",
        "somebody sent lamports to its address before",
        |world, case| {
            world
                .chain
                .fund(&case.address("config"), 3_000_000)
                .expect("lamports");
            case
        },
    );

    guards.refuse(
        "mint",
        Attack::WrongMint,
        "the mint of another configuration",
        |_, case| case.signed_by("mint", Key::named("second mint")),
        "InvalidSeeds",
    );
    guards.refuse(
        "mint",
        Attack::WrongAddress,
        "a new mint whose key does not sign",
        |_, case| case.unsigned("mint"),
        "PrivilegeEscalation",
    );
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
        "the payer once more",
        |_, case| {
            let payer = case.address("payer");
            let mut case = case.unsigned("mint");
            case.meta("mint").is_signer = true;
            case.replace("mint", payer)
        },
        "ConstraintDuplicateMutableAccount",
    );
    guards.accept(
        "mint",
        "somebody sent lamports to its address before",
        |world, case| {
            world
                .chain
                .fund(&case.address("mint"), 3_000_000)
                .expect("lamports");
            case
        },
    );

    for (note, wrong) in [
        (
            "the freeze authority",
            address::freeze_authority as fn(&Address) -> Address,
        ),
        ("the permanent delegate", address::permanent_delegate),
    ] {
        guards.refuse(
            "mint_authority",
            Attack::WrongAddress,
            note,
            |world, case| case.replace("mint_authority", wrong(&world.deployment.config)),
            "PrivilegeEscalation",
        );
    }
    token_program(guards);
    system_program(guards);
    events(guards);
}

fn initialize_arguments(guards: &mut Guards) {
    for role in 0..6 {
        guards.refuse(
            "args.roles",
            Attack::Invalid,
            &format!("role {role} held by the zero address"),
            |world, _| with_args(world, |args| args.roles[role] = Address::default()),
            KzteError::ZeroAddress,
        );
    }
    attestor_sets(guards, "args.", |world, attestors, threshold, mandatory| {
        with_args(world, |args| {
            args.attestors = attestors.to_vec();
            args.threshold = threshold;
            args.mandatory = mandatory;
        })
    });

    type Field = fn(&mut InitializeArgs) -> &mut i64;
    let terms: [(&str, Field, i64); 2] = [
        (
            "args.max_statement_age",
            |args| &mut args.max_statement_age,
            MAX_STATEMENT_AGE,
        ),
        (
            "args.redemption_sla",
            |args| &mut args.redemption_sla,
            MAX_REDEMPTION_SLA,
        ),
    ];
    for (name, field, most) in terms {
        for wrong in [0, -1, i64::MIN, most + 1, i64::MAX] {
            guards.refuse(
                name,
                Attack::Boundary,
                &format!("{wrong} s"),
                |world, _| with_args(world, |args| *field(args) = wrong),
                KzteError::PolicyRange,
            );
        }
        for good in [1, most] {
            guards.accept(name, &format!("{good} s"), |world, _| {
                with_args(world, |args| *field(args) = good)
            });
        }
    }

    type Text = fn(&mut InitializeArgs) -> &mut String;
    let texts: [(&str, Text); 2] = [
        ("args.name", |args| &mut args.name),
        ("args.uri", |args| &mut args.uri),
    ];
    for (name, field) in texts {
        for wrong in [0, MAX_METADATA_TEXT + 1] {
            guards.refuse(
                name,
                Attack::Boundary,
                &format!("{wrong} bytes"),
                |world, _| with_args(world, |args| *field(args) = "x".repeat(wrong)),
                KzteError::MetadataText,
            );
        }
        for good in [1, MAX_METADATA_TEXT] {
            guards.accept(name, &format!("{good} bytes"), |world, _| {
                with_args(world, |args| *field(args) = "x".repeat(good))
            });
        }
        guards.refuse(
            name,
            Attack::Invalid,
            "bytes that are no UTF-8",
            |world, _| {
                let mut text = String::new();
                let case = with_args(world, |args| {
                    *field(args) = "@@@@@@@@".to_owned();
                    text.clone_from(field(args));
                });
                case.data(|data| {
                    let place = data
                        .windows(8)
                        .position(|part| part == text.as_bytes())
                        .expect("the text");
                    data[place] = 0xff;
                })
            },
            "InvalidInstructionData",
        );
    }
    guards.refuse(
        "args.uri",
        Attack::Invalid,
        "cut short by a byte",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
}

/// Attestor sets that break a rule, and those at the edge that do not. `build` makes the case of a set.
fn attestor_sets(
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

/// A mint that exists is adopted only when it is the design's to the last authority.
fn adoption(guards: &mut Guards) {
    fn adopt(world: &World) -> Case {
        world.initialize_case_with(MintSource::Adopt, world.policy())
    }
    guards.scene(
        || {
            let mut world = World::bare();
            Plan::of_design(&world).make(&mut world);
            world
        },
        adopt,
    );

    /// A world whose mint was made after a plan that deviates in one point.
    fn deviating(change: impl FnOnce(&mut Plan)) -> impl FnOnce(&mut World, Case) -> Case {
        |world, case| {
            *world = World::bare();
            let mut plan = Plan::of_design(world);
            change(&mut plan);
            plan.make(world);
            case
        }
    }
    let other = nowhere("another authority");
    type Change = Box<dyn FnOnce(&mut Plan)>;
    let text = |change: fn(&mut kzte_harness::mints::Metadata)| -> Change {
        Box::new(move |plan| change(plan.metadata.as_mut().expect("metadata")))
    };
    let mut deviations: Vec<(&str, Change)> = vec![
        ("one decimal", Box::new(|plan| plan.decimals = 1)),
        ("three decimals", Box::new(|plan| plan.decimals = 3)),
        (
            "another mint authority",
            Box::new(move |plan| plan.mint_authority = Some(other)),
        ),
        ("no mint authority", Box::new(|plan| plan.mint_authority = None)),
        (
            "another freeze authority",
            Box::new(move |plan| plan.freeze_authority = Some(other)),
        ),
        (
            "no freeze authority",
            Box::new(|plan| plan.freeze_authority = None),
        ),
        (
            "another permanent delegate",
            Box::new(move |plan| plan.permanent_delegate = Some(other)),
        ),
        (
            "without permanent delegate",
            Box::new(|plan| plan.permanent_delegate = None),
        ),
        (
            "another pause authority",
            Box::new(move |plan| plan.pause_authority = Some(other)),
        ),
        ("without pause", Box::new(|plan| plan.pause_authority = None)),
        ("paused", Box::new(|plan| plan.paused = true)),
        (
            "without default state",
            Box::new(|plan| plan.default_state = None),
        ),
        (
            "born frozen",
            Box::new(|plan| plan.default_state = Some(AccountState::Frozen)),
        ),
        (
            "another pointer authority",
            Box::new(move |plan| {
                plan.pointer = plan.pointer.map(|(_, target)| (other, target));
            }),
        ),
        ("without metadata", Box::new(|plan| plan.metadata = None)),
        (
            "without pointer and metadata",
            Box::new(|plan| (plan.pointer, plan.metadata) = (None, None)),
        ),
        (
            "another update authority",
            Box::new(move |plan| {
                plan.metadata.as_mut().expect("metadata").update_authority = Some(other);
            }),
        ),
        ("no update authority", text(|it| it.update_authority = None)),
        ("another symbol", text(|it| it.symbol = "KZTX".to_owned())),
        (
            "a symbol in small letters",
            text(|it| it.symbol = "kzte".to_owned()),
        ),
        ("a longer symbol", text(|it| it.symbol = "KZTE2".to_owned())),
        ("no symbol", text(|it| it.symbol = String::new())),
        (
            "a field beside name, symbol and URI",
            text(|it| it.additional = true),
        ),
    ];
    for kind in [
        ExtensionType::MintCloseAuthority,
        ExtensionType::TransferFeeConfig,
        ExtensionType::TransferHook,
        ExtensionType::NonTransferable,
        ExtensionType::InterestBearingConfig,
        ExtensionType::ScaledUiAmount,
        ExtensionType::GroupPointer,
        ExtensionType::GroupMemberPointer,
        ExtensionType::ConfidentialTransferMint,
    ] {
        let name: &'static str = Box::leak(format!("with {kind:?}").into_boxed_str());
        deviations.push((name, Box::new(move |plan| plan.extras.push(kind))));
    }
    for (note, change) in deviations {
        guards.refuse(
            "mint",
            Attack::State,
            note,
            deviating(change),
            KzteError::MintNotConforming,
        );
    }
    guards.refuse(
        "mint",
        Attack::State,
        "one tiyn of supply",
        deviating(|plan| plan.supply = 1),
        KzteError::MintHasSupply,
    );
    guards.refuse(
        "mint",
        Attack::State,
        "metadata at another address",
        |world, case| {
            *world = World::bare();
            let mut plan = Plan::of_design(world);
            // Token-2022 itself refuses metadata in a mint whose pointer leads elsewhere, so this one has none.
            plan.pointer = plan
                .pointer
                .map(|(authority, _)| (authority, nowhere("metadata")));
            plan.metadata = None;
            plan.make(world);
            case
        },
        KzteError::MintNotConforming,
    );

    // Extensions by number, past Token-2022: unknown ones, PermissionedBurn, and a known one twice.
    for kind in [0u16, 3, 14, 25, 27, 28, 999, u16::MAX] {
        guards.refuse(
            "mint",
            Attack::State,
            &format!("extension number {kind}"),
            |world, case| {
                append_extension(world, kind, &[0; 32]);
                case
            },
            KzteError::MintNotConforming,
        );
    }
    guards.refuse(
        "mint",
        Attack::State,
        "pause a second time",
        |world, case| {
            let authority = address::pause_authority(&world.deployment.config);
            append_extension(world, 26, &[authority.as_array(), &[0u8][..]].concat());
            case
        },
        KzteError::MintNotConforming,
    );
    for (note, tail) in [
        ("one byte more", 1),
        ("three bytes more", 3),
        ("room for an extension", 36),
    ] {
        guards.refuse(
            "mint",
            Attack::State,
            note,
            move |world, case| {
                world.tamper(world.deployment.mint, |account| {
                    account.data.extend(vec![0; tail]);
                    account.lamports += 1_000_000;
                });
                case
            },
            KzteError::MintNotConforming,
        );
    }
    for missing in [1, 4, 60] {
        guards.refuse(
            "mint",
            Attack::State,
            &format!("cut by {missing} bytes"),
            |world, case| {
                world.tamper(world.deployment.mint, |account| {
                    account.data.truncate(account.data.len() - missing);
                });
                case
            },
            KzteError::MintNotConforming,
        );
    }

    guards.refuse(
        "mint",
        Attack::WrongOwner,
        "the same bytes under p-token",
        |world, case| {
            world.tamper(world.deployment.mint, |account| {
                account.owner = P_TOKEN_PROGRAM_ID
            });
            case
        },
        KzteError::MintNotConforming,
    );
    guards.refuse(
        "mint",
        Attack::Cosplay,
        "a token account",
        |world, case| {
            world.tamper(world.deployment.mint, |account| account.data[165] = 2);
            case
        },
        KzteError::MintNotConforming,
    );
    guards.refuse(
        "mint",
        Attack::State,
        "not initialised",
        |world, case| {
            world.tamper(world.deployment.mint, |account| account.data[45] = 0);
            case
        },
        KzteError::MintNotConforming,
    );
    guards.refuse(
        "mint",
        Attack::State,
        "one byte, all zero",
        |world, case| {
            let account = Account {
                data: vec![0],
                ..world.expect_account(&world.deployment.mint)
            };
            world
                .chain
                .set_account(&world.deployment.mint.clone(), account)
                .expect("an account");
            case
        },
        KzteError::MintNotConforming,
    );
    guards.refuse(
        "upgrade_authority",
        Attack::WrongSigner,
        "a stranger adopts the central bank's mint first",
        |world, case| case.signed_by("upgrade_authority", world.keys.stranger),
        KzteError::NotUpgradeAuthority,
    );
}

// ── set_attestors ───────────────────────────────────────────────────────────────────────────

fn set_attestors(guards: &mut Guards) {
    guards.scene(World::with_second, |world| {
        world.set_attestors_case(&[world.keys.attestors[0], world.keys.stranger], 1, 1)
    });
    role(guards, "authority", "authority");
    config_kind(guards);
    guards.refuse(
        "config",
        Attack::Foreign,
        "of another authority's deployment",
        |world, case| {
            // The holder of a role in one deployment has none in another.
            let second = world.second().config;
            let stranger = world.keys.stranger.address();
            world.tamper(second, |account| {
                account.data[56..88].copy_from_slice(stranger.as_array())
            });
            case.replace("config", second)
        },
        KzteError::NotAuthorized,
    );
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
        "mandatory",
        Attack::Invalid,
        "missing",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
}

// ── register_issuer ─────────────────────────────────────────────────────────────────────────

fn third() -> Bank {
    Bank::new("KCJBKZKXXXX")
}

fn register_issuer(guards: &mut Guards) {
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

fn configure_issuer(guards: &mut Guards) {
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

/// The events of a world's `initialize`.
fn initialised(world: &World) -> [kzte_client::Event; 2] {
    let policy = world.policy();
    let mut attestors = [Address::default(); 8];
    attestors[..3].copy_from_slice(&policy.attestors);
    let (config, actor) = (world.deployment.config, world.keys.upgrade_authority.address());
    [
        Initialized {
            config,
            actor,
            mint: world.deployment.mint,
            roles: policy.roles,
            max_statement_age: policy.max_statement_age,
            redemption_sla: policy.redemption_sla,
        }
        .into(),
        AttestorsSet {
            config,
            actor,
            attestors,
            version: 1,
            count: 3,
            threshold: 2,
            mandatory: 1,
            reserved: 0,
        }
        .into(),
    ]
}

/// What both ways of `initialize` must lead to.
fn check_initialised(world: &World, name: &str) {
    let config = fetch::config(&world.chain, &world.deployment).expect("the configuration");
    let policy = world.policy();
    let of = world.deployment.config;
    let bump = |seeds: &[&[u8]]| Address::find_program_address(seeds, &PROGRAM_ID).1;
    use kzte_client::seeds::{
        FREEZE_AUTHORITY_SEED, MINT_AUTHORITY_SEED, PAUSE_AUTHORITY_SEED, PERMANENT_DELEGATE_SEED,
    };
    assert_eq!(
        (
            config.version,
            config.bump,
            config.mint,
            config.paused,
            config.reserved
        ),
        (
            ACCOUNT_VERSION,
            bump(&[CONFIG_SEED, world.deployment.mint.as_ref()]),
            world.deployment.mint,
            0,
            [0; 2]
        )
    );
    assert_eq!(
        [
            config.mint_authority_bump,
            config.freeze_authority_bump,
            config.permanent_delegate_bump,
            config.pause_authority_bump
        ],
        [
            MINT_AUTHORITY_SEED,
            FREEZE_AUTHORITY_SEED,
            PERMANENT_DELEGATE_SEED,
            PAUSE_AUTHORITY_SEED
        ]
        .map(|seed| bump(&[seed, of.as_ref()]))
    );
    assert_eq!(
        (config.roles, config.nominees),
        (policy.roles, [Address::default(); 6])
    );
    assert_eq!(config.attestors[..3], policy.attestors[..]);
    assert_eq!(config.attestors[3..], [Address::default(); 5]);
    assert_eq!(
        (
            config.attestor_count,
            config.threshold,
            config.mandatory,
            config.attestor_set_version
        ),
        (3, 2, 1, 1)
    );
    assert_eq!(
        (config.max_statement_age, config.redemption_sla),
        (policy.max_statement_age, policy.redemption_sla)
    );

    let mint = fetch::mint(&world.chain, &world.deployment).expect("the mint");
    assert_eq!(
        (mint.supply, mint.decimals, mint.paused, mint.born_frozen),
        (0, DECIMALS, false, false)
    );
    assert_eq!(
        [
            mint.mint_authority,
            mint.freeze_authority,
            mint.permanent_delegate,
            mint.pause_authority
        ],
        [
            Some(address::mint_authority(&of)),
            Some(address::freeze_authority(&of)),
            Some(address::permanent_delegate(&of)),
            Some(address::pause_authority(&of)),
        ]
    );
    let metadata = mint.metadata.expect("metadata");
    assert_eq!(metadata.update_authority, Some(address::mint_authority(&of)));
    assert_eq!(
        (&*metadata.name, &*metadata.symbol, &*metadata.uri),
        (name, SYMBOL, &*policy.uri)
    );
    let mut extensions = mint.extensions;
    extensions.sort();
    assert_eq!(
        extensions,
        [
            "DefaultAccountState",
            "MetadataPointer",
            "Pausable",
            "PermanentDelegate",
            "TokenMetadata"
        ]
    );
    let account = world.expect_account(&world.deployment.mint);
    let rent = world.chain.minimum_balance(account.data.len()).expect("rent");
    assert!(account.lamports >= rent, "the mint pays its rent");
}

#[test]
fn initialize_creates_the_mint_of_the_design() {
    let mut world = World::bare();
    let (case, events) = (world.initialize_case(), initialised(&world));
    assert_emits(&mut world, &case, &events);
    check_initialised(&world, "Digital Tenge");
}

#[test]
fn initialize_adopts_the_mint_of_the_design_and_leaves_its_texts() {
    let mut world = World::bare();
    let mut plan = Plan::of_design(&world);
    plan.metadata.as_mut().expect("metadata").name = "Adopted Tenge".to_owned();
    plan.make(&mut world);
    let before = world.expect_account(&world.deployment.mint);
    let (case, events) = (
        world.initialize_case_with(MintSource::Adopt, world.policy()),
        initialised(&world),
    );
    assert_emits(&mut world, &case, &events);
    assert_eq!(
        world.expect_account(&world.deployment.mint),
        before,
        "an adopted mint is not touched"
    );
    check_initialised(&world, "Adopted Tenge");
}

#[test]
fn an_adopted_mint_works_like_a_created_one() {
    let mut world = World::bare();
    Plan::of_design(&world).make(&mut world);
    let case = world.initialize_case_with(MintSource::Adopt, world.policy());
    assert_ok(&mut world, &case);
    let bank = world.banks[0];
    let case = world.register_case(&bank, WIDE);
    assert_ok(&mut world, &case);
    let holder = world.holder("aigerim");
    world.deposit(&bank, &holder, 500);
    assert_eq!((world.holding(&holder), world.supply()), (500, 500));
}

#[test]
fn nobody_can_initialize_before_the_upgrade_authority() {
    // With his own mint, his own configuration, and everything else right: still not.
    let mut world = World::bare();
    let stranger = world.keys.stranger;
    let case = world.initialize_case().signed_by("upgrade_authority", stranger);
    assert_refused(&mut world, &case, KzteError::NotUpgradeAuthority);
    let case = world.initialize_case();
    assert_ok(&mut world, &case);
}

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
