//! `request_redemption`: a holder asks a bank to pay tenge out; his tokens go into that bank's escrow.
//!
//! May call: the owner of the tokens, who pays the rent and gets it back at the end. Event:
//! [`RedemptionRequested`]. Invariant 6. The term starts now. The amount may exceed what that bank has minted: the
//! liability then moves between banks before settlement.
//!
//! The permanent delegate moves the tokens, because a holder with CPI Guard on could not sign a transfer by call;
//! the holder's consent is his signature on this instruction, checked against the token account's owner.

#![allow(
    unused_variables,
    reason = "the accounts macro binds the instruction arguments more often than it reads them"
)]

use anchor_lang::{prelude::*, programs::Token2022};

use crate::{
    constants::ACCOUNT_VERSION,
    cpi::emit_log,
    errors::KzteError,
    events::RedemptionRequested,
    instructions::require_not_blocked,
    seeds::{ESCROW_SEED, PERMANENT_DELEGATE_SEED, REDEMPTION_SEED},
    state::{Config, ISSUER_CLOSED, Issuer, PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER, Redemption, refuse},
    token,
};

#[derive(Accounts)]
#[instruction(nonce: u64)]
pub struct RequestRedemption {
    #[account(mut)]
    pub owner: Signer,
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.status != ISSUER_CLOSED @ KzteError::IssuerClosed)
    )]
    pub issuer: Account<Issuer>,
    #[account(
        init,
        payer = owner,
        space = Redemption::SPACE,
        seeds = [REDEMPTION_SEED, issuer, owner, nonce.to_le_bytes()],
        bump
    )]
    pub redemption: Account<Redemption>,
    #[account(address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// Token account of the owner; read and checked in the handler.
    #[account(mut)]
    pub token_account: UncheckedAccount,
    #[account(mut, seeds = [ESCROW_SEED, issuer], bump = issuer.escrow_bump)]
    pub escrow: UncheckedAccount,
    /// Address of the owner's block; must not exist. Checked in the handler.
    pub block: UncheckedAccount,
    /// The runtime checks the address by the seeds.
    pub permanent_delegate: UncheckedAccount,
    pub token_program: Program<Token2022>,
    pub system_program: Program<System>,
}

/// `nonce`: tells the owner's redemptions at this bank apart; `amount`: tiyn; `payout_hash`: HMAC-SHA-256 of payout
/// account and end-to-end id.
///
/// Errors: `RedemptionRequestPaused`, `TransferPaused`, `WrongConfig`, `IssuerClosed`, `WrongMint`,
/// `NotTokenAccount`, `WrongTokenOwner`, `TokenAccountFrozen`, `InsufficientTokens`, `WrongAddress`,
/// `WalletBlocked`, `ZeroAmount`.
pub fn request_redemption(
    ctx: &mut Context<RequestRedemption>,
    nonce: u64,
    amount: u64,
    payout_hash: [u8; 32],
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    require!(
        !accounts.config.is_paused(PAUSE_REDEMPTION_REQUEST),
        KzteError::RedemptionRequestPaused
    );
    require!(
        !accounts.config.is_paused(PAUSE_TRANSFER),
        KzteError::TransferPaused
    );
    let owner = *accounts.owner.address();
    let account = token::read_token_account(accounts.token_account.account(), &accounts.config.mint)?;
    require!(account.owner == owner, KzteError::WrongTokenOwner);
    require!(!account.frozen, KzteError::TokenAccountFrozen);
    require_not_blocked(accounts.block.account(), accounts.config.address(), &owner)?;
    kzte_ledger::require_positive(amount).map_err(refuse)?;
    require!(account.amount >= amount, KzteError::InsufficientTokens);

    let now = crate::now()?;
    let due_at = now
        .checked_add(accounts.config.redemption_sla)
        .ok_or(KzteError::AmountOverflow)?;
    accounts.issuer.open_redemption(amount)?;
    let issuer = *accounts.issuer.address();
    let redemption = &mut accounts.redemption;
    redemption.version = ACCOUNT_VERSION;
    redemption.bump = ctx.bumps.redemption;
    redemption.issuer = issuer;
    redemption.owner = owner;
    redemption.nonce = nonce;
    redemption.amount = amount;
    redemption.payout_hash = payout_hash;
    redemption.requested_at = now;
    redemption.due_at = due_at;

    let config = *accounts.config.address();
    token::transfer(
        accounts.token_account.account(),
        accounts.mint.account(),
        accounts.escrow.account(),
        accounts.permanent_delegate.account(),
        amount,
        &[
            PERMANENT_DELEGATE_SEED,
            config.as_ref(),
            &[accounts.config.permanent_delegate_bump],
        ],
    );

    emit_log!(RedemptionRequested {
        config,
        issuer,
        actor: owner,
        reference_hash: payout_hash,
        redemption: *accounts.redemption.address(),
        owner,
        nonce,
        amount,
        due_at,
    });
    Ok(())
}
