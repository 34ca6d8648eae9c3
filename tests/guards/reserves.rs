//! Bank statements and the votes on them: `post_statement`, `withdraw_statement`, `attest_statement`,
//! `close_statement`.

use kzte_client::{
    Address, Chain, Event, KzteError, PROGRAM_ID,
    constants::ACCOUNT_VERSION,
    decode::StatementAccount,
    events, fetch, instruction,
    reserve::StatementFile,
    state::{
        ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, IssuerRole, PAUSE_ALL, STATEMENT_EFFECTIVE,
        STATEMENT_POSTED, Statement,
    },
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_ok, assert_refused, credit,
    key::nowhere,
    money::{self, altered},
    neutral_credit, neutral_debit,
};
use kzte_ledger::MAX_ENTRIES;

kzte_harness::guard_tests!("reserves": post_statement, withdraw_statement, attest_statement, close_statement);

/// Statement `number` of a bank as it lies on the chain.
fn statement(world: &World, bank: &Bank, number: u64) -> StatementAccount {
    let statement = fetch::statement(&world.chain, &world.deployment, &bank.bic, number);
    statement.expect("a statement").expect("it exists")
}

/// The town, where the first bank's statement 1 is effective and an hour old, and its statement 2 as of half an hour
/// ago, not posted.
fn next_statement() -> (World, StatementFile) {
    let mut world = money::town();
    let bank = world.banks[0];
    let alice = world.holder("alice");
    world.effective(
        &bank,
        &[
            credit(700, alice.address()),
            neutral_credit(10_000),
            neutral_debit(200),
        ],
    );
    world.advance(3_600);
    let lines = [
        credit(400, alice.address()),
        neutral_credit(90),
        neutral_debit(250),
    ];
    let file = world.file_as_of(&bank, &lines, world.now() - 1_800);
    (world, file)
}

/// [`next_statement`], and it is posted.
fn posted_statement() -> (World, StatementFile) {
    let (mut world, file) = next_statement();
    let bank = world.banks[0];
    world.post_file(&bank, &file);
    (world, file)
}

/// The town, where the first bank's statement 1 is effective and its two actionable entries are consumed.
fn exhausted_statement() -> (World, StatementFile) {
    let mut world = money::town();
    let bank = world.banks[0];
    let alice = world.holder("alice");
    let lines = [
        credit(700, alice.address()),
        neutral_credit(10_000),
        credit(300, alice.address()),
    ];
    let file = world.effective(&bank, &lines);
    world.mint(&bank, &file, 0);
    world.mint(&bank, &file, 2);
    (world, file)
}

// ── post_statement ──────────────────────────────────────────────────────────────────────────

