//! Steps that bring a deployment of KZTE into the state that a file describes.
//!
//! | step | brings about |
//! | --- | --- |
//! | [`initialize`] (0001) | the mint and its configuration: roles, attestors, policy |
//! | [`config_layout`] (0003) | a configuration that an older program made gets the layout of this build |
//! | [`register_issuers`] (0002) | every bank of the file, with its escrow |
//!
//! Three verbs. [`plan`] looks and says what is missing and what differs; it sends nothing. [`apply`] does what the
//! plan says is missing, one transaction an action, and plans again: a crash half-way is mended by calling it again.
//! [`verify`] succeeds only when nothing is missing and nothing differs.
//!
//! What exists is never changed here. A difference between the chain and the file is a decision of a role holder:
//! the plan names it, and governance (`set_attestors`, `configure_issuer`, a hand-over of a role) or an edit of the file
//! settles it. A file in which one key holds two roles is refused before anything is sent: the program would refuse it,
//! and perhaps only after the first half was done.

mod config_layout;
mod description;
mod initialize;
mod register_issuers;

use std::fmt;

use kzte_client::{Address, Chain, ChainError, Deployment, Instruction, Keypair, Receipt, Signer};
use serde::Serialize;
use thiserror::Error;

pub use description::{
    Attestor, Description, DescriptionError, IssuerDescription, Policy, RoleConflict, Roles, Token,
};

/// One numbered step.
struct Step {
    /// Name with its number.
    name: &'static str,
    /// What the chain lacks of it and where the chain differs.
    plan: fn(&dyn Chain, &Description) -> Result<Vec<Item>, MigrationError>,
    /// The instruction of one missing item, in the name of `payer`.
    instruction: fn(&dyn Chain, &Description, &str, Address) -> Result<Instruction, MigrationError>,
}

/// All steps, in their order.
const STEPS: &[Step] = &[
    Step {
        name: "0001_initialize",
        plan: initialize::plan,
        instruction: initialize::instruction,
    },
    Step {
        name: "0003_config_layout",
        plan: config_layout::plan,
        instruction: config_layout::instruction,
    },
    Step {
        name: "0002_register_issuers",
        plan: register_issuers::plan,
        instruction: register_issuers::instruction,
    },
];

/// One thing that a step looks at, before it has a step's name.
struct Item {
    subject: String,
    state: State,
}

/// Where one thing stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// On the chain as the file says.
    Done,
    /// Not on the chain: [`apply`] makes it, and these keys must sign.
    Missing {
        /// Addresses whose keys sign, beside the payer's.
        signers: Vec<Signatory>,
    },
    /// On the chain, but not as the file says.
    Differs {
        /// Each field that differs.
        fields: Vec<Difference>,
    },
}

/// A key that has to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signatory {
    /// In which capacity.
    pub role: &'static str,
    /// Base 58.
    #[serde(serialize_with = "as_text")]
    pub address: Address,
}

/// A field of the chain that is not what the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub field: String,
    pub file: String,
    pub chain: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {} on the chain and {} in the file",
            self.field, self.chain, self.file
        )
    }
}

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Name of the step.
    pub step: &'static str,
    /// What it is about: `configuration` or a bank's code.
    pub subject: String,
    #[serde(flatten)]
    pub state: State,
}

/// An action that [`apply`] carried out.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Name of the step.
    pub step: &'static str,
    /// What it is about.
    pub subject: String,
    pub receipt: Receipt,
}

