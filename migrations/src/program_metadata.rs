//! The interface of the Program Metadata program: addresses, accounts, instructions, bytes.
//!
//! The program keeps documents about another program, such as its IDL, at addresses that follow from the program and a
//! seed. These bytes follow its published interface, and `tests/metadata.rs` compares them with those of the official client.
//! No package registry has its binary: see ADR 0014 for what was run.
//!
//! An account that an instruction does not need is named all the same, by the program's own address. The program takes no
//! lamports from anybody: whoever pays sends the rent to the address first.

use kzte_client::{Account, AccountMeta, Address, Instruction, SYSTEM_PROGRAM_ID, address};

/// The program.
pub const ID: Address = Address::from_str_const("ProgM6JCCvbYkfKqJYHePx4xxSUSqJp7rh8Lyv7nk7S");
/// Length of the header, of a buffer and of metadata alike; the data stands behind it.
pub const HEADER: usize = 96;
/// Most bytes that an account grows by in one instruction.
pub const GROWTH: usize = 10_240;
/// What the documents here are: text in UTF-8, compressed by zlib, JSON, in the account itself.
pub const JSON: Kind = Kind {
    encoding: 1,
    compression: 2,
    format: 1,
    source: 0,
};
/// No compression.
pub const PLAIN: u8 = 0;

const BUFFER_TAG: u8 = 1;
const METADATA_TAG: u8 = 2;

/// What a document is, by the program's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub encoding: u8,
    pub compression: u8,
    pub format: u8,
    pub source: u8,
}

/// A seed: text with zeros behind it. Text that is longer than 16 bytes is cut, as the official client cuts it.
pub fn seed(text: &str) -> [u8; 16] {
    let mut seed = [0; 16];
    for (to, from) in seed.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    seed
}

/// Where the program's own upgrade authority writes: what explorers read.
pub fn canonical(program: &Address, seed: &[u8; 16]) -> Address {
    Address::find_program_address(&[program.as_ref(), seed], &ID).0
}

/// Where anybody else writes.
pub fn non_canonical(program: &Address, authority: &Address, seed: &[u8; 16]) -> Address {
    Address::find_program_address(&[program.as_ref(), authority.as_ref(), seed], &ID).0
}

/// What stands at one of these addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Nothing; perhaps lamports.
    Missing,
    /// Data that is being written.
    Buffer { authority: Address, data: Vec<u8> },
    /// A document.
    Metadata {
        /// Whether it can still be changed.
        is_mutable: bool,
        kind: Kind,
        data: Vec<u8>,
        /// Bytes that its account has behind the header; more than the data where it was extended.
        room: usize,
    },
    /// Something that cannot be at such an address, or cannot be read.
    Other,
}

impl Stored {
    /// Reads an account.
    pub fn of(account: Option<&Account>) -> Self {
        let Some(account) = account else {
            return Self::Missing;
        };
        if account.owner == SYSTEM_PROGRAM_ID && account.data.is_empty() {
            return Self::Missing;
        }
        if account.owner != ID {
            return Self::Other;
        }
        Self::read(&account.data).unwrap_or(Self::Other)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (header, data) = bytes.split_first_chunk::<HEADER>()?;
        match *header.first()? {
            BUFFER_TAG => Some(Self::Buffer {
                authority: Address::new_from_array(*header.get(33..)?.first_chunk()?),
                data: data.to_vec(),
            }),
            METADATA_TAG => {
                let [encoding, compression, format, source] = *header.get(83..)?.first_chunk()?;
                let length = u32::from_le_bytes(*header.get(87..)?.first_chunk()?);
                Some(Self::Metadata {
                    is_mutable: *header.get(65)? != 0,
                    kind: Kind {
                        encoding,
                        compression,
                        format,
                        source,
                    },
                    data: data.get(..usize::try_from(length).ok()?)?.to_vec(),
                    room: data.len(),
                })
            }
            _ => None,
        }
    }
}

/// Instructions about one program, signed by one authority.
#[derive(Clone, Copy, Debug)]
pub struct Hand {
    pub program: Address,
    pub authority: Address,
    /// Whether it signs as the program's upgrade authority, or for itself.
    pub is_canonical: bool,
}

impl Hand {
    fn signs(&self) -> AccountMeta {
        AccountMeta::new_readonly(self.authority, true)
    }

