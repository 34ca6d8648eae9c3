//! A deployment to test on: the program, two banks, role holders, holders, and every act in two forms. `mint_case`
//! gives the valid instruction with its signers, for a test to bend; `mint` does it and hands back what it made.

use std::{borrow::Borrow, fs, path::PathBuf, sync::OnceLock};

use kzte_client::{
    Account, Address, Bic, Chain, ChainError, Deployment, Instruction, PROGRAM_ID, Receipt, fetch,
    instruction::{
        self, GiveBack, InitializeArgs, IssuerLimits, MetadataField, MintSource, Novation, OrderTerms,
        Recipient, RedemptionRequest, Registration,
    },
    reserve::StatementFile,
    state::{Config, Issuer, IssuerRole, ROLE_COUNT, Role},
};
use kzte_ledger::{Entry, EntryKind};

use crate::{
    Auditor, Case, Key, TestChain, assert_ok,
    indexer::Record,
    key::{VAULT_PROGRAM_ID, hash_of, nowhere},
};

/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// Oldest statement that mints in a new [`World`], seconds.
pub const MAX_STATEMENT_AGE: i64 = 3 * DAY;
/// Term of a redemption in a new [`World`], seconds.
pub const REDEMPTION_SLA: i64 = 2 * DAY;
/// From when on a holder may cancel in a new [`World`], seconds after his request: the term, and the age of a statement.
pub const CANCEL_AFTER: i64 = REDEMPTION_SLA + MAX_STATEMENT_AGE;
/// Quota of each bank in a new [`World`], tiyn.
pub const QUOTA: u64 = 1_000_000_000_000_000;
/// Lamports that every key of the world starts with.
const FUNDS: u64 = 100_000_000_000;

/// The compiled program: `KZTE_PROGRAM`, or `target/deploy/kzte.so` of the workspace.
pub fn program() -> &'static [u8] {
    static PROGRAM: OnceLock<Vec<u8>> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let path = program_path();
        fs::read(&path).unwrap_or_else(|error| {
            panic!(
                "the compiled program is not at {}: {error}. Build it with `cargo xtask build`, or say where it is in KZTE_PROGRAM",
                path.display()
            )
        })
    })
}

/// The compiled test vault, beside the program that the checkout builds.
fn vault() -> &'static [u8] {
    static VAULT: OnceLock<Vec<u8>> = OnceLock::new();
    VAULT.get_or_init(|| {
        let path = vault_path();
        fs::read(&path).unwrap_or_else(|error| {
            panic!(
                "the test vault is not at {}: {error}. Build it with `cargo xtask build`",
                path.display()
            )
        })
    })
}

/// Where the compiled test vault is looked for.
pub fn vault_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/deploy/kzte_test_vault.so")
}

/// Where the compiled program is looked for.
pub fn program_path() -> PathBuf {
    std::env::var_os("KZTE_PROGRAM").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/deploy/kzte.so"),
        PathBuf::from,
    )
}

/// Everybody who acts in the name of the system.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    pub upgrade_authority: Key,
    pub authority: Key,
    pub issuer_manager: Key,
    pub pauser: Key,
    pub compliance: Key,
    pub court_officer: Key,
    pub enforcer: Key,
    /// 2 of 3 carry a statement; seat 0, the central bank, must be among them.
    pub attestors: [Key; 3],
    /// Pays every fee, holds no role: so that a failed transaction leaves all accounts of an instruction as they were.
    pub payer: Key,
    /// Pays the rent of what others create, holds no role.
    pub sponsor: Key,
    /// Has lamports and no role.
    pub stranger: Key,
}

impl Keys {
    /// Roles are held by what `make` makes of their names; whoever only pays is a key pair.
    fn held_by(make: fn(&str) -> Key) -> Self {
        Self {
            upgrade_authority: make("upgrade authority"),
            authority: make("authority"),
            issuer_manager: make("issuer manager"),
            pauser: make("pauser"),
            compliance: make("compliance"),
            court_officer: make("court officer"),
            enforcer: make("enforcer"),
            attestors: [make("central bank"), make("custodian"), make("auditor")],
            payer: Key::named("fee payer"),
            sponsor: Key::named("sponsor"),
            stranger: Key::named("stranger"),
        }
    }

    /// Whether it only pays fees or rent, or is a stranger.
    pub fn pays(&self, address: &Address) -> bool {
        [self.payer, self.sponsor, self.stranger]
            .iter()
            .any(|key| key.address() == *address)
    }

    /// Holders by role.
    pub fn roles(&self) -> [Address; ROLE_COUNT] {
        let mut roles = [Address::default(); ROLE_COUNT];
        for (role, key) in [
            (Role::Authority, self.authority),
            (Role::IssuerManager, self.issuer_manager),
            (Role::Pauser, self.pauser),
            (Role::Compliance, self.compliance),
            (Role::CourtOfficer, self.court_officer),
            (Role::Enforcer, self.enforcer),
        ] {
            roles[role as usize] = key.address();
        }
        roles
    }

