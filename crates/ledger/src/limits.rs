//! The outer limits of a mint (invariant 3). They bound what attested entries already bound.

use crate::Violation;

/// Checks that a statement true at `as_of` is at most `max_age` seconds old at `now`.
///
/// # Errors
/// [`Violation::AsOfInFuture`] if `as_of` is later than `now`: an age below zero would never go stale.
/// [`Violation::StatementStale`].
pub fn check_freshness(now: i64, as_of: i64, max_age: i64) -> Result<(), Violation> {
    if as_of > now {
        return Err(Violation::AsOfInFuture);
    }
    match now.checked_sub(as_of) {
        Some(age) if age <= max_age => Ok(()),
        _ => Err(Violation::StatementStale),
    }
}

/// Checks that `outstanding + amount` stays within `quota` and within the last `closing` balance. All in tiyn.
///
/// # Errors
/// [`Violation::QuotaExceeded`], [`Violation::ReserveExceeded`]; the quota first. A sum beyond 64 bits exceeds
/// every quota.
pub fn check_room(outstanding: u64, amount: u64, quota: u64, closing: u64) -> Result<(), Violation> {
    let Some(after) = outstanding.checked_add(amount) else {
        return Err(Violation::QuotaExceeded);
    };
    if after > quota {
        return Err(Violation::QuotaExceeded);
    }
    if after > closing {
        return Err(Violation::ReserveExceeded);
    }
    Ok(())
}

/// A tumbling rate window: at most `limit` tiyn within `seconds`, then it starts anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Tiyn a window; `u64::MAX` means no limit.
    pub limit: u64,
    /// Length, at least one second.
    pub seconds: i64,
    /// Unix seconds at which the current window began.
    pub start: i64,
    /// Tiyn admitted since `start`.
    pub used: u64,
}

impl Window {
    /// The window after admitting `amount` at `now`.
    ///
    /// From `start + seconds` on a new window begins, at `now`. A clock that runs back keeps the window, so it
    /// cannot be used to reset it.
    ///
    /// # Errors
    /// [`Violation::WindowNotPositive`], [`Violation::WindowExceeded`].
    #[inline(always)]
    pub fn admit(&self, now: i64, amount: u64) -> Result<Window, Violation> {
        self.validate()?;
        // An end beyond the range of time is never reached.
        let is_over = matches!(self.start.checked_add(self.seconds), Some(end) if now >= end);
        let (start, used) = if is_over {
            (now, 0)
        } else {
            (self.start, self.used)
        };
        // Saturation only shows without a limit: below u64::MAX a saturated sum is above the limit.
        let used = used.saturating_add(amount);
        if used > self.limit {
            return Err(Violation::WindowExceeded);
        }
        Ok(Window { start, used, ..*self })
    }

    /// Checks the window's length; an empty window would start anew at each mint and limit nothing.
    ///
    /// # Errors
    /// [`Violation::WindowNotPositive`].
    pub fn validate(&self) -> Result<(), Violation> {
        if self.seconds > 0 {
            Ok(())
        } else {
            Err(Violation::WindowNotPositive)
        }
    }
}

/// The statement's minted total after `amount`, at most its `credit_total`. All in tiyn.
///
/// Follows from consumed bits and an honest root; holds even if a root and its totals disagree.
///
/// # Errors
/// [`Violation::CreditTotalExceeded`].
// Inlined: `Result<u64, _>` is a pair, which a BPF function cannot return.
#[inline(always)]
pub fn check_statement_mint(minted: u64, amount: u64, credit_total: u64) -> Result<u64, Violation> {
    match minted.checked_add(amount) {
        Some(after) if after <= credit_total => Ok(after),
        _ => Err(Violation::CreditTotalExceeded),
    }
}

/// The statement's settled total after `amount`, at most its `debit_total`. All in tiyn.
///
/// # Errors
/// [`Violation::DebitTotalExceeded`].
// Inlined as above.
#[inline(always)]
pub fn check_statement_settle(settled: u64, amount: u64, debit_total: u64) -> Result<u64, Violation> {
    match settled.checked_add(amount) {
        Some(after) if after <= debit_total => Ok(after),
        _ => Err(Violation::DebitTotalExceeded),
    }
}
