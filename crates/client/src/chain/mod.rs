//! One way to speak with a chain, two chains: a node over JSON-RPC, and LiteSVM in this process.

mod letter;
mod local;
mod rpc;

use solana_account::Account;
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, compiled_instruction::CompiledInstruction};
use solana_signature::Signature;

pub use {
    letter::{Fate, Letter},
    local::{GENESIS_TIME, LocalChain},
    rpc::{Commitment, Follower, RpcChain, Stop},
};

use crate::{
    ChainError,
    event::{Call, Event},
    transaction::{Budget, MAX_COMPUTE_UNITS, MAX_LOADED_DATA, Signed, build},
};

/// How often a transaction of a batch is signed before its expiry is an error.
const BATCH_TRIES: u32 = 5;

/// A chain that the program runs on.
pub trait Chain {
    /// Which chain this is, so that a letter for one is no letter for another: the genesis hash in base 58, or
    /// `in-process`.
    fn cluster(&self) -> Result<String, ChainError>;

    /// The cluster's time, Unix seconds.
    fn now(&self) -> Result<i64, ChainError>;

    /// An account; `None`: there is none.
    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError>;

    /// Several accounts, in the order of `addresses`; over a node by the hundred.
    fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ChainError> {
        addresses.iter().map(|address| self.account(address)).collect()
    }

    /// Lamports that keep an account of `data_len` bytes alive.
    fn minimum_balance(&self, data_len: usize) -> Result<u64, ChainError>;

    /// The options that [`send`](Self::send) uses.
    fn options(&self) -> SendOptions;

    /// Builds and signs one transaction under `options`; sends nothing, but tries it out where the options ask for
    /// it. `signers`: the keys beside the payer's.
    fn sign(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Letter, ChainError>;

    /// Sends until the letter has landed, has failed, or can no longer land. The same letter may be sent again, also
    /// by another run of a program; one that landed before is recognised.
    fn dispatch(&mut self, letter: &Letter) -> Result<Receipt, ChainError>;

    /// What became of a letter. Sends nothing.
    fn fate(&self, letter: &Letter) -> Result<Fate, ChainError>;

    /// Builds, signs, sends and confirms one transaction under `options`.
    fn send_with(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
    ) -> Result<Receipt, ChainError> {
        let letter = self.sign(instructions, payer, signers, options)?;
        self.dispatch(&letter)
    }

    /// Builds, signs, sends and confirms one transaction. `signers`: the keys beside the payer's.
    fn send(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<Receipt, ChainError> {
        self.send_with(instructions, payer, signers, self.options())
    }

    /// Sends many independent transactions, each with instructions of its own, and confirms them all: in any order,
    /// over a node several at a time. The receipts come in the order of `batch`; `done` hears how many are confirmed.
    ///
    /// The caller declares that each of them **may be carried out twice without harm**, as writing the same bytes to
    /// the same place: one that expires is signed anew, up to five times. Two equal ones may land as one transaction.
    ///
    /// The first error ends it: nothing more is sent, and what was sent is waited for, so that nothing of the batch
    /// lands afterwards (but what [`ChainError::Undecided`] names). Sending the whole batch again is the way on.
    fn send_batch(
        &mut self,
        batch: &[Vec<Instruction>],
        payer: &Keypair,
        signers: &[&Keypair],
        options: SendOptions,
        done: &mut dyn FnMut(usize),
    ) -> Result<Vec<Receipt>, ChainError> {
        let mut receipts = Vec::with_capacity(batch.len());
        for instructions in batch {
            receipts.push(until_landed(|| {
                self.send_with(instructions, payer, signers, options)
            })?);
            done(receipts.len());
        }
        Ok(receipts)
    }

    /// Gives an account lamports out of nothing: only where the chain allows it.
    fn fund(&mut self, address: &Address, lamports: u64) -> Result<(), ChainError>;

    /// Signatures of the successful transactions that name an address, oldest first.
    fn history(&self, address: &Address) -> Result<Vec<Signature>, ChainError>;

    /// What a successful transaction did; `None`: the chain does not know it, or it failed.
    fn receipt(&self, signature: &Signature) -> Result<Option<Receipt>, ChainError>;
}

/// A confirmed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub signature: Signature,
    /// Slot that it landed in.
    pub slot: u64,
    /// Time of that slot, Unix seconds, where the chain tells it.
    pub time: Option<i64>,
    /// Consumed by the whole transaction. The two instructions that set its limits take 150 each.
    pub compute_units: u64,
    pub logs: Vec<String>,
    /// In the order in which they happened.
    pub events: Vec<Event>,
    /// Whether the runtime cut the logs: then log events may be missing.
    pub truncated: bool,
    /// Signed bytes on the wire.
    pub size: usize,
}

/// How a limit of a transaction is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// By simulating the transaction, with some room above.
    Measured,
    /// As given.
    Fixed(u32),
}

/// How a transaction is sent. The same on both chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendOptions {
    /// Compute-unit limit.
    pub compute_units: Limit,
    /// Limit of loaded account data, bytes.
    pub loaded_data: Limit,
    /// Try the transaction first and do not send one that would fail. Without it a failing transaction lands, fails
    /// on the chain, and costs its fee.
    pub preflight: bool,
}

