//! The rules of KZTE: entries and their Merkle proofs, the chain of statements, consumed bits, limits, attestor
//! votes, issuer positions.
//!
//! Nothing here knows a blockchain. Every function is a pure check on plain values, needs no heap, and refuses by
//! a [`Violation`] that names the one fact which does not hold. The on-chain program, the client and the
//! attestors' tools call the same functions, so they cannot disagree on what a valid statement is.
//!
//! - Money is `u64` tiyn (1 tenge = 100 tiyn), time is `i64` Unix seconds, an id is 32 bytes.
//! - Integers are little endian in every encoding.
//! - Sums are checked; there are no products and no floats.
//!
//! The hash is a parameter ([`Sha256`]): the program passes the runtime's system call, a host passes
//! `HostSha256`.
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `alloc` | `Tree`, which builds roots and proofs |
//! | `host` (default) | `alloc` and `HostSha256`, SHA-256 in software |
//!
//! # Invariants
//!
//! Comments cite the invariants of the design by number:
//!
//! - 2: `outstanding = minted − burned + novated_in − novated_out ≥ 0`, each term only grows.
//! - 3: after every mint `outstanding ≤` the last closing balance and `≤` the quota, and the statement is fresh.
//! - 4: one entry is consumed at most once, ever; a mint's amount and recipient equal the entry's.
//! - 5: statement n opens where n − 1 closed; numbers have no gaps; `as_of` strictly increases.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod amount;
mod bic;
mod bitmap;
mod entry;
mod hash;
mod limits;
mod merkle;
mod position;
mod statement;
mod status;
#[cfg(feature = "alloc")]
mod tree;
mod violation;
mod votes;

pub use amount::require_positive;
pub use bic::validate_bic;
pub use bitmap::{bitmap_len, consume, is_consumed};
pub use entry::{ENTRY_LEN, Entry, EntryKind, EntryRef};
#[cfg(feature = "host")]
pub use hash::HostSha256;
pub use hash::Sha256;
pub use limits::{
    Taker, Window, check_backing, check_freshness, check_room, check_statement_mint, check_statement_settle,
    check_takeover,
};
pub use merkle::{
    EMPTY_ROOT, MAX_ENTRIES, MAX_PROOF_LEN, leaf_hash, node_hash, verify_entry, verify_inclusion, verify_run,
};
pub use position::Position;
pub use statement::{
    ATTESTATION_LEN, ATTESTATION_TAG, Attested, ChainHead, Totals, attestation_digest, check_succession,
};
pub use status::{IssuerStatus, check_transition};
#[cfg(feature = "alloc")]
pub use tree::Tree;
pub use violation::Violation;
pub use votes::{MAX_ATTESTORS, is_carried, validate_attestor_set, vote};
