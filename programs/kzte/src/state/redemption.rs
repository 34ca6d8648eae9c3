//! `Redemption`, seeds `["redemption", issuer, owner, nonce]`: a holder's claim on a bank, its tokens in escrow.

use anchor_lang::prelude::*;

#[account]
#[derive(Debug)]
#[cfg_attr(feature = "client", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
pub struct Redemption {
    /// Layout version. Written by `request_redemption`.
    pub version: u8,
    /// Canonical bump of this account. Written by `request_redemption`.
    pub bump: u8,
    /// 1 when flagged overdue. Written by `flag_overdue`.
    pub overdue: u8,
    /// Zero.
    pub reserved: [u8; 5],
    /// The issuer that is to pay out. Written by `request_redemption`.
    pub issuer: Address,
    /// The holder: signs cancel, gets tokens back and the rent. Written by `request_redemption`.
    pub owner: Address,
    /// Chosen by the holder; tells his redemptions apart. Written by `request_redemption`.
    pub nonce: u64,
    /// Tokens in escrow, tiyn. Written by `request_redemption`.
    pub amount: u64,
    /// HMAC-SHA-256 of the payout account and end-to-end id. Written by `request_redemption`.
    pub payout_hash: [u8; 32],
    /// Unix seconds. Written by `request_redemption`.
    pub requested_at: i64,
    /// Unix seconds: `requested_at` plus the policy's term of that day. Written by `request_redemption`.
    pub due_at: i64,
}

const _: () = assert!(Redemption::SPACE == 8 + 8 + 64 + 16 + 32 + 16);

impl Redemption {
    /// Account length, bytes.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();
}
