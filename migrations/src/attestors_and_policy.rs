//! 0004: the attestor set and the policy are the file's. Signed by the authority.
//!
//! `initialize` sets both; this step follows a file that changes. A new set is a new version of it: statements that are
//! posted and not yet carried are voted again.

use kzte_client::{
    instruction,
    state::{Config, Role},
};

use crate::{
    Description, Signatory, State, Stop, initialize,
    step::{Act, Comparison, Hands, Item, View},
};

pub(crate) const NAME: &str = "0004_attestors_and_policy";
const ATTESTORS: &str = "attestors";
const POLICY: &str = "policy";

pub(crate) fn plan(view: &View) -> Result<Vec<Item>, Stop> {
    let Some(config) = view.config()? else {
        // `initialize` will bring both.
        return Ok(Vec::new());
    };
    let description = view.migration.description;
    Ok(vec![
        item(
            ATTESTORS,
            attestors(description, &config),
            set_of(description),
            &config,
        ),
        item(
            POLICY,
            policy(description, &config),
            format!(
                "{} s, {} s",
                description.policy.max_statement_age, description.policy.redemption_sla
            ),
            &config,
        ),
    ])
}

fn item(subject: &str, comparison: Comparison, target: String, config: &Config) -> Item {
    let changes = comparison.0;
    let state = if changes.is_empty() {
        State::Done
    } else {
        State::Missing {
            signers: vec![Signatory::new("authority", *config.holder(Role::Authority))],
        }
    };
    let mut item = Item::new(subject, state, target);
    item.changes = changes;
    item.quiet = true;
    item
}

fn attestors(description: &Description, config: &Config) -> Comparison {
    let seats = usize::from(config.attestor_count);
    let mut comparison = Comparison::default();
    comparison.field("number of attestors", description.attestors.len(), seats);
    let pairs = description
        .attestors
        .iter()
        .zip(config.attestors.iter().take(seats));
    for (seat, (file, chain)) in pairs.enumerate() {
        comparison.field(format!("attestors[{seat}] ({})", file.name), file.address, *chain);
    }
    comparison.field("threshold", description.threshold, config.threshold);
    comparison.field(
        "mandatory seats (bitmap)",
        description.mandatory(),
        config.mandatory,
    );
    comparison
}

fn policy(description: &Description, config: &Config) -> Comparison {
    let policy = &description.policy;
    let mut comparison = Comparison::default();
    comparison.field(
        "policy.max_statement_age",
        policy.max_statement_age,
        config.max_statement_age,
    );
    comparison.field(
        "policy.redemption_sla",
        policy.redemption_sla,
        config.redemption_sla,
    );
    comparison
}

/// The set in one line.
fn set_of(description: &Description) -> String {
    let seats: Vec<String> = description
        .attestors
        .iter()
        .map(|attestor| {
            let mark = if attestor.mandatory { "*" } else { "" };
            format!("{}{mark}", attestor.address)
        })
        .collect();
    format!("{} of {}", description.threshold, seats.join(", "))
}

pub(crate) fn act(view: &View, subject: &str, _hands: &Hands) -> Result<Act, Stop> {
    let description = view.migration.description;
    let deployment = description.deployment();
    let authority = view.config()?.map_or(description.roles.authority, |config| {
        *config.holder(Role::Authority)
    });
    let signers = vec![Signatory::new("authority", authority)];
    Ok(if subject == POLICY {
        let policy = &description.policy;
        let set = instruction::set_policy(
            &deployment,
            authority,
            policy.max_statement_age,
            policy.redemption_sla,
        );
        Act::one("set_policy", set, signers)
    } else {
        let set = instruction::set_attestors(
            &deployment,
            authority,
            &initialize::attestors(description),
            description.threshold,
            description.mandatory(),
        );
        Act::one("set_attestors", set, signers)
    })
}
