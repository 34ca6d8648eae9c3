//! Minting against credit entries, burning own stock: `mint`, `mint_many`, `burn`.

use kzte_client::{
    Address, Chain, ChainError, Event, KzteError, Receipt, events, fetch,
    instruction::{self, IssuerLimits},
    reserve::StatementFile,
    state::{
        ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, PAUSE_ALL, PAUSE_MINT, PAUSE_REDEMPTION_REQUEST,
        PAUSE_TRANSFER,
    },
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, Line, World, assert_ok, assert_refused, credit, debit,
    key::nowhere,
    money::{self, TokenRefusals, altered},
    neutral_credit, neutral_debit,
    world::{DAY, MAX_STATEMENT_AGE, WIDE},
};
use kzte_ledger::Entry;

kzte_harness::guard_tests!("issuance": mint, mint_many, burn);

fn alice() -> Key {
    Key::named("alice")
}

fn bob() -> Key {
    Key::named("bob")
}

/// The deposits of the first bank's statement 2. The first three are neighbours and can be minted in a run.
fn deposits() -> Vec<Line> {
    vec![
        credit(700, alice().address()),
        credit(500, bob().address()),
        credit(300, alice().address()),
        // Money that left, and names a wallet as its party.
        debit(100, alice().address()),
        // Money that came in for nobody.
        neutral_credit(50),
        credit(1, bob().address()),
        // A deposit of nothing.
        credit(0, alice().address()),
    ]
}

/// The town with two holders. The first bank has a large reserve by its statement 1, which also has a deposit of alice
/// at index 1; its statement 2, an hour later, has [`deposits`]. Nothing of it is minted.
fn deposited() -> (World, StatementFile, StatementFile) {
    let mut world = money::town();
    let bank = world.banks[0];
    world.holder("alice");
    world.holder("bob");
    let fees = [neutral_debit(1), neutral_debit(1)];
    let mut lines = vec![neutral_credit(100_000), credit(250, alice().address())];
    lines.extend(fees);
    let first = world.effective(&bank, &lines);
    world.advance(3_600);
    let second = world.effective(&bank, &deposits());
    (world, first, second)
}

/// Two holders and a first bank with a statement over `lines` as its only one.
fn with_lines(lines: &[Line]) -> (World, StatementFile) {
    let mut world = World::new();
    let bank = world.banks[0];
    world.holder("alice");
    world.holder("bob");
    let file = world.effective(&bank, lines);
    (world, file)
}

/// A mint of an entry that is not quite the file's, to the account of the party that the file names.
fn bent_mint(
    world: &World,
    file: &StatementFile,
    index: u32,
    change: impl FnOnce(&mut Entry, &mut Vec<[u8; 32]>),
) -> Case {
    let mut entry = file.entries[index as usize];
    let wallet = Address::new_from_array(entry.party);
    let mut proof = file.proof(index).expect("a proof");
    change(&mut entry, &mut proof);
    world.mint_case_with(&world.banks[0], file.totals.number, &wallet, &entry, &proof)
}

/// A run that is not quite the file's.
fn bent_run(
    world: &World,
    file: &StatementFile,
    (start, len): (u32, u32),
    change: impl FnOnce(&mut Vec<Entry>, &mut Vec<[u8; 32]>),
) -> Case {
    let mut entries = file.entries[start as usize..(start + len) as usize].to_vec();
    let mut proof = file.run_proof(start, len).expect("a run");
    change(&mut entries, &mut proof);
    world.mint_many_case_with(&world.banks[0], file.totals.number, &entries, &proof)
}

/// What both minting instructions need of their accounts, whatever entry it is.
fn minting_accounts(guards: &mut Guards, name: &'static str) {
    money::unsigned(guards, "operator");
    money::signed_by_others(
        guards,
        "operator",
        &["the bank's operator"],
        KzteError::NotAuthorized,
    );
    money::config(guards, name);
    for (flags, error) in [
        (PAUSE_MINT, KzteError::MintPaused),
        (PAUSE_TRANSFER, KzteError::TransferPaused),
        (PAUSE_ALL, KzteError::MintPaused),
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
    guards.accept("config", "only redemption requests are paused", |world, case| {
        world.pause(PAUSE_REDEMPTION_REQUEST);
        case
    });

    money::state(guards, name, "issuer");
    let own = |world: &World| world.banks[0];
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
        "the other bank's, and its operator signs",
        |world, case| {
            let other = world.banks[1];
            let case = case.replace("issuer", world.deployment.issuer(&other.bic));
            case.signed_by("operator", other.operator)
        },
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "issuer",
        Attack::Foreign,
        "the same bank's of the other configuration",
        |world, case| case.replace("issuer", world.second().issuer(&own(world).bic)),
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
    for status in [ISSUER_SUSPENDED, ISSUER_WIND_DOWN, ISSUER_CLOSED, u8::MAX] {
        guards.refuse(
            "issuer",
            Attack::State,
            &format!("status {status}"),
            |world, case| {
                let bank = own(world);
                world.tamper_issuer(&bank, |issuer| issuer.status = status);
                case
            },
            KzteError::IssuerNotActive,
        );
    }
    guards.refuse(
        "issuer",
        Attack::State,
        "a redemption is overdue",
        |world, case| {
            let bank = own(world);
            world.tamper_issuer(&bank, |issuer| issuer.overdue_count = 1);
            case
        },
        KzteError::RedemptionOverdue,
    );
    guards.accept(
        "issuer",
        "the other bank has overdue redemptions and is suspended",
        |world, case| {
            let other = world.banks[1];
            world.tamper_issuer(&other, |issuer| {
                issuer.overdue_count = u32::MAX;
                issuer.status = ISSUER_SUSPENDED;
            });
            case
        },
    );
    guards.refuse(
        "issuer",
        Attack::Boundary,
        "its counter of minted tokens is full",
        |world, case| {
            let bank = own(world);
            world.tamper_issuer(&bank, |issuer| {
                (issuer.minted, issuer.burned) = (u64::MAX, u64::MAX)
            });
            case
        },
        KzteError::AmountOverflow,
    );
    guards.refuse(
        "issuer",
        Attack::Boundary,
        "it has burned more than it will have minted",
        |world, case| {
            let bank = own(world);
            world.tamper_issuer(&bank, |issuer| issuer.burned = issuer.minted + 100_000);
            case
        },
        KzteError::OutstandingExceeded,
    );
    money::written(guards, name, "issuer", "ConstraintMut");

    money::state(guards, name, "statement");
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
        |world, case| case.replace("statement", world.second().statement(&own(world).bic, 1)),
        KzteError::WrongIssuer,
    );
    guards.refuse(
        "statement",
        Attack::Foreign,
        "the same bank's one before",
        |world, case| case.replace("statement", world.deployment.statement(&own(world).bic, 1)),
        KzteError::ProofInvalid,
    );
    money::written(guards, name, "statement", "ConstraintMut");
    money::mint(guards);
    money::written(guards, name, "mint", "ConstraintMut");
    money::signing_authority(guards, "mint_authority");
    money::token_program(guards);
}

