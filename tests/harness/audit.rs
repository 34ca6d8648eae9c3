//! The invariants of the design, recomputed from the accounts after every step.
//!
//! | invariant | checked here |
//! | --- | --- |
//! | 1 | supply = Σ outstanding − what holders burned by themselves = Σ of all token accounts |
//! | 2 | each of the four counters only grows, their balance is never negative |
//! | 3 | where a bank minted in this step: outstanding ≤ closing balance and ≤ quota |
//! | 4 | consumed-bits are never taken back; what they sum to is what the statement and the issuer have booked |
//! | 5 | statements follow each other without gap; a closed one never comes back |
//! | 6 | escrow ≥ Σ open redemptions = `pending` |
//! | 9 | no role, operator or admin changes; the mint's authorities stay |
//!
//! Invariants 7 and 10 are about what passes and what does not, and have scenarios of their own; 8 is about seizure
//! orders.

use std::collections::{BTreeMap, BTreeSet};

use kzte_client::{
    Address, Bic, Chain, Deployment, address,
    decode::StatementAccount,
    fetch,
    reserve::StatementFile,
    state::{Config, Issuer, STATEMENT_EFFECTIVE},
};
use kzte_ledger::EntryKind;

/// Knows what a deployment should hold, and compares.
#[derive(Clone, Default)]
pub struct Auditor {
    banks: BTreeMap<Bic, Books>,
    token_accounts: BTreeSet<Address>,
    holder_burned: u64,
    roles: Option<[Address; 6]>,
    checks: usize,
}

#[derive(Clone, Default)]
struct Books {
    /// Effective statements by number.
    statements: BTreeMap<u64, StatementFile>,
    /// Last seen account of each statement; `None`: closed.
    seen: BTreeMap<u64, Option<StatementAccount>>,
    redemptions: BTreeSet<Address>,
    issuer: Option<Issuer>,
}

impl Auditor {
    pub fn new() -> Self {
        Self::default()
    }

    /// A registered bank.
    pub fn knows_bank(&mut self, bic: Bic) {
        self.banks.entry(bic).or_default();
    }

    /// An effective statement.
    pub fn knows_statement(&mut self, bic: Bic, file: StatementFile) {
        self.banks
            .entry(bic)
            .or_default()
            .statements
            .insert(file.totals.number, file);
    }

    /// A redemption that was opened.
    pub fn knows_redemption(&mut self, bic: Bic, redemption: Address) {
        self.banks.entry(bic).or_default().redemptions.insert(redemption);
    }

    /// A token account that may hold something: all of them together must hold the supply.
    pub fn knows_token_account(&mut self, account: Address) {
        self.token_accounts.insert(account);
    }

    /// A holder burned tokens by himself.
    pub fn holder_burned(&mut self, amount: u64) {
        self.holder_burned += amount;
    }

    /// How often the invariants have been checked.
    pub fn checks(&self) -> usize {
        self.checks
    }

    /// Checks all; panics with the number of the invariant and the step.
    #[track_caller]
    pub fn check<C: Chain + ?Sized>(&mut self, chain: &C, deployment: &Deployment, step: &str) {
        let config = fetch::config(chain, deployment).expect("the configuration");
        let mint = fetch::mint(chain, deployment).expect("the mint");
        self.check_roles(deployment, &config, &mint, step);

        let mut outstanding_sum = 0u64;
        for (bic, books) in &mut self.banks {
            let issuer = fetch::issuer(chain, deployment, bic)
                .expect("an issuer")
                .expect("a bank");
            let before = books.issuer.unwrap_or(issuer);
            let at = |text: &str| format!("{step}: {bic}: {text}");

            for (name, was, is) in [
                ("minted", before.minted, issuer.minted),
                ("burned", before.burned, issuer.burned),
                ("novated in", before.novated_in, issuer.novated_in),
                ("novated out", before.novated_out, issuer.novated_out),
            ] {
                assert!(
                    is >= was,
                    "{}",
                    at(&format!("invariant 2: {name} fell from {was} to {is}"))
                );
            }
            let outstanding = (issuer.minted + issuer.novated_in)
                .checked_sub(issuer.burned + issuer.novated_out)
                .unwrap_or_else(|| panic!("{}", at("invariant 2: outstanding is negative")));
            outstanding_sum += outstanding;

            if issuer.minted > before.minted {
                let (closing, quota) = (issuer.closing_balance, issuer.quota);
                assert!(
                    outstanding <= closing,
                    "{}",
                    at("invariant 3: more outstanding than in the reserve")
                );
                assert!(
                    outstanding <= quota,
                    "{}",
                    at("invariant 3: more outstanding than the quota")
                );
                let age = chain.now().expect("the time") - issuer.statement_as_of;
                assert!(
                    (0..=config.max_statement_age).contains(&age),
                    "{}",
                    at(&format!("invariant 3: minted on a statement that is {age} s old"))
                );
            }

            check_statements(chain, deployment, bic, books, &issuer, step);

            let mut open = 0u64;
            let mut count = 0u32;
            for redemption in &books.redemptions {
                if let Some(redemption) = fetch::redemption(chain, redemption).expect("a redemption") {
                    open += redemption.amount;
                    count += 1;
                }
            }
            assert_eq!(
                (open, count),
                (issuer.pending, issuer.pending_count),
                "{}",
                at("pending redemptions")
            );
            let escrow = fetch::token_account(chain, &deployment.escrow(bic)).expect("the escrow");
            let escrow = escrow.expect("an escrow").amount;
            assert!(
                escrow >= open,
                "{}",
                at(&format!("invariant 6: escrow {escrow} is below {open}"))
            );

            books.issuer = Some(issuer);
        }

        let held: u64 = self
            .token_accounts
            .iter()
            .filter_map(|account| fetch::token_account(chain, account).expect("a token account"))
            .map(|account| account.amount)
            .sum();
        assert_eq!(
            held, mint.supply,
            "{step}: supply and the sum of all token accounts"
        );
        assert!(
            mint.supply <= outstanding_sum,
            "{step}: invariant 1: more supply than outstanding"
        );
        assert_eq!(
            mint.supply + self.holder_burned,
            outstanding_sum,
            "{step}: invariant 1: the difference is not what holders burned"
        );
        self.checks += 1;
    }

