//! What makes an operation wrong in one respect: another signer, another account, one tiyn more, a used entry, an old
//! digest. Some of what comes out is right all the same; the model knows.

use super::{
    Actions,
    choices::{beside, claim, holder},
};
use crate::{
    cast::{BANKS, BankId, HOLDERS, PurseId, RedemptionId, StatementId, Who},
    model::{ENFORCER, Model},
    op::{Claim, Digest, Figures, Limits, Op, Party, Proof},
};

impl Actions {
    pub(super) fn bend(&mut self, mut op: Op, model: &Model) -> Op {
        match &mut op {
            Op::Wait(_) | Op::AgeConfig | Op::Initialize { .. } | Op::Forge { .. } | Op::OpenPurse(_) => {}
            Op::SetAttestors {
                signer,
                attestors,
                threshold,
                mandatory,
            } => match self.rng.below(8) {
                0 => *signer = self.wrong(model),
                1 => *threshold = 0,
                2 => *threshold = u8::try_from(attestors.len()).expect("a few seats") + 1,
                3 => *mandatory = 0,
                4 => *mandatory |= 1 << attestors.len().min(7),
                5 => attestors.push(attestors[0]),
                6 => attestors[0] = holder(model, ENFORCER),
                _ if self.rng.chance(50) => attestors.clear(),
                _ => *attestors = (0..9).map(|number| Who(30 + number)).collect(),
            },
            Op::RegisterIssuer {
                signer,
                bank,
                admin,
                operator,
                limits,
            } => match self.rng.below(6) {
                0 => *signer = self.wrong(model),
                1 => *bank = BankId(0),
                2 => *admin = *operator,
                3 => *admin = self.role_holder(model),
                4 => *operator = self.role_holder(model),
                _ => limits.window_seconds = self.rng.one(&[0, -1]),
            },
            Op::ConfigureIssuer { signer, bank, limits } => match self.rng.below(4) {
                0 => *signer = self.wrong(model),
                1 => limits.window_seconds = self.rng.one(&[0, -1, i64::MIN]),
                2 => *bank = self.any_bank(),
                _ => {
                    *limits = Limits {
                        quota: 0,
                        window_limit: 0,
                        window_seconds: 1,
                    }
                }
            },
            Op::SetPolicy {
                signer,
                max_statement_age,
                redemption_sla,
            } => match self.rng.below(3) {
                0 => *signer = self.wrong(model),
                1 => *max_statement_age = self.rng.one(&[0, -1, 2_678_401, i64::MAX, i64::MIN]),
                _ => *redemption_sla = self.rng.one(&[0, -1, 2_678_401, i64::MAX, i64::MIN]),
            },
            Op::SetIssuerStatus { signer, bank, status } => match self.rng.below(4) {
                0 | 1 => *signer = self.wrong(model),
                2 => *status = self.rng.one(&[4, 5, 255]),
                // Only into what is no way there: a random wind-down would leave no bank to test with.
                _ => {
                    *bank = self.any_bank();
                    *status = self.rng.one(&[0, 3]);
                }
            },
            Op::NominateRole {
                signer,
                role,
                nominee,
            } => match self.rng.below(4) {
                0 => *signer = self.wrong(model),
                1 => *role = self.rng.one(&[6, 7, 8, 255]),
                2 => *nominee = None,
                _ => *nominee = Some(self.role_holder(model)),
            },
            Op::AcceptRole { signer, role } => match self.rng.below(3) {
                0 => *signer = self.wrong(model),
                1 => *role = self.rng.one(&[0, 1, 2, 3, 4, 5]),
                _ => *role = self.rng.one(&[6, 7, 255]),
            },
            Op::CancelNomination { signer, role } => match self.rng.below(3) {
                0 => *signer = self.wrong(model),
                1 => *role = self.rng.one(&[0, 1, 2, 3, 4, 5]),
                _ => *role = self.rng.one(&[6, 7, 255]),
            },
            Op::NominateIssuerRole {
                signer,
                bank,
                role,
                nominee,
            } => match self.rng.below(6) {
                0 => *signer = self.wrong(model),
                1 => *role = self.rng.one(&[0, 5, 8, 255]),
                2 => *nominee = None,
                3 => *nominee = Some(self.role_holder(model)),
                4 => {
                    if let Some(state) = model.banks.get(bank) {
                        *nominee = Some(self.rng.one(&[state.admin, state.operator]));
                        *signer = self.rng.one(&[state.admin, state.operator]);
                    }
                }
                _ => *bank = self.any_bank(),
            },
            Op::AcceptIssuerRole { signer, bank, role } => match self.rng.below(3) {
                0 => *signer = self.wrong(model),
                1 => *role = self.rng.one(&[0, 6, 7, 8]),
                _ => *bank = self.any_bank(),
            },
            Op::CancelIssuerNomination { signer, bank, role } => match self.rng.below(3) {
                0 => *signer = self.wrong(model),
                1 => *role = self.rng.one(&[0, 6, 7, 8]),
                _ => *bank = self.any_bank(),
            },
            Op::SetDefaultAccountState { signer, frozen } => match self.rng.below(2) {
                0 => *signer = self.wrong(model),
                _ => *frozen = model.config.born_frozen,
            },
            Op::UpdateMetadata { signer, field, value } => match self.rng.below(4) {
                0 => *signer = self.wrong(model),
                1 => *field = self.rng.one(&[2, 3, 255]),
                2 => value.clear(),
                _ => *value = "x".repeat(201),
            },
            Op::MigrateConfig { signer, .. } | Op::CloseOrder { signer, .. } => *signer = self.wrong(model),
            Op::Pause { signer, flags } | Op::Resume { signer, flags } => match self.rng.below(3) {
                0 => *signer = self.wrong(model),
                1 => *flags = 0,
                _ => *flags = self.rng.one(&[8, 9, 15, 128, 255]),
            },

            Op::PostStatement {
                signer,
                bank,
                figures,
                ..
            } => match self.rng.below(8) {
                0 => *signer = self.wrong(model),
                1 => *bank = self.any_bank(),
                _ => self.bend_figures(figures, model, *bank),
            },
            Op::WithdrawStatement {
                signer,
                bank,
                statement,
                payer,
            } => match self.rng.below(4) {
                0 => *signer = self.wrong(model),
                1 => self.other_bank(model, bank, signer),
                2 => {
                    *statement = self.any_statement(model, *statement);
                    if let Some(other) = model.statements.get(statement) {
                        *payer = other.payer;
                    }
                }
                _ => *payer = self.anyone(),
            },
            Op::AttestStatement {
                signer,
                bank,
                statement,
                digest,
            } => match self.rng.below(8) {
                0 => *signer = self.anyone(),
                1 => *bank = self.any_bank(),
                2 => *statement = self.any_statement(model, *statement),
                3 => *digest = Digest::Bent,
                4 => *digest = Digest::OldSet,
                5 => *digest = Digest::Withdrawn,
                6 => *signer = self.rng.pick(&model.config.attestors).unwrap_or(*signer),
                _ => {
                    if let Some(state) = model.banks.get(bank) {
                        *signer = self.rng.one(&[state.admin, state.operator]);
                    }
                }
            },
            Op::CloseStatement {
                bank,
                statement,
                payer,
                ..
            } => match self.rng.below(3) {
                0 => *bank = self.any_bank(),
                1 => *statement = self.any_statement(model, *statement),
                _ => *payer = self.anyone(),
            },

            Op::Mint {
                signer,
                bank,
                statement,
                recipient,
                block_of,
                party,
                claim,
            } => match self.rng.below(15) {
                0 => *signer = self.wrong(model),
                1 => self.other_bank(model, bank, signer),
                2 => *statement = self.any_statement(model, *statement),
                3 => *recipient = self.any_purse(model),
                4 => *block_of = self.anyone(),
                5 => *party = Party::Nobody,
                // Somebody else's deposit to oneself: by the account alone, or by the party as well.
                6 | 7 => {
                    let thief = self.rng.one(&HOLDERS);
                    *recipient = self.purse_of(model, thief).unwrap_or(*recipient);
                    *block_of = thief;
                    if self.rng.chance(50) {
                        *party = Party::Wallet(thief);
                    }
                }
                8..=11 => {
                    self.another_entry(model, *statement, claim, party);
                    if let Party::Wallet(wallet) = *party {
                        *recipient = self.purse_of(model, wallet).unwrap_or(*recipient);
                        *block_of = wallet;
                    }
                }
                _ => self.bend_claim(claim),
            },
            Op::MintMany {
                signer,
                bank,
                statement,
                start,
                run,
                proof,
            } => match self.rng.below(10) {
                0 => *signer = self.wrong(model),
                1 => self.other_bank(model, bank, signer),
                2 => *statement = self.any_statement(model, *statement),
                3 => *start = start.wrapping_add(self.rng.one(&[1, 2, u32::MAX])),
                4 => *proof = Proof::Bent,
                5 => run.clear(),
                6 => run.push(run[0]),
                place => {
                    let index = self.rng.below(run.len() as u64) as usize;
                    let item = &mut run[index];
                    match place {
                        7 => item.recipient = self.any_purse(model),
                        8 => item.block_of = self.anyone(),
                        _ if self.rng.chance(50) => item.amount = self.near(item.amount),
                        _ => item.reference += 1,
                    }
                }
            },
            Op::Burn {
                signer,
                bank,
                purse,
                amount,
            } => match self.rng.below(7) {
                // Somebody who burns his own tokens in a bank's name.
                0 | 6 => {
                    *signer = self.rng.one(&HOLDERS);
                    *purse = self.purse_of(model, *signer).unwrap_or(*purse);
                    *amount = 1;
                }
                1 => *bank = self.any_bank(),
                2 => *purse = self.any_purse(model),
                3 => *amount = model.purses.get(purse).map_or(1, |purse| purse.amount + 1),
                4 => *amount = model.banks.get(bank).map_or(1, |bank| bank.outstanding() + 1),
                _ => *amount = self.rng.one(&[0, u64::MAX]),
            },

            Op::RequestRedemption {
                signer,
                bank,
                purse,
                nonce,
                amount,
                block_of,
                escrow,
            } => match self.rng.below(7) {
                0 => {
                    *signer = self.anyone();
                    *block_of = *signer;
                }
                1 => {
                    *bank = self.any_bank();
                    *escrow = *bank;
                }
                2 => *purse = self.any_purse(model),
                3 => *nonce = self.rng.below(3),
                4 => *amount = self.rng.one(&[0, *amount + 1, u64::MAX]),
                5 => *block_of = self.anyone(),
                _ => *escrow = self.any_bank(),
            },
            Op::SettleRedemption {
                signer,
                bank,
                statement,
                redemption,
                owner,
                claim,
            } => match self.rng.below(11) {
                0 => *signer = self.wrong(model),
                1 => self.other_bank(model, bank, signer),
                2 => *statement = self.any_statement(model, *statement),
                3 => {
                    *redemption = self.any_redemption(model, *redemption);
                    *owner = redemption.owner;
                }
                4 => *owner = self.anyone(),
                5..=8 => self.another_entry(model, *statement, claim, &mut Party::Redemption(*redemption)),
                _ => self.bend_claim(claim),
            },
            Op::RejectRedemption {
                signer,
                bank,
                redemption,
                owner,
                destination,
                block_of,
            } => match self.rng.below(6) {
                0 => *signer = self.wrong(model),
                1 => self.other_bank(model, bank, signer),
                2 => *redemption = self.any_redemption(model, *redemption),
                // To somebody else altogether.
                3 => {
                    *owner = self.rng.one(&HOLDERS);
                    *destination = self.purse_of(model, *owner).unwrap_or(*destination);
                    *block_of = *owner;
                }
                4 => *block_of = self.anyone(),
                _ => *destination = self.any_purse(model),
            },
            Op::CancelRedemption {
                signer,
                bank,
                redemption,
                destination,
                block_of,
            } => match self.rng.below(5) {
                0 => {
                    *signer = self.rng.one(&HOLDERS);
                    *destination = self.purse_of(model, *signer).unwrap_or(*destination);
                    *block_of = *signer;
                }
                1 => *bank = self.any_bank(),
                2 => *redemption = self.any_redemption(model, *redemption),
                3 => *block_of = self.anyone(),
                _ => *destination = self.any_purse(model),
            },
            Op::FlagOverdue { bank, redemption, .. } => match self.rng.below(2) {
                0 => *bank = self.any_bank(),
                _ => *redemption = self.any_redemption(model, *redemption),
            },
            Op::Novate {
                giver,
                giver_operator,
                taker,
                taker_operator,
                amount,
            } => match self.rng.below(7) {
                0 => *giver_operator = self.wrong(model),
                1 => *taker_operator = self.wrong(model),
                2 => {
                    *taker = *giver;
                    *taker_operator = *giver_operator;
                }
                3 => std::mem::swap(giver_operator, taker_operator),
                4 => *amount = self.rng.one(&[0, u64::MAX]),
                5 => *amount = self.near(*amount),
                _ => *amount = model.banks.get(giver).map_or(1, |bank| bank.outstanding() + 1),
            },

            Op::Freeze { signer, purse, banks } => match self.rng.below(4) {
                0 => *signer = self.wrong(model),
                1 => {
                    *purse = PurseId::Escrow(self.any_bank());
                    *banks = self.some_banks(model);
                }
                2 => {
                    *purse = self.self_owned(model).unwrap_or(*purse);
                    *banks = self.some_banks(model);
                }
                _ => {
                    *purse = self.any_purse(model);
                    *banks = beside(model, *purse);
                }
            },
            Op::Thaw { signer, purse } => match self.rng.below(3) {
                0 => *signer = self.wrong(model),
                1 => *purse = PurseId::Escrow(self.any_bank()),
                _ => *purse = self.any_purse(model),
            },
            Op::BlockWallet { signer, wallet } => match self.rng.below(2) {
                0 => *signer = self.wrong(model),
                _ => *wallet = model.blocked.first().copied().unwrap_or(*wallet),
            },
            Op::UnblockWallet { signer, wallet } => match self.rng.below(2) {
                0 => *signer = self.wrong(model),
                _ => *wallet = self.anyone(),
            },
            Op::AdmitHolder {
                signer,
                bank,
                purse,
                block_of,
            } => match self.rng.below(4) {
                0 => *signer = self.wrong(model),
                1 => *bank = self.any_bank(),
                2 => {
                    let other = self.purse_with(model, |purse| purse.owner.is_some());
                    *purse = other.unwrap_or(*purse);
                }
                _ => *block_of = self.anyone(),
            },
            Op::OpenOrder {
                signer,
                case,
                subject,
                destination,
                cap,
                expires_at,
                banks,
            } => match self.rng.below(9) {
                0 => *signer = self.wrong(model),
                1 => *case = model.orders.keys().next().copied().unwrap_or(*case),
                2 => {
                    *subject = PurseId::Escrow(self.any_bank());
                    *banks = self.some_banks(model);
                }
                3 => {
                    *destination = PurseId::Escrow(self.any_bank());
                    *banks = self.some_banks(model);
                }
                7 => {
                    *subject = self.self_owned(model).unwrap_or(*subject);
                    *banks = self.some_banks(model);
                }
                4 => *destination = *subject,
                5 => *cap = 0,
                6 => *expires_at = self.rng.one(&[model.now, model.now - 1, 0, i64::MIN]),
                _ => *subject = PurseId::Of(Who(24), 0),
            },
            Op::ExecuteOrder {
                signer,
                subject,
                destination,
                amount,
                ..
            } => match self.rng.below(5) {
                0 => *signer = self.wrong(model),
                1 => *subject = self.any_purse(model),
                2 => *destination = self.any_purse(model),
                3 => *amount = self.rng.one(&[0, u64::MAX]),
                _ => *amount = self.near(*amount),
            },
            Op::CheckInvariants { banks, .. } => match self.rng.below(3) {
                0 => banks.push(BankId(BANKS - 1)),
                _ => banks.extend(banks.first().copied()),
            },

            Op::Transfer {
                signer,
                from,
                to,
                amount,
            } => match self.rng.below(5) {
                0 => *signer = Some(self.anyone()),
                1 => {
                    *from = self.any_purse(model);
                    *signer = Some(self.anyone());
                }
                2 => *to = *from,
                3 => *amount = 0,
                _ => *amount = self.rng.one(&[amount.saturating_add(1), u64::MAX]),
            },
            Op::BurnDirectly {
                signer,
                purse,
                amount,
            }
            | Op::Approve {
                signer,
                purse,
                amount,
                ..
            } => match self.rng.below(4) {
                0 => *signer = self.anyone(),
                1 => *purse = self.any_purse(model),
                2 => *amount = 0,
                _ => *amount = self.rng.one(&[amount.saturating_add(1), u64::MAX]),
            },
            Op::ClosePurse { signer, purse }
            | Op::CpiGuard { signer, purse, .. }
            | Op::MemoTransfer { signer, purse, .. } => match self.rng.below(2) {
                0 => *signer = self.anyone(),
                _ => *purse = self.any_purse(model),
            },
            Op::GiveAway { signer, purse, .. } => {
                *signer = Some(self.anyone());
                *purse = self.any_purse(model);
            }
        }
        op
    }

