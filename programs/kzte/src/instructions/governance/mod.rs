//! Configuration, roles, issuers, attestors, pause.

pub mod accept_issuer_role;
pub mod accept_role;
pub mod cancel_issuer_nomination;
pub mod cancel_nomination;
pub mod configure_issuer;
pub mod initialize;
pub mod migrate_config;
pub mod nominate_issuer_role;
pub mod nominate_role;
pub mod pause;
pub mod register_issuer;
pub mod resume;
pub mod set_attestors;
pub mod set_default_account_state;
pub mod set_issuer_status;
pub mod set_policy;
pub mod update_metadata;

pub use {
    accept_issuer_role::*, accept_role::*, cancel_issuer_nomination::*, cancel_nomination::*,
    configure_issuer::*, initialize::*, migrate_config::*, nominate_issuer_role::*, nominate_role::*,
    pause::*, register_issuer::*, resume::*, set_attestors::*, set_default_account_state::*,
    set_issuer_status::*, set_policy::*, update_metadata::*,
};
