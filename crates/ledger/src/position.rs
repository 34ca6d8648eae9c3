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

/// The sum of two totals.
///
/// Compared before it is added: the target has no carry flag, and a sum that is checked afterwards costs twice as
/// much.
#[inline(always)]
fn grow(total: u64, by: u64) -> Result<u64, Violation> {
    if by > u64::MAX.wrapping_sub(total) {
        return Err(Violation::PositionOverflow);
    }
    Ok(total.wrapping_add(by))
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
        let gained = grow(self.minted, self.novated_in)?;
        let shed = grow(self.burned, self.novated_out)?;
        if shed > gained {
            return Err(Violation::OutstandingNegative);
        }
        Ok(gained.wrapping_sub(shed))
    }

    /// The position after a mint. Limits are checked elsewhere ([`check_room`](crate::check_room)).
    ///
    /// # Errors
    /// [`Violation::PositionOverflow`], [`Violation::OutstandingNegative`].
    #[inline(always)]
    pub fn mint(&self, amount: u64) -> Result<Position, Violation> {
        let minted = grow(self.minted, amount)?;
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
        let burned = grow(self.burned, amount)?;
        Position { burned, ..*self }.checked()
    }

    /// The position after taking over `amount` of another issuer's liability.
    ///
    /// # Errors
    /// [`Violation::PositionOverflow`], [`Violation::OutstandingNegative`].
    #[inline(always)]
    pub fn novate_in(&self, amount: u64) -> Result<Position, Violation> {
        let novated_in = grow(self.novated_in, amount)?;
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
        let novated_out = grow(self.novated_out, amount)?;
        Position { novated_out, ..*self }.checked()
    }

    /// The position itself if invariant 2 holds.
    #[inline(always)]
    fn checked(self) -> Result<Position, Violation> {
        self.outstanding()?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSITION: Position = Position {
        minted: 100,
        burned: 30,
        novated_in: 20,
        novated_out: 10,
    };

    #[test]
    fn outstanding_is_the_balance_of_the_totals() {
        assert_eq!(Position::default().outstanding(), Ok(0));
        assert_eq!(POSITION.outstanding(), Ok(80));
        // Burned more than minted, out of what was taken over.
        let taker = Position {
            minted: 0,
            burned: 5,
            novated_in: 5,
            novated_out: 0,
        };
        assert_eq!(taker.outstanding(), Ok(0));
    }

    #[test]
    fn negative_outstanding_rejects() {
        let owed = Position {
            minted: 1,
            burned: 1,
            novated_in: 1,
            novated_out: 2,
        };
        assert_eq!(owed.outstanding(), Err(Violation::OutstandingNegative));
        // No operation mends or hides a corrupt position.
        assert_eq!(owed.burn(0), Err(Violation::OutstandingNegative));
        assert_eq!(owed.novate_out(0), Err(Violation::OutstandingNegative));
        assert_eq!(owed.mint(0), Err(Violation::OutstandingNegative));
        assert_eq!(owed.novate_in(0), Err(Violation::OutstandingNegative));
    }

    #[test]
    fn each_operation_moves_its_own_total() {
        assert_eq!(
            POSITION.mint(7),
            Ok(Position {
                minted: 107,
                ..POSITION
            })
        );
        assert_eq!(
            POSITION.burn(7),
            Ok(Position {
                burned: 37,
                ..POSITION
            })
        );
        assert_eq!(
            POSITION.novate_in(7),
            Ok(Position {
                novated_in: 27,
                ..POSITION
            })
        );
        assert_eq!(
            POSITION.novate_out(7),
            Ok(Position {
                novated_out: 17,
                ..POSITION
            })
        );
    }

    #[test]
    fn burn_above_outstanding_rejects() {
        assert_eq!(POSITION.burn(80).and_then(|after| after.outstanding()), Ok(0));
        assert_eq!(POSITION.burn(81), Err(Violation::BurnAboveOutstanding));
        assert_eq!(POSITION.burn(u64::MAX), Err(Violation::BurnAboveOutstanding));
    }

    #[test]
    fn novation_above_outstanding_rejects() {
        assert_eq!(
            POSITION.novate_out(80).and_then(|after| after.outstanding()),
            Ok(0)
        );
        assert_eq!(POSITION.novate_out(81), Err(Violation::NovationAboveOutstanding));
        assert_eq!(
            POSITION.novate_out(u64::MAX),
            Err(Violation::NovationAboveOutstanding)
        );
    }

    #[test]
    fn totals_beyond_64_bits_reject() {
        assert_eq!(
            POSITION.mint(u64::MAX - 120).map(|after| after.minted),
            Ok(u64::MAX - 20)
        );
        // The sum of both gains must fit as well, not only each.
        assert_eq!(POSITION.mint(u64::MAX - 119), Err(Violation::PositionOverflow));
        assert_eq!(POSITION.mint(u64::MAX), Err(Violation::PositionOverflow));
        assert_eq!(
            POSITION.novate_in(u64::MAX - 120).map(|after| after.novated_in),
            Ok(u64::MAX - 100)
        );
        assert_eq!(
            POSITION.novate_in(u64::MAX - 119),
            Err(Violation::PositionOverflow)
        );
        assert_eq!(POSITION.novate_in(u64::MAX), Err(Violation::PositionOverflow));
        let shed = Position {
            minted: u64::MAX,
            burned: u64::MAX,
            novated_in: 0,
            novated_out: 1,
        };
        assert_eq!(shed.outstanding(), Err(Violation::PositionOverflow));
    }
}
