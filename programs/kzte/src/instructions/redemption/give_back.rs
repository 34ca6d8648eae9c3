//! What reject and cancel share: the tokens of a redemption go back from the escrow to their holder.

use anchor_lang::prelude::*;

use crate::{
    errors::KzteError,
    instructions::is_blocked,
    seeds::{ESCROW_SEED, FREEZE_AUTHORITY_SEED},
    state::{Config, Issuer, Redemption},
    token,
};

/// The accounts of a return.
pub(super) struct Return<'a> {
    pub config: &'a Account<Config>,
    pub issuer: &'a mut Account<Issuer>,
    pub redemption: &'a Account<Redemption>,
    pub mint: &'a AccountView,
    pub escrow: &'a AccountView,
    pub destination: &'a AccountView,
    pub block: &'a AccountView,
    pub freeze_authority: &'a AccountView,
    pub pause_authority: &'a AccountView,
}

impl Return<'_> {
    /// Books the end of the redemption and moves its tokens to `destination`, which may be any token account of its
    /// owner: a holder who closed his account, or made it refuse transfers, must not be able to keep his bank from
    /// rejecting and so hold its minting up.
    ///
    /// Works whatever is paused (invariant 7) and for a frozen holder: his account is thawed and frozen again in
    /// the same instruction, so he gets his tokens back and still cannot move them. A blocked holder's tokens come
    /// back frozen, whatever account he names: an escrow must not be a way out of the desk's reach.
    ///
    /// Errors: `NotTokenAccount`, `WrongTokenOwner`, `WrongAddress`.
    #[inline(always)]
    pub fn run(self) -> Result<()> {
        let account = token::read_token_account(self.destination, &self.config.mint)?;
        require!(account.owner == self.redemption.owner, KzteError::WrongTokenOwner);
        let is_blocked = is_blocked(self.block, self.config.address(), &account.owner)?;
        let amount = self.redemption.amount;
        self.issuer.end_redemption(amount, self.redemption.overdue != 0)?;

        let escrow_bump = [self.issuer.escrow_bump];
        let escrow_seeds: &[&[u8]] = &[ESCROW_SEED, self.issuer.address().as_ref(), &escrow_bump];
        let freeze_bump = [self.config.freeze_authority_bump];
        let freeze_seeds: &[&[u8]] = &[
            FREEZE_AUTHORITY_SEED,
            self.config.address().as_ref(),
            &freeze_bump,
        ];
        if account.frozen {
            token::thaw(self.destination, self.mint, self.freeze_authority, freeze_seeds);
        }
        token::while_transfers_open(self.config, self.mint, self.pause_authority, || {
            token::transfer(
                self.escrow,
                self.mint,
                self.destination,
                self.escrow,
                amount,
                escrow_seeds,
            );
        });
        if account.frozen || is_blocked {
            token::freeze(self.destination, self.mint, self.freeze_authority, freeze_seeds);
        }
        Ok(())
    }
}
