//! Every command twice, and every command after a lost answer: it does nothing twice and says so.

mod common;

use common::{IBAN, Lose, World, already, altyndala, done, saryzhailau};
use kzte_cli::{
    failure::{Failure, Kind, Result},
    keys::{Hand, text_hash},
    ops::{
        Status, Step, compliance, governance, interbank, issuance,
        issuers::{self, Turn},
        orders, redemption, reserves,
        roles::{self, Title},
        show, tokens,
    },
};
use kzte_client::{
    Chain, Event, Keypair, fetch,
    instruction::MetadataField,
    state::{IssuerRole, PAUSE_MINT, PAUSE_REDEMPTION_REQUEST, Role},
};
use kzte_migrations::{Description, Migration};

/// Runs a command that loses its answer after landing, then repeats it: the first is an honest "no answer", the second
/// says that it is done, and nothing more is sent.
#[track_caller]
fn survives(world: &mut World, mut command: impl FnMut(&mut World) -> Result<Step>) {
    world.chain.lose = Some(Lose::BeforeSending);
    let failure = command(world).unwrap_err();
    assert_eq!(failure.kind, Kind::NoAnswer, "{failure}");
    assert!(failure.way_out.contains("Repeat the command"), "{failure}");

    world.chain.lose = Some(Lose::AfterLanding);
    let failure = command(world).unwrap_err();
    assert_eq!(failure.kind, Kind::NoAnswer, "{failure}");
    let landed = fingerprint(world);

    already(command(world));
    already(command(world));
    assert_eq!(fingerprint(world), landed, "a repetition changed something");
}

/// Supply, and lamports of everybody: every transaction costs somebody a fee.
fn fingerprint(world: &World) -> (u64, Vec<Option<u64>>) {
    let supply = fetch::mint(&world.chain, &world.dep).unwrap().supply;
    let lamports = world.cast.players().map(|player| {
        world
            .chain
            .account(&player.address())
            .unwrap()
            .map(|account| account.lamports)
    });
    (supply, lamports.collect())
}

#[test]
fn posting_and_attesting() {
    let mut world = World::new();
    let file = world
        .import("altnkzka-2026-11-16.xml", "altyndala", 1)
        .remove(0)
        .statement;
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("altyndala"));
        reserves::post(&mut world.chain, &world.dep, &hand, &altyndala(), &file)
    });
    for attestor in ["auditor", "central-bank"] {
        survives(&mut world, |world| {
            let hand = Hand::of(world.cast.key(attestor));
            reserves::attest(&mut world.chain, &world.dep, &hand, &altyndala(), &file)
        });
    }
    assert_eq!(world.issuer(&altyndala()).statement_number, 1);
    // The third attestor comes late: the statement needs no more votes, and says that.
    let hand = Hand::of(world.cast.key("custodian"));
    let step = already(reserves::attest(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
    ));
    assert!(step.note.contains("without this vote"), "{}", step.note);
    let hand = Hand::of(world.cast.key("altyndala"));
    let step = already(reserves::post(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
    ));
    assert!(step.note.contains("already effective"), "{}", step.note);
}

#[test]
fn withdrawing() {
    let mut world = World::new();
    let file = world
        .import("altnkzka-2026-11-16.xml", "altyndala", 1)
        .remove(0)
        .statement;
    let hand = Hand::of(world.cast.key("altyndala"));
    done(reserves::post(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
    ));
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("altyndala"));
        reserves::withdraw(&mut world.chain, &world.dep, &hand, &altyndala(), 1)
    });
    // Posted again after that: a new posting, not "already".
    let hand = Hand::of(world.cast.key("altyndala"));
    done(reserves::post(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
    ));
}

