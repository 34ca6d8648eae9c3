//! Error codes to names and sentences.
//!
//! The sentences of the program's own errors live in `programs/kzte/src/errors.rs`; a test holds this table against
//! that file, line by line.

use kzte::errors::KzteError;
use solana_address::Address;
use spl_token_2022_interface::error::TokenError;

use crate::{ASSOCIATED_TOKEN_PROGRAM_ID, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID};

/// Number of the program's first error, fixed by the framework.
pub const FIRST_ERROR: u32 = 6000;

macro_rules! table {
    ($($name:ident: $sentence:literal,)*) => {
        /// Every error of the program with its name and sentence.
        pub const ERRORS: &[(KzteError, &str, &str)] = &[$((KzteError::$name, stringify!($name), $sentence),)*];
    };
}

table! {
    NotAuthorized: "The signer does not hold the role that this instruction needs",
    NotUpgradeAuthority: "The signer is not the upgrade authority of the program",
    WrongProgramData: "The program data account is not this program's",
    WrongConfig: "The account belongs to another configuration",
    WrongIssuer: "The account belongs to another issuer",
    WrongMint: "The mint is not this configuration's mint",
    NotAttestor: "The signer is not in the attestor set",
    WrongOwner: "The wallet is not the owner of this redemption",
    WrongAddress: "The account is not the address that the program derives for it",
    WrongRentReceiver: "The rent goes back to the account's payer and to nobody else",
    RoleConflict: "The address holds another role already: roles are distinct",
    NotNominated: "The signer is not the nominee",
    MintPaused: "Minting is paused",
    RedemptionRequestPaused: "New redemption requests are paused",
    TransferPaused: "Transfers are paused, and minting with them",
    IssuerNotActive: "The issuer is not active",
    IssuerClosed: "The issuer is closed",
    RedemptionOverdue: "The issuer has an overdue redemption: settle or reject it first",
    StatementNotEffective: "The statement is not effective: its attestors have not carried it",
    StatementEffective: "The statement is effective and can never change: correct it with reversal entries",
    StatementNotExhausted: "The statement still has entries to consume",
    WalletBlocked: "The wallet is blocked",
    RedemptionNotDue: "It is too early to cancel: until then only the issuer can settle or reject the redemption",
    NothingToChange: "The flag is already in this state",
    RedemptionNotOverdue: "The term of the redemption has not passed",
    StatusTransition: "An issuer's status cannot change in this way",
    IssuerNotEmpty: "The issuer still has tokens outstanding or redemptions open",
    OrderClosed: "The order is closed, and a case is opened once",
    OrderExpired: "The order has expired",
    NotBornFrozen: "Token accounts are not born frozen: there is nobody to admit",
    ZeroAmount: "The amount is zero",
    AmountOverflow: "A running total does not fit into 64 bits",
    QuotaExceeded: "The issuer's outstanding tokens would exceed its quota",
    ReserveExceeded: "The issuer's outstanding tokens would exceed the closing balance of its last effective statement",
    WindowExceeded: "The issuer's minting window is used up",
    CreditTotalExceeded: "The statement's credit total would be exceeded",
    DebitTotalExceeded: "The statement's debit total would be exceeded",
    OutstandingExceeded: "The amount is more than the issuer has outstanding: novate first",
    AmountMismatch: "The amount is not the amount of the redemption",
    OrderCapExceeded: "The order's cap would be exceeded",
    TakeoverNotNeeded: "A bank that is not in good standing takes over no more than its open redemptions need",
    StatementNumber: "The statement number is not the next one of the issuer",
    OpeningBalance: "The opening balance is not the last closing balance",
    ClosingBalance: "The closing balance is not opening balance plus credits minus debits",
    StatementNotLater: "The statement is not later than the last one",
    StatementInFuture: "The statement is dated in the future",
    StatementStale: "The last effective statement is older than the policy allows",
    TooManyEntries: "The statement has more entries than the protocol allows",
    EntryCount: "The entry counts contradict each other or the totals",
    ProofInvalid: "The proof does not lead from this entry to the statement's root",
    EntryIndex: "The entry index is outside the statement",
    EntryConsumed: "The entry has been consumed already",
    EntryWithoutParty: "The entry names no party: it neither mints nor settles",
    WrongRecipient: "The recipient is not the party of the entry",
    DigestMismatch: "The digest is not the digest of the statement as posted under the attestor set of today",
    AlreadyAttested: "This attestor has voted for this statement already",
    RunLength: "The run of entries is empty or longer than one instruction carries",
    NotTokenAccount: "The account is not a Token-2022 token account of this mint",
    WrongTokenOwner: "The token account belongs to somebody else",
    EscrowCannotFreeze: "An escrow account cannot be frozen",
    MintNotConforming: "The mint has not exactly the extensions, authorities and decimals of the design",
    MintHasSupply: "The mint to adopt already has a supply",
    TokenAccountFrozen: "The token account is frozen",
    InsufficientTokens: "The token account holds less than the amount",
    EscrowNotSeizable: "An order neither takes from an escrow nor gives to one",
    AccountNotEmpty: "The token account is not empty: a bank admits empty accounts only",
    AttestorSet: "The attestor set breaks a rule: 1 to 8 distinct keys, a reachable threshold, at least one mandatory seat",
    Bic: "The BIC is not an ISO 9362 code of 11 characters",
    WindowLength: "The window needs a length of at least one second",
    PolicyRange: "The policy value is out of range",
    ZeroAddress: "A role cannot be held by the zero address",
    MetadataText: "The metadata text is empty or too long",
    PauseFlag: "Unknown pause flag",
    RoleUnknown: "There is no such role here",
    StatusUnknown: "There is no such issuer status",
    MetadataField: "The field of the metadata is neither the name nor the URI",
    OrderExpiry: "The order would expire at once",
    OrderDestination: "The destination of an order is the account that it takes from",
    CheckedBanks: "The banks to check come as pairs of issuer and escrow, each bank once",
}

