//! Statements and votes over time: new attestor sets, withdrawn statements, stale ones, reserves that shrink.

use kzte_client::{
    Chain, KzteError, fetch,
    state::{ISSUER_ACTIVE, ISSUER_SUSPENDED},
};
use kzte_harness::{
    Key, World, assert_ok, assert_refused, credit, debit, neutral_credit, neutral_debit,
    world::{DAY, MAX_STATEMENT_AGE, REDEMPTION_SLA, WIDE},
};

#[test]
fn a_statement_that_straddles_a_new_attestor_set_is_voted_anew() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let [central_bank, custodian, auditor] = world.keys.attestors;
    let file = world.post(&bank, &[credit(1_000, holder.address())]);
    let vote = world.attest_case(&bank, &file, &custodian);
    assert_ok(&mut world, &vote);
    let prepared = world.attest_case(&bank, &file, &central_bank);

    // The custodian leaves, a new one comes; the central bank keeps its seat.
    let successor = Key::named("new custodian");
    let set = [central_bank, successor, auditor];
    let change = world.set_attestors_case(&set, 2, 0b001);
    assert_ok(&mut world, &change);

    // A vote signed under the old set is worth nothing, whoever gave it.
    assert_refused(&mut world, &prepared, KzteError::DigestMismatch);
    let late = world.attest_case(&bank, &file, &custodian);
    assert_refused(&mut world, &late, KzteError::NotAttestor);
    // The old custodian's vote does not count: one new vote does not carry.
    let vote = world.attest_case(&bank, &file, &central_bank);
    assert_ok(&mut world, &vote);
    let statement = fetch::statement(&world.chain, &world.deployment, &bank.bic, 1).expect("readable");
    let header = statement.expect("a statement").header;
    assert_eq!(
        (header.status, header.approvals, header.attestor_set_version),
        (0, 0b001, 2)
    );
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::StatementNotEffective);

    let vote = world.attest_case(&bank, &file, &successor);
    world.auditor.knows_statement(bank.bic, file.clone());
    assert_ok(&mut world, &vote);
    world.mint(&bank, &file, 0);
    world.check_invariants("minted under the new set");
}

#[test]
fn a_seat_that_changes_hands_has_not_voted() {
    // The same seat number, another key: the bit of the old holder must not stand for the new one, nor keep him out.
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let [central_bank, custodian, _] = world.keys.attestors;
    let file = world.post(&bank, &[credit(1_000, holder.address())]);
    let vote = world.attest_case(&bank, &file, &central_bank);
    assert_ok(&mut world, &vote);
    let successor = Key::named("new central bank");
    let change = world.set_attestors_case(&[successor, custodian], 2, 0b001);
    assert_ok(&mut world, &change);
    let vote = world.attest_case(&bank, &file, &custodian);
    assert_ok(&mut world, &vote);
    assert_eq!(
        world.issuer(&bank).statement_number,
        0,
        "the mandatory seat has not voted yet"
    );
    let vote = world.attest_case(&bank, &file, &successor);
    assert_ok(&mut world, &vote);
    assert_eq!(world.issuer(&bank).statement_number, 1);
}

#[test]
fn without_the_mandatory_seat_no_number_of_votes_carries() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let [central_bank, custodian, auditor] = world.keys.attestors;
    let file = world.post(&bank, &[credit(1_000, holder.address())]);
    for attestor in [custodian, auditor] {
        let vote = world.attest_case(&bank, &file, &attestor);
        assert_ok(&mut world, &vote);
    }
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::StatementNotEffective);
    let vote = world.attest_case(&bank, &file, &central_bank);
    world.auditor.knows_statement(bank.bic, file.clone());
    assert_ok(&mut world, &vote);
    world.mint(&bank, &file, 0);
    world.check_invariants("carried");
}

