//! Files that must not become statements, end to end: refused by line and entry, nothing written, nothing posted.

mod common;

use std::{fs, path::Path};

use common::{World, altyndala, sample_file};
use kzte_cli::{
    args::{Command, OfBank, OfEntries, Statement, Which},
    bundle,
    commands::{Office, on_chain},
    demo::cast::Cast,
    failure::{Failure, Kind},
    import,
};
use kzte_client::fetch;

const SAMPLE: &str = "altnkzka-2026-11-16.xml";

fn key_file(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("reference.key");
    fs::write(&path, "ab".repeat(32)).unwrap();
    path
}

fn office<'a>(world: &'a mut World, actor: &str) -> Office<'a> {
    Office {
        url: None,
        deployment: Ok(world.dep),
        key: Ok(world.cast.key(actor).insecure_clone()),
        payer: None,
        journal: Ok(world.journal.clone()),
        chain: &mut world.chain,
    }
}

/// Imports a file as the command does, its number continuing the chain; then, if that went through, posts it.
fn import_and_post(world: &mut World, file: &Path) -> Result<(), Failure> {
    let folder = world.folder.path().to_owned();
    let out = folder.join("out");
    let import = Command::Statement(Statement::Import {
        file: file.to_owned(),
        key_file: key_file(&folder),
        out: out.clone(),
        issuer: Some(altyndala()),
        number: None,
    });
    on_chain(&import, &mut office(world, "altyndala"))?;
    let post = Command::Statement(Statement::Post {
        bundle: out.join("statement-000001.json"),
        bank: OfBank { issuer: altyndala() },
    });
    on_chain(&post, &mut office(world, "altyndala")).map(drop)
}

#[test]
fn bad_files_are_refused_by_line_and_nothing_is_posted() {
    let cast = Cast::new();
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read_to_string(sample_file(&cast, SAMPLE, folder.path())).unwrap();
    let wallet = cast.address("sayakhat-service").to_string();
    // Zero is no digit of base 58.
    let mistyped = &format!("0{}", &wallet[1..]);
    let cases: &[(&str, &str, &str, &str)] = &[
        ("not well-formed", "</Stmt>", "", "line"),
        ("cut off", "</BkToCstmrStmt>\n</Document>", "", "line"),
        ("another currency", "<Ccy>KZT</Ccy>", "<Ccy>USD</Ccy>", "USD"),
        (
            "an amount in another currency",
            "Ccy=\"KZT\">12500000.00",
            "Ccy=\"EUR\">12500000.00",
            "EUR",
        ),
        (
            "three decimals",
            "\">12500000.00<",
            "\">12500000.005<",
            "12500000.005",
        ),
        (
            "a balance that does not add up",
            "48746735.31</Amt>\n        <CdtDbtInd>CRDT</CdtDbtInd>\n        <Dt>",
            "48746735.30</Amt>\n        <CdtDbtInd>CRDT</CdtDbtInd>\n        <Dt>",
            "48746735.3",
        ),
        (
            "a duplicate reference",
            "ALTN261116010002",
            "ALTN261116010001",
            "ALTN261116010001",
        ),
        ("a wallet that is no address", &wallet, mistyped, "KZTE:"),
        ("a pending entry", "<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>", "PDNG"),
        (
            "another message",
            "camt.053.001.08",
            "camt.054.001.08",
            "camt.054",
        ),
        ("another bank", "ALTNKZKAXXX", "SARYKZ2AXXX", "SARYKZ2AXXX"),
    ];
    let mut world = World::new();
    for (what, from, to, fact) in cases {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "«{what}» changes nothing");
        let path = folder.path().join("bad.xml");
        fs::write(&path, bad).unwrap();
        let failure = import_and_post(&mut world, &path).expect_err(what);
        assert!(
            matches!(failure.kind, Kind::Input | Kind::Mismatch),
            "{what}: {failure}"
        );
        assert!(failure.to_string().contains(fact), "{what}: {failure}");
        if failure.kind == Kind::Input {
            assert!(failure.message.contains("line "), "{what}: {failure}");
        }
        assert!(
            !world.folder.path().join("out").exists(),
            "{what}: something was written"
        );
        assert!(
            fetch::statement(&world.chain, &world.dep, &altyndala(), 1)
                .unwrap()
                .is_none(),
            "{what}"
        );
    }
    // A missing reference: both elements that could give one are taken out.
    let bad = good
        .replacen("<AcctSvcrRef>ALTN261116010002</AcctSvcrRef>", "", 1)
        .replacen("<NtryRef>2</NtryRef>", "", 1);
    let path = folder.path().join("bad.xml");
    fs::write(&path, bad).unwrap();
    let failure = import_and_post(&mut world, &path).unwrap_err();
    assert!(
        failure.message.contains("no reference") && failure.message.contains("entry 1"),
        "{failure}"
    );

    // The good file goes through, and a repetition says that it did.
    fs::write(&path, &good).unwrap();
    import_and_post(&mut world, &path).unwrap();
    assert!(
        fetch::statement(&world.chain, &world.dep, &altyndala(), 1)
            .unwrap()
            .is_some()
    );
    import_and_post(&mut world, &path).unwrap();
}