#[test]
fn another_statement_under_the_same_number_is_named_field_by_field() {
    let mut world = World::new();
    let file = world
        .import("altnkzka-2026-11-16.xml", "altyndala", 1)
        .remove(0)
        .statement;
    let hand = Hand::of(world.cast.key("altyndala"));
    done(reserves::post(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
    ));
    let mut entries = file.entries.clone();
    entries[1].amount += 1;
    let totals = file.totals;
    let other =
        kzte_client::reserve::StatementFile::new(1, totals.opening, totals.as_of, entries, file.source_hash)
            .unwrap();
    let posted = reserves::post(&mut world.chain, &world.dep, &hand, &altyndala(), &other).unwrap_err();
    let hand = Hand::of(world.cast.key("auditor"));
    let attested = reserves::attest(&mut world.chain, &world.dep, &hand, &altyndala(), &other).unwrap_err();
    for failure in [posted, attested] {
        assert_eq!(failure.kind, Kind::Mismatch);
        for field in ["credit total", "closing balance", "root of the entries"] {
            assert!(failure.message.contains(field), "{failure}");
        }
        for field in [
            "opening balance",
            "debit total",
            "as of",
            "number of entries",
            "hash of the bank's file",
        ] {
            assert!(!failure.message.contains(field), "{failure}");
        }
    }
    let statement = fetch::statement(&world.chain, &world.dep, &altyndala(), 1)
        .unwrap()
        .unwrap();
    assert_eq!(
        statement.header.approvals, 0,
        "a vote was cast for figures that differ"
    );
}

#[test]
fn minting_one_and_all() {
    let mut world = World::new();
    let file = world.effective().statement;
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("altyndala"));
        issuance::mint_entry(&mut world.chain, &world.dep, &hand, &altyndala(), &file, 1)
    });
    assert_eq!(world.balance("sayakhat-service"), 1_250_000_000);

    let all = |world: &mut World| {
        let hand = Hand::of(world.cast.key("altyndala"));
        issuance::mint_all(
            &mut world.chain,
            &world.dep,
            &hand,
            &altyndala(),
            &file,
            &mut |_, _| (),
        )
    };
    // The creation of the accounts loses its answer, then the run does.
    world.chain.lose = Some(Lose::AfterLanding);
    assert_eq!(all(&mut world).unwrap_err().kind, Kind::NoAnswer);
    world.chain.lose = Some(Lose::AfterLanding);
    assert_eq!(all(&mut world).unwrap_err().kind, Kind::NoAnswer);
    let landed = fingerprint(&world);
    let steps = all(&mut world).unwrap();
    assert!(
        steps.iter().all(|step| step.status == Status::Already),
        "{steps:?}"
    );
    assert_eq!(steps[0].entries, [1, 2, 3, 4, 5]);
    assert_eq!(fingerprint(&world), landed);
    assert_eq!(landed.0, 4_375_123_531);
    assert_eq!(world.issuer(&altyndala()).minted, 4_375_123_531);
}

#[test]
fn an_entry_that_cannot_be_minted_does_not_stop_the_others() {
    let mut world = World::new();
    let file = world.effective().statement;
    let desk = Hand::of(world.cast.key("compliance"));
    let blocked = world.cast.address("tulpar-market");
    done(compliance::block(
        &mut world.chain,
        &world.dep,
        &desk,
        &blocked,
        text_hash(None, "case"),
    ));
    let hand = Hand::of(world.cast.key("altyndala"));
    let steps = issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        &mut |_, _| (),
    )
    .unwrap();
    let skipped: Vec<&Step> = steps
        .iter()
        .filter(|step| step.status == Status::Skipped)
        .collect();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].entries, [3]);
    assert!(skipped[0].note.contains("blocked"), "{}", skipped[0].note);
    assert_eq!(world.balance("tulpar-market"), 0);
    assert_eq!(world.balance("nur-astyk-agro"), 2_700_000_000);
    let failure =
        issuance::mint_entry(&mut world.chain, &world.dep, &hand, &altyndala(), &file, 3).unwrap_err();
    assert_eq!(failure.kind, Kind::Refused);

    // Unblocked, the rest is minted and nothing else.
    done(compliance::unblock(
        &mut world.chain,
        &world.dep,
        &desk,
        &blocked,
        text_hash(None, "case"),
    ));
    let steps = issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        &mut |_, _| (),
    )
    .unwrap();
    let minted: Vec<u32> = steps
        .iter()
        .filter(|step| step.status == Status::Done && step.action == "mint")
        .flat_map(|step| step.entries.clone())
        .collect();
    assert_eq!(minted, [3]);
    assert_eq!(world.balance("tulpar-market"), 85_000_075);
}

