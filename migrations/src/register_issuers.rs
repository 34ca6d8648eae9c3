//! 0002: the banks and their escrows. Signed by the issuer manager.

use kzte_client::{
    Address, Bic, Chain, ChainError, Instruction, fetch,
    instruction::{self, IssuerLimits, Registration},
    state::Issuer,
};

use crate::{Comparison, Description, IssuerDescription, Item, MigrationError, Signatory, State};

pub(crate) fn plan(chain: &dyn Chain, description: &Description) -> Result<Vec<Item>, MigrationError> {
    description
        .issuers
        .iter()
        .map(|issuer| item(chain, description, issuer))
        .collect()
}

fn item(
    chain: &dyn Chain,
    description: &Description,
    issuer: &IssuerDescription,
) -> Result<Item, MigrationError> {
    let state = match registered(chain, description, &issuer.bic)? {
        None => {
            let address = description.roles.issuer_manager;
            State::Missing {
                signers: vec![Signatory {
                    role: "issuer manager",
                    address,
                }],
            }
        }
        Some(found) => {
            let limits = limits(issuer);
            let mut comparison = Comparison::default();
            comparison.field("admin", issuer.admin, found.admin);
            comparison.field("operator", issuer.operator, found.operator);
            comparison.field("quota", limits.quota, found.quota);
            comparison.field("window_limit", limits.window_limit, found.window_limit);
            comparison.field("window_seconds", limits.window_seconds, found.window_seconds);
            comparison.state()
        }
    };
    Ok(Item {
        subject: issuer.bic.to_string(),
        state,
    })
}

/// A bank as the chain has it; `None`: not registered.
pub(crate) fn registered(
    chain: &dyn Chain,
    description: &Description,
    bic: &Bic,
) -> Result<Option<Issuer>, MigrationError> {
    match fetch::issuer(chain, &description.deployment(), bic) {
        // Anybody can send lamports to the address of an account that does not exist yet.
        Err(ChainError::WrongOwner { .. }) => Ok(None),
        found => Ok(found?),
    }
}

fn limits(issuer: &IssuerDescription) -> IssuerLimits {
    IssuerLimits {
        quota: issuer.quota,
        window_limit: issuer.window_limit.unwrap_or(u64::MAX),
        window_seconds: issuer.window_seconds,
    }
}

pub(crate) fn instruction(
    _chain: &dyn Chain,
    description: &Description,
    subject: &str,
    payer: Address,
) -> Result<Instruction, MigrationError> {
    let issuer = description
        .issuers
        .iter()
        .find(|issuer| issuer.bic.to_string() == subject)
        .ok_or_else(|| MigrationError::NotApplied {
            step: "0002_register_issuers",
            subject: subject.to_owned(),
        })?;
    let registration = Registration {
        payer,
        issuer_manager: description.roles.issuer_manager,
        bic: issuer.bic,
        admin: issuer.admin,
        operator: issuer.operator,
        limits: limits(issuer),
    };
    Ok(instruction::register_issuer(
        &description.deployment(),
        &registration,
    ))
}
