//! Operations as instructions: every account where the operation says, right or wrong.

use kzte_client::{
    Address, Bic, Chain, Instruction, Keypair, PROGRAM_ID, SYSTEM_PROGRAM_ID, Signer, TOKEN_PROGRAM_ID,
    decode,
    instruction::{
        self, GiveBack, IssuerLimits, MetadataField, MintSource, Novation, OrderTerms, Recipient,
        RedemptionRequest, Registration,
    },
    reserve::StatementFile,
    state::{IssuerRole, Role},
};
use kzte_harness::key::hash_of;
use kzte_ledger::{Entry as LedgerEntry, EntryKind, Totals};
use spl_token_2022_interface::{
    extension::{ExtensionType, default_account_state, memo_transfer, pausable},
    instruction as token,
    state::AccountState,
};

use super::Stage;
use crate::{
    cast::{BankId, CaseId, PurseId, RedemptionId, SPONSOR, StatementId, Who},
    op::{Digest, Entry, Figures, Forgery, Limits, Op, Party, Proof},
};

/// Length of a token account of this mint, bytes, and the lamports that keep it.
const PURSE_SPACE: u64 = 170;
const PURSE_LAMPORTS: u64 = 3_000_000;

/// The instructions of one transaction, and who signs it beside whoever pays the fee.
type Sending = (Vec<Instruction>, Vec<Who>);

impl<C: Chain> Stage<C> {
    /// The instructions of an operation, and who signs them.
    pub(super) fn build(&mut self, op: &Op) -> Sending {
        match op {
            Op::Wait(_) | Op::AgeConfig => unreachable!("no transaction"),
            Op::PostStatement { .. }
            | Op::WithdrawStatement { .. }
            | Op::AttestStatement { .. }
            | Op::CloseStatement { .. }
            | Op::Mint { .. }
            | Op::MintMany { .. }
            | Op::Burn { .. }
            | Op::RequestRedemption { .. }
            | Op::SettleRedemption { .. }
            | Op::RejectRedemption { .. }
            | Op::CancelRedemption { .. }
            | Op::FlagOverdue { .. }
            | Op::Novate { .. } => self.build_money(op),
            Op::Freeze { .. }
            | Op::Thaw { .. }
            | Op::BlockWallet { .. }
            | Op::UnblockWallet { .. }
            | Op::AdmitHolder { .. }
            | Op::OpenOrder { .. }
            | Op::ExecuteOrder { .. }
            | Op::CloseOrder { .. } => self.build_compliance(op),
            Op::OpenPurse(_)
            | Op::Transfer { .. }
            | Op::BurnDirectly { .. }
            | Op::Approve { .. }
            | Op::ClosePurse { .. }
            | Op::CpiGuard { .. }
            | Op::MemoTransfer { .. }
            | Op::GiveAway { .. }
            | Op::Forge { .. } => self.build_token(op),
            _ => self.build_governance(op),
        }
    }

