//! KZTE: a tenge stablecoin with double-entry issuance.
//!
//! Every token minted consumes exactly one attested credit entry of a bank statement, and every token redeemed
//! consumes exactly one attested debit entry. The rules live in `kzte-ledger`; this crate is the thin shell that
//! loads accounts, asks the rules, writes the result and calls Token-2022.
//!
//! Where to look: [`instructions`] (one file each), [`state`] (one file an account), [`errors`], [`events`],
//! [`seeds`], [`token`] (everything about Token-2022).

#![cfg_attr(target_os = "solana", no_std)]
// The framework's macros expand to code that these lints were not written for; our own code is linted in its modules.
#![allow(clippy::diverging_sub_expression)]

extern crate alloc;

use alloc::{string::String, vec::Vec};

use anchor_lang::prelude::*;

pub mod constants;
pub mod cpi;
pub mod errors;
pub mod events;
pub mod instructions;
#[cfg(all(target_os = "solana", target_arch = "bpf"))]
mod memory;
pub mod seeds;
pub mod state;
pub mod token;

use instructions::*;
use kzte_ledger::{EntryKind, EntryRef};

declare_id!("KZTEtenge1111111111111111111111111111111111");

/// SHA-256 by the runtime's system call: 85 compute units, and half a unit a byte, at least 10 a part.
pub struct Syscall;

impl kzte_ledger::Sha256 for Syscall {
    #[cfg(target_os = "solana")]
    #[inline(always)]
    fn hash_into(parts: &[&[u8]], digest: &mut [u8; 32]) {
        // SAFETY: `parts` is a slice of slices, which is the layout that the call reads, and `digest` has 32 bytes.
        unsafe {
            anchor_lang::pinocchio::syscalls::sol_sha256(
                parts.as_ptr().cast(),
                parts.len() as u64,
                digest.as_mut_ptr(),
            );
        }
    }

    #[cfg(target_os = "solana")]
    #[inline(always)]
    fn hash(parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = core::mem::MaybeUninit::<[u8; 32]>::uninit();
        // SAFETY: as above; the call writes all 32 bytes.
        unsafe {
            anchor_lang::pinocchio::syscalls::sol_sha256(
                parts.as_ptr().cast(),
                parts.len() as u64,
                digest.as_mut_ptr().cast(),
            );
            digest.assume_init()
        }
    }

    #[cfg(not(target_os = "solana"))]
    fn hash_into(parts: &[&[u8]], digest: &mut [u8; 32]) {
        *digest = anchor_lang::sha256(&parts.concat());
    }
}

/// The cluster's time, Unix seconds.
#[inline(always)]
pub fn now() -> Result<i64> {
    use anchor_lang::solana_program::sysvar::Sysvar;
    Ok(Clock::get()?.unix_timestamp)
}

/// Hot instructions first: the dispatcher compares discriminators in this order.
#[program]
pub mod kzte {
    use super::*;

    /// One attested credit entry becomes tokens of its depositor. May call: the issuer's operator.
    pub fn mint(
        ctx: &mut Context<Mint>,
        index: u32,
        amount: u64,
        reference_hash: &[u8; 32],
        party: &[u8; 32],
        proof: &[[u8; 32]],
    ) -> Result<()> {
        instructions::mint(
            ctx,
            EntryRef {
                kind: EntryKind::Credit,
                index,
                amount,
                reference_hash,
                party,
            },
            proof,
        )
    }

    /// A run of neighbouring credit entries becomes tokens in one transaction, under one proof. May call: the
    /// issuer's operator.
    pub fn mint_many(
        ctx: &mut Context<MintMany>,
        start: u32,
        entries: Vec<RunEntry>,
        proof: Vec<[u8; 32]>,
    ) -> Result<()> {
        instructions::mint_many(ctx, start, entries, proof)
    }

    /// One attested debit entry paid a redemption out; its tokens are burned. May call: the issuer's operator.
    pub fn settle_redemption(
        ctx: &mut Context<SettleRedemption>,
        entry: DebitEntry,
        proof: &[[u8; 32]],
    ) -> Result<()> {
        instructions::settle_redemption(ctx, entry, proof)
    }

    /// A holder asks a bank to pay tenge out; his tokens go into that bank's escrow. May call: the owner of the
    /// tokens, who pays the rent and gets it back at the end.
    pub fn request_redemption(
        ctx: &mut Context<RequestRedemption>,
        nonce: u64,
        amount: u64,
        payout_hash: [u8; 32],
    ) -> Result<()> {
        instructions::request_redemption(ctx, nonce, amount, payout_hash)
    }

    /// An attestor vouches for a posted statement; the vote that carries it makes it effective. May call: each
    /// attestor of today's set, once a statement.
    pub fn attest_statement(ctx: &mut Context<AttestStatement>, digest: [u8; 32]) -> Result<()> {
        instructions::attest_statement(ctx, digest)
    }

