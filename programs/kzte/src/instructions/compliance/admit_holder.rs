//! `admit_holder`: where token accounts are born frozen, a bank lets a verified customer in by thawing his account.
//!
//! May call: the operator of an active bank. Event: [`HolderAdmitted`].
//!
//! A bank must not be able to undo a freeze of the compliance desk. Therefore it can thaw an empty account only, of a
//! wallet that is not blocked: that gives the wallet nothing which a fresh account would not give it. An account
//! frozen with tokens on it only the desk can thaw, and a wallet that is to stay out the desk blocks (ADR 0008).

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::HolderAdmitted,
    instructions::require_not_blocked,
    seeds::FREEZE_AUTHORITY_SEED,
    state::{Config, ISSUER_ACTIVE, Issuer},
    token,
};

#[event_cpi]
#[derive(Accounts)]
pub struct AdmitHolder {
    pub operator: Signer,
    pub config: Account<Config>,
    #[account(
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized),
        constraint(issuer.status == ISSUER_ACTIVE @ KzteError::IssuerNotActive)
    )]
    pub issuer: Account<Issuer>,
    #[account(address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// Read and checked in the handler.
    #[account(mut)]
    pub token_account: UncheckedAccount,
    /// Address of the owner's block; must not exist. Checked in the handler.
    pub block: UncheckedAccount,
    /// The runtime checks the address by the seeds.
    pub freeze_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// `reference_hash`: hash of the verification on file.
///
/// Errors: `NotAuthorized`, `WrongConfig`, `IssuerNotActive`, `WrongMint`, `NotBornFrozen`, `NotTokenAccount`,
/// `NothingToChange` (not frozen), `AccountNotEmpty`, `WrongAddress`, `WalletBlocked`.
pub fn admit_holder(ctx: &mut Context<AdmitHolder>, reference_hash: [u8; 32]) -> Result<()> {
    let accounts = &mut ctx.accounts;
    require!(
        accounts.config.accounts_born_frozen != 0,
        KzteError::NotBornFrozen
    );
    let account = token::read_token_account(accounts.token_account.account(), &accounts.config.mint)?;
    require!(account.frozen, KzteError::NothingToChange);
    require!(account.amount == 0, KzteError::AccountNotEmpty);
    let config = *accounts.config.address();
    require_not_blocked(accounts.block.account(), &config, &account.owner)?;
    token::thaw(
        accounts.token_account.account(),
        accounts.mint.account(),
        accounts.freeze_authority.account(),
        &[
            FREEZE_AUTHORITY_SEED,
            config.as_ref(),
            &[accounts.config.freeze_authority_bump],
        ],
    );
    let event = HolderAdmitted {
        config,
        issuer: *accounts.issuer.address(),
        actor: *accounts.operator.address(),
        reference_hash,
        token_account: *accounts.token_account.address(),
        owner: account.owner,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
