//! Calls to other programs on the stack: fixed accounts, hand-made instruction bytes, no heap.
//!
//! A failing call ends the transaction, so none of these returns a result. Whether an authority account is the right
//! program address needs no check of ours: the runtime derives the signer from the seeds and refuses any other.
//!
//! Why not the framework's `CpiContext`: it matches metas and handles at run time in tables on the heap, which costs
//! compute units and multiplies, which this target cannot compile with overflow checks on. Here metas and handles are
//! fixed and stand side by side, so there is nothing to match. A handle only lends an account to the call; what the
//! callee may write is what the metas say, and the runtime holds them against the transaction.

use anchor_lang::{
    CpiHandle, Event,
    cpi::InstructionAccount,
    event::EVENT_IX_TAG_LE,
    prelude::*,
    programs::{System, Token2022},
    unchecked_invoke_signed_fixed,
};

const SYSTEM_TRANSFER: u8 = 2;
const SYSTEM_ASSIGN_WITH_SEED: u8 = 10;

/// Seed of the address that signs self-calls with events.
const EVENT_AUTHORITY_SEED: &[u8] = b"__event_authority";

/// Token-2022, as a constant that lies in the binary: the framework's `Token2022::id()` is built on the stack.
const TOKEN_2022: Address = anchor_lang::address!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// Calls Token-2022.
#[inline(always)]
pub fn call_token<const N: usize>(
    data: &[u8],
    accounts: &[InstructionAccount<'_>; N],
    views: [&AccountView; N],
    signers: &[&[&[u8]]],
) {
    unchecked_invoke_signed_fixed(
        &TOKEN_2022,
        data,
        accounts,
        &views.map(CpiHandle::readonly),
        signers,
    );
}

/// System program `Transfer` of `lamports`, signed by the transaction's signer `from`.
pub fn transfer_lamports(from: &AccountView, to: &AccountView, lamports: u64) {
    let mut data = [0u8; 12];
    data[0] = SYSTEM_TRANSFER;
    put(&mut data, 4, &lamports.to_le_bytes());
    unchecked_invoke_signed_fixed(
        &System::id(),
        &data,
        &[
            InstructionAccount::writable_signer(from.address()),
            InstructionAccount::writable(to.address()),
        ],
        &[CpiHandle::readonly(from), CpiHandle::readonly(to)],
        &[],
    );
}

/// System program `AssignWithSeed`: gives the seeded address `account` of `base` to this program.
pub fn assign_with_seed(account: &AccountView, base: &AccountView, seed: &[u8; 32], signer: &[&[u8]]) {
    let mut data = [0u8; 4 + 32 + 8 + 32 + 32];
    data[0] = SYSTEM_ASSIGN_WITH_SEED;
    put(&mut data, 4, base.address().as_array());
    data[36] = 32;
    put(&mut data, 44, seed);
    put(&mut data, 76, crate::ID.as_array());
    unchecked_invoke_signed_fixed(
        &System::id(),
        &data,
        &[
            InstructionAccount::writable(account.address()),
            InstructionAccount::readonly_signer(base.address()),
        ],
        &[CpiHandle::readonly(account), CpiHandle::readonly(base)],
        &[signer],
    );
}

/// An event behind its discriminator, as it goes out: `HEAD` bytes, then the event.
#[repr(C)]
pub(crate) struct Framed<const HEAD: usize, E> {
    pub head: [u8; HEAD],
    pub event: E,
}

impl<const HEAD: usize, E: bytemuck::Pod> Framed<HEAD, E> {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        const {
            assert!(
                HEAD.is_multiple_of(8) && align_of::<E>() <= 8,
                "no padding between head and event"
            );
        }
        // SAFETY: `head` has no padding, `E` is `Pod` and so has none, the assertion rules it out in between, and the
        // size of the whole is the sum of both because it is a multiple of the alignment.
        unsafe { core::slice::from_raw_parts(core::ptr::from_ref(self).cast(), size_of::<Self>()) }
    }
}

/// Emits an event as a log line, each field written straight to where the log reads it: a struct that is made first and
/// moved then would be copied twice.
macro_rules! emit_log {
    (@value $field:ident) => { $field };
    (@value $field:ident $value:expr) => { $value };
    ($event:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        // Never called: it lets the compiler see that no field is missing.
        let _complete = || $event { $($field $(: $value)?),* };
        let mut framed = core::mem::MaybeUninit::<$crate::cpi::Framed<8, $event>>::uninit();
        let place = framed.as_mut_ptr();
        // SAFETY: `place` is valid for writes, every field is written once, and the type has no padding.
        unsafe {
            core::ptr::addr_of_mut!((*place).head).write($crate::cpi::log_head::<$event>());
            $(
                core::ptr::addr_of_mut!((*place).event.$field)
                    .write($crate::cpi::emit_log!(@value $field $($value)?));
            )*
            framed.assume_init_ref().log();
        }
    }};
}
pub(crate) use emit_log;

/// What stands before an event in a log line: its discriminator.
#[inline(always)]
pub(crate) fn log_head<E: Event>() -> [u8; 8] {
    let mut head = [0u8; 8];
    put(&mut head, 0, E::DISCRIMINATOR);
    head
}

impl<E: Event + bytemuck::Pod> Framed<8, E> {
    #[inline(always)]
    pub(crate) fn log(&self) {
        anchor_lang::sol_log_data(&[self.bytes()]);
    }
}

/// Emits `event` as a call of this program to itself, which truncation of logs cannot lose. The entry point accepts
/// such a call from nobody but the event authority, and only this program can sign for that.
#[inline(always)]
pub fn emit_by_call<E: Event + bytemuck::Pod>(event: E, event_authority: &AccountView, bump: u8) {
    let mut framed = Framed {
        head: [0u8; 16],
        event,
    };
    put(&mut framed.head, 0, EVENT_IX_TAG_LE);
    put(&mut framed.head, 8, E::DISCRIMINATOR);
    call_self(framed.bytes(), event_authority, bump);
}

// One copy in the binary: a dozen instructions emit this way.
#[inline(never)]
fn call_self(data: &[u8], event_authority: &AccountView, bump: u8) {
    unchecked_invoke_signed_fixed(
        &crate::ID,
        data,
        &[InstructionAccount::readonly_signer(event_authority.address())],
        &[CpiHandle::readonly(event_authority)],
        &[&[EVENT_AUTHORITY_SEED, &[bump]]],
    );
}

/// Creates a Token-2022 account of `space` bytes at `account`, which signs the transaction or, with `seeds`, is a
/// program address. Also works when somebody sent lamports to the address before.
#[inline(never)]
pub fn create_token_account(
    payer: &AccountView,
    account: &AccountView,
    space: usize,
    seeds: &Option<&[&[u8]]>,
) -> core::result::Result<(), ProgramError> {
    anchor_lang::create_account_with_signers(payer, account, space, &Token2022::id(), *seeds, None)
}

/// Writes `bytes` at `offset`; both are constants of the callers, so nothing is ever cut off.
#[inline(always)]
pub fn put(data: &mut [u8], offset: usize, bytes: &[u8]) {
    if let Some(slot) = data
        .get_mut(offset..)
        .and_then(|rest| rest.get_mut(..bytes.len()))
    {
        slot.copy_from_slice(bytes);
    }
}
