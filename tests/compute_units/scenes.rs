//! What is measured: every instruction in its ordinary and in its dearest form, on the full extension set.

use kzte_client::{
    Address, Chain, Deployment, PROGRAM_ID,
    address::program_data,
    instruction::{MetadataField, MintSource},
    seeds::{
        CONFIG_SEED, ESCROW_SEED, FREEZE_AUTHORITY_SEED, ISSUER_SEED, MINT_AUTHORITY_SEED, ORDER_SEED,
        PAUSE_AUTHORITY_SEED, PERMANENT_DELEGATE_SEED, REDEMPTION_SEED, STATEMENT_SEED,
    },
    state::{IssuerRole, PAUSE_ALL, PAUSE_MINT, PAUSE_TRANSFER, Role},
};
use kzte_harness::{
    Bank, Case, Key, Line, World, assert_ok, credit, debit, neutral_credit, neutral_debit,
    world::{CANCEL_AFTER, DAY, REDEMPTION_SLA, WIDE},
};
use kzte_ledger::ATTESTATION_LEN;

use crate::{
    budgets,
    measure::{Cost, cost_of, sha256},
};

/// Deployments that everything is measured in: other mints, other program addresses, other bumps.
pub const DEPLOYMENTS: [&str; 8] = [
    "mint", "mint 1", "mint 2", "mint 3", "mint 4", "mint 5", "mint 6", "mint 7",
];
/// Hash of a leaf, see `Entry::leaf_hash`: prefix, kind, index and amount; reference hash; party.
pub const LEAF: u64 = sha256(&[14, 32, 32]);
/// Hash of a node, see `node_hash`: prefix; two children.
pub const NODE: u64 = sha256(&[1, 32, 32]);
/// Hash that gives the address of a wallet's block, see `block_address`: base; seed; program.
pub const BLOCK: u64 = sha256(&[32, 32, 32]);
/// Hash of the attestation digest, see `attestation_digest`.
pub const DIGEST: u64 = sha256(&[ATTESTATION_LEN as u64]);

/// A measured instruction.
#[derive(Clone, Debug)]
pub struct Row {
    pub label: String,
    /// The dearest of all deployments.
    pub worst: u64,
    /// Token-2022 and the cost of calling it.
    pub token: u64,
    /// SHA-256 by the syscall.
    pub hashing: u64,
    /// Calls of any program.
    pub calls: u64,
    /// Program addresses whose bump is searched for.
    pub searches: usize,
    /// Bumps tried in vain in that deployment.
    pub vain: u64,
    /// The cheapest of all deployments, and its bumps tried in vain.
    pub best: (u64, u64),
    /// From `budgets`.
    pub budget: Option<u64>,
    /// Budget of the own share, where there is one.
    pub own_budget: Option<u64>,
}

impl Row {
    /// What is left: the program's own work.
    pub fn own(&self) -> u64 {
        self.worst - self.token - self.hashing
    }
}

/// One instruction ready to be sent.
struct Scene {
    label: String,
    world: World,
    case: Case,
    hashing: u64,
    /// Bumps that the instruction searches for.
    bumps: Vec<u8>,
}

/// Measures everything.
pub fn measure_all() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for deployment in DEPLOYMENTS {
        for scene in scenes(deployment) {
            let Cost { total, token, calls } = cost_of(&scene.world, &scene.case);
            let vain = scene.bumps.iter().map(|bump| u64::from(u8::MAX - bump)).sum();
            let Some(row) = rows.iter_mut().find(|row| row.label == scene.label) else {
                rows.push(Row {
                    budget: budgets::of(&scene.label),
                    own_budget: budgets::own_share_of(&scene.label),
                    label: scene.label,
                    worst: total,
                    token,
                    hashing: scene.hashing,
                    calls,
                    searches: scene.bumps.len(),
                    vain,
                    best: (total, vain),
                });
                continue;
            };
            if total > row.worst {
                (row.worst, row.token, row.calls, row.vain) = (total, token, calls, vain);
            }
            row.best = row.best.min((total, vain));
        }
    }
    rows
}