/// Why a migration stops.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The chain refused or did not answer.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The chain holds something else than the file says.
    #[error("{step}, {subject}: {}", list(fields))]
    Differs {
        step: &'static str,
        subject: String,
        fields: Vec<Difference>,
    },
    /// A step is not done.
    #[error("{step}, {subject}: not on the chain")]
    NotApplied { step: &'static str, subject: String },
    /// The file gives one key two roles.
    #[error(transparent)]
    RoleConflict(#[from] RoleConflict),
    /// A key is needed that was not given.
    #[error("{step}, {subject}: the key of the {role} {address} must sign, and was not given")]
    MissingKey {
        step: &'static str,
        subject: String,
        role: &'static str,
        address: Address,
    },
    /// The key of a mint cannot pay for its own creation: the account must be empty.
    #[error("{step}, {subject}: the {role} {address} cannot pay for the accounts as well")]
    PayerHasRole {
        step: &'static str,
        subject: String,
        role: &'static str,
        address: Address,
    },
}

fn list(fields: &[Difference]) -> String {
    fields
        .iter()
        .map(Difference::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

fn as_text<S: serde::Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}

/// What is missing and what differs, step by step. Sends nothing.
///
/// Errors: [`MigrationError::RoleConflict`] when the file gives one key two roles. Only over a configuration of version 1
/// it is let through: there it may be the truth, and the new layout must come before a hand-over can mend it.
pub fn plan(chain: &dyn Chain, description: &Description) -> Result<Vec<Action>, MigrationError> {
    if config_layout::version_1(chain, description)?.is_none() {
        description.distinct_roles()?;
    }
    let mut actions = Vec::new();
    for step in STEPS {
        let items = (step.plan)(chain, description)?;
        actions.extend(items.into_iter().map(|Item { subject, state }| Action {
            step: step.name,
            subject,
            state,
        }));
    }
    Ok(actions)
}

/// Makes what is missing, in order, then verifies. `payer` pays; `keys`: whatever else signs, found by address. `report` hears of each action once it is confirmed.
///
/// Errors: a difference stops it before anything is sent; so does a key that is not there.
pub fn apply(
    chain: &mut dyn Chain,
    description: &Description,
    payer: &Keypair,
    keys: &[&Keypair],
    report: &mut dyn FnMut(&Applied),
) -> Result<Vec<Applied>, MigrationError> {
    let actions = plan(chain, description)?;
    refuse_differences(&actions)?;
    for Action { step, subject, state } in &actions {
        let State::Missing { signers } = state else {
            continue;
        };
        for Signatory { role, address } in signers {
            let (step, subject, role, address) = (*step, subject.clone(), *role, *address);
            if payer.pubkey() == address && role == "mint" {
                return Err(MigrationError::PayerHasRole {
                    step,
                    subject,
                    role,
                    address,
                });
            }
            if payer.pubkey() != address && !keys.iter().any(|key| key.pubkey() == address) {
                return Err(MigrationError::MissingKey {
                    step,
                    subject,
                    role,
                    address,
                });
            }
        }
    }

    let mut done = Vec::new();
    for Action { step, subject, state } in actions {
        if !matches!(state, State::Missing { .. }) {
            continue;
        }
        let Some(definition) = STEPS.iter().find(|candidate| candidate.name == step) else {
            continue;
        };
        let instruction = (definition.instruction)(chain, description, &subject, payer.pubkey())?;
        let receipt = chain.send(&[instruction], payer, keys)?;
        let applied = Applied {
            step,
            subject,
            receipt,
        };
        report(&applied);
        done.push(applied);
    }
    verify(chain, description)?;
    Ok(done)
}

/// Succeeds when the chain is as the file says; returns how many things were compared.
pub fn verify(chain: &dyn Chain, description: &Description) -> Result<usize, MigrationError> {
    let actions = plan(chain, description)?;
    refuse_differences(&actions)?;
    for Action { step, subject, state } in &actions {
        if matches!(state, State::Missing { .. }) {
            return Err(MigrationError::NotApplied {
                step,
                subject: subject.clone(),
            });
        }
    }
    Ok(actions.len())
}

fn refuse_differences(actions: &[Action]) -> Result<(), MigrationError> {
    for Action { step, subject, state } in actions {
        if let State::Differs { fields } = state {
            return Err(MigrationError::Differs {
                step,
                subject: subject.clone(),
                fields: fields.clone(),
            });
        }
    }
    Ok(())
}

impl Description {
    /// The deployment that the file describes.
    pub fn deployment(&self) -> Deployment {
        Deployment::of(self.mint)
    }
}

/// Collects the fields that differ.
#[derive(Default)]
struct Comparison(Vec<Difference>);

impl Comparison {
    fn field<T: PartialEq + fmt::Display>(&mut self, field: impl Into<String>, file: T, chain: T) {
        if file != chain {
            self.0.push(Difference {
                field: field.into(),
                file: file.to_string(),
                chain: chain.to_string(),
            });
        }
    }

    fn state(self) -> State {
        if self.0.is_empty() {
            State::Done
        } else {
            State::Differs { fields: self.0 }
        }
    }
}
