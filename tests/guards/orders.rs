//! Rejection tests of seizure orders: `open_order`, `execute_order`, `close_order`. Invariant 8.

use kzte_client::{
    Address, Chain, Event, KzteError,
    constants::ACCOUNT_VERSION,
    decode::TokenAccount,
    events::{OrderClosed, OrderExecuted, OrderOpened},
    fetch,
    instruction::{self, OrderTerms},
    seeds::ORDER_SEED,
    state::{
        ISSUER_SUSPENDED, ORDER_CLOSED, ORDER_OPEN, Order, PAUSE_ALL, PAUSE_MINT, PAUSE_REDEMPTION_REQUEST,
        PAUSE_TRANSFER,
    },
};
use kzte_harness::{
    Attack, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused,
    key::{hash_of, nowhere},
    money::{self, TokenRefusals},
    world::DAY,
};

use crate::{
    forgeries::{
        OTHER_CASE, all_beside, banks_beside, change_owner, city, event_accounts, forged, open_at, recluse,
    },
    governance::under_another_bump,
};

/// The case of the scenes.
const CASE: &str = "a case";
/// Tiyn that its order may take.
const CAP: u64 = 1_000;
/// Tiyn that the subject holds.
const HELD: u64 = 3_000;
/// Where an order has its fields, behind the discriminator.
const EXECUTED: usize = 8 + 8 + 4 * 32 + 8;

/// From whom the court takes.
fn daulet() -> Key {
    Key::named("daulet")
}

/// To whom the court gives.
fn treasury() -> Key {
    Key::named("treasury")
}

/// In both deployments daulet holds 3,000 tiyn of the first bank's, and the treasury has an account.
fn before() -> World {
    let mut world = city();
    let populate = |world: &mut World| {
        let bank = world.banks[0];
        world.holder("daulet");
        world.holder("treasury");
        world.advance(1);
        world.deposit(&bank, &daulet(), HELD);
    };
    populate(&mut world);
    world.in_second(populate);
    world
}

fn terms(world: &World) -> OrderTerms {
    world.order_terms(CASE, &daulet(), &treasury(), CAP)
}

/// [`before`], and the case is opened in both deployments.
fn opened() -> World {
    let mut world = before();
    let open = |world: &mut World| world.open_order(&terms(world));
    open(&mut world);
    world.in_second(open);
    world
}

/// The order of the case as it lies on the chain.
fn order(world: &World) -> Order {
    let order = fetch::order(&world.chain, &world.deployment, &hash_of(CASE));
    order.expect("an order").expect("it was opened")
}

fn account(world: &World, address: &Address) -> TokenAccount {
    let account = fetch::token_account(&world.chain, address).expect("a token account");
    account.expect("it exists")
}

fn is_frozen(world: &World, key: &Key) -> bool {
    account(world, &world.token_account(key)).frozen
}

/// All combinations of pause flags.
fn pauses() -> impl Iterator<Item = u8> {
    0..=PAUSE_ALL
}

// ── open_order ──────────────────────────────────────────────────────────────────────────────

fn open_with(world: &World, change: impl FnOnce(&mut OrderTerms)) -> Case {
    let mut terms = terms(world);
    change(&mut terms);
    world.open_order_case(&terms)
}

