//! A deployment on the in-process chain, the samples filled in, and a chain that loses answers.

// Each test file uses its own part of this.
#![allow(dead_code)]

pub mod desk;
pub mod node;

use std::path::{Path, PathBuf};

use kzte_cli::{
    demo::{Stage, cast::Cast, fill},
    import::{self, Import},
    journal::Journal,
    keys::Hand,
    ops::{Status, Step, reserves},
};
use kzte_client::{
    Account, Address, Bic, Chain, ChainError, Deployment, Fate, Instruction, Keypair, Letter, LocalChain,
    Receipt, SendOptions, Signature,
};
use kzte_migrations::{Attestor, Description, IssuerDescription, Migration, Policy, Roles, Token};
use tempfile::TempDir;

pub const DAY: i64 = 86_400;
/// Seconds from the chain's start to the arrival of the first day's file.
pub const EVENING: i64 = 10 * 3600 + 40 * 60;

/// The compiled program; without it the test fails with the sentence that says what to run.
pub fn program() -> Vec<u8> {
    match Stage::of_this_checkout().program_bytes() {
        Ok(bytes) => bytes,
        Err(failure) => panic!("{failure}"),
    }
}

/// An account number with right check digits.
pub const IBAN: &str = "KZ82990CUR0000007919";

pub fn altyndala() -> Bic {
    "ALTNKZKAXXX".parse().unwrap()
}

pub fn saryzhailau() -> Bic {
    "SARYKZ2AXXX".parse().unwrap()
}

/// The deployment that the tests use: two banks, two of three attestors, the central bank mandatory.
pub fn description(cast: &Cast) -> Description {
    let (format, version) = Description::header();
    let issuer = |name: &str, bic, admin, operator, quota| IssuerDescription {
        name: name.to_owned(),
        bic,
        admin: cast.address(admin),
        operator: cast.address(operator),
        quota,
        window_limit: None,
        window_seconds: DAY,
    };
    let attestor = |id: &str, mandatory| Attestor {
        name: id.to_owned(),
        address: cast.address(id),
        mandatory,
    };
    Description {
        format,
        version,
        mint: cast.address("mint"),
        upgrade_authority: cast.address("deployer"),
        token: Token {
            name: "Tenge".to_owned(),
            uri: "https://kzte.example/token.json".to_owned(),
        },
        roles: Roles {
            authority: cast.address("authority"),
            issuer_manager: cast.address("issuer-manager"),
            pauser: cast.address("pauser"),
            compliance: cast.address("compliance"),
            court_officer: cast.address("court-officer"),
            enforcer: cast.address("enforcer"),
        },
        policy: Policy {
            max_statement_age: 3 * DAY,
            redemption_sla: 2 * DAY,
        },
        attestors: vec![
            attestor("central-bank", true),
            attestor("custodian", false),
            attestor("auditor", false),
        ],
        threshold: 2,
        issuers: vec![
            issuer(
                "Altyndala Bank",
                altyndala(),
                "altyndala-admin",
                "altyndala",
                10_000_000_000,
            ),
            issuer(
                "Saryzhailau Bank",
                saryzhailau(),
                "saryzhailau-admin",
                "saryzhailau",
                5_000_000_000,
            ),
        ],
    }
}

/// A chain on which everybody of the cast has lamports and nothing is deployed.
pub fn empty_chain(cast: &Cast) -> LocalChain {
    let mut chain = LocalChain::new(&program(), &cast.address("deployer")).unwrap();
    for player in cast
        .players()
        .filter(|player| player.address() != cast.address("mint"))
    {
        chain.fund(&player.address(), 10_000_000_000).unwrap();
    }
    chain
}

/// A deployment in the evening of its first day.
pub struct World {
    pub chain: Flaky,
    pub cast: Cast,
    pub dep: Deployment,
    pub folder: TempDir,
    pub journal: Journal,
}

