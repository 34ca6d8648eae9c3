//! For every instruction a world in which its valid form passes, and that form: what tests of all instructions alike
//! start from.
//!
//! Each world holds a second deployment under the same keys, two banks with money out, and a redemption that is due.

use kzte_client::{
    instruction::{MetadataField, MintSource},
    state::{IssuerRole, PAUSE_ALL, Role},
};

use crate::{
    Case, Key, World, assert_ok, credit, debit,
    key::nowhere,
    neutral_credit,
    world::{Bank, DAY, MAX_STATEMENT_AGE, REDEMPTION_SLA, WIDE},
};

/// Name of the holder of the scenes.
pub const HOLDER: &str = "aigerim";

/// A world in which `name` passes, and how. Panics when there is no scene for it.
pub fn valid(name: &str) -> (World, Case) {
    valid_held_by(name, Key::named)
}

/// [`valid`], everybody who signs being what `make` makes of their names: [`Key::named`] or [`Key::vault`].
pub fn valid_held_by(name: &str, make: fn(&str) -> Key) -> (World, Case) {
    if name == "initialize" {
        let mut world = World::with_second_held_by(make);
        // The first deployment begins anew under another mint, so that a second one lies beside it.
        world.begin_anew("third mint");
        let case = world.initialize_case_with(MintSource::Create, world.policy());
        return (world, case);
    }
    let mut world = world(make);
    let [bank, other] = world.banks;
    let [holder, treasury, nominee] = [HOLDER, "treasury", "nominee"].map(make);
    let case = match name {
        "set_attestors" => {
            let attestors = world.keys.attestors;
            world.set_attestors_case(&attestors, 2, 0b001)
        }
        "register_issuer" => world.register_case(&Bank::held_by("KCJBKZKXXXX", make), WIDE),
        "configure_issuer" => world.configure_case(&bank, WIDE),
        "set_policy" => world.set_policy_case(MAX_STATEMENT_AGE, REDEMPTION_SLA),
        "set_issuer_status" => world.status_case(&bank, 1),
        "nominate_role" => world.nominate_case(Role::Pauser, &nominee.address()),
        "accept_role" => {
            let nominate = world.nominate_case(Role::Pauser, &nominee.address());
            assert_ok(&mut world, &nominate);
            world.accept_case(Role::Pauser, &nominee)
        }
        "cancel_nomination" => {
            let nominate = world.nominate_case(Role::Pauser, &nominee.address());
            assert_ok(&mut world, &nominate);
            world.cancel_nomination_case(Role::Pauser)
        }
        "nominate_issuer_role" => world.nominate_issuer_case(&bank, IssuerRole::Operator, &nominee.address()),
        "accept_issuer_role" => {
            let nominate = world.nominate_issuer_case(&bank, IssuerRole::Operator, &nominee.address());
            assert_ok(&mut world, &nominate);
            world.accept_issuer_case(&bank, IssuerRole::Operator, &nominee)
        }
        "cancel_issuer_nomination" => {
            let nominate = world.nominate_issuer_case(&bank, IssuerRole::Operator, &nominee.address());
            assert_ok(&mut world, &nominate);
            world.cancel_issuer_nomination_case(&bank, IssuerRole::Operator)
        }
        "set_default_account_state" => world.default_state_case(true),
        "update_metadata" => world.update_metadata_case(MetadataField::Uri, "https://kzte.example/2.json"),
        "migrate_config" => {
            world.age_config();
            world.migrate_case()
        }
        "pause" => world.pause_case(PAUSE_ALL),
        "resume" => {
            world.pause(PAUSE_ALL);
            world.resume_case(PAUSE_ALL)
        }
        "post_statement" => {
            let file = world.file(&bank, &[neutral_credit(1)]);
            world.post_case(&bank, &file)
        }
        "withdraw_statement" => {
            let file = world.post(&bank, &[neutral_credit(1)]);
            world.withdraw_case(&bank, file.totals.number)
        }
        "attest_statement" => {
            let file = world.post(&bank, &[neutral_credit(1)]);
            let central_bank = world.keys.attestors[0];
            world.attest_case(&bank, &file, &central_bank)
        }
        "close_statement" => {
            let number = world.issuer(&bank).statement_number;
            world.close_case(&bank, number)
        }
        "mint" => {
            let file = world.effective(&bank, &[credit(100, holder.address())]);
            world.mint_case(&bank, &file, 0)
        }
        "mint_many" => {
            let wallet = holder.address();
            let file = world.effective(&bank, &[credit(100, wallet), credit(200, wallet)]);
            world.mint_many_case(&bank, &file, 0, 2)
        }
        "burn" => {
            world.deposit(&bank, &bank.operator, 1_000);
            world.burn_case(&bank, 400)
        }
        "request_redemption" => world.request_case(&bank, &holder, 2, 300),
        "settle_redemption" => {
            let redemption = redemption(&world, &bank);
            let file = world.effective(&bank, &[debit(500, redemption)]);
            world.settle_case(&bank, &file, 0)
        }
        "reject_redemption" => {
            let redemption = redemption(&world, &bank);
            world.reject_case(&bank, &redemption)
        }
        "cancel_redemption" => {
            world.advance(MAX_STATEMENT_AGE);
            let redemption = redemption(&world, &bank);
            world.cancel_case(&bank, &redemption, &holder)
        }
        "flag_overdue" => {
            let redemption = redemption(&world, &bank);
            world.flag_case(&bank, &redemption)
        }
        "freeze" => world.freeze_case(&world.token_account(&holder)),
        "thaw" => {
            world.freeze(&holder);
            world.thaw_case(&world.token_account(&holder))
        }
        "block_wallet" => world.block_case(&nowhere("a wallet to block")),
        "unblock_wallet" => {
            world.block(&nowhere("a wallet to block"));
            world.unblock_case(&nowhere("a wallet to block"))
        }
        "admit_holder" => {
            world.set_born_frozen(true);
            let newcomer = world.holder("newcomer");
            world.admit_case(&bank, &newcomer.address())
        }
        "open_order" => {
            let terms = world.order_terms("a case", &holder, &treasury, 1_000);
            world.open_order_case(&terms)
        }
        "execute_order" => {
            let terms = world.order_terms("a case", &holder, &treasury, 1_000);
            world.open_order(&terms);
            world.execute_order_case(&terms, 1_000)
        }
        "close_order" => {
            let terms = world.order_terms("a case", &holder, &treasury, 1_000);
            world.open_order(&terms);
            world.close_order_case(&terms)
        }
        "novate" => world.novate_case(&bank, &other, 700),
        "check_invariants" => world.check_invariants_case(),
        _ => panic!("no scene for '{name}'"),
    };
    (world, case)
}