#[test]
fn a_file_is_imported_in_order_only() {
    let mut world = World::new();
    let second = sample_file(&world.cast, "altnkzka-2026-11-17.xml", world.folder.path());
    let failure = import_and_post(&mut world, &second).unwrap_err();
    assert_eq!(failure.kind, Kind::Mismatch);
    assert!(
        failure.message.contains("opens with 48\u{a0}746\u{a0}735,31"),
        "{failure}"
    );

    let import = world.effective();
    let folder = world.folder.path().to_owned();
    let command = Command::Statement(Statement::Import {
        file: folder.join(SAMPLE),
        key_file: key_file(&folder),
        out: folder.join("out"),
        issuer: Some(altyndala()),
        number: None,
    });
    let answer = on_chain(&command, &mut office(&mut world, "altyndala")).unwrap();
    assert!(answer.text.contains("effective as number 1"), "{}", answer.text);
    assert!(!folder.join("out").exists());
    assert_eq!(import.statement.totals.number, 1);
}

#[test]
fn a_bundle_that_was_changed_is_refused() {
    let world = World::new();
    let import = world.import(SAMPLE, "altyndala", 1).remove(0);
    let written = bundle::write(world.folder.path(), &import).unwrap();
    assert!(!written.unchanged);
    assert_eq!(bundle::read(&written.bundle).unwrap().statement, import.statement);
    let good = fs::read_to_string(&written.bundle).unwrap();
    let wallet = world.cast.address("sayakhat-service").to_string();
    let other = world.cast.address("stranger").to_string();
    let root = hex::encode(import.statement.entries_root);
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "an amount",
            "\"amount\":1250000000",
            "\"amount\":1250000001",
            "credit_total",
        ),
        ("a wallet", &wallet, &other, "entries_root"),
        ("the root", &root, &"0".repeat(64), "entries_root"),
        (
            "the closing balance",
            "\"closing\":4874673531",
            "\"closing\":4874673532",
            "closing",
        ),
        ("the version", "\"version\":1", "\"version\":2", "version 2"),
        ("the format", "kzte-statement", "kzte-something", "kzte-something"),
        (
            "an unknown field",
            "\"number\":1",
            "\"extra\":1,\"number\":1",
            "extra",
        ),
        ("an index", "\"index\":3", "\"index\":2", "index"),
        ("a wallet that is none", &wallet, "tulpar", "tulpar"),
        (
            "an end that is missing",
            "\"entries\":",
            "\"entries\":[",
            "not a statement bundle",
        ),
        (
            "a count",
            "\"actionable_count\":5",
            "\"actionable_count\":4",
            "actionable_count",
        ),
        (
            "a negative amount",
            "\"amount\":1250000000",
            "\"amount\":-5",
            "not a statement bundle",
        ),
    ];
    for (what, from, to, fact) in cases {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "«{what}» changes nothing");
        fs::write(&written.bundle, bad).unwrap();
        let failure = bundle::read(&written.bundle).unwrap_err();
        assert_eq!(failure.kind, Kind::Input, "{what}: {failure}");
        assert!(failure.message.contains(fact), "{what}: {failure}");
    }
    // Another content is never overwritten.
    let failure = bundle::write(world.folder.path(), &import).unwrap_err();
    assert!(failure.message.contains("not overwritten"), "{failure}");
    fs::write(&written.bundle, &good).unwrap();
    assert!(bundle::write(world.folder.path(), &import).unwrap().unchanged);
}

#[test]
fn nothing_plain_leaves_the_bank() {
    let world = World::new();
    let import = world.import(SAMPLE, "altyndala", 1).remove(0);
    let written = bundle::write(world.folder.path(), &import).unwrap();
    let bundle = fs::read_to_string(&written.bundle).unwrap();
    let references = fs::read_to_string(&written.references).unwrap();
    for line in &import.references {
        assert!(!bundle.contains(&line.reference), "{}", line.reference);
        assert!(references.contains(&line.reference));
    }
    assert!(!bundle.contains(&import.source.account));
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&written.bundle), mode(&written.references)), (0o644, 0o600));
}

