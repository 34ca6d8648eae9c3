//! Steps that bring a deployment of KZTE into the state that a file describes.
//!
//! | step | brings about |
//! | --- | --- |
//! | `0001_deploy` | the program behind the upgradeable loader, with a file's bytes |
//! | `0002_initialize` | the mint and its configuration: roles, attestors, policy |
//! | `0003_config_layout` | a configuration that an older program made gets the layout of this build |
//! | `0004_attestors_and_policy` | attestor set and policy as the file has them today |
//! | `0005_register_issuers` | every bank of the file, with its escrow |
//! | `0006_hand_over_roles` | roles and seats go to their final holders, normally a multisig's vaults |
//! | `0007_metadata` | IDL and security contact on the chain, where the file asks for them |
//! | `0008_upgrade_authority` | the right to upgrade goes to its final holder |
//!
//! **The numbers are fixed**: ledger files, and people, know a step by its number. A new step takes a free number. The
//! order is that of [`step_names`].
//!
//! A [`Migration`] has three verbs. [`plan`](Migration::plan) looks and says what is missing and what differs; it sends
//! nothing. [`apply`](Migration::apply) does what is missing, step by step, asks the chain after every transaction, and
//! begins no step before the one before it is on the chain: a run that was cut is mended by calling it again.
//! [`verify`](Migration::verify) succeeds only when nothing is missing and nothing differs.
//!
//! What no step owns is never changed here: the quota of a bank, or a role whose holder is neither the first nor the final
//! one of the file. Such a difference is a decision of a role holder: the plan names it, and governance or an edit of the
//! file settles it. A file in which one key holds two roles is refused before anything is sent.
//!
//! Whoever must sign is found by address among the keys that are given. What somebody else must sign is a [`Waiting`] with
//! the exact instruction.
//!
//! [`command`] is the command line of it, for `kzte-migrate` and for `kzte migrate`.

mod attestors_and_policy;
pub mod command;
mod config_layout;
mod deploy;
mod description;
mod error;
mod hand_over;
mod hand_over_roles;
mod initialize;
mod ledger;
mod loader;
mod metadata;
mod migration;
mod placeholder;
pub mod program_metadata;
mod proposal;
mod register_issuers;
mod step;
mod upgrade_authority;

use kzte_client::Deployment;

pub use {
    deploy::ROOM,
    description::{
        Attestor, DeploymentFile, Description, DescriptionError, IssuerDescription, MetadataFiles, Policy,
        RoleConflict, Roles, Token,
    },
    error::{MigrationError, Stop},
    hand_over::{BankHandOver, FinalUpgradeAuthority, HandOver},
    ledger::{Entry, Ledger, LedgerError, Record, RecordedDeployment},
    loader::program_hash,
    metadata::Documents,
    migration::{Applied, Migration, Outcome, Progress},
    placeholder::{PLACEHOLDER_PROGRAM_ID, PUBLISHED, Placeholder, cluster_name, is_local},
    proposal::{Proposal, ProposalAccount},
    step::{Action, Difference, Signatory, State, Waiting},
};

use step::Step;

/// All steps, in their order.
const STEPS: &[Step] = &[
    Step {
        name: deploy::NAME,
        plan: deploy::plan,
        act: deploy::act,
    },
    Step {
        name: initialize::NAME,
        plan: initialize::plan,
        act: initialize::act,
    },
    Step {
        name: config_layout::NAME,
        plan: config_layout::plan,
        act: config_layout::act,
    },
    Step {
        name: attestors_and_policy::NAME,
        plan: attestors_and_policy::plan,
        act: attestors_and_policy::act,
    },
    Step {
        name: register_issuers::NAME,
        plan: register_issuers::plan,
        act: register_issuers::act,
    },
    Step {
        name: hand_over_roles::NAME,
        plan: hand_over_roles::plan,
        act: hand_over_roles::act,
    },
    Step {
        name: metadata::NAME,
        plan: metadata::plan,
        act: metadata::act,
    },
    Step {
        name: upgrade_authority::NAME,
        plan: upgrade_authority::plan,
        act: upgrade_authority::act,
    },
];

/// Names of all steps, in their order.
pub fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

impl Description {
    /// The deployment that the file describes.
    pub fn deployment(&self) -> Deployment {
        Deployment::of(self.mint)
    }
}
