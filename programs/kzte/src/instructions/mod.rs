//! One file an instruction: accounts, arguments, handler. Each begins with who may call it, what it changes, which
//! event it emits and which invariants it rests on.

pub mod compliance;
pub mod governance;
pub mod interbank;
pub mod issuance;
pub mod oversight;
pub mod redemption;
pub mod reserves;

pub use {compliance::*, governance::*, interbank::*, issuance::*, oversight::*, redemption::*, reserves::*};
