//! The reconciliation: what the actors know, what the chain's accounts hold, what its history tells. All three must
//! agree to the tiyn.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use kzte_client::{
    Address, Chain, ChainError, Event, PROGRAM_ID, RpcChain, Signature, fetch, instruction::check_invariants,
};
use kzte_harness::{Auditor, Indexer, indexer::Record};
use kzte_ledger::EntryKind;
use serde::Serialize;

use crate::{
    journal::Books,
    stage::{BANKS, Shared},
    tally::lock,
};

/// One figure from two sources. They must be equal.
#[derive(Serialize)]
pub struct Row {
    pub what: String,
    pub expected: i128,
    pub found: i128,
}

impl Row {
    pub fn agrees(&self) -> bool {
        self.expected == self.found
    }
}

/// The whole of it.
#[derive(Default, Serialize)]
pub struct Reckoning {
    pub rows: Vec<Row>,
    /// Accounts that could not be rebuilt from events, transactions that nobody knows: one line each.
    pub differences: Vec<String>,
    /// Accounts that the events tell.
    pub accounts_rebuilt: usize,
    /// Transactions in the history of the deployment.
    pub transactions: usize,
    /// Of these, whose time nobody knows any more: the one before it is taken.
    pub without_time: usize,
    /// Accounts that agree with the second before the time of their block.
    pub a_second_earlier: usize,
    /// Statements and their entries, over all banks.
    pub statements: usize,
    pub entries: usize,
    /// Tiyn, at the end.
    pub supply: u64,
}

impl Reckoning {
    pub fn is_exact(&self) -> bool {
        self.differences.is_empty() && self.rows.iter().all(Row::agrees)
    }

    fn row(&mut self, what: impl Into<String>, expected: impl Into<i128>, found: impl Into<i128>) {
        self.rows.push(Row {
            what: what.into(),
            expected: expected.into(),
            found: found.into(),
        });
    }
}

/// Reckons everything up. `chain`: straight to the validator, no faults between.
pub fn reckon(shared: &Shared, chain: &mut RpcChain) -> Result<Reckoning, ChainError> {
    let mut all = Reckoning::default();
    let journal = lock(&shared.journal);
    let deployment = &shared.deployment;
    let mut outstanding = 0i128;
    for (place, books) in journal.banks.iter().enumerate() {
        outstanding += bank(shared, chain, place, books, &mut all)?;
    }

    let supply = fetch::mint(chain, deployment)?.supply;
    let (mut held, mut frozen) = (0i128, 0u32);
    for (account, expected) in &journal.balances {
        let found = fetch::token_account(chain, account)?;
        frozen += u32::from(found.as_ref().is_some_and(|account| account.frozen));
        let found = found.map_or(0, |account| account.amount);
        held += i128::from(found);
        if i128::from(found) != *expected {
            all.differences.push(format!(
                "token account {account}: {expected} tiyn by the journal, {found} on the chain"
            ));
        }
    }
    let owed: i128 = journal.banks.iter().map(owed_by_the_journal).sum();
    all.supply = supply;
    all.row(
        "supply: Σ owed by the banks = supply of the mint",
        outstanding,
        supply,
    );
    all.row("supply: by the journal = supply of the mint", owed, supply);
    all.row(
        "supply: Σ of all token accounts = supply of the mint",
        held,
        supply,
    );

    all.row("token accounts still frozen", 0, frozen);

    own_check(shared, chain, &mut all)?;
    audit(shared, chain, &journal.banks, &mut all);
    history(shared, chain, &journal.landed, &mut all)?;
    Ok(all)
}

fn owed_by_the_journal(books: &Books) -> i128 {
    let given = i128::from(books.minted) + i128::from(books.novated_in);
    given - i128::from(books.settled) - i128::from(books.burned) - i128::from(books.novated_out)
}

