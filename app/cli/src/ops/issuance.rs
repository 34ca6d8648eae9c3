//! Minting: one entry, or every deposit of a statement that is not minted yet.

use std::collections::BTreeSet;

use kzte_client::{
    Address, Bic, Chain, ChainError, Deployment, Instruction, Keypair, KzteError, PROGRAM_ID, Receipt,
    Signer, TOKEN_PROGRAM_ID,
    amount::format_tenge,
    constants::MAX_RUN,
    fetch,
    instruction::{self, Recipient},
    reserve::StatementFile,
    transaction::{self, Budget},
};
use kzte_ledger::{Entry, EntryKind, Tree};

use super::{Progress, Step, present, reserves, send, submit};
use crate::{
    failure::{Failure, Result},
    keys::Hand,
    text::{plural, short_address},
};

const ACTION: &str = "mint";

/// Most accounts that one transaction creates: more do not fit into a packet.
const ACCOUNTS_AT_ONCE: usize = 8;

/// Deposits that are prepared together.
const GROUP: usize = 64;

/// What a mint works on.
struct Job<'a> {
    deployment: &'a Deployment,
    operator: &'a Hand<'a>,
    bic: &'a Bic,
    number: u64,
    tree: Tree,
    /// Whether token accounts are born frozen.
    born_frozen: bool,
}

/// Why an entry is not minted now.
enum Hindrance {
    Blocked,
    Frozen,
    /// Accounts are born frozen, and no bank has admitted this one.
    NotAdmitted,
}

/// Whether a deposit can be minted to its wallet.
struct RecipientState {
    has_account: bool,
    hindrance: Option<Hindrance>,
}

impl Hindrance {
    fn note(&self, entry: &Entry) -> String {
        let wallet = Address::new_from_array(entry.party);
        let why = match self {
            Self::Blocked => "its wallet is blocked",
            Self::Frozen => "its wallet's token account is frozen",
            Self::NotAdmitted => "its wallet is not admitted",
        };
        format!("entry {}: {why} ({wallet}); it stays mintable", entry.index)
    }

    fn way_out(&self) -> &'static str {
        match self {
            Self::Blocked | Self::Frozen => "Ask the compliance desk.",
            Self::NotAdmitted => "Admit the customer first: `kzte admit`.",
        }
    }
}

impl Job<'_> {
    fn recipient(&self, entry: &Entry) -> Recipient {
        Recipient::of(Address::new_from_array(entry.party), &self.deployment.mint)
    }

    fn recipient_state(&self, chain: &dyn Chain, entry: &Entry) -> Result<RecipientState> {
        let recipient = self.recipient(entry);
        let account = present(fetch::token_account(chain, &recipient.token_account))?;
        let untouched = account
            .as_ref()
            .is_none_or(|account| account.frozen && account.amount == 0);
        let hindrance = if fetch::is_blocked(chain, self.deployment, &recipient.wallet)? {
            Some(Hindrance::Blocked)
        } else if self.born_frozen && untouched {
            Some(Hindrance::NotAdmitted)
        } else if account.as_ref().is_some_and(|account| account.frozen) {
            Some(Hindrance::Frozen)
        } else {
            None
        };
        Ok(RecipientState {
            has_account: account.is_some(),
            hindrance,
        })
    }

    fn one(&self, entry: &Entry) -> Result<Instruction> {
        let proof = self
            .tree
            .prove(entry.index)
            .ok_or_else(|| no_such_entry(entry.index, self.tree.len()))?;
        Ok(instruction::mint(
            self.deployment,
            self.bic,
            self.operator.address(),
            self.number,
            self.recipient(entry),
            entry,
            &proof,
        ))
    }

    fn run(&self, run: &[Entry]) -> Option<Instruction> {
        let start = run.first()?.index;
        let proof = self.tree.prove_run(start, u32::try_from(run.len()).ok()?)?;
        let run: Vec<(Recipient, Entry)> = run.iter().map(|entry| (self.recipient(entry), *entry)).collect();
        Some(instruction::mint_many(
            self.deployment,
            self.bic,
            self.operator.address(),
            self.number,
            &run,
            &proof,
        ))
    }

    /// Whether a run fits into one transaction.
    fn fits(&self, run: &[Entry]) -> bool {
        let Some(instruction) = self.run(run) else {
            return false;
        };
        let hand = self.operator;
        transaction::build(
            &[instruction],
            hand.payer,
            &[hand.key],
            Default::default(),
            Budget::MAX,
        )
        .is_ok()
    }

    /// The longest run from the start of `entries` that one transaction carries.
    fn longest<'e>(&self, entries: &'e [Entry]) -> &'e [Entry] {
        let most = entries.len().min(MAX_RUN);
        for length in (2..=most).rev() {
            if let Some(run) = entries.get(..length)
                && self.fits(run)
            {
                return run;
            }
        }
        entries.get(..1).unwrap_or_default()
    }
}

