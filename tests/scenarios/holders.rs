//! Holders who use Token-2022 as they please: guards, frozen and closed accounts, burns of their own, gifts.

use kzte_client::{
    AccountMeta, Address, Instruction, KzteError, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, fetch,
    instruction::{self, GiveBack},
    state::PAUSE_ALL,
};
use kzte_harness::{
    Case, Key, World, assert_ok, assert_refused, credit, debit,
    world::{CANCEL_AFTER, DAY, REDEMPTION_SLA, REJECT_REASON},
};

/// A holder with 100,000 tiyn minted by the first bank.
fn scene() -> (World, Key) {
    let mut world = World::new();
    let holder = world.holder("aigerim");
    let bank = world.banks[0];
    world.deposit(&bank, &holder, 100_000);
    world.check_invariants("the scene");
    (world, holder)
}

fn frozen(world: &World, holder: &Key) -> bool {
    let account = fetch::token_account(&world.chain, &world.token_account(holder)).expect("readable");
    account.expect("an account").frozen
}

/// Opens a token account of `owner` at an address of its own, as anybody can; the payer of the world pays.
fn open_another(world: &mut World, owner: &Key, name: &str) -> Address {
    const SPACE: u64 = 170;
    const LAMPORTS: u64 = 3_000_000;
    let payer = world.keys.payer;
    let account = Key::named(name);
    let mut data = 0u32.to_le_bytes().to_vec();
    data.extend(LAMPORTS.to_le_bytes());
    data.extend(SPACE.to_le_bytes());
    data.extend(TOKEN_PROGRAM_ID.as_array());
    let create = Instruction {
        program_id: SYSTEM_PROGRAM_ID,
        accounts: vec![
            AccountMeta::new(payer.address(), true),
            AccountMeta::new(account.address(), true),
        ],
        data,
    };
    let initialize = spl_token_2022_interface::instruction::initialize_account3(
        &TOKEN_PROGRAM_ID,
        &account.address(),
        &world.deployment.mint,
        &owner.address(),
    )
    .expect("an instruction");
    world.must(&[create, initialize], &[payer, account]);
    world.auditor.knows_token_account(account.address());
    account.address()
}

/// A rejection to any token account.
fn reject_to(world: &World, redemption: &Address, owner: &Key, destination: Address) -> Case {
    let bank = world.banks[0];
    let give_back = GiveBack {
        redemption: *redemption,
        owner: owner.address(),
        destination,
    };
    let operator = bank.operator;
    let instruction = instruction::reject_redemption(
        &world.deployment,
        &bank.bic,
        operator.address(),
        &give_back,
        REJECT_REASON,
    );
    Case::new("reject_redemption", instruction, &[operator])
}

/// Requires a memo on every incoming transfer of `account`.
fn require_memo(account: &Address, owner: &Key, payer: &Key) -> [Instruction; 2] {
    use spl_token_2022_interface::{
        extension::{ExtensionType, memo_transfer},
        instruction::reallocate,
    };
    let owner = owner.address();
    [
        reallocate(
            &TOKEN_PROGRAM_ID,
            account,
            &payer.address(),
            &owner,
            &[],
            &[ExtensionType::MemoTransfer],
        )
        .expect("an instruction"),
        memo_transfer::instruction::enable_required_transfer_memos(&TOKEN_PROGRAM_ID, account, &owner, &[])
            .expect("an instruction"),
    ]
}

#[test]
fn a_holder_with_cpi_guard_redeems_is_rejected_and_cancels() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let account = world.token_account(&holder);
    let steps = instruction::enable_cpi_guard(account, holder.address(), holder.address());
    world.must(&steps, &[holder]);
    let guarded = fetch::token_account(&world.chain, &account)
        .expect("readable")
        .expect("an account");
    assert!(guarded.cpi_guard);

    let settles = world.request(&bank, &holder, 1, 10_000);
    let rejects = world.request(&bank, &holder, 2, 20_000);
    let cancels = world.request(&bank, &holder, 3, 30_000);
    world.check_invariants("requested");
    world.advance(REDEMPTION_SLA);
    let file = world.effective(&bank, &[debit(10_000, settles)]);
    world.settle(&bank, &file, 0);
    let reject = world.reject_case(&bank, &rejects);
    assert_ok(&mut world, &reject);
    world.advance(CANCEL_AFTER);
    let cancel = world.cancel_case(&bank, &cancels, &holder);
    assert_ok(&mut world, &cancel);
    world.check_invariants("ended");
    assert_eq!(world.holding(&holder), 90_000);
}