    /// Roles, banks, policy, pauses, oversight.
    fn build_governance(&mut self, op: &Op) -> Sending {
        let of = &self.deployment.clone();
        let sponsor = SPONSOR.address();
        let one = |instruction, signer: Who| (vec![instruction], vec![signer]);
        let paid = |instruction, signer: Who| (vec![instruction], vec![SPONSOR, signer]);
        match op {
            Op::Initialize { signer } => one(self.initialize(*signer, MintSource::Adopt), *signer),
            Op::SetAttestors {
                signer,
                attestors,
                threshold,
                mandatory,
            } => {
                let keys: Vec<Address> = attestors.iter().map(|who| who.address()).collect();
                one(
                    instruction::set_attestors(of, signer.address(), &keys, *threshold, *mandatory),
                    *signer,
                )
            }
            Op::RegisterIssuer {
                signer,
                bank,
                admin,
                operator,
                limits,
            } => {
                let registration = Registration {
                    payer: sponsor,
                    issuer_manager: signer.address(),
                    bic: bank.bic(),
                    admin: admin.address(),
                    operator: operator.address(),
                    limits: limits_of(limits),
                };
                paid(instruction::register_issuer(of, &registration), *signer)
            }
            Op::ConfigureIssuer { signer, bank, limits } => one(
                instruction::configure_issuer(of, &bank.bic(), signer.address(), limits_of(limits)),
                *signer,
            ),
            Op::SetPolicy {
                signer,
                max_statement_age,
                redemption_sla,
            } => one(
                instruction::set_policy(of, signer.address(), *max_statement_age, *redemption_sla),
                *signer,
            ),
            Op::SetIssuerStatus { signer, bank, status } => one(
                instruction::set_issuer_status(of, &bank.bic(), signer.address(), *status, reason()),
                *signer,
            ),
            Op::NominateRole {
                signer,
                role,
                nominee,
            } => {
                let nominee = nominee.map_or_else(Address::default, Who::address);
                let mut it = instruction::nominate_role(of, signer.address(), Role::Authority, nominee);
                set_byte_from_end(&mut it, 33, *role);
                one(it, *signer)
            }
            Op::AcceptRole { signer, role } => {
                let mut it = instruction::accept_role(of, signer.address(), Role::Authority);
                set_byte_from_end(&mut it, 1, *role);
                one(it, *signer)
            }
            Op::CancelNomination { signer, role } => {
                let mut it = instruction::cancel_nomination(of, signer.address(), Role::Authority);
                set_byte_from_end(&mut it, 1, *role);
                one(it, *signer)
            }
            Op::NominateIssuerRole {
                signer,
                bank,
                role,
                nominee,
            } => {
                let nominee = nominee.map_or_else(Address::default, Who::address);
                let seat = IssuerRole::Operator;
                let mut it =
                    instruction::nominate_issuer_role(of, &bank.bic(), signer.address(), seat, nominee);
                set_byte_from_end(&mut it, 33, *role);
                one(it, *signer)
            }
            Op::AcceptIssuerRole { signer, bank, role } => {
                let seat = IssuerRole::Operator;
                let mut it = instruction::accept_issuer_role(of, &bank.bic(), signer.address(), seat);
                set_byte_from_end(&mut it, 1, *role);
                one(it, *signer)
            }
            Op::CancelIssuerNomination { signer, bank, role } => {
                let seat = IssuerRole::Operator;
                let mut it = instruction::cancel_issuer_nomination(of, &bank.bic(), signer.address(), seat);
                set_byte_from_end(&mut it, 1, *role);
                one(it, *signer)
            }
            Op::SetDefaultAccountState { signer, frozen } => one(
                instruction::set_default_account_state(of, signer.address(), *frozen),
                *signer,
            ),
            Op::UpdateMetadata { signer, field, value } => {
                let mut it =
                    instruction::update_metadata(of, sponsor, signer.address(), MetadataField::Name, value);
                // The field stands before the text and its length.
                set_byte_from_end(&mut it, value.len() + 4 + 1, *field);
                paid(it, *signer)
            }
            Op::MigrateConfig { signer, banks } => paid(
                instruction::migrate_config(of, sponsor, signer.address(), &bics(banks)),
                *signer,
            ),
            Op::Pause { signer, flags } => one(instruction::pause(of, signer.address(), *flags), *signer),
            Op::Resume { signer, flags } => one(instruction::resume(of, signer.address(), *flags), *signer),
            Op::CheckInvariants { signer, banks } => one(
                instruction::check_invariants(of, signer.address(), &bics(banks)),
                *signer,
            ),
            other => unreachable!("{other:?} is built elsewhere"),
        }
    }

