//! The program itself: valid instructions of each kind, up to four in a row, bent in data, accounts and flags, run in the
//! virtual machine on real Token-2022 and, for coverage, as native code beside it.
//!
//! Whoever is named as a signer counts as having signed. What passes must begin with an instruction that exists and
//! must leave the invariants whole; what fails natively for a reason of its own must fail in the machine for the same
//! reason; a handler that passes natively must have touched nothing that the runtime would not let it touch.

#![no_main]

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use kzte_client::{
    Account, AccountMeta, Address, Instruction, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, decode,
    state::{
        Config, ISSUER_CLOSED, Issuer, PAUSE_MINT, PAUSE_TRANSFER, Role, STATEMENT_EFFECTIVE, Statement,
    },
};
use kzte_fuzz::{
    Bytes, native,
    scenes::{self, Scene},
};
use libfuzzer_sys::fuzz_target;
use litesvm::LiteSVM;
use solana_instruction_error::InstructionError;
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

/// Most instructions of one input.
const MOST_STEPS: usize = 4;

type Accounts = BTreeMap<Address, Account>;

struct Stage {
    machine: LiteSVM,
    scenes: Vec<Scene>,
    shown: Option<usize>,
    /// What the last input changed on the machine.
    touched: BTreeSet<Address>,
    /// What every instruction's data begins with.
    known: BTreeMap<[u8; 8], &'static str>,
    /// Scenes and places of accounts that have been tried with every account there is.
    swept: BTreeSet<(usize, usize)>,
}

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(Stage::new());
}

fuzz_target!(
    init: STAGE.with(|stage| stage.borrow_mut().check_scenes()),
    |data: &[u8]| {
        STAGE.with(|stage| stage.borrow_mut().play(&mut Bytes::new(data)));
    }
);

impl Stage {
    fn new() -> Self {
        let (machine, scenes) = scenes::all();
        let known = scenes
            .iter()
            .map(|scene| (head(&scene.instruction.data), scene.name))
            .collect();
        Self {
            machine,
            scenes,
            shown: None,
            touched: BTreeSet::new(),
            known,
            swept: BTreeSet::new(),
        }
    }

    /// The scenes pass as they are: else nothing below would mean anything.
    fn check_scenes(&mut self) {
        for place in 0..self.scenes.len() {
            self.show(place);
            let scene = &self.scenes[place];
            let outcome = send(&self.machine, &scene.instruction, &scene.payer);
            assert!(outcome.is_ok(), "{}: {outcome:?}", scene.name);
        }
    }

    fn show(&mut self, place: usize) {
        if let Some(shown) = self.shown {
            for address in std::mem::take(&mut self.touched) {
                let account = self.scenes[shown].accounts.get(&address).cloned();
                self.machine
                    .set_account(address, account.unwrap_or_default())
                    .unwrap();
            }
        }
        if self.shown == Some(place) {
            scenes::set_time(&mut self.machine, self.scenes[place].now);
        } else {
            let before = self.shown.map(|shown| &self.scenes[shown]);
            scenes::show(&mut self.machine, before, &self.scenes[place]);
            self.shown = Some(place);
        }
    }