#[test]
fn a_refusal_that_meets_every_entry_ends_the_command_and_keeps_what_was_minted() {
    let mut world = World::new();
    let file = world.effective().statement;
    let manager = world.cast.key("issuer-manager").insecure_clone();
    // Room for the first run of deposits, not for the last entry.
    let limits = kzte_client::instruction::IssuerLimits {
        quota: 1_250_000_000,
        window_limit: u64::MAX,
        window_seconds: 60,
    };
    use kzte_client::Signer;
    let configure =
        kzte_client::instruction::configure_issuer(&world.dep, &altyndala(), manager.pubkey(), limits);
    world.chain.send(&[configure], &manager, &[]).unwrap();
    let hand = Hand::of(world.cast.key("altyndala"));
    done(issuance::mint_entry(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        1,
    ));
    let failure = issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        &mut |_, _| (),
    )
    .unwrap_err();
    assert_eq!(failure.name.as_deref(), Some("QuotaExceeded"), "{failure}");
    assert!(failure.message.contains("0 deposits minted before"), "{failure}");
    assert_eq!(world.issuer(&altyndala()).minted, 1_250_000_000);
}

#[test]
fn freezing_thawing_blocking_unblocking() {
    let mut world = World::new();
    let file = world.effective().statement;
    let hand = Hand::of(world.cast.key("altyndala"));
    done(issuance::mint_entry(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        1,
    ));
    let wallet = world.cast.address("sayakhat-service");
    let reason = text_hash(None, "case");
    survives(&mut world, |world| {
        let desk = Hand::of(world.cast.key("compliance"));
        compliance::freeze(&mut world.chain, &world.dep, &desk, &wallet, reason)
    });
    // By the token account it is the same account.
    let account = world.dep.token_account(&wallet);
    let desk = Hand::of(world.cast.key("compliance"));
    already(compliance::freeze(
        &mut world.chain,
        &world.dep,
        &desk,
        &account,
        reason,
    ));
    assert!(show::balance(&world.chain, &world.dep, &wallet).unwrap().frozen);
    survives(&mut world, |world| {
        let desk = Hand::of(world.cast.key("compliance"));
        compliance::thaw(&mut world.chain, &world.dep, &desk, &wallet, reason)
    });
    survives(&mut world, |world| {
        let desk = Hand::of(world.cast.key("compliance"));
        compliance::block(&mut world.chain, &world.dep, &desk, &wallet, reason)
    });
    assert!(show::balance(&world.chain, &world.dep, &wallet).unwrap().blocked);
    survives(&mut world, |world| {
        let desk = Hand::of(world.cast.key("compliance"));
        compliance::unblock(&mut world.chain, &world.dep, &desk, &wallet, reason)
    });
    // A wallet without an account cannot be frozen, and the way out is named.
    let stranger = world.cast.address("stranger");
    let desk = Hand::of(world.cast.key("compliance"));
    let failure = compliance::freeze(&mut world.chain, &world.dep, &desk, &stranger, reason).unwrap_err();
    assert!(failure.way_out.contains("kzte block"), "{failure}");
}

#[test]
fn pausing_and_resuming() {
    let mut world = World::new();
    let flags = PAUSE_MINT | PAUSE_REDEMPTION_REQUEST;
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("pauser"));
        governance::pause(&mut world.chain, &world.dep, &hand, flags)
    });
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("authority"));
        governance::resume(&mut world.chain, &world.dep, &hand, flags)
    });
    assert_eq!(fetch::config(&world.chain, &world.dep).unwrap().paused, 0);
}

/// A world in which Sayakhat Service holds tokens.
fn with_holder() -> World {
    let mut world = World::new();
    let file = world.effective().statement;
    let hand = Hand::of(world.cast.key("altyndala"));
    done(issuance::mint_entry(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        1,
    ));
    world
}

fn request(world: &mut World, amount: u64, id: &str) -> Result<Step> {
    let key = world.cast.reference_key("altyndala");
    let request = redemption::Request {
        issuer: &altyndala(),
        amount,
        account: IBAN,
        end_to_end_id: id,
        key: &key,
    };
    let hand = Hand::of(world.cast.key("sayakhat-service"));
    redemption::request(&mut world.chain, &world.dep, &hand, &request)
}

fn address_of(world: &World, amount: u64, id: &str) -> kzte_client::Address {
    let key = world.cast.reference_key("altyndala");
    let request = redemption::Request {
        issuer: &altyndala(),
        amount,
        account: IBAN,
        end_to_end_id: id,
        key: &key,
    };
    redemption::address_of(&world.dep, &world.cast.address("sayakhat-service"), &request)
}

