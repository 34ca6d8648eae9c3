//! Freezing accounts, blocking wallets (signer: the compliance desk), admitting holders (signer: a bank's operator).

use kzte_client::{
    Address, Bic, Chain, Deployment, KzteError, Signer, TOKEN_PROGRAM_ID, amount::format_tenge,
    decode::TokenAccount, fetch, instruction, state::ISSUER_ACTIVE,
};

use super::{Step, issuer, issuers::status_name, oversight, present, send};
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
    let mut freeze = instruction::freeze(deployment, desk.address(), account, reason);
    if state.owner == account {
        // It might be an escrow, which is not frozen: the program looks through all banks.
        freeze = instruction::beside_all_banks(deployment, freeze, &oversight::banks(chain, deployment)?);
    }
    let receipt = send(chain, &[freeze], desk)?;
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

/// A bank lets a verified customer in where token accounts are born frozen: thaws the wallet's empty account, and
/// creates it before where there is none. `address`: wallet or token account. Signer: the operator.
pub fn admit(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    operator: &Hand,
    bic: &Bic,
    address: &Address,
    reference: [u8; 32],
) -> Result<Step> {
    const ACTION: &str = "admit";
    let config = fetch::config(chain, deployment)?;
    let bank = issuer(chain, deployment, bic)?;
    let is_token_account = chain
        .account(address)?
        .is_some_and(|account| account.owner == TOKEN_PROGRAM_ID);
    let exists = is_token_account
        || present(fetch::token_account(chain, &deployment.token_account(address)))?.is_some();
    let (account, wallet) = if exists {
        let (account, state) = account_of(chain, deployment, address)?;
        if !state.frozen {
            return Ok(Step::already(
                ACTION,
                format!("{account} of wallet {} is open", state.owner),
            ));
        }
        if config.accounts_born_frozen != 0 && state.amount != 0 {
            return Err(Failure::foreseen(
                KzteError::AccountNotEmpty,
                format!(
                    "{account} holds {}: a bank admits empty accounts only",
                    format_tenge(state.amount)
                ),
            ));
        }
        (account, state.owner)
    } else {
        (deployment.token_account(address), *address)
    };
    if config.accounts_born_frozen == 0 {
        let failure = Failure::foreseen(
            KzteError::NotBornFrozen,
            "token accounts are born open in this deployment: there is nobody to admit",
        );
        return Err(if exists {
            failure
        } else {
            failure.but("The wallet's account opens with its first mint or transfer.")
        });
    }
    if bank.operator != operator.address() {
        return Err(Failure::foreseen(
            KzteError::NotAuthorized,
            format!(
                "{} is not the operator of {bic}: {} is",
                operator.address(),
                bank.operator
            ),
        )
        .but("Sign with that key: --keypair."));
    }
    if bank.status != ISSUER_ACTIVE {
        return Err(Failure::foreseen(
            KzteError::IssuerNotActive,
            format!("{bic} is {}: it admits nobody", status_name(bank.status)),
        ));
    }
    if fetch::is_blocked(chain, deployment, &wallet)? {
        return Err(Failure::foreseen(
            KzteError::WalletBlocked,
            format!("the wallet {wallet} is blocked"),
        )
        .but("Ask the compliance desk."));
    }
    let mut instructions = Vec::with_capacity(2);
    if !exists {
        let payer = operator.payer.pubkey();
        instructions.push(instruction::create_associated_token(deployment, payer, wallet));
    }
    let signer = operator.address();
    instructions.push(instruction::admit_holder(
        deployment, bic, signer, &wallet, account, reference,
    ));
    let receipt = send(chain, &instructions, operator)?;
    Ok(Step::done(
        ACTION,
        format!("{account} of wallet {wallet} is open"),
        &receipt,
    ))
}
