//! `unblock_wallet`: opens a blocked wallet again.
//!
//! May call: the compliance desk, which gets the rent. Event: [`WalletUnblocked`].

use anchor_lang::prelude::*;

use crate::{
    cpi::emit_by_call,
    errors::KzteError,
    events::WalletUnblocked,
    state::{Config, Role, block_address},
};

#[event_cpi]
#[derive(Accounts)]
pub struct UnblockWallet {
    #[account(mut)]
    pub compliance: Signer,
    #[account(constraint(config.holder(Role::Compliance) == compliance.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    /// Address and owner checked in the handler.
    #[account(mut)]
    pub block: UncheckedAccount,
}

/// `wallet`: the wallet to open; `reason_hash`: hash of the reason on file.
///
/// Errors: `NotAuthorized`, `WrongAddress`, `NothingToChange` (not blocked).
pub fn unblock_wallet(
    ctx: &mut Context<UnblockWallet>,
    wallet: Address,
    reason_hash: [u8; 32],
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let config = *accounts.config.address();
    let mut block = *accounts.block.account();
    require!(
        anchor_lang::address_eq(block.address(), &block_address(&config, &wallet)),
        KzteError::WrongAddress
    );
    require!(block.owned_by(&crate::ID), KzteError::NothingToChange);

    let event = WalletUnblocked {
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

    let rent = block.lamports();
    ctx.accounts.compliance.add_lamports(rent)?;
    block.set_lamports(0);
    block.close()?;
    Ok(())
}
