//! The ledger's rules over time, as the program calls them: two banks, their statements, votes, mints, settlements,
//! burns and novations in any order, with any numbers, at any time.
//!
//! Beside the ledger runs an oracle that keeps the same facts in 128 bits, in lists and in sets, and knows neither
//! wrapping nor masks. Every outcome must be the oracle's, and after every step the invariants must hold.

#![no_main]

use std::collections::BTreeSet;

use kzte_fuzz::Bytes;
use kzte_ledger::{
    ChainHead, IssuerStatus, MAX_ENTRIES, Position, Taker, Totals, Violation, Window, bitmap_len,
    check_backing, check_freshness, check_room, check_statement_mint, check_statement_settle,
    check_succession, check_takeover, check_transition, consume, is_carried, is_consumed, require_positive,
    validate_attestor_set, vote,
};
use libfuzzer_sys::fuzz_target;

const MOST: i128 = u64::MAX as i128;

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes::new(data);
    let Some(mut world) = World::start(&mut bytes) else {
        return;
    };
    for _ in 0..200 {
        if bytes.is_empty() {
            return;
        }
        world.step(&mut bytes);
        world.invariants();
    }
});

/// The first fact that speaks against it.
fn first_of(facts: &[(bool, Violation)]) -> Result<(), Violation> {
    facts
        .iter()
        .find(|(holds, _)| *holds)
        .map_or(Ok(()), |(_, violation)| Err(*violation))
}

fn wide(value: u64) -> i128 {
    i128::from(value)
}

fn narrow(value: i128) -> u64 {
    u64::try_from(value).unwrap()
}

/// What the ledger's functions work on, as the program keeps it.
struct Bank {
    status: IssuerStatus,
    position: Position,
    window: Window,
    quota: u64,
    head: ChainHead,
    max_age: i64,
    open_redemptions: Vec<u64>,
    overdue: bool,
    statements: Vec<Statement>,
    oracle: Oracle,
}

struct Statement {
    totals: Totals,
    approvals: u8,
    effective: bool,
    minted: u64,
    settled: u64,
    bits: Vec<u8>,
    // The oracle's side.
    voters: BTreeSet<u8>,
    consumed: BTreeSet<u32>,
    mints: i128,
    settlements: i128,
}

/// The same bank without any trick.
#[derive(Default)]
struct Oracle {
    minted: i128,
    burned: i128,
    taken: i128,
    given: i128,
    /// All that was admitted since the window began.
    admitted: Vec<u64>,
    window_start: i64,
    credits: i128,
    debits: i128,
    effective: i128,
    last_as_of: i64,
}

impl Oracle {
    fn owed(&self) -> i128 {
        self.minted + self.taken - self.burned - self.given
    }

    /// Whether totals that became these still fit.
    fn fits(minted: i128, burned: i128, taken: i128, given: i128) -> Result<(), Violation> {
        first_of(&[
            (
                minted + taken > MOST || burned + given > MOST,
                Violation::PositionOverflow,
            ),
            (burned + given > minted + taken, Violation::OutstandingNegative),
        ])
    }
}

struct World {
    now: i64,
    threshold: u8,
    mandatory: u8,
    seats: u8,
    banks: [Bank; 2],
    supply: i128,
}

impl World {
    fn start(bytes: &mut Bytes) -> Option<World> {
        let (seats, threshold, mandatory) = (bytes.byte() % 11, bytes.byte() % 11, bytes.byte());
        let keys: Vec<[u8; 32]> = (1..=seats).map(|seat| [seat; 32]).collect();
        let required: Vec<u8> = (0..8).filter(|seat| mandatory >> seat & 1 == 1).collect();
        let expected = first_of(&[
            (seats == 0, Violation::NoAttestors),
            (seats > 8, Violation::TooManyAttestors),
            (
                threshold == 0 || threshold > seats,
                Violation::ThresholdOutOfRange,
            ),
            (required.is_empty(), Violation::NoMandatoryAttestor),
            (
                required.iter().any(|seat| *seat >= seats),
                Violation::MandatoryOutsideSet,
            ),
            (
                required.len() > usize::from(threshold),
                Violation::MandatoryAboveThreshold,
            ),
        ]);
        assert_eq!(validate_attestor_set(&keys, threshold, mandatory), expected);
        expected.ok()?;
        let bank = |bytes: &mut Bytes| Bank {
            status: IssuerStatus::Active,
            position: Position::default(),
            window: Window {
                limit: bytes.amount(),
                seconds: bytes.time(),
                start: 0,
                used: 0,
            },
            quota: bytes.amount(),
            head: ChainHead::default(),
            max_age: bytes.time(),
            open_redemptions: Vec::new(),
            overdue: false,
            statements: Vec::new(),
            oracle: Oracle::default(),
        };
        let banks = [bank(bytes), bank(bytes)];
        Some(World {
            now: bytes.time(),
            threshold,
            mandatory,
            seats,
            banks,
            supply: 0,
        })
    }

