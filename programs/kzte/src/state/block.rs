//! The block of a wallet: an account of this program whose existence means that the wallet may neither receive a
//! mint nor request a redemption.
//!
//! Its address is `create_with_seed(config, first 16 bytes of the wallet in hex, program)` and not a program address
//! with a bump (ADR 0005): proving on every mint that a bump is the canonical one would cost 1,500 compute units a
//! try, and an address that the caller chooses among bumps would let a bank step around the block. One SHA-256 has
//! no choice in it. Two wallets that share 16 bytes take 2^64 work to make and only block each other.

use anchor_lang::prelude::*;

use crate::Syscall;
use kzte_ledger::Sha256;

/// Length of the seed, bytes.
pub const BLOCK_SEED_LEN: usize = 32;

/// The seed of a wallet's block: the first 16 bytes of its address as 32 lower-case hexadecimal digits.
#[inline(always)]
pub fn block_seed(wallet: &Address) -> [u8; BLOCK_SEED_LEN] {
    let mut seed = [0u8; BLOCK_SEED_LEN];
    for (pair, byte) in seed.chunks_exact_mut(2).zip(wallet.as_array()) {
        if let [high, low] = pair {
            *high = hex_digit(byte >> 4);
            *low = hex_digit(byte & 0x0f);
        }
    }
    seed
}

#[inline(always)]
fn hex_digit(nibble: u8) -> u8 {
    // Nibbles are below 16, so neither sum can wrap.
    nibble.wrapping_add(if nibble < 10 { b'0' } else { b'a'.wrapping_sub(10) })
}

/// The address of a wallet's block. Off chain the same address comes from `Address::create_with_seed`.
#[inline(always)]
pub fn block_address(config: &Address, wallet: &Address) -> Address {
    let mut preimage = [0u8; 96];
    let (base, rest) = preimage.split_at_mut(32);
    let (seed, owner) = rest.split_at_mut(32);
    base.copy_from_slice(config.as_array());
    seed.copy_from_slice(&block_seed(wallet));
    owner.copy_from_slice(crate::ID.as_array());
    Address::new_from_array(Syscall::hash(&preimage))
}
