//! A vault of two approvers: the smallest program that can hold a role. Its address signs any instruction that both
//! approvers have signed, by a cross-program call, as a multisig or a governance program would.
//!
//! Accounts: both approvers (signers), the program to call, then the accounts of the call, the vault's address among
//! them without signature. Data: bump of `["vault", first approver, second approver]`, the place
//! of that address among the accounts of the call, then the data of the call.
//!
//! For tests only. It never leaves this repository and is deployed nowhere.

#![cfg_attr(target_os = "solana", no_std)]

use core::mem::MaybeUninit;

use pinocchio::{
    AccountView, Address, ProgramResult,
    cpi::{CpiAccount, Seed, Signer, invoke_signed_unchecked},
    error::ProgramError,
    instruction::{InstructionAccount, InstructionView},
};

/// Seed of a vault's address.
pub const VAULT_SEED: &[u8] = b"vault";
/// Most accounts of a call: they lie on the 4 KiB stack.
const MAX_ACCOUNTS: usize = 24;

#[cfg(target_os = "solana")]
mod entry {
    pinocchio::program_entrypoint!(super::run, 32);
    pinocchio::no_allocator!();
    pinocchio::nostd_panic_handler!();
}

/// Calls what the approvers have signed.
///
/// Errors: `NotEnoughAccountKeys`, `InvalidInstructionData`, `MissingRequiredSignature`.
#[inline(never)]
pub fn run(_: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [first, second, callee, rest @ ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let [bump, vault, data @ ..] = data else {
        return Err(ProgramError::InvalidInstructionData);
    };
    if !(first.is_signer() && second.is_signer()) {
        return Err(ProgramError::MissingRequiredSignature);
    }
    if rest.len() > MAX_ACCOUNTS {
        return Err(ProgramError::InvalidArgument);
    }
    let bump = [*bump];
    let seeds = [
        Seed::from(VAULT_SEED),
        Seed::from(first.address().as_array().as_slice()),
        Seed::from(second.address().as_array().as_slice()),
        Seed::from(bump.as_slice()),
    ];
    let mut metas = [const { MaybeUninit::<InstructionAccount<'_>>::uninit() }; MAX_ACCOUNTS];
    let mut infos = [const { MaybeUninit::<CpiAccount<'_>>::uninit() }; MAX_ACCOUNTS];
    for (((place, account), meta), info) in (0u8..).zip(rest.iter()).zip(&mut metas).zip(&mut infos) {
        let signs = account.is_signer() || place == *vault;
        meta.write(InstructionAccount::new(
            account.address(),
            account.is_writable(),
            signs,
        ));
        CpiAccount::init_from_account_view(account, info);
    }
    // SAFETY: the first `rest.len()` places of both arrays are written; nothing here borrows the accounts' data.
    unsafe {
        invoke_signed_unchecked(
            &InstructionView {
                program_id: callee.address(),
                accounts: core::slice::from_raw_parts(metas.as_ptr().cast(), rest.len()),
                data,
            },
            core::slice::from_raw_parts(infos.as_ptr().cast(), rest.len()),
            &[Signer::from(&seeds)],
        );
    }
    Ok(())
}
