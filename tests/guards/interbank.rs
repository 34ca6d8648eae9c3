//! Rejection tests of `novate`: a liability moves between banks, within what one owes and the other has.

use kzte_client::{
    Address, Event, KzteError,
    events::Novated,
    instruction::IssuerLimits,
    state::{
        ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, Issuer, IssuerRole, PAUSE_ALL, PAUSE_MINT,
        PAUSE_TRANSFER,
    },
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, credit, debit,
    guard_tests,
    key::hash_of,
    money, neutral_credit,
    world::{MAX_STATEMENT_AGE, REDEMPTION_SLA, WIDE},
};

use crate::forgeries::{city, event_accounts, forged};

guard_tests! { "interbank": novate }

/// Tiyn that the giver has outstanding, all of it in alice's hands.
const GIVER_OWES: u64 = 10_000;
/// Tiyn that the taker has outstanding, in the bystander's hands.
const TAKER_OWES: u64 = 5_000;
/// Tiyn in the taker's reserve.
const TAKER_HAS: u64 = 26_000;
/// Tiyn that the bystander has asked the taker to pay out.
const ASKED: u64 = 1_000;
/// Tiyn that alice asks the taker for beside: more than it has minted.
const MORE: u64 = 8_000;
/// Tiyn that the taker then lacks to settle everything that it was asked for.
const NEEDED: u64 = ASKED + MORE - TAKER_OWES;
/// Tiyn of the valid case.
const AMOUNT: u64 = 700;

fn alice() -> Key {
    Key::named("alice")
}

fn giver(world: &World) -> Bank {
    world.banks[0]
}

fn taker(world: &World) -> Bank {
    world.banks[1]
}

fn novating(world: &World, amount: u64) -> Case {
    world.novate_case(&giver(world), &taker(world), amount)
}

/// Two banks in good standing. What they owe and have stands at the constants.
fn scene() -> World {
    let mut world = city();
    let (giver, taker) = (giver(&world), taker(&world));
    world.holder("alice");
    let lines = [credit(GIVER_OWES, alice().address()), neutral_credit(GIVER_OWES)];
    let file = world.effective(&giver, &lines);
    world.mint(&giver, &file, 0);
    world.advance(60);
    world.effective(&taker, &[neutral_credit(TAKER_HAS - 6_000)]);
    let books = world.issuer(&taker);
    assert_eq!(
        (outstanding(&books), books.closing_balance, books.pending),
        (TAKER_OWES, TAKER_HAS, ASKED)
    );
    world
}

/// [`scene`], and alice has asked the taker for more than it has outstanding.
fn needy() -> World {
    let mut world = scene();
    let bank = taker(&world);
    world.request(&bank, &alice(), 1, MORE);
    world
}

fn outstanding(issuer: &Issuer) -> u64 {
    issuer.minted + issuer.novated_in - issuer.burned - issuer.novated_out
}

