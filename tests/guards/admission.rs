//! Rejection tests of `admit_holder`: what a bank may thaw where accounts are born frozen, and what it may not.

use kzte_client::{
    Address, Chain, Event, KzteError, SYSTEM_PROGRAM_ID,
    events::HolderAdmitted,
    fetch, instruction,
    state::{ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, PAUSE_ALL},
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, credit,
    key::{hash_of, nowhere},
    money::{self, TokenRefusals},
    world::{DAY, WIDE},
};
use spl_token_2022_interface::instruction::AuthorityType;

use crate::{
    forgeries::{change_owner, city, event_accounts, open_at},
    governance::close,
};

fn newcomer() -> Key {
    Key::named("newcomer")
}

/// Has tokens from before accounts were born frozen.
fn marat() -> Key {
    Key::named("marat")
}

/// Both deployments, in which accounts are born frozen by now. The newcomer has one in each, frozen and empty; marat has
/// 1,000 tiyn of the first bank's.
fn scene() -> World {
    let mut world = city();
    let bank = world.banks[0];
    world.holder("marat");
    world.deposit(&bank, &marat(), 1_000);
    world.set_born_frozen(true);
    world.holder("newcomer");
    world.in_second(|world| {
        world.set_born_frozen(true);
        world.holder("newcomer");
    });
    world
}

fn admit(world: &World) -> Case {
    world.admit_case(&world.banks[0], &newcomer().address())
}

/// The case with another token account and its owner's own block.
fn of(world: &World, case: Case, account: Address, owner: &Address) -> Case {
    case.replace("token_account", account)
        .replace("block", world.deployment.block(owner))
}

fn is_frozen(world: &World, account: &Address) -> bool {
    let account = fetch::token_account(&world.chain, account).expect("a token account");
    account.expect("it exists").frozen
}

pub(crate) fn admit_holder(guards: &mut Guards) {
    const NAME: &str = "admit_holder";
    guards.scene(scene, admit);

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
        "the newcomer",
        |_, case| case.signed_by("operator", newcomer()),
        KzteError::NotAuthorized,
    );

    money::config(guards, NAME);
    guards.refuse(
        "config",
        Attack::State,
        "accounts are born open again",
        |world, case| {
            world.set_born_frozen(false);
            case
        },
        KzteError::NotBornFrozen,
    );
    guards.accept("config", "while everything is paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });

    issuers(guards);
    money::mint(guards);
    token_accounts(guards);
    money::written(guards, NAME, "token_account", "ConstraintMut");
    blocks(guards);
    money::signing_authority(guards, "freeze_authority");
    money::token_program(guards);
    event_accounts(guards);
    money::cut_off(guards, "reference_hash", 0);
}

fn issuers(guards: &mut Guards) {
    money::state(guards, "admit_holder", "issuer");
    money::instead(
        guards,
        "issuer",
        Attack::Foreign,
        &[("the other bank's", |world, _| {
            world.deployment.issuer(&world.banks[1].bic)
        })],
        KzteError::NotAuthorized,
    );
    money::instead(
        guards,
        "issuer",
        Attack::Foreign,
        &[("the same bank's of the other configuration", |world, _| {
            world.second().issuer(&world.banks[0].bic)
        })],
        KzteError::WrongConfig,
    );
    guards.accept("issuer", "any active bank admits", |world, _| {
        world.admit_case(&world.banks[1], &newcomer().address())
    });
    for (note, status) in [
        ("suspended", ISSUER_SUSPENDED),
        ("winding down", ISSUER_WIND_DOWN),
    ] {
        guards.refuse(
            "issuer",
            Attack::State,
            note,
            |world, case| {
                let bank = world.banks[0];
                world.set_status(&bank, status);
                case
            },
            KzteError::IssuerNotActive,
        );
    }
    guards.refuse(
        "issuer",
        Attack::State,
        "closed",
        |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.status = ISSUER_CLOSED);
            case
        },
        KzteError::IssuerNotActive,
    );
    guards.refuse(
        "issuer",
        Attack::State,
        "suspended, and the other bank's operator signs as well",
        |world, case| {
            let [bank, other] = world.banks;
            world.set_status(&bank, ISSUER_SUSPENDED);
            case.signed_by("operator", other.operator)
        },
        KzteError::NotAuthorized,
    );
    guards.accept(
        "issuer",
        "stale, and with an overdue redemption",
        |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.overdue_count = 1);
            world.advance(100 * DAY);
            case
        },
    );
}