impl Default for SendOptions {
    /// Tight limits by measurement, and no transaction sent that is known to fail.
    fn default() -> Self {
        Self {
            compute_units: Limit::Measured,
            loaded_data: Limit::Measured,
            preflight: true,
        }
    }
}

impl SendOptions {
    /// The highest limits and no trial: one execution, also of what fails.
    pub const UNCHECKED: Self = Self {
        compute_units: Limit::Fixed(MAX_COMPUTE_UNITS),
        loaded_data: Limit::Fixed(MAX_LOADED_DATA),
        preflight: false,
    };

    fn needs_trial(&self) -> bool {
        self.preflight || self.compute_units == Limit::Measured || self.loaded_data == Limit::Measured
    }

    /// The limits after a trial run that used as much as `used` says; `None`: not known.
    fn budget(&self, used: Used) -> Budget {
        let resolve = |limit, measured: Option<u32>, most: u32| match limit {
            Limit::Fixed(value) => value,
            Limit::Measured => measured.map_or(most, |value| value.min(most)),
        };
        Budget {
            compute_units: resolve(
                self.compute_units,
                used.compute_units.map(with_room),
                MAX_COMPUTE_UNITS,
            ),
            loaded_data: resolve(
                self.loaded_data,
                used.loaded_data.map(whole_pages),
                MAX_LOADED_DATA,
            ),
        }
    }
}

/// Sends what may be carried out twice, anew when it has expired.
fn until_landed(mut send: impl FnMut() -> Result<Receipt, ChainError>) -> Result<Receipt, ChainError> {
    let mut tries = 1;
    loop {
        match send() {
            Err(ChainError::Expired { .. }) if tries < BATCH_TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

/// What a trial run used.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    compute_units: Option<u64>,
    loaded_data: Option<u64>,
}

/// The signed transaction under `options`: tried out first by `try_out` where the options ask for it, then built again
/// with the limits that the trial gave. Both chains come through here.
fn prepare(
    instructions: &[Instruction],
    payer: &Keypair,
    signers: &[&Keypair],
    blockhash: Hash,
    options: SendOptions,
    try_out: impl FnOnce(&Signed) -> Result<Used, ChainError>,
) -> Result<Signed, ChainError> {
    let first = build(
        instructions,
        payer,
        signers,
        blockhash,
        options.budget(Used::default()),
    )?;
    if !options.needs_trial() {
        return Ok(first);
    }
    match try_out(&first) {
        Ok(used) => build(instructions, payer, signers, blockhash, options.budget(used)),
        Err(error) if options.preflight => Err(error),
        Err(_) => Ok(first),
    }
}

/// A tenth above: another transaction may land in between and make this one do a little more.
fn with_room(compute_units: u64) -> u32 {
    let units = compute_units
        .saturating_add(compute_units / 10)
        .saturating_add(1000);
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// Up to whole pages and one more: the runtime charges by the page of 32 KiB, so less would save nothing.
fn whole_pages(bytes: u64) -> u32 {
    const PAGE: u64 = 32 * 1024;
    u32::try_from((bytes / PAGE).saturating_add(2).saturating_mul(PAGE)).unwrap_or(u32::MAX)
}

/// An inner instruction before its program is looked up.
struct Inner {
    height: usize,
    program_index: usize,
    data: Vec<u8>,
}

/// All instructions that ran, in execution order. `inner`: for each instruction of the message those beneath it.
fn calls_of(message: &VersionedMessage, loaded: &[Address], inner: Vec<Vec<Inner>>) -> Vec<Call> {
    let keys: Vec<Address> = message
        .static_account_keys()
        .iter()
        .chain(loaded)
        .copied()
        .collect();
    let program = |index: usize| keys.get(index).copied().unwrap_or_default();
    let outer = |instruction: &CompiledInstruction| Call {
        program: program(usize::from(instruction.program_id_index)),
        height: 1,
        data: instruction.data.clone(),
    };
    let mut inner = inner.into_iter();
    let mut calls = Vec::new();
    for instruction in message.instructions() {
        calls.push(outer(instruction));
        for Inner {
            height,
            program_index,
            data,
        } in inner.next().unwrap_or_default()
        {
            calls.push(Call {
                program: program(program_index),
                height,
                data,
            });
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_limits_have_room_and_fixed_ones_are_kept() {
        let used = Used {
            compute_units: Some(20_000),
            loaded_data: Some(70_000),
        };
        assert_eq!(
            SendOptions::default().budget(used),
            Budget {
                compute_units: 23_000,
                loaded_data: 4 * 32_768
            }
        );
        let fixed = SendOptions {
            compute_units: Limit::Fixed(5),
            loaded_data: Limit::Fixed(6),
            preflight: true,
        };
        assert_eq!(
            fixed.budget(used),
            Budget {
                compute_units: 5,
                loaded_data: 6
            }
        );
        assert_eq!(SendOptions::default().budget(Used::default()), Budget::MAX);
        let much = Used {
            compute_units: Some(u64::MAX),
            loaded_data: Some(u64::MAX),
        };
        assert_eq!(SendOptions::default().budget(much), Budget::MAX);
    }

    #[test]
    fn only_unchecked_options_skip_the_trial() {
        assert!(SendOptions::default().needs_trial());
        assert!(!SendOptions::UNCHECKED.needs_trial());
        assert!(
            SendOptions {
                preflight: true,
                ..SendOptions::UNCHECKED
            }
            .needs_trial()
        );
    }
}
