//! The rules over every value of small domains, each against an oracle of its own.
//!
//! # What is exhaustive here
//!
//! Some domains are whole: votes, carrying, thresholds and mandatory seats, issuer statuses. There the test is a proof
//! for the compiled code, for every input that the types allow.
//!
//! The others are scaled down, because a product of 64-bit numbers cannot be enumerated. Amounts and times take every
//! value within a few units of each place where the arithmetic could change its mind: zero, the middle of the type
//! (where a sign or a carry would show), its end, and the constants that the rules name. All combinations of these
//! values are run, so that a sum meets its limit exactly, by one too few and by one too many, near zero and near the
//! end of 64 bits.
//!
//! # What that proves, and what it does not
//!
//! The rules add, subtract and compare; they neither multiply nor divide, and no constant is in them but those above.
//! An outcome therefore depends on nothing but the order in which sums of a few inputs lie, and each such order that
//! exists already exists among small numbers and their mirror images at the end of the type. A wrong comparison, a
//! missing check, a wrapped sum or an exchanged operand shows within a distance of one or two units. This is an
//! argument about the shape of the code, not a theorem about it: code that treated 12,345 apart would pass. The tests
//! over random values (`sequences.rs`) and the fuzz targets draw from the whole range for that reason.
//!
//! Proofs are enumerated over all trees up to a size, with a hash that is cheap. A weak hash makes this test stricter,
//! not weaker: a collision would accept where the oracle refuses, and fail the test. That SHA-256 itself has no
//! collisions is assumed, here as in the program.

#![cfg(feature = "host")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;

use kzte_ledger::{
    ChainHead, Entry, EntryKind, IssuerStatus, MAX_ENTRIES, Position, Sha256, Taker, Totals, Tree, Violation,
    Window, bitmap_len, check_backing, check_freshness, check_room, check_statement_mint,
    check_statement_settle, check_succession, check_takeover, check_transition, consume, is_carried,
    is_consumed, node_hash, require_positive, validate_attestor_set, verify_entry, verify_inclusion,
    verify_run, vote,
};

// Domains.

const MIDDLE: u64 = 1 << 63;

/// Amounts: `near` values from zero on, as many up to the end, and `middle` on each side of the middle.
fn amounts(near: u64, middle: u64) -> Vec<u64> {
    (0..near)
        .chain(MIDDLE - middle..MIDDLE + middle)
        .chain((0..near).rev().map(|below| u64::MAX - below))
        .collect()
}

/// Times: `near` values on each side of zero and from each end on.
fn times(near: i64) -> Vec<i64> {
    (0..near)
        .map(|above| i64::MIN + above)
        .chain(-near..=near)
        .chain((0..near).rev().map(|below| i64::MAX - below))
        .collect()
}

const fn wide(value: u64) -> i128 {
    value as i128
}

const MOST: i128 = u64::MAX as i128;

/// A check's verdict from a table of facts that must not hold, the first of which speaks.
fn first_of(facts: &[(bool, Violation)]) -> Result<(), Violation> {
    facts
        .iter()
        .find(|(holds, _)| *holds)
        .map_or(Ok(()), |(_, violation)| Err(*violation))
}

// Positions.

/// What a position owes, without any bound.
fn owed(position: &Position) -> i128 {
    wide(position.minted) + wide(position.novated_in) - wide(position.burned) - wide(position.novated_out)
}

/// Whether both sides of the balance fit: the only positions that the type's operations speak of.
fn verdict(position: &[i128; 4]) -> Result<Position, Violation> {
    let [minted, burned, novated_in, novated_out] = *position;
    first_of(&[
        (
            minted.max(burned).max(novated_in).max(novated_out) > MOST,
            Violation::PositionOverflow,
        ),
        (minted + novated_in > MOST, Violation::PositionOverflow),
        (burned + novated_out > MOST, Violation::PositionOverflow),
        (
            burned + novated_out > minted + novated_in,
            Violation::OutstandingNegative,
        ),
    ])?;
    let narrow = |value: i128| u64::try_from(value).unwrap();
    Ok(Position {
        minted: narrow(minted),
        burned: narrow(burned),
        novated_in: narrow(novated_in),
        novated_out: narrow(novated_out),
    })
}

/// Every position of the domain and every amount: each operation moves its own total by the amount, or refuses for
/// the fact that the 128-bit sums state.
#[test]
fn positions() {
    let domain = amounts(8, 3);
    let mut accepted = 0_u64;
    for &minted in &domain {
        for &burned in &domain {
            for &novated_in in &domain {
                for &novated_out in &domain {
                    let position = Position {
                        minted,
                        burned,
                        novated_in,
                        novated_out,
                    };
                    let totals = [minted, burned, novated_in, novated_out].map(wide);
                    let stands = verdict(&totals).map(|_| ());
                    let outstanding = stands.map(|()| u64::try_from(owed(&position)).unwrap());
                    assert_eq!(position.outstanding(), outstanding, "{position:?}");
                    for &amount in &domain {
                        let grown = |place: usize| {
                            let mut after = totals;
                            after[place] += wide(amount);
                            verdict(&after)
                        };
                        let shed = |place: usize, refusal: Violation| {
                            if amount > outstanding? {
                                return Err(refusal);
                            }
                            grown(place)
                        };
                        let got = position.mint(amount);
                        accepted += u64::from(got.is_ok());
                        assert_eq!(got, grown(0), "{position:?} mints {amount}");
                        assert_eq!(
                            position.novate_in(amount),
                            grown(2),
                            "{position:?} takes {amount}"
                        );
                        let expected = shed(1, Violation::BurnAboveOutstanding);
                        assert_eq!(position.burn(amount), expected, "{position:?} burns {amount}");
                        let expected = shed(3, Violation::NovationAboveOutstanding);
                        assert_eq!(
                            position.novate_out(amount),
                            expected,
                            "{position:?} gives {amount}"
                        );
                    }
                }
            }
        }
    }
    assert!(accepted > 10_000, "the domain reaches too few mints: {accepted}");
}

