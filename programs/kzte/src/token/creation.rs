//! Creating the mint with the extensions of the design, in the order that Token-2022 asks for: extensions, mint,
//! metadata.

use alloc::string::String;

use anchor_lang::{CpiContext, prelude::*, programs::Token2022, system_program};
use anchor_spl::{
    token_2022::{
        InitializeMint2, PermanentDelegateInitialize, initialize_mint2, initialize_permanent_delegate,
        spl_token_2022::{
            extension::ExtensionType,
            state::{AccountState, Mint},
        },
    },
    token_2022_extensions::{
        DefaultAccountStateInitialize, MetadataPointerInitialize, PausableInitialize, TokenMetadataInitialize,
        default_account_state_initialize, metadata_pointer_initialize, pausable_initialize, token_metadata_initialize,
    },
};

use super::{FIXED_EXTENSIONS, MintAuthorities};
use crate::constants::{DECIMALS, SYMBOL};

/// Bytes of the metadata extension beside its texts: TLV header, update authority, mint, three text lengths and the
/// count of additional fields.
const METADATA_OVERHEAD: usize = 4 + 32 + 32 + 3 * 4 + 4;

/// Creates the mint at `mint` (a signer of the transaction), paid by `payer`.
///
/// `authority_seeds` sign for the mint authority, which the metadata call needs.
pub fn create_mint(
    payer: &AccountView,
    mint: &AccountView,
    mint_authority: &AccountView,
    system: &AccountView,
    authorities: &MintAuthorities,
    texts: (String, String),
    authority_seeds: &[&[u8]],
) -> Result<()> {
    let (name, uri) = texts;
    let program = Token2022::id();
    let space = ExtensionType::try_calculate_account_len::<Mint>(&FIXED_EXTENSIONS)?;
    anchor_lang::create_account(payer, mint, space, &program)?;

    // The metadata call grows the account by itself but pays no rent: pay it here.
    let full = [METADATA_OVERHEAD, name.len(), SYMBOL.len(), uri.len()]
        .iter()
        .try_fold(space, |sum, part| sum.checked_add(*part))
        .ok_or(ProgramError::ArithmeticOverflow)?;
    let rent = anchor_lang::cpi::rent_exempt_lamports(full)?.saturating_sub(mint.lamports());
    let (mut from, mut to) = (*payer, *mint);
    system_program::transfer(
        CpiContext::new(
            system.address(),
            system_program::Transfer {
                from: CpiHandleMut::writable(&mut from),
                to: CpiHandleMut::writable(&mut to),
            },
        ),
        rent,
    )?;

    let mut view = *mint;
    metadata_pointer_initialize(
        CpiContext::new(&program, MetadataPointerInitialize { mint: CpiHandleMut::writable(&mut view) }),
        Some(&authorities.mint),
        Some(mint.address()),
    )?;
    initialize_permanent_delegate(
        CpiContext::new(&program, PermanentDelegateInitialize { mint: CpiHandleMut::writable(&mut view) }),
        &authorities.permanent_delegate,
    )?;
    default_account_state_initialize(
        CpiContext::new(&program, DefaultAccountStateInitialize { mint: CpiHandleMut::writable(&mut view) }),
        &AccountState::Initialized,
    )?;
    pausable_initialize(
        CpiContext::new(&program, PausableInitialize { mint: CpiHandleMut::writable(&mut view) }),
        &authorities.pause,
    )?;
    initialize_mint2(
        CpiContext::new(&program, InitializeMint2 { mint: CpiHandleMut::writable(&mut view) }),
        DECIMALS,
        &authorities.mint,
        Some(&authorities.freeze),
    )?;
    token_metadata_initialize(
        CpiContext::new_with_signer(
            &program,
            TokenMetadataInitialize {
                metadata: CpiHandleMut::writable(&mut view),
                update_authority: CpiHandle::readonly(mint_authority),
                mint: CpiHandle::readonly(mint),
                mint_authority: CpiHandle::readonly(mint_authority),
            },
            &[authority_seeds],
        ),
        name,
        String::from(SYMBOL),
        uri,
    )
}