fn no_such_entry(index: u32, count: u32) -> Failure {
    Failure::usage(
        format!(
            "there is no entry {index}: the statement has {}",
            plural(u64::from(count), "entry", "entries")
        ),
        "Entries count from 0.",
    )
}

/// What a closed statement leaves to do.
pub(crate) fn closed(action: &'static str, bic: &Bic, number: u64) -> Step {
    Step::already(
        action,
        format!("statement {number} of {bic} is closed: every entry of it is consumed"),
    )
}

/// Mints one deposit. Creates the recipient's token account where there is none. Signer: the operator.
pub fn mint_entry(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    operator: &Hand,
    bic: &Bic,
    file: &StatementFile,
    index: u32,
) -> Result<Step> {
    let number = file.totals.number;
    let entry = usize::try_from(index)
        .ok()
        .and_then(|place| file.entries.get(place))
        .ok_or_else(|| no_such_entry(index, file.totals.entry_count))?;
    if entry.kind == EntryKind::Debit {
        return Err(Failure::usage(
            format!("entry {index} is a debit: money went out"),
            "A debit settles a redemption: `kzte settle`.",
        ));
    }
    if !entry.is_actionable() {
        return Err(Failure::usage(
            format!("entry {index} names no wallet, so there is nobody to mint for"),
            "`kzte show statement` lists the deposits.",
        ));
    }
    let Some(statement) = reserves::effective(chain, deployment, bic, file)? else {
        return Ok(closed(ACTION, bic, number).entries([index]).of(entry.amount));
    };
    if statement.is_consumed(index) == Some(true) {
        return Ok(Step::already(
            ACTION,
            format!("entry {index} of statement {number} is minted already"),
        )
        .entries([index])
        .of(entry.amount));
    }
    let job = Job {
        deployment,
        operator,
        bic,
        number,
        tree: file.tree(),
        born_frozen: fetch::config(chain, deployment)?.accounts_born_frozen != 0,
    };
    let state = job.recipient_state(chain, entry)?;
    if let Some(hindrance) = state.hindrance {
        return Err(Failure::refused(hindrance.note(entry), hindrance.way_out()));
    }
    let mint = job.one(entry)?;
    let receipt = mint_single(chain, &job, entry, mint, !state.has_account)?;
    Ok(minted(std::slice::from_ref(entry), number, &receipt))
}

fn minted(run: &[Entry], number: u64, receipt: &Receipt) -> Step {
    let amount = run
        .iter()
        .fold(0u64, |sum, entry| sum.saturating_add(entry.amount));
    let note = match run {
        [entry] => {
            let wallet = Address::new_from_array(entry.party);
            format!(
                "entry {} of statement {number} to {}",
                entry.index,
                short_address(&wallet)
            )
        }
        run => {
            let (first, last) = (
                run.first().map_or(0, |e| e.index),
                run.last().map_or(0, |e| e.index),
            );
            format!("entries {first} to {last} of statement {number} in one transaction")
        }
    };
    Step::done(ACTION, note, receipt)
        .of(amount)
        .entries(run.iter().map(|entry| entry.index))
}

