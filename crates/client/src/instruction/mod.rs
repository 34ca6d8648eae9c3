//! One function per instruction of the program; each derives every address it can. Below them the Token-2022 and
//! compute-budget instructions that holders and banks need beside them.
//!
//! The first argument is always the [`Deployment`](crate::Deployment). A bank is named by its BIC, a statement by its
//! number. Nothing here checks a rule: what the program would refuse can be built, and is then refused by the program.

mod budget;
mod compliance;
mod governance;
mod interbank;
mod issuance;
mod oversight;
mod redemption;
mod reserves;
mod token;

pub use {
    budget::*, compliance::*, governance::*, interbank::*, issuance::*, oversight::*, redemption::*,
    reserves::*, token::*,
};

pub use kzte::instructions::{InitializeArgs, IssuerLimits, StatementArgs};