/// What is wrong with a recipient and a block, whichever instruction mints. `wrong_holder`: the refusal of bob's
/// account where alice's block stays; `absent`: of no account at all.
fn recipient_accounts(guards: &mut Guards, wrong_holder: KzteError, absent: KzteError) {
    money::token_account(
        guards,
        "recipient",
        TokenRefusals::by_token_2022(absent, wrong_holder),
    );
    money::instead(
        guards,
        "recipient",
        Attack::WrongHolder,
        &[
            ("bob's account", |world, _| world.token_account(&bob())),
            ("the bank's escrow", |world, _| {
                world.deployment.escrow(&world.banks[0].bic)
            }),
            ("alice's account, which she gave to a stranger", |world, case| {
                let stranger = world.keys.stranger.address();
                money::hand_over(world, &case.address("recipient"), &stranger);
                case.address("recipient")
            }),
        ],
        wrong_holder,
    );
    guards.refuse(
        "recipient",
        Attack::State,
        "frozen",
        |world, case| {
            world.freeze(&alice());
            case
        },
        "AccountFrozen",
    );
    guards.accept("recipient", "another account of alice", |world, case| {
        let account = money::second_account(world, &alice());
        case.replace("recipient", account)
    });

    money::instead(
        guards,
        "block",
        Attack::WrongAddress,
        &[
            ("bob's", |world, _| world.deployment.block(&bob().address())),
            ("the operator's", |world, _| {
                world.deployment.block(&world.banks[0].operator.address())
            }),
            ("alice's of the other configuration", |world, _| {
                world.second().block(&alice().address())
            }),
            ("of her token account", |world, _| {
                world.deployment.block(&world.token_account(&alice()))
            }),
            ("alice's wallet", |_, _| alice().address()),
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
    guards.refuse(
        "block",
        Attack::State,
        "alice is blocked, and somebody had sent lamports there before",
        |world, case| {
            let block = world.deployment.block(&alice().address());
            world.chain.fund(&block, 5_000_000).expect("lamports");
            world.block(&alice().address());
            case
        },
        KzteError::WalletBlocked,
    );
    guards.accept("block", "lamports at the address are no block", |world, case| {
        let block = world.deployment.block(&alice().address());
        world.chain.fund(&block, 5_000_000).expect("lamports");
        case
    });
    guards.accept("block", "alice was blocked and is no more", |world, case| {
        world.block(&alice().address());
        let unblock = world.unblock_case(&alice().address());
        assert_ok(world, &unblock);
        case
    });
    guards.accept("block", "the bystander is blocked", |world, case| {
        world.block(&money::bystander().address());
        case
    });
}

// ── mint ────────────────────────────────────────────────────────────────────────────────────

fn mint(guards: &mut Guards) {
    const NAME: &str = "mint";
    let (world, _, file) = deposited();
    let valid = file.clone();
    guards.scene(
        move || world,
        move |world| world.mint_case(&world.banks[0], &valid, 0),
    );

    minting_accounts(guards, NAME);
    recipient_accounts(guards, KzteError::WrongRecipient, KzteError::WrongRecipient);
    money::written(guards, NAME, "recipient", "ConstraintMut");
    money::left_out(guards, NAME);
    guards.refuse(
        "statement",
        Attack::State,
        "the entry is consumed",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        KzteError::EntryConsumed,
    );

    // The entry: whatever differs from the leaf is another leaf.
    type Change = fn(&mut Entry, &mut Vec<[u8; 32]>);
    let changes: [(&str, &str, Change, KzteError); 22] = [
        (
            "index",
            "one further",
            |entry, _| entry.index += 1,
            KzteError::ProofInvalid,
        ),
        (
            "index",
            "the last one",
            |entry, _| entry.index = 6,
            KzteError::ProofInvalid,
        ),
        (
            "index",
            "one behind the last",
            |entry, _| entry.index = 7,
            KzteError::EntryIndex,
        ),
        (
            "index",
            "of a spare bit of the bitmap",
            |entry, _| entry.index = 8,
            KzteError::EntryIndex,
        ),
        (
            "index",
            "the highest",
            |entry, _| entry.index = u32::MAX,
            KzteError::EntryIndex,
        ),
        (
            "amount",
            "one tiyn more",
            |entry, _| entry.amount += 1,
            KzteError::ProofInvalid,
        ),
        (
            "amount",
            "one tiyn less",
            |entry, _| entry.amount -= 1,
            KzteError::ProofInvalid,
        ),
        (
            "amount",
            "none",
            |entry, _| entry.amount = 0,
            KzteError::ProofInvalid,
        ),
        (
            "amount",
            "the highest",
            |entry, _| entry.amount = u64::MAX,
            KzteError::ProofInvalid,
        ),
        (
            "reference_hash",
            "first bit",
            |entry, _| entry.reference_hash[0] ^= 1,
            KzteError::ProofInvalid,
        ),
        (
            "reference_hash",
            "last bit",
            |entry, _| entry.reference_hash[31] ^= 0x80,
            KzteError::ProofInvalid,
        ),
        (
            "party",
            "zero",
            |entry, _| entry.party = [0; 32],
            KzteError::EntryWithoutParty,
        ),
        (
            "party",
            "last bit",
            |entry, _| entry.party[31] ^= 0x80,
            KzteError::WrongRecipient,
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
            "last node twice",
            |_, proof| proof.push(proof[2]),
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
            |world, _| bent_mint(world, file, 0, change),
            error,
        );
    }
    for (note, index) in [("of bob's entry", 1), ("of alice's other entry", 2)] {
        let other = file.proof(index).expect("a proof");
        let file = &file;
        guards.refuse(
            "proof",
            Attack::Invalid,
            note,
            |world, _| bent_mint(world, file, 0, |_, proof| *proof = other),
            KzteError::ProofInvalid,
        );
    }
    guards.refuse(
        "party",
        Attack::Invalid,
        "bob in alice's entry, to bob's account",
        |world, _| {
            let mut entry = file.entries[0];
            entry.party = bob().address().to_bytes();
            let proof = file.proof(0).expect("a proof");
            world.mint_case_with(&world.banks[0], 2, &bob().address(), &entry, &proof)
        },
        KzteError::ProofInvalid,
    );
    guards.refuse(
        "amount",
        Attack::Invalid,
        "an attested entry of no amount",
        |world, _| world.mint_case(&world.banks[0], &file, 6),
        KzteError::ZeroAmount,
    );
    guards.accept("amount", "an attested entry of one tiyn", |world, _| {
        world.mint_case(&world.banks[0], &file, 5)
    });
    money::broken_proof(guards, 3);
}

#[test]
fn minting_books_and_tells_every_field() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    let before = world.issuer(&bank);
    let receipt = world.mint(&bank, &file, 1);
    let expected = events::Minted {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: bank.operator.address(),
        reference_hash: file.entries[1].reference_hash,
        number: 2,
        amount: 500,
        index: 1,
        reserved: 0,
    };
    assert_eq!(receipt.events, [Event::Minted(expected)]);
    assert_eq!(world.holding(&bob()), 500);
    let after = world.issuer(&bank);
    assert_eq!(
        (after.minted, after.burned, after.pending),
        (before.minted + 500, 0, 0)
    );
    assert_eq!(after.window_used, 500);
    let statement = statement(&world, &bank, 2);
    assert_eq!(
        (statement.header.minted, statement.header.consumed_count),
        (500, 1)
    );
    assert_eq!(statement.bitmap, [0b10]);
    world.check_invariants("after the mint");
}

fn statement(world: &World, bank: &Bank, number: u64) -> kzte_client::decode::StatementAccount {
    let statement = fetch::statement(&world.chain, &world.deployment, &bank.bic, number);
    statement.expect("a statement").expect("it exists")
}

#[test]
fn deposit_minted_twice_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    world.mint(&bank, &file, 0);
    let case = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &case, KzteError::EntryConsumed);
    assert_eq!(world.holding(&alice()), 700);
}

