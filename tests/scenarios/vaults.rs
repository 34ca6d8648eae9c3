//! Role holders that are addresses of another program: a multisig or a governance program signs inside a call, so the
//! program must neither look at the height of the call stack nor ask for a transaction's own signature.

use kzte_client::Chain;
use kzte_harness::{Key, assert_ok, roster, scenes};

/// Every instruction passes with every signer but the payers a vault: authority, issuer manager, pauser, desk, court
/// officer, enforcer, attestors, a bank's admin and operator, nominees, holders, and the upgrade authority.
#[test]
fn every_instruction_passes_when_vaults_hold_the_roles() {
    for spec in roster::ALL {
        let (mut world, case) = scenes::valid_held_by(spec.name, Key::vault);
        let vaults = case
            .instruction
            .accounts
            .iter()
            .filter(|meta| meta.is_signer && !world.keys.pays(&meta.pubkey))
            .count();
        let anybody = spec
            .accounts
            .iter()
            .all(|account| account.kind != roster::Kind::RoleSigner);
        assert!(vaults > 0 || anybody, "{}: no vault signs", spec.name);
        assert_ok(&mut world, &case);
    }
}

/// One approver alone moves nothing: the vault's program refuses before ours is called.
#[test]
fn a_vault_with_one_approval_signs_nothing() {
    let (mut world, case) = scenes::valid_held_by("pause", Key::vault);
    let pauser = world.keys.pauser;
    let mut wrapped = pauser.wrap(case.instruction);
    wrapped.accounts[1].is_signer = false;
    let [first, _] = <[_; 2]>::try_from(pauser.pairs()).expect("two approvers");
    let payer = world.keys.payer.pair();
    let error = world
        .chain
        .send(&[wrapped], &payer, &[&first])
        .expect_err("one approval");
    assert_eq!(error.name(), Some("MissingRequiredSignature"));
}

/// Another program's address signs for itself only: the vault of the enforcer cannot act for the pauser.
#[test]
fn a_vault_signs_for_its_own_address_only() {
    let (mut world, case) = scenes::valid_held_by("pause", Key::vault);
    let (pauser, enforcer): (Key, Key) = (world.keys.pauser, world.keys.enforcer);
    let mut wrapped = pauser.wrap(case.instruction);
    let (_, own) = scenes::valid_held_by("execute_order", Key::vault);
    let own = enforcer.wrap(own.instruction);
    // The enforcer's approvers and bump in the place of the pauser's.
    wrapped.data[0] = own.data[0];
    let approvers = enforcer.pairs();
    for (meta, pair) in wrapped.accounts.iter_mut().zip(&approvers) {
        meta.pubkey = kzte_client::Signer::pubkey(pair);
    }
    let payer = world.keys.payer.pair();
    let error = world
        .chain
        .send(&[wrapped], &payer, &[&approvers[0], &approvers[1]])
        .expect_err("a vault that is not the pauser's");
    assert_eq!(error.name(), Some("PrivilegeEscalation"));
}