fn bump(seeds: &[&[u8]]) -> u8 {
    Address::find_program_address(seeds, &PROGRAM_ID).1
}

fn scenes(deployment: &str) -> Vec<Scene> {
    let mut scenes = Vec::new();
    initialize(deployment, &mut scenes);
    let mut world = World::bare_named(deployment);
    world.set_up();
    governance(&world, &mut scenes);
    compliance(&world, &mut scenes);
    reserves(&world, &mut scenes);
    mints(&world, &mut scenes);
    runs(&world, &mut scenes);
    burns(&world, &mut scenes);
    redemptions(&world, &mut scenes);
    roles(&world, &mut scenes);
    policies(&world, &mut scenes);
    orders(&world, &mut scenes);
    banks(&world, &mut scenes);
    scenes
}

struct Stage<'a> {
    scenes: &'a mut Vec<Scene>,
}

impl Stage<'_> {
    fn add(&mut self, label: impl Into<String>, world: &World, case: Case, hashing: u64, bumps: Vec<u8>) {
        self.scenes.push(Scene {
            label: label.into(),
            world: world.clone(),
            case,
            hashing,
            bumps,
        });
    }
}

fn initialize(deployment: &str, scenes: &mut Vec<Scene>) {
    let world = World::bare_named(deployment);
    let Deployment { mint, config } = world.deployment;
    let loader = world.expect_account(&program_data()).owner;
    let mut bumps = vec![
        bump(&[CONFIG_SEED, mint.as_ref()]),
        Address::find_program_address(&[PROGRAM_ID.as_ref()], &loader).1,
    ];
    for seed in [
        MINT_AUTHORITY_SEED,
        FREEZE_AUTHORITY_SEED,
        PERMANENT_DELEGATE_SEED,
        PAUSE_AUTHORITY_SEED,
    ] {
        bumps.push(bump(&[seed, config.as_ref()]));
    }
    let mut stage = Stage { scenes };
    stage.add(
        "initialize, mint created",
        &world,
        world.initialize_case(),
        0,
        bumps.clone(),
    );

    // The same mint, made by another configuration of the same seeds and found again.
    let mut made = world.clone();
    let case = made.initialize_case();
    assert_ok(&mut made, &case);
    let mint_account = made.expect_account(&mint);
    let mut world = world;
    world.chain.set_account(&mint, mint_account).expect("the mint");
    let case = world.initialize_case_with(MintSource::Adopt, world.policy());
    stage.add("initialize, mint adopted", &world, case, 0, bumps);
}

fn governance(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let third = Bank::new("KCJBKZKXXXX");
    let issuer = world.deployment.issuer(&third.bic);
    let bumps = vec![
        bump(&[
            ISSUER_SEED,
            world.deployment.config.as_ref(),
            third.bic.as_bytes(),
        ]),
        bump(&[ESCROW_SEED, issuer.as_ref()]),
    ];
    stage.add(
        "register_issuer",
        world,
        world.register_case(&third, WIDE),
        0,
        bumps,
    );
    stage.add(
        "configure_issuer",
        world,
        world.configure_case(&world.banks[0], WIDE),
        0,
        vec![],
    );
    stage.add(
        "set_attestors, 8 seats",
        world,
        world.set_attestors_case(&eight(), 8, 0xff),
        0,
        vec![],
    );

    stage.add("pause, mint flag", world, world.pause_case(PAUSE_MINT), 0, vec![]);
    stage.add("pause, all flags", world, world.pause_case(PAUSE_ALL), 0, vec![]);
    let mut paused = world.clone();
    paused.pause(PAUSE_ALL);
    stage.add(
        "resume, mint flag",
        &paused,
        paused.resume_case(PAUSE_MINT),
        0,
        vec![],
    );
    stage.add(
        "resume, all flags",
        &paused,
        paused.resume_case(PAUSE_ALL),
        0,
        vec![],
    );
}

