//! `open_order`: a court has ordered tokens to be seized: from which account, to which, how much at most, until when.
//!
//! May call: the court officer. Event: [`OrderOpened`]. Moves nothing: that takes the enforcer, who is somebody else. An
//! escrow is on neither side, for what lies in it is promised to holders (invariant 6).
//!
//! Remaining accounts: where one of the two accounts owns itself all issuers, else none.

#![allow(
    unused_variables,
    reason = "the accounts macro binds the instruction arguments more often than it reads them"
)]

use anchor_lang::prelude::*;

use crate::{
    constants::ACCOUNT_VERSION,
    cpi::emit_by_call,
    errors::KzteError,
    events::OrderOpened,
    instructions::is_escrow,
    seeds::ORDER_SEED,
    state::{Config, ORDER_OPEN, Order, Role, refuse},
    token,
};

#[event_cpi]
#[derive(Accounts)]
#[instruction(case_hash: [u8; 32])]
pub struct OpenOrder {
    /// Pays for the order. May hold the role as well: only its lamports change.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub court_officer: Signer,
    #[account(constraint(config.holder(Role::CourtOfficer) == court_officer.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(init, payer = payer, space = Order::SPACE, seeds = [ORDER_SEED, config, case_hash], bump)]
    pub order: Account<Order>,
    /// Token account to take from; checked in the handler.
    pub subject: UncheckedAccount,
    /// Token account to give to; checked in the handler.
    pub destination: UncheckedAccount,
    pub system_program: Program<System>,
}

/// `case_hash`: hash of the court's decision on file, used once; `cap`: tiyn; `expires_at`: Unix seconds.
///
/// Errors: `NotAuthorized`, `ZeroAmount`, `OrderExpiry`, `OrderDestination`, `NotTokenAccount`, `EscrowNotSeizable`,
/// `CheckedBanks` (an account that owns itself, and not all issuers).
pub fn open_order(
    ctx: &mut Context<OpenOrder>,
    case_hash: [u8; 32],
    cap: u64,
    expires_at: i64,
) -> Result<()> {
    let remaining = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    kzte_ledger::require_positive(cap).map_err(refuse)?;
    let now = crate::now()?;
    require!(expires_at > now, KzteError::OrderExpiry);
    let subject = *accounts.subject.address();
    let destination = *accounts.destination.address();
    require!(subject != destination, KzteError::OrderDestination);
    for view in [accounts.subject.account(), accounts.destination.account()] {
        let account = token::read_token_account(view, &accounts.config.mint)?;
        // An escrow owns itself, but so can anybody's account: that it is none shows only beside all issuers.
        if account.owner == *view.address() {
            require!(
                !is_escrow(view.address(), &remaining, &accounts.config)?,
                KzteError::EscrowNotSeizable
            );
        }
    }

    let config = *accounts.config.address();
    let order = &mut accounts.order;
    order.version = ACCOUNT_VERSION;
    order.bump = ctx.bumps.order;
    order.status = ORDER_OPEN;
    order.config = config;
    order.case_hash = case_hash;
    order.subject = subject;
    order.destination = destination;
    order.cap = cap;
    order.expires_at = expires_at;
    order.opened_at = now;
    let event = OrderOpened {
        config,
        actor: *accounts.court_officer.address(),
        reference_hash: case_hash,
        order: *accounts.order.address(),
        subject,
        destination,
        cap,
        expires_at,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
