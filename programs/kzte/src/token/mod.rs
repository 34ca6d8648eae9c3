//! Token-2022: cross-program calls and the checks of mints and token accounts.

mod account;
mod calls;
mod conformity;
mod creation;

pub use {account::*, calls::*, conformity::*, creation::*};
