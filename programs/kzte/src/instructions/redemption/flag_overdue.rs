//! `flag_overdue`: the term of a redemption has passed and its bank has not paid; from now on the bank mints nothing.
//!
//! May call: anyone. Event: [`RedemptionFlagged`]. Invariant 10: only this bank's minting stops, until the redemption is
//! settled, rejected or cancelled.

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::RedemptionFlagged,
    state::{Config, Issuer, Redemption},
};

#[event_cpi]
#[derive(Accounts)]
pub struct FlagOverdue {
    pub caller: Signer,
    pub config: Account<Config>,
    #[account(mut, constraint(issuer.config == *config.address() @ KzteError::WrongConfig))]
    pub issuer: Account<Issuer>,
    #[account(
        mut,
        constraint(redemption.issuer == *issuer.address() @ KzteError::WrongIssuer),
        constraint(redemption.overdue == 0 @ KzteError::NothingToChange)
    )]
    pub redemption: Account<Redemption>,
}

/// Errors: `WrongConfig`, `WrongIssuer`, `NothingToChange` (flagged already), `RedemptionNotOverdue`.
pub fn flag_overdue(ctx: &mut Context<FlagOverdue>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    require!(
        crate::now()? > accounts.redemption.due_at,
        KzteError::RedemptionNotOverdue
    );
    accounts.redemption.overdue = 1;
    accounts.issuer.flag_redemption()?;
    let redemption = &accounts.redemption;
    let event = RedemptionFlagged {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.caller.address(),
        reference_hash: redemption.payout_hash,
        redemption: *redemption.address(),
        owner: redemption.owner,
        amount: redemption.amount,
        due_at: redemption.due_at,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