/// Both banks have issued to the holder, who has asked the first one to pay 500 out and waited beyond the term.
fn world(make: fn(&str) -> Key) -> World {
    let mut world = World::with_second_held_by(make);
    world.in_second(|world| {
        let [bank, other] = world.banks;
        stock(world, &bank);
        stock(world, &other);
    });
    for bank in world.banks {
        stock(&mut world, &bank);
    }
    world.holder("nominee");
    let bank = world.banks[0];
    world.request(&bank, &make(HOLDER), 1, 500);
    world.advance(REDEMPTION_SLA + 1);
    // The statements are stale by now: a new day for each bank.
    for bank in world.banks {
        world.effective(&bank, &[neutral_credit(1_000)]);
    }
    world.advance(1);
    world
}

/// Accounts for everybody and 10,000 tiyn from this bank to the holder.
fn stock(world: &mut World, bank: &Bank) {
    world.holder("treasury");
    let holder = world.holder(HOLDER);
    world.open_account(&bank.operator.address());
    world.deposit(bank, &holder, 10_000);
    world.advance(DAY / 24);
}

fn redemption(world: &World, bank: &Bank) -> kzte_client::Address {
    world
        .deployment
        .redemption(&bank.bic, &world.key(HOLDER).address(), 1)
}

#[cfg(test)]
mod tests {
    use crate::{assert_ok, roster};

    #[test]
    fn every_instruction_has_a_scene_in_which_it_passes() {
        for spec in roster::ALL {
            let (mut world, case) = super::valid(spec.name);
            assert_eq!(case.name, spec.name);
            assert_ok(&mut world, &case);
        }
    }
}
