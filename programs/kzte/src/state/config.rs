//! `Config`, seeds `["config", mint]`: who holds which role, who attests, and the policy.
//!
//! Read-only on every hot path, so banks never contend for it.

use anchor_lang::prelude::*;
use kzte_ledger::MAX_ATTESTORS;

use crate::{
    constants::{MAX_REDEMPTION_SLA, MAX_STATEMENT_AGE},
    errors::KzteError,
};

/// Pause flag: `mint` and `mint_many` refuse.
pub const PAUSE_MINT: u8 = 1 << 0;
/// Pause flag: `request_redemption` refuses.
pub const PAUSE_REDEMPTION_REQUEST: u8 = 1 << 1;
/// Pause flag: the Token-2022 mint is paused, so no transfer, mint or burn passes.
pub const PAUSE_TRANSFER: u8 = 1 << 2;
/// All pause flags that exist.
pub const PAUSE_ALL: u8 = PAUSE_MINT | PAUSE_REDEMPTION_REQUEST | PAUSE_TRANSFER;

/// The roles of the configuration, in the order of their seats in [`Config::roles`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Role {
    /// Central bank: roles, attestor set, policy, resume.
    Authority = 0,
    /// Central bank operations: registers and configures issuers.
    IssuerManager = 1,
    /// On-call desk: pauses, never resumes.
    Pauser = 2,
    /// AML desk: freezes, thaws, blocks.
    Compliance = 3,
    /// Legal liaison: opens and closes seizure orders.
    CourtOfficer = 4,
    /// Executes seizure orders.
    Enforcer = 5,
}

/// Number of roles.
pub const ROLE_COUNT: usize = 6;

#[account]
#[derive(Debug)]
#[cfg_attr(feature = "client", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
pub struct Config {
    /// Layout version, [`crate::constants::CONFIG_VERSION`]. Written by `initialize` and `migrate_config`.
    pub version: u8,
    /// Canonical bump of this account. Written by `initialize`.
    pub bump: u8,
    /// Canonical bump of `["mint-authority", config]`. Written by `initialize`.
    pub mint_authority_bump: u8,
    /// Canonical bump of `["freeze-authority", config]`. Written by `initialize`.
    pub freeze_authority_bump: u8,
    /// Canonical bump of `["permanent-delegate", config]`. Written by `initialize`.
    pub permanent_delegate_bump: u8,
    /// Canonical bump of `["pause-authority", config]`. Written by `initialize`.
    pub pause_authority_bump: u8,
    /// Pause flags, [`PAUSE_MINT`] and its neighbours. Written by `pause` and `resume`.
    pub paused: u8,
    /// Seats taken in `attestors`, 1 to 8. Written by `initialize` and `set_attestors`.
    pub attestor_count: u8,
    /// Votes that carry a statement, 1 to `attestor_count`. Written with the set.
    pub threshold: u8,
    /// Bitmap of the seats that must be among the votes. Written with the set.
    pub mandatory: u8,
    /// Zero.
    pub reserved: [u8; 2],
    /// Version of the attestor set: votes of another version never count. Written with the set, only grows.
    pub attestor_set_version: u32,
    /// The Token-2022 mint. Written by `initialize`.
    pub mint: Address,
    /// Role holders by [`Role`]. Written by `initialize` and `accept_role`.
    pub roles: [Address; ROLE_COUNT],
    /// Nominees by [`Role`]; zero: none. Written by `nominate_role`, `accept_role`, `cancel_nomination`.
    pub nominees: [Address; ROLE_COUNT],
    /// Attestors by seat; free seats are zero. Written with the set.
    pub attestors: [Address; MAX_ATTESTORS],
    /// Oldest that the issuer's last effective statement may be at a mint, seconds. Written by `initialize` and `set_policy`.
    pub max_statement_age: i64,
    /// Term of a redemption, seconds. Written by `initialize` and `set_policy`.
    pub redemption_sla: i64,
    /// Issuers ever registered; since version 2. Written by `register_issuer`.
    pub issuer_count: u32,
    /// 1 while token accounts are born frozen; since version 2. Written by `set_default_account_state`.
    pub accounts_born_frozen: u8,
    /// Zero; since version 2.
    pub reserved_2: [u8; 3],
}