#[test]
fn redeeming_and_rejecting() {
    let mut world = with_holder();
    survives(&mut world, |world| request(world, 40_000, "E-1"));
    assert_eq!(world.balance("sayakhat-service"), 1_250_000_000 - 40_000);
    let failure: Failure = request(&mut world, 40_001, "E-1").unwrap_err();
    assert_eq!(failure.kind, Kind::Mismatch, "{failure}");

    let address = address_of(&world, 40_000, "E-1");
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("altyndala"));
        redemption::reject(&mut world.chain, &world.dep, &hand, &altyndala(), &address, 7)
    });
    assert_eq!(world.balance("sayakhat-service"), 1_250_000_000);
    // The request is not made a second time behind the holder's back: it says what became of the first.
    let step = already(request(&mut world, 40_000, "E-1"));
    assert!(step.note.contains("rejected with reason 7"), "{}", step.note);
    let step = already({
        let hand = Hand::of(world.cast.key("altyndala"));
        redemption::reject(&mut world.chain, &world.dep, &hand, &altyndala(), &address, 7)
    });
    assert!(step.note.contains("rejected"), "{}", step.note);
    let view = show::redemption_view(&world.chain, &address).unwrap();
    assert_eq!(view.status, "ended");
}

#[test]
fn cancelling_a_redemption_that_is_due() {
    let mut world = with_holder();
    done(request(&mut world, 40_000, "E-2"));
    let address = address_of(&world, 40_000, "E-2");
    let cancel = |world: &mut World| {
        let hand = Hand::of(world.cast.key("sayakhat-service"));
        redemption::cancel(&mut world.chain, &world.dep, &hand, &altyndala(), &address)
    };
    let failure = cancel(&mut world).unwrap_err();
    assert_eq!(failure.name.as_deref(), Some("RedemptionNotDue"), "{failure}");
    // The term and the age of a statement.
    world.chain.chain.advance(2 * common::DAY);
    let failure = cancel(&mut world).unwrap_err();
    assert_eq!(failure.name.as_deref(), Some("RedemptionNotDue"), "{failure}");
    world.chain.chain.advance(3 * common::DAY);
    survives(&mut world, cancel);
    assert_eq!(world.balance("sayakhat-service"), 1_250_000_000);
    done(request(&mut world, 40_000, "E-3"));
    let address = address_of(&world, 40_000, "E-3");
    let hand = Hand::of(world.cast.key("sayakhat-service"));
    let failure =
        redemption::cancel(&mut world.chain, &world.dep, &hand, &saryzhailau(), &address).unwrap_err();
    assert_eq!(failure.kind, Kind::Mismatch, "{failure}");
}

