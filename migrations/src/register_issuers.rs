//! 0005: the banks and their escrows. Signed by the issuer manager.

use kzte_client::{
    Bic, Chain, ChainError, Deployment, fetch,
    instruction::{self, IssuerLimits, Registration},
    state::{Issuer, Role},
};

use crate::{
    IssuerDescription, MigrationError, Signatory, State, Stop,
    step::{Act, Comparison, Hands, Item, View},
};

pub(crate) const NAME: &str = "0005_register_issuers";

pub(crate) fn plan(view: &View) -> Result<Vec<Item>, Stop> {
    view.migration
        .description
        .issuers
        .iter()
        .map(|issuer| item(view, issuer))
        .collect()
}

fn item(view: &View, issuer: &IssuerDescription) -> Result<Item, Stop> {
    let deployment = view.migration.description.deployment();
    let state = match registered(view.chain, &deployment, &issuer.bic)? {
        None => State::Missing {
            signers: vec![manager(view)?],
        },
        Some(found) => {
            let limits = limits(issuer);
            let last = view.migration.hand_over.bank(&issuer.bic);
            let mut comparison = Comparison::default();
            comparison.holder(
                "admin",
                issuer.admin,
                last.and_then(|bank| bank.admin),
                found.admin,
            );
            comparison.holder(
                "operator",
                issuer.operator,
                last.and_then(|bank| bank.operator),
                found.operator,
            );
            comparison.field("quota", limits.quota, found.quota);
            comparison.field("window_limit", limits.window_limit, found.window_limit);
            comparison.field("window_seconds", limits.window_seconds, found.window_seconds);
            comparison.state()
        }
    };
    Ok(Item::new(issuer.bic.to_string(), state, "registered"))
}

/// Today's issuer manager; before the configuration: the one of the file.
fn manager(view: &View) -> Result<Signatory, Stop> {
    let holder = match view.config()? {
        Some(config) => *config.holder(Role::IssuerManager),
        None => view.migration.description.roles.issuer_manager,
    };
    Ok(Signatory::new("issuer manager", holder))
}

/// A bank as the chain has it; `None`: not registered.
pub(crate) fn registered(
    chain: &dyn Chain,
    deployment: &Deployment,
    bic: &Bic,
) -> Result<Option<Issuer>, Stop> {
    match fetch::issuer(chain, deployment, bic) {
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

pub(crate) fn act(view: &View, subject: &str, hands: &Hands) -> Result<Act, Stop> {
    let description = view.migration.description;
    let issuer = description
        .issuers
        .iter()
        .find(|issuer| issuer.bic.to_string() == subject)
        .ok_or_else(|| MigrationError::NotApplied {
            step: NAME,
            subject: subject.to_owned(),
            reason: "not in the file".to_owned(),
        })?;
    let manager = manager(view)?;
    let registration = Registration {
        payer: hands.payer,
        issuer_manager: manager.address,
        bic: issuer.bic,
        admin: issuer.admin,
        operator: issuer.operator,
        limits: limits(issuer),
    };
    let register = instruction::register_issuer(&description.deployment(), &registration);
    Ok(Act::one("register_issuer", register, vec![manager]))
}
