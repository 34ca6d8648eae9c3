//! Every refusal: the right fact, with its line, its entry and the way out.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod common;

use common::{
    OTHER_WALLET, SMALL, WALLET, accept, batch, line_of, next_day, parse, refuse, swap, two_statements,
};
use kzte_camt::{CamtError, Options, read};

/// Where a message must say that the fault is.
enum At<'a> {
    /// The line on which this text stands, and no entry.
    Line(&'a str),
    /// The line on which this text stands, the entry's index, and its reference.
    Entry(&'a str, u64, Option<&'a str>),
}

/// Refused as `expected`, and the message names the place and says all of `words`.
macro_rules! assert_refused {
    ($xml:expr, $expected:pat, $at:expr, $($words:expr),+ $(,)?) => {{
        let xml: String = $xml;
        let error = refuse(&xml);
        assert!(matches!(error, $expected), "another refusal: {error:?}");
        let message = error.to_string();
        let place = match $at {
            At::Line(needle) => format!("line {}: ", line_of(&xml, needle)),
            At::Entry(needle, index, None) => format!("line {}, entry {index}: ", line_of(&xml, needle)),
            At::Entry(needle, index, Some(reference)) => {
                format!("line {}, entry {index} (reference {reference}): ", line_of(&xml, needle))
            }
        };
        assert!(message.starts_with(&place), "«{message}» does not start with «{place}»");
        for word in [$($words),+] {
            assert!(message.contains(word), "«{message}» does not say «{word}»");
        }
        // The fact and the way out.
        assert!(message.contains(';'), "{message}");
    }};
}

fn small(old: &str, new: &str) -> String {
    swap(SMALL, old, new)
}

// The document.

#[test]
fn an_empty_file() {
    for xml in [
        "",
        " \n",
        "\u{feff}",
        "<?xml version=\"1.0\"?>\n<!-- nothing -->\n",
    ] {
        let error = refuse(xml);
        assert!(matches!(error, CamtError::Empty { .. }), "{error:?}");
        assert!(error.to_string().starts_with("line "), "{error}");
    }
}

#[test]
fn a_file_that_is_no_xml() {
    for xml in [
        "Дата;Сумма\n16.11.2026;100",
        "PK\u{3}\u{4}",
        "{\"a\": 1}",
        "%PDF-1.7",
    ] {
        let error = refuse(xml);
        assert!(
            matches!(
                error,
                CamtError::Misplaced { .. } | CamtError::NotWellFormed { .. }
            ),
            "{error:?}"
        );
        assert!(error.to_string().starts_with("line 1: "), "{error}");
    }
}

#[test]
fn tags_that_do_not_match() {
    assert_refused!(
        small("</NtryRef>", "</Ntry>"),
        CamtError::NotWellFormed { .. },
        At::Entry("<NtryRef>", 0, None),
        "</NtryRef>",
        "fetch it again"
    );
}

#[test]
fn malformed_attributes_names_and_references() {
    for (old, new) in [
        ("<Amt Ccy=\"KZT\">100.00", "<Amt Ccy=KZT>100.00"),
        ("<Amt Ccy=\"KZT\">100.00", "<Amt Ccy=\"KZT\" Ccy=\"KZT\">100.00"),
        ("<Amt Ccy=\"KZT\">100.00", "<Amt Ccy=\"&x;\">100.00"),
        ("<Amt Ccy=\"KZT\">100.00", "<Amt Ccy=\"<\">100.00"),
        ("<NtryRef>1</NtryRef>", "<1/>"),
        ("<NtryRef>1</NtryRef>", "<>1</>"),
        ("<NtryRef>1</NtryRef>", "<x:NtryRef>1</x:NtryRef>"),
        ("<NtryRef>1</NtryRef>", "<NtryRef>\u{1}</NtryRef>"),
        ("<NtryRef>1</NtryRef>", "<NtryRef>a & b</NtryRef>"),
        ("<NtryRef>1</NtryRef>", "<!ELEMENT>"),
        ("<NtryRef>1</NtryRef>", "<!-- a -- b -->"),
        ("<NtryRef>1</NtryRef>", "<?xml version=\"1.0\"?>"),
    ] {
        let xml = small(old, new);
        let error = refuse(&xml);
        assert!(
            matches!(error, CamtError::NotWellFormed { .. }),
            "{new}: {error:?}"
        );
        let line = line_of(&xml, new);
        assert!(
            error.to_string().starts_with(&format!("line {line}, entry 0")),
            "{new}: {error}"
        );
    }
}

#[test]
fn another_xml_version() {
    assert_refused!(
        small("version=\"1.0\"", "version=\"1.1\""),
        CamtError::NotWellFormed { .. },
        At::Line("<?xml"),
        "1.1"
    );
}