    fn bend_figures(&mut self, figures: &mut Figures, model: &Model, bank: BankId) {
        match self.rng.below(11) {
            0 => figures.number = self.near(figures.number),
            // Consistent in itself, but not with the last one.
            1 => {
                let up = figures.opening == 0 || figures.closing == 0 || self.rng.chance(50);
                for balance in [&mut figures.opening, &mut figures.closing] {
                    *balance = if up { *balance + 1 } else { *balance - 1 };
                }
            }
            2 => figures.closing = self.near(figures.closing),
            3 => figures.credit_total = self.near(figures.credit_total),
            4 => figures.as_of = model.now + 1,
            5 => figures.as_of = model.now - 30 * super::DAY,
            // The very second of the last one.
            9 | 10 => figures.as_of = model.banks.get(&bank).map_or(0, |bank| bank.head.as_of),
            6 => figures.actionable_count = figures.entry_count + 1,
            7 => figures.entry_count = 65_537,
            _ => figures.entry_count = 0,
        }
    }

    /// Another entry of the same statement, told as it is: used, without a party, of the other kind, or as good.
    fn another_entry(&mut self, model: &Model, statement: StatementId, told: &mut Claim, party: &mut Party) {
        let Some(state) = model.statements.get(&statement) else {
            return;
        };
        let used: Vec<u32> = (0u32..)
            .zip(&state.consumed)
            .filter(|(_, consumed)| **consumed)
            .map(|(index, _)| index)
            .collect();
        let any = u32::try_from(self.rng.below(state.entries.len() as u64)).expect("a few entries");
        let index = match self.rng.pick(&used) {
            Some(index) if self.rng.chance(60) => index,
            _ => any,
        };
        if let Some(entry) = state.entries.get(index as usize) {
            *told = claim(index, entry);
            *party = entry.party;
        }
    }

