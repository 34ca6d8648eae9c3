//! Freezing accounts, admitting holders, blocking wallets, seizure orders.

pub mod admit_holder;
pub mod block_wallet;
pub mod close_order;
pub mod execute_order;
pub mod freeze;
pub mod open_order;
pub mod thaw;
pub mod unblock_wallet;

pub use {
    admit_holder::*, block_wallet::*, close_order::*, execute_order::*, freeze::*, open_order::*, thaw::*,
    unblock_wallet::*,
};
