//! The life of a redemption.

mod give_back;

pub mod cancel_redemption;
pub mod reject_redemption;
pub mod request_redemption;
pub mod settle_redemption;

pub use {cancel_redemption::*, reject_redemption::*, request_redemption::*, settle_redemption::*};
