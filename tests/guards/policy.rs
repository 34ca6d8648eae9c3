//! Rejection tests of what the authority sets for all: `set_policy`, `set_default_account_state`, `update_metadata`.

use kzte_client::{
    Address, Chain, KzteError, address,
    constants::{MAX_METADATA_TEXT, MAX_REDEMPTION_SLA, MAX_STATEMENT_AGE, SYMBOL},
    decode::MintMetadata,
    events::{DefaultAccountStateSet, MetadataUpdated, PolicySet},
    fetch,
    instruction::MetadataField,
    state::{PAUSE_ALL, Role},
};
use kzte_harness::{
    Attack, Case, Guards, Key, World, assert_emits, assert_ok, assert_refused, credit,
    key::{hash_of, nowhere},
    money::{self, plain_mint},
    neutral_credit,
    world::{DAY, REDEMPTION_SLA},
};

use crate::governance::{
    config, config_is_written, config_kind, config_of_another_holder, events, hand_over, mint, never_paused,
    role, stored, successor, system_program, token_program,
};

/// The authority of before, whose role was handed over.
fn authority_of_before(guards: &mut Guards) {
    guards.refuse(
        "authority",
        Attack::State,
        "the role was handed over",
        |world, case| {
            hand_over(world, Role::Authority, &successor());
            case
        },
        KzteError::NotAuthorized,
    );
    guards.refuse(
        "authority",
        Attack::WrongSigner,
        "a nominee who has not accepted",
        |world, case| {
            let nominate = world.nominate_case(Role::Authority, &successor().address());
            assert_ok(world, &nominate);
            case.signed_by("authority", successor())
        },
        KzteError::NotAuthorized,
    );
}

// ── set_policy ──────────────────────────────────────────────────────────────────────────────

