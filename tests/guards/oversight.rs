//! Rejection tests of `check_invariants`: anybody may ask, nothing changes, and what is wrong is said in events.

use kzte_client::{
    Account, AccountMeta, Address, ChainError, Event, KzteError, PROGRAM_ID, Signer,
    constants::{MAX_CHECKED_BANKS, VIOLATES_1, VIOLATES_2, VIOLATES_6},
    events::{InvariantsChecked, IssuerChecked},
    fetch, instruction,
    seeds::ESCROW_SEED,
    state::{Config, ISSUER_ACTIVE, ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, Issuer, PAUSE_ALL},
    transaction,
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_ok, assert_refused,
    check::accounts_of,
    credit, guard_tests,
    key::nowhere,
    money, neutral_credit,
    world::{MAX_STATEMENT_AGE, QUOTA, REDEMPTION_SLA, WIDE},
};

use crate::{
    forgeries::{city, event_accounts, forged},
    governance::close,
};

guard_tests! { "oversight": check_invariants }

/// Most banks that a transaction of 1,232 bytes carries with their escrows.
const CARRIED: usize = 12;

/// Where a mint has its supply and a token account its amount.
const SUPPLY: usize = 36;
const HELD: usize = 64;

fn alice() -> Key {
    Key::named("alice")
}

/// Two banks with tokens out and redemptions open, in good order.
fn scene() -> World {
    let mut world = city();
    let bank = world.banks[0];
    world.holder("alice");
    let file = world.effective(&bank, &[credit(9_000, alice().address()), neutral_credit(2_000)]);
    world.mint(&bank, &file, 0);
    world.request(&bank, &alice(), 1, 300);
    world.request(&bank, &alice(), 2, 400);
    world
}

/// The stranger's check of any banks.
fn checking(world: &World, banks: &[Bank]) -> Case {
    let caller = world.keys.stranger;
    let codes: Vec<_> = banks.iter().map(|bank| bank.bic).collect();
    let instruction = instruction::check_invariants(&world.deployment, caller.address(), &codes);
    Case::new("check_invariants", instruction, &[caller])
}

/// Banks of the world up to `count`, registered when they are not yet.
fn many(world: &mut World, count: usize) -> Vec<Bank> {
    let mut banks = world.banks.to_vec();
    for letter in ('A'..='Z').take(count - banks.len()) {
        let bank = Bank::new(&format!("BNK{letter}KZKAXXX"));
        let there = fetch::issuer(&world.chain, &world.deployment, &bank.bic).expect("the chain");
        if there.is_none() {
            let register = world.register_case(&bank, WIDE);
            assert_ok(world, &register);
        }
        banks.push(bank);
    }
    banks
}

