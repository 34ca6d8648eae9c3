//! The demonstration: what it shows, that it is the same every time, and that it fails when something does not hold.

mod common;

use std::fs;

use kzte_cli::{
    demo::{Narrator, Record, Silent, Stage, run},
    failure::Kind,
    ops::Status,
};

fn record() -> Record {
    common::program();
    run(&Stage::of_this_checkout(), &mut Silent).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn the_main_job_goes_through_and_the_books_agree() {
    let record = record();
    let [altyndala, saryzhailau] = record.agreement.as_slice() else {
        panic!("{:?}", record.agreement)
    };
    // By hand from the tables of samples/README.md, tiyn: deposits less redemptions.
    assert_eq!(altyndala.outstanding, 6_106_473_580);
    assert_eq!(altyndala.closing, 6_607_187_797);
    assert_eq!(saryzhailau.outstanding, 2_795_679_415);
    assert_eq!(saryzhailau.closing, 2_971_639_948);
    assert_eq!((altyndala.not_minted, saryzhailau.not_minted), (0, 26_000_000));
    for position in &record.agreement {
        assert!(position.outstanding <= position.closing);
        assert!(position.is_explained(), "{position:?}");
    }
    let totals = &record.totals;
    assert_eq!(totals.supply, 6_106_473_580 + 2_795_679_415);
    assert_eq!(
        (totals.outstanding, totals.in_wallets, totals.in_escrow),
        (totals.supply, totals.supply, 0)
    );

    let summary = &record.summary;
    assert_eq!((summary.statements, summary.entries), (7, 40));
    assert_eq!((summary.deposits_minted, summary.minted), (22, 9_263_153_045));
    assert_eq!((summary.redemptions_settled, summary.settled), (3, 335_000_050));
    assert!(summary.repetitions >= 10);
    let lines = || record.chapters.iter().flat_map(|chapter| &chapter.lines);
    for action in [
        "migrate",
        "post",
        "attest",
        "mint",
        "transfer",
        "freeze",
        "thaw",
        "redeem",
        "settle",
        "close",
        "novate",
        "flag-overdue",
        "reject",
        "check-invariants",
    ] {
        assert!(
            lines().any(|line| line.step.action == action && line.step.status == Status::Done),
            "nobody does «{action}»"
        );
    }
    let many = lines()
        .filter(|line| line.step.action == "mint" && line.step.entries.len() > 1)
        .count();
    assert!(many >= 4, "mint_many carried {many} runs");
    for line in lines().filter(|line| line.step.status == Status::Done && line.step.signature.is_some()) {
        assert!(
            line.step.compute_units.is_some_and(|units| units > 0),
            "{}",
            line.what
        );
        assert!(line.step.size.is_some_and(|size| size <= 1_232), "{}", line.what);
    }
}

#[test]
fn every_refusal_has_its_name() {
    let record = record();
    let names: Vec<&str> = record
        .refusals
        .iter()
        .map(|refusal| refusal.error.as_str())
        .collect();
    // The six of the issue, in its words: the same deposit minted twice, a wrong recipient, a stale statement, an
    // unattested one, an amount off by one tiyn, a mint above the closing balance.
    for name in [
        "EntryConsumed",
        "WrongRecipient",
        "StatementStale",
        "StatementNotEffective",
        "ProofInvalid",
        "ReserveExceeded",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    for name in [
        "AlreadyAttested",
        "NotAttestor",
        "DigestMismatch",
        "OpeningBalance",
        "StatementNumber",
        "StatementInFuture",
        "StatementEffective",
        "StatementNotExhausted",
        "QuotaExceeded",
        "MintPaused",
        "NotAuthorized",
        "WalletBlocked",
        "AmountMismatch",
        "RedemptionNotDue",
        "NotUpgradeAuthority",
        "AccountFrozen",
        "EscrowCannotFreeze",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert!(record.refusals.iter().all(|refusal| !refusal.sentence.is_empty()));
}

#[test]
fn two_runs_are_the_same_to_the_last_signature() {
    let (first, second) = (record(), record());
    let text = |record: &Record| serde_json::to_string(record).unwrap();
    assert_eq!(text(&first), text(&second));
}

#[test]
fn the_story_is_told_in_plain_text() {
    common::program();
    let mut text = Vec::new();
    let record = {
        let mut narrator = Narrator::new(anstream::StripStream::new(&mut text));
        narrator.opening();
        let record =
            run(&Stage::of_this_checkout(), &mut narrator).unwrap_or_else(|failure| panic!("{failure}"));
        narrator.summary(&record, "0.1 s");
        record
    };
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains('\u{1b}'), "a colour is left");
    for refusal in &record.refusals {
        assert!(text.contains(&refusal.error), "{} is not told", refusal.error);
    }
    for part in [
        "12\u{a0}500\u{a0}000,00\u{a0}₸",
        "1250000000",
        "Sayakhat Service",
        "The books agree",
        "Everything held.",
    ] {
        assert!(text.contains(part), "«{part}» is not told");
    }
}

#[test]
fn it_fails_when_a_sample_is_not_what_it_must_be() {
    common::program();
    let folder = tempfile::tempdir().unwrap();
    let good = Stage::of_this_checkout();
    for entry in fs::read_dir(&good.samples).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let stage = Stage {
        samples: folder.path().to_owned(),
        ..good
    };
    // One redemption is paid out to nobody: it stays open, and the books say so.
    let path = folder.path().join("altnkzka-2026-11-18.xml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("KZTE:{redemption:R-0003}", "")).unwrap();
    let failure = run(&stage, &mut Silent).unwrap_err();
    assert_eq!(failure.kind, Kind::Mismatch);
    assert!(failure.message.contains("the demonstration failed"), "{failure}");
    // A placeholder that nothing stands for.
    fs::write(&path, text.replace("{redemption:R-0003}", "{redemption:R-9999}")).unwrap();
    let failure = run(&stage, &mut Silent).unwrap_err();
    assert!(failure.message.contains("{redemption:R-9999}"), "{failure}");
}

#[test]
fn without_the_program_it_says_what_to_run() {
    let stage = Stage {
        program: "/nowhere/kzte.so".into(),
        ..Stage::of_this_checkout()
    };
    let failure = run(&stage, &mut Silent).unwrap_err();
    assert!(failure.way_out.contains("cargo xtask build"), "{failure}");
}