#[test]
fn settling_and_closing() {
    let mut world = with_holder();
    let first = world
        .import("altnkzka-2026-11-16.xml", "altyndala", 1)
        .remove(0)
        .statement;
    done(request(&mut world, 40_000, "E-4"));
    let address = address_of(&world, 40_000, "E-4");

    // The next statement pays it out, and a redemption that nobody requested.
    let entry = |index, amount, party: kzte_client::Address| kzte_ledger::Entry {
        kind: kzte_ledger::EntryKind::Debit,
        index,
        amount,
        reference_hash: text_hash(None, "payout"),
        party: party.to_bytes(),
    };
    let unknown = world.cast.address("stranger");
    let entries = vec![entry(0, 40_000, address), entry(1, 5, unknown)];
    world.chain.chain.advance(3600);
    let as_of = world.chain.chain.time();
    let file =
        kzte_client::reserve::StatementFile::new(2, first.totals.closing, as_of, entries, [7; 32]).unwrap();
    let hand = Hand::of(world.cast.key("altyndala"));
    done(reserves::post(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
    ));
    let settle = |world: &mut World| {
        let hand = Hand::of(world.cast.key("altyndala"));
        redemption::settle_entry(&mut world.chain, &world.dep, &hand, &altyndala(), &file, 0)
    };
    let failure = settle(&mut world).unwrap_err();
    assert!(failure.message.contains("not effective"), "{failure}");
    for attestor in ["auditor", "central-bank"] {
        let hand = Hand::of(world.cast.key(attestor));
        done(reserves::attest(
            &mut world.chain,
            &world.dep,
            &hand,
            &altyndala(),
            &file,
        ));
    }
    survives(&mut world, settle);
    assert_eq!(world.issuer(&altyndala()).burned, 40_000);

    let hand = Hand::of(world.cast.key("altyndala"));
    let steps = redemption::settle_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        &mut |_, _| (),
    )
    .unwrap();
    assert_eq!(
        steps.iter().map(|step| step.status).collect::<Vec<_>>(),
        [Status::Already, Status::Skipped]
    );
    assert!(
        steps[1].note.contains("there is no redemption"),
        "{}",
        steps[1].note
    );
    let step = already(request(&mut world, 40_000, "E-4"));
    assert!(
        step.note.contains("settled by entry 0 of statement 2"),
        "{}",
        step.note
    );

    // A statement with an open entry is not closed; the first one, minted whole, is.
    let close = |world: &mut World, number| {
        let hand = Hand::of(world.cast.key("stranger"));
        reserves::close(&mut world.chain, &world.dep, &hand, &altyndala(), number)
    };
    let failure = close(&mut world, 2).unwrap_err();
    assert!(failure.message.contains("1 entry to mint or settle"), "{failure}");
    let hand = Hand::of(world.cast.key("altyndala"));
    issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &first,
        &mut |_, _| (),
    )
    .unwrap();
    survives(&mut world, |world| close(world, 1));
    // Everything that asks for the closed statement says so and does nothing.
    let hand = Hand::of(world.cast.key("altyndala"));
    already(issuance::mint_entry(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &first,
        1,
    ));
    let steps = issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &first,
        &mut |_, _| (),
    )
    .unwrap();
    assert!(
        steps.iter().all(|step| step.status == Status::Already),
        "{steps:?}"
    );
    let step = already(reserves::post(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &first,
    ));
    assert!(step.note.contains("closed"), "{}", step.note);
    let failure = reserves::withdraw(&mut world.chain, &world.dep, &hand, &altyndala(), 1).unwrap_err();
    assert!(failure.message.contains("can never change"), "{failure}");
    // Another file under the number of a closed statement is not taken for it.
    let mut other = first.clone();
    other.source_hash = [9; 32];
    let failure = reserves::post(&mut world.chain, &world.dep, &hand, &altyndala(), &other).unwrap_err();
    assert_eq!(failure.kind, Kind::Mismatch, "{failure}");
}

#[test]
fn transferring_and_burning() {
    let mut world = with_holder();
    let (from, to) = ("sayakhat-service", "altyndala");
    let wallet = world.cast.address(to);
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key(from));
        tokens::transfer(
            &mut world.chain,
            &world.journal,
            &world.dep,
            &hand,
            &wallet,
            900,
            "invoice 1",
        )
    });
    assert_eq!(world.balance(to), 900);
    // The same amount under another reference is another transfer.
    let hand = Hand::of(world.cast.key(from));
    done(tokens::transfer(
        &mut world.chain,
        &world.journal,
        &world.dep,
        &hand,
        &wallet,
        900,
        "invoice 2",
    ));
    assert_eq!(world.balance(to), 1_800);
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key(to));
        let burn = tokens::Burn {
            issuer: &altyndala(),
            amount: 1_000,
            reference: "stock 1",
            reference_hash: text_hash(None, "stock 1"),
        };
        tokens::burn(&mut world.chain, &world.journal, &world.dep, &hand, &burn)
    });
    assert_eq!(world.balance(to), 800);
    assert_eq!(world.issuer(&altyndala()).burned, 1_000);
}

#[test]
fn migrating() {
    let cast = kzte_cli::demo::cast::Cast::new();
    let chain = common::empty_chain(&cast);
    let mut chain = common::Flaky {
        chain,
        lose: Some(Lose::AfterLanding),
    };
    let description = common::description(&cast);
    let keys = [cast.key("deployer"), cast.key("mint"), cast.key("issuer-manager")];
    let payer = cast.key("treasury");
    let apply = |chain: &mut common::Flaky, description: &Description, keys: &[&Keypair]| {
        Migration::of(description)
            .apply(chain, payer, keys, None, &mut |_| ())
            .map(|outcome| outcome.applied.len())
    };
    assert!(apply(&mut chain, &description, &keys).is_err());
    chain.lose = Some(Lose::AfterLanding);
    assert!(apply(&mut chain, &description, &keys).is_err());
    assert_eq!(
        apply(&mut chain, &description, &keys).unwrap(),
        1,
        "only the second bank is left"
    );
    assert_eq!(apply(&mut chain, &description, &keys).unwrap(), 0);
    assert_eq!(Migration::of(&description).verify(&chain).unwrap(), 3);

    // A difference is named and nothing is changed.
    let mut other = description.clone();
    other.threshold = 3;
    other.issuers[1].quota += 1;
    let error = Migration::of(&other).verify(&chain).unwrap_err().to_string();
    assert!(
        error.contains("threshold is 2 on the chain and 3 in the file"),
        "{error}"
    );
    other.threshold = 2;
    let error = apply(&mut chain, &other, &keys).unwrap_err().to_string();
    assert!(
        error.contains("SARYKZ2AXXX") && error.contains("quota"),
        "{error}"
    );
    // A key that is not there is named before anything is sent.
    let fresh = common::empty_chain(&cast);
    let mut fresh = common::Flaky {
        chain: fresh,
        lose: None,
    };
    let error = apply(&mut fresh, &description, &keys[..2]).unwrap_err();
    assert!(error.to_string().contains("issuer manager"), "{error}");
    assert!(fresh.account(&description.deployment().config).unwrap().is_none());
}

