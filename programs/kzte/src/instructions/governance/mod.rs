//! Configuration, issuers, attestors, pause.

pub mod configure_issuer;
pub mod initialize;
pub mod pause;
pub mod register_issuer;
pub mod resume;
pub mod set_attestors;

pub use {configure_issuer::*, initialize::*, pause::*, register_issuer::*, resume::*, set_attestors::*};