fn post_statement(guards: &mut Guards) {
    const NAME: &str = "post_statement";
    let (world, file) = next_statement();
    let bank = world.banks[0];
    let valid = file.clone();
    guards.scene(move || world, move |world| world.post_case(&bank, &valid));

    money::unsigned(guards, "operator");
    money::signed_by_others(
        guards,
        "operator",
        &["the bank's operator"],
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "operator",
        Attack::ReadOnly,
        "the payer is not writable",
        |_, case| case.readonly("operator"),
        "MissingRequiredSignature",
    );

    money::config(guards, NAME);

    money::state(guards, NAME, "issuer");
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's, and its statement",
        |world, case| {
            let other = world.banks[1].bic;
            let case = case.replace("issuer", world.deployment.issuer(&other));
            case.replace("statement", world.deployment.statement(&other, 2))
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's, and the statement stays",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
        "InvalidSeeds",
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the same bank's of the other configuration, and its statement",
        |world, case| {
            let case = case.replace("issuer", world.second().issuer(&bank.bic));
            case.replace("statement", world.second().statement(&bank.bic, 2))
        },
        KzteError::WrongConfig,
    );
    guards.refuse(
        "issuer",
        Attack::State,
        "closed",
        |world, case| {
            world.tamper_issuer(&bank, |issuer| issuer.status = ISSUER_CLOSED);
            case
        },
        KzteError::IssuerClosed,
    );
    for status in [ISSUER_SUSPENDED, ISSUER_WIND_DOWN] {
        guards.accept("issuer", "suspended or in wind-down", |world, case| {
            world.tamper_issuer(&bank, |issuer| issuer.status = status);
            case
        });
    }
    guards.accept("config", "everything paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });

    money::instead(
        guards,
        "statement",
        Attack::WrongAddress,
        &[
            ("the address of the number after", |world, _| {
                world.deployment.statement(&world.banks[0].bic, 3)
            }),
            ("the address of the number before", |world, _| {
                world.deployment.statement(&world.banks[0].bic, 1)
            }),
            ("the other bank's", |world, _| {
                world.deployment.statement(&world.banks[1].bic, 2)
            }),
            ("the other configuration's", |world, _| {
                world.second().statement(&world.banks[0].bic, 2)
            }),
            ("nowhere", |_, _| nowhere("a statement")),
        ],
        "InvalidSeeds",
    );
    guards.refuse(
        "statement",
        Attack::Exists,
        "posted already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        "AccountAlreadyInUse",
    );
    money::written(guards, NAME, "statement", "PrivilegeEscalation");
    guards.accept(
        "statement",
        "somebody sent lamports to the address before",
        |world, case| {
            world
                .chain
                .fund(&case.address("statement"), 890_880)
                .expect("lamports");
            case
        },
    );
    money::system_program(guards);

    // Arguments: each case posts a changed copy of the file.
    type Change = fn(&mut StatementFile);
    let (head, now) = (file.totals.as_of - 1_800, file.totals.as_of + 1_800);
    let mut refuse = |argument: &str, attack, note: &str, change: &dyn Fn(&mut StatementFile), expected| {
        let bend = |world: &mut World, _| world.post_case(&bank, &altered(&file, |file| change(file)));
        guards.refuse(argument, attack, note, bend, expected);
    };
    let numbers: [(&str, Change); 3] = [
        ("one too high", |file| file.totals.number += 1),
        ("zero", |file| file.totals.number = 0),
        ("the highest", |file| file.totals.number = u64::MAX),
    ];
    for (note, change) in numbers {
        refuse(
            "args.number",
            Attack::Boundary,
            note,
            &change,
            KzteError::StatementNumber,
        );
    }
    let openings: [(&str, Change); 2] = [
        ("one tiyn above the last closing", |file| {
            file.totals.opening += 1;
            file.totals.closing += 1;
        }),
        ("one tiyn below the last closing", |file| {
            file.totals.opening -= 1;
            file.totals.closing -= 1;
        }),
    ];
    for (note, change) in openings {
        refuse(
            "args.opening",
            Attack::Boundary,
            note,
            &change,
            KzteError::OpeningBalance,
        );
    }
    let balances: [(&str, &str, Change); 8] = [
        ("args.credit_total", "one tiyn more", |file| {
            file.totals.credit_total += 1
        }),
        ("args.credit_total", "one tiyn less", |file| {
            file.totals.credit_total -= 1
        }),
        ("args.credit_total", "beyond 64 bits with the opening", |file| {
            file.totals.credit_total = u64::MAX
        }),
        ("args.debit_total", "one tiyn more", |file| {
            file.totals.debit_total += 1
        }),
        ("args.debit_total", "one tiyn less", |file| {
            file.totals.debit_total -= 1
        }),
        ("args.debit_total", "more than there is, closing wraps", |file| {
            file.totals.debit_total = file.totals.opening + file.totals.credit_total + 1;
            file.totals.closing = u64::MAX;
        }),
        ("args.closing", "one tiyn more", |file| file.totals.closing += 1),
        ("args.closing", "one tiyn less", |file| file.totals.closing -= 1),
    ];
    for (argument, note, change) in balances {
        refuse(
            argument,
            Attack::Boundary,
            note,
            &change,
            KzteError::ClosingBalance,
        );
    }
    for (note, as_of) in [
        ("of the last one", head),
        ("a second before the last one", head - 1),
        ("the earliest", i64::MIN),
    ] {
        let change = move |file: &mut StatementFile| file.totals.as_of = as_of;
        refuse(
            "args.as_of",
            Attack::Boundary,
            note,
            &change,
            KzteError::StatementNotLater,
        );
    }
    for (note, as_of) in [("in a second", now + 1), ("the latest", i64::MAX)] {
        let change = move |file: &mut StatementFile| file.totals.as_of = as_of;
        refuse(
            "args.as_of",
            Attack::Boundary,
            note,
            &change,
            KzteError::StatementInFuture,
        );
    }
    refuse(
        "args.entry_count",
        Attack::Boundary,
        "one above the limit",
        &|file| file.totals.entry_count = MAX_ENTRIES + 1,
        KzteError::TooManyEntries,
    );
    refuse(
        "args.entry_count",
        Attack::Invalid,
        "none, but totals",
        &|file| {
            file.totals.entry_count = 0;
            file.totals.actionable_count = 0;
        },
        KzteError::EntryCount,
    );
    refuse(
        "args.actionable_count",
        Attack::Boundary,
        "one more than entries",
        &|file| file.totals.actionable_count = file.totals.entry_count + 1,
        KzteError::EntryCount,
    );
    // Accounts that one call cannot create, refused before the count is looked at.
    for (note, entry_count, error) in [
        (
            "one more than an account of a call carries",
            80_193,
            "InvalidRealloc",
        ),
        ("the highest", u32::MAX, "InvalidArgument"),
    ] {
        guards.refuse(
            "args.entry_count",
            Attack::Invalid,
            note,
            |world, _| {
                world.post_case(
                    &bank,
                    &altered(&file, |file| file.totals.entry_count = entry_count),
                )
            },
            error,
        );
    }
    let mut accept = |argument: &str, note: &str, change: &dyn Fn(&mut StatementFile)| {
        let bend = |world: &mut World, _| world.post_case(&bank, &altered(&file, |file| change(file)));
        guards.accept(argument, note, bend);
    };
    accept("args.as_of", "a second after the last one", &move |file| {
        file.totals.as_of = head + 1
    });
    accept("args.as_of", "now", &move |file| file.totals.as_of = now);
    accept("args.entry_count", "the most", &|file| {
        file.totals.entry_count = MAX_ENTRIES
    });
    accept("args.entry_count", "none, and nothing moved", &|file| {
        let totals = &mut file.totals;
        (totals.entry_count, totals.actionable_count) = (0, 0);
        (totals.credit_total, totals.debit_total, totals.closing) = (0, 0, totals.opening);
    });
    accept("args.actionable_count", "as many as entries", &|file| {
        file.totals.actionable_count = file.totals.entry_count;
    });
    accept("args.debit_total", "all that there is", &|file| {
        file.totals.debit_total = file.totals.opening + file.totals.credit_total;
        file.totals.closing = 0;
    });

    // Hashes: the program cannot know better, the attestors must, and their digest binds both.
    money::cut_off(guards, "args.source_hash", 0);
    money::cut_off(guards, "args.entries_root", 32);
    money::left_out(guards, NAME);
}

#[test]
fn posting_writes_and_tells_every_field() {
    let (mut world, file) = next_statement();
    let bank = world.banks[0];
    let case = world.post_case(&bank, &file);
    let receipt = assert_ok(&mut world, &case);

    let (issuer, actor) = (world.deployment.issuer(&bank.bic), bank.operator.address());
    let totals = file.totals;
    let expected = events::StatementPosted {
        config: world.deployment.config,
        issuer,
        actor,
        reference_hash: file.source_hash,
        entries_root: file.entries_root,
        number: 2,
        opening: 10_500,
        credit_total: 490,
        debit_total: 250,
        closing: 10_740,
        as_of: world.now() - 1_800,
        entry_count: 3,
        actionable_count: 1,
    };
    assert_eq!(receipt.events, [Event::StatementPosted(expected)]);

    let account = statement(&world, &bank, 2);
    assert_eq!(account.bitmap, [0]);
    let Statement {
        version,
        bump: _,
        status,
        approvals,
        attestor_set_version,
        consumed_count,
        reserved,
        issuer: of,
        payer,
        entries_root,
        source_hash,
        minted,
        settled,
        ..
    } = account.header;
    assert_eq!(account.header.totals(), totals);
    assert_eq!(
        (version, status, approvals),
        (ACCOUNT_VERSION, STATEMENT_POSTED, 0)
    );
    assert_eq!((attestor_set_version, consumed_count, reserved), (1, 0, 0));
    assert_eq!((of, payer, minted, settled), (issuer, actor, 0, 0));
    assert_eq!((entries_root, source_hash), (file.entries_root, file.source_hash));
    // Posting moves nothing at the bank.
    let head = world.issuer(&bank);
    assert_eq!((head.statement_number, head.closing_balance), (1, 10_500));
}

#[test]
fn second_open_statement_rejects() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    // Number 3 does not follow the last effective statement, and number 2 is taken.
    let third = altered(&file, |file| {
        file.totals.number = 3;
        file.totals.opening = file.totals.closing;
        file.totals.closing = file.totals.opening + file.totals.credit_total - file.totals.debit_total;
        file.totals.as_of += 1;
    });
    let case = world.post_case(&bank, &third);
    assert_refused(&mut world, &case, KzteError::StatementNumber);
    let other = altered(&file, |file| file.source_hash = [9; 32]);
    let case = world.post_case(&bank, &other);
    assert_refused(&mut world, &case, "AccountAlreadyInUse");
}

