//! Whole days of the system on the compiled program: what must go through, step by step, with the invariants
//! recomputed after each.

mod auditor;
mod business_days;
mod golden;
mod holders;
mod life_cycles;
mod migrations;
mod multisig;
mod pauses;
mod rebuild;
mod rehearsal;
mod statements;
mod transaction_sizes;
mod vaults;
mod windows;