fn check_invariants(guards: &mut Guards) {
    const NAME: &str = "check_invariants";
    guards.scene(scene, World::check_invariants_case);
    callers(guards);
    money::state(guards, NAME, "config");
    guards.refuse(
        "config",
        Attack::Foreign,
        "the other configuration",
        |world, case| case.replace("config", world.second().config),
        KzteError::WrongMint,
    );
    guards.refuse(
        "config",
        Attack::Foreign,
        "the other configuration with its mint",
        |world, case| {
            case.replace("config", world.second().config)
                .replace("mint", world.second().mint)
        },
        KzteError::WrongConfig,
    );
    guards.accept("config", "everything paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });
    guards.accept("config", "accounts are born frozen", |world, case| {
        world.set_born_frozen(true);
        case
    });
    money::mint(guards);
    forged(guards, "bank", "issuer", "UninitializedAccount");
    banks(guards);
    escrows(guards);
    pairs(guards);
    event_accounts(guards);
}

fn callers(guards: &mut Guards) {
    money::unsigned(guards, "caller");
    for (name, key) in World::bare().keys.all() {
        guards.accept("caller", name, |_, case| case.signed_by("caller", key));
    }
    guards.accept("caller", "a bank", |world, case| {
        case.signed_by("caller", world.banks[0].operator)
    });
    guards.accept("caller", "a holder", |_, case| case.signed_by("caller", alice()));
}

fn banks(guards: &mut Guards) {
    guards.refuse(
        "bank",
        Attack::Foreign,
        "the same bank's of the other configuration",
        |world, case| case.replace("bank", world.second().issuer(&world.banks[0].bic)),
        KzteError::WrongConfig,
    );
    guards.refuse(
        "bank",
        Attack::Foreign,
        "the same bank's of the other configuration with its escrow",
        |world, case| {
            let bic = world.banks[1].bic;
            case.replace("bank.1", world.second().issuer(&bic))
                .replace("escrow.1", world.second().escrow(&bic))
        },
        KzteError::WrongConfig,
    );
    guards.refuse(
        "bank",
        Attack::Foreign,
        "the other bank's, with the escrow of this one",
        |world, _| {
            let [bank, other] = world.banks;
            checking(world, &[bank]).replace("bank", world.deployment.issuer(&other.bic))
        },
        KzteError::WrongAddress,
    );
    guards.refuse(
        "bank",
        Attack::Foreign,
        "a copy under the program at another address, whose escrow has no address under that bump",
        |world, case| {
            let copy = world.copy_of(case.address("bank"));
            case.replace("bank", copy)
        },
        "InvalidSeeds",
    );
    guards.refuse(
        "bank",
        Attack::Invalid,
        "a bank twice",
        |world, _| {
            let [bank, _] = world.banks;
            checking(world, &[bank, bank])
        },
        KzteError::CheckedBanks,
    );
    guards.refuse(
        "bank",
        Attack::Invalid,
        "a bank again behind the other one",
        |world, _| {
            let [bank, other] = world.banks;
            checking(world, &[bank, other, bank])
        },
        KzteError::CheckedBanks,
    );
    guards.accept("bank", "in the other order", |world, _| {
        let [bank, other] = world.banks;
        checking(world, &[other, bank])
    });
    guards.accept("bank", "one of two", |world, _| {
        checking(world, &[world.banks[1]])
    });
    guards.accept("bank", "none", |world, _| checking(world, &[]));
    guards.accept("bank", "as many as a transaction carries", |world, _| {
        let banks = many(world, CARRIED);
        checking(world, &banks)
    });
    // More need a larger transaction, see below. With one escrow for all of them they fit, and their number is looked at
    // before that.
    for (count, expected) in [
        (MAX_CHECKED_BANKS, KzteError::WrongAddress),
        (MAX_CHECKED_BANKS + 1, KzteError::CheckedBanks),
    ] {
        guards.refuse(
            "bank",
            Attack::Boundary,
            &format!("{count} banks with the escrow of the first one"),
            |world, _| {
                let banks = many(world, count);
                under_one_escrow(checking(world, &banks))
            },
            expected,
        );
    }
    for (note, status) in [
        ("suspended", ISSUER_SUSPENDED),
        ("winding down", ISSUER_WIND_DOWN),
        ("closed", ISSUER_CLOSED),
    ] {
        guards.accept("bank", note, |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.status = status);
            case
        });
    }
    guards.accept("bank", "without any statement", |world, _| {
        let banks = many(world, 3);
        checking(world, &banks)
    });
    guards.accept(
        "bank",
        "with counters that contradict each other",
        |world, case| {
            let bank = world.banks[0];
            world.tamper_issuer(&bank, |issuer| issuer.burned = u64::MAX);
            case
        },
    );
}

