//! The memory functions that the compiler calls for copies, fills and comparisons whose length it does not know.
//!
//! The generic ones of the standard library walk byte by byte and pay a compute unit for every step. The runtime has
//! the same functions as system calls at a flat ten units (up to 2,500 bytes), so anything longer than two machine
//! words goes there; what is shorter costs less in place, as one or two overlapping words. Copies and comparisons of a
//! length known at compile time never come here: the compiler writes them out.
//!
//! Only the build with stock LLVM takes this module (`target_arch = "bpf"`): the compiler of the Solana tools, whose
//! architecture is `sbf`, brings such functions itself. The standard library's own are weak symbols there, these are
//! strong and win. `#[inline(never)]` matters: only a real call to `memcmp` is recognised, and written out in words
//! where the length is constant, as in every comparison of two addresses.

/// The longest range that is handled in place: two overlapping words.
const IN_PLACE: usize = 16;
const WORD: usize = size_of::<u64>();
const HALF: usize = size_of::<u32>();

unsafe extern "C" {
    fn sol_memmove_(to: *mut u8, from: *const u8, len: u64);
    fn sol_memset_(to: *mut u8, byte: u8, len: u64);
    fn sol_memcmp_(left: *const u8, right: *const u8, len: u64, result: *mut i32);
}

/// Copies at most [`IN_PLACE`] bytes. Everything is read before anything is written, so the ranges may overlap.
///
/// # Safety
/// `from` is readable and `to` writable for `len` bytes, and `len` is at most [`IN_PLACE`].
#[inline(always)]
unsafe fn copy_in_place(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: each access lies within the first `len` or the last `len` bytes, which the caller vouches for.
    unsafe {
        if len >= WORD {
            let tail = len.wrapping_sub(WORD);
            let first = from.cast::<u64>().read_unaligned();
            let last = from.add(tail).cast::<u64>().read_unaligned();
            to.cast::<u64>().write_unaligned(first);
            to.add(tail).cast::<u64>().write_unaligned(last);
        } else if len >= HALF {
            let tail = len.wrapping_sub(HALF);
            let first = from.cast::<u32>().read_unaligned();
            let last = from.add(tail).cast::<u32>().read_unaligned();
            to.cast::<u32>().write_unaligned(first);
            to.add(tail).cast::<u32>().write_unaligned(last);
        } else if len != 0 {
            // One to three bytes: the first, the middle one and the last cover them all.
            let middle = len >> 1;
            let tail = len.wrapping_sub(1);
            let (first, second, last) = (*from, *from.add(middle), *from.add(tail));
            *to = first;
            *to.add(middle) = second;
            *to.add(tail) = last;
        }
    }
}

/// Whether two ranges of at most [`IN_PLACE`] bytes hold the same bytes.
///
/// # Safety
/// Both are readable for `len` bytes, and `len` is at most [`IN_PLACE`].
#[inline(always)]
unsafe fn equal_in_place(left: *const u8, right: *const u8, len: usize) -> bool {
    // SAFETY: each access lies within the first `len` or the last `len` bytes, which the caller vouches for.
    unsafe {
        if len >= WORD {
            let tail = len.wrapping_sub(WORD);
            let first = left.cast::<u64>().read_unaligned() ^ right.cast::<u64>().read_unaligned();
            let last = left.add(tail).cast::<u64>().read_unaligned()
                ^ right.add(tail).cast::<u64>().read_unaligned();
            first | last == 0
        } else if len >= HALF {
            let tail = len.wrapping_sub(HALF);
            let first = left.cast::<u32>().read_unaligned() ^ right.cast::<u32>().read_unaligned();
            let last = left.add(tail).cast::<u32>().read_unaligned()
                ^ right.add(tail).cast::<u32>().read_unaligned();
            first | last == 0
        } else if len != 0 {
            let middle = len >> 1;
            let tail = len.wrapping_sub(1);
            (*left ^ *right) | (*left.add(middle) ^ *right.add(middle)) | (*left.add(tail) ^ *right.add(tail))
                == 0
        } else {
            true
        }
    }
}

/// # Safety
/// As in C, and weaker in one point: the ranges may overlap, because a compiler may copy a value onto itself and the
/// runtime's `sol_memcpy_` would abort on that.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the ranges are the caller's; `sol_memmove_` allows overlap and costs the same as `sol_memcpy_`.
    unsafe {
        if len > IN_PLACE {
            sol_memmove_(to, from, len as u64);
        } else {
            copy_in_place(to, from, len);
        }
    }
    to
}

/// # Safety
/// As in C.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the ranges are the caller's, and `memcpy` above reads before it writes.
    unsafe { memcpy(to, from, len) }
}

/// # Safety
/// As in C.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    let byte = byte as u8;
    // SAFETY: the range is the caller's; each access in place lies within its first or its last `len` bytes.
    unsafe {
        if len > IN_PLACE {
            sol_memset_(to, byte, len as u64);
        } else if len >= WORD {
            let word = u64::from(byte).wrapping_mul(0x0101_0101_0101_0101);
            to.cast::<u64>().write_unaligned(word);
            to.add(len.wrapping_sub(WORD)).cast::<u64>().write_unaligned(word);
        } else if len >= HALF {
            let half = u32::from(byte).wrapping_mul(0x0101_0101);
            to.cast::<u32>().write_unaligned(half);
            to.add(len.wrapping_sub(HALF)).cast::<u32>().write_unaligned(half);
        } else if len != 0 {
            *to = byte;
            *to.add(len >> 1) = byte;
            *to.add(len.wrapping_sub(1)) = byte;
        }
    }
    to
}

/// # Safety
/// As in C.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: the ranges are the caller's; `at` stays below `len`.
    unsafe {
        if len > IN_PLACE {
            let mut result = 0;
            sol_memcmp_(left, right, len as u64, &mut result);
            return result;
        }
        if equal_in_place(left, right, len) {
            return 0;
        }
        let mut at: usize = 0;
        while at < len {
            let (a, b) = (i32::from(*left.add(at)), i32::from(*right.add(at)));
            if a != b {
                return a.wrapping_sub(b);
            }
            at = at.wrapping_add(1);
        }
        0
    }
}

/// # Safety
/// As in C.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: the same contract.
    unsafe { memcmp(left, right, len) }
}
