//! Rules over time: chains of statements, rate windows, positions and bitmaps under random sequences, against
//! plain models. Seeds are fixed.

#![cfg(feature = "host")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use std::collections::BTreeSet;

use common::{fixed, flip};
use kzte_ledger::{
    Attested, ChainHead, HostSha256, MAX_ENTRIES, Position, Totals, Violation, Window, attestation_digest,
    bitmap_len, check_freshness, check_room, check_succession, consume, is_consumed,
};
use proptest::prelude::*;

/// Numbers around the limits of their type as often as ordinary ones.
fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..10,
        0_u64..1_000_000,
        any::<u64>(),
        (0_u64..10).prop_map(|below| u64::MAX - below)
    ]
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![-10_i64..10, 0_i64..2_000_000_000, any::<i64>()]
}

fn totals() -> impl Strategy<Value = Totals> {
    let money = (amount(), amount(), amount(), amount());
    (0_u64..5, money, time(), 0..=MAX_ENTRIES + 2, 0..=MAX_ENTRIES + 2).prop_map(
        |(number, (opening, credit_total, debit_total, closing), as_of, entry_count, actionable_count)| {
            Totals {
                number,
                opening,
                credit_total,
                debit_total,
                closing,
                as_of,
                entry_count,
                actionable_count,
            }
        },
    )
}

/// Invariant 5 and the statement's own arithmetic, in 128 bits and without an order of checks.
fn follows(head: &ChainHead, next: &Totals, now: i64) -> bool {
    let funded = i128::from(next.opening) + i128::from(next.credit_total);
    i128::from(next.number) == i128::from(head.number) + 1
        && next.opening == head.closing
        && funded <= i128::from(u64::MAX)
        && funded - i128::from(next.debit_total) == i128::from(next.closing)
        && next.as_of > head.as_of
        && next.as_of <= now
        && next.entry_count <= 65_536
        && next.actionable_count <= next.entry_count
        && (next.entry_count > 0 || (next.credit_total, next.debit_total) == (0, 0))
}

/// One step of a chain: what happened at the bank, and how a poster may distort it.
#[derive(Clone, Debug)]
struct Step {
    credits: u64,
    debits: u64,
    elapsed: i64,
    entries: u32,
    distortion: Option<(usize, u64)>,
}

fn step() -> impl Strategy<Value = Step> {
    let distortion = prop::option::of((0_usize..8, prop_oneof![Just(1), any::<u64>()]));
    (
        0_u64..1_000_000_000,
        0_u64..1_000_000_000,
        1_i64..1_000_000,
        1_u32..5_000,
        distortion,
    )
        .prop_map(|(credits, debits, elapsed, entries, distortion)| Step {
            credits,
            debits,
            elapsed,
            entries,
            distortion,
        })
}

