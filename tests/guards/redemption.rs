//! The life of a redemption: `request_redemption`, `settle_redemption`, `reject_redemption`, `cancel_redemption`,
//! `flag_overdue`.

use kzte_client::{
    Address, Chain, Event, KzteError,
    constants::ACCOUNT_VERSION,
    events, fetch, instruction,
    reserve::StatementFile,
    state::{
        ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, PAUSE_ALL, PAUSE_MINT, PAUSE_REDEMPTION_REQUEST,
        PAUSE_TRANSFER, Redemption,
    },
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_ok, assert_refused, credit, debit,
    key::nowhere,
    money::{self, TokenRefusals, altered},
    neutral_credit, neutral_debit,
    world::{CANCEL_AFTER, DAY, MAX_STATEMENT_AGE, REDEMPTION_SLA, REJECT_REASON},
};
use kzte_ledger::Entry;

use crate::forgeries::{event_accounts, open_at};

kzte_harness::guard_tests!(
    "redemption": request_redemption, settle_redemption, reject_redemption, cancel_redemption, flag_overdue
);

/// Nonce of the redemptions of alice and bob.
const NONCE: u64 = 7;
/// Tiyn that each of them asks for.
const AMOUNT: u64 = 400;
/// How the runtime refuses an address that would sign for itself and whose seeds are others.
const SIGNS_FOR_ITSELF: &str = "PrivilegeEscalation";

fn alice() -> Key {
    Key::named("alice")
}

fn bob() -> Key {
    Key::named("bob")
}

/// The town, where alice holds 1,000 and bob 400 of the first bank's tokens, which has a large reserve.
fn holding() -> World {
    let mut world = money::town();
    let bank = world.banks[0];
    world.holder("alice");
    world.holder("bob");
    let lines = [
        credit(1_000, alice().address()),
        credit(AMOUNT, bob().address()),
        neutral_credit(100_000),
    ];
    let file = world.effective(&bank, &lines);
    world.mint_many(&bank, &file, 0, 2);
    world
}

/// [`holding`], and alice and bob have each asked the first bank for the same amount under the same nonce.
fn requested() -> World {
    let mut world = holding();
    let bank = world.banks[0];
    for holder in [alice(), bob()] {
        world.request(&bank, &holder, NONCE, AMOUNT);
    }
    world
}

/// The redemption of a holder at the first bank.
fn redemption_of(world: &World, holder: &Key) -> Address {
    world
        .deployment
        .redemption(&world.banks[0].bic, &holder.address(), NONCE)
}

/// An open redemption's account.
fn redemption(world: &World, holder: &Key) -> Redemption {
    let account = fetch::redemption(&world.chain, &redemption_of(world, holder));
    account.expect("a redemption").expect("it is open")
}

/// Marks alice's redemption as overdue, past the program.
fn mark_overdue(world: &mut World, count: u32) {
    const OVERDUE: usize = 8 + 2;
    let bank = world.banks[0];
    world.tamper(redemption_of(world, &alice()), |account| {
        account.data[OVERDUE] = 1
    });
    assert_eq!(redemption(world, &alice()).overdue, 1);
    world.tamper_issuer(&bank, |issuer| issuer.overdue_count = count);
}

/// [`requested`], and an hour later the bank's statement 2 tells its payouts and more.
fn paid_out() -> (World, StatementFile) {
    let mut world = requested();
    let bank = world.banks[0];
    world.advance(3_600);
    let [alices, bobs] = [alice(), bob()].map(|holder| redemption_of(&world, &holder));
    let lines = [
        debit(AMOUNT, alices),
        debit(AMOUNT, bobs),
        // Money that came in, and names a redemption.
        credit(AMOUNT, alices),
        // Money that left for nobody.
        neutral_debit(AMOUNT),
        // Payouts that are not what was asked for.
        debit(AMOUNT - 1, alices),
        debit(AMOUNT + 1, alices),
        // Money that left for alice's wallet, which is no redemption.
        debit(AMOUNT, alice().address()),
    ];
    let file = world.effective(&bank, &lines);
    (world, file)
}

/// What all instructions of a redemption need of the issuer. `foreign`: the refusal of the other bank's issuer.
fn foreign_issuers(guards: &mut Guards, foreign: KzteError) {
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
        foreign,
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the same bank's of the other configuration",
        |world, case| case.replace("issuer", world.second().issuer(&world.banks[0].bic)),
        KzteError::WrongConfig,
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "a copy under the program at another address",
        |world, case| {
            let copy = world.copy_of(case.address("issuer"));
            case.replace("issuer", copy)
        },
        KzteError::WrongIssuer,
    );
}

/// Redemptions that are open, but elsewhere.
fn foreign_redemptions(guards: &mut Guards) {
    let bystander = money::bystander().address();
    guards.refuse(
        "redemption",
        Attack::Foreign,
        "of the other bank",
        |world, case| {
            let other = world.banks[1].bic;
            let address = world
                .deployment
                .redemption(&other, &bystander, money::BYSTANDER_NONCE);
            case.replace("redemption", address)
        },
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "redemption",
        Attack::Foreign,
        "of the same bank in the other configuration",
        |world, case| {
            let own = world.banks[0].bic;
            let address = world
                .second()
                .redemption(&own, &bystander, money::BYSTANDER_NONCE);
            case.replace("redemption", address)
        },
        KzteError::WrongIssuer,
    );
}

/// Whatever is no escrow of this bank. `expected`: how the instruction finds out.
fn other_escrows(guards: &mut Guards, expected: &'static str) {
    money::instead(
        guards,
        "escrow",
        Attack::Foreign,
        &[
            ("the other bank's", |world, _| {
                world.deployment.escrow(&world.banks[1].bic)
            }),
            ("of the other configuration", |world, _| {
                world.second().escrow(&world.banks[0].bic)
            }),
        ],
        expected,
    );
    money::instead(
        guards,
        "escrow",
        Attack::WrongAddress,
        &[
            ("bob's token account", |world, _| world.token_account(&bob())),
            ("a copy of it", |world, case| {
                world.copy_of(case.address("escrow"))
            }),
            ("nowhere", |_, _| nowhere("an escrow")),
        ],
        expected,
    );
}

/// Whoever else might get the rent of alice's redemption.
fn other_owners(guards: &mut Guards) {
    money::instead(
        guards,
        "owner",
        Attack::WrongAddress,
        &[
            ("bob", |_, _| bob().address()),
            ("the bank's admin", |world, _| world.banks[0].admin.address()),
            ("alice's other account", |world, _| {
                money::second_account(world, &alice())
            }),
            ("nobody", |_, _| nowhere("a rent receiver")),
        ],
        KzteError::WrongOwner,
    );
}

/// Nothing of the bank's or the system's state may stop the end of a redemption (invariant 7).
fn never_stopped(guards: &mut Guards) {
    for status in [ISSUER_SUSPENDED, ISSUER_WIND_DOWN, ISSUER_CLOSED] {
        guards.accept("issuer", "whatever its status", |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.status = status);
            case
        });
    }
    guards.accept("issuer", "with a stale report", |world, case| {
        world.advance(100 * DAY);
        case
    });
    guards.accept("config", "everything paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });
    guards.accept("owner", "blocked and frozen", |world, case| {
        world.block(&alice().address());
        world.freeze(&alice());
        case
    });
}

/// Books that do not cover the redemption, which no instruction leads to.
fn corrupt_books(guards: &mut Guards) {
    guards.refuse(
        "issuer",
        Attack::Boundary,
        "its open redemptions are one tiyn less than this one",
        |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.pending = AMOUNT - 1);
            case
        },
        KzteError::AmountOverflow,
    );
    guards.refuse(
        "issuer",
        Attack::Boundary,
        "it has no open redemption",
        |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.pending_count = 0);
            case
        },
        KzteError::AmountOverflow,
    );
    guards.refuse(
        "redemption",
        Attack::State,
        "overdue, and the bank has none that is",
        |world, case| {
            mark_overdue(world, 0);
            case
        },
        KzteError::AmountOverflow,
    );
    guards.accept("redemption", "overdue, and the bank knows", |world, case| {
        mark_overdue(world, 1);
        case
    });
}

// ── request_redemption ──────────────────────────────────────────────────────────────────────

