//! What the tests share: the samples with addresses put in, and a small statement to bend.
#![allow(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use kzte_camt::{BankStatement, CamtError, Kind, Options, read};

/// Two valid addresses.
pub const WALLET: &str = "2gPihUTjt3FJqf1VpidgrY5cZ6PuyMccGVwQHRfjMPZG";
pub const OTHER_WALLET: &str = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM";

pub const SAMPLES: [&str; 6] = [
    "altnkzka-2026-11-16.xml",
    "altnkzka-2026-11-17.xml",
    "altnkzka-2026-11-18.xml",
    "sarykz2a-2026-11-16.xml",
    "sarykz2a-2026-11-17.xml",
    "sarykz2a-2026-11-18.xml",
];

pub fn sample_path(name: &str) -> PathBuf {
    [
        env!("CARGO_MANIFEST_DIR"),
        "..",
        "..",
        "app",
        "cli",
        "samples",
        name,
    ]
    .iter()
    .collect()
}

/// A sample as it stands in the repository, placeholders included.
pub fn sample_template(name: &str) -> String {
    let path = sample_path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The address that the tests put in for a placeholder such as `wallet:tulpar-market`: its name, filled up to 32 bytes.
pub fn address_of(placeholder: &str) -> [u8; 32] {
    let mut address = [b'.'; 32];
    for (byte, letter) in address.iter_mut().zip(placeholder.bytes()) {
        *byte = letter;
    }
    address
}

pub fn base58(address: &[u8; 32]) -> String {
    let mut text = [0; 44];
    let length = five8::encode_32(address, &mut text);
    String::from_utf8(text.get(..usize::from(length)).unwrap().to_vec()).unwrap()
}

/// The placeholders of a template, in the order of the alphabet.
pub fn placeholders(template: &str) -> BTreeSet<String> {
    template
        .match_indices("KZTE:{")
        .map(|(at, mark)| {
            let rest = template.get(at + mark.len()..).unwrap();
            rest.split_once('}')
                .expect("a placeholder ends with a brace")
                .0
                .to_owned()
        })
        .collect()
}

/// A sample with every placeholder replaced.
pub fn sample(name: &str) -> String {
    let mut text = sample_template(name);
    for placeholder in placeholders(&text) {
        text = text.replace(&format!("{{{placeholder}}}"), &base58(&address_of(&placeholder)));
    }
    text
}

pub fn parse(xml: &str) -> Result<Vec<BankStatement>, CamtError> {
    read(xml.as_bytes(), &Options { keep_text: true })
}

/// The only statement of a file that must be fine.
pub fn accept(xml: &str) -> BankStatement {
    let mut statements = parse(xml).unwrap_or_else(|error| panic!("refused: {error}\n{xml}"));
    assert_eq!(statements.len(), 1);
    statements.remove(0)
}

pub fn refuse(xml: &str) -> CamtError {
    match parse(xml) {
        Err(error) => error,
        Ok(statements) => panic!("accepted: {statements:?}\n{xml}"),
    }
}

/// Line, from 1, of the first place where `needle` stands.
pub fn line_of(xml: &str, needle: &str) -> u64 {
    let at = xml
        .find(needle)
        .unwrap_or_else(|| panic!("«{needle}» is not in\n{xml}"));
    u64::try_from(xml.get(..at).unwrap().matches('\n').count()).unwrap() + 1
}

/// Replaces the first occurrence, which must exist.
pub fn swap(xml: &str, old: &str, new: &str) -> String {
    assert!(xml.contains(old), "«{old}» is not in\n{xml}");
    xml.replacen(old, new, 1)
}

/// Whatever was accepted must be whole.
pub fn assert_whole(statements: &[BankStatement]) {
    let mut references = BTreeSet::new();
    for statement in statements {
        let sum = |kind| -> u128 {
            statement
                .entries
                .iter()
                .filter(|e| e.kind == kind)
                .map(|e| u128::from(e.amount))
                .sum()
        };
        assert_eq!(sum(Kind::Credit), u128::from(statement.credit_total));
        assert_eq!(sum(Kind::Debit), u128::from(statement.debit_total));
        assert_eq!(
            u128::from(statement.opening) + u128::from(statement.credit_total),
            u128::from(statement.closing) + u128::from(statement.debit_total)
        );
        for (index, entry) in statement.entries.iter().enumerate() {
            assert_eq!(usize::try_from(entry.index).unwrap(), index);
            assert!(entry.amount > 0);
            assert!(!entry.reference.is_empty());
            assert!(references.insert((statement.account.clone(), entry.reference.clone())));
            assert!(!entry.reversal || entry.party.is_none());
            assert!(entry.party != Some(kzte_camt::Party::Address([0; 32])));
        }
    }
}

/// One statement: opening 10.00, a deposit of 100.00 (entry 0, REF-A), a payment of 30.50 (entry 1, REF-B) and a fee of 1.00
/// without details (entry 2, REF-C); closing 78.50.
pub const SMALL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>M-1</MsgId></GrpHdr>
    <Stmt>
      <Id>S-1</Id>
      <ElctrncSeqNb>7</ElctrncSeqNb>
      <CreDtTm>2026-11-16T18:35:00+05:00</CreDtTm>
      <FrToDt><FrDtTm>2026-11-16T00:00:00+05:00</FrDtTm><ToDtTm>2026-11-16T18:00:00+05:00</ToDtTm></FrToDt>
      <Acct>
        <Id><IBAN>KZ86125KZT5004100100</IBAN></Id>
        <Ccy>KZT</Ccy>
        <Svcr><FinInstnId><BICFI>ALTNKZKAXXX</BICFI></FinInstnId></Svcr>
      </Acct>
      <Bal>
        <Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>
        <Amt Ccy="KZT">10.00</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Dt><Dt>2026-11-16</Dt></Dt>
      </Bal>
      <Bal>
        <Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>
        <Amt Ccy="KZT">78.50</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Dt><Dt>2026-11-16</Dt></Dt>
      </Bal>
      <TxsSummry>
        <TtlNtries><NbOfNtries>3</NbOfNtries><Sum>131.50</Sum></TtlNtries>
        <TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>100.00</Sum></TtlCdtNtries>
        <TtlDbtNtries><NbOfNtries>2</NbOfNtries><Sum>31.50</Sum></TtlDbtNtries>
      </TxsSummry>
      <Ntry>
        <NtryRef>1</NtryRef>
        <Amt Ccy="KZT">100.00</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <AcctSvcrRef>REF-A</AcctSvcrRef>
        <NtryDtls>
          <TxDtls>
            <Refs><EndToEndId>E2E-A</EndToEndId></Refs>
            <Amt Ccy="KZT">100.00</Amt>
            <RltdPties><Dbtr><Pty><Nm>ТОО «Саяхат-Сервис»</Nm></Pty></Dbtr></RltdPties>
            <RmtInf><Ustrd>Взнос KZTE:2gPihUTjt3FJqf1VpidgrY5cZ6PuyMccGVwQHRfjMPZG</Ustrd></RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>
      <Ntry>
        <NtryRef>2</NtryRef>
        <Amt Ccy="KZT">30.5</Amt>
        <CdtDbtInd>DBIT</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <AcctSvcrRef>REF-B</AcctSvcrRef>
        <NtryDtls>
          <TxDtls>
            <Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
            <RltdPties><Cdtr><Pty><Nm>ТОО «Достык Фарм»</Nm></Pty></Cdtr></RltdPties>
            <RmtInf><Ustrd>Выплата</Ustrd></RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>
      <Ntry>
        <Amt Ccy="KZT">1</Amt>
        <CdtDbtInd>DBIT</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <AcctSvcrRef>REF-C</AcctSvcrRef>
      </Ntry>
    </Stmt>
  </BkToCstmrStmt>
</Document>
"#;

/// [`SMALL`] with a batch of 60.00 and 40.00 (entries 0 and 1) in place of the deposit.
pub fn batch() -> String {
    let from = SMALL.find("          <TxDtls>").unwrap();
    let to = SMALL.find("</TxDtls>").unwrap() + "</TxDtls>".len();
    let detail = |amount: &str, wallet: &str| {
        format!(
            "          <TxDtls>\n            <Refs><EndToEndId>E-{amount}</EndToEndId></Refs>\n            <Amt Ccy=\"KZT\">{amount}</Amt>\n            \
             <RmtInf><Ustrd>KZTE:{wallet}</Ustrd></RmtInf>\n          </TxDtls>"
        )
    };
    let details = format!("{}\n{}", detail("60.00", WALLET), detail("40.00", OTHER_WALLET));
    format!(
        "{}{details}{}",
        SMALL.get(..from).unwrap(),
        SMALL.get(to..).unwrap()
    )
}

/// A file with [`SMALL`]'s statement and, behind it, the same statement bent by `bend`.
pub fn two_statements(bend: impl Fn(String) -> String) -> String {
    let from = SMALL.find("    <Stmt>").unwrap();
    let to = SMALL.find("</Stmt>").unwrap() + "</Stmt>\n".len();
    let first = SMALL.get(from..to).unwrap();
    let second = bend(first.to_owned());
    format!(
        "{}{first}{second}{}",
        SMALL.get(..from).unwrap(),
        SMALL.get(to..).unwrap()
    )
}

/// The day after [`SMALL`]: opening 78.50, closing 147.00, references of its own.
pub fn next_day(statement: String) -> String {
    let statement = swap(&statement, "10.00</Amt>", "78.50!</Amt>");
    let statement = swap(&statement, "78.50</Amt>", "147.00</Amt>").replace("78.50!", "78.50");
    statement
        .replace("REF-", "NEXT-")
        .replace("2026-11-16", "2026-11-17")
        .replace("S-1", "S-2")
}
