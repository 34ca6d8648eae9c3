//! What each measurement may cost, compute units. A figure above its budget fails the build.

use crate::scenes::Row;

/// Most of `mint` that may be the program's own work.
pub const MINT_OWN_SHARE: u64 = 2_000;
/// Largest binary, bytes: 250 KiB.
pub const BINARY: usize = 250 * 1024;
/// Entries that `mint_many` carries at proof depth 8; a scenario pins the number.
pub const MINT_MANY_DEPTH_8: u32 = 5;

/// Budgets by label.
const BUDGETS: &[(&str, u64)] = &[
    ("mint, proof depth 8", 6_000),
];

/// The budget of a measurement.
pub fn of(label: &str) -> Option<u64> {
    BUDGETS.iter().find(|(name, _)| *name == label).map(|(_, budget)| *budget)
}

/// Budgets that no measurement has.
pub fn unused(rows: &[Row]) -> Vec<&'static str> {
    let measured = |name: &str| rows.iter().any(|row| row.label == name);
    BUDGETS.iter().map(|(name, _)| *name).filter(|name| !measured(name)).collect()
}