    /// Statements, minting, redemption, novation.
    fn build_money(&mut self, op: &Op) -> Sending {
        let of = &self.deployment.clone();
        let one = |instruction, signer: Who| (vec![instruction], vec![signer]);
        match op {
            Op::PostStatement {
                signer,
                bank,
                figures,
                entries,
                source,
            } => {
                self.statement(StatementId {
                    bank: *bank,
                    number: figures.number,
                });
                let file = self.file(figures, entries, *source);
                one(
                    instruction::post_statement(of, &bank.bic(), signer.address(), file.args()),
                    *signer,
                )
            }
            Op::WithdrawStatement {
                signer,
                bank,
                statement,
                payer,
            } => {
                let it = instruction::withdraw_statement(
                    of,
                    &bank.bic(),
                    signer.address(),
                    statement.number,
                    payer.address(),
                );
                one(self.of_statement(it, *bank, *statement), *signer)
            }
            Op::AttestStatement {
                signer,
                bank,
                statement,
                digest,
            } => {
                let digest = self.digest(*bank, *statement, *digest);
                let it = instruction::attest_statement(
                    of,
                    &bank.bic(),
                    signer.address(),
                    statement.number,
                    digest,
                );
                one(self.of_statement(it, *bank, *statement), *signer)
            }
            Op::CloseStatement {
                signer,
                bank,
                statement,
                payer,
            } => {
                let it = instruction::close_statement(
                    of,
                    &bank.bic(),
                    signer.address(),
                    statement.number,
                    payer.address(),
                );
                one(self.of_statement(it, *bank, *statement), *signer)
            }
            Op::Mint {
                signer,
                bank,
                statement,
                recipient,
                block_of,
                party,
                claim,
            } => {
                let recipient = Recipient {
                    wallet: block_of.address(),
                    token_account: self.purse(*recipient),
                };
                let entry = LedgerEntry {
                    kind: EntryKind::Credit,
                    index: claim.index,
                    amount: claim.amount,
                    reference_hash: reference_hash(claim.reference),
                    party: self.party(*party),
                };
                let proof = self.proof(*statement, claim.index, 1, claim.proof);
                let it = instruction::mint(
                    of,
                    &bank.bic(),
                    signer.address(),
                    statement.number,
                    recipient,
                    &entry,
                    &proof,
                );
                one(self.of_statement(it, *bank, *statement), *signer)
            }
            Op::MintMany {
                signer,
                bank,
                statement,
                start,
                run,
                proof,
            } => {
                let items: Vec<(Recipient, LedgerEntry)> = (0u32..)
                    .zip(run)
                    .map(|(place, item)| {
                        let recipient = Recipient {
                            wallet: item.block_of.address(),
                            token_account: self.purse(item.recipient),
                        };
                        let entry = LedgerEntry {
                            kind: EntryKind::Credit,
                            index: start.wrapping_add(place),
                            amount: item.amount,
                            reference_hash: reference_hash(item.reference),
                            party: [0; 32],
                        };
                        (recipient, entry)
                    })
                    .collect();
                let len = u32::try_from(run.len()).expect("a short run");
                let proof = self.proof(*statement, *start, len, *proof);
                let it = instruction::mint_many(
                    of,
                    &bank.bic(),
                    signer.address(),
                    statement.number,
                    &items,
                    &proof,
                );
                one(self.of_statement(it, *bank, *statement), *signer)
            }
            Op::Burn {
                signer,
                bank,
                purse,
                amount,
            } => one(
                instruction::burn(
                    of,
                    &bank.bic(),
                    signer.address(),
                    self.purse(*purse),
                    *amount,
                    reason(),
                ),
                *signer,
            ),
            Op::RequestRedemption {
                signer,
                bank,
                purse,
                nonce,
                amount,
                block_of,
                escrow,
            } => {
                self.redemption(RedemptionId {
                    bank: *bank,
                    owner: *signer,
                    nonce: *nonce,
                });
                let request = RedemptionRequest {
                    token_account: self.purse(*purse),
                    nonce: *nonce,
                    amount: *amount,
                    payout_hash: payout_hash(*signer, *nonce),
                };
                let mut it = instruction::request_redemption(of, &bank.bic(), signer.address(), &request);
                swap(&mut it, self.block(*signer), self.block(*block_of));
                let (right, given) = (
                    self.purse(PurseId::Escrow(*bank)),
                    self.purse(PurseId::Escrow(*escrow)),
                );
                swap(&mut it, right, given);
                one(it, *signer)
            }
            Op::SettleRedemption {
                signer,
                bank,
                statement,
                redemption,
                owner,
                claim,
            } => {
                let entry = LedgerEntry {
                    kind: EntryKind::Debit,
                    index: claim.index,
                    amount: claim.amount,
                    reference_hash: reference_hash(claim.reference),
                    party: self.redemption(*redemption).to_bytes(),
                };
                let proof = self.proof(*statement, claim.index, 1, claim.proof);
                let it = instruction::settle_redemption(
                    of,
                    &bank.bic(),
                    signer.address(),
                    statement.number,
                    owner.address(),
                    &entry,
                    &proof,
                );
                one(self.of_statement(it, *bank, *statement), *signer)
            }
            Op::RejectRedemption {
                signer,
                bank,
                redemption,
                owner,
                destination,
                block_of,
            } => {
                let give_back = GiveBack {
                    redemption: self.redemption(*redemption),
                    owner: owner.address(),
                    destination: self.purse(*destination),
                };
                let mut it = instruction::reject_redemption(of, &bank.bic(), signer.address(), &give_back, 6);
                swap(&mut it, self.block(*owner), self.block(*block_of));
                one(it, *signer)
            }
            Op::CancelRedemption {
                signer,
                bank,
                redemption,
                destination,
                block_of,
            } => {
                let give_back = GiveBack {
                    redemption: self.redemption(*redemption),
                    owner: signer.address(),
                    destination: self.purse(*destination),
                };
                let mut it = instruction::cancel_redemption(of, &bank.bic(), &give_back);
                swap(&mut it, self.block(*signer), self.block(*block_of));
                one(it, *signer)
            }
            Op::FlagOverdue {
                signer,
                bank,
                redemption,
            } => {
                let redemption = self.redemption(*redemption);
                one(
                    instruction::flag_overdue(of, &bank.bic(), signer.address(), redemption),
                    *signer,
                )
            }
            Op::Novate {
                giver,
                giver_operator,
                taker,
                taker_operator,
                amount,
            } => {
                let novation = Novation {
                    giver: giver.bic(),
                    operator: giver_operator.address(),
                    taker: taker.bic(),
                    taker_operator: taker_operator.address(),
                    amount: *amount,
                    reference_hash: reason(),
                };
                (
                    vec![instruction::novate(of, &novation)],
                    vec![*giver_operator, *taker_operator],
                )
            }
            other => unreachable!("{other:?} is built elsewhere"),
        }
    }