#[test]
fn effective_statement_posted_again_rejects() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    world.attest(&bank, &file);
    let case = world.post_case(&bank, &file);
    assert_refused(&mut world, &case, "AccountAlreadyInUse");
}

/// Numbers only grow, so a closed statement cannot come back with its bits unset.
#[test]
fn closed_statement_posted_again_rejects() {
    let (mut world, file) = exhausted_statement();
    let bank = world.banks[0];
    let close = world.close_case(&bank, 1);
    assert_ok(&mut world, &close);
    let case = world.post_case(&bank, &file);
    assert_refused(&mut world, &case, KzteError::StatementNumber);
    // Nor in the same transaction.
    let (mut world, file) = exhausted_statement();
    let post = world.post_case(&bank, &file);
    let close = world.close_case(&bank, 1);
    let signers = [world.keys.stranger, bank.operator];
    let error = world
        .send_all(&[close.instruction, post.instruction], &signers)
        .expect_err("a revival");
    assert!(error.is(KzteError::StatementNumber), "{error}");
    assert_eq!(statement(&world, &bank, 1).header.consumed_count, 2);
}

// ── withdraw_statement ──────────────────────────────────────────────────────────────────────

/// The operator was rotated after he had posted, so the one who withdraws is not the one who gets the rent.
fn rotated_operator() -> (World, StatementFile, Key) {
    let (mut world, file) = posted_statement();
    let poster = world.banks[0].operator;
    let successor = Key::named("the new operator");
    world
        .chain
        .fund(&successor.address(), 1_000_000_000)
        .expect("lamports");
    let bank = world.banks[0];
    world.tamper_issuer(&bank, |issuer| issuer.operator = successor.address());
    world.banks[0].operator = successor;
    (world, file, poster)
}

