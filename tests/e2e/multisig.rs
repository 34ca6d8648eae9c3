//! Roles and the right to upgrade in the hands of councils, with a real multisig beside the program.

use std::{thread, time::Duration};

use kzte_client::Chain;
use kzte_harness::{
    Key,
    multisig::{MULTISIG_PROGRAM_ID, multisig_path},
    validator::{Engine, Setup},
};

use crate::migrations::rehearsal;

#[path = "../scenarios/council.rs"]
mod council;

on_both_engines! {
    councils_govern,
}

/// The embedded engine takes a minute to write the later build's buffer.
fn councils_govern(engine: &Engine) {
    let authority = Key::named("upgrade authority").address();
    let validator = Setup::new(engine, &authority)
        .with_program(MULTISIG_PROGRAM_ID, multisig_path())
        .start();
    council::govern(validator.chain(), |chain, moment| {
        while chain.now().expect("the time") <= moment {
            thread::sleep(Duration::from_millis(50));
        }
    });
}
