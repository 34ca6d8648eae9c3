//! Minting, burning, and liability that moves between banks (invariants 1 to 4 and 10).

use kzte_client::KzteError;

use super::{Bank, Facts, MINT, Model, Reason, Statement, Status, TRANSFER, Verdict};
use crate::{
    cast::{BankId, PurseId, StatementId, Who},
    op::{Claim, Op, Party, Proof, RunItem},
};

/// Most entries of one run.
const MAX_RUN: usize = 16;

impl Model {
    pub(super) fn apply_to_money(&mut self, op: &Op) -> Verdict {
        match op {
            Op::Mint {
                signer,
                bank,
                statement,
                recipient,
                block_of,
                party,
                claim,
            } => self.mint(*signer, *bank, *statement, *recipient, *block_of, *party, claim),
            Op::MintMany {
                signer,
                bank,
                statement,
                start,
                run,
                proof,
            } => self.mint_many(*signer, *bank, *statement, *start, run, *proof),
            Op::Burn {
                signer,
                bank,
                purse,
                amount,
            } => self.burn(*signer, *bank, *purse, *amount),
            Op::Novate {
                giver,
                giver_operator,
                taker,
                taker_operator,
                amount,
            } => self.novate(*giver, *giver_operator, *taker, *taker_operator, *amount),
            other => unreachable!("{other:?} is applied elsewhere"),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn mint(
        &mut self,
        signer: Who,
        bank: BankId,
        id: StatementId,
        recipient: PurseId,
        block_of: Who,
        party: Party,
        claim: &Claim,
    ) -> Verdict {
        let mut facts = Facts::default();
        self.open_for_minting(&mut facts, bank, signer, claim.amount);
        facts.must(party != Party::Nobody, KzteError::EntryWithoutParty);
        if let Some(statement) = self.effective_statement(&mut facts, bank, id) {
            entry_is(&mut facts, statement, claim, true, party);
            credits_left(&mut facts, statement, claim.amount);
        }
        if let Some(purse) = facts.found_purse(self.purses.get(&recipient)) {
            let owner = purse.owner.map(Party::Wallet);
            facts.must(owner == Some(party), KzteError::WrongRecipient);
            facts.must_or_elsewhere(!purse.frozen, KzteError::TokenAccountFrozen);
        } else {
            // What does not exist is not the party's account either.
            facts.must(false, KzteError::WrongRecipient);
        }
        if let Party::Wallet(wallet) = party {
            self.not_blocked(&mut facts, wallet, block_of);
        }
        facts.verdict()?;
        self.book_mint(bank, id, &[(claim.index, recipient, claim.amount)]);
        Ok(())
    }

    /// A run is minted whole or not at all, and counts as its sum. The parties are the owners of the accounts.
    fn mint_many(
        &mut self,
        signer: Who,
        bank: BankId,
        id: StatementId,
        start: u32,
        run: &[RunItem],
        proof: Proof,
    ) -> Verdict {
        let mut facts = Facts::default();
        facts.must((1..=MAX_RUN).contains(&run.len()), KzteError::RunLength);
        let sum = run.iter().fold(0u64, |sum, item| sum.saturating_add(item.amount));
        self.open_for_minting(&mut facts, bank, signer, sum);
        let statement = self.effective_statement(&mut facts, bank, id);
        if let Some(statement) = statement {
            credits_left(&mut facts, statement, sum);
            let end = u64::from(start) + run.len() as u64;
            facts.must(end <= statement.entries.len() as u64, KzteError::RunLength);
            facts.must(end <= statement.entries.len() as u64, KzteError::EntryIndex);
        }
        let mut booked = Vec::new();
        for (place, item) in (0u32..).zip(run) {
            let index = start.wrapping_add(place);
            facts.must(item.amount > 0, KzteError::ZeroAmount);
            let Some(purse) = facts.found_purse(self.purses.get(&item.recipient)) else {
                continue;
            };
            facts.must_or_elsewhere(!purse.frozen, KzteError::TokenAccountFrozen);
            let party = purse.owner.map_or(Party::Nobody, Party::Wallet);
            match purse.owner {
                Some(owner) => self.not_blocked(&mut facts, owner, item.block_of),
                None => facts.must(false, KzteError::WrongAddress),
            }
            if let Some(statement) = statement {
                let claim = Claim {
                    index,
                    amount: item.amount,
                    reference: item.reference,
                    proof,
                };
                entry_is(&mut facts, statement, &claim, true, party);
            }
            booked.push((index, item.recipient, item.amount));
        }
        facts.verdict()?;
        self.book_mint(bank, id, &booked);
        Ok(())
    }

    /// The outer limits of minting (invariants 3 and 10): nothing of another bank is looked at.
    fn open_for_minting(&self, facts: &mut Facts, bank: BankId, signer: Who, amount: u64) {
        facts.must(!self.is_paused(MINT), KzteError::MintPaused);
        facts.must_or_elsewhere(!self.is_paused(TRANSFER), KzteError::TransferPaused);
        facts.must(amount > 0, KzteError::ZeroAmount);
        let Some(bank) = self.only_operator(facts, bank, signer) else {
            return;
        };
        facts.must(bank.status == Status::Active, KzteError::IssuerNotActive);
        facts.must(bank.overdue_count == 0, KzteError::RedemptionOverdue);
        facts.must(
            bank.is_fresh(self.now, self.config.max_statement_age),
            KzteError::StatementStale,
        );
        facts.must(
            bank.minted.checked_add(amount).is_some(),
            KzteError::AmountOverflow,
        );
        let outstanding = u128::from(bank.outstanding()) + u128::from(amount);
        facts.must(
            outstanding <= u128::from(bank.limits.quota),
            KzteError::QuotaExceeded,
        );
        facts.must(
            outstanding <= u128::from(bank.head.closing),
            KzteError::ReserveExceeded,
        );
        let (_, used) = self.window_after(bank, amount);
        facts.must(
            used <= u128::from(bank.limits.window_limit),
            KzteError::WindowExceeded,
        );
    }

    /// Start and use of the bank's window after minting `amount`. A window starts with its first mint, and the next one
    /// with the first mint after its length.
    fn window_after(&self, bank: &Bank, amount: u64) -> (i64, u128) {
        let over = self.now - bank.window_start >= bank.limits.window_seconds;
        let (start, used) = if over {
            (self.now, 0)
        } else {
            (bank.window_start, bank.window_used)
        };
        (start, u128::from(used) + u128::from(amount))
    }

    /// A statement of this bank that its attestors have carried.
    pub(super) fn effective_statement(
        &self,
        facts: &mut Facts,
        bank: BankId,
        id: StatementId,
    ) -> Option<&Statement> {
        facts.must(id.bank == bank, KzteError::WrongIssuer);
        let statement = facts.found(self.statements.get(&id))?;
        facts.must(statement.is_effective, KzteError::StatementNotEffective);
        Some(statement)
    }

    fn book_mint(&mut self, bank: BankId, id: StatementId, entries: &[(u32, PurseId, u64)]) {
        let sum = entries.iter().map(|(_, _, amount)| amount).sum();
        let (start, used) = self.window_after(&self.banks[&bank], sum);
        let state = self.bank_mut(bank);
        state.window_start = start;
        state.window_used = u64::try_from(used).expect("within the limit");
        state.minted += sum;
        let statement = self.statement_mut(id);
        statement.minted += sum;
        for (index, _, _) in entries {
            statement.consumed[*index as usize] = true;
        }
        for (_, recipient, amount) in entries {
            self.purse_mut(*recipient).amount += amount;
        }
        self.supply += sum;
    }

    /// A bank destroys tokens of its own stock. No pause, status or staleness matters (invariant 7).
    fn burn(&mut self, signer: Who, bank: BankId, purse: PurseId, amount: u64) -> Verdict {
        let mut facts = Facts::default();
        facts.must(amount > 0, KzteError::ZeroAmount);
        if let Some(bank) = self.only_operator(&mut facts, bank, signer) {
            facts.must(amount <= bank.outstanding(), KzteError::OutstandingExceeded);
            facts.must(
                bank.burned.checked_add(amount).is_some(),
                KzteError::AmountOverflow,
            );
        }
        if let Some(purse) = facts.found_purse(self.purses.get(&purse)) {
            facts.must(purse.owner == Some(signer), KzteError::WrongTokenOwner);
            facts.must_or_elsewhere(purse.amount >= amount, KzteError::InsufficientTokens);
            facts.must_or_elsewhere(!purse.frozen, KzteError::TokenAccountFrozen);
            // CPI Guard is the bank's own switch: it keeps every program from burning in the owner's name.
            facts.must(purse.cpi_guard != Some(true), Reason::Elsewhere);
            // So is being one's own delegate: Token-2022 then counts the allowance.
            let as_delegate = purse.delegate == Some(signer);
            facts.must(!as_delegate || amount <= purse.delegated, Reason::Elsewhere);
        }
        facts.verdict()?;
        self.bank_mut(bank).burned += amount;
        self.use_allowance(purse, Some(signer), amount);
        self.purse_mut(purse).amount -= amount;
        self.supply -= amount;
        Ok(())
    }

    /// Liability moves from bank to bank; tokens do not. No pause flag and no window matters.
    fn novate(
        &mut self,
        giver: BankId,
        giver_operator: Who,
        taker: BankId,
        taker_operator: Who,
        amount: u64,
    ) -> Verdict {
        let mut facts = Facts::default();
        facts.must(giver != taker, Reason::Elsewhere);
        facts.must(amount > 0, KzteError::ZeroAmount);
        if let Some(state) = self.only_operator(&mut facts, giver, giver_operator) {
            facts.must(state.status != Status::Closed, KzteError::IssuerClosed);
            facts.must(amount <= state.outstanding(), KzteError::OutstandingExceeded);
            facts.must(
                state.novated_out.checked_add(amount).is_some(),
                KzteError::AmountOverflow,
            );
        }
        if let Some(state) = self.only_operator(&mut facts, taker, taker_operator) {
            facts.must(state.status != Status::Closed, KzteError::IssuerClosed);
            facts.must(
                state.novated_in.checked_add(amount).is_some(),
                KzteError::AmountOverflow,
            );
            let after = u128::from(state.outstanding()) + u128::from(amount);
            facts.must(
                after <= u128::from(state.head.closing),
                KzteError::ReserveExceeded,
            );
            // What it needs to settle what it was asked for, a bank may always take over; more only in good standing.
            if after > u128::from(state.pending) {
                let good = state.status == Status::Active
                    && state.overdue_count == 0
                    && state.is_fresh(self.now, self.config.max_statement_age);
                facts.must(good, KzteError::TakeoverNotNeeded);
                facts.must(after <= u128::from(state.limits.quota), KzteError::QuotaExceeded);
            }
        }
        facts.verdict()?;
        self.bank_mut(giver).novated_out += amount;
        self.bank_mut(taker).novated_in += amount;
        Ok(())
    }
}

/// The claim is what the statement has at that place, its proof leads there, and nobody has used it yet
/// (invariant 4).
pub(super) fn entry_is(
    facts: &mut Facts,
    statement: &Statement,
    claim: &Claim,
    is_credit: bool,
    party: Party,
) {
    let place = claim.index as usize;
    let Some(entry) = statement.entries.get(place) else {
        facts.must(false, KzteError::EntryIndex);
        facts.must(false, KzteError::ProofInvalid);
        return;
    };
    let same = entry.is_credit == is_credit
        && entry.amount == claim.amount
        && entry.reference == claim.reference
        && entry.party == party;
    facts.must(same && claim.proof == Proof::Right, KzteError::ProofInvalid);
    facts.must(!statement.consumed[place], KzteError::EntryConsumed);
}

fn credits_left(facts: &mut Facts, statement: &Statement, amount: u64) {
    let minted = u128::from(statement.minted) + u128::from(amount);
    facts.must(
        minted <= u128::from(statement.figures.credit_total),
        KzteError::CreditTotalExceeded,
    );
}