    /// Bends the scene's instruction as the bytes say and runs it; then, where they say so, another one on what it left.
    fn play(&mut self, bytes: &mut Bytes) {
        let place = bytes.below(self.scenes.len() as u32) as usize;
        self.show(place);
        let Self {
            machine,
            scenes,
            touched,
            known,
            swept,
            ..
        } = self;
        let scene = &scenes[place];
        let mut accounts = Cow::Borrowed(&scene.accounts);
        let mut instruction = scene.instruction.clone();
        let mut now = scene.now;
        let mut steps = 1;
        while !bytes.is_empty() {
            match bytes.byte() % 12 {
                0 => {
                    now = now.saturating_add(bytes.time());
                    scenes::set_time(machine, now);
                }
                1..=4 => bend_data(&mut instruction.data, &accounts, bytes),
                5 => {
                    let other = &scenes[bytes.below(scenes.len() as u32) as usize].instruction;
                    if bytes.flag() {
                        instruction = other.clone();
                    } else {
                        let head = head(&other.data);
                        instruction.data.splice(..instruction.data.len().min(8), head);
                    }
                }
                9 => {
                    let at = bytes.below(instruction.accounts.len() as u32) as usize;
                    let is_valid = steps == 1 && instruction == scene.instruction && now == scene.now;
                    // Once for each place, or an input with this in it would be slow every time.
                    if is_valid && swept.insert((place, at)) {
                        for bent in sweep(&instruction, at, &accounts) {
                            step(machine, known, &bent, scene, &accounts, now);
                        }
                    }
                }
                10 if steps < MOST_STEPS => {
                    steps += 1;
                    let after = step(machine, known, &instruction, scene, &accounts, now);
                    for (address, account) in after.into_iter().flatten() {
                        if !account.executable && machine.get_account(&address).as_ref() != Some(&account) {
                            machine.set_account(address, account.clone()).unwrap();
                            accounts.to_mut().insert(address, account);
                            touched.insert(address);
                        }
                    }
                    // The same scene's instruction again, or another one's: the scenes have most accounts in common.
                    let choice = bytes.byte();
                    let next = if choice < 128 {
                        place
                    } else {
                        usize::from(choice) % scenes.len()
                    };
                    instruction = scenes[next].instruction.clone();
                }
                // What a seed ends with.
                10 | 11 => {}
                _ => bend_accounts(&mut instruction.accounts, &accounts, bytes),
            }
            if instruction.accounts.len() > 40 || instruction.data.len() > 1_000 {
                return;
            }
        }
        step(machine, known, &instruction, scene, &accounts, now);
    }
}

/// The instruction with one of its accounts in every other form: each account there is in its place, without its
/// signature or with one, read only or writable, and left out.
fn sweep(instruction: &Instruction, at: usize, there: &Accounts) -> Vec<Instruction> {
    let programs = [
        PROGRAM_ID,
        TOKEN_PROGRAM_ID,
        SYSTEM_PROGRAM_ID,
        Address::new_from_array([7; 32]),
    ];
    let bend = |change: &dyn Fn(&mut AccountMeta)| {
        let mut bent = instruction.clone();
        bent.accounts.get_mut(at).into_iter().for_each(change);
        bent
    };
    let mut all: Vec<Instruction> = there
        .keys()
        .chain(&programs)
        .map(|address| bend(&|meta| meta.pubkey = *address))
        .collect();
    all.push(bend(&|meta| meta.is_signer ^= true));
    all.push(bend(&|meta| meta.is_writable ^= true));
    let mut without = instruction.clone();
    if at < without.accounts.len() {
        without.accounts.remove(at);
    }
    all.push(without);
    all
}

/// Runs an instruction natively and in the machine, and compares. Gives what it leaves, if it passes.
fn step(
    machine: &LiteSVM,
    known: &BTreeMap<[u8; 8], &'static str>,
    instruction: &Instruction,
    scene: &Scene,
    accounts: &Accounts,
    now: i64,
) -> Option<Accounts> {
    let native = run_natively(machine, instruction, &scene.payer);
    match send(machine, instruction, &scene.payer) {
        Ok(after) => {
            check(known, instruction, accounts, &after, now);
            let told = native.as_ref().err().filter(|error| **error != native::NO_CLOCK);
            assert_eq!(told, None, "passes in the machine only");
            Some(after)
        }
        Err(TransactionError::InstructionError(0, error)) => {
            assert!(
                !matches!(error, InstructionError::ProgramFailedToComplete),
                "the program stopped in the middle"
            );
            // The first refusal is the native one.
            if let Err(expected) = native
                && expected != native::NO_CLOCK
            {
                assert_eq!(error, expected);
            }
            None
        }
        // The runtime refused before the program ran.
        Err(_) => None,
    }
}

/// Runs a transaction of one instruction without keeping what it does; gives the accounts that it leaves.
fn send(machine: &LiteSVM, instruction: &Instruction, payer: &Address) -> Result<Accounts, TransactionError> {
    let message = Message::new(std::slice::from_ref(instruction), Some(payer));
    let signatures = vec![Signature::default(); message.header.num_required_signatures.into()];
    let transaction = VersionedTransaction {
        signatures,
        message: VersionedMessage::Legacy(message),
    };
    match machine.simulate_transaction(transaction) {
        Ok(info) => {
            let after = info.post_accounts.into_iter();
            Ok(after
                .map(|(address, account)| (address, account.into()))
                .collect())
        }
        Err(failed) => Err(failed.err),
    }
}

