//! Configuration, issuers, attestors, pause.

use kzte::{
    accounts, instruction as data,
    state::{IssuerRole, Role},
};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

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
        freeze_authority: address::freeze_authority(&deployment.config),
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

/// `nominate_role`: offers a role of the configuration to a nominee. Signer: the authority.
pub fn nominate_role(
    deployment: &Deployment,
    authority: Address,
    role: Role,
    nominee: Address,
) -> Instruction {
    data::NominateRole {
        role: role as u8,
        nominee,
    }
    .to_instruction(accounts::NominateRole {
        authority,
        config: deployment.config,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `accept_role`: the nominee takes the role over. Signer: the nominee.
pub fn accept_role(deployment: &Deployment, nominee: Address, role: Role) -> Instruction {
    data::AcceptRole { role: role as u8 }.to_instruction(accounts::AcceptRole {
        nominee,
        config: deployment.config,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `cancel_nomination`: takes a nomination back. Signer: the authority.
pub fn cancel_nomination(deployment: &Deployment, authority: Address, role: Role) -> Instruction {
    data::CancelNomination { role: role as u8 }.to_instruction(accounts::CancelNomination {
        authority,
        config: deployment.config,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `nominate_issuer_role`: offers a seat of a bank to a nominee. Signer: the bank's admin; for the admin's seat also the
/// authority.
pub fn nominate_issuer_role(
    deployment: &Deployment,
    bic: &Bic,
    nominator: Address,
    role: IssuerRole,
    nominee: Address,
) -> Instruction {
    data::NominateIssuerRole {
        role: role as u8,
        nominee,
    }
    .to_instruction(accounts::NominateIssuerRole {
        nominator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `accept_issuer_role`: the nominee takes the seat over. Signer: the nominee.
pub fn accept_issuer_role(
    deployment: &Deployment,
    bic: &Bic,
    nominee: Address,
    role: IssuerRole,
) -> Instruction {
    data::AcceptIssuerRole { role: role as u8 }.to_instruction(accounts::AcceptIssuerRole {
        nominee,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `cancel_issuer_nomination`: takes a nomination back. Signer: as for [`nominate_issuer_role`].
pub fn cancel_issuer_nomination(
    deployment: &Deployment,
    bic: &Bic,
    nominator: Address,
    role: IssuerRole,
) -> Instruction {
    data::CancelIssuerNomination { role: role as u8 }.to_instruction(accounts::CancelIssuerNomination {
        nominator,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `set_policy`: sets the age of statements and the term of redemptions, seconds. Signer: the authority.
pub fn set_policy(
    deployment: &Deployment,
    authority: Address,
    max_statement_age: i64,
    redemption_sla: i64,
) -> Instruction {
    data::SetPolicy {
        max_statement_age,
        redemption_sla,
    }
    .to_instruction(accounts::SetPolicy {
        authority,
        config: deployment.config,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `set_issuer_status`: suspends, reactivates, winds down or closes a bank. `status`: see `state::ISSUER_ACTIVE` and its
/// neighbours. Signer: the issuer manager.
pub fn set_issuer_status(
    deployment: &Deployment,
    bic: &Bic,
    issuer_manager: Address,
    status: u8,
    reason_hash: [u8; 32],
) -> Instruction {
    data::SetIssuerStatus { status, reason_hash }.to_instruction(accounts::SetIssuerStatus {
        issuer_manager,
        config: deployment.config,
        issuer: deployment.issuer(bic),
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `set_default_account_state`: from now on token accounts are born frozen, or open. Signer: the authority.
pub fn set_default_account_state(deployment: &Deployment, authority: Address, frozen: bool) -> Instruction {
    data::SetDefaultAccountState { frozen }.to_instruction(accounts::SetDefaultAccountState {
        authority,
        config: deployment.config,
        mint: deployment.mint,
        freeze_authority: address::freeze_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// A text of the token metadata that may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MetadataField {
    /// The token's name.
    Name = 0,
    /// Where more is told.
    Uri = 1,
}

/// `update_metadata`: changes the name or the URI of the token, 1 to 200 bytes. Signers: the payer and the authority.
pub fn update_metadata(
    deployment: &Deployment,
    payer: Address,
    authority: Address,
    field: MetadataField,
    value: &str,
) -> Instruction {
    data::UpdateMetadata {
        field: field as u8,
        value: value.to_owned(),
    }
    .to_instruction(accounts::UpdateMetadata {
        payer,
        authority,
        config: deployment.config,
        mint: deployment.mint,
        mint_authority: address::mint_authority(&deployment.config),
        token_program: TOKEN_PROGRAM_ID,
        system_program: SYSTEM_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    })
}

/// `migrate_config`: brings a configuration of version 1 to the layout of this build. `banks`: all that are registered.
/// Signers: the payer and the authority.
pub fn migrate_config(
    deployment: &Deployment,
    payer: Address,
    authority: Address,
    banks: &[Bic],
) -> Instruction {
    let mut instruction = data::MigrateConfig {}.to_instruction(accounts::MigrateConfig {
        payer,
        authority,
        config: deployment.config,
        system_program: SYSTEM_PROGRAM_ID,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    });
    for bic in banks {
        instruction
            .accounts
            .push(AccountMeta::new_readonly(deployment.issuer(bic), false));
    }
    instruction
}
