//! `mint_many`: a run of neighbouring credit entries becomes tokens in one transaction, under one proof.
//!
//! May call: the issuer's operator. Event: one [`crate::events::Minted`] an entry. Invariants 3, 4, 10: each entry is checked and
//! booked exactly as `mint` does it; one refusal undoes all.
//!
//! Remaining accounts: for each entry its recipient token account (writable) and the block of that account's owner.
//! The party of a leaf is the owner of its recipient account, so it is not repeated in the instruction.

use alloc::vec::Vec;

use anchor_lang::{prelude::*, programs::Token2022};
use kzte_ledger::{EntryKind, EntryRef, verify_run};

use super::mint::{Issuance, book_and_mint, require_minting_open, require_recipient};
use crate::{
    Syscall,
    constants::MAX_RUN,
    errors::KzteError,
    state::{Config, Issuer, STATEMENT_EFFECTIVE, Statement, refuse},
    token,
};

/// An entry of a run: its index follows from its place.
#[derive(AnchorSerialize, AnchorDeserialize, IdlType, Clone, Copy)]
pub struct RunEntry {
    /// Tiyn.
    pub amount: u64,
    /// HMAC-SHA-256 of the bank's own reference.
    pub reference_hash: [u8; 32],
}

impl RunEntry {
    /// The entry at its place, with its party.
    #[inline(always)]
    fn at<'a>(&'a self, index: u32, party: &'a Address) -> EntryRef<'a> {
        EntryRef {
            kind: EntryKind::Credit,
            index,
            amount: self.amount,
            reference_hash: &self.reference_hash,
            party: party.as_array(),
        }
    }
}

#[derive(Accounts)]
pub struct MintMany {
    pub operator: Signer,
    pub config: Account<Config>,
    #[account(
        mut,
        constraint(issuer.config == *config.address() @ KzteError::WrongConfig),
        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized)
    )]
    pub issuer: Account<Issuer>,
    #[account(
        mut,
        constraint(statement.issuer == *issuer.address() @ KzteError::WrongIssuer),
        constraint(statement.status == STATEMENT_EFFECTIVE @ KzteError::StatementNotEffective)
    )]
    pub statement: Account<Statement>,
    #[account(mut, address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
    /// The runtime checks the address by the seeds.
    pub mint_authority: UncheckedAccount,
    pub token_program: Program<Token2022>,
}

/// The indices from `start` on. Past the end of the range they start again at zero, where the proof refuses them.
#[inline(always)]
fn indices(start: u32) -> impl Iterator<Item = u32> {
    (0u32..).map(move |place| start.wrapping_add(place))
}

/// `start`: index of the first entry; `entries`: 1 to 16 neighbours; `proof`: run proof, level by level, left sibling
/// before right.
///
/// Errors: those of `mint`, and `RunLength`.
pub fn mint_many(
    ctx: &mut Context<MintMany>,
    start: u32,
    entries: Vec<RunEntry>,
    proof: Vec<[u8; 32]>,
) -> Result<()> {
    let remaining = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    require_minting_open(&accounts.config)?;
    require!(
        (1..=MAX_RUN).contains(&entries.len()) && remaining.len() == entries.len().saturating_mul(2),
        KzteError::RunLength
    );

    let mut parties: Vec<Address> = Vec::with_capacity(entries.len());
    let mut leaves = [[0u8; 32]; MAX_RUN];
    for (((entry, pair), leaf), index) in entries
        .iter()
        .zip(remaining.chunks_exact(2))
        .zip(leaves.iter_mut())
        .zip(indices(start))
    {
        let [recipient, block] = pair else {
            return Err(KzteError::RunLength.into());
        };
        let party = token::owner_of_credited(recipient)?;
        require_recipient(recipient, block, &party, &accounts.config)?;
        entry.at(index, &party).leaf_hash_into::<Syscall>(leaf);
        parties.push(party);
    }
    let leaves = leaves.get_mut(..entries.len()).ok_or(KzteError::RunLength)?;
    verify_run::<Syscall>(
        leaves,
        start,
        accounts.statement.entry_count,
        &proof,
        &accounts.statement.entries_root,
    )
    .map_err(refuse)?;

    let mut issuance = Issuance {
        config: &accounts.config,
        issuer: &mut accounts.issuer,
        statement: &mut accounts.statement,
        operator: accounts.operator.account(),
        mint: accounts.mint.account(),
        mint_authority: accounts.mint_authority.account(),
        now: crate::now()?,
    };
    for (((entry, party), pair), index) in entries
        .iter()
        .zip(&parties)
        .zip(remaining.chunks_exact(2))
        .zip(indices(start))
    {
        let [recipient, _] = pair else {
            return Err(KzteError::RunLength.into());
        };
        book_and_mint(&mut issuance, &entry.at(index, party), recipient)?;
    }
    Ok(())
}
