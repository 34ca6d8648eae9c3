//! Pause and resume.

use kzte_client::{
    Chain, Deployment, fetch, instruction,
    state::{PAUSE_MINT, PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER},
};

use super::{Step, send};
use crate::{failure::Result, keys::Hand};

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
