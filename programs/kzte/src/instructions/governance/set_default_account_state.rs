//! `set_default_account_state`: from now on token accounts are born frozen, or born open.
//!
//! May call: the authority. Event: [`DefaultAccountStateSet`]. Accounts that exist stay as they are. While accounts are
//! born frozen, a bank lets its verified customers in with `admit_holder`.

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::DefaultAccountStateSet,
    seeds::FREEZE_AUTHORITY_SEED,
    state::{Config, Role},
    token,
};

#[event_cpi]
#[derive(Accounts)]
pub struct SetDefaultAccountState {
    pub authority: Signer,
    #[account(mut, constraint(config.holder(Role::Authority) == authority.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The runtime checks the address by the seeds.
    pub freeze_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// `frozen`: whether accounts are born frozen.
///
/// Errors: `NotAuthorized`, `WrongMint`, `NothingToChange`.
pub fn set_default_account_state(ctx: &mut Context<SetDefaultAccountState>, frozen: bool) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let frozen = u8::from(frozen);
    require!(
        accounts.config.accounts_born_frozen != frozen,
        KzteError::NothingToChange
    );
    accounts.config.accounts_born_frozen = frozen;
    let config = *accounts.config.address();
    token::set_default_state(
        frozen != 0,
        accounts.mint.account(),
        accounts.freeze_authority.account(),
        &[
            FREEZE_AUTHORITY_SEED,
            config.as_ref(),
            &[accounts.config.freeze_authority_bump],
        ],
    );
    let event = DefaultAccountStateSet {
        config,
        actor: *accounts.authority.address(),
        frozen,
        reserved: [0; 7],
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
