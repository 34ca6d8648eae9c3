//! Bank statements and the votes on them (invariants 4 and 5).

use kzte_client::KzteError;

use super::{Facts, Head, Model, Reason, Statement, Status, Verdict};
use crate::{
    cast::{BankId, StatementId, Who},
    op::{Digest, Entry, Figures, Op},
};

/// Most entries of a statement.
const MAX_ENTRIES: u32 = 65_536;

impl Model {
    pub(super) fn apply_to_statements(&mut self, op: &Op) -> Verdict {
        match op {
            Op::PostStatement {
                signer,
                bank,
                figures,
                entries,
                source,
            } => self.post(*signer, *bank, figures, entries, *source),
            Op::WithdrawStatement {
                signer,
                bank,
                statement,
                payer,
            } => {
                let mut facts = Facts::default();
                self.only_operator(&mut facts, *bank, *signer);
                facts.must(statement.bank == *bank, KzteError::WrongIssuer);
                if let Some(state) = facts.found(self.statements.get(statement)) {
                    facts.must(!state.is_effective, KzteError::StatementEffective);
                    facts.must(state.payer == *payer, KzteError::WrongRentReceiver);
                }
                facts.verdict()?;
                self.statements.remove(statement);
                Ok(())
            }
            Op::AttestStatement {
                signer,
                bank,
                statement,
                digest,
            } => self.attest(*signer, *bank, *statement, *digest),
            Op::CloseStatement {
                signer: _,
                bank,
                statement,
                payer,
            } => {
                let mut facts = Facts::default();
                facts.found(self.banks.get(bank));
                facts.must(statement.bank == *bank, KzteError::WrongIssuer);
                if let Some(state) = facts.found(self.statements.get(statement)) {
                    facts.must(state.is_effective, KzteError::StatementNotEffective);
                    facts.must(
                        state.consumed_count() == state.figures.actionable_count,
                        KzteError::StatementNotExhausted,
                    );
                    facts.must(state.payer == *payer, KzteError::WrongRentReceiver);
                }
                facts.verdict()?;
                self.statements.remove(statement);
                Ok(())
            }
            other => unreachable!("{other:?} is applied elsewhere"),
        }
    }

    fn post(
        &mut self,
        signer: Who,
        bank: BankId,
        figures: &Figures,
        entries: &[Entry],
        source: u64,
    ) -> Verdict {
        let mut facts = Facts::default();
        let id = StatementId {
            bank,
            number: figures.number,
        };
        facts.must(!self.statements.contains_key(&id), Reason::Elsewhere);
        if let Some(state) = self.only_operator(&mut facts, bank, signer) {
            let head = &state.head;
            facts.must(state.status != Status::Closed, KzteError::IssuerClosed);
            facts.must(figures.number == head.number + 1, KzteError::StatementNumber);
            facts.must(figures.opening == head.closing, KzteError::OpeningBalance);
            let closing = figures.opening.checked_add(figures.credit_total);
            let closing = closing.and_then(|sum| sum.checked_sub(figures.debit_total));
            facts.must(closing == Some(figures.closing), KzteError::ClosingBalance);
            // Before the first one the head stands at the beginning of Unix time.
            facts.must(figures.as_of > head.as_of, KzteError::StatementNotLater);
            facts.must(figures.as_of <= self.now, KzteError::StatementInFuture);
        }
        facts.must_or_elsewhere(figures.entry_count <= MAX_ENTRIES, KzteError::TooManyEntries);
        facts.must(
            figures.actionable_count <= figures.entry_count,
            KzteError::EntryCount,
        );
        let moves = figures.credit_total != 0 || figures.debit_total != 0;
        facts.must(!moves || figures.entry_count > 0, KzteError::EntryCount);
        facts.verdict()?;
        // Of a statement that claims to have no entries none can be proven.
        let entries = if figures.entry_count == 0 { &[] } else { entries };
        let statement = Statement {
            figures: *figures,
            entries: entries.to_vec(),
            consumed: vec![false; entries.len()],
            source,
            payer: signer,
            is_effective: false,
            set_version: self.config.set_version,
            votes: 0,
            minted: 0,
            settled: 0,
        };
        self.statements.insert(id, statement);
        Ok(())
    }

    fn attest(&mut self, signer: Who, bank: BankId, id: StatementId, digest: Digest) -> Verdict {
        let mut facts = Facts::default();
        let seat = self.config.attestors.iter().position(|who| *who == signer);
        facts.must(seat.is_some(), KzteError::NotAttestor);
        facts.must(id.bank == bank, KzteError::WrongIssuer);
        facts.must(digest == Digest::Right, KzteError::DigestMismatch);
        if let Some(state) = facts.found(self.banks.get(&bank)) {
            facts.must(state.status != Status::Closed, KzteError::IssuerClosed);
            facts.must(
                state.admin != signer && state.operator != signer,
                KzteError::RoleConflict,
            );
        }
        let vote = 1u8 << seat.unwrap_or_default();
        // Votes of another set never count.
        let today = self.config.set_version;
        if let Some(state) = facts.found(self.statements.get(&id)) {
            facts.must(!state.is_effective, KzteError::StatementEffective);
            let voted = state.set_version == today && state.votes & vote != 0;
            facts.must(!voted, KzteError::AlreadyAttested);
        }
        facts.verdict()?;

        let (threshold, mandatory) = (self.config.threshold, self.config.mandatory);
        let state = self.statement_mut(id);
        let before = if state.set_version == today {
            state.votes
        } else {
            0
        };
        state.set_version = today;
        state.votes = before | vote;
        let carried =
            state.votes.count_ones() >= u32::from(threshold) && state.votes & mandatory == mandatory;
        if carried {
            state.is_effective = true;
            let Figures {
                number,
                closing,
                as_of,
                ..
            } = state.figures;
            self.bank_mut(bank).head = Head {
                number,
                closing,
                as_of,
            };
        }
        Ok(())
    }
}