fn escrows(guards: &mut Guards) {
    money::instead(
        guards,
        "escrow",
        Attack::Foreign,
        &[
            ("the other bank's", |world, _| {
                world.deployment.escrow(&world.banks[1].bic)
            }),
            ("the same bank's of the other configuration", |world, _| {
                world.second().escrow(&world.banks[0].bic)
            }),
        ],
        KzteError::WrongAddress,
    );
    money::instead(
        guards,
        "escrow",
        Attack::WrongAddress,
        &[
            ("a holder's account", |world, _| world.token_account(&alice())),
            ("a copy of it", |world, case| {
                world.copy_of(case.address("escrow"))
            }),
            ("the bank itself", |_, case| case.address("bank")),
            ("the mint", |world, _| world.deployment.mint),
            ("nowhere", |_, _| nowhere("an escrow")),
        ],
        KzteError::WrongAddress,
    );
    guards.refuse(
        "escrow",
        Attack::Foreign,
        "the escrows in each other's place",
        |_, case| {
            let (one, other) = (case.address("escrow"), case.address("escrow.1"));
            case.replace("escrow", other).replace("escrow.1", one)
        },
        KzteError::WrongAddress,
    );
    guards.refuse(
        "escrow",
        Attack::WrongAddress,
        "the second one's: nowhere",
        |_, case| case.replace("escrow.1", nowhere("an escrow")),
        KzteError::WrongAddress,
    );
    let mut changed = |note: &str, change: fn(&mut Account)| {
        guards.refuse(
            "escrow",
            Attack::WrongOwner,
            note,
            |world, case| {
                world.tamper(case.address("escrow"), change);
                case
            },
            KzteError::NotTokenAccount,
        );
    };
    changed("another program's by now", |account| {
        account.owner = money::P_TOKEN_PROGRAM_ID
    });
    changed("of another mint by now", |account| account.data[0] ^= 1);
    changed("never initialised by now", |account| account.data[108] = 0);
    // An issuer that tells another bump has another escrow, or none.
    guards.refuse(
        "escrow",
        Attack::WrongAddress,
        "the bank tells another bump, which has no address or another one",
        |world, case| {
            let bank = world.banks[0];
            let bump = other_bump(world, &bank);
            world.tamper_issuer(&bank, |issuer| issuer.escrow_bump = bump);
            case
        },
        KzteError::WrongAddress,
    );
}

/// A bump under which the escrow's seeds lead to an address, and not to that of the bank.
fn other_bump(world: &World, bank: &Bank) -> u8 {
    let issuer = world.deployment.issuer(&bank.bic);
    let canonical = world.issuer(bank).escrow_bump;
    let seeds = |bump: u8| {
        let seeds = [ESCROW_SEED, issuer.as_ref(), &[bump]];
        Address::create_program_address(&seeds, &PROGRAM_ID)
    };
    (0..canonical)
        .rev()
        .find(|bump| seeds(*bump).is_ok())
        .expect("another bump")
}

fn pairs(guards: &mut Guards) {
    for (note, left) in [
        ("the last escrow is missing", 3),
        ("the first escrow is missing, and all behind", 1),
    ] {
        guards.refuse(
            "escrow",
            Attack::Invalid,
            note,
            |_, mut case| {
                let fixed = case.place("bank");
                case.instruction.accounts.truncate(fixed + left);
                case
            },
            KzteError::CheckedBanks,
        );
    }
    guards.refuse(
        "escrow",
        Attack::Invalid,
        "the first escrow is missing: the next bank stands in its place",
        |_, mut case| {
            let place = case.place("escrow");
            case.instruction.accounts.remove(place);
            case
        },
        "IllegalOwner",
    );
    guards.refuse(
        "bank",
        Attack::Invalid,
        "escrow before bank",
        |_, mut case| {
            let place = case.place("bank");
            case.instruction.accounts.swap(place, place + 1);
            case
        },
        "IllegalOwner",
    );
    guards.refuse(
        "bank",
        Attack::Invalid,
        "both banks, then both escrows",
        |_, mut case| {
            let place = case.place("bank");
            case.instruction.accounts.swap(place + 1, place + 2);
            case
        },
        "IllegalOwner",
    );
    guards.refuse(
        "bank",
        Attack::Invalid,
        "an account behind that belongs to no pair",
        |world, mut case| {
            let account = world.token_account(&alice());
            case.instruction
                .accounts
                .push(AccountMeta::new_readonly(account, false));
            case
        },
        "IllegalOwner",
    );
    guards.refuse(
        "bank",
        Attack::Invalid,
        "the configuration behind, which is no issuer",
        |world, mut case| {
            let config = world.deployment.config;
            case.instruction
                .accounts
                .push(AccountMeta::new_readonly(config, false));
            case
        },
        "InvalidAccountData",
    );
    guards.refuse(
        "bank",
        Attack::Boundary,
        "a bank behind as many as one instruction looks at, without its escrow",
        |world, _| {
            let banks = many(world, MAX_CHECKED_BANKS + 1);
            let mut case = under_one_escrow(checking(world, &banks));
            case.instruction.accounts.pop();
            case
        },
        KzteError::CheckedBanks,
    );
}

/// Every bank with the escrow of the first one.
fn under_one_escrow(mut case: Case) -> Case {
    let (first, escrow) = (case.place("bank"), case.address("escrow"));
    for pair in case.instruction.accounts[first..].chunks_mut(2) {
        if let [_, second] = pair {
            second.pubkey = escrow;
        }
    }
    case
}