/// Runs the same instruction natively.
fn run_natively(
    machine: &LiteSVM,
    instruction: &Instruction,
    payer: &Address,
) -> Result<(), InstructionError> {
    let message = Message::new(std::slice::from_ref(instruction), Some(payer));
    // The runtime lets nobody write its own accounts; of these only the system program is among those that occur.
    let reserved = HashSet::from([SYSTEM_PROGRAM_ID]);
    let flags = |address: &Address| {
        let place = message
            .account_keys
            .iter()
            .position(|key| key == address)
            .unwrap();
        (
            message.is_signer(place),
            message.is_maybe_writable_with_reserved_addresses(place, Some(&reserved)),
        )
    };
    let metas = &instruction.accounts;
    let found: Vec<Account> = metas
        .iter()
        .map(|meta| machine.get_account(&meta.pubkey).unwrap_or_default())
        .collect();
    let given: Vec<native::Given> = metas
        .iter()
        .zip(&found)
        .map(|(meta, account)| {
            let (is_signer, is_writable) = flags(&meta.pubkey);
            native::Given {
                address: meta.pubkey,
                account,
                is_signer,
                is_writable,
            }
        })
        .collect();
    let (result, left) = native::run(&given, &instruction.data);
    for (given, left) in given.iter().zip(left) {
        let Some(left) = left else { continue };
        let account = given.account;
        assert_eq!(left.head[8..40], *given.address.as_ref());
        assert_eq!(
            [left.head[1], left.head[2]],
            [given.is_signer, given.is_writable].map(u8::from)
        );
        if result.is_err() {
            continue;
        }
        let is_ours = account.owner == PROGRAM_ID;
        if !given.is_writable || !is_ours {
            assert_eq!(left.data, account.data, "{} was written", given.address);
        }
        let lamports = u64::from_le_bytes(left.head[72..80].try_into().unwrap());
        assert!(lamports >= account.lamports || (given.is_writable && is_ours));
        assert!(left.head[40..72] == *account.owner.as_ref() || (given.is_writable && is_ours));
    }
    result
}

/// The invariants of the design, from the accounts before and after.
fn check(
    known: &BTreeMap<[u8; 8], &'static str>,
    instruction: &Instruction,
    accounts: &Accounts,
    after: &Accounts,
    now: i64,
) {
    let name = known.get(&head(&instruction.data)).copied();
    let is_event_call = instruction.data.starts_with(anchor_lang::event::EVENT_IX_TAG_LE);
    assert!(
        name.is_some() || is_event_call,
        "passed without being an instruction"
    );
    let Some(name) = name else {
        // An event: only read.
        for (address, account) in after {
            let before = accounts
                .get(address)
                .filter(|before| before.owner != SYSTEM_PROGRAM_ID);
            assert!(
                before.is_none_or(|before| before == account),
                "an event changed {address}"
            );
        }
        return;
    };
    let state_before = State::of(accounts.iter());
    let kept = accounts
        .iter()
        .filter(|(address, _)| !after.contains_key(*address));
    let state_after = State::of(kept.chain(after));
    compare(name, &state_before, &state_after, now);
    authorised(name, instruction, &state_before, &state_after);
}

fn head(data: &[u8]) -> [u8; 8] {
    let mut head = [0; 8];
    let length = data.len().min(8);
    head[..length].copy_from_slice(&data[..length]);
    head
}