/// Anybody can send lamports to an address before its account exists: nothing may be taken for an account, or stop.
#[test]
fn lamports_sent_ahead_of_an_account_stop_nothing() {
    let mut world = World::new();
    let wallet = world.cast.address("sayakhat-service");
    let redemption = address_of(&world, 40_000, "E-5");
    for address in [
        world.dep.statement(&altyndala(), 1),
        world.dep.token_account(&wallet),
        redemption,
    ] {
        world.chain.fund(&address, 5_000_000).unwrap();
    }
    let file = world.effective().statement;
    let hand = Hand::of(world.cast.key("altyndala"));
    done(issuance::mint_entry(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        1,
    ));
    done(request(&mut world, 40_000, "E-5"));

    let desk = Hand::of(world.cast.key("compliance"));
    world.chain.fund(&world.dep.block(&wallet), 5_000_000).unwrap();
    assert!(!show::balance(&world.chain, &world.dep, &wallet).unwrap().blocked);
    done(compliance::block(
        &mut world.chain,
        &world.dep,
        &desk,
        &wallet,
        text_hash(None, "case"),
    ));
}

/// A statement made for a test, effective on the chain.
fn put(world: &mut World, entries: Vec<kzte_ledger::Entry>) -> kzte_client::reserve::StatementFile {
    let issuer = world.issuer(&altyndala());
    let (number, opening) = (issuer.statement_number + 1, issuer.closing_balance);
    let as_of = world.chain.chain.time();
    let file = kzte_client::reserve::StatementFile::new(number, opening, as_of, entries, [7; 32]).unwrap();
    let hand = Hand::of(world.cast.key("altyndala"));
    done(reserves::post(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
    ));
    for attestor in ["auditor", "central-bank"] {
        let hand = Hand::of(world.cast.key(attestor));
        done(reserves::attest(
            &mut world.chain,
            &world.dep,
            &hand,
            &altyndala(),
            &file,
        ));
    }
    file
}

fn credit(index: u32, wallet: Option<u32>) -> kzte_ledger::Entry {
    let party = wallet.map_or([0; 32], |wallet| text_hash(None, &format!("wallet {wallet}")));
    let reference_hash = text_hash(None, &format!("deposit {index}"));
    kzte_ledger::Entry {
        kind: kzte_ledger::EntryKind::Credit,
        index,
        amount: 100 + u64::from(index),
        reference_hash,
        party,
    }
}

#[test]
fn hundreds_of_deposits_in_few_transactions() {
    let mut world = World::new();
    // Every seventh entry has no wallet, so the runs are of six; each wallet gets two deposits.
    let entries: Vec<_> = (0..210)
        .map(|index| credit(index, (index % 7 != 0).then_some(index / 2)))
        .collect();
    let expected: u64 = entries
        .iter()
        .filter(|entry| entry.is_actionable())
        .map(|entry| entry.amount)
        .sum();
    let file = put(&mut world, entries);
    let hand = Hand::of(world.cast.key("altyndala"));
    let mut heard = Vec::new();
    let steps = issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        &mut |done, all| {
            heard.push((done, all));
        },
    )
    .unwrap();
    assert_eq!(world.issuer(&altyndala()).minted, expected);
    assert!(heard.is_sorted(), "{heard:?}");
    assert_eq!(
        (heard.first(), heard.last()),
        (Some(&(0, 180)), Some(&(180, 180)))
    );
    let mints: Vec<&Step> = steps.iter().filter(|step| step.action == "mint").collect();
    assert_eq!(mints.iter().map(|step| step.entries.len()).sum::<usize>(), 180);
    assert!(mints.len() <= 75, "{} transactions for 180 deposits", mints.len());
    assert!(
        steps
            .iter()
            .all(|step| step.status == Status::Done && step.size.unwrap() <= 1_232)
    );
    let again = issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        &mut |_, _| (),
    )
    .unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].status, again[0].entries.len()), (Status::Already, 180));
}