    fn step(&mut self, bytes: &mut Bytes) {
        let choice = bytes.byte();
        let bank = usize::from(choice >> 7);
        match choice & 15 {
            0 => self.now = self.now.saturating_add(bytes.time()),
            1 | 2 => self.post(bank, bytes),
            3 | 4 => self.vote(bank, bytes),
            5..=7 => self.mint(bank, bytes),
            8 => self.burn(bank, bytes.amount()),
            9 => self.settle(bank, bytes),
            10 => self.novate(bank, bytes),
            11 => self.banks[bank].quota = bytes.amount(),
            12 => self.limit(bank, bytes),
            13 => self.status(bank, bytes),
            14 => self.redemption(bank, bytes),
            _ => self.probe(bank, bytes),
        }
    }

    /// A statement that follows from the last one, or one that is changed in a field or in all.
    fn post(&mut self, bank: usize, bytes: &mut Bytes) {
        let now = self.now;
        let bank = &mut self.banks[bank];
        let funded = bank.head.closing;
        let credit_total = bytes.amount();
        let debit_total = bytes.amount();
        let debit_total = if bytes.flag() {
            debit_total
        } else {
            debit_total.min(funded)
        };
        let entry_count = bytes.count();
        let mut totals = Totals {
            number: bank.head.number.wrapping_add(1),
            opening: funded,
            credit_total,
            debit_total,
            closing: funded.wrapping_add(credit_total).wrapping_sub(debit_total),
            as_of: bank.head.as_of.saturating_add(1 + i64::from(bytes.byte())),
            entry_count,
            actionable_count: entry_count / 2,
        };
        match bytes.byte() {
            0 => totals.number = bytes.amount(),
            1 => totals.opening = bytes.amount(),
            2 => totals.closing = bytes.amount(),
            3 => totals.as_of = bytes.time(),
            4 => totals.actionable_count = bytes.count(),
            5 => totals.as_of = now,
            6 => (totals.credit_total, totals.debit_total) = (0, 0),
            _ => {}
        }
        let oracle = &bank.oracle;
        let balance = oracle.credits - oracle.debits;
        let after = wide(totals.opening) + wide(totals.credit_total) - wide(totals.debit_total);
        let expected = first_of(&[
            (
                wide(totals.number) != oracle.effective + 1,
                Violation::NumberNotNext,
            ),
            (wide(totals.opening) != balance, Violation::OpeningMismatch),
            (
                balance + wide(totals.credit_total) > MOST,
                Violation::BalanceOverflow,
            ),
            (after < 0, Violation::BalanceNegative),
            (after != wide(totals.closing), Violation::ClosingMismatch),
            (totals.as_of <= oracle.last_as_of, Violation::AsOfNotLater),
            (totals.as_of > now, Violation::AsOfInFuture),
            (totals.entry_count > 65_536, Violation::TooManyEntries),
            (
                totals.actionable_count > totals.entry_count,
                Violation::ActionableAboveEntries,
            ),
            (
                totals.entry_count == 0 && (totals.credit_total, totals.debit_total) != (0, 0),
                Violation::TotalsWithoutEntries,
            ),
        ]);
        assert_eq!(check_succession(&bank.head, &totals, now), expected, "{totals:?}");
        if expected.is_err() {
            return;
        }
        // Few are kept, so that a long input stays quick; the older ones are complete.
        if bank.statements.len() == 4 {
            bank.statements.remove(0);
        }
        // A statement that is posted again replaces the one that is not effective.
        bank.statements.retain(|statement| statement.effective);
        bank.statements.push(Statement {
            totals,
            approvals: 0,
            effective: false,
            minted: 0,
            settled: 0,
            bits: vec![0; bitmap_len(totals.entry_count)],
            voters: BTreeSet::new(),
            consumed: BTreeSet::new(),
            mints: 0,
            settlements: 0,
        });
    }

