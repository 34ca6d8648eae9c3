//! What the chain holds, for people and machines.

use kzte_client::{
    Address, Bic, Chain, Deployment, fetch,
    reserve::StatementFile,
    state::{
        Config, ISSUER_ACTIVE, ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, Role, STATEMENT_EFFECTIVE,
    },
};
use kzte_ledger::{Entry, EntryKind};
use serde::{Serialize, Serializer};

use super::{compliance::account_of, governance::flag_names, issuer, present, redemption, reserves};
use crate::failure::{Failure, Result};

fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What a wallet holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    #[serde(serialize_with = "text")]
    pub wallet: Address,
    #[serde(serialize_with = "text")]
    pub token_account: Address,
    /// Tiyn.
    pub amount: u64,
    pub frozen: bool,
    /// Whether the wallet may receive no mint and request no redemption.
    pub blocked: bool,
}

/// The tokens of a wallet, or of one token account.
pub fn balance(chain: &dyn Chain, deployment: &Deployment, address: &Address) -> Result<Balance> {
    let exists = chain.account(&deployment.token_account(address))?.is_some();
    let is_token_account = chain
        .account(address)?
        .is_some_and(|account| account.owner == kzte_client::TOKEN_PROGRAM_ID);
    if !exists && !is_token_account {
        return Ok(Balance {
            wallet: *address,
            token_account: deployment.token_account(address),
            amount: 0,
            frozen: false,
            blocked: fetch::is_blocked(chain, deployment, address)?,
        });
    }
    let (token_account, state) = account_of(chain, deployment, address)?;
    Ok(Balance {
        wallet: state.owner,
        token_account,
        amount: state.amount,
        frozen: state.frozen,
        blocked: fetch::is_blocked(chain, deployment, &state.owner)?,
    })
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigView {
    #[serde(serialize_with = "text")]
    pub config: Address,
    #[serde(serialize_with = "text")]
    pub mint: Address,
    pub name: Option<String>,
    pub symbol: Option<String>,
    /// Tokens that exist, tiyn.
    pub supply: u64,
    pub roles: Vec<Holder>,
    pub attestors: Vec<Seat>,
    /// Votes that carry a statement.
    pub threshold: u8,
    pub attestor_set_version: u32,
    /// Functions that are paused.
    pub paused: Vec<String>,
    /// Seconds.
    pub max_statement_age: i64,
    /// Seconds.
    pub redemption_sla: i64,
}

/// Who holds a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    pub role: &'static str,
    #[serde(serialize_with = "text")]
    pub address: Address,
}

/// Who attests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seat {
    pub seat: usize,
    #[serde(serialize_with = "text")]
    pub address: Address,
    pub mandatory: bool,
    /// Whether it has voted; only where votes are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voted: Option<bool>,
}

fn seats(config: &Config, approvals: Option<u8>) -> Vec<Seat> {
    let keys = config
        .attestors
        .iter()
        .take(usize::from(config.attestor_count))
        .enumerate();
    keys.map(|(seat, address)| {
        let bit = 1u8
            .checked_shl(u32::try_from(seat).unwrap_or(u32::MAX))
            .unwrap_or_default();
        Seat {
            seat,
            address: *address,
            mandatory: config.mandatory & bit != 0,
            voted: approvals.map(|approvals| approvals & bit != 0),
        }
    })
    .collect()
}

/// Roles, attestors, policy, mint.
pub fn config(chain: &dyn Chain, deployment: &Deployment) -> Result<ConfigView> {
    let config = fetch::config(chain, deployment)?;
    let mint = fetch::mint(chain, deployment)?;
    let roles = [
        ("authority", Role::Authority),
        ("issuer manager", Role::IssuerManager),
        ("pauser", Role::Pauser),
        ("compliance", Role::Compliance),
        ("court officer", Role::CourtOfficer),
        ("enforcer", Role::Enforcer),
    ];
    let (name, symbol) = mint
        .metadata
        .map(|metadata| (metadata.name, metadata.symbol))
        .unzip();
    Ok(ConfigView {
        config: deployment.config,
        mint: deployment.mint,
        name,
        symbol,
        supply: mint.supply,
        roles: roles
            .into_iter()
            .map(|(role, which)| Holder {
                role,
                address: *config.holder(which),
            })
            .collect(),
        attestors: seats(&config, None),
        threshold: config.threshold,
        attestor_set_version: config.attestor_set_version,
        paused: if config.paused == 0 {
            Vec::new()
        } else {
            flag_names(config.paused).split(", ").map(str::to_owned).collect()
        },
        max_statement_age: config.max_statement_age,
        redemption_sla: config.redemption_sla,
    })
}