fn compliance(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let mut world = world.clone();
    let holder = world.holder("aigerim");
    let (wallet, account) = (holder.address(), world.token_account(&holder));
    stage.add("freeze", &world, world.freeze_case(&account), 0, vec![]);
    let mut frozen = world.clone();
    frozen.freeze(&holder);
    stage.add("thaw", &frozen, frozen.thaw_case(&account), 0, vec![]);
    stage.add("block_wallet", &world, world.block_case(&wallet), BLOCK, vec![]);
    let mut blocked = world.clone();
    blocked.block(&wallet);
    stage.add(
        "unblock_wallet",
        &blocked,
        blocked.unblock_case(&wallet),
        BLOCK,
        vec![],
    );
}

fn eight() -> [Key; 8] {
    std::array::from_fn(|seat| Key::named(&format!("attestor of seat {seat}")))
}

fn reserves(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let bank = world.banks[0];
    let issuer = world.deployment.issuer(&bank.bic);
    let bumps = vec![bump(&[STATEMENT_SEED, issuer.as_ref(), &1u64.to_le_bytes()])];
    for count in [256u32, 65_536] {
        let lines = vec![neutral_credit(100); count as usize];
        let file = world.file(&bank, &lines);
        let label = format!("post_statement, {count} entries");
        stage.add(label, world, world.post_case(&bank, &file), 0, bumps.clone());
    }

    // Eight attestors; the one in the last seat votes.
    let mut world = world.clone();
    let attestors = eight();
    let case = world.set_attestors_case(&attestors, 2, 0b1);
    assert_ok(&mut world, &case);
    let wallet = Key::named("aigerim").address();
    let file = world.post(&bank, &[credit(100, wallet)]);
    let last = &attestors[7];
    let vote = world.attest_case(&bank, &file, last);
    stage.add("attest_statement, last of 8 seats", &world, vote, DIGEST, vec![]);
    stage.add(
        "withdraw_statement",
        &world,
        world.withdraw_case(&bank, 1),
        0,
        vec![],
    );
    let case = world.attest_case(&bank, &file, &attestors[0]);
    assert_ok(&mut world, &case);
    let vote = world.attest_case(&bank, &file, last);
    stage.add(
        "attest_statement, last of 8 seats, carries",
        &world,
        vote.clone(),
        DIGEST,
        vec![],
    );
    assert_ok(&mut world, &vote);
    world.holder("aigerim");
    world.mint(&bank, &file, 0);
    stage.add("close_statement", &world, world.close_case(&bank, 1), 0, vec![]);
}

/// `count` entries of which each is a deposit of `wallet`.
fn deposits(count: usize, wallet: &Key) -> Vec<Line> {
    vec![credit(100, wallet.address()); count]
}

fn mints(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let bank = world.banks[0];
    for depth in [0u32, 8, 10, 13, 16] {
        let mut world = world.clone();
        let holder = world.holder("aigerim");
        let count = 1u32 << depth;
        let file = world.effective(&bank, &deposits(count as usize, &holder));
        let hashing = BLOCK + LEAF + u64::from(depth) * NODE;
        // The path of an entry through the tree has no part in the cost that could be seen; the dearest counts.
        for index in [0, count / 2, count - 1] {
            let case = world.mint_case(&bank, &file, index);
            stage.add(
                format!("mint, proof depth {depth}"),
                &world,
                case,
                hashing,
                vec![],
            );
        }
    }
}

/// Nodes that a run of `len` leaves from `start` hashes on its way to the root of `count` leaves.
fn run_nodes(start: u64, len: u64, count: u64) -> u64 {
    let (mut low, mut high, mut last, mut nodes) = (start, start + len - 1, count - 1, 0);
    while last > 0 {
        for parent in low / 2..=high / 2 {
            // The right edge of an odd level is carried up as it is.
            nodes += u64::from(parent * 2 < last);
        }
        (low, high, last) = (low / 2, high / 2, last / 2);
    }
    nodes
}

