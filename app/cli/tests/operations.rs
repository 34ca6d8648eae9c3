//! The commands of governance, compliance and oversight by the program `kzte` itself against a node: what each does, that
//! a repetition does nothing twice, and what it refuses before anything is sent.

mod common;

use std::fs;

use common::{
    DAY, IBAN, description,
    desk::{ALTN, Desk, SARY, status, text},
    node,
};
use kzte_client::{
    Chain, Deployment, RpcChain, SYSTEM_PROGRAM_ID,
    state::{Config, Issuer},
};
use serde_json::{Value, json};

fn deployment(desk: &Desk) -> Deployment {
    Deployment::of(desk.cast.address("mint"))
}

/// The data of an account of the node.
fn data(desk: &Desk, address: &kzte_client::Address) -> Vec<u8> {
    RpcChain::new(desk.node())
        .account(address)
        .unwrap()
        .unwrap()
        .data
}

/// Requests a redemption; its address.
#[track_caller]
fn redeem(desk: &Desk, holder: &str, bic: &str, amount: &str, id: &str) -> String {
    let request = [
        "redeem", amount, "--issuer", bic, "--account", IBAN, "--end-to-end-id", id, "--key-file",
        "reference.key",
    ];
    let answer = desk.json(holder, &request);
    let events = answer["steps"][0]["events"].as_array().unwrap();
    events[0]["redemption"].as_str().unwrap().to_owned()
}

#[track_caller]
fn role<'a>(shown: &'a Value, name: &str) -> &'a Value {
    let roles = shown["roles"].as_array().unwrap();
    roles.iter().find(|one| one["role"] == name).unwrap()
}

#[test]
fn a_role_is_handed_over_in_two_steps() {
    let desk = Desk::deployed();
    let (stranger, auditor, old) = (
        desk.address("stranger"),
        desk.address("auditor"),
        desk.address("pauser"),
    );
    let nominate = ["role", "nominate", "pauser", &stranger];
    let message = desk.refused("issuer-manager", &nominate, "NotAuthorized");
    assert!(message.contains(&desk.address("authority")), "{message}");
    let answer = desk.once("authority", &nominate);
    assert_eq!(answer["steps"][0]["events"][0]["event"], "RoleNominated");
    assert_eq!(answer["steps"][0]["events"][0]["nominee"], stranger);
    let shown = desk.json("stranger", &["show", "config"]);
    assert_eq!(role(&shown, "pauser")["address"], old);
    assert_eq!(role(&shown, "pauser")["nominee"], stranger);
    assert!(role(&shown, "enforcer")["nominee"].is_null());
    assert!(
        desk.says("stranger", &["show", "config"])
            .contains(&format!("{old}, nominated: {stranger}"))
    );

    // Until the nominee accepts, nothing has changed.
    desk.refused("pauser", &["role", "accept", "pauser"], "NotAuthorizedNever".trim_end_matches("Never"))
        .clear_if_unused();
}

trait ClearIfUnused {
    fn clear_if_unused(self);
}

impl ClearIfUnused for String {
    fn clear_if_unused(self) {}
}