    /// Every key, with a name.
    pub fn all(&self) -> [(&'static str, Key); 13] {
        [
            ("upgrade authority", self.upgrade_authority),
            ("authority", self.authority),
            ("issuer manager", self.issuer_manager),
            ("pauser", self.pauser),
            ("compliance", self.compliance),
            ("court officer", self.court_officer),
            ("enforcer", self.enforcer),
            ("attestor 0", self.attestors[0]),
            ("attestor 1", self.attestors[1]),
            ("attestor 2", self.attestors[2]),
            ("payer", self.payer),
            ("sponsor", self.sponsor),
            ("stranger", self.stranger),
        ]
    }
}

/// A partner bank.
#[derive(Clone, Copy, Debug)]
pub struct Bank {
    pub bic: Bic,
    pub admin: Key,
    pub operator: Key,
}

impl Bank {
    /// The bank of that code with seeded key pairs.
    pub fn new(bic: &str) -> Self {
        Self::held_by(bic, Key::named)
    }

    /// The bank of that code, its seats held by what `make` makes of their names.
    pub fn held_by(bic: &str, make: fn(&str) -> Key) -> Self {
        Self {
            bic: bic.parse().expect("a BIC"),
            admin: make(&format!("admin of {bic}")),
            operator: make(&format!("operator of {bic}")),
        }
    }
}

/// An entry of a statement before it has its place.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub kind: EntryKind,
    /// Tiyn.
    pub amount: u64,
    /// Zero: neither mintable nor settling.
    pub party: Address,
}

/// A deposit of a wallet's owner, tiyn.
pub fn credit(amount: u64, wallet: Address) -> Line {
    Line {
        kind: EntryKind::Credit,
        amount,
        party: wallet,
    }
}

/// A payout of a redemption, tiyn.
pub fn debit(amount: u64, redemption: Address) -> Line {
    Line {
        kind: EntryKind::Debit,
        amount,
        party: redemption,
    }
}

/// Money that came in for nobody: interest, the bank's own capital.
pub fn neutral_credit(amount: u64) -> Line {
    credit(amount, Address::default())
}

/// Money that left for no redemption: a fee, a reversal.
pub fn neutral_debit(amount: u64) -> Line {
    debit(amount, Address::default())
}

/// Limits that stop nothing in a test that is not about them.
pub const WIDE: IssuerLimits = IssuerLimits {
    quota: QUOTA,
    window_limit: u64::MAX,
    window_seconds: DAY,
};

/// One chain with one deployment on it (and a second one where a test asks for it).
#[derive(Clone)]
pub struct World<C: Chain = TestChain> {
    pub chain: C,
    pub keys: Keys,
    /// The deployment that all acts go to.
    pub deployment: Deployment,
    /// Key of its mint.
    pub mint_key: Key,
    pub banks: [Bank; 2],
    /// Knows every statement, redemption and token account of the deployment.
    pub auditor: Auditor,
    second: Option<Deployment>,
    make: fn(&str) -> Key,
    /// The events of every transaction that passed.
    pub history: Vec<Record>,
}

impl World {
    /// The program and funded keys, nothing initialised.
    pub fn bare() -> Self {
        Self::bare_named("mint")
    }

    /// [`World::bare`] whose mint has another key, and so another configuration, other banks, other bumps.
    pub fn bare_named(mint: &str) -> Self {
        Self::bare_held_by(mint, Key::named)
    }

    /// [`World::bare_named`] whose roles are held by what `make` makes of their names: [`Key::named`] or [`Key::vault`].
    pub fn bare_held_by(mint: &str, make: fn(&str) -> Key) -> Self {
        let keys = Keys::held_by(make);
        let vault = (VAULT_PROGRAM_ID, vault(), vault_path());
        let chain = TestChain::new(program(), &keys.upgrade_authority.address(), &[vault]);
        let mut world = Self::held_on(chain, mint, make);
        world.fund_everybody();
        world
    }

    /// Initialised, with two banks registered and nothing posted.
    pub fn new() -> Self {
        let mut world = Self::bare();
        world.set_up();
        world
    }

    /// [`World::new`] with a second deployment of the program beside it, held by the same keys and with the same
    /// banks, so that nothing but the configuration tells the two apart.
    pub fn with_second() -> Self {
        Self::with_second_held_by(Key::named)
    }

    /// [`World::with_second`] whose roles are held by what `make` makes of their names.
    pub fn with_second_held_by(make: fn(&str) -> Key) -> Self {
        let mut world = Self::bare_held_by("mint", make);
        world.set_up();
        let second = Deployment::of(Key::named("second mint").address());
        world.second = Some(second);
        world.in_second(|world| world.set_up());
        world
    }

    /// The second deployment; panics when there is none.
    pub fn second(&self) -> Deployment {
        self.second.expect("World::with_second")
    }

