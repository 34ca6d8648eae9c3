//! Reading Token-2022 token accounts.

use anchor_lang::{prelude::*, programs::Token2022};

use crate::errors::KzteError;

/// Length of the base part of a token account, bytes.
const BASE_LEN: usize = 165;
/// Account type byte behind the base part: 2 is a token account, 1 a mint.
const ACCOUNT_TYPE_TOKEN: u8 = 2;
/// Length of a multisig, which may not be mistaken for a token account with extensions.
const MULTISIG_LEN: usize = 355;
/// Offset of the supply in a mint.
const MINT_SUPPLY_OFFSET: usize = 36;
/// State byte of a frozen token account.
const STATE_FROZEN: u8 = 2;

/// What the program needs to know of a token account.
pub struct TokenAccount {
    pub owner: Address,
    pub amount: u64,
    pub frozen: bool,
}

/// Reads `view` as an initialised Token-2022 token account of `mint`.
///
/// Errors: `NotTokenAccount`.
#[inline(always)]
pub fn read_token_account(view: &AccountView, mint: &Address) -> Result<TokenAccount> {
    require!(view.owned_by(&Token2022::id()), KzteError::NotTokenAccount);
    let data = view.try_borrow()?;
    let extended = data.len() > BASE_LEN
        && data.len() != MULTISIG_LEN
        && data.get(BASE_LEN) == Some(&ACCOUNT_TYPE_TOKEN);
    require!(data.len() == BASE_LEN || extended, KzteError::NotTokenAccount);
    let (Some(account_mint), Some(owner), Some(amount), Some(state)) = (
        address_at(&data, 0),
        address_at(&data, crate::constants::TOKEN_OWNER_OFFSET),
        u64_at(&data, 64),
        data.get(108),
    ) else {
        return Err(KzteError::NotTokenAccount.into());
    };
    require!(
        anchor_lang::address_eq(&account_mint, mint) && *state != 0,
        KzteError::NotTokenAccount
    );
    Ok(TokenAccount {
        owner,
        amount,
        frozen: *state == STATE_FROZEN,
    })
}

/// Supply of a Token-2022 mint that the caller knows to be one, tiyn.
pub fn supply(mint: &AccountView) -> Result<u64> {
    let data = mint.try_borrow()?;
    u64_at(&data, MINT_SUPPLY_OFFSET).ok_or(KzteError::MintNotConforming.into())
}

/// The owner of a token account that Token-2022 is about to credit in this very instruction.
///
/// Reads no more than that: `MintTo` refuses whatever is not an initialised token account of this mint, under
/// its own program, and with the instruction everything that was booked on the strength of this read.
#[inline(always)]
pub fn owner_of_credited(view: &AccountView) -> Result<Address> {
    let data = view.try_borrow()?;
    address_at(&data, crate::constants::TOKEN_OWNER_OFFSET).ok_or(KzteError::NotTokenAccount.into())
}

/// Whether `owner` owns a token account that Token-2022 is about to credit in this very instruction. See
/// [`owner_of_credited`].
#[inline(always)]
pub fn is_owner_of_credited(view: &AccountView, owner: &Address) -> bool {
    // SAFETY: this program never makes a reference to the data of an account that it does not own, and the slice is
    // gone before Token-2022 is called.
    let data = unsafe { view.borrow_unchecked() };
    let stored = data
        .get(crate::constants::TOKEN_OWNER_OFFSET..)
        .and_then(|rest| rest.first_chunk::<32>());
    stored.is_some_and(|stored| stored == owner.as_array())
}

#[inline(always)]
fn address_at(data: &[u8], offset: usize) -> Option<Address> {
    let bytes: &[u8; 32] = data.get(offset..)?.first_chunk()?;
    Some(Address::new_from_array(*bytes))
}

#[inline(always)]
fn u64_at(data: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*data.get(offset..)?.first_chunk()?))
}