    fn vote(&mut self, bank: usize, bytes: &mut Bytes) {
        let (threshold, mandatory, seats) = (self.threshold, self.mandatory, self.seats);
        let bank = &mut self.banks[bank];
        let Some(statement) = bank
            .statements
            .last_mut()
            .filter(|statement| !statement.effective)
        else {
            return;
        };
        // Mostly seats that exist; the program finds the seat by the attestor's key.
        let choice = bytes.byte();
        let seat = if choice < 250 {
            choice % seats
        } else {
            choice - 244
        };
        let expected = first_of(&[
            (seat > 7, Violation::NoSuchSeat),
            (statement.voters.contains(&seat), Violation::AlreadyVoted),
        ]);
        match vote(statement.approvals, seat) {
            Ok(approvals) => {
                assert_eq!(expected, Ok(()));
                if seat >= seats {
                    return;
                }
                statement.approvals = approvals;
                statement.voters.insert(seat);
            }
            Err(violation) => assert_eq!(Err(violation), expected),
        }
        let held: BTreeSet<u8> = (0..8)
            .filter(|seat| statement.approvals >> seat & 1 == 1)
            .collect();
        assert_eq!(held, statement.voters);
        let must: BTreeSet<u8> = (0..8).filter(|seat| mandatory >> seat & 1 == 1).collect();
        let carried = statement.voters.len() >= usize::from(threshold) && must.is_subset(&statement.voters);
        assert_eq!(is_carried(statement.approvals, threshold, mandatory), carried);
        if carried {
            statement.effective = true;
            let totals = statement.totals;
            bank.head = ChainHead {
                number: totals.number,
                closing: totals.closing,
                as_of: totals.as_of,
            };
            bank.oracle.effective += 1;
            bank.oracle.credits += wide(totals.credit_total);
            bank.oracle.debits += wide(totals.debit_total);
            bank.oracle.last_as_of = totals.as_of;
        }
    }

    /// All that bounds a mint, in the program's order; it is booked only if nothing refuses.
    fn mint(&mut self, bank: usize, bytes: &mut Bytes) {
        let now = self.now;
        let bank = &mut self.banks[bank];
        let choice = bytes.byte();
        let (index, amount) = (bytes.count(), bytes.amount());
        let Some(statement) = effective(&mut bank.statements, choice) else {
            return;
        };
        let index = if choice & 64 == 0 {
            index % statement.totals.entry_count.max(1)
        } else {
            index
        };

        let positive = require_positive(amount);
        assert_eq!(positive.is_err(), amount == 0);

        let age = i128::from(now) - i128::from(bank.head.as_of);
        let fresh = check_freshness(now, bank.head.as_of, bank.max_age);
        let expected = first_of(&[
            (age < 0, Violation::AsOfInFuture),
            (age > i128::from(bank.max_age), Violation::StatementStale),
        ]);
        assert_eq!(fresh, expected);

        let oracle = &bank.oracle;
        let position = bank.position.mint(amount);
        let expected = Oracle::fits(
            oracle.minted + wide(amount),
            oracle.burned,
            oracle.taken,
            oracle.given,
        );
        assert_eq!(position.map(drop), expected);

        let after = oracle.owed() + wide(amount);
        let room = check_room(narrow(oracle.owed()), amount, bank.quota, bank.head.closing);
        let expected = first_of(&[
            (after > wide(bank.quota), Violation::QuotaExceeded),
            (after > wide(bank.head.closing), Violation::ReserveExceeded),
        ]);
        assert_eq!(room, expected);
        if let Ok(outstanding) = position.and_then(|position| position.outstanding()) {
            assert_eq!(check_backing(outstanding, bank.quota, bank.head.closing), room);
        }

        let window = admitted(&bank.window, oracle, now, amount);

        let total = check_statement_mint(statement.minted, amount, statement.totals.credit_total);
        let sum = statement.mints + wide(amount);
        let expected = sum <= wide(statement.totals.credit_total);
        assert_eq!(
            total,
            if expected {
                Ok(narrow(sum))
            } else {
                Err(Violation::CreditTotalExceeded)
            }
        );

        let active = bank.status == IssuerStatus::Active && !bank.overdue;
        let (Ok(position), Ok((window, renewed)), Ok(minted)) = (position, window, total) else {
            return;
        };
        if !active || positive.is_err() || fresh.is_err() || room.is_err() {
            return;
        }
        if take(statement, index).is_err() {
            return;
        }
        bank.position = position;
        bank.window = window;
        statement.minted = minted;
        statement.mints = sum;
        bank.oracle.minted += wide(amount);
        if renewed {
            bank.oracle.admitted.clear();
            bank.oracle.window_start = now;
        }
        bank.oracle.admitted.push(amount);
        self.supply += wide(amount);

        // Invariant 3.
        let outstanding = bank.position.outstanding().unwrap();
        assert!(outstanding <= bank.quota && outstanding <= bank.head.closing);
        assert!(age <= i128::from(bank.max_age) && age >= 0);
        let used: i128 = bank.oracle.admitted.iter().copied().map(wide).sum();
        assert!(bank.window.limit == u64::MAX || used <= wide(bank.window.limit));
    }

