//! 0001: the mint and its configuration.
//!
//! Signed by the program's upgrade authority, so nobody can front-run a deployment, and by the mint's key while the
//! mint does not exist.

use kzte_client::{
    Address, Chain, Instruction, PROGRAM_ID, decode, fetch,
    instruction::{self, InitializeArgs, MintSource},
    state::Role,
};

use crate::{Comparison, Description, Item, MigrationError, Signatory, State, config_layout};

const SUBJECT: &str = "configuration";

pub(crate) fn plan(chain: &dyn Chain, description: &Description) -> Result<Vec<Item>, MigrationError> {
    let deployment = description.deployment();
    let exists = chain
        .account(&deployment.config)?
        .is_some_and(|account| account.owner == PROGRAM_ID);
    let state = if exists {
        compare(chain, description)?
    } else {
        missing(chain, description)?
    };
    Ok(vec![Item {
        subject: SUBJECT.to_owned(),
        state,
    }])
}

fn missing(chain: &dyn Chain, description: &Description) -> Result<State, MigrationError> {
    let mut signers = vec![Signatory {
        role: "upgrade authority",
        address: description.upgrade_authority,
    }];
    if mint_source(chain, description)? == MintSource::Create {
        signers.push(Signatory {
            role: "mint",
            address: description.mint,
        });
    }
    Ok(State::Missing { signers })
}

fn mint_source(chain: &dyn Chain, description: &Description) -> Result<MintSource, MigrationError> {
    let holds_data = chain
        .account(&description.mint)?
        .is_some_and(|account| !account.data.is_empty());
    Ok(if holds_data {
        MintSource::Adopt
    } else {
        MintSource::Create
    })
}

fn compare(chain: &dyn Chain, description: &Description) -> Result<State, MigrationError> {
    let deployment = description.deployment();
    let config = match config_layout::version_1(chain, description)? {
        Some(config) => config,
        None => fetch::config(chain, &deployment)?,
    };
    let mut comparison = Comparison::default();
    let roles = &description.roles;
    for (name, role, file) in [
        ("roles.authority", Role::Authority, roles.authority),
        ("roles.issuer_manager", Role::IssuerManager, roles.issuer_manager),
        ("roles.pauser", Role::Pauser, roles.pauser),
        ("roles.compliance", Role::Compliance, roles.compliance),
        ("roles.court_officer", Role::CourtOfficer, roles.court_officer),
        ("roles.enforcer", Role::Enforcer, roles.enforcer),
    ] {
        comparison.field(name, file, *config.holder(role));
    }
    let seats = usize::from(config.attestor_count);
    comparison.field("number of attestors", description.attestors.len(), seats);
    for (seat, (file, chain)) in description
        .attestors
        .iter()
        .zip(config.attestors.iter().take(seats))
        .enumerate()
    {
        comparison.field(format!("attestors[{seat}] ({})", file.name), file.address, *chain);
    }
    comparison.field("threshold", description.threshold, config.threshold);
    comparison.field(
        "mandatory seats (bitmap)",
        description.mandatory(),
        config.mandatory,
    );
    comparison.field(
        "policy.max_statement_age",
        description.policy.max_statement_age,
        config.max_statement_age,
    );
    comparison.field(
        "policy.redemption_sla",
        description.policy.redemption_sla,
        config.redemption_sla,
    );
    let mint = chain
        .account(&deployment.mint)?
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

pub(crate) fn instruction(
    chain: &dyn Chain,
    description: &Description,
    _subject: &str,
    payer: Address,
) -> Result<Instruction, MigrationError> {
    let roles = &description.roles;
    let args = InitializeArgs {
        roles: [
            roles.authority,
            roles.issuer_manager,
            roles.pauser,
            roles.compliance,
            roles.court_officer,
            roles.enforcer,
        ],
        attestors: description
            .attestors
            .iter()
            .map(|attestor| attestor.address)
            .collect(),
        threshold: description.threshold,
        mandatory: description.mandatory(),
        max_statement_age: description.policy.max_statement_age,
        redemption_sla: description.policy.redemption_sla,
        name: description.token.name.clone(),
        uri: description.token.uri.clone(),
    };
    let source = mint_source(chain, description)?;
    Ok(instruction::initialize(
        &description.deployment(),
        payer,
        description.upgrade_authority,
        source,
        args,
    ))
}
