//! What holders and banks do with tokens they own: transfer, burn. Both go through the journal.

use kzte_client::{Address, Bic, Chain, Deployment, Signer, TOKEN_PROGRAM_ID, fetch, instruction};

use super::{Step, issuance::own_account, issuer, journaled, present};
use crate::{
    failure::{Failure, Result},
    journal::{Intent, Journal},
    keys::Hand,
    text::short_address,
};

/// Sends tokens from the signer's associated token account to a wallet's. Creates the latter where there is none, at
/// the payer's cost. Signer: the holder.
///
/// `reference` makes the transfer this one and no other: the same arguments under the same reference move tokens once.
pub fn transfer(
    chain: &mut dyn Chain,
    journal: &Journal,
    deployment: &Deployment,
    holder: &Hand,
    wallet: &Address,
    amount: u64,
    reference: &str,
) -> Result<Step> {
    const ACTION: &str = "transfer";
    let (mint, from, to, tiyn) = (
        deployment.mint.to_string(),
        holder.address().to_string(),
        wallet.to_string(),
        amount.to_string(),
    );
    let intent = Intent {
        action: ACTION,
        arguments: &[&mint, &from, &to, &tiyn, reference],
    };
    let (source, destination) = (
        own_account(deployment, holder.key),
        deployment.token_account(wallet),
    );
    let outcome = journal.perform(chain, holder, &intent, &mut |chain| {
        if amount == 0 {
            return Err(Failure::usage(
                "the amount is zero",
                "Give an amount of at least 0,01.",
            ));
        }
        if chain
            .account(wallet)?
            .is_some_and(|account| account.owner == TOKEN_PROGRAM_ID)
        {
            return Err(Failure::usage(
                format!("{wallet} is a token account"),
                "Give the wallet that owns it: tokens go to the wallet's associated account.",
            ));
        }
        let mut instructions = Vec::with_capacity(2);
        if present(fetch::token_account(chain, &destination))?.is_none() {
            instructions.push(instruction::create_associated_token(
                deployment,
                holder.payer.pubkey(),
                *wallet,
            ));
        }
        let owner = holder.address();
        instructions.push(instruction::transfer_checked(
            deployment,
            source,
            destination,
            owner,
            amount,
        ));
        Ok(instructions)
    })?;
    Ok(journaled(
        ACTION,
        outcome,
        &format!("to {} ({reference})", short_address(wallet)),
        reference,
    )
    .of(amount))
}

/// A bank destroys tokens of its own stock. Signer: the operator, who owns the tokens.
///
/// `reference` as for [`transfer`]; `reference_hash` goes on chain.
pub fn burn(
    chain: &mut dyn Chain,
    journal: &Journal,
    deployment: &Deployment,
    operator: &Hand,
    burn: &Burn,
) -> Result<Step> {
    const ACTION: &str = "burn";
    let Burn {
        issuer: bic,
        amount,
        reference,
        reference_hash,
    } = *burn;
    let (mint, from, bank, tiyn) = (
        deployment.mint.to_string(),
        operator.address().to_string(),
        bic.to_string(),
        amount.to_string(),
    );
    let intent = Intent {
        action: ACTION,
        arguments: &[&mint, &from, &bank, &tiyn, reference],
    };
    let account = own_account(deployment, operator.key);
    let outcome = journal.perform(chain, operator, &intent, &mut |chain| {
        issuer(chain, deployment, bic)?;
        let operator = operator.address();
        Ok(vec![instruction::burn(
            deployment,
            bic,
            operator,
            account,
            amount,
            reference_hash,
        )])
    })?;
    Ok(journaled(
        ACTION,
        outcome,
        &format!("of the stock of {bic} ({reference})"),
        reference,
    )
    .of(amount))
}

/// What a bank burns.
#[derive(Clone, Copy)]
pub struct Burn<'a> {
    pub issuer: &'a Bic,
    /// Tiyn.
    pub amount: u64,
    /// The bank's own record.
    pub reference: &'a str,
    /// Its hash.
    pub reference_hash: [u8; 32],
}
