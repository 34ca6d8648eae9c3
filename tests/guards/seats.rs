//! Rejection tests of the hand-over of a bank's seats, admin and operator: nominate, accept, cancel. Invariant 9.

use kzte_client::{
    Address, Event, KzteError,
    events::{NominationCancelled, RoleAccepted, RoleNominated},
    instruction,
    state::{Issuer, IssuerRole, Role},
};
use kzte_harness::{Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, credit};

use crate::{
    governance::{
        close, config, events, hand_over, issuer, issuer_status, never_paused, seats, signed_by_others,
        successor,
    },
    roles::{ROLES, bytes, nominees, rival, with_role, wrong_numbers},
};

// ── nominate_issuer_role ────────────────────────────────────────────────────────────────────

/// The authority's nomination for the admin's seat of the first bank.
pub(crate) fn recovery(world: &World, nominee: &Address) -> Case {
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
        // With a new admin the nomination of an operator lapses.
        match other {
            IssuerRole::Admin => KzteError::NotNominated,
            IssuerRole::Operator => KzteError::RoleConflict,
        },
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
        guards.refuse(
            "nominee",
            Attack::State,
            "the admin that nominated him is another one now",
            |world, case| {
                let bank = world.banks[0];
                take_seat(world, &bank, IssuerRole::Admin, &rival());
                case
            },
            KzteError::NotNominated,
        );
        guards.accept(
            "nominee",
            "the admin of the other bank is another one now",
            |world, case| {
                let bank = world.banks[1];
                take_seat(world, &bank, IssuerRole::Admin, &rival());
                case
            },
        );
        guards.accept("nominee", "somebody waits for the admin's seat", |world, case| {
            let nominate = world.nominate_issuer_case(&world.banks[0], IssuerRole::Admin, &rival().address());
            assert_ok(world, &nominate);
            case
        });
    } else {
        guards.accept(
            "nominee",
            "the operator is another one now, which ends no nomination",
            |world, case| {
                let bank = world.banks[0];
                take_seat(world, &bank, IssuerRole::Operator, &rival());
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

    // The operator whom he has nominated lapses with him.
    let planted = world.nominate_issuer_case(&bank, IssuerRole::Operator, &thief.address());
    assert_ok(&mut world, &planted);
    let signers = [world.keys.authority, successor()];
    let receipt = world.must(&[recover.instruction, accept.instruction], &signers);
    let actors: Vec<Address> = receipt
        .events
        .iter()
        .map(|event| match event {
            Event::RoleNominated(event) => event.actor,
            Event::RoleAccepted(event) => event.actor,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(actors, [world.keys.authority.address(), successor().address()]);
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

/// The configuration does not know the banks, so a nomination that the old authority made at one of them waits on when
/// the authority changes; the bank's admin and the new authority can both cancel it.
#[test]
fn a_nomination_at_a_bank_outlives_the_authority_that_made_it() {
    let mut world = World::new();
    let bank = world.banks[0];
    let recover = recovery(&world, &rival().address());
    assert_ok(&mut world, &recover);
    hand_over(&mut world, Role::Authority, &successor());
    let accept = world.accept_issuer_case(&bank, IssuerRole::Admin, &rival());
    assert_ok(&mut world.clone(), &accept);
    for canceller in [bank.admin, successor()] {
        let mut world = world.clone();
        let cancel = world
            .cancel_issuer_nomination_case(&bank, IssuerRole::Admin)
            .signed_by("nominator", canceller);
        assert_ok(&mut world, &cancel);
        assert_refused(&mut world, &accept, KzteError::NotNominated);
    }
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
        let refusal = match first {
            // With a new admin the nomination of an operator lapses.
            IssuerRole::Admin => KzteError::NotNominated,
            IssuerRole::Operator => KzteError::RoleConflict,
        };
        let error = world.send_all(&both, &[successor()]).expect_err("both seats");
        assert!(error.is(refusal), "{error}");
        let case = world.accept_issuer_case(&bank, first, &successor());
        assert_ok(&mut world, &case);
        let case = world.accept_issuer_case(&bank, second, &successor());
        assert_refused(&mut world, &case, refusal);
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
