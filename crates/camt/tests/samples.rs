//! The samples under `app/cli/samples`: they parse, they continue each other, and they are what their README says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{SAMPLES, address_of, assert_whole, parse, placeholders, sample, sample_template};
use kzte_camt::{BankStatement, CamtError, Kind, Options, Party};

fn all() -> Vec<(&'static str, Vec<BankStatement>)> {
    let read = |name: &'static str| {
        (
            name,
            parse(&sample(name)).unwrap_or_else(|e| panic!("{name}: {e}")),
        )
    };
    SAMPLES.into_iter().map(read).collect()
}

fn bank(prefix: &str) -> Vec<BankStatement> {
    all()
        .into_iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .flat_map(|(_, statements)| statements)
        .collect()
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// `1 234,56` to tiyn.
fn tiyn(text: &str) -> u64 {
    text.replace([' ', ','], "").parse().unwrap()
}

#[test]
fn every_sample_is_whole() {
    for (name, statements) in all() {
        assert_eq!(
            statements.len(),
            if name == "sarykz2a-2026-11-17.xml" { 2 } else { 1 },
            "{name}"
        );
        assert_whole(&statements);
    }
}

#[test]
fn each_bank_starts_at_zero_and_continues_day_by_day() {
    for (prefix, bic, count, closing) in [
        ("altnkzka", "ALTNKZKAXXX", 3, 6_607_187_797),
        ("sarykz2a", "SARYKZ2AXXX", 4, 2_971_639_948),
    ] {
        let statements = bank(prefix);
        assert_eq!(statements.len(), count);
        assert_eq!(statements.first().unwrap().opening, 0);
        assert_eq!(statements.last().unwrap().closing, closing);
        for (position, statement) in statements.iter().enumerate() {
            assert_eq!(statement.servicer_bic.as_deref(), Some(bic));
            assert_eq!(statement.sequence, Some(u64::try_from(position + 1).unwrap()));
        }
        for pair in statements.windows(2) {
            let [earlier, later] = pair else {
                panic!("windows of two")
            };
            assert_eq!(earlier.closing, later.opening);
            assert_eq!(earlier.account, later.account);
            assert!(earlier.as_of < later.as_of);
        }
    }
}

#[test]
fn statements_report_up_to_the_close_of_business_in_kazakhstan() {
    // 2026-11-16T13:00:00Z is 18:00 in Kazakhstan.
    let close = 1_794_834_000;
    let day = 86_400;
    let times = |prefix| {
        bank(prefix)
            .iter()
            .map(|statement| statement.as_of)
            .collect::<Vec<_>>()
    };
    assert_eq!(times("altnkzka"), [close, close + day, close + 2 * day]);
    assert_eq!(
        times("sarykz2a"),
        [close, close + day - 5 * 3_600, close + day, close + 2 * day]
    );
}

#[test]
fn the_readme_lists_every_entry() {
    let readme = sample_template("README.md");
    let mut rows = readme
        .lines()
        .filter(|line| line.starts_with("| altnkzka-") || line.starts_with("| sarykz2a-"));
    let mut statement_rows = BTreeMap::new();
    let mut entry_rows = BTreeMap::new();
    for row in rows.by_ref() {
        let row = cells(row);
        match row.as_slice() {
            [file, id, sequence, opening, credits, debits, closing, count, _] => {
                let figures = [opening, credits, debits, closing].map(|text| tiyn(text));
                statement_rows.insert(
                    (*file, (*id).to_owned()),
                    (sequence.parse().unwrap(), figures, count.parse().unwrap()),
                );
            }
            [file, statement, index, kind, amount, party, _] => {
                let key = (
                    *file,
                    statement.parse::<usize>().unwrap(),
                    index.parse::<u32>().unwrap(),
                );
                assert!(entry_rows.insert(key, (*kind, tiyn(amount), *party)).is_none());
            }
            other => panic!("a row of another shape: {other:?}"),
        }
    }

    for (name, statements) in all() {
        for (position, statement) in statements.iter().enumerate() {
            let row = statement_rows.remove(&(name, statement.id.clone())).unwrap();
            let figures = [
                statement.opening,
                statement.credit_total,
                statement.debit_total,
                statement.closing,
            ];
            assert_eq!(
                row,
                (statement.sequence.unwrap(), figures, statement.entries.len()),
                "{name}"
            );
            for entry in &statement.entries {
                let (kind, amount, party) = entry_rows
                    .remove(&(name, position + 1, entry.index))
                    .expect("a row for the entry");
                assert_eq!(
                    kind,
                    if entry.kind == Kind::Credit {
                        "credit"
                    } else {
                        "debit"
                    }
                );
                assert_eq!(amount, entry.amount);
                let named = party
                    .strip_prefix("`{")
                    .and_then(|party| party.strip_suffix("}`"));
                assert_eq!(
                    named.map(|name| Party::Address(address_of(name))),
                    entry.party,
                    "{name}"
                );
            }
        }
    }
    assert!(
        statement_rows.is_empty() && entry_rows.is_empty(),
        "{statement_rows:?} {entry_rows:?}"
    );
}

#[test]
fn the_readme_lists_every_placeholder() {
    let used: BTreeSet<String> = SAMPLES
        .iter()
        .flat_map(|name| placeholders(&sample_template(name)))
        .collect();
    let readme = sample_template("README.md");
    let listed: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `{")?.split_once("}`")?.0.to_owned()))
        .collect();
    assert_eq!(used, listed);
}

#[test]
fn redemptions_are_paid_in_full_and_named() {
    let paid: Vec<_> = bank("altnkzka")
        .into_iter()
        .chain(bank("sarykz2a"))
        .flat_map(|statement| statement.entries)
        .filter(|entry| entry.kind == Kind::Debit && entry.party.is_some())
        .map(|entry| (entry.end_to_end_id.unwrap(), entry.amount, entry.party.unwrap()))
        .collect();
    let redemption = |name: &str| Party::Address(address_of(&format!("redemption:{name}")));
    assert_eq!(
        paid,
        [
            ("KZTE-R-0001".to_owned(), 250_000_000, redemption("R-0001")),
            ("KZTE-R-0003".to_owned(), 10_000_000, redemption("R-0003")),
            ("KZTE-R-0002".to_owned(), 75_000_050, redemption("R-0002")),
        ]
    );
}

#[test]
fn the_demo_finds_what_it_needs_on_each_day() {
    let all = all();
    let of = |prefix: &str| {
        let chosen = all.iter().filter(|(name, _)| name.starts_with(prefix));
        chosen
            .flat_map(|(_, statements)| statements)
            .flat_map(|statement| &statement.entries)
            .collect::<Vec<_>>()
    };
    let wallets = |prefix: &str| -> Vec<Party> {
        of(prefix)
            .iter()
            .filter(|entry| entry.kind == Kind::Credit)
            .filter_map(|entry| entry.party)
            .collect()
    };
    assert!(wallets("altnkzka-2026-11-16").len() >= 4);
    assert!(wallets("sarykz2a-2026-11-16").len() >= 4);
    let distinct: BTreeSet<_> = ["altnkzka-2026-11-16", "sarykz2a-2026-11-16"]
        .into_iter()
        .flat_map(wallets)
        .map(|Party::Address(address)| address)
        .collect();
    assert!(distinct.len() >= 5);

    for prefix in ["altnkzka-2026-11-17", "sarykz2a-2026-11-17"] {
        let entries = of(prefix);
        let taken_back: Vec<_> = entries.iter().filter(|entry| entry.reversal).collect();
        assert_eq!(taken_back.len(), 1);
        for reversal in taken_back {
            assert_eq!(reversal.kind, Kind::Debit);
            let mistake = entries
                .iter()
                .find(|entry| entry.amount == reversal.amount && !entry.reversal)
                .unwrap();
            assert_eq!((mistake.kind, mistake.party), (Kind::Credit, None));
            assert_eq!(mistake.counterparty, reversal.counterparty);
        }
    }
    // Batches: references of their own at one bank, positions at the other.
    let references = |prefix| {
        of(prefix)
            .iter()
            .map(|entry| entry.reference.clone())
            .collect::<Vec<_>>()
    };
    assert!(references("altnkzka-2026-11-17").contains(&"ALTN261117010001T03".to_owned()));
    assert!(references("sarykz2a-2026-11-17").contains(&"SARY261117010001/2".to_owned()));
    assert!(references("sarykz2a-2026-11-16").contains(&"SARY-20261116-1-0005".to_owned()));
}

#[test]
fn names_and_texts_are_kept_only_on_request() {
    let xml = sample("altnkzka-2026-11-16.xml");
    let kept = parse(&xml).unwrap();
    let entry = kept.first().unwrap().entries.get(5).unwrap();
    assert_eq!(entry.counterparty.as_deref(), Some("ТОО «Нур-Астык Агро»"));
    assert!(
        entry
            .remittance
            .starts_with("Оплата за зерно & муку по договору № 77-А"),
        "{}",
        entry.remittance
    );
    assert!(
        entry
            .remittance
            .contains("облагается Взнос для выпуска KZTE KZTE:"),
        "{}",
        entry.remittance
    );

    let dropped = kzte_camt::read(xml.as_bytes(), &Options::default()).unwrap();
    for (kept, dropped) in kept.iter().zip(&dropped) {
        for (kept, dropped) in kept.entries.iter().zip(&dropped.entries) {
            assert_eq!(
                (dropped.counterparty.as_deref(), dropped.remittance.as_str()),
                (None, "")
            );
            assert_eq!((kept.party, &kept.reference), (dropped.party, &dropped.reference));
        }
    }
}

#[test]
fn a_template_with_a_placeholder_left_is_refused() {
    for name in SAMPLES {
        let error = parse(&sample_template(name)).expect_err(name);
        assert!(
            matches!(&error, CamtError::Token { text, .. } if text.starts_with("KZTE:{")),
            "{name}: {error}"
        );
        assert!(error.place().unwrap().entry.is_some());
    }
}

#[test]
fn samples_read_from_a_path() {
    let path = common::sample_path("README.md");
    let error = kzte_camt::read_file(&path, &Options::default()).expect_err("the README is no statement");
    assert!(error.to_string().starts_with("line 1: "), "{error}");
    let missing = common::sample_path("no-such-file.xml");
    let error = kzte_camt::read_file(&missing, &Options::default()).expect_err("there is no such file");
    assert!(matches!(error, CamtError::Open { .. }), "{error}");
    assert!(error.to_string().contains("no-such-file.xml"));
}