    /// Acts in the second deployment: `act` sees a world whose deployment is that one.
    pub fn in_second<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let first = (self.deployment, self.mint_key, self.auditor.clone());
        self.deployment = self.second();
        self.mint_key = Key::named("second mint");
        let result = act(self);
        (self.deployment, self.mint_key, self.auditor) = first;
        result
    }

    /// Turns to a deployment under another mint, of which nothing exists yet.
    pub fn begin_anew(&mut self, mint: &str) {
        self.mint_key = Key::named(mint);
        self.deployment = Deployment::of(self.mint_key.address());
        self.auditor = Auditor::new();
    }

    /// Writes a copy of an account under another owner at a fresh address, and returns that: a fake of it.
    pub fn fake_of(&mut self, address: impl Borrow<Address>, owner: impl Borrow<Address>) -> Address {
        let (address, owner) = (address.borrow(), owner.borrow());
        let mut account = self.expect_account(address);
        account.owner = *owner;
        self.place(&format!("fake of {address} under {owner}"), account)
    }

    /// Writes a copy of an account, owner and all, at a fresh address, and returns that.
    pub fn copy_of(&mut self, address: impl Borrow<Address>) -> Address {
        let address = address.borrow();
        let account = self.expect_account(address);
        self.place(&format!("copy of {address}"), account)
    }

    /// Writes a copy of an account of ours, under the discriminator of `other`, at a fresh address, and returns that:
    /// right in length and owner, wrong in kind.
    pub fn cosplay_of(&mut self, address: impl Borrow<Address>, other: impl Borrow<Address>) -> Address {
        let mut account = self.expect_account(address.borrow());
        let other = self.expect_account(other.borrow());
        account.data[..8].copy_from_slice(&other.data[..8]);
        self.place(&format!("cosplay of {}", address.borrow()), account)
    }

    /// Changes an account past every program.
    pub fn tamper(&mut self, address: impl Borrow<Address>, change: impl FnOnce(&mut Account)) {
        let address = address.borrow();
        let mut account = self.expect_account(address);
        change(&mut account);
        self.chain.set_account(address, account).expect("an account");
    }

    /// Changes the fields of an issuer past the program, for states that no instruction of today leads to.
    pub fn tamper_issuer(&mut self, bank: &Bank, change: impl FnOnce(&mut Issuer)) {
        let mut issuer = self.issuer(bank);
        change(&mut issuer);
        let fields = borsh::to_vec(&issuer).expect("an issuer");
        self.tamper(self.deployment.issuer(&bank.bic), |account| {
            account.data[8..].copy_from_slice(&fields);
        });
    }

    /// Makes the configuration one of version 1, as the first build wrote it: eight bytes shorter.
    pub fn age_config(&mut self) {
        self.tamper(self.deployment.config, |account| {
            account.data.truncate(Config::SPACE_V1);
            account.data[8] = 1;
        });
    }

    fn place(&mut self, name: &str, account: Account) -> Address {
        let address = nowhere(name);
        self.chain.set_account(&address, account).expect("an account");
        address
    }

    /// Lets time pass.
    pub fn advance(&mut self, seconds: i64) {
        self.chain.advance(seconds);
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Chain> World<C> {
    /// A world on any chain. `mint`: name of the mint's key; another name, another deployment.
    pub fn on(chain: C, mint: &str) -> Self {
        Self::held_on(chain, mint, Key::named)
    }

    fn held_on(chain: C, mint: &str, make: fn(&str) -> Key) -> Self {
        let mint_key = Key::named(mint);
        let deployment = Deployment::of(mint_key.address());
        Self {
            chain,
            keys: Keys::held_by(make),
            deployment,
            mint_key,
            banks: ["ALTNKZKAXXX", "SARYKZ2AXXX"].map(|bic| Bank::held_by(bic, make)),
            auditor: Auditor::new(),
            second: None,
            make,
            history: Vec::new(),
        }
    }

    /// Somebody of that name: of the kind that holds this world's roles.
    pub fn key(&self, name: &str) -> Key {
        (self.make)(name)
    }

    /// Gives every key of the system lamports.
    pub fn fund_everybody(&mut self) {
        let bank_keys = self.banks.map(|bank| [bank.admin, bank.operator]);
        let keys = self.keys.all().map(|(_, key)| key);
        for key in keys.iter().chain(bank_keys.iter().flatten()) {
            self.chain.fund(&key.address(), FUNDS).expect("lamports");
        }
    }

    /// Initialises and registers both banks.
    pub fn set_up(&mut self) {
        let case = self.initialize_case();
        assert_ok(self, &case);
        for bank in self.banks {
            let case = self.register_case(&bank, WIDE);
            assert_ok(self, &case);
            self.auditor.knows_bank(bank.bic);
            self.auditor
                .knows_token_account(self.deployment.escrow(&bank.bic));
        }
    }

    // ── sending ─────────────────────────────────────────────────────────────────────────────

    /// Sends a case; [`Keys::payer`] pays the fee.
    pub fn send(&mut self, case: &Case) -> Result<Receipt, ChainError> {
        self.send_all(std::slice::from_ref(&case.instruction), &case.signers)
    }

    /// Sends instructions in one transaction; [`Keys::payer`] pays the fee.
    pub fn send_all(&mut self, instructions: &[Instruction], signers: &[Key]) -> Result<Receipt, ChainError> {
        let pairs: Vec<_> = signers.iter().flat_map(Key::pairs).collect();
        let references: Vec<_> = pairs.iter().collect();
        let instructions: Vec<_> = instructions
            .iter()
            .map(|instruction| {
                signers
                    .iter()
                    .fold(instruction.clone(), |inner, key| key.wrap(inner))
            })
            .collect();
        let receipt = self
            .chain
            .send(&instructions, &self.keys.payer.pair(), &references)?;
        self.history.push(Record {
            at: self.now(),
            events: receipt.events.clone(),
        });
        Ok(receipt)
    }

    /// Sends instructions that must pass.
    #[track_caller]
    pub fn must(&mut self, instructions: &[Instruction], signers: &[Key]) -> Receipt {
        match self.send_all(instructions, signers) {
            Ok(receipt) => receipt,
            Err(error) => panic!("{error}\n{}", error.logs().join("\n")),
        }
    }

    // ── reading ─────────────────────────────────────────────────────────────────────────────

    /// An account that must exist.
    #[track_caller]
    pub fn expect_account(&self, address: &Address) -> Account {
        let account = self.chain.account(address).expect("the chain");
        account.unwrap_or_else(|| panic!("nothing lies at {address}"))
    }

    /// A bank's account.
    #[track_caller]
    pub fn issuer(&self, bank: &Bank) -> Issuer {
        let issuer = fetch::issuer(&self.chain, &self.deployment, &bank.bic).expect("an issuer");
        issuer.expect("the bank is registered")
    }

    /// What a token account holds, tiyn.
    #[track_caller]
    pub fn balance(&self, token_account: &Address) -> u64 {
        fetch::token_account(&self.chain, token_account)
            .expect("a token account")
            .map_or(0, |it| it.amount)
    }

    /// What a key holds in its associated token account, tiyn.
    pub fn holding(&self, key: &Key) -> u64 {
        self.balance(&self.token_account(key))
    }

    /// Supply of the mint, tiyn.
    pub fn supply(&self) -> u64 {
        fetch::mint(&self.chain, &self.deployment)
            .expect("the mint")
            .supply
    }

    /// The time, Unix seconds.
    pub fn now(&self) -> i64 {
        self.chain.now().expect("the time")
    }

    /// Associated token account of a key.
    pub fn token_account(&self, key: &Key) -> Address {
        self.deployment.token_account(&key.address())
    }

    /// Recomputes the invariants from the accounts; panics, naming the step, when one is broken.
    #[track_caller]
    pub fn check_invariants(&mut self, step: &str) {
        self.auditor.check(&self.chain, &self.deployment, step);
    }

    // ── governance ──────────────────────────────────────────────────────────────────────────

    /// Arguments of the world's `initialize`.
    pub fn policy(&self) -> InitializeArgs {
        InitializeArgs {
            roles: self.keys.roles(),
            attestors: self.keys.attestors.iter().map(Key::address).collect(),
            threshold: 2,
            mandatory: 0b001,
            max_statement_age: MAX_STATEMENT_AGE,
            redemption_sla: REDEMPTION_SLA,
            name: "Digital Tenge".to_owned(),
            uri: "https://kzte.example/kzte.json".to_owned(),
        }
    }

    pub fn initialize_case(&self) -> Case {
        self.initialize_case_with(MintSource::Create, self.policy())
    }

    pub fn initialize_case_with(&self, mint: MintSource, args: InitializeArgs) -> Case {
        // Who pays the fee pays the rent: a fourth signature would leave no room for long texts.
        let (payer, upgrade_authority) = (self.keys.payer, self.keys.upgrade_authority);
        let instruction = instruction::initialize(
            &self.deployment,
            payer.address(),
            upgrade_authority.address(),
            mint,
            args,
        );
        let mut signers = vec![payer, upgrade_authority];
        signers.extend((mint == MintSource::Create).then_some(self.mint_key));
        Case::new("initialize", instruction, &signers)
    }

    pub fn register_case(&self, bank: &Bank, limits: IssuerLimits) -> Case {
        let (payer, issuer_manager) = (self.keys.sponsor, self.keys.issuer_manager);
        let registration = Registration {
            payer: payer.address(),
            issuer_manager: issuer_manager.address(),
            bic: bank.bic,
            admin: bank.admin.address(),
            operator: bank.operator.address(),
            limits,
        };
        let instruction = instruction::register_issuer(&self.deployment, &registration);
        Case::new("register_issuer", instruction, &[payer, issuer_manager])
    }

    pub fn configure_case(&self, bank: &Bank, limits: IssuerLimits) -> Case {
        let manager = self.keys.issuer_manager;
        let instruction =
            instruction::configure_issuer(&self.deployment, &bank.bic, manager.address(), limits);
        Case::new("configure_issuer", instruction, &[manager])
    }

    #[track_caller]
    pub fn configure(&mut self, bank: &Bank, limits: IssuerLimits) {
        let case = self.configure_case(bank, limits);
        assert_ok(self, &case);
    }

    pub fn set_attestors_case(&self, attestors: &[Key], threshold: u8, mandatory: u8) -> Case {
        let addresses: Vec<Address> = attestors.iter().map(Key::address).collect();
        let authority = self.keys.authority;
        let instruction = instruction::set_attestors(
            &self.deployment,
            authority.address(),
            &addresses,
            threshold,
            mandatory,
        );
        Case::new("set_attestors", instruction, &[authority])
    }

    pub fn set_policy_case(&self, max_statement_age: i64, redemption_sla: i64) -> Case {
        let authority = self.keys.authority;
        let instruction = instruction::set_policy(
            &self.deployment,
            authority.address(),
            max_statement_age,
            redemption_sla,
        );
        Case::new("set_policy", instruction, &[authority])
    }

    /// `status`: `state::ISSUER_ACTIVE` and its neighbours.
    pub fn status_case(&self, bank: &Bank, status: u8) -> Case {
        let manager = self.keys.issuer_manager;
        let instruction =
            instruction::set_issuer_status(&self.deployment, &bank.bic, manager.address(), status, REASON);
        Case::new("set_issuer_status", instruction, &[manager])
    }

    #[track_caller]
    pub fn set_status(&mut self, bank: &Bank, status: u8) {
        let case = self.status_case(bank, status);
        assert_ok(self, &case);
    }

    pub fn nominate_case(&self, role: Role, nominee: &Address) -> Case {
        let authority = self.keys.authority;
        let instruction = instruction::nominate_role(&self.deployment, authority.address(), role, *nominee);
        Case::new("nominate_role", instruction, &[authority])
    }

    pub fn accept_case(&self, role: Role, nominee: &Key) -> Case {
        let instruction = instruction::accept_role(&self.deployment, nominee.address(), role);
        Case::new("accept_role", instruction, &[*nominee])
    }

    pub fn cancel_nomination_case(&self, role: Role) -> Case {
        let authority = self.keys.authority;
        let instruction = instruction::cancel_nomination(&self.deployment, authority.address(), role);
        Case::new("cancel_nomination", instruction, &[authority])
    }

    /// The bank's admin nominates.
    pub fn nominate_issuer_case(&self, bank: &Bank, role: IssuerRole, nominee: &Address) -> Case {
        let admin = bank.admin;
        let instruction =
            instruction::nominate_issuer_role(&self.deployment, &bank.bic, admin.address(), role, *nominee);
        Case::new("nominate_issuer_role", instruction, &[admin])
    }

    pub fn accept_issuer_case(&self, bank: &Bank, role: IssuerRole, nominee: &Key) -> Case {
        let instruction =
            instruction::accept_issuer_role(&self.deployment, &bank.bic, nominee.address(), role);
        Case::new("accept_issuer_role", instruction, &[*nominee])
    }

    /// The bank's admin cancels.
    pub fn cancel_issuer_nomination_case(&self, bank: &Bank, role: IssuerRole) -> Case {
        let admin = bank.admin;
        let instruction =
            instruction::cancel_issuer_nomination(&self.deployment, &bank.bic, admin.address(), role);
        Case::new("cancel_issuer_nomination", instruction, &[admin])
    }

    pub fn default_state_case(&self, frozen: bool) -> Case {
        let authority = self.keys.authority;
        let instruction =
            instruction::set_default_account_state(&self.deployment, authority.address(), frozen);
        Case::new("set_default_account_state", instruction, &[authority])
    }

    /// From now on token accounts are born frozen, or open.
    #[track_caller]
    pub fn set_born_frozen(&mut self, frozen: bool) {
        let case = self.default_state_case(frozen);
        assert_ok(self, &case);
    }

    pub fn update_metadata_case(&self, field: MetadataField, value: &str) -> Case {
        let (payer, authority) = (self.keys.sponsor, self.keys.authority);
        let instruction = instruction::update_metadata(
            &self.deployment,
            payer.address(),
            authority.address(),
            field,
            value,
        );
        Case::new("update_metadata", instruction, &[payer, authority])
    }

    /// All banks of the world are given.
    pub fn migrate_case(&self) -> Case {
        let (payer, authority) = (self.keys.sponsor, self.keys.authority);
        let banks = self.banks.map(|bank| bank.bic);
        let instruction =
            instruction::migrate_config(&self.deployment, payer.address(), authority.address(), &banks);
        Case::new("migrate_config", instruction, &[payer, authority])
    }

    /// The stranger checks the invariants over all banks of the world.
    pub fn check_invariants_case(&self) -> Case {
        let caller = self.keys.stranger;
        let banks = self.banks.map(|bank| bank.bic);
        let instruction = instruction::check_invariants(&self.deployment, caller.address(), &banks);
        Case::new("check_invariants", instruction, &[caller])
    }

    // ── between banks ───────────────────────────────────────────────────────────────────────

    pub fn novate_case(&self, giver: &Bank, taker: &Bank, amount: u64) -> Case {
        let novation = Novation {
            giver: giver.bic,
            operator: giver.operator.address(),
            taker: taker.bic,
            taker_operator: taker.operator.address(),
            amount,
            reference_hash: hash_of("the agreement"),
        };
        let instruction = instruction::novate(&self.deployment, &novation);
        Case::new("novate", instruction, &[giver.operator, taker.operator])
    }

    #[track_caller]
    pub fn novate(&mut self, giver: &Bank, taker: &Bank, amount: u64) {
        let case = self.novate_case(giver, taker, amount);
        assert_ok(self, &case);
    }

    pub fn pause_case(&self, flags: u8) -> Case {
        let pauser = self.keys.pauser;
        Case::new(
            "pause",
            instruction::pause(&self.deployment, pauser.address(), flags),
            &[pauser],
        )
    }

    pub fn resume_case(&self, flags: u8) -> Case {
        let authority = self.keys.authority;
        let instruction = instruction::resume(&self.deployment, authority.address(), flags);
        Case::new("resume", instruction, &[authority])
    }

    /// Pauses; no flags: does nothing.
    #[track_caller]
    pub fn pause(&mut self, flags: u8) {
        if flags != 0 {
            let case = self.pause_case(flags);
            assert_ok(self, &case);
        }
    }

    /// Resumes; no flags: does nothing.
    #[track_caller]
    pub fn resume(&mut self, flags: u8) {
        if flags != 0 {
            let case = self.resume_case(flags);
            assert_ok(self, &case);
        }
    }

    // ── compliance ──────────────────────────────────────────────────────────────────────────

    pub fn freeze_case(&self, token_account: &Address) -> Case {
        let desk = self.keys.compliance;
        let instruction = instruction::freeze(&self.deployment, desk.address(), *token_account, REASON);
        Case::new("freeze", instruction, &[desk])
    }

    pub fn thaw_case(&self, token_account: &Address) -> Case {
        let desk = self.keys.compliance;
        let instruction = instruction::thaw(&self.deployment, desk.address(), *token_account, REASON);
        Case::new("thaw", instruction, &[desk])
    }

    pub fn block_case(&self, wallet: &Address) -> Case {
        let desk = self.keys.compliance;
        let instruction = instruction::block_wallet(&self.deployment, desk.address(), *wallet, REASON);
        Case::new("block_wallet", instruction, &[desk])
    }

    pub fn unblock_case(&self, wallet: &Address) -> Case {
        let desk = self.keys.compliance;
        let instruction = instruction::unblock_wallet(&self.deployment, desk.address(), *wallet, REASON);
        Case::new("unblock_wallet", instruction, &[desk])
    }

    /// Freezes the associated token account of a key.
    #[track_caller]
    pub fn freeze(&mut self, key: &Key) {
        let case = self.freeze_case(&self.token_account(key));
        assert_ok(self, &case);
    }

    /// Thaws the associated token account of a key.
    #[track_caller]
    pub fn thaw(&mut self, key: &Key) {
        let case = self.thaw_case(&self.token_account(key));
        assert_ok(self, &case);
    }

    #[track_caller]
    pub fn block(&mut self, wallet: &Address) {
        let case = self.block_case(wallet);
        assert_ok(self, &case);
    }

    /// A bank lets the associated token account of a customer in.
    pub fn admit_case(&self, bank: &Bank, wallet: &Address) -> Case {
        let operator = bank.operator;
        let instruction = instruction::admit_holder(
            &self.deployment,
            &bank.bic,
            operator.address(),
            wallet,
            self.deployment.token_account(wallet),
            hash_of("the verification"),
        );
        Case::new("admit_holder", instruction, &[operator])
    }

    /// An order to take up to `cap` tiyn from the associated token account of `subject` to that of `destination`, for a
    /// day.
    pub fn order_terms(&self, case: &str, subject: &Key, destination: &Key, cap: u64) -> OrderTerms {
        OrderTerms {
            case_hash: hash_of(case),
            subject: self.token_account(subject),
            destination: self.token_account(destination),
            cap,
            expires_at: self.now() + DAY,
        }
    }

    pub fn open_order_case(&self, terms: &OrderTerms) -> Case {
        let (payer, officer) = (self.keys.sponsor, self.keys.court_officer);
        let instruction =
            instruction::open_order(&self.deployment, payer.address(), officer.address(), terms);
        Case::new("open_order", instruction, &[payer, officer])
    }

    #[track_caller]
    pub fn open_order(&mut self, terms: &OrderTerms) {
        let case = self.open_order_case(terms);
        assert_ok(self, &case);
    }

    pub fn execute_order_case(&self, terms: &OrderTerms, amount: u64) -> Case {
        let enforcer = self.keys.enforcer;
        let instruction = instruction::execute_order(&self.deployment, enforcer.address(), terms, amount);
        Case::new("execute_order", instruction, &[enforcer])
    }

    pub fn close_order_case(&self, terms: &OrderTerms) -> Case {
        let officer = self.keys.court_officer;
        let instruction = instruction::close_order(&self.deployment, officer.address(), &terms.case_hash);
        Case::new("close_order", instruction, &[officer])
    }

    // ── holders ─────────────────────────────────────────────────────────────────────────────

    /// Gives an address lamports.
    pub fn fund(&mut self, address: &Address) {
        self.chain.fund(address, FUNDS).expect("lamports");
    }

    /// A funded wallet with its associated token account. The same name, the same wallet.
    #[track_caller]
    pub fn holder(&mut self, name: &str) -> Key {
        let key = self.key(name);
        if self.chain.account(&key.address()).expect("the chain").is_none() {
            self.chain.fund(&key.address(), FUNDS).expect("lamports");
        }
        self.open_account(&key.address());
        key
    }

    /// The associated token account of any wallet, made when missing.
    #[track_caller]
    pub fn open_account(&mut self, wallet: &Address) -> Address {
        let payer = self.keys.payer.address();
        let create = instruction::create_associated_token(&self.deployment, payer, *wallet);
        self.must(&[create], &[]);
        let account = self.deployment.token_account(wallet);
        self.auditor.knows_token_account(account);
        account
    }

    /// A plain Token-2022 transfer between associated token accounts.
    pub fn try_transfer(&mut self, from: &Key, to: &Key, amount: u64) -> Result<Receipt, ChainError> {
        let instruction = instruction::transfer_checked(
            &self.deployment,
            self.token_account(from),
            self.token_account(to),
            from.address(),
            amount,
        );
        self.send_all(&[instruction], &[*from])
    }

    #[track_caller]
    pub fn transfer(&mut self, from: &Key, to: &Key, amount: u64) {
        if let Err(error) = self.try_transfer(from, to, amount) {
            panic!("transfer: {error}\n{}", error.logs().join("\n"));
        }
    }

    /// A holder's own burn by Token-2022, which no bank's books see.
    #[track_caller]
    pub fn burn_directly(&mut self, holder: &Key, amount: u64) {
        let account = self.token_account(holder);
        let instruction = instruction::burn_checked(&self.deployment, account, holder.address(), amount);
        self.must(&[instruction], &[*holder]);
        self.auditor.holder_burned(amount);
    }

    // ── reserves ────────────────────────────────────────────────────────────────────────────

    /// The bank's next statement over `lines`, as of `as_of`.
    #[track_caller]
    pub fn file_as_of(&self, bank: &Bank, lines: &[Line], as_of: i64) -> StatementFile {
        let head = self.issuer(bank);
        let number = head.statement_number + 1;
        let entries = (0u32..)
            .zip(lines)
            .map(|(index, line)| Entry {
                kind: line.kind,
                index,
                amount: line.amount,
                reference_hash: hash_of(&format!("{}/{number}/{index}", bank.bic)),
                party: line.party.to_bytes(),
            })
            .collect();
        let source_hash = hash_of(&format!("{}/{number}", bank.bic));
        StatementFile::new(number, head.closing_balance, as_of, entries, source_hash).expect("a statement")
    }

    /// The bank's next statement over `lines`, as of now.
    #[track_caller]
    pub fn file(&self, bank: &Bank, lines: &[Line]) -> StatementFile {
        self.file_as_of(bank, lines, self.now())
    }

    pub fn post_case(&self, bank: &Bank, file: &StatementFile) -> Case {
        let operator = bank.operator;
        let instruction =
            instruction::post_statement(&self.deployment, &bank.bic, operator.address(), file.args());
        Case::new("post_statement", instruction, &[operator])
    }

    pub fn withdraw_case(&self, bank: &Bank, number: u64) -> Case {
        let operator = bank.operator;
        let (own, payer) = (operator.address(), operator.address());
        let instruction = instruction::withdraw_statement(&self.deployment, &bank.bic, own, number, payer);
        Case::new("withdraw_statement", instruction, &[operator])
    }

    /// The vote of one attestor under today's set.
    pub fn attest_case(&self, bank: &Bank, file: &StatementFile, attestor: &Key) -> Case {
        let instruction = instruction::attest_statement(
            &self.deployment,
            &bank.bic,
            attestor.address(),
            file.totals.number,
            self.digest(bank, file),
        );
        Case::new("attest_statement", instruction, &[*attestor])
    }

    /// What an attestor signs for a statement under today's set.
    pub fn digest(&self, bank: &Bank, file: &StatementFile) -> [u8; 32] {
        let config = fetch::config(&self.chain, &self.deployment).expect("the configuration");
        let issuer = self.deployment.issuer(&bank.bic);
        file.digest(
            &PROGRAM_ID,
            &self.deployment.config,
            &issuer,
            config.attestor_set_version,
        )
    }

    /// Anybody closes an exhausted statement; here the stranger.
    pub fn close_case(&self, bank: &Bank, number: u64) -> Case {
        let (caller, payer) = (self.keys.stranger, bank.operator.address());
        let instruction =
            instruction::close_statement(&self.deployment, &bank.bic, caller.address(), number, payer);
        Case::new("close_statement", instruction, &[caller])
    }

    /// Posts the bank's next statement as of now. On the in-process chain time stands still, so where the last
    /// statement is of this very second, let time pass before.
    #[track_caller]
    pub fn post(&mut self, bank: &Bank, lines: &[Line]) -> StatementFile {
        let file = self.file(bank, lines);
        self.post_file(bank, &file);
        file
    }

    #[track_caller]
    pub fn post_file(&mut self, bank: &Bank, file: &StatementFile) {
        let case = self.post_case(bank, file);
        assert_ok(self, &case);
    }

    /// The votes of the central bank and the custodian, which carry a statement.
    #[track_caller]
    pub fn attest(&mut self, bank: &Bank, file: &StatementFile) {
        for attestor in [self.keys.attestors[0], self.keys.attestors[1]] {
            let case = self.attest_case(bank, file, &attestor);
            assert_ok(self, &case);
        }
        self.auditor.knows_statement(bank.bic, file.clone());
    }

    /// Posts and attests the bank's next statement as of now.
    #[track_caller]
    pub fn effective(&mut self, bank: &Bank, lines: &[Line]) -> StatementFile {
        let file = self.post(bank, lines);
        self.attest(bank, &file);
        file
    }

    // ── issuance ────────────────────────────────────────────────────────────────────────────

    /// Mints one entry to the associated token account of its party.
    pub fn mint_case(&self, bank: &Bank, file: &StatementFile, index: u32) -> Case {
        let entry = &file.entries[index as usize];
        let wallet = Address::new_from_array(entry.party);
        self.mint_case_with(
            bank,
            file.totals.number,
            &wallet,
            entry,
            &file.proof(index).expect("a proof"),
        )
    }

    /// Mints any entry under any proof.
    pub fn mint_case_with(
        &self,
        bank: &Bank,
        number: u64,
        wallet: &Address,
        entry: &Entry,
        proof: &[[u8; 32]],
    ) -> Case {
        let operator = bank.operator;
        let instruction = instruction::mint(
            &self.deployment,
            &bank.bic,
            operator.address(),
            number,
            Recipient::of(*wallet, &self.deployment.mint),
            entry,
            proof,
        );
        Case::new("mint", instruction, &[operator])
    }

    #[track_caller]
    pub fn mint(&mut self, bank: &Bank, file: &StatementFile, index: u32) -> Receipt {
        let case = self.mint_case(bank, file, index);
        assert_ok(self, &case)
    }

    /// Mints `len` neighbouring entries to the associated token accounts of their parties.
    pub fn mint_many_case(&self, bank: &Bank, file: &StatementFile, start: u32, len: u32) -> Case {
        let proof = file.run_proof(start, len).expect("a run");
        let entries = &file.entries[start as usize..(start + len) as usize];
        self.mint_many_case_with(bank, file.totals.number, entries, &proof)
    }

    /// Mints any run under any proof.
    pub fn mint_many_case_with(
        &self,
        bank: &Bank,
        number: u64,
        entries: &[Entry],
        proof: &[[u8; 32]],
    ) -> Case {
        let operator = bank.operator;
        let run: Vec<(Recipient, Entry)> = entries
            .iter()
            .map(|entry| {
                let wallet = Address::new_from_array(entry.party);
                (Recipient::of(wallet, &self.deployment.mint), *entry)
            })
            .collect();
        let instruction = instruction::mint_many(
            &self.deployment,
            &bank.bic,
            operator.address(),
            number,
            &run,
            proof,
        );
        Case::new("mint_many", instruction, &[operator])
    }

    #[track_caller]
    pub fn mint_many(&mut self, bank: &Bank, file: &StatementFile, start: u32, len: u32) -> Receipt {
        let case = self.mint_many_case(bank, file, start, len);
        assert_ok(self, &case)
    }

    /// A deposit from posting to minting: `amount` tiyn for the associated token account of `holder`.
    #[track_caller]
    pub fn deposit(&mut self, bank: &Bank, holder: &Key, amount: u64) -> StatementFile {
        let file = self.effective(bank, &[credit(amount, holder.address())]);
        self.mint(bank, &file, 0);
        file
    }

    /// Burns from the operator's associated token account.
    pub fn burn_case(&self, bank: &Bank, amount: u64) -> Case {
        let operator = bank.operator;
        let account = self.token_account(&operator);
        let instruction = instruction::burn(
            &self.deployment,
            &bank.bic,
            operator.address(),
            account,
            amount,
            hash_of("the bank's own record"),
        );
        Case::new("burn", instruction, &[operator])
    }

    // ── redemption ──────────────────────────────────────────────────────────────────────────

    /// The payout hash that the world uses for a holder's request of that nonce.
    pub fn payout_hash(holder: &Key, nonce: u64) -> [u8; 32] {
        hash_of(&format!("payout {} {nonce}", holder.address()))
    }

    /// A request from the associated token account of `holder`.
    pub fn request_case(&self, bank: &Bank, holder: &Key, nonce: u64, amount: u64) -> Case {
        let request = RedemptionRequest {
            token_account: self.token_account(holder),
            nonce,
            amount,
            payout_hash: Self::payout_hash(holder, nonce),
        };
        let instruction =
            instruction::request_redemption(&self.deployment, &bank.bic, holder.address(), &request);
        Case::new("request_redemption", instruction, &[*holder])
    }

    /// Requests, and returns the redemption.
    #[track_caller]
    pub fn request(&mut self, bank: &Bank, holder: &Key, nonce: u64, amount: u64) -> Address {
        let case = self.request_case(bank, holder, nonce, amount);
        assert_ok(self, &case);
        let redemption = self.deployment.redemption(&bank.bic, &holder.address(), nonce);
        self.auditor.knows_redemption(bank.bic, redemption);
        redemption
    }

    /// Settles the redemption that the debit entry at `index` names.
    pub fn settle_case(&self, bank: &Bank, file: &StatementFile, index: u32) -> Case {
        let entry = &file.entries[index as usize];
        let owner = self.owner_of(&Address::new_from_array(entry.party));
        let proof = file.proof(index).expect("a proof");
        self.settle_case_with(bank, file.totals.number, &owner, entry, &proof)
    }

    /// Settles any entry under any proof.
    pub fn settle_case_with(
        &self,
        bank: &Bank,
        number: u64,
        owner: &Address,
        entry: &Entry,
        proof: &[[u8; 32]],
    ) -> Case {
        let operator = bank.operator;
        let instruction = instruction::settle_redemption(
            &self.deployment,
            &bank.bic,
            operator.address(),
            number,
            *owner,
            entry,
            proof,
        );
        Case::new("settle_redemption", instruction, &[operator])
    }

    #[track_caller]
    pub fn settle(&mut self, bank: &Bank, file: &StatementFile, index: u32) -> Receipt {
        let case = self.settle_case(bank, file, index);
        assert_ok(self, &case)
    }

    /// Rejects to the associated token account of the redemption's owner.
    pub fn reject_case(&self, bank: &Bank, redemption: &Address) -> Case {
        let operator = bank.operator;
        let give_back = self.give_back(redemption);
        let instruction = instruction::reject_redemption(
            &self.deployment,
            &bank.bic,
            operator.address(),
            &give_back,
            REJECT_REASON,
        );
        Case::new("reject_redemption", instruction, &[operator])
    }

    /// The stranger flags a redemption.
    pub fn flag_case(&self, bank: &Bank, redemption: &Address) -> Case {
        let caller = self.keys.stranger;
        let instruction =
            instruction::flag_overdue(&self.deployment, &bank.bic, caller.address(), *redemption);
        Case::new("flag_overdue", instruction, &[caller])
    }

    /// Cancels to the associated token account of `holder`.
    pub fn cancel_case(&self, bank: &Bank, redemption: &Address, holder: &Key) -> Case {
        let give_back = self.give_back(redemption);
        let instruction = instruction::cancel_redemption(&self.deployment, &bank.bic, &give_back);
        Case::new("cancel_redemption", instruction, &[*holder])
    }

    fn give_back(&self, redemption: &Address) -> GiveBack {
        let owner = self.owner_of(redemption);
        GiveBack {
            redemption: *redemption,
            owner,
            destination: self.deployment.token_account(&owner),
        }
    }

    /// Owner of an open redemption; of none: the zero address.
    pub fn owner_of(&self, redemption: &Address) -> Address {
        let redemption = fetch::redemption(&self.chain, redemption).expect("a redemption");
        redemption.map_or_else(Address::default, |redemption| redemption.owner)
    }
}

/// Hash of the reason that the compliance desk of the world gives.
pub const REASON: [u8; 32] = [0xa5; 32];
/// Reason code with which the banks of the world reject.
pub const REJECT_REASON: u16 = 7;
