//! What the program tells the world. Every event carries the configuration, the issuer where there is one, the
//! actor, and the hash of the record that the act refers to; never personal data.
//!
//! Hot paths write log events; rare governance and compliance actions call the program itself, so that an indexer
//! finds them in the instruction data and log truncation cannot lose them. Fields are ordered so that no event has
//! padding: the bytes are the same for Borsh and for a zero-copy reader.

use anchor_lang::prelude::*;
use kzte_ledger::MAX_ATTESTORS;

use crate::state::ROLE_COUNT;

// ── governance: self-CPI events ─────────────────────────────────────────────────────────────

/// The configuration and its mint exist.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct Initialized {
    /// The configuration.
    pub config: Address,
    /// The upgrade authority.
    pub actor: Address,
    /// The Token-2022 mint.
    pub mint: Address,
    /// Role holders by [`crate::state::Role`].
    pub roles: [Address; ROLE_COUNT],
    /// Seconds.
    pub max_statement_age: i64,
    /// Seconds.
    pub redemption_sla: i64,
}

/// The attestor set changed; votes under older versions count no more.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct AttestorsSet {
    /// The configuration.
    pub config: Address,
    /// The central bank authority, or the upgrade authority at `initialize`.
    pub actor: Address,
    /// Attestors by seat.
    pub attestors: [Address; MAX_ATTESTORS],
    /// Version of the set.
    pub version: u32,
    /// Seats taken.
    pub count: u8,
    /// Votes that carry a statement.
    pub threshold: u8,
    /// Bitmap of seats that must be among the votes.
    pub mandatory: u8,
    /// Zero.
    pub reserved: u8,
}

/// A partner bank may issue.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct IssuerRegistered {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The issuer manager.
    pub actor: Address,
    /// Cold key of the bank.
    pub admin: Address,
    /// Hot key of the bank.
    pub operator: Address,
    /// Most outstanding, tiyn.
    pub quota: u64,
    /// Most minted a window, tiyn.
    pub window_limit: u64,
    /// Length of the window, seconds.
    pub window_seconds: i64,
    /// ISO 9362 code.
    pub bic: [u8; 11],
    /// Zero.
    pub reserved: [u8; 5],
}

/// The limits of a bank changed.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct IssuerConfigured {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The issuer manager.
    pub actor: Address,
    /// Most outstanding, tiyn.
    pub quota: u64,
    /// Most minted a window, tiyn.
    pub window_limit: u64,
    /// Length of the window, seconds.
    pub window_seconds: i64,
}

/// Functions were stopped.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct Paused {
    /// The configuration.
    pub config: Address,
    /// The pauser.
    pub actor: Address,
    /// Flags set by this act.
    pub flags: u8,
    /// All flags now set.
    pub paused: u8,
    /// Zero.
    pub reserved: [u8; 6],
}

/// Functions were opened again.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct Resumed {
    /// The configuration.
    pub config: Address,
    /// The authority.
    pub actor: Address,
    /// Flags cleared by this act.
    pub flags: u8,
    /// All flags still set.
    pub paused: u8,
    /// Zero.
    pub reserved: [u8; 6],
}

/// A role was offered to a nominee, who has to accept it.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct RoleNominated {
    /// The configuration.
    pub config: Address,
    /// The issuer; zero where the role is one of the configuration.
    pub issuer: Address,
    /// Whoever nominates.
    pub actor: Address,
    /// The nominee.
    pub nominee: Address,
    /// Number of the role: [`crate::state::Role`], then 6 issuer admin, 7 issuer operator.
    pub role: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

/// A nominee took a role over. With a new authority all other nominations of the configuration lapse, with a new admin
/// that of the bank's operator.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct RoleAccepted {
    /// The configuration.
    pub config: Address,
    /// The issuer; zero where the role is one of the configuration.
    pub issuer: Address,
    /// The new holder.
    pub actor: Address,
    /// The holder until now.
    pub previous: Address,
    /// Number of the role: [`crate::state::Role`], then 6 issuer admin, 7 issuer operator.
    pub role: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