fn runs(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let bank = world.banks[0];
    let mut world = world.clone();
    let holders: Vec<Key> = (0..16)
        .map(|number| world.holder(&format!("holder {number}")))
        .collect();
    let lines: Vec<Line> = (0..256)
        .map(|index| credit(100, holders[index % holders.len()].address()))
        .collect();
    let file = world.effective(&bank, &lines);
    for len in 1..=budgets::MINT_MANY_ENTRIES {
        let nodes = run_nodes(0, len.into(), lines.len() as u64);
        let hashing = u64::from(len) * (BLOCK + LEAF) + nodes * NODE;
        let case = world.mint_many_case(&bank, &file, 0, len);
        stage.add(
            format!("mint_many, {len} entries, depth 8"),
            &world,
            case,
            hashing,
            vec![],
        );
    }
}

fn burns(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let bank = world.banks[0];
    let mut world = world.clone();
    world.open_account(&bank.operator.address());
    world.deposit(&bank, &bank.operator, 1_000);
    stage.add("burn", &world, world.burn_case(&bank, 400), 0, vec![]);
    world.pause(PAUSE_ALL);
    stage.add(
        "burn, transfers paused",
        &world,
        world.burn_case(&bank, 400),
        0,
        vec![],
    );
}

fn redemptions(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let bank = world.banks[0];
    let mut world = world.clone();
    let holder = world.holder("aigerim");
    world.deposit(&bank, &holder, 10_000);
    let issuer = world.deployment.issuer(&bank.bic);
    let seeds: [&[u8]; 4] = [
        REDEMPTION_SEED,
        issuer.as_ref(),
        &holder.address().to_bytes(),
        &1u64.to_le_bytes(),
    ];
    let bumps = vec![bump(&seeds)];
    stage.add(
        "request_redemption",
        &world,
        world.request_case(&bank, &holder, 1, 500),
        BLOCK,
        bumps,
    );

    let redemption = world.request(&bank, &holder, 1, 500);
    world.advance(DAY);
    let mut lines = vec![neutral_debit(1); 256];
    lines[200] = debit(500, redemption);
    let file = world.effective(&bank, &lines);
    let hashing = LEAF + 8 * NODE;
    stage.add(
        "settle_redemption, proof depth 8",
        &world,
        world.settle_case(&bank, &file, 200),
        hashing,
        vec![],
    );
    stage.add(
        "reject_redemption",
        &world,
        world.reject_case(&bank, &redemption),
        0,
        vec![],
    );

    let mut due = world.clone();
    due.advance(CANCEL_AFTER);
    stage.add(
        "cancel_redemption",
        &due,
        due.cancel_case(&bank, &redemption, &holder),
        0,
        vec![],
    );

    let mut paused = due.clone();
    paused.pause(PAUSE_TRANSFER);
    let settle = paused.settle_case(&bank, &file, 200);
    stage.add(
        "settle_redemption, proof depth 8, transfers paused",
        &paused,
        settle,
        hashing,
        vec![],
    );
    paused.freeze(&holder);
    let reject = paused.reject_case(&bank, &redemption);
    stage.add(
        "reject_redemption, transfers paused, holder frozen",
        &paused,
        reject,
        0,
        vec![],
    );
    let cancel = paused.cancel_case(&bank, &redemption, &holder);
    stage.add(
        "cancel_redemption, transfers paused, holder frozen",
        &paused,
        cancel,
        0,
        vec![],
    );
}

