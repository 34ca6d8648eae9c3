//! Rejection tests of the hand-over of roles: nominate, accept, cancel, for the roles of the configuration and for the
//! seats of a bank. Invariant 9.

use kzte_client::{
    Address, Event, KzteError,
    events::{NominationCancelled, RoleAccepted, RoleNominated},
    instruction::{self, MetadataField},
    state::{Issuer, IssuerRole, PAUSE_ALL, PAUSE_MINT, ROLE_COUNT, Role},
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, credit,
    world::{DAY, MAX_STATEMENT_AGE, REDEMPTION_SLA, WIDE},
};

use crate::governance::{
    close, config, config_is_written, config_kind, config_of_another_holder, events, hand_over, issuer,
    issuer_status, never_paused, role, seats, stored, successor,
};

/// The roles by number.
const ROLES: [Role; ROLE_COUNT] = [
    Role::Authority,
    Role::IssuerManager,
    Role::Pauser,
    Role::Compliance,
    Role::CourtOfficer,
    Role::Enforcer,
];

/// Somebody else who holds nothing.
fn rival() -> Key {
    Key::named("rival")
}

/// Who holds a role in a new world.
fn first_holder(world: &World, role: Role) -> Key {
    let keys = &world.keys;
    match role {
        Role::Authority => keys.authority,
        Role::IssuerManager => keys.issuer_manager,
        Role::Pauser => keys.pauser,
        Role::Compliance => keys.compliance,
        Role::CourtOfficer => keys.court_officer,
        Role::Enforcer => keys.enforcer,
    }
}

/// The valid case with another number of a role, its first argument.
fn with_role(case: Case, number: u8) -> Case {
    case.data(|data| data[8] = number)
}

fn wrong_numbers(guards: &mut Guards, wrong: impl IntoIterator<Item = u8>) {
    for number in wrong {
        guards.refuse(
            "role",
            Attack::Boundary,
            &format!("number {number}"),
            |_, case| with_role(case, number),
            KzteError::RoleUnknown,
        );
    }
    guards.refuse(
        "role",
        Attack::Invalid,
        "missing",
        |_, case| case.data(|data| data.truncate(8)),
        "InvalidInstructionData",
    );
}

/// Everybody with a name in the world.
fn everybody(world: &World) -> Vec<(&'static str, Key)> {
    let banks = [seats(0), seats(1)].concat();
    let banks = banks.into_iter().map(|(name, key)| (name, key(world)));
    world.keys.all().into_iter().chain(banks).collect()
}