/// One entry, its account created in the same transaction where that fits.
fn mint_single(
    chain: &mut dyn Chain,
    job: &Job,
    entry: &Entry,
    mint: Instruction,
    create: bool,
) -> Result<Receipt, ChainError> {
    if !create {
        return submit(chain, &[mint], job.operator);
    }
    let wallet = Address::new_from_array(entry.party);
    let creation = instruction::create_associated_token(job.deployment, job.operator.payer.pubkey(), wallet);
    match submit(chain, &[creation.clone(), mint.clone()], job.operator) {
        Err(ChainError::TooLarge { .. }) => {
            submit(chain, &[creation], job.operator)?;
            submit(chain, &[mint], job.operator)
        }
        outcome => outcome,
    }
}

/// Mints every deposit of a statement that is not minted yet: runs of neighbours in one transaction each, missing
/// token accounts created before. Signer: the operator.
///
/// An entry that cannot be minted now (blocked wallet, frozen account) is skipped and named. A refusal that would meet
/// every entry (quota, reserve, window, pause, freshness) ends the command; what was minted before stays minted, and a
/// repetition goes on from there.
pub fn mint_all(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    operator: &Hand,
    bic: &Bic,
    file: &StatementFile,
    progress: Progress,
) -> Result<Vec<Step>> {
    let number = file.totals.number;
    let Some(statement) = reserves::effective(chain, deployment, bic, file)? else {
        return Ok(vec![closed(ACTION, bic, number)]);
    };
    let deposits = file
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Credit && entry.is_actionable());
    let (before, open): (Vec<Entry>, Vec<Entry>) = deposits
        .copied()
        .partition(|entry| statement.is_consumed(entry.index) == Some(true));
    let mut steps = Vec::new();
    if !before.is_empty() {
        let amount = before
            .iter()
            .fold(0u64, |sum, entry| sum.saturating_add(entry.amount));
        let count = plural(
            u64::try_from(before.len()).unwrap_or(u64::MAX),
            "deposit",
            "deposits",
        );
        let note = format!("{count} of statement {number} minted already");
        steps.push(
            Step::already(ACTION, note)
                .of(amount)
                .entries(before.iter().map(|entry| entry.index)),
        );
    }
    if open.is_empty() {
        return Ok(steps);
    }

    let job = Job {
        deployment,
        operator,
        bic,
        number,
        tree: file.tree(),
        born_frozen: fetch::config(chain, deployment)?.accounts_born_frozen != 0,
    };
    let mut done = 0;
    progress(done, open.len());
    // Looked at, given accounts and minted group by group, so that a command that ends half-way has minted half.
    for group in open.chunks(GROUP) {
        let (ready, missing) = sort_out(chain, &job, group, &mut steps)?;
        create_accounts(chain, &job, &missing, &mut steps)?;
        done = done.saturating_add(group.len().saturating_sub(ready.len()));
        for neighbours in ready.chunk_by(|left, right| left.index.checked_add(1) == Some(right.index)) {
            let mut rest = neighbours;
            while !rest.is_empty() {
                let run = job.longest(rest);
                mint_run(chain, &job, run, &mut steps)?;
                rest = rest.get(run.len()..).unwrap_or_default();
                done = done.saturating_add(run.len());
                progress(done, open.len());
            }
        }
    }
    Ok(steps)
}

/// The entries that can be minted, and the wallets that have no token account yet.
fn sort_out(
    chain: &dyn Chain,
    job: &Job,
    group: &[Entry],
    steps: &mut Vec<Step>,
) -> Result<(Vec<Entry>, BTreeSet<Address>)> {
    let mut ready = Vec::with_capacity(group.len());
    let mut missing = BTreeSet::new();
    for entry in group {
        let state = job.recipient_state(chain, entry)?;
        if let Some(hindrance) = state.hindrance {
            let step = Step::skipped(ACTION, hindrance.note(entry));
            steps.push(step.of(entry.amount).entries([entry.index]));
            continue;
        }
        if !state.has_account {
            missing.insert(Address::new_from_array(entry.party));
        }
        ready.push(*entry);
    }
    Ok((ready, missing))
}

