//! For every instruction of the program a chain on which its valid form passes: the scenes of the tests.

use std::collections::BTreeMap;

use kzte_client::{
    Account, Address, Instruction, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, chain::Chain as _,
};
use kzte_harness::{World, roster, scenes};
use litesvm::LiteSVM;
use solana_clock::Clock;

/// A moment of a chain and an instruction that passes then.
pub struct Scene {
    pub name: &'static str,
    pub instruction: Instruction,
    /// Who pays the fee.
    pub payer: Address,
    /// Every account but programs and those of the runtime.
    pub accounts: BTreeMap<Address, Account>,
    pub mint: Address,
    pub now: i64,
}

/// Every instruction's scene, and a virtual machine with the programs in it.
pub fn all() -> (LiteSVM, Vec<Scene>) {
    let mut scenes = Vec::new();
    let mut machine = None;
    for spec in roster::ALL {
        let (mut world, case) = scenes::valid(spec.name);
        let accounts = accounts(&world);
        scenes.push(Scene {
            name: spec.name,
            instruction: case.instruction,
            payer: world.keys.payer.address(),
            accounts,
            mint: world.deployment.mint,
            now: world.chain.now().unwrap(),
        });
        machine.get_or_insert_with(|| {
            let svm = std::mem::take(world.chain.local_mut().svm_mut());
            // Whoever is named as a signer has signed: the program must hold even so, or refuse.
            svm.with_sigverify(false)
                .with_blockhash_check(false)
                .with_transaction_history(0)
        });
    }
    (machine.unwrap(), scenes)
}

/// What the programs of interest have made, and the wallets.
fn accounts(world: &World) -> BTreeMap<Address, Account> {
    let own = [PROGRAM_ID, TOKEN_PROGRAM_ID, SYSTEM_PROGRAM_ID];
    let all = world.chain.local().svm().accounts_db().inner.iter();
    all.map(|(address, account)| (*address, Account::from(account.clone())))
        .filter(|(_, account)| own.contains(&account.owner) && !account.executable && account.lamports > 0)
        .collect()
}

/// Puts a scene onto the machine in place of another.
pub fn show(machine: &mut LiteSVM, before: Option<&Scene>, scene: &Scene) {
    let gone = before.into_iter().flat_map(|before| before.accounts.keys());
    for address in gone.filter(|address| !scene.accounts.contains_key(*address)) {
        machine.set_account(*address, Account::default()).unwrap();
    }
    for (address, account) in &scene.accounts {
        machine.set_account(*address, account.clone()).unwrap();
    }
    set_time(machine, scene.now);
}

pub fn set_time(machine: &mut LiteSVM, now: i64) {
    let mut clock: Clock = machine.get_sysvar();
    clock.unix_timestamp = now;
    machine.set_sysvar(&clock);
}
