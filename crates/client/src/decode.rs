//! Account bytes to typed values. Every function checks what the bytes say they are; who owns the account is checked
//! by [`fetch`](crate::fetch).

use anchor_lang::Discriminator;
use borsh::BorshDeserialize;
use kzte::state::{Config, Issuer, Redemption, Statement};
use kzte_ledger::bitmap_len;
use solana_address::Address;
use spl_token_2022_interface::{
    extension::{
        BaseStateWithExtensions, ExtensionType, StateWithExtensions, cpi_guard::CpiGuard,
        default_account_state::DefaultAccountState, pausable::PausableConfig, permanent_delegate::PermanentDelegate,
    },
    state::{Account, AccountState, Mint},
};
use spl_token_metadata_interface::state::TokenMetadata;
use thiserror::Error;

/// Bytes that are not the account they were taken for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("these bytes are no {what}: {reason}")]
pub struct DecodeError {
    /// The account that was expected.
    pub what: &'static str,
    /// The fact that speaks against it.
    pub reason: String,
}

/// Result of decoding.
pub type Result<T> = std::result::Result<T, DecodeError>;

/// A statement with its consumed-bits.
#[derive(Clone, Debug)]
pub struct StatementAccount {
    /// The fields.
    pub header: Statement,
    /// One bit an entry, least significant first.
    pub bitmap: Vec<u8>,
}

impl StatementAccount {
    /// Whether the entry at `index` has been consumed; `None`: the statement has no such entry.
    pub fn is_consumed(&self, index: u32) -> Option<bool> {
        if index >= self.header.entry_count {
            return None;
        }
        kzte_ledger::is_consumed(&self.bitmap, index).ok()
    }
}

/// A token account under Token-2022.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAccount {
    pub mint: Address,
    pub owner: Address,
    /// Tiyn.
    pub amount: u64,
    pub frozen: bool,
    pub delegate: Option<Address>,
    /// Tiyn that the delegate may still move.
    pub delegated_amount: u64,
    pub close_authority: Option<Address>,
    /// Whether CPI Guard is on.
    pub cpi_guard: bool,
}

/// A mint under Token-2022.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintInfo {
    /// Tiyn.
    pub supply: u64,
    pub decimals: u8,
    pub mint_authority: Option<Address>,
    pub freeze_authority: Option<Address>,
    /// Whether the token program refuses transfers, mints and burns.
    pub paused: bool,
    pub pause_authority: Option<Address>,
    pub permanent_delegate: Option<Address>,
    /// Whether token accounts are born frozen.
    pub born_frozen: bool,
    pub metadata: Option<MintMetadata>,
    /// Names of all extensions, in their order in the account.
    pub extensions: Vec<String>,
}

/// Name, symbol and link of a mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintMetadata {
    pub update_authority: Option<Address>,
    pub name: String,
    pub symbol: String,
    pub uri: String,
}

/// Reads a configuration.
pub fn config(data: &[u8]) -> Result<Config> {
    exact("configuration", data)
}

/// Reads an issuer.
pub fn issuer(data: &[u8]) -> Result<Issuer> {
    exact("issuer", data)
}

/// Reads a redemption.
pub fn redemption(data: &[u8]) -> Result<Redemption> {
    exact("redemption", data)
}

/// Reads a statement with its bitmap.
pub fn statement(data: &[u8]) -> Result<StatementAccount> {
    const WHAT: &str = "statement";
    let (header, bitmap) = head::<Statement>(WHAT, data)?;
    let expected = bitmap_len(header.entry_count);
    if bitmap.len() != expected {
        return Err(DecodeError {
            what: WHAT,
            reason: format!(
                "{} entries need a bitmap of {expected} bytes, there are {}",
                header.entry_count,
                bitmap.len()
            ),
        });
    }
    Ok(StatementAccount { header, bitmap: bitmap.to_vec() })
}

/// Reads a Token-2022 token account.
pub fn token_account(data: &[u8]) -> Result<TokenAccount> {
    let state = StateWithExtensions::<Account>::unpack(data)
        .map_err(|error| DecodeError { what: "token account", reason: error.to_string() })?;
    let base = &state.base;
    Ok(TokenAccount {
        mint: base.mint,
        owner: base.owner,
        amount: base.amount,
        frozen: base.state == AccountState::Frozen,
        delegate: base.delegate.into(),
        delegated_amount: base.delegated_amount,
        close_authority: base.close_authority.into(),
        cpi_guard: state.get_extension::<CpiGuard>().is_ok_and(|guard| guard.lock_cpi.into()),
    })
}

/// Reads a Token-2022 mint.
pub fn mint(data: &[u8]) -> Result<MintInfo> {
    let refuse = |error: String| DecodeError { what: "mint", reason: error };
    let state = StateWithExtensions::<Mint>::unpack(data).map_err(|error| refuse(error.to_string()))?;
    let extensions: Vec<ExtensionType> =
        state.get_extension_types().map_err(|error| refuse(error.to_string()))?;
    let pausable = state.get_extension::<PausableConfig>().ok();
    let metadata = state.get_variable_len_extension::<TokenMetadata>().ok();
    Ok(MintInfo {
        supply: state.base.supply,
        decimals: state.base.decimals,
        mint_authority: state.base.mint_authority.into(),
        freeze_authority: state.base.freeze_authority.into(),
        paused: pausable.is_some_and(|config| config.paused.into()),
        pause_authority: pausable.and_then(|config| config.authority.into()),
        permanent_delegate: state
            .get_extension::<PermanentDelegate>()
            .ok()
            .and_then(|extension| extension.delegate.into()),
        born_frozen: state
            .get_extension::<DefaultAccountState>()
            .is_ok_and(|extension| extension.state == AccountState::Frozen as u8),
        metadata: metadata.map(|text| MintMetadata {
            update_authority: text.update_authority.into(),
            name: text.name,
            symbol: text.symbol,
            uri: text.uri,
        }),
        extensions: extensions.iter().map(|extension| format!("{extension:?}")).collect(),
    })
}

/// Checks the discriminator, reads the fields, and returns the bytes behind them.
fn head<'a, T: Discriminator + BorshDeserialize>(what: &'static str, data: &'a [u8]) -> Result<(T, &'a [u8])> {
    let mut rest = data.strip_prefix(T::DISCRIMINATOR).ok_or_else(|| DecodeError {
        what,
        reason: format!(
            "they begin with {}, not with {}",
            hex::encode(data.get(..T::DISCRIMINATOR.len()).unwrap_or(data)),
            hex::encode(T::DISCRIMINATOR)
        ),
    })?;
    let value = T::deserialize(&mut rest)
        .map_err(|error| DecodeError { what, reason: format!("{} bytes: {error}", data.len()) })?;
    Ok((value, rest))
}

fn exact<T: Discriminator + BorshDeserialize>(what: &'static str, data: &[u8]) -> Result<T> {
    let (value, rest) = head(what, data)?;
    if !rest.is_empty() {
        return Err(DecodeError { what, reason: format!("{} bytes too many", rest.len()) });
    }
    Ok(value)
}
