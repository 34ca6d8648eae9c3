//! Reading the accounts of a deployment from a chain. Each checks the owner before it believes the bytes.

use kzte::state::{Config, Issuer, Order, Redemption};
use solana_address::Address;

use crate::{
    Bic, Chain, ChainError, Deployment, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID,
    decode::{self, MintInfo, StatementAccount, TokenAccount},
};

/// Decodes the account at `address` if there is one.
fn read<T>(
    chain: &(impl Chain + ?Sized),
    what: &'static str,
    address: &Address,
    owner: &Address,
    decode: impl FnOnce(&[u8]) -> decode::Result<T>,
) -> Result<Option<T>, ChainError> {
    let Some(account) = chain.account(address)? else {
        return Ok(None);
    };
    // Anybody can send lamports to an address before its account exists.
    if account.owner == SYSTEM_PROGRAM_ID && account.data.is_empty() {
        return Ok(None);
    }
    if account.owner != *owner {
        return Err(ChainError::WrongOwner {
            what,
            address: *address,
            owner: account.owner,
        });
    }
    Ok(Some(decode(&account.data)?))
}

/// The configuration.
///
/// Errors: [`ChainError::Missing`] before `initialize`.
pub fn config(chain: &(impl Chain + ?Sized), deployment: &Deployment) -> Result<Config, ChainError> {
    let (what, address) = ("configuration", deployment.config);
    read(chain, what, &address, &PROGRAM_ID, decode::config)?.ok_or(ChainError::Missing { what, address })
}

/// A bank; `None`: not registered.
pub fn issuer(
    chain: &(impl Chain + ?Sized),
    deployment: &Deployment,
    bic: &Bic,
) -> Result<Option<Issuer>, ChainError> {
    read(
        chain,
        "issuer",
        &deployment.issuer(bic),
        &PROGRAM_ID,
        decode::issuer,
    )
}

/// A statement; `None`: never posted, withdrawn, or closed.
pub fn statement(
    chain: &(impl Chain + ?Sized),
    deployment: &Deployment,
    bic: &Bic,
    number: u64,
) -> Result<Option<StatementAccount>, ChainError> {
    read(
        chain,
        "statement",
        &deployment.statement(bic, number),
        &PROGRAM_ID,
        decode::statement,
    )
}

/// A redemption; `None`: none is open at that address.
pub fn redemption(
    chain: &(impl Chain + ?Sized),
    address: &Address,
) -> Result<Option<Redemption>, ChainError> {
    read(chain, "redemption", address, &PROGRAM_ID, decode::redemption)
}

/// A seizure order; `None`: that case was never opened.
pub fn order(
    chain: &(impl Chain + ?Sized),
    deployment: &Deployment,
    case_hash: &[u8; 32],
) -> Result<Option<Order>, ChainError> {
    read(
        chain,
        "order",
        &deployment.order(case_hash),
        &PROGRAM_ID,
        decode::order,
    )
}

/// Whether a wallet is blocked.
pub fn is_blocked(
    chain: &(impl Chain + ?Sized),
    deployment: &Deployment,
    wallet: &Address,
) -> Result<bool, ChainError> {
    Ok(chain
        .account(&deployment.block(wallet))?
        .is_some_and(|account| account.owner == PROGRAM_ID))
}

/// The mint.
///
/// Errors: [`ChainError::Missing`] before `initialize`.
pub fn mint(chain: &(impl Chain + ?Sized), deployment: &Deployment) -> Result<MintInfo, ChainError> {
    let (what, address) = ("mint", deployment.mint);
    read(chain, what, &address, &TOKEN_PROGRAM_ID, decode::mint)?.ok_or(ChainError::Missing { what, address })
}

/// A token account; `None`: not created.
pub fn token_account(
    chain: &(impl Chain + ?Sized),
    address: &Address,
) -> Result<Option<TokenAccount>, ChainError> {
    read(
        chain,
        "token account",
        address,
        &TOKEN_PROGRAM_ID,
        decode::token_account,
    )
}

/// What a wallet holds in its associated token account, tiyn.
pub fn balance(
    chain: &(impl Chain + ?Sized),
    deployment: &Deployment,
    wallet: &Address,
) -> Result<u64, ChainError> {
    Ok(token_account(chain, &deployment.token_account(wallet))?.map_or(0, |account| account.amount))
}