#[test]
fn a_holder_frozen_after_his_request_is_settled() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let redemption = world.request(&bank, &holder, 1, 10_000);
    world.freeze(&holder);
    world.advance(DAY);
    let file = world.effective(&bank, &[debit(10_000, redemption)]);
    world.settle(&bank, &file, 0);
    assert!(frozen(&world, &holder));
    assert_eq!((world.holding(&holder), world.supply()), (90_000, 90_000));
    world.check_invariants("settled");
}

#[test]
fn a_holder_frozen_after_his_request_gets_his_tokens_back_and_stays_frozen() {
    for paused in [0, PAUSE_ALL] {
        for cancels in [false, true] {
            let (mut world, holder) = scene();
            let bank = world.banks[0];
            let redemption = world.request(&bank, &holder, 1, 10_000);
            world.freeze(&holder);
            world.pause(paused);
            world.advance(CANCEL_AFTER);
            let case = match cancels {
                true => world.cancel_case(&bank, &redemption, &holder),
                false => world.reject_case(&bank, &redemption),
            };
            assert_ok(&mut world, &case);
            assert!(frozen(&world, &holder), "he still cannot move them");
            assert_eq!(world.holding(&holder), 100_000);
            world.check_invariants("given back");
        }
    }
}

#[test]
fn a_frozen_holder_cannot_request() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    world.freeze(&holder);
    let request = world.request_case(&bank, &holder, 1, 1);
    assert_refused(&mut world, &request, KzteError::TokenAccountFrozen);
}

#[test]
fn a_holder_who_closed_his_account_is_rejected_to_another_one() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let redemption = world.request(&bank, &holder, 1, 100_000);
    let account = world.token_account(&holder);
    let close = instruction::close_account(account, holder.address(), holder.address());
    world.must(&[close], &[holder]);

    let reject = reject_to(&world, &redemption, &holder, account);
    assert_refused(&mut world, &reject, KzteError::NotTokenAccount);
    // Not to anybody else's account, though.
    let stranger = world.holder("marat");
    let reject = reject_to(&world, &redemption, &holder, world.token_account(&stranger));
    assert_refused(&mut world, &reject, KzteError::WrongTokenOwner);
    // The bank opens another account for him: the redemption cannot hold the bank up.
    let another = open_another(&mut world, &holder, "another account of aigerim");
    let reject = reject_to(&world, &redemption, &holder, another);
    assert_ok(&mut world, &reject);
    assert_eq!(world.balance(&another), 100_000);
    assert_eq!(world.issuer(&bank).pending_count, 0);
    world.check_invariants("rejected");
}

#[test]
fn a_holder_who_closed_his_account_is_settled_and_cancels_to_another_one() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let settles = world.request(&bank, &holder, 1, 40_000);
    let cancels = world.request(&bank, &holder, 2, 60_000);
    let account = world.token_account(&holder);
    world.must(
        &[instruction::close_account(
            account,
            holder.address(),
            holder.address(),
        )],
        &[holder],
    );
    world.advance(CANCEL_AFTER);
    let file = world.effective(&bank, &[debit(40_000, settles)]);
    world.settle(&bank, &file, 0);
    let another = open_another(&mut world, &holder, "another account of aigerim");
    let give_back = GiveBack {
        redemption: cancels,
        owner: holder.address(),
        destination: another,
    };
    let instruction = instruction::cancel_redemption(&world.deployment, &bank.bic, &give_back);
    assert_ok(
        &mut world,
        &Case::new("cancel_redemption", instruction, &[holder]),
    );
    assert_eq!(world.balance(&another), 60_000);
    world.check_invariants("ended");
}

#[test]
fn a_holder_whose_account_asks_for_memos_is_rejected_to_another_one() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let redemption = world.request(&bank, &holder, 1, 10_000);
    let account = world.token_account(&holder);
    let steps = require_memo(&account, &holder, &holder);
    world.must(&steps, &[holder]);
    let reject = reject_to(&world, &redemption, &holder, account);
    let error = world.send(&reject).expect_err("no memo");
    assert_eq!(error.name(), Some("NoMemo"), "{error}");
    let another = open_another(&mut world, &holder, "another account of aigerim");
    let reject = reject_to(&world, &redemption, &holder, another);
    assert_ok(&mut world, &reject);
    assert_eq!(world.balance(&another), 10_000);
    world.check_invariants("rejected");
}

