//! Freezing, blocking, admitting, and seizure orders (invariant 8).

use kzte_client::KzteError;

use super::{COMPLIANCE, COURT_OFFICER, ENFORCER, Facts, Model, Order, Reason, Status, Verdict};
use crate::{
    cast::{BankId, CaseId, PurseId, Who},
    op::Op,
};

impl Model {
    pub(super) fn apply_compliance(&mut self, op: &Op) -> Verdict {
        match op {
            Op::Freeze { signer, purse, banks } => self.set_frozen(*signer, *purse, true, banks),
            Op::Thaw { signer, purse } => self.set_frozen(*signer, *purse, false, &[]),
            Op::BlockWallet { signer, wallet } => {
                let mut facts = Facts::default();
                self.only(&mut facts, COMPLIANCE, *signer);
                facts.must(!self.blocked.contains(wallet), KzteError::WalletBlocked);
                facts.verdict()?;
                self.blocked.insert(*wallet);
                Ok(())
            }
            Op::UnblockWallet { signer, wallet } => {
                let mut facts = Facts::default();
                self.only(&mut facts, COMPLIANCE, *signer);
                facts.must_or_elsewhere(self.blocked.contains(wallet), KzteError::NothingToChange);
                facts.verdict()?;
                self.blocked.remove(wallet);
                Ok(())
            }
            Op::AdmitHolder {
                signer,
                bank,
                purse,
                block_of,
            } => self.admit(*signer, *bank, *purse, *block_of),
            Op::OpenOrder {
                signer,
                case,
                subject,
                destination,
                cap,
                expires_at,
                banks,
            } => self.open_order(*signer, *case, *subject, *destination, *cap, *expires_at, banks),
            Op::ExecuteOrder {
                signer,
                case,
                subject,
                destination,
                amount,
            } => self.execute_order(*signer, *case, *subject, *destination, *amount),
            Op::CloseOrder { signer, case } => {
                let mut facts = Facts::default();
                self.only(&mut facts, COURT_OFFICER, *signer);
                if let Some(order) = facts.found(self.orders.get(case)) {
                    facts.must(!order.is_closed, KzteError::OrderClosed);
                }
                facts.verdict()?;
                if let Some(order) = self.orders.get_mut(case) {
                    order.is_closed = true;
                }
                Ok(())
            }
            other => unreachable!("{other:?} is applied elsewhere"),
        }
    }

    fn set_frozen(&mut self, signer: Who, id: PurseId, frozen: bool, banks: &[BankId]) -> Verdict {
        let mut facts = Facts::default();
        self.only(&mut facts, COMPLIANCE, signer);
        if let Some(purse) = facts.found_purse(self.purses.get(&id)) {
            facts.must_or_elsewhere(purse.frozen != frozen, KzteError::NothingToChange);
        }
        if frozen {
            self.no_escrow(&mut facts, id, banks, KzteError::EscrowCannotFreeze);
        }
        facts.verdict()?;
        self.purse_mut(id).frozen = frozen;
        Ok(())
    }

    /// Escrows are promised to holders, and out of reach. An account that owns itself could be one: it passes only beside
    /// all banks, which show that it is none of theirs.
    fn no_escrow(&self, facts: &mut Facts, id: PurseId, banks: &[BankId], otherwise: KzteError) {
        if self.purses.get(&id).is_none_or(|purse| purse.owner.is_some()) {
            return;
        }
        facts.must(!matches!(id, PurseId::Escrow(_)), otherwise);
        let mut given = banks.to_vec();
        given.sort_unstable();
        facts.must(given.iter().eq(self.banks.keys()), KzteError::CheckedBanks);
    }

    /// Where accounts are born frozen, a bank lets a customer in. Only an empty account: it is then worth no more than a
    /// fresh one of the same wallet.
    fn admit(&mut self, signer: Who, bank: BankId, id: PurseId, block_of: Who) -> Verdict {
        let mut facts = Facts::default();
        facts.must(self.config.born_frozen, KzteError::NotBornFrozen);
        if let Some(bank) = self.only_operator(&mut facts, bank, signer) {
            facts.must(bank.status == Status::Active, KzteError::IssuerNotActive);
        }
        if let Some(purse) = facts.found_purse(self.purses.get(&id)) {
            facts.must(purse.amount == 0, KzteError::AccountNotEmpty);
            facts.must(purse.frozen, KzteError::NothingToChange);
            match purse.owner {
                Some(owner) => self.not_blocked(&mut facts, owner, block_of),
                None => facts.must(false, KzteError::WrongAddress),
            }
        }
        facts.verdict()?;
        self.purse_mut(id).frozen = false;
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn open_order(
        &mut self,
        signer: Who,
        case: CaseId,
        subject: PurseId,
        destination: PurseId,
        cap: u64,
        expires_at: i64,
        banks: &[BankId],
    ) -> Verdict {
        let mut facts = Facts::default();
        self.only(&mut facts, COURT_OFFICER, signer);
        // A case is opened once, for ever.
        facts.must(!self.orders.contains_key(&case), Reason::Elsewhere);
        facts.must(cap > 0, KzteError::ZeroAmount);
        facts.must(expires_at > self.now, KzteError::OrderExpiry);
        facts.must(subject != destination, KzteError::OrderDestination);
        for id in [subject, destination] {
            facts.found_purse(self.purses.get(&id));
            self.no_escrow(&mut facts, id, banks, KzteError::EscrowNotSeizable);
        }
        facts.verdict()?;
        let order = Order {
            subject,
            destination,
            cap,
            executed: 0,
            expires_at,
            opened_at: self.now,
            is_closed: false,
        };
        self.orders.insert(case, order);
        Ok(())
    }

    /// Frozen before, frozen after, on both sides; paused or not.
    fn execute_order(
        &mut self,
        signer: Who,
        case: CaseId,
        subject: PurseId,
        destination: PurseId,
        amount: u64,
    ) -> Verdict {
        let mut facts = Facts::default();
        self.only(&mut facts, ENFORCER, signer);
        facts.must(amount > 0, KzteError::ZeroAmount);
        if let Some(order) = facts.found(self.orders.get(&case)) {
            let named = order.subject == subject && order.destination == destination;
            facts.must_or_elsewhere(named, KzteError::WrongAddress);
            facts.must(!order.is_closed, KzteError::OrderClosed);
            facts.must(self.now < order.expires_at, KzteError::OrderExpired);
            let executed = u128::from(order.executed) + u128::from(amount);
            facts.must(executed <= u128::from(order.cap), KzteError::OrderCapExceeded);
        }
        facts.must(subject != destination, Reason::Elsewhere);
        if let Some(purse) = facts.found_purse(self.purses.get(&subject)) {
            facts.must_or_elsewhere(purse.amount >= amount, KzteError::InsufficientTokens);
        }
        if let Some(purse) = facts.found_purse(self.purses.get(&destination)) {
            facts.must(purse.memo_required != Some(true), Reason::Elsewhere);
        }
        facts.verdict()?;
        self.move_tokens(subject, destination, amount);
        if let Some(order) = self.orders.get_mut(&case) {
            order.executed += amount;
        }
        Ok(())
    }
}
