//! One measurement: what an instruction consumed, and how much of that was Token-2022.

use std::collections::BTreeSet;

use kzte_client::{Address, Chain, PROGRAM_ID, TOKEN_PROGRAM_ID, transaction};
use kzte_harness::{Case, Key, World};

/// Runtime cost of one call to another program, beside what that program consumes: 946, and a unit for each whole 250
/// bytes of instruction data, of account metas (34 each), of account handles (80 each), and of each account's data.
pub const CALL: u64 = 946;
const BYTES_PER_UNIT: usize = 250;
const META: usize = 34;
const HANDLE: usize = 80;

/// What one instruction consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Compute units of the instruction with everything it called.
    pub total: u64,
    /// Of these, Token-2022 and the cost of calling it.
    pub token: u64,
    /// Calls of any program.
    pub calls: u64,
}

/// Runs the case on the world without keeping what it does, and reads its cost.
pub fn cost_of(world: &World, case: &Case) -> Cost {
    let svm = world.chain.local().svm();
    // A bank pays its own fees: with another payer a full `mint_many` would not fit.
    let payer = case
        .signers
        .iter()
        .find(|key| svm.get_balance(&key.address()).unwrap_or_default() > 0);
    let payer = payer.unwrap_or(&world.keys.payer);
    let pairs: Vec<_> = case.signers.iter().map(Key::pair).collect();
    let references: Vec<_> = pairs.iter().collect();
    let signed = transaction::build(
        std::slice::from_ref(&case.instruction),
        &payer.pair(),
        &references,
        svm.latest_blockhash(),
        transaction::Budget::MAX,
    )
    .unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let meta = match svm.simulate_transaction(signed.transaction.clone()) {
        Ok(info) => info.meta,
        Err(failed) => panic!("{}: {}\n{}", case.name, failed.err, failed.meta.logs.join("\n")),
    };

    let consumed = consumption(&meta.logs);
    let sum = |of: &dyn Fn(&&Consumed) -> bool| consumed.iter().filter(of).map(|it| it.units).sum::<u64>();
    let total = sum(&|it| it.program == PROGRAM_ID && it.height == 1);
    let mut token = sum(&|it| it.program == TOKEN_PROGRAM_ID);

    let keys = signed.transaction.message.static_account_keys();
    let mut calls = 0;
    for inner in meta
        .inner_instructions
        .iter()
        .flatten()
        .filter(|inner| inner.stack_height == 2)
    {
        calls += 1;
        let instruction = &inner.instruction;
        if keys[usize::from(instruction.program_id_index)] != TOKEN_PROGRAM_ID {
            continue;
        }
        let metas = instruction.accounts.len();
        let mut lengths = vec![instruction.data.len(), metas * META, metas * HANDLE];
        for place in instruction.accounts.iter().copied().collect::<BTreeSet<u8>>() {
            let account = world.chain.account(&keys[usize::from(place)]).expect("the chain");
            lengths.push(account.map_or(0, |account| account.data.len()));
        }
        let units: usize = lengths.iter().map(|bytes| bytes / BYTES_PER_UNIT).sum();
        token += CALL + units as u64;
    }
    Cost { total, token, calls }
}

struct Consumed {
    program: Address,
    height: usize,
    units: u64,
}

/// `Program P invoke [h]` and `Program P consumed N of M compute units`, line by line.
fn consumption(logs: &[String]) -> Vec<Consumed> {
    let mut heights = Vec::new();
    let mut found = Vec::new();
    for line in logs {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["Program", _, "invoke", height] => {
                heights.push(
                    height
                        .trim_matches(['[', ']'])
                        .parse::<usize>()
                        .expect("a height"),
                );
            }
            ["Program", program, "consumed", units, "of", ..] => {
                found.push(Consumed {
                    program: program.parse().expect("a program"),
                    height: heights.last().copied().expect("a running program"),
                    units: units.parse().expect("compute units"),
                });
            }
            ["Program", _, "success"] => {
                heights.pop();
            }
            _ => {}
        }
    }
    found
}

/// Cost of one `sol_sha256` over parts of these lengths: 85, and half a unit a byte, at least 10 a part.
pub const fn sha256(parts: &[u64]) -> u64 {
    let (mut units, mut part) = (85, 0);
    while part < parts.len() {
        let bytes = parts[part] / 2;
        units += if bytes < 10 { 10 } else { bytes };
        part += 1;
    }
    units
}