    fn burn(&mut self, bank: usize, amount: u64) {
        let bank = &mut self.banks[bank];
        let position = bank.position.burn(amount);
        assert_eq!(
            position.map(drop),
            burnable(&bank.oracle, amount, Violation::BurnAboveOutstanding)
        );
        if let Ok(position) = position {
            bank.position = position;
            bank.oracle.burned += wide(amount);
            self.supply -= wide(amount);
        }
    }

    fn settle(&mut self, bank: usize, bytes: &mut Bytes) {
        let bank = &mut self.banks[bank];
        let choice = bytes.byte();
        let index = bytes.count();
        let Some(amount) = bank.open_redemptions.last().copied() else {
            return;
        };
        let Some(statement) = effective(&mut bank.statements, choice) else {
            return;
        };

        let total = check_statement_settle(statement.settled, amount, statement.totals.debit_total);
        let sum = statement.settlements + wide(amount);
        let expected = sum <= wide(statement.totals.debit_total);
        assert_eq!(
            total,
            if expected {
                Ok(narrow(sum))
            } else {
                Err(Violation::DebitTotalExceeded)
            }
        );
        let position = bank.position.burn(amount);
        assert_eq!(
            position.map(drop),
            burnable(&bank.oracle, amount, Violation::BurnAboveOutstanding)
        );

        let (Ok(settled), Ok(position)) = (total, position) else {
            return;
        };
        if take(statement, index % statement.totals.entry_count.max(1)).is_err() {
            return;
        }
        statement.settled = settled;
        statement.settlements = sum;
        bank.position = position;
        bank.open_redemptions.pop();
        bank.oracle.burned += wide(amount);
        self.supply -= wide(amount);
    }

