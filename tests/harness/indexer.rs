//! An indexer: rebuilds every account of a deployment from events, the time of their transactions, and nothing else.
//!
//! It is what an auditor could run who has only the ledger's history, and the proof that no act is without its event.

use std::collections::{BTreeMap, BTreeSet};

use kzte_client::{
    Address, Chain, Deployment, Event, PROGRAM_ID, address,
    constants::{ACCOUNT_VERSION, CONFIG_VERSION},
    seeds,
    state::{
        Config, ISSUER_ACTIVE, Issuer, ORDER_CLOSED, ORDER_OPEN, Order, Redemption, STATEMENT_EFFECTIVE,
        STATEMENT_POSTED, Statement,
    },
};
use kzte_ledger::bitmap_len;

/// The events of one transaction.
#[derive(Clone, Debug)]
pub struct Record {
    /// Time of the transaction, Unix seconds.
    pub at: i64,
    pub events: Vec<Event>,
}

/// The accounts as the events tell them.
#[derive(Default)]
pub struct Indexer {
    config: Option<Config>,
    issuers: BTreeMap<Address, Issuer>,
    /// By issuer and number: header and consumed-bits.
    statements: BTreeMap<(Address, u64), (Statement, Vec<u8>)>,
    redemptions: BTreeMap<Address, Redemption>,
    orders: BTreeMap<Address, Order>,
    /// Blocked wallets.
    blocked: BTreeSet<Address>,
    unblocked: BTreeSet<Address>,
}

fn bump(seeds: &[&[u8]]) -> u8 {
    Address::find_program_address(seeds, &PROGRAM_ID).1
}

impl Indexer {
    /// Rebuilds `deployment` from the records of a chain, other deployments' events among them.
    pub fn replay(deployment: &Deployment, records: &[Record]) -> Self {
        let mut indexer = Self::default();
        for record in records {
            for event in &record.events {
                if *event.config() == deployment.config {
                    indexer.apply(deployment, event, record.at);
                }
            }
        }
        indexer
    }

    fn config(&mut self) -> &mut Config {
        self.config.as_mut().expect("an event before the configuration")
    }

    fn issuer(&mut self, issuer: &Address) -> &mut Issuer {
        self.issuers
            .get_mut(issuer)
            .expect("an event of an unknown issuer")
    }

    fn statement(&mut self, issuer: &Address, number: u64) -> &mut (Statement, Vec<u8>) {
        self.statements
            .get_mut(&(*issuer, number))
            .expect("an event of an unknown statement")
    }

    fn consume(&mut self, issuer: &Address, number: u64, index: u32) {
        let (statement, bits) = self.statement(issuer, number);
        statement.consumed_count += 1;
        bits[index as usize / 8] |= 1 << (index % 8);
    }

    /// A redemption ends, in whichever way.
    fn end(&mut self, issuer: &Address, redemption: &Address) {
        let ended = self
            .redemptions
            .remove(redemption)
            .expect("the end of an unknown redemption");
        let issuer = self.issuer(issuer);
        issuer.pending -= ended.amount;
        issuer.pending_count -= 1;
        issuer.overdue_count -= u32::from(ended.overdue);
    }