/// A bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IssuerView {
    pub bic: Bic,
    #[serde(serialize_with = "text")]
    pub address: Address,
    pub status: &'static str,
    #[serde(serialize_with = "text")]
    pub admin: Address,
    #[serde(serialize_with = "text")]
    pub operator: Address,
    /// Tiyn, as all amounts.
    pub quota: u64,
    /// Absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_limit: Option<u64>,
    pub window_seconds: i64,
    /// Minted within the current window.
    pub window_used: u64,
    pub minted: u64,
    pub burned: u64,
    pub novated_in: u64,
    pub novated_out: u64,
    pub outstanding: u64,
    /// Tokens of open redemptions.
    pub pending: u64,
    pub pending_count: u32,
    pub overdue_count: u32,
    /// Of the last effective statement; 0: none yet.
    pub statement_number: u64,
    pub closing_balance: u64,
    pub statement_as_of: i64,
    /// What may still be minted: the least of quota and closing balance, less what is outstanding.
    pub room: u64,
}

/// A bank: limits, position, last statement.
pub fn issuer_view(chain: &dyn Chain, deployment: &Deployment, bic: &Bic) -> Result<IssuerView> {
    let issuer = issuer(chain, deployment, bic)?;
    let position = kzte_ledger::Position {
        minted: issuer.minted,
        burned: issuer.burned,
        novated_in: issuer.novated_in,
        novated_out: issuer.novated_out,
    };
    let outstanding = position
        .outstanding()
        .map_err(|violation| Failure::mismatch(violation.to_string(), "Tell the authority."))?;
    Ok(IssuerView {
        bic: *bic,
        address: deployment.issuer(bic),
        status: match issuer.status {
            ISSUER_ACTIVE => "active",
            ISSUER_SUSPENDED => "suspended",
            ISSUER_WIND_DOWN => "winding down",
            ISSUER_CLOSED => "closed",
            _ => "unknown",
        },
        admin: issuer.admin,
        operator: issuer.operator,
        quota: issuer.quota,
        window_limit: (issuer.window_limit != u64::MAX).then_some(issuer.window_limit),
        window_seconds: issuer.window_seconds,
        window_used: issuer.window_used,
        minted: issuer.minted,
        burned: issuer.burned,
        novated_in: issuer.novated_in,
        novated_out: issuer.novated_out,
        outstanding,
        pending: issuer.pending,
        pending_count: issuer.pending_count,
        overdue_count: issuer.overdue_count,
        statement_number: issuer.statement_number,
        closing_balance: issuer.closing_balance,
        statement_as_of: issuer.statement_as_of,
        room: issuer
            .quota
            .min(issuer.closing_balance)
            .saturating_sub(outstanding),
    })
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementView {
    pub bic: Bic,
    pub number: u64,
    #[serde(serialize_with = "text")]
    pub address: Address,
    pub status: &'static str,
    /// Tiyn, as all amounts.
    pub opening: u64,
    pub credit_total: u64,
    pub debit_total: u64,
    pub closing: u64,
    pub as_of: i64,
    pub entry_count: u32,
    pub actionable_count: u32,
    pub consumed_count: u32,
    pub minted: u64,
    pub settled: u64,
    #[serde(with = "hex::serde")]
    pub entries_root: [u8; 32],
    #[serde(with = "hex::serde")]
    pub source_hash: [u8; 32],
    /// Seats of today's set with their votes.
    pub votes: Vec<Seat>,
    /// How far the votes are.
    pub standing: String,
    /// Entries that can still be consumed; only with a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<Vec<OpenEntry>>,
}

/// An entry that can still be minted or settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenEntry {
    pub index: u32,
    pub kind: &'static str,
    /// Tiyn.
    pub amount: u64,
    #[serde(serialize_with = "text")]
    pub party: Address,
}