    /// Freezing, blocking, admitting, seizure orders.
    fn build_compliance(&mut self, op: &Op) -> Sending {
        let of = &self.deployment.clone();
        let sponsor = SPONSOR.address();
        let one = |instruction, signer: Who| (vec![instruction], vec![signer]);
        let paid = |instruction, signer: Who| (vec![instruction], vec![SPONSOR, signer]);
        match op {
            Op::Freeze { signer, purse, banks } => {
                let it = instruction::freeze(of, signer.address(), self.purse(*purse), reason());
                one(instruction::beside_all_banks(of, it, &bics(banks)), *signer)
            }
            Op::Thaw { signer, purse } => one(
                instruction::thaw(of, signer.address(), self.purse(*purse), reason()),
                *signer,
            ),
            Op::BlockWallet { signer, wallet } => one(
                instruction::block_wallet(of, signer.address(), wallet.address(), reason()),
                *signer,
            ),
            Op::UnblockWallet { signer, wallet } => one(
                instruction::unblock_wallet(of, signer.address(), wallet.address(), reason()),
                *signer,
            ),
            Op::AdmitHolder {
                signer,
                bank,
                purse,
                block_of,
            } => one(
                instruction::admit_holder(
                    of,
                    &bank.bic(),
                    signer.address(),
                    &block_of.address(),
                    self.purse(*purse),
                    reason(),
                ),
                *signer,
            ),
            Op::OpenOrder {
                signer,
                case,
                subject,
                destination,
                cap,
                expires_at,
                banks,
            } => {
                self.order(*case);
                let terms = OrderTerms {
                    case_hash: case_hash(*case),
                    subject: self.purse(*subject),
                    destination: self.purse(*destination),
                    cap: *cap,
                    expires_at: *expires_at,
                };
                let it = instruction::open_order(of, sponsor, signer.address(), &terms);
                paid(instruction::beside_all_banks(of, it, &bics(banks)), *signer)
            }
            Op::ExecuteOrder {
                signer,
                case,
                subject,
                destination,
                amount,
            } => {
                self.order(*case);
                let terms = OrderTerms {
                    case_hash: case_hash(*case),
                    subject: self.purse(*subject),
                    destination: self.purse(*destination),
                    cap: 0,
                    expires_at: 0,
                };
                one(
                    instruction::execute_order(of, signer.address(), &terms, *amount),
                    *signer,
                )
            }
            Op::CloseOrder { signer, case } => {
                self.order(*case);
                one(
                    instruction::close_order(of, signer.address(), &case_hash(*case)),
                    *signer,
                )
            }
            other => unreachable!("{other:?} is built elsewhere"),
        }
    }

