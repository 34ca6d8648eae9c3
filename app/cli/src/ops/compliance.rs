//! Freezing accounts, blocking wallets. Signer: the compliance desk.

use kzte_client::{Address, Chain, Deployment, TOKEN_PROGRAM_ID, decode::TokenAccount, fetch, instruction};

use super::{Step, present, send};
use crate::{
    failure::{Failure, Result},
    keys::Hand,
};

/// The token account that a person means: an account of this mint itself, or a wallet's associated account.
pub fn account_of(
    chain: &dyn Chain,
    deployment: &Deployment,
    address: &Address,
) -> Result<(Address, TokenAccount)> {
    let is_token_account = chain
        .account(address)?
        .is_some_and(|account| account.owner == TOKEN_PROGRAM_ID);
    let candidate = if is_token_account {
        *address
    } else {
        deployment.token_account(address)
    };
    match present(fetch::token_account(chain, &candidate))? {
        Some(account) if account.mint == deployment.mint => Ok((candidate, account)),
        Some(_) => Err(Failure::mismatch(
            format!("{address} is a token account of another mint"),
            "Check --mint and the address.",
        )),
        None => Err(Failure::mismatch(
            format!("the wallet {address} has no KZTE token account"),
            "Block the wallet with `kzte block`: a block holds before the wallet opens one.",
        )),
    }
}

/// Freezes a token account.
pub fn freeze(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    desk: &Hand,
    address: &Address,
    reason: [u8; 32],
) -> Result<Step> {
    let (account, state) = account_of(chain, deployment, address)?;
    if state.frozen {
        return Ok(Step::already("freeze", format!("{account} is frozen already")).of(state.amount));
    }
    let receipt = send(
        chain,
        &[instruction::freeze(deployment, desk.address(), account, reason)],
        desk,
    )?;
    Ok(Step::done("freeze", format!("{account} of wallet {}", state.owner), &receipt).of(state.amount))
}

/// Thaws a token account.
pub fn thaw(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    desk: &Hand,
    address: &Address,
    reason: [u8; 32],
) -> Result<Step> {
    let (account, state) = account_of(chain, deployment, address)?;
    if !state.frozen {
        return Ok(Step::already("thaw", format!("{account} is not frozen")).of(state.amount));
    }
    let receipt = send(
        chain,
        &[instruction::thaw(deployment, desk.address(), account, reason)],
        desk,
    )?;
    Ok(Step::done("thaw", format!("{account} of wallet {}", state.owner), &receipt).of(state.amount))
}

/// Blocks a wallet: it may receive no mint and request no redemption.
pub fn block(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    desk: &Hand,
    wallet: &Address,
    reason: [u8; 32],
) -> Result<Step> {
    if fetch::is_blocked(chain, deployment, wallet)? {
        return Ok(Step::already("block", format!("{wallet} is blocked already")));
    }
    let receipt = send(
        chain,
        &[instruction::block_wallet(
            deployment,
            desk.address(),
            *wallet,
            reason,
        )],
        desk,
    )?;
    Ok(Step::done("block", wallet.to_string(), &receipt))
}

/// Opens a blocked wallet again.
pub fn unblock(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    desk: &Hand,
    wallet: &Address,
    reason: [u8; 32],
) -> Result<Step> {
    if !fetch::is_blocked(chain, deployment, wallet)? {
        return Ok(Step::already("unblock", format!("{wallet} is not blocked")));
    }
    let receipt = send(
        chain,
        &[instruction::unblock_wallet(
            deployment,
            desk.address(),
            *wallet,
            reason,
        )],
        desk,
    )?;
    Ok(Step::done("unblock", wallet.to_string(), &receipt))
}