const _: () = assert!(Config::SPACE == 8 + 16 + 32 + 2 * 192 + 256 + 16 + 8);
const _: () = assert!(Config::SPACE_V1 + 8 == Config::SPACE);

impl Config {
    /// Account length, bytes.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// Account length of version 1, bytes: shorter, so that no instruction but `migrate_config` loads one.
    pub const SPACE_V1: usize = 8 + core::mem::offset_of!(Self, issuer_count);

    /// Holder of `role`.
    pub fn holder(&self, role: Role) -> &Address {
        let [
            authority,
            issuer_manager,
            pauser,
            compliance,
            court_officer,
            enforcer,
        ] = &self.roles;
        match role {
            Role::Authority => authority,
            Role::IssuerManager => issuer_manager,
            Role::Pauser => pauser,
            Role::Compliance => compliance,
            Role::CourtOfficer => court_officer,
            Role::Enforcer => enforcer,
        }
    }

    /// Whether any of `flags` is set.
    pub fn is_paused(&self, flags: u8) -> bool {
        self.paused & flags != 0
    }

    /// Whether `address` holds a role or sits in the attestor set (invariant 9: it can then hold no other).
    #[inline(never)]
    pub fn holds_role(&self, address: &Address) -> bool {
        self.roles.iter().any(|holder| holder == address) || self.seat_of(address).is_ok()
    }

    /// The nominee of the role of that number.
    ///
    /// Errors: `RoleUnknown`.
    pub fn nominee_mut(&mut self, role: u8) -> Result<&mut Address> {
        self.nominees
            .get_mut(usize::from(role))
            .ok_or(KzteError::RoleUnknown.into())
    }

    /// Refuses an address that cannot take a role over.
    ///
    /// Errors: `ZeroAddress`, `RoleConflict`.
    pub fn require_free(&self, address: &Address) -> Result<()> {
        require!(*address != Address::default(), KzteError::ZeroAddress);
        require!(!self.holds_role(address), KzteError::RoleConflict);
        Ok(())
    }

    /// Sets the policy.
    ///
    /// Errors: `PolicyRange`.
    pub fn set_policy(&mut self, max_statement_age: i64, redemption_sla: i64) -> Result<()> {
        require!(
            (1..=MAX_STATEMENT_AGE).contains(&max_statement_age)
                && (1..=MAX_REDEMPTION_SLA).contains(&redemption_sla),
            KzteError::PolicyRange
        );
        self.max_statement_age = max_statement_age;
        self.redemption_sla = redemption_sla;
        Ok(())
    }

    /// Seat of an attestor in today's set.
    pub fn seat_of(&self, attestor: &Address) -> Result<u8> {
        let mut seat = 0u8;
        for key in self.attestors.iter().take(usize::from(self.attestor_count)) {
            if anchor_lang::address_eq(key, attestor) {
                return Ok(seat);
            }
            seat = seat.saturating_add(1);
        }
        Err(KzteError::NotAttestor.into())
    }

    /// Replaces the attestor set after the ledger's rules and starts a new version, so that votes under the old
    /// set never count.
    pub fn set_attestors(&mut self, attestors: &[Address], threshold: u8, mandatory: u8) -> Result<()> {
        let keys: alloc::vec::Vec<[u8; 32]> = attestors.iter().map(|key| key.to_bytes()).collect();
        kzte_ledger::validate_attestor_set(&keys, threshold, mandatory).map_err(KzteError::from)?;
        require!(
            !attestors.iter().any(|attestor| self.roles.contains(attestor)),
            KzteError::RoleConflict
        );
        let count = u8::try_from(attestors.len()).map_err(|_| KzteError::AttestorSet)?;
        self.attestors = [Address::default(); MAX_ATTESTORS];
        for (seat, key) in self.attestors.iter_mut().zip(attestors) {
            *seat = *key;
        }
        self.attestor_count = count;
        self.threshold = threshold;
        self.mandatory = mandatory;
        self.attestor_set_version = self
            .attestor_set_version
            .checked_add(1)
            .ok_or(KzteError::AmountOverflow)?;
        Ok(())
    }
}
