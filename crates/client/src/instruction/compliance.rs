//! Freezing accounts, blocking wallets (signer: the compliance desk), admitting holders, seizure orders.

use kzte::{accounts, instruction as data};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::{Bic, Deployment, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address};

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

/// Adds what `freeze` and `open_order` need beside an account that owns itself: every bank that is registered, which shows
/// that it is none of their escrows.
pub fn beside_all_banks(deployment: &Deployment, mut instruction: Instruction, banks: &[Bic]) -> Instruction {
    for bic in banks {
        instruction
            .accounts
            .push(AccountMeta::new_readonly(deployment.issuer(bic), false));
    }
    instruction
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

/// `admit_holder`: a bank thaws the empty account of a customer where accounts are born frozen. Signer: the operator.
pub fn admit_holder(
    deployment: &Deployment,
    bic: &Bic,
    operator: Address,
    owner: &Address,
    token_account: Address,
    reference_hash: [u8; 32],
) -> Instruction {
    data::AdmitHolder { reference_hash }.to_instruction(accounts::AdmitHolder {
        operator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        mint: deployment.mint,
        token_account,
        block: deployment.block(owner),
        freeze_authority: address::freeze_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// A seizure order before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTerms {
    /// Hash of the court's decision on file; used once.
    pub case_hash: [u8; 32],
    /// Token account to take from.
    pub subject: Address,
    /// Token account to give to.
    pub destination: Address,
    /// Most that may be moved, tiyn.
    pub cap: u64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// `open_order`: opens a seizure order. Signers: the payer and the court officer.
pub fn open_order(
    deployment: &Deployment,
    payer: Address,
    court_officer: Address,
    terms: &OrderTerms,
) -> Instruction {
    let OrderTerms {
        case_hash,
        subject,
        destination,
        cap,
        expires_at,
    } = *terms;
    data::OpenOrder {
        case_hash,
        cap,
        expires_at,
    }
    .to_instruction(accounts::OpenOrder {
        payer,
        court_officer,
        config: deployment.config,
        order: deployment.order(&case_hash),
        subject,
        destination,
        system_program: SYSTEM_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `execute_order`: moves `amount` tiyn under an order. Signer: the enforcer.
pub fn execute_order(
    deployment: &Deployment,
    enforcer: Address,
    terms: &OrderTerms,
    amount: u64,
) -> Instruction {
    data::ExecuteOrder { amount }.to_instruction(accounts::ExecuteOrder {
        enforcer,
        config: deployment.config,
        order: deployment.order(&terms.case_hash),
        mint: deployment.mint,
        subject: terms.subject,
        destination: terms.destination,
        permanent_delegate: address::permanent_delegate(&deployment.config),
        freeze_authority: address::freeze_authority(&deployment.config),
        pause_authority: address::pause_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `close_order`: closes an order for ever. Signer: the court officer.
pub fn close_order(deployment: &Deployment, court_officer: Address, case_hash: &[u8; 32]) -> Instruction {
    data::CloseOrder {}.to_instruction(accounts::CloseOrder {
        court_officer,
        config: deployment.config,
        order: deployment.order(case_hash),
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}