/// Invariants 1 and 2 in every state that two banks can reach, from nothing, with amounts up to three and totals up
/// to five: together they owe the supply, neither owes less than nothing, totals only grow.
#[test]
fn reachable_positions_of_two_banks() {
    const CAP: u64 = 5;
    type World = ([[u64; 4]; 2], i128);
    let position = |totals: [u64; 4]| Position {
        minted: totals[0],
        burned: totals[1],
        novated_in: totals[2],
        novated_out: totals[3],
    };
    let totals = |position: Position| {
        [
            position.minted,
            position.burned,
            position.novated_in,
            position.novated_out,
        ]
    };
    let mut seen: BTreeSet<World> = BTreeSet::new();
    let mut open: Vec<World> = vec![([[0; 4]; 2], 0)];
    while let Some(world) = open.pop() {
        if world.0.as_flattened().iter().any(|total| *total > CAP) || !seen.insert(world) {
            continue;
        }
        let (banks, supply) = world;
        let sum: i128 = banks.iter().map(|bank| owed(&position(*bank))).sum();
        assert_eq!(sum, supply, "{banks:?}");
        for bank in 0..2 {
            let before = position(banks[bank]);
            assert!(before.outstanding().is_ok(), "{before:?}");
            for amount in 0..=3 {
                let mut next = Vec::new();
                if let Ok(after) = before.mint(amount) {
                    next.push((totals(after), None, supply + wide(amount)));
                }
                if let Ok(after) = before.burn(amount) {
                    next.push((totals(after), None, supply - wide(amount)));
                }
                if let (Ok(giver), Ok(taker)) = (
                    before.novate_out(amount),
                    position(banks[1 - bank]).novate_in(amount),
                ) {
                    next.push((totals(giver), Some(totals(taker)), supply));
                }
                for (own, other, supply) in next {
                    assert!(own.iter().zip(banks[bank]).all(|(now, then)| *now >= then));
                    let mut after = banks;
                    after[bank] = own;
                    after[1 - bank] = other.unwrap_or(after[1 - bank]);
                    open.push((after, supply));
                }
            }
        }
    }
    assert!(seen.len() > 10_000, "only {} states", seen.len());
}

// Limits.

/// Every window of the domain at every time with every amount.
#[test]
fn windows() {
    let (limits, used) = (amounts(5, 2), amounts(5, 2));
    let seconds = [i64::MIN, -1, 0, 1, 2, 3, i64::MAX - 1, i64::MAX];
    let clock = times(4);
    for &limit in &limits {
        for seconds in seconds {
            for &start in &clock {
                for &used in &used {
                    let window = Window {
                        limit,
                        seconds,
                        start,
                        used,
                    };
                    for &now in &clock {
                        for &amount in &limits {
                            let got = window.admit(now, amount);
                            assert_eq!(
                                got,
                                admitted(&window, now, amount),
                                "{window:?}, {amount} at {now}"
                            );
                        }
                    }
                }
            }
        }
    }
}

/// The window's rule in 128 bits.
fn admitted(window: &Window, now: i64, amount: u64) -> Result<Window, Violation> {
    if window.seconds <= 0 {
        return Err(Violation::WindowNotPositive);
    }
    let ended = i128::from(now) >= i128::from(window.start) + i128::from(window.seconds);
    let (start, before) = if ended {
        (now, 0)
    } else {
        (window.start, wide(window.used))
    };
    let after = before + wide(amount);
    if window.limit != u64::MAX && after > wide(window.limit) {
        return Err(Violation::WindowExceeded);
    }
    Ok(Window {
        start,
        used: u64::try_from(after.min(MOST)).unwrap(),
        ..*window
    })
}

/// All sequences of four mints, of amounts 0 to 3 and steps of time from -1 to 2, in every window of limit 0 to 4 and
/// length 1 to 3: between two starts a window admits no more than its limit, and it never starts anew early.
#[test]
fn windows_over_time() {
    fn go(window: Window, now: i64, since_start: u64, left: u32) {
        assert_eq!(window.used, since_start);
        if left == 0 {
            return;
        }
        for step in -1..=2 {
            for amount in 0..=3 {
                let now = now + step;
                let renewed = now - window.start >= window.seconds;
                let before = if renewed { 0 } else { since_start };
                match window.admit(now, amount) {
                    Ok(after) => {
                        assert!(before + amount <= window.limit);
                        assert_eq!(after.start, if renewed { now } else { window.start });
                        go(after, now, before + amount, left - 1);
                    }
                    Err(violation) => {
                        assert_eq!(violation, Violation::WindowExceeded);
                        assert!(before + amount > window.limit);
                    }
                }
            }
        }
    }
    for limit in 0..=4 {
        for seconds in 1..=3 {
            go(
                Window {
                    limit,
                    seconds,
                    start: 0,
                    used: 0,
                },
                0,
                0,
                4,
            );
        }
    }
}