fn bend_data(data: &mut Vec<u8>, there: &Accounts, bytes: &mut Bytes) {
    let length = data.len() as u32;
    match bytes.byte() % 9 {
        0 => data.truncate(bytes.below(length + 1) as usize),
        1 => {
            let count = usize::from(bytes.byte());
            data.extend(bytes.take(count));
        }
        2 | 3 => {
            let at = bytes.below(length) as usize;
            if let Some(byte) = data.get_mut(at) {
                *byte = bytes.byte();
            }
        }
        4 => {
            let (at, bit) = (bytes.below(length) as usize, bytes.byte() % 8);
            if let Some(byte) = data.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
        kind => {
            // A number, a hash or an address as a whole, where an argument may begin.
            let at = 8 + bytes.below(length.saturating_sub(7)) as usize;
            let written = match kind {
                7 => vec![bytes.byte(); 32],
                8 => {
                    let choice = bytes.below(there.len() as u32) as usize;
                    there
                        .keys()
                        .nth(choice)
                        .map(|address| address.to_bytes().to_vec())
                        .unwrap_or_default()
                }
                _ => bytes.amount().to_le_bytes().to_vec(),
            };
            for (byte, new) in data.iter_mut().skip(at).zip(written) {
                *byte = new;
            }
        }
    }
}

fn bend_accounts(accounts: &mut Vec<AccountMeta>, there: &Accounts, bytes: &mut Bytes) {
    let any = |bytes: &mut Bytes| {
        let choice = bytes.below(there.len() as u32 + 4) as usize;
        match there.keys().nth(choice) {
            Some(address) => *address,
            None if choice.is_multiple_of(2) => Address::new_from_array([bytes.byte(); 32]),
            None => [PROGRAM_ID, TOKEN_PROGRAM_ID][choice % 4 / 2],
        }
    };
    let at = bytes.below(accounts.len() as u32) as usize;
    match bytes.byte() % 8 {
        0 if !accounts.is_empty() => accounts[at].is_signer ^= true,
        1 if !accounts.is_empty() => accounts[at].is_writable ^= true,
        2 if !accounts.is_empty() => drop(accounts.remove(at)),
        3 => {
            let meta = AccountMeta {
                pubkey: any(bytes),
                is_signer: bytes.flag(),
                is_writable: bytes.flag(),
            };
            accounts.insert(at.min(accounts.len()), meta);
        }
        4 if !accounts.is_empty() => {
            let other = bytes.below(accounts.len() as u32) as usize;
            accounts.swap(at, other);
        }
        5 if !accounts.is_empty() => {
            let other = bytes.below(accounts.len() as u32) as usize;
            accounts[at].pubkey = accounts[other].pubkey;
        }
        _ if !accounts.is_empty() => accounts[at].pubkey = any(bytes),
        _ => {}
    }
}

/// What the accounts say, by address.
#[derive(Default)]
struct State {
    configs: BTreeMap<Address, Config>,
    issuers: BTreeMap<Address, Issuer>,
    statements: BTreeMap<Address, decode::StatementAccount>,
    redemptions: BTreeMap<Address, (Address, u64)>,
    orders: BTreeMap<Address, (u64, u64)>,
    tokens: BTreeMap<Address, decode::TokenAccount>,
    mints: BTreeMap<Address, u64>,
}

impl State {
    fn of<'a>(accounts: impl Iterator<Item = (&'a Address, &'a Account)>) -> Self {
        let mut state = Self::default();
        accounts.for_each(|(address, account)| state.see(*address, account));
        state
    }

    fn see(&mut self, address: Address, account: &Account) {
        let data = &account.data;
        if account.lamports == 0 || data.is_empty() {
            return;
        }
        if account.owner == TOKEN_PROGRAM_ID {
            if let Ok(token) = decode::token_account(data) {
                self.tokens.insert(address, token);
            } else if let Ok(mint) = decode::mint(data) {
                self.mints.insert(address, mint.supply);
            }
        }
        if account.owner != PROGRAM_ID {
            return;
        }
        if let Ok(config) = decode::config(data) {
            self.configs.insert(address, config);
        } else if let Ok(issuer) = decode::issuer(data) {
            self.issuers.insert(address, issuer);
        } else if let Ok(statement) = decode::statement(data) {
            self.statements.insert(address, statement);
        } else if let Ok(redemption) = decode::redemption(data) {
            self.redemptions
                .insert(address, (redemption.issuer, redemption.amount));
        } else if let Ok(order) = decode::order(data) {
            self.orders.insert(address, (order.cap, order.executed));
        } else {
            // The configuration of the first version, which nothing reads but its migration.
            assert_eq!(data.len(), Config::SPACE_V1, "an account of no kind at {address}");
        }
    }

    /// Tiyn that the banks of a configuration owe.
    fn owed(&self, config: &Address) -> i128 {
        let banks = self.issuers.values().filter(|issuer| issuer.config == *config);
        banks.map(owed).sum()
    }
}

