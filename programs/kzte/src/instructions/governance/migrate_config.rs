//! `migrate_config`: brings a configuration of version 1 to the layout of this build.
//!
//! May call: the authority. Event: [`ConfigMigrated`]. Until it is done no other instruction loads the configuration,
//! for it is too short: so an upgrade halts everything for the moment between the two transactions, and nothing can
//! read the new fields where there are none.
//!
//! Remaining accounts: every issuer of the configuration, once each; version 1 did not count them.

use anchor_lang::prelude::*;

use crate::{
    constants::CONFIG_VERSION,
    cpi::emit_by_call,
    errors::KzteError,
    events::ConfigMigrated,
    instructions::distinct_issuers,
    state::{Config, Role},
};

#[event_cpi]
#[derive(Accounts)]
pub struct MigrateConfig {
    /// Pays for the new bytes. May hold the role as well: only its lamports change.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    /// Owner, discriminator, length, version and authority are checked in the handler: the account is too short for
    /// this build's type.
    #[account(mut)]
    pub config: UncheckedAccount,
    pub system_program: Program<System>,
}

/// Errors: `NothingToChange` (already migrated), `WrongConfig` (no configuration of version 1, or an issuer of another
/// one), `NotAuthorized`, `CheckedBanks`.
pub fn migrate_config(ctx: &mut Context<MigrateConfig>) -> Result<()> {
    let remaining = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    let authority = *accounts.authority.address();
    let payer = *accounts.payer.account();
    let mut view = *accounts.config.account();
    require!(view.owned_by(&crate::ID), KzteError::WrongConfig);
    require!(view.data_len() != Config::SPACE, KzteError::NothingToChange);
    {
        let data = view.try_borrow()?;
        require!(
            data.len() == Config::SPACE_V1
                && data.get(..8) == Some(Config::DISCRIMINATOR)
                && data.get(8) == Some(&1),
            KzteError::WrongConfig
        );
    }
    anchor_lang::realloc_account(&mut view, Config::SPACE, &payer, true)?;
    // From here on it is an account of this build's type, all new fields zero.
    let config_address = *view.address();
    let issuer_count = {
        // SAFETY: the account is writable and this is the only reference to it.
        let mut config = unsafe { Account::<Config>::load_mut(view)? };
        require!(
            *config.holder(Role::Authority) == authority,
            KzteError::NotAuthorized
        );
        let issuers = distinct_issuers(&remaining, 1, &config_address)?;
        config.issuer_count = u32::try_from(issuers.len()).map_err(|_| KzteError::AmountOverflow)?;
        config.version = CONFIG_VERSION;
        config.issuer_count
    };
    let event = ConfigMigrated {
        config: config_address,
        actor: authority,
        issuer_count,
        version: CONFIG_VERSION,
        reserved: [0; 3],
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
