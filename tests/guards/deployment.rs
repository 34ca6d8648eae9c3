//! Rejection tests of `initialize`, and what it leads to.

use kzte_client::{
    Account, Address, Chain, KzteError, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address,
    constants::{CONFIG_VERSION, DECIMALS, MAX_METADATA_TEXT, MAX_REDEMPTION_SLA, MAX_STATEMENT_AGE, SYMBOL},
    events::{AttestorsSet, Initialized},
    fetch,
    instruction::{InitializeArgs, MintSource},
    seeds::CONFIG_SEED,
};
use kzte_harness::{
    Attack, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused,
    key::nowhere,
    mints::{Plan, append_extension},
    money::P_TOKEN_PROGRAM_ID,
    world::WIDE,
};
use spl_token_2022_interface::{extension::ExtensionType, state::AccountState};

use crate::governance::{attestor_sets, events, role, system_program, token_program, under_another_bump};

// ── initialize ──────────────────────────────────────────────────────────────────────────────

/// The valid case with other arguments.
fn with_args(world: &World, change: impl FnOnce(&mut InitializeArgs)) -> Case {
    let mut args = world.policy();
    change(&mut args);
    world.initialize_case_with(MintSource::Create, args)
}

pub(crate) fn initialize(guards: &mut Guards) {
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
    for second in 1..6 {
        for first in 0..second {
            guards.refuse(
                "args.roles",
                Attack::Invalid,
                &format!("one key for the roles {first} and {second}"),
                |world, _| with_args(world, |args| args.roles[second] = args.roles[first]),
                KzteError::RoleConflict,
            );
        }
    }
    guards.refuse(
        "args.roles",
        Attack::Invalid,
        "all held by one key",
        |world, _| with_args(world, |args| args.roles = [args.roles[0]; 6]),
        KzteError::RoleConflict,
    );
    guards.accept(
        "args.roles",
        "the upgrade authority as authority: it is no role of the configuration",
        |world, _| {
            with_args(world, |args| {
                args.roles[0] = world.keys.upgrade_authority.address()
            })
        },
    );
    for seat in 0..3 {
        guards.refuse(
            "args.attestors",
            Attack::Invalid,
            &format!("the pauser is attestor {seat}"),
            |world, _| with_args(world, |args| args.roles[2] = args.attestors[seat]),
            KzteError::RoleConflict,
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
            CONFIG_VERSION,
            bump(&[CONFIG_SEED, world.deployment.mint.as_ref()]),
            world.deployment.mint,
            0,
            [0; 2]
        )
    );
    assert_eq!(
        (
            config.issuer_count,
            config.accounts_born_frozen,
            config.reserved_2
        ),
        (0, 0, [0; 3])
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
