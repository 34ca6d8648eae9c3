//! 0003: a configuration of version 1 gets the layout of this build. Signed by the authority.
//!
//! Only an upgraded program meets one. It counts the banks, and version 1 did not: whatever number this step brings
//! stays for ever. So the banks of the file are held against the chain's own record before anything is sent. Until it is
//! done the program refuses everything else, and from then on an older program cannot come back.

use std::collections::BTreeSet;

use kzte_client::{
    Address, Bic, Chain, ChainError, Deployment, Event, PROGRAM_ID,
    constants::CONFIG_VERSION,
    decode, instruction,
    state::{Config, Role},
};

use crate::{
    Difference, Signatory, State, Stop, register_issuers,
    step::{Act, Comparison, Hands, Item, View},
};

pub(crate) const NAME: &str = "0003_config_layout";
const SUBJECT: &str = "layout of the configuration";

pub(crate) fn plan(view: &View) -> Result<Vec<Item>, Stop> {
    let deployment = view.migration.description.deployment();
    let Some(config) = configuration(view.chain, &deployment)? else {
        return Ok(Vec::new());
    };
    let mut changes = Vec::new();
    let state = if config.version == CONFIG_VERSION {
        State::Done
    } else {
        changes.push(Difference {
            field: "version of the configuration".to_owned(),
            file: CONFIG_VERSION.to_string(),
            chain: config.version.to_string(),
        });
        missing(view, &config)?
    };
    let mut item = Item::new(SUBJECT, state, format!("version {CONFIG_VERSION}"));
    item.changes = changes;
    item.quiet = true;
    Ok(vec![item])
}

fn missing(view: &View, config: &Config) -> Result<State, Stop> {
    let description = view.migration.description;
    let registered = registered_by(
        view.chain,
        &description.deployment(),
        config.holder(Role::IssuerManager),
    )?;
    let in_file: BTreeSet<Bic> = description.issuers.iter().map(|issuer| issuer.bic).collect();
    let mut comparison = Comparison::default();
    for bic in registered.difference(&in_file) {
        comparison.field(format!("bank {bic}"), "missing", "registered");
    }
    Ok(match comparison.state() {
        State::Done => State::Missing {
            signers: vec![Signatory::new("authority", *config.holder(Role::Authority))],
        },
        differs => differs,
    })
}

pub(crate) fn act(view: &View, _subject: &str, hands: &Hands) -> Result<Act, Stop> {
    let description = view.migration.description;
    let deployment = description.deployment();
    let authority = configuration(view.chain, &deployment)?.map_or(description.roles.authority, |config| {
        *config.holder(Role::Authority)
    });
    let mut banks = Vec::with_capacity(description.issuers.len());
    for issuer in &description.issuers {
        if register_issuers::registered(view.chain, &deployment, &issuer.bic)?.is_some() {
            banks.push(issuer.bic);
        }
    }
    let migrate = instruction::migrate_config(&deployment, hands.payer, authority, &banks);
    Ok(Act::one(
        format!("migrate the configuration over {} banks", banks.len()),
        migrate,
        vec![Signatory::new("authority", authority)],
    ))
}

/// The configuration, also one of version 1: its fields, and the newer ones zero. `None`: there is none.
pub(crate) fn configuration(chain: &dyn Chain, deployment: &Deployment) -> Result<Option<Config>, Stop> {
    let account = chain.account(&deployment.config)?;
    let Some(account) = account.filter(|account| account.owner == PROGRAM_ID) else {
        return Ok(None);
    };
    let mut data = account.data;
    if data.len() == Config::SPACE_V1 {
        data.resize(Config::SPACE, 0);
    }
    let config = decode::config(&data).map_err(ChainError::from)?;
    Ok(Some(config))
}

/// The banks that the issuer manager has registered. Under version 1 no role changes hands, so there was no other.
fn registered_by(
    chain: &dyn Chain,
    deployment: &Deployment,
    manager: &Address,
) -> Result<BTreeSet<Bic>, Stop> {
    let mut banks = BTreeSet::new();
    for signature in chain.history(manager)? {
        for event in chain
            .receipt(&signature)?
            .map(|receipt| receipt.events)
            .unwrap_or_default()
        {
            if let Event::IssuerRegistered(event) = event
                && event.config == deployment.config
                && let Ok(bic) = Bic::try_from(event.bic)
            {
                banks.insert(bic);
            }
        }
    }
    Ok(banks)
}
