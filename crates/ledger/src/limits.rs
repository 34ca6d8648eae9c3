//! The outer limits of a mint (invariant 3). They bound what attested entries already bound.

use crate::Violation;

/// Checks that a statement true at `as_of` is at most `max_age` seconds old at `now`.
///
/// # Errors
/// [`Violation::AsOfInFuture`] if `as_of` is later than `now`: an age below zero would never go stale.
/// [`Violation::StatementStale`].
#[inline(always)]
pub fn check_freshness(now: i64, as_of: i64, max_age: i64) -> Result<(), Violation> {
    if as_of > now {
        return Err(Violation::AsOfInFuture);
    }
    // The age is exact, for `now` is not before `as_of`.
    if max_age < 0 || now.abs_diff(as_of) > max_age.unsigned_abs() {
        return Err(Violation::StatementStale);
    }
    Ok(())
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
    check_backing(after, quota, closing)
}

/// Checks that what is outstanding after a mint is within `quota` and within the last `closing` balance. All in tiyn.
///
/// # Errors
/// [`Violation::QuotaExceeded`], [`Violation::ReserveExceeded`]; the quota first.
#[inline(always)]
pub fn check_backing(outstanding: u64, quota: u64, closing: u64) -> Result<(), Violation> {
    if outstanding > quota {
        return Err(Violation::QuotaExceeded);
    }
    if outstanding > closing {
        return Err(Violation::ReserveExceeded);
    }
    Ok(())
}

/// The bank that takes a liability over in a novation, after it has taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taker {
    /// What it then owes, tiyn.
    pub outstanding: u64,
    /// Its quota, tiyn.
    pub quota: u64,
    /// Its last closing balance, tiyn.
    pub closing: u64,
    /// Sum of its open redemptions, tiyn.
    pub pending: u64,
    /// Active, nothing overdue, its last statement fresh: it might mint as well.
    pub in_good_standing: bool,
}

