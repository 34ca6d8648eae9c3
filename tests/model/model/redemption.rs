//! The life of a redemption (invariants 6 and 7): once it is open, nothing but its own terms decides how it ends.

use kzte_client::KzteError;

use super::{Facts, Model, REDEMPTION_REQUEST, Reason, Redemption, Status, TRANSFER, Verdict};
use crate::{
    cast::{BankId, PurseId, RedemptionId, StatementId, Who},
    op::{Claim, Op, Party},
};

impl Model {
    pub(super) fn apply_to_redemptions(&mut self, op: &Op) -> Verdict {
        match op {
            Op::RequestRedemption {
                signer,
                bank,
                purse,
                nonce,
                amount,
                block_of,
                escrow,
            } => {
                let id = RedemptionId {
                    bank: *bank,
                    owner: *signer,
                    nonce: *nonce,
                };
                self.request(id, *purse, *amount, *block_of, *escrow)
            }
            Op::SettleRedemption {
                signer,
                bank,
                statement,
                redemption,
                owner,
                claim,
            } => self.settle(*signer, *bank, *statement, *redemption, *owner, claim),
            Op::RejectRedemption {
                signer,
                bank,
                redemption,
                owner,
                destination,
                block_of,
            } => {
                let mut facts = Facts::default();
                self.only_operator(&mut facts, *bank, *signer);
                self.gives_back(&mut facts, *bank, *redemption, *owner, *destination, *block_of);
                facts.verdict()?;
                self.give_back(*redemption, *destination);
                Ok(())
            }
            Op::CancelRedemption {
                signer,
                bank,
                redemption,
                destination,
                block_of,
            } => {
                let mut facts = Facts::default();
                facts.found(self.banks.get(bank));
                self.gives_back(&mut facts, *bank, *redemption, *signer, *destination, *block_of);
                if let Some(state) = self.redemptions.get(redemption) {
                    // One statement age after the term: a payout of its last second has come in by then (ADR 0006).
                    let from = state.due_at + self.config.max_statement_age;
                    facts.must(self.now >= from, KzteError::RedemptionNotDue);
                }
                facts.verdict()?;
                self.give_back(*redemption, *destination);
                Ok(())
            }
            Op::FlagOverdue {
                signer: _,
                bank,
                redemption,
            } => {
                let mut facts = Facts::default();
                facts.found(self.banks.get(bank));
                facts.must(redemption.bank == *bank, KzteError::WrongIssuer);
                if let Some(state) = facts.found(self.redemptions.get(redemption)) {
                    facts.must(self.now > state.due_at, KzteError::RedemptionNotOverdue);
                    facts.must(!state.is_overdue, KzteError::NothingToChange);
                }
                facts.verdict()?;
                if let Some(state) = self.redemptions.get_mut(redemption) {
                    state.is_overdue = true;
                }
                self.bank_mut(*bank).overdue_count += 1;
                Ok(())
            }
            other => unreachable!("{other:?} is applied elsewhere"),
        }
    }

    fn request(
        &mut self,
        id: RedemptionId,
        purse: PurseId,
        amount: u64,
        block_of: Who,
        escrow: BankId,
    ) -> Verdict {
        let mut facts = Facts::default();
        facts.must(
            !self.is_paused(REDEMPTION_REQUEST),
            KzteError::RedemptionRequestPaused,
        );
        facts.must_or_elsewhere(!self.is_paused(TRANSFER), KzteError::TransferPaused);
        facts.must(amount > 0, KzteError::ZeroAmount);
        facts.must(!self.redemptions.contains_key(&id), Reason::Elsewhere);
        facts.must_or_elsewhere(escrow == id.bank, KzteError::WrongAddress);
        self.not_blocked(&mut facts, id.owner, block_of);
        // A suspended bank, or one that winds down, must take requests: that is how its tokens come back.
        if let Some(bank) = facts.found(self.banks.get(&id.bank)) {
            facts.must(bank.status != Status::Closed, KzteError::IssuerClosed);
            facts.must(
                bank.pending.checked_add(amount).is_some(),
                KzteError::AmountOverflow,
            );
        }
        // One account cannot be both ends of the move.
        facts.must(purse != PurseId::Escrow(escrow), Reason::Elsewhere);
        if let Some(purse) = facts.found_purse(self.purses.get(&purse)) {
            facts.must(purse.owner == Some(id.owner), KzteError::WrongTokenOwner);
            facts.must_or_elsewhere(purse.amount >= amount, KzteError::InsufficientTokens);
            facts.must_or_elsewhere(!purse.frozen, KzteError::TokenAccountFrozen);
        }
        facts.verdict()?;
        self.move_tokens(purse, PurseId::Escrow(id.bank), amount);
        let bank = self.bank_mut(id.bank);
        bank.pending += amount;
        bank.pending_count += 1;
        let redemption = Redemption {
            amount,
            is_overdue: false,
            requested_at: self.now,
            due_at: self.now + self.config.redemption_sla,
        };
        self.redemptions.insert(id, redemption);
        Ok(())
    }

