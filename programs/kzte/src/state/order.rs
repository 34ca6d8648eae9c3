//! `Order`, seeds `["order", config, case_hash]`: what a court has ordered to be seized, from where, where to, how much.
//!
//! It stays after it is closed, so that a case can never be opened a second time under a fresh cap (ADR 0009).

use anchor_lang::prelude::*;

use crate::errors::KzteError;

/// Order status: may be executed until it expires.
pub const ORDER_OPEN: u8 = 0;
/// Order status: closed for ever.
pub const ORDER_CLOSED: u8 = 1;

#[account]
#[derive(Debug)]
#[cfg_attr(feature = "client", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
pub struct Order {
    /// Layout version. Written by `open_order`.
    pub version: u8,
    /// Canonical bump of this account. Written by `open_order`.
    pub bump: u8,
    /// [`ORDER_OPEN`] or [`ORDER_CLOSED`]. Written by `close_order`.
    pub status: u8,
    /// Zero.
    pub reserved: [u8; 5],
    /// The configuration. Written by `open_order`.
    pub config: Address,
    /// Hash of the court's decision on file. Written by `open_order`.
    pub case_hash: [u8; 32],
    /// Token account to take from. Written by `open_order`.
    pub subject: Address,
    /// Token account to give to. Written by `open_order`.
    pub destination: Address,
    /// Most that may be moved, tiyn. Written by `open_order`.
    pub cap: u64,
    /// Moved so far, tiyn; only grows, at most `cap`. Written by `execute_order`.
    pub executed: u64,
    /// From this moment on the order moves nothing, Unix seconds. Written by `open_order`.
    pub expires_at: i64,
    /// Unix seconds. Written by `open_order`.
    pub opened_at: i64,
}

const _: () = assert!(Order::SPACE == 8 + 8 + 4 * 32 + 4 * 8);

impl Order {
    /// Account length, bytes.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// Books the execution of `amount` at `now` (invariant 8).
    ///
    /// Errors: `OrderExpired`, `OrderCapExceeded`.
    pub fn book_execution(&mut self, amount: u64, now: i64) -> Result<()> {
        require!(now < self.expires_at, KzteError::OrderExpired);
        let executed = self.executed.checked_add(amount);
        let executed = executed.filter(|executed| *executed <= self.cap);
        self.executed = executed.ok_or(KzteError::OrderCapExceeded)?;
        Ok(())
    }
}
