//! The compiled program on the in-process chain: turns operations into transactions, and accounts into what can be
//! compared.

mod instructions;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kzte_client::{
    Account, Address, Chain, ChainError, Deployment, Event, Instruction, Keypair, LocalChain, PROGRAM_ID,
    SYSTEM_PROGRAM_ID, SendOptions, Signature, Signer, address, decode,
    instruction::{self, InitializeArgs, MintSource},
    names,
    reserve::StatementFile,
    state::Config,
};
use kzte_harness::{key::hash_of, world::program};

pub use instructions::{case_hash, payout_hash, source_hash};
pub use snapshot::{Change, Place, Snapshot};

use crate::{
    cast::{
        BankId, CaseId, FIRST_ATTESTORS, FIRST_ROLES, PurseId, RedemptionId, StatementId, UPGRADE_AUTHORITY,
        Who,
    },
    model::Reason,
    op::Op,
};
use instructions::purse_key;

/// Policy and texts of a new deployment.
pub const MAX_STATEMENT_AGE: i64 = 3 * 86_400;
pub const REDEMPTION_SLA: i64 = 2 * 86_400;
pub const NAME: &str = "Digital Tenge";
pub const URI: &str = "https://kzte.example/kzte.json";

/// Lamports that everybody starts with: rent and fees are not what is tested here.
const FUNDS: u64 = 10_000_000_000_000;

/// What the chain did with an operation.
pub enum Outcome {
    Accepted {
        events: Vec<Event>,
        logs: Vec<String>,
    },
    Refused {
        reason: Reason,
        name: String,
        logs: Vec<String>,
    },
}

impl Outcome {
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }
}

/// The chain with everything that the operations need to know about it.
pub struct Stage<C: Chain = LocalChain> {
    pub chain: C,
    pub deployment: Deployment,
    fee_payer: Keypair,
    /// Statements by number, as last posted.
    pub files: BTreeMap<StatementId, StatementFile>,
    /// Statements that were posted before under the same number.
    withdrawn: BTreeMap<StatementId, StatementFile>,
    watched: BTreeMap<Address, Place>,
    addresses: HashMap<Name, Address>,
    /// Watched accounts as last seen.
    pub raw: HashMap<Address, Account>,
    /// Oldest statement that mints, and term of a redemption, seconds.
    policy: [i64; 2],
    /// The last transaction that was sent.
    pub last: Option<Signature>,
}

/// What an address is derived from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    Statement(u8, u64),
    Redemption(u8, u8, u64),
    Order(CaseId),
    Block(u8),
    Purse(u8, u8),
    Escrow(u8),
    Issuer(u8),
}

impl Stage {
    /// A chain on which `initialize` has passed, and how it looks.
    pub fn new() -> (Self, Snapshot) {
        Self::on(Self::bare(), [MAX_STATEMENT_AGE, REDEMPTION_SLA])
    }

    /// The in-process chain with the program on it.
    pub fn bare() -> LocalChain {
        LocalChain::new(program(), &UPGRADE_AUTHORITY.address())
            .unwrap_or_else(|error| panic!("the chain: {error}"))
            .with_options(SendOptions::UNCHECKED)
    }

    // ── acting ──────────────────────────────────────────────────────────────────────────────

    /// Does an operation: a transaction, or what only this chain can do.
    pub fn perform(&mut self, op: &Op) -> Outcome {
        match op {
            Op::Wait(seconds) => self.chain.advance(*seconds),
            Op::AgeConfig => self.age_config(),
            _ => return self.attempt(op),
        }
        Outcome::Accepted {
            events: Vec::new(),
            logs: Vec::new(),
        }
    }

    /// The configuration of the first build: eight bytes shorter.
    fn age_config(&mut self) {
        let address = self.deployment.config;
        let mut account = self.chain.account(&address).expect("readable").expect("one");
        account.data.truncate(Config::SPACE_V1);
        account.data[8] = 1;
        self.chain.set_account(&address, account).expect("an account");
    }
}