    fn check_roles(
        &mut self,
        deployment: &Deployment,
        config: &Config,
        mint: &kzte_client::decode::MintInfo,
        step: &str,
    ) {
        let roles = *self.roles.get_or_insert(config.roles);
        assert_eq!(roles, config.roles, "{step}: invariant 9: a role changed hands");
        let of = &deployment.config;
        assert_eq!(
            [
                mint.mint_authority,
                mint.freeze_authority,
                mint.permanent_delegate,
                mint.pause_authority
            ],
            [
                Some(address::mint_authority(of)),
                Some(address::freeze_authority(of)),
                Some(address::permanent_delegate(of)),
                Some(address::pause_authority(of)),
            ],
            "{step}: invariant 9: an authority of the mint"
        );
        let paused = config.paused & kzte_client::state::PAUSE_TRANSFER != 0;
        assert_eq!(mint.paused, paused, "{step}: the mint's own pause and the flag");
    }
}

/// Invariants 4 and 5 of one bank.
#[track_caller]
fn check_statements<C: Chain + ?Sized>(
    chain: &C,
    deployment: &Deployment,
    bic: &Bic,
    books: &mut Books,
    issuer: &Issuer,
    step: &str,
) {
    let at = |number: u64, text: &str| format!("{step}: {bic}: statement {number}: {text}");
    let (mut opening, mut as_of, mut minted, mut settled) = (0u64, i64::MIN, 0u64, 0u64);
    for (expected, (number, file)) in (1u64..).zip(&books.statements) {
        let totals = &file.totals;
        assert_eq!(*number, expected, "{}", at(*number, "invariant 5: a gap"));
        assert_eq!(
            totals.opening,
            opening,
            "{}",
            at(*number, "invariant 5: opening balance")
        );
        assert!(
            totals.as_of > as_of,
            "{}",
            at(*number, "invariant 5: not later than the last")
        );
        (opening, as_of) = (totals.closing, totals.as_of);

        let account = fetch::statement(chain, deployment, bic, *number).expect("a statement");
        let seen = books.seen.entry(*number).or_insert_with(|| account.clone());
        match (&seen, &account) {
            (None, Some(_)) => panic!("{}", at(*number, "invariant 5: a closed statement came back")),
            (Some(last), None) => {
                assert_eq!(
                    last.header.consumed_count,
                    last.header.actionable_count,
                    "{}",
                    at(*number, "closed with entries left")
                );
            }
            (Some(last), Some(now)) => {
                for (was, is) in last.bitmap.iter().zip(&now.bitmap) {
                    assert_eq!(
                        was & !is,
                        0,
                        "{}",
                        at(*number, "invariant 4: a consumed-bit was taken back")
                    );
                }
            }
            (None, None) => {}
        }

        // A closed statement has consumed what it had; an open one what its bits say.
        let consumed = |index: u32| match &account {
            Some(account) => account.is_consumed(index).expect("a bit for each entry"),
            None => true,
        };
        let (mut credits, mut debits, mut count) = (0u64, 0u64, 0u32);
        for entry in file.entries.iter().filter(|entry| entry.is_actionable()) {
            if consumed(entry.index) {
                count += 1;
                match entry.kind {
                    EntryKind::Credit => credits += entry.amount,
                    EntryKind::Debit => debits += entry.amount,
                }
            }
        }
        for entry in file.entries.iter().filter(|entry| !entry.is_actionable()) {
            let bit = account
                .as_ref()
                .and_then(|account| account.is_consumed(entry.index));
            assert_ne!(
                bit,
                Some(true),
                "{}",
                at(*number, "invariant 4: an entry without party was consumed")
            );
        }
        if let Some(account) = &account {
            let header = &account.header;
            assert_eq!(
                header.status,
                STATEMENT_EFFECTIVE,
                "{}",
                at(*number, "not effective")
            );
            assert_eq!(
                (header.minted, header.settled, header.consumed_count),
                (credits, debits, count),
                "{}",
                at(*number, "invariant 4: what the bits sum to")
            );
            assert_eq!(header.totals(), *totals, "{}", at(*number, "its figures changed"));
            assert_eq!(
                header.entries_root,
                file.entries_root,
                "{}",
                at(*number, "its root changed")
            );
        }
        minted += credits;
        settled += debits;
        *seen = account;
    }
    assert_eq!(
        issuer.minted, minted,
        "{step}: {bic}: invariant 4: minted is the sum of the consumed credits"
    );
    assert!(
        issuer.burned >= settled,
        "{step}: {bic}: invariant 4: burned {} is below the consumed debits {settled}",
        issuer.burned
    );
    if let Some((number, file)) = books.statements.last_key_value() {
        assert_eq!(
            (
                issuer.statement_number,
                issuer.closing_balance,
                issuer.statement_as_of
            ),
            (*number, file.totals.closing, file.totals.as_of),
            "{step}: {bic}: invariant 5: the head of the chain"
        );
    }
}
