//! A multisig for tests, M of N: members propose an instruction, approve it, and once enough have, anybody executes it.
//! Its vault, an address of this program, then signs by a cross-program call.
//!
//! | tag | instruction | accounts | data |
//! | ---: | --- | --- | --- |
//! | 0 | create | multisig (writable) | threshold, bump of the vault, the members' addresses |
//! | 1 | propose | multisig (writable), proposal (writable), member (signer) | program, number of accounts, accounts, data |
//! | 2 | approve | multisig, proposal (writable), member (signer) | |
//! | 3 | execute | multisig, proposal (writable), program, the proposed accounts in their order | |
//!
//! As with the multisig of SPL Token, whoever creates an account allocates it first, in the same transaction, with this
//! program as owner and zeros inside. The vault is `["vault", multisig]` with the bump that was given at the creation:
//! another bump is another vault of the same multisig and nobody else's. Members and threshold stay as they are created.
//! The proposer does not approve by proposing. A proposal stays after it was executed, so that it cannot come again.
//!
//! An account of a proposal is its address and a byte of [`SIGNER`] and [`WRITABLE`]. A signer that is not the vault must
//! sign the executing transaction.
//!
//! For tests only. It never leaves this repository and is deployed nowhere.

#![cfg_attr(target_os = "solana", no_std)]

use core::mem::MaybeUninit;

use pinocchio::{
    AccountView, Address, ProgramResult,
    cpi::{CpiAccount, Seed, Signer, invoke_signed_unchecked},
    error::ProgramError,
    instruction::{InstructionAccount, InstructionView},
};

/// Seed of a vault's address.
pub const VAULT_SEED: &[u8] = b"vault";
/// Most members.
pub const MAX_MEMBERS: usize = 10;
/// Most accounts of a proposal: they lie on the 4 KiB stack.
pub const MAX_ACCOUNTS: usize = 20;
/// Flags of a proposed account.
pub const SIGNER: u8 = 1;
pub const WRITABLE: u8 = 2;

/// Kind of an account: its first byte. Zero: allocated and nothing yet.
const MULTISIG: u8 = 1;
const OPEN: u8 = 2;
const EXECUTED: u8 = 3;

/// A multisig: kind, threshold, number of members, bump, number of proposals (u64), members.
pub const MULTISIG_LEN: usize = MEMBERS + 32 * MAX_MEMBERS;
const PROPOSALS: usize = 4;
const MEMBERS: usize = 12;
/// A proposal: kind, approvals by member (u16), index (u64), multisig, then what was proposed.
pub const PROPOSAL_HEADER: usize = 43;
const APPROVALS: usize = 1;
const INDEX: usize = 3;
const BELONGS_TO: usize = 11;
/// A proposed account.
const META_LEN: usize = 33;

/// Why it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Refusal {
    /// An account is not this program's.
    WrongOwner = 1,
    /// An account has another kind or length than it must have.
    WrongKind = 2,
    /// A new account is not empty.
    NotEmpty = 3,
    /// No member, too many, one twice, or a threshold that they cannot reach or that is zero.
    BadMembers = 4,
    /// Who signs is no member.
    NotAMember = 5,
    /// The proposal is another multisig's.
    ForeignProposal = 6,
    /// The member has approved already.
    AlreadyApproved = 7,
    /// Fewer approvals than the threshold.
    TooFewApprovals = 8,
    /// The proposal was executed.
    AlreadyExecuted = 9,
    /// Program, accounts or flags are not what was proposed.
    NotAsProposed = 10,
    /// An account that must sign does not.
    NotSigned = 11,
    /// The proposal itself is malformed.
    BadProposal = 12,
}

impl From<Refusal> for ProgramError {
    fn from(refusal: Refusal) -> Self {
        Self::Custom(refusal as u32)
    }
}

#[cfg(target_os = "solana")]
mod entry {
    pinocchio::program_entrypoint!(super::run, 32);
    pinocchio::no_allocator!();
    pinocchio::nostd_panic_handler!();
}

/// Carries out an instruction.
///
/// Errors: a [`Refusal`], `NotEnoughAccountKeys`, `InvalidInstructionData`, or what the called program says.
// A function here has five register arguments, and with the place of its result these have six.
#[inline(always)]
pub fn run(program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    match data.split_first() {
        Some((0, data)) => create(program, accounts, data),
        Some((1, data)) => propose(program, accounts, data),
        Some((2, [])) => approve(program, accounts),
        Some((3, [])) => execute(program, accounts),
        _ => Err(ProgramError::InvalidInstructionData),
    }
}