fn request_redemption(guards: &mut Guards) {
    const NAME: &str = "request_redemption";
    guards.scene(holding, |world| {
        world.request_case(&world.banks[0], &alice(), NONCE, AMOUNT)
    });
    let request = |world: &World, amount| world.request_case(&world.banks[0], &alice(), NONCE, amount);

    money::unsigned(guards, "owner");
    // Somebody else in alice's request: it is not his redemption.
    money::signed_by_others(guards, "owner", &[], "InvalidSeeds");
    for name in ["bob", "bystander", "stranger"] {
        guards.refuse(
            "owner",
            Attack::WrongSigner,
            &format!("{name}, with all of his own but the token account"),
            |world, _| {
                let key = Key::named(name);
                let case = world.request_case(&world.banks[0], &key, NONCE, AMOUNT);
                case.replace("token_account", world.token_account(&alice()))
            },
            KzteError::WrongTokenOwner,
        );
    }
    guards.refuse(
        "owner",
        Attack::ReadOnly,
        "the payer is not writable",
        |_, case| case.readonly("owner"),
        "MissingRequiredSignature",
    );

    money::config(guards, NAME);
    for (flags, error) in [
        (PAUSE_REDEMPTION_REQUEST, KzteError::RedemptionRequestPaused),
        (PAUSE_TRANSFER, KzteError::TransferPaused),
        (PAUSE_ALL, KzteError::RedemptionRequestPaused),
    ] {
        guards.refuse(
            "config",
            Attack::State,
            &format!("paused: {flags:#b}"),
            |world, case| {
                world.pause(flags);
                case
            },
            error,
        );
    }
    guards.accept("config", "only minting is paused", |world, case| {
        world.pause(PAUSE_MINT);
        case
    });

    money::state(guards, NAME, "issuer");
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's, and nothing else of it",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
        "InvalidSeeds",
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the same bank's of the other configuration, with its redemption and escrow",
        |world, case| {
            let (bic, owner) = (world.banks[0].bic, alice().address());
            let second = world.second();
            let case = case.replace("issuer", second.issuer(&bic));
            let case = case.replace("redemption", second.redemption(&bic, &owner, NONCE));
            case.replace("escrow", second.escrow(&bic))
        },
        KzteError::WrongConfig,
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
    for status in [ISSUER_SUSPENDED, ISSUER_WIND_DOWN] {
        guards.accept("issuer", "suspended or in wind-down", |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.status = status);
            case
        });
    }
    for (note, pending, count) in [
        ("its open redemptions fill 64 bits", u64::MAX - AMOUNT + 1, 1),
        ("its open redemptions are as many as can be", 1, u32::MAX),
    ] {
        guards.refuse(
            "issuer",
            Attack::Boundary,
            note,
            |world, case| {
                let bank = world.banks[0];
                world.tamper_issuer(&bank, |issuer| {
                    (issuer.pending, issuer.pending_count) = (pending, count)
                });
                case
            },
            KzteError::AmountOverflow,
        );
    }
    guards.accept("issuer", "its open redemptions just fit", |world, case| {
        let bank = world.banks[0];
        world.tamper_issuer(&bank, |issuer| {
            (issuer.pending, issuer.pending_count) = (u64::MAX - AMOUNT, u32::MAX - 1);
        });
        case
    });
    money::written(guards, NAME, "issuer", "ConstraintMut");

    money::instead(
        guards,
        "redemption",
        Attack::WrongAddress,
        &[
            ("of another nonce", |world, _| {
                world
                    .deployment
                    .redemption(&world.banks[0].bic, &alice().address(), NONCE + 1)
            }),
            ("bob's", |world, _| redemption_of(world, &bob())),
            ("at the other bank", |world, _| {
                world
                    .deployment
                    .redemption(&world.banks[1].bic, &alice().address(), NONCE)
            }),
            ("nowhere", |_, _| nowhere("a redemption")),
        ],
        "InvalidSeeds",
    );
    guards.refuse(
        "redemption",
        Attack::Exists,
        "open already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        "AccountAlreadyInUse",
    );
    guards.accept(
        "redemption",
        "somebody sent lamports to the address before",
        |world, case| {
            world
                .chain
                .fund(&case.address("redemption"), 890_880)
                .expect("lamports");
            case
        },
    );
    money::written(guards, NAME, "redemption", "PrivilegeEscalation");
    money::mint(guards);

    money::token_account(guards, "token_account", TokenRefusals::by_the_program());
    money::instead(
        guards,
        "token_account",
        Attack::WrongHolder,
        &[
            ("bob's", |world, _| world.token_account(&bob())),
            ("bob's, who lets alice spend it", |world, _| {
                let (account, delegate, owner) =
                    (world.token_account(&bob()), alice().address(), bob().address());
                let approve =
                    instruction::approve_checked(&world.deployment, account, delegate, owner, AMOUNT);
                world.must(&[approve], &[bob()]);
                account
            }),
            ("the other bank's escrow", |world, _| {
                world.deployment.escrow(&world.banks[1].bic)
            }),
            ("alice's, who gave it to a stranger", |world, case| {
                let stranger = world.keys.stranger.address();
                money::hand_over(world, &case.address("token_account"), &stranger);
                case.address("token_account")
            }),
        ],
        KzteError::WrongTokenOwner,
    );
    guards.refuse(
        "token_account",
        Attack::State,
        "frozen",
        |world, case| {
            world.freeze(&alice());
            case
        },
        KzteError::TokenAccountFrozen,
    );
    guards.refuse(
        "token_account",
        Attack::State,
        "empty",
        |world, case| {
            let account = money::second_account(world, &alice());
            case.replace("token_account", account)
        },
        KzteError::InsufficientTokens,
    );
    money::written(guards, NAME, "token_account", "ConstraintMut");

    other_escrows(guards, "InvalidSeeds");
    money::written(guards, NAME, "escrow", "ConstraintMut");

    money::instead(
        guards,
        "block",
        Attack::WrongAddress,
        &[
            ("bob's", |world, _| world.deployment.block(&bob().address())),
            ("alice's of the other configuration", |world, _| {
                world.second().block(&alice().address())
            }),
            ("of her token account", |world, _| {
                world.deployment.block(&world.token_account(&alice()))
            }),
            ("nowhere", |_, _| nowhere("a block")),
        ],
        KzteError::WrongAddress,
    );
    guards.refuse(
        "block",
        Attack::State,
        "alice is blocked",
        |world, case| {
            world.block(&alice().address());
            case
        },
        KzteError::WalletBlocked,
    );
    guards.refuse(
        "block",
        Attack::State,
        "alice is blocked, and bob's block is passed",
        |world, case| {
            world.block(&alice().address());
            case.replace("block", world.deployment.block(&bob().address()))
        },
        KzteError::WrongAddress,
    );
    guards.accept("block", "lamports at the address are no block", |world, case| {
        world
            .chain
            .fund(&case.address("block"), 5_000_000)
            .expect("lamports");
        case
    });
    money::signing_authority(guards, "permanent_delegate");
    money::token_program(guards);
    money::system_program(guards);
    money::left_out(guards, NAME);

    guards.refuse(
        "nonce",
        Attack::Boundary,
        "not the one of the address",
        |world, case| {
            let other = world.request_case(&world.banks[0], &alice(), NONCE + 1, AMOUNT);
            other.replace("redemption", case.address("redemption"))
        },
        "InvalidSeeds",
    );
    guards.accept("nonce", "the highest", |world, _| {
        world.request_case(&world.banks[0], &alice(), u64::MAX, AMOUNT)
    });
    for (note, amount, error) in [
        ("none", 0, KzteError::ZeroAmount),
        (
            "one tiyn more than the account holds",
            1_001,
            KzteError::InsufficientTokens,
        ),
        ("the highest", u64::MAX, KzteError::InsufficientTokens),
    ] {
        guards.refuse(
            "amount",
            Attack::Boundary,
            note,
            |world, _| request(world, amount),
            error,
        );
    }
    guards.accept("amount", "all that the account holds", |world, _| {
        request(world, 1_000)
    });
    guards.accept("amount", "one tiyn", |world, _| request(world, 1));
    money::cut_off(guards, "payout_hash", 0);
}