fn token_accounts(guards: &mut Guards) {
    money::token_account(guards, "token_account", TokenRefusals::by_the_program());
    money::instead(
        guards,
        "token_account",
        Attack::WrongHolder,
        &[
            (
                "of another frozen newcomer, under this one's block",
                |world, _| {
                    let other = world.holder("another newcomer");
                    world.token_account(&other)
                },
            ),
            ("handed over to a blocked wallet", |world, case| {
                let account = case.address("token_account");
                money::hand_over(world, &account, &money::blocked().address());
                account
            }),
        ],
        KzteError::WrongAddress,
    );
    guards.refuse(
        "token_account",
        Attack::WrongHolder,
        "handed over to a blocked wallet, whose block is passed",
        |world, case| {
            let (account, blocked) = (case.address("token_account"), money::blocked().address());
            money::hand_over(world, &account, &blocked);
            of(world, case, account, &blocked)
        },
        KzteError::WalletBlocked,
    );
    guards.refuse(
        "token_account",
        Attack::State,
        "admitted already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "token_account",
        Attack::State,
        "open, and with tokens",
        |world, case| {
            let account = world.token_account(&marat());
            of(world, case, account, &marat().address())
        },
        KzteError::NothingToChange,
    );
    // The central attack: what the desk has frozen with tokens on it, no bank lets out.
    guards.refuse(
        "token_account",
        Attack::State,
        "frozen by the desk with tokens on it",
        |world, case| {
            world.freeze(&marat());
            let account = world.token_account(&marat());
            of(world, case, account, &marat().address())
        },
        KzteError::AccountNotEmpty,
    );
    guards.refuse(
        "token_account",
        Attack::State,
        "frozen by the desk with all but one tiyn gone",
        |world, case| {
            world.transfer(&marat(), &money::bystander(), 999);
            world.freeze(&marat());
            let account = world.token_account(&marat());
            of(world, case, account, &marat().address())
        },
        KzteError::AccountNotEmpty,
    );
    guards.refuse(
        "token_account",
        Attack::Boundary,
        "one tiyn on it",
        |world, case| {
            world.tamper(case.address("token_account"), |account| account.data[64] = 1);
            case
        },
        KzteError::AccountNotEmpty,
    );
    guards.refuse(
        "token_account",
        Attack::Boundary,
        "2^56 tiyn on it: only the last byte of the amount is not zero",
        |world, case| {
            world.tamper(case.address("token_account"), |account| account.data[71] = 1);
            case
        },
        KzteError::AccountNotEmpty,
    );
    for bank in [0, 1] {
        guards.refuse(
            "token_account",
            Attack::Foreign,
            "the escrow of a bank, which is never frozen",
            |world, case| {
                let escrow = world.deployment.escrow(&world.banks[bank].bic);
                of(world, case, escrow, &escrow)
            },
            KzteError::NothingToChange,
        );
    }
    guards.accept(
        "token_account",
        "another one of the same wallet",
        |world, case| {
            let account = open_at(world, &Key::named("another account"), &newcomer().address());
            case.replace("token_account", account)
        },
    );
    guards.accept(
        "token_account",
        "frozen by the desk when it was empty: only a block keeps the wallet out",
        |world, case| {
            assert_ok(world, &case);
            world.freeze(&newcomer());
            case
        },
    );
    guards.accept("token_account", "emptied by a court's order", |world, case| {
        let treasury = world.open_account(&Key::named("treasury").address());
        world.freeze(&marat());
        let mut terms = world.order_terms("a case", &marat(), &marat(), 1_000);
        terms.destination = treasury;
        world.open_order(&terms);
        let execute = world.execute_order_case(&terms, 1_000);
        assert_ok(world, &execute);
        let account = world.token_account(&marat());
        of(world, case, account, &marat().address())
    });
    guards.accept("token_account", "with a delegate and CPI Guard", |world, case| {
        // Of a frozen account its owner changes nothing, so he comes in, sets both, and is frozen again.
        assert_ok(world, &case);
        let (account, owner) = (case.address("token_account"), newcomer());
        let stranger = world.keys.stranger.address();
        let approve =
            instruction::approve_checked(&world.deployment, account, stranger, owner.address(), u64::MAX);
        let [room, guard] = instruction::enable_cpi_guard(account, owner.address(), owner.address());
        world.must(&[approve, room, guard], &[owner]);
        world.freeze(&owner);
        case
    });
}