    /// Liability goes from one bank to the other, or nothing does.
    fn novate(&mut self, bank: usize, bytes: &mut Bytes) {
        let now = self.now;
        let amount = bytes.amount();
        let [first, second] = &mut self.banks;
        let (giver, taker) = if bank == 0 {
            (first, second)
        } else {
            (second, first)
        };

        let gives = giver.position.novate_out(amount);
        let expected = {
            let oracle = &giver.oracle;
            if wide(amount) > oracle.owed() {
                Err(Violation::NovationAboveOutstanding)
            } else {
                Oracle::fits(
                    oracle.minted,
                    oracle.burned,
                    oracle.taken,
                    oracle.given + wide(amount),
                )
            }
        };
        assert_eq!(gives.map(drop), expected);
        let takes = taker.position.novate_in(amount);
        let oracle = &taker.oracle;
        let expected = Oracle::fits(
            oracle.minted,
            oracle.burned,
            oracle.taken + wide(amount),
            oracle.given,
        );
        assert_eq!(takes.map(drop), expected);

        let (Ok(gives), Ok(takes)) = (gives, takes) else {
            return;
        };
        let owed = oracle.owed() + wide(amount);
        let pending: i128 = taker.open_redemptions.iter().copied().map(wide).sum();
        let age = i128::from(now) - i128::from(taker.head.as_of);
        let in_good_standing = taker.status == IssuerStatus::Active
            && !taker.overdue
            && check_freshness(now, taker.head.as_of, taker.max_age).is_ok();
        assert_eq!(
            in_good_standing,
            taker.status == IssuerStatus::Active
                && !taker.overdue
                && (0..=i128::from(taker.max_age)).contains(&age)
        );
        let Ok(sum) = u64::try_from(pending) else { return };
        let got = check_takeover(&Taker {
            outstanding: takes.outstanding().unwrap(),
            quota: taker.quota,
            closing: taker.head.closing,
            pending: sum,
            in_good_standing,
        });
        let beyond_need = owed > pending;
        let expected = first_of(&[
            (owed > wide(taker.head.closing), Violation::ReserveExceeded),
            (beyond_need && !in_good_standing, Violation::TakeoverNotNeeded),
            (beyond_need && owed > wide(taker.quota), Violation::QuotaExceeded),
        ]);
        assert_eq!(got, expected);
        if got.is_ok() {
            giver.position = gives;
            taker.position = takes;
            giver.oracle.given += wide(amount);
            taker.oracle.taken += wide(amount);
        }
    }

    fn limit(&mut self, bank: usize, bytes: &mut Bytes) {
        let bank = &mut self.banks[bank];
        bank.max_age = bytes.time();
        let window = Window {
            limit: bytes.amount(),
            seconds: bytes.time(),
            ..bank.window
        };
        assert_eq!(window.validate().is_ok(), window.seconds > 0);
        // The program refuses the others; the rule has to withstand them all the same.
        bank.window = window;
    }

    fn status(&mut self, bank: usize, bytes: &mut Bytes) {
        let bank = &mut self.banks[bank];
        let number = bytes.byte() % 6;
        let to = match IssuerStatus::from_number(number) {
            Ok(to) => to,
            Err(violation) => {
                assert!(number > 3 && violation == Violation::StatusUnknown);
                return;
            }
        };
        let (outstanding, pending) = (
            bank.position.outstanding().unwrap(),
            bank.open_redemptions.len() as u32,
        );
        let allowed = match (bank.status as u8, to as u8) {
            (0, 1 | 2) | (1, 0 | 2) => Ok(()),
            (2, 3) if bank.oracle.owed() > 0 || pending > 0 => Err(Violation::IssuerNotEmpty),
            (2, 3) => Ok(()),
            _ => Err(Violation::StatusTransition),
        };
        assert_eq!(check_transition(bank.status, to, outstanding, pending), allowed);
        if allowed.is_ok() {
            bank.status = to;
        }
    }

    fn redemption(&mut self, bank: usize, bytes: &mut Bytes) {
        let bank = &mut self.banks[bank];
        match bytes.byte() % 4 {
            0 => drop(bank.open_redemptions.pop()),
            1 => bank.overdue = !bank.overdue,
            _ if bank.status != IssuerStatus::Closed && bank.open_redemptions.len() < 8 => {
                bank.open_redemptions.push(bytes.amount());
            }
            _ => {}
        }
    }

    /// Rules on numbers that have nothing to do with the state.
    fn probe(&mut self, bank: usize, bytes: &mut Bytes) {
        let bank = &self.banks[bank];
        let window = Window {
            limit: bytes.amount(),
            seconds: bytes.time(),
            start: bytes.time(),
            used: bytes.amount(),
        };
        let (now, amount) = (bytes.time(), bytes.amount());
        let oracle = Oracle {
            admitted: vec![window.used],
            window_start: window.start,
            ..Oracle::default()
        };
        let _ = admitted(&window, &oracle, now, amount);
        let position = Position {
            minted: bytes.amount(),
            burned: bytes.amount(),
            novated_in: bank.position.novated_in,
            novated_out: bytes.amount(),
        };
        let gained = wide(position.minted) + wide(position.novated_in);
        let shed = wide(position.burned) + wide(position.novated_out);
        let expected = first_of(&[
            (gained > MOST || shed > MOST, Violation::PositionOverflow),
            (shed > gained, Violation::OutstandingNegative),
        ]);
        assert_eq!(position.outstanding(), expected.map(|()| narrow(gained - shed)));
        // A corrupt position is neither mended nor hidden.
        if let Err(violation) = expected {
            assert_eq!(position.burn(0), Err(violation));
            assert_eq!(position.novate_out(0), Err(violation));
            assert_eq!(position.mint(0), Err(violation));
            assert_eq!(position.novate_in(0), Err(violation));
        }
    }