fn require(is_true: bool, refusal: Refusal) -> ProgramResult {
    if is_true { Ok(()) } else { Err(refusal.into()) }
}

#[inline(always)]
fn create(program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [multisig, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let [threshold, bump, members @ ..] = data else {
        return Err(ProgramError::InvalidInstructionData);
    };
    let (members, []) = members.as_chunks::<32>() else {
        return Err(ProgramError::InvalidInstructionData);
    };
    let is_reachable = *threshold > 0 && usize::from(*threshold) <= members.len();
    let mut rest = members;
    let mut are_distinct = true;
    while let Some((member, others)) = rest.split_first() {
        are_distinct &= !others.contains(member);
        rest = others;
    }
    require(
        is_reachable && members.len() <= MAX_MEMBERS && are_distinct,
        Refusal::BadMembers,
    )?;
    require(multisig.owned_by(program), Refusal::WrongOwner)?;
    require(multisig.data_len() == MULTISIG_LEN, Refusal::WrongKind)?;
    let mut state = multisig.try_borrow_mut()?;
    require(state.iter().all(|byte| *byte == 0), Refusal::NotEmpty)?;
    // At most ten members: it fits.
    let count = members.len() as u8;
    state[..PROPOSALS].copy_from_slice(&[MULTISIG, *threshold, count, *bump]);
    state[MEMBERS..][..members.len() * 32].copy_from_slice(members.as_flattened());
    Ok(())
}

/// A multisig that exists.
fn check_multisig(program: &Address, multisig: &AccountView) -> ProgramResult {
    require(multisig.owned_by(program), Refusal::WrongOwner)?;
    let state = multisig.try_borrow()?;
    require(
        state.len() == MULTISIG_LEN && state[0] == MULTISIG,
        Refusal::WrongKind,
    )
}

/// A proposal of that multisig that was not executed.
fn check_proposal(program: &Address, multisig: &AccountView, proposal: &AccountView) -> ProgramResult {
    require(proposal.owned_by(program), Refusal::WrongOwner)?;
    let state = proposal.try_borrow()?;
    // Longer than its header, or it was never proposed.
    require(
        state.len() > PROPOSAL_HEADER && matches!(state[0], OPEN | EXECUTED),
        Refusal::WrongKind,
    )?;
    require(
        state[BELONGS_TO..PROPOSAL_HEADER] == multisig.address().as_array()[..],
        Refusal::ForeignProposal,
    )?;
    require(state[0] == OPEN, Refusal::AlreadyExecuted)
}

/// The place of a member who signs.
fn member_that_signs(multisig: &AccountView, member: &AccountView) -> Result<usize, ProgramError> {
    require(member.is_signer(), Refusal::NotSigned)?;
    let state = multisig.try_borrow()?;
    let count = usize::from(state[2]);
    let (members, _) = state[MEMBERS..].as_chunks::<32>();
    let place = members
        .iter()
        .take(count)
        .position(|known| known == member.address().as_array());
    place.ok_or(Refusal::NotAMember.into())
}

#[inline(always)]
fn propose(program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [multisig, proposal, member, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    check_multisig(program, multisig)?;
    member_that_signs(multisig, member)?;
    let (metas, _) = split(data)?;
    let has_known_flags = metas.iter().all(|meta| meta[32] & !(SIGNER | WRITABLE) == 0);
    require(
        metas.len() <= MAX_ACCOUNTS && has_known_flags,
        Refusal::BadProposal,
    )?;
    require(proposal.owned_by(program), Refusal::WrongOwner)?;
    require(
        proposal.data_len() == PROPOSAL_HEADER + data.len(),
        Refusal::WrongKind,
    )?;
    let mut state = proposal.try_borrow_mut()?;
    require(state.iter().all(|byte| *byte == 0), Refusal::NotEmpty)?;
    let address = *multisig.address();
    let mut of_multisig = multisig.try_borrow_mut()?;
    let counter = of_multisig[PROPOSALS..MEMBERS].first_chunk_mut::<8>();
    let counter = counter.ok_or(Refusal::WrongKind)?;
    let index = u64::from_le_bytes(*counter);
    state[0] = OPEN;
    state[INDEX..BELONGS_TO].copy_from_slice(&index.to_le_bytes());
    state[BELONGS_TO..PROPOSAL_HEADER].copy_from_slice(address.as_array());
    state[PROPOSAL_HEADER..].copy_from_slice(data);
    *counter = index.saturating_add(1).to_le_bytes();
    Ok(())
}

/// The accounts and the data of what was proposed: the program's address stands before them.
fn split(proposed: &[u8]) -> Result<(&[[u8; META_LEN]], &[u8]), ProgramError> {
    let after_program = proposed.get(32..).and_then(<[u8]>::split_first);
    let (count, rest) = after_program.ok_or(Refusal::BadProposal)?;
    let metas = rest.split_at_checked(usize::from(*count) * META_LEN);
    let (metas, data) = metas.ok_or(Refusal::BadProposal)?;
    Ok((metas.as_chunks().0, data))
}

fn approve(program: &Address, accounts: &mut [AccountView]) -> ProgramResult {
    let [multisig, proposal, member, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    check_multisig(program, multisig)?;
    check_proposal(program, multisig, proposal)?;
    let bit = 1_u16 << member_that_signs(multisig, member)?;
    let mut state = proposal.try_borrow_mut()?;
    let approvals = u16::from_le_bytes([state[APPROVALS], state[APPROVALS + 1]]);
    require(approvals & bit == 0, Refusal::AlreadyApproved)?;
    state[APPROVALS..INDEX].copy_from_slice(&(approvals | bit).to_le_bytes());
    Ok(())
}

#[inline(never)]
fn execute(program: &Address, accounts: &mut [AccountView]) -> ProgramResult {
    let [multisig, proposal, callee, rest @ ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    check_multisig(program, multisig)?;
    check_proposal(program, multisig, proposal)?;
    let (threshold, bump) = {
        let state = multisig.try_borrow()?;
        (u32::from(state[1]), [state[3]])
    };
    {
        let mut state = proposal.try_borrow_mut()?;
        let approvals = u16::from_le_bytes([state[APPROVALS], state[APPROVALS + 1]]);
        require(approvals.count_ones() >= threshold, Refusal::TooFewApprovals)?;
        // Before the call: a proposal that calls this program finds itself executed.
        state[0] = EXECUTED;
    }
    // SAFETY: an executed proposal is never written again, not by a call of this program either.
    let proposed = unsafe { &proposal.borrow_unchecked()[PROPOSAL_HEADER..] };
    let (proposed_metas, data) = split(proposed)?;
    require(
        proposed[..32] == callee.address().as_array()[..] && proposed_metas.len() == rest.len(),
        Refusal::NotAsProposed,
    )?;
    require(rest.len() <= MAX_ACCOUNTS, Refusal::BadProposal)?;

    let seeds = [
        Seed::from(VAULT_SEED),
        Seed::from(multisig.address().as_array().as_slice()),
        Seed::from(bump.as_slice()),
    ];
    let mut metas = [const { MaybeUninit::<InstructionAccount<'_>>::uninit() }; MAX_ACCOUNTS];
    let mut infos = [const { MaybeUninit::<CpiAccount<'_>>::uninit() }; MAX_ACCOUNTS];
    for (((proposed, account), meta), info) in proposed_metas
        .iter()
        .zip(rest.iter())
        .zip(&mut metas)
        .zip(&mut infos)
    {
        let (signs, is_writable) = (proposed[32] & SIGNER != 0, proposed[32] & WRITABLE != 0);
        require(
            proposed[..32] == account.address().as_array()[..] && (account.is_writable() || !is_writable),
            Refusal::NotAsProposed,
        )?;
        // Whether a missing signature is the vault's, the runtime says: it knows the vault by the seeds.
        meta.write(InstructionAccount::new(account.address(), is_writable, signs));
        CpiAccount::init_from_account_view(account, info);
    }
    // SAFETY: the first `rest.len()` places of both arrays are written; nothing here holds a borrow of an account that
    // the call may write, but for the executed proposal, which nobody writes.
    unsafe {
        invoke_signed_unchecked(
            &InstructionView {
                program_id: callee.address(),
                accounts: core::slice::from_raw_parts(metas.as_ptr().cast(), rest.len()),
                data,
            },
            core::slice::from_raw_parts(infos.as_ptr().cast(), rest.len()),
            &[Signer::from(&seeds)],
        );
    }
    Ok(())
}
