//! The chain under a [`World`](crate::World): LiteSVM in this process, or, where `KZTE_ENGINE` says `surfnet`, the embedded
//! validator over JSON-RPC. The same scenario runs on both.
//!
//! Time is the test's on both: it stands still but for what a test lets pass. The validator makes a block of a
//! millisecond for every transaction, so its clock is set to a whole second first: a test sends far fewer than a
//! thousand.

use std::path::PathBuf;

use kzte_client::{
    Account, Address, Chain, ChainError, Fate, Instruction, Keypair, Letter, LocalChain, Receipt, RpcChain,
    SendOptions, Signature,
};

use crate::validator::{Engine, Setup, Validator};

/// A chain whose clock and accounts a test can set.
// Both are large, and there is one of it in a test.
#[allow(clippy::large_enum_variant)]
pub enum TestChain {
    Local(LocalChain),
    Node { validator: Validator, rpc: RpcChain },
}

impl TestChain {
    /// The chain that `KZTE_ENGINE` asks for, with `programs` on it: the first one is the program's file, the others
    /// lie at their addresses.
    pub fn new(
        program: &[u8],
        upgrade_authority: &Address,
        others: &[(Address, &'static [u8], PathBuf)],
    ) -> Self {
        match std::env::var("KZTE_ENGINE").as_deref() {
            Err(_) => {
                let mut chain = LocalChain::new(program, upgrade_authority)
                    .unwrap_or_else(|error| panic!("the chain: {error}"))
                    .with_options(SendOptions::UNCHECKED);
                for (address, bytes, _) in others {
                    chain
                        .svm_mut()
                        .add_program(*address, bytes)
                        .unwrap_or_else(|error| panic!("{address}: {error}"));
                }
                Self::Local(chain)
            }
            Ok("surfnet") => {
                let engine = Engine::surfnet().expect("KZTE_SURFNET names the embedded validator");
                let mut setup = Setup::new(&engine, upgrade_authority).with_time_standing_still();
                for (address, _, file) in others {
                    setup = setup.with_program(*address, file.clone());
                }
                let validator = setup.start();
                let rpc = validator.chain().with_options(SendOptions::UNCHECKED);
                let mut chain = Self::Node { validator, rpc };
                chain.warp_to(chain.time() + 1);
                chain
            }
            Ok(other) => panic!("KZTE_ENGINE is «{other}»: unset, or surfnet"),
        }
    }

    /// The in-process chain; panics on a node: what asks for it can run nowhere else.
    pub fn local(&self) -> &LocalChain {
        match self {
            Self::Local(chain) => chain,
            Self::Node { .. } => panic!("this needs the in-process chain"),
        }
    }

    /// The in-process chain, to change it; panics on a node.
    pub fn local_mut(&mut self) -> &mut LocalChain {
        match self {
            Self::Local(chain) => chain,
            Self::Node { .. } => panic!("this needs the in-process chain"),
        }
    }

    /// The time, Unix seconds.
    pub fn time(&self) -> i64 {
        self.now().expect("the time")
    }

    /// Sets the time, Unix seconds; back only in-process.
    pub fn warp_to(&mut self, unix: i64) {
        match self {
            Self::Local(chain) => chain.warp_to(unix),
            Self::Node { validator, rpc } => {
                validator.travel_to(unix);
                assert_eq!(rpc.now().expect("the time"), unix, "the clock was moved");
            }
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, seconds: i64) {
        self.warp_to(self.time() + seconds);
    }

    /// Writes an account as it is, past every program.
    pub fn set_account(&mut self, address: &Address, account: Account) -> Result<(), ChainError> {
        match self {
            Self::Local(chain) => chain.set_account(address, account),
            Self::Node { validator, .. } => {
                validator.set_account(address, &account);
                Ok(())
            }
        }
    }

    /// The upgrade authority of the program; `None`: it is frozen for ever.
    pub fn set_upgrade_authority(&mut self, authority: Option<&Address>) -> Result<(), ChainError> {
        self.local_mut().set_upgrade_authority(authority)
    }

    fn inner(&self) -> &dyn Chain {
        match self {
            Self::Local(chain) => chain,
            Self::Node { rpc, .. } => rpc,
        }
    }

    fn inner_mut(&mut self) -> &mut dyn Chain {
        match self {
            Self::Local(chain) => chain,
            Self::Node { rpc, .. } => rpc,
        }
    }
}

/// A copy, to try something on and forget it; panics on a node, which cannot be copied.
impl Clone for TestChain {
    fn clone(&self) -> Self {
        Self::Local(self.local().clone())
    }
}

impl Chain for TestChain {
    fn cluster(&self) -> Result<String, ChainError> {
        self.inner().cluster()
    }

    fn now(&self) -> Result<i64, ChainError> {
        self.inner().now()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        self.inner().account(address)
    }

    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError> {
        self.inner().minimum_balance(data_len)
    }

    fn options(&self) -> SendOptions {
        self.inner().options()
    }

    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Letter, ChainError> {
        self.inner_mut().sign(instructions, payer, signers, options)
    }

    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError> {
        self.inner_mut().dispatch(letter)
    }

    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError> {
        self.inner().fate(letter)
    }

    fn send_with(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Receipt, ChainError> {
        self.inner_mut().send_with(instructions, payer, signers, options)
    }

    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError> {
        self.inner_mut().fund(address, lamports)
    }

    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError> {
        self.inner().history(address)
    }

    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError> {
        self.inner().receipt(signature)
    }
}
