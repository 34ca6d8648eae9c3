//! Minting against credit entries, burning own stock.

pub mod burn;
pub mod mint;
pub mod mint_many;

pub use {burn::*, mint::*, mint_many::*};