#[test]
fn wrong_recipient_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    let case = world.mint_case(&bank, &file, 0);
    // The operator has an account of his own, and so has the bank.
    let operators = world.open_account(&bank.operator.address());
    for account in [
        operators,
        world.token_account(&bob()),
        world.deployment.escrow(&bank.bic),
    ] {
        let case = case.clone().replace("recipient", account);
        assert_refused(&mut world, &case, KzteError::WrongRecipient);
    }
}

#[test]
fn amount_off_by_one_tiyn_rejects() {
    let (mut world, _, file) = deposited();
    for amount in [699, 701] {
        let case = bent_mint(&world, &file, 0, |entry, _| entry.amount = amount);
        assert_refused(&mut world, &case, KzteError::ProofInvalid);
        let case = bent_run(&world, &file, (0, 3), |entries, _| entries[0].amount = amount);
        assert_refused(&mut world, &case, KzteError::ProofInvalid);
    }
}

#[test]
fn blocked_wallet_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    world.block(&alice().address());
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::WalletBlocked);
    let run = world.mint_many_case(&bank, &file, 0, 3);
    assert_refused(&mut world, &run, KzteError::WalletBlocked);
    // Another account does not help: the block is the wallet's.
    let account = money::second_account(&mut world, &alice());
    let elsewhere = mint.replace("recipient", account);
    assert_refused(&mut world, &elsewhere, KzteError::WalletBlocked);
    world.mint(&bank, &file, 1);
}

#[test]
fn suspended_bank_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    for status in [ISSUER_SUSPENDED, ISSUER_WIND_DOWN, ISSUER_CLOSED] {
        world.tamper_issuer(&bank, |issuer| issuer.status = status);
        let case = world.mint_case(&bank, &file, 0);
        assert_refused(&mut world, &case, KzteError::IssuerNotActive);
    }
}

#[test]
fn overdue_redemption_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    world.tamper_issuer(&bank, |issuer| issuer.overdue_count = 1);
    let case = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &case, KzteError::RedemptionOverdue);
}

#[test]
fn paused_minting_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    let case = world.mint_case(&bank, &file, 0);
    world.pause(PAUSE_MINT);
    assert_refused(&mut world, &case, KzteError::MintPaused);
    world.resume(PAUSE_MINT);
    world.pause(PAUSE_TRANSFER);
    assert_refused(&mut world, &case, KzteError::TransferPaused);
    world.resume(PAUSE_TRANSFER);
    assert_ok(&mut world, &case);
}

/// Neither the cold key, nor the other bank, nor the central bank mints for a bank.
#[test]
fn signer_other_than_the_operator_rejects() {
    let (mut world, _, file) = deposited();
    let [bank, other] = world.banks;
    let case = world.mint_case(&bank, &file, 0);
    for key in [
        bank.admin,
        other.operator,
        world.keys.authority,
        world.keys.issuer_manager,
    ] {
        let case = case.clone().signed_by("operator", key);
        assert_refused(&mut world, &case, KzteError::NotAuthorized);
    }
    let case = case.unsigned("operator");
    assert_refused(&mut world, &case, "MissingRequiredSignature");
}

#[test]
fn deposit_minted_twice_in_one_transaction_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    let mint = world.mint_case(&bank, &file, 0).instruction;
    let error = world
        .send_all(&[mint.clone(), mint], &[bank.operator])
        .expect_err("a double mint");
    assert!(error.is(KzteError::EntryConsumed), "{error}");
    assert_eq!(world.holding(&alice()), 0, "the first mint is undone as well");
    assert_eq!(statement(&world, &bank, 2).bitmap, [0]);
    world.check_invariants("after the refusal");
}

/// The bit is the same, whichever instruction sets it.
#[test]
fn deposit_minted_by_both_instructions_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    world.mint(&bank, &file, 1);
    let run = world.mint_many_case(&bank, &file, 0, 3);
    assert_refused(&mut world, &run, KzteError::EntryConsumed);
    assert_eq!((world.holding(&alice()), world.holding(&bob())), (0, 500));

    let (mut world, _, file) = deposited();
    world.mint_many(&bank, &file, 0, 2);
    for index in [0, 1] {
        let mint = world.mint_case(&bank, &file, index);
        assert_refused(&mut world, &mint, KzteError::EntryConsumed);
    }
    world.mint(&bank, &file, 2);
    world.check_invariants("after all");
}

/// Another account of the depositor does not make it another deposit.
#[test]
fn deposit_minted_again_to_another_account_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    world.mint(&bank, &file, 0);
    let account = money::second_account(&mut world, &alice());
    let case = world.mint_case(&bank, &file, 0).replace("recipient", account);
    assert_refused(&mut world, &case, KzteError::EntryConsumed);
}

#[test]
fn debit_minted_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    let case = world.mint_case(&bank, &file, 3);
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
    let case = world.mint_many_case(&bank, &file, 3, 1);
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
}

#[test]
fn entry_of_another_statement_rejects() {
    let (mut world, first, second) = deposited();
    let bank = world.banks[0];
    // Statement 1 has an entry of alice at index 1; its proof leads to another root.
    let entry = first.entries[1];
    let proof = first.proof(1).expect("a proof");
    let case = world.mint_case_with(&bank, 2, &alice().address(), &entry, &proof);
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
    let case = world.mint_case_with(
        &bank,
        1,
        &alice().address(),
        &second.entries[0],
        &second.proof(0).expect("a proof"),
    );
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
    world.mint(&bank, &first, 1);
}