fn withdraw_rotated(world: &World, poster: &Key) -> Case {
    let bank = world.banks[0];
    let (own, payer) = (bank.operator.address(), poster.address());
    let instruction = instruction::withdraw_statement(&world.deployment, &bank.bic, own, 2, payer);
    Case::new("withdraw_statement", instruction, &[bank.operator])
}

fn withdraw_statement(guards: &mut Guards) {
    const NAME: &str = "withdraw_statement";
    let (world, file, poster) = rotated_operator();
    let bank = world.banks[0];
    guards.scene(move || world, move |world| withdraw_rotated(world, &poster));

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
        "the operator of before, who posted it",
        |_, case| {
            case.replace("payer", nowhere("nobody"))
                .signed_by("operator", poster)
        },
        KzteError::NotAuthorized,
    );
    money::config(guards, NAME);
    money::state(guards, NAME, "issuer");
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the same bank's of the other configuration",
        |world, case| case.replace("issuer", world.second().issuer(&bank.bic)),
        KzteError::WrongConfig,
    );
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
        |world, case| case.replace("statement", world.second().statement(&bank.bic, 1)),
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "statement",
        Attack::State,
        "effective",
        |world, case| {
            world.attest(&bank, &file);
            case
        },
        KzteError::StatementEffective,
    );
    guards.refuse(
        "statement",
        Attack::State,
        "effective and older",
        |world, case| case.replace("statement", world.deployment.statement(&bank.bic, 1)),
        KzteError::StatementEffective,
    );
    guards.refuse(
        "statement",
        Attack::State,
        "withdrawn already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        money::absent(NAME, "statement"),
    );
    money::written(guards, NAME, "statement", "ConstraintMut");
    money::instead(
        guards,
        "payer",
        Attack::WrongAddress,
        &[
            ("the bank's admin", |world, _| world.banks[0].admin.address()),
            ("the other bank's operator", |world, _| {
                world.banks[1].operator.address()
            }),
            ("a stranger", |world, _| world.keys.stranger.address()),
            ("nobody", |_, _| nowhere("a rent receiver")),
        ],
        KzteError::WrongRentReceiver,
    );
    money::written(guards, NAME, "payer", "ConstraintMut");
    money::left_out(guards, NAME);
    guards.accept("config", "everything paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });
    guards.accept("statement", "with one vote", |world, case| {
        let vote = world.attest_case(&bank, &file, &world.keys.attestors[0]);
        assert_ok(world, &vote);
        case
    });
}

/// The usual case: who withdraws is who posted, so the signer is also the receiver of the rent.
#[test]
fn operator_who_posted_can_withdraw() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let operator = bank.operator.address();
    let rent = world
        .expect_account(&world.deployment.statement(&bank.bic, 2))
        .lamports;
    let before = world.expect_account(&operator).lamports;
    let case = world.withdraw_case(&bank, 2);
    let receipt = assert_ok(&mut world, &case);
    let expected = events::StatementWithdrawn {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: operator,
        reference_hash: file.source_hash,
        number: 2,
    };
    assert_eq!(receipt.events, [Event::StatementWithdrawn(expected)]);
    assert_eq!(world.expect_account(&operator).lamports, before + rent);
}

#[test]
fn withdrawal_returns_the_rent_and_tells_every_field() {
    let (mut world, file, poster) = rotated_operator();
    let bank = world.banks[0];
    let address = world.deployment.statement(&bank.bic, 2);
    let rent = world.expect_account(&address).lamports;
    let before = world.expect_account(&poster.address()).lamports;
    let case = withdraw_rotated(&world, &poster);
    let receipt = assert_ok(&mut world, &case);
    let expected = events::StatementWithdrawn {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: bank.operator.address(),
        reference_hash: file.source_hash,
        number: 2,
    };
    assert_eq!(receipt.events, [Event::StatementWithdrawn(expected)]);
    assert!(
        world.chain.account(&address).expect("the chain").is_none(),
        "the statement is gone"
    );
    assert_eq!(world.expect_account(&poster.address()).lamports, before + rent);
}

/// A replacement starts without the votes of what it replaces, and those votes do not fit it.
#[test]
fn vote_for_a_withdrawn_posting_rejects() {
    let (mut world, file, poster) = rotated_operator();
    let bank = world.banks[0];
    let [central, custodian, _] = world.keys.attestors;
    let early = world.attest_case(&bank, &file, &custodian);
    let vote = world.attest_case(&bank, &file, &central);
    assert_ok(&mut world, &vote);
    let withdraw = withdraw_rotated(&world, &poster);
    assert_ok(&mut world, &withdraw);

    let replacement = altered(&file, |file| file.source_hash = [7; 32]);
    world.post_file(&bank, &replacement);
    assert_eq!(statement(&world, &bank, 2).header.approvals, 0);
    // Prepared for the first posting, sent after the second.
    assert_refused(&mut world, &early, KzteError::DigestMismatch);
    world.attest(&bank, &replacement);
    assert_eq!(statement(&world, &bank, 2).header.status, STATEMENT_EFFECTIVE);
}

