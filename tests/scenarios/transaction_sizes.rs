//! What fits into one transaction of 1,232 bytes: a legacy message, no lookup table, the two limits of compute units and
//! of loaded data in front, the bank pays its own fee. LiteSVM does not enforce the size, so it is counted here.

use std::collections::HashMap;

use kzte_client::{ChainError, transaction};
use kzte_harness::{Bank, Case, Key, Line, World, credit, debit, world::WIDE};
use kzte_ledger::{Entry, EntryKind, HostSha256, Tree};

/// Signed bytes of a case whose fee `payer` pays; also beyond the limit.
fn size(case: &Case, payer: &Key) -> usize {
    let pairs: Vec<_> = case.signers.iter().map(Key::pair).collect();
    let references: Vec<_> = pairs.iter().collect();
    let instruction = std::slice::from_ref(&case.instruction);
    match transaction::build(
        instruction,
        &payer.pair(),
        &references,
        Default::default(),
        transaction::Budget::MAX,
    ) {
        Ok(signed) => signed.bytes.len(),
        Err(ChainError::TooLarge { size, .. }) => size,
        Err(error) => panic!("{}: {error}", case.name),
    }
}

/// A deposit at `index`, to the holder of that number.
fn entry(index: u32, holder: u32) -> Entry {
    Entry {
        kind: EntryKind::Credit,
        index,
        amount: 1,
        reference_hash: [7; 32],
        party: Key::named(&format!("holder {holder}")).address().to_bytes(),
    }
}

#[test]
fn mint_fits_at_every_depth() {
    let world = World::bare();
    let bank = world.banks[0];
    let entry = entry(0, 0);
    let wallet = Key::named("holder 0").address();
    let of_depth = |depth: usize| {
        size(
            &world.mint_case_with(&bank, 1, &wallet, &entry, &vec![[0; 32]; depth]),
            &bank.operator,
        )
    };
    println!(
        "mint by proof depth: {:?}",
        (0..=16).map(of_depth).collect::<Vec<_>>()
    );
    assert_eq!(of_depth(10), MINT_DEPTH_10);
    assert!(of_depth(10) <= transaction::MAX_SIZE);
    assert!(
        of_depth(16) <= transaction::MAX_SIZE,
        "the deepest proof of the protocol"
    );
}

/// Bytes of a `mint` with a proof of depth 10.
const MINT_DEPTH_10: usize = 891;

/// What `mint_many` carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Carries {
    /// Depth of the tree: the statement has 2^depth entries.
    depth: u32,
    /// Each entry of another wallet, wherever the run starts.
    always: u32,
    /// Each entry of another wallet, the run at the place with the shortest proof.
    best: u32,
    /// All entries of one wallet, wherever the run starts.
    one_wallet_always: u32,
    /// All entries of one wallet, the run at the place with the shortest proof.
    one_wallet_best: u32,
}

const TABLE: [Carries; 6] = [
    Carries {
        depth: 4,
        always: 5,
        best: 6,
        one_wallet_always: 16,
        one_wallet_best: 16,
    },
    Carries {
        depth: 6,
        always: 5,
        best: 6,
        one_wallet_always: 11,
        one_wallet_best: 15,
    },
    Carries {
        depth: 8,
        always: 3,
        best: 5,
        one_wallet_always: 9,
        one_wallet_best: 12,
    },
    Carries {
        depth: 10,
        always: 2,
        best: 4,
        one_wallet_always: 5,
        one_wallet_best: 12,
    },
    Carries {
        depth: 13,
        always: 1,
        best: 4,
        one_wallet_always: 1,
        one_wallet_best: 8,
    },
    Carries {
        depth: 16,
        always: 1,
        best: 2,
        one_wallet_always: 1,
        one_wallet_best: 6,
    },
];

/// Nodes in the proof of a run: at each level one sibling on each side where the run does not reach it.
fn proof_len(start: u32, len: u32, count: u32) -> usize {
    let (mut low, mut high, mut last, mut nodes) = (start, start + len - 1, count - 1, 0);
    while last > 0 {
        nodes += usize::from(low % 2 == 1);
        nodes += usize::from(high % 2 == 0 && high < last);
        (low, high, last) = (low / 2, high / 2, last / 2);
    }
    nodes
}

#[test]
fn the_length_of_a_run_proof_is_the_trees() {
    for count in [1u32, 2, 3, 7, 16, 33, 100] {
        let tree = Tree::from_leaves::<HostSha256>(
            (0..count)
                .map(|index| entry(index, 0).leaf_hash::<HostSha256>())
                .collect(),
        );
        for start in 0..count {
            for len in 1..=(count - start) {
                let proof = tree.prove_run(start, len).expect("a run");
                assert_eq!(
                    proof.len(),
                    proof_len(start, len, count),
                    "{start}+{len} of {count}"
                );
            }
        }
    }
}