/// Each bank mints what its own statements prove, and nothing of the other's.
#[test]
fn entry_of_the_other_bank_rejects() {
    let (mut world, _, _) = deposited();
    let [bank, other] = world.banks;
    world.advance(1);
    let file = world.effective(&other, &[credit(900, alice().address())]);
    let own = world.effective(&bank, &[neutral_credit(900)]);
    let proof = file.proof(0).expect("a proof");
    let number = own.totals.number;
    let case = world.mint_case_with(&bank, number, &alice().address(), &file.entries[0], &proof);
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
    // The other bank's operator, with everything right but the bank.
    let case = world.mint_case(&other, &file, 0);
    let case = case.replace("issuer", world.deployment.issuer(&bank.bic));
    assert_refused(&mut world, &case, KzteError::NotAuthorized);
    // And the first bank's operator against the other bank's statement.
    let case = world
        .mint_case(&other, &file, 0)
        .replace("issuer", world.deployment.issuer(&bank.bic));
    let case = case.signed_by("operator", bank.operator);
    assert_refused(&mut world, &case, KzteError::WrongIssuer);
    world.mint(&other, &file, 0);
    world.check_invariants("after all");
}

/// A whole chain of real accounts of the other configuration, where the same bank has a deposit, and this one's mint.
#[test]
fn deposit_of_the_other_configuration_rejects() {
    let (mut world, _, _) = deposited();
    let bank = world.banks[0];
    let (file, theirs) = world.in_second(|world| {
        world.holder("alice");
        world.advance(60);
        let file = world.effective(&bank, &[credit(800, alice().address())]);
        let case = world.mint_case(&bank, &file, 0);
        (file, case)
    });
    let own = world.mint_case_with(
        &bank,
        2,
        &alice().address(),
        &file.entries[0],
        &file.proof(0).expect("a proof"),
    );
    // Everything is theirs but what receives the tokens.
    let [mint, recipient] = ["mint", "recipient"].map(|name| own.address(name));
    let case = theirs.clone().replace("mint", mint);
    assert_refused(&mut world, &case, KzteError::WrongMint);
    let case = theirs.clone().replace("recipient", recipient);
    assert_refused(&mut world, &case, "MintMismatch");
    let case = theirs
        .clone()
        .replace("mint", mint)
        .replace("recipient", recipient);
    assert_refused(&mut world, &case, KzteError::WrongMint);
    // Everything is ours but what proves the deposit.
    let case = own.clone().replace("statement", theirs.address("statement"));
    assert_refused(&mut world, &case, KzteError::WrongIssuer);
    let case = case.replace("issuer", theirs.address("issuer"));
    assert_refused(&mut world, &case, KzteError::WrongConfig);
    let case = case.replace("config", theirs.address("config"));
    assert_refused(&mut world, &case, KzteError::WrongMint);
    assert_eq!(world.holding(&alice()), 0);
    assert_ok(&mut world, &theirs);
}

#[test]
fn unattested_statement_rejects() {
    let (mut world, _, _) = deposited();
    let bank = world.banks[0];
    world.advance(60);
    let file = world.post(&bank, &deposits());
    for votes in 0..2 {
        let mint = world.mint_case(&bank, &file, 0);
        assert_refused(&mut world, &mint, KzteError::StatementNotEffective);
        let run = world.mint_many_case(&bank, &file, 0, 3);
        assert_refused(&mut world, &run, KzteError::StatementNotEffective);
        let vote = world.attest_case(&bank, &file, &world.keys.attestors[votes]);
        assert_ok(&mut world, &vote);
    }
    world.mint(&bank, &file, 0);
}

#[test]
fn stale_statement_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    // Exactly as old as the policy allows, and a second older.
    world.chain.warp_to(file.totals.as_of + MAX_STATEMENT_AGE);
    world.mint(&bank, &file, 1);
    world.advance(1);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::StatementStale);
    let run = world.mint_many_case(&bank, &file, 2, 1);
    assert_refused(&mut world, &run, KzteError::StatementStale);
}

/// A clock that runs behind the statement: it would be of the future.
#[test]
fn statement_of_the_future_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    world.chain.warp_to(file.totals.as_of);
    world.mint(&bank, &file, 1);
    world.advance(-1);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::StatementInFuture);
}

/// What must be fresh is the bank's last report, not the deposit: an old one stays mintable.
#[test]
fn old_deposit_mints_under_a_fresh_report() {
    let (mut world, first, second) = deposited();
    let bank = world.banks[0];
    world.chain.warp_to(second.totals.as_of + MAX_STATEMENT_AGE + DAY);
    let mint = world.mint_case(&bank, &first, 1);
    assert_refused(&mut world, &mint, KzteError::StatementStale);
    // A posted statement is no report yet.
    let third = world.post(&bank, &[]);
    assert_refused(&mut world, &mint, KzteError::StatementStale);
    world.attest(&bank, &third);
    assert_ok(&mut world, &mint);
    world.check_invariants("after the old deposit");
}

fn quota(quota: u64) -> IssuerLimits {
    IssuerLimits { quota, ..WIDE }
}

#[test]
fn quota_exceeded_rejects() {
    for (amount, fits) in [(1_000, true), (1_001, false)] {
        let (mut world, file) = with_lines(&[
            credit(4_000, bob().address()),
            credit(amount, alice().address()),
            neutral_credit(50_000),
        ]);
        let bank = world.banks[0];
        world.mint(&bank, &file, 0);
        world.configure(&bank, quota(5_000));
        let case = world.mint_case(&bank, &file, 1);
        match fits {
            true => drop(assert_ok(&mut world, &case)),
            false => drop(assert_refused(&mut world, &case, KzteError::QuotaExceeded)),
        }
    }
    // No quota, no mint.
    let (mut world, file) = with_lines(&[credit(1, alice().address())]);
    let bank = world.banks[0];
    world.configure(&bank, quota(0));
    let case = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &case, KzteError::QuotaExceeded);
}

/// More tokens than tenge: the deposits were attested, but a later debit took the money out of the account again.
#[test]
fn mint_above_the_closing_balance_rejects() {
    for (fee, fits) in [(99, true), (100, true), (101, false)] {
        let (mut world, file) = with_lines(&[
            credit(4_000, bob().address()),
            credit(1_000, alice().address()),
            neutral_credit(100),
        ]);
        let bank = world.banks[0];
        world.mint(&bank, &file, 0);
        world.advance(60);
        world.effective(&bank, &[neutral_debit(fee)]);
        let case = world.mint_case(&bank, &file, 1);
        match fits {
            true => drop(assert_ok(&mut world, &case)),
            false => drop(assert_refused(&mut world, &case, KzteError::ReserveExceeded)),
        }
        world.check_invariants("after the attempt");
    }
}

/// The reserve is the bank's, not the statement's: a posted credit counts only when it is effective.
#[test]
fn posted_reserve_does_not_count() {
    let (mut world, file) = with_lines(&[credit(1_000, alice().address()), neutral_debit(1)]);
    let bank = world.banks[0];
    let case = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &case, KzteError::ReserveExceeded);
    world.advance(60);
    let next = world.post(&bank, &[neutral_credit(1)]);
    assert_refused(&mut world, &case, KzteError::ReserveExceeded);
    world.attest(&bank, &next);
    assert_ok(&mut world, &case);
}