/// A nomination was taken back.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct NominationCancelled {
    /// The configuration.
    pub config: Address,
    /// The issuer; zero where the role is one of the configuration.
    pub issuer: Address,
    /// Whoever cancels.
    pub actor: Address,
    /// The nominee who will not become one.
    pub nominee: Address,
    /// Number of the role: [`crate::state::Role`], then 6 issuer admin, 7 issuer operator.
    pub role: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

/// The policy changed.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct PolicySet {
    /// The configuration.
    pub config: Address,
    /// The authority.
    pub actor: Address,
    /// Seconds.
    pub max_statement_age: i64,
    /// Seconds.
    pub redemption_sla: i64,
}

/// The status of a bank changed.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct IssuerStatusChanged {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The issuer manager.
    pub actor: Address,
    /// Hash of the reason on file.
    pub reference_hash: [u8; 32],
    /// Status until now.
    pub from: u8,
    /// Status from now on.
    pub to: u8,
    /// Zero.
    pub reserved: [u8; 6],
}

/// Token accounts are from now on born frozen, or born open.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct DefaultAccountStateSet {
    /// The configuration.
    pub config: Address,
    /// The authority.
    pub actor: Address,
    /// 1: born frozen.
    pub frozen: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

/// The name or the URI of the token changed. The text stands in the instruction.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct MetadataUpdated {
    /// The configuration.
    pub config: Address,
    /// The authority.
    pub actor: Address,
    /// SHA-256 of the text.
    pub value_hash: [u8; 32],
    /// 0 name, 1 URI.
    pub field: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

/// The configuration has the layout of this build.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct ConfigMigrated {
    /// The configuration.
    pub config: Address,
    /// The authority.
    pub actor: Address,
    /// Issuers counted.
    pub issuer_count: u32,
    /// Layout version.
    pub version: u8,
    /// Zero.
    pub reserved: [u8; 3],
}

// ── oversight: self-CPI events ──────────────────────────────────────────────────────────────

/// What the books of one bank say at this moment.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct IssuerChecked {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// Whoever asked.
    pub actor: Address,
    /// Tiyn.
    pub outstanding: u64,
    /// Last closing balance, tiyn.
    pub closing: u64,
    /// Sum of the open redemptions, tiyn.
    pub pending: u64,
    /// Balance of the escrow, tiyn.
    pub escrow: u64,
    /// Tiyn.
    pub quota: u64,
    /// Time of the last effective statement, Unix seconds.
    pub as_of: i64,
    /// Redemptions flagged overdue.
    pub overdue_count: u32,
    /// Bits of [`crate::constants::VIOLATES_1`] and its neighbours.
    pub violations: u8,
    /// Status of the issuer.
    pub status: u8,
    /// 1: the last statement is no older than the policy allows.
    pub fresh: u8,
    /// 1: outstanding is at most the closing balance.
    pub backed: u8,
}

/// The invariants were recomputed from the accounts given.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct InvariantsChecked {
    /// The configuration.
    pub config: Address,
    /// Whoever asked.
    pub actor: Address,
    /// Supply of the mint, tiyn.
    pub supply: u64,
    /// Sum over the banks given, tiyn.
    pub outstanding: u64,
    /// Sum over the banks given, tiyn.
    pub closing: u64,
    /// Sum over the banks given, tiyn.
    pub pending: u64,
    /// Sum over the banks given, tiyn.
    pub escrow: u64,
    /// Unix seconds.
    pub checked_at: i64,
    /// Banks given.
    pub banks_given: u32,
    /// Banks registered: the sums are whole only when all are given.
    pub banks_registered: u32,
    /// Bits of [`crate::constants::VIOLATES_1`] and its neighbours, those of all banks together.
    pub violations: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

// ── compliance: self-CPI events ─────────────────────────────────────────────────────────────

/// A token account was frozen.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct AccountFrozen {
    /// The configuration.
    pub config: Address,
    /// The compliance desk.
    pub actor: Address,
    /// The token account.
    pub token_account: Address,
    /// Hash of the reason on file.
    pub reference_hash: [u8; 32],
}

/// A token account was thawed.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct AccountThawed {
    /// The configuration.
    pub config: Address,
    /// The compliance desk.
    pub actor: Address,
    /// The token account.
    pub token_account: Address,
    /// Hash of the reason on file.
    pub reference_hash: [u8; 32],
}

