//! What every test of the compiled program stands on: one [`World`] with seeded keys, the valid form of every
//! instruction as a [`Case`] that a test can bend, checks that a refusal is the right one and changes nothing, and the
//! tables that say which attacks an instruction must have been tested against.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`key`] | seeded key pairs |
//! | [`multisig`] | a council of the test multisig: proposes, approves, executes |
//! | [`mints`] | mints to adopt, as the design has them and otherwise |
//! | [`chain`] | the chain under a world: in this process, or the embedded validator |
//! | [`world`] | a deployment on it; acts and their valid instructions |
//! | [`relay`] | a relay in front of a validator: a bad network |
//! | [`validator`] | a real validator as a child process, on two engines |
//! | [`case`] | one instruction with its signers; bending it by account name |
//! | [`check`] | `assert_ok`, `assert_refused` |
//! | [`roster`] | every instruction with its accounts and arguments by name |
//! | [`scenes`] | for every instruction a world in which it passes |
//! | [`guards`] | runs attacks against an instruction and counts what none was made for |
//! | [`indexer`] | every account rebuilt from events alone |
//! | [`audit`] | the invariants, recomputed from the accounts |
//!
//! Tests may panic: that is how they fail.

pub mod audit;
pub mod case;
pub mod chain;
pub mod check;
pub mod guards;
pub mod indexer;
pub mod key;
pub mod mints;
pub mod money;
pub mod multisig;
pub mod relay;
pub mod roster;
pub mod scenes;
pub mod validator;
pub mod world;

pub use {
    audit::Auditor,
    case::Case,
    chain::TestChain,
    check::{Refusal, assert_emits, assert_ok, assert_refused},
    guards::{Attack, Guards},
    indexer::Indexer,
    key::Key,
    world::{Bank, Line, World, credit, debit, neutral_credit, neutral_debit},
};