#[test]
fn mint_many_carries_what_the_table_says() {
    let world = World::bare();
    let bank = world.banks[0];
    let most = u32::try_from(kzte_client::constants::MAX_RUN).expect("a small number");
    let mut sizes: HashMap<(u32, usize, bool), usize> = HashMap::new();
    let mut fits = |len: u32, nodes: usize, one_wallet: bool| {
        let size = *sizes.entry((len, nodes, one_wallet)).or_insert_with(|| {
            let run: Vec<Entry> = (0..len)
                .map(|index| entry(index, if one_wallet { 0 } else { index }))
                .collect();
            let case = world.mint_many_case_with(&bank, 1, &run, &vec![[0; 32]; nodes]);
            size(&case, &bank.operator)
        });
        size <= transaction::MAX_SIZE
    };
    println!(
        "mint_many: entries in one transaction of {} bytes",
        transaction::MAX_SIZE
    );
    println!("depth | wallets differ: anywhere, at best | one wallet: anywhere, at best");
    let measured = TABLE.map(|Carries { depth, .. }| {
        let count = 1u32 << depth;
        let mut found = [0u32; 4];
        for len in 1..=most {
            let lengths = || (0..=count - len).map(|start| proof_len(start, len, count));
            let (longest, shortest) = (lengths().max().expect("a run"), lengths().min().expect("a run"));
            let cases = [
                (longest, false),
                (shortest, false),
                (longest, true),
                (shortest, true),
            ];
            for (most, (nodes, one_wallet)) in found.iter_mut().zip(cases) {
                if fits(len, nodes, one_wallet) {
                    *most = len;
                }
            }
        }
        let [always, best, one_wallet_always, one_wallet_best] = found;
        println!("{depth:>5} | {always:>23}, {best:>7} | {one_wallet_always:>20}, {one_wallet_best:>7}");
        Carries {
            depth,
            always,
            best,
            one_wallet_always,
            one_wallet_best,
        }
    });
    assert_eq!(measured, TABLE);
}

#[test]
fn a_full_mint_many_passes_and_one_entry_more_does_not_fit() {
    let mut world = World::new();
    let bank = world.banks[0];
    let Carries { depth, best, .. } = TABLE[2];
    let holders: Vec<Key> = (0..=best)
        .map(|number| world.holder(&format!("holder {number}")))
        .collect();
    let count = 1usize << depth;
    let lines: Vec<Line> = (0..count)
        .map(|index| credit(5, holders[index % holders.len()].address()))
        .collect();
    let file = world.effective(&bank, &lines);
    let more = world.mint_many_case(&bank, &file, 0, best + 1);
    assert!(size(&more, &bank.operator) > transaction::MAX_SIZE);
    let full = world.mint_many_case(&bank, &file, 0, best);
    let bytes = size(&full, &bank.operator);
    assert!(bytes <= transaction::MAX_SIZE);
    let (operator, instruction) = (bank.operator.pair(), full.instruction);
    let receipt = kzte_client::Chain::send(&mut world.chain, &[instruction], &operator, &[])
        .expect("a full transaction");
    assert_eq!((receipt.size, receipt.events.len()), (bytes, best as usize));
    assert_eq!(world.supply(), u64::from(best) * 5);
    world.check_invariants("a full run");
}

#[test]
fn every_other_instruction_fits_at_its_largest() {
    let mut world = World::new();
    let bank = world.banks[0];
    let holder = world.holder("aigerim");
    let eight: Vec<Key> = (0..8).map(|seat| Key::named(&format!("seat {seat}"))).collect();
    world.deposit(&bank, &holder, 1_000);
    let redemption = world.request(&bank, &holder, 1, 10);
    let account = world.token_account(&holder);
    world.advance(1);
    let file = world.file(&bank, &[debit(10, redemption)]);
    let deepest = vec![[0; 32]; 16];
    let mut policy = world.policy();
    policy.attestors = eight.iter().map(Key::address).collect();
    let mut initialize = world.initialize_case_with(kzte_client::instruction::MintSource::Create, policy);
    // The upgrade authority pays: one signature less.
    initialize.signers.retain(|key| *key != world.keys.payer);
    let cases = [
        (
            initialize.replace("payer", world.keys.upgrade_authority.address()),
            world.keys.upgrade_authority,
        ),
        (world.set_attestors_case(&eight, 8, 0xff), world.keys.authority),
        (
            world.register_case(&Bank::new("KCJBKZKXXXX"), WIDE),
            world.keys.sponsor,
        ),
        (world.configure_case(&bank, WIDE), world.keys.issuer_manager),
        (world.pause_case(1), world.keys.pauser),
        (world.resume_case(1), world.keys.authority),
        (world.post_case(&bank, &file), bank.operator),
        (world.withdraw_case(&bank, 2), bank.operator),
        (
            world.attest_case(&bank, &file, &world.keys.attestors[0]),
            world.keys.attestors[0],
        ),
        (world.close_case(&bank, 1), world.keys.stranger),
        (world.burn_case(&bank, 1), bank.operator),
        (world.request_case(&bank, &holder, 2, 1), holder),
        (
            world.settle_case_with(&bank, 2, &holder.address(), &file.entries[0], &deepest),
            bank.operator,
        ),
        (world.reject_case(&bank, &redemption), bank.operator),
        (world.cancel_case(&bank, &redemption, &holder), holder),
        (world.freeze_case(&account), world.keys.compliance),
        (world.thaw_case(&account), world.keys.compliance),
        (world.block_case(&holder.address()), world.keys.compliance),
        (world.unblock_case(&holder.address()), world.keys.compliance),
    ];
    for (case, payer) in &cases {
        let bytes = size(case, payer);
        println!("{:<20} {bytes}", case.name);
        assert!(bytes <= transaction::MAX_SIZE, "{}: {bytes} bytes", case.name);
    }
}