#[test]
fn requesting_books_and_tells_every_field() {
    let mut world = holding();
    let bank = world.banks[0];
    let (owner, now) = (alice().address(), world.now());
    world.advance(17);
    let receipt = {
        let case = world.request_case(&bank, &alice(), NONCE, AMOUNT);
        world
            .auditor
            .knows_redemption(bank.bic, case.address("redemption"));
        assert_ok(&mut world, &case)
    };
    let payout_hash = World::<kzte_harness::TestChain>::payout_hash(&alice(), NONCE);
    let address = redemption_of(&world, &alice());
    let expected = events::RedemptionRequested {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: owner,
        reference_hash: payout_hash,
        redemption: address,
        owner,
        nonce: NONCE,
        amount: AMOUNT,
        due_at: now + 17 + REDEMPTION_SLA,
    };
    assert_eq!(receipt.events, [Event::RedemptionRequested(expected)]);

    let account = redemption(&world, &alice());
    assert_eq!(
        (account.version, account.overdue, account.reserved),
        (ACCOUNT_VERSION, 0, [0; 5])
    );
    assert_eq!(
        (account.issuer, account.owner),
        (world.deployment.issuer(&bank.bic), owner)
    );
    assert_eq!(
        (account.nonce, account.amount, account.payout_hash),
        (NONCE, AMOUNT, payout_hash)
    );
    assert_eq!(
        (account.requested_at, account.due_at),
        (now + 17, now + 17 + REDEMPTION_SLA)
    );
    assert_eq!(
        (
            world.holding(&alice()),
            world.balance(&world.deployment.escrow(&bank.bic))
        ),
        (600, AMOUNT)
    );
    let issuer = world.issuer(&bank);
    assert_eq!(
        (issuer.pending, issuer.pending_count, issuer.overdue_count),
        (AMOUNT, 1, 0)
    );
    world.check_invariants("after the request");
}

/// The delegate would move anybody's tokens: what counts is that their owner signs.
#[test]
fn request_for_somebody_elses_tokens_rejects() {
    let mut world = holding();
    let bank = world.banks[0];
    let case = world.request_case(&bank, &bob(), NONCE, 1_000);
    let case = case.replace("token_account", world.token_account(&alice()));
    assert_refused(&mut world, &case, KzteError::WrongTokenOwner);
}

#[test]
fn blocked_wallet_rejects_requesting() {
    let mut world = holding();
    let bank = world.banks[0];
    world.block(&alice().address());
    let case = world.request_case(&bank, &alice(), NONCE, AMOUNT);
    assert_refused(&mut world, &case, KzteError::WalletBlocked);
    let case = case.replace("block", world.deployment.block(&bob().address()));
    assert_refused(&mut world, &case, KzteError::WrongAddress);
}

#[test]
fn frozen_account_rejects_requesting() {
    let mut world = holding();
    let bank = world.banks[0];
    world.freeze(&alice());
    let case = world.request_case(&bank, &alice(), NONCE, AMOUNT);
    assert_refused(&mut world, &case, KzteError::TokenAccountFrozen);
}

#[test]
fn paused_requests_reject() {
    let mut world = holding();
    let bank = world.banks[0];
    let case = world.request_case(&bank, &alice(), NONCE, AMOUNT);
    world.pause(PAUSE_REDEMPTION_REQUEST);
    assert_refused(&mut world, &case, KzteError::RedemptionRequestPaused);
    world.resume(PAUSE_REDEMPTION_REQUEST);
    world.pause(PAUSE_TRANSFER);
    assert_refused(&mut world, &case, KzteError::TransferPaused);
}

#[test]
fn request_for_more_than_is_held_rejects() {
    let mut world = holding();
    let bank = world.banks[0];
    for (amount, error) in [(0, KzteError::ZeroAmount), (1_001, KzteError::InsufficientTokens)] {
        let case = world.request_case(&bank, &alice(), NONCE, amount);
        assert_refused(&mut world, &case, error);
    }
    world.request(&bank, &alice(), NONCE, 1_000);
}

/// The permanent delegate moves the tokens, so a holder with CPI Guard can redeem as well.
#[test]
fn guarded_holder_can_request() {
    let mut world = holding();
    let bank = world.banks[0];
    let (account, owner) = (world.token_account(&alice()), alice().address());
    let guard = instruction::enable_cpi_guard(account, owner, owner);
    world.must(&guard, &[alice()]);
    world.request(&bank, &alice(), NONCE, AMOUNT);
    world.check_invariants("after the request");
}

/// A holder may ask a bank for more than it has minted; settling is another matter.
#[test]
fn request_above_what_is_outstanding_opens() {
    let mut world = holding();
    let bank = world.banks[0];
    world.transfer(&money::bystander(), &alice(), 4_000);
    world.request(&bank, &alice(), NONCE, 5_000);
    assert_eq!(world.issuer(&bank).pending, 5_000);
    world.check_invariants("after the request");
}

#[test]
fn tokens_requested_twice_in_one_transaction_reject() {
    let mut world = holding();
    let bank = world.banks[0];
    let first = world.request_case(&bank, &alice(), 1, 1_000).instruction;
    let second = world.request_case(&bank, &alice(), 2, 1).instruction;
    let error = world
        .send_all(&[first, second], &[alice()])
        .expect_err("the same tokens twice");
    assert!(error.is(KzteError::InsufficientTokens), "{error}");
    assert_eq!((world.holding(&alice()), world.issuer(&bank).pending), (1_000, 0));
}

// ── settle_redemption ───────────────────────────────────────────────────────────────────────

/// A settlement by an entry that is not quite the file's, of alice's redemption.
fn bent_settlement(
    world: &World,
    file: &StatementFile,
    index: u32,
    change: impl FnOnce(&mut Entry, &mut Vec<[u8; 32]>),
) -> Case {
    let mut entry = file.entries[index as usize];
    let mut proof = file.proof(index).expect("a proof");
    entry.party = redemption_of(world, &alice()).to_bytes();
    change(&mut entry, &mut proof);
    world.settle_case_with(
        &world.banks[0],
        file.totals.number,
        &alice().address(),
        &entry,
        &proof,
    )
}

