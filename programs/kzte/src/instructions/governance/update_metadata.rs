//! `update_metadata`: changes the name or the URI of the token; its symbol is for ever.
//!
//! May call: the authority. Event: [`MetadataUpdated`].

use alloc::string::String;

use anchor_lang::{prelude::*, programs::Token2022};
use kzte_ledger::Sha256;

use crate::{
    Syscall,
    constants::MAX_METADATA_TEXT,
    cpi::{emit_by_call, transfer_lamports},
    errors::KzteError,
    events::MetadataUpdated,
    seeds::MINT_AUTHORITY_SEED,
    state::{Config, Role},
    token,
};

#[event_cpi]
#[derive(Accounts)]
pub struct UpdateMetadata {
    /// Pays for a text that is longer than the old one. May hold the role as well: only its lamports change.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    pub authority: Signer,
    #[account(constraint(config.holder(Role::Authority) == authority.address() @ KzteError::NotAuthorized))]
    pub config: Account<Config>,
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The runtime checks the address by the seeds.
    pub mint_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
    pub system_program: Program<System>,
}

/// `field`: 0 name, 1 URI; `value`: 1 to 200 bytes.
///
/// Errors: `NotAuthorized`, `WrongMint`, `MetadataField`, `MetadataText`.
pub fn update_metadata(ctx: &mut Context<UpdateMetadata>, field: u8, value: String) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let token_field = token::MetadataField::from_number(field)?;
    require!(
        (1..=MAX_METADATA_TEXT).contains(&value.len()),
        KzteError::MetadataText
    );
    let config = *accounts.config.address();
    let mint = accounts.mint.account();
    token::update_metadata(
        token_field,
        &value,
        mint,
        accounts.mint_authority.account(),
        &[
            MINT_AUTHORITY_SEED,
            config.as_ref(),
            &[accounts.config.mint_authority_bump],
        ],
    )?;
    // Token-2022 has resized the mint and asks for its rent at the end of the transaction.
    let missing = anchor_lang::cpi::rent_exempt_lamports(mint.data_len())?.saturating_sub(mint.lamports());
    if missing > 0 {
        transfer_lamports(accounts.payer.account(), mint, missing);
    }
    let event = MetadataUpdated {
        config,
        actor: *accounts.authority.address(),
        value_hash: Syscall::hash(&[value.as_bytes()]),
        field,
        reserved: [0; 7],
    };
    emit_by_call(
        event,
        ctx.accounts.event_authority.account(),
        ctx.bumps.event_authority,
    );
    Ok(())
}