#[test]
fn something_before_the_declaration_or_behind_the_root() {
    assert_refused!(
        format!("\n{SMALL}"),
        CamtError::NotWellFormed { .. },
        At::Line("<?xml"),
        "very beginning"
    );
    assert_refused!(
        format!("{SMALL}<Document/>"),
        CamtError::NotWellFormed { .. },
        At::Line("<Document/>"),
        "second root"
    );
    assert_refused!(
        format!("{SMALL}trailer"),
        CamtError::Misplaced { .. },
        At::Line("</Document>"),
        "«trailer»"
    );
}

#[test]
fn a_file_that_was_cut_off() {
    let at = SMALL.find("<AcctSvcrRef>REF-B").unwrap();
    let cut = SMALL.get(..at).unwrap().to_owned();
    let error = refuse(&cut);
    assert!(matches!(error, CamtError::Truncated { .. }), "{error:?}");
    let last = line_of(SMALL, "<AcctSvcrRef>REF-B");
    assert_eq!(
        error.to_string(),
        format!(
            "line {last}, entry 1 (reference 2): the file ends before its root element is closed (the last element read was <Cd>): it was cut off; fetch it again in full"
        )
    );
    assert!(
        refuse("<!-- statement")
            .to_string()
            .contains("the last element read was none")
    );
    for end in ["<Am", "<!-- ", "<![CDATA[", "<?pi", "<Amt Ccy=\"K"] {
        let error = refuse(&format!("{cut}{end}"));
        assert!(matches!(error, CamtError::Truncated { .. }), "{end}: {error:?}");
    }
}

