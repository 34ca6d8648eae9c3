//! `Issuer`, seeds `["issuer", config, bic]`: a partner bank, its limits and its position.
//!
//! All counters of a bank live here, so that banks contend for nothing but the mint itself.

use anchor_lang::prelude::*;
use kzte_ledger::{ChainHead, IssuerStatus, Position, Taker, Violation, Window};

use super::config::{Config, Role};
use crate::errors::KzteError;

/// Issuer status: everything is open.
pub const ISSUER_ACTIVE: u8 = IssuerStatus::Active as u8;
/// Issuer status: no minting; everything else goes on.
pub const ISSUER_SUSPENDED: u8 = IssuerStatus::Suspended as u8;
/// Issuer status: redeem only, on the way to closing.
pub const ISSUER_WIND_DOWN: u8 = IssuerStatus::WindDown as u8;
/// Issuer status: nothing outstanding, never reopened.
pub const ISSUER_CLOSED: u8 = IssuerStatus::Closed as u8;

#[account]
#[derive(Debug)]
#[cfg_attr(feature = "client", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
pub struct Issuer {
    /// Layout version. Written by `register_issuer`.
    pub version: u8,
    /// Canonical bump of this account. Written by `register_issuer`.
    pub bump: u8,
    /// Canonical bump of the escrow. Written by `register_issuer`.
    pub escrow_bump: u8,
    /// [`ISSUER_ACTIVE`] and its neighbours. Written by `register_issuer` and `set_issuer_status`.
    pub status: u8,
    /// ISO 9362 code, 11 characters, padded with `XXX`. Written by `register_issuer`.
    pub bic: [u8; 11],
    /// Zero.
    pub reserved: u8,
    /// The configuration. Written by `register_issuer`.
    pub config: Address,
    /// Cold key of the bank: rotates the operator. Written by `register_issuer` and `accept_issuer_role`.
    pub admin: Address,
    /// Hot key of the bank: posts, mints, settles, rejects, burns. Written by `register_issuer` and `accept_issuer_role`.
    pub operator: Address,
    /// Nominee for `admin`; zero: none. Written by the issuer's nomination instructions.
    pub admin_nominee: Address,
    /// Nominee for `operator`; zero: none. Written by the issuer's nomination instructions.
    pub operator_nominee: Address,
    /// Most that may be outstanding, tiyn. Written by `register_issuer` and `configure_issuer`.
    pub quota: u64,
    /// Most that may be minted within one window, tiyn; `u64::MAX`: no limit. Written with the quota.
    pub window_limit: u64,
    /// Length of the window, seconds, at least 1. Written with the quota.
    pub window_seconds: i64,
    /// Start of the current window, Unix seconds. Written by `mint` and `mint_many`.
    pub window_start: i64,
    /// Minted within the current window, tiyn. Written by `mint` and `mint_many`.
    pub window_used: u64,
    /// Ever minted, tiyn; only grows. Written by `mint` and `mint_many`.
    pub minted: u64,
    /// Ever burned, tiyn; only grows. Written by `burn` and `settle_redemption`.
    pub burned: u64,
    /// Liability ever taken over from other issuers, tiyn; only grows. Written by `novate`.
    pub novated_in: u64,
    /// Liability ever handed to other issuers, tiyn; only grows. Written by `novate`.
    pub novated_out: u64,
    /// Sum of the open redemptions, tiyn. Written by the redemption instructions.
    pub pending: u64,
    /// Number of open redemptions. Written by the redemption instructions.
    pub pending_count: u32,
    /// Number of open redemptions flagged overdue. Written by `flag_overdue` and what ends a redemption.
    pub overdue_count: u32,
    /// Number of the last effective statement; 0: none yet. Written by `attest_statement`.
    pub statement_number: u64,
    /// Closing balance of the last effective statement, tiyn. Written by `attest_statement`.
    pub closing_balance: u64,
    /// Time of the last effective statement, Unix seconds. Written by `attest_statement`.
    pub statement_as_of: i64,
}

const _: () = assert!(Issuer::SPACE == 8 + 16 + 5 * 32 + 10 * 8 + 8 + 3 * 8);

impl Issuer {
    /// Account length, bytes.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// The four counters of invariant 2.
    #[inline(always)]
    pub fn position(&self) -> Position {
        Position {
            minted: self.minted,
            burned: self.burned,
            novated_in: self.novated_in,
            novated_out: self.novated_out,
        }
    }

    /// `minted − burned + novated_in − novated_out`, tiyn.
    #[inline(always)]
    pub fn outstanding(&self) -> Result<u64> {
        self.position().outstanding().map_err(refuse)
    }

    /// The mint rate window.
    #[inline(always)]
    pub fn window(&self) -> Window {
        Window {
            limit: self.window_limit,
            seconds: self.window_seconds,
            start: self.window_start,
            used: self.window_used,
        }
    }

    /// The last effective statement, which the next one must follow.
    #[inline(always)]
    pub fn chain_head(&self) -> ChainHead {
        ChainHead {
            number: self.statement_number,
            closing: self.closing_balance,
            as_of: self.statement_as_of,
        }
    }

