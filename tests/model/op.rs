//! What can happen in one step: an instruction of the program, what a holder does with Token-2022 himself, or time.
//!
//! An operation names its accounts one by one, so that each can be the wrong one.

use crate::cast::{BankId, CaseId, PurseId, RedemptionId, StatementId, Who};

/// Quota and window of a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tiyn.
    pub quota: u64,
    /// Tiyn.
    pub window_limit: u64,
    /// Seconds.
    pub window_seconds: i64,
}

/// Whom an entry of a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A fee, interest, an own transfer, a reversal.
    Nobody,
    /// Credit: the beneficiary.
    Wallet(Who),
    /// Debit: the redemption that it pays out.
    Redemption(RedemptionId),
}

/// An entry of a bank statement. Its index is its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub is_credit: bool,
    /// Tiyn.
    pub amount: u64,
    pub party: Party,
    /// The bank's own reference; no two entries share one.
    pub reference: u64,
}

/// The figures of a statement as the bank posts them. They may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    pub number: u64,
    pub opening: u64,
    pub credit_total: u64,
    pub debit_total: u64,
    pub closing: u64,
    pub as_of: i64,
    pub entry_count: u32,
    pub actionable_count: u32,
}

/// Whether the proof that comes with an entry leads to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// As the tree of the named statement gives it for the named place.
    Right,
    /// One byte of it is another one.
    Bent,
}

/// What an operator says about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub index: u32,
    /// Tiyn.
    pub amount: u64,
    pub reference: u64,
    pub proof: Proof,
}

/// One entry of a run, and where its tokens go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunItem {
    pub recipient: PurseId,
    /// The wallet whose block is passed along.
    pub block_of: Who,
    /// Tiyn.
    pub amount: u64,
    pub reference: u64,
}

/// What the digest of a vote was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// The statement as posted, under today's attestor set.
    Right,
    /// The statement as posted, under the attestor set before today's.
    OldSet,
    /// A statement of the same number that was withdrawn, or any other one.
    Withdrawn,
    /// The statement with one figure changed.
    Bent,
}

/// An attempt on Token-2022 that nobody's key may ever carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Tokens out of nothing.
    MintTo(PurseId),
    Freeze(PurseId),
    Thaw(PurseId),
    Pause,
    Resume,
    /// Makes the signer the mint authority.
    TakeMintAuthority,
    /// From now on all accounts are born frozen.
    DefaultState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    // ── circumstances ───────────────────────────────────────────────────────────────────────
    /// Time passes, seconds.
    Wait(i64),
    /// The configuration becomes one of version 1, as the first build wrote it.
    AgeConfig,

    // ── governance ──────────────────────────────────────────────────────────────────────────
    Initialize {
        signer: Who,
    },
    SetAttestors {
        signer: Who,
        attestors: Vec<Who>,
        threshold: u8,
        mandatory: u8,
    },
    RegisterIssuer {
        signer: Who,
        bank: BankId,
        admin: Who,
        operator: Who,
        limits: Limits,
    },
    ConfigureIssuer {
        signer: Who,
        bank: BankId,
        limits: Limits,
    },
    SetPolicy {
        signer: Who,
        max_statement_age: i64,
        redemption_sla: i64,
    },
    SetIssuerStatus {
        signer: Who,
        bank: BankId,
        status: u8,
    },
    /// No nominee: the zero address.
    NominateRole {
        signer: Who,
        role: u8,
        nominee: Option<Who>,
    },
    AcceptRole {
        signer: Who,
        role: u8,
    },
    CancelNomination {
        signer: Who,
        role: u8,
    },
    NominateIssuerRole {
        signer: Who,
        bank: BankId,
        role: u8,
        nominee: Option<Who>,
    },
    AcceptIssuerRole {
        signer: Who,
        bank: BankId,
        role: u8,
    },
    CancelIssuerNomination {
        signer: Who,
        bank: BankId,
        role: u8,
    },
    SetDefaultAccountState {
        signer: Who,
        frozen: bool,
    },
    UpdateMetadata {
        signer: Who,
        field: u8,
        value: String,
    },
    MigrateConfig {
        signer: Who,
        banks: Vec<BankId>,
    },
    Pause {
        signer: Who,
        flags: u8,
    },
    Resume {
        signer: Who,
        flags: u8,
    },

    // ── reserves ────────────────────────────────────────────────────────────────────────────
    PostStatement {
        signer: Who,
        bank: BankId,
        figures: Figures,
        entries: Vec<Entry>,
        source: u64,
    },
    WithdrawStatement {
        signer: Who,
        bank: BankId,
        statement: StatementId,
        payer: Who,
    },
    AttestStatement {
        signer: Who,
        bank: BankId,
        statement: StatementId,
        digest: Digest,
    },
    CloseStatement {
        signer: Who,
        bank: BankId,
        statement: StatementId,
        payer: Who,
    },

    // ── issuance ────────────────────────────────────────────────────────────────────────────
    Mint {
        signer: Who,
        bank: BankId,
        statement: StatementId,
        recipient: PurseId,
        block_of: Who,
        party: Party,
        claim: Claim,
    },
    MintMany {
        signer: Who,
        bank: BankId,
        statement: StatementId,
        start: u32,
        run: Vec<RunItem>,
        proof: Proof,
    },
    Burn {
        signer: Who,
        bank: BankId,
        purse: PurseId,
        amount: u64,
    },

    // ── redemption ──────────────────────────────────────────────────────────────────────────
    RequestRedemption {
        signer: Who,
        bank: BankId,
        purse: PurseId,
        nonce: u64,
        amount: u64,
        block_of: Who,
        escrow: BankId,
    },
    SettleRedemption {
        signer: Who,
        bank: BankId,
        statement: StatementId,
        redemption: RedemptionId,
        owner: Who,
        claim: Claim,
    },
    RejectRedemption {
        signer: Who,
        bank: BankId,
        redemption: RedemptionId,
        owner: Who,
        destination: PurseId,
        block_of: Who,
    },
    CancelRedemption {
        signer: Who,
        bank: BankId,
        redemption: RedemptionId,
        destination: PurseId,
        block_of: Who,
    },
    FlagOverdue {
        signer: Who,
        bank: BankId,
        redemption: RedemptionId,
    },

    // ── between banks ───────────────────────────────────────────────────────────────────────
    Novate {
        giver: BankId,
        giver_operator: Who,
        taker: BankId,
        taker_operator: Who,
        amount: u64,
    },

    // ── compliance ──────────────────────────────────────────────────────────────────────────
    /// `banks`: given beside an account that owns itself, to show that it is no escrow.
    Freeze {
        signer: Who,
        purse: PurseId,
        banks: Vec<BankId>,
    },
    Thaw {
        signer: Who,
        purse: PurseId,
    },
    BlockWallet {
        signer: Who,
        wallet: Who,
    },
    UnblockWallet {
        signer: Who,
        wallet: Who,
    },
    AdmitHolder {
        signer: Who,
        bank: BankId,
        purse: PurseId,
        block_of: Who,
    },
    OpenOrder {
        signer: Who,
        case: CaseId,
        subject: PurseId,
        destination: PurseId,
        cap: u64,
        expires_at: i64,
        banks: Vec<BankId>,
    },
    ExecuteOrder {
        signer: Who,
        case: CaseId,
        subject: PurseId,
        destination: PurseId,
        amount: u64,
    },
    CloseOrder {
        signer: Who,
        case: CaseId,
    },

    // ── oversight ───────────────────────────────────────────────────────────────────────────
    CheckInvariants {
        signer: Who,
        banks: Vec<BankId>,
    },

    // ── Token-2022 without us ───────────────────────────────────────────────────────────────
    OpenPurse(PurseId),
    /// No signer: the account's own key.
    Transfer {
        signer: Option<Who>,
        from: PurseId,
        to: PurseId,
        amount: u64,
    },
    BurnDirectly {
        signer: Who,
        purse: PurseId,
        amount: u64,
    },
    Approve {
        signer: Who,
        purse: PurseId,
        delegate: Who,
        amount: u64,
    },
    ClosePurse {
        signer: Who,
        purse: PurseId,
    },
    CpiGuard {
        signer: Who,
        purse: PurseId,
        on: bool,
    },
    MemoTransfer {
        signer: Who,
        purse: PurseId,
        on: bool,
    },
    /// No signer: the account's own key. To nobody: to itself.
    GiveAway {
        signer: Option<Who>,
        purse: PurseId,
        to: Option<Who>,
    },
    Forge {
        signer: Who,
        forgery: Forgery,
    },
}

