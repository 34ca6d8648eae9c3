//! The upgradeable loader (loader v3): what it has of a program, and of a buffer.

use kzte_client::{Account, Address, Chain, ChainError, SYSTEM_PROGRAM_ID, address};
use sha2::{Digest, Sha256};
use solana_loader_v3_interface::state::UpgradeableLoaderState;

pub(crate) use solana_loader_v3_interface::instruction;
pub(crate) use solana_sdk_ids::bpf_loader_upgradeable::ID as LOADER_ID;

use crate::Stop;

/// Tags of the loader's accounts, u32 little endian.
const BUFFER_TAG: [u8; 4] = [1, 0, 0, 0];
const PROGRAM_TAG: [u8; 4] = [2, 0, 0, 0];
const PROGRAM_DATA_TAG: [u8; 4] = [3, 0, 0, 0];
/// Headers before the program's bytes.
pub(crate) const BUFFER_HEADER: usize = UpgradeableLoaderState::size_of_buffer_metadata();
pub(crate) const PROGRAM_DATA_HEADER: usize = UpgradeableLoaderState::size_of_programdata_metadata();
/// Length of a program account.
pub(crate) const PROGRAM_LEN: usize = UpgradeableLoaderState::size_of_program();

/// SHA-256 of a program in hexadecimal, without the zeros at its end: the loader fills the room behind a program with
/// them, so the file and what the chain holds of it have the same hash.
pub fn program_hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(trimmed(bytes)))
}

pub(crate) fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

/// What the chain has at a program's address.
pub(crate) enum Program {
    /// Nothing; perhaps lamports that somebody sent ahead.
    Missing { lamports: u64 },
    /// A program behind the loader.
    Deployed(ProgramData),
}

/// The account behind a program.
pub(crate) struct ProgramData {
    /// Slot of the last deployment, upgrade or extension.
    pub slot: u64,
    /// `None`: nobody can ever upgrade it.
    pub authority: Option<Address>,
    /// The bytes with the room behind them.
    pub bytes: Vec<u8>,
}

/// Reads a program.
pub(crate) fn program(chain: &dyn Chain, program: &Address) -> Result<Program, Stop> {
    let stop = |reason: String| Stop::Program {
        program: *program,
        reason,
    };
    let Some(account) = chain.account(program)? else {
        return Ok(Program::Missing { lamports: 0 });
    };
    if is_empty_wallet(&account) {
        return Ok(Program::Missing {
            lamports: account.lamports,
        });
    }
    if account.owner != LOADER_ID || account.data.first_chunk() != Some(&PROGRAM_TAG) {
        return Err(stop(format!(
            "its address belongs to {} and holds no program of the upgradeable loader",
            account.owner
        )));
    }
    let data = chain.account(&address::program_data_of(program))?;
    let data = data.filter(|data| data.owner == LOADER_ID);
    data.and_then(|data| ProgramData::read(&data.data))
        .map(Program::Deployed)
        .ok_or_else(|| stop("it was closed, and its address can never hold a program again".to_owned()))
}

impl ProgramData {
    fn read(data: &[u8]) -> Option<Self> {
        if data.first_chunk() != Some(&PROGRAM_DATA_TAG) {
            return None;
        }
        let slot = u64::from_le_bytes(*data.get(4..)?.first_chunk()?);
        Some(Self {
            slot,
            authority: authority_at(data, 12)?,
            bytes: data.get(PROGRAM_DATA_HEADER..)?.to_vec(),
        })
    }
}

/// An option byte and an address behind it.
fn authority_at(data: &[u8], offset: usize) -> Option<Option<Address>> {
    let (option, rest) = data.get(offset..)?.split_first()?;
    Some(match option {
        0 => None,
        _ => Some(Address::new_from_array(*rest.first_chunk()?)),
    })
}

/// What the chain has at a buffer's address.
pub(crate) enum Buffer {
    /// Nothing; perhaps lamports that somebody sent ahead.
    Missing { lamports: u64 },
    /// A buffer of the loader.
    Open {
        /// `None`: nobody can ever write or use it.
        authority: Option<Address>,
        bytes: Vec<u8>,
    },
    /// Something else.
    Other(Address),
}

/// Reads a buffer.
pub(crate) fn buffer(chain: &dyn Chain, buffer: &Address) -> Result<Buffer, ChainError> {
    let Some(account) = chain.account(buffer)? else {
        return Ok(Buffer::Missing { lamports: 0 });
    };
    if is_empty_wallet(&account) {
        return Ok(Buffer::Missing {
            lamports: account.lamports,
        });
    }
    let data = account.data.as_slice();
    let open = (account.owner == LOADER_ID && data.first_chunk() == Some(&BUFFER_TAG))
        .then(|| Some((authority_at(data, 4)?, data.get(BUFFER_HEADER..)?.to_vec())))
        .flatten();
    Ok(match open {
        Some((authority, bytes)) => Buffer::Open { authority, bytes },
        None => Buffer::Other(account.owner),
    })
}

/// Anybody can send lamports to an address before its account exists.
fn is_empty_wallet(account: &Account) -> bool {
    account.owner == SYSTEM_PROGRAM_ID && account.data.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_at_the_end_make_no_other_program() {
        assert_eq!(program_hash(&[1, 0, 2, 0, 0]), program_hash(&[1, 0, 2]));
        assert_ne!(program_hash(&[1, 0, 2]), program_hash(&[0, 1, 0, 2]));
        assert_eq!(trimmed(&[0, 0]), [0_u8; 0]);
        // SHA-256 of nothing.
        assert!(program_hash(&[]).starts_with("e3b0c44298fc1c14"));
    }

    #[test]
    fn a_program_data_account_is_read_by_the_loaders_layout() {
        let mut data = vec![3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1];
        data.extend([7; 32]);
        data.extend([5, 6, 0]);
        let read = ProgramData::read(&data).unwrap();
        assert_eq!((read.slot, read.bytes.as_slice()), (9, [5, 6, 0].as_slice()));
        assert_eq!(read.authority, Some(Address::new_from_array([7; 32])));
        data[12] = 0;
        assert_eq!(ProgramData::read(&data).unwrap().authority, None);
        data[0] = 1;
        assert!(ProgramData::read(&data).is_none());
    }
}
