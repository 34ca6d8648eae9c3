//! `burn`: a bank destroys tokens of its own stock and lowers its liability by as much.
//!
//! May call: the issuer's operator, from a token account that he owns. Event: [`Burned`]. Invariants 2 and 7: always
//! allowed, also suspended, stale or paused, for it only makes the bank safer.

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    cpi::emit_log,
    errors::KzteError,
    events::Burned,
    state::{Config, Issuer, refuse},
    token,
};

#[derive(Accounts)]
pub struct Burn {
    pub operator: Signer,
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized)
    )]
    pub issuer: Account<Issuer>,
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// Token account of the operator; read and checked in the handler.
    #[account(mut)]
    pub token_account: UncheckedAccount,
    /// The runtime checks the address by the seeds whenever it signs.
    pub pause_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// `amount`: tiyn; `reference_hash`: hash of the bank's own record.
///
/// Errors: `NotAuthorized`, `WrongConfig`, `WrongMint`, `NotTokenAccount`, `WrongTokenOwner`, `ZeroAmount`,
/// `OutstandingExceeded`.
pub fn burn(ctx: &mut Context<Burn>, amount: u64, reference_hash: [u8; 32]) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let account = token::read_token_account(accounts.token_account.account(), &accounts.config.mint)?;
    require!(
        account.owner == *accounts.operator.address(),
        KzteError::WrongTokenOwner
    );
    kzte_ledger::require_positive(amount).map_err(refuse)?;
    accounts.issuer.book_burn(amount)?;

    let mint = accounts.mint.account();
    token::while_transfers_open(&accounts.config, mint, accounts.pause_authority.account(), || {
        token::burn(
            accounts.token_account.account(),
            mint,
            accounts.operator.account(),
            amount,
            &[],
        );
    });

    emit_log!(Burned {
        config: *accounts.config.address(),
        issuer: *accounts.issuer.address(),
        actor: *accounts.operator.address(),
        reference_hash,
        amount,
    });
    Ok(())
}
