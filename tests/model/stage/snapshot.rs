//! The accounts at one moment, read from their bytes.

use std::collections::{BTreeMap, BTreeSet};

use kzte_client::{
    Account, Address, PROGRAM_ID, TOKEN_PROGRAM_ID,
    decode::{self, MintInfo, StatementAccount, TokenAccount},
    state::{Config, Issuer, Order, Redemption},
};

use crate::cast::{BankId, CaseId, PurseId, RedemptionId, StatementId, Who};

/// What lies at a watched address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Config,
    Mint,
    Issuer(BankId),
    Statement(StatementId),
    Redemption(RedemptionId),
    Order(CaseId),
    Block(Who),
    Purse(PurseId),
    Wallet,
}

/// A watched account that is not as it was.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub address: Address,
    pub place: Place,
    /// By how much its lamports grew.
    pub lamports: i128,
}

/// The accounts at one moment.
#[derive(Clone)]
pub struct Snapshot {
    /// Unix seconds.
    pub now: i64,
    pub mint: MintInfo,
    /// The last readable configuration.
    pub config: Config,
    /// The configuration lies there as the first build wrote it.
    pub config_is_old: bool,
    pub issuers: BTreeMap<BankId, Issuer>,
    pub statements: BTreeMap<StatementId, StatementAccount>,
    pub redemptions: BTreeMap<RedemptionId, Redemption>,
    pub orders: BTreeMap<CaseId, Order>,
    pub blocked: BTreeSet<Who>,
    pub purses: BTreeMap<PurseId, TokenAccount>,
}

/// Puts an account into the snapshot, or takes it out.
pub(super) fn read(snapshot: &mut Snapshot, place: Place, account: Option<&Account>) -> Result<(), String> {
    let owned = |program: &Address| match account {
        Some(account) if account.owner != *program => Err(format!("it belongs to {}", account.owner)),
        other => Ok(other.map(|account| account.data.as_slice())),
    };
    let ours = || owned(&PROGRAM_ID);
    let text = |error: decode::DecodeError| error.to_string();
    match place {
        Place::Wallet => {}
        Place::Config => {
            let data = ours()?.ok_or("it is gone")?;
            snapshot.config_is_old = data.len() == Config::SPACE_V1;
            if !snapshot.config_is_old {
                snapshot.config = decode::config(data).map_err(text)?;
            }
        }
        Place::Mint => {
            let data = owned(&TOKEN_PROGRAM_ID)?.ok_or("it is gone")?;
            snapshot.mint = decode::mint(data).map_err(text)?;
        }
        Place::Issuer(id) => put(&mut snapshot.issuers, id, ours()?.map(decode::issuer))?,
        Place::Statement(id) => put(&mut snapshot.statements, id, ours()?.map(decode::statement))?,
        Place::Redemption(id) => put(&mut snapshot.redemptions, id, ours()?.map(decode::redemption))?,
        Place::Order(id) => put(&mut snapshot.orders, id, ours()?.map(decode::order))?,
        Place::Block(who) => {
            if ours()?.is_some() {
                snapshot.blocked.insert(who);
            } else {
                snapshot.blocked.remove(&who);
            }
        }
        Place::Purse(id) => put(
            &mut snapshot.purses,
            id,
            owned(&TOKEN_PROGRAM_ID)?.map(decode::token_account),
        )?,
    }
    Ok(())
}

fn put<K: Ord, V>(
    map: &mut BTreeMap<K, V>,
    key: K,
    value: Option<Result<V, decode::DecodeError>>,
) -> Result<(), String> {
    match value.transpose().map_err(|error| error.to_string())? {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
    Ok(())
}
