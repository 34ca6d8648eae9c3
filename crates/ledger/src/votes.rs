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

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn keys(count: u8) -> Vec<[u8; 32]> {
        (1..=count).map(|seat| [seat; 32]).collect()
    }

    /// The seats of a bitmap, counted one by one: no bit tricks shared with the code under test.
    fn seats(bitmap: u8) -> Vec<u8> {
        (0..8).filter(|seat| (bitmap >> seat) % 2 == 1).collect()
    }

    /// Every set size, threshold and mandatory bitmap there is.
    #[test]
    fn attestor_sets_exhaustively() {
        for count in 0..=9_u8 {
            for threshold in 0..=u8::MAX {
                for mandatory in 0..=u8::MAX {
                    let held = seats(mandatory);
                    let expected = if count == 0 {
                        Err(Violation::NoAttestors)
                    } else if count == 9 {
                        Err(Violation::TooManyAttestors)
                    } else if !(1..=count).contains(&threshold) {
                        Err(Violation::ThresholdOutOfRange)
                    } else if held.is_empty() {
                        Err(Violation::NoMandatoryAttestor)
                    } else if held.iter().any(|seat| *seat >= count) {
                        Err(Violation::MandatoryOutsideSet)
                    } else if held.len() > usize::from(threshold) {
                        Err(Violation::MandatoryAboveThreshold)
                    } else {
                        Ok(())
                    };
                    let got = validate_attestor_set(&keys(count), threshold, mandatory);
                    assert_eq!(
                        got, expected,
                        "{count} keys, threshold {threshold}, mandatory {mandatory:#b}"
                    );
                }
            }
        }
    }

    #[test]
    fn very_large_set_rejects() {
        let keys = std::vec![[1; 32]; 264];
        assert_eq!(
            validate_attestor_set(&keys, 1, 1),
            Err(Violation::TooManyAttestors)
        );
    }

    #[test]
    fn zero_key_rejects_at_every_seat() {
        for count in 1..=8_u8 {
            for seat in 0..count {
                let mut keys = keys(count);
                keys.iter_mut()
                    .skip(seat.into())
                    .take(1)
                    .for_each(|key| *key = [0; 32]);
                assert_eq!(
                    validate_attestor_set(&keys, 1, 1),
                    Err(Violation::AttestorKeyZero),
                    "{seat}/{count}"
                );
            }
        }
    }

    #[test]
    fn repeated_key_rejects_at_every_pair_of_seats() {
        for count in 2..=8_u8 {
            for first in 0..count {
                for second in (0..count).filter(|second| *second != first) {
                    let mut keys = keys(count);
                    keys.iter_mut()
                        .skip(second.into())
                        .take(1)
                        .for_each(|key| *key = [first + 1; 32]);
                    let got = validate_attestor_set(&keys, 1, 1);
                    assert_eq!(
                        got,
                        Err(Violation::AttestorKeyRepeated),
                        "{first} and {second} of {count}"
                    );
                }
            }
        }
    }

    /// Every bitmap and seat: a vote sets its own bit and no other, once.
    #[test]
    fn votes_exhaustively() {
        for approvals in 0..=u8::MAX {
            for seat in 0..=u8::MAX {
                let before = seats(approvals);
                let got = vote(approvals, seat);
                if seat >= 8 {
                    assert_eq!(got, Err(Violation::NoSuchSeat), "seat {seat}");
                } else if before.contains(&seat) {
                    assert_eq!(got, Err(Violation::AlreadyVoted), "{approvals:#b}, seat {seat}");
                } else {
                    let mut expected = before;
                    expected.push(seat);
                    expected.sort_unstable();
                    assert_eq!(got.map(seats), Ok(expected), "{approvals:#b}, seat {seat}");
                }
            }
        }
    }

    /// Every combination of approvals, mandatory seats and threshold.
    #[test]
    fn carrying_exhaustively() {
        for approvals in 0..=u8::MAX {
            let yes = seats(approvals);
            for mandatory in 0..=u8::MAX {
                let all_mandatory = seats(mandatory).iter().all(|seat| yes.contains(seat));
                for threshold in 0..=9_u8 {
                    let expected = threshold > 0 && yes.len() >= usize::from(threshold) && all_mandatory;
                    let got = is_carried(approvals, threshold, mandatory);
                    assert_eq!(
                        got, expected,
                        "{approvals:#b}, mandatory {mandatory:#b}, threshold {threshold}"
                    );
                }
            }
        }
    }

    /// A further vote never undoes a carried statement.
    #[test]
    fn carrying_is_monotone() {
        for approvals in 0..=u8::MAX {
            for mandatory in 0..=u8::MAX {
                for threshold in 1..=8 {
                    if !is_carried(approvals, threshold, mandatory) {
                        continue;
                    }
                    for seat in 0..8 {
                        if let Ok(after) = vote(approvals, seat) {
                            assert!(
                                is_carried(after, threshold, mandatory),
                                "{approvals:#b} and seat {seat}"
                            );
                        }
                    }
                }
            }
        }
    }
}
