//! What the chain holds, for people and machines.

use kzte_client::{
    Address, Bic, Chain, Deployment, fetch,
    reserve::StatementFile,
    state::{Config, ORDER_CLOSED, Redemption, STATEMENT_EFFECTIVE},
};
use kzte_ledger::{Entry, EntryKind};
use serde::{Serialize, Serializer};

use super::{
    compliance::account_of,
    governance::flag_names,
    issuer,
    issuers::{outstanding, status_name},
    orders, present, redemption, reserves,
    roles::ROLES,
};
use crate::failure::{Failure, Result};

fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn optional_text<S: Serializer>(value: &Option<Address>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// The zero address stands for nobody.
fn somebody(address: &Address) -> Option<Address> {
    (*address != Address::default()).then_some(*address)
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
    pub uri: Option<String>,
    /// Tokens that exist, tiyn.
    pub supply: u64,
    /// Layout of the configuration.
    pub version: u8,
    /// Banks ever registered.
    pub issuer_count: u32,
    /// Whether token accounts are born frozen, so that banks admit their customers.
    pub accounts_born_frozen: bool,
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
    /// Who may accept the role.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub nominee: Option<Address>,
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
    let metadata = mint.metadata;
    Ok(ConfigView {
        config: deployment.config,
        mint: deployment.mint,
        name: metadata.as_ref().map(|text| text.name.clone()),
        symbol: metadata.as_ref().map(|text| text.symbol.clone()),
        uri: metadata.map(|text| text.uri),
        supply: mint.supply,
        version: config.version,
        issuer_count: config.issuer_count,
        accounts_born_frozen: config.accounts_born_frozen != 0,
        roles: ROLES
            .into_iter()
            .zip(&config.nominees)
            .map(|((role, name), nominee)| Holder {
                role: name,
                address: *config.holder(role),
                nominee: somebody(nominee),
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
    /// Who may accept the seat of the admin.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub admin_nominee: Option<Address>,
    /// Who may accept the seat of the operator.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub operator_nominee: Option<Address>,
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
    /// From this moment on the last statement mints no more, Unix seconds.
    pub fresh_until: i64,
    pub fresh: bool,
    /// What the open redemptions ask for beyond what is outstanding: liability to take over from other banks before
    /// all of them can be settled.
    pub to_novate: u64,
    /// What may still be minted: the least of quota and closing balance, less what is outstanding.
    pub room: u64,
}

/// A bank: limits, position, last statement.
pub fn issuer_view(chain: &dyn Chain, deployment: &Deployment, bic: &Bic) -> Result<IssuerView> {
    let issuer = issuer(chain, deployment, bic)?;
    let outstanding = outstanding(&issuer)?;
    let oldest = fetch::config(chain, deployment)?.max_statement_age;
    let fresh = kzte_ledger::check_freshness(chain.now()?, issuer.statement_as_of, oldest).is_ok();
    Ok(IssuerView {
        bic: *bic,
        address: deployment.issuer(bic),
        status: status_name(issuer.status),
        admin: issuer.admin,
        operator: issuer.operator,
        admin_nominee: somebody(&issuer.admin_nominee),
        operator_nominee: somebody(&issuer.operator_nominee),
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
        fresh_until: issuer.statement_as_of.saturating_add(oldest),
        fresh,
        to_novate: issuer.pending.saturating_sub(outstanding),
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
    /// Whether the term has passed.
    pub past_due: bool,
    /// Whether it is flagged: then its bank mints nothing.
    pub overdue: bool,
}

impl OpenRedemption {
    fn of(redemption: &Redemption, now: i64) -> Self {
        Self {
            issuer: redemption.issuer,
            owner: redemption.owner,
            amount: redemption.amount,
            payout_hash: redemption.payout_hash,
            requested_at: redemption.requested_at,
            due_at: redemption.due_at,
            past_due: now > redemption.due_at,
            overdue: redemption.overdue != 0,
        }
    }
}

/// A redemption, open or ended.
pub fn redemption_view(chain: &dyn Chain, address: &Address) -> Result<RedemptionView> {
    if let Some(redemption) = present(fetch::redemption(chain, address))? {
        return Ok(RedemptionView {
            address: *address,
            status: "open",
            end: None,
            open: Some(OpenRedemption::of(&redemption, chain.now()?)),
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

/// The open redemptions of a bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RedemptionsView {
    pub bic: Bic,
    /// By due time.
    pub redemptions: Vec<RedemptionView>,
    /// How many more the bank has, which this node does not remember.
    pub not_remembered: usize,
}

/// The open redemptions of a bank, by due time.
pub fn redemptions(chain: &dyn Chain, deployment: &Deployment, bic: &Bic) -> Result<RedemptionsView> {
    let mut open = redemption::open_of(chain, deployment, bic)?;
    open.found.sort_by_key(|(address, one)| (one.due_at, *address));
    let now = chain.now()?;
    Ok(RedemptionsView {
        bic: *bic,
        redemptions: open
            .found
            .iter()
            .map(|(address, redemption)| RedemptionView {
                address: *address,
                status: "open",
                end: None,
                open: Some(OpenRedemption::of(redemption, now)),
            })
            .collect(),
        not_remembered: open.missing,
    })
}

/// A seizure order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderView {
    #[serde(with = "hex::serde")]
    pub case_hash: [u8; 32],
    #[serde(serialize_with = "text")]
    pub address: Address,
    /// `open`, `expired` or `closed`.
    pub status: &'static str,
    #[serde(serialize_with = "text")]
    pub subject: Address,
    #[serde(serialize_with = "text")]
    pub destination: Address,
    /// Tiyn, as all amounts.
    pub cap: u64,
    pub executed: u64,
    /// What may still be moved.
    pub left: u64,
    /// What the subject holds now; absent where its account is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_holds: Option<u64>,
    pub opened_at: i64,
    pub expires_at: i64,
}

/// The order of a case.
pub fn order(chain: &dyn Chain, deployment: &Deployment, case_hash: &[u8; 32]) -> Result<OrderView> {
    let order = present(fetch::order(chain, deployment, case_hash))?.ok_or_else(|| {
        Failure::mismatch(
            format!("no order was opened for the case {}", hex::encode(case_hash)),
            "Check the case: its text and --key-file, or --case-hash as `kzte order open` printed it.",
        )
    })?;
    let (status, left) = if order.status == ORDER_CLOSED {
        ("closed", 0)
    } else if chain.now()? >= order.expires_at {
        ("expired", 0)
    } else {
        ("open", order.cap.saturating_sub(order.executed))
    };
    Ok(OrderView {
        case_hash: *case_hash,
        address: deployment.order(case_hash),
        status,
        subject: order.subject,
        destination: order.destination,
        cap: order.cap,
        executed: order.executed,
        left,
        subject_holds: present(fetch::token_account(chain, &order.subject))?.map(|account| account.amount),
        opened_at: order.opened_at,
        expires_at: order.expires_at,
    })
}

/// Every order ever opened, oldest first.
pub fn all_orders(chain: &dyn Chain, deployment: &Deployment) -> Result<Vec<OrderView>> {
    let mut views = orders::cases(chain, deployment)?
        .iter()
        .map(|case| order(chain, deployment, case))
        .collect::<Result<Vec<_>>>()?;
    views.sort_by_key(|view| (view.opened_at, view.case_hash));
    Ok(views)
}