/// One bank; returns what it owes by its account.
fn bank(
    shared: &Shared,
    chain: &RpcChain,
    place: usize,
    books: &Books,
    all: &mut Reckoning,
) -> Result<i128, ChainError> {
    let bic = shared.banks[place].bic;
    let deployment = &shared.deployment;
    let (what, address) = ("issuer", deployment.issuer(&bic));
    let issuer = fetch::issuer(chain, deployment, &bic)?.ok_or(ChainError::Missing { what, address })?;

    let mut consumed = BTreeSet::new();
    let (mut credits, mut debits, mut closed) = (0u64, 0u64, 0usize);
    for (number, file) in &books.statements {
        let account = fetch::statement(chain, deployment, &bic, *number)?;
        closed += usize::from(account.is_none());
        for entry in file.entries.iter().filter(|entry| entry.is_actionable()) {
            // One that is closed had nothing left.
            let is_consumed = account
                .as_ref()
                .is_none_or(|account| account.is_consumed(entry.index) == Some(true));
            if is_consumed {
                consumed.insert((*number, entry.index));
                match entry.kind {
                    EntryKind::Credit => credits += entry.amount,
                    EntryKind::Debit => debits += entry.amount,
                }
            }
        }
        all.entries += file.entries.len();
    }
    all.statements += books.statements.len();
    let escrow = fetch::token_account(chain, &deployment.escrow(&bic))?.map_or(0, |account| account.amount);
    let mut open = 0u64;
    for redemption in &books.redemptions {
        open += fetch::redemption(chain, redemption)?.map_or(0, |redemption| redemption.amount);
    }

    let mut row =
        |what: &str, expected: i128, found: i128| all.row(format!("{bic}: {what}"), expected, found);
    row(
        "attested credits consumed = minted",
        credits.into(),
        issuer.minted.into(),
    );
    row(
        "minted by the journal = minted",
        books.minted.into(),
        issuer.minted.into(),
    );
    row(
        "attested debits consumed = settled by the journal",
        debits.into(),
        books.settled.into(),
    );
    row(
        "settled and own stock burned by the journal = burned",
        (books.settled + books.burned).into(),
        issuer.burned.into(),
    );
    row(
        "taken over by the journal = novated in",
        books.novated_in.into(),
        issuer.novated_in.into(),
    );
    row(
        "handed over by the journal = novated out",
        books.novated_out.into(),
        issuer.novated_out.into(),
    );
    row(
        "open redemptions by the journal = pending",
        books.pending().into(),
        issuer.pending.into(),
    );
    row(
        "their number",
        books.open.len() as i128,
        issuer.pending_count.into(),
    );
    row("their accounts", books.pending().into(), open.into());
    row("their escrow", open.into(), escrow.into());
    row(
        "last statement",
        books.last().0.into(),
        issuer.statement_number.into(),
    );
    row(
        "its closing balance",
        books.closing().into(),
        issuer.closing_balance.into(),
    );
    row("statements closed", books.closed.len() as i128, closed as i128);
    row(
        "entries consumed on one side only",
        0,
        consumed.symmetric_difference(&books.consumed).count() as i128,
    );
    let given = i128::from(issuer.minted) + i128::from(issuer.novated_in);
    let owed = given - i128::from(issuer.burned) - i128::from(issuer.novated_out);
    row(
        "owed beyond the reserve",
        0,
        (owed - i128::from(issuer.closing_balance)).max(0),
    );
    Ok(owed)
}

/// The program's own check over all banks.
fn own_check(shared: &Shared, chain: &mut RpcChain, all: &mut Reckoning) -> Result<(), ChainError> {
    let caller = shared.keys.stranger;
    let banks = shared.banks.map(|bank| bank.bic);
    let check = check_invariants(&shared.deployment, caller.address(), &banks);
    let (payer, signer) = (shared.keys.payer.pair(), caller.pair());
    let receipt = chain.send(&[check], &payer, &[&signer])?;
    let report = receipt.events.iter().find_map(|event| match event {
        Event::InvariantsChecked(report) => Some(report),
        _ => None,
    });
    let Some(report) = report else {
        all.differences
            .push(format!("check_invariants said nothing in {}", receipt.signature));
        return Ok(());
    };
    all.row("check_invariants: violations", 0, report.violations);
    all.row("check_invariants: banks", BANKS as i128, report.banks_given);
    all.row(
        "check_invariants: banks registered",
        BANKS as i128,
        report.banks_registered,
    );
    all.row("check_invariants: supply", all.supply, report.supply);
    Ok(())
}