#[test]
fn the_largest_statement_is_minted_with_its_deepest_proofs() {
    let mut world = World::new();
    let with_wallet = [0, 1, 2, 40_000, 65_534, 65_535];
    let entries: Vec<_> = (0..kzte_ledger::MAX_ENTRIES)
        .map(|index| credit(index, with_wallet.contains(&index).then_some(index)))
        .collect();
    let file = put(&mut world, entries);
    // Sixteen proof nodes, the creation of an account and one signature fit into a packet. With a payer of its own they
    // do not, and the command makes two transactions.
    let transactions = |world: &World, index: usize| {
        let wallet = kzte_client::Address::new_from_array(file.entries[index].party);
        let account = world.dep.token_account(&wallet);
        world.chain.history(&account).unwrap().len()
    };
    for (index, payer, expected) in [(40_000, "altyndala", 1), (65_534, "treasury", 2)] {
        let hand = Hand {
            key: world.cast.key("altyndala"),
            payer: world.cast.key(payer),
        };
        let step = done(issuance::mint_entry(
            &mut world.chain,
            &world.dep,
            &hand,
            &altyndala(),
            &file,
            index,
        ));
        assert!(step.size.unwrap() <= 1_232, "{step:?}");
        assert_eq!(transactions(&world, index as usize), expected);
    }
    let hand = Hand::of(world.cast.key("altyndala"));
    let steps = issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        &mut |_, _| (),
    )
    .unwrap();
    let minted: Vec<u32> = steps
        .iter()
        .filter(|step| step.action == "mint" && step.status == Status::Done)
        .flat_map(|step| step.entries.clone())
        .collect();
    assert_eq!(minted, [0, 1, 2, 65_535]);
    let statement = fetch::statement(&world.chain, &world.dep, &altyndala(), 1)
        .unwrap()
        .unwrap();
    assert_eq!(statement.header.consumed_count, 6);
}

#[test]
fn handing_roles_over() {
    let mut world = World::new();
    let stranger = world.cast.address("stranger");
    for (title, nominator) in [
        (Title::Deployment(Role::Pauser), "authority"),
        (Title::Bank(altyndala(), IssuerRole::Operator), "altyndala-admin"),
    ] {
        survives(&mut world, |world| {
            let hand = Hand::of(world.cast.key(nominator));
            roles::nominate(&mut world.chain, &world.dep, &hand, &title, &stranger)
        });
        survives(&mut world, |world| {
            let hand = Hand::of(world.cast.key(nominator));
            roles::cancel(&mut world.chain, &world.dep, &hand, &title)
        });
    }
    let title = Title::Deployment(Role::Authority);
    let hand = Hand::of(world.cast.key("authority"));
    done(roles::nominate(
        &mut world.chain,
        &world.dep,
        &hand,
        &title,
        &stranger,
    ));
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("stranger"));
        roles::accept(&mut world.chain, &world.dep, &hand, &title)
    });
}

#[test]
fn governing() {
    let mut world = World::new();
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("authority"));
        governance::set_policy(&mut world.chain, &world.dep, &hand, Some(60), None)
    });
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("authority"));
        let field = MetadataField::Uri;
        governance::update_metadata(&mut world.chain, &world.dep, &hand, field, "https://kzte.example")
    });
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("authority"));
        governance::set_default_account_state(&mut world.chain, &world.dep, &hand, true)
    });
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("altyndala"));
        let wallet = world.cast.address("tulpar-market");
        let reference = text_hash(None, "verified");
        compliance::admit(
            &mut world.chain,
            &world.dep,
            &hand,
            &altyndala(),
            &wallet,
            reference,
        )
    });
    for turn in [Turn::Suspend, Turn::Reactivate, Turn::WindDown, Turn::Close] {
        survives(&mut world, |world| {
            let hand = Hand::of(world.cast.key("issuer-manager"));
            let reason = text_hash(None, "reason");
            issuers::turn(&mut world.chain, &world.dep, &hand, &saryzhailau(), turn, reason)
        });
    }
}