// ── what the events say ─────────────────────────────────────────────────────────────────────

/// What a check of these banks must say, recomputed from the accounts.
fn expected(world: &World, banks: &[Bank], violations: &[u8], all: u8) -> Vec<Event> {
    let (config, actor) = (world.deployment.config, world.keys.stranger.address());
    let mut events = Vec::new();
    let mut total = InvariantsChecked {
        config,
        actor,
        supply: world.supply(),
        outstanding: 0,
        closing: 0,
        pending: 0,
        escrow: 0,
        checked_at: world.now(),
        banks_given: banks.len() as u32,
        banks_registered: configured(world).issuer_count,
        violations: all,
        reserved: [0; 7],
    };
    for (bank, violations) in banks.iter().zip(violations) {
        let issuer = world.issuer(bank);
        let escrow = world.balance(&world.deployment.escrow(&bank.bic));
        let outstanding = match violations & VIOLATES_2 {
            0 => outstanding(&issuer),
            _ => 0,
        };
        let age = world.now() - issuer.statement_as_of;
        let fresh = (0..=MAX_STATEMENT_AGE).contains(&age);
        events.push(Event::IssuerChecked(IssuerChecked {
            config,
            issuer: world.deployment.issuer(&bank.bic),
            actor,
            outstanding,
            closing: issuer.closing_balance,
            pending: issuer.pending,
            escrow,
            quota: issuer.quota,
            as_of: issuer.statement_as_of,
            overdue_count: issuer.overdue_count,
            violations: *violations,
            status: issuer.status,
            fresh: fresh.into(),
            backed: (outstanding <= issuer.closing_balance).into(),
        }));
        total.outstanding = total.outstanding.saturating_add(outstanding);
        total.closing = total.closing.saturating_add(issuer.closing_balance);
        total.pending = total.pending.saturating_add(issuer.pending);
        total.escrow += escrow;
    }
    events.push(Event::InvariantsChecked(total));
    events
}

fn outstanding(issuer: &Issuer) -> u64 {
    issuer.minted + issuer.novated_in - issuer.burned - issuer.novated_out
}

fn configured(world: &World) -> Config {
    fetch::config(&world.chain, &world.deployment).expect("the configuration")
}

/// Checks these banks: the events are those of [`expected`], and nothing changes although everything is writable.
#[track_caller]
fn says(world: &mut World, banks: &[Bank], violations: &[u8], all: u8) -> Vec<Event> {
    assert_eq!(banks.len(), violations.len(), "a bitmap for each bank");
    let mut case = checking(world, banks);
    for meta in &mut case.instruction.accounts {
        meta.is_writable |= !meta.is_signer && meta.pubkey != PROGRAM_ID;
    }
    let before = accounts_of(world, &case);
    let expected = expected(world, banks, violations, all);
    let receipt = assert_ok(world, &case);
    assert_eq!(receipt.events, expected);
    assert_eq!(accounts_of(world, &case), before);
    receipt.events
}

#[test]
fn good_order_is_told_in_full_and_changes_nothing() {
    let mut world = scene();
    let [bank, other] = world.banks;
    let events = says(&mut world, &[bank, other], &[0, 0], 0);
    // The figures once more by hand, for the expectation above is computed like the program's.
    let config = world.deployment.config;
    let actor = world.keys.stranger.address();
    let now = world.now();
    let by_hand = [
        Event::IssuerChecked(IssuerChecked {
            config,
            issuer: world.deployment.issuer(&bank.bic),
            actor,
            outstanding: 9_000,
            closing: 11_000,
            pending: 700,
            escrow: 700,
            quota: QUOTA,
            as_of: now,
            overdue_count: 0,
            violations: 0,
            status: ISSUER_ACTIVE,
            fresh: 1,
            backed: 1,
        }),
        Event::IssuerChecked(IssuerChecked {
            config,
            issuer: world.deployment.issuer(&other.bic),
            actor,
            outstanding: 5_000,
            closing: 6_000,
            pending: 1_000,
            escrow: 1_000,
            quota: QUOTA,
            as_of: now,
            overdue_count: 0,
            violations: 0,
            status: ISSUER_ACTIVE,
            fresh: 1,
            backed: 1,
        }),
        Event::InvariantsChecked(InvariantsChecked {
            config,
            actor,
            supply: 14_000,
            outstanding: 14_000,
            closing: 17_000,
            pending: 1_700,
            escrow: 1_700,
            checked_at: now,
            banks_given: 2,
            banks_registered: 2,
            violations: 0,
            reserved: [0; 7],
        }),
    ];
    assert_eq!(events, by_hand);
    says(&mut world, &[other, bank], &[0, 0], 0);
}

