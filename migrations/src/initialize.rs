//! 0002: the mint and its configuration.
//!
//! Signed by the program's upgrade authority, so nobody can front-run a deployment, and by the mint's key while the
//! mint does not exist.

use kzte_client::{
    Address, Chain, decode,
    instruction::{self, InitializeArgs, MintSource},
    state::Config,
};

use crate::{
    Description, Signatory, State, Stop,
    description::ROLES,
    step::{Act, Comparison, Hands, Item, View},
    upgrade_authority,
};

pub(crate) const NAME: &str = "0002_initialize";
const SUBJECT: &str = "configuration";

pub(crate) fn plan(view: &View) -> Result<Vec<Item>, Stop> {
    let state = match view.config()? {
        Some(config) => compare(view, &config)?,
        None => State::Missing {
            signers: signers(view)?,
        },
    };
    Ok(vec![Item::new(
        SUBJECT,
        state,
        view.migration.description.mint.to_string(),
    )])
}

fn signers(view: &View) -> Result<Vec<Signatory>, Stop> {
    let mut signers = vec![Signatory::new("upgrade authority", upgrade_authority(view)?)];
    if mint_source(view.chain, view.migration.description)? == MintSource::Create {
        signers.push(Signatory::new("mint", view.migration.description.mint));
    }
    Ok(signers)
}

/// Whoever may upgrade the program today: the final holder, where an earlier deployment has handed the right over.
fn upgrade_authority(view: &View) -> Result<Address, Stop> {
    let last = view
        .migration
        .hand_over
        .upgrade_authority
        .map(|last| last.address);
    let today = upgrade_authority::holder(view)?;
    Ok(match (last, today) {
        (Some(last), Some(today)) if last == today => last,
        _ => view.migration.description.upgrade_authority,
    })
}

fn mint_source(chain: &dyn Chain, description: &Description) -> Result<MintSource, Stop> {
    let holds_data = chain
        .account(&description.mint)?
        .is_some_and(|account| !account.data.is_empty());
    Ok(if holds_data {
        MintSource::Adopt
    } else {
        MintSource::Create
    })
}

/// Attestors and policy are compared by their own step, which changes them.
fn compare(view: &View, config: &Config) -> Result<State, Stop> {
    let description = view.migration.description;
    let mut comparison = Comparison::default();
    for (name, role) in ROLES {
        comparison.holder(
            format!("roles.{name}"),
            description.roles.holder(role),
            view.migration.hand_over.holder(role),
            *config.holder(role),
        );
    }
    let mint = view
        .chain
        .account(&description.mint)?
        .map(|account| decode::mint(&account.data))
        .transpose();
    if let Some(metadata) = mint
        .map_err(kzte_client::ChainError::from)?
        .and_then(|mint| mint.metadata)
    {
        comparison.field("token.name", description.token.name.clone(), metadata.name);
        comparison.field("token.uri", description.token.uri.clone(), metadata.uri);
    }
    Ok(comparison.state())
}

pub(crate) fn act(view: &View, _subject: &str, hands: &Hands) -> Result<Act, Stop> {
    let description = view.migration.description;
    let args = InitializeArgs {
        roles: ROLES.map(|(_, role)| description.roles.holder(role)),
        attestors: attestors(description),
        threshold: description.threshold,
        mandatory: description.mandatory(),
        max_statement_age: description.policy.max_statement_age,
        redemption_sla: description.policy.redemption_sla,
        name: description.token.name.clone(),
        uri: description.token.uri.clone(),
    };
    let initialize = instruction::initialize(
        &description.deployment(),
        hands.payer,
        upgrade_authority(view)?,
        mint_source(view.chain, description)?,
        args,
    );
    Ok(Act::one("initialize", initialize, signers(view)?))
}

/// Attestors by seat.
pub(crate) fn attestors(description: &Description) -> Vec<Address> {
    description
        .attestors
        .iter()
        .map(|attestor| attestor.address)
        .collect()
}

const _: () = assert!(kzte_client::state::ROLE_COUNT == ROLES.len());
