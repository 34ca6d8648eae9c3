//! Amounts.

use crate::Violation;

/// Refuses a zero amount of tiyn: it would consume an entry or emit an event for nothing.
///
/// # Errors
/// [`Violation::AmountZero`].
pub const fn require_positive(amount: u64) -> Result<(), Violation> {
    if amount == 0 {
        Err(Violation::AmountZero)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_amount_rejects() {
        assert_eq!(require_positive(0), Err(Violation::AmountZero));
        assert_eq!(require_positive(1), Ok(()));
        assert_eq!(require_positive(u64::MAX), Ok(()));
    }
}
