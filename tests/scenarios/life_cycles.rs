//! Lives from beginning to end: a role that changes hands, a bank that is wound down, a country that switches to
//! accounts that are born frozen.

use kzte_client::{
    Address, KzteError,
    instruction::create_associated_token,
    state::{ISSUER_ACTIVE, ISSUER_CLOSED, ISSUER_SUSPENDED, ISSUER_WIND_DOWN, IssuerRole, PAUSE_MINT, Role},
};
use kzte_harness::{
    Indexer, Key, World, assert_ok, assert_refused, credit, debit,
    key::nowhere,
    neutral_credit,
    world::{Bank, DAY, WIDE},
};

/// Both the accounts and the events agree on what is.
fn sound(world: &mut World, step: &str) {
    world.check_invariants(step);
    let deployment = world.deployment;
    Indexer::replay(&deployment, &world.history).compare(&world.chain, &deployment, step);
}

/// A new key for a role, with lamports.
fn newcomer(world: &mut World, name: &str) -> Key {
    world.holder(name)
}

/// The authority changes hands in two steps. The old one can do nothing after, and what it had offered lapses.
#[test]
fn the_authority_changes_hands_and_its_offers_lapse() {
    let mut world = World::new();
    let old = world.keys.authority;
    let (new, crony) = (
        newcomer(&mut world, "new authority"),
        newcomer(&mut world, "crony"),
    );
    world.pause(PAUSE_MINT);

    for case in [
        world.nominate_case(Role::Pauser, &crony.address()),
        world.nominate_case(Role::Authority, &new.address()),
    ] {
        assert_ok(&mut world, &case);
    }
    // Nothing has changed before the nominee accepts.
    let resume = world.resume_case(PAUSE_MINT);
    let by_nominee = resume.clone().signed_by("authority", new);
    assert_refused(&mut world, &by_nominee, KzteError::NotAuthorized);

    let accept = world.accept_case(Role::Authority, &new);
    assert_ok(&mut world, &accept);
    assert_refused(&mut world, &resume, KzteError::NotAuthorized);
    let crony_accepts = world.accept_case(Role::Pauser, &crony);
    assert_refused(&mut world, &crony_accepts, KzteError::NotNominated);
    assert_ok(&mut world, &by_nominee);

    // The key that was the authority is free again: it may be offered another role.
    let back = world
        .nominate_case(Role::Compliance, &old.address())
        .signed_by("authority", new);
    assert_ok(&mut world, &back);
    let accept = world.accept_case(Role::Compliance, &old);
    assert_ok(&mut world, &accept);
    let deployment = world.deployment;
    Indexer::replay(&deployment, &world.history).compare(&world.chain, &deployment, "the hand-over");
}

/// A bank that lost its cold key gets a new one through the authority; the operator that the lost key had offered does
/// not come with it.
#[test]
fn a_lost_admin_is_replaced_and_its_offer_lapses() {
    let mut world = World::new();
    let [bank, other] = world.banks;
    let (admin, operator) = (newcomer(&mut world, "new admin"), newcomer(&mut world, "thief"));
    let offer = world.nominate_issuer_case(&bank, IssuerRole::Operator, &operator.address());
    assert_ok(&mut world, &offer);
    let recovery = world
        .nominate_issuer_case(&bank, IssuerRole::Admin, &admin.address())
        .signed_by("nominator", world.keys.authority);
    assert_ok(&mut world, &recovery);
    let accept = world.accept_issuer_case(&bank, IssuerRole::Admin, &admin);
    assert_ok(&mut world, &accept);
    let thief = world.accept_issuer_case(&bank, IssuerRole::Operator, &operator);
    assert_refused(&mut world, &thief, KzteError::NotNominated);
    assert_eq!(world.issuer(&bank).admin, admin.address());
    // The other bank's seats are its own.
    let foreign = world
        .nominate_issuer_case(&other, IssuerRole::Operator, &operator.address())
        .signed_by("nominator", admin);
    assert_refused(&mut world, &foreign, KzteError::NotAuthorized);
}

