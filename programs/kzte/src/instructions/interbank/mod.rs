//! Between banks.

pub mod novate;

pub use novate::*;