#[test]
fn parts_of_the_banks_and_none_are_told_as_such() {
    let mut world = scene();
    let [bank, other] = world.banks;
    says(&mut world, &[bank], &[0], 0);
    says(&mut world, &[other], &[0], 0);
    says(&mut world, &[], &[], 0);
    let banks = many(&mut world, MAX_CHECKED_BANKS);
    says(&mut world, &banks[..CARRIED], &[0; CARRIED], 0);
    says(&mut world, &banks[3..9], &[0; 6], 0);
    let one_more = checking(&world, &banks[..=CARRIED]);
    let error = world
        .send(&one_more)
        .expect_err("a transaction that is too large");
    assert!(matches!(error, ChainError::TooLarge { .. }), "{error}");
}

/// As many banks as one instruction looks at take a transaction above 1,232 bytes. The runtime in process takes one, as
/// a cluster does in the newer format, and all fits into its limits.
#[test]
fn sixteen_banks_are_checked_at_once_and_seventeen_are_not() {
    let mut world = scene();
    let banks = many(&mut world, MAX_CHECKED_BANKS);
    add(&mut world, Tampered::Supply, 1);
    let mut violations = [0; MAX_CHECKED_BANKS];
    let bank = banks[MAX_CHECKED_BANKS - 1];
    world.tamper_issuer(&bank, |issuer| issuer.pending = 1);
    violations[MAX_CHECKED_BANKS - 1] = VIOLATES_6;
    let expected = expected(&world, &banks, &violations, VIOLATES_1 | VIOLATES_6);
    let case = checking(&world, &banks);
    assert_eq!(send_large(&mut world, &case), Ok(expected));

    let banks = many(&mut world, MAX_CHECKED_BANKS + 1);
    let case = checking(&world, &banks);
    let refusal = send_large(&mut world, &case).expect_err("seventeen banks");
    let code = kzte_client::names::code_of(KzteError::CheckedBanks);
    assert!(refusal.contains(&format!("Custom({code})")), "{refusal}");
    // The last sixteen of the seventeen: one is missing, so nothing is said about the supply.
    let rest = &banks[1..];
    let violations: Vec<u8> = rest
        .iter()
        .map(|it| if it.bic == bank.bic { VIOLATES_6 } else { 0 })
        .collect();
    let expected = self::expected(&world, rest, &violations, VIOLATES_6);
    let case = checking(&world, rest);
    assert_eq!(send_large(&mut world, &case), Ok(expected));
}

/// Sends one instruction of one signer in a transaction of any size, and returns the events of its calls: the client
/// builds none that is larger than a packet.
fn send_large(world: &mut World, case: &Case) -> Result<Vec<Event>, String> {
    let [signer] = case.signers[..] else {
        panic!("one signer")
    };
    let (pair, instruction) = (signer.pair(), &case.instruction);
    let mut readonly: Vec<Address> = Vec::new();
    let others = instruction.accounts.iter().map(|meta| meta.pubkey);
    for address in others.chain([instruction.program_id]) {
        if address != signer.address() && !readonly.contains(&address) {
            readonly.push(address);
        }
    }
    let keys: Vec<Address> = [signer.address()].into_iter().chain(readonly).collect();
    let place = |address: &Address| keys.iter().position(|key| key == address).expect("a key") as u8;
    // A legacy message: one signature, that of the writable payer; everything else is read. All counts are below 128,
    // so each takes one byte.
    let mut message = vec![1, 0, keys.len() as u8 - 1, keys.len() as u8];
    for key in &keys {
        message.extend(key.as_array());
    }
    let blockhash = world.chain.local().svm().latest_blockhash();
    message.extend(blockhash.to_bytes());
    message.extend([1, place(&instruction.program_id)]);
    message.push(instruction.accounts.len() as u8);
    message.extend(instruction.accounts.iter().map(|meta| place(&meta.pubkey)));
    message.push(instruction.data.len() as u8);
    message.extend(&instruction.data);
    let mut bytes = vec![1];
    bytes.extend(pair.sign_message(&message).as_ref());
    bytes.extend(message);

    let limits = transaction::Budget::MAX;
    let mut signed = transaction::build(&[], &pair, &[], blockhash, limits).expect("a transaction");
    signed.transaction = anchor_lang::wincode::deserialize(&bytes).expect("its bytes");
    let result = world
        .chain
        .local_mut()
        .svm_mut()
        .send_transaction(signed.transaction);
    let done = result.map_err(|failed| format!("{:?}", failed.err))?;
    let calls = done.inner_instructions.iter().flatten();
    Ok(calls
        .filter_map(|call| {
            let event = call
                .instruction
                .data
                .strip_prefix(anchor_lang::event::EVENT_IX_TAG_LE)?;
            Event::decode(event)
        })
        .collect())
}