#[test]
fn ordering_and_executing() {
    let mut world = World::new();
    let file = world.effective().statement;
    let hand = Hand::of(world.cast.key("altyndala"));
    issuance::mint_all(
        &mut world.chain,
        &world.dep,
        &hand,
        &altyndala(),
        &file,
        &mut |_, _| (),
    )
    .unwrap();
    let case_hash = text_hash(None, "case");
    let (subject, destination) = (
        world.cast.address("sayakhat-service"),
        world.cast.address("aigerim-trade"),
    );
    let expires_at = world.chain.now().unwrap() + 3600;
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("court-officer"));
        let terms = orders::Terms {
            case_hash,
            subject: &subject,
            destination: &destination,
            cap: 1_000,
            expires_at,
        };
        orders::open(&mut world.chain, &world.dep, &hand, &terms)
    });
    // Two executions of one amount under two references, each once.
    for reference in ["first", "second"] {
        survives(&mut world, |world| {
            let hand = Hand::of(world.cast.key("enforcer"));
            let execution = orders::Execution {
                case_hash,
                amount: 400,
                reference,
            };
            orders::execute(&mut world.chain, &world.journal, &world.dep, &hand, &execution)
        });
    }
    assert_eq!(world.balance("sayakhat-service"), 1_250_000_000 - 800);
    assert_eq!(world.balance("aigerim-trade"), 340_000_000 + 800);
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("court-officer"));
        orders::close(&mut world.chain, &world.dep, &hand, &case_hash)
    });
}

#[test]
fn flagging_and_novating() {
    let mut world = World::new();
    let file = world.effective().statement;
    let operator = Hand::of(world.cast.key("altyndala"));
    let bank = altyndala();
    issuance::mint_entry(&mut world.chain, &world.dep, &operator, &bank, &file, 1).unwrap();
    let holder = Hand::of(world.cast.key("sayakhat-service"));
    let key = world.cast.reference_key("saryzhailau");
    let request = redemption::Request {
        issuer: &saryzhailau(),
        amount: 500,
        account: IBAN,
        end_to_end_id: "E-1",
        key: &key,
    };
    done(redemption::request(
        &mut world.chain,
        &world.dep,
        &holder,
        &request,
    ));
    let address = redemption::address_of(&world.dep, &holder.address(), &request);
    world.chain.chain.advance(2 * common::DAY + 1);
    survives(&mut world, |world| {
        let hand = Hand::of(world.cast.key("stranger"));
        redemption::flag(&mut world.chain, &world.dep, &hand, &address)
    });
    assert_eq!(world.issuer(&saryzhailau()).overdue_count, 1);

    let import = world
        .import("sarykz2a-2026-11-16.xml", "saryzhailau", 1)
        .remove(0);
    world.carry(&saryzhailau(), "saryzhailau", &import);
    survives(&mut world, |world| {
        let keys = interbank::Keys {
            giver: Some(world.cast.key("altyndala")),
            taker: None,
            acting: Some(world.cast.key("saryzhailau")),
            payer: world.cast.key("treasury"),
        };
        let novation = interbank::Novation {
            giver: &altyndala(),
            taker: &saryzhailau(),
            amount: 300,
            reference: "agreement",
            reference_hash: text_hash(None, "agreement"),
        };
        interbank::novate(&mut world.chain, &world.journal, &world.dep, &keys, &novation)
    });
    // Under another reference it is another novation; the event says what happened.
    let keys = interbank::Keys {
        giver: None,
        taker: Some(world.cast.key("saryzhailau")),
        acting: Some(world.cast.key("altyndala")),
        payer: world.cast.key("altyndala"),
    };
    let novation = interbank::Novation {
        giver: &altyndala(),
        taker: &saryzhailau(),
        amount: 200,
        reference: "agreement 2",
        reference_hash: text_hash(None, "agreement 2"),
    };
    let step = done(interbank::novate(
        &mut world.chain,
        &world.journal,
        &world.dep,
        &keys,
        &novation,
    ));
    assert!(
        matches!(step.events.as_slice(), [Event::Novated(event)] if event.amount == 200),
        "{step:?}"
    );
    assert_eq!(world.issuer(&altyndala()).novated_out, 500);
    assert_eq!(world.issuer(&saryzhailau()).novated_in, 500);
}