fn settle_redemption(guards: &mut Guards) {
    const NAME: &str = "settle_redemption";
    let (world, file) = paid_out();
    let valid = file.clone();
    guards.scene(
        move || world,
        move |world| world.settle_case(&world.banks[0], &valid, 0),
    );

    money::unsigned(guards, "operator");
    money::signed_by_others(
        guards,
        "operator",
        &["the bank's operator"],
        KzteError::NotAuthorized,
    );
    money::config(guards, NAME);
    money::state(guards, NAME, "issuer");
    foreign_issuers(guards, KzteError::NotAuthorized);
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's, and its operator signs",
        |world, case| {
            let other = world.banks[1];
            let case = case.replace("issuer", world.deployment.issuer(&other.bic));
            case.signed_by("operator", other.operator)
        },
        KzteError::WrongIssuer,
    );
    corrupt_books(guards);
    money::written(guards, NAME, "issuer", "ConstraintMut");

    money::state(guards, NAME, "statement");
    guards.refuse(
        "statement",
        Attack::Foreign,
        "the other bank's",
        |world, case| case.replace("statement", world.deployment.statement(&world.banks[1].bic, 1)),
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "statement",
        Attack::Foreign,
        "the same bank's of the other configuration",
        |world, case| case.replace("statement", world.second().statement(&world.banks[0].bic, 1)),
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "statement",
        Attack::Foreign,
        "the same bank's one before",
        |world, case| case.replace("statement", world.deployment.statement(&world.banks[0].bic, 1)),
        KzteError::ProofInvalid,
    );
    money::written(guards, NAME, "statement", "ConstraintMut");

    money::state(guards, NAME, "redemption");
    foreign_redemptions(guards);
    guards.refuse(
        "redemption",
        Attack::Foreign,
        "bob's of the same amount, and he is the owner",
        |world, case| {
            let bobs = redemption_of(world, &bob());
            case.replace("redemption", bobs).replace("owner", bob().address())
        },
        KzteError::ProofInvalid,
    );
    guards.refuse(
        "redemption",
        Attack::State,
        "settled already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        money::absent(NAME, "redemption"),
    );
    guards.refuse(
        "redemption",
        Attack::State,
        "rejected already",
        |world, case| {
            let reject = world.reject_case(&world.banks[0], &case.address("redemption"));
            assert_ok(world, &reject);
            case
        },
        money::absent(NAME, "redemption"),
    );
    money::written(guards, NAME, "redemption", "ConstraintMut");

    other_owners(guards);
    money::written(guards, NAME, "owner", "ConstraintMut");
    money::mint(guards);
    money::written(guards, NAME, "mint", "ConstraintMut");
    other_escrows(guards, SIGNS_FOR_ITSELF);
    money::written(guards, NAME, "escrow", "ConstraintMut");
    money::token_program(guards);
    money::left_out(guards, NAME);
    never_stopped(guards);

    type Change = fn(&mut Entry, &mut Vec<[u8; 32]>);
    let changes: [(&str, &str, Change, KzteError); 18] = [
        (
            "entry.index",
            "one further",
            |entry, _| entry.index += 1,
            KzteError::ProofInvalid,
        ),
        (
            "entry.index",
            "the last one",
            |entry, _| entry.index = 6,
            KzteError::ProofInvalid,
        ),
        (
            "entry.index",
            "one behind the last",
            |entry, _| entry.index = 7,
            KzteError::EntryIndex,
        ),
        (
            "entry.index",
            "the highest",
            |entry, _| entry.index = u32::MAX,
            KzteError::EntryIndex,
        ),
        (
            "entry.amount",
            "one tiyn more",
            |entry, _| entry.amount += 1,
            KzteError::AmountMismatch,
        ),
        (
            "entry.amount",
            "one tiyn less",
            |entry, _| entry.amount -= 1,
            KzteError::AmountMismatch,
        ),
        (
            "entry.amount",
            "none",
            |entry, _| entry.amount = 0,
            KzteError::AmountMismatch,
        ),
        (
            "entry.amount",
            "the highest",
            |entry, _| entry.amount = u64::MAX,
            KzteError::AmountMismatch,
        ),
        (
            "entry.reference_hash",
            "first bit",
            |entry, _| entry.reference_hash[0] ^= 1,
            KzteError::ProofInvalid,
        ),
        (
            "entry.reference_hash",
            "last bit",
            |entry, _| entry.reference_hash[31] ^= 0x80,
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "empty",
            |_, proof| proof.clear(),
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "first node missing",
            |_, proof| *proof = proof.split_off(1),
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "last node missing",
            |_, proof| proof.truncate(2),
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "one node more",
            |_, proof| proof.push([0; 32]),
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "siblings swapped",
            |_, proof| proof.swap(0, 1),
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "the other way round",
            |_, proof| proof.reverse(),
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "a bit of the first node",
            |_, proof| proof[0][0] ^= 1,
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "a bit of the last node",
            |_, proof| proof[2][31] ^= 1,
            KzteError::ProofInvalid,
        ),
    ];
    for (argument, note, change, error) in changes {
        let file = &file;
        guards.refuse(
            argument,
            Attack::Boundary,
            note,
            |world, _| bent_settlement(world, file, 0, change),
            error,
        );
    }
    guards.refuse(
        "entry.amount",
        Attack::Invalid,
        "what was asked for, where a tiyn less was paid",
        |world, _| bent_settlement(world, &file, 4, |entry, _| entry.amount = AMOUNT),
        KzteError::ProofInvalid,
    );
    // Attested entries that are not the payout of this redemption.
    for (note, index, error) in [
        ("a payout to bob", 1, KzteError::ProofInvalid),
        ("a credit that names the redemption", 2, KzteError::ProofInvalid),
        ("a debit that names nobody", 3, KzteError::ProofInvalid),
        ("a payout of one tiyn less", 4, KzteError::AmountMismatch),
        ("a payout of one tiyn more", 5, KzteError::AmountMismatch),
        ("a debit that names alice's wallet", 6, KzteError::ProofInvalid),
    ] {
        let file = &file;
        guards.refuse(
            "entry.index",
            Attack::Invalid,
            note,
            |world, _| bent_settlement(world, file, index, |_, _| ()),
            error,
        );
    }
    money::broken_proof(guards, 3);

    guards.accept(
        "pause_authority",
        "not needed while transfers are open",
        |_, case| case.replace("pause_authority", nowhere("an authority")),
    );
    let (mut world, file) = paid_out();
    world.pause(PAUSE_ALL);
    guards.scene(
        move || world,
        move |world| world.settle_case(&world.banks[0], &file, 0),
    );
    money::signing_authority(guards, "pause_authority");
}

#[test]
fn settling_books_and_tells_every_field() {
    let (mut world, file) = paid_out();
    let bank = world.banks[0];
    let address = redemption_of(&world, &alice());
    let rent = world.expect_account(&address).lamports;
    let before = world.expect_account(&alice().address()).lamports;
    let (supply, position) = (world.supply(), world.issuer(&bank));
    let receipt = world.settle(&bank, &file, 0);
    let expected = events::RedemptionSettled {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: bank.operator.address(),
        reference_hash: file.entries[0].reference_hash,
        redemption: address,
        owner: alice().address(),
        number: 2,
        amount: AMOUNT,
        index: 0,
        reserved: 0,
    };
    assert_eq!(receipt.events, [Event::RedemptionSettled(expected)]);
    assert!(
        world.chain.account(&address).expect("the chain").is_none(),
        "the redemption is gone"
    );
    assert_eq!(world.expect_account(&alice().address()).lamports, before + rent);
    assert_eq!(world.supply(), supply - AMOUNT);
    assert_eq!(
        world.balance(&world.deployment.escrow(&bank.bic)),
        AMOUNT,
        "bob's"
    );
    let issuer = world.issuer(&bank);
    assert_eq!(
        (issuer.minted, issuer.burned),
        (position.minted, position.burned + AMOUNT)
    );
    assert_eq!((issuer.pending, issuer.pending_count), (AMOUNT, 1));
    let statement = fetch::statement(&world.chain, &world.deployment, &bank.bic, 2);
    let statement = statement.expect("a statement").expect("it exists");
    assert_eq!(
        (
            statement.header.settled,
            statement.header.minted,
            statement.header.consumed_count
        ),
        (AMOUNT, 0, 1)
    );
    assert_eq!(statement.bitmap, [1]);
    world.check_invariants("after the settlement");
}

/// Same bank, same amount, same nonce: still another holder's payout.
#[test]
fn payout_of_another_redemption_rejects() {
    let (mut world, file) = paid_out();
    let case = world.settle_case(&world.banks[0], &file, 1);
    let case = case.replace("redemption", redemption_of(&world, &alice()));
    let case = case.replace("owner", alice().address());
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
}

#[test]
fn credit_settled_rejects() {
    let (mut world, file) = paid_out();
    let case = bent_settlement(&world, &file, 2, |_, _| ());
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
}

#[test]
fn payout_off_by_one_tiyn_rejects() {
    let (mut world, file) = paid_out();
    for index in [4, 5] {
        let case = bent_settlement(&world, &file, index, |_, _| ());
        assert_refused(&mut world, &case, KzteError::AmountMismatch);
        let case = bent_settlement(&world, &file, index, |entry, _| entry.amount = AMOUNT);
        assert_refused(&mut world, &case, KzteError::ProofInvalid);
    }
}

#[test]
fn wrong_rent_receiver_rejects() {
    let (mut world, file) = paid_out();
    world.advance(REDEMPTION_SLA);
    let bank = world.banks[0];
    let settle = world.settle_case(&bank, &file, 0);
    let reject = reject_case(&world);
    for case in [settle, reject] {
        for address in [bob().address(), bank.admin.address(), nowhere("a rent receiver")] {
            let case = case.clone().replace("owner", address);
            assert_refused(&mut world, &case, KzteError::WrongOwner);
        }
    }
}

#[test]
fn redemption_settled_twice_in_one_transaction_rejects() {
    let (mut world, file) = paid_out();
    let bank = world.banks[0];
    let settle = world.settle_case(&bank, &file, 0).instruction;
    let error = world
        .send_all(&[settle.clone(), settle], &[bank.operator])
        .expect_err("a double settlement");
    assert_eq!(error.name(), Some("AccountDataTooSmall"), "{error}");
    assert_eq!(
        world.issuer(&bank).pending_count,
        2,
        "the first settlement is undone as well"
    );
}

