//! Freezing accounts, blocking wallets. Signer: the compliance desk.

use kzte::{accounts, instruction as data};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{Deployment, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address};

/// `freeze`: freezes a token account. `reason_hash`: hash of the reason on file.
pub fn freeze(
    deployment: &Deployment,
    compliance: Address,
    token_account: Address,
    reason_hash: [u8; 32],
) -> Instruction {
    data::Freeze { reason_hash }.to_instruction(accounts::Freeze {
        compliance,
        config: deployment.config,
        mint: deployment.mint,
        token_account,
        freeze_authority: address::freeze_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `thaw`: thaws a token account. `reason_hash`: hash of the reason on file.
pub fn thaw(
    deployment: &Deployment,
    compliance: Address,
    token_account: Address,
    reason_hash: [u8; 32],
) -> Instruction {
    data::Thaw { reason_hash }.to_instruction(accounts::Thaw {
        compliance,
        config: deployment.config,
        mint: deployment.mint,
        token_account,
        freeze_authority: address::freeze_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `block_wallet`: a wallet may receive no mint and request no redemption. The desk pays the rent.
pub fn block_wallet(
    deployment: &Deployment,
    compliance: Address,
    wallet: Address,
    reason_hash: [u8; 32],
) -> Instruction {
    data::BlockWallet { wallet, reason_hash }.to_instruction(accounts::BlockWallet {
        compliance,
        config: deployment.config,
        block: deployment.block(&wallet),
        system_program: SYSTEM_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `unblock_wallet`: opens a blocked wallet. The desk gets the rent.
pub fn unblock_wallet(
    deployment: &Deployment,
    compliance: Address,
    wallet: Address,
    reason_hash: [u8; 32],
) -> Instruction {
    data::UnblockWallet { wallet, reason_hash }.to_instruction(accounts::UnblockWallet {
        compliance,
        config: deployment.config,
        block: deployment.block(&wallet),
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}
