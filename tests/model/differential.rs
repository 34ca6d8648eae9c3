//! The same sequence on two chains: Agave's validator, with the bank and the scheduler of the cluster, and LiteSVM, which
//! all other tests stand on. After every operation the accounts byte for byte, the errors and the events must be equal;
//! and the model must say the same as both.
//!
//! Nobody turns the validator's clock, so days are short here, and LiteSVM is told the time of each block. The validator
//! gets LiteSVM's build of Token-2022: its own is older and names some errors differently.

use std::io::Write as _;

use kzte_client::{Account, Address, Chain, Event, SendOptions, Signature, TOKEN_PROGRAM_ID};
use kzte_harness::validator::{Engine, Setup, Validator};
use serde_json::json;

use crate::{
    Stage,
    actions::Actions,
    agree,
    cast::UPGRADE_AUTHORITY,
    compare,
    coverage::Coverage,
    invariants::{Invariants, Step},
    logs_of,
    model::Model,
    op::Op,
    stage::{NAME, Outcome, URI},
};

/// Operations that are sent; `KZTE_DIFFERENTIAL_STEPS` says otherwise.
const STEPS: u64 = 2_000;
const SEED: u64 = 2026;
/// What passes for a day, seconds: the validator makes some twenty operations in it.
const DAY: i64 = 2;
/// Oldest statement that mints, and term of a redemption, seconds.
const POLICY: [i64; 2] = [3 * DAY, 2 * DAY];

/// LiteSVM's build of Token-2022, in a file.
fn token_2022() -> tempfile::NamedTempFile {
    let chain = Stage::bare();
    let read = |address: &Address| {
        let account = chain.account(address).expect("readable");
        account.unwrap_or_else(|| panic!("{address} is not there"))
    };
    let mut program = read(&TOKEN_PROGRAM_ID).data;
    // Behind the upgradeable loader the account is a tag and the address of the file, which lies behind a header.
    if program.len() == 36 {
        let data = Address::try_from(&program[4..]).expect("an address");
        program = read(&data).data.split_off(45);
    }
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&program).expect("written");
    file
}

/// One operation as the validator did it.
struct Recorded {
    op: Op,
    /// Time of its block, Unix seconds.
    time: i64,
    /// What it did: events, or the name of the error.
    result: Result<Vec<Event>, String>,
    /// Accounts that are not as they were.
    changed: Vec<(Address, Option<Account>)>,
}

/// What of an outcome must be equal on both chains.
fn result_of(outcome: &Outcome) -> Result<Vec<Event>, String> {
    match outcome {
        Outcome::Accepted { events, .. } => Ok(events.clone()),
        Outcome::Refused { name, .. } => Err(name.clone()),
    }
}

