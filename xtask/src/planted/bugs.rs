//! The bugs: one line of the program or its rules changed each. They live here and nowhere else; the program is built
//! with one of them in a copy of the sources, tested, and thrown away.

/// A bug to plant.
pub struct Bug {
    /// Names it in the table.
    pub name: &'static str,
    /// The invariant of docs/INVARIANTS.md that it breaks first.
    pub invariant: u8,
    /// File, from the root of the repository.
    pub file: &'static str,
    /// Text that stands in the file exactly once.
    pub find: &'static str,
    /// What stands there instead.
    pub replace: &'static str,
}

const ISSUER: &str = "programs/kzte/src/state/issuer.rs";
const CONFIG: &str = "programs/kzte/src/state/config.rs";
const STATEMENT: &str = "programs/kzte/src/state/statement.rs";
const ORDER: &str = "programs/kzte/src/state/order.rs";
const CALLS: &str = "programs/kzte/src/token/calls.rs";
const MINT: &str = "programs/kzte/src/instructions/issuance/mint.rs";
const BURN: &str = "programs/kzte/src/instructions/issuance/burn.rs";
const SETTLE: &str = "programs/kzte/src/instructions/redemption/settle_redemption.rs";
const REQUEST: &str = "programs/kzte/src/instructions/redemption/request_redemption.rs";
const REJECT: &str = "programs/kzte/src/instructions/redemption/reject_redemption.rs";
const CANCEL: &str = "programs/kzte/src/instructions/redemption/cancel_redemption.rs";
const GIVE_BACK: &str = "programs/kzte/src/instructions/redemption/give_back.rs";
const CHECK: &str = "programs/kzte/src/instructions/oversight/check_invariants.rs";
const FLAG: &str = "programs/kzte/src/instructions/redemption/flag_overdue.rs";
const ATTEST: &str = "programs/kzte/src/instructions/reserves/attest_statement.rs";
const CLOSE: &str = "programs/kzte/src/instructions/reserves/close_statement.rs";
const NOVATE: &str = "programs/kzte/src/instructions/interbank/novate.rs";
const EXECUTE: &str = "programs/kzte/src/instructions/compliance/execute_order.rs";
const ADMIT: &str = "programs/kzte/src/instructions/compliance/admit_holder.rs";
const FREEZE: &str = "programs/kzte/src/instructions/compliance/freeze.rs";
const NOMINATE: &str = "programs/kzte/src/instructions/governance/nominate_role.rs";
const ACCEPT: &str = "programs/kzte/src/instructions/governance/accept_role.rs";
const RESUME: &str = "programs/kzte/src/instructions/governance/resume.rs";
const CONFORMITY: &str = "programs/kzte/src/token/conformity.rs";
const LIMITS: &str = "crates/ledger/src/limits.rs";
const SUCCESSION: &str = "crates/ledger/src/statement.rs";
const BITMAP: &str = "crates/ledger/src/bitmap.rs";
const MERKLE: &str = "crates/ledger/src/merkle.rs";
const VOTES: &str = "crates/ledger/src/votes.rs";
const STATUS: &str = "crates/ledger/src/status.rs";