impl OpenEntry {
    fn of(entry: &Entry) -> Self {
        Self {
            index: entry.index,
            kind: match entry.kind {
                EntryKind::Credit => "credit",
                EntryKind::Debit => "debit",
            },
            amount: entry.amount,
            party: Address::new_from_array(entry.party),
        }
    }
}

/// A statement: figures, votes, consumed entries; with its bundle also the open ones.
pub fn statement(
    chain: &dyn Chain,
    deployment: &Deployment,
    bic: &Bic,
    number: u64,
    bundle: Option<&StatementFile>,
) -> Result<StatementView> {
    let config = fetch::config(chain, deployment)?;
    let Some(statement) = present(fetch::statement(chain, deployment, bic, number))? else {
        let closed = issuer(chain, deployment, bic)?.statement_number >= number;
        let fact = if closed {
            "is closed: every entry of it is consumed"
        } else {
            "is not posted"
        };
        return Err(Failure::mismatch(
            format!("statement {number} of {bic} {fact}"),
            "",
        ));
    };
    let open = match bundle {
        None => None,
        Some(file) => {
            reserves::matching(chain, deployment, bic, file)?;
            let open = file
                .entries
                .iter()
                .filter(|entry| entry.is_actionable() && statement.is_consumed(entry.index) == Some(false));
            Some(open.map(OpenEntry::of).collect())
        }
    };
    let header = statement.header;
    // Votes of an older set never count.
    let effective = header.status == STATEMENT_EFFECTIVE;
    let counts = effective || header.attestor_set_version == config.attestor_set_version;
    let approvals = if counts { header.approvals } else { 0 };
    Ok(StatementView {
        bic: *bic,
        number,
        address: deployment.statement(bic, number),
        status: if effective { "effective" } else { "posted" },
        opening: header.opening,
        credit_total: header.credit_total,
        debit_total: header.debit_total,
        closing: header.closing,
        as_of: header.as_of,
        entry_count: header.entry_count,
        actionable_count: header.actionable_count,
        consumed_count: header.consumed_count,
        minted: header.minted,
        settled: header.settled,
        entries_root: header.entries_root,
        source_hash: header.source_hash,
        votes: seats(&config, Some(approvals)),
        standing: if effective {
            "effective".to_owned()
        } else {
            reserves::standing(approvals, &config)
        },
        open,
    })
}

/// A redemption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RedemptionView {
    #[serde(serialize_with = "text")]
    pub address: Address,
    pub status: &'static str,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// The rest only while it is open.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenRedemption>,
}

/// A redemption that waits for its payout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenRedemption {
    /// The bank's account.
    #[serde(serialize_with = "text")]
    pub issuer: Address,
    #[serde(serialize_with = "text")]
    pub owner: Address,
    /// Tiyn.
    pub amount: u64,
    #[serde(with = "hex::serde")]
    pub payout_hash: [u8; 32],
    pub requested_at: i64,
    pub due_at: i64,
    pub overdue: bool,
}

/// A redemption, open or ended.
pub fn redemption_view(chain: &dyn Chain, address: &Address) -> Result<RedemptionView> {
    if let Some(redemption) = present(fetch::redemption(chain, address))? {
        return Ok(RedemptionView {
            address: *address,
            status: "open",
            end: None,
            open: Some(OpenRedemption {
                issuer: redemption.issuer,
                owner: redemption.owner,
                amount: redemption.amount,
                payout_hash: redemption.payout_hash,
                requested_at: redemption.requested_at,
                due_at: redemption.due_at,
                overdue: redemption.overdue != 0,
            }),
        });
    }
    match redemption::end_of(chain, address)? {
        Some(end) => Ok(RedemptionView {
            address: *address,
            status: "ended",
            end: Some(end.to_string()),
            open: None,
        }),
        None => Err(Failure::mismatch(
            format!("there is no redemption {address}, and the chain remembers none"),
            "Check the address: `kzte redeem` printed it.",
        )),
    }
}