    /// Token-2022 without the program.
    fn build_token(&mut self, op: &Op) -> Sending {
        let of = &self.deployment.clone();
        let fee_payer = Signer::pubkey(&self.fee_payer);
        let one = |instruction, signer: Who| (vec![instruction], vec![signer]);
        match op {
            Op::OpenPurse(id) => {
                let address = self.purse(*id);
                let PurseId::Of(who, slot) = *id else {
                    unreachable!("an escrow is opened by registering its bank");
                };
                let instructions = if slot == 0 {
                    vec![instruction::create_associated_token(of, fee_payer, who.address())]
                } else {
                    let initialize =
                        token::initialize_account3(&TOKEN_PROGRAM_ID, &address, &of.mint, &who.address());
                    vec![
                        create_account(fee_payer, address),
                        initialize.expect("an instruction"),
                    ]
                };
                (instructions, Vec::new())
            }
            Op::Transfer {
                signer,
                from,
                to,
                amount,
            } => {
                let (from, to) = (self.purse(*from), self.purse(*to));
                let authority = signer.map_or(from, Who::address);
                (
                    vec![instruction::transfer_checked(of, from, to, authority, *amount)],
                    signer.iter().copied().collect(),
                )
            }
            Op::BurnDirectly {
                signer,
                purse,
                amount,
            } => one(
                instruction::burn_checked(of, self.purse(*purse), signer.address(), *amount),
                *signer,
            ),
            Op::Approve {
                signer,
                purse,
                delegate,
                amount,
            } => one(
                instruction::approve_checked(
                    of,
                    self.purse(*purse),
                    delegate.address(),
                    signer.address(),
                    *amount,
                ),
                *signer,
            ),
            Op::ClosePurse { signer, purse } => one(
                instruction::close_account(self.purse(*purse), signer.address(), signer.address()),
                *signer,
            ),
            Op::CpiGuard { signer, purse, on } => {
                let purse = self.purse(*purse);
                let instructions = if *on {
                    instruction::enable_cpi_guard(purse, signer.address(), fee_payer).to_vec()
                } else {
                    vec![instruction::disable_cpi_guard(purse, signer.address())]
                };
                (instructions, vec![*signer])
            }
            Op::MemoTransfer { signer, purse, on } => {
                let (purse, owner) = (self.purse(*purse), signer.address());
                let instructions = if *on {
                    vec![
                        token::reallocate(
                            &TOKEN_PROGRAM_ID,
                            &purse,
                            &fee_payer,
                            &owner,
                            &[],
                            &[ExtensionType::MemoTransfer],
                        ),
                        memo_transfer::instruction::enable_required_transfer_memos(
                            &TOKEN_PROGRAM_ID,
                            &purse,
                            &owner,
                            &[],
                        ),
                    ]
                } else {
                    vec![memo_transfer::instruction::disable_required_transfer_memos(
                        &TOKEN_PROGRAM_ID,
                        &purse,
                        &owner,
                        &[],
                    )]
                };
                let instructions = instructions.into_iter().map(|it| it.expect("an instruction"));
                (instructions.collect(), vec![*signer])
            }
            Op::GiveAway { signer, purse, to } => {
                let purse = self.purse(*purse);
                let it = token::set_authority(
                    &TOKEN_PROGRAM_ID,
                    &purse,
                    Some(&to.map_or(purse, Who::address)),
                    token::AuthorityType::AccountOwner,
                    &signer.map_or(purse, Who::address),
                    &[],
                );
                (
                    vec![it.expect("an instruction")],
                    signer.iter().copied().collect(),
                )
            }
            Op::Forge { signer, forgery } => one(self.forge(*signer, *forgery), *signer),
            other => unreachable!("{other:?} is built elsewhere"),
        }
    }

