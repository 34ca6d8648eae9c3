//! The program's handlers, compiled for this machine and run as the loader would run them.
//!
//! What runs inside the virtual machine gives the fuzzer no coverage. The same sources compiled for the host do: the
//! dispatcher, the account checks, the decoding of arguments and the rules are all there. Two things are not. Calls to
//! other programs do nothing, and the clock refuses to be read; a handler that needs the time ends there, with
//! [`NO_CLOCK`].

use kzte_client::{Account, Address, PROGRAM_ID};
use solana_instruction_error::InstructionError;

/// What a handler ends with where it asks for the time.
pub const NO_CLOCK: InstructionError = InstructionError::UnsupportedSysvar;

/// Bytes behind an account's data that a program may grow it into.
const GROWTH: usize = 10 * 1024;
/// What the loader writes where an account comes for the first time.
const FIRST: u8 = u8::MAX;
/// Length of an account's head: flags, address, owner, lamports, length.
const HEAD: usize = 88;

/// An account as an instruction names it.
pub struct Given<'a> {
    pub address: Address,
    pub account: &'a Account,
    pub is_signer: bool,
    pub is_writable: bool,
}

/// An account as the handler left it.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    pub head: [u8; HEAD],
    pub data: Vec<u8>,
}

/// The input of a program in the loader's layout.
struct Input {
    // Words, because the layout is aligned to eight bytes.
    words: Vec<u64>,
    /// Where each first-time account begins.
    starts: Vec<Option<usize>>,
    /// Where the instruction data begins.
    data: usize,
}

impl Input {
    fn new(accounts: &[Given], data: &[u8]) -> Self {
        let mut bytes = (accounts.len() as u64).to_le_bytes().to_vec();
        let mut starts = Vec::with_capacity(accounts.len());
        for (place, given) in accounts.iter().enumerate() {
            let first = accounts[..place]
                .iter()
                .position(|other| other.address == given.address);
            if let Some(first) = first {
                bytes.extend((first as u64).to_le_bytes());
                starts.push(None);
                continue;
            }
            starts.push(Some(bytes.len()));
            let account = given.account;
            bytes.extend([
                FIRST,
                given.is_signer.into(),
                given.is_writable.into(),
                account.executable.into(),
            ]);
            bytes.extend([0; 4]);
            bytes.extend(given.address.as_ref());
            bytes.extend(account.owner.as_ref());
            bytes.extend(account.lamports.to_le_bytes());
            bytes.extend((account.data.len() as u64).to_le_bytes());
            bytes.extend(&account.data);
            bytes.resize((bytes.len() + GROWTH).next_multiple_of(8), 0);
            bytes.extend(u64::MAX.to_le_bytes());
        }
        bytes.extend((data.len() as u64).to_le_bytes());
        let start = bytes.len();
        bytes.extend(data);
        bytes.extend(PROGRAM_ID.as_ref());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let words = bytes
            .as_chunks()
            .0
            .iter()
            .map(|word| u64::from_le_bytes(*word))
            .collect();
        Self {
            words,
            starts,
            data: start,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}

/// Runs the program's dispatcher. The result, and every account as it is then; an account that is named twice is given
/// once, and the second time is `None`.
pub fn run(accounts: &[Given], data: &[u8]) -> (Result<(), InstructionError>, Vec<Option<Left>>) {
    let mut input = Input::new(accounts, data);
    let start = input.words.as_mut_ptr().cast::<u8>();
    // SAFETY: the buffer is laid out as the loader does it, aligned to eight bytes, with room for growth behind every
    // account; the instruction data lies in it with its length before and the program's address behind. It outlives the
    // call, and nothing else refers to it.
    let code = unsafe { kzte::__anchor_dispatch(start, start.add(input.data)) };
    let result = if code == 0 {
        Ok(())
    } else {
        Err(InstructionError::from(code))
    };
    let bytes = input.bytes();
    let left = input.starts.iter().map(|start| {
        let start = (*start)?;
        let head: [u8; HEAD] = bytes[start..start + HEAD].try_into().unwrap();
        let length = u64::from_le_bytes(head[HEAD - 8..].try_into().unwrap());
        let length = usize::try_from(length).unwrap();
        Some(Left {
            head,
            data: bytes[start + HEAD..start + HEAD + length].to_vec(),
        })
    });
    let left = left.collect();
    (result, left)
}