#[test]
fn freshness() {
    let clock = times(40);
    for &now in &clock {
        for &as_of in &clock {
            for &max_age in &clock {
                let age = i128::from(now) - i128::from(as_of);
                let expected = first_of(&[
                    (age < 0, Violation::AsOfInFuture),
                    (age > i128::from(max_age), Violation::StatementStale),
                ]);
                assert_eq!(
                    check_freshness(now, as_of, max_age),
                    expected,
                    "{now}, {as_of}, {max_age}"
                );
            }
        }
    }
}

/// Invariant 3: room and backing are the same rule, before and after the sum.
#[test]
fn room_and_backing() {
    let domain = amounts(16, 6);
    for &outstanding in &domain {
        for &quota in &domain {
            for &closing in &domain {
                let limits = |after: i128| {
                    first_of(&[
                        (after > wide(quota), Violation::QuotaExceeded),
                        (after > wide(closing), Violation::ReserveExceeded),
                    ])
                };
                let got = check_backing(outstanding, quota, closing);
                assert_eq!(
                    got,
                    limits(wide(outstanding)),
                    "{outstanding} in {quota}, {closing}"
                );
                for &amount in &domain {
                    let got = check_room(outstanding, amount, quota, closing);
                    let expected = limits(wide(outstanding) + wide(amount));
                    assert_eq!(got, expected, "{outstanding} and {amount} in {quota}, {closing}");
                }
            }
        }
    }
}

#[test]
fn statement_totals() {
    let domain = amounts(64, 16);
    for &done in &domain {
        for &amount in &domain {
            for &total in &domain {
                let after = wide(done) + wide(amount);
                let expected = |violation| {
                    if after > wide(total) {
                        Err(violation)
                    } else {
                        Ok(u64::try_from(after).unwrap())
                    }
                };
                let got = check_statement_mint(done, amount, total);
                assert_eq!(
                    got,
                    expected(Violation::CreditTotalExceeded),
                    "{done}, {amount}, {total}"
                );
                let got = check_statement_settle(done, amount, total);
                assert_eq!(
                    got,
                    expected(Violation::DebitTotalExceeded),
                    "{done}, {amount}, {total}"
                );
            }
        }
    }
}

#[test]
fn zero_is_the_only_amount_refused() {
    for amount in amounts(1 << 16, 1 << 16) {
        assert_eq!(require_positive(amount).is_err(), amount == 0, "{amount}");
    }
}

/// A bank takes a liability over: the reserve always bounds it; good standing and the quota bound what its open
/// redemptions do not need.
#[test]
fn takeovers() {
    let domain = amounts(10, 4);
    for &outstanding in &domain {
        for &quota in &domain {
            for &closing in &domain {
                for &pending in &domain {
                    for in_good_standing in [false, true] {
                        let taker = Taker {
                            outstanding,
                            quota,
                            closing,
                            pending,
                            in_good_standing,
                        };
                        let backed = outstanding <= closing;
                        let needed = outstanding <= pending;
                        let within_quota = outstanding <= quota;
                        // Written out: no row is derived from another.
                        let expected = match (backed, needed, in_good_standing, within_quota) {
                            (false, _, _, _) => Err(Violation::ReserveExceeded),
                            (true, true, _, _) => Ok(()),
                            (true, false, false, _) => Err(Violation::TakeoverNotNeeded),
                            (true, false, true, false) => Err(Violation::QuotaExceeded),
                            (true, false, true, true) => Ok(()),
                        };
                        assert_eq!(check_takeover(&taker), expected, "{taker:?}");
                        // In good standing and without open redemptions it is the rule of a mint.
                        if in_good_standing && pending == 0 && outstanding > 0 {
                            let minted = check_backing(outstanding, quota, closing);
                            assert_eq!(check_takeover(&taker).is_ok(), minted.is_ok(), "{taker:?}");
                        }
                    }
                }
            }
        }
    }
}

// The life of an issuer.

const STATUSES: [IssuerStatus; 4] = [
    IssuerStatus::Active,
    IssuerStatus::Suspended,
    IssuerStatus::WindDown,
    IssuerStatus::Closed,
];

/// Every byte is a status or is refused: the whole domain.
#[test]
fn status_numbers() {
    for number in 0..=u8::MAX {
        match STATUSES.get(usize::from(number)) {
            Some(status) => {
                assert_eq!(IssuerStatus::from_number(number), Ok(*status));
                assert_eq!(*status as u8, number);
            }
            None => assert_eq!(
                IssuerStatus::from_number(number),
                Err(Violation::StatusUnknown),
                "{number}"
            ),
        }
    }
}

/// Every pair of statuses with every amount and count of the domain, against the table as a person would write it.
#[test]
fn status_transitions() {
    // Rows: from. Columns: to. n: never, y: always, e: when the issuer is empty.
    const TABLE: [[char; 4]; 4] = [
        //   Active Suspended WindDown Closed
        ['n', 'y', 'y', 'n'], // Active
        ['y', 'n', 'y', 'n'], // Suspended
        ['n', 'n', 'n', 'e'], // WindDown
        ['n', 'n', 'n', 'n'], // Closed
    ];
    let counts = (0..24_u32)
        .chain((1 << 31) - 8..(1 << 31) + 8)
        .chain(u32::MAX - 23..=u32::MAX);
    let counts: Vec<u32> = counts.collect();
    for (from, row) in STATUSES.into_iter().zip(TABLE) {
        for (to, cell) in STATUSES.into_iter().zip(row) {
            for outstanding in amounts(24, 8) {
                for &pending in &counts {
                    let expected = match cell {
                        'y' => Ok(()),
                        'e' if outstanding == 0 && pending == 0 => Ok(()),
                        'e' => Err(Violation::IssuerNotEmpty),
                        _ => Err(Violation::StatusTransition),
                    };
                    let got = check_transition(from, to, outstanding, pending);
                    assert_eq!(
                        got, expected,
                        "{from:?} to {to:?} with {outstanding} and {pending}"
                    );
                }
            }
        }
    }
}

