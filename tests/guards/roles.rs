//! Rejection tests of the hand-over of the configuration's roles: nominate, accept, cancel. Invariant 9.

use kzte_client::{
    Address, KzteError,
    events::{NominationCancelled, RoleAccepted, RoleNominated},
    instruction::MetadataField,
    state::{IssuerRole, PAUSE_ALL, PAUSE_MINT, ROLE_COUNT, Role},
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, credit,
    world::{DAY, MAX_STATEMENT_AGE, REDEMPTION_SLA, WIDE},
};

use crate::{
    governance::{
        config_is_written, config_kind, config_of_another_holder, events, hand_over, never_paused, role,
        seats, signed_by_others, stored, successor,
    },
    seats::recovery,
};

/// The roles by number.
pub(crate) const ROLES: [Role; ROLE_COUNT] = [
    Role::Authority,
    Role::IssuerManager,
    Role::Pauser,
    Role::Compliance,
    Role::CourtOfficer,
    Role::Enforcer,
];

/// Somebody else who holds nothing.
pub(crate) fn rival() -> Key {
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
pub(crate) fn with_role(case: Case, number: u8) -> Case {
    case.data(|data| data[8] = number)
}

pub(crate) fn wrong_numbers(guards: &mut Guards, wrong: impl IntoIterator<Item = u8>) {
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

/// Nominees that hold something already, and one that is nobody. `build` makes the case of a nominee.
pub(crate) fn nominees(guards: &mut Guards, build: fn(&World, &Address) -> Case) {
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
    type Change = (&'static str, fn(&mut World));
    let states: [Change; 4] = [
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
        "took the authority over meanwhile: all other nominations lapsed with it",
        |world, case| {
            hand_over(world, Role::Authority, &successor());
            case
        },
        KzteError::NotNominated,
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
    guards.refuse(
        "nominee",
        Attack::State,
        "the authority that nominated him is another one now",
        |world, case| {
            hand_over(world, Role::Authority, &rival());
            case
        },
        KzteError::NotNominated,
    );
    guards.accept(
        "nominee",
        "another role changed hands meanwhile, which ends no other nomination",
        |world, case| {
            hand_over(world, Role::IssuerManager, &rival());
            case
        },
    );
    guards.accept("nominee", "somebody waits for the authority", |world, case| {
        let nominate = world.nominate_case(Role::Authority, &rival().address());
        assert_ok(world, &nominate);
        case
    });
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
    guards.refuse(
        "role",
        Attack::State,
        "nominated by the authority of before: it lapsed with it",
        |world, case| {
            hand_over(world, Role::Authority, &rival());
            case.signed_by("authority", rival())
        },
        KzteError::NothingToChange,
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

/// The fields of an account, to compare.
pub(crate) fn bytes<T: borsh::BorshSerialize>(account: &T) -> Vec<u8> {
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
    // Two nominations wait: one for a role, which the new authority has to say again, and one of a bank's admin.
    let for_a_role = world.nominate_case(Role::Enforcer, &rival().address());
    let for_a_seat = world.nominate_issuer_case(&world.banks[1], IssuerRole::Admin, &rival().address());
    for case in [&for_a_role, &for_a_seat] {
        assert_ok(&mut world, case);
    }
    for case in acts_of_the_authority(&world) {
        assert_ok(&mut world.clone(), &case);
    }
    hand_over(&mut world, Role::Authority, &successor());
    let again = for_a_role.signed_by("authority", successor());
    assert_ok(&mut world, &again);
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

/// What the old authority has offered binds the new one to nothing: it would have to know of every offer to cancel it.
#[test]
fn all_nominations_lapse_with_the_authority_that_made_them() {
    let mut world = World::new();
    let nominees: Vec<Key> = ROLES
        .iter()
        .map(|role| Key::named(&format!("nominee for {role:?}")))
        .collect();
    for (role, nominee) in ROLES.into_iter().zip(&nominees) {
        let case = world.nominate_case(role, &nominee.address());
        assert_ok(&mut world, &case);
    }
    let mut expected = stored(&world);
    expected.roles[0] = nominees[0].address();
    expected.nominees = [Address::default(); ROLE_COUNT];
    let accept = world.accept_case(Role::Authority, &nominees[0]);
    let receipt = assert_ok(&mut world, &accept);
    assert_eq!(receipt.events.len(), 1, "the acceptance says it all");
    assert_eq!(bytes(&stored(&world)), bytes(&expected));
    for (role, nominee) in ROLES.into_iter().zip(&nominees) {
        let case = world.accept_case(role, nominee);
        assert_refused(&mut world, &case, KzteError::NotNominated);
    }
}

/// One transaction of the old authority that nominates behind the acceptance comes too late.
#[test]
fn nobody_is_nominated_in_the_shadow_of_a_hand_over() {
    let mut world = World::new();
    let offer = world.nominate_case(Role::Authority, &successor().address());
    assert_ok(&mut world, &offer);
    let accept = world.accept_case(Role::Authority, &successor());
    let parting = world.nominate_case(Role::Enforcer, &rival().address());
    let signers = [world.keys.authority, successor()];
    let instructions = [accept.instruction, parting.instruction];
    let error = world
        .send_all(&instructions, &signers)
        .expect_err("a parting shot");
    assert!(error.is(KzteError::NotAuthorized), "{error}");
    let [accept, parting] = instructions;
    world.must(&[parting, accept], &signers);
    assert_eq!(stored(&world).nominees, [Address::default(); ROLE_COUNT]);
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
    // Nor all of them in one transaction; with the authority first, the others have lapsed.
    for (first, refusal) in [(0, KzteError::NotNominated), (1, KzteError::RoleConflict)] {
        let mut order = ROLES;
        order.rotate_left(first);
        let all = order.map(|role| world.accept_case(role, &successor()).instruction);
        let error = world
            .send_all(&all, &[successor()])
            .expect_err("six roles for one");
        assert!(error.is(refusal), "{error}");
    }
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

/// The configuration does not know the banks: that an operator takes no role is for whoever nominates to see to. What
/// the program can see it refuses: while he holds the role he is given no other seat.
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