/// The same address, the same amount, and a new claim: the old payout does not settle it.
#[test]
fn payout_used_again_for_a_reopened_redemption_rejects() {
    let (mut world, file) = paid_out();
    let bank = world.banks[0];
    let case = world.settle_case(&bank, &file, 0);
    assert_ok(&mut world, &case);
    world.request(&bank, &alice(), NONCE, AMOUNT);
    assert_refused(&mut world, &case, KzteError::EntryConsumed);

    // Also when it is reopened within the transaction that settled it.
    let (mut world, file) = paid_out();
    let settle = world.settle_case(&bank, &file, 0).instruction;
    let request = world.request_case(&bank, &alice(), NONCE, AMOUNT).instruction;
    let signers = [bank.operator, alice()];
    let error = world
        .send_all(&[settle.clone(), request.clone(), settle.clone()], &signers)
        .expect_err("a replay");
    assert!(error.is(KzteError::EntryConsumed), "{error}");
    world.must(&[settle, request], &signers);
    assert_eq!(redemption(&world, &alice()).overdue, 0);
    world.check_invariants("after reopening");
}

#[test]
fn unattested_payout_rejects() {
    let (mut world, _) = paid_out();
    let bank = world.banks[0];
    world.advance(60);
    let file = world.post(&bank, &[debit(AMOUNT, redemption_of(&world, &alice()))]);
    for votes in 0..2 {
        let settle = world.settle_case(&bank, &file, 0);
        assert_refused(&mut world, &settle, KzteError::StatementNotEffective);
        let vote = world.attest_case(&bank, &file, &world.keys.attestors[votes]);
        assert_ok(&mut world, &vote);
    }
    world.settle(&bank, &file, 0);
}

#[test]
fn entry_of_another_statement_rejects() {
    let (mut world, first) = paid_out();
    let bank = world.banks[0];
    world.advance(60);
    let second = world.effective(
        &bank,
        &[debit(AMOUNT, redemption_of(&world, &alice())), neutral_debit(1)],
    );
    let owner = alice().address();
    let proof = |file: &StatementFile| file.proof(0).expect("a proof");
    let number = second.totals.number;
    let case = world.settle_case_with(&bank, number, &owner, &first.entries[0], &proof(&first));
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
    let case = world.settle_case_with(&bank, 2, &owner, &second.entries[0], &proof(&second));
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
    world.settle(&bank, &second, 0);
    // Paid twice by mistake, but settled once: the first payout finds no redemption.
    let case = world.settle_case_with(&bank, 2, &owner, &first.entries[0], &proof(&first));
    assert_refused(&mut world, &case, "AccountDataTooSmall");
    world.check_invariants("after all");
}

/// Tokens of another bank: a bank settles no more than it has outstanding itself.
#[test]
fn settlement_above_what_is_outstanding_rejects() {
    // The bank has 1,400 outstanding.
    for (amount, fits) in [(1_400, true), (1_401, false)] {
        let mut world = holding();
        let bank = world.banks[0];
        world.transfer(&money::bystander(), &alice(), 4_000);
        let redemption = world.request(&bank, &alice(), NONCE, amount);
        world.advance(60);
        let file = world.effective(&bank, &[debit(amount, redemption)]);
        let case = world.settle_case(&bank, &file, 0);
        match fits {
            true => drop(assert_ok(&mut world, &case)),
            false => drop(assert_refused(&mut world, &case, KzteError::OutstandingExceeded)),
        }
        world.check_invariants("after the attempt");
    }
}

/// A root whose debits are more than the totals say: attestors signed it all the same, the total is the bound.
#[test]
fn settlement_above_the_debit_total_rejects() {
    for (total, fits) in [(2 * AMOUNT, true), (2 * AMOUNT - 1, false)] {
        let mut world = requested();
        let bank = world.banks[0];
        world.advance(60);
        let lines = [alice(), bob()].map(|holder| debit(AMOUNT, redemption_of(&world, &holder)));
        let file = altered(&world.file(&bank, &lines), |file| {
            file.totals.debit_total = total;
            file.totals.closing = file.totals.opening - total;
        });
        world.post_file(&bank, &file);
        for attestor in world.keys.attestors.into_iter().take(2) {
            let vote = world.attest_case(&bank, &file, &attestor);
            assert_ok(&mut world, &vote);
        }
        world.settle(&bank, &file, 0);
        let case = world.settle_case(&bank, &file, 1);
        match fits {
            true => drop(assert_ok(&mut world, &case)),
            false => drop(assert_refused(&mut world, &case, KzteError::DebitTotalExceeded)),
        }
    }
}

#[test]
fn settling_an_overdue_redemption_opens_minting_again() {
    let (mut world, file) = paid_out();
    let bank = world.banks[0];
    mark_overdue(&mut world, 1);
    world.settle(&bank, &file, 0);
    assert_eq!(world.issuer(&bank).overdue_count, 0);
}

/// Paused transfers stay paused for everybody else.
#[test]
fn settlement_while_paused_leaves_the_pause() {
    let (mut world, file) = paid_out();
    let bank = world.banks[0];
    world.pause(PAUSE_TRANSFER);
    world.settle(&bank, &file, 0);
    world.check_invariants("after the settlement");
    let error = world
        .try_transfer(&alice(), &bob(), 1)
        .expect_err("a paused transfer");
    assert_eq!(error.name(), Some("MintPaused"));
}

/// A bank may hold tokens and redeem them like everybody: its operator is then the owner as well.
fn bank_as_holder() -> (World, Bank, Address) {
    let mut world = holding();
    let bank = world.banks[0];
    world.open_account(&bank.operator.address());
    world.transfer(&alice(), &bank.operator, AMOUNT);
    let redemption = world.request(&bank, &bank.operator, NONCE, AMOUNT);
    world.advance(60);
    (world, bank, redemption)
}

#[test]
fn bank_can_settle_its_own_redemption() {
    let (mut world, bank, redemption) = bank_as_holder();
    let file = world.effective(&bank, &[debit(AMOUNT, redemption)]);
    let case = world.settle_case(&bank, &file, 0);
    assert_ok(&mut world, &case);
    world.check_invariants("after the settlement");
}

#[test]
fn bank_can_reject_its_own_redemption() {
    let (mut world, bank, redemption) = bank_as_holder();
    let case = world.reject_case(&bank, &redemption);
    assert_ok(&mut world, &case);
    world.check_invariants("after the rejection");
}

// ── reject_redemption and cancel_redemption ─────────────────────────────────────────────────

/// What both ways back need of their accounts.
fn giving_back_accounts(guards: &mut Guards, name: &'static str) {
    money::config(guards, name);
    money::state(guards, name, "issuer");
    corrupt_books(guards);
    money::written(guards, name, "issuer", "ConstraintMut");
    money::state(guards, name, "redemption");
    foreign_redemptions(guards);
    guards.refuse(
        "redemption",
        Attack::Foreign,
        "bob's",
        |world, case| {
            let bobs = redemption_of(world, &bob());
            case.replace("redemption", bobs)
        },
        KzteError::WrongOwner,
    );
    guards.refuse(
        "redemption",
        Attack::State,
        "ended already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        money::absent(name, "redemption"),
    );
    money::written(guards, name, "redemption", "ConstraintMut");
    money::mint(guards);
    money::written(guards, name, "mint", "ConstraintMut");
    other_escrows(guards, SIGNS_FOR_ITSELF);
    money::written(guards, name, "escrow", "ConstraintMut");

    money::instead(
        guards,
        "block",
        Attack::WrongAddress,
        &[
            ("of another wallet", |world, _| {
                world.deployment.block(&bob().address())
            }),
            ("of the holder in the other deployment", |world, _| {
                world.second().block(&alice().address())
            }),
            ("nobody's", |_, _| nowhere("a block")),
        ],
        KzteError::WrongAddress,
    );
    guards.accept("block", "of a holder who is blocked", |world, case| {
        world.block(&alice().address());
        case
    });

    money::token_account(guards, "destination", TokenRefusals::by_the_program());
    money::instead(
        guards,
        "destination",
        Attack::WrongHolder,
        &[
            ("bob's", |world, _| world.token_account(&bob())),
            ("the operator's", |world, _| {
                let operator = world.banks[0].operator.address();
                world.open_account(&operator)
            }),
            ("the other bank's escrow", |world, _| {
                world.deployment.escrow(&world.banks[1].bic)
            }),
            ("alice's, who gave it to a stranger", |world, case| {
                let stranger = world.keys.stranger.address();
                money::hand_over(world, &case.address("destination"), &stranger);
                case.address("destination")
            }),
        ],
        KzteError::WrongTokenOwner,
    );
    guards.refuse(
        "destination",
        Attack::State,
        "it takes no transfer without a memo",
        |world, case| {
            require_memo(world, &case.address("destination"));
            case
        },
        "NoMemo",
    );
    guards.accept(
        "destination",
        "another one, when the first takes no transfer",
        |world, case| {
            require_memo(world, &case.address("destination"));
            let account = money::second_account(world, &alice());
            world.tamper(account, |account| {
                account.data.truncate(account.data.len() - MEMO_REQUIRED.len())
            });
            case.replace("destination", account)
        },
    );
    money::written(guards, name, "destination", "ConstraintMut");
    money::token_program(guards);
    money::left_out(guards, name);
    never_stopped(guards);
    for authority in ["freeze_authority", "pause_authority"] {
        guards.accept(
            authority,
            "not needed while nothing is frozen or paused",
            |_, case| case.replace(authority, nowhere("an authority")),
        );
    }
}