/// Every path of six changes: no way leads out of Closed, none from WindDown back, and none to Closed but through
/// WindDown while empty.
#[test]
fn status_paths() {
    fn go(path: &mut Vec<IssuerStatus>, left: u32) {
        use IssuerStatus::{Active, Closed, Suspended, WindDown};
        let current = *path.last().unwrap();
        for to in STATUSES {
            for (outstanding, pending) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                if check_transition(current, to, outstanding, pending).is_err() {
                    continue;
                }
                assert!(!path.contains(&Closed), "{path:?} to {to:?}");
                assert!(!path.contains(&WindDown) || to == Closed, "{path:?} to {to:?}");
                assert!(to != Closed || (current == WindDown && outstanding == 0 && pending == 0));
                assert!(matches!(to, Closed | WindDown) || matches!(current, Active | Suspended));
                if left > 0 {
                    path.push(to);
                    go(path, left - 1);
                    path.pop();
                }
            }
        }
    }
    go(&mut vec![IssuerStatus::Active], 5);
}

// Votes.

/// The seats of a byte, counted one by one.
fn seats(byte: u8) -> Vec<u8> {
    (0..8).filter(|seat| (byte >> seat) % 2 == 1).collect()
}

/// Every byte of approvals, every threshold, every byte of mandatory seats: the whole domain, 2^24 cases.
#[test]
fn carrying() {
    let sets: Vec<Vec<u8>> = (0..=u8::MAX).map(seats).collect();
    for (approvals, yes) in (0..=u8::MAX).zip(&sets) {
        for (mandatory, must) in (0..=u8::MAX).zip(&sets) {
            let all_there = must.iter().all(|seat| yes.contains(seat));
            for threshold in 0..=u8::MAX {
                let expected = all_there && threshold > 0 && yes.len() >= usize::from(threshold);
                let got = is_carried(approvals, threshold, mandatory);
                assert!(got == expected, "{approvals:#b}, {threshold}, {mandatory:#b}");
            }
        }
    }
}

/// Every byte of approvals and every seat number: the whole domain.
#[test]
fn votes() {
    for approvals in 0..=u8::MAX {
        for seat in 0..=u8::MAX {
            let mut after = seats(approvals);
            let expected = if seat > 7 {
                Err(Violation::NoSuchSeat)
            } else if after.contains(&seat) {
                Err(Violation::AlreadyVoted)
            } else {
                after.push(seat);
                after.sort_unstable();
                Ok(after)
            };
            assert_eq!(
                vote(approvals, seat).map(seats),
                expected,
                "{approvals:#b}, seat {seat}"
            );
        }
    }
}

fn key(number: u8) -> [u8; 32] {
    [number; 32]
}

/// Every size from none to two more than fit, every threshold, every byte of mandatory seats, keys distinct.
#[test]
fn attestor_set_numbers() {
    let keys: Vec<[u8; 32]> = (1..=10).map(key).collect();
    for size in 0..=keys.len() {
        for threshold in 0..=u8::MAX {
            for mandatory in 0..=u8::MAX {
                let must = seats(mandatory);
                let expected = first_of(&[
                    (size == 0, Violation::NoAttestors),
                    (size > 8, Violation::TooManyAttestors),
                    (threshold == 0, Violation::ThresholdOutOfRange),
                    (usize::from(threshold) > size, Violation::ThresholdOutOfRange),
                    (must.is_empty(), Violation::NoMandatoryAttestor),
                    (
                        must.iter().any(|seat| usize::from(*seat) >= size),
                        Violation::MandatoryOutsideSet,
                    ),
                    (
                        must.len() > usize::from(threshold),
                        Violation::MandatoryAboveThreshold,
                    ),
                ]);
                let got = validate_attestor_set(&keys[..size], threshold, mandatory);
                assert_eq!(got, expected, "{size} keys, {threshold}, {mandatory:#b}");
            }
        }
    }
}

/// Every way in which up to six keys can be equal or zero.
#[test]
fn attestor_set_keys() {
    for size in 1..=6_u32 {
        let values = u64::from(size) + 1;
        for code in 0..values.pow(size) {
            let numbers: Vec<u8> = (0..size)
                .map(|place| ((code / values.pow(place)) % values) as u8)
                .collect();
            let keys: Vec<[u8; 32]> = numbers.iter().copied().map(key).collect();
            let expected = numbers
                .iter()
                .enumerate()
                .find_map(|(place, number)| match number {
                    0 => Some(Violation::AttestorKeyZero),
                    _ if numbers[place + 1..].contains(number) => Some(Violation::AttestorKeyRepeated),
                    _ => None,
                })
                .map_or(Ok(()), Err);
            assert_eq!(validate_attestor_set(&keys, 1, 1), expected, "{numbers:?}");
        }
    }
}

