//! What may differ between banks and versions without changing what is read.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod common;

use common::{OTHER_WALLET, SMALL, WALLET, accept, parse, swap};
use kzte_camt::{BankStatement, Kind, Party};

fn small(old: &str, new: &str) -> String {
    swap(SMALL, old, new)
}

/// Without lines, which differ between forms.
fn content(mut statement: BankStatement) -> BankStatement {
    statement.line = 0;
    statement.entries.iter_mut().for_each(|entry| entry.line = 0);
    statement
}

fn wallet(text: &str) -> Option<Party> {
    let mut address = [0; 32];
    five8::decode_32(text, &mut address).unwrap();
    Some(Party::Address(address))
}

#[test]
fn the_small_statement() {
    let statement = accept(SMALL);
    assert_eq!(statement.id, "S-1");
    assert_eq!(statement.sequence, Some(7));
    assert_eq!(statement.account, "KZ86125KZT5004100100");
    assert_eq!(statement.servicer_bic.as_deref(), Some("ALTNKZKAXXX"));
    assert_eq!(statement.as_of, 1_794_834_000);
    assert_eq!((statement.opening, statement.closing), (1_000, 7_850));
    assert_eq!((statement.credit_total, statement.debit_total), (10_000, 3_150));
    assert_eq!(statement.line, 5);
    let [deposit, payment, fee] = statement.entries.as_slice() else {
        panic!("three entries")
    };
    assert_eq!(
        (deposit.index, deposit.kind, deposit.amount, deposit.line),
        (0, Kind::Credit, 10_000, 32)
    );
    assert_eq!(
        (deposit.reference.as_str(), deposit.end_to_end_id.as_deref()),
        ("REF-A", Some("E2E-A"))
    );
    assert_eq!(deposit.counterparty.as_deref(), Some("ТОО «Саяхат-Сервис»"));
    assert_eq!(deposit.remittance, format!("Взнос KZTE:{WALLET}"));
    assert_eq!(deposit.party, wallet(WALLET));
    assert_eq!(
        (payment.index, payment.kind, payment.amount, payment.party),
        (1, Kind::Debit, 3_050, None)
    );
    assert_eq!(
        (payment.end_to_end_id.as_deref(), payment.remittance.as_str()),
        (None, "Выплата")
    );
    assert_eq!(payment.counterparty.as_deref(), Some("ТОО «Достык Фарм»"));
    assert_eq!(
        (fee.index, fee.amount, fee.counterparty.as_deref()),
        (2, 100, None)
    );
}

#[test]
fn every_version_and_both_forms_of_status_and_name() {
    let expected = content(accept(SMALL));
    let old_form = SMALL
        .replace("<Cd>BOOK</Cd>", "BOOK")
        .replace("<Pty><Nm>", "<Nm>")
        .replace("</Nm></Pty>", "</Nm>")
        .replace("BICFI", "BIC");
    for version in 2..=13 {
        for form in [SMALL, &old_form] {
            let xml = form.replace("camt.053.001.08", &format!("camt.053.001.{version:02}"));
            assert_eq!(content(accept(&xml)), expected, "version {version}");
        }
    }
}

