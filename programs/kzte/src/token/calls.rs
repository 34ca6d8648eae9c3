//! The Token-2022 instructions that the program calls. See [`crate::cpi`] for how and why.

use alloc::vec::Vec;

use anchor_lang::{cpi::InstructionAccount, prelude::*};

use crate::{
    constants::DECIMALS,
    cpi::call_token as call,
    errors::KzteError,
    seeds::PAUSE_AUTHORITY_SEED,
    state::{Config, PAUSE_TRANSFER},
};

const MINT_TO: u8 = 7;
const TRANSFER_CHECKED: u8 = 12;
const BURN_CHECKED: u8 = 15;
const FREEZE_ACCOUNT: u8 = 10;
const THAW_ACCOUNT: u8 = 11;
const INITIALIZE_ACCOUNT_3: u8 = 18;
const DEFAULT_ACCOUNT_STATE_EXTENSION: u8 = 28;
const DEFAULT_ACCOUNT_STATE_UPDATE: u8 = 1;
const STATE_INITIALIZED: u8 = 1;
const STATE_FROZEN: u8 = 2;
/// `spl_token_metadata_interface:updating_field`, the first 8 bytes of its SHA-256.
const METADATA_UPDATE_FIELD: [u8; 8] = [221, 233, 49, 45, 181, 202, 220, 200];
const PAUSABLE_EXTENSION: u8 = 44;
const PAUSABLE_PAUSE: u8 = 1;
const PAUSABLE_RESUME: u8 = 2;

#[inline(always)]
fn amount_data(instruction: u8, amount: u64) -> [u8; 10] {
    let [a, b, c, d, e, f, g, h] = amount.to_le_bytes();
    [instruction, a, b, c, d, e, f, g, h, DECIMALS]
}