/// The extension `MemoTransfer` of Token-2022, switched on: type 8, one byte.
const MEMO_REQUIRED: [u8; 5] = [8, 0, 1, 0, 1];

/// What a holder can do to his own account, to make transfers into it fail.
fn require_memo(world: &mut World, token_account: &Address) {
    world.tamper(token_account, |account| {
        account.data.extend(MEMO_REQUIRED);
        account.lamports += 1_000_000;
    });
}

/// Alice's account is frozen, and in the second form of the scene transfers are paused: now the authorities sign.
fn authorities_that_sign(guards: &mut Guards, build: fn() -> World, valid: fn(&World) -> Case) {
    let frozen = move || {
        let mut world = build();
        world.freeze(&alice());
        world
    };
    guards.scene(frozen, valid);
    money::signing_authority(guards, "freeze_authority");
    let paused = move || {
        let mut world = build();
        world.pause(PAUSE_ALL);
        world
    };
    guards.scene(paused, valid);
    money::signing_authority(guards, "pause_authority");
}

fn reject_case(world: &World) -> Case {
    world.reject_case(&world.banks[0], &redemption_of(world, &alice()))
}

fn reject_redemption(guards: &mut Guards) {
    const NAME: &str = "reject_redemption";
    guards.scene(requested, reject_case);
    money::unsigned(guards, "operator");
    money::signed_by_others(
        guards,
        "operator",
        &["the bank's operator"],
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "operator",
        Attack::WrongSigner,
        "signed by bob",
        |_, case| case.signed_by("operator", bob()),
        KzteError::NotAuthorized,
    );
    foreign_issuers(guards, KzteError::NotAuthorized);
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's, and its operator signs",
        |world, case| {
            let other = world.banks[1];
            let case = case.replace("issuer", world.deployment.issuer(&other.bic));
            case.signed_by("operator", other.operator)
        },
        KzteError::WrongIssuer,
    );
    giving_back_accounts(guards, NAME);
    other_owners(guards);
    guards.refuse(
        "owner",
        Attack::WrongAddress,
        "bob, and his account as destination",
        |world, case| {
            let account = world.token_account(&bob());
            case.replace("owner", bob().address())
                .replace("destination", account)
        },
        KzteError::WrongOwner,
    );
    money::written(guards, NAME, "owner", "ConstraintMut");
    money::cut_off(guards, "reason", 0);
    authorities_that_sign(guards, requested, reject_case);
}

#[test]
fn rejecting_books_and_tells_every_field() {
    let mut world = requested();
    let bank = world.banks[0];
    let address = redemption_of(&world, &alice());
    let rent = world.expect_account(&address).lamports;
    let before = world.expect_account(&alice().address()).lamports;
    let (supply, position) = (world.supply(), world.issuer(&bank));
    let case = reject_case(&world);
    let receipt = assert_ok(&mut world, &case);
    let expected = events::RedemptionRejected {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: bank.operator.address(),
        reference_hash: World::<kzte_harness::TestChain>::payout_hash(&alice(), NONCE),
        redemption: address,
        owner: alice().address(),
        amount: AMOUNT,
        reason: REJECT_REASON,
        reserved: [0; 6],
    };
    assert_eq!(receipt.events, [Event::RedemptionRejected(expected)]);
    gave_back(&mut world, &address, before + rent);
    let issuer = world.issuer(&bank);
    assert_eq!((world.supply(), issuer.burned), (supply, position.burned));
}

/// Alice has her tokens and her rent back, bob's redemption is still open.
fn gave_back(world: &mut World, redemption: &Address, lamports: u64) {
    let bank = world.banks[0];
    assert!(
        world.chain.account(redemption).expect("the chain").is_none(),
        "the redemption is gone"
    );
    assert_eq!(world.expect_account(&alice().address()).lamports, lamports);
    assert_eq!(world.holding(&alice()), 1_000);
    assert_eq!(
        world.balance(&world.deployment.escrow(&bank.bic)),
        AMOUNT,
        "bob's"
    );
    let issuer = world.issuer(&bank);
    assert_eq!((issuer.pending, issuer.pending_count), (AMOUNT, 1));
    world.check_invariants("after giving back");
}

#[test]
fn giving_back_to_somebody_else_rejects() {
    let mut world = leaving();
    let cases = [reject_case(&world), cancel_case(&world)];
    let operators = world.open_account(&world.banks[0].operator.address());
    for case in cases {
        for account in [world.token_account(&bob()), operators] {
            let case = case.clone().replace("destination", account);
            assert_refused(&mut world, &case, KzteError::WrongTokenOwner);
        }
    }
}

/// The tokens of a frozen holder come back, and he still cannot move them; whatever is paused stays paused.
#[test]
fn giving_back_to_a_frozen_holder_leaves_him_frozen() {
    for cancel in [false, true] {
        let mut world = requested();
        let bank = world.banks[0];
        let redemption = redemption_of(&world, &alice());
        world.advance(CANCEL_AFTER);
        world.freeze(&alice());
        world.pause(PAUSE_ALL);
        let case = match cancel {
            true => world.cancel_case(&bank, &redemption, &alice()),
            false => reject_case(&world),
        };
        assert_ok(&mut world, &case);
        let account = fetch::token_account(&world.chain, &world.token_account(&alice()));
        let account = account.expect("a token account").expect("it exists");
        assert_eq!((account.amount, account.frozen), (1_000, true));
        world.check_invariants("after giving back");
        world.resume(PAUSE_ALL);
        let error = world
            .try_transfer(&alice(), &bob(), 1)
            .expect_err("a frozen holder");
        assert_eq!(error.name(), Some("AccountFrozen"));
    }
}

/// An escrow is no way out of the desk's reach: the tokens of a holder who was blocked meanwhile come back frozen, also to
/// an account that he opened for them.
#[test]
fn giving_back_to_a_blocked_holder_freezes_what_comes_back() {
    for cancel in [false, true] {
        let mut world = leaving();
        let fresh = Key::named("a fresh account of alice");
        let account = open_at(&mut world, &fresh, &alice().address());
        world.block(&alice().address());
        let case = match cancel {
            true => cancel_case(&world),
            false => reject_case(&world),
        }
        .replace("destination", account);
        assert_ok(&mut world, &case);
        let account = fetch::token_account(&world.chain, &account);
        let account = account.expect("a token account").expect("it exists");
        assert_eq!((account.amount, account.frozen), (AMOUNT, true));
        world.check_invariants("given back to a blocked holder");
    }
}

/// A paid redemption that the bank rejects all the same: the payout then finds nothing to settle.
#[test]
fn settlement_after_rejection_rejects() {
    let (mut world, file) = paid_out();
    let settle = world.settle_case(&world.banks[0], &file, 0);
    let reject = reject_case(&world);
    assert_ok(&mut world, &reject);
    assert_refused(&mut world, &settle, "AccountDataTooSmall");
    world.check_invariants("after the refusal");
}

/// [`requested`], two days later: the bank has had its time.
fn due() -> World {
    let mut world = requested();
    world.advance(REDEMPTION_SLA);
    world
}

/// [`requested`], and a payout of the term's last second would have come into a statement by now.
fn leaving() -> World {
    let mut world = requested();
    world.advance(CANCEL_AFTER);
    world
}

fn cancel_case(world: &World) -> Case {
    world.cancel_case(&world.banks[0], &redemption_of(world, &alice()), &alice())
}

