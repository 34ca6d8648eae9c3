//! A validator with a deployment on it.

use std::{thread, time::Duration};

use kzte_client::{Chain, RpcChain, instruction::MintSource, reserve::StatementFile};
use kzte_harness::{
    Bank, Indexer, Key, Line, World, assert_ok,
    indexer::Record,
    validator::{Engine, Validator},
    world::WIDE,
};

/// Term of a redemption here, seconds: short, so that a test can see it pass.
pub const SLA: i64 = 5;

/// A validator of its own for each test.
pub fn start(engine: &Engine) -> Validator {
    Validator::start(engine, &Key::named("upgrade authority").address())
}

/// A deployment with two banks, under a mint of that name.
pub fn world(chain: RpcChain, mint: &str) -> World<RpcChain> {
    let mut world = World::on(chain, mint);
    world.fund_everybody();
    let mut policy = world.policy();
    policy.redemption_sla = SLA;
    let case = world.initialize_case_with(MintSource::Create, policy);
    assert_ok(&mut world, &case);
    for bank in world.banks {
        let case = world.register_case(&bank, WIDE);
        assert_ok(&mut world, &case);
        world.auditor.knows_bank(bank.bic);
        let escrow = world.deployment.escrow(&bank.bic);
        world.auditor.knows_token_account(escrow);
    }
    world
}

/// Waits until the chain's clock is past `moment`.
pub fn wait_past(world: &World<RpcChain>, moment: i64) {
    while world.now() <= moment {
        thread::sleep(Duration::from_millis(50));
    }
}

/// The bank's next statement, later than the last.
pub fn effective(world: &mut World<RpcChain>, bank: &Bank, lines: &[Line]) -> StatementFile {
    let last = world.issuer(bank).statement_as_of;
    wait_past(world, last);
    world.effective(bank, lines)
}

/// Every account of the deployment, rebuilt from the transactions that the validator lists for its configuration.
pub fn rebuilt_from_history(world: &World<RpcChain>, engine: &Engine) {
    let deployment = world.deployment;
    let signatures = world.chain.history(&deployment.config).expect("the history");
    let mut records: Vec<Record> = signatures
        .iter()
        .map(|signature| {
            let receipt = world
                .chain
                .receipt(signature)
                .expect("a receipt")
                .expect("a transaction");
            Record {
                at: receipt.time.expect("the time of a block"),
                events: receipt.events,
            }
        })
        .collect();
    assert_eq!(
        records.iter().map(|record| record.events.len()).sum::<usize>(),
        world
            .history
            .iter()
            .map(|record| record.events.len())
            .sum::<usize>()
    );
    let indexer = Indexer::replay(&deployment, &records);
    let mut differences = indexer.differences(&world.chain, &deployment);
    if matches!(engine, Engine::Surfnet(_)) {
        // The time of its blocks may be a second later than what the program read on its clock. No account has more than
        // one such time, so it then agrees as a whole with the earlier second.
        for record in &mut records {
            record.at -= 1;
        }
        let earlier = Indexer::replay(&deployment, &records).differences(&world.chain, &deployment);
        differences.retain(|address, _| earlier.contains_key(address));
    }
    assert!(differences.is_empty(), "{differences:#?}");
}