/// `MintTo`, signed by the mint authority. The checked form only adds the number of decimals, which `initialize` has
/// fixed and no instruction of Token-2022 changes.
#[inline(always)]
pub fn mint_to(
    mint: &AccountView,
    account: &AccountView,
    authority: &AccountView,
    amount: u64,
    seeds: &[&[u8]],
) {
    let [a, b, c, d, e, f, g, h] = amount.to_le_bytes();
    call(
        &[MINT_TO, a, b, c, d, e, f, g, h],
        &[
            InstructionAccount::writable(mint.address()),
            InstructionAccount::writable(account.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
        [mint, account, authority],
        &[seeds],
    );
}

/// `BurnChecked`, signed by `authority`: the account's owner (a transaction signer: empty seeds) or our address.
#[inline(always)]
pub fn burn(
    account: &AccountView,
    mint: &AccountView,
    authority: &AccountView,
    amount: u64,
    signers: &[&[&[u8]]],
) {
    call(
        &amount_data(BURN_CHECKED, amount),
        &[
            InstructionAccount::writable(account.address()),
            InstructionAccount::writable(mint.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
        [account, mint, authority],
        signers,
    );
}

/// `TransferChecked`, signed by our address `authority`.
#[inline(always)]
pub fn transfer(
    source: &AccountView,
    mint: &AccountView,
    destination: &AccountView,
    authority: &AccountView,
    amount: u64,
    seeds: &[&[u8]],
) {
    call(
        &amount_data(TRANSFER_CHECKED, amount),
        &[
            InstructionAccount::writable(source.address()),
            InstructionAccount::readonly(mint.address()),
            InstructionAccount::writable(destination.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
        [source, mint, destination, authority],
        &[seeds],
    );
}

/// `FreezeAccount`, signed by the freeze authority.
#[inline(always)]
pub fn freeze(account: &AccountView, mint: &AccountView, authority: &AccountView, seeds: &[&[u8]]) {
    set_frozen(FREEZE_ACCOUNT, account, mint, authority, seeds)
}

/// `ThawAccount`, signed by the freeze authority.
#[inline(always)]
pub fn thaw(account: &AccountView, mint: &AccountView, authority: &AccountView, seeds: &[&[u8]]) {
    set_frozen(THAW_ACCOUNT, account, mint, authority, seeds)
}

#[inline(always)]
fn set_frozen(
    instruction: u8,
    account: &AccountView,
    mint: &AccountView,
    authority: &AccountView,
    seeds: &[&[u8]],
) {
    call(
        &[instruction],
        &[
            InstructionAccount::writable(account.address()),
            InstructionAccount::readonly(mint.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
        [account, mint, authority],
        &[seeds],
    );
}

/// Runs `call` with transfers open: where they are paused, resumes the mint before and pauses it again after, in the
/// same instruction (invariant 7). Nobody else can slip in between.
#[inline(always)]
pub fn while_transfers_open(
    config: &Account<Config>,
    mint: &AccountView,
    pause_authority: &AccountView,
    call: impl FnOnce(),
) {
    if !config.is_paused(PAUSE_TRANSFER) {
        return call();
    }
    let bump = [config.pause_authority_bump];
    let seeds: &[&[u8]] = &[PAUSE_AUTHORITY_SEED, config.address().as_ref(), &bump];
    resume(mint, pause_authority, seeds);
    call();
    pause(mint, pause_authority, seeds);
}

/// Pausable extension: `Pause`, signed by the pause authority. Mint, burn and transfer stop.
#[inline(never)]
pub fn pause(mint: &AccountView, authority: &AccountView, seeds: &[&[u8]]) {
    set_paused(PAUSABLE_PAUSE, mint, authority, seeds)
}

/// Pausable extension: `Resume`, signed by the pause authority.
#[inline(never)]
pub fn resume(mint: &AccountView, authority: &AccountView, seeds: &[&[u8]]) {
    set_paused(PAUSABLE_RESUME, mint, authority, seeds)
}

#[inline(always)]
fn set_paused(instruction: u8, mint: &AccountView, authority: &AccountView, seeds: &[&[u8]]) {
    call(
        &[PAUSABLE_EXTENSION, instruction],
        &[
            InstructionAccount::writable(mint.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
        [mint, authority],
        &[seeds],
    );
}

/// DefaultAccountState extension: `Update`, signed by the freeze authority.
pub fn set_default_state(frozen: bool, mint: &AccountView, authority: &AccountView, seeds: &[&[u8]]) {
    let state = if frozen { STATE_FROZEN } else { STATE_INITIALIZED };
    call(
        &[
            DEFAULT_ACCOUNT_STATE_EXTENSION,
            DEFAULT_ACCOUNT_STATE_UPDATE,
            state,
        ],
        &[
            InstructionAccount::writable(mint.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
        [mint, authority],
        &[seeds],
    );
}

/// The texts of the metadata that may change. The symbol may not.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum MetadataField {
    Name = 0,
    Uri = 2,
}

impl MetadataField {
    /// 0 name, 1 URI.
    ///
    /// Errors: `MetadataField`.
    pub fn from_number(number: u8) -> Result<Self> {
        match number {
            0 => Ok(Self::Name),
            1 => Ok(Self::Uri),
            _ => Err(KzteError::MetadataField.into()),
        }
    }
}

/// Token metadata interface: `UpdateField`, signed by the mint authority.
pub fn update_metadata(
    field: MetadataField,
    value: &str,
    mint: &AccountView,
    authority: &AccountView,
    seeds: &[&[u8]],
) -> Result<()> {
    call(
        &metadata_data(field, value)?,
        &[
            InstructionAccount::writable(mint.address()),
            InstructionAccount::readonly_signer(authority.address()),
        ],
        [mint, authority],
        &[seeds],
    );
    Ok(())
}

fn metadata_data(field: MetadataField, value: &str) -> Result<Vec<u8>> {
    let length = u32::try_from(value.len()).map_err(|_| KzteError::MetadataText)?;
    let mut data = Vec::from(METADATA_UPDATE_FIELD);
    data.push(field as u8);
    data.extend_from_slice(&length.to_le_bytes());
    data.extend_from_slice(value.as_bytes());
    Ok(data)
}

/// `InitializeAccount3`: `account` becomes a token account of `mint` owned by `owner`.
#[inline(never)]
pub fn initialize_account(account: &AccountView, mint: &AccountView, owner: &Address) {
    let mut data = [INITIALIZE_ACCOUNT_3; 33];
    if let Some(tail) = data.last_chunk_mut::<32>() {
        *tail = owner.to_bytes();
    }
    call(
        &data,
        &[
            InstructionAccount::writable(account.address()),
            InstructionAccount::readonly(mint.address()),
        ],
        [account, mint],
        &[],
    );
}

#[cfg(test)]
mod tests {
    use anchor_spl::{
        token_2022::spl_token_2022::{
            ID,
            extension::{
                default_account_state::instruction::update_default_account_state,
                pausable::instruction::{pause, resume},
            },
            instruction as spl,
            state::AccountState,
        },
        token_2022_extensions::spl_token_metadata_interface::{instruction::update_field, state::Field},
    };

    use super::*;

    /// The bytes that we write by hand are those of the interface crate.
    #[test]
    fn instruction_bytes_are_those_of_the_interface() {
        let key = Address::new_from_array([7; 32]);
        let amount = 0x0102_0304_0506_0708;
        let data =
            |instruction: core::result::Result<anchor_lang::solana_program::instruction::Instruction, _>| {
                instruction
                    .map(|instruction| instruction.data)
                    .unwrap_or_else(|error: ProgramError| panic!("{error:?}"))
            };
        let minted = data(spl::mint_to(&ID, &key, &key, &key, &[], amount));
        assert_eq!(
            minted.split_first(),
            Some((&MINT_TO, amount.to_le_bytes().as_slice()))
        );
        assert_eq!(
            data(spl::burn_checked(&ID, &key, &key, &key, &[], amount, DECIMALS)),
            amount_data(BURN_CHECKED, amount)
        );
        assert_eq!(
            data(spl::transfer_checked(
                &ID,
                &key,
                &key,
                &key,
                &key,
                &[],
                amount,
                DECIMALS
            )),
            amount_data(TRANSFER_CHECKED, amount)
        );
        assert_eq!(
            data(spl::freeze_account(&ID, &key, &key, &key, &[])),
            [FREEZE_ACCOUNT]
        );
        assert_eq!(
            data(spl::thaw_account(&ID, &key, &key, &key, &[])),
            [THAW_ACCOUNT]
        );
        assert_eq!(
            data(pause(&ID, &key, &key, &[])),
            [PAUSABLE_EXTENSION, PAUSABLE_PAUSE]
        );
        assert_eq!(
            data(resume(&ID, &key, &key, &[])),
            [PAUSABLE_EXTENSION, PAUSABLE_RESUME]
        );
        for (frozen, state) in [(false, AccountState::Initialized), (true, AccountState::Frozen)] {
            assert_eq!(
                data(update_default_account_state(&ID, &key, &key, &[], &state)),
                [
                    DEFAULT_ACCOUNT_STATE_EXTENSION,
                    DEFAULT_ACCOUNT_STATE_UPDATE,
                    if frozen { STATE_FROZEN } else { STATE_INITIALIZED }
                ]
            );
        }
        for (ours, theirs) in [
            (MetadataField::Name, Field::Name),
            (MetadataField::Uri, Field::Uri),
        ] {
            let instruction = update_field(&ID, &key, &key, theirs, "text".into());
            assert_eq!(Ok(instruction.data), metadata_data(ours, "text"));
        }
        let initialized = data(spl::initialize_account3(&ID, &key, &key, &key));
        assert_eq!(
            initialized.split_first(),
            Some((&INITIALIZE_ACCOUNT_3, key.as_array().as_slice()))
        );
    }
}