    // One match, so that an event without its effect here does not compile.
    #[allow(clippy::too_many_lines)]
    fn apply(&mut self, deployment: &Deployment, event: &Event, at: i64) {
        match event {
            Event::Initialized(event) => {
                let of = |seed: &[u8]| bump(&[seed, deployment.config.as_ref()]);
                self.config = Some(Config {
                    version: CONFIG_VERSION,
                    bump: bump(&[seeds::CONFIG_SEED, event.mint.as_ref()]),
                    mint_authority_bump: of(seeds::MINT_AUTHORITY_SEED),
                    freeze_authority_bump: of(seeds::FREEZE_AUTHORITY_SEED),
                    permanent_delegate_bump: of(seeds::PERMANENT_DELEGATE_SEED),
                    pause_authority_bump: of(seeds::PAUSE_AUTHORITY_SEED),
                    paused: 0,
                    attestor_count: 0,
                    threshold: 0,
                    mandatory: 0,
                    reserved: [0; 2],
                    attestor_set_version: 0,
                    mint: event.mint,
                    roles: event.roles,
                    nominees: Default::default(),
                    attestors: Default::default(),
                    max_statement_age: event.max_statement_age,
                    redemption_sla: event.redemption_sla,
                    issuer_count: 0,
                    accounts_born_frozen: 0,
                    reserved_2: [0; 3],
                });
            }
            Event::AttestorsSet(event) => {
                let config = self.config();
                config.attestors = event.attestors;
                config.attestor_count = event.count;
                config.threshold = event.threshold;
                config.mandatory = event.mandatory;
                config.attestor_set_version = event.version;
            }
            Event::IssuerRegistered(event) => {
                self.config().issuer_count += 1;
                let issuer = Issuer {
                    version: ACCOUNT_VERSION,
                    bump: bump(&[seeds::ISSUER_SEED, deployment.config.as_ref(), &event.bic]),
                    escrow_bump: bump(&[seeds::ESCROW_SEED, event.issuer.as_ref()]),
                    status: ISSUER_ACTIVE,
                    bic: event.bic,
                    reserved: 0,
                    config: event.config,
                    admin: event.admin,
                    operator: event.operator,
                    admin_nominee: Address::default(),
                    operator_nominee: Address::default(),
                    quota: event.quota,
                    window_limit: event.window_limit,
                    window_seconds: event.window_seconds,
                    window_start: 0,
                    window_used: 0,
                    minted: 0,
                    burned: 0,
                    novated_in: 0,
                    novated_out: 0,
                    pending: 0,
                    pending_count: 0,
                    overdue_count: 0,
                    statement_number: 0,
                    closing_balance: 0,
                    statement_as_of: 0,
                };
                self.issuers.insert(event.issuer, issuer);
            }
            Event::IssuerConfigured(event) => {
                let issuer = self.issuer(&event.issuer);
                issuer.quota = event.quota;
                issuer.window_limit = event.window_limit;
                issuer.window_seconds = event.window_seconds;
            }
            Event::Paused(event) => self.config().paused = event.paused,
            Event::Resumed(event) => self.config().paused = event.paused,
            Event::RoleNominated(event) => {
                *self.nominee(&event.issuer, event.role) = event.nominee;
            }
            Event::RoleAccepted(event) => {
                *self.nominee(&event.issuer, event.role) = Address::default();
                let holder = self.holder(&event.issuer, event.role);
                assert_eq!(*holder, event.previous, "the holder until now");
                *holder = event.actor;
                // Nominations lapse with the one who made them.
                match event.role {
                    0 => self.config().nominees = Default::default(),
                    6 => self.issuer(&event.issuer).operator_nominee = Address::default(),
                    _ => {}
                }
            }
            Event::NominationCancelled(event) => {
                *self.nominee(&event.issuer, event.role) = Address::default();
            }
            Event::PolicySet(event) => {
                let config = self.config();
                config.max_statement_age = event.max_statement_age;
                config.redemption_sla = event.redemption_sla;
            }
            Event::IssuerStatusChanged(event) => self.issuer(&event.issuer).status = event.to,
            Event::DefaultAccountStateSet(event) => self.config().accounts_born_frozen = event.frozen,
            Event::ConfigMigrated(event) => {
                let config = self.config();
                config.version = event.version;
                config.issuer_count = event.issuer_count;
            }
            Event::WalletBlocked(event) => {
                self.blocked.insert(event.wallet);
                self.unblocked.remove(&event.wallet);
            }
            Event::WalletUnblocked(event) => {
                self.blocked.remove(&event.wallet);
                self.unblocked.insert(event.wallet);
            }
            Event::OrderOpened(event) => {
                let order = Order {
                    version: ACCOUNT_VERSION,
                    bump: bump(&[
                        seeds::ORDER_SEED,
                        deployment.config.as_ref(),
                        &event.reference_hash,
                    ]),
                    status: ORDER_OPEN,
                    reserved: [0; 5],
                    config: event.config,
                    case_hash: event.reference_hash,
                    subject: event.subject,
                    destination: event.destination,
                    cap: event.cap,
                    executed: 0,
                    expires_at: event.expires_at,
                    opened_at: at,
                };
                self.orders.insert(event.order, order);
            }
            Event::OrderExecuted(event) => {
                let order = self.orders.get_mut(&event.order).expect("an unknown order");
                order.executed += event.amount;
                assert_eq!(order.executed, event.executed, "executed in all");
            }
            Event::OrderClosed(event) => {
                let order = self.orders.get_mut(&event.order).expect("an unknown order");
                order.status = ORDER_CLOSED;
            }
            Event::RedemptionFlagged(event) => {
                let redemption = self.redemptions.get_mut(&event.redemption);
                redemption.expect("an unknown redemption").overdue = 1;
                self.issuer(&event.issuer).overdue_count += 1;
            }
            Event::Novated(event) => {
                self.issuer(&event.issuer).novated_out += event.amount;
                self.issuer(&event.taker).novated_in += event.amount;
            }
            Event::StatementPosted(event) => {
                let statement = Statement {
                    version: ACCOUNT_VERSION,
                    bump: bump(&[
                        seeds::STATEMENT_SEED,
                        event.issuer.as_ref(),
                        &event.number.to_le_bytes(),
                    ]),
                    status: STATEMENT_POSTED,
                    approvals: 0,
                    attestor_set_version: self.config().attestor_set_version,
                    entry_count: event.entry_count,
                    actionable_count: event.actionable_count,
                    consumed_count: 0,
                    reserved: 0,
                    number: event.number,
                    issuer: event.issuer,
                    payer: event.actor,
                    opening: event.opening,
                    credit_total: event.credit_total,
                    debit_total: event.debit_total,
                    closing: event.closing,
                    as_of: event.as_of,
                    entries_root: event.entries_root,
                    source_hash: event.reference_hash,
                    minted: 0,
                    settled: 0,
                };
                let bits = vec![0; bitmap_len(event.entry_count)];
                self.statements
                    .insert((event.issuer, event.number), (statement, bits));
            }
            Event::StatementWithdrawn(event) => {
                self.statements.remove(&(event.issuer, event.number));
            }
            Event::StatementClosed(event) => {
                self.statements.remove(&(event.issuer, event.number));
            }
            Event::StatementAttested(event) => {
                let (statement, _) = self.statement(&event.issuer, event.number);
                statement.attestor_set_version = event.attestor_set_version;
                statement.approvals = event.approvals;
                if event.effective == 1 {
                    statement.status = STATEMENT_EFFECTIVE;
                    let (number, closing, as_of) = (statement.number, statement.closing, statement.as_of);
                    let issuer = self.issuer(&event.issuer);
                    issuer.statement_number = number;
                    issuer.closing_balance = closing;
                    issuer.statement_as_of = as_of;
                }
            }
            Event::Minted(event) => {
                self.consume(&event.issuer, event.number, event.index);
                self.statement(&event.issuer, event.number).0.minted += event.amount;
                let issuer = self.issuer(&event.issuer);
                issuer.minted += event.amount;
                // The window: a new one begins when the running one is over.
                if at >= issuer.window_start && at - issuer.window_start >= issuer.window_seconds {
                    (issuer.window_start, issuer.window_used) = (at, 0);
                }
                issuer.window_used += event.amount;
            }
            Event::Burned(event) => self.issuer(&event.issuer).burned += event.amount,
            Event::RedemptionRequested(event) => {
                let redemption = Redemption {
                    version: ACCOUNT_VERSION,
                    bump: bump(&[
                        seeds::REDEMPTION_SEED,
                        event.issuer.as_ref(),
                        event.owner.as_ref(),
                        &event.nonce.to_le_bytes(),
                    ]),
                    overdue: 0,
                    reserved: [0; 5],
                    issuer: event.issuer,
                    owner: event.owner,
                    nonce: event.nonce,
                    amount: event.amount,
                    payout_hash: event.reference_hash,
                    requested_at: at,
                    due_at: event.due_at,
                };
                self.redemptions.insert(event.redemption, redemption);
                let issuer = self.issuer(&event.issuer);
                issuer.pending += event.amount;
                issuer.pending_count += 1;
            }
            Event::RedemptionSettled(event) => {
                self.consume(&event.issuer, event.number, event.index);
                self.statement(&event.issuer, event.number).0.settled += event.amount;
                self.issuer(&event.issuer).burned += event.amount;
                self.end(&event.issuer, &event.redemption);
            }
            Event::RedemptionRejected(event) => self.end(&event.issuer, &event.redemption),
            Event::RedemptionCancelled(event) => self.end(&event.issuer, &event.redemption),
            // These tell of the token's accounts, which Token-2022 keeps, or of nothing that changed.
            Event::AccountFrozen(_)
            | Event::AccountThawed(_)
            | Event::HolderAdmitted(_)
            | Event::MetadataUpdated(_)
            | Event::IssuerChecked(_)
            | Event::InvariantsChecked(_) => {}
        }
    }

