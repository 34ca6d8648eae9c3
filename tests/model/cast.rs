//! Who takes part: people with keys, banks, and the names of what they own. Small numbers with readable names, so that
//! an operation printed by a failing run can be read.

use std::{fmt, sync::OnceLock};

use kzte_client::{Address, Bic, Keypair, Signer};
use kzte_harness::key::hash_of;

/// A person, a desk or a hot key: somebody who can sign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who(pub u8);

/// Everybody. The first six hold the roles of the configuration at the start, in the order of the role numbers.
const NAMES: [&str; 51] = [
    "authority",
    "issuer manager",
    "pauser",
    "compliance desk",
    "court officer",
    "enforcer",
    "central bank",
    "custodian",
    "auditor",
    "second custodian",
    "second auditor",
    "ministry",
    "successor 1",
    "successor 2",
    "successor 3",
    "successor 4",
    "successor 5",
    "successor 6",
    "aigerim",
    "marat",
    "dana",
    "yerlan",
    "saule",
    "treasury",
    "stranger",
    "sponsor",
    "upgrade authority",
    "admin 0",
    "operator 0",
    "admin 1",
    "operator 1",
    "admin 2",
    "operator 2",
    "admin 3",
    "operator 3",
    "admin 4",
    "operator 4",
    "admin 5",
    "operator 5",
    "admin 6",
    "operator 6",
    "admin 7",
    "operator 7",
    "bank clerk 1",
    "bank clerk 2",
    "bank clerk 3",
    "bank clerk 4",
    "bank clerk 5",
    "bank clerk 6",
    "bank clerk 7",
    "bank clerk 8",
];

/// Number of people.
pub const PEOPLE: u8 = NAMES.len() as u8;
/// Holders of the six roles at the start.
pub const FIRST_ROLES: [Who; 6] = [Who(0), Who(1), Who(2), Who(3), Who(4), Who(5)];
/// The attestors at the start; seat 0, the central bank, is mandatory.
pub const FIRST_ATTESTORS: [Who; 3] = [Who(6), Who(7), Who(8)];
/// Whoever may sit in an attestor set without surprising anybody.
pub const ATTESTORS: [Who; 6] = [Who(6), Who(7), Who(8), Who(9), Who(10), Who(11)];
/// Successors of role holders.
pub const SUCCESSORS: [Who; 6] = [Who(12), Who(13), Who(14), Who(15), Who(16), Who(17)];
/// People who hold tokens.
pub const HOLDERS: [Who; 5] = [Who(18), Who(19), Who(20), Who(21), Who(22)];
/// Where seizure orders give to.
pub const TREASURY: Who = Who(23);
/// Nobody in particular.
pub const STRANGER: Who = Who(24);
/// Pays the rent of what others create.
pub const SPONSOR: Who = Who(25);
/// Signed `initialize`.
pub const UPGRADE_AUTHORITY: Who = Who(26);
const FIRST_BANK_KEY: u8 = 27;
/// People who may take a seat of a bank over.
pub const CLERKS: [Who; 8] = [
    Who(43),
    Who(44),
    Who(45),
    Who(46),
    Who(47),
    Who(48),
    Who(49),
    Who(50),
];

struct Person {
    pair: Keypair,
    address: Address,
}

fn people() -> &'static [Person] {
    static ALL: OnceLock<Vec<Person>> = OnceLock::new();
    ALL.get_or_init(|| {
        let person = |name: &&str| {
            let pair = Keypair::new_from_array(hash_of(&format!("KZTE model person: {name}")));
            let address = pair.pubkey();
            Person { pair, address }
        };
        NAMES.iter().map(person).collect()
    })
}

impl Who {
    /// Everybody.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..PEOPLE).map(Self)
    }

    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }

    pub fn pair(self) -> &'static Keypair {
        &people()[usize::from(self.0)].pair
    }

    pub fn address(self) -> Address {
        people()[usize::from(self.0)].address
    }
}

impl fmt::Debug for Who {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A partner bank by its place in the list of those that may ever be registered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BankId(pub u8);

const BICS: [&str; 8] = [
    "ALTNKZKAXXX",
    "SARYKZ2AXXX",
    "KCJBKZKXXXX",
    "QYZLKZKAXXX",
    "TAUSKZ2BXXX",
    "DALAKZKAXXX",
    "KOKSKZKAXXX",
    "ZHETKZ2AXXX",
];

/// Number of banks that may ever be registered.
pub const BANKS: u8 = BICS.len() as u8;
/// Number of banks that are registered before the first step.
pub const FIRST_BANKS: u8 = 3;

impl BankId {
    /// All that may ever be registered.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..BANKS).map(Self)
    }

    pub fn bic(self) -> Bic {
        static ALL: OnceLock<Vec<Bic>> = OnceLock::new();
        ALL.get_or_init(|| BICS.iter().map(|bic| bic.parse().expect("a BIC")).collect())[usize::from(self.0)]
    }

    /// Cold key at registration.
    pub fn first_admin(self) -> Who {
        Who(FIRST_BANK_KEY + 2 * self.0)
    }

    /// Hot key at registration.
    pub fn first_operator(self) -> Who {
        Who(FIRST_BANK_KEY + 2 * self.0 + 1)
    }
}

impl fmt::Debug for BankId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "bank {}", self.0)
    }
}

/// A token account by the place where it lies. Its owner is a matter of state: he can give it away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PurseId {
    /// Slot 0: the associated token account of a wallet; others: accounts at addresses of their own.
    Of(Who, u8),
    /// The escrow of a bank.
    Escrow(BankId),
}

impl fmt::Debug for PurseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(who, slot) => write!(formatter, "purse {slot} of {}", who.name()),
            Self::Escrow(bank) => write!(formatter, "escrow of {bank:?}"),
        }
    }
}

/// A statement by its bank and number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementId {
    pub bank: BankId,
    pub number: u64,
}

impl fmt::Debug for StatementId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "statement {} of {:?}", self.number, self.bank)
    }
}

/// A redemption by what its address is derived from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RedemptionId {
    pub bank: BankId,
    pub owner: Who,
    pub nonce: u64,
}

impl fmt::Debug for RedemptionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "redemption {} of {} at {:?}",
            self.nonce,
            self.owner.name(),
            self.bank
        )
    }
}

/// A court case by its number; the chain sees a hash.
pub type CaseId = u32;