#[test]
fn prefixes_line_ends_byte_order_mark_and_layout() {
    let expected = content(accept(SMALL));
    let prefixed = SMALL
        .replace("</", "</d:")
        .replace('<', "<d:")
        .replace("<d:/d:", "</d:")
        .replace("<d:?", "<?")
        .replace("xmlns=", "xmlns:d=");
    let one_line: String = SMALL.lines().map(str::trim).collect();
    let spaced = SMALL
        .replace("<Cd>BOOK</Cd>", "\n  <Cd>\n BOOK\t</Cd>\n")
        .replace(">30.5<", ">\n30.5\n<");
    for xml in [
        prefixed,
        one_line,
        spaced,
        SMALL.replace('\n', "\r\n"),
        format!("\u{feff}{SMALL}"),
        swap(SMALL, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", ""),
        swap(SMALL, "UTF-8", "utf-8"),
        format!("{SMALL}<!-- end -->\n<?pi?>\n"),
    ] {
        assert_eq!(content(accept(&xml)), expected, "{xml}");
    }
}

#[test]
fn characters_in_other_clothes() {
    let expected = content(accept(SMALL));
    for (old, new) in [
        (">30.5<", "><![CDATA[30.5]]><"),
        (">30.5<", ">3<!-- nothing -->0.5<"),
        (">30.5<", ">3&#48;.&#x35;<"),
        ("Ccy=\"KZT\">30.5", "Ccy='&#75;ZT'>30.5"),
        ("<RmtInf><Ustrd>Выплата", "<RmtInf><Ustrd/><Ustrd>Выплата"),
        ("Выплата", "&#1042;ыплата"),
    ] {
        assert_eq!(content(accept(&small(old, new))), expected, "{new}");
    }
    let statement = accept(&small("Выплата", "&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;"));
    assert_eq!(statement.entries.get(1).unwrap().remittance, "<a> & \"b\" 'c'");
}

#[test]
fn what_is_not_needed_is_passed_over() {
    let expected = content(accept(SMALL));
    for (old, new) in [
        (
            "<TxDtls>",
            "<Btch><NbOfTxs>1</NbOfTxs></Btch><TxDtls><Chrgs><Rcrd><Amt Ccy=\"USD\">1.234</Amt></Rcrd></Chrgs>",
        ),
        (
            "<TxDtls>",
            "<TxDtls><AmtDtls><InstdAmt><Amt Ccy=\"USD\">1</Amt></InstdAmt></AmtDtls>",
        ),
        ("</Stmt>", "<AddtlStmtInf>KZTE:x</AddtlStmtInf></Stmt>"),
        (
            "</BkToCstmrStmt>",
            "<SplmtryData><Envlp><x:y xmlns:x=\"urn:x\"><x:Stmt/></x:y></Envlp></SplmtryData></BkToCstmrStmt>",
        ),
        (
            "<TxsSummry>",
            "<TxsSummry><TtlNtriesPerBkTxCd><NbOfNtries>9</NbOfNtries></TtlNtriesPerBkTxCd>",
        ),
        ("<ElctrncSeqNb>", "<LglSeqNb>12</LglSeqNb><ElctrncSeqNb>"),
    ] {
        assert_eq!(content(accept(&small(old, new))), expected, "{new}");
    }
    let from = SMALL.find("      <TxsSummry>").unwrap();
    let to = SMALL.find("</TxsSummry>").unwrap() + "</TxsSummry>\n".len();
    assert_eq!(
        content(accept(&small(SMALL.get(from..to).unwrap(), ""))),
        expected
    );
}

#[test]
fn the_order_within_a_statement_does_not_matter() {
    let expected = content(accept(SMALL));
    let from = SMALL.find("      <Acct>").unwrap();
    let to = SMALL.find("      <Ntry>").unwrap();
    let head = SMALL.get(from..to).unwrap();
    let moved = swap(
        &swap(SMALL, head, ""),
        "    </Stmt>",
        &format!("{head}    </Stmt>"),
    );
    assert_eq!(content(accept(&moved)), expected);
}

#[test]
fn optional_fields_that_are_absent() {
    let statement = accept(&small("<ElctrncSeqNb>7</ElctrncSeqNb>", ""));
    assert_eq!(statement.sequence, None);
    let statement = accept(&small("ElctrncSeqNb>7</Elctrnc", "LglSeqNb>8</Lgl"));
    assert_eq!(statement.sequence, Some(8));
    let statement = accept(&small(
        "<Svcr><FinInstnId><BICFI>ALTNKZKAXXX</BICFI></FinInstnId></Svcr>",
        "",
    ));
    assert_eq!(statement.servicer_bic, None);
    let statement = accept(&small("<Ccy>KZT</Ccy>", ""));
    assert_eq!(statement.account, "KZ86125KZT5004100100");
    let other = "<Othr><Id>РЕЗЕРВ-1</Id></Othr>";
    let statement = accept(&small("<IBAN>KZ86125KZT5004100100</IBAN>", other));
    assert_eq!(statement.account, "РЕЗЕРВ-1");
}

#[test]
fn a_statement_without_entries() {
    let from = SMALL.find("      <TxsSummry>").unwrap();
    let to = SMALL.find("    </Stmt>").unwrap();
    let xml = swap(SMALL, SMALL.get(from..to).unwrap(), "");
    let statement = accept(&swap(&xml, "78.50", "10.00"));
    assert!(statement.entries.is_empty());
    assert_eq!((statement.opening, statement.closing), (1_000, 1_000));
    // Zero is zero in either direction.
    let zero = xml
        .replace("78.50", "0.00")
        .replace("10.00", "0.00")
        .replace("CRDT", "DBIT");
    assert_eq!(accept(&zero).closing, 0);
}

#[test]
fn the_moment_of_the_report() {
    let at = |xml: &str| accept(xml).as_of;
    let period = "<FrToDt><FrDtTm>2026-11-16T00:00:00+05:00</FrDtTm><ToDtTm>2026-11-16T18:00:00+05:00</ToDtTm></FrToDt>";
    let close = 1_794_834_000;
    assert_eq!(at(SMALL), close);
    assert_eq!(at(&SMALL.replace("18:00:00+05:00", "18:00:00")), close);
    assert_eq!(at(&SMALL.replace("18:00:00+05:00", "13:00:00Z")), close);

    // No period: the end of the day of the closing balance, but not after the statement was made (18:35).
    let without = small(period, "");
    assert_eq!(at(&without), close + 35 * 60);
    let next_morning = swap(&without, "2026-11-16T18:35:00+05:00", "2026-11-17T08:00:00+05:00");
    assert_eq!(at(&next_morning), close + 6 * 3_600 - 1);
    let no_creation = swap(&without, "<CreDtTm>2026-11-16T18:35:00+05:00</CreDtTm>", "");
    assert_eq!(at(&no_creation), close + 6 * 3_600 - 1);
    let timed = without.replace(
        "<Dt><Dt>2026-11-16</Dt></Dt>",
        "<Dt><DtTm>2026-11-16T17:30:00</DtTm></Dt>",
    );
    assert_eq!(at(&timed), close - 30 * 60);

    // Neither: the time at which the statement was made.
    let undated = without.replace("<Dt><Dt>2026-11-16</Dt></Dt>", "");
    assert_eq!(at(&undated), close + 35 * 60);
    let nothing = swap(&undated, "<CreDtTm>2026-11-16T18:35:00+05:00</CreDtTm>", "");
    let error = parse(&nothing).unwrap_err().to_string();
    assert!(
        error.starts_with("line 5: there is no time of the report"),
        "{error}"
    );
}

#[test]
fn where_a_token_may_stand() {
    let ustrd = format!("<Ustrd>Взнос KZTE:{WALLET}</Ustrd>");
    for remittance in [
        format!("<Ustrd>Взнос</Ustrd><Ustrd>KZTE:{WALLET}</Ustrd><Ustrd>спасибо</Ustrd>"),
        format!("<Strd><CdtrRefInf><Ref>KZTE:{WALLET}</Ref></CdtrRefInf></Strd>"),
        format!("<Ustrd>договор 5/KZTE:{WALLET};</Ustrd>"),
    ] {
        let statement = accept(&small(&ustrd, &remittance));
        assert_eq!(
            statement.entries.first().unwrap().party,
            wallet(WALLET),
            "{remittance}"
        );
    }
    for remittance in [
        "<Ustrd>Взнос без адреса</Ustrd>".to_owned(),
        // A field that is not remittance text.
        format!("<Strd><AddtlRmtInf>KZTE:{WALLET}</AddtlRmtInf></Strd>"),
    ] {
        assert_eq!(
            accept(&small(&ustrd, &remittance)).entries.first().unwrap().party,
            None,
            "{remittance}"
        );
    }
    let debit = accept(&small("Выплата", &format!("Выплата KZTE:{OTHER_WALLET}")));
    assert_eq!(debit.entries.get(1).unwrap().party, wallet(OTHER_WALLET));
}

#[test]
fn a_reversal_has_no_party_whatever_its_text_says() {
    for flag in ["true", "1"] {
        for token in [WALLET, "broken", "{wallet:x}"] {
            let reversal = format!("<RvslInd>{flag}</RvslInd><Sts>");
            let xml = swap(
                &small("<Sts>", &reversal),
                &format!("KZTE:{WALLET}"),
                &format!("KZTE:{token}"),
            );
            let statement = accept(&xml);
            let entry = statement.entries.first().unwrap();
            // The direction stays as booked; the other side is the one of the payment that is taken back.
            assert_eq!(
                (entry.reversal, entry.kind, entry.party),
                (true, Kind::Credit, None)
            );
            assert_eq!(entry.counterparty, None);
            assert_eq!(statement.credit_total, 10_000);
        }
    }
    // Whatever the order of the elements.
    let late = small("</NtryDtls>", "</NtryDtls><RvslInd>true</RvslInd>");
    assert_eq!(accept(&late).entries.first().unwrap().party, None);
    let not = small("<Sts>", "<RvslInd>false</RvslInd><Sts>");
    assert_eq!(accept(&not).entries.first().unwrap().party, wallet(WALLET));
}