pub(crate) fn set_policy(guards: &mut Guards) {
    guards.scene(World::with_second, |world| world.set_policy_case(DAY, 2 * DAY));
    role(guards, "authority", "authority");
    authority_of_before(guards);
    config_kind(guards);
    config_of_another_holder(guards, Role::Authority);
    config_is_written(guards);
    events(guards);
    never_paused(guards);

    for wrong in [0, -1, i64::MIN, MAX_STATEMENT_AGE + 1, i64::MAX] {
        guards.refuse(
            "max_statement_age",
            Attack::Boundary,
            &format!("{wrong} s"),
            |world, _| world.set_policy_case(wrong, DAY),
            KzteError::PolicyRange,
        );
    }
    for wrong in [0, -1, i64::MIN, MAX_REDEMPTION_SLA + 1, i64::MAX] {
        guards.refuse(
            "redemption_sla",
            Attack::Boundary,
            &format!("{wrong} s"),
            |world, _| world.set_policy_case(DAY, wrong),
            KzteError::PolicyRange,
        );
    }
    guards.refuse(
        "redemption_sla",
        Attack::Boundary,
        "both are out of range",
        |world, _| world.set_policy_case(0, 0),
        KzteError::PolicyRange,
    );
    assert_eq!(
        (MAX_STATEMENT_AGE, MAX_REDEMPTION_SLA),
        (2_678_400, 2_678_400),
        "31 days"
    );
    for good in [1, MAX_STATEMENT_AGE] {
        guards.accept("max_statement_age", &format!("{good} s"), |world, _| {
            world.set_policy_case(good, DAY)
        });
        guards.accept("redemption_sla", &format!("{good} s"), |world, _| {
            world.set_policy_case(DAY, good)
        });
    }
    guards.accept(
        "redemption_sla",
        "what is set already: nothing forbids to say it again",
        |world, case| {
            assert_ok(world, &case);
            case
        },
    );
    guards.refuse(
        "redemption_sla",
        Attack::Invalid,
        "cut short by a byte",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
    // The framework reads the arguments and no further; who signs the transaction signs these bytes too.
    guards.accept("redemption_sla", "a byte behind it", |_, case| {
        case.data(|data| data.push(0))
    });
    guards.refuse(
        "max_statement_age",
        Attack::Invalid,
        "alone",
        |_, case| case.data(|data| data.truncate(16)),
        "InvalidInstructionData",
    );
}

// ── set_default_account_state ───────────────────────────────────────────────────────────────

/// The valid case with any byte for the flag.
fn with_flag(case: Case, flag: u8) -> Case {
    case.data(|data| data[8] = flag)
}

pub(crate) fn set_default_account_state(guards: &mut Guards) {
    for frozen in [true, false] {
        guards.scene(
            move || {
                let mut world = money::town();
                if !frozen {
                    world.set_born_frozen(true);
                    world.in_second(|world| world.set_born_frozen(true));
                }
                world
            },
            move |world| world.default_state_case(frozen),
        );
        default_state(guards, frozen);
    }
}

fn default_state(guards: &mut Guards, frozen: bool) {
    role(guards, "authority", "authority");
    authority_of_before(guards);
    config(guards, KzteError::WrongMint, "AccountDataTooSmall");
    config_of_another_holder(guards, Role::Authority);
    config_is_written(guards);
    guards.refuse(
        "config",
        Attack::Duplicate,
        "the mint once more",
        |_, case| case.duplicate("config", "mint"),
        "ConstraintDuplicateMutableAccount",
    );
    mint(guards);
    mint_of_another_program(guards);
    guards.refuse(
        "mint",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("mint"),
        "ConstraintMut",
    );
    for other in ["config", "authority", "freeze_authority"] {
        guards.refuse(
            "mint",
            Attack::Duplicate,
            &format!("the {other} once more"),
            |_, case| case.duplicate("mint", other),
            "ConstraintDuplicateMutableAccount",
        );
    }
    type Wrong = (&'static str, fn(&World) -> Address, &'static str);
    let wrong: [Wrong; 6] = [
        (
            "the mint authority",
            |world| address::mint_authority(&world.deployment.config),
            "PrivilegeEscalation",
        ),
        (
            "the pause authority",
            |world| address::pause_authority(&world.deployment.config),
            "PrivilegeEscalation",
        ),
        (
            "the permanent delegate",
            |world| address::permanent_delegate(&world.deployment.config),
            "PrivilegeEscalation",
        ),
        (
            "the other deployment's freeze authority",
            |world| address::freeze_authority(&world.second().config),
            "PrivilegeEscalation",
        ),
        ("nowhere", |_| nowhere("an authority"), "PrivilegeEscalation"),
        (
            "the configuration",
            |world| world.deployment.config,
            "ConstraintDuplicateMutableAccount",
        ),
    ];
    for (note, place, refusal) in wrong {
        guards.refuse(
            "freeze_authority",
            Attack::WrongAddress,
            note,
            |world, case| case.replace("freeze_authority", place(world)),
            refusal,
        );
    }
    token_program(guards);
    events(guards);
    never_paused(guards);

    guards.refuse(
        "frozen",
        Attack::State,
        "as it is already",
        |world, case| {
            assert_ok(world, &case);
            case
        },
        KzteError::NothingToChange,
    );
    guards.refuse(
        "frozen",
        Attack::State,
        "as it is already, as a number",
        |_, case| with_flag(case, u8::from(!frozen)),
        KzteError::NothingToChange,
    );
    for flag in [2, 3, 0x80, u8::MAX] {
        guards.refuse(
            "frozen",
            Attack::Boundary,
            &format!("number {flag}"),
            |_, case| with_flag(case, flag),
            "InvalidInstructionData",
        );
    }
    guards.refuse(
        "frozen",
        Attack::Invalid,
        "missing",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
    guards.accept("frozen", "there and back and there", |world, case| {
        assert_ok(world, &case);
        world.set_born_frozen(!frozen);
        case
    });
}

/// A mint of another program at another address.
fn mint_of_another_program(guards: &mut Guards) {
    guards.refuse(
        "mint",
        Attack::WrongMint,
        "a p-token mint with the same authorities",
        |world, case| {
            let mint = plain_mint(world, &case.address("mint"), &money::P_TOKEN_PROGRAM_ID);
            case.replace("mint", mint)
        },
        KzteError::WrongMint,
    );
    guards.refuse(
        "mint",
        Attack::WrongAddress,
        "nothing there",
        |_, case| case.replace("mint", nowhere("a mint")),
        KzteError::WrongMint,
    );
}

// ── update_metadata ─────────────────────────────────────────────────────────────────────────

/// A text of that many bytes.
fn text(length: usize) -> String {
    "n".repeat(length)
}

pub(crate) fn update_metadata(guards: &mut Guards) {
    guards.scene(money::town, |world| {
        world.update_metadata_case(MetadataField::Name, &text(100))
    });
    guards.refuse(
        "payer",
        Attack::MissingSigner,
        "the payer does not sign",
        |_, case| case.unsigned("payer"),
        "MissingRequiredSignature",
    );
    guards.refuse(
        "payer",
        Attack::MissingSigner,
        "somebody else is to pay",
        |world, case| {
            case.replace("payer", world.keys.stranger.address())
                .unsigned("payer")
        },
        "MissingRequiredSignature",
    );
    guards.refuse(
        "payer",
        Attack::ReadOnly,
        "not writable: the framework asks a writable signer for both at once and names the signature",
        |_, case| case.readonly("payer"),
        "MissingRequiredSignature",
    );
    guards.refuse(
        "payer",
        Attack::State,
        "cannot pay for the growth",
        |world, case| {
            world.tamper(world.keys.stranger.address(), |account| account.lamports = 1_000);
            case.signed_by("payer", world.keys.stranger)
        },
        "ResultWithNegativeLamports",
    );
    guards.refuse(
        "payer",
        Attack::Duplicate,
        "the mint, whose key exists",
        |world, case| case.signed_by("payer", world.mint_key),
        "ConstraintDuplicateMutableAccount",
    );
    guards.accept("payer", "the authority itself", |world, case| {
        case.signed_by("payer", world.keys.authority)
    });
    guards.accept("payer", "has nothing, and the text shrinks", |world, _| {
        let poor = successor();
        world.chain.fund(&poor.address(), 1_000_000).expect("lamports");
        world
            .update_metadata_case(MetadataField::Name, "T")
            .signed_by("payer", poor)
    });
    role(guards, "authority", "authority");
    guards.refuse(
        "authority",
        Attack::WrongSigner,
        "who pays does not decide",
        |world, case| case.signed_by("authority", world.keys.sponsor),
        KzteError::NotAuthorized,
    );
    authority_of_before(guards);
    config(guards, KzteError::WrongMint, "UninitializedAccount");
    config_of_another_holder(guards, Role::Authority);
    mint(guards);
    mint_of_another_program(guards);
    guards.refuse(
        "mint",
        Attack::ReadOnly,
        "not writable",
        |_, case| case.readonly("mint"),
        "ConstraintMut",
    );
    for other in ["payer", "authority", "config", "mint_authority"] {
        guards.refuse(
            "mint",
            Attack::Duplicate,
            &format!("the {other} once more"),
            |_, case| case.duplicate("mint", other),
            "ConstraintDuplicateMutableAccount",
        );
    }
    money::signing_authority(guards, "mint_authority");
    token_program(guards);
    system_program(guards);
    events(guards);
    never_paused(guards);

    for number in [2, 3, 0x80, u8::MAX] {
        guards.refuse(
            "field",
            Attack::Boundary,
            &format!("number {number}: the symbol and all other fields are for ever"),
            |_, case| case.data(|data| data[8] = number),
            KzteError::MetadataField,
        );
    }
    guards.refuse(
        "field",
        Attack::Invalid,
        "alone",
        |_, case| case.data(|data| data.truncate(9)),
        "InvalidInstructionData",
    );
    for field in [MetadataField::Name, MetadataField::Uri] {
        for length in [0, MAX_METADATA_TEXT + 1] {
            guards.refuse(
                "value",
                Attack::Boundary,
                &format!("{field:?} of {length} bytes"),
                |world, _| world.update_metadata_case(field, &text(length)),
                KzteError::MetadataText,
            );
        }
        for length in [1, 13, MAX_METADATA_TEXT] {
            guards.accept("value", &format!("{field:?} of {length} bytes"), |world, _| {
                world.update_metadata_case(field, &text(length))
            });
        }
    }
    // The limit counts bytes: a letter of the Kazakh alphabet has two.
    guards.accept("value", "100 letters of two bytes", |world, _| {
        world.update_metadata_case(MetadataField::Name, &"ң".repeat(100))
    });
    guards.refuse(
        "value",
        Attack::Boundary,
        "100 letters of two bytes and one of one",
        |world, _| world.update_metadata_case(MetadataField::Name, &format!("{}e", "ң".repeat(100))),
        KzteError::MetadataText,
    );
    for (note, bytes) in [
        ("a byte that begins nothing", &[0xff][..]),
        ("half a letter", &[b'T', 0xd2]),
        ("a letter written too long", &[0xc0, 0xaf]),
        ("half a surrogate pair", &[0xed, 0xa0, 0x80]),
    ] {
        guards.refuse(
            "value",
            Attack::Invalid,
            note,
            |_, case| {
                case.data(|data| {
                    data.truncate(9);
                    data.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                    data.extend_from_slice(bytes);
                })
            },
            "InvalidInstructionData",
        );
    }
    guards.refuse(
        "value",
        Attack::Invalid,
        "cut short by a byte",
        |_, case| case.cut(),
        "InvalidInstructionData",
    );
    for announced in [101u32, u32::MAX] {
        guards.refuse(
            "value",
            Attack::Invalid,
            &format!("{announced} bytes announced, 100 there"),
            |_, case| case.data(|data| data[9..13].copy_from_slice(&announced.to_le_bytes())),
            "InvalidInstructionData",
        );
    }
    guards.accept("value", "the same text once more", |world, case| {
        assert_ok(world, &case);
        case
    });
}

// ── events and effects ──────────────────────────────────────────────────────────────────────

#[test]
fn set_policy_writes_both_terms_and_tells_them() {
    let mut world = World::new();
    for (age, term) in [(1, MAX_REDEMPTION_SLA), (MAX_STATEMENT_AGE, 1)] {
        let mut expected = stored(&world);
        expected.max_statement_age = age;
        expected.redemption_sla = term;
        let case = world.set_policy_case(age, term);
        let event = PolicySet {
            config: world.deployment.config,
            actor: world.keys.authority.address(),
            max_statement_age: age,
            redemption_sla: term,
        };
        assert_emits(&mut world, &case, &[event.into()]);
        let bytes = |config| borsh::to_vec(config).expect("a configuration");
        assert_eq!(bytes(&stored(&world)), bytes(&expected));
    }
}

/// A term is a promise to the holder: what is open keeps the one that it was requested under.
#[test]
fn open_redemptions_keep_their_term_when_the_policy_changes() {
    let mut world = World::new();
    let bank = world.banks[0];
    let alice = world.holder("alice");
    world.deposit(&bank, &alice, 1_000);
    let due_at = |world: &World, redemption: &Address| {
        let redemption = fetch::redemption(&world.chain, redemption).expect("readable");
        redemption.expect("it is open").due_at
    };
    let requested = world.now();
    let first = world.request(&bank, &alice, 1, 100);
    assert_eq!(due_at(&world, &first), requested + REDEMPTION_SLA);

    let shorter = world.set_policy_case(DAY, 1);
    assert_ok(&mut world, &shorter);
    let second = world.request(&bank, &alice, 2, 100);
    assert_eq!(
        due_at(&world, &first),
        requested + REDEMPTION_SLA,
        "it keeps its own"
    );
    assert_eq!(due_at(&world, &second), requested + 1);
    world.advance(2);
    let flag = world.flag_case(&bank, &first);
    assert_refused(&mut world, &flag, KzteError::RedemptionNotOverdue);
    let flag = world.flag_case(&bank, &second);
    assert_ok(&mut world, &flag);

    let longer = world.set_policy_case(DAY, MAX_REDEMPTION_SLA);
    assert_ok(&mut world, &longer);
    assert_eq!(
        due_at(&world, &first),
        requested + REDEMPTION_SLA,
        "nor does it wait longer"
    );
    world.advance(REDEMPTION_SLA);
    let flag = world.flag_case(&bank, &first);
    assert_ok(&mut world, &flag);
}

/// The age of statements holds from the next mint on.
#[test]
fn a_shorter_age_stops_the_next_mint_and_a_longer_one_lets_it_pass() {
    let mut world = World::new();
    let bank = world.banks[0];
    let alice = world.holder("alice");
    let file = world.effective(&bank, &[credit(700, alice.address())]);
    world.advance(100);
    let mint = world.mint_case(&bank, &file, 0);
    for (age, passes) in [(99, false), (100, true), (1, false), (MAX_STATEMENT_AGE, true)] {
        let case = world.set_policy_case(age, DAY);
        assert_ok(&mut world, &case);
        if passes {
            assert_ok(&mut world.clone(), &mint);
        } else {
            assert_refused(&mut world, &mint, KzteError::StatementStale);
        }
    }
}

#[test]
fn accounts_are_born_frozen_from_now_on_and_those_that_exist_stay_as_they_are() {
    let mut world = World::new();
    let bank = world.banks[0];
    let alice = world.holder("alice");
    let frozen_one = world.holder("frozen");
    world.deposit(&bank, &alice, 1_000);
    world.freeze(&frozen_one);
    let existing = [
        world.token_account(&alice),
        world.token_account(&frozen_one),
        world.deployment.escrow(&bank.bic),
    ];
    let before = existing.map(|account| world.expect_account(&account));
    let is_frozen = |world: &World, key: &Key| {
        let account = fetch::token_account(&world.chain, &world.token_account(key)).expect("readable");
        account.expect("an account").frozen
    };
    let mut expected = stored(&world);
    for frozen in [true, false] {
        let case = world.default_state_case(frozen);
        let event = DefaultAccountStateSet {
            config: world.deployment.config,
            actor: world.keys.authority.address(),
            frozen: u8::from(frozen),
            reserved: [0; 7],
        };
        assert_emits(&mut world, &case, &[event.into()]);
        expected.accounts_born_frozen = u8::from(frozen);
        let bytes = |config| borsh::to_vec(config).expect("a configuration");
        assert_eq!(
            bytes(&stored(&world)),
            bytes(&expected),
            "the flag and nothing else"
        );
        let mint = fetch::mint(&world.chain, &world.deployment).expect("the mint");
        assert_eq!(mint.born_frozen, frozen, "the mint itself");
        let newcomer = world.holder(&format!("newcomer {frozen}"));
        assert_eq!(is_frozen(&world, &newcomer), frozen);
        let after = existing.map(|account| world.expect_account(&account));
        assert_eq!(after, before, "what exists is untouched");
        // A frozen newcomer takes nothing, from nobody.
        let paid = world.clone().try_transfer(&alice, &newcomer, 1);
        assert_eq!(paid.is_err(), frozen);
        // Who was there before pays as before.
        let friend = existing[0];
        assert_eq!(world.balance(&friend), 1_000);
    }
    // Born frozen is no state that ends by itself.
    assert!(is_frozen(&world, &Key::named("newcomer true")));
    world.thaw(&Key::named("newcomer true"));
    world.transfer(&alice, &Key::named("newcomer true"), 1);
}

/// A minting bank does not thaw: tokens for somebody who was not admitted stay unminted.
#[test]
fn a_newcomer_who_is_not_admitted_receives_no_mint() {
    let mut world = World::new();
    let bank = world.banks[0];
    world.set_born_frozen(true);
    let alice = world.holder("alice");
    let file = world.effective(&bank, &[credit(700, alice.address()), neutral_credit(1)]);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, "AccountFrozen");
    let admit = world.admit_case(&bank, &alice.address());
    assert_ok(&mut world, &admit);
    assert_ok(&mut world, &mint);
    assert_eq!(world.holding(&alice), 700);
}

fn metadata(world: &World) -> MintMetadata {
    let mint = fetch::mint(&world.chain, &world.deployment).expect("the mint");
    mint.metadata.expect("metadata")
}

/// Every way from one length to another: the payer pays for what the mint lacks and for nothing else, the symbol and
/// everything outside the text stay.
#[test]
fn update_metadata_writes_the_text_and_has_the_growth_paid() {
    let mut world = World::new();
    let bank = world.banks[0];
    let alice = world.holder("alice");
    world.deposit(&bank, &alice, 1_000);
    let (config, actor) = (world.deployment.config, world.keys.authority.address());
    let payer = world.keys.sponsor.address();
    let lengths = [1, 200, 199, 200, 1, 2, 100, 100, 13, 200];
    let steps = lengths.iter().enumerate().flat_map(|(step, length)| {
        // Letters that differ from step to step, so that no step can pass by doing nothing.
        let letter = char::from(b'a' + step as u8).to_string();
        [MetadataField::Name, MetadataField::Uri].map(|field| (field, letter.repeat(*length)))
    });
    for (field, value) in steps {
        let (mint_before, metadata_before) = (world.expect_account(&world.deployment.mint), metadata(&world));
        let funds_before = world.expect_account(&payer).lamports;
        let case = world.update_metadata_case(field, &value);
        let event = MetadataUpdated {
            config,
            actor,
            value_hash: hash_of(&value),
            field: field as u8,
            reserved: [0; 7],
        };
        assert_emits(&mut world, &case, &[event.into()]);

        let mut expected = metadata_before.clone();
        let changed = match field {
            MetadataField::Name => &mut expected.name,
            MetadataField::Uri => &mut expected.uri,
        };
        let old_length = changed.len();
        changed.clone_from(&value);
        assert_eq!(metadata(&world), expected);
        assert_eq!(expected.symbol, SYMBOL);

        let mint = world.expect_account(&world.deployment.mint);
        assert_eq!(
            mint.data.len() + old_length,
            mint_before.data.len() + value.len(),
            "the mint is as long as its texts need"
        );
        let rent = world.chain.minimum_balance(mint.data.len()).expect("rent");
        let growth = rent.saturating_sub(mint_before.lamports);
        assert_eq!(
            mint.lamports,
            mint_before.lamports + growth,
            "what was paid stays with the mint"
        );
        assert!(mint.lamports >= rent);
        assert_eq!(world.expect_account(&payer).lamports, funds_before - growth);
        let info = fetch::mint(&world.chain, &world.deployment).expect("the mint");
        assert_eq!(
            (info.supply, info.paused, info.born_frozen),
            (1_000, false, false)
        );
    }
    // The longest texts of both: the mint works as before.
    let bob = world.holder("bob");
    world.transfer(&alice, &bob, 400);
    world.pause(PAUSE_ALL);
    world.resume(PAUSE_ALL);
    world.set_born_frozen(true);
    world.set_born_frozen(false);
    world.advance(1);
    world.deposit(&bank, &bob, 5);
    world.check_invariants("after the last text");
}

/// Somebody who sends lamports to the mint pays for the authority.
#[test]
fn lamports_that_lie_in_the_mint_already_pay_for_the_growth() {
    let mut world = World::new();
    let mint = world.deployment.mint;
    world.chain.fund(&mint, 10_000_000).expect("lamports");
    let before = [mint, world.keys.sponsor.address()].map(|it| world.expect_account(&it).lamports);
    let case = world.update_metadata_case(MetadataField::Uri, &text(200));
    assert_ok(&mut world, &case);
    let after = [mint, world.keys.sponsor.address()].map(|it| world.expect_account(&it).lamports);
    assert_eq!(after, before);
}

/// Control over one text is no way to another: what looks like the next field is part of the text.
#[test]
fn a_text_cannot_reach_into_its_neighbours() {
    let mut world = World::new();
    let mut before = metadata(&world);
    // A length of four and "XXXX" behind it, as the symbol stands behind the name.
    let hostile = "Tenge\u{4}\0\0\0XXXX\u{1}\0\0\0u\0\0\0\0";
    let case = world.update_metadata_case(MetadataField::Name, hostile);
    assert_ok(&mut world, &case);
    before.name = hostile.to_owned();
    assert_eq!(metadata(&world), before);
}
