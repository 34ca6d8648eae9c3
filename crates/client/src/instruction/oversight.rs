//! What anyone may ask the program to do: look at itself.

use kzte::{accounts, instruction as data};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::{Bic, Deployment, PROGRAM_ID, address};

/// `check_invariants`: recomputes the invariants over `banks` and says the result in events. Signer: the caller, who may
/// be anybody.
pub fn check_invariants(deployment: &Deployment, caller: Address, banks: &[Bic]) -> Instruction {
    let mut instruction = data::CheckInvariants {}.to_instruction(accounts::CheckInvariants {
        caller,
        config: deployment.config,
        mint: deployment.mint,
        event_authority: address::event_authority(),
        program: PROGRAM_ID,
    });
    for bic in banks {
        for account in [deployment.issuer(bic), deployment.escrow(bic)] {
            instruction
                .accounts
                .push(AccountMeta::new_readonly(account, false));
        }
    }
    instruction
}