#[test]
fn a_redemption_leaves_any_token_account_of_its_owner() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let another = open_another(&mut world, &holder, "another account of aigerim");
    let transfer = instruction::transfer_checked(
        &world.deployment,
        world.token_account(&holder),
        another,
        holder.address(),
        5_000,
    );
    world.must(&[transfer], &[holder]);
    let request = world
        .request_case(&bank, &holder, 1, 5_000)
        .replace("token_account", another);
    assert_ok(&mut world, &request);
    world
        .auditor
        .knows_redemption(bank.bic, request.address("redemption"));
    assert_eq!((world.balance(&another), world.holding(&holder)), (0, 95_000));
    world.check_invariants("requested");
}

#[test]
fn a_holders_own_burn_leaves_the_supply_below_the_books_and_stops_nothing() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    world.burn_directly(&holder, 1_234);
    world.check_invariants("burned by the holder");
    let outstanding = world.issuer(&bank).outstanding().expect("a position");
    assert_eq!((world.supply(), outstanding), (98_766, 100_000));

    // Redemption of all that is left, own stock, new deposits: all as before.
    let redemption = world.request(&bank, &holder, 1, 98_766);
    world.advance(DAY);
    let operator = bank.operator;
    world.open_account(&operator.address());
    let file = world.effective(
        &bank,
        &[debit(98_766, redemption), credit(50, operator.address())],
    );
    world.settle(&bank, &file, 0);
    world.mint(&bank, &file, 1);
    let burn = world.burn_case(&bank, 50);
    assert_ok(&mut world, &burn);
    world.check_invariants("redeemed");
    let outstanding = world.issuer(&bank).outstanding().expect("a position");
    assert_eq!(
        (world.supply(), outstanding),
        (0, 1_234),
        "the bank keeps the tenge behind what was burned"
    );
}

#[test]
fn a_gift_to_an_escrow_stays_there_and_stops_nothing() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let redemption = world.request(&bank, &holder, 1, 10_000);
    let escrow = world.deployment.escrow(&bank.bic);
    let gift = instruction::transfer_checked(
        &world.deployment,
        world.token_account(&holder),
        escrow,
        holder.address(),
        77,
    );
    world.must(&[gift], &[holder]);
    world.check_invariants("a gift");
    world.advance(DAY);
    let file = world.effective(&bank, &[debit(10_000, redemption)]);
    world.settle(&bank, &file, 0);
    assert_eq!(world.balance(&escrow), 77);
    world.check_invariants("settled");
}

#[test]
fn a_blocked_wallet_gets_no_mint_and_redeems_not_but_pays_and_is_paid() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let other = world.holder("marat");
    let pending = world.request(&bank, &holder, 1, 10_000);
    world.advance(DAY);
    let lines = [
        credit(10, holder.address()),
        credit(20, other.address()),
        debit(10_000, pending),
    ];
    let file = world.effective(&bank, &lines);
    world.block(&holder.address());
    let mint = world.mint_case(&bank, &file, 0);
    assert_refused(&mut world, &mint, KzteError::WalletBlocked);
    let run = world.mint_many_case(&bank, &file, 0, 2);
    assert_refused(&mut world, &run, KzteError::WalletBlocked);
    let request = world.request_case(&bank, &holder, 2, 1);
    assert_refused(&mut world, &request, KzteError::WalletBlocked);

    world.settle(&bank, &file, 2);
    world.mint(&bank, &file, 1);
    world.transfer(&holder, &other, 5);
    world.transfer(&other, &holder, 5);
    world.check_invariants("blocked");

    let unblock = world.unblock_case(&holder.address());
    assert_ok(&mut world, &unblock);
    world.mint(&bank, &file, 0);
    world.check_invariants("open again");
}

#[test]
fn a_redemption_address_can_be_used_again_but_never_for_the_old_payout() {
    let (mut world, holder) = scene();
    let bank = world.banks[0];
    let redemption = world.request(&bank, &holder, 1, 10_000);
    world.advance(DAY);
    let file = world.effective(&bank, &[debit(10_000, redemption), debit(10_000, redemption)]);
    world.settle(&bank, &file, 0);
    world.check_invariants("settled");

    // The same nonce, the same amount: the entry that paid the first one is consumed.
    let again = world.request(&bank, &holder, 1, 10_000);
    assert_eq!(again, redemption);
    let settle = world.settle_case(&bank, &file, 0);
    assert_refused(&mut world, &settle, KzteError::EntryConsumed);
    // A second debit entry that names the address pays the second one: that money did leave the bank.
    world.settle(&bank, &file, 1);
    world.check_invariants("settled again");
}
