//! `block_wallet`: a wallet may receive no mint and request no redemption.
//!
//! May call: the compliance desk, which pays the rent. Event: [`WalletBlocked`]. Freezing is per token account and a
//! wallet can open another one; a block follows the wallet.

use anchor_lang::prelude::*;

use crate::{
    cpi::{assign_with_seed, emit_by_call, transfer_lamports},
    errors::KzteError,
    events::WalletBlocked,
    seeds::CONFIG_SEED,
    state::{Config, Role, block_address, block_seed},
};

#[event_cpi]
#[derive(Accounts)]
pub struct BlockWallet {
    #[account(mut)]
    pub compliance: Signer,
    /// Base of the block's address: signs its allocation.
    #[account(constraint(config.holder(Role::Compliance) == compliance.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    /// Address checked in the handler.
    #[account(mut)]
    pub block: UncheckedAccount,
    pub system_program: Program<System>,
}

/// `wallet`: the wallet to block; `reason_hash`: hash of the reason on file.
///
/// Errors: `NotAuthorized`, `WrongAddress`, `WalletBlocked` (blocked already).
pub fn block_wallet(ctx: &mut Context<BlockWallet>, wallet: Address, reason_hash: [u8; 32]) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let config = *accounts.config.address();
    let block = accounts.block.account();
    require!(
        anchor_lang::address_eq(block.address(), &block_address(&config, &wallet)),
        KzteError::WrongAddress
    );
    require!(!block.owned_by(&crate::ID), KzteError::WalletBlocked);

    // Transfer, then assign: unlike an account creation this also works when somebody sent lamports to the address
    // before, so a block cannot be prevented.
    let rent = anchor_lang::cpi::rent_exempt_lamports(0)?.saturating_sub(block.lamports());
    if rent > 0 {
        transfer_lamports(accounts.compliance.account(), block, rent);
    }
    let mint = accounts.config.mint;
    assign_with_seed(
        block,
        accounts.config.account(),
        &block_seed(&wallet),
        &[CONFIG_SEED, mint.as_ref(), &[accounts.config.bump]],
    );

    let event = WalletBlocked {
        config,
        actor: *accounts.compliance.address(),
        wallet,
        reference_hash: reason_hash,
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