#[test]
fn other_encodings() {
    assert_refused!(
        small("encoding=\"UTF-8\"", "encoding=\"windows-1251\""),
        CamtError::Encoding { .. },
        At::Line("<?xml"),
        "windows-1251",
        "UTF-8"
    );

    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain(SMALL.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let error = read(utf16.as_slice(), &Options::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("line 1: the file holds UTF-16"),
        "{error}"
    );

    // «Взнос» as windows-1251 writes it.
    let mut bytes = SMALL.as_bytes().to_vec();
    let at = SMALL.find("Взнос").unwrap();
    bytes.splice(at.."Взнос".len() + at, [0xC2, 0xE7, 0xED, 0xEE, 0xF1]);
    let error = read(bytes.as_slice(), &Options::default()).unwrap_err();
    assert!(matches!(error, CamtError::Encoding { .. }), "{error:?}");
    let line = line_of(SMALL, "Взнос");
    assert!(
        error
            .to_string()
            .starts_with(&format!("line {line}, entry 0 (reference REF-A): ")),
        "{error}"
    );
}

#[test]
fn document_types_and_entities() {
    assert_refused!(
        small(
            "<Document ",
            "<!DOCTYPE Document [<!ENTITY a \"100\">]>\n<Document "
        ),
        CamtError::DocumentType { .. },
        At::Line("<!DOCTYPE"),
        "document type"
    );
    for entity in [
        "&secret;",
        "&nbsp;",
        "&#0;",
        "&#x1F;",
        "&#xFFFE;",
        "&#xD800;",
        "&#x110000;",
        "&#;",
        "&;",
    ] {
        let xml = small("<Ustrd>Выплата", &format!("<Ustrd>Выплата{entity}"));
        assert_refused!(
            xml,
            CamtError::Entity { .. },
            At::Entry("Выплата", 1, Some("REF-B")),
            entity
        );
    }
    // Also where the text is not read.
    assert_refused!(
        small("<MsgId>M-1", "<MsgId>&x;"),
        CamtError::Entity { .. },
        At::Line("<MsgId>"),
        "&x;"
    );
}

#[test]
fn items_without_end() {
    let long = "x".repeat(2_000_000);
    for (old, new) in [
        ("<MsgId>M-1", format!("<MsgId>{long}")),
        ("<MsgId>", format!("<!-- {long} --><MsgId>")),
        ("<MsgId>", format!("<MsgId a=\"{long}\">")),
    ] {
        assert_refused!(
            small(old, &new),
            CamtError::TooLong { .. },
            At::Line("<GrpHdr>"),
            "1048576 bytes"
        );
    }
    // Many small pieces of one text.
    let pieces = "<![CDATA[0123456789]]>".repeat(10_000);
    assert_refused!(
        small("<Ustrd>Выплата", &format!("<Ustrd>{pieces}")),
        CamtError::TooLong { .. },
        At::Entry("<Ustrd><![CDATA[", 1, Some("REF-B")),
        "65536 bytes"
    );
    let texts = format!("<Ustrd>{}</Ustrd>", "x".repeat(1_000)).repeat(70);
    assert_refused!(
        small("<Ustrd>Выплата", &format!("{texts}<Ustrd>Выплата")),
        CamtError::TooLong { .. },
        At::Entry("Выплата", 1, Some("REF-B")),
        "65536 bytes"
    );
}

#[test]
fn elements_nested_without_end() {
    let deep = "<x>".repeat(100_000);
    assert_refused!(
        small("<MsgId>", &deep),
        CamtError::TooDeep { .. },
        At::Line("<GrpHdr>"),
        "64 levels"
    );
}

#[test]
fn another_root() {
    let xml = SMALL
        .replace("<Document ", "<Report ")
        .replace("</Document>", "</Report>");
    assert_refused!(
        xml,
        CamtError::WrongRoot { .. },
        At::Line("<Report "),
        "<Report>",
        "<Document>"
    );
}

#[test]
fn another_message_or_version() {
    for other in [
        "urn:iso:std:iso:20022:tech:xsd:camt.052.001.08",
        "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08",
        "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09",
        "urn:iso:std:iso:20022:tech:xsd:camt.053.001.01",
        "urn:iso:std:iso:20022:tech:xsd:camt.053.001.14",
        "urn:iso:std:iso:20022:tech:xsd:camt.053.001.8",
        "urn:iso:std:iso:20022:tech:xsd:camt.053.001.+8",
        "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08 ",
        "",
    ] {
        assert_refused!(
            small("urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", other),
            CamtError::WrongMessage { .. },
            At::Line("<Document "),
            &format!("«{other}»"),
            "camt.053.001.02 to camt.053.001.13"
        );
    }
}

#[test]
fn an_element_of_another_namespace() {
    assert_refused!(
        small(
            "<Amt Ccy=\"KZT\">30.5",
            "<Amt xmlns=\"urn:other\" Ccy=\"KZT\">30.5"
        ),
        CamtError::ForeignElement { .. },
        At::Entry("urn:other", 1, Some("2")),
        "<Amt>",
        "«urn:other»"
    );
}

#[test]
fn text_among_elements_and_elements_in_text() {
    assert_refused!(
        small("<NtryRef>2", "7000<NtryRef>2"),
        CamtError::Misplaced { .. },
        At::Entry("<Ntry>\n        7000", 1, None),
        "text «7000»"
    );
    assert_refused!(
        small(">30.5<", "><b>30.5</b><"),
        CamtError::Misplaced { .. },
        At::Entry("<b>30.5", 1, Some("2")),
        "an element <b>"
    );
    assert_refused!(
        small("<Sts><Cd>", "<Sts>BOOK<Cd>"),
        CamtError::Misplaced { .. },
        At::Entry("<Sts>BOOK", 0, Some("1")),
        "text «BOOK»"
    );
}

#[test]
fn elements_that_stand_twice() {
    for (old, element) in [
        ("<Id>S-1</Id>", "<Id>"),
        ("<ElctrncSeqNb>7</ElctrncSeqNb>", "<ElctrncSeqNb>"),
        ("<IBAN>KZ86125KZT5004100100</IBAN>", "<Acct/Id>"),
        ("<ToDtTm>2026-11-16T18:00:00+05:00</ToDtTm>", "<ToDtTm>"),
        ("<Cd>OPBD</Cd>", "<Bal/Tp/CdOrPrtry/Cd>"),
        ("<NbOfNtries>3</NbOfNtries>", "<NbOfNtries>"),
        ("<Amt Ccy=\"KZT\">10.00</Amt>", "<Bal/Amt>"),
    ] {
        let xml = small(old, &format!("{old}\n{old}"));
        let error = refuse(&xml);
        assert!(matches!(error, CamtError::Repeated { .. }), "{old}: {error:?}");
        let place = format!(
            "line {}: the element {element} stands twice",
            line_of(&xml, old) + 1
        );
        assert!(error.to_string().starts_with(&place), "{error}");
    }
    for (old, element) in [
        ("<NtryRef>1</NtryRef>", "<NtryRef>"),
        ("<Amt Ccy=\"KZT\">30.5</Amt>", "<Ntry/Amt>"),
        ("<CdtDbtInd>DBIT</CdtDbtInd>", "<Ntry/CdtDbtInd>"),
        ("<AcctSvcrRef>REF-A</AcctSvcrRef>", "<AcctSvcrRef>"),
        ("<EndToEndId>E2E-A</EndToEndId>", "<EndToEndId>"),
    ] {
        let xml = small(old, &format!("{old}\n{old}"));
        let error = refuse(&xml);
        assert!(matches!(error, CamtError::Repeated { .. }), "{old}: {error:?}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("line {}, entry ", line_of(&xml, old) + 1)),
            "{error}"
        );
        assert!(error.to_string().contains(element), "{error}");
    }
}

#[test]
fn what_a_statement_cannot_do_without() {
    for (old, new, words) in [
        ("<Id>S-1</Id>", "", "Stmt/Id"),
        ("<IBAN>KZ86125KZT5004100100</IBAN>", "", "Acct/Id/IBAN"),
        ("OPBD", "OPAV", "OPBD or PRCD"),
        ("CLBD", "CLAV", "CLBD"),
    ] {
        let error = refuse(&small(old, new));
        assert!(matches!(error, CamtError::Missing { .. }), "{old}: {error:?}");
        let line = line_of(
            SMALL,
            if words.starts_with("Acct") {
                "<Acct>"
            } else {
                "<Stmt>"
            },
        );
        assert!(
            error
                .to_string()
                .starts_with(&format!("line {line}: there is no ")),
            "{error}"
        );
        assert!(error.to_string().contains(words), "{error}");
    }
    let from = SMALL.find("    <Stmt>").unwrap();
    let to = SMALL.find("  </BkToCstmrStmt>").unwrap();
    let empty = format!("{}{}", SMALL.get(..from).unwrap(), SMALL.get(to..).unwrap());
    assert_refused!(
        empty,
        CamtError::Missing { .. },
        At::Line("<BkToCstmrStmt>"),
        "(Stmt)"
    );
    let bare = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"/>";
    assert_refused!(
        bare.to_owned(),
        CamtError::Missing { .. },
        At::Line("<Document"),
        "BkToCstmrStmt"
    );
}

#[test]
fn what_an_entry_cannot_do_without() {
    for (old, words) in [
        ("<Amt Ccy=\"KZT\">1</Amt>", "Ntry/Amt"),
        (
            "<CdtDbtInd>DBIT</CdtDbtInd>\n        <Sts><Cd>BOOK</Cd></Sts>\n        <AcctSvcrRef>REF-C",
            "CdtDbtInd",
        ),
        ("<Sts><Cd>BOOK</Cd></Sts>\n        <AcctSvcrRef>REF-C", "Ntry/Sts"),
    ] {
        let keep = if old.ends_with("REF-C") {
            "<AcctSvcrRef>REF-C"
        } else {
            ""
        };
        let keep = if words == "CdtDbtInd" {
            "<Sts><Cd>BOOK</Cd></Sts><AcctSvcrRef>REF-C"
        } else {
            keep
        };
        let xml = small(old, keep);
        let error = refuse(&xml);
        assert!(matches!(error, CamtError::Missing { .. }), "{words}: {error:?}");
        let line = SMALL
            .get(..SMALL.rfind("<Ntry>").unwrap())
            .unwrap()
            .matches('\n')
            .count()
            + 1;
        assert!(
            error
                .to_string()
                .starts_with(&format!("line {line}, entry 2 (reference REF-C): ")),
            "{error}"
        );
        assert!(error.to_string().contains(words), "{error}");
    }
}

// Values.

#[test]
fn other_currencies() {
    assert_refused!(
        small("<Ccy>KZT</Ccy>", "<Ccy>USD</Ccy>"),
        CamtError::Currency { .. },
        At::Line("<Ccy>"),
        "«USD»",
        "KZT"
    );
    for (old, line) in [
        ("<Amt Ccy=\"KZT\">10.00", "10.00<"),
        ("<Amt Ccy=\"KZT\">78.50", "78.50<"),
    ] {
        let xml = small(old, &old.replace("KZT", "EUR"));
        assert_refused!(xml, CamtError::Currency { .. }, At::Line(line), "«EUR»");
    }
    // An available balance is not used, but the account is kept in tenge.
    let xml = swap(
        &small("OPBD", "OPAV"),
        "<Amt Ccy=\"KZT\">10.00",
        "<Amt Ccy=\"EUR\">10.00",
    );
    assert_refused!(xml, CamtError::Currency { .. }, At::Line("10.00<"), "«EUR»");
    for currency in [
        " Ccy=\"RUB\"",
        " Ccy=\"kzt\"",
        " Ccy=\"\"",
        " xmlns:x=\"urn:x\" x:Ccy=\"KZT\"",
        "",
    ] {
        let xml = small("<Amt Ccy=\"KZT\">30.5", &format!("<Amt{currency}>30.5"));
        assert_refused!(
            xml,
            CamtError::Currency { .. },
            At::Entry("30.5<", 1, Some("REF-B")),
            "currency is ",
            "instead of KZT"
        );
    }
    // Within the details, too.
    let xml = swap(&batch(), "<Amt Ccy=\"KZT\">40.00", "<Amt Ccy=\"USD\">40.00");
    assert_refused!(
        xml,
        CamtError::Currency { .. },
        At::Entry("40.00</Amt>", 0, Some("REF-A")),
        "«USD»"
    );
}

#[test]
fn amounts_that_are_not_exact_tiyn() {
    for (text, reason) in [
        ("10.500", "more than two decimals"),
        ("30.501", "more than two decimals"),
        ("0", "is zero"),
        ("0.00", "is zero"),
        ("-30.50", "has a sign"),
        ("+30.50", "has a sign"),
        ("3.05e1", "not a plain decimal"),
        ("30,50", "not a plain decimal"),
        ("1 030.50", "not a plain decimal"),
        ("", "not a plain decimal"),
        ("тридцать", "not a plain decimal"),
        ("184467440737095516.16", "larger than"),
    ] {
        let xml = small("\">30.5<", &format!("\">{text}<"));
        let line = format!("\">{text}</Amt>\n        <CdtDbtInd>DBIT");
        assert_refused!(
            xml,
            CamtError::Amount { .. },
            At::Entry(&line, 1, Some("REF-B")),
            &format!("«{text}»"),
            reason
        );
    }
    for (old, new) in [
        ("10.00</Amt>", "10.001</Amt>"),
        ("78.50</Amt>", "-78.50</Amt>"),
        ("131.50</Sum>", "1e2</Sum>"),
    ] {
        assert_refused!(
            small(old, new),
            CamtError::Amount { .. },
            At::Line(new),
            "the amount «"
        );
    }
}

#[test]
fn values_that_mean_nothing() {
    for (old, new, line, words) in [
        (
            "KZ86125KZT5004100100",
            "KZ86125KZT5004100101",
            "<IBAN>",
            "check digits",
        ),
        ("ALTNKZKAXXX", "ALTN-KZ", "<BICFI>", "ISO 9362"),
        (
            "<ElctrncSeqNb>7",
            "<ElctrncSeqNb>-7",
            "<ElctrncSeqNb>",
            "whole number",
        ),
        (
            "<ElctrncSeqNb>7",
            "<ElctrncSeqNb>99999999999999999999",
            "<ElctrncSeqNb>",
            "whole number",
        ),
        (
            "<ToDtTm>2026-11-16T18:00:00+05:00",
            "<ToDtTm>16.11.2026",
            "<ToDtTm>",
            "date and time",
        ),
        (
            "<CreDtTm>2026-11-16T18:35:00+05:00",
            "<CreDtTm>2026-02-30T00:00:00",
            "<CreDtTm>",
            "date and time",
        ),
        (
            "<NbOfNtries>3",
            "<NbOfNtries>three",
            "<NbOfNtries>three",
            "whole number",
        ),
        (
            "<CdtDbtInd>CRDT",
            "<CdtDbtInd>CREDIT",
            "<CdtDbtInd>CREDIT",
            "CRDT or DBIT",
        ),
    ] {
        let xml = small(old, new);
        assert_refused!(
            xml,
            CamtError::Value { .. },
            At::Line(line),
            words,
            "ask the bank"
        );
    }
    let bad_day = SMALL.replace("<Dt><Dt>2026-11-16</Dt></Dt>", "<Dt><Dt>2026-16-11</Dt></Dt>");
    let error = refuse(&bad_day);
    assert!(
        error
            .to_string()
            .contains("Dt of CLBD is «2026-16-11» instead of a date"),
        "{error}"
    );

    assert_refused!(
        small("<CdtDbtInd>DBIT", "<CdtDbtInd>Debit"),
        CamtError::Value { .. },
        At::Entry("<CdtDbtInd>Debit", 1, Some("REF-B")),
        "«Debit»"
    );
    assert_refused!(
        small("<Sts>", "<RvslInd>yes</RvslInd><Sts>"),
        CamtError::Value { .. },
        At::Entry("<RvslInd>", 0, Some("REF-A")),
        "«yes»",
        "true or false"
    );
}

#[test]
fn entries_that_are_not_booked() {
    for status in ["PDNG", "INFO", "FUTR", "book", ""] {
        for form in [
            format!("<Sts><Cd>{status}</Cd></Sts>"),
            format!("<Sts>{status}</Sts>"),
        ] {
            assert_refused!(
                small("<Sts><Cd>BOOK</Cd></Sts>", &form),
                CamtError::NotBooked { .. },
                At::Entry(&form, 0, Some("REF-A")),
                &format!("«{status}»"),
                "BOOK"
            );
        }
    }
    assert_refused!(
        small("<Sts><Cd>BOOK</Cd></Sts>", "<Sts/>"),
        CamtError::NotBooked { .. },
        At::Entry("<Sts/>", 0, Some("REF-A")),
        "BOOK"
    );
}

// Balances.

#[test]
fn a_statement_that_does_not_add_up() {
    assert_refused!(
        small("78.50</Amt>", "78.51</Amt>"),
        CamtError::Unbalanced { .. },
        At::Line("<Stmt>"),
        "opening 10.00",
        "credits 100.00",
        "debits 31.50",
        "gives 78.50",
        "closing balance is 78.51"
    );
    // Less than nothing.
    let xml = swap(
        &small("10.00</Amt>", "0.00</Amt>"),
        "<CdtDbtInd>CRDT</CdtDbtInd>\n        <Sts>",
        "<CdtDbtInd>DBIT</CdtDbtInd>\n        <Sts>",
    );
    assert_refused!(
        xml,
        CamtError::Unbalanced { .. },
        At::Line("<Stmt>"),
        "gives -131.50"
    );
}

#[test]
fn a_balance_in_debit() {
    for (code, amount) in [("OPBD", "10.00"), ("CLBD", "78.50")] {
        let old = format!("{amount}</Amt>\n        <CdtDbtInd>CRDT");
        let xml = small(&old, &old.replace("CRDT", "DBIT"));
        let line = line_of(&xml, code) - 1;
        let error = refuse(&xml);
        assert!(matches!(error, CamtError::Overdrawn { .. }), "{error:?}");
        let expected = format!("line {line}: the {code} balance is {amount} KZT in debit");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[test]
fn two_opening_balances_that_differ() {
    let from = SMALL.find("      <Bal>").unwrap();
    let to = SMALL.find("</Bal>").unwrap() + "</Bal>\n".len();
    let opening = SMALL.get(from..to).unwrap();
    let previous = opening.replace("OPBD", "PRCD");
    assert_eq!(
        accept(&small(opening, &format!("{previous}{opening}"))).opening,
        1_000
    );
    assert_eq!(accept(&small(opening, &previous)).opening, 1_000);
    let xml = small(
        opening,
        &format!("{}{opening}", previous.replace("10.00", "10.01")),
    );
    assert_refused!(
        xml,
        CamtError::OpeningsDiffer { .. },
        At::Line("<Stmt>"),
        "10.00",
        "10.01"
    );
}

#[test]
fn a_summary_that_differs() {
    for (old, new, words) in [
        (
            "<NbOfNtries>3",
            "<NbOfNtries>4",
            "TtlNtries/NbOfNtries says 4 entries, but the entries give 3",
        ),
        (
            "131.50",
            "131.51",
            "TtlNtries/Sum says 131.51 KZT, but the entries give 131.50",
        ),
        (
            "<NbOfNtries>1",
            "<NbOfNtries>0",
            "TtlCdtNtries/NbOfNtries says 0 entries, but the entries give 1",
        ),
        (
            "<Sum>100.00",
            "<Sum>0",
            "TtlCdtNtries/Sum says 0.00 KZT, but the entries give 100.00",
        ),
        (
            "<TtlDbtNtries><NbOfNtries>2",
            "<TtlDbtNtries><NbOfNtries>1",
            "TtlDbtNtries/NbOfNtries says 1 entries, but the entries give 2",
        ),
        (
            "<Sum>31.50",
            "<Sum>31",
            "TtlDbtNtries/Sum says 31.00 KZT, but the entries give 31.50",
        ),
    ] {
        assert_refused!(small(old, new), CamtError::Summary { .. }, At::Line(new), words);
    }
}

#[test]
fn sums_out_of_range() {
    let huge = "184467440737095516.15";
    let xml = SMALL
        .replace(">30.5<", &format!(">{huge}<"))
        .replace("KZT\">1<", &format!("KZT\">{huge}<"));
    let error = refuse(&xml);
    assert!(matches!(error, CamtError::Overflow { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("entry 2 (reference REF-C): the debits add up to more than"),
        "{error}"
    );

    let xml = swap(&batch(), "60.00</Amt>", &format!("{huge}</Amt>"));
    assert_refused!(
        xml,
        CamtError::Overflow { .. },
        At::Entry(SECOND, 1, None),
        "transactions"
    );
}

// Batches.

const SECOND: &str = "<TxDtls>\n            <Refs><EndToEndId>E-40";

#[test]
fn a_batch_becomes_its_transactions() {
    let statement = accept(&batch());
    let parts: Vec<_> = statement
        .entries
        .iter()
        .map(|e| (e.index, e.amount, e.reference.as_str()))
        .collect();
    assert_eq!(
        parts,
        [
            (0, 6_000, "REF-A/1"),
            (1, 4_000, "REF-A/2"),
            (2, 3_050, "REF-B"),
            (3, 100, "REF-C")
        ]
    );
    assert_ne!(
        statement.entries.first().unwrap().party,
        statement.entries.get(1).unwrap().party
    );

    // References of their own; amounts in the form of version 02.
    let xml = swap(
        &batch(),
        "<Refs><EndToEndId>E-60",
        "<Refs><AcctSvcrRef>OWN-1</AcctSvcrRef><EndToEndId>E-60",
    );
    let xml = swap(
        &xml,
        "<Amt Ccy=\"KZT\">40.00</Amt>",
        "<AmtDtls><TxAmt><Amt Ccy=\"KZT\">40</Amt></TxAmt></AmtDtls>",
    );
    let references: Vec<_> = accept(&xml)
        .entries
        .into_iter()
        .map(|entry| entry.reference)
        .collect();
    assert_eq!(references, ["OWN-1", "REF-A/2", "REF-B", "REF-C"]);
}

#[test]
fn a_batch_without_amounts() {
    assert_refused!(
        swap(&batch(), "<Amt Ccy=\"KZT\">40.00</Amt>", ""),
        CamtError::BatchWithoutAmounts { .. },
        At::Entry(SECOND, 1, None),
        "batch of 2",
        "transaction 2 has no amount"
    );
}

#[test]
fn details_that_do_not_add_up() {
    let at = At::Entry("<Ntry>", 0, Some("REF-A"));
    assert_refused!(
        swap(&batch(), "40.00</Amt>", "40.01</Amt>"),
        CamtError::BatchSum { .. },
        at,
        "100.00",
        "100.01"
    );
    // A single transaction with another amount than its entry.
    let xml = small(
        "<Amt Ccy=\"KZT\">100.00</Amt>\n            <Rltd",
        "<Amt Ccy=\"KZT\">99.00</Amt>\n            <Rltd",
    );
    assert_refused!(
        xml,
        CamtError::BatchSum { .. },
        At::Entry("<Ntry>", 0, Some("REF-A")),
        "99.00"
    );
}

#[test]
fn a_transaction_with_two_amounts() {
    let both = |second: &str| {
        let second = format!("40.00</Amt><AmtDtls><TxAmt><Amt Ccy=\"KZT\">{second}</Amt></TxAmt></AmtDtls>");
        swap(&batch(), "40.00</Amt>", &second)
    };
    assert_eq!(accept(&both("40")).entries.len(), 4);
    assert_refused!(
        both("39.99"),
        CamtError::TwoAmounts { .. },
        At::Entry(SECOND, 1, None),
        "40.00",
        "39.99"
    );
}

#[test]
fn a_transaction_that_goes_the_other_way() {
    let xml = swap(&batch(), "40.00</Amt>", "40.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>");
    assert_refused!(
        xml,
        CamtError::MixedDirections { .. },
        At::Entry(SECOND, 1, None),
        "book credits and debits apart"
    );
}

// References.

#[test]
fn an_entry_without_a_reference() {
    for none in [
        "",
        "<AcctSvcrRef/>",
        "<AcctSvcrRef>NONREF</AcctSvcrRef>",
        "<NtryRef>NOTPROVIDED</NtryRef>",
    ] {
        let xml = small("<AcctSvcrRef>REF-C</AcctSvcrRef>", none);
        let error = refuse(&xml);
        assert!(matches!(error, CamtError::NoReference { .. }), "{error:?}");
        let line = xml
            .get(..xml.rfind("<Ntry>").unwrap())
            .unwrap()
            .matches('\n')
            .count()
            + 1;
        assert!(
            error.to_string().starts_with(&format!("line {line}, entry 2: ")),
            "{error}"
        );
        assert!(error.to_string().contains("AcctSvcrRef or NtryRef"), "{error}");
    }
    let xml = swap(&batch(), "<NtryRef>1</NtryRef>", "").replace("<AcctSvcrRef>REF-A</AcctSvcrRef>", "");
    assert_refused!(
        xml,
        CamtError::NoReference { .. },
        At::Entry("<TxDtls>", 0, None),
        "AcctSvcrRef"
    );
}

#[test]
fn the_order_of_references() {
    let references = |xml: &str| {
        accept(xml)
            .entries
            .into_iter()
            .map(|entry| entry.reference)
            .collect::<Vec<_>>()
    };
    assert_eq!(references(SMALL), ["REF-A", "REF-B", "REF-C"]);
    assert_eq!(
        references(&small("<AcctSvcrRef>REF-A</AcctSvcrRef>", "")),
        ["1", "REF-B", "REF-C"]
    );
    let own = small(
        "<Refs><EndToEndId>E2E-A",
        "<Refs><AcctSvcrRef>OWN</AcctSvcrRef><EndToEndId>E2E-A",
    );
    assert_eq!(references(&own), ["OWN", "REF-B", "REF-C"]);
}

#[test]
fn a_reference_that_stands_twice() {
    let xml = small("REF-C", "REF-A");
    let first = line_of(&xml, "<Ntry>");
    let error = refuse(&xml);
    assert!(matches!(error, CamtError::DuplicateReference { .. }), "{error:?}");
    let second = xml
        .get(..xml.rfind("<Ntry>").unwrap())
        .unwrap()
        .matches('\n')
        .count()
        + 1;
    let expected =
        format!("line {second}, entry 2: the reference «REF-A» already belongs to entry 0 on line {first}; ");
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn a_reference_of_an_earlier_statement() {
    let xml = two_statements(|statement| swap(&next_day(statement), "NEXT-B", "REF-A"));
    let error = refuse(&xml);
    assert!(matches!(error, CamtError::DuplicateReference { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains(", entry 1: the reference «REF-A» already belongs to entry 0 on line "),
        "{error}"
    );

    // Another account has references of its own.
    let other = two_statements(|statement| statement.replace("KZ86125KZT5004100100", "KZ77990ALTNRSV000001"));
    assert_eq!(parse(&other).unwrap().len(), 2);
}

// Parties.

#[test]
fn a_token_that_is_no_address() {
    let short = WALLET.trim_end_matches('G');
    let letter = WALLET.replacen('g', "0", 1);
    let zero = "1".repeat(32);
    for token in [short, &letter, &zero, "{wallet:tulpar-market}", "", "Abc"] {
        assert_refused!(
            small(&format!("KZTE:{WALLET}"), &format!("KZTE:{token}")),
            CamtError::Token { .. },
            At::Entry("<TxDtls>", 0, Some("REF-A")),
            &format!("«KZTE:{token}»"),
            "KZTE:<address>"
        );
    }
}

#[test]
fn two_addresses_in_one_entry() {
    let add = |wallet: &str| small("</Ustrd>", &format!("</Ustrd><Ustrd>KZTE:{wallet}</Ustrd>"));
    assert_eq!(accept(&add(WALLET)).entries, {
        let mut entries = accept(SMALL).entries;
        entries
            .first_mut()
            .unwrap()
            .remittance
            .push_str(&format!(" KZTE:{WALLET}"));
        entries
    });
    assert_refused!(
        add(OTHER_WALLET),
        CamtError::TwoTokens { .. },
        At::Entry("<TxDtls>", 0, Some("REF-A")),
        WALLET,
        OTHER_WALLET
    );
    // The second in a structured reference.
    let structured = format!("</Ustrd><Strd><CdtrRefInf><Ref>KZTE:{OTHER_WALLET}</Ref></CdtrRefInf></Strd>");
    assert!(matches!(
        refuse(&small("</Ustrd>", &structured)),
        CamtError::TwoTokens { .. }
    ));
}

#[test]
fn a_bad_token_within_a_batch_names_its_transaction() {
    let xml = swap(&batch(), &format!("KZTE:{OTHER_WALLET}"), "KZTE:x");
    assert_refused!(
        xml,
        CamtError::Token { .. },
        At::Entry(SECOND, 1, Some("REF-A/2")),
        "«KZTE:x»"
    );
}

// Several statements.

#[test]
fn statements_that_do_not_continue_each_other() {
    let good = two_statements(next_day);
    let statements = parse(&good).unwrap();
    assert_eq!(
        statements.iter().map(|s| s.closing).collect::<Vec<_>>(),
        [7_850, 14_700]
    );

    let gap = two_statements(|statement| {
        let statement = next_day(statement);
        swap(
            &swap(&statement, "78.50</Amt>", "78.51</Amt>"),
            "147.00",
            "147.01",
        )
    });
    let error = refuse(&gap);
    assert!(matches!(error, CamtError::BrokenChain { .. }), "{error:?}");
    let (first, second) = (line_of(&gap, "<Stmt>"), line_of(&gap, "<Id>S-2") - 1);
    let expected = format!(
        "line {second}: the statement of account KZ86125KZT5004100100 opens with 78.51 KZT, \
         but the one before it (line {first}) closed with 78.50 KZT; "
    );
    assert!(error.to_string().starts_with(&expected), "{error}");

    let same_time = two_statements(|statement| next_day(statement).replace("2026-11-17", "2026-11-16"));
    let error = refuse(&same_time);
    assert!(matches!(error, CamtError::NotLater { .. }), "{error:?}");
    assert!(error.to_string().contains("not later than 1794834000"), "{error}");
}