/// A wallet may receive no mint and request no redemption.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct WalletBlocked {
    /// The configuration.
    pub config: Address,
    /// The compliance desk.
    pub actor: Address,
    /// The wallet.
    pub wallet: Address,
    /// Hash of the reason on file.
    pub reference_hash: [u8; 32],
}

/// A wallet is open again.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct WalletUnblocked {
    /// The configuration.
    pub config: Address,
    /// The compliance desk.
    pub actor: Address,
    /// The wallet.
    pub wallet: Address,
    /// Hash of the reason on file.
    pub reference_hash: [u8; 32],
}

/// A bank let a customer in where accounts are born frozen.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct HolderAdmitted {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The operator.
    pub actor: Address,
    /// Hash of the verification on file.
    pub reference_hash: [u8; 32],
    /// The token account.
    pub token_account: Address,
    /// Its owner.
    pub owner: Address,
}

/// A court order to seize was opened.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct OrderOpened {
    /// The configuration.
    pub config: Address,
    /// The court officer.
    pub actor: Address,
    /// The case hash.
    pub reference_hash: [u8; 32],
    /// The order.
    pub order: Address,
    /// Token account to take from.
    pub subject: Address,
    /// Token account to give to.
    pub destination: Address,
    /// Most that may be moved, tiyn.
    pub cap: u64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// Tokens were seized under an order.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct OrderExecuted {
    /// The configuration.
    pub config: Address,
    /// The enforcer.
    pub actor: Address,
    /// The case hash.
    pub reference_hash: [u8; 32],
    /// The order.
    pub order: Address,
    /// Token account taken from.
    pub subject: Address,
    /// Token account given to.
    pub destination: Address,
    /// Tiyn.
    pub amount: u64,
    /// Moved under the order so far, tiyn.
    pub executed: u64,
}

/// An order was closed for ever.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct OrderClosed {
    /// The configuration.
    pub config: Address,
    /// The court officer.
    pub actor: Address,
    /// The case hash.
    pub reference_hash: [u8; 32],
    /// The order.
    pub order: Address,
    /// Moved under the order in all, tiyn.
    pub executed: u64,
}

// ── redemption and inter-bank: self-CPI events ──────────────────────────────────────────────

/// The term of a redemption has passed; its bank mints nothing until it has ended.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct RedemptionFlagged {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// Whoever flagged it.
    pub actor: Address,
    /// The payout hash.
    pub reference_hash: [u8; 32],
    /// The redemption.
    pub redemption: Address,
    /// The holder.
    pub owner: Address,
    /// Tiyn.
    pub amount: u64,
    /// Unix seconds.
    pub due_at: i64,
}

/// A liability moved from one bank to another.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct Novated {
    /// The configuration.
    pub config: Address,
    /// The bank that gave it away.
    pub issuer: Address,
    /// The bank that took it over.
    pub taker: Address,
    /// Operator of the bank that gave it away.
    pub actor: Address,
    /// Operator of the bank that took it over.
    pub taker_actor: Address,
    /// Hash of the agreement on file.
    pub reference_hash: [u8; 32],
    /// Tiyn.
    pub amount: u64,
}

// ── reserves: log events ────────────────────────────────────────────────────────────────────

/// A bank posted a statement.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct StatementPosted {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The operator.
    pub actor: Address,
    /// SHA-256 of the bank's file.
    pub reference_hash: [u8; 32],
    /// RFC 9162 root over the entries.
    pub entries_root: [u8; 32],
    /// Statement number.
    pub number: u64,
    /// Tiyn.
    pub opening: u64,
    /// Tiyn.
    pub credit_total: u64,
    /// Tiyn.
    pub debit_total: u64,
    /// Tiyn.
    pub closing: u64,
    /// Unix seconds.
    pub as_of: i64,
    /// Entries.
    pub entry_count: u32,
    /// Entries that name a party.
    pub actionable_count: u32,
}

/// A posted statement was taken back before it became effective.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct StatementWithdrawn {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The operator.
    pub actor: Address,
    /// SHA-256 of the bank's file.
    pub reference_hash: [u8; 32],
    /// Statement number.
    pub number: u64,
}