fn create_accounts(
    chain: &mut dyn Chain,
    job: &Job,
    missing: &BTreeSet<Address>,
    steps: &mut Vec<Step>,
) -> Result<()> {
    let wallets: Vec<Address> = missing.iter().copied().collect();
    for group in wallets.chunks(ACCOUNTS_AT_ONCE) {
        let payer = job.operator.payer.pubkey();
        let instructions: Vec<_> = group
            .iter()
            .map(|wallet| instruction::create_associated_token(job.deployment, payer, *wallet))
            .collect();
        let receipt = send(chain, &instructions, job.operator)?;
        let count = plural(
            u64::try_from(group.len()).unwrap_or(u64::MAX),
            "token account",
            "token accounts",
        );
        steps.push(Step::done(
            "create-accounts",
            format!("{count} for depositors"),
            &receipt,
        ));
    }
    Ok(())
}

/// Mints a run; one that fails for an entry's own sake is taken apart, so that the others do not suffer.
fn mint_run(chain: &mut dyn Chain, job: &Job, run: &[Entry], steps: &mut Vec<Step>) -> Result<()> {
    let outcome = match run {
        [entry] => submit(chain, &[job.one(entry)?], job.operator),
        run => match job.run(run) {
            Some(instruction) => submit(chain, &[instruction], job.operator),
            None => return Err(no_such_entry(run.first().map_or(0, |e| e.index), job.tree.len())),
        },
    };
    match (outcome, run) {
        (Ok(receipt), _) => steps.push(minted(run, job.number, &receipt)),
        (Err(error), [entry]) if of_the_entry(&error) => {
            let step = if error.is(KzteError::EntryConsumed) {
                Step::already(ACTION, format!("entry {} was minted meanwhile", entry.index))
            } else {
                let name = error.name().unwrap_or("refused").to_owned();
                Step::skipped(
                    ACTION,
                    format!("entry {}: {name}; it stays mintable", entry.index),
                )
            };
            steps.push(step.of(entry.amount).entries([entry.index]));
        }
        (Err(error), run) if of_the_entry(&error) => {
            for entry in run {
                mint_run(chain, job, std::slice::from_ref(entry), steps)?;
            }
        }
        (Err(error), _) => {
            let minted = steps
                .iter()
                .filter(|step| step.status == super::Status::Done && step.action == ACTION);
            let entries = minted.map(|step| step.entries.len()).sum::<usize>();
            let amount = steps
                .iter()
                .filter(|step| step.status == super::Status::Done && step.action == ACTION)
                .fold(0u64, |sum, step| {
                    sum.saturating_add(step.amount.unwrap_or_default())
                });
            let failure = Failure::from(error);
            let so_far = format!(
                "{} minted before ({}); a repetition goes on from there",
                plural(u64::try_from(entries).unwrap_or(u64::MAX), "deposit", "deposits"),
                format_tenge(amount)
            );
            return Err(Failure {
                message: format!("{}; {so_far}", failure.message),
                ..failure
            });
        }
    }
    Ok(())
}

/// Whether a refusal is about one entry's recipient or bit, and not about the bank or the deployment.
fn of_the_entry(error: &ChainError) -> bool {
    match error {
        ChainError::Program { program, name, .. } if *program == TOKEN_PROGRAM_ID => name == "AccountFrozen",
        ChainError::Program { program, .. } if *program == PROGRAM_ID => [
            KzteError::EntryConsumed,
            KzteError::WalletBlocked,
            KzteError::WrongRecipient,
            KzteError::NotTokenAccount,
        ]
        .into_iter()
        .any(|expected| error.is(expected)),
        _ => false,
    }
}

/// Where a key's own tokens lie.
pub(crate) fn own_account(deployment: &Deployment, key: &Keypair) -> Address {
    deployment.token_account(&key.pubkey())
}