impl<C: Chain> Stage<C> {
    /// A chain on which `initialize` has passed, and how it looks. `policy`: oldest statement that mints, and term of a
    /// redemption, seconds.
    pub fn on(chain: C, policy: [i64; 2]) -> (Self, Snapshot) {
        let mint_key = Keypair::new_from_array(hash_of("KZTE model mint"));
        let deployment = Deployment::of(Signer::pubkey(&mint_key));
        let fee_payer = Keypair::new_from_array(hash_of("KZTE model fee payer"));
        let mut stage = Self {
            chain,
            deployment,
            fee_payer,
            files: BTreeMap::new(),
            withdrawn: BTreeMap::new(),
            watched: BTreeMap::new(),
            addresses: HashMap::new(),
            raw: HashMap::new(),
            policy,
            last: None,
        };
        let payer = Signer::pubkey(&stage.fee_payer);
        stage.chain.fund(&payer, FUNDS).expect("lamports");
        for who in Who::all() {
            stage.chain.fund(&who.address(), FUNDS).expect("lamports");
            stage.watched.insert(who.address(), Place::Wallet);
            stage.block(who);
        }
        for bank in BankId::all() {
            stage.issuer(bank);
            stage.purse(PurseId::Escrow(bank));
        }
        stage.watched.insert(deployment.config, Place::Config);
        stage.watched.insert(deployment.mint, Place::Mint);

        let create = stage.initialize(UPGRADE_AUTHORITY, MintSource::Create);
        stage
            .chain
            .send(
                &[create],
                &stage.fee_payer,
                &[UPGRADE_AUTHORITY.pair(), &mint_key],
            )
            .unwrap_or_else(|error| panic!("initialize: {error}\n{}", error.logs().join("\n")));

        let mint = stage
            .chain
            .account(&deployment.mint)
            .expect("readable")
            .expect("a mint");
        let config = stage
            .chain
            .account(&deployment.config)
            .expect("readable")
            .expect("one");
        let mut snapshot = Snapshot {
            now: stage.chain.now().expect("the time"),
            mint: decode::mint(&mint.data).expect("a mint"),
            config: decode::config(&config.data).expect("a configuration"),
            config_is_old: false,
            issuers: BTreeMap::new(),
            statements: BTreeMap::new(),
            redemptions: BTreeMap::new(),
            orders: BTreeMap::new(),
            blocked: BTreeSet::new(),
            purses: BTreeMap::new(),
        };
        stage.refresh(&mut snapshot).expect("readable accounts");
        (stage, snapshot)
    }

    // ── addresses ───────────────────────────────────────────────────────────────────────────

    fn at(&mut self, name: Name, place: Place, derive: impl FnOnce(&Deployment) -> Address) -> Address {
        let deployment = self.deployment;
        let address = *self.addresses.entry(name).or_insert_with(|| derive(&deployment));
        self.watched.entry(address).or_insert(place);
        address
    }

    fn issuer(&mut self, bank: BankId) -> Address {
        self.at(Name::Issuer(bank.0), Place::Issuer(bank), |deployment| {
            deployment.issuer(&bank.bic())
        })
    }

    fn statement(&mut self, id: StatementId) -> Address {
        self.at(
            Name::Statement(id.bank.0, id.number),
            Place::Statement(id),
            |deployment| deployment.statement(&id.bank.bic(), id.number),
        )
    }

    pub fn redemption(&mut self, id: RedemptionId) -> Address {
        let name = Name::Redemption(id.bank.0, id.owner.0, id.nonce);
        self.at(name, Place::Redemption(id), |deployment| {
            deployment.redemption(&id.bank.bic(), &id.owner.address(), id.nonce)
        })
    }

    fn order(&mut self, case: CaseId) -> Address {
        self.at(Name::Order(case), Place::Order(case), |deployment| {
            deployment.order(&case_hash(case))
        })
    }

    fn block(&mut self, who: Who) -> Address {
        self.at(Name::Block(who.0), Place::Block(who), |deployment| {
            deployment.block(&who.address())
        })
    }

    pub fn purse(&mut self, id: PurseId) -> Address {
        let name = match id {
            PurseId::Of(who, slot) => Name::Purse(who.0, slot),
            PurseId::Escrow(bank) => Name::Escrow(bank.0),
        };
        self.at(name, Place::Purse(id), |deployment| match id {
            PurseId::Of(who, 0) => deployment.token_account(&who.address()),
            PurseId::Of(who, slot) => Signer::pubkey(&purse_key(who, slot)),
            PurseId::Escrow(bank) => deployment.escrow(&bank.bic()),
        })
    }

    // ── reading ─────────────────────────────────────────────────────────────────────────────

