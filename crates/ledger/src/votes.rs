//! Attestor sets and their votes. A set is at most eight keys, so approvals and mandatory seats are one byte each.

use crate::Violation;

/// Most attestors in a set.
pub const MAX_ATTESTORS: usize = 8;

// Seats are the bits of a byte.
const _: () = assert!(MAX_ATTESTORS == u8::BITS as usize);

/// Checks an attestor set: seat i is `keys[i]`, `threshold` votes carry, and the seats in `mandatory` (bit i for
/// seat i) must be among them.
///
/// At least one seat is mandatory (the central bank's), and the mandatory seats fit within the threshold, so that
/// the threshold states how many signatures a statement really needs.
///
/// # Errors
/// [`Violation::NoAttestors`], [`Violation::TooManyAttestors`], [`Violation::AttestorKeyZero`],
/// [`Violation::AttestorKeyRepeated`], [`Violation::ThresholdOutOfRange`], [`Violation::NoMandatoryAttestor`],
/// [`Violation::MandatoryOutsideSet`], [`Violation::MandatoryAboveThreshold`].
pub fn validate_attestor_set(keys: &[[u8; 32]], threshold: u8, mandatory: u8) -> Result<(), Violation> {
    if keys.is_empty() {
        return Err(Violation::NoAttestors);
    }
    if keys.len() > MAX_ATTESTORS {
        return Err(Violation::TooManyAttestors);
    }
    let mut others = keys;
    while let Some((key, rest)) = others.split_first() {
        if *key == [0; 32] {
            return Err(Violation::AttestorKeyZero);
        }
        if rest.contains(key) {
            return Err(Violation::AttestorKeyRepeated);
        }
        others = rest;
    }
    if threshold == 0 || usize::from(threshold) > keys.len() {
        return Err(Violation::ThresholdOutOfRange);
    }
    if mandatory == 0 {
        return Err(Violation::NoMandatoryAttestor);
    }
    // Seats from the set's size on. With eight keys the shift leaves the byte: no seat is outside.
    let outside = match u32::try_from(keys.len()) {
        Ok(seats) => u8::MAX.checked_shl(seats).unwrap_or(0),
        Err(_) => u8::MAX,
    };
    if mandatory & outside != 0 {
        return Err(Violation::MandatoryOutsideSet);
    }
    if mandatory.count_ones() > u32::from(threshold) {
        return Err(Violation::MandatoryAboveThreshold);
    }
    Ok(())
}

/// The approvals after the vote of `seat`. A vote is never taken back.
///
/// # Errors
/// [`Violation::NoSuchSeat`] from seat 8 on, [`Violation::AlreadyVoted`].
// Inlined: `Result<u8, _>` is a pair, which a BPF function cannot return.
#[inline(always)]
pub fn vote(approvals: u8, seat: u8) -> Result<u8, Violation> {
    let Some(bit) = 1_u8.checked_shl(u32::from(seat)) else {
        return Err(Violation::NoSuchSeat);
    };
    if approvals & bit != 0 {
        return Err(Violation::AlreadyVoted);
    }
    Ok(approvals | bit)
}

/// Whether `approvals` carry: at least `threshold` votes, every `mandatory` seat among them.
///
/// A zero threshold never carries: no valid set has one, and zeroed state must not approve anything.
pub fn is_carried(approvals: u8, threshold: u8, mandatory: u8) -> bool {
    threshold != 0 && approvals.count_ones() >= u32::from(threshold) && approvals & mandatory == mandatory
}
