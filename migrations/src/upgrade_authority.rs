//! 0008: the right to upgrade the program goes to its final holder. The last step: whoever signed the others may then
//! be nobody.
//!
//! The loader's `SetAuthorityChecked` takes the new holder's signature too, so the right cannot go to an address that
//! nobody can sign for. A vault signs inside a call of its multisig, where the old holder's key must sign the executing
//! transaction as well. Where that cannot be arranged, the file may say `unchecked = true`: then the old key alone hands
//! over, and **a mistake in the address is for ever**.

use kzte_client::Address;

use crate::{
    Difference, Signatory, State, Stop,
    loader::{self, Program},
    step::{Act, Hands, Item, View},
};

pub(crate) const NAME: &str = "0008_upgrade_authority";
const SUBJECT: &str = "upgrade authority";

fn stop(view: &View, reason: String) -> Stop {
    Stop::Program {
        program: view.migration.program_id,
        reason,
    }
}

/// Today's holder of the right.
pub(crate) fn holder(view: &View) -> Result<Option<Address>, Stop> {
    Ok(match loader::program(view.chain, &view.migration.program_id)? {
        Program::Missing { .. } => Some(view.migration.description.upgrade_authority),
        Program::Deployed(data) => data.authority,
    })
}

pub(crate) fn plan(view: &View) -> Result<Vec<Item>, Stop> {
    let Some(last) = view.migration.hand_over.upgrade_authority else {
        return Ok(Vec::new());
    };
    let first = view.migration.description.upgrade_authority;
    let chain = holder(view)?;
    let change = Difference {
        field: "upgrade authority".to_owned(),
        file: last.address.to_string(),
        chain: chain.map_or_else(|| "none, for ever".to_owned(), |chain| chain.to_string()),
    };
    let state = match chain {
        Some(chain) if chain == last.address => State::Done,
        Some(chain) if chain == first => {
            let mut signers = vec![Signatory::new("upgrade authority", first)];
            if !last.unchecked {
                signers.push(Signatory::new("new upgrade authority", last.address));
            }
            State::Missing { signers }
        }
        _ => State::Differs {
            fields: vec![change.clone()],
        },
    };
    let mut item = Item::new(SUBJECT, state, last.address.to_string());
    if matches!(item.state, State::Missing { .. }) {
        item.changes.push(change);
    }
    item.others_sign = true;
    Ok(vec![item])
}

pub(crate) fn act(view: &View, _subject: &str, hands: &Hands) -> Result<Act, Stop> {
    let program = view.migration.program_id;
    let last = view.migration.hand_over.upgrade_authority;
    let last = last.ok_or_else(|| stop(view, "the file does not hand it over".to_owned()))?;
    let first = view.migration.description.upgrade_authority;
    let old = Signatory::new("upgrade authority", first);
    // The new key signs where it is here, whatever the file allows.
    Ok(if last.unchecked && !(hands.holds)(&last.address) {
        let set = loader::instruction::set_upgrade_authority(&program, &first, Some(&last.address));
        Act::one("set_authority (unchecked)", set, vec![old])
    } else {
        let set = loader::instruction::set_upgrade_authority_checked(&program, &first, &last.address);
        let new = Signatory::new("new upgrade authority", last.address);
        Act::one("set_authority_checked", set, vec![old, new])
    })
}
