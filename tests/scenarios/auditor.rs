//! The check of the invariants is worth what it catches: breaks planted past the program, each named by its number.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kzte_client::{Address, state::PAUSE_TRANSFER};
use kzte_harness::{Bank, World, credit, debit, neutral_credit, world::DAY};

/// Where fields lie in the accounts that are tampered with.
mod offset {
    /// `Config::roles`, first holder.
    pub const ROLE: usize = 8 + 16 + 32;
    /// `Config::paused`.
    pub const PAUSED: usize = 8 + 6;
    /// `Statement::minted`.
    pub const STATEMENT_MINTED: usize = super::STATEMENT_LEN - 16;
    /// `Redemption::amount`.
    pub const REDEMPTION_AMOUNT: usize = 8 + 8 + 64 + 8;
    /// Amount in a token account.
    pub const AMOUNT: usize = 64;
    /// Supply in a mint.
    pub const SUPPLY: usize = 36;
}

/// Bytes of a statement before its bitmap.
const STATEMENT_LEN: usize = kzte_client::state::Statement::BITMAP_OFFSET;

/// Deposits minted and not, a redemption open, one settled.
fn scene() -> (World, Bank, Address) {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let first = world.effective(
        &bank,
        &[
            credit(1_000, holder.address()),
            neutral_credit(500),
            credit(300, holder.address()),
        ],
    );
    world.mint(&bank, &first, 0);
    let settled = world.request(&bank, &holder, 1, 100);
    let open = world.request(&bank, &holder, 2, 200);
    world.advance(DAY);
    let second = world.effective(&bank, &[debit(100, settled)]);
    world.settle(&bank, &second, 0);
    world.check_invariants("the scene");
    (world, bank, open)
}

/// The break must be found, and by its name.
#[track_caller]
fn caught(expected: &str, break_it: impl FnOnce(&mut World, &Bank, &Address)) {
    let (mut world, bank, open) = scene();
    break_it(&mut world, &bank, &open);
    let panic = catch_unwind(AssertUnwindSafe(|| world.check_invariants("planted")))
        .expect_err("a planted break was not seen");
    let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(text.contains(expected), "expected '{expected}', got: {text}");
}

fn write(data: &mut [u8], at: usize, value: u64) {
    data[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn supply_without_books_is_seen() {
    caught("invariant 1", |world, _, _| {
        let holder = kzte_harness::Key::named("aigerim");
        let account = world.token_account(&holder);
        let amount = world.balance(&account) + 5;
        world.tamper(account, |account| {
            write(&mut account.data, offset::AMOUNT, amount)
        });
        let supply = world.supply() + 5;
        world.tamper(world.deployment.mint, |mint| {
            write(&mut mint.data, offset::SUPPLY, supply)
        });
    });
}

#[test]
fn supply_that_no_account_holds_is_seen() {
    caught("sum of all token accounts", |world, _, _| {
        let supply = world.supply() - 5;
        world.tamper(world.deployment.mint, |mint| {
            write(&mut mint.data, offset::SUPPLY, supply)
        });
    });
}

#[test]
fn a_counter_that_falls_is_seen() {
    caught("invariant 2", |world, bank, _| {
        world.tamper_issuer(bank, |issuer| issuer.burned -= 1)
    });
    caught("invariant 2", |world, bank, _| {
        world.tamper_issuer(bank, |issuer| issuer.novated_out += 5_000)
    });
}

#[test]
fn a_mint_above_the_limits_is_seen() {
    caught(
        "invariant 3: more outstanding than in the reserve",
        |world, bank, _| {
            world.tamper_issuer(bank, |issuer| {
                issuer.minted += 10_000;
            });
        },
    );
    caught(
        "invariant 3: more outstanding than the quota",
        |world, bank, _| {
            world.tamper_issuer(bank, |issuer| {
                issuer.minted += 1;
                issuer.quota = 900;
            });
        },
    );
    caught("invariant 3: minted on a statement", |world, bank, _| {
        world.tamper_issuer(bank, |issuer| issuer.minted += 1);
        world.advance(30 * DAY);
    });
}

#[test]
fn a_bit_taken_back_or_set_for_nothing_is_seen() {
    let statement = |world: &World, bank: &Bank| world.deployment.statement(&bank.bic, 1);
    caught("invariant 4: a consumed-bit was taken back", |world, bank, _| {
        world.tamper(statement(world, bank), |account| account.data[STATEMENT_LEN] = 0);
    });
    caught(
        "invariant 4: an entry without party was consumed",
        |world, bank, _| {
            world.tamper(statement(world, bank), |account| {
                account.data[STATEMENT_LEN] |= 0b010
            });
        },
    );
    caught("invariant 4: what the bits sum to", |world, bank, _| {
        world.tamper(statement(world, bank), |account| {
            account.data[STATEMENT_LEN] |= 0b100
        });
    });
    caught("invariant 4: what the bits sum to", |world, bank, _| {
        world.tamper(statement(world, bank), |account| {
            write(&mut account.data, offset::STATEMENT_MINTED, 999)
        });
    });
    caught("invariant 4: minted is the sum", |world, bank, _| {
        world.tamper_issuer(bank, |issuer| issuer.minted += 1);
    });
}

#[test]
fn a_broken_chain_of_statements_is_seen() {
    caught("invariant 5: the head of the chain", |world, bank, _| {
        world.tamper_issuer(bank, |issuer| issuer.statement_number = 1);
    });
    caught("invariant 5: the head of the chain", |world, bank, _| {
        world.tamper_issuer(bank, |issuer| issuer.closing_balance += 1);
    });
}

#[test]
fn an_escrow_short_of_its_redemptions_is_seen() {
    caught("invariant 6", |world, bank, _| {
        let escrow = world.deployment.escrow(&bank.bic);
        let amount = world.balance(&escrow) - 1;
        world.tamper(escrow, |account| write(&mut account.data, offset::AMOUNT, amount));
    });
    caught("pending redemptions", |world, _, open| {
        world.tamper(*open, |account| {
            write(&mut account.data, offset::REDEMPTION_AMOUNT, 199)
        });
    });
}

#[test]
fn a_role_that_changed_hands_and_a_flag_without_its_pause_are_seen() {
    caught("invariant 9: a role changed hands", |world, _, _| {
        let stranger = world.keys.stranger.address();
        world.tamper(world.deployment.config, |account| {
            account.data[offset::ROLE..offset::ROLE + 32].copy_from_slice(stranger.as_array());
        });
    });
    caught("invariant 9: an authority of the mint", |world, _, _| {
        world.tamper(world.deployment.mint, |account| account.data[4] ^= 1);
    });
    caught("the mint's own pause and the flag", |world, _, _| {
        world.tamper(world.deployment.config, |account| {
            account.data[offset::PAUSED] = PAUSE_TRANSFER
        });
    });
}