/// The framework's errors, in the numbering of Anchor.
const FRAMEWORK: &[(u32, &str, &str)] = &[
    (
        2000,
        "ConstraintMut",
        "An account that the instruction writes was not passed as writable",
    ),
    (
        2001,
        "ConstraintHasOne",
        "An account is not the one that another account names",
    ),
    (
        2003,
        "ConstraintRaw",
        "An account breaks a constraint of the instruction",
    ),
    (
        2005,
        "ConstraintRentExempt",
        "An account holds too few lamports for its length",
    ),
    (
        2007,
        "ConstraintExecutable",
        "An account that must be a program is none",
    ),
    (2011, "ConstraintClose", "An account cannot be closed into itself"),
    (
        2012,
        "ConstraintAddress",
        "An account is not at the address that the instruction expects",
    ),
    (
        2013,
        "ConstraintZero",
        "An account that must be new is initialised already",
    ),
    (
        2019,
        "ConstraintSpace",
        "An account has not the length that the instruction expects",
    ),
    (
        2020,
        "ConstraintAccountIsNone",
        "An account that the instruction needs was left out",
    ),
    (
        2040,
        "ConstraintDuplicateMutableAccount",
        "The same writable account was passed twice",
    ),
    (
        2500,
        "RequireViolated",
        "A condition of the instruction does not hold",
    ),
    (2501, "RequireEqViolated", "Two values that must be equal differ"),
    (
        2502,
        "RequireKeysEqViolated",
        "Two addresses that must be equal differ",
    ),
    (
        2503,
        "RequireNeqViolated",
        "Two values that must differ are equal",
    ),
    (
        2504,
        "RequireKeysNeqViolated",
        "Two addresses that must differ are equal",
    ),
    (2505, "RequireGtViolated", "A value is not greater than its bound"),
    (2506, "RequireGteViolated", "A value is below its bound"),
];

/// The system program's errors.
const SYSTEM: &[(u32, &str, &str)] = &[
    (0, "AccountAlreadyInUse", "The account to create exists already"),
    (
        1,
        "ResultWithNegativeLamports",
        "The payer has not enough lamports",
    ),
    (
        2,
        "InvalidProgramId",
        "The account cannot be given to that program",
    ),
    (
        3,
        "InvalidAccountDataLength",
        "The account cannot have that length",
    ),
    (4, "MaxSeedLengthExceeded", "The seed is longer than 32 bytes"),
    (
        5,
        "AddressWithSeedMismatch",
        "The address does not come from that base and seed",
    ),
    (
        6,
        "NonceNoRecentBlockhashes",
        "No recent blockhash to advance the nonce to",
    ),
    (
        7,
        "NonceBlockhashNotExpired",
        "The stored nonce has been advanced in this block already",
    ),
    (
        8,
        "NonceUnexpectedBlockhashValue",
        "The nonce is not the stored one",
    ),
];