/// What keeps the taker from being in good standing.
type Trouble = (&'static str, fn(&mut World));

const TROUBLES: [Trouble; 6] = [
    ("suspended", |world| {
        let bank = taker(world);
        world.set_status(&bank, ISSUER_SUSPENDED);
    }),
    ("winding down", |world| {
        let bank = taker(world);
        world.set_status(&bank, ISSUER_WIND_DOWN);
    }),
    ("a second beyond the freshness of its statement", |world| {
        let as_of = world.issuer(&taker(world)).statement_as_of;
        world.chain.warp_to(as_of + MAX_STATEMENT_AGE + 1);
    }),
    ("with a statement of tomorrow", |world| {
        let (bank, now) = (taker(world), world.now());
        world.tamper_issuer(&bank, |issuer| issuer.statement_as_of = now + 1);
    }),
    ("with an overdue redemption", |world| {
        let (bank, bystander) = (taker(world), money::bystander().address());
        world.advance(REDEMPTION_SLA + 1);
        let redemption = world
            .deployment
            .redemption(&bank.bic, &bystander, money::BYSTANDER_NONCE);
        let flag = world.flag_case(&bank, &redemption);
        assert_ok(world, &flag);
    }),
    ("with all of these", |world| {
        let bank = taker(world);
        world.tamper_issuer(&bank, |issuer| {
            (issuer.status, issuer.overdue_count, issuer.statement_as_of) = (ISSUER_SUSPENDED, 1, 1);
        });
    }),
];

fn quota(world: &mut World, quota: u64) {
    let bank = taker(world);
    world.configure(&bank, IssuerLimits { quota, ..WIDE });
}

fn reserve(world: &mut World, closing: u64) {
    let bank = taker(world);
    world.tamper_issuer(&bank, |issuer| issuer.closing_balance = closing);
}

fn novate(guards: &mut Guards) {
    const NAME: &str = "novate";
    guards.scene(scene, |world| novating(world, AMOUNT));
    signers(guards);
    money::config(guards, NAME);
    for flags in 0..=PAUSE_ALL {
        guards.accept("config", &format!("paused: {flags:#b}"), |world, case| {
            world.pause(flags);
            case
        });
    }
    money::state(guards, NAME, "issuer");
    forged(guards, "taker", "issuer", "AccountDataTooSmall");
    banks(guards);
    money::written(guards, NAME, "issuer", "ConstraintMut");
    money::written(guards, NAME, "taker", "ConstraintMut");
    givers(guards);
    takers(guards);
    event_accounts(guards);
    amounts(guards);
    guards.scene(needy, |world| novating(world, NEEDED));
    needs(guards);
}

fn signers(guards: &mut Guards) {
    for (subject, own) in [
        ("operator", "the bank's operator"),
        ("taker_operator", "the other bank's operator"),
    ] {
        money::unsigned(guards, subject);
        money::signed_by_others(guards, subject, &[own], KzteError::NotAuthorized);
        guards.refuse(
            subject,
            Attack::WrongSigner,
            "a holder of what moves",
            |_, case| case.signed_by(subject, alice()),
            KzteError::NotAuthorized,
        );
    }
    guards.refuse(
        "operator",
        Attack::WrongSigner,
        "the operators in each other's place",
        |world, case| {
            let (one, other) = (giver(world).operator, taker(world).operator);
            let mut case = case
                .replace("operator", other.address())
                .replace("taker_operator", one.address());
            case.signers = vec![one, other];
            case
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "operator",
        Attack::WrongSigner,
        "the admins of both banks",
        |world, case| {
            let (one, other) = (giver(world).admin, taker(world).admin);
            case.signed_by("operator", one).signed_by("taker_operator", other)
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "operator",
        Attack::WrongSigner,
        "the issuer manager for both",
        |world, case| {
            let manager = world.keys.issuer_manager;
            case.signed_by("operator", manager)
                .signed_by("taker_operator", manager)
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "taker_operator",
        Attack::WrongSigner,
        "the giver's operator for both",
        |world, case| {
            let operator = giver(world).operator;
            case.signed_by("taker_operator", operator)
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "taker_operator",
        Attack::WrongSigner,
        "nominated, and not accepted yet",
        |world, case| {
            let bank = taker(world);
            let nominee = world.keys.stranger;
            let role = IssuerRole::Operator;
            let nominate = world.nominate_issuer_case(&bank, role, &nominee.address());
            assert_ok(world, &nominate);
            case.signed_by("taker_operator", nominee)
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "taker_operator",
        Attack::WrongSigner,
        "the one before the present one",
        |world, case| {
            let bank = taker(world);
            let nominee = world.keys.stranger;
            let role = IssuerRole::Operator;
            let nominate = world.nominate_issuer_case(&bank, role, &nominee.address());
            assert_ok(world, &nominate);
            let accept = world.accept_issuer_case(&bank, role, &nominee);
            assert_ok(world, &accept);
            case
        },
        KzteError::NotAuthorized,
    );
    guards.accept(
        "taker_operator",
        "one key that operates both banks",
        |world, case| {
            let (bank, operator) = (taker(world), giver(world).operator);
            world.tamper_issuer(&bank, |issuer| issuer.operator = operator.address());
            case.signed_by("taker_operator", operator)
        },
    );
}

/// Banks of other deployments, and the same bank twice.
fn banks(guards: &mut Guards) {
    for (subject, bank) in [("issuer", 0), ("taker", 1)] {
        guards.refuse(
            subject,
            Attack::Foreign,
            "the same bank's of the other configuration",
            |world, case| {
                let foreign = world.second().issuer(&world.banks[bank].bic);
                case.replace(subject, foreign)
            },
            KzteError::WrongConfig,
        );
    }
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "both banks of the other configuration",
        |world, case| {
            let second = world.second();
            let (one, other) = (giver(world).bic, taker(world).bic);
            case.replace("issuer", second.issuer(&one))
                .replace("taker", second.issuer(&other))
        },
        KzteError::WrongConfig,
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the banks in each other's place, the operators not",
        |_, case| {
            let (one, other) = (case.address("issuer"), case.address("taker"));
            case.replace("issuer", other).replace("taker", one)
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "taker",
        Attack::Duplicate,
        "a bank to itself, its operator in both places",
        |world, _| world.novate_case(&giver(world), &giver(world), AMOUNT),
        "ConstraintDuplicateMutableAccount",
    );
    guards.refuse(
        "taker",
        Attack::Foreign,
        "a third bank, whose operator does not sign",
        |world, case| {
            let third = Bank::new("KCJBKZKXXXX");
            let register = world.register_case(&third, WIDE);
            assert_ok(world, &register);
            case.replace("taker", world.deployment.issuer(&third.bic))
        },
        KzteError::NotAuthorized,
    );
}

fn givers(guards: &mut Guards) {
    for (note, status) in [
        ("suspended", ISSUER_SUSPENDED),
        ("winding down", ISSUER_WIND_DOWN),
    ] {
        guards.accept("issuer", note, |world, case| {
            let bank = giver(world);
            world.set_status(&bank, status);
            case
        });
    }
    for (subject, bank) in [("issuer", 0), ("taker", 1)] {
        guards.refuse(
            subject,
            Attack::State,
            "closed",
            |world, case| {
                let bank = world.banks[bank];
                world.tamper_issuer(&bank, |issuer| issuer.status = ISSUER_CLOSED);
                case
            },
            KzteError::IssuerClosed,
        );
    }
    guards.accept(
        "issuer",
        "stale, in default, and with nothing in its reserve",
        |world, case| {
            let bank = giver(world);
            world.tamper_issuer(&bank, |issuer| {
                (issuer.statement_as_of, issuer.overdue_count) = (1, 3);
                (issuer.closing_balance, issuer.quota) = (0, 0);
            });
            case
        },
    );
    guards.refuse(
        "issuer",
        Attack::State,
        "its counters contradict each other",
        |world, case| {
            let bank = giver(world);
            world.tamper_issuer(&bank, |issuer| issuer.burned = issuer.minted + 1);
            case
        },
        KzteError::OutstandingExceeded,
    );
    guards.refuse(
        "issuer",
        Attack::State,
        "its counters do not fit into 64 bits",
        |world, case| {
            let bank = giver(world);
            world.tamper_issuer(&bank, |issuer| issuer.novated_in = u64::MAX);
            case
        },
        KzteError::AmountOverflow,
    );
}

fn takers(guards: &mut Guards) {
    for (note, trouble) in TROUBLES {
        guards.refuse(
            "taker",
            Attack::State,
            note,
            |world, case| {
                trouble(world);
                case
            },
            KzteError::TakeoverNotNeeded,
        );
        guards.refuse(
            "taker",
            Attack::State,
            &format!("{note}, and only one tiyn"),
            |world, _| {
                trouble(world);
                novating(world, 1)
            },
            KzteError::TakeoverNotNeeded,
        );
    }
    guards.accept("taker", "its statement just fresh", |world, case| {
        let as_of = world.issuer(&taker(world)).statement_as_of;
        world.chain.warp_to(as_of + MAX_STATEMENT_AGE);
        case
    });
    guards.refuse(
        "taker",
        Attack::State,
        "without any statement",
        |world, _| {
            let third = Bank::new("KCJBKZKXXXX");
            let register = world.register_case(&third, WIDE);
            assert_ok(world, &register);
            world.novate_case(&giver(world), &third, 1)
        },
        KzteError::ReserveExceeded,
    );
    guards.accept("taker", "its reserve just enough", |world, case| {
        reserve(world, TAKER_OWES + AMOUNT);
        case
    });
    guards.refuse(
        "taker",
        Attack::Boundary,
        "its reserve one tiyn too small",
        |world, case| {
            reserve(world, TAKER_OWES + AMOUNT - 1);
            case
        },
        KzteError::ReserveExceeded,
    );
    guards.accept("taker", "its quota just enough", |world, case| {
        quota(world, TAKER_OWES + AMOUNT);
        case
    });
    guards.refuse(
        "taker",
        Attack::Boundary,
        "its quota one tiyn too small",
        |world, case| {
            quota(world, TAKER_OWES + AMOUNT - 1);
            case
        },
        KzteError::QuotaExceeded,
    );
    guards.accept("taker", "its minting window used up", |world, case| {
        let bank = taker(world);
        let limits = IssuerLimits {
            window_limit: 0,
            ..WIDE
        };
        world.configure(&bank, limits);
        case
    });
    guards.refuse(
        "taker",
        Attack::Boundary,
        "reserve, standing and quota all too small: the reserve is named",
        |world, case| {
            reserve(world, TAKER_OWES);
            quota(world, TAKER_OWES);
            TROUBLES[0].1(world);
            case
        },
        KzteError::ReserveExceeded,
    );
    guards.refuse(
        "taker",
        Attack::Boundary,
        "standing and quota too small: the standing is named",
        |world, case| {
            quota(world, TAKER_OWES);
            TROUBLES[0].1(world);
            case
        },
        KzteError::TakeoverNotNeeded,
    );
    guards.refuse(
        "taker",
        Attack::Boundary,
        "what it gained would not fit into 64 bits",
        |world, case| {
            let bank = taker(world);
            world.tamper_issuer(&bank, |issuer| {
                issuer.minted = u64::MAX - AMOUNT + 1;
                issuer.burned = issuer.minted - TAKER_OWES;
            });
            case
        },
        KzteError::AmountOverflow,
    );
    guards.accept("taker", "what it gained just fits into 64 bits", |world, case| {
        let bank = taker(world);
        world.tamper_issuer(&bank, |issuer| {
            issuer.minted = u64::MAX - AMOUNT;
            issuer.burned = issuer.minted - TAKER_OWES;
        });
        case
    });
    guards.refuse(
        "taker",
        Attack::State,
        "its counters contradict each other",
        |world, case| {
            let bank = taker(world);
            world.tamper_issuer(&bank, |issuer| issuer.burned = issuer.minted + AMOUNT + 1);
            case
        },
        KzteError::OutstandingExceeded,
    );
}

fn amounts(guards: &mut Guards) {
    for (note, amount, error) in [
        ("nothing", 0, KzteError::ZeroAmount),
        (
            "one tiyn more than the giver owes",
            GIVER_OWES + 1,
            KzteError::OutstandingExceeded,
        ),
        ("the highest", u64::MAX, KzteError::OutstandingExceeded),
    ] {
        guards.refuse(
            "amount",
            Attack::Boundary,
            note,
            |world, _| novating(world, amount),
            error,
        );
    }
    guards.accept("amount", "one tiyn", |world, _| novating(world, 1));
    guards.accept("amount", "all that the giver owes", |world, _| {
        novating(world, GIVER_OWES)
    });
    guards.refuse(
        "amount",
        Attack::Boundary,
        "one tiyn after all that the giver owes",
        |world, _| {
            let all = novating(world, GIVER_OWES);
            assert_ok(world, &all);
            novating(world, 1)
        },
        KzteError::OutstandingExceeded,
    );
    guards.refuse(
        "amount",
        Attack::Boundary,
        "in two parts, one tiyn more than the taker's reserve carries",
        |world, _| {
            reserve(world, TAKER_OWES + 1_000);
            let part = novating(world, 400);
            assert_ok(world, &part);
            novating(world, 601)
        },
        KzteError::ReserveExceeded,
    );
    money::cut_off(guards, "amount", 32);
    money::cut_off(guards, "reference_hash", 0);
}

/// What the taker's open redemptions need it may take in any standing (invariant 7), and not a tiyn more.
fn needs(guards: &mut Guards) {
    for (note, trouble) in TROUBLES {
        guards.accept("taker", &format!("{note}, what it needs"), |world, case| {
            trouble(world);
            case
        });
        guards.refuse(
            "taker",
            Attack::Boundary,
            &format!("{note}, one tiyn more than it needs"),
            |world, _| {
                trouble(world);
                novating(world, NEEDED + 1)
            },
            KzteError::TakeoverNotNeeded,
        );
        guards.accept(
            "taker",
            &format!("{note}, what it needs, with a quota of nothing"),
            |world, case| {
                quota(world, 0);
                trouble(world);
                case
            },
        );
        guards.refuse(
            "taker",
            Attack::Boundary,
            &format!("{note}, what it needs, with a reserve one tiyn too small"),
            |world, case| {
                reserve(world, ASKED + MORE - 1);
                trouble(world);
                case
            },
            KzteError::ReserveExceeded,
        );
    }
    guards.accept(
        "taker",
        "what it needs and its reserve just carries",
        |world, case| {
            reserve(world, ASKED + MORE);
            case
        },
    );
    guards.accept("taker", "what it needs, beyond its quota", |world, case| {
        quota(world, 0);
        case
    });
    guards.refuse(
        "taker",
        Attack::Boundary,
        "one tiyn more than it needs, and than its quota",
        |world, _| {
            quota(world, ASKED + MORE);
            novating(world, NEEDED + 1)
        },
        KzteError::QuotaExceeded,
    );
    guards.accept(
        "taker",
        "one tiyn more than it needs, within its quota",
        |world, _| {
            quota(world, ASKED + MORE + 1);
            novating(world, NEEDED + 1)
        },
    );
    guards.refuse(
        "taker",
        Attack::State,
        "suspended, and it was asked for one tiyn less by now",
        |world, case| {
            let bank = taker(world);
            world.tamper_issuer(&bank, |issuer| issuer.pending -= 1);
            TROUBLES[0].1(world);
            case
        },
        KzteError::TakeoverNotNeeded,
    );
    guards.refuse(
        "taker",
        Attack::State,
        "suspended, and nobody asks it any more",
        |world, case| {
            let (bank, redemption) = (taker(world), alices(world));
            let reject = world.reject_case(&bank, &redemption);
            assert_ok(world, &reject);
            TROUBLES[0].1(world);
            case
        },
        KzteError::TakeoverNotNeeded,
    );
    for flags in [PAUSE_MINT, PAUSE_TRANSFER, PAUSE_ALL] {
        guards.accept(
            "config",
            &format!("paused: {flags:#b}, the taker suspended"),
            |world, case| {
                world.pause(flags);
                TROUBLES[0].1(world);
                case
            },
        );
    }
}

/// Alice's redemption at the taker.
fn alices(world: &World) -> Address {
    world
        .deployment
        .redemption(&taker(world).bic, &alice().address(), 1)
}

// ── events and effects ──────────────────────────────────────────────────────────────────────

#[test]
fn novating_moves_one_counter_each_and_tells_every_field() {
    let mut world = scene();
    let (giver, taker) = (giver(&world), taker(&world));
    world.check_invariants("before");
    let supply = world.supply();
    let (mut gives, mut takes) = (world.issuer(&giver), world.issuer(&taker));
    let case = novating(&world, AMOUNT);
    let expected = Novated {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&giver.bic),
        taker: world.deployment.issuer(&taker.bic),
        actor: giver.operator.address(),
        taker_actor: taker.operator.address(),
        reference_hash: hash_of("the agreement"),
        amount: AMOUNT,
    };
    assert_emits(&mut world, &case, &[Event::Novated(expected)]);
    gives.novated_out += AMOUNT;
    takes.novated_in += AMOUNT;
    for (bank, expected) in [(&giver, &gives), (&taker, &takes)] {
        assert_eq!(
            borsh::to_vec(&world.issuer(bank)).expect("an issuer"),
            borsh::to_vec(expected).expect("an issuer"),
            "nothing but one counter of {}",
            bank.bic
        );
    }
    assert_eq!(world.supply(), supply);
    world.check_invariants("after");
}

/// To and fro: the counters of both banks only grow, and what both owe together stays.
#[test]
fn the_total_stays_and_the_counters_only_grow() {
    let mut world = scene();
    let (giver, taker) = (giver(&world), taker(&world));
    let sum = |world: &World| outstanding(&world.issuer(&giver)) + outstanding(&world.issuer(&taker));
    let before = sum(&world);
    for (round, amount) in (0u64..).zip([1, 700, 4_000, 700, 1]) {
        let there = world.novate_case(&giver, &taker, amount);
        assert_ok(&mut world, &there);
        assert_eq!(sum(&world), before);
        world.check_invariants(&format!("there {round}"));
        let back = world.novate_case(&taker, &giver, amount);
        assert_ok(&mut world, &back);
        assert_eq!(sum(&world), before);
        world.check_invariants(&format!("back {round}"));
    }
    for bank in [giver, taker] {
        let issuer = world.issuer(&bank);
        assert_eq!((issuer.novated_in, issuer.novated_out), (5_402, 5_402));
    }
}

/// The whole way of a redemption that is larger than what its bank has minted, in good times and in the worst ones: the
/// bank is suspended, in default, and everything is paused.
#[test]
fn a_redemption_above_what_the_bank_has_minted_settles_after_a_novation() {
    for worst in [false, true] {
        let mut world = needy();
        let (giver, taker) = (giver(&world), taker(&world));
        let redemption = alices(&world);
        world.check_invariants("requested");
        world.advance(REDEMPTION_SLA + 1);
        if worst {
            let flag = world.flag_case(&taker, &redemption);
            assert_ok(&mut world, &flag);
            world.set_status(&taker, ISSUER_SUSPENDED);
            world.pause(PAUSE_ALL);
        }
        // The payout, as the statement tells it. The taker has own money enough to be solvent after it.
        let file = world.effective(&taker, &[debit(MORE, redemption)]);
        let settle = world.settle_case(&taker, &file, 0);
        assert_refused(&mut world, &settle, KzteError::OutstandingExceeded);

        let short = novating(&world, MORE - TAKER_OWES - 1);
        assert_ok(&mut world, &short);
        assert_refused(&mut world, &settle, KzteError::OutstandingExceeded);
        world.check_invariants("one tiyn short");
        let rest = novating(&world, 1);
        assert_ok(&mut world, &rest);
        let supply = world.supply();
        assert_ok(&mut world, &settle);

        assert_eq!(world.supply(), supply - MORE);
        let (gave, took) = (world.issuer(&giver), world.issuer(&taker));
        assert_eq!(
            (outstanding(&gave), outstanding(&took), took.burned, took.pending),
            (GIVER_OWES + TAKER_OWES - MORE, 0, MORE, ASKED),
            "the taker has burned more than it ever minted"
        );
        assert_eq!(took.overdue_count, 0);
        world.check_invariants("settled");
    }
}

/// The reserve of a bank has the payout taken out already when the statement that tells it is effective: whoever pays
/// first and novates after needs the money twice. So banks novate first.
#[test]
fn a_bank_novates_before_it_reports_the_payout() {
    // The taker has what it owes, and the giver has sent it what it takes over.
    let mut world = needy();
    let taker = taker(&world);
    let (redemption, lack) = (alices(&world), MORE - TAKER_OWES);
    reserve(&mut world, MORE);
    world.advance(60);
    let novate = novating(&world, lack);

    let mut first = world.clone();
    assert_ok(&mut first, &novate);
    let file = first.effective(&taker, &[debit(MORE, redemption)]);
    let settle = first.settle_case(&taker, &file, 0);
    assert_ok(&mut first, &settle);
    assert_eq!(outstanding(&first.issuer(&taker)), 0);

    let file = world.effective(&taker, &[debit(MORE, redemption)]);
    let settle = world.settle_case(&taker, &file, 0);
    assert_refused(&mut world, &settle, KzteError::OutstandingExceeded);
    assert_refused(&mut world, &novate, KzteError::ReserveExceeded);
    // The way out is own money in the account for as long as it takes.
    world.advance(60);
    world.effective(&taker, &[neutral_credit(MORE)]);
    assert_ok(&mut world, &novate);
    assert_ok(&mut world, &settle);
}

/// A bank that winds down gives away what it owes, and then it can be closed.
#[test]
fn a_bank_in_wind_down_gives_everything_away_and_closes() {
    let mut world = scene();
    let (giver, taker) = (giver(&world), taker(&world));
    world.set_status(&giver, ISSUER_WIND_DOWN);
    let close = world.status_case(&giver, ISSUER_CLOSED);
    assert_refused(&mut world, &close, KzteError::IssuerNotEmpty);
    let all = novating(&world, GIVER_OWES);
    assert_ok(&mut world, &all);
    assert_ok(&mut world, &close);
    for case in [novating(&world, 1), world.novate_case(&taker, &giver, 1)] {
        assert_refused(&mut world, &case, KzteError::IssuerClosed);
    }
    // Whoever holds its tokens redeems them at the other bank.
    world.advance(60);
    let redemption = world.request(&taker, &alice(), 1, GIVER_OWES);
    let file = world.effective(&taker, &[debit(GIVER_OWES, redemption)]);
    let settle = world.settle_case(&taker, &file, 0);
    assert_ok(&mut world, &settle);
    world.check_invariants("redeemed at the other bank");
}

/// What a bank took over counts against its own minting as what it minted does.
#[test]
fn what_was_taken_over_uses_the_room_for_minting() {
    let mut world = scene();
    let (giver, taker) = (giver(&world), taker(&world));
    // A deposit of 500 with a reserve that carries 500 more than is owed.
    world.advance(60);
    let file = world.effective(&taker, &[credit(500, alice().address())]);
    reserve(&mut world, TAKER_OWES + 500);
    let mint = world.mint_case(&taker, &file, 0);
    assert_ok(&mut world.clone(), &mint);
    let one = novating(&world, 1);
    assert_ok(&mut world, &one);
    assert_refused(&mut world, &mint, KzteError::ReserveExceeded);
    let back = world.novate_case(&taker, &giver, 1);
    assert_ok(&mut world, &back);
    assert_ok(&mut world, &mint);
}

/// Two novations in one transaction: the second one sees what the first one booked.
#[test]
fn the_limits_hold_within_one_transaction() {
    let mut world = scene();
    let (giver, taker) = (giver(&world), taker(&world));
    let (all, one) = (novating(&world, GIVER_OWES), novating(&world, 1));
    let error = world
        .send_all(&[all.instruction.clone(), one.instruction.clone()], &all.signers)
        .expect_err("more than is owed");
    assert!(error.is(KzteError::OutstandingExceeded), "{error}");
    assert_eq!(outstanding(&world.issuer(&giver)), GIVER_OWES);

    reserve(&mut world, TAKER_OWES + AMOUNT);
    let most = novating(&world, AMOUNT);
    let error = world
        .send_all(&[most.instruction, one.instruction], &most.signers)
        .expect_err("more than the reserve carries");
    assert!(error.is(KzteError::ReserveExceeded), "{error}");
    assert_eq!(outstanding(&world.issuer(&taker)), TAKER_OWES);
}

/// A request that is rejected after has opened the way for a liability, which stays where it went. The reserve bounds
/// it all the same, and the supply and the sum of all liabilities are as before.
#[test]
fn a_rejected_request_leaves_the_liability_with_the_taker_within_its_reserve() {
    let mut world = needy();
    let taker = taker(&world);
    world.set_status(&taker, ISSUER_SUSPENDED);
    world.novate(&giver(&world), &taker, NEEDED);
    let reject = world.reject_case(&taker, &alices(&world));
    assert_ok(&mut world, &reject);
    let issuer = world.issuer(&taker);
    assert_eq!((outstanding(&issuer), issuer.pending), (ASKED + MORE, ASKED));
    assert!(outstanding(&issuer) <= issuer.closing_balance);
    let more = novating(&world, 1);
    assert_refused(&mut world, &more, KzteError::TakeoverNotNeeded);
    world.check_invariants("rejected");
}

/// The highest amounts: what two banks have gained can reach 64 bits by passing one liability to and fro. Then they take
/// over and mint no more; what they owe they still settle.
#[test]
fn counters_at_their_end_stop_taking_and_minting_but_not_burning() {
    const HUGE: u64 = 1 << 62;
    let mut world = World::new();
    let [bank, other] = world.banks;
    let operator = bank.operator;
    for bank in [bank, other] {
        world.configure(
            &bank,
            IssuerLimits {
                quota: u64::MAX,
                ..WIDE
            },
        );
    }
    world.open_account(&operator.address());
    let file = world.effective(&bank, &[credit(HUGE, operator.address())]);
    world.mint(&bank, &file, 0);
    world.effective(&other, &[neutral_credit(HUGE)]);
    for _ in 0..2 {
        world.novate(&bank, &other, HUGE);
        world.novate(&other, &bank, HUGE);
    }
    world.novate(&bank, &other, HUGE);
    world.check_invariants("five times");
    let back = world.novate_case(&other, &bank, HUGE);
    assert_refused(&mut world, &back, KzteError::AmountOverflow);
    let most = world.novate_case(&other, &bank, HUGE - 1);
    assert_ok(&mut world, &most);
    world.advance(60);
    let file = world.effective(&bank, &[credit(1, operator.address())]);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::AmountOverflow);
    let burn = world.burn_case(&bank, HUGE - 1);
    assert_ok(&mut world, &burn);
    world.check_invariants("burned");
}
