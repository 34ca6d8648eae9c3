//! Seeds of every program address. Used by the program, the clients and the IDL; written nowhere else.

use anchor_lang::prelude::*;

/// `["config", mint]`
#[constant]
pub const CONFIG_SEED: &[u8] = b"config";
/// `["issuer", config, bic]`
#[constant]
pub const ISSUER_SEED: &[u8] = b"issuer";
/// `["statement", issuer, number]`, number as u64 little endian
#[constant]
pub const STATEMENT_SEED: &[u8] = b"statement";
/// `["redemption", issuer, owner, nonce]`, nonce as u64 little endian
#[constant]
pub const REDEMPTION_SEED: &[u8] = b"redemption";
/// `["order", config, case_hash]`
#[constant]
pub const ORDER_SEED: &[u8] = b"order";
/// `["escrow", issuer]`: address and authority of the issuer's escrow token account
#[constant]
pub const ESCROW_SEED: &[u8] = b"escrow";
/// `["mint-authority", config]`
#[constant]
pub const MINT_AUTHORITY_SEED: &[u8] = b"mint-authority";
/// `["freeze-authority", config]`
#[constant]
pub const FREEZE_AUTHORITY_SEED: &[u8] = b"freeze-authority";
/// `["permanent-delegate", config]`
#[constant]
pub const PERMANENT_DELEGATE_SEED: &[u8] = b"permanent-delegate";
/// `["pause-authority", config]`
#[constant]
pub const PAUSE_AUTHORITY_SEED: &[u8] = b"pause-authority";