/// A bank from its first day to its last: suspended and back, wound down, redeemed at, rid of what its holders burned
/// by themselves, closed, and never opened again.
#[test]
fn a_bank_is_wound_down_and_closed() {
    let mut world = World::new();
    let [bank, other] = world.banks;
    let holder = world.holder("aigerim");
    world.deposit(&bank, &holder, 10_000);
    world.deposit(&other, &holder, 1_000);
    world.advance(DAY);

    world.set_status(&bank, ISSUER_SUSPENDED);
    let file = world.effective(&bank, &[credit(500, holder.address())]);
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::IssuerNotActive);
    world.set_status(&bank, ISSUER_ACTIVE);
    assert_ok(&mut world, &mint);
    sound(&mut world, "suspended and back");

    world.set_status(&bank, ISSUER_WIND_DOWN);
    let active = world.status_case(&bank, ISSUER_ACTIVE);
    assert_refused(&mut world, &active, KzteError::StatusTransition);
    // A hundred tiyn are lost to their holder's own burn; all others are redeemed.
    world.burn_directly(&holder, 100);
    let redemption = world.request(&bank, &holder, 1, 10_400);
    world.advance(DAY);
    let payout = world.effective(&bank, &[debit(10_400, redemption)]);
    let close = world.status_case(&bank, ISSUER_CLOSED);
    assert_refused(&mut world, &close, KzteError::IssuerNotEmpty);
    world.settle(&bank, &payout, 0);
    assert_refused(&mut world, &close, KzteError::IssuerNotEmpty);
    sound(&mut world, "redeemed");

    // The other bank takes over what nobody will redeem, and the reserve that stands against it.
    world.effective(&other, &[neutral_credit(100)]);
    world.novate(&bank, &other, 100);
    assert_ok(&mut world, &close);
    sound(&mut world, "closed");

    let reopen = world.status_case(&bank, ISSUER_ACTIVE);
    assert_refused(&mut world, &reopen, KzteError::StatusTransition);
    let request = world.request_case(&bank, &holder, 2, 1);
    assert_refused(&mut world, &request, KzteError::IssuerClosed);
    let back = world.novate_case(&other, &bank, 1);
    assert_refused(&mut world, &back, KzteError::IssuerClosed);
    let register = world.register_case(&bank, WIDE);
    assert!(
        world.send(&register).is_err(),
        "a closed bank was registered again"
    );
    sound(&mut world, "closed for ever");
}

/// Accounts that are born frozen: a bank lets its customer in and mints to him in one transaction, tokens reach nobody
/// who was not let in, and redemption works, at a bank registered before and at one registered after.
#[test]
fn money_in_accounts_that_are_born_frozen() {
    let mut world = World::new();
    let [bank, _] = world.banks;
    let early = world.holder("early");
    world.deposit(&bank, &early, 1_000);
    world.set_born_frozen(true);

    let late = world.holder("late");
    world.advance(DAY);
    let file = world.effective(
        &bank,
        &[credit(2_000, late.address()), credit(3_000, late.address())],
    );
    let (admit, mint) = (
        world.admit_case(&bank, &late.address()),
        world.mint_case(&bank, &file, 0),
    );
    assert!(
        world.send(&mint).is_err(),
        "a mint to an account that is still frozen"
    );
    world.must(&[admit.instruction, mint.instruction], &[bank.operator]);
    assert_eq!(world.holding(&late), 2_000);
    sound(&mut world, "admitted and minted");

    // Those who were there before stay as they were; a stranger's account takes nothing.
    world.transfer(&early, &late, 400);
    let stranger = world.holder("stranger to all banks");
    assert!(world.try_transfer(&late, &stranger, 1).is_err());

    let third = Bank::new("KCJBKZKXXXX");
    for key in [third.admin, third.operator] {
        world.fund(&key.address());
    }
    let register = world.register_case(&third, WIDE);
    assert_ok(&mut world, &register);
    world.auditor.knows_bank(third.bic);
    world
        .auditor
        .knows_token_account(world.deployment.escrow(&third.bic));
    for bank in [bank, third] {
        let redemption = world.request(&bank, &late, 1, 100);
        let reject = world.reject_case(&bank, &redemption);
        assert_ok(&mut world, &reject);
    }
    sound(&mut world, "redeemed at both banks");

    // A second account of the same wallet is born frozen too, and the bank may let it in while it is empty.
    world.set_born_frozen(false);
    let open: Address = nowhere("a wallet of the time after");
    let payer = world.keys.payer.address();
    let create = create_associated_token(&world.deployment, payer, open);
    world.must(&[create], &[]);
    let admit = world.admit_case(&bank, &open);
    assert_refused(&mut world, &admit, KzteError::NotBornFrozen);
}