    fn invariants(&self) {
        let mut owed = 0;
        for bank in &self.banks {
            let (position, oracle) = (&bank.position, &bank.oracle);
            // Invariant 2.
            let totals = [
                position.minted,
                position.burned,
                position.novated_in,
                position.novated_out,
            ];
            assert_eq!(
                totals.map(wide),
                [oracle.minted, oracle.burned, oracle.taken, oracle.given]
            );
            assert_eq!(position.outstanding().map(wide), Ok(oracle.owed()));
            owed += oracle.owed();
            // Invariant 5.
            assert_eq!(wide(bank.head.number), oracle.effective);
            assert_eq!(wide(bank.head.closing), oracle.credits - oracle.debits);
            // Invariant 4.
            for statement in &bank.statements {
                let set: u32 = statement.bits.iter().map(|byte| byte.count_ones()).sum();
                assert_eq!(set as usize, statement.consumed.len());
                assert!(statement.mints <= wide(statement.totals.credit_total));
                assert!(statement.settlements <= wide(statement.totals.debit_total));
                assert_eq!(wide(statement.minted), statement.mints);
                assert_eq!(wide(statement.settled), statement.settlements);
            }
        }
        // Invariant 1: nobody burns by himself here, so the sums are equal.
        assert_eq!(owed, self.supply);
    }
}

/// One of the statements that were carried.
fn effective(statements: &mut [Statement], choice: u8) -> Option<&mut Statement> {
    let place = usize::from(choice) % statements.len().max(1);
    statements.get_mut(place).filter(|statement| statement.effective)
}

/// Consumes an entry, against the set of those that were.
fn take(statement: &mut Statement, index: u32) -> Result<(), Violation> {
    let capacity = statement.bits.len() as u32 * 8;
    assert!(capacity >= statement.totals.entry_count && capacity <= MAX_ENTRIES);
    let expected = first_of(&[
        (index >= capacity, Violation::IndexOutOfRange),
        (statement.consumed.contains(&index), Violation::AlreadyConsumed),
    ]);
    let seen = is_consumed(&statement.bits, index);
    assert_eq!(seen.is_err(), index >= capacity);
    assert_eq!(seen == Ok(true), statement.consumed.contains(&index));
    let got = consume(&mut statement.bits, index);
    assert_eq!(got, expected);
    if got.is_ok() {
        statement.consumed.insert(index);
    }
    got
}

fn burnable(oracle: &Oracle, amount: u64, refusal: Violation) -> Result<(), Violation> {
    if wide(amount) > oracle.owed() {
        return Err(refusal);
    }
    Oracle::fits(
        oracle.minted,
        oracle.burned + wide(amount),
        oracle.taken,
        oracle.given,
    )
}

/// The window after the amount and whether it began anew, checked against the list of what was admitted.
fn admitted(window: &Window, oracle: &Oracle, now: i64, amount: u64) -> Result<(Window, bool), Violation> {
    let got = window.admit(now, amount);
    if window.seconds <= 0 {
        assert_eq!(got, Err(Violation::WindowNotPositive));
        return Err(Violation::WindowNotPositive);
    }
    assert_eq!(window.start, oracle.window_start);
    let renewed = i128::from(now) >= i128::from(window.start) + i128::from(window.seconds);
    let before: i128 = if renewed {
        0
    } else {
        oracle.admitted.iter().copied().map(wide).sum()
    };
    let sum = before + wide(amount);
    let expected = if window.limit != u64::MAX && sum > wide(window.limit) {
        Err(Violation::WindowExceeded)
    } else {
        // Without a limit the count stops at the end of 64 bits.
        Ok(Window {
            start: if renewed { now } else { window.start },
            used: narrow(sum.min(MOST)),
            ..*window
        })
    };
    assert_eq!(got, expected);
    got.map(|window| (window, renewed))
}