    fn bend_claim(&mut self, claim: &mut Claim) {
        match self.rng.below(4) {
            0 => claim.amount = self.near(claim.amount),
            1 => claim.index = claim.index.wrapping_add(self.rng.one(&[1, u32::MAX, 1_000])),
            2 => claim.reference += 1,
            _ => claim.proof = Proof::Bent,
        }
    }

    // ── wrong choices ───────────────────────────────────────────────────────────────────────

    /// Somebody else: often one with another role.
    fn wrong(&mut self, model: &Model) -> Who {
        if self.rng.chance(60) {
            self.role_holder(model)
        } else {
            self.anyone()
        }
    }

    fn role_holder(&mut self, model: &Model) -> Who {
        let mut all = model.config.roles.to_vec();
        all.extend(&model.config.attestors);
        all.extend(model.banks.values().flat_map(|bank| [bank.admin, bank.operator]));
        self.rng.one(&all)
    }

    /// All banks, all but one, none, or one twice.
    fn some_banks(&mut self, model: &Model) -> Vec<BankId> {
        let mut banks: Vec<BankId> = model.banks.keys().copied().collect();
        match self.rng.below(6) {
            0 => banks.clear(),
            1 => banks.truncate(banks.len() - 1),
            2 => banks.extend(banks.first().copied()),
            _ => {}
        }
        banks
    }

