//! `close_order`: an order moves nothing from now on, for ever.
//!
//! May call: the court officer. Event: [`OrderClosed`]. The account stays, so that the same case cannot be opened again
//! under a fresh cap.

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::OrderClosed,
    state::{Config, ORDER_CLOSED, ORDER_OPEN, Order, Role},
};

#[event_cpi]
#[derive(Accounts)]
pub struct CloseOrder {
    pub court_officer: Signer,
    #[account(constraint(config.holder(Role::CourtOfficer) == court_officer.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(order.config == *config.address() @ KzteError::WrongConfig),
        constraint(order.status == ORDER_OPEN @ KzteError::OrderClosed)
    )]
    pub order: Account<Order>,
}

/// Errors: `NotAuthorized`, `WrongConfig`, `OrderClosed`.
pub fn close_order(ctx: &mut Context<CloseOrder>) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.order.status = ORDER_CLOSED;
    let order = &accounts.order;
    let event = OrderClosed {
        config: *accounts.config.address(),
        actor: *accounts.court_officer.address(),
        reference_hash: order.case_hash,
        order: *order.address(),
        executed: order.executed,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