pub(crate) fn open_order(guards: &mut Guards) {
    const NAME: &str = "open_order";
    guards.scene(before, |world| open_with(world, |_| {}));

    payers(guards);
    money::unsigned(guards, "court_officer");
    money::signed_by_others(
        guards,
        "court_officer",
        &["the court officer"],
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "court_officer",
        Attack::WrongSigner,
        "whom the order takes from",
        |_, case| case.signed_by("court_officer", daulet()),
        KzteError::NotAuthorized,
    );

    money::state(guards, NAME, "config");
    guards.refuse(
        "config",
        Attack::Foreign,
        "the other configuration, held by the same officer",
        |world, case| case.replace("config", world.second().config),
        "InvalidSeeds",
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "the other configuration, and an order of it over accounts of this one",
        |world, case| {
            let order = world.second().order(&hash_of("another case"));
            let open = open_with(world, |terms| terms.case_hash = hash_of("another case"));
            case.data(|data| *data = open.instruction.data)
                .replace("config", world.second().config)
                .replace("order", order)
        },
        KzteError::NotTokenAccount,
    );
    guards.accept("config", "while everything is paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });

    new_orders(guards);
    sides(guards, "subject", "destination");
    sides(guards, "destination", "subject");
    guards.scene(
        || {
            let mut world = before();
            open_at(&mut world, &recluse(), &recluse().address());
            world
        },
        |world| {
            all_beside(
                world,
                open_with(world, |terms| terms.subject = recluse().address()),
            )
        },
    );
    banks_beside(guards);
    guards.scene(before, |world| open_with(world, |_| {}));
    for (subject, other) in [("subject", "destination"), ("destination", "subject")] {
        guards.refuse(
            subject,
            Attack::Duplicate,
            "takes from where it gives to",
            |_, case| case.duplicate(subject, other),
            KzteError::OrderDestination,
        );
    }
    money::system_program(guards);
    event_accounts(guards);
    opening_arguments(guards);
}

fn payers(guards: &mut Guards) {
    guards.refuse(
        "payer",
        Attack::MissingSigner,
        "does not sign",
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
    guards.refuse(
        "payer",
        Attack::State,
        "cannot pay the rent",
        |world, case| {
            world.tamper(case.address("payer"), |account| account.lamports = 1);
            case
        },
        "ResultWithNegativeLamports",
    );
    guards.accept("payer", "the court officer itself", |world, case| {
        case.signed_by("payer", world.keys.court_officer)
    });
    guards.accept("payer", "anybody who signs", |world, case| {
        case.signed_by("payer", world.keys.stranger)
    });
}

fn new_orders(guards: &mut Guards) {
    money::instead(
        guards,
        "order",
        Attack::WrongAddress,
        &[
            ("of another case", |world, _| {
                world.deployment.order(&hash_of("another case"))
            }),
            ("of the case in the other deployment", |world, _| {
                world.second().order(&hash_of(CASE))
            }),
            ("under another bump", |world, _| {
                let config = world.deployment.config;
                under_another_bump(&[ORDER_SEED, config.as_ref(), &hash_of(CASE)])
            }),
            ("nowhere", |_, _| nowhere("an order")),
        ],
        "InvalidSeeds",
    );
    guards.refuse(
        "order",
        Attack::Exists,
        "the case is open",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "order",
        Attack::Exists,
        "the case is open, and it comes with another subject and another cap",
        |world, case| {
            assert_ok(world, &case);
            open_with(world, |terms| {
                terms.subject = world.token_account(&money::bystander());
                terms.cap = u64::MAX;
            })
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "order",
        Attack::Exists,
        "the case was closed",
        |world, case| {
            assert_ok(world, &case);
            let close = world.close_order_case(&terms(world));
            assert_ok(world, &close);
            case
        },
        "AccountAlreadyInUse",
    );
    guards.refuse(
        "order",
        Attack::Exists,
        "the case was closed, executed in full, and has expired",
        |world, case| {
            assert_ok(world, &case);
            let terms = terms(world);
            let execute = world.execute_order_case(&terms, CAP);
            assert_ok(world, &execute);
            let close = world.close_order_case(&terms);
            assert_ok(world, &close);
            world.advance(2 * DAY);
            open_with(world, |_| {})
        },
        "AccountAlreadyInUse",
    );
    guards.accept("order", "the same case in the other deployment", |world, case| {
        world.in_second(|world| world.open_order(&terms(world)));
        case
    });
    for lamports in [1, 2_115_840, 50_000_000] {
        guards.accept(
            "order",
            "somebody sent lamports to the address before",
            |world, case| {
                world
                    .chain
                    .fund(&case.address("order"), lamports)
                    .expect("lamports");
                case
            },
        );
    }
    money::written(guards, "open_order", "order", "PrivilegeEscalation");
}

/// What may stand on either side of an order, and what not.
fn sides(guards: &mut Guards, subject: &'static str, other: &'static str) {
    money::token_account(guards, subject, TokenRefusals::by_the_program());
    guards.excuse(
        subject,
        Attack::WrongHolder,
        "a court takes from whom it will, and gives to whom it will",
    );
    for (note, bank) in [("of the bank", 0), ("of the other bank", 1)] {
        guards.refuse(
            subject,
            Attack::State,
            &format!("the escrow {note}, in which holders' redemptions lie"),
            |world, case| {
                let escrow = world.deployment.escrow(&world.banks[bank].bic);
                all_beside(world, case.replace(subject, escrow))
            },
            KzteError::EscrowNotSeizable,
        );
    }
    guards.refuse(
        subject,
        Attack::WrongMint,
        "the escrow of the other deployment",
        |world, case| case.replace(subject, world.second().escrow(&world.banks[0].bic)),
        KzteError::NotTokenAccount,
    );
    guards.refuse(
        subject,
        Attack::Cosplay,
        "the mint itself",
        |world, case| case.replace(subject, world.deployment.mint),
        KzteError::NotTokenAccount,
    );
    guards.refuse(
        subject,
        Attack::Cosplay,
        "the holder's wallet",
        |_, case| case.replace(subject, daulet().address()),
        KzteError::NotTokenAccount,
    );
    guards.accept(subject, "frozen", |world, case| {
        let freeze = world.freeze_case(&case.address(subject));
        assert_ok(world, &freeze);
        case
    });
    guards.accept(subject, "of a blocked wallet", |world, case| {
        case.replace(subject, world.token_account(&money::blocked()))
    });
    guards.accept(subject, "empty", |world, case| {
        let account = open_at(world, &Key::named("an empty account"), &daulet().address());
        case.replace(subject, account)
    });
    guards.accept(
        subject,
        "both of the same holder, and of a bank's operator",
        |world, case| {
            let operator = world.banks[0].operator;
            let first = world.open_account(&operator.address());
            let second = open_at(world, &Key::named("an operator's account"), &operator.address());
            case.replace(subject, first).replace(other, second)
        },
    );
}

fn opening_arguments(guards: &mut Guards) {
    guards.refuse(
        "case_hash",
        Attack::Invalid,
        "not the one of the address",
        |world, case| {
            let other = open_with(world, |terms| terms.case_hash = hash_of("another case"));
            other.replace("order", case.address("order"))
        },
        "InvalidSeeds",
    );
    guards.accept("case_hash", "zero is a hash as well", |world, _| {
        open_with(world, |terms| terms.case_hash = [0; 32])
    });
    guards.refuse(
        "cap",
        Attack::Boundary,
        "nothing",
        |world, _| open_with(world, |terms| terms.cap = 0),
        KzteError::ZeroAmount,
    );
    guards.accept("cap", "one tiyn", |world, _| {
        open_with(world, |terms| terms.cap = 1)
    });
    guards.accept("cap", "the highest", |world, _| {
        open_with(world, |terms| terms.cap = u64::MAX)
    });
    for (note, expires_at) in [("this second", 0), ("a second ago", -1), ("a day ago", -DAY)] {
        guards.refuse(
            "expires_at",
            Attack::Boundary,
            note,
            |world, _| open_with(world, |terms| terms.expires_at = world.now() + expires_at),
            KzteError::OrderExpiry,
        );
    }
    for (note, expires_at) in [
        ("the epoch", 0),
        ("before it", -1),
        ("the first second", i64::MIN),
    ] {
        guards.refuse(
            "expires_at",
            Attack::Invalid,
            note,
            |world, _| open_with(world, |terms| terms.expires_at = expires_at),
            KzteError::OrderExpiry,
        );
    }
    guards.accept("expires_at", "the next second", |world, _| {
        open_with(world, |terms| terms.expires_at = world.now() + 1)
    });
    guards.accept("expires_at", "never", |world, _| {
        open_with(world, |terms| terms.expires_at = i64::MAX)
    });
    money::cut_off(guards, "expires_at", 0);
    money::cut_off(guards, "cap", 8);
    money::cut_off(guards, "case_hash", 16);
}

#[test]
fn opening_moves_nothing_and_tells_every_field() {
    let mut world = before();
    let terms = terms(&world);
    let case = world.open_order_case(&terms);
    let (now, sponsor) = (world.now(), world.keys.sponsor.address());
    let lamports = world.expect_account(&sponsor).lamports;
    let [subject, destination] = [terms.subject, terms.destination].map(|it| account(&world, &it));
    let expected = OrderOpened {
        config: world.deployment.config,
        actor: world.keys.court_officer.address(),
        reference_hash: hash_of(CASE),
        order: case.address("order"),
        subject: terms.subject,
        destination: terms.destination,
        cap: CAP,
        expires_at: now + DAY,
    };
    assert_emits(&mut world, &case, &[Event::OrderOpened(expected)]);

    let order = order(&world);
    assert_eq!(
        (order.version, order.status, order.reserved),
        (ACCOUNT_VERSION, ORDER_OPEN, [0; 5])
    );
    assert_eq!(
        (order.config, order.case_hash),
        (world.deployment.config, hash_of(CASE))
    );
    assert_eq!(
        (order.subject, order.destination),
        (terms.subject, terms.destination)
    );
    assert_eq!(
        (order.cap, order.executed, order.expires_at, order.opened_at),
        (CAP, 0, now + DAY, now)
    );
    let rent = world.chain.minimum_balance(Order::SPACE).expect("rent");
    assert_eq!(world.expect_account(&sponsor).lamports, lamports - rent);
    assert_eq!(
        [terms.subject, terms.destination].map(|it| account(&world, &it)),
        [subject, destination]
    );
    world.check_invariants("opened");
    // And whoever holds the tokens still pays with them.
    world.transfer(&daulet(), &money::bystander(), 1);
}

// ── execute_order ───────────────────────────────────────────────────────────────────────────

fn execute(world: &World, amount: u64) -> Case {
    world.execute_order_case(&terms(world), amount)
}

pub(crate) fn execute_order(guards: &mut Guards) {
    const NAME: &str = "execute_order";
    guards.scene(opened, |world| execute(world, CAP));

    money::unsigned(guards, "enforcer");
    money::signed_by_others(guards, "enforcer", &["the enforcer"], KzteError::NotAuthorized);
    for (note, key) in [
        ("whom the order takes from", daulet()),
        ("whom it gives to", treasury()),
    ] {
        guards.refuse(
            "enforcer",
            Attack::WrongSigner,
            note,
            |_, case| case.signed_by("enforcer", key),
            KzteError::NotAuthorized,
        );
    }
    money::config(guards, NAME);
    for flags in pauses() {
        guards.accept("config", &format!("paused: {flags:#b}"), |world, case| {
            world.pause(flags);
            case
        });
    }

    orders(guards);
    executable(guards);
    money::written(guards, NAME, "order", "ConstraintMut");
    money::mint(guards);
    money::written(guards, NAME, "mint", "ConstraintMut");
    moved(guards, "subject", "destination");
    moved(guards, "destination", "subject");
    subjects(guards);
    destinations(guards);
    money::signing_authority(guards, "permanent_delegate");
    for authority in ["freeze_authority", "pause_authority"] {
        guards.accept(
            authority,
            "not needed while nothing is frozen or paused",
            |_, case| case.replace(authority, nowhere("an authority")),
        );
    }
    money::token_program(guards);
    event_accounts(guards);
    amounts(guards);

    for (side, key) in [("subject", daulet()), ("destination", treasury())] {
        let frozen = move || {
            let mut world = opened();
            world.freeze(&key);
            world
        };
        guards.scene(frozen, |world| execute(world, CAP));
        money::signing_authority(guards, "freeze_authority");
        guards.accept(side, "frozen", |_, case| case);
    }
    let paused = || {
        let mut world = opened();
        world.pause(PAUSE_TRANSFER);
        world
    };
    guards.scene(paused, |world| execute(world, CAP));
    money::signing_authority(guards, "pause_authority");
}

/// Orders that are none, that are none of this deployment, or that are closed.
fn orders(guards: &mut Guards) {
    forged(guards, "order", "order", "AccountDataTooSmall");
    money::instead(
        guards,
        "order",
        Attack::Foreign,
        &[
            ("of the same case in the other deployment", |world, _| {
                world.second().order(&hash_of(CASE))
            }),
            ("of another case in the other deployment", |world, _| {
                world.second().order(&hash_of(OTHER_CASE))
            }),
        ],
        KzteError::WrongConfig,
    );
    guards.refuse(
        "order",
        Attack::Foreign,
        "of the other deployment, with its configuration and the same role holders",
        |world, case| {
            let case = case.replace("config", world.second().config);
            case.replace("order", world.deployment.order(&hash_of(CASE)))
        },
        KzteError::WrongConfig,
    );
    guards.refuse(
        "order",
        Attack::State,
        "closed",
        |world, case| {
            let close = world.close_order_case(&terms(world));
            assert_ok(world, &close);
            case
        },
        KzteError::OrderClosed,
    );
    guards.refuse(
        "order",
        Attack::State,
        "of an unknown status",
        |world, case| {
            world.tamper(case.address("order"), |account| account.data[8 + 2] = u8::MAX);
            case
        },
        KzteError::OrderClosed,
    );
}

/// The other deployment's order with all that it names; the time; the cap.
fn executable(guards: &mut Guards) {
    guards.refuse(
        "order",
        Attack::Foreign,
        "of the other deployment, with its accounts, under this one's configuration",
        |world, case| {
            let other = world.in_second(|world| execute(world, CAP));
            other.replace("config", case.address("config"))
        },
        KzteError::WrongConfig,
    );
    guards.refuse(
        "order",
        Attack::Foreign,
        "over other accounts of the same mint",
        |world, case| {
            let mut other = world.order_terms("another case", &money::bystander(), &treasury(), CAP);
            other.destination = case.address("destination");
            world.open_order(&other);
            case.replace("order", world.deployment.order(&other.case_hash))
        },
        KzteError::WrongAddress,
    );
    guards.refuse(
        "order",
        Attack::Boundary,
        "expires this second",
        |world, case| {
            let expires_at = order(world).expires_at;
            world.chain.warp_to(expires_at);
            case
        },
        KzteError::OrderExpired,
    );
    guards.refuse(
        "order",
        Attack::State,
        "expired long ago",
        |world, case| {
            world.advance(1_000 * DAY);
            case
        },
        KzteError::OrderExpired,
    );
    guards.accept("order", "expires in a second", |world, case| {
        let expires_at = order(world).expires_at;
        world.chain.warp_to(expires_at - 1);
        case
    });
    guards.accept(
        "order",
        "the subject's bank is suspended and stale",
        |world, case| {
            let bank = world.banks[0];
            world.set_status(&bank, ISSUER_SUSPENDED);
            world.tamper_issuer(&bank, |issuer| issuer.statement_as_of = 1);
            case
        },
    );
    guards.accept(
        "order",
        "another order of another case is closed",
        |world, case| {
            let other = world.order_terms("another case", &daulet(), &treasury(), CAP);
            world.open_order(&other);
            let close = world.close_order_case(&other);
            assert_ok(world, &close);
            case
        },
    );
    guards.refuse(
        "order",
        Attack::Boundary,
        "executed up to one tiyn less than the amount",
        |world, case| {
            world.tamper(case.address("order"), |account| account.data[EXECUTED] = 1);
            case
        },
        KzteError::OrderCapExceeded,
    );
    guards.refuse(
        "order",
        Attack::Boundary,
        "executed in full",
        |world, case| {
            assert_ok(world, &case);
            execute(world, 1)
        },
        KzteError::OrderCapExceeded,
    );
}

/// Attacks on an account that tokens move from or to.
fn moved(guards: &mut Guards, subject: &'static str, other: &'static str) {
    money::token_account(
        guards,
        subject,
        TokenRefusals {
            owner: KzteError::WrongAddress.into(),
            absent: KzteError::WrongAddress.into(),
            other_mint: KzteError::WrongAddress.into(),
            a_mint: KzteError::WrongAddress.into(),
            malformed: KzteError::WrongAddress.into(),
            uninitialised: KzteError::WrongAddress.into(),
        },
    );
    money::instead(
        guards,
        subject,
        Attack::WrongHolder,
        &[
            ("a bystander's", |world, _| {
                world.token_account(&money::bystander())
            }),
            ("the holder's second one", |world, case| {
                let holder = money::owner_of(world, &case.address("subject"));
                open_at(world, &Key::named("a second account"), &holder)
            }),
            ("a bank's escrow", |world, _| {
                world.deployment.escrow(&world.banks[1].bic)
            }),
        ],
        KzteError::WrongAddress,
    );
    guards.refuse(
        subject,
        Attack::WrongAddress,
        "in the place of the other",
        |_, case| {
            let (first, second) = (case.address(subject), case.address(other));
            case.replace(subject, second).replace(other, first)
        },
        KzteError::WrongAddress,
    );
    money::written(guards, "execute_order", subject, "ConstraintMut");
    // The address of the order, and no longer the account that it was.
    let mut changed = |attack, note: &str, change: &dyn Fn(&mut kzte_client::Account)| {
        guards.refuse(
            subject,
            attack,
            note,
            |world, case| {
                world.tamper(case.address(subject), |account| change(account));
                case
            },
            KzteError::NotTokenAccount,
        );
    };
    changed(Attack::WrongOwner, "another program's by now", &|account| {
        account.owner = money::P_TOKEN_PROGRAM_ID
    });
    changed(Attack::WrongMint, "of another mint by now", &|account| {
        account.data[0] ^= 1
    });
    changed(Attack::Cosplay, "never initialised by now", &|account| {
        account.data[108] = 0
    });
    changed(Attack::Cosplay, "a mint by now", &|account| account.data[165] = 1);
    guards.accept(subject, "of a blocked wallet", |world, case| {
        let owner = money::owner_of(world, &case.address(subject));
        world.block(&owner);
        case
    });
    guards.accept(subject, "owns itself by now, as an escrow does", |world, case| {
        let account = case.address(subject);
        money::hand_over(world, &account, &account);
        case
    });
}

/// What a hostile holder does with his account between opening and execution.
fn subjects(guards: &mut Guards) {
    guards.refuse(
        "subject",
        Attack::State,
        "emptied by its holder",
        |world, case| {
            world.transfer(&daulet(), &money::bystander(), HELD);
            case
        },
        KzteError::InsufficientTokens,
    );
    guards.refuse(
        "subject",
        Attack::Boundary,
        "one tiyn short",
        |world, case| {
            world.burn_directly(&daulet(), HELD - CAP + 1);
            case
        },
        KzteError::InsufficientTokens,
    );
    guards.accept("subject", "just enough left", |world, case| {
        world.burn_directly(&daulet(), HELD - CAP);
        case
    });
    guards.refuse(
        "subject",
        Attack::State,
        "closed by its holder",
        |world, case| {
            world.transfer(&daulet(), &money::bystander(), HELD);
            let owner = daulet().address();
            let close = instruction::close_account(case.address("subject"), owner, owner);
            world.must(&[close], &[daulet()]);
            case
        },
        KzteError::NotTokenAccount,
    );
    guards.refuse(
        "subject",
        Attack::State,
        "closed by its holder and opened again, empty",
        |world, case| {
            world.transfer(&daulet(), &money::bystander(), HELD);
            let owner = daulet().address();
            let close = instruction::close_account(case.address("subject"), owner, owner);
            world.must(&[close], &[daulet()]);
            world.open_account(&owner);
            case
        },
        KzteError::InsufficientTokens,
    );
    guards.accept("subject", "with CPI Guard on", |world, case| {
        let (account, owner) = (case.address("subject"), daulet());
        let guard = instruction::enable_cpi_guard(account, owner.address(), owner.address());
        world.must(&guard, &[owner]);
        case
    });
    guards.accept("subject", "with a delegate over everything", |world, case| {
        let (account, owner) = (case.address("subject"), daulet().address());
        let helper = world.keys.stranger.address();
        let approve = instruction::approve_checked(&world.deployment, account, helper, owner, u64::MAX);
        world.must(&[approve], &[daulet()]);
        case
    });
    guards.accept(
        "subject",
        "with the enforcer as delegate of one tiyn",
        |world, case| {
            let (account, owner) = (case.address("subject"), daulet().address());
            let delegate = world.keys.enforcer.address();
            let approve = instruction::approve_checked(&world.deployment, account, delegate, owner, 1);
            world.must(&[approve], &[daulet()]);
            case
        },
    );
    guards.accept(
        "subject",
        "with the permanent delegate as its delegate, of one tiyn",
        |world, case| {
            // Token-2022 could take it for the account's own delegate, which may move no more than that.
            let (account, owner) = (case.address("subject"), daulet().address());
            let delegate = case.address("permanent_delegate");
            let approve = instruction::approve_checked(&world.deployment, account, delegate, owner, 1);
            world.must(&[approve], &[daulet()]);
            case
        },
    );
    guards.accept("subject", "it takes no transfer without a memo", |world, case| {
        require_memo(world, &case.address("subject"), &daulet());
        case
    });
}

fn destinations(guards: &mut Guards) {
    guards.refuse(
        "destination",
        Attack::State,
        "it takes no transfer without a memo",
        |world, case| {
            require_memo(world, &case.address("destination"), &treasury());
            case
        },
        "NoMemo",
    );
    guards.refuse(
        "destination",
        Attack::State,
        "it takes no transfer without a memo, everything is frozen and paused",
        |world, case| {
            require_memo(world, &case.address("destination"), &treasury());
            world.freeze(&daulet());
            world.freeze(&treasury());
            world.pause(PAUSE_ALL);
            case
        },
        "NoMemo",
    );
    guards.refuse(
        "destination",
        Attack::State,
        "closed by its holder",
        |world, case| {
            let owner = treasury().address();
            let close = instruction::close_account(case.address("destination"), owner, owner);
            world.must(&[close], &[treasury()]);
            case
        },
        KzteError::NotTokenAccount,
    );
    guards.refuse(
        "destination",
        Attack::Boundary,
        "it holds as much as 64 bits can",
        |world, case| {
            world.tamper(case.address("destination"), |account| {
                account.data[64..72].copy_from_slice(&(u64::MAX - CAP + 1).to_le_bytes());
            });
            case
        },
        "Overflow",
    );
    guards.accept("destination", "with CPI Guard on", |world, case| {
        let (account, owner) = (case.address("destination"), treasury());
        let guard = instruction::enable_cpi_guard(account, owner.address(), owner.address());
        world.must(&guard, &[owner]);
        case
    });
}

fn amounts(guards: &mut Guards) {
    for (note, amount, error) in [
        ("nothing", 0, KzteError::ZeroAmount),
        ("one tiyn above the cap", CAP + 1, KzteError::OrderCapExceeded),
        ("all that is held", HELD, KzteError::OrderCapExceeded),
        ("the highest", u64::MAX, KzteError::OrderCapExceeded),
    ] {
        guards.refuse(
            "amount",
            Attack::Boundary,
            note,
            |world, _| execute(world, amount),
            error,
        );
    }
    for (note, amount) in [
        ("a second part, one tiyn above the cap", CAP - 399),
        ("a second part that overflows", u64::MAX),
        ("a second part that overflows to nothing", u64::MAX - 399),
    ] {
        guards.refuse(
            "amount",
            Attack::Boundary,
            note,
            |world, _| {
                let first = execute(world, 400);
                assert_ok(world, &first);
                execute(world, amount)
            },
            KzteError::OrderCapExceeded,
        );
    }
    guards.accept("amount", "the second part up to the cap", |world, _| {
        let first = execute(world, 400);
        assert_ok(world, &first);
        execute(world, CAP - 400)
    });
    guards.accept("amount", "one tiyn", |world, _| execute(world, 1));
    guards.refuse(
        "amount",
        Attack::Boundary,
        "one tiyn more than is held, far below the cap",
        |world, _| {
            let mut wide = terms(world);
            (wide.case_hash, wide.cap) = (hash_of("a wide case"), u64::MAX);
            world.open_order(&wide);
            world.execute_order_case(&wide, HELD + 1)
        },
        KzteError::InsufficientTokens,
    );
    guards.refuse(
        "amount",
        Attack::Boundary,
        "as much as the highest cap",
        |world, _| {
            let mut wide = terms(world);
            (wide.case_hash, wide.cap) = (hash_of("a wide case"), u64::MAX);
            world.open_order(&wide);
            world.execute_order_case(&wide, u64::MAX)
        },
        KzteError::InsufficientTokens,
    );
    guards.refuse(
        "amount",
        Attack::Boundary,
        "the sum overflows under the highest cap",
        |world, _| {
            let mut wide = terms(world);
            (wide.case_hash, wide.cap) = (hash_of("a wide case"), u64::MAX);
            world.open_order(&wide);
            let first = world.execute_order_case(&wide, 1);
            assert_ok(world, &first);
            world.execute_order_case(&wide, u64::MAX)
        },
        KzteError::OrderCapExceeded,
    );
    guards.accept("amount", "all that is held", |world, _| {
        let mut wide = terms(world);
        (wide.case_hash, wide.cap) = (hash_of("a wide case"), u64::MAX);
        world.open_order(&wide);
        world.execute_order_case(&wide, HELD)
    });
    money::cut_off(guards, "amount", 0);
}

/// A token account that takes no transfer without a memo, as its owner sets it.
#[track_caller]
fn require_memo(world: &mut World, account: &Address, owner: &Key) {
    use kzte_client::TOKEN_PROGRAM_ID;
    use spl_token_2022_interface::{
        extension::{ExtensionType, memo_transfer},
        instruction::reallocate,
    };
    let own = owner.address();
    let room = reallocate(
        &TOKEN_PROGRAM_ID,
        account,
        &own,
        &own,
        &[],
        &[ExtensionType::MemoTransfer],
    )
    .expect("an instruction");
    let switch =
        memo_transfer::instruction::enable_required_transfer_memos(&TOKEN_PROGRAM_ID, account, &own, &[])
            .expect("an instruction");
    world.must(&[room, switch], &[*owner]);
}

#[test]
fn executing_in_parts_books_and_tells_every_field() {
    let mut world = opened();
    let terms = terms(&world);
    let supply = world.supply();
    let mut executed = 0;
    for amount in [400, 1, CAP - 401] {
        executed += amount;
        let case = world.execute_order_case(&terms, amount);
        let expected = OrderExecuted {
            config: world.deployment.config,
            actor: world.keys.enforcer.address(),
            reference_hash: hash_of(CASE),
            order: case.address("order"),
            subject: terms.subject,
            destination: terms.destination,
            amount,
            executed,
        };
        assert_emits(&mut world, &case, &[Event::OrderExecuted(expected)]);
        assert_eq!(order(&world).executed, executed);
        assert_eq!(
            (
                world.holding(&daulet()),
                world.holding(&treasury()),
                world.supply()
            ),
            (HELD - executed, executed, supply),
            "invariant 8: the supply does not change"
        );
        world.check_invariants("a part of the order");
    }
    let case = world.execute_order_case(&terms, 1);
    assert_refused(&mut world, &case, KzteError::OrderCapExceeded);
    let order = order(&world);
    assert_eq!(
        (order.status, order.cap, order.executed, order.expires_at),
        (ORDER_OPEN, CAP, CAP, terms.expires_at),
        "an order that has moved all stays open until the court closes it"
    );
    let other = world.in_second(|world| (self::order(world).executed, world.holding(&daulet())));
    assert_eq!(other, (0, HELD), "the other deployment's order is another one");
}

/// Invariant 8: each side is after what it was before, whatever the other one is and whatever is paused, and so is the
/// pause.
#[test]
fn frozen_before_means_frozen_after_under_every_pause() {
    for flags in pauses() {
        for (subject, destination) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut world = opened();
            let supply = world.supply();
            for (frozen, key) in [(subject, daulet()), (destination, treasury())] {
                if frozen {
                    world.freeze(&key);
                }
            }
            world.pause(flags);
            let configuration = world.expect_account(&world.deployment.config);
            let mint = world.expect_account(&world.deployment.mint);
            let sides = [daulet(), treasury()].map(|key| account(&world, &world.token_account(&key)));

            let case = execute(&world, CAP);
            assert_ok(&mut world, &case);

            let note = format!("paused {flags:#b}, frozen {subject} {destination}");
            assert_eq!(
                (is_frozen(&world, &daulet()), is_frozen(&world, &treasury())),
                (subject, destination),
                "{note}"
            );
            let [mut from, mut to] = sides;
            from.amount -= CAP;
            to.amount += CAP;
            assert_eq!(
                [daulet(), treasury()].map(|key| account(&world, &world.token_account(&key))),
                [from, to],
                "{note}: nothing of the accounts but the amounts has changed"
            );
            assert_eq!(
                world.expect_account(&world.deployment.config),
                configuration,
                "{note}: the pause flags"
            );
            assert_eq!(
                world.expect_account(&world.deployment.mint),
                mint,
                "{note}: the mint, its pause and its supply"
            );
            assert_eq!(world.supply(), supply, "{note}");
            world.check_invariants(&note);

            let expected = match (subject, flags & PAUSE_TRANSFER != 0) {
                (true, _) => Some("AccountFrozen"),
                (false, true) => Some("MintPaused"),
                (false, false) => None,
            };
            let bystander = money::bystander();
            let payment = world.try_transfer(&daulet(), &bystander, 1);
            let refusal = payment.as_ref().err().and_then(|error| error.name());
            assert_eq!(refusal, expected, "{note}: and so is what the holder may do");
        }
    }
}

/// An execution that fails on its way has resumed and thawed before: none of that stays.
#[test]
fn a_failed_execution_leaves_pause_and_freeze() {
    let mut world = opened();
    let destination = world.token_account(&treasury());
    require_memo(&mut world, &destination, &treasury());
    world.freeze(&daulet());
    world.freeze(&treasury());
    world.pause(PAUSE_MINT | PAUSE_TRANSFER);
    let mint = world.expect_account(&world.deployment.mint);
    let case = execute(&world, CAP);
    assert_refused(&mut world, &case, "NoMemo");
    assert!(is_frozen(&world, &daulet()) && is_frozen(&world, &treasury()));
    assert_eq!(world.expect_account(&world.deployment.mint), mint);
    assert_eq!(order(&world).executed, 0);
    world.check_invariants("after the refusal");
}

/// Two executions in one transaction are two: the second one sees what the first one booked.
#[test]
fn the_cap_holds_within_one_transaction() {
    let mut world = opened();
    let [part, rest, more] = [600, CAP - 600, CAP - 599].map(|amount| execute(&world, amount));
    let enforcer = world.keys.enforcer;
    let error = world
        .send_all(&[part.instruction.clone(), more.instruction], &[enforcer])
        .expect_err("above the cap");
    assert!(error.is(KzteError::OrderCapExceeded), "{error}");
    assert_eq!((order(&world).executed, world.holding(&treasury())), (0, 0));
    world.must(&[part.instruction, rest.instruction], &[enforcer]);
    assert_eq!((order(&world).executed, world.holding(&treasury())), (CAP, CAP));
}

/// Closing and executing in one transaction: the order in which they stand decides.
#[test]
fn closed_within_the_transaction_rejects_executing() {
    let mut world = opened();
    let (execute, close) = (execute(&world, CAP), world.close_order_case(&terms(&world)));
    let signers = [world.keys.enforcer, world.keys.court_officer];
    let error = world
        .send_all(
            &[close.instruction.clone(), execute.instruction.clone()],
            &signers,
        )
        .expect_err("closed before");
    assert!(error.is(KzteError::OrderClosed), "{error}");
    world.must(&[execute.instruction, close.instruction], &signers);
    assert_eq!(
        (order(&world).executed, order(&world).status),
        (CAP, ORDER_CLOSED)
    );
}

/// An order follows the token account and not the wallet: whoever owns it when the order is executed loses the tokens.
/// A holder who gives his account away does not escape, and whoever takes an account over takes what lies upon it.
#[test]
fn an_order_follows_the_account_when_its_owner_changes() {
    let mut world = before();
    let (holder, heir) = (daulet(), world.holder("heir"));
    let account = open_at(&mut world, &Key::named("daulet's account"), &holder.address());
    let source = world.token_account(&holder);
    let deployment = world.deployment;
    let pay = instruction::transfer_checked(&deployment, source, account, holder.address(), HELD);
    world.must(&[pay], &[holder]);
    let mut terms = terms(&world);
    terms.subject = account;
    world.open_order(&terms);

    let give = change_owner(&account, &holder.address(), &heir.address());
    world.must(&[give], &[holder]);
    assert_eq!(money::owner_of(&world, &account), heir.address());
    let case = world.execute_order_case(&terms, CAP - 400);
    assert_ok(&mut world, &case);
    assert_eq!(
        money::owner_of(&world, &account),
        heir.address(),
        "an execution changes no owner"
    );
    // Handed to its own key, so that it owns itself as an escrow does: that does not help either.
    let give = change_owner(&account, &heir.address(), &account);
    world.must(&[give], &[heir]);
    let case = world.execute_order_case(&terms, 400);
    assert_ok(&mut world, &case);
    assert_eq!(
        (world.balance(&account), world.holding(&treasury())),
        (HELD - CAP, CAP)
    );
    world.check_invariants("after the hand-over");
}

/// The race that the desk wins by freezing first: an open order alone stops nobody from paying.
#[test]
fn a_holder_who_empties_his_account_first_wins_unless_he_is_frozen() {
    let mut world = opened();
    let case = execute(&world, CAP);
    let mut fled = world.clone();
    fled.transfer(&daulet(), &money::bystander(), HELD - CAP + 1);
    assert_refused(&mut fled, &case, KzteError::InsufficientTokens);
    // What is left can be taken.
    let rest = execute(&fled, CAP - 1);
    assert_ok(&mut fled, &rest);

    world.freeze(&daulet());
    let error = world
        .try_transfer(&daulet(), &money::bystander(), 1)
        .expect_err("frozen");
    assert_eq!(error.name(), Some("AccountFrozen"), "{error}");
    assert_ok(&mut world, &case);
}

/// The same role holders in two deployments: an order of one moves nothing in the other.
#[test]
fn an_order_of_another_deployment_rejects() {
    let mut world = before();
    world.in_second(|world| world.open_order(&terms(world)));
    let first = execute(&world, CAP);
    assert_refused(&mut world, &first, "AccountDataTooSmall");
    let foreign = first.replace("order", world.second().order(&hash_of(CASE)));
    assert_refused(&mut world, &foreign, KzteError::WrongConfig);
    let mixed = foreign.replace("config", world.second().config);
    assert_refused(&mut world, &mixed, KzteError::WrongMint);
    let mixed = mixed.replace("mint", world.second().mint);
    assert_refused(&mut world, &mixed, KzteError::WrongAddress);
}

/// What a subject frozen under an open pause may do after: nothing slips in between, for it is one instruction. A
/// second instruction of the holder in the same transaction finds him frozen.
#[test]
fn a_holders_own_instruction_behind_an_execution_finds_him_frozen() {
    let mut world = opened();
    world.freeze(&daulet());
    let case = execute(&world, CAP);
    let deployment = world.deployment;
    let flight = instruction::transfer_checked(
        &deployment,
        world.token_account(&daulet()),
        world.token_account(&money::bystander()),
        daulet().address(),
        1,
    );
    let enforcer = world.keys.enforcer;
    let error = world
        .send_all(&[case.instruction, flight], &[enforcer, daulet()])
        .expect_err("frozen again");
    assert_eq!(error.name(), Some("AccountFrozen"), "{error}");
    assert_eq!(order(&world).executed, 0);
}

/// An order that takes from a bank's own stock takes tokens and no liability: the books of the bank stay.
#[test]
fn an_order_over_a_banks_own_stock_leaves_its_books() {
    let mut world = before();
    let bank = world.banks[0];
    let stock = world.open_account(&bank.operator.address());
    world.transfer(&daulet(), &bank.operator, CAP);
    let mut terms = terms(&world);
    terms.subject = stock;
    world.open_order(&terms);
    let books = borsh::to_vec(&world.issuer(&bank)).expect("an issuer");
    let case = world.execute_order_case(&terms, CAP);
    assert_ok(&mut world, &case);
    assert_eq!(borsh::to_vec(&world.issuer(&bank)).expect("an issuer"), books);
    assert_eq!((world.balance(&stock), world.holding(&treasury())), (0, CAP));
    world.check_invariants("after the seizure");
}

// ── close_order ─────────────────────────────────────────────────────────────────────────────

pub(crate) fn close_order(guards: &mut Guards) {
    const NAME: &str = "close_order";
    guards.scene(opened, |world| world.close_order_case(&terms(world)));

    money::unsigned(guards, "court_officer");
    money::signed_by_others(
        guards,
        "court_officer",
        &["the court officer"],
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "court_officer",
        Attack::WrongSigner,
        "whom the order takes from",
        |_, case| case.signed_by("court_officer", daulet()),
        KzteError::NotAuthorized,
    );
    money::config(guards, NAME);
    for flags in [PAUSE_MINT, PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER, PAUSE_ALL] {
        guards.accept("config", &format!("paused: {flags:#b}"), |world, case| {
            world.pause(flags);
            case
        });
    }
    orders(guards);
    money::written(guards, NAME, "order", "ConstraintMut");
    guards.accept("order", "expired", |world, case| {
        world.advance(1_000 * DAY);
        case
    });
    guards.accept("order", "executed in part", |world, case| {
        let part = execute(world, 1);
        assert_ok(world, &part);
        case
    });
    guards.accept("order", "its accounts are gone", |world, case| {
        world.transfer(&daulet(), &money::bystander(), HELD);
        for key in [daulet(), treasury()] {
            let (account, owner) = (world.token_account(&key), key.address());
            let close = instruction::close_account(account, owner, owner);
            world.must(&[close], &[key]);
        }
        case
    });
    event_accounts(guards);
}

#[test]
fn closing_is_for_ever_and_tells_every_field() {
    let mut world = opened();
    let terms = terms(&world);
    let part = execute(&world, 300);
    assert_ok(&mut world, &part);
    let before = order(&world);
    let case = world.close_order_case(&terms);
    let lamports = world.expect_account(&case.address("order")).lamports;
    let expected = OrderClosed {
        config: world.deployment.config,
        actor: world.keys.court_officer.address(),
        reference_hash: hash_of(CASE),
        order: case.address("order"),
        executed: 300,
    };
    assert_emits(&mut world, &case, &[Event::OrderClosed(expected)]);

    let mut closed = before;
    closed.status = ORDER_CLOSED;
    assert_eq!(
        borsh::to_vec(&order(&world)).expect("an order"),
        borsh::to_vec(&closed).expect("an order"),
        "nothing but the status changes"
    );
    assert_eq!(
        world.expect_account(&case.address("order")).lamports,
        lamports,
        "the account stays"
    );
    for amount in [1, CAP - 300] {
        let execute = execute(&world, amount);
        assert_refused(&mut world, &execute, KzteError::OrderClosed);
    }
    assert_refused(&mut world, &case, KzteError::OrderClosed);
    let open = world.open_order_case(&terms);
    assert_refused(&mut world, &open, "AccountAlreadyInUse");
    let other = world.in_second(|world| order(world).status);
    assert_eq!(other, ORDER_OPEN, "the other deployment's order is another one");
}

/// A holder who makes his token account its own owner has what looks like an escrow, and the key to move it. The desk
/// must still be able to freeze it, and a court to take from it.
#[test]
fn a_holder_whose_account_owns_itself_is_frozen_and_seized_like_anybody() {
    let mut world = before();
    let own = recluse();
    // One of his own making: a key pair that is token account and wallet at once...
    let account = open_at(&mut world, &own, &own.address());
    let deployment = world.deployment;
    let source = world.token_account(&daulet());
    let pay = instruction::transfer_checked(&deployment, source, account, daulet().address(), HELD);
    world.must(&[pay], &[daulet()]);
    // ...and it is no dead end: he pays from it with that very key.
    let back = instruction::transfer_checked(&deployment, account, source, own.address(), 1);
    world.must(&[back], &[own]);
    let freeze = all_beside(&world, world.freeze_case(&account));
    assert_ok(&mut world, &freeze);
    let mut terms = terms(&world);
    terms.subject = account;
    let open = all_beside(&world, world.open_order_case(&terms));
    assert_ok(&mut world, &open);
    let execute = world.execute_order_case(&terms, CAP);
    assert_ok(&mut world, &execute);
}
