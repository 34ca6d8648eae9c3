//! Pause and resume, policy, attestors, how token accounts are born, the token's name and link.

use kzte_client::{
    Address, Chain, Deployment, KzteError, Signer,
    constants::{MAX_METADATA_TEXT, MAX_REDEMPTION_SLA, MAX_STATEMENT_AGE},
    fetch,
    instruction::{self, MetadataField},
    state::{PAUSE_MINT, PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER, Role},
};

use super::{Step, roles::require_role, send};
use crate::{
    failure::{Failure, Result},
    keys::Hand,
    text::span,
};

/// Names of the pause flags that are set; `nothing` for none.
pub fn flag_names(flags: u8) -> String {
    let names: Vec<&str> = [
        (PAUSE_MINT, "minting"),
        (PAUSE_REDEMPTION_REQUEST, "redemption requests"),
        (PAUSE_TRANSFER, "transfers"),
    ]
    .into_iter()
    .filter_map(|(flag, name)| (flags & flag != 0).then_some(name))
    .collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

/// Stops functions. Signer: the pauser.
pub fn pause(chain: &mut dyn Chain, deployment: &Deployment, pauser: &Hand, flags: u8) -> Result<Step> {
    let changed = flags & !fetch::config(chain, deployment)?.paused;
    if changed == 0 {
        return Ok(Step::already(
            "pause",
            format!("paused already: {}", flag_names(flags)),
        ));
    }
    let receipt = send(
        chain,
        &[instruction::pause(deployment, pauser.address(), flags)],
        pauser,
    )?;
    Ok(Step::done("pause", flag_names(changed), &receipt))
}

/// Opens functions again. Signer: the authority.
pub fn resume(chain: &mut dyn Chain, deployment: &Deployment, authority: &Hand, flags: u8) -> Result<Step> {
    let changed = flags & fetch::config(chain, deployment)?.paused;
    if changed == 0 {
        return Ok(Step::already(
            "resume",
            format!("not paused: {}", flag_names(flags)),
        ));
    }
    let receipt = send(
        chain,
        &[instruction::resume(deployment, authority.address(), flags)],
        authority,
    )?;
    Ok(Step::done("resume", flag_names(changed), &receipt))
}

/// Sets how old a statement may be at a mint, and the term of redemptions; what is `None` stays. Signer: the authority.
///
/// Open redemptions keep the term that they were requested under.
pub fn set_policy(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    authority: &Hand,
    max_statement_age: Option<i64>,
    redemption_sla: Option<i64>,
) -> Result<Step> {
    const ACTION: &str = "policy";
    let config = fetch::config(chain, deployment)?;
    let age = max_statement_age.unwrap_or(config.max_statement_age);
    let term = redemption_sla.unwrap_or(config.redemption_sla);
    let note = format!(
        "a statement mints until it is {} old, a redemption is due after {}",
        span(age),
        span(term)
    );
    if (age, term) == (config.max_statement_age, config.redemption_sla) {
        return Ok(Step::already(ACTION, note));
    }
    for (value, most, what) in [
        (age, MAX_STATEMENT_AGE, "an age of statements"),
        (term, MAX_REDEMPTION_SLA, "a term of redemptions"),
    ] {
        if !(1..=most).contains(&value) {
            return Err(Failure::foreseen(
                KzteError::PolicyRange,
                format!("{} is {what} that no policy may have", span(value)),
            ));
        }
    }
    require_role(&config, Role::Authority, authority)?;
    let receipt = send(
        chain,
        &[instruction::set_policy(
            deployment,
            authority.address(),
            age,
            term,
        )],
        authority,
    )?;
    let note = format!(
        "{note}; before: {} and {}",
        span(config.max_statement_age),
        span(config.redemption_sla)
    );
    Ok(Step::done(ACTION, note, &receipt))
}

/// Replaces the attestor set. Signer: the authority. `mandatory`: those of `seats` without whom nothing is carried.
///
/// Votes under the set until now count no more: what is posted must be voted anew.
pub fn set_attestors(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    authority: &Hand,
    seats: &[Address],
    mandatory: &[Address],
    threshold: u8,
) -> Result<Step> {
    const ACTION: &str = "attestors";
    let config = fetch::config(chain, deployment)?;
    let mut bits = 0u8;
    for address in mandatory {
        let place = seats.iter().position(|seat| seat == address);
        let bit = place.and_then(|place| 1u8.checked_shl(u32::try_from(place).ok()?));
        bits |= bit.ok_or_else(|| {
            Failure::usage(
                format!("{address} is mandatory and has no seat"),
                "Name every attestor with --seat, the mandatory ones once more with --mandatory.",
            )
        })?;
    }
    let note = format!(
        "{threshold} of {} carry a statement, {} of them mandatory",
        seats.len(),
        mandatory.len()
    );
    let seated = config.attestors.iter().take(usize::from(config.attestor_count));
    if seated.eq(seats.iter()) && (config.threshold, config.mandatory) == (threshold, bits) {
        return Ok(Step::already(ACTION, note));
    }
    let keys: Vec<[u8; 32]> = seats.iter().map(|seat| seat.to_bytes()).collect();
    if let Err(violation) = kzte_ledger::validate_attestor_set(&keys, threshold, bits) {
        return Err(Failure::foreseen(KzteError::AttestorSet, violation.to_string()));
    }
    if let Some(taken) = seats.iter().find(|seat| config.roles.contains(seat)) {
        return Err(Failure::foreseen(
            KzteError::RoleConflict,
            format!("{taken} holds a role of the configuration"),
        ));
    }
    require_role(&config, Role::Authority, authority)?;
    let instruction = instruction::set_attestors(deployment, authority.address(), seats, threshold, bits);
    let receipt = send(chain, &[instruction], authority)?;
    Ok(Step::done(ACTION, note, &receipt))
}

/// From now on token accounts are born frozen, or open; those that exist stay as they are. Signer: the authority.
pub fn set_default_account_state(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    authority: &Hand,
    frozen: bool,
) -> Result<Step> {
    const ACTION: &str = "default-account-state";
    let config = fetch::config(chain, deployment)?;
    let note = if frozen {
        "token accounts are born frozen; banks let their customers in with `kzte admit`"
    } else {
        "token accounts are born open; those that were born frozen stay so until somebody thaws them"
    };
    if (config.accounts_born_frozen != 0) == frozen {
        return Ok(Step::already(ACTION, note));
    }
    require_role(&config, Role::Authority, authority)?;
    let instruction = instruction::set_default_account_state(deployment, authority.address(), frozen);
    let receipt = send(chain, &[instruction], authority)?;
    Ok(Step::done(ACTION, note, &receipt))
}

/// Changes the name or the URI of the token. Signer: the authority; the payer pays for a longer text.
pub fn update_metadata(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    authority: &Hand,
    field: MetadataField,
    value: &str,
) -> Result<Step> {
    const ACTION: &str = "metadata";
    let what = match field {
        MetadataField::Name => "name",
        MetadataField::Uri => "URI",
    };
    let metadata = fetch::mint(chain, deployment)?.metadata;
    let old = metadata.map(|text| match field {
        MetadataField::Name => text.name,
        MetadataField::Uri => text.uri,
    });
    if old.as_deref() == Some(value) {
        return Ok(Step::already(ACTION, format!("the {what} is «{value}» already")));
    }
    if !(1..=MAX_METADATA_TEXT).contains(&value.len()) {
        return Err(Failure::foreseen(
            KzteError::MetadataText,
            format!("the {what} would have {} bytes", value.len()),
        ));
    }
    require_role(&fetch::config(chain, deployment)?, Role::Authority, authority)?;
    let payer = authority.payer.pubkey();
    let instruction = instruction::update_metadata(deployment, payer, authority.address(), field, value);
    let receipt = send(chain, &[instruction], authority)?;
    let before = old.map(|old| format!(", before «{old}»")).unwrap_or_default();
    Ok(Step::done(
        ACTION,
        format!("the {what} is «{value}»{before}"),
        &receipt,
    ))
}