proptest! {
    #![proptest_config(fixed(2_000))]

    /// Arbitrary numbers: the refusal agrees with the model, and passes exactly what follows.
    #[test]
    fn succession_of_arbitrary_statements(
        number in 0_u64..5,
        closing in amount(),
        last in time(),
        next in totals(),
        now in time(),
        mend in any::<u8>(),
    ) {
        let head = ChainHead { number, closing, as_of: last };
        // Mend some fields, else almost every case would fail on its number.
        let mut next = next;
        if mend & 3 != 0 { next.number = number + 1; }
        if mend & 12 != 0 { next.opening = closing; }
        if mend & 48 != 0 {
            let funded = next.opening.wrapping_add(next.credit_total);
            next.debit_total = next.debit_total.min(funded);
            next.closing = funded - next.debit_total;
        }
        if mend & 64 != 0 { next.as_of = last.saturating_add(1); }
        let now = if mend & 128 != 0 { now.max(next.as_of) } else { now };
        let got = check_succession(&head, &next, now);
        prop_assert_eq!(got.is_ok(), follows(&head, &next, now), "{:?}: {:?} -> {:?} at {}", got, head, next, now);
    }

    /// A chain that starts from nothing and takes only what passes: numbers have no gaps, balances meet, time
    /// passes, and a distorted statement never gets in.
    #[test]
    fn chains_stay_whole(steps in prop::collection::vec(step(), 1..30)) {
        let mut head = ChainHead::default();
        let mut balance = 0_i128;
        for (accepted, step) in (1_u64..).zip(steps) {
            let now = head.as_of + step.elapsed;
            let debits = step.debits.min(head.closing + step.credits);
            let honest = Totals {
                number: head.number + 1,
                opening: head.closing,
                credit_total: step.credits,
                debit_total: debits,
                closing: head.closing + step.credits - debits,
                as_of: now,
                entry_count: step.entries,
                actionable_count: step.entries / 2,
            };
            if let Some((field, delta)) = step.distortion {
                let mut posted = honest;
                match field {
                    0 => posted.number = posted.number.wrapping_add(delta),
                    1 => posted.opening = posted.opening.wrapping_add(delta),
                    2 => posted.credit_total = posted.credit_total.wrapping_add(delta),
                    3 => posted.debit_total = posted.debit_total.wrapping_add(delta),
                    4 => posted.closing = posted.closing.wrapping_add(delta),
                    5 => posted.as_of = head.as_of - (delta % 1_000).cast_signed(),
                    6 => posted.as_of = now + 1 + (delta % 1_000).cast_signed(),
                    _ => posted.actionable_count = posted.entry_count + 1 + (delta % 1_000) as u32,
                }
                let changed = posted != honest;
                prop_assert_eq!(check_succession(&head, &posted, now).is_err(), changed, "{:?}", posted);
            }
            prop_assert_eq!(check_succession(&head, &honest, now), Ok(()));
            // The same statement cannot follow itself.
            let after = ChainHead { number: honest.number, closing: honest.closing, as_of: honest.as_of };
            prop_assert_eq!(check_succession(&after, &honest, now), Err(Violation::NumberNotNext));
            prop_assert!(after.number == head.number + 1 && after.as_of > head.as_of);
            head = after;
            balance += i128::from(step.credits) - i128::from(debits);
            prop_assert_eq!(head.number, accepted);
            prop_assert_eq!(i128::from(head.closing), balance);
        }
    }

    /// The digest covers every field: any change of one changes it.
    #[test]
    fn digest_binds_every_field(totals in totals(), ids in any::<[[u8; 32]; 5]>(), version in any::<u32>(), bit in 0_usize..256) {
        let attested = Attested {
            program: &ids[0],
            config: &ids[1],
            issuer: &ids[2],
            attestor_set_version: version,
            totals,
            entries_root: &ids[3],
            source_hash: &ids[4],
        };
        let other = ids.map(|id| flip(&id, bit));
        let (wide, narrow) = (1_u64 << (bit % 64), 1_u32 << (bit % 32));
        let changed = [
            attested,
            Attested { program: &other[0], ..attested },
            Attested { config: &other[1], ..attested },
            Attested { issuer: &other[2], ..attested },
            Attested { attestor_set_version: version ^ narrow, ..attested },
            Attested { totals: Totals { number: totals.number ^ wide, ..totals }, ..attested },
            Attested { totals: Totals { opening: totals.opening ^ wide, ..totals }, ..attested },
            Attested { totals: Totals { credit_total: totals.credit_total ^ wide, ..totals }, ..attested },
            Attested { totals: Totals { debit_total: totals.debit_total ^ wide, ..totals }, ..attested },
            Attested { totals: Totals { closing: totals.closing ^ wide, ..totals }, ..attested },
            Attested { totals: Totals { as_of: totals.as_of ^ wide.cast_signed(), ..totals }, ..attested },
            Attested { totals: Totals { entry_count: totals.entry_count ^ narrow, ..totals }, ..attested },
            Attested { totals: Totals { actionable_count: totals.actionable_count ^ narrow, ..totals }, ..attested },
            Attested { entries_root: &other[3], ..attested },
            Attested { source_hash: &other[4], ..attested },
        ];
        let digests: BTreeSet<_> = changed.iter().map(attestation_digest::<HostSha256>).collect();
        prop_assert_eq!(digests.len(), changed.len());
    }

    #[test]
    fn freshness_is_the_age(now in time(), as_of in time(), max_age in time()) {
        let age = i128::from(now) - i128::from(as_of);
        let expected = if age < 0 {
            Err(Violation::AsOfInFuture)
        } else if age > i128::from(max_age) {
            Err(Violation::StatementStale)
        } else {
            Ok(())
        };
        prop_assert_eq!(check_freshness(now, as_of, max_age), expected);
    }

    /// Invariant 3: whatever is admitted stays within quota and reserve.
    #[test]
    fn room_is_the_smaller_of_quota_and_reserve(
        outstanding in amount(),
        amount in amount(),
        quota in amount(),
        closing in amount(),
        edge in -1_i128..=1,
    ) {
        // Half the cases stand at an edge.
        let after = u128::from(outstanding) + u128::from(amount);
        let near = u64::try_from((after.cast_signed() + edge).max(0)).unwrap_or(quota);
        for (quota, closing) in [(quota, closing), (near, closing), (quota, near), (near, near)] {
            let expected = if after > u128::from(quota) {
                Err(Violation::QuotaExceeded)
            } else if after > u128::from(closing) {
                Err(Violation::ReserveExceeded)
            } else {
                Ok(())
            };
            prop_assert_eq!(check_room(outstanding, amount, quota, closing), expected);
        }
    }

    /// One window against a list of what was admitted since it began; the clock may run back.
    #[test]
    fn windows_never_admit_more_than_their_limit(
        limit in 0_u64..1_000,
        seconds in 1_i64..50,
        start in 0_i64..1_000,
        mints in prop::collection::vec((-5_i64..30, 0_u64..400), 1..60),
    ) {
        let mut window = Window { limit, seconds, start, used: 0 };
        let mut admitted: Vec<u64> = Vec::new();
        let (mut now, mut began) = (start, start);
        for (elapsed, amount) in mints {
            now += elapsed;
            let over = now - began >= seconds;
            let used: u64 = if over { 0 } else { admitted.iter().sum() };
            match window.admit(now, amount) {
                Ok(next) => {
                    prop_assert!(used + amount <= limit, "{} over {} at {}", used + amount, limit, now);
                    if over {
                        admitted.clear();
                        began = now;
                    }
                    admitted.push(amount);
                    prop_assert_eq!(next, Window { limit, seconds, start: began, used: used + amount });
                    window = next;
                }
                Err(violation) => {
                    prop_assert_eq!(violation, Violation::WindowExceeded);
                    prop_assert!(used + amount > limit, "{} within {} at {}", used + amount, limit, now);
                }
            }
        }
    }

    /// Invariants 1 and 2 for three banks: totals only grow, nobody owes less than nothing, and together they owe
    /// what was minted and not burned, however liabilities move.
    #[test]
    fn positions_balance(
        actions in prop::collection::vec((0_u8..3, 0_usize..3, 1_usize..3, amount(), any::<bool>()), 1..80),
    ) {
        let mut banks = [Position::default(); 3];
        let (mut supply, mut owed) = (0_i128, [0_i128; 3]);
        for (action, bank, step, amount, exact) in actions {
            let other = (bank + step) % 3;
            // Burns and novations at the edge half the time: the whole of what is outstanding.
            let edge = banks[bank].outstanding().unwrap();
            let amount = if exact && action > 0 { edge } else { amount };
            let wide = i128::from(amount);
            let before = banks;
            match action {
                0 => {
                    if let Ok(after) = banks[bank].mint(amount) {
                        banks[bank] = after;
                        owed[bank] += wide;
                        supply += wide;
                    } else {
                        let gains = i128::from(before[bank].minted) + i128::from(before[bank].novated_in);
                        prop_assert!(gains + wide > i128::from(u64::MAX));
                    }
                }
                1 => match banks[bank].burn(amount) {
                    Ok(after) => {
                        banks[bank] = after;
                        owed[bank] -= wide;
                        supply -= wide;
                    }
                    Err(violation) => {
                        prop_assert_eq!(violation, Violation::BurnAboveOutstanding);
                        prop_assert!(wide > owed[bank]);
                    }
                },
                _ => match (banks[bank].novate_out(amount), banks[other].novate_in(amount)) {
                    (Ok(giver), Ok(taker)) => {
                        banks[bank] = giver;
                        banks[other] = taker;
                        owed[bank] -= wide;
                        owed[other] += wide;
                    }
                    (Err(violation), _) => {
                        prop_assert_eq!(violation, Violation::NovationAboveOutstanding);
                        prop_assert!(wide > owed[bank]);
                    }
                    (Ok(_), Err(violation)) => prop_assert_eq!(violation, Violation::PositionOverflow),
                },
            }
            let mut sum = 0;
            for (bank, (now, then)) in banks.iter().zip(before).enumerate() {
                prop_assert!(now.minted >= then.minted && now.burned >= then.burned);
                prop_assert!(now.novated_in >= then.novated_in && now.novated_out >= then.novated_out);
                let outstanding = now.outstanding().unwrap();
                prop_assert_eq!(i128::from(outstanding), owed[bank]);
                sum += i128::from(outstanding);
            }
            prop_assert_eq!(sum, supply);
        }
    }

    /// Invariant 4 against a set: each index is consumed once, and no consumption touches another's bit.
    #[test]
    fn bitmaps_consume_once(
        count in 1_u32..200,
        indices in prop::collection::vec(0_u32..220, 1..300),
    ) {
        let mut bits = vec![0; bitmap_len(count)];
        let capacity = bits.len() as u32 * 8;
        prop_assert!(capacity >= count && capacity - count < 8);
        let mut consumed = BTreeSet::new();
        for index in indices {
            let expected = if index >= capacity {
                Err(Violation::IndexOutOfRange)
            } else if consumed.insert(index) {
                Ok(())
            } else {
                Err(Violation::AlreadyConsumed)
            };
            prop_assert_eq!(consume(&mut bits, index), expected);
        }
        for index in 0..capacity {
            prop_assert_eq!(is_consumed(&bits, index), Ok(consumed.contains(&index)));
        }
        let set: u32 = bits.iter().map(|byte| byte.count_ones()).sum();
        prop_assert_eq!(set as usize, consumed.len());
    }
}