#[test]
fn window_exceeded_rejects() {
    const LIMIT: u64 = 1_000;
    const SECONDS: i64 = 600;
    let lines = [
        credit(700, alice().address()),
        credit(301, alice().address()),
        credit(300, alice().address()),
        credit(1, alice().address()),
        credit(1_000, alice().address()),
        credit(1_001, alice().address()),
    ];
    let (mut world, file) = with_lines(&lines);
    let bank = world.banks[0];
    world.configure(
        &bank,
        IssuerLimits {
            window_limit: LIMIT,
            window_seconds: SECONDS,
            ..WIDE
        },
    );
    let start = world.now();
    world.mint(&bank, &file, 0);
    // One tiyn too many, exactly full, and full.
    let over = world.mint_case(&bank, &file, 1);
    assert_refused(&mut world, &over, KzteError::WindowExceeded);
    world.mint(&bank, &file, 2);
    let one = world.mint_case(&bank, &file, 3);
    assert_refused(&mut world, &one, KzteError::WindowExceeded);
    // The last second of the window, and a clock that runs back.
    world.chain.warp_to(start + SECONDS - 1);
    assert_refused(&mut world, &one, KzteError::WindowExceeded);
    // The first second of the next one.
    world.chain.warp_to(start + SECONDS);
    let more = world.mint_case(&bank, &file, 5);
    assert_refused(&mut world, &more, KzteError::WindowExceeded);
    world.mint(&bank, &file, 4);
    assert_refused(&mut world, &one, KzteError::WindowExceeded);
    let issuer = world.issuer(&bank);
    assert_eq!(
        (issuer.window_start, issuer.window_used),
        (start + SECONDS, LIMIT)
    );
    world.check_invariants("after the windows");
}

/// A root whose entries are more than the totals say: attestors signed it all the same, the total is the bound.
#[test]
fn mint_above_the_credit_total_rejects() {
    for (total, fits) in [(700, true), (699, false)] {
        let (mut world, _) = with_lines(&[neutral_credit(10_000)]);
        let bank = world.banks[0];
        world.advance(60);
        let file = world.file(
            &bank,
            &[credit(400, bob().address()), credit(300, alice().address())],
        );
        let file = altered(&file, |file| {
            file.totals.credit_total = total;
            file.totals.closing = 10_000 + total;
        });
        world.post_file(&bank, &file);
        for attestor in world.keys.attestors.into_iter().take(2) {
            let vote = world.attest_case(&bank, &file, &attestor);
            assert_ok(&mut world, &vote);
        }
        world.mint(&bank, &file, 0);
        let case = world.mint_case(&bank, &file, 1);
        match fits {
            true => drop(assert_ok(&mut world, &case)),
            false => drop(assert_refused(&mut world, &case, KzteError::CreditTotalExceeded)),
        }
    }
}

/// The zero address is the system program's, and anybody can open a token account for it.
#[test]
fn entry_without_party_rejects() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    let nobody = Address::default();
    let account = world.open_account(&nobody);
    assert_eq!(money::owner_of(&world, &account), nobody);
    let case = world.mint_case(&bank, &file, 4);
    assert_eq!(case.address("recipient"), account);
    assert_refused(&mut world, &case, KzteError::EntryWithoutParty);
    let case = world.mint_many_case(&bank, &file, 4, 1);
    assert_refused(&mut world, &case, KzteError::EntryWithoutParty);
    // Nor as one of a run.
    let case = world.mint_many_case(&bank, &file, 4, 2);
    assert_refused(&mut world, &case, KzteError::EntryWithoutParty);
}

/// Token-2022 says no after the books were written: they are as before.
#[test]
fn refusal_of_the_token_program_undoes_the_books() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    world.freeze(&alice());
    let before = world.issuer(&bank);
    let case = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &case, "AccountFrozen");
    let after = world.issuer(&bank);
    assert_eq!(
        (after.minted, after.window_used),
        (before.minted, before.window_used)
    );
    assert_eq!(statement(&world, &bank, 2).bitmap, [0]);
    world.thaw(&alice());
    assert_ok(&mut world, &case);
}

#[test]
fn limits_of_one_bank_do_not_stop_the_other() {
    let (mut world, _, _) = deposited();
    let [bank, other] = world.banks;
    world.configure(&bank, quota(0));
    world.advance(60);
    let file = world.effective(&other, &[credit(900, alice().address())]);
    world.mint(&other, &file, 0);
    world.check_invariants("after the other bank's mint");
}

// ── mint_many ───────────────────────────────────────────────────────────────────────────────

