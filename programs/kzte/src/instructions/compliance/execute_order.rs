//! `execute_order`: moves tokens under an open order.
//!
//! May call: the enforcer. Event: [`OrderExecuted`]. Invariant 8: never above the cap, frozen before means frozen after,
//! supply unchanged. Invariant 7: no pause stops it.

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::OrderExecuted,
    seeds::{FREEZE_AUTHORITY_SEED, PERMANENT_DELEGATE_SEED},
    state::{Config, ORDER_OPEN, Order, Role, refuse},
    token,
};

#[event_cpi]
#[derive(Accounts)]
pub struct ExecuteOrder {
    pub enforcer: Signer,
    #[account(constraint(config.holder(Role::Enforcer) == enforcer.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(order.config == *config.address() @ KzteError::WrongConfig),
        constraint(order.status == ORDER_OPEN @ KzteError::OrderClosed)
    )]
    pub order: Account<Order>,
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    #[account(mut, address = order.subject @ KzteError::WrongAddress)]
    pub subject: UncheckedAccount,
    #[account(mut, address = order.destination @ KzteError::WrongAddress)]
    pub destination: UncheckedAccount,
    /// The runtime checks the address by the seeds.
    pub permanent_delegate: UncheckedAccount,
    /// The runtime checks the address by the seeds whenever it signs.
    pub freeze_authority: UncheckedAccount,
    /// The runtime checks the address by the seeds whenever it signs.
    pub pause_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// `amount`: tiyn.
///
/// Errors: `NotAuthorized`, `WrongConfig`, `OrderClosed`, `WrongMint`, `WrongAddress`, `ZeroAmount`, `OrderExpired`,
/// `OrderCapExceeded`, `NotTokenAccount` (an account was closed since), `InsufficientTokens`.
pub fn execute_order(ctx: &mut Context<ExecuteOrder>, amount: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    kzte_ledger::require_positive(amount).map_err(refuse)?;
    accounts.order.book_execution(amount, crate::now()?)?;

    let mint = accounts.mint.account();
    let subject = accounts.subject.account();
    let destination = accounts.destination.account();
    let from = token::read_token_account(subject, &accounts.config.mint)?;
    let to = token::read_token_account(destination, &accounts.config.mint)?;
    require!(from.amount >= amount, KzteError::InsufficientTokens);

    let config = *accounts.config.address();
    let freeze_authority = accounts.freeze_authority.account();
    let freeze_bump = [accounts.config.freeze_authority_bump];
    let freeze_seeds: &[&[u8]] = &[FREEZE_AUTHORITY_SEED, config.as_ref(), &freeze_bump];
    let delegate_bump = [accounts.config.permanent_delegate_bump];
    let delegate_seeds: &[&[u8]] = &[PERMANENT_DELEGATE_SEED, config.as_ref(), &delegate_bump];

    // Neither side can move between the thaw and the freeze: it is one instruction.
    let sides = [(subject, from.frozen), (destination, to.frozen)];
    for (account, _) in sides.iter().filter(|(_, frozen)| *frozen) {
        token::thaw(account, mint, freeze_authority, freeze_seeds);
    }
    let delegate = accounts.permanent_delegate.account();
    token::while_transfers_open(&accounts.config, mint, accounts.pause_authority.account(), || {
        token::transfer(subject, mint, destination, delegate, amount, delegate_seeds);
    });
    for (account, _) in sides.iter().filter(|(_, frozen)| *frozen) {
        token::freeze(account, mint, freeze_authority, freeze_seeds);
    }

    let order = &accounts.order;
    let event = OrderExecuted {
        config,
        actor: *accounts.enforcer.address(),
        reference_hash: order.case_hash,
        order: *order.address(),
        subject: order.subject,
        destination: order.destination,
        amount,
        executed: order.executed,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
