//! The commands of governance, compliance and oversight by the program `kzte` itself against a node: what each does, that
//! a repetition does nothing twice, and what it refuses before anything is sent.

mod common;

use std::{fs, path::Path};

use clap::Parser;
use common::{
    DAY, IBAN, description,
    desk::{ALTN, Desk, SARY, applied, status, text},
    node,
};
use kzte_cli::args::Arguments;
use kzte_client::{
    Address, Chain, Deployment, RpcChain,
    state::{Config, Issuer},
};
use serde_json::{Value, json};

fn deployment(desk: &Desk) -> Deployment {
    Deployment::of(desk.cast.address("mint"))
}

/// An account's data on the node; `None`: there is no such account.
fn data(desk: &Desk, address: &Address) -> Option<Vec<u8>> {
    let account = RpcChain::new(desk.node()).account(address).unwrap();
    account.map(|account| account.data)
}

/// Writes a counter of a bank past the program.
fn falsify(desk: &Desk, bic: &str, offset: usize, value: u64) {
    let address = deployment(desk).issuer(&bic.parse().unwrap());
    let mut bytes = data(desk, &address).unwrap();
    bytes[8 + offset..][..8].copy_from_slice(&value.to_le_bytes());
    node::overwrite(desk.node(), &address, &bytes);
}

/// Requests a redemption; its address.
#[track_caller]
fn redeem(desk: &Desk, holder: &str, bic: &str, amount: &str, id: &str) -> String {
    let bank = ["--issuer", bic, "--account", IBAN];
    let payout = ["--end-to-end-id", id, "--key-file", "reference.key"];
    let answer = desk.json(holder, &[&["redeem", amount], &bank[..], &payout].concat());
    let event = &answer["steps"][0]["events"][0];
    event["redemption"].as_str().unwrap().to_owned()
}

#[track_caller]
fn event(answer: &Value) -> &Value {
    let events = answer["steps"][0]["events"].as_array().unwrap();
    events.last().unwrap_or_else(|| panic!("no event: {answer}"))
}

#[track_caller]
fn role<'a>(shown: &'a Value, name: &str) -> &'a Value {
    let roles = shown["roles"].as_array().unwrap();
    roles.iter().find(|one| one["role"] == name).unwrap()
}

#[test]
fn a_role_is_handed_over_in_two_steps() {
    let desk = Desk::deployed();
    let (stranger, old) = (desk.address("stranger"), desk.address("pauser"));
    let nominate = ["role", "nominate", "pauser", &stranger];
    let said = desk.refused("issuer-manager", &nominate, "NotAuthorized");
    assert!(said.contains(&desk.address("authority")), "{said}");
    let answer = desk.once("authority", &nominate);
    assert_eq!(event(&answer)["event"], "RoleNominated");
    assert_eq!(event(&answer)["nominee"], stranger);
    let shown = desk.json("stranger", &["show", "config"]);
    assert_eq!(role(&shown, "pauser")["address"], old);
    assert_eq!(role(&shown, "pauser")["nominee"], stranger);
    assert!(role(&shown, "enforcer")["nominee"].is_null());
    let said = desk.says("stranger", &["show", "config"]);
    assert!(said.contains(&format!("{old}, nominated: {stranger}")), "{said}");

    // Only the nominee accepts, and the holder stays until then.
    let accept = ["role", "accept", "pauser"];
    let said = desk.refused("tulpar-market", &accept, "NotNominated");
    assert!(said.contains(&stranger), "{said}");
    let answer = desk.once("stranger", &accept);
    assert_eq!(event(&answer)["previous"], old);
    desk.refused("pauser", &["pause", "mint"], "NotAuthorized");
    assert_eq!(status(&desk.json("stranger", &["pause", "mint"])), "done");
    desk.refused("pauser", &accept, "NotNominated");
    desk.again("authority", &nominate);

    // A nomination is taken back.
    let treasury = desk.address("treasury");
    desk.once("authority", &["role", "nominate", "enforcer", &treasury]);
    let other = desk.address("tulpar-market");
    let said = desk.says("authority", &["role", "nominate", "enforcer", &other]);
    assert!(said.contains(&format!("in the place of {treasury}")), "{said}");
    let cancel = ["role", "cancel", "enforcer"];
    desk.refused("enforcer", &cancel, "NotAuthorized");
    assert_eq!(event(&desk.once("authority", &cancel))["nominee"], other);
    desk.refused("tulpar-market", &["role", "accept", "enforcer"], "NotNominated");
}

#[test]
fn nobody_holds_two_roles() {
    let desk = Desk::deployed();
    for (id, held) in [
        ("compliance", "the compliance"),
        ("auditor", "attestor 2"),
        ("authority", "the authority"),
    ] {
        let address = desk.address(id);
        let said = desk.refused(
            "authority",
            &["role", "nominate", "pauser", &address],
            "RoleConflict",
        );
        assert!(said.contains(held), "{said}");
        let operator = ["role", "nominate", "operator", &address, "--issuer", ALTN];
        desk.refused("altyndala-admin", &operator, "RoleConflict");
    }
    let admin = desk.address("altyndala-admin");
    let operator = ["role", "nominate", "operator", &admin, "--issuer", ALTN];
    let said = desk.refused("altyndala-admin", &operator, "RoleConflict");
    assert!(said.contains("the admin of ALTNKZKAXXX"), "{said}");

    // Nominated twice, he takes one.
    let stranger = desk.address("stranger");
    for role in ["pauser", "enforcer"] {
        desk.once("authority", &["role", "nominate", role, &stranger]);
    }
    desk.once("stranger", &["role", "accept", "pauser"]);
    let said = desk.refused("stranger", &["role", "accept", "enforcer"], "RoleConflict");
    assert!(said.contains("the pauser"), "{said}");
}

