//! The program `kzte` itself: off line on files, and the whole path by hand against a node.

mod common;

use std::{fs, path::Path};

use common::{
    EVENING, IBAN, description,
    desk::{Desk, applied, status, text},
    node, sample_file,
};
use kzte_cli::demo::{Stage, fill};

#[test]
fn a_file_is_imported_off_line() {
    let desk = Desk::new(None);
    sample_file(&desk.cast, "sarykz2a-2026-11-17.xml", desk.folder.path());
    let import = [
        "statement",
        "import",
        "sarykz2a-2026-11-17.xml",
        "--key-file",
        "reference.key",
        "--out",
        "out",
    ];
    // Without a number and without a chain nothing can be numbered.
    let output = desk.run(&import);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("--number"),
        "{}",
        text(&output.stderr)
    );

    let mut numbered = import.to_vec();
    numbered.extend(["--number", "2"]);
    let output = desk.run(&numbered);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    for part in [
        "SARY-20261117-1",
        "SARY-20261117-2",
        "24\u{a0}946\u{a0}914,10\u{a0}₸",
        "2026-11-17 18:00:00",
    ] {
        assert!(table.contains(part), "«{part}» is not in\n{table}");
    }
    for name in [
        "statement-000002.json",
        "statement-000003.json",
        "statement-000003.references.json",
    ] {
        assert!(desk.path("out").join(name).exists(), "{name}");
    }
    // Once more: nothing is written twice, and it says so.
    let output = desk.run(&numbered);
    assert!(
        text(&output.stdout).contains("was there already"),
        "{}",
        text(&output.stdout)
    );

    let json = desk.json("stranger", &numbered);
    assert_eq!(json["statements"][1]["closing"], 2_494_691_410u64);
    assert_eq!(json["statements"][1]["entries"], 5);
    assert_eq!(json["statements"][1]["unchanged"], true);
}

