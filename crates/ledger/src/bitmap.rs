//! Consumed bits: one for each entry of a statement, least significant bit first within a byte.
//!
//! The bit is the double-mint guard (invariant 4). The last byte may have spare bits above the entry count; they
//! are out of reach because a proof, which checks the index against the count, precedes every consumption.

use crate::Violation;

/// Bytes that `entry_count` bits take.
pub const fn bitmap_len(entry_count: u32) -> usize {
    entry_count.div_ceil(8) as usize
}

/// Whether the entry at `index` is consumed.
///
/// # Errors
/// [`Violation::IndexOutOfRange`] if the bitmap ends before `index`.
// Inlined: `Result<bool, _>` is a pair, which a BPF function cannot return.
#[inline(always)]
pub fn is_consumed(bits: &[u8], index: u32) -> Result<bool, Violation> {
    let byte = bits.get(byte_of(index)).ok_or(Violation::IndexOutOfRange)?;
    Ok(byte & mask_of(index) != 0)
}

/// Sets the bit of the entry at `index`. A bit is never cleared (invariant 4).
///
/// # Errors
/// [`Violation::IndexOutOfRange`] if the bitmap ends before `index`; [`Violation::AlreadyConsumed`] if the bit is
/// set. Nothing changes on an error.
pub fn consume(bits: &mut [u8], index: u32) -> Result<(), Violation> {
    let byte = bits.get_mut(byte_of(index)).ok_or(Violation::IndexOutOfRange)?;
    if *byte & mask_of(index) != 0 {
        return Err(Violation::AlreadyConsumed);
    }
    *byte |= mask_of(index);
    Ok(())
}

const fn byte_of(index: u32) -> usize {
    (index >> 3) as usize
}

const fn mask_of(index: u32) -> u8 {
    1 << (index & 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_ENTRIES;

    #[test]
    fn length_rounds_up_to_bytes() {
        for (entries, bytes) in [
            (0, 0),
            (1, 1),
            (7, 1),
            (8, 1),
            (9, 2),
            (16, 2),
            (17, 3),
            (MAX_ENTRIES, 8192),
        ] {
            assert_eq!(bitmap_len(entries), bytes, "{entries} entries");
        }
        assert_eq!(bitmap_len(u32::MAX), 1 << 29);
    }

    #[test]
    fn bits_are_lsb_first() {
        let mut bits = [0; 3];
        for index in [0, 7, 8, 17] {
            assert_eq!(consume(&mut bits, index), Ok(()));
        }
        assert_eq!(bits, [0b1000_0001, 0b0000_0001, 0b0000_0010]);
    }

    #[test]
    fn second_consumption_rejects() {
        let mut bits = [0; 2];
        assert_eq!(is_consumed(&bits, 9), Ok(false));
        assert_eq!(consume(&mut bits, 9), Ok(()));
        assert_eq!(is_consumed(&bits, 9), Ok(true));
        assert_eq!(consume(&mut bits, 9), Err(Violation::AlreadyConsumed));
        assert_eq!(bits, [0, 2]);
    }

    #[test]
    fn index_beyond_the_bitmap_rejects() {
        let mut bits = [0; 2];
        assert_eq!(consume(&mut bits, 15), Ok(()));
        for index in [16, 17, u32::MAX] {
            assert_eq!(consume(&mut bits, index), Err(Violation::IndexOutOfRange));
            assert_eq!(is_consumed(&bits, index), Err(Violation::IndexOutOfRange));
        }
        assert_eq!(consume(&mut [], 0), Err(Violation::IndexOutOfRange));
        assert_eq!(bits, [0, 0x80]);
    }
}