/// An attestor vouched for a statement; `effective` tells whether this vote carried it.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct StatementAttested {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The attestor.
    pub actor: Address,
    /// The attestation digest.
    pub reference_hash: [u8; 32],
    /// Statement number.
    pub number: u64,
    /// Closing balance, tiyn.
    pub closing: u64,
    /// Version of the set that voted.
    pub attestor_set_version: u32,
    /// Bitmap of the seats that have voted.
    pub approvals: u8,
    /// 1 when the statement is effective with this vote.
    pub effective: u8,
    /// Zero.
    pub reserved: [u8; 2],
}

/// An exhausted statement was closed; its rent went back to its payer.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct StatementClosed {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// Whoever called.
    pub actor: Address,
    /// SHA-256 of the bank's file.
    pub reference_hash: [u8; 32],
    /// Statement number.
    pub number: u64,
    /// Minted against it, tiyn.
    pub minted: u64,
    /// Settled against it, tiyn.
    pub settled: u64,
}

// ── issuance and redemption: log events ─────────────────────────────────────────────────────

/// One credit entry became tokens. Who received them stands in the instruction (`mint`: the party; `mint_many`: the
/// token accounts) and in the call to Token-2022.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct Minted {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The operator.
    pub actor: Address,
    /// The entry's reference hash.
    pub reference_hash: [u8; 32],
    /// Statement number.
    pub number: u64,
    /// Tiyn.
    pub amount: u64,
    /// Index of the entry.
    pub index: u32,
    /// Zero.
    pub reserved: u32,
}

/// A bank burned its own stock.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct Burned {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The operator.
    pub actor: Address,
    /// Hash of the bank's own record.
    pub reference_hash: [u8; 32],
    /// Tiyn.
    pub amount: u64,
}

/// A holder asked a bank to pay out; his tokens are in escrow.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct RedemptionRequested {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The holder.
    pub actor: Address,
    /// The payout hash.
    pub reference_hash: [u8; 32],
    /// The redemption.
    pub redemption: Address,
    /// The holder.
    pub owner: Address,
    /// Chosen by the holder.
    pub nonce: u64,
    /// Tiyn.
    pub amount: u64,
    /// Unix seconds.
    pub due_at: i64,
}

/// One debit entry paid a redemption out; its tokens are burned.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct RedemptionSettled {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The operator.
    pub actor: Address,
    /// The entry's reference hash.
    pub reference_hash: [u8; 32],
    /// The redemption.
    pub redemption: Address,
    /// The holder.
    pub owner: Address,
    /// Statement number.
    pub number: u64,
    /// Tiyn.
    pub amount: u64,
    /// Index of the entry.
    pub index: u32,
    /// Zero.
    pub reserved: u32,
}

/// A bank refused a redemption; the tokens are back with the holder.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct RedemptionRejected {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The operator.
    pub actor: Address,
    /// The payout hash.
    pub reference_hash: [u8; 32],
    /// The redemption.
    pub redemption: Address,
    /// The holder.
    pub owner: Address,
    /// Tiyn.
    pub amount: u64,
    /// ISO 20022 external reason, numbered in docs/ROLES.md.
    pub reason: u16,
    /// Zero.
    pub reserved: [u8; 6],
}

/// A holder took an unpaid redemption back.
#[event(bytemuck)]
#[cfg_attr(
    feature = "client",
    derive(Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)
)]
pub struct RedemptionCancelled {
    /// The configuration.
    pub config: Address,
    /// The issuer.
    pub issuer: Address,
    /// The holder.
    pub actor: Address,
    /// The payout hash.
    pub reference_hash: [u8; 32],
    /// The redemption.
    pub redemption: Address,
    /// The holder.
    pub owner: Address,
    /// Tiyn.
    pub amount: u64,
}

impl AttestorsSet {
    /// The event that tells the set of `config` as it now stands.
    pub fn of(config_address: &Address, actor: &Address, config: &crate::state::Config) -> Self {
        Self {
            config: *config_address,
            actor: *actor,
            attestors: config.attestors,
            version: config.attestor_set_version,
            count: config.attestor_count,
            threshold: config.threshold,
            mandatory: config.mandatory,
            reserved: 0,
        }
    }
}
