//! `resume`: opens functions again.
//!
//! May call: the authority. Event: [`Resumed`]. Invariant 7: no flag stops settle, reject, cancel or burn.

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::Resumed,
    seeds::PAUSE_AUTHORITY_SEED,
    state::{Config, PAUSE_ALL, PAUSE_TRANSFER, Role},
    token,
};

#[event_cpi]
#[derive(Accounts)]
pub struct Resume {
    pub authority: Signer,
    #[account(mut, constraint(config.holder(Role::Authority) == authority.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The runtime checks the address by the seeds whenever it signs.
    pub pause_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// `flags`: any of `PAUSE_MINT`, `PAUSE_REDEMPTION_REQUEST`, `PAUSE_TRANSFER`; at least one must change.
///
/// Errors: `NotAuthorized`, `PauseFlag`, `NothingToChange`, `WrongMint`.
pub fn resume(ctx: &mut Context<Resume>, flags: u8) -> Result<()> {
    let accounts = &mut ctx.accounts;
    require!(flags & !PAUSE_ALL == 0, KzteError::PauseFlag);
    let changed = flags & accounts.config.paused;
    require!(changed != 0, KzteError::NothingToChange);
    accounts.config.paused &= !flags;
    let config = *accounts.config.address();
    if changed & PAUSE_TRANSFER != 0 {
        token::resume(
            accounts.mint.account(),
            accounts.pause_authority.account(),
            &[
                PAUSE_AUTHORITY_SEED,
                config.as_ref(),
                &[accounts.config.pause_authority_bump],
            ],
        );
    }
    let event = Resumed {
        config,
        actor: *accounts.authority.address(),
        flags: changed,
        paused: accounts.config.paused,
        reserved: [0; 6],
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
