//! Writes a camt.053.001.08 statement of any size, always the same for the same seed.
//!
//! `cargo run --release -p kzte-camt --example generate -- PATH [ENTRIES] [SEED]`
//!
//! Six entries in ten are deposits for a wallet, two are redemptions, one is a fee and one an own transfer.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::{Context, Result, ensure};

/// Tiyn in a tenge.
const TIYN: u64 = 100;

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = high.saturating_sub(low).saturating_add(1);
        low.saturating_add(self.next().checked_rem(width).unwrap_or_default())
    }

    fn address(&mut self) -> String {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes());
        }
        let mut text = [0; 44];
        let length = five8::encode_32(&bytes, &mut text);
        let length = usize::from(length);
        text.iter().take(length).map(|byte| char::from(*byte)).collect()
    }
}

struct Entry {
    credit: bool,
    amount: u64,
    party: Option<String>,
    purpose: &'static str,
    payer: &'static str,
}

const COMPANIES: [&str; 6] = [
    "ТОО «Саяхат-Сервис»",
    "ТОО «Жибек Логистик»",
    "ТОО «Тулпар Маркет»",
    "ТОО «Достык Фарм»",
    "ТОО «Нур-Астык Агро»",
    "ТОО «Байтерек Софт»",
];

fn entry(random: &mut Random) -> Entry {
    let company = usize::try_from(random.between(0, 5)).unwrap_or_default();
    let payer = COMPANIES.get(company).copied().unwrap_or_default();
    match random.between(0, 9) {
        0..=5 => Entry {
            credit: true,
            amount: random.between(100_000, 500_000_000),
            party: Some(random.address()),
            purpose: "Взнос для выпуска токенов KZTE по договору банковского обслуживания",
            payer,
        },
        6 | 7 => Entry {
            credit: false,
            amount: random.between(100_000, 50_000_000),
            party: Some(random.address()),
            purpose: "Выплата по заявке на погашение токенов KZTE",
            payer,
        },
        8 => Entry {
            credit: false,
            amount: random.between(1_000, 50_000),
            party: None,
            purpose: "Комиссия за платёж",
            payer: "АО «Алтындала Банк»",
        },
        _ => Entry {
            credit: true,
            amount: random.between(10_000, 1_000_000),
            party: None,
            purpose: "Пополнение собственных средств",
            payer: "АО «Алтындала Банк»",
        },
    }
}

fn tenge(tiyn: u64) -> String {
    let whole = tiyn.checked_div(TIYN).unwrap_or_default();
    let fraction = tiyn.checked_rem(TIYN).unwrap_or_default();
    format!("{whole}.{fraction:02}")
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("give the path of the file to write")?;
    let count: u64 = arguments
        .next()
        .as_deref()
        .unwrap_or("100000")
        .parse()
        .context("ENTRIES is a number")?;
    let seed: u64 = arguments
        .next()
        .as_deref()
        .unwrap_or("1")
        .parse()
        .context("SEED is a number")?;

    // The balances stand before the entries, so the entries are drawn twice.
    let (mut credits, mut debits) = (0_u64, 0_u64);
    let mut random = Random(seed);
    for _ in 0..count {
        let entry = entry(&mut random);
        let total = if entry.credit { &mut credits } else { &mut debits };
        *total = total
            .checked_add(entry.amount)
            .context("too many entries: the sum does not fit")?;
    }
    let opening = debits.max(1_000 * TIYN);
    let closing = opening
        .checked_add(credits)
        .and_then(|sum| sum.checked_sub(debits));
    let closing = closing.context("too many entries: the closing balance does not fit")?;
    ensure!(count > 0, "a statement needs at least one entry");

    let mut out = BufWriter::new(File::create(&path).with_context(|| format!("cannot write {path}"))?);
    write!(
        out,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt>
    <GrpHdr>
      <MsgId>ALTN-GENERATED-{seed}</MsgId>
      <CreDtTm>2026-11-16T19:00:00+05:00</CreDtTm>
    </GrpHdr>
    <Stmt>
      <Id>ALTN-GENERATED-{seed}-1</Id>
      <ElctrncSeqNb>1</ElctrncSeqNb>
      <CreDtTm>2026-11-16T19:00:00+05:00</CreDtTm>
      <FrToDt>
        <FrDtTm>2026-11-16T00:00:00+05:00</FrDtTm>
        <ToDtTm>2026-11-16T18:00:00+05:00</ToDtTm>
      </FrToDt>
      <Acct>
        <Id>
          <IBAN>KZ86125KZT5004100100</IBAN>
        </Id>
        <Ccy>KZT</Ccy>
        <Svcr>
          <FinInstnId>
            <BICFI>ALTNKZKAXXX</BICFI>
          </FinInstnId>
        </Svcr>
      </Acct>
"#
    )?;
    for (code, amount) in [("OPBD", opening), ("CLBD", closing)] {
        write!(
            out,
            r#"      <Bal>
        <Tp>
          <CdOrPrtry>
            <Cd>{code}</Cd>
          </CdOrPrtry>
        </Tp>
        <Amt Ccy="KZT">{}</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Dt>
          <Dt>2026-11-16</Dt>
        </Dt>
      </Bal>
"#,
            tenge(amount)
        )?;
    }
    let mut random = Random(seed);
    for position in 1..=count {
        let Entry {
            credit,
            amount,
            party,
            purpose,
            payer,
        } = entry(&mut random);
        let (direction, side, family) = if credit {
            ("CRDT", "Dbtr", "RCDT")
        } else {
            ("DBIT", "Cdtr", "ICDT")
        };
        let amount = tenge(amount);
        let token = party
            .map(|address| format!(" KZTE:{address}"))
            .unwrap_or_default();
        write!(
            out,
            r#"      <Ntry>
        <NtryRef>{position}</NtryRef>
        <Amt Ccy="KZT">{amount}</Amt>
        <CdtDbtInd>{direction}</CdtDbtInd>
        <Sts>
          <Cd>BOOK</Cd>
        </Sts>
        <BookgDt>
          <Dt>2026-11-16</Dt>
        </BookgDt>
        <AcctSvcrRef>ALTN261116{position:08}</AcctSvcrRef>
        <BkTxCd>
          <Domn>
            <Cd>PMNT</Cd>
            <Fmly>
              <Cd>{family}</Cd>
              <SubFmlyCd>DMCT</SubFmlyCd>
            </Fmly>
          </Domn>
        </BkTxCd>
        <NtryDtls>
          <TxDtls>
            <Refs>
              <EndToEndId>E2E-{position:08}</EndToEndId>
            </Refs>
            <Amt Ccy="KZT">{amount}</Amt>
            <CdtDbtInd>{direction}</CdtDbtInd>
            <RltdPties>
              <{side}>
                <Pty>
                  <Nm>{payer}</Nm>
                </Pty>
              </{side}>
            </RltdPties>
            <RmtInf>
              <Ustrd>{purpose}{token}</Ustrd>
            </RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>
"#
        )?;
    }
    out.write_all(b"    </Stmt>\n  </BkToCstmrStmt>\n</Document>\n")?;
    out.flush()?;
    println!(
        "{path}: {count} entries, opening {}, closing {} KZT",
        tenge(opening),
        tenge(closing)
    );
    Ok(())
}
