//! `register_issuer`: lets a partner bank issue, and creates its escrow.
//!
//! May call: the issuer manager. Event: [`IssuerRegistered`]. A BIC registers once: its account is never closed.

#![allow(
    unused_variables,
    reason = "the accounts macro binds the instruction arguments more often than it reads them"
)]

use anchor_lang::{prelude::*, programs::Token2022};
use kzte_ledger::Window;

use crate::{
    constants::ACCOUNT_VERSION,
    cpi::{create_token_account, emit_by_call},
    errors::KzteError,
    events::IssuerRegistered,
    seeds::{ESCROW_SEED, FREEZE_AUTHORITY_SEED, ISSUER_SEED},
    state::{Config, ISSUER_ACTIVE, Issuer, Role, refuse},
    token,
};

/// Length of a token account of a pausable mint, bytes: the base part, the account type, and the empty
/// `PausableAccount` extension that Token-2022 requires.
const ESCROW_LEN: usize = 165 + 1 + 4;

/// Limits of an issuer, set by the issuer manager.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone, Copy)]
pub struct IssuerLimits {
    /// Most that may be outstanding, tiyn.
    pub quota: u64,
    /// Most that may be minted within one window, tiyn; `u64::MAX`: no limit.
    pub window_limit: u64,
    /// Length of the window, seconds, at least 1.
    pub window_seconds: i64,
}

impl IssuerLimits {
    /// Writes the limits; the running window keeps its start and use.
    ///
    /// Errors: `WindowLength`.
    pub fn apply(&self, issuer: &mut Issuer) -> Result<()> {
        let window = Window {
            limit: self.window_limit,
            seconds: self.window_seconds,
            ..issuer.window()
        };
        window.validate().map_err(refuse)?;
        issuer.quota = self.quota;
        issuer.window_limit = self.window_limit;
        issuer.window_seconds = self.window_seconds;
        Ok(())
    }
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(bic: [u8; 11])]
pub struct RegisterIssuer {
    /// Pays for both accounts. May hold the role as well: only its lamports change.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub issuer_manager: Signer,
    #[account(mut, constraint(config.holder(Role::IssuerManager) == issuer_manager.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(
        init,
        payer = payer,
        space = Issuer::SPACE,
        seeds = [ISSUER_SEED, config, bic],
        bump
    )]
    pub issuer: Account<Issuer>,
    #[account(address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// Becomes a token account that owns itself, so that only its own seeds can move what it holds.
    #[account(mut, seeds = [ESCROW_SEED, issuer], bump)]
    pub escrow: UncheckedAccount,
    /// The runtime checks the address by the seeds whenever it signs.
    pub freeze_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
    pub system_program: Program<System>,
}

/// `bic`: ISO 9362, 11 characters; `admin` and `operator`: the bank's cold and hot key.
///
/// Errors: `NotAuthorized`, `Bic`, `ZeroAddress`, `RoleConflict`, `WindowLength`, `WrongMint`.
pub fn register_issuer(
    ctx: &mut Context<RegisterIssuer>,
    bic: [u8; 11],
    admin: Address,
    operator: Address,
    limits: IssuerLimits,
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    kzte_ledger::validate_bic(&bic).map_err(refuse)?;
    accounts.config.require_free(&admin)?;
    accounts.config.require_free(&operator)?;
    require!(admin != operator, KzteError::RoleConflict);
    accounts.config.issuer_count = accounts
        .config
        .issuer_count
        .checked_add(1)
        .ok_or(KzteError::AmountOverflow)?;

    let config = *accounts.config.address();
    let issuer_address = *accounts.issuer.address();
    let issuer = &mut accounts.issuer;
    issuer.version = ACCOUNT_VERSION;
    issuer.bump = ctx.bumps.issuer;
    issuer.escrow_bump = ctx.bumps.escrow;
    issuer.status = ISSUER_ACTIVE;
    issuer.bic = bic;
    issuer.config = config;
    issuer.admin = admin;
    issuer.operator = operator;
    limits.apply(issuer)?;

    create_token_account(
        accounts.payer.account(),
        accounts.escrow.account(),
        ESCROW_LEN,
        &Some(&[ESCROW_SEED, issuer_address.as_ref(), &[ctx.bumps.escrow]]),
    )?;
    token::initialize_account(
        accounts.escrow.account(),
        accounts.mint.account(),
        accounts.escrow.address(),
    );
    if accounts.config.accounts_born_frozen != 0 {
        token::thaw(
            accounts.escrow.account(),
            accounts.mint.account(),
            accounts.freeze_authority.account(),
            &[
                FREEZE_AUTHORITY_SEED,
                config.as_ref(),
                &[accounts.config.freeze_authority_bump],
            ],
        );
    }

    let event = IssuerRegistered {
        config,
        issuer: issuer_address,
        actor: *accounts.issuer_manager.address(),
        admin,
        operator,
        quota: limits.quota,
        window_limit: limits.window_limit,
        window_seconds: limits.window_seconds,
        bic,
        reserved: [0; 5],
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use anchor_spl::token_2022::spl_token_2022::{extension::ExtensionType, state::Account};

    /// The escrow is as long as Token-2022 wants an account of a pausable mint.
    #[test]
    fn escrow_length_is_that_of_the_interface() {
        let length = ExtensionType::try_calculate_account_len::<Account>(&[ExtensionType::PausableAccount]);
        assert_eq!(length, Ok(super::ESCROW_LEN));
    }
}