/// When a transaction was carried out, passed or failed, Unix seconds.
fn time_of(validator: &Validator, signature: &Signature) -> i64 {
    let params = json!([
        signature.to_string(),
        { "commitment": "confirmed", "maxSupportedTransactionVersion": 1 }
    ]);
    for _ in 0..1_000 {
        let found = validator.ask("getTransaction", params.clone());
        if let Some(time) = found.get("blockTime").and_then(serde_json::Value::as_i64) {
            return time;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("{signature} has no time");
}

/// The sequence on the validator, against the model; what happened.
fn record(validator: &Validator, steps: u64) -> (i64, Vec<Recorded>, Coverage) {
    let chain = validator.chain().with_options(SendOptions::UNCHECKED);
    let (mut stage, mut snapshot) = Stage::on(chain, POLICY);
    let start = snapshot.now;
    let mut model = Model::new(snapshot.now, POLICY[0], POLICY[1], NAME, URI);
    let mut actions = Actions::with_day(SEED, DAY);
    let mut invariants = Invariants::default();
    let mut coverage = Coverage::new();
    let mut recorded = Vec::new();
    while recorded.len() as u64 != steps {
        model.now = stage.chain.now().expect("the time");
        let op = actions.next(&model);
        if matches!(op, Op::Wait(_) | Op::AgeConfig) {
            continue;
        }
        let outcome = stage.attempt(&op);
        let time = time_of(validator, &stage.last.expect("it was sent"));
        model.now = time;
        let verdict = model.apply(&op);
        // Time has passed since the last one, as by a wait.
        let mut before = snapshot.clone();
        before.now = time;
        let fail = |what: String| -> ! {
            panic!(
                "DIFFERENTIAL operation {}: {what}\n{op:#?}\n{}",
                recorded.len(),
                logs_of(&outcome)
            )
        };
        let changed = stage.refresh(&mut snapshot).unwrap_or_else(|what| fail(what));
        // The clock goes on while the accounts are read.
        snapshot.now = time;
        let step = Step {
            op: &op,
            outcome: &outcome,
            before: &before,
            after: &snapshot,
            changed: &changed,
            files: &stage.files,
            config: stage.deployment.config,
            should_pass: verdict.is_ok(),
        };
        invariants.check(&step).unwrap_or_else(|what| fail(what));
        agree(&verdict, &outcome).unwrap_or_else(|what| fail(what));
        compare::compare(&model, &snapshot, &mut stage).unwrap_or_else(|what| fail(what));
        coverage.count(&op, &outcome);
        let result = result_of(&outcome);
        let changed = changed
            .iter()
            .map(|change| (change.address, stage.raw.get(&change.address).cloned()))
            .collect();
        recorded.push(Recorded {
            op,
            time,
            result,
            changed,
        });
    }
    (start, recorded, coverage)
}

/// The same operations on LiteSVM, each at the time that it had. Counts the accounts that were compared.
fn replay(start: i64, recorded: &[Recorded]) -> usize {
    let mut chain = Stage::bare();
    chain.warp_to(start);
    let (mut stage, mut snapshot) = Stage::on(chain, POLICY);
    let mut compared = 0;
    for (number, step) in recorded.iter().enumerate() {
        let Recorded {
            op,
            time,
            result,
            changed,
        } = step;
        stage.chain.warp_to(*time);
        let outcome = stage.attempt(op);
        let here = result_of(&outcome);
        assert_eq!(
            result,
            &here,
            "DIFFERENTIAL operation {number}, validator and LiteSVM: {op:#?}\n{}",
            logs_of(&outcome)
        );
        let changes = stage
            .refresh(&mut snapshot)
            .unwrap_or_else(|what| panic!("{what}"));
        let here: Vec<Address> = changes.iter().map(|change| change.address).collect();
        let there: Vec<Address> = changed.iter().map(|(address, _)| *address).collect();
        assert_eq!(
            there, here,
            "DIFFERENTIAL operation {number}: changed accounts of {op:#?}"
        );
        for (address, there) in changed {
            let here = stage.raw.get(address);
            let bytes = |account: Option<&Account>| {
                account.map(|account| (account.lamports, account.owner, account.data.clone()))
            };
            assert_eq!(
                bytes(there.as_ref()),
                bytes(here),
                "DIFFERENTIAL operation {number}: {address} after {op:#?}"
            );
            compared += 1;
        }
    }
    compared
}

mod agave {
    use super::*;

    #[test]
    #[ignore = "needs Agave's validator"]
    fn a_sequence_is_the_same_on_litesvm_and_on_a_validator() {
        let engine = Engine::agave().expect("KZTE_VALIDATOR");
        let steps = crate::number_in("KZTE_DIFFERENTIAL_STEPS").unwrap_or(STEPS);
        let token_2022 = token_2022();
        let validator = Setup::new(&engine, &UPGRADE_AUTHORITY.address())
            .with_program(TOKEN_PROGRAM_ID, token_2022.path().to_owned())
            .start();
        let (start, recorded, coverage) = record(&validator, steps);
        let compared = replay(start, &recorded);
        let refused = recorded.iter().filter(|step| step.result.is_err()).count();
        println!(
            "{} operations, {refused} refused, {compared} accounts compared\n{coverage}",
            recorded.len()
        );
        assert_eq!(recorded.len() as u64, steps);
    }
}