    /// A debit entry paid this redemption out: its tokens are burned.
    fn settle(
        &mut self,
        signer: Who,
        bank: BankId,
        statement: StatementId,
        id: RedemptionId,
        owner: Who,
        claim: &Claim,
    ) -> Verdict {
        let mut facts = Facts::default();
        let state = self.only_operator(&mut facts, bank, signer);
        self.open_redemption(&mut facts, bank, id, owner);
        if let (Some(state), Some(redemption)) = (state, self.redemptions.get(&id)) {
            facts.must(claim.amount == redemption.amount, KzteError::AmountMismatch);
            for amount in [claim.amount, redemption.amount] {
                facts.must(amount <= state.outstanding(), KzteError::OutstandingExceeded);
            }
        }
        if let Some(statement) = self.effective_statement(&mut facts, bank, statement) {
            super::money::entry_is(&mut facts, statement, claim, false, Party::Redemption(id));
            let settled = u128::from(statement.settled) + u128::from(claim.amount);
            facts.must(
                settled <= u128::from(statement.figures.debit_total),
                KzteError::DebitTotalExceeded,
            );
        }
        facts.verdict()?;
        let statement = self.statement_mut(statement);
        statement.settled += claim.amount;
        statement.consumed[claim.index as usize] = true;
        self.bank_mut(bank).burned += claim.amount;
        self.purse_mut(PurseId::Escrow(bank)).amount -= claim.amount;
        self.supply -= claim.amount;
        self.end(id);
        Ok(())
    }

    /// An open redemption of this bank, and the wallet that is its owner's.
    fn open_redemption(&self, facts: &mut Facts, bank: BankId, id: RedemptionId, owner: Who) {
        facts.must(id.bank == bank, KzteError::WrongIssuer);
        facts.must(id.owner == owner, KzteError::WrongOwner);
        facts.found(self.redemptions.get(&id));
    }

    /// The tokens can go back to `destination`: frozen or not, paused or not.
    fn gives_back(
        &self,
        facts: &mut Facts,
        bank: BankId,
        id: RedemptionId,
        owner: Who,
        destination: PurseId,
        block_of: Who,
    ) {
        self.open_redemption(facts, bank, id, owner);
        facts.must(block_of == owner, KzteError::WrongAddress);
        facts.must(destination != PurseId::Escrow(bank), Reason::Elsewhere);
        if let Some(purse) = facts.found_purse(self.purses.get(&destination)) {
            facts.must(purse.owner == Some(owner), KzteError::WrongTokenOwner);
            // The owner asked Token-2022 to refuse what comes without a memo; any other account of his will do.
            facts.must(purse.memo_required != Some(true), Reason::Elsewhere);
        }
    }

    fn give_back(&mut self, id: RedemptionId, destination: PurseId) {
        let amount = self.redemptions[&id].amount;
        self.move_tokens(PurseId::Escrow(id.bank), destination, amount);
        // What comes back to a blocked wallet stays within the desk's reach.
        if self.blocked.contains(&id.owner) {
            self.purse_mut(destination).frozen = true;
        }
        self.end(id);
    }

    fn end(&mut self, id: RedemptionId) {
        let redemption = self.redemptions.remove(&id).expect("looked up before");
        let bank = self.bank_mut(id.bank);
        bank.pending -= redemption.amount;
        bank.pending_count -= 1;
        bank.overdue_count -= u32::from(redemption.is_overdue);
    }
}