/// A vote for exactly the same statement stays good: it says the same.
#[test]
fn vote_survives_an_identical_posting() {
    let (mut world, file, poster) = rotated_operator();
    let bank = world.banks[0];
    let early = world.attest_case(&bank, &file, &world.keys.attestors[0]);
    let withdraw = withdraw_rotated(&world, &poster);
    assert_ok(&mut world, &withdraw);
    world.post_file(&bank, &file);
    assert_ok(&mut world, &early);
    assert_eq!(statement(&world, &bank, 2).header.approvals, 0b001);
}

// ── attest_statement ────────────────────────────────────────────────────────────────────────

fn attest_statement(guards: &mut Guards) {
    const NAME: &str = "attest_statement";
    let (world, file) = posted_statement();
    let bank = world.banks[0];
    let valid = file.clone();
    guards.scene(
        move || world,
        move |world| world.attest_case(&bank, &valid, &world.keys.attestors[0]),
    );

    money::unsigned(guards, "attestor");
    let attestors = ["attestor 0", "attestor 1", "attestor 2"];
    money::signed_by_others(guards, "attestor", &attestors, KzteError::NotAttestor);
    guards.refuse(
        "attestor",
        Attack::State,
        "has voted",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        KzteError::AlreadyAttested,
    );

    money::config(guards, NAME);
    money::state(guards, NAME, "issuer");
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the same bank's of the other configuration",
        |world, case| case.replace("issuer", world.second().issuer(&bank.bic)),
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
        |world, case| case.replace("statement", world.second().statement(&bank.bic, 1)),
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "statement",
        Attack::State,
        "effective, and older",
        |world, case| case.replace("statement", world.deployment.statement(&bank.bic, 1)),
        KzteError::StatementEffective,
    );
    guards.refuse(
        "statement",
        Attack::State,
        "carried by the other two",
        |world, _| {
            world.attest(&bank, &file);
            world.attest_case(&bank, &file, &world.keys.attestors[2])
        },
        KzteError::StatementEffective,
    );
    money::written(guards, NAME, "statement", "ConstraintMut");
    money::left_out(guards, NAME);

    // The digest binds every field: one changed, and it is the digest of something else.
    type Change = fn(&mut StatementFile);
    let fields: [(&str, Change); 11] = [
        ("number", |file| file.totals.number += 1),
        ("opening", |file| file.totals.opening += 1),
        ("credit total", |file| file.totals.credit_total += 1),
        ("debit total", |file| file.totals.debit_total += 1),
        ("closing", |file| file.totals.closing -= 1),
        ("as of", |file| file.totals.as_of -= 1),
        ("entry count", |file| file.totals.entry_count += 1),
        ("actionable count", |file| file.totals.actionable_count += 1),
        ("root, first byte", |file| file.entries_root[0] ^= 1),
        ("root, last byte", |file| file.entries_root[31] ^= 0x80),
        ("source hash", |file| file.source_hash[16] ^= 1),
    ];
    for (note, change) in fields {
        guards.refuse(
            "digest",
            Attack::Invalid,
            note,
            |world, _| {
                let digest = world.digest(&bank, &altered(&file, change));
                with_digest(world, &bank, digest)
            },
            KzteError::DigestMismatch,
        );
    }
    let of = |program: Address, config: Address, issuer: Address, version| {
        file.digest(&program, &config, &issuer, version)
    };
    guards.refuse(
        "digest",
        Attack::Invalid,
        "of another program",
        |world, _| {
            let (config, issuer) = (world.deployment.config, world.deployment.issuer(&bank.bic));
            with_digest(world, &bank, of(nowhere("a program"), config, issuer, 1))
        },
        KzteError::DigestMismatch,
    );
    guards.refuse(
        "digest",
        Attack::Invalid,
        "of the other configuration",
        |world, _| {
            let (config, issuer) = (world.second().config, world.deployment.issuer(&bank.bic));
            with_digest(world, &bank, of(PROGRAM_ID, config, issuer, 1))
        },
        KzteError::DigestMismatch,
    );
    guards.refuse(
        "digest",
        Attack::Invalid,
        "of the other bank",
        |world, _| {
            let (config, issuer) = (
                world.deployment.config,
                world.deployment.issuer(&world.banks[1].bic),
            );
            with_digest(world, &bank, of(PROGRAM_ID, config, issuer, 1))
        },
        KzteError::DigestMismatch,
    );
    for version in [0, 2] {
        guards.refuse(
            "digest",
            Attack::Boundary,
            "of the attestor set before or after",
            |world, _| {
                let (config, issuer) = (world.deployment.config, world.deployment.issuer(&bank.bic));
                with_digest(world, &bank, of(PROGRAM_ID, config, issuer, version))
            },
            KzteError::DigestMismatch,
        );
    }
    guards.refuse(
        "digest",
        Attack::Invalid,
        "zeros",
        |world, _| with_digest(world, &bank, [0; 32]),
        KzteError::DigestMismatch,
    );
    guards.refuse(
        "digest",
        Attack::Invalid,
        "cut off",
        |_, case| case.data(|data| data.truncate(data.len() - 1)),
        "InvalidInstructionData",
    );
    for (note, status) in [
        ("suspended", ISSUER_SUSPENDED),
        ("winding down", ISSUER_WIND_DOWN),
    ] {
        guards.accept("issuer", note, |world, case| {
            world.set_status(&bank, status);
            case
        });
    }
    guards.refuse(
        "issuer",
        Attack::State,
        "closed while the statement was posted",
        |world, case| {
            world.set_status(&bank, ISSUER_WIND_DOWN);
            world.set_status(&bank, ISSUER_CLOSED);
            case
        },
        KzteError::IssuerClosed,
    );
    guards.accept("config", "everything paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });

    // The configuration does not know the banks, so the set may name who acts for one; his vote does not count there.
    type Seat = (&'static str, fn(&Bank) -> Key);
    let seats: [Seat; 2] = [
        ("the bank's operator", |bank| bank.operator),
        ("the bank's admin", |bank| bank.admin),
    ];
    for (note, seat) in seats {
        let vote = |world: &mut World, key: Key| {
            let set = [world.keys.attestors[0], key];
            let change = world.set_attestors_case(&set, 2, 0b01);
            assert_ok(world, &change);
            world.attest_case(&bank, &file, &key)
        };
        guards.refuse(
            "attestor",
            Attack::Invalid,
            &format!("{note}, named as attestor"),
            |world, _| vote(world, seat(&bank)),
            KzteError::RoleConflict,
        );
        guards.accept(
            "attestor",
            &format!("{note} by name, but of another bank"),
            |world, _| vote(world, seat(&world.banks[1])),
        );
    }
    for (note, role) in [("operator", IssuerRole::Operator), ("admin", IssuerRole::Admin)] {
        guards.refuse(
            "attestor",
            Attack::State,
            &format!("left the set, became the bank's {note}, and came back to the set"),
            |world, case| {
                let [central, custodian, auditor] = world.keys.attestors;
                let without = world.set_attestors_case(&[custodian, auditor], 2, 0b01);
                let nominate = world.nominate_issuer_case(&bank, role, &central.address());
                let accept = world.accept_issuer_case(&bank, role, &central);
                let with = world.set_attestors_case(&[central, custodian, auditor], 2, 0b01);
                for step in [without, nominate, accept, with] {
                    assert_ok(world, &step);
                }
                case
            },
            KzteError::RoleConflict,
        );
        guards.accept(
            "attestor",
            &format!("nominated as the bank's {note} only after he left"),
            |world, _| {
                let [central, custodian, auditor] = world.keys.attestors;
                let without = world.set_attestors_case(&[custodian, auditor], 2, 0b01);
                let nominate = world.nominate_issuer_case(&bank, role, &central.address());
                let with = world.set_attestors_case(&[central, custodian, auditor], 2, 0b01);
                for step in [without, nominate, with] {
                    assert_ok(world, &step);
                }
                world.attest_case(&bank, &file, &central)
            },
        );
    }
}

/// The central bank's vote under any digest, for statement 2.
fn with_digest(world: &World, bank: &Bank, digest: [u8; 32]) -> Case {
    let attestor = world.keys.attestors[0];
    let instruction =
        instruction::attest_statement(&world.deployment, &bank.bic, attestor.address(), 2, digest);
    Case::new("attest_statement", instruction, &[attestor])
}

#[test]
fn votes_carry_a_statement_and_tell_every_field() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let [central, custodian, _] = world.keys.attestors;
    let digest = world.digest(&bank, &file);
    let event = |world: &World, actor: &Key, approvals, effective| {
        Event::StatementAttested(events::StatementAttested {
            config: world.deployment.config,
            issuer: world.deployment.issuer(&bank.bic),
            actor: actor.address(),
            reference_hash: digest,
            number: 2,
            closing: 10_740,
            attestor_set_version: 1,
            approvals,
            effective,
            reserved: [0; 2],
        })
    };

    let first = world.attest_case(&bank, &file, &custodian);
    let receipt = assert_ok(&mut world, &first);
    assert_eq!(receipt.events, [event(&world, &custodian, 0b010, 0)]);
    let head = world.issuer(&bank);
    assert_eq!((head.statement_number, head.closing_balance), (1, 10_500));
    assert_eq!(statement(&world, &bank, 2).header.status, STATEMENT_POSTED);

    let second = world.attest_case(&bank, &file, &central);
    let receipt = assert_ok(&mut world, &second);
    assert_eq!(receipt.events, [event(&world, &central, 0b011, 1)]);
    let head = world.issuer(&bank);
    assert_eq!(
        (head.statement_number, head.closing_balance, head.statement_as_of),
        (2, 10_740, file.totals.as_of)
    );
    assert_eq!(statement(&world, &bank, 2).header.status, STATEMENT_EFFECTIVE);
}

