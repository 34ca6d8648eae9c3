//! Creating the mint with the extensions of the design, in the order that Token-2022 asks for: extensions, mint,
//! metadata.

use alloc::vec::Vec;

use anchor_lang::{cpi::InstructionAccount, prelude::*};

use super::MintAuthorities;
use crate::{
    constants::{DECIMALS, SYMBOL},
    cpi::{call_token, create_token_account, put, transfer_lamports},
};

const INITIALIZE_MINT_2: u8 = 20;
const DEFAULT_ACCOUNT_STATE_EXTENSION: u8 = 28;
const INITIALIZE_PERMANENT_DELEGATE: u8 = 35;
const METADATA_POINTER_EXTENSION: u8 = 39;
const PAUSABLE_EXTENSION: u8 = 44;
const EXTENSION_INITIALIZE: u8 = 0;
const STATE_INITIALIZED: u8 = 1;
/// `spl_token_metadata_interface:initialize_account`, the first 8 bytes of its SHA-256.
const METADATA_INITIALIZE: [u8; 8] = [210, 225, 30, 162, 88, 184, 77, 141];

/// Length of the mint without its metadata, bytes: base part padded to that of a token account, account type, and
/// four extensions, each behind a header of 4.
pub const MINT_LEN: usize = 165 + 1 + (4 + 64) + (4 + 32) + (4 + 1) + (4 + 33);

/// Bytes of the metadata extension beside its texts: header, update authority, mint, three text lengths and the
/// count of additional fields.
const METADATA_OVERHEAD: usize = 4 + 32 + 32 + 3 * 4 + 4;

/// The accounts that create a mint.
pub struct Creation<'a> {
    pub payer: &'a AccountView,
    /// Signs the transaction.
    pub mint: &'a AccountView,
    pub mint_authority: &'a AccountView,
    /// Signs for the mint authority, which the metadata call needs.
    pub authority_seeds: &'a [&'a [u8]],
}

/// Creates the mint. Whether the result is right is not believed but read back: see `require_conforming`.
pub fn create_mint(
    accounts: &Creation<'_>,
    authorities: &MintAuthorities,
    name: &str,
    uri: &str,
) -> Result<()> {
    let mint = accounts.mint;
    create_token_account(accounts.payer, mint, MINT_LEN, &None)?;

    // The metadata call grows the account by itself but pays no rent: pay it here.
    let full = [METADATA_OVERHEAD, name.len(), SYMBOL.len(), uri.len()]
        .iter()
        .try_fold(MINT_LEN, |sum, part| sum.checked_add(*part))
        .ok_or(ProgramError::ArithmeticOverflow)?;
    let missing = anchor_lang::cpi::rent_exempt_lamports(full)?.saturating_sub(mint.lamports());
    transfer_lamports(accounts.payer, mint, missing);

    let extend = |data: &[u8]| call_token(data, &[InstructionAccount::writable(mint.address())], [mint], &[]);

    // Pausable first: Token-2022 looks it up in every mint, transfer and burn, and walks the list to find it.
    let mut pausable = [0u8; 34];
    pausable[0] = PAUSABLE_EXTENSION;
    pausable[1] = EXTENSION_INITIALIZE;
    put(&mut pausable, 2, authorities.pause.as_array());
    extend(&pausable);

    let mut delegate = [INITIALIZE_PERMANENT_DELEGATE; 33];
    put(&mut delegate, 1, authorities.permanent_delegate.as_array());
    extend(&delegate);

    extend(&[
        DEFAULT_ACCOUNT_STATE_EXTENSION,
        EXTENSION_INITIALIZE,
        STATE_INITIALIZED,
    ]);

    let mut pointer = [0u8; 66];
    pointer[0] = METADATA_POINTER_EXTENSION;
    pointer[1] = EXTENSION_INITIALIZE;
    put(&mut pointer, 2, authorities.mint.as_array());
    put(&mut pointer, 34, mint.address().as_array());
    extend(&pointer);

    let mut initialize = [1u8; 67];
    initialize[0] = INITIALIZE_MINT_2;
    initialize[1] = DECIMALS;
    put(&mut initialize, 2, authorities.mint.as_array());
    put(&mut initialize, 35, authorities.freeze.as_array());
    extend(&initialize);

    let mut metadata = Vec::from(METADATA_INITIALIZE);
    for text in [name, SYMBOL, uri] {
        let length = u32::try_from(text.len()).map_err(|_| ProgramError::ArithmeticOverflow)?;
        metadata.extend_from_slice(&length.to_le_bytes());
        metadata.extend_from_slice(text.as_bytes());
    }
    let authority = accounts.mint_authority;
    call_token(
        &metadata,
        &[
            InstructionAccount::writable(mint.address()),
            InstructionAccount::readonly(authority.address()),
            InstructionAccount::readonly(mint.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
        [mint, authority, mint, authority],
        &[accounts.authority_seeds],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use anchor_spl::{
        token_2022::spl_token_2022::{extension::ExtensionType, state::Mint},
        token_2022_extensions::spl_token_metadata_interface,
    };

    use super::*;
    use anchor_lang::programs::Token2022;

    /// Lengths and discriminators that we write by hand are those of the interface crates.
    #[test]
    fn layout_is_that_of_the_interface() {
        let extensions = [
            ExtensionType::Pausable,
            ExtensionType::PermanentDelegate,
            ExtensionType::DefaultAccountState,
            ExtensionType::MetadataPointer,
        ];
        assert_eq!(
            ExtensionType::try_calculate_account_len::<Mint>(&extensions),
            Ok(MINT_LEN)
        );
        let key = Address::new_from_array([7; 32]);
        let instruction = spl_token_metadata_interface::instruction::initialize(
            &Token2022::id(),
            &key,
            &key,
            &key,
            &key,
            "n".into(),
            "s".into(),
            "u".into(),
        );
        assert_eq!(instruction.data.first_chunk(), Some(&METADATA_INITIALIZE));
    }
}
