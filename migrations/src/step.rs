//! What a step is made of: items that it looks at, and acts that bring them about.

use std::fmt;

use kzte_client::{Address, Chain, Instruction, state::Config};
use serde::Serialize;

use crate::{Migration, Proposal, Stop, config_layout};

/// One numbered step.
pub(crate) struct Step {
    /// Name with its number.
    pub name: &'static str,
    /// What the chain has of it, item by item.
    pub plan: fn(&View) -> Result<Vec<Item>, Stop>,
    /// The next transaction towards a missing item; asked again after each, so a run that was cut goes on by itself.
    pub act: fn(&View, &str, &Hands) -> Result<Act, Stop>,
}

/// What a step sees.
pub(crate) struct View<'a> {
    pub chain: &'a dyn Chain,
    pub migration: &'a Migration<'a>,
    /// Who pays, where that is known already.
    pub payer: Option<Address>,
}

impl View<'_> {
    /// The configuration, also one of an older layout; `None`: there is none.
    pub fn config(&self) -> Result<Option<Config>, Stop> {
        config_layout::configuration(self.chain, &self.migration.description.deployment())
    }
}

/// Who can sign.
pub(crate) struct Hands<'a> {
    /// Pays for what an instruction creates.
    pub payer: Address,
    pub holds: &'a dyn Fn(&Address) -> bool,
}

/// One thing that a step looks at.
pub(crate) struct Item {
    pub subject: String,
    pub state: State,
    /// What a missing thing changes on the chain.
    pub changes: Vec<Difference>,
    /// What it is brought to, for the ledger: the same item may be brought to something else later.
    pub target: String,
    /// Whether somebody else may sign later what is not signed here.
    pub others_sign: bool,
    /// Why it cannot begin yet, although nothing stands before it but another item of the step.
    pub waits_for: Option<String>,
    /// Told in the ledger, but as done no line of a plan.
    pub quiet: bool,
}

impl Item {
    pub fn new(subject: impl Into<String>, state: State, target: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            state,
            changes: Vec::new(),
            target: target.into(),
            others_sign: false,
            waits_for: None,
            quiet: false,
        }
    }
}

/// One transaction towards an item, or many that do not depend on each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    /// In a few words, for people and for the ledger.
    pub what: String,
    /// The transactions; more than one: each may be carried out twice without harm.
    pub transactions: Vec<Vec<Instruction>>,
    /// Who signs beside the payer.
    pub signers: Vec<Signatory>,
    /// Whether it changes the program, which the chain then runs in a later slot only.
    pub changes_program: bool,
    /// Whether each of many transactions is tried out for its limits, and not sent with those of a program's chunks.
    pub measured: bool,
    /// What somebody else should know before he signs it.
    pub note: String,
}

impl Act {
    pub fn one(what: impl Into<String>, instruction: Instruction, signers: Vec<Signatory>) -> Self {
        Self {
            what: what.into(),
            transactions: vec![vec![instruction]],
            signers,
            changes_program: false,
            measured: false,
            note: String::new(),
        }
    }

    /// Without signatures but the payer's.
    pub fn unsigned(what: impl Into<String>, transactions: Vec<Vec<Instruction>>) -> Self {
        Self {
            what: what.into(),
            transactions,
            signers: Vec::new(),
            changes_program: false,
            measured: false,
            note: String::new(),
        }
    }
}

/// Where one thing stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// On the chain as the file says.
    Done,
    /// Not on the chain: [`Migration::apply`] makes it, and these keys must sign.
    Missing {
        /// Addresses whose keys sign, beside the payer's.
        signers: Vec<Signatory>,
    },
    /// On the chain, but not as the file says, and no step changes it.
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

impl Signatory {
    pub(crate) const fn new(role: &'static str, address: Address) -> Self {
        Self { role, address }
    }
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
    /// What it is about: `configuration`, a bank's code, a role.
    pub subject: String,
    #[serde(flatten)]
    pub state: State,
    /// What would change on the chain, where something missing takes the place of something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Difference>,
    /// For something missing: what somebody else must do before [`Migration::apply`] can go on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
}

/// Something that only somebody else can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Step and subject.
    pub step: &'static str,
    pub subject: String,
    /// Who must sign; empty: another item comes first.
    pub signers: Vec<Signatory>,
    pub reason: String,
    /// What they must sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "waiting: {}", self.reason)
    }
}

pub(crate) fn as_text<S: serde::Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}

/// Collects the fields that differ.
#[derive(Default)]
pub(crate) struct Comparison(pub Vec<Difference>);

impl Comparison {
    pub fn field<T: PartialEq + fmt::Display>(&mut self, field: impl Into<String>, file: T, chain: T) {
        if file != chain {
            self.0.push(Difference {
                field: field.into(),
                file: file.to_string(),
                chain: chain.to_string(),
            });
        }
    }

    /// A holder: the first one of the file, or the final one.
    pub fn holder(
        &mut self,
        field: impl Into<String>,
        first: Address,
        last: Option<Address>,
        chain: Address,
    ) {
        if last != Some(chain) {
            self.field(field, first, chain);
        }
    }

    pub fn state(self) -> State {
        if self.0.is_empty() {
            State::Done
        } else {
            State::Differs { fields: self.0 }
        }
    }
}