fn mint_many(guards: &mut Guards) {
    const NAME: &str = "mint_many";
    let (world, _, file) = deposited();
    let valid = file.clone();
    guards.scene(
        move || world,
        move |world| world.mint_many_case(&world.banks[0], &valid, 0, 3),
    );

    minting_accounts(guards, NAME);
    // The owner of the account is the party, so another owner needs another block first.
    recipient_accounts(guards, KzteError::WrongAddress, KzteError::NotTokenAccount);
    guards.refuse(
        "recipient",
        Attack::ReadOnly,
        "no writable flag",
        // Alice has two entries of the run, and one writable mention makes an account writable.
        |_, case| case.readonly("recipient.0").readonly("recipient.2"),
        "PrivilegeEscalation",
    );
    for (other, error) in [
        ("issuer", "ConstraintDuplicateMutableAccount"),
        ("statement", "ConstraintDuplicateMutableAccount"),
        ("mint", "ConstraintDuplicateMutableAccount"),
    ] {
        for group in ["recipient.0", "recipient.1", "recipient.2"] {
            guards.refuse(
                "recipient",
                Attack::Duplicate,
                &format!("{group} is the {other}"),
                |_, case| case.duplicate(group, other),
                error,
            );
        }
        guards.refuse(
            "block",
            Attack::Duplicate,
            &format!("the {other}"),
            |_, case| case.duplicate("block.1", other),
            error,
        );
    }
    for (other, error) in [
        ("operator", KzteError::NotTokenAccount),
        // What lies where a token account has its owner leads to another block.
        ("config", KzteError::WrongAddress),
        ("mint_authority", KzteError::NotTokenAccount),
        ("token_program", KzteError::NotTokenAccount),
        ("block.0", KzteError::NotTokenAccount),
    ] {
        guards.refuse(
            "recipient",
            Attack::Duplicate,
            &format!("the {other}"),
            |_, case| case.duplicate("recipient.0", other),
            error,
        );
    }
    for (note, bend) in [
        (
            "bob's in the place of alice's, with his block",
            (|_, case| {
                case.duplicate("recipient.0", "recipient.1")
                    .duplicate("block.0", "block.1")
            }) as fn(&mut World, Case) -> Case,
        ),
        ("alice and bob change places", |_, case| {
            let [first, second] = ["recipient.0", "recipient.1"].map(|name| case.address(name));
            let [alices, bobs] = ["block.0", "block.1"].map(|name| case.address(name));
            let case = case.replace("recipient.0", second).replace("recipient.1", first);
            case.replace("block.0", bobs).replace("block.1", alices)
        }),
        ("the bank's escrow, with its block", |world, case| {
            let escrow = world.deployment.escrow(&world.banks[0].bic);
            let block = world.deployment.block(&escrow);
            case.replace("recipient.0", escrow).replace("block.0", block)
        }),
    ] {
        guards.refuse(
            "recipient",
            Attack::WrongHolder,
            note,
            bend,
            KzteError::ProofInvalid,
        );
    }
    guards.refuse(
        "recipient",
        Attack::WrongHolder,
        "the accounts change places, the blocks stay",
        |_, case| {
            let [first, second] = ["recipient.0", "recipient.1"].map(|name| case.address(name));
            case.replace("recipient.0", second).replace("recipient.1", first)
        },
        KzteError::WrongAddress,
    );
    guards.refuse(
        "block",
        Attack::WrongAddress,
        "the blocks change places",
        |_, case| {
            let [first, second] = ["block.0", "block.1"].map(|name| case.address(name));
            case.replace("block.0", second).replace("block.1", first)
        },
        KzteError::WrongAddress,
    );
    guards.refuse(
        "recipient",
        Attack::Cosplay,
        "recipient and block change places",
        |_, case| {
            let [recipient, block] = ["recipient.1", "block.1"].map(|name| case.address(name));
            case.replace("recipient.1", block).replace("block.1", recipient)
        },
        KzteError::NotTokenAccount,
    );
    for (note, accounts) in [
        ("the last block missing", 7 + 5),
        ("the last pair missing", 7 + 4),
        ("no pair at all", 7),
    ] {
        guards.refuse(
            "block",
            Attack::Boundary,
            note,
            |_, mut case| {
                case.instruction.accounts.truncate(accounts);
                case
            },
            KzteError::RunLength,
        );
    }
    for (note, more) in [("one account more", 1), ("one pair more", 2)] {
        guards.refuse(
            "block",
            Attack::Boundary,
            note,
            |_, mut case| {
                let pair = case.instruction.accounts[7..7 + more].to_vec();
                case.instruction.accounts.extend(pair);
                case
            },
            KzteError::RunLength,
        );
    }
    guards.refuse(
        "token_program",
        Attack::WrongAddress,
        "left out",
        |_, mut case| {
            case.instruction.accounts.truncate(6);
            case
        },
        "NotEnoughAccountKeys",
    );
    // What is wrong with the last of the run undoes the first as well.
    guards.refuse(
        "block",
        Attack::State,
        "bob, in the middle, is blocked",
        |world, case| {
            world.block(&bob().address());
            case
        },
        KzteError::WalletBlocked,
    );
    guards.refuse(
        "recipient",
        Attack::State,
        "bob, in the middle, is frozen",
        |world, case| {
            world.freeze(&bob());
            case
        },
        "AccountFrozen",
    );
    guards.refuse(
        "statement",
        Attack::State,
        "the last entry is consumed",
        |world, case| {
            let bank = world.banks[0];
            world.mint(&bank, &file, 2);
            case
        },
        KzteError::EntryConsumed,
    );
    guards.refuse(
        "statement",
        Attack::State,
        "all entries are consumed",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        KzteError::EntryConsumed,
    );
    for (limits, error) in [
        (quota(1_499), KzteError::QuotaExceeded),
        (
            IssuerLimits {
                window_limit: 1_499,
                ..WIDE
            },
            KzteError::WindowExceeded,
        ),
    ] {
        guards.refuse(
            "issuer",
            Attack::Boundary,
            "the last entry is one tiyn too much",
            |world, case| {
                let bank = world.banks[0];
                world.configure(&bank, limits);
                case
            },
            error,
        );
    }
    for limits in [
        quota(1_500),
        IssuerLimits {
            window_limit: 1_500,
            ..WIDE
        },
    ] {
        guards.accept("issuer", "the whole run just fits", |world, case| {
            let bank = world.banks[0];
            world.configure(&bank, limits);
            case
        });
    }

    type Change = fn(&mut Vec<Entry>, &mut Vec<[u8; 32]>);
    let changes: [(&str, &str, Change, KzteError); 20] = [
        (
            "start",
            "one further",
            |entries, _| entries[0].index = 1,
            KzteError::ProofInvalid,
        ),
        (
            "start",
            "the run ends one behind the last entry",
            |entries, _| entries[0].index = 5,
            KzteError::RunLength,
        ),
        (
            "start",
            "behind the last entry",
            |entries, _| entries[0].index = 7,
            KzteError::RunLength,
        ),
        (
            "start",
            "the highest",
            |entries, _| entries[0].index = u32::MAX,
            KzteError::RunLength,
        ),
        (
            "start",
            "the run ends at the highest index",
            |entries, _| entries[0].index = u32::MAX - 2,
            KzteError::RunLength,
        ),
        (
            "start",
            "the run ends below the highest index",
            |entries, _| entries[0].index = u32::MAX - 3,
            KzteError::RunLength,
        ),
        (
            "entries.amount",
            "first, one tiyn more",
            |entries, _| entries[0].amount += 1,
            KzteError::ProofInvalid,
        ),
        (
            "entries.amount",
            "last, one tiyn less",
            |entries, _| entries[2].amount -= 1,
            KzteError::ProofInvalid,
        ),
        (
            "entries.amount",
            "a tiyn from one to the next",
            |entries, _| {
                entries[0].amount += 1;
                entries[1].amount -= 1;
            },
            KzteError::ProofInvalid,
        ),
        (
            "entries.amount",
            "first and last change places",
            |entries, _| {
                (entries[0].amount, entries[2].amount) = (300, 700);
            },
            KzteError::ProofInvalid,
        ),
        (
            "entries.reference_hash",
            "a bit of the first",
            |entries, _| entries[0].reference_hash[0] ^= 1,
            KzteError::ProofInvalid,
        ),
        (
            "entries.reference_hash",
            "a bit of the last",
            |entries, _| entries[2].reference_hash[31] ^= 1,
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
            "last node missing",
            |_, proof| proof.truncate(1),
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
            "a bit of the first node",
            |_, proof| proof[0][0] ^= 1,
            KzteError::ProofInvalid,
        ),
        (
            "proof",
            "a bit of the last node",
            |_, proof| proof[1][31] ^= 1,
            KzteError::ProofInvalid,
        ),
        (
            "entries.amount",
            "one entry less, the accounts too",
            |entries, _| entries.truncate(2),
            KzteError::ProofInvalid,
        ),
    ];
    for (argument, note, change, error) in changes {
        let file = &file;
        guards.refuse(
            argument,
            Attack::Boundary,
            note,
            |world, _| bent_run(world, file, (0, 3), change),
            error,
        );
    }
    guards.refuse(
        "proof",
        Attack::Invalid,
        "of a single entry",
        |world, _| {
            let single = file.proof(0).expect("a proof");
            bent_run(world, &file, (0, 3), |_, proof| *proof = single)
        },
        KzteError::ProofInvalid,
    );
    guards.refuse(
        "entries.amount",
        Attack::Invalid,
        "an attested entry of no amount",
        |world, _| world.mint_many_case(&world.banks[0], &file, 5, 2),
        KzteError::ZeroAmount,
    );
    guards.refuse(
        "entries.amount",
        Attack::Invalid,
        "a debit within the run",
        |world, _| world.mint_many_case(&world.banks[0], &file, 2, 2),
        KzteError::ProofInvalid,
    );
    guards.refuse(
        "entries.amount",
        Attack::Boundary,
        "no entries",
        |world, _| bent_run(world, &file, (0, 3), |entries, _| entries.clear()),
        KzteError::RunLength,
    );
    guards.accept("start", "in the middle of the statement", |world, _| {
        world.mint_many_case(&world.banks[0], &file, 1, 2)
    });
    guards.accept("entries.amount", "a run of one", |world, _| {
        world.mint_many_case(&world.banks[0], &file, 0, 1)
    });
    money::broken_proof(guards, 2);
}

