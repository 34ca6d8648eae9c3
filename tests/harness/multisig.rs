//! The test multisig, see `tests/multisig`: its four instructions, and a [`Council`] of members who use them.

use std::path::PathBuf;

use kzte_client::{AccountMeta, Address, Chain, ChainError, Instruction, Receipt, SYSTEM_PROGRAM_ID};

use crate::{Key, World, key::hash_of};

/// Where the test multisig lies.
pub const MULTISIG_PROGRAM_ID: Address =
    Address::from_str_const("TestMu1tisig1111111111111111111111111111111");
/// Seed of a vault's address.
const VAULT_SEED: &[u8] = b"vault";
/// Length of a multisig's account.
pub const MULTISIG_LEN: usize = 332;
/// Length of a proposal before what is proposed.
const PROPOSAL_HEADER: usize = 43;
/// Flags of a proposed account.
const SIGNER: u8 = 1;
const WRITABLE: u8 = 2;

/// Why the multisig refuses; its own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultisigError {
    WrongOwner = 1,
    WrongKind = 2,
    NotEmpty = 3,
    BadMembers = 4,
    NotAMember = 5,
    ForeignProposal = 6,
    AlreadyApproved = 7,
    TooFewApprovals = 8,
    AlreadyExecuted = 9,
    NotAsProposed = 10,
    NotSigned = 11,
    BadProposal = 12,
}

impl MultisigError {
    /// Whether the multisig, and no program behind it, refused with this.
    pub fn is(self, error: &ChainError) -> bool {
        matches!(error, ChainError::Program { program, code, .. }
            if *program == MULTISIG_PROGRAM_ID && *code == self as u32)
    }
}

/// Where the compiled test multisig is looked for.
pub fn multisig_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/deploy/kzte_test_multisig.so")
}

/// The system program's `CreateAccountWithSeed`: an empty account of the multisig's program, paid for by its base.
fn allocate(account: &Address, base: &Address, seed: &str, len: usize, lamports: u64) -> Instruction {
    let mut data = 3_u32.to_le_bytes().to_vec();
    data.extend(base.as_ref());
    data.extend((seed.len() as u64).to_le_bytes());
    data.extend(seed.as_bytes());
    data.extend(lamports.to_le_bytes());
    data.extend((len as u64).to_le_bytes());
    data.extend(MULTISIG_PROGRAM_ID.as_ref());
    Instruction {
        program_id: SYSTEM_PROGRAM_ID,
        accounts: vec![AccountMeta::new(*base, true), AccountMeta::new(*account, false)],
        data,
    }
}

fn instruction(accounts: Vec<AccountMeta>, data: Vec<u8>) -> Instruction {
    Instruction {
        program_id: MULTISIG_PROGRAM_ID,
        accounts,
        data,
    }
}

/// Makes a multisig of an empty account.
pub fn create(multisig: Address, members: &[Address], threshold: u8) -> Instruction {
    let (_, bump) = vault_of(&multisig);
    let mut data = vec![0, threshold, bump];
    for member in members {
        data.extend(member.as_ref());
    }
    instruction(vec![AccountMeta::new(multisig, false)], data)
}

/// Stores `inner` in an empty account of [`proposal_len`] bytes.
pub fn propose(multisig: Address, proposal: Address, member: Address, inner: &Instruction) -> Instruction {
    let accounts = vec![
        AccountMeta::new(multisig, false),
        AccountMeta::new(proposal, false),
        AccountMeta::new_readonly(member, true),
    ];
    let mut data = vec![1];
    data.extend(inner.program_id.as_ref());
    data.push(u8::try_from(inner.accounts.len()).expect("a few accounts"));
    for meta in &inner.accounts {
        data.extend(meta.pubkey.as_ref());
        data.push((u8::from(meta.is_signer) * SIGNER) | (u8::from(meta.is_writable) * WRITABLE));
    }
    data.extend(&inner.data);
    instruction(accounts, data)
}

/// Length of a proposal's account.
pub fn proposal_len(inner: &Instruction) -> usize {
    PROPOSAL_HEADER + 33 + 33 * inner.accounts.len() + inner.data.len()
}

/// A member approves.
pub fn approve(multisig: Address, proposal: Address, member: Address) -> Instruction {
    let accounts = vec![
        AccountMeta::new_readonly(multisig, false),
        AccountMeta::new(proposal, false),
        AccountMeta::new_readonly(member, true),
    ];
    instruction(accounts, vec![2])
}

/// Anybody executes. Who signs `inner` beside the vault signs the transaction.
pub fn execute(multisig: Address, proposal: Address, inner: &Instruction) -> Instruction {
    let (vault, _) = vault_of(&multisig);
    let mut accounts = vec![
        AccountMeta::new_readonly(multisig, false),
        AccountMeta::new(proposal, false),
        AccountMeta::new_readonly(inner.program_id, false),
    ];
    accounts.extend(inner.accounts.iter().cloned().map(|mut meta| {
        meta.is_signer &= meta.pubkey != vault;
        meta
    }));
    instruction(accounts, vec![3])
}

/// The address that signs for a multisig, and its bump.
pub fn vault_of(multisig: &Address) -> (Address, u8) {
    Address::find_program_address(&[VAULT_SEED, multisig.as_ref()], &MULTISIG_PROGRAM_ID)
}