/// Two of three have voted, but not the one whose vote is mandatory: no statement, no tokens.
#[test]
fn votes_without_the_mandatory_one_do_not_carry() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let [central, custodian, auditor] = world.keys.attestors;
    for attestor in [custodian, auditor] {
        let case = world.attest_case(&bank, &file, &attestor);
        assert_ok(&mut world, &case);
    }
    let header = statement(&world, &bank, 2).header;
    assert_eq!((header.status, header.approvals), (STATEMENT_POSTED, 0b110));
    assert_eq!(world.issuer(&bank).statement_number, 1);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::StatementNotEffective);

    let case = world.attest_case(&bank, &file, &central);
    assert_ok(&mut world, &case);
    assert_eq!(statement(&world, &bank, 2).header.status, STATEMENT_EFFECTIVE);
    assert_ok(&mut world, &mint);
}

#[test]
fn one_vote_does_not_carry() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let case = world.attest_case(&bank, &file, &world.keys.attestors[0]);
    assert_ok(&mut world, &case);
    assert_eq!(statement(&world, &bank, 2).header.status, STATEMENT_POSTED);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::StatementNotEffective);
}

/// The same attestor in one transaction twice: counted once, and refused.
#[test]
fn second_vote_of_an_attestor_rejects() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let central = world.keys.attestors[0];
    let vote = world.attest_case(&bank, &file, &central).instruction;
    let error = world
        .send_all(&[vote.clone(), vote], &[central])
        .expect_err("two votes of one");
    assert!(error.is(KzteError::AlreadyAttested), "{error}");
    assert_eq!(
        statement(&world, &bank, 2).header.approvals,
        0,
        "the first vote is undone as well"
    );
}