/// A statement with `count` deposits of alice, tiyn 1, 2, 3…
fn many(count: u32) -> (World, StatementFile) {
    let lines: Vec<Line> = (1..=count)
        .map(|amount| credit(amount.into(), alice().address()))
        .collect();
    with_lines(&lines)
}

/// Sends a run whose operator also pays the fee: only so does one of sixteen fit into a transaction.
fn send_alone(world: &mut World, case: &Case) -> Result<Receipt, ChainError> {
    let operator = world.banks[0].operator.pair();
    world
        .chain
        .send(std::slice::from_ref(&case.instruction), &operator, &[])
}

/// One wallet several times in a run is no mistake: it had several deposits.
#[test]
fn run_of_sixteen_for_one_wallet_mints() {
    let (mut world, file) = many(16);
    let bank = world.banks[0];
    let case = world.mint_many_case(&bank, &file, 0, 16);
    let receipt = send_alone(&mut world, &case).expect("sixteen deposits of one wallet");
    assert_eq!(receipt.events.len(), 16);
    // 1 + 2 + … + 16
    assert_eq!(world.holding(&alice()), 136);
    assert_eq!(statement(&world, &bank, 1).bitmap, [u8::MAX; 2]);
    world.check_invariants("after the run");
}

/// Seventeen entries, sixteen pairs of accounts for seventeen entries, and the other way round.
#[test]
fn run_of_seventeen_rejects() {
    let (mut world, file) = many(17);
    let bank = world.banks[0];
    let seventeen = world.mint_many_case(&bank, &file, 0, 17);
    let mut fewer = seventeen.clone();
    fewer.instruction.accounts.truncate(7 + 32);
    let mut more = world.mint_many_case(&bank, &file, 0, 16);
    let pair = more.instruction.accounts[7..9].to_vec();
    more.instruction.accounts.extend(pair);
    for (name, case) in [
        ("seventeen", seventeen),
        ("fewer accounts", fewer),
        ("more accounts", more),
    ] {
        let error = send_alone(&mut world, &case).expect_err(name);
        assert!(error.is(KzteError::RunLength), "{name}: {error}");
        assert_eq!(
            (world.holding(&alice()), world.issuer(&bank).minted),
            (0, 0),
            "{name}"
        );
        assert_eq!(statement(&world, &bank, 1).bitmap, [0; 3], "{name}");
    }
}

#[test]
fn run_tells_every_entry() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    let receipt = world.mint_many(&bank, &file, 0, 3);
    let events: Vec<Event> = [(0u32, 700), (1, 500), (2, 300)]
        .into_iter()
        .map(|(index, amount)| {
            Event::Minted(events::Minted {
                config: world.deployment.config,
                issuer: world.deployment.issuer(&bank.bic),
                actor: bank.operator.address(),
                reference_hash: file.entries[index as usize].reference_hash,
                number: 2,
                amount,
                index,
                reserved: 0,
            })
        })
        .collect();
    assert_eq!(receipt.events, events);
    assert_eq!((world.holding(&alice()), world.holding(&bob())), (1_000, 500));
    let statement = statement(&world, &bank, 2);
    assert_eq!(
        (statement.header.minted, statement.header.consumed_count),
        (1_500, 3)
    );
    world.check_invariants("after the run");
}

/// The last of three is frozen: Token-2022 refuses it after the first two were minted, and nothing of them remains.
#[test]
fn run_with_one_bad_entry_rejects() {
    let lines = [
        credit(1, alice().address()),
        credit(2, alice().address()),
        credit(3, bob().address()),
    ];
    let (mut world, file) = with_lines(&lines);
    let bank = world.banks[0];
    world.freeze(&bob());
    let case = world.mint_many_case(&bank, &file, 0, 3);
    assert_refused(&mut world, &case, "AccountFrozen");
    assert_eq!((world.holding(&alice()), world.supply()), (0, 0));
    assert_eq!(statement(&world, &bank, 1).bitmap, [0]);
    world.check_invariants("after the refusal");
    world.mint_many(&bank, &file, 0, 2);
}

#[test]
fn swapped_recipients_reject() {
    let (mut world, _, file) = deposited();
    let bank = world.banks[0];
    let case = world.mint_many_case(&bank, &file, 0, 2);
    let [first, second] = ["recipient.0", "recipient.1"].map(|name| case.address(name));
    let [alices, bobs] = ["block.0", "block.1"].map(|name| case.address(name));
    let case = case.replace("recipient.0", second).replace("recipient.1", first);
    assert_refused(&mut world, &case, KzteError::WrongAddress);
    let case = case.replace("block.0", bobs).replace("block.1", alices);
    assert_refused(&mut world, &case, KzteError::ProofInvalid);
}

#[test]
fn overlapping_run_rejects() {
    let (mut world, file) = many(8);
    let bank = world.banks[0];
    world.mint_many(&bank, &file, 0, 4);
    let case = world.mint_many_case(&bank, &file, 3, 3);
    assert_refused(&mut world, &case, KzteError::EntryConsumed);
    world.mint_many(&bank, &file, 4, 4);
    assert_eq!(statement(&world, &bank, 1).bitmap, [u8::MAX]);
    world.check_invariants("after both runs");
}

// ── burn ────────────────────────────────────────────────────────────────────────────────────

/// The first bank's operator holds 900 of the bank's own 1,400 tokens, alice has 500.
fn stocked() -> World {
    let mut world = money::town();
    let bank = world.banks[0];
    let operator = bank.operator;
    world.holder("alice");
    world.open_account(&operator.address());
    let file = world.effective(
        &bank,
        &[credit(900, operator.address()), credit(500, alice().address())],
    );
    world.mint_many(&bank, &file, 0, 2);
    world
}