#[test]
fn an_attestor_with_another_key_or_file_does_not_vote() {
    let mut world = World::new();
    let import = world.import(SAMPLE, "altyndala", 1).remove(0);
    let written = bundle::write(&world.folder.path().join("out"), &import).unwrap();
    let post = Command::Statement(Statement::Post {
        bundle: written.bundle.clone(),
        bank: OfBank { issuer: altyndala() },
    });
    on_chain(&post, &mut office(&mut world, "altyndala")).unwrap();
    let folder = world.folder.path().to_owned();
    let attest = |key_file, file| {
        Command::Statement(Statement::Attest {
            file,
            key_file,
            statement: kzte_cli::args::OfStatement {
                issuer: altyndala(),
                number: 1,
            },
        })
    };
    // Another reference key gives other hashes, so another root.
    let command = attest(key_file(&folder), folder.join(SAMPLE));
    let failure = on_chain(&command, &mut office(&mut world, "auditor")).unwrap_err();
    assert_eq!(failure.kind, Kind::Mismatch);
    assert!(
        failure.message.contains("root of the entries") && failure.message.contains("no vote"),
        "{failure}"
    );
    assert!(!failure.message.contains("closing balance"), "{failure}");
    // A key file that is one digit short.
    let key = folder.join("short.key");
    fs::write(&key, "0".repeat(63)).unwrap();
    let failure = on_chain(
        &attest(key, folder.join(SAMPLE)),
        &mut office(&mut world, "auditor"),
    )
    .unwrap_err();
    assert!(failure.message.contains("not a reference key"), "{failure}");
    let header = fetch::statement(&world.chain, &world.dep, &altyndala(), 1)
        .unwrap()
        .unwrap()
        .header;
    assert_eq!(header.approvals, 0);

    // A mint before the votes is refused by name, with the way out.
    let mint = Command::Mint(OfEntries {
        bundle: written.bundle,
        bank: OfBank { issuer: altyndala() },
        which: Which {
            entry: Some(1),
            all: false,
        },
    });
    let failure = on_chain(&mint, &mut office(&mut world, "altyndala")).unwrap_err();
    assert_eq!(
        failure.name.as_deref(),
        Some("StatementNotEffective"),
        "{failure}"
    );
    assert!(failure.way_out.contains("attest"), "{failure}");
}

#[test]
fn a_day_above_the_limit_of_a_statement_becomes_two() {
    use std::fmt::Write as _;
    // 65,537 deposits of one tiyn: one more than a statement on the chain holds.
    const COUNT: usize = 65_537;
    let mut text = String::from(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId>\
         <CreDtTm>2026-11-16T18:35:00+05:00</CreDtTm></GrpHdr><Stmt><Id>BIG</Id><CreDtTm>2026-11-16T18:35:00+05:00</CreDtTm>\
         <FrToDt><FrDtTm>2026-11-16T00:00:00+05:00</FrDtTm><ToDtTm>2026-11-16T18:00:00+05:00</ToDtTm></FrToDt>\
         <Acct><Id><IBAN>KZ77990ALTNRSV000001</IBAN></Id><Ccy>KZT</Ccy></Acct>",
    );
    for (code, amount) in [
        ("OPBD", "0.00".to_owned()),
        ("CLBD", format!("{}.{:02}", COUNT / 100, COUNT % 100)),
    ] {
        write!(
            text,
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"KZT\">{amount}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-16</Dt></Dt></Bal>"
        )
        .unwrap();
    }
    for index in 0..COUNT {
        write!(
            text,
            "<Ntry><NtryRef>R{index}</NtryRef><Amt Ccy=\"KZT\">0.01</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Sts><Cd>BOOK</Cd></Sts></Ntry>"
        )
        .unwrap();
    }
    text.push_str("</Stmt></BkToCstmrStmt></Document>");
    let key = Cast::new().reference_key("altyndala");
    let imports = import::read(text.as_bytes(), &key, 7).unwrap();
    let totals: Vec<_> = imports.iter().map(|import| import.statement.totals).collect();
    assert_eq!(totals.len(), 2);
    assert_eq!((totals[0].number, totals[1].number), (7, 8));
    assert_eq!((totals[0].entry_count, totals[1].entry_count), (65_536, 1));
    assert_eq!((totals[0].opening, totals[0].closing), (0, 65_536));
    assert_eq!((totals[1].opening, totals[1].closing), (65_536, 65_537));
    assert_eq!(totals[1].as_of - totals[0].as_of, 1);
    assert_eq!(imports[0].statement.source_hash, imports[1].statement.source_hash);
    assert_eq!(imports[1].statement.entries[0].index, 0);
    assert_eq!(imports[1].references[0].reference, "R65536");
    assert_eq!((imports[0].source.part, imports[1].source.part), ((1, 2), (2, 2)));
}
