//! The mint window and the quota at their edges.

use kzte_client::{KzteError, instruction::IssuerLimits, reserve::StatementFile};
use kzte_harness::{Bank, Line, World, assert_refused, credit, world::WIDE};

const SECONDS: i64 = 600;

/// A bank whose window lets 1,000 tiyn in 600 s through, with deposits of these amounts.
fn scene(amounts: &[u64]) -> (World, Bank, StatementFile) {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    world.configure(
        &bank,
        IssuerLimits {
            window_limit: 1_000,
            window_seconds: SECONDS,
            ..WIDE
        },
    );
    let lines: Vec<Line> = amounts
        .iter()
        .map(|amount| credit(*amount, holder.address()))
        .collect();
    let file = world.effective(&bank, &lines);
    (world, bank, file)
}

/// Refused by the window.
fn full(world: &mut World, bank: &Bank, file: &StatementFile, index: u32) {
    let mint = world.mint_case(bank, file, index);
    assert_refused(world, &mint, KzteError::WindowExceeded);
}

#[test]
fn a_window_fills_to_its_limit_and_rolls_at_its_end() {
    let (mut world, bank, file) = scene(&[600, 401, 400, 1, 1_000, 1]);
    world.mint(&bank, &file, 0);
    let start = world.now();
    full(&mut world, &bank, &file, 1);
    world.mint(&bank, &file, 2);
    full(&mut world, &bank, &file, 3);

    world.chain.warp_to(start + SECONDS - 1);
    full(&mut world, &bank, &file, 3);
    world.chain.warp_to(start + SECONDS);
    world.mint(&bank, &file, 4);
    let issuer = world.issuer(&bank);
    assert_eq!(
        (issuer.window_start, issuer.window_used),
        (start + SECONDS, 1_000)
    );
    full(&mut world, &bank, &file, 5);
    world.check_invariants("rolled");
}

#[test]
fn a_window_starts_with_its_first_mint_and_not_by_a_fixed_clock() {
    let (mut world, bank, file) = scene(&[1_000, 1_000]);
    world.mint(&bank, &file, 0);
    // Two lengths and a half later the new window starts then, not at a multiple of its length.
    world.advance(SECONDS * 5 / 2);
    let now = world.now();
    world.mint(&bank, &file, 1);
    assert_eq!(world.issuer(&bank).window_start, now);
}

#[test]
fn one_deposit_above_the_window_never_passes_and_does_not_use_it_up() {
    let (mut world, bank, file) = scene(&[1_001, 1_000]);
    full(&mut world, &bank, &file, 0);
    assert_eq!(world.issuer(&bank).window_used, 0);
    world.mint(&bank, &file, 1);
    world.advance(SECONDS);
    full(&mut world, &bank, &file, 0);
    // A wider window lets it through: the limit is the issuer manager's to set.
    world.configure(
        &bank,
        IssuerLimits {
            window_limit: 1_001,
            window_seconds: SECONDS,
            ..WIDE
        },
    );
    world.mint(&bank, &file, 0);
    world.check_invariants("widened");
}

#[test]
fn a_run_counts_as_its_sum_and_passes_whole_or_not_at_all() {
    let (mut world, bank, file) = scene(&[500, 500, 1]);
    let run = world.mint_many_case(&bank, &file, 0, 3);
    assert_refused(&mut world, &run, KzteError::WindowExceeded);
    assert_eq!((world.supply(), world.issuer(&bank).window_used), (0, 0));
    world.mint_many(&bank, &file, 0, 2);
    full(&mut world, &bank, &file, 2);
    world.check_invariants("a run");
}

#[test]
fn a_clock_that_goes_back_keeps_the_window() {
    let (mut world, bank, file) = scene(&[600, 401, 400]);
    world.advance(100);
    world.mint(&bank, &file, 0);
    let start = world.now();
    world.chain.warp_to(start - 50);
    full(&mut world, &bank, &file, 1);
    world.mint(&bank, &file, 2);
    assert_eq!(world.issuer(&bank).window_start, start);
}

#[test]
fn without_a_limit_no_window_is_full() {
    let (mut world, bank, file) = scene(&[1_001, 5_000_000]);
    world.configure(&bank, WIDE);
    world.mint_many(&bank, &file, 0, 2);
    world.check_invariants("no limit");
}

#[test]
fn the_quota_holds_at_one_tiyn_and_burning_makes_room() {
    let (mut world, bank, file) = scene(&[600, 400, 1]);
    let operator = bank.operator;
    world.open_account(&operator.address());
    world.configure(&bank, IssuerLimits { quota: 1_000, ..WIDE });
    world.mint_many(&bank, &file, 0, 2);
    let mint = world.mint_case(&bank, &file, 2);
    assert_refused(&mut world, &mint, KzteError::QuotaExceeded);

    // The holder pays the bank one tiyn, which burns it.
    let holder = kzte_harness::Key::named("aigerim");
    world.transfer(&holder, &operator, 1);
    let burn = world.burn_case(&bank, 1);
    kzte_harness::assert_ok(&mut world, &burn);
    world.mint(&bank, &file, 2);
    world.check_invariants("at the quota");
}