/// Every valid set and every set of approvals: a statement that carries has the mandatory seats, has at least
/// `threshold` different voters, and no proper subset that lacks one of them counts as more.
#[test]
fn carried_means_what_the_set_says() {
    let keys: Vec<[u8; 32]> = (1..=8).map(key).collect();
    for size in 1..=8_usize {
        for threshold in 1..=8_u8 {
            for mandatory in 0..=u8::MAX {
                if validate_attestor_set(&keys[..size], threshold, mandatory).is_err() {
                    continue;
                }
                // All that can vote, do: a valid set is able to approve.
                let everyone = (0..size as u8).fold(0, |approvals, seat| vote(approvals, seat).unwrap());
                assert!(is_carried(everyone, threshold, mandatory));
                assert!(!is_carried(0, threshold, mandatory));
                for approvals in 0..=everyone {
                    let carried = is_carried(approvals, threshold, mandatory);
                    for seat in 0..8 {
                        if let Ok(after) = vote(approvals, seat) {
                            assert!(!carried || is_carried(after, threshold, mandatory));
                            // Without the mandatory seats nothing carries, whoever else votes.
                            let lacks = !after & mandatory != 0;
                            assert!(!(lacks && is_carried(after, threshold, mandatory)));
                        }
                    }
                }
            }
        }
    }
}

// Consumed bits.

/// The bits of a bitmap as numbers, least significant first within a byte.
fn numbers(bits: &[u8]) -> BTreeSet<u32> {
    let places = (0_u32..).zip(bits.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit)));
    places
        .filter(|(_, shifted)| shifted % 2 == 1)
        .map(|(place, _)| place)
        .collect()
}

/// Invariant 4 for every content of bitmaps of up to two bytes, and of three bytes for every content in which each byte
/// has at most two bits set or at most two unset: each index is refused, or its bit is set and no other.
#[test]
fn bitmaps() {
    // A bitmap is a number in base two, its first entry the lowest digit.
    fn check<const N: usize>(bits: [u8; N]) {
        let number = bits
            .iter()
            .rev()
            .fold(0_u32, |number, byte| number * 256 + u32::from(*byte));
        let capacity = N as u32 * 8;
        for index in (0..capacity + 9).chain([1 << 16, 1 << 31, u32::MAX - 1, u32::MAX]) {
            let mut after = bits;
            let got = (is_consumed(&bits, index), consume(&mut after, index));
            let expected = if index >= capacity {
                (Err(Violation::IndexOutOfRange), Err(Violation::IndexOutOfRange))
            } else if number / 2_u32.pow(index) % 2 == 1 {
                (Ok(true), Err(Violation::AlreadyConsumed))
            } else {
                (Ok(false), Ok(()))
            };
            assert_eq!(got, expected, "{bits:?}, {index}");
            let number_after = after
                .iter()
                .rev()
                .fold(0_u32, |number, byte| number * 256 + u32::from(*byte));
            let added = if got.1.is_ok() { 2_u32.pow(index) } else { 0 };
            assert_eq!(number_after, number + added, "{bits:?}, {index}");
        }
    }
    check([]);
    for first in 0..=u8::MAX {
        check([first]);
        for second in 0..=u8::MAX {
            check([first, second]);
        }
    }
    let few = |byte: &u8| seats(*byte).len() < 3 || seats(*byte).len() > 5;
    let bytes: Vec<u8> = (0..=u8::MAX).filter(few).collect();
    for &first in &bytes {
        for &second in &bytes {
            for &third in &bytes {
                check([first, second, third]);
            }
        }
    }
}

/// All sequences of three consumptions over three bytes: an entry counts once, in whatever order.
#[test]
fn consumptions_in_every_order() {
    for first in 0..26 {
        for second in 0..26 {
            for third in 0..26 {
                let (mut bits, mut taken) = ([0; 3], BTreeSet::new());
                for index in [first, second, third] {
                    let expected = if index >= 24 {
                        Err(Violation::IndexOutOfRange)
                    } else if taken.insert(index) {
                        Ok(())
                    } else {
                        Err(Violation::AlreadyConsumed)
                    };
                    assert_eq!(consume(&mut bits, index), expected, "{first}, {second}, {third}");
                }
                assert_eq!(numbers(&bits), taken);
            }
        }
    }
}

/// Every entry count that a statement may have: the bitmap holds each entry and wastes less than a byte.
#[test]
fn bitmap_lengths() {
    for count in (0..=MAX_ENTRIES).chain(u32::MAX - 64..=u32::MAX) {
        let bits = bitmap_len(count) as u64 * 8;
        assert!(bits >= u64::from(count) && bits - u64::from(count) < 8, "{count}");
    }
}

// The chain of statements.

/// Invariant 5 in 128 bits, as a table in the documented order.
fn succession(head: &ChainHead, next: &Totals, now: i64) -> Result<(), Violation> {
    let funded = wide(next.opening) + wide(next.credit_total);
    let left = funded - wide(next.debit_total);
    first_of(&[
        (
            wide(next.number) != wide(head.number) + 1,
            Violation::NumberNotNext,
        ),
        (next.opening != head.closing, Violation::OpeningMismatch),
        (funded > MOST, Violation::BalanceOverflow),
        (left < 0, Violation::BalanceNegative),
        (left != wide(next.closing), Violation::ClosingMismatch),
        (next.as_of <= head.as_of, Violation::AsOfNotLater),
        (next.as_of > now, Violation::AsOfInFuture),
        (next.entry_count > 65_536, Violation::TooManyEntries),
        (
            next.actionable_count > next.entry_count,
            Violation::ActionableAboveEntries,
        ),
        (
            next.entry_count == 0 && wide(next.credit_total) + wide(next.debit_total) > 0,
            Violation::TotalsWithoutEntries,
        ),
    ])
}

fn agree(head: &ChainHead, next: &Totals, now: i64) {
    let got = check_succession(head, next, now);
    assert_eq!(got, succession(head, next, now), "{head:?}, {next:?} at {now}");
}