    /// A bank destroys tokens of its own stock and lowers its liability by as much. May call: the issuer's operator,
    /// from a token account that he owns.
    pub fn burn(ctx: &mut Context<Burn>, amount: u64, reference_hash: [u8; 32]) -> Result<()> {
        instructions::burn(ctx, amount, reference_hash)
    }

    /// A bank puts its next statement before the attestors. May call: the issuer's operator, who pays the rent and
    /// gets it back.
    pub fn post_statement(ctx: &mut Context<PostStatement>, args: StatementArgs) -> Result<()> {
        instructions::post_statement(ctx, args)
    }

    /// A bank takes a posted statement back, to replace it. May call: the issuer's operator.
    pub fn withdraw_statement(ctx: &mut Context<WithdrawStatement>) -> Result<()> {
        instructions::withdraw_statement(ctx)
    }

    /// Closes a statement whose last actionable entry is consumed; its rent goes to its payer. May call: anyone.
    pub fn close_statement(ctx: &mut Context<CloseStatement>) -> Result<()> {
        instructions::close_statement(ctx)
    }

    /// A bank refuses a redemption; the tokens go back to the holder. May call: the issuer's operator.
    pub fn reject_redemption(ctx: &mut Context<RejectRedemption>, reason: u16) -> Result<()> {
        instructions::reject_redemption(ctx, reason)
    }

    /// A holder takes an unpaid redemption back, once no payout can be on its way any more. May call: the
    /// redemption's owner, from `due_at` plus one statement age on.
    pub fn cancel_redemption(ctx: &mut Context<CancelRedemption>) -> Result<()> {
        instructions::cancel_redemption(ctx)
    }

    /// Freezes a token account. May call: the compliance desk.
    pub fn freeze(ctx: &mut Context<Freeze>, reason_hash: [u8; 32]) -> Result<()> {
        instructions::freeze(ctx, reason_hash)
    }

    /// Thaws a token account. May call: the compliance desk.
    pub fn thaw(ctx: &mut Context<Thaw>, reason_hash: [u8; 32]) -> Result<()> {
        instructions::thaw(ctx, reason_hash)
    }

    /// A wallet may receive no mint and request no redemption. May call: the compliance desk, which pays the rent.
    pub fn block_wallet(
        ctx: &mut Context<BlockWallet>,
        wallet: Address,
        reason_hash: [u8; 32],
    ) -> Result<()> {
        instructions::block_wallet(ctx, wallet, reason_hash)
    }

    /// Opens a blocked wallet again. May call: the compliance desk, which gets the rent.
    pub fn unblock_wallet(
        ctx: &mut Context<UnblockWallet>,
        wallet: Address,
        reason_hash: [u8; 32],
    ) -> Result<()> {
        instructions::unblock_wallet(ctx, wallet, reason_hash)
    }

    /// The term of a redemption has passed and its bank has not paid; from now on the bank mints nothing. May call:
    /// anyone.
    pub fn flag_overdue(ctx: &mut Context<FlagOverdue>) -> Result<()> {
        instructions::flag_overdue(ctx)
    }

    /// A liability moves from one bank to another, so that a holder can redeem at a bank what another minted. May
    /// call: the operators of both banks together.
    pub fn novate(ctx: &mut Context<Novate>, amount: u64, reference_hash: [u8; 32]) -> Result<()> {
        instructions::novate(ctx, amount, reference_hash)
    }

    /// Where token accounts are born frozen, a bank lets a verified customer in by thawing his account. May call: the
    /// operator of an active bank.
    pub fn admit_holder(ctx: &mut Context<AdmitHolder>, reference_hash: [u8; 32]) -> Result<()> {
        instructions::admit_holder(ctx, reference_hash)
    }

    /// A court has ordered tokens to be seized: from which account, to which, how much at most, until when. May call:
    /// the court officer.
    pub fn open_order(
        ctx: &mut Context<OpenOrder>,
        case_hash: [u8; 32],
        cap: u64,
        expires_at: i64,
    ) -> Result<()> {
        instructions::open_order(ctx, case_hash, cap, expires_at)
    }

    /// Moves tokens under an open order. May call: the enforcer.
    pub fn execute_order(ctx: &mut Context<ExecuteOrder>, amount: u64) -> Result<()> {
        instructions::execute_order(ctx, amount)
    }

    /// An order moves nothing from now on, for ever. May call: the court officer.
    pub fn close_order(ctx: &mut Context<CloseOrder>) -> Result<()> {
        instructions::close_order(ctx)
    }

    /// Recomputes what can be recomputed from the accounts given, and says it in events. May call: anyone.
    pub fn check_invariants(ctx: &mut Context<CheckInvariants>) -> Result<()> {
        instructions::check_invariants(ctx)
    }

    /// Stops functions, instantly. May call: the pauser, who can never resume.
    pub fn pause(ctx: &mut Context<Pause>, flags: u8) -> Result<()> {
        instructions::pause(ctx, flags)
    }

