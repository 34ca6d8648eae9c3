//! What each measurement may cost, compute units. A figure above its budget fails the build.
//!
//! The first block is what the project has promised. The others are what was measured when they were written, and a
//! tenth more: a change that costs more than that is a decision, made here.

use crate::scenes::Row;

/// Largest binary, bytes: 400 KiB, as the build has it.
pub const BINARY: usize = 400 * 1024;
/// Entries of different wallets that one `mint_many` carries from the start of 256; a scenario pins the number.
pub const MINT_MANY_ENTRIES: u32 = 5;

/// Budgets of the program's own work, by label.
const OWN_SHARES: &[(&str, u64)] = &[("mint, proof depth 8", 2_000)];

/// Budgets by label.
const BUDGETS: &[(&str, u64)] = &[
    // Promised.
    ("mint, proof depth 8", 6_000),
    ("attest_statement, last of 8 seats", 1_500),
    ("attest_statement, last of 8 seats, carries", 1_500),
    ("freeze", 4_000),
    ("thaw", 4_000),
    ("settle_redemption, proof depth 8", 7_500),
    ("burn", 5_000),
    // Measured, and a tenth.
    ("initialize, mint created", 36_210),
    ("initialize, mint adopted", 14_690),
    ("register_issuer", 13_330),
    ("configure_issuer", 1_640),
    ("set_attestors, 8 seats", 2_750),
    ("pause, mint flag", 1_670),
    ("pause, all flags", 4_130),
    ("resume, mint flag", 1_670),
    ("resume, all flags", 4_120),
    ("block_wallet", 4_680),
    ("unblock_wallet", 1_880),
    ("post_statement, 256 entries", 5_330),
    ("post_statement, 65536 entries", 5_330),
    ("withdraw_statement", 890),
    ("close_statement", 870),
    ("mint, proof depth 0", 5_200),
    ("mint, proof depth 10", 6_950),
    ("mint, proof depth 13", 7_470),
    ("mint, proof depth 16", 7_990),
    ("mint_many, 1 entries, depth 8", 7_620),
    ("mint_many, 2 entries, depth 8", 12_240),
    ("mint_many, 3 entries, depth 8", 17_060),
    ("mint_many, 4 entries, depth 8", 21_670),
    ("mint_many, 5 entries, depth 8", 26_690),
    ("burn, transfers paused", 9_730),
    ("request_redemption", 10_900),
    ("reject_redemption", 5_810),
    ("cancel_redemption", 5_850),
    ("settle_redemption, proof depth 8, transfers paused", 11_570),
    ("reject_redemption, transfers paused, holder frozen", 15_680),
    ("cancel_redemption, transfers paused, holder frozen", 15_720),
    ("set_policy", 1_510),
    ("set_issuer_status", 1_710),
    ("nominate_role, 8 seats", 1_650),
    ("accept_role, 8 seats", 1_640),
    ("cancel_nomination", 1_540),
    ("nominate_issuer_role, 8 seats", 1_810),
    ("accept_issuer_role, 8 seats", 1_790),
    ("cancel_issuer_nomination", 1_660),
    ("set_default_account_state", 4_100),
    ("update_metadata, 200 bytes", 11_240),
    ("migrate_config, 2 banks", 2_410),
    ("flag_overdue", 1_880),
    ("admit_holder", 4_760),
    ("open_order", 6_850),
    ("execute_order", 6_970),
    ("execute_order, transfers paused, both sides frozen", 21_830),
    ("close_order", 1_630),
    ("check_invariants, 2 banks", 6_200),
    ("novate", 2_120),
];

fn find(table: &[(&str, u64)], label: &str) -> Option<u64> {
    table
        .iter()
        .find(|(name, _)| *name == label)
        .map(|(_, budget)| *budget)
}

/// The budget of a measurement.
pub fn of(label: &str) -> Option<u64> {
    find(BUDGETS, label)
}

/// The budget of a measurement's own share.
pub fn own_share_of(label: &str) -> Option<u64> {
    find(OWN_SHARES, label)
}

/// Budgets that no measurement has.
pub fn unused(rows: &[Row]) -> Vec<&'static str> {
    let measured = |name: &str| rows.iter().any(|row| row.label == name);
    OWN_SHARES
        .iter()
        .chain(BUDGETS)
        .map(|(name, _)| *name)
        .filter(|name| !measured(name))
        .collect()
}