/// All fields at once, each over its few decisive values: which fact speaks first, in every combination of facts.
#[test]
fn successions() {
    const MAX: u64 = u64::MAX;
    const TIMES: [i64; 4] = [i64::MIN, 0, 1, i64::MAX];
    const COUNTS: [u32; 4] = [0, 1, MAX_ENTRIES, MAX_ENTRIES + 1];
    for last in [0, 1, MAX] {
        for number in [0, 1, 2, MAX] {
            for head_closing in [0, 1, MAX - 1, MAX] {
                for opening in [0, 1, MAX - 1, MAX] {
                    for credit_total in [0, 1, 2, MAX] {
                        for debit_total in [0, 1, 2, MAX] {
                            for closing in [0, 1, 2, MAX - 1, MAX] {
                                for as_of in TIMES {
                                    for entry_count in COUNTS {
                                        for actionable_count in COUNTS {
                                            let next = Totals {
                                                number,
                                                opening,
                                                credit_total,
                                                debit_total,
                                                closing,
                                                as_of,
                                                entry_count,
                                                actionable_count,
                                            };
                                            for head_as_of in TIMES {
                                                let head = ChainHead {
                                                    number: last,
                                                    closing: head_closing,
                                                    as_of: head_as_of,
                                                };
                                                for now in TIMES {
                                                    agree(&head, &next, now);
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Field by field over wide domains, the rest being in order.
#[test]
fn succession_by_field() {
    let (money, clock) = (amounts(6, 2), times(8));
    let head = ChainHead {
        number: 4,
        closing: 0,
        as_of: 0,
    };
    let next = Totals {
        number: 5,
        opening: 0,
        credit_total: 0,
        debit_total: 0,
        closing: 0,
        as_of: 1,
        entry_count: 1,
        actionable_count: 0,
    };
    for number in amounts(64, 16) {
        for next_number in amounts(64, 16) {
            agree(
                &ChainHead { number, ..head },
                &Totals {
                    number: next_number,
                    ..next
                },
                1,
            );
        }
    }
    for &before in &money {
        for &opening in &money {
            for &credit_total in &money {
                for &debit_total in &money {
                    for &closing in &money {
                        let next = Totals {
                            opening,
                            credit_total,
                            debit_total,
                            closing,
                            ..next
                        };
                        agree(
                            &ChainHead {
                                closing: before,
                                ..head
                            },
                            &next,
                            1,
                        );
                    }
                }
            }
        }
    }
    for &last in &clock {
        for &as_of in &clock {
            for &now in &clock {
                agree(&ChainHead { as_of: last, ..head }, &Totals { as_of, ..next }, now);
            }
        }
    }
    let around = [0, MAX_ENTRIES, 1 << 31, u32::MAX];
    let counts: BTreeSet<u32> = around
        .into_iter()
        .flat_map(|place| {
            (0..10).flat_map(move |step| [place.saturating_sub(step), place.saturating_add(step)])
        })
        .collect();
    for &entry_count in &counts {
        for &actionable_count in &counts {
            for (credit_total, debit_total) in [(0, 0), (1, 1), (2, 1)] {
                let closing = credit_total - debit_total;
                let next = Totals {
                    credit_total,
                    debit_total,
                    closing,
                    entry_count,
                    actionable_count,
                    ..next
                };
                agree(&head, &next, 1);
            }
        }
    }
}

/// Every chain of up to four statements over a small alphabet, of which the rule takes what it takes: numbers have no
/// gaps, time only passes, and each closing balance is the sum of all that came before.
#[test]
fn chains() {
    fn go(head: ChainHead, credits: i128, debits: i128, length: u64) -> u64 {
        assert_eq!(head.number, length);
        assert_eq!(wide(head.closing), credits - debits);
        let mut found = 1;
        if length == 4 {
            return found;
        }
        for number in 0..=5 {
            for opening in 0..=2 {
                for credit_total in 0..=2 {
                    for debit_total in 0..=2 {
                        for closing in 0..=2 {
                            for as_of in -1..=5 {
                                let next = Totals {
                                    number,
                                    opening,
                                    credit_total,
                                    debit_total,
                                    closing,
                                    as_of,
                                    entry_count: 2,
                                    actionable_count: 1,
                                };
                                if check_succession(&head, &next, 4).is_ok() {
                                    assert!(as_of > head.as_of && as_of <= 4);
                                    let after = ChainHead {
                                        number,
                                        closing,
                                        as_of,
                                    };
                                    let (credits, debits) =
                                        (credits + wide(credit_total), debits + wide(debit_total));
                                    found += go(after, credits, debits, length + 1);
                                }
                            }
                        }
                    }
                }
            }
        }
        found
    }
    let found = go(ChainHead::default(), 0, 0, 0);
    assert!(found > 1_000, "only {found} chains");
}

// Proofs.

/// A hash that is cheap. Collisions would make the tests fail, not pass (see the top of the file).
struct Mix;

impl Sha256 for Mix {
    fn hash_into(parts: &[&[u8]], digest: &mut [u8; 32]) {
        let mut state = [0x243f_6a88_85a3_08d3_u64, 0x1319_8a2e_0370_7344];
        for part in parts {
            for chunk in part.chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                let length = chunk.len() as u64;
                state[0] = (state[0] ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                state[1] = (state[1] ^ state[0].rotate_left(29) ^ length).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                state[0] ^= state[0] >> 31;
                state[1] ^= state[1] >> 29;
            }
        }
        digest[..8].copy_from_slice(&state[0].to_le_bytes());
        digest[8..16].copy_from_slice(&state[1].to_le_bytes());
        digest[16..].fill(0);
    }
}

type Node = [u8; 32];

fn entry(index: u32) -> Entry {
    Entry {
        kind: if index % 3 == 2 {
            EntryKind::Debit
        } else {
            EntryKind::Credit
        },
        index,
        amount: 1_000 + u64::from(index),
        reference_hash: [7; 32],
        party: [9; 32],
    }
}

fn leaves(count: u32) -> Vec<Node> {
    (0..count).map(|index| entry(index).leaf_hash::<Mix>()).collect()
}

/// RFC 9162, 2.1.1: the largest power of two below the size.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The sides of an inclusion path's siblings, leaf level first; from the recursive definition.
fn shape(index: usize, count: usize) -> Vec<bool> {
    if count == 1 {
        return Vec::new();
    }
    let k = split(count);
    let (mut sides, right) = if index < k {
        (shape(index, k), true)
    } else {
        (shape(index - k, count - k), false)
    };
    sides.push(right);
    sides
}

/// All trees of up to 64 leaves, each leaf's proof, against every index and count up to 66 that a caller could claim.
///
/// Exactly the right position verifies. The root does not bind the count (the module's text says so), so "right" means
/// the positions whose siblings stand on the same sides; for the attested count that is the leaf's own index alone.
#[test]
fn inclusion_proofs_bind_the_position() {
    const LARGEST: u32 = 64;
    const CLAIMED: u32 = LARGEST + 2;
    let shapes: Vec<Vec<Vec<bool>>> = (0..=CLAIMED as usize)
        .map(|count| (0..count).map(|index| shape(index, count)).collect())
        .collect();
    for count in 1..=LARGEST {
        let leaves = leaves(count);
        let tree = Tree::from_leaves::<Mix>(leaves.clone());
        let root = tree.root::<Mix>();
        for (index, leaf) in (0..count).zip(&leaves) {
            let proof = tree.prove(index).unwrap();
            let own = &shapes[count as usize][index as usize];
            for (claimed_count, shapes) in (0..=CLAIMED).zip(&shapes) {
                for claimed_index in 0..claimed_count + 2 {
                    let expected = match shapes.get(claimed_index as usize) {
                        None => Err(Violation::IndexOutOfRange),
                        Some(claimed) => first_of(&[
                            (proof.len() < claimed.len(), Violation::ProofTooShort),
                            (proof.len() > claimed.len(), Violation::ProofTooLong),
                            (claimed != own, Violation::RootMismatch),
                        ]),
                    };
                    let got = verify_inclusion::<Mix>(leaf, claimed_index, claimed_count, &proof, &root);
                    let case = (index, count, claimed_index, claimed_count);
                    assert_eq!(
                        got, expected,
                        "index and count, claimed index and count: {case:?}"
                    );
                    // For the attested count there is one index.
                    if claimed_count == count {
                        assert_eq!(got.is_ok(), claimed_index == index, "{case:?}");
                    }
                    // An entry carries its index, so here even another count does not help.
                    let entry = Entry {
                        index: claimed_index,
                        ..entry(index)
                    };
                    let got = verify_entry::<Mix>(&entry.by_ref(), claimed_count, &proof, &root);
                    assert!(got.is_err() || claimed_index == index, "{case:?}");
                    assert!(got == expected || claimed_index != index, "{case:?}");
                }
            }
        }
    }
}

/// The root that a proof leads to by the recursive definition; `None`: it has not the length that the position needs.
fn climb(leaf: &Node, index: usize, count: usize, proof: &[Node]) -> Option<Node> {
    if count == 1 {
        return proof.is_empty().then_some(*leaf);
    }
    let (sibling, below) = proof.split_last()?;
    let k = split(count);
    Some(if index < k {
        node_hash::<Mix>(&climb(leaf, index, k, below)?, sibling)
    } else {
        node_hash::<Mix>(sibling, &climb(leaf, index - k, count - k, below)?)
    })
}

/// Forgery from known parts: trees of up to five leaves, every proof of up to four nodes put together from all nodes
/// of the tree and a foreign one, every one of these as the leaf, at every claimed position of up to six.
///
/// What verifies is what the recursive definition leads to the root with, and for the true count that is each leaf at
/// its own place.
#[test]
fn no_proof_is_forged_from_known_nodes() {
    for count in 1..=5_u32 {
        let leaves = leaves(count);
        let root = Tree::from_leaves::<Mix>(leaves.clone()).root::<Mix>();
        // Every node of the tree: the roots of all subtrees that its definition splits off.
        fn nodes(leaves: &[Node], found: &mut BTreeSet<Node>) -> Node {
            let node = match leaves {
                [leaf] => *leaf,
                _ => {
                    let (left, right) = leaves.split_at(split(leaves.len()));
                    node_hash::<Mix>(&nodes(left, found), &nodes(right, found))
                }
            };
            found.insert(node);
            node
        }
        let mut parts = BTreeSet::from([[0xee; 32]]);
        assert_eq!(nodes(&leaves, &mut parts), root);
        let parts: Vec<Node> = parts.into_iter().collect();
        let mut verified = BTreeSet::new();
        for length in 0..=4_u32 {
            for code in 0..(parts.len() as u64).pow(length) {
                let proof: Vec<Node> = (0..length)
                    .map(|place| parts[(code / (parts.len() as u64).pow(place)) as usize % parts.len()])
                    .collect();
                for leaf in &parts {
                    for claimed_count in 1..=6_u32 {
                        for claimed_index in 0..claimed_count {
                            let reached = climb(leaf, claimed_index as usize, claimed_count as usize, &proof);
                            let got =
                                verify_inclusion::<Mix>(leaf, claimed_index, claimed_count, &proof, &root);
                            assert_eq!(
                                got.is_ok(),
                                reached == Some(root),
                                "{count}, {claimed_index} of {claimed_count}"
                            );
                            if got.is_ok() && claimed_count == count {
                                verified.insert((claimed_index, *leaf));
                            }
                        }
                    }
                }
            }
        }
        let honest: BTreeSet<(u32, Node)> = (0..count).zip(leaves).collect();
        assert_eq!(verified, honest, "{count} leaves");
    }
}

/// The siblings that a run lacks, each with its level and whether it stands right of the run; from the recursive
/// definition, which goes from the root down.
fn missing(start: usize, end: usize, count: usize) -> Vec<(usize, bool)> {
    if start == 0 && end == count || count == 1 {
        return Vec::new();
    }
    let k = split(count);
    let level = k.trailing_zeros() as usize;
    let mut found = Vec::new();
    if start < k {
        found.extend(missing(start, end.min(k), k));
    } else {
        found.push((level, false));
    }
    if end > k {
        found.extend(missing(start.max(k) - k, end - k, count - k));
    } else {
        found.push((level, true));
    }
    found
}

/// The root that a run and its siblings lead to; `siblings` are those of [`missing`], in its order.
fn gather(
    run: &[Node],
    start: usize,
    end: usize,
    count: usize,
    siblings: &mut impl Iterator<Item = Node>,
) -> Node {
    if count == 1 {
        return run[0];
    }
    let k = split(count);
    let inner = end.min(k).saturating_sub(start);
    let left = if start < k {
        Some(gather(&run[..inner], start, end.min(k), k, siblings))
    } else {
        None
    };
    let left = left.unwrap_or_else(|| siblings.next().unwrap());
    let right = if end > k {
        gather(&run[inner..], start.max(k) - k, end - k, count - k, siblings)
    } else {
        siblings.next().unwrap()
    };
    node_hash::<Mix>(&left, &right)
}

/// All trees of up to 24 leaves, every run in them with its proof, against every start and count up to 26 that a
/// caller could claim: what verifies is what the recursive definition leads to the root with, and for the attested
/// count that is the run's own start alone.
#[test]
fn run_proofs_bind_the_position() {
    const LARGEST: u32 = 24;
    const CLAIMED: u32 = LARGEST + 2;
    for count in 1..=LARGEST {
        let leaves = leaves(count);
        let tree = Tree::from_leaves::<Mix>(leaves.clone());
        let root = tree.root::<Mix>();
        for start in 0..count {
            for length in 1..=count - start {
                let run = &leaves[start as usize..(start + length) as usize];
                let proof = tree.prove_run(start, length).unwrap();
                for claimed_count in 0..=CLAIMED {
                    for claimed_start in 0..claimed_count + 2 {
                        let got =
                            verify_run::<Mix>(&mut run.to_vec(), claimed_start, claimed_count, &proof, &root);
                        let end = claimed_start + length;
                        let expected = if end > claimed_count {
                            Err(Violation::RunOutOfRange)
                        } else {
                            let place = (claimed_start as usize, end as usize, claimed_count as usize);
                            run_verdict(run, place, &proof, &root)
                        };
                        let case = (start, length, count, claimed_start, claimed_count);
                        assert_eq!(
                            got, expected,
                            "start, length, count, claimed start, count: {case:?}"
                        );
                        if claimed_count == count {
                            assert_eq!(got.is_ok(), claimed_start == start, "{case:?}");
                        }
                    }
                }
            }
        }
    }
}

fn run_verdict(
    run: &[Node],
    (start, end, count): (usize, usize, usize),
    proof: &[Node],
    root: &Node,
) -> Result<(), Violation> {
    let missing = missing(start, end, count);
    first_of(&[
        (proof.len() < missing.len(), Violation::ProofTooShort),
        (proof.len() > missing.len(), Violation::ProofTooLong),
    ])?;
    // The proof is ordered by level, left before right; the recursion meets the siblings in its own order.
    let mut order = missing.clone();
    order.sort_unstable();
    let mut siblings = missing
        .iter()
        .map(|one| proof[order.iter().position(|other| other == one).unwrap()]);
    let reached = gather(run, start, end, count, &mut siblings);
    first_of(&[(reached != *root, Violation::RootMismatch)])
}

/// All runs in trees of up to 12 leaves with every wrong length of leaves: one leaf more or less never verifies with
/// the same proof, nor does a run in another order.
#[test]
fn run_proofs_bind_length_and_order() {
    for count in 1..=12_u32 {
        let leaves = leaves(count);
        let tree = Tree::from_leaves::<Mix>(leaves.clone());
        let root = tree.root::<Mix>();
        for start in 0..count {
            for length in 1..=count - start {
                let proof = tree.prove_run(start, length).unwrap();
                for other in 0..=count - start {
                    let mut run = leaves[start as usize..(start + other) as usize].to_vec();
                    let got = verify_run::<Mix>(&mut run, start, count, &proof, &root);
                    assert_eq!(
                        got.is_ok(),
                        other == length,
                        "{start}, {length} of {count}: {other}"
                    );
                }
                for first in 0..length as usize {
                    for second in first + 1..length as usize {
                        let mut run = leaves[start as usize..(start + length) as usize].to_vec();
                        run.swap(first, second);
                        let got = verify_run::<Mix>(&mut run, start, count, &proof, &root);
                        assert_eq!(got, Err(Violation::RootMismatch), "{start}, {length} of {count}");
                    }
                }
            }
        }
    }
}