/// Checks that a bank has room for a liability that it has taken over.
///
/// The reserve bounds it always. What its open redemptions need it may take in any standing and beyond its quota, for
/// otherwise suspension or staleness would keep it from settling what it was asked for (invariant 7); anything more
/// is business, for which it must stand as well as for a mint.
///
/// # Errors
/// [`Violation::ReserveExceeded`], [`Violation::TakeoverNotNeeded`], [`Violation::QuotaExceeded`], in that order.
pub fn check_takeover(taker: &Taker) -> Result<(), Violation> {
    if taker.outstanding > taker.closing {
        return Err(Violation::ReserveExceeded);
    }
    if taker.outstanding <= taker.pending {
        return Ok(());
    }
    if !taker.in_good_standing {
        return Err(Violation::TakeoverNotNeeded);
    }
    if taker.outstanding > taker.quota {
        return Err(Violation::QuotaExceeded);
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
        // Exact, for a time before the start ends the condition first.
        let is_over = now >= self.start && now.abs_diff(self.start) >= self.seconds.unsigned_abs();
        let (start, used) = if is_over {
            (now, 0)
        } else {
            (self.start, self.used)
        };
        if self.limit == u64::MAX {
            return Ok(Window {
                start,
                used: used.saturating_add(amount),
                ..*self
            });
        }
        // By what is left, so that no sum can overflow.
        if used > self.limit || amount > self.limit.wrapping_sub(used) {
            return Err(Violation::WindowExceeded);
        }
        let used = used.wrapping_add(amount);
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
    if minted > credit_total || amount > credit_total.wrapping_sub(minted) {
        return Err(Violation::CreditTotalExceeded);
    }
    Ok(minted.wrapping_add(amount))
}

/// The statement's settled total after `amount`, at most its `debit_total`. All in tiyn.
///
/// # Errors
/// [`Violation::DebitTotalExceeded`].
// Inlined as above.
#[inline(always)]
pub fn check_statement_settle(settled: u64, amount: u64, debit_total: u64) -> Result<u64, Violation> {
    if settled > debit_total || amount > debit_total.wrapping_sub(settled) {
        return Err(Violation::DebitTotalExceeded);
    }
    Ok(settled.wrapping_add(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKER: Taker = Taker {
        outstanding: 50,
        quota: 100,
        closing: 100,
        pending: 0,
        in_good_standing: true,
    };

    #[test]
    fn takeover_beyond_the_reserve_rejects() {
        let taker = |outstanding, pending| Taker {
            outstanding,
            pending,
            quota: 1_000,
            ..TAKER
        };
        assert_eq!(check_takeover(&taker(100, 0)), Ok(()));
        assert_eq!(check_takeover(&taker(101, 0)), Err(Violation::ReserveExceeded));
        assert_eq!(
            check_takeover(&taker(101, 1_000)),
            Err(Violation::ReserveExceeded)
        );
    }

    #[test]
    fn takeover_beyond_the_quota_rejects_unless_redemptions_need_it() {
        let taker = |outstanding, pending| Taker {
            outstanding,
            pending,
            quota: 60,
            ..TAKER
        };
        assert_eq!(check_takeover(&taker(60, 0)), Ok(()));
        assert_eq!(check_takeover(&taker(61, 60)), Err(Violation::QuotaExceeded));
        assert_eq!(check_takeover(&taker(61, 61)), Ok(()));
    }

    #[test]
    fn takeover_in_bad_standing_rejects_beyond_what_redemptions_need() {
        let taker = |outstanding| Taker {
            outstanding,
            pending: 50,
            in_good_standing: false,
            ..TAKER
        };
        assert_eq!(check_takeover(&taker(50)), Ok(()));
        assert_eq!(check_takeover(&taker(51)), Err(Violation::TakeoverNotNeeded));
    }

    #[test]
    fn stale_statement_rejects() {
        assert_eq!(check_freshness(1_000, 1_000, 0), Ok(()));
        assert_eq!(check_freshness(1_000, 900, 100), Ok(()));
        assert_eq!(check_freshness(1_001, 900, 100), Err(Violation::StatementStale));
        assert_eq!(check_freshness(1_000, 899, 100), Err(Violation::StatementStale));
        assert_eq!(check_freshness(1_000, 999, 0), Err(Violation::StatementStale));
        // A negative age limit admits nothing; an age beyond 64 bits is stale, not an overflow.
        assert_eq!(check_freshness(1_000, 1_000, -1), Err(Violation::StatementStale));
        assert_eq!(
            check_freshness(i64::MAX, i64::MIN, i64::MAX),
            Err(Violation::StatementStale)
        );
        assert_eq!(check_freshness(i64::MAX, 0, i64::MAX), Ok(()));
        assert_eq!(
            check_freshness(i64::MAX, -1, i64::MAX),
            Err(Violation::StatementStale)
        );
    }

    #[test]
    fn statement_from_the_future_rejects() {
        assert_eq!(check_freshness(1_000, 1_001, 100), Err(Violation::AsOfInFuture));
        assert_eq!(
            check_freshness(i64::MIN, i64::MAX, i64::MAX),
            Err(Violation::AsOfInFuture)
        );
    }

    #[test]
    fn amount_above_quota_rejects() {
        assert_eq!(check_room(60, 40, 100, 1_000), Ok(()));
        assert_eq!(check_room(60, 41, 100, 1_000), Err(Violation::QuotaExceeded));
        assert_eq!(check_room(61, 40, 100, 1_000), Err(Violation::QuotaExceeded));
        assert_eq!(check_room(0, 1, 0, 1_000), Err(Violation::QuotaExceeded));
    }

    #[test]
    fn amount_above_reserve_rejects() {
        assert_eq!(check_room(60, 40, 1_000, 100), Ok(()));
        assert_eq!(check_room(60, 41, 1_000, 100), Err(Violation::ReserveExceeded));
        assert_eq!(check_room(61, 40, 1_000, 100), Err(Violation::ReserveExceeded));
        // Where both are exceeded the quota speaks first.
        assert_eq!(check_room(60, 41, 100, 100), Err(Violation::QuotaExceeded));
    }

    #[test]
    fn sum_beyond_64_bits_exceeds_every_quota() {
        assert_eq!(check_room(u64::MAX - 1, 1, u64::MAX, u64::MAX), Ok(()));
        assert_eq!(
            check_room(u64::MAX, 1, u64::MAX, u64::MAX),
            Err(Violation::QuotaExceeded)
        );
    }

    const WINDOW: Window = Window {
        limit: 100,
        seconds: 60,
        start: 1_000,
        used: 30,
    };

    #[test]
    fn amount_above_the_window_rejects() {
        assert_eq!(WINDOW.admit(1_000, 70), Ok(Window { used: 100, ..WINDOW }));
        assert_eq!(WINDOW.admit(1_000, 71), Err(Violation::WindowExceeded));
        assert_eq!(WINDOW.admit(1_000, u64::MAX), Err(Violation::WindowExceeded));
    }

    #[test]
    fn window_starts_anew_exactly_at_its_end() {
        assert_eq!(WINDOW.admit(1_059, 70), Ok(Window { used: 100, ..WINDOW }));
        assert_eq!(WINDOW.admit(1_059, 71), Err(Violation::WindowExceeded));
        assert_eq!(
            WINDOW.admit(1_060, 100),
            Ok(Window {
                start: 1_060,
                used: 100,
                ..WINDOW
            })
        );
        assert_eq!(WINDOW.admit(1_060, 101), Err(Violation::WindowExceeded));
        // Later the window begins at the first mint, not on a grid.
        assert_eq!(
            WINDOW.admit(9_999, 1),
            Ok(Window {
                start: 9_999,
                used: 1,
                ..WINDOW
            })
        );
    }

    #[test]
    fn clock_that_runs_back_keeps_the_window() {
        for now in [999, 0, i64::MIN] {
            assert_eq!(WINDOW.admit(now, 70), Ok(Window { used: 100, ..WINDOW }), "{now}");
            assert_eq!(WINDOW.admit(now, 71), Err(Violation::WindowExceeded), "{now}");
        }
    }

    #[test]
    fn window_without_limit_admits_everything() {
        let open = Window {
            limit: u64::MAX,
            used: u64::MAX - 1,
            ..WINDOW
        };
        assert_eq!(
            open.admit(1_000, 1),
            Ok(Window {
                used: u64::MAX,
                ..open
            })
        );
        assert_eq!(
            open.admit(1_000, 5),
            Ok(Window {
                used: u64::MAX,
                ..open
            })
        );
        // The highest limit that is one does not saturate into none.
        let limited = Window {
            limit: u64::MAX - 1,
            ..open
        };
        assert_eq!(limited.admit(1_000, 0), Ok(limited));
        assert_eq!(limited.admit(1_000, 1), Err(Violation::WindowExceeded));
        assert_eq!(limited.admit(1_000, 2), Err(Violation::WindowExceeded));
    }

    #[test]
    fn zero_limit_admits_nothing() {
        let shut = Window {
            limit: 0,
            used: 0,
            ..WINDOW
        };
        assert_eq!(shut.admit(5_000, 1), Err(Violation::WindowExceeded));
    }

    #[test]
    fn lowered_limit_waits_for_the_next_window() {
        let lowered = Window { limit: 20, ..WINDOW };
        assert_eq!(lowered.admit(1_059, 0), Err(Violation::WindowExceeded));
        assert_eq!(
            lowered.admit(1_060, 20),
            Ok(Window {
                start: 1_060,
                used: 20,
                ..lowered
            })
        );
    }

    #[test]
    fn window_of_no_length_rejects() {
        for seconds in [0, -1, i64::MIN] {
            let empty = Window { seconds, ..WINDOW };
            assert_eq!(empty.validate(), Err(Violation::WindowNotPositive), "{seconds}");
            assert_eq!(
                empty.admit(5_000, 1),
                Err(Violation::WindowNotPositive),
                "{seconds}"
            );
        }
        assert_eq!(Window { seconds: 1, ..WINDOW }.validate(), Ok(()));
    }

    #[test]
    fn window_that_never_ends_does_not_overflow() {
        let endless = Window {
            seconds: i64::MAX,
            ..WINDOW
        };
        assert_eq!(endless.admit(i64::MAX, 70), Ok(Window { used: 100, ..endless }));
        assert_eq!(endless.admit(i64::MAX, 71), Err(Violation::WindowExceeded));
    }

    #[test]
    fn mint_above_the_credit_total_rejects() {
        assert_eq!(check_statement_mint(60, 40, 100), Ok(100));
        assert_eq!(
            check_statement_mint(60, 41, 100),
            Err(Violation::CreditTotalExceeded)
        );
        assert_eq!(
            check_statement_mint(u64::MAX, 1, u64::MAX),
            Err(Violation::CreditTotalExceeded)
        );
        assert_eq!(check_statement_mint(u64::MAX - 1, 1, u64::MAX), Ok(u64::MAX));
    }

    #[test]
    fn settlement_above_the_debit_total_rejects() {
        assert_eq!(check_statement_settle(60, 40, 100), Ok(100));
        assert_eq!(
            check_statement_settle(60, 41, 100),
            Err(Violation::DebitTotalExceeded)
        );
        assert_eq!(
            check_statement_settle(u64::MAX, 1, u64::MAX),
            Err(Violation::DebitTotalExceeded)
        );
        assert_eq!(check_statement_settle(u64::MAX - 1, 1, u64::MAX), Ok(u64::MAX));
    }
}