#[test]
fn a_withdrawn_statement_takes_its_votes_along() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let [central_bank, custodian, _] = world.keys.attestors;
    let wrong = world.post(&bank, &[credit(1_001, holder.address())]);
    let vote = world.attest_case(&bank, &wrong, &custodian);
    assert_ok(&mut world, &vote);
    let prepared = world.attest_case(&bank, &wrong, &central_bank);
    let withdraw = world.withdraw_case(&bank, 1);
    assert_ok(&mut world, &withdraw);
    assert!(
        fetch::statement(&world.chain, &world.deployment, &bank.bic, 1)
            .expect("readable")
            .is_none()
    );
    world.check_invariants("withdrawn");

    let right = world.post(&bank, &[credit(1_000, holder.address())]);
    // The vote for the withdrawn one arrives late and is refused; the custodian has to vote again.
    assert_refused(&mut world, &prepared, KzteError::DigestMismatch);
    let vote = world.attest_case(&bank, &right, &central_bank);
    assert_ok(&mut world, &vote);
    assert_eq!(world.issuer(&bank).statement_number, 0);
    let vote = world.attest_case(&bank, &right, &custodian);
    world.auditor.knows_statement(bank.bic, right.clone());
    assert_ok(&mut world, &vote);
    world.mint(&bank, &right, 0);
    assert_eq!(world.supply(), 1_000);
    world.check_invariants("the right one");
}

#[test]
fn an_effective_statement_is_neither_withdrawn_nor_posted_again() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let file = world.effective(&bank, &[credit(1_000, holder.address())]);
    let withdraw = world.withdraw_case(&bank, 1);
    assert_refused(&mut world, &withdraw, KzteError::StatementEffective);
    let post = world.post_case(&bank, &file);
    assert_refused(&mut world, &post, "AccountAlreadyInUse");

    // Closed, its number is over as well: no deposit of it ever comes back (invariants 4 and 5).
    world.mint(&bank, &file, 0);
    let close = world.close_case(&bank, 1);
    assert_ok(&mut world, &close);
    assert_refused(&mut world, &post, KzteError::StatementNumber);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, "AccountDataTooSmall");
    world.check_invariants("closed");
}

#[test]
fn one_statement_is_open_at_a_time() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    world.post(&bank, &[credit(1_000, holder.address())]);
    world.advance(1);
    let mut other = world.file(&bank, &[credit(2_000, holder.address())]);
    let again = world.post_case(&bank, &other);
    assert_refused(&mut world, &again, "AccountAlreadyInUse");
    other.totals.number = 2;
    let next = world.post_case(&bank, &other);
    assert_refused(&mut world, &next, KzteError::StatementNumber);
}

#[test]
fn a_stale_statement_halts_only_that_banks_minting() {
    let mut world = World::new();
    let [late, punctual] = world.banks;
    let holder = world.holder("aigerim");
    let line = || credit(1_000, holder.address());
    let first = world.effective(&late, &[line(), line(), line()]);
    world.mint(&late, &first, 0);
    let redemption = world.request(&late, &holder, 1, 100);
    let reported = world.now();

    world.chain.warp_to(reported + MAX_STATEMENT_AGE - DAY);
    let second = world.effective(&punctual, &[line(), line()]);
    // To the last second, then not.
    world.chain.warp_to(reported + MAX_STATEMENT_AGE);
    world.mint(&late, &first, 1);
    world.check_invariants("at the limit");
    world.advance(1);
    let before = world.issuer(&punctual);
    let mint = world.mint_case(&late, &first, 2);
    assert_refused(&mut world, &mint, KzteError::StatementStale);
    let run = world.mint_many_case(&late, &first, 2, 1);
    assert_refused(&mut world, &run, KzteError::StatementStale);
    assert_eq!(format!("{:?}", world.issuer(&punctual)), format!("{before:?}"));
    world.mint(&punctual, &second, 0);
    world.check_invariants("the other bank mints");

    // Redemption goes on at the late bank; its next statement wakes it, also for its old deposits.
    let reject = world.reject_case(&late, &redemption);
    assert_ok(&mut world, &reject);
    world.effective(&late, &[]);
    world.mint(&late, &first, 2);
    world.check_invariants("awake");
}

