//! Numbers that the protocol fixes. Each says why it has its value.

/// Decimals of the mint: one base unit is one tiyn, so a bank's amount and a token amount are the same integer.
pub const DECIMALS: u8 = 2;

/// Version byte of every account layout but the configuration's.
pub const ACCOUNT_VERSION: u8 = 1;

/// Version byte of the configuration: 2 counts the issuers and knows how token accounts are born.
pub const CONFIG_VERSION: u8 = 2;

/// Symbol in the token metadata.
pub const SYMBOL: &str = "KZTE";

/// Longest token name or URI accepted in the metadata, bytes. Bounds the rent that `initialize` computes.
pub const MAX_METADATA_TEXT: usize = 200;

/// Longest statement age that a policy may allow, seconds: 31 days. A longer one would make freshness meaningless.
pub const MAX_STATEMENT_AGE: i64 = 2_678_400;

/// Longest redemption term that a policy may allow, seconds: 31 days.
pub const MAX_REDEMPTION_SLA: i64 = 2_678_400;

/// Most entries one `mint_many` may carry: the leaves are held on the 4 KiB stack frame.
pub const MAX_RUN: usize = 16;

/// Most banks one `check_invariants` may look at: each costs a call of the program to itself.
pub const MAX_CHECKED_BANKS: usize = 16;

/// Token-2022 account layout: offset of the owner.
pub const TOKEN_OWNER_OFFSET: usize = 32;

/// Bit of a report: the supply is above what all banks together have outstanding (invariant 1).
pub const VIOLATES_1: u8 = 1 << 0;
/// Bit of a report: the counters of a bank contradict each other (invariant 2).
pub const VIOLATES_2: u8 = 1 << 1;
/// Bit of a report: an escrow holds less than the open redemptions of its bank (invariant 6).
pub const VIOLATES_6: u8 = 1 << 5;
