//! What an issuer owes (invariant 2).

use crate::Violation;

/// The running totals of one issuer, in tiyn. Each only grows; their balance is what the issuer owes to holders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Minted by this issuer.
    pub minted: u64,
    /// Burned by this issuer: settled redemptions and its own stock.
    pub burned: u64,
    /// Liabilities taken over from other issuers.
    pub novated_in: u64,
    /// Liabilities given over to other issuers.
    pub novated_out: u64,
}

impl Position {
    /// What the issuer owes: `minted − burned + novated_in − novated_out`.
    ///
    /// # Errors
    /// [`Violation::PositionOverflow`], [`Violation::OutstandingNegative`]: no sequence of this type's operations
    /// leads to either; stored totals that do are corrupt.
    // Inlined: `Result<u64, _>` is a pair, which a BPF function cannot return.
    #[inline(always)]
    pub fn outstanding(&self) -> Result<u64, Violation> {
        // Gains first: an issuer may have burned more than it minted, out of what it took over.
        let Some(gained) = self.minted.checked_add(self.novated_in) else {
            return Err(Violation::PositionOverflow);
        };
        let Some(shed) = self.burned.checked_add(self.novated_out) else {
            return Err(Violation::PositionOverflow);
        };
        gained.checked_sub(shed).ok_or(Violation::OutstandingNegative)
    }

    /// The position after a mint. Limits are checked elsewhere ([`check_room`](crate::check_room)).
    ///
    /// # Errors
    /// [`Violation::PositionOverflow`], [`Violation::OutstandingNegative`].
    #[inline(always)]
    pub fn mint(&self, amount: u64) -> Result<Position, Violation> {
        let minted = self
            .minted
            .checked_add(amount)
            .ok_or(Violation::PositionOverflow)?;
        Position { minted, ..*self }.checked()
    }

    /// The position after a burn: a settled redemption or own stock.
    ///
    /// # Errors
    /// [`Violation::BurnAboveOutstanding`], [`Violation::PositionOverflow`], [`Violation::OutstandingNegative`].
    #[inline(always)]
    pub fn burn(&self, amount: u64) -> Result<Position, Violation> {
        if amount > self.outstanding()? {
            return Err(Violation::BurnAboveOutstanding);
        }
        let burned = self
            .burned
            .checked_add(amount)
            .ok_or(Violation::PositionOverflow)?;
        Position { burned, ..*self }.checked()
    }

    /// The position after taking over `amount` of another issuer's liability.
    ///
    /// # Errors
    /// [`Violation::PositionOverflow`], [`Violation::OutstandingNegative`].
    #[inline(always)]
    pub fn novate_in(&self, amount: u64) -> Result<Position, Violation> {
        let novated_in = self
            .novated_in
            .checked_add(amount)
            .ok_or(Violation::PositionOverflow)?;
        Position { novated_in, ..*self }.checked()
    }

    /// The position after giving `amount` of liability over to another issuer.
    ///
    /// # Errors
    /// [`Violation::NovationAboveOutstanding`], [`Violation::PositionOverflow`],
    /// [`Violation::OutstandingNegative`].
    #[inline(always)]
    pub fn novate_out(&self, amount: u64) -> Result<Position, Violation> {
        if amount > self.outstanding()? {
            return Err(Violation::NovationAboveOutstanding);
        }
        let novated_out = self
            .novated_out
            .checked_add(amount)
            .ok_or(Violation::PositionOverflow)?;
        Position { novated_out, ..*self }.checked()
    }

    /// The position itself if invariant 2 holds.
    #[inline(always)]
    fn checked(self) -> Result<Position, Violation> {
        self.outstanding()?;
        Ok(self)
    }
}
