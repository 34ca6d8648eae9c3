//! Everything that an account of the program says can be rebuilt from events and the time of their transactions alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kzte_harness::{Indexer, assert_ok, roster, scenes};

/// After each instruction of the program: both deployments of its scene, rebuilt from the history of the chain, are
/// byte for byte the accounts that lie on it.
#[test]
fn every_account_is_rebuilt_from_events_after_every_instruction() {
    let mut accounts = 0;
    for spec in roster::ALL {
        let (mut world, case) = scenes::valid(spec.name);
        assert_ok(&mut world, &case);
        // A configuration that was made old by hand has no history of that; what migration does to it has.
        for deployment in [world.deployment, world.second()] {
            let indexer = Indexer::replay(&deployment, &world.history);
            accounts += indexer.compare(&world.chain, &deployment, spec.name);
        }
    }
    println!("{accounts} accounts rebuilt and compared");
}

/// An event that an indexer misses is missed in the comparison: the test above can fail.
#[test]
fn a_history_with_a_hole_is_found_out() {
    let (mut world, case) = scenes::valid("burn");
    assert_ok(&mut world, &case);
    world.history.pop();
    let deployment = world.deployment;
    let indexer = Indexer::replay(&deployment, &world.history);
    let compared = catch_unwind(AssertUnwindSafe(|| {
        indexer.compare(&world.chain, &deployment, "a hole")
    }));
    assert!(compared.is_err());
}