fn blocks(guards: &mut Guards) {
    money::instead(
        guards,
        "block",
        Attack::WrongAddress,
        &[
            ("marat's", |world, _| world.deployment.block(&marat().address())),
            ("the newcomer's of the other configuration", |world, _| {
                world.second().block(&newcomer().address())
            }),
            ("of the token account", |world, case| {
                world.deployment.block(&case.address("token_account"))
            }),
            ("of a wallet that is blocked", |world, _| {
                world.deployment.block(&money::blocked().address())
            }),
            ("nowhere", |_, _| nowhere("a block")),
            ("the system program", |_, _| SYSTEM_PROGRAM_ID),
        ],
        KzteError::WrongAddress,
    );
    guards.refuse(
        "block",
        Attack::State,
        "the newcomer is blocked",
        |world, case| {
            world.block(&newcomer().address());
            case
        },
        KzteError::WalletBlocked,
    );
    guards.refuse(
        "block",
        Attack::State,
        "the newcomer is blocked, and another's block is passed",
        |world, case| {
            world.block(&newcomer().address());
            case.replace("block", world.deployment.block(&marat().address()))
        },
        KzteError::WrongAddress,
    );
    guards.accept("block", "another wallet is blocked", |world, case| {
        world.block(&marat().address());
        case
    });
    guards.accept("block", "blocked in the other deployment only", |world, case| {
        world.in_second(|world| world.block(&newcomer().address()));
        case
    });
    guards.accept("block", "lamports at the address are no block", |world, case| {
        world
            .chain
            .fund(&case.address("block"), 5_000_000)
            .expect("lamports");
        case
    });
}

// ── events and effects ──────────────────────────────────────────────────────────────────────

#[test]
fn admitting_opens_the_account_and_tells_every_field() {
    let mut world = scene();
    let (bank, holder) = (world.banks[0], newcomer());
    let account = world.token_account(&holder);
    assert!(is_frozen(&world, &account), "born frozen");
    let error = world
        .try_transfer(&marat(), &holder, 1)
        .expect_err("nobody pays into an account that was not admitted");
    assert_eq!(error.name(), Some("AccountFrozen"), "{error}");

    let case = admit(&world);
    let books = world.issuer(&bank);
    let expected = HolderAdmitted {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: bank.operator.address(),
        reference_hash: hash_of("the verification"),
        token_account: account,
        owner: holder.address(),
    };
    assert_emits(&mut world, &case, &[Event::HolderAdmitted(expected)]);
    assert!(!is_frozen(&world, &account));
    assert_eq!(
        borsh::to_vec(&world.issuer(&bank)).expect("an issuer"),
        borsh::to_vec(&books).expect("an issuer"),
        "the books of the bank do not change"
    );
    world.transfer(&marat(), &holder, 600);
    world.transfer(&holder, &marat(), 100);
    assert_eq!(world.holding(&holder), 500);
    world.check_invariants("after admission and payments");
}

/// Where accounts are born frozen, a deposit of a new customer needs two instructions and one transaction.
#[test]
fn a_new_customer_is_admitted_and_receives_his_deposit_in_one_transaction() {
    let mut world = scene();
    let (bank, holder) = (world.banks[0], newcomer());
    world.advance(60);
    let file = world.effective(&bank, &[credit(700, holder.address())]);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, "AccountFrozen");
    let admit = admit(&world);
    world.must(&[admit.instruction, mint.instruction], &[bank.operator]);
    assert_eq!(world.holding(&holder), 700);
    world.check_invariants("after the deposit");
}

/// The second admission finds nothing to do, and takes the first one back with it.
#[test]
fn the_same_account_twice_in_one_transaction_rejects() {
    let mut world = scene();
    let case = admit(&world);
    let error = world
        .send_all(
            &[case.instruction.clone(), case.instruction.clone()],
            &case.signers,
        )
        .expect_err("admitted twice");
    assert!(error.is(KzteError::NothingToChange), "{error}");
    assert!(is_frozen(&world, &case.address("token_account")));
}

