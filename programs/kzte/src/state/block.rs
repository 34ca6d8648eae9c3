//! The block of a wallet: an account of this program whose existence means that the wallet may neither receive a
//! mint nor request a redemption.
//!
//! Its address is `create_with_seed(config, the wallet's 32 bytes without their top bits, program)` and not a program
//! address with a bump (ADR 0005): proving on every mint that a bump is the canonical one would cost 1,500 compute
//! units a try, and an address that the caller chooses among bumps would let a bank step around the block. One SHA-256
//! has no choice in it.

use anchor_lang::prelude::*;

use crate::Syscall;
use kzte_ledger::Sha256;

/// Length of the seed, bytes.
pub const BLOCK_SEED_LEN: usize = 32;

/// The seed of a wallet's block: its address with the top bit of every byte cleared.
///
/// A seed must be text, and bytes below 128 are. 224 of 256 bits remain: another wallet with the same seed takes 2^224
/// work to find.
#[inline(always)]
pub fn block_seed(wallet: &Address) -> [u8; BLOCK_SEED_LEN] {
    let words: [u64; 4] = bytemuck::pod_read_unaligned(wallet.as_array());
    bytemuck::cast(words.map(|word| word & 0x7f7f_7f7f_7f7f_7f7f))
}

/// The address of a wallet's block. Off chain the same address comes from `Address::create_with_seed`.
#[inline(always)]
pub fn block_address(config: &Address, wallet: &Address) -> Address {
    Address::new_from_array(Syscall::hash(&[
        config.as_array(),
        &block_seed(wallet),
        crate::ID.as_array(),
    ]))
}