fn cancel_redemption(guards: &mut Guards) {
    const NAME: &str = "cancel_redemption";
    guards.scene(leaving, cancel_case);
    money::unsigned(guards, "owner");
    money::signed_by_others(guards, "owner", &[], KzteError::WrongOwner);
    guards.refuse(
        "owner",
        Attack::WrongSigner,
        "bob, who has a redemption of his own",
        |_, case| case.signed_by("owner", bob()),
        KzteError::WrongOwner,
    );
    guards.refuse(
        "owner",
        Attack::WrongSigner,
        "bob, with his account as destination",
        |world, case| {
            let account = world.token_account(&bob());
            case.signed_by("owner", bob()).replace("destination", account)
        },
        KzteError::WrongOwner,
    );
    guards.refuse(
        "owner",
        Attack::ReadOnly,
        "who gets the rent is not writable",
        |_, case| case.readonly("owner"),
        "MissingRequiredSignature",
    );
    foreign_issuers(guards, KzteError::WrongIssuer);
    giving_back_accounts(guards, NAME);
    guards.refuse(
        "redemption",
        Attack::Boundary,
        "a second too early",
        |world, case| {
            world.advance(-1);
            case
        },
        KzteError::RedemptionNotDue,
    );
    authorities_that_sign(guards, leaving, cancel_case);
}

#[test]
fn redemption_that_may_have_been_paid_rejects_cancelling() {
    let mut world = requested();
    let due_at = redemption(&world, &alice()).due_at;
    let case = cancel_case(&world);
    assert_refused(&mut world, &case, KzteError::RedemptionNotDue);
    for moment in [due_at, due_at + MAX_STATEMENT_AGE - 1] {
        world.chain.warp_to(moment);
        assert_refused(&mut world, &case, KzteError::RedemptionNotDue);
    }
    // The policy of today counts, whichever it was at the request.
    let longer = world.set_policy_case(MAX_STATEMENT_AGE + 1, 1);
    assert_ok(&mut world, &longer);
    world.chain.warp_to(due_at + MAX_STATEMENT_AGE);
    assert_refused(&mut world, &case, KzteError::RedemptionNotDue);
    world.chain.warp_to(due_at + MAX_STATEMENT_AGE + 1);
    assert_ok(&mut world, &case);
}

#[test]
fn cancelling_by_somebody_else_rejects() {
    let mut world = leaving();
    let bank = world.banks[0];
    for key in [bob(), bank.operator, world.keys.compliance] {
        let case = cancel_case(&world).signed_by("owner", key);
        assert_refused(&mut world, &case, KzteError::WrongOwner);
    }
    let case = cancel_case(&world).unsigned("owner");
    assert_refused(&mut world, &case, "MissingRequiredSignature");
}

#[test]
fn cancelling_books_and_tells_every_field() {
    let mut world = leaving();
    let bank = world.banks[0];
    let address = redemption_of(&world, &alice());
    let rent = world.expect_account(&address).lamports;
    let before = world.expect_account(&alice().address()).lamports;
    let case = cancel_case(&world);
    let receipt = assert_ok(&mut world, &case);
    let expected = events::RedemptionCancelled {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: alice().address(),
        reference_hash: World::<kzte_harness::TestChain>::payout_hash(&alice(), NONCE),
        redemption: address,
        owner: alice().address(),
        amount: AMOUNT,
    };
    assert_eq!(receipt.events, [Event::RedemptionCancelled(expected)]);
    gave_back(&mut world, &address, before + rent);
}

#[test]
fn settlement_after_cancelling_rejects() {
    let (mut world, file) = paid_out();
    let settle = world.settle_case(&world.banks[0], &file, 0);
    world.advance(CANCEL_AFTER);
    let cancel = cancel_case(&world);
    assert_ok(&mut world, &cancel);
    assert_refused(&mut world, &settle, "AccountDataTooSmall");
    world.check_invariants("after the refusal");
}

// ── flag_overdue ────────────────────────────────────────────────────────────────────────────

/// [`requested`], a second after the term.
fn overdue() -> World {
    let mut world = due();
    world.advance(1);
    world
}

fn flag_case(world: &World) -> Case {
    world.flag_case(&world.banks[0], &redemption_of(world, &alice()))
}

/// Flags a holder's redemption at the first bank.
#[track_caller]
fn flag(world: &mut World, holder: &Key) {
    let case = world.flag_case(&world.banks[0], &redemption_of(world, holder));
    assert_ok(world, &case);
}

fn flag_overdue(guards: &mut Guards) {
    const NAME: &str = "flag_overdue";
    guards.scene(overdue, flag_case);
    money::unsigned(guards, "caller");
    for (name, key) in World::bare().keys.all() {
        guards.accept("caller", name, |_, case| case.signed_by("caller", key));
    }
    for (name, key) in [("the holder", alice()), ("another holder", bob())] {
        guards.accept("caller", name, |_, case| case.signed_by("caller", key));
    }
    guards.accept("caller", "the bank itself", |world, case| {
        case.signed_by("caller", world.banks[0].operator)
    });
    guards.accept("caller", "the other bank", |world, case| {
        case.signed_by("caller", world.banks[1].operator)
    });

    money::config(guards, NAME);
    guards.accept("config", "everything paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });
    guards.accept(
        "config",
        "the term became longer since: the old one counts",
        |world, case| {
            let policy = world.set_policy_case(3 * DAY, 2 * REDEMPTION_SLA);
            assert_ok(world, &policy);
            case
        },
    );
    guards.refuse(
        "config",
        Attack::State,
        "the term became shorter since: the old one counts",
        |world, case| {
            world.advance(-REDEMPTION_SLA);
            let policy = world.set_policy_case(3 * DAY, 1);
            assert_ok(world, &policy);
            world.advance(3_600);
            case
        },
        KzteError::RedemptionNotOverdue,
    );

    money::state(guards, NAME, "issuer");
    foreign_issuers(guards, KzteError::WrongIssuer);
    for (status, note) in [
        (ISSUER_SUSPENDED, "suspended"),
        (ISSUER_WIND_DOWN, "winding down"),
        (ISSUER_CLOSED, "closed"),
    ] {
        guards.accept("issuer", note, |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.status = status);
            case
        });
    }
    guards.accept("issuer", "with a stale report", |world, case| {
        world.advance(100 * DAY);
        case
    });
    guards.refuse(
        "issuer",
        Attack::Boundary,
        "as many are overdue as can be counted",
        |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.overdue_count = u32::MAX);
            case
        },
        KzteError::AmountOverflow,
    );
    guards.accept("issuer", "one less than can be counted", |world, case| {
        let bank = world.banks[0];
        world.tamper_issuer(&bank, |issuer| issuer.overdue_count = u32::MAX - 1);
        case
    });
    money::written(guards, NAME, "issuer", "ConstraintMut");

    money::state(guards, NAME, "redemption");
    foreign_redemptions(guards);
    guards.refuse(
        "redemption",
        Attack::Foreign,
        "of the other bank, and overdue there, to stop this one's minting",
        |world, case| {
            let (other, holder) = (world.banks[1], alice());
            world.transfer(&money::bystander(), &holder, 1);
            let redemption = world.request(&other, &holder, 99, 1);
            world.advance(REDEMPTION_SLA + 1);
            case.replace("redemption", redemption)
        },
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "redemption",
        Attack::Foreign,
        "of the other configuration, with its bank",
        |world, case| {
            let (bic, owner) = (world.banks[0].bic, money::bystander().address());
            let second = world.second();
            case.replace("issuer", second.issuer(&bic)).replace(
                "redemption",
                second.redemption(&bic, &owner, money::BYSTANDER_NONCE),
            )
        },
        KzteError::WrongConfig,
    );
    guards.accept("redemption", "bob's", |world, case| {
        let bobs = redemption_of(world, &bob());
        case.replace("redemption", bobs)
    });
    guards.refuse(
        "redemption",
        Attack::Boundary,
        "due this second: the holder may take it back, and nobody flag it",
        |world, case| {
            let due_at = redemption(world, &alice()).due_at;
            world.chain.warp_to(due_at);
            case
        },
        KzteError::RedemptionNotOverdue,
    );
    guards.refuse(
        "redemption",
        Attack::State,
        "requested this second",
        |world, case| {
            let requested_at = redemption(world, &alice()).requested_at;
            world.chain.warp_to(requested_at);
            case
        },
        KzteError::RedemptionNotOverdue,
    );
    guards.accept("redemption", "due a second ago", |world, case| {
        let due_at = redemption(world, &alice()).due_at;
        world.chain.warp_to(due_at + 1);
        case
    });
    guards.refuse(
        "redemption",
        Attack::State,
        "flagged already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "redemption",
        Attack::State,
        "flagged long ago",
        |world, case| {
            assert_ok(world, &case);
            world.advance(100 * DAY);
            case
        },
        KzteError::NothingToChange,
    );
    for (note, end) in [
        ("rejected", reject_case as fn(&World) -> Case),
        ("cancelled", cancel_case),
    ] {
        guards.refuse(
            "redemption",
            Attack::State,
            note,
            |world, case| {
                world.advance(MAX_STATEMENT_AGE);
                let end = end(world);
                assert_ok(world, &end);
                case
            },
            money::absent(NAME, "redemption"),
        );
    }
    guards.accept(
        "redemption",
        "of a holder who is frozen and blocked",
        |world, case| {
            world.freeze(&alice());
            world.block(&alice().address());
            case
        },
    );
    money::written(guards, NAME, "redemption", "ConstraintMut");
    event_accounts(guards);
}