    /// Brings `snapshot` up to the chain. Says which watched accounts are not as they were.
    pub fn refresh(&mut self, snapshot: &mut Snapshot) -> Result<Vec<Change>, String> {
        snapshot.now = self.chain.now().map_err(|error| error.to_string())?;
        let mut changed = Vec::new();
        let addresses: Vec<Address> = self.watched.keys().copied().collect();
        let accounts = self
            .chain
            .accounts(&addresses)
            .map_err(|error| error.to_string())?;
        for ((address, place), account) in self.watched.iter().zip(accounts) {
            if account.as_ref() == self.raw.get(address) {
                continue;
            }
            let lamports =
                |account: Option<&Account>| account.map_or(0, |account| i128::from(account.lamports));
            changed.push(Change {
                address: *address,
                place: *place,
                lamports: lamports(account.as_ref()) - lamports(self.raw.get(address)),
            });
            // Anybody can send lamports to an address before its account exists.
            let is_there =
                |account: &&Account| account.owner != SYSTEM_PROGRAM_ID || !account.data.is_empty();
            snapshot::read(snapshot, *place, account.as_ref().filter(is_there))
                .map_err(|reason| format!("{place:?} cannot be read: {reason}"))?;
            match account {
                Some(account) => self.raw.insert(*address, account),
                None => self.raw.remove(address),
            };
        }
        Ok(changed)
    }

    // ── sending ─────────────────────────────────────────────────────────────────────────────

    /// Sends an operation as one transaction; the fee is paid by nobody who takes part.
    pub fn attempt(&mut self, op: &Op) -> Outcome {
        let (instructions, signers) = self.build(op);
        let mut pairs: Vec<&Keypair> = signers.iter().map(|who| who.pair()).collect();
        let purse_key = match op {
            Op::OpenPurse(PurseId::Of(who, slot)) if *slot > 0 => Some(purse_key(*who, *slot)),
            Op::Transfer {
                signer: None,
                from: PurseId::Of(who, slot),
                ..
            }
            | Op::GiveAway {
                signer: None,
                purse: PurseId::Of(who, slot),
                ..
            } => Some(purse_key(*who, *slot)),
            _ => None,
        };
        pairs.extend(&purse_key);
        let options = self.chain.options();
        let sent = self.chain.sign(&instructions, &self.fee_payer, &pairs, options);
        let sent = sent.and_then(|letter| {
            self.last = Some(letter.signature);
            self.chain.dispatch(&letter)
        });
        match sent {
            Ok(receipt) => {
                self.remember(op);
                Outcome::Accepted {
                    events: receipt.events,
                    logs: receipt.logs,
                }
            }
            Err(error) => refused(op, error),
        }
    }

    /// What a bank's statement was when it was posted: proofs and digests are made from it.
    fn remember(&mut self, op: &Op) {
        if let Op::PostStatement {
            bank,
            figures,
            entries,
            source,
            ..
        } = op
        {
            let id = StatementId {
                bank: *bank,
                number: figures.number,
            };
            let file = self.file(figures, entries, *source);
            if let Some(old) = self.files.insert(id, file) {
                self.withdrawn.insert(id, old);
            }
        }
    }

    fn initialize(&self, signer: Who, mint: MintSource) -> Instruction {
        let args = InitializeArgs {
            roles: FIRST_ROLES.map(Who::address),
            attestors: FIRST_ATTESTORS.map(Who::address).to_vec(),
            threshold: 2,
            mandatory: 0b001,
            max_statement_age: self.policy[0],
            redemption_sla: self.policy[1],
            name: NAME.to_owned(),
            uri: URI.to_owned(),
        };
        let payer = Signer::pubkey(&self.fee_payer);
        instruction::initialize(&self.deployment, payer, signer.address(), mint, args)
    }
}

fn refused(op: &Op, error: ChainError) -> Outcome {
    let reason = match &error {
        ChainError::Program { program, code, .. } if *program == PROGRAM_ID => names::ERRORS
            .iter()
            .find(|(known, ..)| names::code_of(*known) == *code)
            .map_or(Reason::Elsewhere, |(known, ..)| Reason::Kzte(*known)),
        ChainError::Program { .. } | ChainError::Refused { .. } => Reason::Elsewhere,
        other => panic!("{op:?} never reached the chain: {other}"),
    };
    Outcome::Refused {
        reason,
        name: error.name().unwrap_or("?").to_owned(),
        logs: error.logs().to_vec(),
    }
}

/// Every power over the mint lies where the design puts it.
pub fn authorities(config: &Address) -> [Address; 4] {
    [
        address::mint_authority(config),
        address::freeze_authority(config),
        address::permanent_delegate(config),
        address::pause_authority(config),
    ]
}