#[test]
fn attestors_can_vote_in_one_transaction() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let [central, custodian, _] = world.keys.attestors;
    let votes = [central, custodian].map(|attestor| world.attest_case(&bank, &file, &attestor).instruction);
    let receipt = world.must(&votes, &[central, custodian]);
    assert_eq!(receipt.events.len(), 2);
    assert_eq!(statement(&world, &bank, 2).header.status, STATEMENT_EFFECTIVE);
}

/// Votes under a set that was replaced count no more, though every key and seat is the same.
#[test]
fn votes_of_a_replaced_set_do_not_count() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let keys = world.keys.attestors;
    let [central, custodian, auditor] = keys;
    let first = world.attest_case(&bank, &file, &central);
    let prepared = world.attest_case(&bank, &file, &auditor);
    assert_ok(&mut world, &first);
    let change = world.set_attestors_case(&keys, 2, 0b001);
    assert_ok(&mut world, &change);

    // What was signed for the set of before is the digest of another set.
    assert_refused(&mut world, &prepared, KzteError::DigestMismatch);
    assert_refused(&mut world, &first, KzteError::DigestMismatch);
    // The custodian's would have been the second vote.
    let case = world.attest_case(&bank, &file, &custodian);
    assert_ok(&mut world, &case);
    let header = statement(&world, &bank, 2).header;
    assert_eq!(
        (header.status, header.approvals, header.attestor_set_version),
        (STATEMENT_POSTED, 0b010, 2)
    );
    let case = world.attest_case(&bank, &file, &central);
    assert_ok(&mut world, &case);
    assert_eq!(statement(&world, &bank, 2).header.status, STATEMENT_EFFECTIVE);
}

#[test]
fn attestor_of_a_replaced_set_rejects() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let [central, custodian, auditor] = world.keys.attestors;
    let change = world.set_attestors_case(&[central, custodian], 2, 0b01);
    assert_ok(&mut world, &change);
    let case = world.attest_case(&bank, &file, &auditor);
    assert_refused(&mut world, &case, KzteError::NotAttestor);
}

/// Free seats hold the zero address, which is the system program's and signs nothing; a set of one has seven.
#[test]
fn free_seats_do_not_vote() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let [central, custodian, _] = world.keys.attestors;
    let change = world.set_attestors_case(&[central], 1, 0b1);
    assert_ok(&mut world, &change);
    let case = world.attest_case(&bank, &file, &custodian);
    assert_refused(&mut world, &case, KzteError::NotAttestor);
    let zero = world
        .attest_case(&bank, &file, &central)
        .replace("attestor", Default::default())
        .unsigned("attestor");
    assert_refused(&mut world, &zero, "MissingRequiredSignature");
    let case = world.attest_case(&bank, &file, &central);
    assert_ok(&mut world, &case);
    assert_eq!(statement(&world, &bank, 2).header.status, STATEMENT_EFFECTIVE);
}