impl Op {
    /// Name of the instruction, as the program or Token-2022 calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Wait(_) => "(wait)",
            Self::AgeConfig => "(age the configuration)",
            Self::Initialize { .. } => "initialize",
            Self::SetAttestors { .. } => "set_attestors",
            Self::RegisterIssuer { .. } => "register_issuer",
            Self::ConfigureIssuer { .. } => "configure_issuer",
            Self::SetPolicy { .. } => "set_policy",
            Self::SetIssuerStatus { .. } => "set_issuer_status",
            Self::NominateRole { .. } => "nominate_role",
            Self::AcceptRole { .. } => "accept_role",
            Self::CancelNomination { .. } => "cancel_nomination",
            Self::NominateIssuerRole { .. } => "nominate_issuer_role",
            Self::AcceptIssuerRole { .. } => "accept_issuer_role",
            Self::CancelIssuerNomination { .. } => "cancel_issuer_nomination",
            Self::SetDefaultAccountState { .. } => "set_default_account_state",
            Self::UpdateMetadata { .. } => "update_metadata",
            Self::MigrateConfig { .. } => "migrate_config",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::PostStatement { .. } => "post_statement",
            Self::WithdrawStatement { .. } => "withdraw_statement",
            Self::AttestStatement { .. } => "attest_statement",
            Self::CloseStatement { .. } => "close_statement",
            Self::Mint { .. } => "mint",
            Self::MintMany { .. } => "mint_many",
            Self::Burn { .. } => "burn",
            Self::RequestRedemption { .. } => "request_redemption",
            Self::SettleRedemption { .. } => "settle_redemption",
            Self::RejectRedemption { .. } => "reject_redemption",
            Self::CancelRedemption { .. } => "cancel_redemption",
            Self::FlagOverdue { .. } => "flag_overdue",
            Self::Novate { .. } => "novate",
            Self::Freeze { .. } => "freeze",
            Self::Thaw { .. } => "thaw",
            Self::BlockWallet { .. } => "block_wallet",
            Self::UnblockWallet { .. } => "unblock_wallet",
            Self::AdmitHolder { .. } => "admit_holder",
            Self::OpenOrder { .. } => "open_order",
            Self::ExecuteOrder { .. } => "execute_order",
            Self::CloseOrder { .. } => "close_order",
            Self::CheckInvariants { .. } => "check_invariants",
            Self::OpenPurse(_) => "token: create account",
            Self::Transfer { .. } => "token: transfer",
            Self::BurnDirectly { .. } => "token: burn",
            Self::Approve { .. } => "token: approve",
            Self::ClosePurse { .. } => "token: close account",
            Self::CpiGuard { .. } => "token: CPI guard",
            Self::MemoTransfer { .. } => "token: memo transfer",
            Self::GiveAway { .. } => "token: set owner",
            Self::Forge { .. } => "token: forgery",
        }
    }
}
