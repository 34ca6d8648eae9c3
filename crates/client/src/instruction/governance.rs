//! Configuration, issuers, attestors, pause.

use kzte::{accounts, instruction as data};
use solana_address::Address;
use solana_instruction::Instruction;

use super::{InitializeArgs, IssuerLimits};
use crate::{Bic, Deployment, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address};

/// Where the mint of a new configuration comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MintSource {
    /// `initialize` creates it: the mint's key signs the transaction.
    Create,
    /// It exists with exactly the extensions of the design: nobody signs for it.
    Adopt,
}

/// `initialize`: creates the configuration, and creates or adopts the mint. Signers: `payer`, `upgrade_authority`, and
/// the mint's key when it is created.
pub fn initialize(
    deployment: &Deployment,
    payer: Address,
    upgrade_authority: Address,
    mint: MintSource,
    args: InitializeArgs,
) -> Instruction {
    let mut instruction = data::Initialize { args }.to_instruction(accounts::Initialize {
        payer,
        upgrade_authority,
        program_data: address::program_data(),
        config: deployment.config,
        mint: deployment.mint,
        mint_authority: address::mint_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        system_program: SYSTEM_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    });
    for meta in instruction
        .accounts
        .iter_mut()
        .filter(|meta| meta.pubkey == deployment.mint)
    {
        meta.is_signer = mint == MintSource::Create;
    }
    instruction
}

/// `set_attestors`: a new attestor set under a new version. Signer: the authority.
pub fn set_attestors(
    deployment: &Deployment,
    authority: Address,
    attestors: &[Address],
    threshold: u8,
    mandatory: u8,
) -> Instruction {
    data::SetAttestors {
        attestors: attestors.to_vec(),
        threshold,
        mandatory,
    }
    .to_instruction(accounts::SetAttestors {
        authority,
        config: deployment.config,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// Who registers a bank, and as what.
#[derive(Clone, Copy)]
pub struct Registration {
    /// Pays for the issuer account and its escrow; signs.
    pub payer: Address,
    /// The issuer manager; signs.
    pub issuer_manager: Address,
    /// The bank's code.
    pub bic: Bic,
    /// Cold key of the bank.
    pub admin: Address,
    /// Hot key of the bank.
    pub operator: Address,
    /// Quota and window.
    pub limits: IssuerLimits,
}

/// `register_issuer`: lets a bank issue. Signers: the payer and the issuer manager.
pub fn register_issuer(deployment: &Deployment, registration: &Registration) -> Instruction {
    let Registration {
        payer,
        issuer_manager,
        bic,
        admin,
        operator,
        limits,
    } = *registration;
    data::RegisterIssuer {
        bic: *bic.as_bytes(),
        admin,
        operator,
        limits,
    }
    .to_instruction(accounts::RegisterIssuer {
        payer,
        issuer_manager,
        config: deployment.config,
        issuer: deployment.issuer(&bic),
        mint: deployment.mint,
        escrow: deployment.escrow(&bic),
        token_program: TOKEN_PROGRAM_ID,
        system_program: SYSTEM_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `configure_issuer`: sets quota and window of a bank. Signer: the issuer manager.
pub fn configure_issuer(
    deployment: &Deployment,
    bic: &Bic,
    issuer_manager: Address,
    limits: IssuerLimits,
) -> Instruction {
    data::ConfigureIssuer { limits }.to_instruction(accounts::ConfigureIssuer {
        issuer_manager,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `pause`: stops functions. `flags`: any of `state::PAUSE_MINT` and its neighbours. Signer: the pauser.
pub fn pause(deployment: &Deployment, pauser: Address, flags: u8) -> Instruction {
    data::Pause { flags }.to_instruction(accounts::Pause {
        pauser,
        config: deployment.config,
        mint: deployment.mint,
        pause_authority: address::pause_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `resume`: opens functions again. `flags` as for [`pause`]. Signer: the authority.
pub fn resume(deployment: &Deployment, authority: Address, flags: u8) -> Instruction {
    data::Resume { flags }.to_instruction(accounts::Resume {
        authority,
        config: deployment.config,
        mint: deployment.mint,
        pause_authority: address::pause_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}