#[test]
fn suspension_and_overdue_redemptions_halt_only_that_banks_minting() {
    let mut world = World::new();
    let [halted, other] = world.banks;
    let holder = world.holder("aigerim");
    world.deposit(&halted, &holder, 500);
    let redemption = world.request(&halted, &holder, 1, 100);
    world.advance(REDEMPTION_SLA + 1);
    let files = [halted, other].map(|bank| world.effective(&bank, &[credit(1_000, holder.address())]));
    let mint = world.mint_case(&halted, &files[0], 0);
    let goes_on = |world: &mut World, refusal| {
        let mut world = world.clone();
        assert_refused(&mut world, &mint, refusal);
        world.mint(&other, &files[1], 0);
        let request = world.request_case(&halted, &holder, 2, 10);
        assert_ok(&mut world, &request);
    };

    let flag = world.flag_case(&halted, &redemption);
    assert_ok(&mut world, &flag);
    goes_on(&mut world, KzteError::RedemptionOverdue);
    let reject = world.reject_case(&halted, &redemption);
    assert_ok(&mut world, &reject);
    world.set_status(&halted, ISSUER_SUSPENDED);
    goes_on(&mut world, KzteError::IssuerNotActive);
    world.set_status(&halted, ISSUER_ACTIVE);
    assert_ok(&mut world, &mint);
    world.check_invariants("active, nothing overdue");
}

#[test]
fn a_reserve_that_shrinks_below_what_is_outstanding_halts_minting_until_it_is_back() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let line = |amount| credit(amount, holder.address());
    let first = world.effective(&bank, &[line(1_000), line(500)]);
    world.mint(&bank, &first, 0);
    // 501 leave for no redemption: 999 are behind 1,000 tokens, and 500 more are asked for.
    world.advance(DAY);
    world.effective(&bank, &[neutral_debit(501)]);
    let mint = world.mint_case(&bank, &first, 1);
    assert_refused(&mut world, &mint, KzteError::ReserveExceeded);
    world.check_invariants("short");
    // One tiyn is missing, then none.
    world.advance(DAY);
    world.effective(&bank, &[neutral_credit(500)]);
    let mint = world.mint_case(&bank, &first, 1);
    assert_refused(&mut world, &mint, KzteError::ReserveExceeded);
    world.advance(DAY);
    world.effective(&bank, &[neutral_credit(1)]);
    world.mint(&bank, &first, 1);
    world.check_invariants("whole again");
    assert_eq!(world.supply(), world.issuer(&bank).closing_balance);
}

#[test]
fn a_redemption_larger_than_what_its_bank_minted_waits_for_novation() {
    let mut world = World::new();
    let [rich, poor] = world.banks;
    let holder = world.holder("aigerim");
    world.deposit(&rich, &holder, 1_000);
    world.advance(1);
    world.deposit(&poor, &holder, 100);
    let redemption = world.request(&poor, &holder, 1, 101);
    world.advance(DAY);
    let lines = [neutral_credit(500), debit(101, redemption)];
    let file = world.effective(&poor, &lines);
    let settle = world.settle_case(&poor, &file, 1);
    assert_refused(&mut world, &settle, KzteError::OutstandingExceeded);
    world.check_invariants("waiting");
    // It can still end the other way.
    let mut rejected = world.clone();
    let reject = rejected.reject_case(&poor, &redemption);
    assert_ok(&mut rejected, &reject);
    rejected.check_invariants("rejected");
    // The rich bank gives away one tiyn of what it owes, and that is what was missing.
    world.novate(&rich, &poor, 1);
    world.check_invariants("novated");
    assert_ok(&mut world, &settle);
    assert_eq!(world.issuer(&poor).outstanding(), Ok(0));
    world.check_invariants("settled");
}

#[test]
fn a_new_bank_mints_nothing_before_its_first_statement() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let file = world.file(&bank, &[credit(1, holder.address())]);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, "AccountDataTooSmall");
    let case = world.configure_case(&bank, WIDE);
    assert_ok(&mut world, &case);
    assert_eq!(world.issuer(&bank).closing_balance, 0);
}

#[test]
fn lamports_at_a_future_address_neither_stop_a_statement_nor_confuse_a_reader() {
    // Anybody can send lamports to an address that the program will use later.
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let address = world.deployment.statement(&bank.bic, 1);
    world.chain.fund(&address, 5_000_000).expect("funded");
    let read = fetch::statement(&world.chain, &world.deployment, &bank.bic, 1).expect("no error");
    assert!(read.is_none(), "nothing has been posted yet");
    let file = world.effective(&bank, &[credit(1_000, holder.address())]);
    world.mint(&bank, &file, 0);
    world.check_invariants("posted over lamports");
}