fn roles(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let bank = world.banks[0];
    let nominee = Key::named("nominee");
    let mut world = world.clone();
    world
        .chain
        .fund(&nominee.address(), 1_000_000_000)
        .expect("lamports");
    // The dearest form meets eight attestors, whose seats are looked through, and the last role.
    let case = world.set_attestors_case(&eight(), 8, 0xff);
    assert_ok(&mut world, &case);
    let nominate = world.nominate_case(Role::Enforcer, &nominee.address());
    stage.add("nominate_role, 8 seats", &world, nominate.clone(), 0, vec![]);
    let mut waiting = world.clone();
    assert_ok(&mut waiting, &nominate);
    let accept = waiting.accept_case(Role::Enforcer, &nominee);
    stage.add("accept_role, 8 seats", &waiting, accept, 0, vec![]);
    let cancel = waiting.cancel_nomination_case(Role::Enforcer);
    stage.add("cancel_nomination", &waiting, cancel, 0, vec![]);

    let nominate = world.nominate_issuer_case(&bank, IssuerRole::Operator, &nominee.address());
    stage.add(
        "nominate_issuer_role, 8 seats",
        &world,
        nominate.clone(),
        0,
        vec![],
    );
    let mut waiting = world.clone();
    assert_ok(&mut waiting, &nominate);
    let accept = waiting.accept_issuer_case(&bank, IssuerRole::Operator, &nominee);
    stage.add("accept_issuer_role, 8 seats", &waiting, accept, 0, vec![]);
    let cancel = waiting.cancel_issuer_nomination_case(&bank, IssuerRole::Operator);
    stage.add("cancel_issuer_nomination", &waiting, cancel, 0, vec![]);
}

fn policies(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    stage.add("set_policy", world, world.set_policy_case(DAY, DAY), 0, vec![]);
    let bank = world.banks[0];
    stage.add("set_issuer_status", world, world.status_case(&bank, 1), 0, vec![]);
    stage.add(
        "set_default_account_state",
        world,
        world.default_state_case(true),
        0,
        vec![],
    );
    let text = "u".repeat(200);
    stage.add(
        "update_metadata, 200 bytes",
        world,
        world.update_metadata_case(MetadataField::Uri, &text),
        sha256(&[200]),
        vec![],
    );
    let mut aged = world.clone();
    aged.age_config();
    stage.add("migrate_config, 2 banks", &aged, aged.migrate_case(), 0, vec![]);

    let mut born_frozen = world.clone();
    born_frozen.set_born_frozen(true);
    let holder = born_frozen.holder("aigerim");
    let admit = born_frozen.admit_case(&bank, &holder.address());
    stage.add("admit_holder", &born_frozen, admit, BLOCK, vec![]);
}

fn orders(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let bank = world.banks[0];
    let mut world = world.clone();
    let (holder, treasury) = (world.holder("aigerim"), world.holder("treasury"));
    world.deposit(&bank, &holder, 10_000);
    let terms = world.order_terms("a case", &holder, &treasury, 1_000);
    let bumps = vec![bump(&[
        ORDER_SEED,
        world.deployment.config.as_ref(),
        &terms.case_hash,
    ])];
    stage.add("open_order", &world, world.open_order_case(&terms), 0, bumps);
    world.open_order(&terms);
    let execute = world.execute_order_case(&terms, 1_000);
    stage.add("execute_order", &world, execute.clone(), 0, vec![]);
    stage.add("close_order", &world, world.close_order_case(&terms), 0, vec![]);
    world.freeze(&holder);
    world.freeze(&treasury);
    world.pause(PAUSE_ALL);
    stage.add(
        "execute_order, transfers paused, both sides frozen",
        &world,
        execute,
        0,
        vec![],
    );
}

fn banks(world: &World, scenes: &mut Vec<Scene>) {
    let mut stage = Stage { scenes };
    let [bank, other] = world.banks;
    let mut world = world.clone();
    let holder = world.holder("aigerim");
    for bank in world.banks {
        world.deposit(&bank, &holder, 10_000);
    }
    let redemption = world.request(&bank, &holder, 1, 500);
    world.advance(REDEMPTION_SLA + 1);
    stage.add(
        "flag_overdue",
        &world,
        world.flag_case(&bank, &redemption),
        0,
        vec![],
    );
    for bank in world.banks {
        world.effective(&bank, &[neutral_credit(1_000)]);
    }
    stage.add("novate", &world, world.novate_case(&bank, &other, 700), 0, vec![]);
    stage.add(
        "check_invariants, 2 banks",
        &world,
        world.check_invariants_case(),
        0,
        vec![],
    );
}