/// Every way in which a holder might empty an account that the desk has frozen, to have a bank open it again.
#[test]
fn a_frozen_holder_cannot_make_his_account_one_that_a_bank_opens() {
    let mut world = scene();
    let (bank, holder) = (world.banks[0], marat());
    // An account that may change hands, with a delegate and a close authority of the holder's choice.
    let account = open_at(
        &mut world,
        &Key::named("marat's other account"),
        &holder.address(),
    );
    let case = world.admit_case(&bank, &holder.address());
    let case = case.replace("token_account", account);
    assert_ok(&mut world, &case);
    let helper = world.keys.stranger;
    let deployment = world.deployment;
    let source = world.token_account(&holder);
    let close_authority = spl_token_2022_interface::instruction::set_authority(
        &kzte_client::TOKEN_PROGRAM_ID,
        &account,
        Some(&helper.address()),
        AuthorityType::CloseAccount,
        &holder.address(),
        &[],
    )
    .expect("an instruction");
    world.must(
        &[
            instruction::transfer_checked(&deployment, source, account, holder.address(), 1_000),
            instruction::approve_checked(&deployment, account, helper.address(), holder.address(), 1_000),
            close_authority,
        ],
        &[holder],
    );
    let freeze = world.freeze_case(&account);
    assert_ok(&mut world, &freeze);

    let owner = holder.address();
    let request = {
        let case = world.request_case(&bank, &holder, 1, 1_000);
        case.replace("token_account", account)
    };
    let attempts = [
        (
            "pays it away",
            instruction::transfer_checked(&deployment, account, source, owner, 1_000),
            holder,
            "AccountFrozen",
        ),
        (
            "has his delegate pay it away",
            instruction::transfer_checked(&deployment, account, source, helper.address(), 1_000),
            helper,
            "AccountFrozen",
        ),
        (
            "burns it",
            instruction::burn_checked(&deployment, account, owner, 1_000),
            holder,
            "AccountFrozen",
        ),
        (
            "has it closed",
            instruction::close_account(account, helper.address(), helper.address()),
            helper,
            "NonNativeHasBalance",
        ),
        (
            "gives it to somebody else",
            change_owner(&account, &owner, &helper.address()),
            holder,
            "AccountFrozen",
        ),
        ("redeems it", request.instruction, holder, "TokenAccountFrozen"),
    ];
    for (what, attempt, signer, expected) in attempts {
        let error = world.send_all(&[attempt], &[signer]).expect_err(what);
        assert_eq!(error.name(), Some(expected), "{what}: {error}");
    }
    for bank in world.banks {
        let case = world.admit_case(&bank, &holder.address());
        let case = case.replace("token_account", account);
        assert_refused(&mut world, &case, KzteError::AccountNotEmpty);
    }
    assert!(is_frozen(&world, &account));
    world.check_invariants("after all attempts");
}

/// A wallet that is to stay out is blocked: then no bank opens any account of it, until the desk unblocks it.
#[test]
fn a_blocked_wallet_stays_out_with_every_account() {
    let mut world = scene();
    let holder = newcomer();
    world.block(&holder.address());
    let second = open_at(&mut world, &Key::named("another account"), &holder.address());
    let first = world.token_account(&holder);
    for bank in world.banks {
        for account in [first, second] {
            let case = world.admit_case(&bank, &holder.address());
            let case = case.replace("token_account", account);
            assert_refused(&mut world, &case, KzteError::WalletBlocked);
        }
    }
    let unblock = world.unblock_case(&holder.address());
    assert_ok(&mut world, &unblock);
    let case = admit(&world);
    assert_ok(&mut world, &case);
}

/// An account opened before the switch is not admitted, and needs it not.
#[test]
fn accounts_from_before_the_switch_go_on() {
    let mut world = scene();
    let bank = world.banks[0];
    world.transfer(&marat(), &money::bystander(), 1);
    let case = world.admit_case(&bank, &marat().address());
    assert_refused(&mut world, &case, KzteError::NothingToChange);
    // And after the switch back nobody is admitted; what was born frozen only the desk opens.
    world.set_born_frozen(false);
    let case = admit(&world);
    assert_refused(&mut world, &case, KzteError::NotBornFrozen);
    world.thaw(&newcomer());
    world.transfer(&marat(), &newcomer(), 1);
}

/// A bank that is closed by the instructions that lead there admits nobody.
#[test]
fn a_closed_bank_admits_nobody() {
    let mut world = scene();
    let bank = Bank::new("KCJBKZKXXXX");
    let register = world.register_case(&bank, WIDE);
    assert_ok(&mut world, &register);
    close(&mut world, &bank);
    let case = world.admit_case(&bank, &newcomer().address());
    assert_refused(&mut world, &case, KzteError::IssuerNotActive);
}