/// A deployment in which nobody has registered yet: all of no banks are given, and the supply is theirs.
#[test]
fn a_deployment_without_banks_is_in_good_order() {
    let mut world = World::bare();
    let initialize = world.initialize_case();
    assert_ok(&mut world, &initialize);
    says(&mut world, &[], &[], 0);
    // A token from nowhere would be seen even here.
    add(&mut world, Tampered::Supply, 1);
    says(&mut world, &[], &[], VIOLATES_1);
}

#[test]
fn freshness_is_told_to_the_second() {
    let mut world = scene();
    let banks = world.banks;
    let as_of = world.issuer(&banks[0]).statement_as_of;
    let fresh = |events: &[Event]| -> Vec<u8> {
        let of = |event: &Event| match event {
            Event::IssuerChecked(checked) => Some(checked.fresh),
            _ => None,
        };
        events.iter().filter_map(of).collect()
    };
    for (time, expected) in [
        (as_of, [1, 1]),
        (as_of + MAX_STATEMENT_AGE, [1, 1]),
        (as_of + MAX_STATEMENT_AGE + 1, [0, 0]),
        (as_of - 1, [0, 0]),
    ] {
        world.chain.warp_to(time);
        let events = says(&mut world, &banks, &[0, 0], 0);
        assert_eq!(fresh(&events), expected, "{} s after", time - as_of);
    }
    // A bank that reports is fresh again, and the other one is not.
    world.chain.warp_to(as_of + MAX_STATEMENT_AGE + 1);
    world.effective(&banks[1], &[neutral_credit(1)]);
    let events = says(&mut world, &banks, &[0, 0], 0);
    assert_eq!(fresh(&events), [0, 1]);
    // The policy of today counts.
    let policy = world.set_policy_case(MAX_STATEMENT_AGE + 1, REDEMPTION_SLA);
    assert_ok(&mut world, &policy);
    let case = world.check_invariants_case();
    let receipt = assert_ok(&mut world, &case);
    assert_eq!(fresh(&receipt.events), [1, 1]);
}

/// Whether a bank's reserve still carries what it owes is told, and is no violation: a statement may fall below what is
/// outstanding while a payout waits for its settlement.
#[test]
fn backing_is_told_to_the_tiyn() {
    let mut world = scene();
    let banks = world.banks;
    for (closing, expected) in [(9_000, 1), (8_999, 0), (0, 0), (u64::MAX, 1)] {
        world.tamper_issuer(&banks[0], |issuer| issuer.closing_balance = closing);
        let events = says(&mut world, &banks, &[0, 0], 0);
        let Event::IssuerChecked(checked) = &events[0] else {
            panic!("{events:?}")
        };
        assert_eq!(checked.backed, expected, "{closing}");
    }
    let events = says(&mut world, &banks, &[0, 0], 0);
    let Event::InvariantsChecked(total) = &events[2] else {
        panic!("{events:?}")
    };
    assert_eq!(
        total.closing,
        u64::MAX,
        "a sum beyond 64 bits is told as the highest"
    );
}