fn burn(guards: &mut Guards) {
    const NAME: &str = "burn";
    guards.scene(stocked, |world| world.burn_case(&world.banks[0], 400));
    let own = |world: &World| world.banks[0];

    money::unsigned(guards, "operator");
    money::signed_by_others(
        guards,
        "operator",
        &["the bank's operator"],
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
        |world, case| case.replace("issuer", world.second().issuer(&own(world).bic)),
        KzteError::WrongConfig,
    );
    money::written(guards, NAME, "issuer", "ConstraintMut");
    for status in [ISSUER_SUSPENDED, ISSUER_WIND_DOWN, ISSUER_CLOSED] {
        guards.accept(
            "issuer",
            "whatever its status, with an overdue redemption",
            |world, case| {
                let bank = own(world);
                world.tamper_issuer(&bank, |issuer| {
                    (issuer.status, issuer.overdue_count) = (status, 1)
                });
                case
            },
        );
    }
    guards.accept("issuer", "with a stale report", |world, case| {
        world.advance(100 * DAY);
        case
    });
    money::mint(guards);
    money::written(guards, NAME, "mint", "ConstraintMut");

    money::token_account(guards, "token_account", TokenRefusals::by_the_program());
    money::instead(
        guards,
        "token_account",
        Attack::WrongHolder,
        &[
            ("alice's", |world, _| world.token_account(&alice())),
            ("alice's, who lets the operator spend it", |world, _| {
                let (account, delegate) = (world.token_account(&alice()), world.banks[0].operator.address());
                let owner = alice().address();
                let approve = instruction::approve_checked(&world.deployment, account, delegate, owner, 400);
                world.must(&[approve], &[alice()]);
                account
            }),
            ("the bank's escrow", |world, _| {
                world.deployment.escrow(&world.banks[0].bic)
            }),
            ("the operator's, who gave it to a stranger", |world, case| {
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
            world.freeze(&own(world).operator);
            case
        },
        "AccountFrozen",
    );
    money::written(guards, NAME, "token_account", "ConstraintMut");
    money::token_program(guards);
    money::left_out(guards, NAME);

    guards.refuse(
        "amount",
        Attack::Boundary,
        "none",
        |world, _| world.burn_case(&own(world), 0),
        KzteError::ZeroAmount,
    );
    guards.refuse(
        "amount",
        Attack::Boundary,
        "one tiyn more than the account holds",
        |world, _| world.burn_case(&own(world), 901),
        "InsufficientFunds",
    );
    guards.refuse(
        "amount",
        Attack::Boundary,
        "one tiyn more than the bank has outstanding",
        |world, _| world.burn_case(&own(world), 1_401),
        KzteError::OutstandingExceeded,
    );
    guards.refuse(
        "amount",
        Attack::Boundary,
        "the highest",
        |world, _| world.burn_case(&own(world), u64::MAX),
        KzteError::OutstandingExceeded,
    );
    guards.accept("amount", "all that the account holds", |world, _| {
        world.burn_case(&own(world), 900)
    });
    guards.accept("amount", "one tiyn", |world, _| world.burn_case(&own(world), 1));
    money::cut_off(guards, "reference_hash", 0);

    // Transfers paused: the program resumes and pauses again, and only then needs the pause authority.
    guards.accept(
        "pause_authority",
        "not needed while transfers are open",
        |_, case| case.replace("pause_authority", nowhere("an authority")),
    );
    let paused = || {
        let mut world = stocked();
        world.pause(PAUSE_ALL);
        world
    };
    guards.scene(paused, |world| world.burn_case(&world.banks[0], 400));
    money::signing_authority(guards, "pause_authority");
}

#[test]
fn burning_books_and_tells_every_field() {
    let mut world = stocked();
    let bank = world.banks[0];
    let supply = world.supply();
    let case = world.burn_case(&bank, 400);
    let receipt = assert_ok(&mut world, &case);
    let expected = events::Burned {
        config: world.deployment.config,
        issuer: world.deployment.issuer(&bank.bic),
        actor: bank.operator.address(),
        reference_hash: *case.instruction.data.last_chunk().expect("the last argument"),
        amount: 400,
    };
    assert_eq!(receipt.events, [Event::Burned(expected)]);
    assert_eq!(
        (world.holding(&bank.operator), supply - world.supply()),
        (500, 400)
    );
    let issuer = world.issuer(&bank);
    assert_eq!((issuer.minted, issuer.burned), (1_400, 400));
    world.check_invariants("after the burn");
}

#[test]
fn burn_of_somebody_elses_tokens_rejects() {
    let mut world = stocked();
    let bank = world.banks[0];
    for account in [world.token_account(&alice()), world.deployment.escrow(&bank.bic)] {
        let case = world.burn_case(&bank, 1).replace("token_account", account);
        assert_refused(&mut world, &case, KzteError::WrongTokenOwner);
    }
}

/// Tokens of another bank in the stock: what a bank burns beyond its own liability would be the other bank's.
#[test]
fn burn_above_what_is_outstanding_rejects() {
    let mut world = stocked();
    let [bank, _] = world.banks;
    world.transfer(&money::bystander(), &bank.operator, 3_000);
    assert_eq!(world.holding(&bank.operator), 3_900);
    let case = world.burn_case(&bank, 1_401);
    assert_refused(&mut world, &case, KzteError::OutstandingExceeded);
    let case = world.burn_case(&bank, 1_400);
    assert_ok(&mut world, &case);
    let case = world.burn_case(&bank, 1);
    assert_refused(&mut world, &case, KzteError::OutstandingExceeded);
}

/// A pause of transfers stays one for everybody else.
#[test]
fn burn_while_paused_leaves_the_pause() {
    let mut world = stocked();
    let bank = world.banks[0];
    world.pause(PAUSE_TRANSFER);
    let case = world.burn_case(&bank, 400);
    assert_ok(&mut world, &case);
    world.check_invariants("after the burn");
    let mint = fetch::mint(&world.chain, &world.deployment).expect("the mint");
    assert!(mint.paused);
    let error = world
        .try_transfer(&alice(), &bank.operator, 1)
        .expect_err("a paused transfer");
    assert_eq!(error.name(), Some("MintPaused"));
}

/// The operator's own CPI Guard keeps any program from burning for him.
#[test]
fn guarded_stock_rejects() {
    let mut world = stocked();
    let bank = world.banks[0];
    let (account, operator) = (world.token_account(&bank.operator), bank.operator.address());
    let guard = instruction::enable_cpi_guard(account, operator, operator);
    world.must(&guard, &[bank.operator]);
    let case = world.burn_case(&bank, 400);
    assert_refused(&mut world, &case, "CpiGuardBurnBlocked");
}