    /// The outer limits of minting (invariants 3 and 10) and their bookkeeping: status, overdue redemptions,
    /// freshness, quota, reserve and window. The caller has checked the pause flags and the entry.
    #[inline(always)]
    pub fn admit_mint(
        &mut self,
        amount: u64,
        now: i64,
        max_statement_age: i64,
    ) -> core::result::Result<(), KzteError> {
        if self.status != ISSUER_ACTIVE {
            return Err(KzteError::IssuerNotActive);
        }
        if self.overdue_count != 0 {
            return Err(KzteError::RedemptionOverdue);
        }
        kzte_ledger::check_freshness(now, self.statement_as_of, max_statement_age)?;
        let position = self.position().mint(amount)?;
        kzte_ledger::check_backing(position.outstanding()?, self.quota, self.closing_balance)?;
        let window = self.window().admit(now, amount)?;
        self.window_start = window.start;
        self.window_used = window.used;
        self.minted = position.minted;
        Ok(())
    }

    /// Books a burn against the position: no more than is outstanding (invariant 2).
    #[inline(always)]
    pub fn book_burn(&mut self, amount: u64) -> Result<()> {
        self.burned = self.position().burn(amount).map_err(refuse)?.burned;
        Ok(())
    }

    /// Books `amount` of liability out of this bank.
    ///
    /// Errors: `OutstandingExceeded`.
    pub fn novate_out(&mut self, amount: u64) -> Result<()> {
        self.novated_out = self.position().novate_out(amount).map_err(refuse)?.novated_out;
        Ok(())
    }

    /// Books `amount` of liability into this bank, within its reserve room.
    ///
    /// Errors: `ReserveExceeded`, `TakeoverNotNeeded`, `QuotaExceeded`, `AmountOverflow`.
    pub fn novate_in(&mut self, amount: u64, now: i64, max_statement_age: i64) -> Result<()> {
        self.novated_in = self.position().novate_in(amount).map_err(refuse)?.novated_in;
        let is_fresh = kzte_ledger::check_freshness(now, self.statement_as_of, max_statement_age).is_ok();
        kzte_ledger::check_takeover(&Taker {
            outstanding: self.outstanding()?,
            quota: self.quota,
            closing: self.closing_balance,
            pending: self.pending,
            in_good_standing: self.status == ISSUER_ACTIVE && self.overdue_count == 0 && is_fresh,
        })
        .map_err(refuse)
    }

    /// Books a new redemption request.
    #[inline(always)]
    pub fn open_redemption(&mut self, amount: u64) -> Result<()> {
        self.pending = self
            .pending
            .checked_add(amount)
            .ok_or(KzteError::AmountOverflow)?;
        self.pending_count = self
            .pending_count
            .checked_add(1)
            .ok_or(KzteError::AmountOverflow)?;
        Ok(())
    }

    /// Books that an open redemption is overdue.
    pub fn flag_redemption(&mut self) -> Result<()> {
        self.overdue_count = self
            .overdue_count
            .checked_add(1)
            .ok_or(KzteError::AmountOverflow)?;
        Ok(())
    }

    /// Books the end of a redemption: settled, rejected or cancelled.
    #[inline(always)]
    pub fn end_redemption(&mut self, amount: u64, overdue: bool) -> Result<()> {
        self.pending = self
            .pending
            .checked_sub(amount)
            .ok_or(KzteError::AmountOverflow)?;
        self.pending_count = self
            .pending_count
            .checked_sub(1)
            .ok_or(KzteError::AmountOverflow)?;
        if overdue {
            self.overdue_count = self
                .overdue_count
                .checked_sub(1)
                .ok_or(KzteError::AmountOverflow)?;
        }
        Ok(())
    }
}

/// The seats of a bank. Their numbers go on from [`crate::state::Role`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum IssuerRole {
    /// Cold key: rotates both.
    Admin = 6,
    /// Hot key.
    Operator = 7,
}

impl IssuerRole {
    /// The seat of that number.
    ///
    /// Errors: `RoleUnknown`.
    pub fn from_number(number: u8) -> Result<Self> {
        match number {
            6 => Ok(Self::Admin),
            7 => Ok(Self::Operator),
            _ => Err(KzteError::RoleUnknown.into()),
        }
    }
}

impl Issuer {
    /// The nominee of a seat.
    pub fn nominee_mut(&mut self, seat: IssuerRole) -> &mut Address {
        match seat {
            IssuerRole::Admin => &mut self.admin_nominee,
            IssuerRole::Operator => &mut self.operator_nominee,
        }
    }

    /// The holder of a seat.
    pub fn holder_mut(&mut self, seat: IssuerRole) -> &mut Address {
        match seat {
            IssuerRole::Admin => &mut self.admin,
            IssuerRole::Operator => &mut self.operator,
        }
    }

    /// Refuses whoever may not nominate for `seat`: the admin may for both, the authority for the admin's.
    ///
    /// Errors: `NotAuthorized`.
    pub fn require_nominator(&self, seat: IssuerRole, signer: &Address, config: &Config) -> Result<()> {
        let recovers = seat == IssuerRole::Admin && config.holder(Role::Authority) == signer;
        require!(self.admin == *signer || recovers, KzteError::NotAuthorized);
        Ok(())
    }

    /// Refuses an address that cannot take a seat of this bank over.
    ///
    /// Errors: `ZeroAddress`, `RoleConflict`.
    pub fn require_free(&self, address: &Address, config: &Config) -> Result<()> {
        config.require_free(address)?;
        require!(!self.holds_seat(address), KzteError::RoleConflict);
        Ok(())
    }

    /// Whether `address` is this bank's admin or operator.
    pub fn holds_seat(&self, address: &Address) -> bool {
        self.admin == *address || self.operator == *address
    }
}

/// A ledger rule's refusal as the program's error.
#[inline(always)]
pub fn refuse(violation: Violation) -> ProgramError {
    KzteError::from(violation).into()
}