/// Status, overdue redemptions, quota and what a novation moved, after the instructions that lead there.
#[test]
fn what_instructions_lead_to_is_in_good_order() {
    let mut world = scene();
    let [bank, other] = world.banks;
    world.advance(REDEMPTION_SLA + 1);
    for nonce in [1, 2] {
        let redemption = world.deployment.redemption(&bank.bic, &alice().address(), nonce);
        let flag = world.flag_case(&bank, &redemption);
        assert_ok(&mut world, &flag);
    }
    world.set_status(&bank, ISSUER_SUSPENDED);
    world.novate(&bank, &other, 900);
    world.burn_directly(&alice(), 50);
    world.pause(PAUSE_ALL);
    let events = says(&mut world, &[bank, other], &[0, 0], 0);
    let Event::IssuerChecked(checked) = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (checked.status, checked.overdue_count, checked.outstanding),
        (ISSUER_SUSPENDED, 2, 8_100)
    );
    let Event::InvariantsChecked(total) = &events[2] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (total.supply, total.outstanding),
        (13_950, 14_000),
        "what a holder burns by himself is no violation"
    );
    let third = Bank::new("KCJBKZKXXXX");
    let register = world.register_case(&third, WIDE);
    assert_ok(&mut world, &register);
    close(&mut world, &third);
    says(&mut world, &[bank, other, third], &[0, 0, 0], 0);
}

/// Something that is changed past every program.
#[derive(Clone, Copy, Debug)]
enum Tampered {
    Supply,
    Escrow(usize),
}

fn add(world: &mut World, what: Tampered, by: i64) {
    let (address, offset) = match what {
        Tampered::Supply => (world.deployment.mint, SUPPLY),
        Tampered::Escrow(bank) => (world.deployment.escrow(&world.banks[bank].bic), HELD),
    };
    world.tamper(address, |account| {
        let slot = &mut account.data[offset..offset + 8];
        let value = u64::from_le_bytes(slot.try_into().expect("eight bytes"));
        slot.copy_from_slice(&value.checked_add_signed(by).expect("an amount").to_le_bytes());
    });
}

/// Invariant 1: only where every bank is given does the sum say anything about the supply.
#[test]
fn supply_above_the_sum_violates_1_when_all_banks_are_given() {
    let mut world = scene();
    let [bank, other] = world.banks;
    add(&mut world, Tampered::Supply, 1);
    says(&mut world, &[bank, other], &[0, 0], VIOLATES_1);
    for part in [&[bank][..], &[other], &[]] {
        says(&mut world, part, &vec![0; part.len()], 0);
    }
    add(&mut world, Tampered::Supply, -1);
    says(&mut world, &[bank, other], &[0, 0], 0);
    add(&mut world, Tampered::Supply, -1);
    says(&mut world, &[bank, other], &[0, 0], 0);
    // A third bank that owes nothing is missing: again nothing can be said.
    add(&mut world, Tampered::Supply, 2);
    let banks = many(&mut world, 3);
    says(&mut world, &banks[..2], &[0, 0], 0);
    says(&mut world, &banks, &[0, 0, 0], VIOLATES_1);
}

#[test]
fn a_sum_beyond_64_bits_is_above_every_supply() {
    let mut world = scene();
    let banks = world.banks;
    for bank in banks {
        world.tamper_issuer(&bank, |issuer| issuer.minted = u64::MAX);
    }
    world.tamper(world.deployment.mint, |account| {
        account.data[SUPPLY..SUPPLY + 8].fill(u8::MAX)
    });
    let events = says(&mut world, &banks, &[0, 0], 0);
    let Event::InvariantsChecked(total) = &events[2] else {
        panic!("{events:?}")
    };
    assert_eq!((total.supply, total.outstanding), (u64::MAX, u64::MAX));
}

