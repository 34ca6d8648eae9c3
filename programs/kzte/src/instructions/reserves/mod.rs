//! Bank statements and the votes on them.

pub mod attest_statement;
pub mod close_statement;
pub mod post_statement;
pub mod withdraw_statement;

pub use {attest_statement::*, close_statement::*, post_statement::*, withdraw_statement::*};
