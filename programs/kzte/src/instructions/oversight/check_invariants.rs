//! `check_invariants`: recomputes what can be recomputed from the accounts given, and says it in events.
//!
//! May call: anyone. Changes nothing. Events: one [`IssuerChecked`] a bank and one [`InvariantsChecked`]. Invariants 1,
//! 2, 6. A violation does not fail the instruction: a failed transaction leaves no trace, and the trace is the point.
//!
//! Remaining accounts: for each bank its issuer and its escrow.

use alloc::vec::Vec;

use anchor_lang::prelude::*;

use crate::{
    constants::{MAX_CHECKED_BANKS, VIOLATES_1, VIOLATES_2, VIOLATES_6},
    cpi::emit_by_call,
    errors::KzteError,
    events::{InvariantsChecked, IssuerChecked},
    seeds::ESCROW_SEED,
    state::{Config, Issuer},
    token,
};

#[event_cpi]
#[derive(Accounts)]
pub struct CheckInvariants {
    pub caller: Signer,
    pub config: Account<Config>,
    #[account(address = config.mint @ KzteError::WrongMint)]
    pub mint: UncheckedAccount,
}

/// Errors: `WrongMint`, `CheckedBanks`, `WrongConfig`, `WrongAddress` (an escrow that is not the bank's).
pub fn check_invariants(ctx: &mut Context<CheckInvariants>) -> Result<()> {
    let remaining = ctx.remaining_accounts()?;
    let accounts = &ctx.accounts;
    let config = &accounts.config;
    let now = crate::now()?;
    let event_authority = accounts.event_authority.account();
    let bump = ctx.bumps.event_authority;
    let issuers = distinct_issuers(&remaining, 2, config.address())?;
    require!(issuers.len() <= MAX_CHECKED_BANKS, KzteError::CheckedBanks);

    let mut total = InvariantsChecked {
        config: *config.address(),
        actor: *accounts.caller.address(),
        supply: token::supply(accounts.mint.account())?,
        outstanding: 0,
        closing: 0,
        pending: 0,
        escrow: 0,
        checked_at: now,
        banks_given: u32::try_from(issuers.len()).map_err(|_| KzteError::CheckedBanks)?,
        banks_registered: config.issuer_count,
        violations: 0,
        reserved: [0; 7],
    };
    for (issuer, escrow) in issuers.iter().zip(remaining.iter().skip(1).step_by(2)) {
        require!(
            anchor_lang::address_eq(escrow.address(), &escrow_of(issuer)?),
            KzteError::WrongAddress
        );
        let escrow = token::read_token_account(escrow, &config.mint)?.amount;
        let (outstanding, mut violations) = match issuer.outstanding() {
            Ok(outstanding) => (outstanding, 0),
            Err(_) => (0, VIOLATES_2),
        };
        if escrow < issuer.pending {
            violations |= VIOLATES_6;
        }
        let fresh = kzte_ledger::check_freshness(now, issuer.statement_as_of, config.max_statement_age);
        let checked = IssuerChecked {
            config: total.config,
            issuer: *issuer.address(),
            actor: total.actor,
            outstanding,
            closing: issuer.closing_balance,
            pending: issuer.pending,
            escrow,
            quota: issuer.quota,
            as_of: issuer.statement_as_of,
            overdue_count: issuer.overdue_count,
            violations,
            status: issuer.status,
            fresh: u8::from(fresh.is_ok()),
            backed: u8::from(outstanding <= issuer.closing_balance),
        };
        emit_by_call(checked, event_authority, bump);
        // A sum beyond 64 bits is above every supply, and so is its cap.
        total.outstanding = total.outstanding.saturating_add(outstanding);
        total.closing = total.closing.saturating_add(issuer.closing_balance);
        total.pending = total.pending.saturating_add(issuer.pending);
        total.escrow = total.escrow.saturating_add(escrow);
        total.violations |= violations;
    }
    // With a bank missing, the sum says nothing about the supply.
    if total.banks_given == total.banks_registered && total.supply > total.outstanding {
        total.violations |= VIOLATES_1;
    }
    emit_by_call(total, event_authority, bump);
    Ok(())
}

/// The issuers among `accounts`, which come in groups of `group` with the issuer first: each of this configuration, each
/// once.
///
/// Errors: `CheckedBanks`, `WrongConfig`; the framework's, when an account is no issuer.
pub fn distinct_issuers(
    accounts: &[AccountView],
    group: usize,
    config: &Address,
) -> Result<Vec<Account<Issuer>>> {
    let mut issuers: Vec<Account<Issuer>> = Vec::new();
    for members in accounts.chunks(group) {
        let [first, ..] = members else {
            return Err(KzteError::CheckedBanks.into());
        };
        let issuer = Account::<Issuer>::load(*first)?;
        require!(issuer.config == *config, KzteError::WrongConfig);
        require!(
            members.len() == group && !issuers.iter().any(|other| other.address() == issuer.address()),
            KzteError::CheckedBanks
        );
        issuers.push(issuer);
    }
    Ok(issuers)
}

/// Whether `address` is the escrow of a bank. `issuers`: all that are registered, for one that is missing might be the one.
///
/// Errors: `CheckedBanks`, `WrongConfig`; the framework's, when an account is no issuer.
#[inline(never)]
pub fn is_escrow(address: &Address, issuers: &[AccountView], config: &Account<Config>) -> Result<bool> {
    let issuers = distinct_issuers(issuers, 1, config.address())?;
    require!(
        u32::try_from(issuers.len()) == Ok(config.issuer_count),
        KzteError::CheckedBanks
    );
    for issuer in &issuers {
        if anchor_lang::address_eq(address, &escrow_of(issuer)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Address of a bank's escrow.
fn escrow_of(issuer: &Account<Issuer>) -> Result<Address> {
    anchor_lang::cpi::create_program_address(
        &[ESCROW_SEED, issuer.address().as_ref(), &[issuer.escrow_bump]],
        &crate::ID,
    )
}
