//! Every refusal of the program. Numbers are append-only and keep their meaning for ever.
//!
//! | range | block |
//! | --- | --- |
//! | 6000–6019 | access: who signs, which account |
//! | 6020–6049 | state: pause, status, life cycle |
//! | 6050–6079 | amount: quota, reserve, window |
//! | 6080–6109 | statement: chain, proof, votes |
//! | 6110–6139 | token: mint and token accounts |
//! | 6140–6159 | parameters |

use anchor_lang::prelude::*;
use kzte_ledger::Violation;

#[error_code]
#[derive(Debug, PartialEq, Eq)]
pub enum KzteError {
    // ── access ──────────────────────────────────────────────────────────────────────────────
    #[msg("The signer does not hold the role that this instruction needs")]
    NotAuthorized = 0,
    #[msg("The signer is not the upgrade authority of the program")]
    NotUpgradeAuthority = 1,
    #[msg("The program data account is not this program's")]
    WrongProgramData = 2,
    #[msg("The account belongs to another configuration")]
    WrongConfig = 3,
    #[msg("The account belongs to another issuer")]
    WrongIssuer = 4,
    #[msg("The mint is not this configuration's mint")]
    WrongMint = 5,
    #[msg("The signer is not in the attestor set")]
    NotAttestor = 6,
    #[msg("The wallet is not the owner of this redemption")]
    WrongOwner = 7,
    #[msg("The account is not the address that the program derives for it")]
    WrongAddress = 8,
    #[msg("The rent goes back to the account's payer and to nobody else")]
    WrongRentReceiver = 9,
    #[msg("The address holds another role already: roles are distinct")]
    RoleConflict = 10,
    #[msg("The signer is not the nominee")]
    NotNominated = 11,

    // ── state ───────────────────────────────────────────────────────────────────────────────
    #[msg("Minting is paused")]
    MintPaused = 20,
    #[msg("New redemption requests are paused")]
    RedemptionRequestPaused = 21,
    #[msg("Transfers are paused, and minting with them")]
    TransferPaused = 22,
    #[msg("The issuer is not active")]
    IssuerNotActive = 23,
    #[msg("The issuer is closed")]
    IssuerClosed = 24,
    #[msg("The issuer has an overdue redemption: settle or reject it first")]
    RedemptionOverdue = 25,
    #[msg("The statement is not effective: its attestors have not carried it")]
    StatementNotEffective = 26,
    #[msg("The statement is effective and can never change: correct it with reversal entries")]
    StatementEffective = 27,
    #[msg("The statement still has entries to consume")]
    StatementNotExhausted = 28,
    #[msg("The wallet is blocked")]
    WalletBlocked = 29,
    #[msg("It is too early to cancel: until then only the issuer can settle or reject the redemption")]
    RedemptionNotDue = 30,
    #[msg("The flag is already in this state")]
    NothingToChange = 31,
    #[msg("The term of the redemption has not passed")]
    RedemptionNotOverdue = 32,
    #[msg("An issuer's status cannot change in this way")]
    StatusTransition = 33,
    #[msg("The issuer still has tokens outstanding or redemptions open")]
    IssuerNotEmpty = 34,
    #[msg("The order is closed, and a case is opened once")]
    OrderClosed = 35,
    #[msg("The order has expired")]
    OrderExpired = 36,
    #[msg("Token accounts are not born frozen: there is nobody to admit")]
    NotBornFrozen = 37,

    // ── amount ──────────────────────────────────────────────────────────────────────────────
    #[msg("The amount is zero")]
    ZeroAmount = 50,
    #[msg("A running total does not fit into 64 bits")]
    AmountOverflow = 51,
    #[msg("The issuer's outstanding tokens would exceed its quota")]
    QuotaExceeded = 52,
    #[msg("The issuer's outstanding tokens would exceed the closing balance of its last effective statement")]
    ReserveExceeded = 53,
    #[msg("The issuer's minting window is used up")]
    WindowExceeded = 54,
    #[msg("The statement's credit total would be exceeded")]
    CreditTotalExceeded = 55,
    #[msg("The statement's debit total would be exceeded")]
    DebitTotalExceeded = 56,
    #[msg("The amount is more than the issuer has outstanding: novate first")]
    OutstandingExceeded = 57,
    #[msg("The amount is not the amount of the redemption")]
    AmountMismatch = 58,
    #[msg("The order's cap would be exceeded")]
    OrderCapExceeded = 59,
    #[msg("A bank that is not in good standing takes over no more than its open redemptions need")]
    TakeoverNotNeeded = 60,

    // ── statement ───────────────────────────────────────────────────────────────────────────
    #[msg("The statement number is not the next one of the issuer")]
    StatementNumber = 80,
    #[msg("The opening balance is not the last closing balance")]
    OpeningBalance = 81,
    #[msg("The closing balance is not opening balance plus credits minus debits")]
    ClosingBalance = 82,
    #[msg("The statement is not later than the last one")]
    StatementNotLater = 83,
    #[msg("The statement is dated in the future")]
    StatementInFuture = 84,
    #[msg("The last effective statement is older than the policy allows")]
    StatementStale = 85,
    #[msg("The statement has more entries than the protocol allows")]
    TooManyEntries = 86,
    #[msg("The entry counts contradict each other or the totals")]
    EntryCount = 87,
    #[msg("The proof does not lead from this entry to the statement's root")]
    ProofInvalid = 88,
    #[msg("The entry index is outside the statement")]
    EntryIndex = 89,
    #[msg("The entry has been consumed already")]
    EntryConsumed = 90,
    #[msg("The entry names no party: it neither mints nor settles")]
    EntryWithoutParty = 91,
    #[msg("The recipient is not the party of the entry")]
    WrongRecipient = 92,
    #[msg("The digest is not the digest of the statement as posted under the attestor set of today")]
    DigestMismatch = 93,
    #[msg("This attestor has voted for this statement already")]
    AlreadyAttested = 94,
    #[msg("The run of entries is empty or longer than one instruction carries")]
    RunLength = 95,