impl World {
    pub fn new() -> Self {
        let cast = Cast::new();
        let mut chain = empty_chain(&cast);
        let description = description(&cast);
        let keys = [cast.key("deployer"), cast.key("mint"), cast.key("issuer-manager")];
        Migration::of(&description)
            .apply(&mut chain, cast.key("treasury"), &keys, None, &mut |_| ())
            .unwrap();
        chain.advance(EVENING);
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path().join("journal"));
        Self {
            chain: Flaky { chain, lose: None },
            cast,
            dep: description.deployment(),
            folder,
            journal,
        }
    }

    /// Imports a sample with every wallet in its place.
    pub fn import(&self, sample: &str, key_of: &str, first: u64) -> Vec<Import> {
        let path = sample_file(&self.cast, sample, self.folder.path());
        import::read_file(&path, &self.cast.reference_key(key_of), first).unwrap()
    }

    /// The first day's statement of Altyndala Bank, posted and attested.
    pub fn effective(&mut self) -> Import {
        let import = self.import("altnkzka-2026-11-16.xml", "altyndala", 1).remove(0);
        self.carry(&altyndala(), "altyndala", &import);
        import
    }

    pub fn carry(&mut self, bic: &Bic, operator: &str, import: &Import) {
        let file = &import.statement;
        let hand = Hand::of(self.cast.key(operator));
        let step = reserves::post(&mut self.chain, &self.dep, &hand, bic, file).unwrap();
        assert_eq!(step.status, Status::Done);
        for attestor in ["auditor", "central-bank"] {
            let hand = Hand::of(self.cast.key(attestor));
            let step = reserves::attest(&mut self.chain, &self.dep, &hand, bic, file).unwrap();
            assert_eq!(step.status, Status::Done);
        }
    }

    pub fn balance(&self, id: &str) -> u64 {
        kzte_client::fetch::balance(&self.chain, &self.dep, &self.cast.address(id)).unwrap()
    }

    pub fn issuer(&self, bic: &Bic) -> kzte_client::state::Issuer {
        kzte_client::fetch::issuer(&self.chain, &self.dep, bic)
            .unwrap()
            .unwrap()
    }
}

/// A sample with the cast's wallets, and a fixed address for each redemption.
pub fn sample_file(cast: &Cast, sample: &str, folder: &Path) -> PathBuf {
    let samples = Stage::of_this_checkout().samples;
    fill(&samples, sample, folder, &|kind, id| match kind {
        "wallet" => Some(cast.address(id).to_string()),
        _ => Some(Address::new_from_array([0xA5; 32]).to_string()),
    })
    .unwrap()
}

/// Where an answer gets lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lose {
    /// The command ends before the transaction leaves.
    BeforeSending,
    /// The transaction lands and the answer does not come back.
    AfterLanding,
}

/// A chain that loses one answer.
pub struct Flaky {
    pub chain: LocalChain,
    pub lose: Option<Lose>,
}

impl Flaky {
    fn gone() -> ChainError {
        ChainError::Transport("the connection is gone".to_owned())
    }
}

impl Chain for Flaky {
    fn now(&self) -> Result<i64, ChainError> {
        self.chain.now()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        self.chain.account(address)
    }

    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        self.chain.minimum_balance(data_len)
    }

    fn options(&self) -> SendOptions {
        self.chain.options()
    }

    fn send_with(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Receipt, ChainError> {
        match self.lose.take() {
            None => self.chain.send_with(instructions, payer, signers, options),
            Some(Lose::BeforeSending) => Err(Self::gone()),
            Some(Lose::AfterLanding) => {
                let receipt = self.chain.send_with(instructions, payer, signers, options)?;
                let reason = "the connection is gone".to_owned();
                Err(ChainError::Undecided {
                    signature: receipt.signature,
                    reason,
                })
            }
        }
    }

    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        self.chain.fund(address, lamports)
    }

    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError> {
        self.chain.history(address)
    }

    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError> {
        self.chain.receipt(signature)
    }

    fn cluster(&self) -> Result<String, ChainError> {
        self.chain.cluster()
    }

    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Letter, ChainError> {
        self.chain.sign(instructions, payer, signers, options)
    }

    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError> {
        match self.lose.take() {
            None => self.chain.dispatch(letter),
            Some(Lose::BeforeSending) => Err(Self::gone()),
            Some(Lose::AfterLanding) => {
                self.chain.dispatch(letter)?;
                Err(Self::gone())
            }
        }
    }

    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError> {
        self.chain.fate(letter)
    }
}

/// The step was done now.
#[track_caller]
pub fn done(step: kzte_cli::failure::Result<Step>) -> Step {
    let step = step.unwrap();
    assert_eq!(step.status, Status::Done, "{step:?}");
    assert!(step.signature.is_some(), "{step:?}");
    step
}

/// The step was done before, and says so.
#[track_caller]
pub fn already(step: kzte_cli::failure::Result<Step>) -> Step {
    let step = step.unwrap();
    assert_eq!(step.status, Status::Already, "{step:?}");
    assert!(!step.note.is_empty());
    step
}