/// The harness's auditor, who recomputes the numbered invariants and panics where one is broken.
fn audit(shared: &Shared, chain: &RpcChain, banks: &[Books], all: &mut Reckoning) {
    let mut auditor = Auditor::new();
    for (books, bank) in banks.iter().zip(shared.banks) {
        auditor.knows_bank(bank.bic);
        for file in books.statements.values() {
            auditor.knows_statement(bank.bic, file.clone());
        }
        for redemption in &books.redemptions {
            auditor.knows_redemption(bank.bic, *redemption);
        }
        auditor.knows_token_account(shared.deployment.escrow(&bank.bic));
        auditor.knows_token_account(shared.token_account(&bank.operator));
    }
    for key in shared.customers.iter().chain([&shared.treasury]) {
        auditor.knows_token_account(shared.token_account(key));
    }
    let check = AssertUnwindSafe(|| auditor.check(chain, &shared.deployment, "at the end"));
    if let Err(panic) = catch_unwind(check) {
        all.differences
            .push(format!("the auditor: {}", text_of(panic.as_ref())));
    }
}

/// Every transaction is known, and every account is what the events tell.
fn history(
    shared: &Shared,
    chain: &RpcChain,
    known: &BTreeMap<Signature, Option<i64>>,
    all: &mut Reckoning,
) -> Result<(), ChainError> {
    let deployment = &shared.deployment;
    let signatures = chain.history(&deployment.config)?;
    let listed: BTreeSet<Signature> = signatures.iter().copied().collect();
    all.transactions = signatures.len();
    let twice = signatures.len() - listed.len();
    all.row("history: a transaction twice", 0, twice as i128);
    let is_missing = |signature: &&Signature| !listed.contains(signature);
    let missing = known.keys().filter(is_missing).count();
    all.row(
        "history: known to an actor, not in the history",
        0,
        missing as i128,
    );
    // The check at the end is nobody's.
    let is_unknown = |signature: &&Signature| !known.contains_key(signature);
    let unknown = listed.iter().filter(is_unknown).count();
    all.row("history: in the history, known to no actor", 1, unknown as i128);

    let mut records = Vec::with_capacity(signatures.len());
    for signature in &signatures {
        match chain.receipt(signature)? {
            Some(receipt) if receipt.truncated => {
                all.differences.push(format!("{signature}: its log is cut"));
            }
            Some(receipt) => {
                // The embedded network forgets the time of a block that a restart interrupts.
                let noted = || known.get(signature).copied().flatten();
                let at = receipt.time.or_else(noted).unwrap_or_else(|| {
                    all.without_time += 1;
                    records.last().map_or(0, |record: &Record| record.at)
                });
                records.push(Record {
                    at,
                    events: receipt.events,
                });
            }
            None => all
                .differences
                .push(format!("{signature} is listed, but cannot be read")),
        }
    }
    let Some(told) = replayed(shared, &records, all) else {
        return Ok(());
    };
    // The time of a block of the embedded network may be a second later than what the program read on its clock. No
    // account has more than one such time, so it then agrees as a whole with the earlier second.
    let earlier = if shared.has_coarse_time {
        for record in &mut records {
            record.at -= 1;
        }
        replayed(shared, &records, all).unwrap_or_default()
    } else {
        BTreeMap::new()
    };
    all.accounts_rebuilt = told.len();
    for (address, told) in &told {
        let account = chain
            .account(address)?
            .filter(|account| account.owner == PROGRAM_ID);
        // Behind the discriminator, which a block has none of.
        let found = account.map(|account| account.data.get(8..).unwrap_or_default().to_vec());
        if *told == found {
            continue;
        }
        if earlier.get(address) == Some(&found) {
            all.a_second_earlier += 1;
            continue;
        }
        all.differences.push(format!(
            "{address}: the events tell another account than the chain holds\n    {}\n    {}",
            hex_of(told.as_deref()),
            hex_of(found.as_deref())
        ));
    }
    Ok(())
}

/// Every account as the events tell it; `None`: they contradict each other.
fn replayed(
    shared: &Shared,
    records: &[Record],
    all: &mut Reckoning,
) -> Option<BTreeMap<Address, Option<Vec<u8>>>> {
    let deployment = &shared.deployment;
    let replay = AssertUnwindSafe(|| Indexer::replay(deployment, records).accounts(deployment));
    catch_unwind(replay)
        .map_err(|panic| {
            let text = text_of(panic.as_ref());
            all.differences
                .push(format!("the events contradict each other: {text}"));
        })
        .ok()
}

fn hex_of(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "no account".to_owned(), hex::encode)
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}
