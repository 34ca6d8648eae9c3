//! `set_policy`: sets how old a statement may be at a mint, and the term of redemptions.
//!
//! May call: the authority. Event: [`PolicySet`]. Redemptions that are open keep the term they were requested under.

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::PolicySet,
    state::{Config, Role},
};

#[event_cpi]
#[derive(Accounts)]
pub struct SetPolicy {
    pub authority: Signer,
    #[account(mut, constraint(config.holder(Role::Authority) == authority.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
}

/// `max_statement_age`, `redemption_sla`: seconds, 1 to 31 days.
///
/// Errors: `NotAuthorized`, `PolicyRange`.
pub fn set_policy(ctx: &mut Context<SetPolicy>, max_statement_age: i64, redemption_sla: i64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.config.set_policy(max_statement_age, redemption_sla)?;
    let event = PolicySet {
        config: *accounts.config.address(),
        actor: *accounts.authority.address(),
        max_statement_age,
        redemption_sla,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