/// Nobody signs as `account` but those `allowed`, by name.
fn signed_by_others(guards: &mut Guards, account: &str, allowed: &[&str], refusal: KzteError) {
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

/// Nominees that hold something already, and one that is nobody. `build` makes the case of a nominee.
fn nominees(guards: &mut Guards, build: fn(&World, &Address) -> Case) {
    guards.refuse(
        "nominee",
        Attack::Invalid,
        "the zero address",
        |world, _| build(world, &Address::default()),
        KzteError::ZeroAddress,
    );
    for role in ROLES {
        guards.refuse(
            "nominee",
            Attack::Invalid,
            &format!("the holder of {role:?}"),
            |world, _| build(world, &first_holder(world, role).address()),
            KzteError::RoleConflict,
        );
    }
    for seat in 0..3 {
        guards.refuse(
            "nominee",
            Attack::Invalid,
            &format!("attestor {seat}"),
            |world, _| build(world, &world.keys.attestors[seat].address()),
            KzteError::RoleConflict,
        );
    }
    guards.refuse(
        "nominee",
        Attack::State,
        "who took a role over a moment ago",
        |world, _| {
            hand_over(world, Role::Enforcer, &rival());
            build(world, &rival().address())
        },
        KzteError::RoleConflict,
    );
    guards.refuse(
        "nominee",
        Attack::State,
        "who became the eighth attestor a moment ago",
        |world, _| {
            let mut set: Vec<Key> = (0..7).map(|seat| Key::named(&format!("seat {seat}"))).collect();
            set.push(rival());
            let change = world.set_attestors_case(&set, 2, 1);
            assert_ok(world, &change);
            build(world, &rival().address())
        },
        KzteError::RoleConflict,
    );
    guards.accept("nominee", "who gave his role up a moment ago", |world, _| {
        hand_over(world, Role::Enforcer, &rival());
        build(world, &world.keys.enforcer.address())
    });
    guards.accept("nominee", "who left the attestor set a moment ago", |world, _| {
        let [central, custodian, auditor] = world.keys.attestors;
        let change = world.set_attestors_case(&[central, custodian], 2, 1);
        assert_ok(world, &change);
        build(world, &auditor.address())
    });
    guards.accept(
        "nominee",
        "nominated already: nothing forbids to say it again",
        |world, case| {
            assert_ok(world, &case);
            case
        },
    );
    guards.accept("nominee", "another one waits, who is replaced", |world, case| {
        let first = build(world, &rival().address());
        assert_ok(world, &first);
        case
    });
    guards.accept(
        "nominee",
        "who waits for a role of the configuration",
        |world, _| {
            let nominate = world.nominate_case(Role::Pauser, &rival().address());
            assert_ok(world, &nominate);
            build(world, &rival().address())
        },
    );
    guards.accept(
        "nominee",
        "the upgrade authority, which is no role here",
        |world, _| build(world, &world.keys.upgrade_authority.address()),
    );
    guards.accept("nominee", "an address that no key can sign for", |world, _| {
        build(world, &world.deployment.mint)
    });
    guards.refuse(
        "nominee",
        Attack::Invalid,
        "cut short by a byte",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
}

// ── nominate_role ───────────────────────────────────────────────────────────────────────────

pub(crate) fn nominate_role(guards: &mut Guards) {
    guards.scene(World::with_second, |world| {
        world.nominate_case(Role::Compliance, &successor().address())
    });
    role(guards, "authority", "authority");
    guards.refuse(
        "authority",
        Attack::WrongSigner,
        "a nominee for the authority who has not accepted",
        |world, case| {
            let nominate = world.nominate_case(Role::Authority, &rival().address());
            assert_ok(world, &nominate);
            case.signed_by("authority", rival())
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "authority",
        Attack::State,
        "handed over",
        |world, case| {
            hand_over(world, Role::Authority, &rival());
            case
        },
        KzteError::NotAuthorized,
    );
    config_kind(guards);
    guards.refuse(
        "config",
        Attack::Cosplay,
        "an account that does not exist",
        |world, case| case.replace("config", world.deployment.statement(&world.banks[0].bic, 1)),
        "AccountDataTooSmall",
    );
    config_of_another_holder(guards, Role::Authority);
    config_is_written(guards);
    events(guards);
    never_paused(guards);

    // 6 and 7 are the seats of a bank, which live in its own account.
    wrong_numbers(guards, [6, 7, 8, 0x80, u8::MAX]);
    for number in 0..6 {
        guards.accept("role", &format!("number {number}"), |_, case| {
            with_role(case, number)
        });
        guards.refuse(
            "nominee",
            Attack::Invalid,
            &format!("the authority names itself for role {number}"),
            |world, _| {
                with_role(
                    world.nominate_case(Role::Authority, &world.keys.authority.address()),
                    number,
                )
            },
            KzteError::RoleConflict,
        );
    }
    nominees(guards, |world, nominee| {
        world.nominate_case(Role::Compliance, nominee)
    });
    // The configuration does not know the banks.
    for (note, key) in [seats(0), seats(1)].concat() {
        guards.accept("nominee", note, |world, _| {
            world.nominate_case(Role::Compliance, &key(world).address())
        });
    }
}

// ── accept_role ─────────────────────────────────────────────────────────────────────────────

/// Two deployments; in the first one `successor` waits for `role`.
fn nominated(role: Role) -> World {
    let mut world = World::with_second();
    let case = world.nominate_case(role, &successor().address());
    assert_ok(&mut world, &case);
    world
}

pub(crate) fn accept_role(guards: &mut Guards) {
    guards.scene(
        || nominated(Role::Compliance),
        |world| world.accept_case(Role::Compliance, &successor()),
    );
    signed_by_others(guards, "nominee", &[], KzteError::NotNominated);
    guards.refuse(
        "nominee",
        Attack::MissingSigner,
        "the zero address, which the free places hold",
        |_, case| {
            let case = with_role(case, Role::Pauser as u8);
            case.unsigned("nominee").replace("nominee", Address::default())
        },
        "MissingRequiredSignature",
    );
    let states: [(&str, fn(&mut World)); 4] = [
        ("accepted already", |world| {
            let case = world.accept_case(Role::Compliance, &successor());
            assert_ok(world, &case);
        }),
        ("cancelled", |world| {
            let case = world.cancel_nomination_case(Role::Compliance);
            assert_ok(world, &case);
        }),
        ("replaced by a later nominee", |world| {
            let case = world.nominate_case(Role::Compliance, &rival().address());
            assert_ok(world, &case);
        }),
        ("replaced by a later nominee, who has accepted", |world| {
            hand_over(world, Role::Compliance, &rival());
        }),
    ];
    for (note, change) in states {
        guards.refuse(
            "nominee",
            Attack::State,
            note,
            |world, case| {
                change(world);
                case
            },
            KzteError::NotNominated,
        );
    }
    guards.refuse(
        "nominee",
        Attack::State,
        "took another role over meanwhile",
        |world, case| {
            hand_over(world, Role::CourtOfficer, &successor());
            case
        },
        KzteError::RoleConflict,
    );
    guards.refuse(
        "nominee",
        Attack::State,
        "took the authority over meanwhile, and nominates itself no more",
        |world, case| {
            hand_over(world, Role::Authority, &successor());
            case
        },
        KzteError::RoleConflict,
    );
    guards.refuse(
        "nominee",
        Attack::State,
        "became an attestor meanwhile",
        |world, case| {
            let [central, custodian, _] = world.keys.attestors;
            let change = world.set_attestors_case(&[central, custodian, successor()], 2, 1);
            assert_ok(world, &change);
            case
        },
        KzteError::RoleConflict,
    );
    guards.accept(
        "nominee",
        "was an attestor meanwhile and is none any more",
        |world, case| {
            let keys = world.keys.attestors;
            for set in [&[successor()][..], &keys] {
                let change = world.set_attestors_case(set, 1, 1);
                assert_ok(world, &change);
            }
            case
        },
    );
    guards.accept(
        "nominee",
        "the authority that nominated him is another one now",
        |world, case| {
            hand_over(world, Role::Authority, &rival());
            case
        },
    );
    guards.accept("nominee", "replaced and nominated again", |world, case| {
        for nominee in [rival(), successor()] {
            let nominate = world.nominate_case(Role::Compliance, &nominee.address());
            assert_ok(world, &nominate);
        }
        case
    });

    config_kind(guards);
    guards.refuse(
        "config",
        Attack::Foreign,
        "of a deployment where nobody nominated him",
        |world, case| case.replace("config", world.second().config),
        KzteError::NotNominated,
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "of a deployment that nominated him for another role",
        |world, case| {
            world.in_second(|world| {
                let nominate = world.nominate_case(Role::Enforcer, &successor().address());
                assert_ok(world, &nominate);
            });
            case.replace("config", world.second().config)
        },
        KzteError::NotNominated,
    );
    guards.accept(
        "config",
        "he holds a role in another deployment",
        |world, case| {
            world.in_second(|world| hand_over(world, Role::Enforcer, &successor()));
            case
        },
    );
    config_is_written(guards);
    events(guards);
    never_paused(guards);

    wrong_numbers(guards, [6, 7, 8, u8::MAX]);
    for other in ROLES.into_iter().filter(|other| *other != Role::Compliance) {
        guards.refuse(
            "role",
            Attack::Invalid,
            &format!("{other:?}, for which nobody waits"),
            |_, case| with_role(case, other as u8),
            KzteError::NotNominated,
        );
        guards.refuse(
            "role",
            Attack::Invalid,
            &format!("{other:?}, for which somebody else waits"),
            |world, case| {
                let nominate = world.nominate_case(other, &rival().address());
                assert_ok(world, &nominate);
                with_role(case, other as u8)
            },
            KzteError::NotNominated,
        );
        guards.accept(
            "role",
            &format!("{other:?}, for which he waits as well"),
            |world, case| {
                let nominate = world.nominate_case(other, &successor().address());
                assert_ok(world, &nominate);
                with_role(case, other as u8)
            },
        );
    }
}

// ── cancel_nomination ───────────────────────────────────────────────────────────────────────

pub(crate) fn cancel_nomination(guards: &mut Guards) {
    guards.scene(
        || {
            let mut world = World::with_second();
            for role in [Role::Compliance, Role::Pauser] {
                let case = world.nominate_case(role, &successor().address());
                assert_ok(&mut world, &case);
            }
            world
        },
        |world| world.cancel_nomination_case(Role::Compliance),
    );
    role(guards, "authority", "authority");
    guards.refuse(
        "authority",
        Attack::WrongSigner,
        "the nominee himself",
        |_, case| case.signed_by("authority", successor()),
        KzteError::NotAuthorized,
    );
    config_kind(guards);
    config_of_another_holder(guards, Role::Authority);
    config_is_written(guards);
    events(guards);
    never_paused(guards);

    wrong_numbers(guards, [6, 7, 8, u8::MAX]);
    for number in [0, 1, 4, 5] {
        guards.refuse(
            "role",
            Attack::State,
            &format!("nobody waits for number {number}"),
            |_, case| with_role(case, number),
            KzteError::NothingToChange,
        );
    }
    guards.refuse(
        "role",
        Attack::State,
        "cancelled already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "role",
        Attack::State,
        "accepted meanwhile: a hand-over cannot be taken back",
        |world, case| {
            let accept = world.accept_case(Role::Compliance, &successor());
            assert_ok(world, &accept);
            case
        },
        KzteError::NothingToChange,
    );
    guards.accept("role", "the other one of the same nominee", |_, case| {
        with_role(case, Role::Pauser as u8)
    });
    guards.accept("role", "whose nominee cannot accept any more", |world, case| {
        let accept = world.accept_case(Role::Pauser, &successor());
        assert_ok(world, &accept);
        case
    });
    guards.accept("authority", "another one than nominated", |world, case| {
        hand_over(world, Role::Authority, &rival());
        case.signed_by("authority", rival())
    });
}

// ── nominate_issuer_role ────────────────────────────────────────────────────────────────────

/// The authority's nomination for the admin's seat of the first bank.
fn recovery(world: &World, nominee: &Address) -> Case {
    let authority = world.keys.authority;
    let instruction = instruction::nominate_issuer_role(
        &world.deployment,
        &world.banks[0].bic,
        authority.address(),
        IssuerRole::Admin,
        *nominee,
    );
    Case::new("nominate_issuer_role", instruction, &[authority])
}

/// Accounts of the three instructions about a bank's seats. `others`: how the other bank's account is refused.
fn bank_accounts(guards: &mut Guards, others: KzteError) {
    config(guards, KzteError::WrongConfig, "UninitializedAccount");
    issuer(guards);
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
        others,
    );
    issuer_status(guards);
    events(guards);
    never_paused(guards);
    // The roles of the configuration live there.
    wrong_numbers(guards, [0, 1, 2, 3, 4, 5, 8, u8::MAX]);
}

pub(crate) fn nominate_issuer_role(guards: &mut Guards) {
    guards.scene(World::with_second, |world| {
        world.nominate_issuer_case(&world.banks[0], IssuerRole::Operator, &successor().address())
    });
    // Neither the operator himself, nor the authority: the hot key is the bank's own affair.
    signed_by_others(
        guards,
        "nominator",
        &["admin of the bank"],
        KzteError::NotAuthorized,
    );
    nominator_states(guards);
    bank_accounts(guards, KzteError::NotAuthorized);
    guards.accept("role", "the admin's own seat", |_, case| {
        with_role(case, IssuerRole::Admin as u8)
    });
    nominees(guards, |world, nominee| {
        world.nominate_issuer_case(&world.banks[0], IssuerRole::Operator, nominee)
    });
    bank_nominees(guards, |world, nominee| {
        world.nominate_issuer_case(&world.banks[0], IssuerRole::Operator, nominee)
    });

    // The admin's seat, by the admin.
    guards.scene(World::with_second, |world| {
        world.nominate_issuer_case(&world.banks[0], IssuerRole::Admin, &successor().address())
    });
    let allowed = ["admin of the bank", "authority"];
    signed_by_others(guards, "nominator", &allowed, KzteError::NotAuthorized);
    nominator_states(guards);
    guards.accept(
        "nominator",
        "the authority: a bank that lost its cold key",
        |world, case| case.signed_by("nominator", world.keys.authority),
    );
    bank_nominees(guards, |world, nominee| {
        world.nominate_issuer_case(&world.banks[0], IssuerRole::Admin, nominee)
    });

    // The admin's seat, by the authority.
    guards.scene(World::with_second, |world| {
        recovery(world, &successor().address())
    });
    signed_by_others(guards, "nominator", &allowed, KzteError::NotAuthorized);
    guards.refuse(
        "nominator",
        Attack::State,
        "the authority was handed over",
        |world, case| {
            hand_over(world, Role::Authority, &rival());
            case
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "nominator",
        Attack::WrongSigner,
        "a nominee for the authority who has not accepted",
        |world, case| {
            let nominate = world.nominate_case(Role::Authority, &rival().address());
            assert_ok(world, &nominate);
            case.signed_by("nominator", rival())
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "of a deployment where somebody else is the authority, who signs",
        |world, case| {
            let stranger = world.keys.stranger;
            world.in_second(|world| hand_over(world, Role::Authority, &stranger));
            case.replace("config", world.second().config)
                .signed_by("nominator", stranger)
        },
        KzteError::WrongConfig,
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "of a deployment where somebody else is the authority, with the bank there",
        |world, case| {
            let stranger = world.keys.stranger;
            world.in_second(|world| hand_over(world, Role::Authority, &stranger));
            case.replace("config", world.second().config)
                .replace("issuer", world.second().issuer(&world.banks[0].bic))
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "role",
        Attack::Invalid,
        "the operator's seat",
        |_, case| with_role(case, IssuerRole::Operator as u8),
        KzteError::NotAuthorized,
    );
    issuer_status(guards);
    nominees(guards, recovery);
    bank_nominees(guards, recovery);
    guards.accept(
        "issuer",
        "the other bank's: the authority may recover every bank",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
    );
}

/// Admins who are none any more, or none yet.
fn nominator_states(guards: &mut Guards) {
    guards.refuse(
        "nominator",
        Attack::State,
        "the admin's seat was handed over",
        |world, case| {
            let bank = world.banks[0];
            take_seat(world, &bank, IssuerRole::Admin, &rival());
            case
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "nominator",
        Attack::WrongSigner,
        "a nominee for the admin's seat who has not accepted",
        |world, case| {
            let nominate = world.nominate_issuer_case(&world.banks[0], IssuerRole::Admin, &rival().address());
            assert_ok(world, &nominate);
            case.signed_by("nominator", rival())
        },
        KzteError::NotAuthorized,
    );
}

/// Nominees of a bank.
fn bank_nominees(guards: &mut Guards, build: fn(&World, &Address) -> Case) {
    for (note, key) in seats(0) {
        guards.refuse(
            "nominee",
            Attack::Invalid,
            note,
            |world, _| build(world, &key(world).address()),
            KzteError::RoleConflict,
        );
    }
    for (note, key) in seats(1) {
        guards.accept("nominee", note, |world, _| build(world, &key(world).address()));
    }
    for seat in [IssuerRole::Admin, IssuerRole::Operator] {
        guards.accept(
            "nominee",
            &format!("who waits for the seat {seat:?}"),
            |world, _| {
                let nominate = world.nominate_issuer_case(&world.banks[0], seat, &rival().address());
                assert_ok(world, &nominate);
                build(world, &rival().address())
            },
        );
    }
    guards.accept("nominee", "the operator of before", |world, _| {
        let bank = world.banks[0];
        take_seat(world, &bank, IssuerRole::Operator, &rival());
        build(world, &bank.operator.address())
    });
}

/// Gives a seat of a bank to `to` by nomination and acceptance.
#[track_caller]
fn take_seat(world: &mut World, bank: &Bank, seat: IssuerRole, to: &Key) {
    let case = world.nominate_issuer_case(bank, seat, &to.address());
    assert_ok(world, &case);
    let case = world.accept_issuer_case(bank, seat, to);
    assert_ok(world, &case);
}

// ── accept_issuer_role ──────────────────────────────────────────────────────────────────────

/// Two deployments; at the first bank of the first one `successor` waits for `seat`.
fn seat_offered(seat: IssuerRole) -> World {
    let mut world = World::with_second();
    let case = world.nominate_issuer_case(&world.banks[0], seat, &successor().address());
    assert_ok(&mut world, &case);
    world
}

pub(crate) fn accept_issuer_role(guards: &mut Guards) {
    for (seat, other) in [
        (IssuerRole::Admin, IssuerRole::Operator),
        (IssuerRole::Operator, IssuerRole::Admin),
    ] {
        guards.scene(
            || seat_offered(seat),
            move |world| world.accept_issuer_case(&world.banks[0], seat, &successor()),
        );
        accept_seat(guards, seat, other);
    }
}

fn accept_seat(guards: &mut Guards, seat: IssuerRole, other: IssuerRole) {
    signed_by_others(guards, "nominee", &[], KzteError::NotNominated);
    guards.refuse(
        "nominee",
        Attack::MissingSigner,
        "the zero address, which the free places hold",
        |_, case| {
            let case = with_role(case, other as u8);
            case.unsigned("nominee").replace("nominee", Address::default())
        },
        "MissingRequiredSignature",
    );
    bank_accounts(guards, KzteError::NotNominated);
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's, where he waits for the other seat",
        |world, case| {
            let nominate = world.nominate_issuer_case(&world.banks[1], other, &successor().address());
            assert_ok(world, &nominate);
            case.replace("issuer", world.deployment.issuer(&world.banks[1].bic))
        },
        KzteError::NotNominated,
    );
    guards.refuse(
        "role",
        Attack::Invalid,
        "the other seat, for which nobody waits",
        |_, case| with_role(case, other as u8),
        KzteError::NotNominated,
    );
    guards.refuse(
        "role",
        Attack::Invalid,
        "the other seat, for which somebody else waits",
        |world, case| {
            let nominate = world.nominate_issuer_case(&world.banks[0], other, &rival().address());
            assert_ok(world, &nominate);
            with_role(case, other as u8)
        },
        KzteError::NotNominated,
    );

    type Change = Box<dyn Fn(&mut World)>;
    let states: [(&str, Change); 4] = [
        (
            "accepted already",
            Box::new(move |world| {
                let case = world.accept_issuer_case(&world.banks[0], seat, &successor());
                assert_ok(world, &case);
            }),
        ),
        (
            "cancelled",
            Box::new(move |world| {
                let case = world.cancel_issuer_nomination_case(&world.banks[0], seat);
                assert_ok(world, &case);
            }),
        ),
        (
            "replaced by a later nominee",
            Box::new(move |world| {
                let case = world.nominate_issuer_case(&world.banks[0], seat, &rival().address());
                assert_ok(world, &case);
            }),
        ),
        (
            "replaced by a later nominee, who has accepted",
            Box::new(move |world| {
                let bank = world.banks[0];
                take_seat(world, &bank, seat, &rival());
            }),
        ),
    ];
    for (note, change) in states {
        guards.refuse(
            "nominee",
            Attack::State,
            note,
            |world, case| {
                change(world);
                case
            },
            KzteError::NotNominated,
        );
    }
    for role in ROLES {
        guards.refuse(
            "nominee",
            Attack::State,
            &format!("took {role:?} over meanwhile"),
            |world, case| {
                hand_over(world, role, &successor());
                case
            },
            KzteError::RoleConflict,
        );
    }
    guards.refuse(
        "nominee",
        Attack::State,
        "became an attestor meanwhile",
        |world, case| {
            let [central, custodian, _] = world.keys.attestors;
            let change = world.set_attestors_case(&[central, custodian, successor()], 2, 1);
            assert_ok(world, &change);
            case
        },
        KzteError::RoleConflict,
    );
    guards.refuse(
        "nominee",
        Attack::State,
        "took the other seat of the bank meanwhile",
        |world, case| {
            let bank = world.banks[0];
            take_seat(world, &bank, other, &successor());
            case
        },
        KzteError::RoleConflict,
    );
    for at_the_other in [seat, other] {
        guards.accept(
            "nominee",
            &format!("took the seat {at_the_other:?} of the other bank meanwhile"),
            |world, case| {
                let bank = world.banks[1];
                take_seat(world, &bank, at_the_other, &successor());
                case
            },
        );
    }
    if seat == IssuerRole::Operator {
        guards.accept(
            "nominee",
            "the admin that nominated him is another one now",
            |world, case| {
                let bank = world.banks[0];
                take_seat(world, &bank, IssuerRole::Admin, &rival());
                case
            },
        );
    }
}

// ── cancel_issuer_nomination ────────────────────────────────────────────────────────────────

pub(crate) fn cancel_issuer_nomination(guards: &mut Guards) {
    for seat in [IssuerRole::Operator, IssuerRole::Admin] {
        guards.scene(
            move || {
                let mut world = seat_offered(seat);
                let [_, other] = world.banks;
                // At the other bank, and in the second deployment, somebody waits as well.
                let case = world.nominate_issuer_case(&other, seat, &successor().address());
                assert_ok(&mut world, &case);
                world.in_second(|world| {
                    let case = world.nominate_issuer_case(&world.banks[0], seat, &successor().address());
                    assert_ok(world, &case);
                });
                world
            },
            move |world| world.cancel_issuer_nomination_case(&world.banks[0], seat),
        );
        let allowed: &[&str] = match seat {
            IssuerRole::Operator => &["admin of the bank"],
            IssuerRole::Admin => &["admin of the bank", "authority"],
        };
        signed_by_others(guards, "nominator", allowed, KzteError::NotAuthorized);
        guards.refuse(
            "nominator",
            Attack::WrongSigner,
            "the nominee himself",
            |_, case| case.signed_by("nominator", successor()),
            KzteError::NotAuthorized,
        );
        nominator_handed_over(guards, seat);
        bank_accounts(guards, KzteError::NotAuthorized);
        guards.refuse(
            "role",
            Attack::State,
            "the other seat, for which nobody waits",
            |_, case| {
                with_role(
                    case,
                    match seat {
                        IssuerRole::Operator => IssuerRole::Admin as u8,
                        IssuerRole::Admin => IssuerRole::Operator as u8,
                    },
                )
            },
            KzteError::NothingToChange,
        );
        guards.refuse(
            "role",
            Attack::State,
            "cancelled already",
            |world, case| {
                assert_ok(world, &case);
                case
            },
            KzteError::NothingToChange,
        );
    }
    // The scene is the admin's seat.
    guards.accept("nominator", "the authority", |world, case| {
        case.signed_by("nominator", world.keys.authority)
    });
    guards.refuse(
        "role",
        Attack::State,
        "accepted meanwhile: the admin of before may do nothing any more",
        |world, case| {
            let accept = world.accept_issuer_case(&world.banks[0], IssuerRole::Admin, &successor());
            assert_ok(world, &accept);
            case
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "role",
        Attack::State,
        "accepted meanwhile: nor can the authority take the seat back",
        |world, case| {
            let accept = world.accept_issuer_case(&world.banks[0], IssuerRole::Admin, &successor());
            assert_ok(world, &accept);
            case.signed_by("nominator", world.keys.authority)
        },
        KzteError::NothingToChange,
    );
}

fn nominator_handed_over(guards: &mut Guards, seat: IssuerRole) {
    guards.refuse(
        "nominator",
        Attack::State,
        "the admin's seat was handed over",
        |world, case| {
            let bank = world.banks[0];
            take_seat(world, &bank, IssuerRole::Admin, &rival());
            if seat == IssuerRole::Admin {
                let again = world.nominate_issuer_case(
                    &Bank {
                        admin: rival(),
                        ..bank
                    },
                    seat,
                    &successor().address(),
                );
                assert_ok(world, &again);
            }
            case
        },
        KzteError::NotAuthorized,
    );
}

// ── events and effects ──────────────────────────────────────────────────────────────────────

/// What each role may do, one act of each; every act is valid in [`acts_scene`].
fn act_of(world: &World, role: Role) -> Case {
    let [alice, bob] = [Key::named("alice"), Key::named("bob")];
    match role {
        Role::Authority => world.resume_case(PAUSE_MINT),
        Role::IssuerManager => world.configure_case(&world.banks[0], WIDE),
        Role::Pauser => world.pause_case(PAUSE_ALL),
        Role::Compliance => world.block_case(&alice.address()),
        Role::CourtOfficer => world.open_order_case(&world.order_terms("a second case", &alice, &bob, 5)),
        Role::Enforcer => world.execute_order_case(&world.order_terms("a case", &alice, &bob, 500), 5),
    }
}

/// The account that signs in [`act_of`].
fn actor_of(role: Role) -> &'static str {
    match role {
        Role::Authority => "authority",
        Role::IssuerManager => "issuer_manager",
        Role::Pauser => "pauser",
        Role::Compliance => "compliance",
        Role::CourtOfficer => "court_officer",
        Role::Enforcer => "enforcer",
    }
}

/// Minting is paused, a holder has tokens, an order is open.
fn acts_scene() -> World {
    let mut world = World::new();
    let [alice, bob] = ["alice", "bob"].map(|name| world.holder(name));
    let bank = world.banks[0];
    world.deposit(&bank, &alice, 1_000);
    let terms = world.order_terms("a case", &alice, &bob, 500);
    world.open_order(&terms);
    world.pause(PAUSE_MINT);
    // The compliance desk pays the rent of a block itself.
    let funds = world.expect_account(&world.keys.compliance.address());
    for key in [successor(), rival()] {
        world
            .chain
            .set_account(&key.address(), funds.clone())
            .expect("lamports");
    }
    world
}

#[test]
fn a_role_goes_to_its_nominee_when_he_accepts_and_not_before() {
    for role in ROLES {
        let mut world = acts_scene();
        let holder = first_holder(&world, role);
        let (of, actor) = (world.deployment.config, world.keys.authority.address());
        let before = stored(&world);

        let case = world.nominate_case(role, &successor().address());
        let event = RoleNominated {
            config: of,
            issuer: Address::default(),
            actor,
            nominee: successor().address(),
            role: role as u8,
            reserved: [0; 7],
        };
        assert_emits(&mut world, &case, &[event.into()]);
        let mut expected = before;
        expected.nominees[role as usize] = successor().address();
        assert_eq!(
            bytes(&stored(&world)),
            bytes(&expected),
            "{role:?}: only the nominee"
        );
        // Waiting is no role.
        let by_the_nominee = act_of(&world, role).signed_by(actor_of(role), successor());
        assert_refused(&mut world, &by_the_nominee, KzteError::NotAuthorized);
        let by_the_holder = act_of(&world, role);
        assert_ok(&mut world.clone(), &by_the_holder);

        let case = world.accept_case(role, &successor());
        let event = RoleAccepted {
            config: of,
            issuer: Address::default(),
            actor: successor().address(),
            previous: holder.address(),
            role: role as u8,
            reserved: [0; 7],
        };
        assert_emits(&mut world, &case, &[event.into()]);
        let mut expected = before;
        expected.roles[role as usize] = successor().address();
        assert_eq!(
            bytes(&stored(&world)),
            bytes(&expected),
            "{role:?}: only the holder"
        );
        assert_refused(&mut world, &by_the_holder, KzteError::NotAuthorized);
        assert_ok(&mut world.clone(), &by_the_nominee);

        // Nobody else came to anything by it: the new holder can do none of the other roles' acts.
        for other in ROLES.into_iter().filter(|other| *other != role) {
            let case = act_of(&world, other).signed_by(actor_of(other), successor());
            assert_refused(&mut world, &case, KzteError::NotAuthorized);
        }
        // A second acceptance takes nothing back from the one after him.
        if role != Role::Authority {
            hand_over(&mut world, role, &rival());
            let case = world.accept_case(role, &successor());
            assert_refused(&mut world, &case, KzteError::NotNominated);
            // And he who held it first may hold it again.
            hand_over(&mut world, role, &holder);
            assert_ok(&mut world, &by_the_holder);
        }
    }
}

fn bytes<T: borsh::BorshSerialize>(account: &T) -> Vec<u8> {
    borsh::to_vec(account).expect("an account")
}

#[test]
fn a_cancelled_nomination_is_as_if_it_had_never_been() {
    for role in ROLES {
        let mut world = World::new();
        let before = world.expect_account(&world.deployment.config);
        let case = world.nominate_case(role, &successor().address());
        assert_ok(&mut world, &case);
        let case = world.cancel_nomination_case(role);
        let event = NominationCancelled {
            config: world.deployment.config,
            issuer: Address::default(),
            actor: world.keys.authority.address(),
            nominee: successor().address(),
            role: role as u8,
            reserved: [0; 7],
        };
        assert_emits(&mut world, &case, &[event.into()]);
        assert_eq!(world.expect_account(&world.deployment.config), before, "{role:?}");
        let case = world.accept_case(role, &successor());
        assert_refused(&mut world, &case, KzteError::NotNominated);
    }
}

/// Everything that the authority may do, as the first authority would sign it.
fn acts_of_the_authority(world: &World) -> Vec<Case> {
    let nominee = Key::named("anybody").address();
    vec![
        world.nominate_case(Role::Authority, &nominee),
        world.nominate_case(Role::Pauser, &nominee),
        world.cancel_nomination_case(Role::Enforcer),
        recovery(world, &nominee),
        world
            .cancel_issuer_nomination_case(&world.banks[1], IssuerRole::Admin)
            .signed_by("nominator", world.keys.authority),
        world.set_attestors_case(&world.keys.attestors, 3, 1),
        world.set_policy_case(MAX_STATEMENT_AGE, REDEMPTION_SLA),
        world.default_state_case(true),
        world.update_metadata_case(MetadataField::Name, "Taken Tenge"),
        world.resume_case(PAUSE_MINT),
    ]
}

#[test]
fn after_the_hand_over_the_old_authority_can_do_nothing_and_the_new_one_everything() {
    let mut world = acts_scene();
    // Two nominations wait: one of the old authority for a role, one of a bank's admin for his own seat.
    let waiting = [
        world.nominate_case(Role::Enforcer, &rival().address()),
        world.nominate_issuer_case(&world.banks[1], IssuerRole::Admin, &rival().address()),
    ];
    for case in waiting {
        assert_ok(&mut world, &case);
    }
    for case in acts_of_the_authority(&world) {
        assert_ok(&mut world.clone(), &case);
    }
    hand_over(&mut world, Role::Authority, &successor());
    for case in acts_of_the_authority(&world) {
        assert_refused(&mut world, &case, KzteError::NotAuthorized);
        let account = if case.name.contains("issuer") {
            "nominator"
        } else {
            "authority"
        };
        let case = case.signed_by(account, successor());
        assert_ok(&mut world.clone(), &case);
    }
    // It is nobody now, and may be nominated like anybody, for instance for its old role.
    let old = world.keys.authority;
    world.keys.authority = successor();
    hand_over(&mut world, Role::Authority, &old);
    world.keys.authority = old;
    world.resume(PAUSE_MINT);
}

/// On purpose: a nomination is the office's word, not its holder's. A successor who does not want it cancels it, and
/// the order of the two transactions decides, as for every nomination.
#[test]
fn a_nomination_outlives_the_authority_that_made_it_and_its_successor_can_cancel_it() {
    let mut world = World::new();
    let nominate = world.nominate_case(Role::Enforcer, &rival().address());
    assert_ok(&mut world, &nominate);
    hand_over(&mut world, Role::Authority, &successor());
    let accept = world.accept_case(Role::Enforcer, &rival());
    assert_ok(&mut world.clone(), &accept);
    world.keys.authority = successor();
    let cancel = world.cancel_nomination_case(Role::Enforcer);
    assert_ok(&mut world, &cancel);
    assert_refused(&mut world, &accept, KzteError::NotNominated);
}

/// One nominee for two roles gets one; the other nomination stays until it is cancelled, and never comes to anything
/// while he holds the first.
#[test]
fn one_nominee_for_all_roles_gets_one() {
    let mut world = World::new();
    for role in ROLES {
        let case = world.nominate_case(role, &successor().address());
        assert_ok(&mut world, &case);
    }
    // Nor all of them in one transaction.
    let all = ROLES.map(|role| world.accept_case(role, &successor()).instruction);
    let error = world
        .send_all(&all, &[successor()])
        .expect_err("six roles for one");
    assert!(error.is(KzteError::RoleConflict), "{error}");
    assert_eq!(stored(&world).roles, world.keys.roles());

    let case = world.accept_case(Role::Enforcer, &successor());
    assert_ok(&mut world, &case);
    for role in ROLES.into_iter().filter(|role| *role != Role::Enforcer) {
        let case = world.accept_case(role, &successor());
        assert_refused(&mut world, &case, KzteError::RoleConflict);
    }
    // Rotated out of the one, he may take another that still waits for him.
    hand_over(&mut world, Role::Enforcer, &rival());
    let case = world.accept_case(Role::CourtOfficer, &successor());
    assert_ok(&mut world, &case);
    let mut roles = world.keys.roles();
    roles[Role::Enforcer as usize] = rival().address();
    roles[Role::CourtOfficer as usize] = successor().address();
    assert_eq!(stored(&world).roles, roles);
}

#[test]
fn roles_change_hands_in_one_transaction() {
    let mut world = World::new();
    let steps = [
        world.nominate_case(Role::Authority, &successor().address()),
        world.accept_case(Role::Authority, &successor()),
        // The new authority acts at once, the old one no more.
        world
            .set_policy_case(DAY, DAY)
            .signed_by("authority", successor()),
    ];
    let signers = [world.keys.authority, successor()];
    let mut instructions = steps.map(|case| case.instruction).to_vec();
    let mut other = world.clone();
    world.must(&instructions, &signers);
    assert_eq!(stored(&world).roles[0], successor().address());
    assert_eq!(stored(&world).max_statement_age, DAY);

    instructions.push(other.set_policy_case(2 * DAY, DAY).instruction);
    let error = other.send_all(&instructions, &signers).expect_err("the old one");
    assert!(error.is(KzteError::NotAuthorized), "{error}");
    assert_eq!(stored(&other).roles, other.keys.roles(), "all of it is undone");
}

/// The configuration does not know the banks, so the person who is to sit nowhere twice is looked for by whoever
/// nominates. What the program does see it refuses: while he holds a role he is given no seat.
#[test]
fn a_bank_s_operator_can_take_a_role_and_then_no_other_seat() {
    let mut world = World::new();
    let [bank, other] = world.banks;
    hand_over(&mut world, Role::IssuerManager, &bank.operator);
    world.keys.issuer_manager = bank.operator;
    world.configure(&bank, WIDE);
    assert_eq!(world.issuer(&bank).operator, bank.operator.address());
    let seats = [
        world.nominate_issuer_case(&other, IssuerRole::Operator, &bank.operator.address()),
        world.register_case(
            &Bank {
                operator: bank.operator,
                ..Bank::new("KCJBKZKXXXX")
            },
            WIDE,
        ),
        world.set_attestors_case(&[bank.operator], 1, 1),
        world.nominate_case(Role::Pauser, &bank.operator.address()),
    ];
    for case in seats {
        assert_refused(&mut world, &case, KzteError::RoleConflict);
    }
    // More than the entries that the attestors have seen he cannot mint, whatever quota he gives himself.
    let alice = world.holder("alice");
    let file = world.post(&bank, &[credit(700, alice.address())]);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::StatementNotEffective);
}

// ── seats of a bank: events and effects ─────────────────────────────────────────────────────

/// The holder and the nominee of a seat.
fn seat_of(issuer: &mut Issuer, seat: IssuerRole) -> (&mut Address, &mut Address) {
    match seat {
        IssuerRole::Admin => (&mut issuer.admin, &mut issuer.admin_nominee),
        IssuerRole::Operator => (&mut issuer.operator, &mut issuer.operator_nominee),
    }
}

#[test]
fn a_seat_goes_to_its_nominee_when_he_accepts_and_not_before() {
    for seat in [IssuerRole::Admin, IssuerRole::Operator] {
        let mut world = World::new();
        let [bank, other] = world.banks;
        let (config, of) = (world.deployment.config, world.deployment.issuer(&bank.bic));
        let before = world.issuer(&bank);
        let untouched = [config, world.deployment.issuer(&other.bic)].map(|it| world.expect_account(&it));

        let case = world.nominate_issuer_case(&bank, seat, &successor().address());
        let event = RoleNominated {
            config,
            issuer: of,
            actor: bank.admin.address(),
            nominee: successor().address(),
            role: seat as u8,
            reserved: [0; 7],
        };
        assert_emits(&mut world, &case, &[event.into()]);
        let mut expected = before;
        *seat_of(&mut expected, seat).1 = successor().address();
        assert_eq!(
            bytes(&world.issuer(&bank)),
            bytes(&expected),
            "{seat:?}: only the nominee"
        );

        let cancel = world.cancel_issuer_nomination_case(&bank, seat);
        let event = NominationCancelled {
            config,
            issuer: of,
            actor: bank.admin.address(),
            nominee: successor().address(),
            role: seat as u8,
            reserved: [0; 7],
        };
        let mut cancelled = world.clone();
        assert_emits(&mut cancelled, &cancel, &[event.into()]);
        assert_eq!(
            bytes(&cancelled.issuer(&bank)),
            bytes(&before),
            "{seat:?}: as before"
        );

        let accept = world.accept_issuer_case(&bank, seat, &successor());
        let event = RoleAccepted {
            config,
            issuer: of,
            actor: successor().address(),
            previous: *seat_of(&mut before.clone(), seat).0,
            role: seat as u8,
            reserved: [0; 7],
        };
        assert_emits(&mut world, &accept, &[event.into()]);
        let mut expected = before;
        *seat_of(&mut expected, seat).0 = successor().address();
        assert_eq!(
            bytes(&world.issuer(&bank)),
            bytes(&expected),
            "{seat:?}: only the holder"
        );
        let after = [config, world.deployment.issuer(&other.bic)].map(|it| world.expect_account(&it));
        assert_eq!(
            after, untouched,
            "{seat:?}: neither the configuration nor the other bank"
        );
    }
}

#[test]
fn a_rotated_operator_can_do_nothing_and_his_successor_everything() {
    let mut world = World::new();
    let bank = world.banks[0];
    let alice = world.holder("alice");
    let file = world.effective(
        &bank,
        &[credit(700, alice.address()), credit(300, alice.address())],
    );
    let account = world.expect_account(&bank.operator.address());
    world
        .chain
        .set_account(&successor().address(), account)
        .expect("lamports");
    world.open_account(&bank.operator.address());
    let [mint, post] = [world.mint_case(&bank, &file, 0), {
        world.advance(1);
        let next = world.file(&bank, &[credit(1, alice.address())]);
        world.post_case(&bank, &next)
    }];
    take_seat(&mut world, &bank, IssuerRole::Operator, &successor());
    for case in [mint, post] {
        assert_refused(&mut world, &case, KzteError::NotAuthorized);
        let case = case.signed_by("operator", successor());
        assert_ok(&mut world, &case);
    }
    assert_eq!(world.holding(&alice), 700);
    // An operator cannot bring anybody in, not even himself back.
    let case = world
        .nominate_issuer_case(&bank, IssuerRole::Operator, &bank.operator.address())
        .signed_by("nominator", successor());
    assert_refused(&mut world, &case, KzteError::NotAuthorized);
}

#[test]
fn a_new_admin_rotates_the_operator_and_the_old_one_no_more() {
    let mut world = World::new();
    let bank = world.banks[0];
    take_seat(&mut world, &bank, IssuerRole::Admin, &successor());
    let third = Key::named("third").address();
    for seat in [IssuerRole::Admin, IssuerRole::Operator] {
        let case = world.nominate_issuer_case(&bank, seat, &third);
        assert_refused(&mut world, &case, KzteError::NotAuthorized);
        let case = case.signed_by("nominator", successor());
        assert_ok(&mut world, &case);
        let case = world.cancel_issuer_nomination_case(&bank, seat);
        assert_refused(&mut world, &case, KzteError::NotAuthorized);
        let case = case.signed_by("nominator", successor());
        assert_ok(&mut world, &case);
    }
    // The admin of before holds nothing and may even become the operator.
    let bank = Bank {
        admin: successor(),
        ..bank
    };
    let old = world.banks[0].admin;
    take_seat(&mut world, &bank, IssuerRole::Operator, &old);
    assert_eq!(world.issuer(&bank).operator, old.address());
}

/// The admin's key is stolen, and the thief nominates over every nominee of the authority. One transaction that both
/// sign, the authority and the new admin, leaves him no moment in between.
#[test]
fn a_bank_is_recovered_from_a_thief_in_one_transaction() {
    let mut world = World::new();
    let bank = world.banks[0];
    let thief = rival();
    let recover = recovery(&world, &successor().address());
    let accept = world.accept_issuer_case(&bank, IssuerRole::Admin, &successor());
    let overwrite = world.nominate_issuer_case(&bank, IssuerRole::Admin, &thief.address());
    // In two transactions he can come between.
    let mut raced = world.clone();
    assert_ok(&mut raced, &recover);
    assert_ok(&mut raced, &overwrite);
    assert_refused(&mut raced, &accept, KzteError::NotNominated);

    // He has nominated his own operator as well.
    let planted = world.nominate_issuer_case(&bank, IssuerRole::Operator, &thief.address());
    assert_ok(&mut world, &planted);
    let new = Bank {
        admin: successor(),
        ..bank
    };
    let uproot = world.cancel_issuer_nomination_case(&new, IssuerRole::Operator);
    let signers = [world.keys.authority, successor()];
    let receipt = world.must(
        &[recover.instruction, accept.instruction, uproot.instruction],
        &signers,
    );
    let actors: Vec<Address> = receipt
        .events
        .iter()
        .map(|event| match event {
            Event::RoleNominated(event) => event.actor,
            Event::RoleAccepted(event) => event.actor,
            Event::NominationCancelled(event) => event.actor,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        actors,
        [
            world.keys.authority.address(),
            successor().address(),
            successor().address()
        ]
    );
    let issuer = world.issuer(&bank);
    assert_eq!(
        (
            issuer.admin,
            issuer.operator,
            issuer.admin_nominee,
            issuer.operator_nominee
        ),
        (
            successor().address(),
            bank.operator.address(),
            Address::default(),
            Address::default()
        )
    );
    let case = world.accept_issuer_case(&bank, IssuerRole::Operator, &thief);
    assert_refused(&mut world, &case, KzteError::NotNominated);
    assert_refused(&mut world, &overwrite, KzteError::NotAuthorized);
}

/// A nomination of an admin waits on when he is replaced: whoever recovers a bank cancels it, as above.
#[test]
fn a_nomination_outlives_the_admin_that_made_it() {
    let mut world = World::new();
    let bank = world.banks[0];
    let planted = world.nominate_issuer_case(&bank, IssuerRole::Operator, &rival().address());
    assert_ok(&mut world, &planted);
    take_seat(&mut world, &bank, IssuerRole::Admin, &successor());
    let accept = world.accept_issuer_case(&bank, IssuerRole::Operator, &rival());
    assert_ok(&mut world.clone(), &accept);
    let new = Bank {
        admin: successor(),
        ..bank
    };
    let cancel = world.cancel_issuer_nomination_case(&new, IssuerRole::Operator);
    assert_ok(&mut world, &cancel);
    assert_refused(&mut world, &accept, KzteError::NotNominated);
}

/// One nominee for both seats of a bank gets one.
#[test]
fn one_nominee_for_both_seats_gets_one() {
    for (first, second) in [
        (IssuerRole::Admin, IssuerRole::Operator),
        (IssuerRole::Operator, IssuerRole::Admin),
    ] {
        let mut world = World::new();
        let bank = world.banks[0];
        for seat in [first, second] {
            let case = world.nominate_issuer_case(&bank, seat, &successor().address());
            assert_ok(&mut world, &case);
        }
        let both =
            [first, second].map(|seat| world.accept_issuer_case(&bank, seat, &successor()).instruction);
        let error = world.send_all(&both, &[successor()]).expect_err("both seats");
        assert!(error.is(KzteError::RoleConflict), "{error}");
        let case = world.accept_issuer_case(&bank, first, &successor());
        assert_ok(&mut world, &case);
        let case = world.accept_issuer_case(&bank, second, &successor());
        assert_refused(&mut world, &case, KzteError::RoleConflict);
    }
}

/// The seats of a closed bank are as they were for ever.
#[test]
fn a_closed_bank_gives_its_seats_to_nobody() {
    for seat in [IssuerRole::Admin, IssuerRole::Operator] {
        let mut world = World::new();
        let bank = world.banks[0];
        let nominate = world.nominate_issuer_case(&bank, seat, &successor().address());
        assert_ok(&mut world, &nominate);
        close(&mut world, &bank);
        let cases = [
            nominate,
            recovery(&world, &successor().address()),
            world.accept_issuer_case(&bank, seat, &successor()),
            world.cancel_issuer_nomination_case(&bank, seat),
        ];
        for case in cases {
            assert_refused(&mut world, &case, KzteError::IssuerClosed);
        }
    }
}