/// A multisig with the keys of its members.
#[derive(Clone, Debug)]
pub struct Council {
    pub members: Vec<Key>,
    pub threshold: u8,
    /// The multisig's account.
    pub multisig: Address,
    /// What holds roles and signs.
    pub vault: Address,
    /// Allocates its accounts.
    sponsor: Key,
    seed: String,
}

impl Council {
    /// The council of that name, not on a chain yet. `sponsor` pays for its accounts.
    pub fn new(name: &str, members: usize, threshold: u8, sponsor: Key) -> Self {
        let seed = seed_of(&format!("council {name}"));
        let multisig = address_of(&sponsor, &seed);
        let members = (1..=members).map(|number| Key::named(&format!("member {number} of {name}")));
        Self {
            members: members.collect(),
            threshold,
            multisig,
            vault: vault_of(&multisig).0,
            sponsor,
            seed,
        }
    }

    /// Creates its account.
    #[track_caller]
    pub fn found<C: Chain>(&self, world: &mut World<C>) {
        let members: Vec<Address> = self.members.iter().map(Key::address).collect();
        let result = self.found_with(world, &members, self.threshold);
        result.unwrap_or_else(|error| panic!("{error}\n{}", error.logs().join("\n")));
    }

    /// Creates its account with other members than its own.
    pub fn found_with<C: Chain>(
        &self,
        world: &mut World<C>,
        members: &[Address],
        threshold: u8,
    ) -> Result<Receipt, ChainError> {
        let rent = world.chain.minimum_balance(MULTISIG_LEN)?;
        let base = self.sponsor.address();
        let both = [
            allocate(&self.multisig, &base, &self.seed, MULTISIG_LEN, rent),
            create(self.multisig, members, threshold),
        ];
        world.send_all(&both, &[self.sponsor])
    }

    /// Where the proposal of that name lies.
    pub fn proposal(&self, name: &str) -> Address {
        address_of(&self.sponsor, &self.proposal_seed(name))
    }

    fn proposal_seed(&self, name: &str) -> String {
        seed_of(&format!("proposal {name} to {}", self.multisig))
    }

    /// `by` proposes. `name`: another one for every proposal.
    pub fn propose<C: Chain>(
        &self,
        world: &mut World<C>,
        name: &str,
        by: &Key,
        inner: &Instruction,
    ) -> Result<Address, ChainError> {
        let (proposal, len) = (self.proposal(name), proposal_len(inner));
        let rent = world.chain.minimum_balance(len)?;
        let (base, seed) = (self.sponsor.address(), self.proposal_seed(name));
        let both = [
            allocate(&proposal, &base, &seed, len, rent),
            propose(self.multisig, proposal, by.address(), inner),
        ];
        world.send_all(&both, &[self.sponsor, *by])?;
        Ok(proposal)
    }

    /// `member` approves.
    pub fn approve<C: Chain>(
        &self,
        world: &mut World<C>,
        proposal: Address,
        member: &Key,
    ) -> Result<Receipt, ChainError> {
        let approval = approve(self.multisig, proposal, member.address());
        world.send_all(&[approval], &[*member])
    }

    /// The payer of all fees executes. `others`: who signs beside the vault.
    pub fn execute<C: Chain>(
        &self,
        world: &mut World<C>,
        proposal: Address,
        inner: &Instruction,
        others: &[Key],
    ) -> Result<Receipt, ChainError> {
        world.send_all(&[execute(self.multisig, proposal, inner)], others)
    }

    /// Proposes, approves by as many members as it takes, executes. With one approval too few it is refused.
    #[track_caller]
    pub fn carry<C: Chain>(
        &self,
        world: &mut World<C>,
        name: &str,
        inner: &Instruction,
        others: &[Key],
    ) -> Receipt {
        let result = self.try_carry(world, name, inner, others);
        result.unwrap_or_else(|error| panic!("{name}: {error}\n{}", error.logs().join("\n")))
    }

    /// [`Council::carry`], with what the execution came to.
    #[track_caller]
    pub fn try_carry<C: Chain>(
        &self,
        world: &mut World<C>,
        name: &str,
        inner: &Instruction,
        others: &[Key],
    ) -> Result<Receipt, ChainError> {
        let [proposer, ..] = self.members.as_slice() else {
            panic!("a council without members");
        };
        let proposal = self.propose(world, name, proposer, inner)?;
        let approving: Vec<&Key> = self.members.iter().take(usize::from(self.threshold)).collect();
        let (last, before) = approving.split_last().expect("a threshold");
        for member in before {
            self.approve(world, proposal, member)?;
        }
        let early = self.execute(world, proposal, inner, others);
        let early = early.expect_err("an execution with too few approvals");
        assert!(
            MultisigError::TooFewApprovals.is(&early),
            "{name}: {early}\n{}",
            early.logs().join("\n")
        );
        self.approve(world, proposal, last)?;
        self.execute(world, proposal, inner, others)
    }
}

/// A seed is at most 32 bytes long.
fn seed_of(text: &str) -> String {
    hex::encode(&hash_of(text)[..16])
}

fn address_of(base: &Key, seed: &str) -> Address {
    Address::create_with_seed(&base.address(), seed, &MULTISIG_PROGRAM_ID).expect("a short seed")
}