/// Seat 7 is the last bit of the byte: eight attestors, all needed.
#[test]
fn eighth_seat_votes() {
    let (mut world, file) = posted_statement();
    let bank = world.banks[0];
    let seats: Vec<Key> = (0..8).map(|seat| Key::named(&format!("seat {seat}"))).collect();
    let change = world.set_attestors_case(&seats, 8, 0b1000_0000);
    assert_ok(&mut world, &change);
    for (voted, seat) in seats.iter().enumerate() {
        assert_eq!(
            statement(&world, &bank, 2).header.status,
            STATEMENT_POSTED,
            "after {voted} votes"
        );
        let case = world.attest_case(&bank, &file, seat);
        assert_ok(&mut world, &case);
    }
    let header = statement(&world, &bank, 2).header;
    assert_eq!((header.status, header.approvals), (STATEMENT_EFFECTIVE, u8::MAX));
}

// ── close_statement ─────────────────────────────────────────────────────────────────────────

fn close_statement(guards: &mut Guards) {
    const NAME: &str = "close_statement";
    let (world, _) = exhausted_statement();
    let bank = world.banks[0];
    guards.scene(move || world, move |world| world.close_case(&bank, 1));

    money::unsigned(guards, "caller");
    money::config(guards, NAME);
    money::state(guards, NAME, "issuer");
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the other bank's",
        |world, case| case.replace("issuer", world.deployment.issuer(&world.banks[1].bic)),
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the same bank's of the other configuration",
        |world, case| case.replace("issuer", world.second().issuer(&bank.bic)),
        KzteError::WrongConfig,
    );
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
        |world, case| case.replace("statement", world.second().statement(&bank.bic, 1)),
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "statement",
        Attack::State,
        "closed already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        money::absent(NAME, "statement"),
    );
    money::written(guards, NAME, "statement", "ConstraintMut");
    money::instead(
        guards,
        "payer",
        Attack::WrongAddress,
        &[
            ("the bank's admin", |world, _| world.banks[0].admin.address()),
            ("the other bank's operator", |world, _| {
                world.banks[1].operator.address()
            }),
            ("nobody", |_, _| nowhere("a rent receiver")),
        ],
        KzteError::WrongRentReceiver,
    );
    money::written(guards, NAME, "payer", "ConstraintMut");
    money::left_out(guards, NAME);
    guards.accept("config", "everything paused", |world, case| {
        world.pause(PAUSE_ALL);
        case
    });
    guards.accept("issuer", "closed", |world, case| {
        world.tamper_issuer(&bank, |issuer| issuer.status = ISSUER_CLOSED);
        case
    });
}

#[test]
fn closing_returns_the_rent_and_tells_every_field() {
    let (mut world, file) = exhausted_statement();
    let bank = world.banks[0];
    let (address, payer) = (world.deployment.statement(&bank.bic, 1), bank.operator.address());
    let rent = world.expect_account(&address).lamports;
    let before = world.expect_account(&payer).lamports;
    let case = world.close_case(&bank, 1);
    let receipt = assert_ok(&mut world, &case);
    let expected = events::StatementClosed {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: world.keys.stranger.address(),
        reference_hash: file.source_hash,
        number: 1,
        minted: 1_000,
        settled: 0,
    };
    assert_eq!(receipt.events, [Event::StatementClosed(expected)]);
    assert!(
        world.chain.account(&address).expect("the chain").is_none(),
        "the statement is gone"
    );
    assert_eq!(world.expect_account(&payer).lamports, before + rent);
    world.check_invariants("after closing");
}

/// The usual case: the bank that paid the rent takes it back.
#[test]
fn payer_can_close() {
    let (mut world, _) = exhausted_statement();
    let bank = world.banks[0];
    let case = world.close_case(&bank, 1).signed_by("caller", bank.operator);
    assert_ok(&mut world, &case);
}

#[test]
fn statement_with_an_entry_left_rejects_closing() {
    let mut world = money::town();
    let bank = world.banks[0];
    let alice = world.holder("alice");
    let lines = [
        credit(700, alice.address()),
        neutral_credit(10_000),
        credit(300, alice.address()),
    ];
    let file = world.effective(&bank, &lines);
    let case = world.close_case(&bank, 1);
    assert_refused(&mut world, &case, KzteError::StatementNotExhausted);
    world.mint(&bank, &file, 2);
    assert_refused(&mut world, &case, KzteError::StatementNotExhausted);
    world.mint(&bank, &file, 0);
    assert_ok(&mut world, &case);
}

/// A statement that nothing can be consumed of is exhausted from the start, but not before it is effective.
#[test]
fn posted_statement_rejects_closing() {
    let mut world = money::town();
    let bank = world.banks[0];
    let file = world.post(&bank, &[neutral_credit(10_000)]);
    let case = world.close_case(&bank, 1);
    assert_refused(&mut world, &case, KzteError::StatementNotEffective);
    world.attest(&bank, &file);
    assert_ok(&mut world, &case);
    world.check_invariants("after closing");
}

/// The chain goes on behind a closed statement.
#[test]
fn statement_after_a_closed_one_follows() {
    let (mut world, _) = exhausted_statement();
    let bank = world.banks[0];
    let case = world.close_case(&bank, 1);
    assert_ok(&mut world, &case);
    world.advance(1);
    let file = world.effective(&bank, &[neutral_debit(5)]);
    assert_eq!((file.totals.number, file.totals.opening), (2, 11_000));
    world.check_invariants("after the next statement");
}