    fn forge(&mut self, signer: Who, forgery: Forgery) -> Instruction {
        let (mint, signer) = (self.deployment.mint, signer.address());
        let program = &TOKEN_PROGRAM_ID;
        let it = match forgery {
            Forgery::MintTo(purse) => {
                token::mint_to_checked(program, &mint, &self.purse(purse), &signer, &[], 1_000, 2)
            }
            Forgery::Freeze(purse) => token::freeze_account(program, &self.purse(purse), &mint, &signer, &[]),
            Forgery::Thaw(purse) => token::thaw_account(program, &self.purse(purse), &mint, &signer, &[]),
            Forgery::Pause => pausable::instruction::pause(program, &mint, &signer, &[]),
            Forgery::Resume => pausable::instruction::resume(program, &mint, &signer, &[]),
            Forgery::TakeMintAuthority => {
                let kind = token::AuthorityType::MintTokens;
                token::set_authority(program, &mint, Some(&signer), kind, &signer, &[])
            }
            Forgery::DefaultState => default_account_state::instruction::update_default_account_state(
                program,
                &mint,
                &signer,
                &[],
                &AccountState::Frozen,
            ),
        };
        it.expect("an instruction")
    }

    // ── statements ──────────────────────────────────────────────────────────────────────────

    fn party(&mut self, party: Party) -> [u8; 32] {
        match party {
            Party::Nobody => [0; 32],
            Party::Wallet(who) => who.address().to_bytes(),
            Party::Redemption(id) => self.redemption(id).to_bytes(),
        }
    }

    /// The statement over `entries` with whatever figures the bank claims.
    pub(super) fn file(&mut self, figures: &Figures, entries: &[Entry], source: u64) -> StatementFile {
        let entries: Vec<LedgerEntry> = (0..)
            .zip(entries)
            .map(|(index, entry)| LedgerEntry {
                kind: if entry.is_credit {
                    EntryKind::Credit
                } else {
                    EntryKind::Debit
                },
                index,
                amount: entry.amount,
                reference_hash: reference_hash(entry.reference),
                party: self.party(entry.party),
            })
            .collect();
        // Any opening balance that the debits fit into: only the root is taken from here.
        let mut file = StatementFile::new(figures.number, u64::MAX / 2, 0, entries, source_hash(source))
            .expect("sums within 64 bits");
        file.totals = Totals {
            number: figures.number,
            opening: figures.opening,
            credit_total: figures.credit_total,
            debit_total: figures.debit_total,
            closing: figures.closing,
            as_of: figures.as_of,
            entry_count: figures.entry_count,
            actionable_count: figures.actionable_count,
        };
        file
    }

    fn proof(&self, id: StatementId, start: u32, len: u32, proof: Proof) -> Vec<[u8; 32]> {
        let file = self.files.get(&id);
        let mut hashes = file.and_then(|file| match len {
            1 => file.proof(start),
            _ => file.run_proof(start, len),
        });
        if proof == Proof::Bent {
            let hashes = hashes.get_or_insert_default();
            match hashes.first_mut() {
                Some(hash) => hash[7] ^= 1,
                None => hashes.push([7; 32]),
            }
        }
        hashes.unwrap_or_default()
    }