/// Name and sentence of an error code that the KZTE program returned: its own or its framework's.
pub fn error_name(code: u32) -> Option<(&'static str, &'static str)> {
    let own = ERRORS
        .iter()
        .find(|(error, ..)| code_of(*error) == code)
        .map(|(_, name, text)| (*name, *text));
    own.or_else(|| find(FRAMEWORK, code))
}

/// Name and sentence of an error code by the program that returned it: KZTE, Token-2022, the system program or the
/// associated-token program. `None`: not known here.
pub fn describe_error(program: &Address, code: u32) -> Option<(String, String)> {
    let own = |(name, text): (&'static str, &'static str)| (name.to_owned(), text.to_owned());
    if *program == PROGRAM_ID {
        error_name(code).map(own)
    } else if *program == TOKEN_PROGRAM_ID {
        let error = TokenError::try_from(code).ok()?;
        Some((format!("{error:?}"), error.to_string()))
    } else if *program == SYSTEM_PROGRAM_ID {
        find(SYSTEM, code).map(own)
    } else if *program == ASSOCIATED_TOKEN_PROGRAM_ID && code == 0 {
        Some(own((
            "InvalidOwner",
            "The associated token account does not belong to that wallet",
        )))
    } else {
        None
    }
}

/// The custom error code of `error` as it travels in a transaction error.
pub fn code_of(error: KzteError) -> u32 {
    FIRST_ERROR + error as u32
}

fn find(table: &[(u32, &'static str, &'static str)], code: u32) -> Option<(&'static str, &'static str)> {
    table
        .iter()
        .find(|(number, ..)| *number == code)
        .map(|(_, name, text)| (*name, *text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(name, number, sentence)` of every variant, read from the program's source text.
    fn variants_in_source() -> Vec<(String, u32, String)> {
        let source = include_str!("../../../programs/kzte/src/errors.rs");
        let body = source.split_once("pub enum KzteError {").expect("the enum").1;
        let body = body.split_once("\n}").expect("its end").0;
        let code: String = body
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("//"))
            .collect();
        let variants = code.split("#[msg(").skip(1).map(|variant| {
            let understood = || {
                let (sentence, rest) = variant.strip_prefix('"')?.split_once("\")]").or_else(|| {
                    // A long sentence has a line of its own and a comma behind it.
                    variant.strip_prefix('"')?.split_once("\",)]")
                })?;
                let (name, number) = rest.strip_suffix(',')?.split_once(" = ")?;
                Some((name.to_owned(), number.parse().ok()?, sentence.to_owned()))
            };
            understood().unwrap_or_else(|| panic!("this test does not understand {variant}"))
        });
        variants.collect()
    }

    #[test]
    fn the_table_is_the_programs_source() {
        let source = variants_in_source();
        let table: Vec<_> = ERRORS
            .iter()
            .map(|(error, name, sentence)| (name.to_string(), *error as u32, sentence.to_string()))
            .collect();
        for (ours, theirs) in table.iter().zip(&source) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(
            table.len(),
            source.len(),
            "errors.rs has variants that the table lacks, or the reverse"
        );
        assert!(source.len() > 40, "the test read only {} variants", source.len());
    }

    #[test]
    fn codes_lead_back_to_names() {
        assert_eq!(
            error_name(6090),
            Some(("EntryConsumed", "The entry has been consumed already"))
        );
        assert_eq!(error_name(2012).map(|(name, _)| name), Some("ConstraintAddress"));
        assert_eq!(error_name(5999), None);
        assert_eq!(error_name(u32::MAX), None);
        for (error, name, sentence) in ERRORS {
            assert_eq!(error_name(code_of(*error)), Some((*name, *sentence)));
        }
    }

    #[test]
    fn the_same_code_means_something_else_at_another_program() {
        let name = |program: &Address, code| describe_error(program, code).map(|(name, _)| name);
        assert_eq!(name(&TOKEN_PROGRAM_ID, 17).as_deref(), Some("AccountFrozen"));
        assert_eq!(name(&TOKEN_PROGRAM_ID, 1).as_deref(), Some("InsufficientFunds"));
        assert_eq!(
            name(&SYSTEM_PROGRAM_ID, 1).as_deref(),
            Some("ResultWithNegativeLamports")
        );
        assert_eq!(name(&PROGRAM_ID, 6000).as_deref(), Some("NotAuthorized"));
        assert_eq!(name(&TOKEN_PROGRAM_ID, 6000), None);
        assert_eq!(name(&Address::new_from_array([9; 32]), 6000), None);
    }
}