    fn any_bank(&mut self) -> BankId {
        BankId(u8::try_from(self.rng.below(u64::from(BANKS))).expect("a few banks"))
    }

    /// Another bank with its own operator, so that only the account is wrong.
    fn other_bank(&mut self, model: &Model, bank: &mut BankId, signer: &mut Who) {
        *bank = self.any_bank();
        if let Some(state) = model.banks.get(bank) {
            *signer = state.operator;
        }
    }

    /// Another statement: of the same bank or of another one, posted, effective, closed, or never seen.
    fn any_statement(&mut self, model: &Model, instead_of: StatementId) -> StatementId {
        if self.rng.chance(40) {
            let number = self.rng.one(&[
                instead_of.number.saturating_sub(1),
                instead_of.number + 1,
                instead_of.number + 2,
                1,
            ]);
            return StatementId { number, ..instead_of };
        }
        let ids: Vec<StatementId> = model.statements.keys().copied().collect();
        self.rng.pick(&ids).unwrap_or(instead_of)
    }

    fn any_redemption(&mut self, model: &Model, instead_of: RedemptionId) -> RedemptionId {
        let found = self.redemption(model, |_| true);
        match found {
            Some(id) if self.rng.chance(70) => id,
            _ => RedemptionId {
                nonce: instead_of.nonce + 1,
                ..instead_of
            },
        }
    }

    fn any_purse(&mut self, model: &Model) -> PurseId {
        if self.rng.chance(10) {
            return PurseId::Of(self.anyone(), 1);
        }
        self.purse_with(model, |_| true)
            .unwrap_or(PurseId::Escrow(BankId(0)))
    }

    /// One tiyn beside it.
    fn near(&mut self, amount: u64) -> u64 {
        if self.rng.chance(50) {
            amount.wrapping_add(1)
        } else {
            amount.saturating_sub(1)
        }
    }
}