#[test]
fn flagging_counts_and_tells_every_field() {
    let mut world = overdue();
    let bank = world.banks[0];
    let address = redemption_of(&world, &alice());
    let (account, books) = (redemption(&world, &alice()), world.issuer(&bank));
    let caller = world.keys.stranger.address();
    let lamports = world.expect_account(&caller).lamports;
    let case = flag_case(&world);
    let receipt = assert_ok(&mut world, &case);
    let expected = events::RedemptionFlagged {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: caller,
        reference_hash: World::<kzte_harness::TestChain>::payout_hash(&alice(), NONCE),
        redemption: address,
        owner: alice().address(),
        amount: AMOUNT,
        due_at: account.due_at,
    };
    assert_eq!(receipt.events, [Event::RedemptionFlagged(expected)]);
    let mut flagged = account;
    flagged.overdue = 1;
    assert_eq!(
        borsh::to_vec(&redemption(&world, &alice())).expect("a redemption"),
        borsh::to_vec(&flagged).expect("a redemption")
    );
    let mut counted = books;
    counted.overdue_count = 1;
    assert_eq!(
        borsh::to_vec(&world.issuer(&bank)).expect("an issuer"),
        borsh::to_vec(&counted).expect("an issuer")
    );
    assert_eq!(
        world.expect_account(&caller).lamports,
        lamports,
        "nobody earns by it"
    );
    world.check_invariants("flagged");
}

/// Deposits at both banks that wait to be minted: two for `mint_many`, one for `mint`.
fn depositing(world: &mut World) -> [StatementFile; 2] {
    world.banks.map(|bank| {
        let lines = [
            credit(10, alice().address()),
            credit(20, alice().address()),
            credit(30, bob().address()),
        ];
        world.effective(&bank, &lines)
    })
}

/// Invariant 10: a flagged redemption halts the minting of its own bank and of no other; both banks go on with
/// everything else. Settled, rejected or cancelled, it opens the minting again.
#[test]
fn a_flagged_redemption_halts_its_own_banks_minting_until_it_ends() {
    for end in ["settled", "rejected", "cancelled"] {
        let mut world = overdue();
        let [bank, other] = world.banks;
        let [own, others] = depositing(&mut world);
        // Overdue and not flagged: nothing has happened yet.
        let early = world.mint_case(&bank, &own, 2);
        assert_ok(&mut world.clone(), &early);

        flag(&mut world, &alice());
        let one = world.mint_case(&bank, &own, 2);
        let many = world.mint_many_case(&bank, &own, 0, 2);
        for case in [&one, &many] {
            assert_refused(&mut world, case, KzteError::RedemptionOverdue);
        }
        for case in [
            world.mint_case(&other, &others, 2),
            world.mint_many_case(&other, &others, 0, 2),
        ] {
            assert_ok(&mut world, &case);
        }
        // A later statement does not help.
        world.advance(60);
        let payout = debit(AMOUNT, redemption_of(&world, &alice()));
        let later = world.effective(&bank, &[payout]);
        for case in [&one, &many] {
            assert_refused(&mut world, case, KzteError::RedemptionOverdue);
        }
        // Invariant 7: nor does it stop anything else.
        world.request(&bank, &alice(), NONCE + 1, 1);
        world.check_invariants("flagged");

        let case = match end {
            "settled" => world.settle_case(&bank, &later, 0),
            "rejected" => reject_case(&world),
            _ => {
                world.advance(MAX_STATEMENT_AGE);
                world.effective(&bank, &[neutral_credit(AMOUNT)]);
                cancel_case(&world)
            }
        };
        assert_ok(&mut world, &case);
        assert_eq!(world.issuer(&bank).overdue_count, 0, "{end}");
        for case in [&one, &many] {
            assert_ok(&mut world, case);
        }
        world.check_invariants(end);
    }
}

/// The minting opens again when the last flagged redemption has ended, not the first.
#[test]
fn two_flagged_redemptions_must_both_end() {
    for holders in [[alice(), bob()], [bob(), alice()]] {
        let mut world = overdue();
        let bank = world.banks[0];
        let [own, _] = depositing(&mut world);
        let mint = world.mint_case(&bank, &own, 2);
        flag(&mut world, &alice());
        flag(&mut world, &bob());
        assert_eq!(world.issuer(&bank).overdue_count, 2);
        for (holder, left) in holders.into_iter().zip([1, 0]) {
            assert_refused(&mut world, &mint, KzteError::RedemptionOverdue);
            let reject = world.reject_case(&bank, &redemption_of(&world, &holder));
            assert_ok(&mut world, &reject);
            assert_eq!(world.issuer(&bank).overdue_count, left);
        }
        assert_ok(&mut world, &mint);
        world.check_invariants("both ended");
    }
}

/// The end of a redemption that nobody flagged takes no flag away from another one.
#[test]
fn an_unflagged_redemption_ends_and_the_flagged_one_still_halts() {
    let mut world = overdue();
    let bank = world.banks[0];
    let [own, _] = depositing(&mut world);
    let mint = world.mint_case(&bank, &own, 2);
    flag(&mut world, &alice());
    let reject = world.reject_case(&bank, &redemption_of(&world, &bob()));
    assert_ok(&mut world, &reject);
    assert_eq!(world.issuer(&bank).overdue_count, 1);
    assert_refused(&mut world, &mint, KzteError::RedemptionOverdue);
}

/// A bank cannot shake the flag off by having the holder's next redemption at the same address: the nonce is free again
/// when a redemption has ended, and the new one starts with a term of its own.
#[test]
fn a_new_redemption_at_the_same_address_starts_unflagged() {
    let mut world = overdue();
    let bank = world.banks[0];
    flag(&mut world, &alice());
    world.advance(MAX_STATEMENT_AGE);
    let cancel = cancel_case(&world);
    assert_ok(&mut world, &cancel);
    world.request(&bank, &alice(), NONCE, AMOUNT);
    assert_eq!(
        (
            redemption(&world, &alice()).overdue,
            world.issuer(&bank).overdue_count
        ),
        (0, 0)
    );
    let case = flag_case(&world);
    assert_refused(&mut world, &case, KzteError::RedemptionNotOverdue);
    world.check_invariants("asked for again");
}

/// Flagged twice in one transaction counts once, because nothing of it counts.
#[test]
fn flagged_twice_in_one_transaction_rejects() {
    let mut world = overdue();
    let bank = world.banks[0];
    let case = flag_case(&world);
    let error = world
        .send_all(
            &[case.instruction.clone(), case.instruction.clone()],
            &case.signers,
        )
        .expect_err("flagged twice");
    assert!(error.is(KzteError::NothingToChange), "{error}");
    assert_eq!(world.issuer(&bank).overdue_count, 0);
}

/// A bank in default may still burn its own stock, which makes it safer.
#[test]
fn a_bank_with_an_overdue_redemption_burns_its_stock() {
    let mut world = overdue();
    let bank = world.banks[0];
    world.open_account(&bank.operator.address());
    world.transfer(&alice(), &bank.operator, 100);
    flag(&mut world, &alice());
    let burn = world.burn_case(&bank, 100);
    assert_ok(&mut world, &burn);
    world.check_invariants("burned");
}