#[test]
fn a_banks_seats_are_handed_over_by_its_admin() {
    let desk = Desk::deployed();
    let (stranger, market) = (desk.address("stranger"), desk.address("tulpar-market"));
    let operator = ["role", "nominate", "operator", &stranger, "--issuer", ALTN];
    let said = desk.refused("authority", &operator, "NotAuthorized");
    assert!(said.contains(&desk.address("altyndala-admin")), "{said}");
    desk.refused("altyndala", &operator, "NotAuthorized");
    desk.once("altyndala-admin", &operator);
    let shown = desk.json("stranger", &["show", "issuer", ALTN]);
    assert_eq!(shown["operator_nominee"], stranger);
    desk.once("stranger", &["role", "accept", "operator", "--issuer", ALTN]);
    let shown = desk.json("stranger", &["show", "issuer", ALTN]);
    assert_eq!(
        (shown["operator"].as_str(), shown["operator_nominee"].is_null()),
        (Some(stranger.as_str()), true)
    );

    // A lost cold key: the authority nominates, or takes it back.
    let admin = ["role", "nominate", "admin", &market, "--issuer", ALTN];
    desk.refused("stranger", &admin, "NotAuthorized");
    desk.once("authority", &admin);
    desk.once("authority", &["role", "cancel", "admin", "--issuer", ALTN]);
    desk.once("authority", &admin);
    desk.once("tulpar-market", &["role", "accept", "admin", "--issuer", ALTN]);

    // The words must make a role.
    for (arguments, fact) in [
        (&["role", "accept", "operator"][..], "--issuer"),
        (
            &["role", "accept", "pauser", "--issuer", ALTN],
            "belongs to no bank",
        ),
        (&["role", "accept", "king"], "possible values"),
    ] {
        let key = desk.key_file("stranger");
        let output = desk.run(&[&["-k", key.to_str().unwrap()], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(said.contains(fact), "{arguments:?}: {said}");
    }
}

#[test]
fn a_bank_is_suspended_wound_down_and_closed() {
    let desk = Desk::deployed();
    let bundles = desk.carry("altyndala", ALTN, "altnkzka-2026-11-16.xml", "");
    let mint = ["mint", &bundles[0], "--issuer", ALTN, "--entry", "1"];
    let turn = |what, bic| ["issuer", what, bic, "--reason", "case 7"];
    let suspend = turn("suspend", ALTN);
    let said = desk.refused("authority", &suspend, "NotAuthorized");
    assert!(said.contains("issuer manager"), "{said}");
    let answer = desk.once("issuer-manager", &suspend);
    assert_eq!(
        (&event(&answer)["from"], &event(&answer)["to"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(
        desk.json("stranger", &["show", "issuer", ALTN])["status"],
        "suspended"
    );
    desk.refused("altyndala", &mint, "IssuerNotActive");
    desk.once("issuer-manager", &turn("reactivate", ALTN));
    desk.once("altyndala", &mint);

    // A bank with liabilities winds down, and does not close.
    let said = desk.refused("issuer-manager", &turn("close", ALTN), "StatusTransition");
    assert!(said.contains("wind-down"), "{said}");
    desk.once("issuer-manager", &turn("wind-down", ALTN));
    for back in ["suspend", "reactivate"] {
        let said = desk.refused("issuer-manager", &turn(back, ALTN), "StatusTransition");
        assert!(said.contains("not undone"), "{said}");
    }
    let said = desk.refused("issuer-manager", &turn("close", ALTN), "IssuerNotEmpty");
    assert!(
        said.contains("12\u{a0}500\u{a0}000,00\u{a0}₸") && said.contains("novate"),
        "{said}"
    );

    // An empty one closes, and stays closed.
    desk.once("issuer-manager", &turn("wind-down", SARY));
    desk.once("issuer-manager", &turn("close", SARY));
    for after in ["suspend", "reactivate", "wind-down"] {
        desk.refused("issuer-manager", &turn(after, SARY), "StatusTransition");
    }
    let stranger = desk.address("stranger");
    let nominate = ["role", "nominate", "operator", &stranger, "--issuer", SARY];
    desk.refused("saryzhailau-admin", &nominate, "IssuerClosed");
    let (code, error) = desk.fails("issuer-manager", &turn("suspend", "NOBAKZKA"));
    assert_eq!(code, 4, "{error}");
}

#[test]
fn policy_and_metadata() {
    let desk = Desk::deployed();
    let policy = ["policy", "--redemption-term", "36h"];
    desk.refused("issuer-manager", &policy, "NotAuthorized");
    let answer = desk.once("authority", &policy);
    assert_eq!(event(&answer)["redemption_sla"], 129_600);
    assert_eq!(event(&answer)["max_statement_age"], 3 * DAY);
    let shown = desk.json("stranger", &["show", "config"]);
    assert_eq!(shown["redemption_sla"], 129_600);
    let said = desk.says("stranger", &["show", "config"]);
    assert!(said.contains("36 h") && said.contains("3 d"), "{said}");
    for span in ["0", "32d"] {
        desk.refused(
            "authority",
            &["policy", "--max-statement-age", span],
            "PolicyRange",
        );
    }
    for arguments in [&["policy"][..], &["policy", "--redemption-term", "soon"]] {
        assert_eq!(desk.run(arguments).status.code(), Some(2), "{arguments:?}");
    }

    let uri = "https://kzte.example/a-longer-link/token.json";
    let metadata = ["metadata", "uri", uri];
    desk.refused("stranger", &metadata, "NotAuthorized");
    let answer = desk.once("authority", &metadata);
    assert_eq!(event(&answer)["event"], "MetadataUpdated");
    desk.once("authority", &["metadata", "name", "Цифровой тенге"]);
    let shown = desk.json("stranger", &["show", "config"]);
    assert_eq!(
        [&shown["name"], &shown["symbol"], &shown["uri"]],
        ["Цифровой тенге", "KZTE", uri]
    );
    let long = "x".repeat(201);
    for value in ["", &long] {
        desk.refused("authority", &["metadata", "name", value], "MetadataText");
    }
}

#[test]
fn limits_of_a_bank_and_the_attestor_set() {
    let desk = Desk::deployed();
    let limits = ["issuer", "limits", ALTN, "--quota", "1000,50", "--window", "2d"];
    desk.refused("authority", &limits, "NotAuthorized");
    let answer = desk.once("issuer-manager", &limits);
    assert_eq!(event(&answer)["quota"], "100050");
    assert_eq!(event(&answer)["window_seconds"], 2 * DAY);
    let open = ["issuer", "limits", ALTN, "--no-window-limit", "--quota", "1"];
    let answer = desk.once("issuer-manager", &open);
    assert_eq!(event(&answer)["window_limit"], u64::MAX.to_string());
    assert_eq!(
        event(&answer)["window_seconds"],
        2 * DAY,
        "what is not given stays"
    );
    let none = ["issuer", "limits", ALTN, "--window", "0"];
    desk.refused("issuer-manager", &none, "WindowLength");

    let [bank, auditor, court] = ["central-bank", "auditor", "court-officer"].map(|name| desk.address(name));
    let set = |second: &str, mandatory: &str, threshold: &str| {
        [
            "attestors",
            "--seat",
            &bank,
            "--seat",
            second,
            "--mandatory",
            mandatory,
            "--threshold",
            threshold,
        ]
        .map(str::to_owned)
    };
    let [more_votes, taken, good, misplaced] = [
        set(&auditor, &bank, "3"),
        set(&court, &bank, "2"),
        set(&auditor, &bank, "2"),
        set(&auditor, &court, "2"),
    ];
    let [more_votes, taken, good, misplaced] =
        [&more_votes, &taken, &good, &misplaced].map(|set| set.each_ref().map(String::as_str));
    desk.refused("pauser", &good, "NotAuthorized");
    desk.refused("authority", &more_votes, "AttestorSet");
    desk.refused("authority", &taken, "RoleConflict");
    let answer = desk.once("authority", &good);
    assert_eq!(event(&answer)["version"], 2);
    assert_eq!(event(&answer)["mandatory"], 1);
    let (code, error) = desk.fails("authority", &misplaced);
    assert_eq!(code, 2, "{error}");
}

#[test]
fn where_accounts_are_born_frozen_banks_admit_their_customers() {
    let desk = Desk::deployed();
    let bundles = desk.carry("altyndala", ALTN, "altnkzka-2026-11-16.xml", "");
    let wallet = desk.address("sayakhat-service");
    let admit = |wallet| ["admit", wallet, "--issuer", ALTN, "--reference", "KYC 17"];
    let said = desk.refused("altyndala", &admit(&wallet), "NotBornFrozen");
    assert!(said.contains("opens with its first mint"), "{said}");
    let frozen = ["default-account-state", "frozen"];
    desk.refused("compliance", &frozen, "NotAuthorized");
    assert_eq!(event(&desk.once("authority", &frozen))["frozen"], 1);
    let shown = desk.json("stranger", &["show", "config"]);
    assert_eq!(shown["accounts_born_frozen"], true);

    // Nobody is admitted: nothing is minted, and the way out is named.
    let one = ["mint", &bundles[0], "--issuer", ALTN, "--entry", "1"];
    let (code, error) = desk.fails("altyndala", &one);
    assert_eq!(code, 1, "{error}");
    assert!(
        error["way_out"].as_str().unwrap().contains("kzte admit"),
        "{error}"
    );
    let all = ["mint", &bundles[0], "--issuer", ALTN, "--all"];
    let output = desk.run(&[&["-k", desk.key_file("altyndala").to_str().unwrap()], &all[..]].concat());
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).matches("is not admitted").count(), 5);

    // The account is created and opened in one transaction.
    desk.refused("saryzhailau", &admit(&wallet), "NotAuthorized");
    let answer = desk.once("altyndala", &admit(&wallet));
    assert_eq!(event(&answer)["owner"], wallet);
    desk.once("altyndala", &one);

    // What the desk froze with tokens on it, no bank opens.
    desk.once("compliance", &["freeze", &wallet, "--reason", "case 3"]);
    let said = desk.refused("altyndala", &admit(&wallet), "AccountNotEmpty");
    assert!(said.contains("12\u{a0}500\u{a0}000,00\u{a0}₸"), "{said}");
    let blocked = desk.address("tulpar-market");
    desk.once("compliance", &["block", &blocked, "--reason", "case 4"]);
    desk.refused("altyndala", &admit(&blocked), "WalletBlocked");
    let other = desk.address("aigerim-trade");
    desk.once("issuer-manager", &["issuer", "suspend", ALTN, "--reason", "r"]);
    desk.refused("altyndala", &admit(&other), "IssuerNotActive");
    desk.once("issuer-manager", &["issuer", "reactivate", ALTN, "--reason", "r"]);

    // Back: what is open stays open, what the desk froze stays frozen.
    desk.once("authority", &["default-account-state", "open"]);
    let said = desk.refused("altyndala", &admit(&wallet), "NotBornFrozen");
    assert!(said.contains("kzte thaw"), "{said}");
    let third = ["mint", &bundles[0], "--issuer", ALTN, "--entry", "2"];
    desk.once("altyndala", &third);
}

#[test]
fn an_overdue_redemption_is_flagged_novated_and_settled() {
    let desk = Desk::deployed();
    desk.first_day();
    // Minted at one bank, redeemed at the other.
    let redemption = redeem(&desk, "sayakhat-service", SARY, "750 000,50", "KZTE-R-0002");
    let flag = ["flag-overdue", &redemption];
    let said = desk.refused("stranger", &flag, "RedemptionNotOverdue");
    assert!(said.contains("2026-11-18 18:40:00 (UTC+05)"), "{said}");
    assert_eq!(
        desk.json("stranger", &["flag-overdue", "--all"])["steps"],
        json!([])
    );
    assert_eq!(
        desk.says("stranger", &["flag-overdue", "--all"]).trim(),
        "Nothing to do."
    );
    let open = desk.json("stranger", &["show", "redemptions", SARY]);
    assert_eq!(open["redemptions"][0]["address"], redemption);
    assert_eq!(open["redemptions"][0]["past_due"], false);
    let said = desk.says("stranger", &["show", "redemptions", ALTN]);
    assert!(said.contains("no open redemption"), "{said}");

    node::advance(desk.node(), 2 * DAY + 60);
    let said = desk.says("stranger", &["show", "redemption", &redemption]);
    assert!(said.contains("overdue and not flagged"), "{said}");
    let all = ["flag-overdue", "--all", "--issuer", SARY];
    let answer = desk.once("stranger", &all);
    assert_eq!(event(&answer)["redemption"], redemption);
    assert_eq!(answer["steps"][0]["amount"], 75_000_050);
    desk.again("custodian", &["flag-overdue", "--all"]);
    desk.again("custodian", &flag);
    let shown = desk.json("stranger", &["show", "issuer", SARY]);
    assert_eq!(
        (&shown["overdue_count"], &shown["to_novate"]),
        (&json!(1), &json!(75_000_050))
    );
    let said = desk.says("stranger", &["show", "redemptions", SARY]);
    assert!(said.contains("flagged overdue"), "{said}");

    // The payout is booked; without the liability it cannot be settled, and the bank mints nothing.
    let first = desk.carry("saryzhailau", SARY, "sarykz2a-2026-11-16.xml", "");
    let mint = ["mint", &first[0], "--issuer", SARY, "--entry", "1"];
    desk.refused("saryzhailau", &mint, "RedemptionOverdue");
    let second = desk.carry("saryzhailau", SARY, "sarykz2a-2026-11-17.xml", &redemption);
    let settle = ["settle", &second[1], "--issuer", SARY, "--entry", "3"];
    let said = desk.refused("saryzhailau", &settle, "OutstandingExceeded");
    assert!(said.contains("kzte novate"), "{said}");

    let (ours, theirs) = (desk.key_file("altyndala"), desk.key_file("saryzhailau"));
    let (ours, theirs) = (ours.to_str().unwrap(), theirs.to_str().unwrap());
    let banks = ["--from", ALTN, "--to", SARY, "--reference", "agreement 1"];
    let novate = |amount| [&["novate", amount], &banks[..]].concat();
    // One key is not enough: the message names whose is missing and how to give it.
    for (who, missing, flag) in [
        ("altyndala", "saryzhailau", "--to-key"),
        ("saryzhailau", "altyndala", "--from-key"),
    ] {
        let (code, error) = desk.fails(who, &novate("750000,50"));
        assert_eq!(code, 2, "{error}");
        let said = error.to_string();
        assert!(
            said.contains(&desk.address(missing)) && said.contains(flag),
            "{said}"
        );
    }
    let stranger = desk.key_file("stranger");
    let wrong = [
        &novate("750000,50")[..],
        &["--to-key", stranger.to_str().unwrap()],
    ]
    .concat();
    let (code, error) = desk.fails("altyndala", &wrong);
    assert_eq!(code, 2, "{error}");
    assert!(error.to_string().contains(&desk.address("stranger")), "{error}");

    // What the program would refuse is refused with the figures.
    let signed = |amount| [&novate(amount)[..], &["--to-key", theirs]].concat();
    for (amount, name, fact) in [
        ("0", "ZeroAmount", "zero"),
        (
            "50000000",
            "OutstandingExceeded",
            "43\u{a0}751\u{a0}235,31\u{a0}₸ outstanding",
        ),
        ("30000000", "ReserveExceeded", "24\u{a0}946\u{a0}914,10\u{a0}₸"),
        ("750000,51", "TakeoverNotNeeded", "an overdue redemption"),
    ] {
        let said = desk.refused("altyndala", &signed(amount), name);
        assert!(said.contains(fact), "{amount}: {said}");
    }
    let same = [
        "novate",
        "1",
        "--from",
        ALTN,
        "--to",
        "ALTNKZKA",
        "--reference",
        "x",
    ];
    let (code, error) = desk.fails("altyndala", &same);
    assert_eq!(code, 2, "{error}");

    let answer = desk.once("altyndala", &signed("750000,50"));
    assert_eq!(event(&answer)["event"], "Novated");
    assert_eq!(event(&answer)["amount"], "75000050");
    // Both keys by their flags, no acting key at all: the journal knows that it is done.
    let both = [
        &novate("750000,50")[..],
        &["--from-key", ours, "--to-key", theirs],
    ]
    .concat();
    let output = desk.run(&both);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("nothing to do: novate"));
    let again = [
        "novate",
        "0,01",
        "--from",
        SARY,
        "--to",
        ALTN,
        "--reference",
        "back",
    ];
    let output = desk.run(&[&again[..], &["--from-key", theirs, "--to-key", ours]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let again = [
        "novate",
        "0,01",
        "--from",
        ALTN,
        "--to",
        SARY,
        "--reference",
        "forth",
    ];
    let output = desk.run(&[&again[..], &["--from-key", ours, "--to-key", theirs]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = desk.json("stranger", &["show", "issuer", ALTN]);
    assert_eq!(shown["novated_out"], 75_000_051);
    assert_eq!(shown["outstanding"], 4_375_123_531u64 - 75_000_050);
    assert_eq!(desk.json("stranger", &["show", "issuer", SARY])["to_novate"], 0);

    desk.once("saryzhailau", &settle);
    desk.once("saryzhailau", &mint);
    desk.again("stranger", &flag);
    assert_eq!(
        desk.json("stranger", &["show", "issuer", SARY])["overdue_count"],
        0
    );
}

#[test]
fn a_closed_bank_and_a_full_quota_novate_nothing() {
    let desk = Desk::deployed();
    desk.first_day();
    desk.carry("saryzhailau", SARY, "sarykz2a-2026-11-16.xml", "");
    let theirs = desk.key_file("saryzhailau");
    let keys = ["--to-key", theirs.to_str().unwrap(), "--reference", "x"];
    let novate = |amount| [&["novate", amount, "--from", ALTN, "--to", SARY], &keys[..]].concat();
    falsify(&desk, SARY, core::mem::offset_of!(Issuer, quota), 100);
    desk.refused("altyndala", &novate("2"), "QuotaExceeded");
    desk.once("issuer-manager", &["issuer", "suspend", SARY, "--reason", "r"]);
    let said = desk.refused("altyndala", &novate("1"), "TakeoverNotNeeded");
    assert!(said.contains("it is suspended"), "{said}");
    desk.once("issuer-manager", &["issuer", "reactivate", SARY, "--reason", "r"]);
    desk.once("altyndala", &novate("1"));
    node::advance(desk.node(), 4 * DAY);
    let said = desk.refused("altyndala", &novate("0,01"), "TakeoverNotNeeded");
    assert!(said.contains("its last statement is of 2026-11-16"), "{said}");
    let back = ["--from-key", theirs.to_str().unwrap(), "--reference", "back"];
    desk.carry(
        "altyndala",
        ALTN,
        "altnkzka-2026-11-17.xml",
        &desk.address("stranger"),
    );
    node::advance(desk.node(), -3 * DAY);
    desk.once(
        "altyndala",
        &[&["novate", "1", "--from", SARY, "--to", ALTN], &back[..]].concat(),
    );
    for turn in ["wind-down", "close"] {
        desk.once("issuer-manager", &["issuer", turn, SARY, "--reason", "r"]);
    }
    desk.refused("altyndala", &novate("3"), "IssuerClosed");
}

#[test]
fn an_order_is_opened_executed_and_closed() {
    let desk = Desk::deployed();
    desk.first_day();
    let (subject, destination) = (desk.address("sayakhat-service"), desk.address("aigerim-trade"));
    let case = ["--case", "court decision 2-114/2026"];
    let terms = |from, to, cap, expires| {
        let terms = ["--from", from, "--to", to, "--cap", cap, "--expires", expires];
        [&["order", "open"], &case[..], &terms].concat()
    };
    let until = "2026-11-17 12:00";
    let open = terms(&subject, &destination, "20000000", until);
    desk.refused("enforcer", &open, "NotAuthorized");
    let escrow = deployment(&desk).escrow(&ALTN.parse().unwrap()).to_string();
    let stranger = desk.address("stranger");
    for (arguments, name) in [
        (terms(&subject, &destination, "0", until), "ZeroAmount"),
        (
            terms(&subject, &destination, "1", "2026-11-16 18:00"),
            "OrderExpiry",
        ),
        (terms(&subject, &subject, "1", until), "OrderDestination"),
        (terms(&escrow, &destination, "1", until), "EscrowNotSeizable"),
        (terms(&subject, &escrow, "1", until), "EscrowNotSeizable"),
        (terms(&stranger, &destination, "1", until), "NotTokenAccount"),
    ] {
        desk.refused("court-officer", &arguments, name);
    }
    let answer = desk.once("court-officer", &open);
    assert_eq!(event(&answer)["cap"], "2000000000");
    assert_eq!(event(&answer)["expires_at"], 1_794_798_000 + DAY + 4 * 3600);
    let hash = event(&answer)["reference_hash"].as_str().unwrap().to_owned();
    let (code, error) = desk.fails("court-officer", &terms(&subject, &destination, "5", until));
    assert_eq!(code, 4, "{error}");
    assert!(
        error.to_string().contains("the cap is 20\u{a0}000\u{a0}000,00"),
        "{error}"
    );

    // Frozen account, paused transfers: a court's order is carried out all the same, and the freeze stays.
    desk.once("compliance", &["freeze", &subject, "--reason", "case"]);
    desk.once("pauser", &["pause", "transfer"]);
    let execute = |amount, reference| {
        [
            &["order", "execute", amount],
            &case[..],
            &["--reference", reference],
        ]
        .concat()
    };
    desk.refused("court-officer", &execute("1", "x"), "NotAuthorized");
    desk.refused("enforcer", &execute("0", "x"), "ZeroAmount");
    desk.refused("enforcer", &execute("20000000,01", "x"), "OrderCapExceeded");
    let said = desk.refused("enforcer", &execute("12500000,01", "x"), "InsufficientTokens");
    assert!(said.contains("12\u{a0}500\u{a0}000,00\u{a0}₸"), "{said}");
    let nobody = ["order", "execute", "1", "--case", "another", "--reference", "x"];
    let (code, error) = desk.fails("enforcer", &nobody);
    assert_eq!(code, 4, "{error}");
    let first = execute("2500000", "act 1");
    let answer = desk.once("enforcer", &first);
    assert_eq!(event(&answer)["event"], "OrderExecuted");
    assert_eq!(event(&answer)["executed"], "250000000");
    desk.once("enforcer", &execute("2500000", "act 2"));
    let balance = desk.json("stranger", &["balance", &subject]);
    assert_eq!(
        (&balance["amount"], &balance["frozen"]),
        (&json!(750_000_000), &json!(true))
    );
    assert_eq!(
        desk.json("stranger", &["balance", &destination])["amount"],
        340_000_000 + 500_000_000
    );

    // By its hash, it is the same case.
    let show = ["order", "show", "--case-hash", &hash];
    let shown = desk.json("stranger", &show);
    assert_eq!(
        (
            &shown["status"],
            &shown["executed"],
            &shown["left"],
            &shown["subject_holds"]
        ),
        (
            &json!("open"),
            &json!(500_000_000),
            &json!(1_500_000_000),
            &json!(750_000_000)
        )
    );
    assert_eq!(
        shown,
        desk.json("stranger", &[&["show", "order"], &case[..]].concat())
    );
    let orders = desk.json("stranger", &["show", "orders"]);
    assert_eq!(orders["orders"], json!([shown]));
    assert!(
        desk.says("stranger", &show)
            .contains("2026-11-17 12:00:00 (UTC+05)")
    );

    // The officer's successor still finds what the first has opened.
    desk.once("authority", &["role", "nominate", "court-officer", &stranger]);
    desk.once("stranger", &["role", "accept", "court-officer"]);
    assert_eq!(
        desk.json("treasury", &["show", "orders"])["orders"][0]["case_hash"],
        hash
    );
    assert!(desk.says("treasury", &["show", "orders"]).contains(&hash));

    node::advance(desk.node(), DAY);
    let said = desk.refused("enforcer", &execute("1", "act 3"), "OrderExpired");
    assert!(said.contains("2026-11-17 12:00:00 (UTC+05)"), "{said}");
    assert_eq!(desk.json("stranger", &show)["status"], "expired");
    let close = [&["order", "close"], &case[..]].concat();
    desk.refused("court-officer", &close, "NotAuthorized");
    let answer = desk.once("stranger", &close);
    assert_eq!(event(&answer)["executed"], "500000000");
    desk.refused("enforcer", &execute("1", "act 3"), "OrderClosed");
    desk.refused("stranger", &open, "OrderClosed");
    desk.again("enforcer", &first);
    assert_eq!(desk.json("stranger", &show)["status"], "closed");
    for arguments in [
        &["order", "show"][..],
        &["order", "show", "--case", "a", "--case-hash", &hash],
        &["order", "show", "--case-hash", "5e"],
        &[
            "order",
            "show",
            "--case-hash",
            &hash,
            "--key-file",
            "reference.key",
        ],
    ] {
        assert_eq!(desk.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_daily_check_says_what_holds() {
    let desk = Desk::deployed();
    desk.first_day();
    redeem(&desk, "sayakhat-service", ALTN, "2500000", "KZTE-R-0001");
    let check = ["check-invariants"];
    let answer = desk.json("stranger", &check);
    assert_eq!(answer["holds"], true);
    let bank = &answer["banks"][0];
    assert_eq!([&bank["bic"], &bank["status"]], [ALTN, "active"]);
    assert_eq!(
        [
            &bank["outstanding"],
            &bank["closing"],
            &bank["pending"],
            &bank["escrow"]
        ],
        [4_375_123_531u64, 4_874_673_531, 250_000_000, 250_000_000]
    );
    assert_eq!(bank["fresh_until"], 1_794_798_000 + 10 * 3600 + 3 * DAY);
    assert_eq!(bank["violations"], json!([]));
    let total = &answer["total"];
    assert_eq!(
        [
            &total["banks_given"],
            &total["banks_registered"],
            &total["burned_by_holders"]
        ],
        [2, 2, 0]
    );
    let names: Vec<&str> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["event"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["IssuerChecked", "IssuerChecked", "InvariantsChecked"]);
    assert_eq!(answer["events"][2]["supply"], "4375123531");
    let said = desk.says("stranger", &check);
    for part in [
        "fresh until",
        "48\u{a0}746\u{a0}735,31\u{a0}₸",
        "2026-11-19 18:00:00 (UTC+05)",
        "no statement yet",
        "Everything that was checked holds.",
    ] {
        assert!(said.contains(part), "«{part}» is not in\n{said}");
    }

    // The registrations are those of an earlier manager.
    let successor = desk.address("tulpar-market");
    desk.once("authority", &["role", "nominate", "issuer-manager", &successor]);
    desk.once("tulpar-market", &["role", "accept", "issuer-manager"]);
    assert_eq!(desk.json("stranger", &check)["total"]["complete"], true);

    // Some banks only: the supply proves nothing.
    let answer = desk.json("stranger", &["check-invariants", "ALTNKZKA", ALTN]);
    assert_eq!(
        (&answer["total"]["complete"], &answer["total"]["banks_given"]),
        (&json!(false), &json!(1))
    );
    let said = desk.says("stranger", &["check-invariants", SARY]);
    assert!(said.contains("1 of 2 banks checked"), "{said}");
    let (code, error) = desk.fails("stranger", &["check-invariants", "NOBAKZKA"]);
    assert_eq!(code, 4, "{error}");

    // A node that has forgotten the registrations does not pretend that there are none.
    let of_file = ["check-invariants", "--description", "deployment.json"];
    node::forget(desk.node());
    let (code, error) = desk.fails("stranger", &check);
    assert_eq!(code, 4, "{error}");
    assert!(error.to_string().contains("--description"), "{error}");
    assert_eq!(desk.json("stranger", &of_file)["total"]["complete"], true);
    let key = desk.key_file("stranger");
    let forgotten = desk.run(&["-k", key.to_str().unwrap(), "show", "redemptions", ALTN]);
    assert_eq!(forgotten.status.code(), Some(6));
    assert!(text(&forgotten.stdout).contains("does not remember 1 open redemption"));
    let forgotten = desk.run(&[
        "-k",
        key.to_str().unwrap(),
        "flag-overdue",
        "--all",
        "--issuer",
        ALTN,
    ]);
    assert_eq!(forgotten.status.code(), Some(6));

    // An escrow that holds less than was promised, then a supply that nobody owes.
    let violated = |said: &str, numbers: Value| {
        let arguments = ["-k", key.to_str().unwrap(), "--output", "json-compact"];
        let output = desk.run(&[&arguments[..], &of_file].concat());
        assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&answer["holds"], &answer["total"]["violations"]),
            (&json!(false), &numbers)
        );
        let output = desk.run(&[&arguments[..2], &of_file].concat());
        assert_eq!(output.status.code(), Some(7));
        assert!(text(&output.stdout).contains(said), "{}", text(&output.stdout));
        assert!(text(&output.stdout).contains("AN INVARIANT DOES NOT HOLD"));
    };
    falsify(&desk, ALTN, core::mem::offset_of!(Issuer, pending), 250_000_001);
    violated("invariant 6", json!([6]));
    falsify(&desk, ALTN, core::mem::offset_of!(Issuer, burned), 1);
    violated("invariant 1, invariant 6", json!([1, 6]));
}

#[test]
fn a_configuration_of_version_1_is_migrated_once() {
    let desk = Desk::deployed();
    let config = deployment(&desk).config;
    let mut old = data(&desk, &config).unwrap();
    old.truncate(Config::SPACE_V1);
    old[8] = 1;
    node::overwrite(desk.node(), &config, &old);
    let (code, error) = desk.fails("stranger", &["show", "config"]);
    assert_eq!(code, 4, "{error}");
    assert!(
        error["way_out"].as_str().unwrap().contains("kzte migrate apply"),
        "{error}"
    );

    // A file that forgets a bank would count it out for ever.
    let whole = fs::read_to_string(desk.path("deployment.json")).unwrap();
    let mut short = description(&desk.cast);
    short.issuers.pop();
    fs::write(
        desk.path("deployment.json"),
        serde_json::to_string(&short).unwrap(),
    )
    .unwrap();
    let (code, error) = desk.try_apply(&["authority"], &[]);
    assert_eq!(code, 4, "{error}");
    assert!(error.to_string().contains(SARY), "{error}");
    assert_eq!(data(&desk, &config).unwrap(), old);

    fs::write(desk.path("deployment.json"), whole).unwrap();
    let verb = |verb| ["migrate", verb, "--file", "deployment.json"];
    let plan = desk.json("stranger", &verb("plan"));
    assert_eq!(plan["actions"][1]["step"], "0003_config_layout");
    assert_eq!(
        plan["actions"][1]["signers"][0]["address"],
        desk.address("authority")
    );
    let (code, _) = desk.fails("stranger", &verb("verify"));
    assert_eq!(code, 4);
    let (code, error) = desk.try_apply(&[], &[]);
    assert_eq!(code, 2, "{error}");
    let answer = desk.apply(&["authority"]);
    let events = answer["applied"][0]["events"].as_array().unwrap();
    assert_eq!(events.last().unwrap()["issuer_count"], 2);
    assert_eq!(applied(&desk.apply(&["authority"])), 0);
    let shown = desk.json("stranger", &["show", "config"]);
    assert_eq!(
        (&shown["version"], &shown["issuer_count"]),
        (&json!(2), &json!(2))
    );
    let verified = desk.json("stranger", &verb("verify"));
    assert_eq!(verified["compared"], 3);
}

#[test]
fn a_file_that_gives_one_key_two_roles_sends_nothing() {
    common::program();
    let desk = Desk::new(Some(node::start()));
    let good = description(&desk.cast);
    let mut cases = Vec::new();
    let mut bad = good.clone();
    bad.roles.pauser = bad.roles.compliance;
    cases.push((bad, ["roles.pauser", "roles.compliance"]));
    let mut bad = good.clone();
    bad.attestors[1].address = bad.roles.authority;
    cases.push((bad, ["roles.authority", "attestors[1] (custodian)"]));
    let mut bad = good.clone();
    bad.issuers[1].operator = bad.attestors[2].address;
    cases.push((bad, ["attestors[2] (auditor)", "operator of SARYKZ2AXXX"]));
    let mut bad = good.clone();
    bad.issuers[0].admin = bad.issuers[0].operator;
    cases.push((bad, ["admin of ALTNKZKAXXX", "operator of ALTNKZKAXXX"]));
    for (bad, names) in cases {
        fs::write(desk.path("deployment.json"), serde_json::to_string(&bad).unwrap()).unwrap();
        let payer = desk.key_file("treasury");
        let general = ["--fee-payer", payer.to_str().unwrap()];
        for verb in ["plan", "verify", "apply"] {
            let migrate = ["migrate", verb, "--file", "deployment.json"];
            let (code, error) = desk.fails("deployer", &[&general[..], &migrate].concat());
            assert_eq!(code, 3, "{error}");
            let said = error["message"].as_str().unwrap();
            assert!(names.iter().all(|name| said.contains(name)), "{said}");
            assert!(
                error["way_out"].as_str().unwrap().contains("a key of its own"),
                "{error}"
            );
        }
    }
    assert_eq!(data(&desk, &deployment(&desk).config), None);

    // Two banks may share a key, and whoever signs may pay.
    let mut shared = good;
    shared.issuers[1].admin = shared.issuers[0].admin;
    fs::write(
        desk.path("deployment.json"),
        serde_json::to_string(&shared).unwrap(),
    )
    .unwrap();
    let file = |id: &str| desk.key_file(id).display().to_string();
    let (payer, mint, manager) = (file("deployer"), file("mint"), file("issuer-manager"));
    let keys = ["--payer", &payer, "--keypair", &mint, "--keypair", &manager];
    let apply = [&["migrate", "apply", "--file", "deployment.json"], &keys[..]].concat();
    assert_eq!(applied(&desk.json("deployer", &apply)), 3);
    assert_eq!(applied(&desk.json("deployer", &apply)), 0);
}

/// Splits a line as a shell would, as far as the page needs it: quotes, comments, one address for every variable.
fn words(line: &str, address: &str) -> Vec<String> {
    let line = line.split("  #").next().unwrap();
    let (mut words, mut quoted) = (Vec::new(), false);
    for part in line.split('"') {
        if quoted {
            words.push(if part.starts_with('$') {
                address.to_owned()
            } else {
                part.to_owned()
            });
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
        quoted = !quoted;
    }
    words
}

#[test]
fn every_command_of_the_operations_page_is_one() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPERATIONS.md");
    let page = fs::read_to_string(page).unwrap();
    let address = Desk::new(None).address("stranger");
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("kzte ")).collect();
    assert!(lines.len() > 15, "{}", lines.len());
    for line in lines {
        if let Err(error) = Arguments::try_parse_from(words(line, &address)) {
            panic!("{line}: {error}");
        }
    }
}

/// `kzte migrate` takes what `kzte-migrate` takes.
#[test]
fn every_command_of_the_deployment_page_is_one_here_as_well() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/DEPLOYMENT.md");
    let page = fs::read_to_string(page).unwrap().replace("\\\n", " ");
    let lines: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("kzte-migrate "))
        .collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for line in lines {
        let line = format!("kzte migrate {line}");
        if let Err(error) = Arguments::try_parse_from(words(&line, "")) {
            panic!("{line}: {error}");
        }
    }
}
