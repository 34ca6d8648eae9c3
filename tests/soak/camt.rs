//! A bank's camt.053 file of one round, as its core system would write it.

use jiff::Timestamp;
use kzte_client::{Address, Bic};
use kzte_harness::Line;
use kzte_ledger::EntryKind;

/// What stands above the entries.
pub struct Header {
    pub bic: Bic,
    pub number: u64,
    /// Tiyn.
    pub opening: u64,
    /// Unix seconds.
    pub as_of: i64,
}

/// Closing balance behind `lines`, tiyn; `None`: it would be negative or beyond 64 bits.
pub fn closing(opening: u64, lines: &[Line]) -> Option<u64> {
    let sum = |kind| {
        lines
            .iter()
            .filter(|line| line.kind == kind)
            .try_fold(0u64, |sum, line| sum.checked_add(line.amount))
    };
    opening
        .checked_add(sum(EntryKind::Credit)?)?
        .checked_sub(sum(EntryKind::Debit)?)
}

/// The file; `None`: there is no such closing balance, or no such time.
pub fn document(header: &Header, lines: &[Line]) -> Option<String> {
    let Header {
        bic,
        number,
        opening,
        as_of,
    } = header;
    let time = Timestamp::from_second(*as_of).ok()?.to_string();
    let date = time.get(..10)?;
    let mut text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt>
    <GrpHdr>
      <MsgId>{bic}-{number}</MsgId>
      <CreDtTm>{time}</CreDtTm>
    </GrpHdr>
    <Stmt>
      <Id>{bic}-{number}-1</Id>
      <ElctrncSeqNb>{number}</ElctrncSeqNb>
      <CreDtTm>{time}</CreDtTm>
      <FrToDt><FrDtTm>{date}T00:00:00Z</FrDtTm><ToDtTm>{time}</ToDtTm></FrToDt>
      <Acct>
        <Id><Othr><Id>{bic}-RESERVE</Id></Othr></Id>
        <Ccy>KZT</Ccy>
        <Svcr><FinInstnId><BICFI>{bic}</BICFI></FinInstnId></Svcr>
      </Acct>
"#
    );
    for (code, balance) in [("OPBD", *opening), ("CLBD", closing(*opening, lines)?)] {
        text.push_str(&format!(
            r#"      <Bal>
        <Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>
        <Amt Ccy="KZT">{}</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Dt><Dt>{date}</Dt></Dt>
      </Bal>
"#,
            tenge(balance)
        ));
    }
    for (place, line) in (1u32..).zip(lines) {
        let (direction, family, purpose) = match line.kind {
            EntryKind::Credit => ("CRDT", "RCDT", "Deposit for KZTE"),
            EntryKind::Debit => ("DBIT", "ICDT", "Payout of a redemption"),
        };
        let remittance = if line.party == Address::default() {
            "Own funds".to_owned()
        } else {
            format!("{purpose} KZTE:{}", line.party)
        };
        text.push_str(&format!(
            r#"      <Ntry>
        <NtryRef>{place}</NtryRef>
        <Amt Ccy="KZT">{}</Amt>
        <CdtDbtInd>{direction}</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>{date}</Dt></BookgDt>
        <AcctSvcrRef>{bic}{number:08}{place:05}</AcctSvcrRef>
        <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>
        <NtryDtls>
          <TxDtls>
            <Refs><EndToEndId>E2E-{number}-{place}</EndToEndId></Refs>
            <RmtInf><Ustrd>{remittance}</Ustrd></RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>
"#,
            tenge(line.amount)
        ));
    }
    text.push_str("    </Stmt>\n  </BkToCstmrStmt>\n</Document>\n");
    Some(text)
}

/// As the schema writes an amount: no thousands, two decimals.
fn tenge(tiyn: u64) -> String {
    format!("{}.{:02}", tiyn / 100, tiyn % 100)
}
