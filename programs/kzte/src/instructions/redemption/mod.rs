//! The life of a redemption.

mod give_back;

pub mod cancel_redemption;
pub mod flag_overdue;
pub mod reject_redemption;
pub mod request_redemption;
pub mod settle_redemption;

pub use {
    cancel_redemption::*, flag_overdue::*, reject_redemption::*, request_redemption::*, settle_redemption::*,
};
