//! 0003: a configuration of version 1 gets the layout of this build. Signed by the authority.
//!
//! Only an upgraded program meets one. It counts the banks, and version 1 did not: whatever number this step brings
//! stays for ever. So the banks of the file are held against the chain's own record before anything is sent. It stands
//! before 0002, because the program registers no bank under the old layout.

use std::collections::BTreeSet;

use kzte_client::{
    Address, Bic, Chain, ChainError, Event, Instruction, PROGRAM_ID, decode, instruction,
    state::{Config, Role},
};

use crate::{Comparison, Description, Item, MigrationError, Signatory, State, register_issuers};

const SUBJECT: &str = "layout of the configuration";

pub(crate) fn plan(chain: &dyn Chain, description: &Description) -> Result<Vec<Item>, MigrationError> {
    let Some(config) = version_1(chain, description)? else {
        return Ok(Vec::new());
    };
    let registered = registered_by(chain, description, config.holder(Role::IssuerManager))?;
    let in_file: BTreeSet<Bic> = description.issuers.iter().map(|issuer| issuer.bic).collect();
    let mut comparison = Comparison::default();
    for bic in registered.difference(&in_file) {
        comparison.field(format!("bank {bic}"), "missing", "registered");
    }
    let state = match comparison.state() {
        State::Done => State::Missing {
            signers: vec![Signatory {
                role: "authority",
                address: *config.holder(Role::Authority),
            }],
        },
        differs => differs,
    };
    Ok(vec![Item {
        subject: SUBJECT.to_owned(),
        state,
    }])
}

pub(crate) fn instruction(
    chain: &dyn Chain,
    description: &Description,
    _subject: &str,
    payer: Address,
) -> Result<Instruction, MigrationError> {
    let authority = match version_1(chain, description)? {
        Some(config) => *config.holder(Role::Authority),
        None => description.roles.authority,
    };
    let mut banks = Vec::with_capacity(description.issuers.len());
    for issuer in &description.issuers {
        if register_issuers::registered(chain, description, &issuer.bic)?.is_some() {
            banks.push(issuer.bic);
        }
    }
    let deployment = description.deployment();
    Ok(instruction::migrate_config(&deployment, payer, authority, &banks))
}

/// The configuration, if it has the layout of version 1.
pub(crate) fn version_1(
    chain: &dyn Chain,
    description: &Description,
) -> Result<Option<Config>, MigrationError> {
    let account = chain.account(&description.deployment().config)?;
    let Some(account) = account.filter(|account| account.owner == PROGRAM_ID) else {
        return Ok(None);
    };
    if account.data.len() != Config::SPACE_V1 {
        return Ok(None);
    }
    // The fields of version 1 with the new ones behind them, which are zero.
    let mut data = account.data;
    data.resize(Config::SPACE, 0);
    let config = decode::config(&data).map_err(ChainError::from)?;
    Ok(Some(config))
}

/// The banks that the issuer manager has registered. Under version 1 no role changes hands, so there was no other.
fn registered_by(
    chain: &dyn Chain,
    description: &Description,
    manager: &Address,
) -> Result<BTreeSet<Bic>, MigrationError> {
    let config = description.deployment().config;
    let mut banks = BTreeSet::new();
    for signature in chain.history(manager)? {
        for event in chain
            .receipt(&signature)?
            .map(|receipt| receipt.events)
            .unwrap_or_default()
        {
            if let Event::IssuerRegistered(event) = event
                && event.config == config
                && let Ok(bic) = Bic::try_from(event.bic)
            {
                banks.insert(bic);
            }
        }
    }
    Ok(banks)
}