    // ── token ───────────────────────────────────────────────────────────────────────────────
    #[msg("The account is not a Token-2022 token account of this mint")]
    NotTokenAccount = 110,
    #[msg("The token account belongs to somebody else")]
    WrongTokenOwner = 111,
    #[msg("An escrow account cannot be frozen")]
    EscrowCannotFreeze = 112,
    #[msg("The mint has not exactly the extensions, authorities and decimals of the design")]
    MintNotConforming = 113,
    #[msg("The mint to adopt already has a supply")]
    MintHasSupply = 114,
    #[msg("The token account is frozen")]
    TokenAccountFrozen = 115,
    #[msg("The token account holds less than the amount")]
    InsufficientTokens = 116,
    #[msg("An order neither takes from an escrow nor gives to one")]
    EscrowNotSeizable = 117,
    #[msg("The token account is not empty: a bank admits empty accounts only")]
    AccountNotEmpty = 118,

    // ── parameters ──────────────────────────────────────────────────────────────────────────
    #[msg(
        "The attestor set breaks a rule: 1 to 8 distinct keys, a reachable threshold, at least one mandatory seat"
    )]
    AttestorSet = 140,
    #[msg("The BIC is not an ISO 9362 code of 11 characters")]
    Bic = 141,
    #[msg("The window needs a length of at least one second")]
    WindowLength = 142,
    #[msg("The policy value is out of range")]
    PolicyRange = 143,
    #[msg("A role cannot be held by the zero address")]
    ZeroAddress = 144,
    #[msg("The metadata text is empty or too long")]
    MetadataText = 145,
    #[msg("Unknown pause flag")]
    PauseFlag = 146,
    #[msg("There is no such role here")]
    RoleUnknown = 147,
    #[msg("There is no such issuer status")]
    StatusUnknown = 148,
    #[msg("The field of the metadata is neither the name nor the URI")]
    MetadataField = 149,
    #[msg("The order would expire at once")]
    OrderExpiry = 150,
    #[msg("The destination of an order is the account that it takes from")]
    OrderDestination = 151,
    #[msg("The banks to check come as pairs of issuer and escrow, each bank once")]
    CheckedBanks = 152,
}

/// The ledger's refusals by name. The match is whole, so that a new rule cannot be forgotten.
impl From<Violation> for KzteError {
    #[inline(always)]
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::EntryLength | Violation::EntryKindUnknown | Violation::IndexOutOfRange => {
                Self::EntryIndex
            }
            Violation::TooManyEntries => Self::TooManyEntries,
            Violation::RunEmpty | Violation::RunOutOfRange => Self::RunLength,
            Violation::ProofTooShort | Violation::ProofTooLong | Violation::RootMismatch => {
                Self::ProofInvalid
            }
            Violation::AlreadyConsumed => Self::EntryConsumed,
            Violation::NumberNotNext => Self::StatementNumber,
            Violation::OpeningMismatch => Self::OpeningBalance,
            Violation::BalanceOverflow | Violation::BalanceNegative | Violation::ClosingMismatch => {
                Self::ClosingBalance
            }
            Violation::AsOfNotLater => Self::StatementNotLater,
            Violation::AsOfInFuture => Self::StatementInFuture,
            Violation::ActionableAboveEntries | Violation::TotalsWithoutEntries => Self::EntryCount,
            Violation::AmountZero => Self::ZeroAmount,
            Violation::StatementStale => Self::StatementStale,
            Violation::QuotaExceeded => Self::QuotaExceeded,
            Violation::ReserveExceeded => Self::ReserveExceeded,
            Violation::WindowNotPositive => Self::WindowLength,
            Violation::WindowExceeded => Self::WindowExceeded,
            Violation::CreditTotalExceeded => Self::CreditTotalExceeded,
            Violation::DebitTotalExceeded => Self::DebitTotalExceeded,
            Violation::NoAttestors
            | Violation::TooManyAttestors
            | Violation::AttestorKeyZero
            | Violation::AttestorKeyRepeated
            | Violation::ThresholdOutOfRange
            | Violation::MandatoryOutsideSet
            | Violation::NoMandatoryAttestor
            | Violation::MandatoryAboveThreshold => Self::AttestorSet,
            Violation::NoSuchSeat => Self::NotAttestor,
            Violation::AlreadyVoted => Self::AlreadyAttested,
            Violation::PositionOverflow => Self::AmountOverflow,
            Violation::TakeoverNotNeeded => Self::TakeoverNotNeeded,
            Violation::StatusUnknown => Self::StatusUnknown,
            Violation::StatusTransition => Self::StatusTransition,
            Violation::IssuerNotEmpty => Self::IssuerNotEmpty,
            Violation::OutstandingNegative
            | Violation::BurnAboveOutstanding
            | Violation::NovationAboveOutstanding => Self::OutstandingExceeded,
            Violation::BicMalformed => Self::Bic,
        }
    }
}