fn owed(issuer: &Issuer) -> i128 {
    let [minted, burned] = [issuer.minted, issuer.burned].map(i128::from);
    minted - burned + i128::from(issuer.novated_in) - i128::from(issuer.novated_out)
}

fn compare(name: &str, before: &State, after: &State, now: i64) {
    // Invariant 1: the supply moves with what the banks owe, and only where tokens are made or destroyed. What all
    // accounts hold is the supply.
    for (config_address, config) in &after.configs {
        let supply = |state: &State| state.mints.get(&config.mint).copied().map_or(0, i128::from);
        let moved = supply(after) - supply(before);
        assert_eq!(
            moved,
            after.owed(config_address) - before.owed(config_address),
            "{name}: invariant 1"
        );
        match name {
            "mint" | "mint_many" => assert!(moved >= 0),
            "burn" | "settle_redemption" => assert!(moved <= 0),
            _ => assert_eq!(moved, 0, "{name} changed the supply"),
        }
        let held = |state: &State| -> i128 {
            let accounts = state.tokens.values().filter(|token| token.mint == config.mint);
            accounts.map(|token| i128::from(token.amount)).sum()
        };
        assert_eq!(held(after) - held(before), moved, "{name}: what accounts hold");
    }
    for (address, issuer) in &after.issuers {
        // Invariant 2.
        assert!(
            (0..=i128::from(u64::MAX)).contains(&owed(issuer)),
            "{name}: invariant 2"
        );
        let Some(was) = before.issuers.get(address) else {
            continue;
        };
        assert!(
            issuer.minted >= was.minted && issuer.burned >= was.burned,
            "{name}: invariant 2"
        );
        assert!(issuer.novated_in >= was.novated_in && issuer.novated_out >= was.novated_out);
        // What a bank has booked, its statements have.
        let booked = |of: fn(&Statement) -> u64| -> i128 {
            let sum = |state: &State| -> i128 {
                let own = state
                    .statements
                    .values()
                    .filter(|statement| statement.header.issuer == *address);
                own.map(|statement| i128::from(of(&statement.header))).sum()
            };
            sum(after) - sum(before)
        };
        if name != "close_statement" {
            let minted = i128::from(issuer.minted) - i128::from(was.minted);
            assert_eq!(
                booked(|statement| statement.minted),
                minted,
                "{name}: mints of the statements"
            );
            let burned = i128::from(issuer.burned) - i128::from(was.burned);
            let settled = booked(|statement| statement.settled);
            assert_eq!(
                settled,
                if name == "burn" { 0 } else { burned },
                "{name}: settlements"
            );
        }
        // Invariants 3 and 10.
        if issuer.minted > was.minted {
            let config = &after.configs[&issuer.config];
            assert!(
                owed(issuer) <= i128::from(issuer.quota),
                "{name}: invariant 3, quota"
            );
            assert!(
                owed(issuer) <= i128::from(issuer.closing_balance),
                "{name}: invariant 3, reserve"
            );
            let age = i128::from(now) - i128::from(issuer.statement_as_of);
            assert!(
                (0..=i128::from(config.max_statement_age)).contains(&age),
                "{name}: invariant 3, age"
            );
            assert_eq!(
                (was.status, was.overdue_count),
                (0, 0),
                "{name}: minted in bad standing"
            );
            assert!(
                !config.is_paused(PAUSE_MINT | PAUSE_TRANSFER),
                "{name}: minted while paused"
            );
        }
        // Invariant 5: the chain goes on by one, forward in time.
        if issuer.statement_number != was.statement_number {
            assert_eq!(
                issuer.statement_number,
                was.statement_number + 1,
                "{name}: invariant 5"
            );
            // Not above the clock when it was posted; the clock of a test may have run back since.
            assert!(
                issuer.statement_as_of > was.statement_as_of,
                "{name}: invariant 5"
            );
            assert_eq!(name, "attest_statement");
        } else {
            assert_eq!(issuer.closing_balance, was.closing_balance, "{name}: invariant 5");
        }
        // Invariant 6.
        let escrow = kzte_client::address::escrow(address);
        if let Some(escrow) = after.tokens.get(&escrow) {
            assert!(escrow.amount >= issuer.pending, "{name}: invariant 6");
        }
        let open = after.redemptions.values().filter(|(bank, _)| bank == address);
        let open: i128 = open.map(|(_, amount)| i128::from(*amount)).sum();
        assert_eq!(open, i128::from(issuer.pending), "{name}: open redemptions");
    }
    assert!(
        before
            .issuers
            .keys()
            .all(|address| after.issuers.contains_key(address))
    );
    for (address, statement) in &after.statements {
        // Invariant 4.
        let header = &statement.header;
        let set: u32 = statement.bitmap.iter().map(|byte| byte.count_ones()).sum();
        assert_eq!(set, header.consumed_count, "{name}: invariant 4");
        assert!(header.minted <= header.credit_total && header.settled <= header.debit_total);
        let Some(was) = before.statements.get(address) else {
            // Invariant 5: it follows what was the last one.
            let head = &before.issuers[&header.issuer];
            assert_eq!(header.number, head.statement_number + 1, "{name}: invariant 5");
            assert_eq!(header.opening, head.closing_balance, "{name}: invariant 5");
            assert!(
                header.as_of > head.statement_as_of && header.as_of <= now,
                "{name}: invariant 5"
            );
            let closing = u128::from(header.opening) + u128::from(header.credit_total);
            assert_eq!(
                closing,
                u128::from(header.closing) + u128::from(header.debit_total)
            );
            continue;
        };
        let kept = was
            .bitmap
            .iter()
            .zip(&statement.bitmap)
            .all(|(was, is)| was & is == *was);
        assert!(kept, "{name}: invariant 4");
        if was.header.status == STATEMENT_EFFECTIVE {
            assert_eq!(header.status, STATEMENT_EFFECTIVE);
            assert_eq!(
                (header.entries_root, header.closing, header.entry_count),
                (
                    was.header.entries_root,
                    was.header.closing,
                    was.header.entry_count
                ),
                "{name}: an effective statement changed"
            );
        }
    }
    for (address, (cap, executed)) in &after.orders {
        // Invariant 8.
        assert!(executed <= cap, "{name}: invariant 8");
        if let Some((was_cap, was_executed)) = before.orders.get(address) {
            assert!(cap == was_cap && executed >= was_executed);
        }
    }
}