    /// The nominee of a role: of the configuration, or of a bank where `issuer` is one.
    fn nominee(&mut self, issuer: &Address, role: u8) -> &mut Address {
        match role {
            6 => &mut self.issuer(issuer).admin_nominee,
            7 => &mut self.issuer(issuer).operator_nominee,
            _ => &mut self.config().nominees[usize::from(role)],
        }
    }

    fn holder(&mut self, issuer: &Address, role: u8) -> &mut Address {
        match role {
            6 => &mut self.issuer(issuer).admin,
            7 => &mut self.issuer(issuer).operator,
            _ => &mut self.config().roles[usize::from(role)],
        }
    }

    /// Every account of the deployment by address, as the events tell it; `None`: it must not exist.
    pub fn accounts(&self, deployment: &Deployment) -> BTreeMap<Address, Option<Vec<u8>>> {
        fn bytes(value: &impl borsh::BorshSerialize) -> Option<Vec<u8>> {
            Some(borsh::to_vec(value).expect("an account"))
        }
        let mut accounts = BTreeMap::new();
        accounts.extend(
            self.config
                .iter()
                .map(|config| (deployment.config, bytes(config))),
        );
        accounts.extend(
            self.issuers
                .iter()
                .map(|(address, issuer)| (*address, bytes(issuer))),
        );
        for ((issuer, number), (statement, bits)) in &self.statements {
            let mut data = bytes(statement);
            data.iter_mut().for_each(|data| data.extend(bits));
            accounts.insert(address::statement(issuer, *number), data);
        }
        accounts.extend(
            self.redemptions
                .iter()
                .map(|(address, redemption)| (*address, bytes(redemption))),
        );
        accounts.extend(
            self.orders
                .iter()
                .map(|(address, order)| (*address, bytes(order))),
        );
        let block = |wallet: &Address| address::block(&deployment.config, wallet);
        accounts.extend(
            self.blocked
                .iter()
                .map(|wallet| (block(wallet), Some(Vec::new()))),
        );
        accounts.extend(self.unblocked.iter().map(|wallet| (block(wallet), None)));
        accounts
    }

    /// Compares what the events tell with what lies on the chain; panics where an account differs.
    #[track_caller]
    pub fn compare<C: Chain + ?Sized>(&self, chain: &C, deployment: &Deployment, step: &str) -> usize {
        let differences = self.differences(chain, deployment);
        assert!(differences.is_empty(), "{step}: {differences:#?}");
        self.accounts(deployment).len()
    }

    /// What the chain holds otherwise than the events tell, by account.
    pub fn differences<C: Chain + ?Sized>(
        &self,
        chain: &C,
        deployment: &Deployment,
    ) -> BTreeMap<Address, String> {
        let mut differences = BTreeMap::new();
        for (address, told) in self.accounts(deployment) {
            let account = chain.account(&address).expect("the chain");
            let account = account.filter(|account| account.owner == PROGRAM_ID);
            // Behind the discriminator, which a block has none of.
            let held = account.map(|account| account.data.get(8..).unwrap_or_default().to_vec());
            if told != held {
                let text = format!("told by the events: {told:02x?}, on the chain: {held:02x?}");
                differences.insert(address, text);
            }
        }
        differences
    }
}