    fn digest(&mut self, bank: BankId, id: StatementId, digest: Digest) -> [u8; 32] {
        let issuer = self.issuer(bank);
        let config = self.deployment.config;
        let version = self
            .chain
            .account(&config)
            .expect("readable")
            .and_then(|account| decode::config(&account.data).ok())
            .map_or(1, |config| config.attestor_set_version);
        let of = |file: &StatementFile, version| file.digest(&PROGRAM_ID, &config, &issuer, version);
        let Some(file) = self.files.get(&id) else {
            return [1; 32];
        };
        match digest {
            Digest::Right => of(file, version),
            Digest::OldSet => of(file, version.wrapping_sub(1)),
            Digest::Withdrawn => self.withdrawn.get(&id).map_or([2; 32], |old| of(old, version)),
            Digest::Bent => {
                let mut file = file.clone();
                file.totals.closing ^= 1;
                of(&file, version)
            }
        }
    }

    /// The instruction with the named statement in place of the bank's own of that number.
    fn of_statement(&mut self, mut it: Instruction, bank: BankId, named: StatementId) -> Instruction {
        let own = self.statement(StatementId { bank, ..named });
        let named = self.statement(named);
        swap(&mut it, own, named);
        it
    }
}

fn bics(banks: &[BankId]) -> Vec<Bic> {
    banks.iter().map(|bank| bank.bic()).collect()
}

/// Another account in place of the right one.
fn swap(instruction: &mut Instruction, right: Address, given: Address) {
    for meta in &mut instruction.accounts {
        if meta.pubkey == right {
            meta.pubkey = given;
        }
    }
}

/// An argument that the client's types would not let through.
fn set_byte_from_end(instruction: &mut Instruction, from_end: usize, byte: u8) {
    let place = instruction.data.len() - from_end;
    instruction.data[place] = byte;
}

fn limits_of(limits: &Limits) -> IssuerLimits {
    IssuerLimits {
        quota: limits.quota,
        window_limit: limits.window_limit,
        window_seconds: limits.window_seconds,
    }
}

fn reason() -> [u8; 32] {
    [0xa5; 32]
}

fn reference_hash(reference: u64) -> [u8; 32] {
    let mut hash = [0x5e; 32];
    hash[..8].copy_from_slice(&reference.to_le_bytes());
    hash
}

/// What the chain knows of where a redemption is paid to.
pub fn payout_hash(owner: Who, nonce: u64) -> [u8; 32] {
    let mut hash = [owner.0; 32];
    hash[..8].copy_from_slice(&nonce.to_le_bytes());
    hash
}

/// What the chain knows of a bank's file.
pub fn source_hash(source: u64) -> [u8; 32] {
    hash_of(&format!("source {source}"))
}

/// What the chain knows of a case.
pub fn case_hash(case: CaseId) -> [u8; 32] {
    let mut hash = [0xca; 32];
    hash[..4].copy_from_slice(&case.to_le_bytes());
    hash
}

pub(super) fn purse_key(who: Who, slot: u8) -> Keypair {
    Keypair::new_from_array(hash_of(&format!("KZTE model purse {slot} of {}", who.name())))
}

fn create_account(payer: Address, account: Address) -> Instruction {
    let mut data = 0u32.to_le_bytes().to_vec();
    data.extend(PURSE_LAMPORTS.to_le_bytes());
    data.extend(PURSE_SPACE.to_le_bytes());
    data.extend(TOKEN_PROGRAM_ID.as_array());
    Instruction {
        program_id: SYSTEM_PROGRAM_ID,
        accounts: vec![
            kzte_client::AccountMeta::new(payer, true),
            kzte_client::AccountMeta::new(account, true),
        ],
        data,
    }
}
