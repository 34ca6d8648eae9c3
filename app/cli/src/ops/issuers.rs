//! The life of a bank: suspended and reactivated, wound down, closed. Signer: the issuer manager.

use kzte_client::{
    Bic, Chain, Deployment, KzteError,
    amount::format_tenge,
    fetch,
    instruction::{self, IssuerLimits},
    state::{ISSUER_ACTIVE, ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, Issuer, Role},
};
use kzte_ledger::Violation;

use super::{Step, issuer, roles::require_role, send};
use crate::{
    failure::{Failure, Result},
    keys::Hand,
    text::{plural, span},
};

/// Name of a status for people.
pub fn status_name(status: u8) -> &'static str {
    match status {
        ISSUER_ACTIVE => "active",
        ISSUER_SUSPENDED => "suspended",
        ISSUER_WIND_DOWN => "winding down",
        ISSUER_CLOSED => "closed",
        _ => "unknown",
    }
}

/// What is done with a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Suspend,
    Reactivate,
    WindDown,
    Close,
}

impl Turn {
    fn status(self) -> u8 {
        match self {
            Self::Suspend => ISSUER_SUSPENDED,
            Self::Reactivate => ISSUER_ACTIVE,
            Self::WindDown => ISSUER_WIND_DOWN,
            Self::Close => ISSUER_CLOSED,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Reactivate => "reactivate",
            Self::WindDown => "wind-down",
            Self::Close => "close",
        }
    }

    /// What it means for the bank's customers.
    fn meaning(self) -> &'static str {
        match self {
            Self::Suspend => "it mints no more; redemptions, settlements and burns go on",
            Self::Reactivate => "it may mint again",
            Self::WindDown => "it mints never again; redemptions, settlements and burns go on",
            Self::Close => "for ever",
        }
    }
}

/// What a bank owes, tiyn.
pub(crate) fn outstanding(issuer: &Issuer) -> Result<u64> {
    kzte_ledger::Position {
        minted: issuer.minted,
        burned: issuer.burned,
        novated_in: issuer.novated_in,
        novated_out: issuer.novated_out,
    }
    .outstanding()
    .map_err(|violation| Failure::mismatch(violation.to_string(), "Tell the authority."))
}

/// Limits of a bank; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Tiyn.
    pub quota: Option<u64>,
    /// Tiyn a window; `u64::MAX`: no limit.
    pub window_limit: Option<u64>,
    /// Seconds.
    pub window_seconds: Option<i64>,
}

/// Sets the limits of a bank. Signer: the issuer manager. The running window keeps its start and its use.
pub fn configure(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    manager: &Hand,
    bic: &Bic,
    change: &Limits,
) -> Result<Step> {
    const ACTION: &str = "limits";
    let config = fetch::config(chain, deployment)?;
    let bank = issuer(chain, deployment, bic)?;
    let limits = IssuerLimits {
        quota: change.quota.unwrap_or(bank.quota),
        window_limit: change.window_limit.unwrap_or(bank.window_limit),
        window_seconds: change.window_seconds.unwrap_or(bank.window_seconds),
    };
    let within = match limits.window_limit {
        u64::MAX => "without a limit".to_owned(),
        limit => format!("at most {}", format_tenge(limit)),
    };
    let note = format!(
        "{bic} may have {} outstanding and mint {within} in {}",
        format_tenge(limits.quota),
        span(limits.window_seconds)
    );
    let before = (bank.quota, bank.window_limit, bank.window_seconds);
    if (limits.quota, limits.window_limit, limits.window_seconds) == before {
        return Ok(Step::already(ACTION, note));
    }
    if bank.status == ISSUER_CLOSED {
        return Err(Failure::foreseen(
            KzteError::IssuerClosed,
            format!("{bic} is closed"),
        ));
    }
    if limits.window_seconds < 1 {
        return Err(Failure::foreseen(
            KzteError::WindowLength,
            format!("{} is no length of a window", span(limits.window_seconds)),
        ));
    }
    require_role(&config, Role::IssuerManager, manager)?;
    let instruction = instruction::configure_issuer(deployment, bic, manager.address(), limits);
    let receipt = send(chain, &[instruction], manager)?;
    Ok(Step::done(ACTION, note, &receipt))
}

/// Changes the status of a bank.
pub fn turn(
    chain: &mut dyn Chain,
    deployment: &Deployment,
    manager: &Hand,
    bic: &Bic,
    turn: Turn,
    reason: [u8; 32],
) -> Result<Step> {
    let action = turn.action();
    let before = issuer(chain, deployment, bic)?;
    if before.status == turn.status() {
        return Ok(Step::already(
            action,
            format!("{bic} is {} already", status_name(before.status)),
        ));
    }
    require_role(&fetch::config(chain, deployment)?, Role::IssuerManager, manager)?;
    foresee(bic, &before, turn)?;
    let signer = manager.address();
    let instruction = instruction::set_issuer_status(deployment, bic, signer, turn.status(), reason);
    let receipt = send(chain, &[instruction], manager)?;
    let note = format!(
        "{bic} was {} and is {}: {}",
        status_name(before.status),
        status_name(turn.status()),
        turn.meaning()
    );
    Ok(Step::done(action, note, &receipt))
}

/// What the program would refuse, with the figures.
fn foresee(bic: &Bic, issuer: &Issuer, turn: Turn) -> Result<()> {
    let owed = outstanding(issuer)?;
    let number = |status| kzte_ledger::IssuerStatus::from_number(status);
    let allowed = number(issuer.status).and_then(|from| {
        kzte_ledger::check_transition(from, number(turn.status())?, owed, issuer.pending_count)
    });
    match allowed {
        Ok(()) => Ok(()),
        Err(Violation::IssuerNotEmpty) => Err(Failure::foreseen(
            KzteError::IssuerNotEmpty,
            format!(
                "{bic} still has {} outstanding and {} of {}",
                format_tenge(owed),
                plural(
                    u64::from(issuer.pending_count),
                    "open redemption",
                    "open redemptions"
                ),
                format_tenge(issuer.pending)
            ),
        )),
        Err(_) => {
            let (fact, way_out) = match (issuer.status, turn) {
                (ISSUER_CLOSED, _) => ("a closed bank stays closed", ""),
                (_, Turn::Close) => (
                    "a bank closes from winding down only",
                    "Wind it down first: `kzte issuer wind-down`.",
                ),
                _ => (
                    "winding down is not undone",
                    "It ends with `kzte issuer close`, once nothing is outstanding.",
                ),
            };
            let status = status_name(issuer.status);
            Err(
                Failure::foreseen(KzteError::StatusTransition, format!("{bic} is {status}: {fact}"))
                    .but(way_out),
            )
        }
    }
}
