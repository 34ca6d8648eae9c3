//! What holders do with Token-2022 directly: the program is not on that path.

use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use spl_token_2022_interface::{extension::ExtensionType, instruction::TokenInstruction};

use crate::{
    ASSOCIATED_TOKEN_PROGRAM_ID, Deployment, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, constants::DECIMALS,
};

/// Tag of the idempotent creation in the associated-token program.
const CREATE_IDEMPOTENT: u8 = 1;
/// Tags of the CPI Guard extension.
const ENABLE_CPI_GUARD: u8 = 0;
const DISABLE_CPI_GUARD: u8 = 1;

fn token(instruction: TokenInstruction<'_>, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction {
        program_id: TOKEN_PROGRAM_ID,
        accounts,
        data: instruction.pack(),
    }
}

/// Creates the associated token account of `wallet`; does nothing when it exists. Signer: the payer.
pub fn create_associated_token(deployment: &Deployment, payer: Address, wallet: Address) -> Instruction {
    Instruction {
        program_id: ASSOCIATED_TOKEN_PROGRAM_ID,
        accounts: vec![
            AccountMeta::new(payer, true),
            AccountMeta::new(deployment.token_account(&wallet), false),
            AccountMeta::new_readonly(wallet, false),
            AccountMeta::new_readonly(deployment.mint, false),
            AccountMeta::new_readonly(SYSTEM_PROGRAM_ID, false),
            AccountMeta::new_readonly(TOKEN_PROGRAM_ID, false),
        ],
        data: vec![CREATE_IDEMPOTENT],
    }
}

/// Moves `amount` tiyn between token accounts. Signer: the source's owner or delegate.
pub fn transfer_checked(
    deployment: &Deployment,
    source: Address,
    destination: Address,
    authority: Address,
    amount: u64,
) -> Instruction {
    token(
        TokenInstruction::TransferChecked {
            amount,
            decimals: DECIMALS,
        },
        vec![
            AccountMeta::new(source, false),
            AccountMeta::new_readonly(deployment.mint, false),
            AccountMeta::new(destination, false),
            AccountMeta::new_readonly(authority, true),
        ],
    )
}

/// A holder's own burn of `amount` tiyn, which the books of no bank see. Signer: the account's owner or delegate.
pub fn burn_checked(
    deployment: &Deployment,
    account: Address,
    authority: Address,
    amount: u64,
) -> Instruction {
    token(
        TokenInstruction::BurnChecked {
            amount,
            decimals: DECIMALS,
        },
        vec![
            AccountMeta::new(account, false),
            AccountMeta::new(deployment.mint, false),
            AccountMeta::new_readonly(authority, true),
        ],
    )
}

/// Lets `delegate` move `amount` tiyn. Signer: the account's owner.
pub fn approve_checked(
    deployment: &Deployment,
    account: Address,
    delegate: Address,
    owner: Address,
    amount: u64,
) -> Instruction {
    token(
        TokenInstruction::ApproveChecked {
            amount,
            decimals: DECIMALS,
        },
        vec![
            AccountMeta::new(account, false),
            AccountMeta::new_readonly(deployment.mint, false),
            AccountMeta::new_readonly(delegate, false),
            AccountMeta::new_readonly(owner, true),
        ],
    )
}

/// Closes an empty token account; its rent goes to `destination`. Signer: the account's owner.
pub fn close_account(account: Address, destination: Address, owner: Address) -> Instruction {
    token(
        TokenInstruction::CloseAccount,
        vec![
            AccountMeta::new(account, false),
            AccountMeta::new(destination, false),
            AccountMeta::new_readonly(owner, true),
        ],
    )
}

/// Makes room for CPI Guard in a token account and switches it on. Signers: the owner, and the payer for the room.
pub fn enable_cpi_guard(account: Address, owner: Address, payer: Address) -> [Instruction; 2] {
    [
        token(
            TokenInstruction::Reallocate {
                extension_types: vec![ExtensionType::CpiGuard],
            },
            vec![
                AccountMeta::new(account, false),
                AccountMeta::new(payer, true),
                AccountMeta::new_readonly(SYSTEM_PROGRAM_ID, false),
                AccountMeta::new_readonly(owner, true),
            ],
        ),
        cpi_guard(ENABLE_CPI_GUARD, account, owner),
    ]
}

/// Switches CPI Guard off. Signer: the owner.
pub fn disable_cpi_guard(account: Address, owner: Address) -> Instruction {
    cpi_guard(DISABLE_CPI_GUARD, account, owner)
}

fn cpi_guard(tag: u8, account: Address, owner: Address) -> Instruction {
    let mut instruction = token(
        TokenInstruction::CpiGuardExtension,
        vec![
            AccountMeta::new(account, false),
            AccountMeta::new_readonly(owner, true),
        ],
    );
    instruction.data.push(tag);
    instruction
}