    /// The program and its program data account, by which the upgrade authority is known.
    fn program(&self) -> [AccountMeta; 2] {
        let data = if self.is_canonical {
            address::program_data_of(&self.program)
        } else {
            ID
        };
        [
            AccountMeta::new_readonly(self.program, false),
            AccountMeta::new_readonly(data, false),
        ]
    }

    /// Makes an address, which has its lamports already, an empty buffer.
    pub fn allocate(&self, buffer: &Address, seed: &[u8; 16]) -> Instruction {
        let mut accounts = vec![AccountMeta::new(*buffer, false), self.signs()];
        accounts.extend(self.program());
        accounts.push(AccountMeta::new_readonly(SYSTEM_PROGRAM_ID, false));
        instruction(accounts, &[&[7], seed])
    }

    /// Makes an account longer by up to [`GROWTH`] bytes.
    pub fn extend(&self, account: &Address, by: u16) -> Instruction {
        let mut accounts = vec![AccountMeta::new(*account, false), self.signs()];
        accounts.extend(self.program());
        instruction(accounts, &[&[8], &by.to_le_bytes()])
    }

    /// Writes bytes into a buffer.
    pub fn write(&self, buffer: &Address, offset: u32, bytes: &[u8]) -> Instruction {
        let accounts = vec![AccountMeta::new(*buffer, false), self.signs(), none()];
        instruction(accounts, &[&[0], &offset.to_le_bytes(), bytes])
    }

    /// Copies one buffer to the beginning of another.
    pub fn copy(&self, buffer: &Address, source: &Address) -> Instruction {
        let source = AccountMeta::new_readonly(*source, false);
        let accounts = vec![AccountMeta::new(*buffer, false), self.signs(), source];
        instruction(accounts, &[&[0], &[0; 4]])
    }

    /// Makes an address a document. `data`: `None` takes what the buffer at the address holds.
    pub fn initialize(
        &self,
        metadata: &Address,
        seed: &[u8; 16],
        kind: Kind,
        data: Option<&[u8]>,
    ) -> Instruction {
        let system = data.map_or_else(none, |_| AccountMeta::new_readonly(SYSTEM_PROGRAM_ID, false));
        let mut accounts = vec![AccountMeta::new(*metadata, false), self.signs()];
        accounts.extend(self.program());
        accounts.push(system);
        let kind = [kind.encoding, kind.compression, kind.format, kind.source];
        instruction(accounts, &[&[1], seed, &kind, data.unwrap_or_default()])
    }

    /// Puts other data into a document.
    pub fn set_data(&self, metadata: &Address, kind: Kind, data: From) -> Instruction {
        let (buffer, data) = match data {
            From::Bytes(bytes) => (none(), bytes),
            From::Buffer(buffer) => (AccountMeta::new(buffer, false), &[][..]),
        };
        let mut accounts = vec![AccountMeta::new(*metadata, false), self.signs(), buffer];
        accounts.extend(self.program());
        let kind = [kind.encoding, kind.compression, kind.format, kind.source];
        instruction(accounts, &[&[3], &kind, data])
    }

    /// Gives a buffer, or a document, to somebody else.
    pub fn set_authority(&self, account: &Address, new: &Address) -> Instruction {
        let mut accounts = vec![AccountMeta::new(*account, false), self.signs()];
        accounts.extend(self.program());
        instruction(accounts, &[&[2, 1], new.as_ref()])
    }

    /// Takes an account away; its lamports go to `destination`.
    pub fn close(&self, account: &Address, destination: &Address) -> Instruction {
        let mut accounts = vec![AccountMeta::new(*account, false), self.signs()];
        accounts.extend(self.program());
        accounts.push(AccountMeta::new(*destination, false));
        instruction(accounts, &[&[6]])
    }
}

/// Where data comes from.
#[derive(Clone, Copy, Debug)]
pub enum From<'a> {
    Bytes(&'a [u8]),
    Buffer(Address),
}

/// In the place of an account that is not needed.
fn none() -> AccountMeta {
    AccountMeta::new_readonly(ID, false)
}

fn instruction(accounts: Vec<AccountMeta>, data: &[&[u8]]) -> Instruction {
    Instruction {
        program_id: ID,
        accounts,
        data: data.concat(),
    }
}