/// Invariant 9: who has signed, against what has changed, by what stood there before.
fn authorised(name: &str, instruction: &Instruction, before: &State, after: &State) {
    let signed = |address: &Address| {
        instruction
            .accounts
            .iter()
            .any(|meta| meta.is_signer && meta.pubkey == *address)
    };
    let named = || {
        instruction
            .accounts
            .iter()
            .filter_map(|meta| before.configs.get(&meta.pubkey))
    };
    let role = match name {
        "set_attestors"
        | "set_policy"
        | "nominate_role"
        | "cancel_nomination"
        | "resume"
        | "set_default_account_state"
        | "update_metadata" => Some(Role::Authority),
        "register_issuer" | "configure_issuer" | "set_issuer_status" => Some(Role::IssuerManager),
        "pause" => Some(Role::Pauser),
        "freeze" | "thaw" | "block_wallet" | "unblock_wallet" => Some(Role::Compliance),
        "open_order" | "close_order" => Some(Role::CourtOfficer),
        "execute_order" => Some(Role::Enforcer),
        _ => None,
    };
    if let Some(role) = role {
        assert!(
            named().any(|config| signed(config.holder(role))),
            "{name} without the {role:?}"
        );
    }

    for (address, config) in &after.configs {
        let Some(was) = before.configs.get(address) else {
            continue;
        };
        for (seat, (holder, before)) in config.roles.iter().zip(&was.roles).enumerate() {
            if holder != before {
                assert_eq!(name, "accept_role");
                assert!(
                    was.nominees[seat] == *holder && signed(holder),
                    "{name}: invariant 9"
                );
            }
            let others = config
                .roles
                .iter()
                .chain(&config.attestors)
                .filter(|other| *other == holder);
            assert_eq!(others.count(), 1, "{name}: invariant 9, two roles");
        }
        if config.attestors != was.attestors
            || (config.threshold, config.mandatory) != (was.threshold, was.mandatory)
        {
            assert_eq!(name, "set_attestors");
            assert_eq!(config.attestor_set_version, was.attestor_set_version + 1);
        }
        match name {
            "pause" => assert_eq!(config.paused & was.paused, was.paused),
            "resume" => assert_eq!(config.paused | was.paused, was.paused),
            _ => assert_eq!(config.paused, was.paused, "{name} paused or resumed"),
        }
    }
    for (address, issuer) in &after.issuers {
        let Some(was) = before.issuers.get(address) else {
            continue;
        };
        let seats = [
            (issuer.admin, was.admin, was.admin_nominee),
            (issuer.operator, was.operator, was.operator_nominee),
        ];
        for (holder, before, nominee) in seats {
            if holder != before {
                assert_eq!(name, "accept_issuer_role");
                assert!(nominee == holder && signed(&holder), "{name}: invariant 9");
            }
        }
        assert!(
            issuer.status == was.status || name == "set_issuer_status",
            "{name} changed a status"
        );
        assert!(
            issuer.quota == was.quota || name == "configure_issuer",
            "{name} changed a quota"
        );
        let books = |issuer: &Issuer| {
            [
                issuer.minted,
                issuer.burned,
                issuer.novated_in,
                issuer.novated_out,
            ]
        };
        assert!(
            books(issuer) == books(was) || signed(&was.operator),
            "{name} without the operator"
        );
        // A closed bank owes nothing (and never comes back).
        assert!(issuer.status != ISSUER_CLOSED || owed(issuer) == 0 && issuer.pending == 0);
    }
    for (address, statement) in &after.statements {
        let Some(was) = before.statements.get(address) else {
            assert_eq!(name, "post_statement");
            assert!(
                signed(&before.issuers[&statement.header.issuer].operator),
                "posted without the operator"
            );
            continue;
        };
        let (header, was) = (&statement.header, &was.header);
        if header.approvals != was.approvals || header.attestor_set_version != was.attestor_set_version {
            let config = &before.configs[&before.issuers[&header.issuer].config];
            assert_eq!(
                header.attestor_set_version, config.attestor_set_version,
                "{name}: an old set"
            );
            let kept = if was.attestor_set_version == header.attestor_set_version {
                was.approvals
            } else {
                0
            };
            let new = header.approvals & !kept;
            assert!(
                new.count_ones() == 1 && header.approvals & kept == kept,
                "{name}: votes"
            );
            assert!(
                signed(&config.attestors[new.trailing_zeros() as usize]),
                "{name}: a vote of somebody else"
            );
            let carried = kzte_ledger::is_carried(header.approvals, config.threshold, config.mandatory);
            assert_eq!(header.status == STATEMENT_EFFECTIVE, carried, "{name}: carried");
        } else {
            assert_eq!(header.status, was.status, "{name}: effective without a vote");
        }
    }
    for (address, token) in &before.tokens {
        let Some(now) = after.tokens.get(address) else {
            continue;
        };
        let thawed = token.frozen && !now.frozen;
        assert!(
            !thawed || ["thaw", "admit_holder"].contains(&name),
            "{name} thawed {address}"
        );
        // Tokens leave a holder's account by a request of his, by an order, and by nothing else; a bank burns its own.
        if now.amount < token.amount {
            let of_escrow = before
                .issuers
                .keys()
                .any(|issuer| kzte_client::address::escrow(issuer) == *address);
            match name {
                "request_redemption" | "burn" => assert!(signed(&token.owner), "{name} without the owner"),
                "execute_order" => {}
                "settle_redemption" | "reject_redemption" | "cancel_redemption" => assert!(of_escrow),
                _ => panic!("{name} took tokens from {address}"),
            }
        }
    }
    for address in before
        .redemptions
        .keys()
        .filter(|address| !after.redemptions.contains_key(*address))
    {
        let ends = ["settle_redemption", "reject_redemption", "cancel_redemption"];
        assert!(ends.contains(&name), "{name} ended the redemption {address}");
    }
}
