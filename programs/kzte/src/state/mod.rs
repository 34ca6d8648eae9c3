//! The accounts. One file an account: fields with unit and writer, seeds, frozen length.

pub mod block;
pub mod config;
pub mod issuer;
pub mod order;
pub mod redemption;
pub mod statement;

pub use {block::*, config::*, issuer::*, order::*, redemption::*, statement::*};
