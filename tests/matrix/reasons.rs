//! Why a cell of the matrix may hold attempts that pass. Every entry is a decision of the design.

/// `(column, reason, instructions)`.
const REASONS: &[(&str, &str, &[&str])] = &[
    (
        "missing signer",
        "the payer of the scene pays the transaction's fee as well, and so signs in any case; what must sign is tested \
         with another payer in the guards",
        &["initialize"],
    ),
    (
        "other role",
        "every seat of the attestor set may vote: that is its role",
        &["attest_statement"],
    ),
    (
        "wrong address",
        "the same keys hold both deployments of the scene, and the call is valid there",
        &["nominate_role", "set_attestors", "set_policy"],
    ),
    (
        "wrong address",
        "the issuer manager manages every bank, so the call is valid for the other one",
        &["configure_issuer", "set_issuer_status"],
    ),
    (
        "wrong address",
        "an authority address is used only where something is frozen or paused, and the runtime then refuses a wrong one \
         (see the guards, in those states)",
        &[
            "burn",
            "cancel_redemption",
            "execute_order",
            "register_issuer",
            "reject_redemption",
            "settle_redemption",
        ],
    ),
    (
        "duplicate",
        "an authority address is used only where something is frozen or paused; in its unused place any account may stand",
        &["register_issuer", "reject_redemption", "settle_redemption"],
    ),
    (
        "frozen",
        "invariant 7: a frozen holder gets his tokens back, and is frozen after",
        &["cancel_redemption", "reject_redemption"],
    ),
    (
        "frozen",
        "invariant 8: thawed, moved and frozen again in one instruction",
        &["execute_order"],
    ),
    (
        "frozen",
        "an order is opened whatever state the accounts are in",
        &["open_order"],
    ),
    ("frozen", "thawing is what it does", &["admit_holder", "thaw"]),
    (
        "paused",
        "invariant 7: no pause stops settling, rejecting, cancelling or burning",
        &[
            "burn",
            "cancel_redemption",
            "reject_redemption",
            "settle_redemption",
        ],
    ),
    (
        "paused",
        "invariant 7: no pause stops an order; the mint is resumed and paused again inside the instruction",
        &["execute_order"],
    ),
    (
        "paused",
        "the flag for redemption requests does not stop minting",
        &["mint", "mint_many"],
    ),
    (
        "paused",
        "the flag for minting does not stop redemption requests",
        &["request_redemption"],
    ),
    (
        "paused",
        "a flag that is not set yet can be set beside others; with all set there is nothing to change",
        &["pause"],
    ),
    ("paused", "resuming is what it does", &["resume"]),
    (
        "paused",
        "banks go on reporting and settling between each other while functions are stopped: it only makes holders safer",
        &[
            "attest_statement",
            "close_statement",
            "novate",
            "post_statement",
            "withdraw_statement",
        ],
    ),
    (
        "paused",
        "governance goes on while functions are stopped: a pause is when it is needed",
        &[
            "accept_issuer_role",
            "accept_role",
            "cancel_issuer_nomination",
            "cancel_nomination",
            "configure_issuer",
            "nominate_issuer_role",
            "nominate_role",
            "register_issuer",
            "set_attestors",
            "set_default_account_state",
            "set_issuer_status",
            "set_policy",
            "update_metadata",
        ],
    ),
    (
        "paused",
        "the compliance desk and the court work while functions are stopped; no tokens move",
        &[
            "admit_holder",
            "block_wallet",
            "close_order",
            "freeze",
            "open_order",
            "thaw",
            "unblock_wallet",
        ],
    ),
    (
        "paused",
        "holders and observers keep their rights while functions are stopped",
        &["check_invariants", "flag_overdue"],
    ),
    (
        "closed issuer",
        "a bank closes only with nothing outstanding and no redemption open, so it has nothing to settle, reject, cancel, \
         flag or burn; the state of this attempt is made by hand",
        &[
            "burn",
            "cancel_redemption",
            "flag_overdue",
            "reject_redemption",
            "settle_redemption",
        ],
    ),
    (
        "closed issuer",
        "rent of a closed bank's statements goes back to who paid it",
        &["close_statement", "withdraw_statement"],
    ),
    (
        "closed issuer",
        "a closed bank is still one of the banks registered",
        &["check_invariants", "migrate_config"],
    ),
];

/// The reason for a cell.
pub fn of(instruction: &str, column: &str) -> Option<&'static str> {
    REASONS
        .iter()
        .find(|(of, _, names)| *of == column && names.contains(&instruction))
        .map(|(_, reason, _)| *reason)
}

/// Reasons for cells that do not exist.
pub fn unused(used: &[(String, &str)]) -> Vec<String> {
    let mut unused = Vec::new();
    for (column, _, names) in REASONS {
        for name in *names {
            if !used.iter().any(|(of, at)| of == name && at == column) {
                unused.push(format!("{name}, {column}: a reason for no cell"));
            }
        }
    }
    unused
}