/// Every bug, by invariant.
pub const BUGS: &[Bug] = &[
    // ── 1: supply and outstanding ───────────────────────────────────────────────────────────
    Bug {
        name: "a mint is not booked",
        invariant: 1,
        file: ISSUER,
        find: "        self.minted = position.minted;\n",
        replace: "",
    },
    Bug {
        name: "a settlement burns nothing",
        invariant: 1,
        file: SETTLE,
        find: "        token::burn(escrow, mint, escrow, amount, &[seeds]);",
        replace: "        let _ = (escrow, mint, seeds);",
    },
    Bug {
        name: "a mint with a supply is adopted",
        invariant: 1,
        file: CONFORMITY,
        find: "data.get(SUPPLY_OFFSET..).and_then(|rest| rest.first_chunk::<8>()) == Some(&[0; 8])",
        replace: "data.len() > SUPPLY_OFFSET",
    },
    // ── 2: positions ────────────────────────────────────────────────────────────────────────
    Bug {
        name: "a burn is not booked",
        invariant: 2,
        file: BURN,
        find: "    accounts.issuer.book_burn(amount)?;\n",
        replace: "",
    },
    Bug {
        name: "the giver of a novation keeps its liability",
        invariant: 2,
        file: NOVATE,
        find: "    accounts.issuer.novate_out(amount)?;\n",
        replace: "",
    },
    Bug {
        name: "the taker of a novation takes nothing",
        invariant: 2,
        file: ISSUER,
        find: "        self.novated_in = self.position().novate_in(amount).map_err(refuse)?.novated_in;\n",
        replace: "",
    },
    Bug {
        name: "a settlement is not booked as burned",
        invariant: 2,
        file: SETTLE,
        find: "    accounts.issuer.book_burn(amount)?;\n",
        replace: "",
    },
    // ── 3: backing, quota, freshness, window ────────────────────────────────────────────────
    Bug {
        name: "the reserve does not bound a mint",
        invariant: 3,
        file: LIMITS,
        find: "    if outstanding > closing {\n",
        replace: "    if outstanding > closing && closing == 0 {\n",
    },
    Bug {
        name: "the quota is compared one tiyn off",
        invariant: 3,
        file: LIMITS,
        find: "    if outstanding > quota {\n",
        replace: "    if outstanding > quota.saturating_add(1) {\n",
    },
    Bug {
        name: "a statement is fresh for a second longer",
        invariant: 3,
        file: LIMITS,
        find: "now.abs_diff(as_of) > max_age.unsigned_abs()",
        replace: "now.abs_diff(as_of) > max_age.unsigned_abs().saturating_add(1)",
    },
    Bug {
        name: "the window's use is not written",
        invariant: 3,
        file: ISSUER,
        find: "        self.window_used = window.used;\n",
        replace: "",
    },
    Bug {
        name: "the window rolls a second late",
        invariant: 3,
        file: LIMITS,
        find: "now.abs_diff(self.start) >= self.seconds.unsigned_abs()",
        replace: "now.abs_diff(self.start) > self.seconds.unsigned_abs()",
    },
    Bug {
        name: "the reserve does not bound a takeover",
        invariant: 3,
        file: LIMITS,
        find: "    if taker.outstanding > taker.closing {\n",
        replace: "    if taker.outstanding > taker.closing && taker.closing == 0 {\n",
    },
    // ── 4: one entry, once ──────────────────────────────────────────────────────────────────
    Bug {
        name: "the consumed-bit is not written",
        invariant: 4,
        file: BITMAP,
        find: "    *byte |= mask_of(index);\n",
        replace: "",
    },
    Bug {
        name: "a mint goes to any account",
        invariant: 4,
        file: MINT,
        find: "    if !token::is_owner_of_credited(recipient, party) {\n",
        replace: "    if !token::is_owner_of_credited(recipient, party) && *party.as_array() == [1; 32] {\n",
    },
    Bug {
        name: "a proof is not compared with the root",
        invariant: 4,
        file: MERKLE,
        find: "        if node != root {\n            return Err(Violation::RootMismatch);\n",
        replace: "        if node != root && last == u32::MAX {\n            return Err(Violation::RootMismatch);\n",
    },
    Bug {
        name: "a settlement consumes no entry",
        invariant: 4,
        file: SETTLE,
        find: "    consume_entry(&mut accounts.statement, entry.index)?;\n",
        replace: "",
    },
    Bug {
        name: "a statement closes with an entry left",
        invariant: 4,
        file: CLOSE,
        find: "statement.consumed_count == statement.actionable_count",
        replace: "statement.consumed_count.saturating_add(1) >= statement.actionable_count",
    },
    Bug {
        name: "what is minted is not counted for the statement",
        invariant: 4,
        file: STATEMENT,
        find: "        self.minted = kzte_ledger::check_statement_mint(self.minted, amount, self.credit_total)?;\n",
        replace: "        kzte_ledger::check_statement_mint(self.minted, amount, self.credit_total)?;\n",
    },
    // ── 5: the chain of statements ──────────────────────────────────────────────────────────
    Bug {
        name: "a statement need not open where the last one closed",
        invariant: 5,
        file: SUCCESSION,
        find: "    if next.opening != head.closing {\n",
        replace: "    if next.opening < head.closing {\n",
    },
    Bug {
        name: "two statements may be of the same second",
        invariant: 5,
        file: SUCCESSION,
        find: "    if next.as_of <= head.as_of {\n",
        replace: "    if next.as_of < head.as_of {\n",
    },
    Bug {
        name: "a carried statement does not move the closing balance",
        invariant: 5,
        file: ATTEST,
        find: "        issuer.closing_balance = statement.closing;\n",
        replace: "",
    },
    // ── 6: escrow ───────────────────────────────────────────────────────────────────────────
    Bug {
        name: "a request moves no tokens",
        invariant: 6,
        file: REQUEST,
        find: "        accounts.permanent_delegate.account(),\n        amount,\n",
        replace: "        accounts.permanent_delegate.account(),\n        0,\n",
    },
    Bug {
        name: "a redemption stays open after it was cancelled",
        invariant: 6,
        file: CANCEL,
        find: "        close = owner,\n",
        replace: "",
    },
    Bug {
        name: "a request is not counted",
        invariant: 6,
        file: REQUEST,
        find: "    accounts.issuer.open_redemption(amount)?;\n",
        replace: "    accounts.issuer.open_redemption(0)?;\n",
    },
    Bug {
        name: "a redemption is cancelled while its payout may be on the way",
        invariant: 6,
        file: CANCEL,
        find: "        .checked_add(accounts.config.max_statement_age)\n",
        replace: "        .checked_add(0)\n",
    },
    // ── 7: nothing stops the way back ───────────────────────────────────────────────────────
    Bug {
        name: "a pause of transfers stops settlements",
        invariant: 7,
        file: CALLS,
        find: "    resume(mint, pause_authority, seeds);\n    call();\n",
        replace: "    call();\n",
    },
    Bug {
        name: "a settlement under a pause ends the pause",
        invariant: 7,
        file: CALLS,
        find: "    call();\n    pause(mint, pause_authority, seeds);\n",
        replace: "    call();\n",
    },
    Bug {
        name: "a suspended bank cannot reject",
        invariant: 7,
        file: REJECT,
        find: "        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized)\n",
        replace: "        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized),\n        constraint(issuer.status == 0 @ KzteError::IssuerNotActive)\n",
    },
    Bug {
        name: "an escrow can be frozen",
        invariant: 7,
        file: FREEZE,
        find: "        require_no_escrow(ctx)?;\n",
        replace: "",
    },
    // ── 8: orders ───────────────────────────────────────────────────────────────────────────
    Bug {
        name: "an order exceeds its cap",
        invariant: 8,
        file: ORDER,
        find: "        let executed = executed.filter(|executed| *executed <= self.cap);\n",
        replace: "        let executed = executed.filter(|_| amount <= self.cap);\n",
    },
    Bug {
        name: "an account that an order took from stays open",
        invariant: 8,
        file: EXECUTE,
        find: "    for (account, _) in sides.iter().filter(|(_, frozen)| *frozen) {\n        token::freeze(",
        replace: "    for (account, _) in sides.iter().skip(1).filter(|(_, frozen)| *frozen) {\n        token::freeze(",
    },
    Bug {
        name: "a closed order moves tokens",
        invariant: 8,
        file: EXECUTE,
        find: "        constraint(order.config == *config.address() @ KzteError::WrongConfig),\n        constraint(order.status == ORDER_OPEN @ KzteError::OrderClosed)\n",
        replace: "        constraint(order.config == *config.address() @ KzteError::WrongConfig),\n        constraint(order.status <= ORDER_OPEN.saturating_add(1) @ KzteError::OrderClosed)\n",
    },
    Bug {
        name: "an order moves tokens in the second in which it expires",
        invariant: 8,
        file: ORDER,
        find: "        require!(now < self.expires_at, KzteError::OrderExpired);\n",
        replace: "        require!(now <= self.expires_at, KzteError::OrderExpired);\n",
    },
    Bug {
        name: "a blocked holder gets tokens back that he can move",
        invariant: 8,
        file: GIVE_BACK,
        find: "        if account.frozen || is_blocked {\n",
        replace: "        if account.frozen {\n",
    },
    Bug {
        name: "an account that owns itself passes for an escrow",
        invariant: 8,
        file: CHECK,
        find: "        if anchor_lang::address_eq(address, &escrow_of(issuer)?) {\n",
        replace: "        if anchor_lang::address_eq(address, &escrow_of(issuer)?) || issuer.bump != 0 {\n",
    },
    // ── 9: roles ────────────────────────────────────────────────────────────────────────────
    Bug {
        name: "the pauser resumes",
        invariant: 9,
        file: RESUME,
        find: "config.holder(Role::Authority)",
        replace: "config.holder(Role::Pauser)",
    },
    Bug {
        name: "the issuer manager nominates",
        invariant: 9,
        file: NOMINATE,
        find: "config.holder(Role::Authority)",
        replace: "config.holder(Role::IssuerManager)",
    },
    Bug {
        name: "anybody accepts a role that is offered",
        invariant: 9,
        file: ACCEPT,
        find: "    require!(*waiting == nominee, KzteError::NotNominated);\n",
        replace: "    require!(*waiting != Address::default(), KzteError::NotNominated);\n",
    },
    Bug {
        name: "nominations outlive the authority that made them",
        invariant: 9,
        file: ACCEPT,
        find: "        config.nominees = Default::default();\n",
        replace: "",
    },
    Bug {
        name: "one address gathers two roles",
        invariant: 9,
        file: CONFIG,
        find: "        require!(!self.holds_role(address), KzteError::RoleConflict);\n",
        replace: "",
    },
    Bug {
        name: "any bank's operator mints",
        invariant: 9,
        file: MINT,
        find: "        constraint(issuer.operator == *operator.address() @ KzteError::NotAuthorized)\n",
        replace: "        constraint(issuer.admin != *operator.address() @ KzteError::NotAuthorized)\n",
    },
    Bug {
        name: "votes of an old attestor set count",
        invariant: 9,
        file: ATTEST,
        find: "        statement.approvals = 0;\n",
        replace: "",
    },
    Bug {
        name: "the mandatory seat is not asked for",
        invariant: 9,
        file: VOTES,
        find: "approvals & mandatory == mandatory\n",
        replace: "(approvals & mandatory == mandatory || mandatory != 0)\n",
    },
    Bug {
        name: "a bank lets an account in that the desk froze with tokens on it",
        invariant: 9,
        file: ADMIT,
        find: "    require!(account.amount == 0, KzteError::AccountNotEmpty);\n",
        replace: "",
    },
    // ── 10: each bank for itself ────────────────────────────────────────────────────────────
    Bug {
        name: "an overdue bank mints",
        invariant: 10,
        file: ISSUER,
        find: "        if self.overdue_count != 0 {\n",
        replace: "        if self.overdue_count == u32::MAX {\n",
    },
    Bug {
        name: "a suspended bank mints",
        invariant: 10,
        file: ISSUER,
        find: "        if self.status != ISSUER_ACTIVE {\n",
        replace: "        if self.status > ISSUER_SUSPENDED {\n",
    },
    Bug {
        name: "a redemption of one bank halts another",
        invariant: 10,
        file: FLAG,
        find: "        constraint(redemption.issuer == *issuer.address() @ KzteError::WrongIssuer),\n",
        replace: "",
    },
    Bug {
        name: "the end of an overdue redemption leaves the bank halted",
        invariant: 10,
        file: ISSUER,
        find: "        if overdue {\n",
        replace: "        if overdue && amount == 0 {\n",
    },
    Bug {
        name: "a bank closes with tokens out",
        invariant: 10,
        file: STATUS,
        find: "(WindDown, Closed) if outstanding == 0 && pending == 0 => Ok(()),",
        replace: "(WindDown, Closed) if pending == 0 || outstanding == 0 => Ok(()),",
    },
];