/// What is wrong with the counters, and how it came.
type Corruption = (&'static str, fn(&mut Issuer));

/// Invariant 2: counters that contradict each other count as nothing outstanding, so that invariant 1 is violated with
/// them where tokens are out.
#[test]
fn contradicting_counters_violate_2() {
    let corruptions: [Corruption; 4] = [
        ("burned more than gained", |issuer| {
            issuer.burned = issuer.minted + 1
        }),
        ("given away more than gained", |issuer| {
            issuer.novated_out = issuer.minted + 1
        }),
        ("gained more than 64 bits", |issuer| issuer.novated_in = u64::MAX),
        ("shed more than 64 bits", |issuer| {
            (issuer.burned, issuer.novated_out) = (1, u64::MAX)
        }),
    ];
    for (note, corrupt) in corruptions {
        let mut world = scene();
        println!("{note}");
        let [bank, other] = world.banks;
        world.tamper_issuer(&other, corrupt);
        says(
            &mut world,
            &[bank, other],
            &[0, VIOLATES_2],
            VIOLATES_1 | VIOLATES_2,
        );
        says(&mut world, &[other], &[VIOLATES_2], VIOLATES_2);
        says(&mut world, &[bank], &[0], 0);
    }
    // The last value that holds: everything gained is shed.
    let mut world = scene();
    let [bank, other] = world.banks;
    world.tamper_issuer(&other, |issuer| issuer.burned = issuer.minted);
    add(&mut world, Tampered::Supply, -5_000);
    says(&mut world, &[bank, other], &[0, 0], 0);
}

/// Invariant 6, to the tiyn and for each bank alone.
#[test]
fn an_escrow_below_its_open_redemptions_violates_6() {
    for place in [0, 1] {
        let mut world = scene();
        let banks = world.banks;
        let mut bits = [0, 0];
        add(&mut world, Tampered::Escrow(place), 1);
        says(&mut world, &banks, &bits, 0);
        add(&mut world, Tampered::Escrow(place), -1);
        says(&mut world, &banks, &bits, 0);
        add(&mut world, Tampered::Escrow(place), -1);
        bits[place] = VIOLATES_6;
        says(&mut world, &banks, &bits, VIOLATES_6);
        says(&mut world, &[banks[place]], &[VIOLATES_6], VIOLATES_6);
        says(&mut world, &[banks[1 - place]], &[0], 0);
    }
    // A gift to one escrow does not hide what the other one lacks.
    let mut world = scene();
    let banks = world.banks;
    add(&mut world, Tampered::Escrow(0), 1_000);
    add(&mut world, Tampered::Escrow(1), -1);
    says(&mut world, &banks, &[0, VIOLATES_6], VIOLATES_6);
}

#[test]
fn all_violations_are_told_together() {
    let mut world = scene();
    let banks = world.banks;
    world.tamper_issuer(&banks[0], |issuer| {
        (issuer.burned, issuer.pending) = (u64::MAX, u64::MAX);
    });
    add(&mut world, Tampered::Escrow(1), -1_000);
    says(
        &mut world,
        &banks,
        &[VIOLATES_2 | VIOLATES_6, VIOLATES_6],
        VIOLATES_1 | VIOLATES_2 | VIOLATES_6,
    );
    assert_eq!(
        (VIOLATES_1, VIOLATES_2, VIOLATES_6),
        (1, 2, 32),
        "the published bits"
    );
}

/// A check between two instructions of one transaction sees what the first one did.
#[test]
fn a_check_sees_the_transaction_that_it_stands_in() {
    let mut world = scene();
    let [bank, other] = world.banks;
    let novate = world.novate_case(&bank, &other, 500);
    let check = world.check_invariants_case();
    let receipt = world.must(
        &[check.instruction.clone(), novate.instruction, check.instruction],
        &[bank.operator, other.operator, world.keys.stranger],
    );
    let owed: Vec<u64> = receipt
        .events
        .iter()
        .filter_map(|event| match event {
            Event::IssuerChecked(checked) => Some(checked.outstanding),
            _ => None,
        })
        .collect();
    assert_eq!(owed, [9_000, 5_000, 8_500, 5_500]);
}

/// The number of banks is not the caller's to say: it counts what was ever registered, the closed ones too.
#[test]
fn a_closed_bank_still_counts() {
    let mut world = scene();
    let [bank, other] = world.banks;
    let third = Bank::new("KCJBKZKXXXX");
    let register = world.register_case(&third, WIDE);
    assert_ok(&mut world, &register);
    close(&mut world, &third);
    add(&mut world, Tampered::Supply, 1);
    says(&mut world, &[bank, other], &[0, 0], 0);
    says(&mut world, &[bank, third, other], &[0, 0, 0], VIOLATES_1);
    let twice = checking(&world, &[bank, other, other]);
    assert_refused(&mut world, &twice, KzteError::CheckedBanks);
}