#[test]
fn bad_files_end_with_exit_code_three_and_the_line() {
    let desk = Desk::new(None);
    let path = sample_file(&desk.cast, "altnkzka-2026-11-16.xml", desk.folder.path());
    let good = fs::read_to_string(&path).unwrap();
    let run = |text: &str| {
        fs::write(&path, text).unwrap();
        let import = [
            "altnkzka-2026-11-16.xml",
            "--key-file",
            "reference.key",
            "--out",
            "out",
            "--number",
            "1",
        ];
        let (code, error) = desk.fails("stranger", &[&["statement", "import"], &import[..]].concat());
        assert!(!desk.path("out").exists(), "something was written");
        (code, error["message"].as_str().unwrap().to_owned())
    };
    let (code, message) = run(&good.replacen("1234.56", "1234.57", 1));
    assert_eq!(code, 3);
    assert!(message.contains("altnkzka-2026-11-16.xml: line "), "{message}");
    let (code, message) = run(&good[..good.len() / 2]);
    assert_eq!(code, 3);
    assert!(message.contains("line "), "{message}");
    let (code, message) = run("");
    assert_eq!(code, 3);
    assert!(message.contains("empty"), "{message}");
    // The template itself: its placeholders are no addresses.
    let template = Stage::of_this_checkout().samples.join("altnkzka-2026-11-16.xml");
    let (code, message) = run(&fs::read_to_string(template).unwrap());
    assert_eq!(code, 3);
    assert!(
        message.contains("entry 1") && message.contains("{wallet:sayakhat-service}"),
        "{message}"
    );

    // For people: the fact and the way out, on standard error.
    let output = desk.run(&[
        "statement",
        "import",
        "nowhere.xml",
        "--key-file",
        "reference.key",
        "--out",
        "o",
        "--number",
        "1",
    ]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).starts_with("Error: nowhere.xml: "),
        "{}",
        text(&output.stderr)
    );
    assert!(
        text(&output.stderr).contains("Check the path"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn arguments_that_make_no_command_end_with_exit_code_two() {
    let desk = Desk::new(None);
    let wallet = desk.cast.address("stranger").to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["transfer", "no-address", "5", "--reference", "x"], "base58"),
        (
            &[
                "transfer",
                "11111111111111111111111111111111",
                "5",
                "--reference",
                "x",
            ],
            "nobody",
        ),
        (
            &["transfer", &wallet, "5,001", "--reference", "x"],
            "two digits of tiyn",
        ),
        (&["transfer", &wallet, "5"], "--reference"),
        (&["transfer", &wallet, "5", "--reference", " "], "empty"),
        (&["mint", "bundle.json", "--issuer", "ALTNKZKA"], "--entry"),
        (
            &[
                "mint",
                "bundle.json",
                "--issuer",
                "ALTNKZKA",
                "--entry",
                "1",
                "--all",
            ],
            "cannot be used with",
        ),
        (&["mint", "bundle.json", "--issuer", "bank", "--all"], "ISO 9362"),
        (
            &[
                "redeem",
                "5",
                "--issuer",
                "ALTNKZKA",
                "--account",
                "KZ82990CUR0000007918",
                "--end-to-end-id",
                "E",
                "--key-file",
                "k",
            ],
            "check digits",
        ),
        (&["--url", "moon", "show", "config"], "moniker"),
        (&["show", "config"], "--url"),
    ];
    for (arguments, fact) in cases {
        let output = desk.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stderr).contains(fact),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn an_absent_node_ends_with_exit_code_five_and_no_secret() {
    let desk = Desk::new(Some("http://127.0.0.1:9/access-key".to_owned()));
    let (code, error) = desk.fails("stranger", &["show", "config"]);
    assert_eq!(code, 5);
    let message = error.to_string();
    assert!(
        message.contains("Repeat the command") && !message.contains("access-key"),
        "{message}"
    );
    let wallet = desk.cast.address("auditor").to_string();
    let (code, error) = desk.fails("stranger", &["transfer", &wallet, "1", "--reference", "x"]);
    assert_eq!(code, 5);
    assert!(!error.to_string().contains("access-key"), "{error}");
}

/// Everything that the README lets a person do by hand, in order, each command twice.
#[test]
fn the_path_by_hand_against_a_node() {
    common::program();
    let desk = Desk::new(Some(node::start()));
    let url = desk.url.clone().unwrap();
    let bic = "ALTNKZKA";

    // The deployment.
    let file = desk.path("deployment.json");
    fs::write(
        &file,
        serde_json::to_string_pretty(&description(&desk.cast)).unwrap(),
    )
    .unwrap();
    let verb = |verb| ["migrate", verb, "--file", "deployment.json"];
    let plan = desk.json("treasury", &verb("plan"));
    assert_eq!(plan["actions"].as_array().unwrap().len(), 3);
    assert_eq!(plan["actions"][0]["state"], "missing");
    let (code, _) = desk.fails("treasury", &verb("verify"));
    assert_eq!(code, 4);
    let (code, error) = desk.try_apply(&[], &[]);
    assert_eq!(code, 2, "{error}");
    let signers = ["deployer", "mint", "issuer-manager"];
    assert_eq!(applied(&desk.apply(&signers)), 3);
    assert_eq!(applied(&desk.apply(&signers)), 0);
    assert_eq!(desk.json("treasury", &verb("verify"))["compared"], 3);
    let config = desk.json("stranger", &["show", "config"]);
    assert_eq!(
        (config["symbol"].as_str(), config["threshold"].as_u64()),
        (Some("KZTE"), Some(2))
    );

    // The first day.
    node::advance(&url, EVENING);
    sample_file(&desk.cast, "altnkzka-2026-11-16.xml", desk.folder.path());
    let import = |file, out| {
        [
            "statement",
            "import",
            file,
            "--key-file",
            "reference.key",
            "--out",
            out,
            "--issuer",
            bic,
        ]
    };
    let imported = desk.json("altyndala", &import("altnkzka-2026-11-16.xml", "out"));
    assert_eq!(imported["statements"][0]["number"], 1);
    let bundle = "out/statement-000001.json";
    let post = ["statement", "post", bundle, "--issuer", bic];
    assert_eq!(status(&desk.json("altyndala", &post)), "done");
    assert_eq!(status(&desk.json("altyndala", &post)), "already");
    let attest = |file, number| {
        [
            "statement",
            "attest",
            file,
            "--key-file",
            "reference.key",
            "--issuer",
            bic,
            "--number",
            number,
        ]
    };
    let day1 = attest("altnkzka-2026-11-16.xml", "1");
    assert_eq!(status(&desk.json("custodian", &day1)), "done");
    assert_eq!(status(&desk.json("custodian", &day1)), "already");
    let (code, error) = desk.fails("altyndala", &["mint", bundle, "--issuer", bic, "--entry", "1"]);
    assert_eq!((code, error["name"].as_str()), (1, Some("StatementNotEffective")));
    let shown = desk.json("stranger", &["show", "statement", bic, "1"]);
    assert_eq!(
        (shown["status"].as_str(), shown["votes"][1]["voted"].as_bool()),
        (Some("posted"), Some(true))
    );
    assert_eq!(status(&desk.json("central-bank", &day1)), "done");
    let (code, error) = desk.fails("stranger", &day1);
    assert_eq!(code, 1, "{error}");

    // Tokens.
    let one = ["mint", bundle, "--issuer", bic, "--entry", "1"];
    assert_eq!(status(&desk.json("altyndala", &one)), "done");
    assert_eq!(status(&desk.json("altyndala", &one)), "already");
    let shown = desk.json("stranger", &["show", "statement", bic, "1", "--bundle", bundle]);
    assert_eq!(shown["open"].as_array().unwrap().len(), 4);
    let all = ["mint", bundle, "--issuer", bic, "--all"];
    let steps = desk.json("altyndala", &all);
    assert!(
        steps["steps"]
            .as_array()
            .unwrap()
            .iter()
            .any(|step| step["entries"].as_array().is_some_and(|run| run.len() == 4))
    );
    let (code, error) = desk.fails("altyndala", &["mint", bundle, "--issuer", "SARYKZ2A", "--all"]);
    assert_eq!(code, 4, "{error}");
    assert_eq!(
        desk.json("sayakhat-service", &["balance"])["amount"],
        1_250_000_000u64
    );
    let wallet = desk.cast.address("tulpar-market").to_string();
    let transfer = ["transfer", &wallet, "1 000,50", "--reference", "invoice 1"];
    assert_eq!(status(&desk.json("sayakhat-service", &transfer)), "done");
    assert_eq!(status(&desk.json("sayakhat-service", &transfer)), "already");
    assert_eq!(
        desk.json("stranger", &["balance", &wallet])["amount"],
        85_000_075u64 + 100_050
    );
    let freeze = ["freeze", &wallet, "--reason", "case 1"];
    assert_eq!(status(&desk.json("compliance", &freeze)), "done");
    assert_eq!(status(&desk.json("compliance", &freeze)), "already");
    assert_eq!(desk.json("stranger", &["balance", &wallet])["frozen"], true);
    let other = desk.cast.address("sayakhat-service").to_string();
    let (code, error) = desk.fails("tulpar-market", &["transfer", &other, "1", "--reference", "x"]);
    assert_eq!(
        (code, error["name"].as_str()),
        (1, Some("AccountFrozen")),
        "{error}"
    );
    assert_eq!(
        status(&desk.json("compliance", &["thaw", &wallet, "--reason", "case 1"])),
        "done"
    );
    let (code, error) = desk.fails("altyndala", &freeze);
    assert_eq!(
        (code, error["name"].as_str()),
        (1, Some("NotAuthorized")),
        "{error}"
    );
    assert!(
        error["way_out"].as_str().unwrap().contains("show config"),
        "{error}"
    );

    // Back to tenge.
    let redeem = [
        "redeem",
        "2500000",
        "--issuer",
        bic,
        "--account",
        IBAN,
        "--end-to-end-id",
        "KZTE-R-0001",
        "--key-file",
        "reference.key",
    ];
    let requested = desk.json("sayakhat-service", &redeem);
    assert_eq!(status(&requested), "done");
    let redemption = requested["steps"][0]["events"][0]["redemption"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(status(&desk.json("sayakhat-service", &redeem)), "already");
    assert_eq!(
        desk.json("stranger", &["show", "redemption", &redemption])["status"],
        "open"
    );

    node::advance(&url, common::DAY);
    fill(
        &Stage::of_this_checkout().samples,
        "altnkzka-2026-11-17.xml",
        desk.folder.path(),
        &|kind, id| {
            Some(if kind == "wallet" {
                desk.cast.address(id).to_string()
            } else {
                redemption.clone()
            })
        },
    )
    .unwrap();
    desk.json("altyndala", &import("altnkzka-2026-11-17.xml", "out"));
    let bundle = "out/statement-000002.json";
    desk.json("altyndala", &["statement", "post", bundle, "--issuer", bic]);
    let day2 = attest("altnkzka-2026-11-17.xml", "2");
    desk.json("auditor", &day2);
    desk.json("central-bank", &day2);
    let settle = ["settle", bundle, "--issuer", bic, "--all"];
    assert_eq!(status(&desk.json("altyndala", &settle)), "done");
    assert_eq!(status(&desk.json("altyndala", &settle)), "already");
    let ended = desk.json("stranger", &["show", "redemption", &redemption]);
    assert!(
        ended["end"]
            .as_str()
            .unwrap()
            .contains("settled by entry 6 of statement 2"),
        "{ended}"
    );
    let close = ["statement", "close", "--issuer", bic, "--number", "1"];
    assert_eq!(status(&desk.json("stranger", &close)), "done");
    assert_eq!(status(&desk.json("stranger", &close)), "already");

    // The books, in the words of the chain.
    let issuer = desk.json("stranger", &["show", "issuer", bic]);
    assert_eq!(issuer["outstanding"], 4_375_123_531u64 - 250_000_000);
    assert_eq!(issuer["statement_number"], 2);
    assert_eq!(
        desk.json("stranger", &["show", "config"])["supply"],
        4_375_123_531u64 - 250_000_000
    );

    // A wallet is blocked: the deposits of the others are minted, exit code 6 says that one is left.
    let blocked = desk.cast.address("alatau-stroy").to_string();
    desk.json("compliance", &["block", &blocked, "--reason", "case 2"]);
    let key = desk.key_file("altyndala");
    let output = desk.run(&[
        "-k",
        key.to_str().unwrap(),
        "mint",
        bundle,
        "--issuer",
        bic,
        "--all",
    ]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    assert!(
        text(&output.stdout).contains("skipped: mint"),
        "{}",
        text(&output.stdout)
    );
    desk.json("compliance", &["unblock", &blocked, "--reason", "case 2"]);
    assert_eq!(status(&desk.json("pauser", &["pause", "mint"])), "done");
    let (code, error) = desk.fails("altyndala", &["mint", bundle, "--issuer", bic, "--all"]);
    assert_eq!((code, error["name"].as_str()), (1, Some("MintPaused")), "{error}");
    assert_eq!(status(&desk.json("authority", &["resume", "mint"])), "done");
    desk.json("altyndala", &["mint", bundle, "--issuer", bic, "--all"]);
    assert_eq!(
        desk.json("stranger", &["balance", &blocked])["amount"],
        675_000_000u64
    );
    let burn = ["burn", "0,05", "--issuer", bic, "--reference", "stock"];
    let operator = desk.cast.address("altyndala").to_string();
    desk.json(
        "sayakhat-service",
        &["transfer", &operator, "1", "--reference", "fee"],
    );
    assert_eq!(status(&desk.json("altyndala", &burn)), "done");
    assert_eq!(status(&desk.json("altyndala", &burn)), "already");
    assert_eq!(desk.json("altyndala", &["balance"])["amount"], 95);

    // The same facts for people.
    for arguments in [
        &["show", "config"][..],
        &["show", "issuer", bic],
        &["show", "statement", bic, "2"],
        &["show", "redemption", &redemption],
        &["balance", &wallet],
    ] {
        let output = desk.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stdout).lines().count() >= 1 && !text(&output.stdout).contains('\u{1b}'));
    }
    assert!(Path::new(&desk.path("journal")).exists());
}

#[test]
fn help_names_the_exit_codes() {
    let desk = Desk::new(None);
    let output = desk.run(&["--help"]);
    let help = text(&output.stdout);
    assert!(output.status.success());
    for line in ["Exit codes:", "0  done", "6  something was skipped"] {
        assert!(help.contains(line), "{help}");
    }
}
