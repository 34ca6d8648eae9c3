//! Client of KZTE: what every tool, test and service uses to speak with the program.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`address`] | where every account lies |
//! | [`instruction`] | one function per instruction of the program, and the Token-2022 instructions a holder needs |
//! | [`transaction`] | how instructions become signed bytes, the same for both chains |
//! | [`decode`], [`fetch`] | account bytes to typed values; reading them from a chain |
//! | [`event`] | what happened, from logs and inner instructions |
//! | [`names`] | error codes to names and sentences |
//! | [`chain`] | the [`Chain`] trait, [`RpcChain`] over a node, [`LocalChain`] in this process; letters, and live news |
//! | [`reserve`] | bank statements: totals, proofs, digests, hashes of references |
//! | [`amount`], [`Bic`] | tenge and bank codes as people write them |
//!
//! Amounts are `u64` tiyn everywhere; times are Unix seconds.

pub mod address;
pub mod amount;
mod bic;
pub mod chain;
pub mod decode;
mod deployment;
mod error;
pub mod event;
pub mod fetch;
pub mod instruction;
pub mod names;
pub mod reserve;
pub mod transaction;

pub use bic::{Bic, BicError};
pub use chain::{
    Chain, Commitment, Fate, Follower, Letter, Limit, LocalChain, Receipt, RpcChain, SendOptions, Stop,
};
pub use deployment::Deployment;
pub use error::ChainError;
pub use event::{Event, events_of};
pub use names::{describe_error, error_name};

pub use kzte::{ID as PROGRAM_ID, constants, errors::KzteError, events, seeds, state};
pub use kzte_ledger as ledger;
pub use solana_account::Account;
pub use solana_address::Address;
pub use solana_instruction::{AccountMeta, Instruction};
pub use solana_keypair::Keypair;
pub use solana_signature::Signature;
pub use solana_signer::Signer;

/// Token-2022, the program that holds the KZTE mint.
pub const TOKEN_PROGRAM_ID: Address = spl_token_2022_interface::ID;
/// The program of associated token accounts.
pub const ASSOCIATED_TOKEN_PROGRAM_ID: Address =
    Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// The system program.
pub const SYSTEM_PROGRAM_ID: Address = solana_sdk_ids::system_program::ID;
