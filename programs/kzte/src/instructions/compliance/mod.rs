//! Freezing accounts, blocking wallets.

pub mod block_wallet;
pub mod freeze;
pub mod thaw;
pub mod unblock_wallet;

pub use {block_wallet::*, freeze::*, thaw::*, unblock_wallet::*};