    /// Opens functions again. May call: the authority.
    pub fn resume(ctx: &mut Context<Resume>, flags: u8) -> Result<()> {
        instructions::resume(ctx, flags)
    }

    /// Creates the configuration, and creates or adopts the Token-2022 mint. May call: the upgrade authority of this
    /// program, so that nobody can front-run the deployment.
    pub fn initialize(ctx: &mut Context<Initialize>, args: InitializeArgs) -> Result<()> {
        instructions::initialize(ctx, args)
    }

    /// Replaces the attestor set under a new version. May call: the authority.
    pub fn set_attestors(
        ctx: &mut Context<SetAttestors>,
        attestors: Vec<Address>,
        threshold: u8,
        mandatory: u8,
    ) -> Result<()> {
        instructions::set_attestors(ctx, attestors, threshold, mandatory)
    }

    /// Lets a partner bank issue, and creates its escrow. May call: the issuer manager.
    pub fn register_issuer(
        ctx: &mut Context<RegisterIssuer>,
        bic: [u8; 11],
        admin: Address,
        operator: Address,
        limits: IssuerLimits,
    ) -> Result<()> {
        instructions::register_issuer(ctx, bic, admin, operator, limits)
    }

    /// Sets quota and mint window of a bank. May call: the issuer manager.
    pub fn configure_issuer(ctx: &mut Context<ConfigureIssuer>, limits: IssuerLimits) -> Result<()> {
        instructions::configure_issuer(ctx, limits)
    }

    /// Suspends a bank, lets it go on, winds it down, closes it. May call: the issuer manager.
    pub fn set_issuer_status(
        ctx: &mut Context<SetIssuerStatus>,
        status: u8,
        reason_hash: [u8; 32],
    ) -> Result<()> {
        instructions::set_issuer_status(ctx, status, reason_hash)
    }

    /// Sets how old a statement may be at a mint, and the term of redemptions. May call: the authority.
    pub fn set_policy(
        ctx: &mut Context<SetPolicy>,
        max_statement_age: i64,
        redemption_sla: i64,
    ) -> Result<()> {
        instructions::set_policy(ctx, max_statement_age, redemption_sla)
    }

    /// Offers a role of the configuration to a nominee; the holder stays until the nominee accepts. May call: the
    /// authority.
    pub fn nominate_role(ctx: &mut Context<NominateRole>, role: u8, nominee: Address) -> Result<()> {
        instructions::nominate_role(ctx, role, nominee)
    }

    /// A nominee takes a role of the configuration over; that he can sign proves that the key is alive. May call: the
    /// nominee.
    pub fn accept_role(ctx: &mut Context<AcceptRole>, role: u8) -> Result<()> {
        instructions::accept_role(ctx, role)
    }

    /// Takes the nomination for a role of the configuration back. May call: the authority.
    pub fn cancel_nomination(ctx: &mut Context<CancelNomination>, role: u8) -> Result<()> {
        instructions::cancel_nomination(ctx, role)
    }

    /// Offers a bank's admin or operator seat to a nominee. May call: the bank's admin; for the admin's seat also the
    /// authority, so that a bank that lost its cold key is not lost (ADR 0007).
    pub fn nominate_issuer_role(
        ctx: &mut Context<NominateIssuerRole>,
        role: u8,
        nominee: Address,
    ) -> Result<()> {
        instructions::nominate_issuer_role(ctx, role, nominee)
    }

    /// A nominee takes a bank's admin or operator seat over. May call: the nominee.
    pub fn accept_issuer_role(ctx: &mut Context<AcceptIssuerRole>, role: u8) -> Result<()> {
        instructions::accept_issuer_role(ctx, role)
    }

    /// Takes the nomination for a bank's admin or operator seat back. May call: whoever may nominate for that seat.
    pub fn cancel_issuer_nomination(ctx: &mut Context<CancelIssuerNomination>, role: u8) -> Result<()> {
        instructions::cancel_issuer_nomination(ctx, role)
    }

    /// From now on token accounts are born frozen, or born open. May call: the authority.
    pub fn set_default_account_state(ctx: &mut Context<SetDefaultAccountState>, frozen: bool) -> Result<()> {
        instructions::set_default_account_state(ctx, frozen)
    }

    /// Changes the name or the URI of the token; its symbol is for ever. May call: the authority.
    pub fn update_metadata(ctx: &mut Context<UpdateMetadata>, field: u8, value: String) -> Result<()> {
        instructions::update_metadata(ctx, field, value)
    }

    /// Brings a configuration of version 1 to the layout of this build. May call: the authority.
    pub fn migrate_config(ctx: &mut Context<MigrateConfig>) -> Result<()> {
        instructions::migrate_config(ctx)
    }
}

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "KZTE",
    project_url: "https://kzte.example",
    contacts: "link:https://kzte.example/security",
    policy: "https://kzte.example/security",
    preferred_languages: "en,kk,ru",
    source_code: "https://kzte.example"
}
