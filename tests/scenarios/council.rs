//! The central bank's roles in the hands of councils, on any chain: a whole hand-over from keys to the vaults of a real
//! multisig, a bank's quota, a halt and its end, an upgrade of the program; each approved by as many members as it takes,
//! and each refused with one approval too few.

use kzte_client::{
    Address, Chain, Event, Instruction, Keypair, KzteError, address, fetch, instruction,
    state::{PAUSE_ALL, Role},
};
use kzte_harness::{
    Key, World, assert_ok, assert_refused, credit,
    multisig::Council,
    world::{WIDE, program},
};
use kzte_migrations::{FinalUpgradeAuthority, HandOver, Migration, Outcome, Stop, Waiting, program_hash};

use super::rehearsal::{Pass, description_of, later, pairs, snapshot};

/// One council for each office, each with members of its own.
struct Councils {
    authority: Council,
    issuer_manager: Council,
    pauser: Council,
    upgrade: Council,
}

impl Councils {
    fn found<C: Chain>(world: &mut World<C>) -> Self {
        let sponsor = world.keys.sponsor;
        let councils = Self {
            authority: Council::new("authority", 5, 3, sponsor),
            issuer_manager: Council::new("issuer manager", 3, 2, sponsor),
            pauser: Council::new("pauser", 4, 1, sponsor),
            upgrade: Council::new("upgrade", 5, 4, sponsor),
        };
        for council in councils.all() {
            council.found(world);
        }
        councils
    }

    fn all(&self) -> [&Council; 4] {
        [&self.authority, &self.issuer_manager, &self.pauser, &self.upgrade]
    }

    fn hand_over(&self) -> HandOver {
        HandOver {
            authority: Some(self.authority.vault),
            issuer_manager: Some(self.issuer_manager.vault),
            pauser: Some(self.pauser.vault),
            upgrade_authority: Some(FinalUpgradeAuthority {
                address: self.upgrade.vault,
                unchecked: false,
            }),
            ..HandOver::default()
        }
    }

    /// The council whose signature is waited for carries exactly the instruction that the plan names.
    #[track_caller]
    fn carry<C: Chain>(&self, world: &mut World<C>, waiting: &Waiting, others: &[Key]) {
        let [signer] = waiting.signers.as_slice() else {
            panic!("{waiting:?}");
        };
        let council = self
            .all()
            .into_iter()
            .find(|council| council.vault == signer.address);
        let council = council.unwrap_or_else(|| panic!("no council's: {waiting:?}"));
        let proposal = waiting.proposal.as_ref().expect("an instruction");
        let name = format!("{} {}", waiting.step, waiting.subject);
        council.carry(world, &name, &proposal.instruction, others);
    }
}

fn apply<C: Chain>(world: &mut World<C>, migration: &Migration, keys: &[Key]) -> Result<Outcome, Stop> {
    let (payer, keys) = (world.keys.payer.pair(), pairs(keys));
    let keys: Vec<&Keypair> = keys.iter().collect();
    migration.apply(&mut world.chain, &payer, &keys, None, &mut |_| ())
}

fn program_data<C: Chain>(world: &World<C>) -> (Address, Vec<u8>) {
    let data = world.expect_account(&address::program_data()).data;
    let authority: [u8; 32] = data[13..45].try_into().expect("an address");
    (authority.into(), data[45..].to_vec())
}

/// The whole of it. `chain`: with today's program under the upgrade authority of the harness, and the multisig.
pub fn govern<C: Chain>(chain: C, pass: Pass<C>) {
    let mut world = World::on(chain, "council mint");
    world.fund_everybody();
    world.set_up();
    let bank = world.banks[0];
    let [aigerim, daniyar] = ["aigerim", "daniyar"].map(|name| world.holder(name));
    let lines = [10_000, 700, 800, 900].map(|amount| credit(amount, aigerim.address()));
    let file = world.effective(&bank, &lines);
    world.mint(&bank, &file, 0);

    let councils = Councils::found(&mut world);
    roles_go_to_the_councils(&mut world, &councils);
    keys_are_powerless(&mut world);

    // A quota that is full, then a wider one.
    let quota = |world: &mut World<C>, name: &str, quota: u64| {
        let limits = instruction::IssuerLimits { quota, ..WIDE };
        let council = &councils.issuer_manager;
        let configure = instruction::configure_issuer(&world.deployment, &bank.bic, council.vault, limits);
        council.carry(world, name, &configure, &[]);
        assert_eq!(world.issuer(&bank).quota, quota);
    };
    quota(&mut world, "a full quota", 10_000);
    let mint = world.mint_case(&bank, &file, 1);
    assert_refused(&mut world, &mint, KzteError::QuotaExceeded);
    quota(&mut world, "a wider quota", 20_000);
    world.mint(&bank, &file, 1);

    // The pauser's council halts, the authority's lets go on; neither does the other's.
    let pause = instruction::pause(&world.deployment, councils.pauser.vault, PAUSE_ALL);
    councils.pauser.carry(&mut world, "pause", &pause, &[]);
    assert!(world.try_transfer(&aigerim, &daniyar, 1).is_err(), "a halt");
    let usurped = instruction::resume(&world.deployment, councils.pauser.vault, PAUSE_ALL);
    is_not_theirs(&mut world, &councils.pauser, "usurped", &usurped);
    let resume = instruction::resume(&world.deployment, councils.authority.vault, PAUSE_ALL);
    councils.authority.carry(&mut world, "resume", &resume, &[]);
    world.transfer(&aigerim, &daniyar, 500);
    world.mint(&bank, &file, 2);

    the_upgrade_goes_through_its_council(&mut world, &councils, pass);
    world.mint(&bank, &file, 3);
    let again = world.mint_case(&bank, &file, 3);
    assert_refused(&mut world, &again, KzteError::EntryConsumed);
    assert_eq!(world.supply(), 10_000 + 700 + 800 + 900);
    assert_eq!((world.holding(&aigerim), world.holding(&daniyar)), (11_900, 500));
    let check = world.check_invariants_case();
    let receipt = assert_ok(&mut world, &check);
    assert!(receipt.events.iter().any(|event| matches!(
        event,
        Event::InvariantsChecked(report) if report.violations == 0 && report.banks_given == 2
    )));
}

/// The holders of the keys nominate, the councils accept what the plan says they must; the authority goes last, and the
/// right to upgrade after it, with the old key's signature beside the council's.
fn roles_go_to_the_councils<C: Chain>(world: &mut World<C>, councils: &Councils) {
    let description = description_of(world);
    let migration = Migration {
        hand_over: councils.hand_over(),
        ..Migration::of(&description)
    };
    let keys = [world.keys.authority, world.keys.upgrade_authority];
    let mut order = Vec::new();
    loop {
        let outcome = apply(world, &migration, &keys).unwrap_or_else(|stop| panic!("{stop}"));
        let ready = outcome.waiting.iter().filter(|one| one.proposal.is_some());
        let ready: Vec<Waiting> = ready.cloned().collect();
        if outcome.waiting.is_empty() {
            break;
        }
        assert!(!ready.is_empty() && order.len() < 8, "{:?}", outcome.waiting);
        for waiting in ready {
            let old = (waiting.step == "0008_upgrade_authority").then_some(world.keys.upgrade_authority);
            councils.carry(world, &waiting, old.as_slice());
            order.push(waiting.subject);
        }
    }
    assert_eq!(
        order,
        ["issuer_manager", "pauser", "authority", "upgrade authority"]
    );
    migration.verify(&world.chain).expect("everything is handed over");
    let config = fetch::config(&world.chain, &world.deployment).expect("the configuration");
    for (role, council) in [
        (Role::Authority, &councils.authority),
        (Role::IssuerManager, &councils.issuer_manager),
        (Role::Pauser, &councils.pauser),
    ] {
        assert_eq!(*config.holder(role), council.vault);
    }
    assert_eq!(program_data(world).0, councils.upgrade.vault);
}

/// What held the roles before holds nothing now.
fn keys_are_powerless<C: Chain>(world: &mut World<C>) {
    let bank = world.banks[0];
    for case in [
        world.pause_case(PAUSE_ALL),
        world.resume_case(PAUSE_ALL),
        world.configure_case(&bank, WIDE),
        world.nominate_case(Role::Pauser, &world.keys.stranger.address()),
    ] {
        assert_refused(world, &case, KzteError::NotAuthorized);
    }
}

/// Approved and executed, and refused by the program: the office is another council's.
#[track_caller]
fn is_not_theirs<C: Chain>(world: &mut World<C>, council: &Council, name: &str, instruction: &Instruction) {
    let error = council.try_carry(world, name, instruction, &[]);
    let error = error.expect_err("another council's office");
    assert!(error.is(KzteError::NotAuthorized), "{error}");
}

/// The payer writes the buffer and gives it to the council; the council approves the upgrade that the plan names.
fn the_upgrade_goes_through_its_council<C: Chain>(world: &mut World<C>, councils: &Councils, pass: Pass<C>) {
    let (description, later) = (description_of(world), later(program()));
    let migration = Migration {
        program: Some(&later),
        hand_over: councils.hand_over(),
        through: Some("0001"),
        ..Migration::of(&description)
    };
    let before = snapshot(world);
    let outcome = apply(world, &migration, &[]).unwrap_or_else(|stop| panic!("{stop}"));
    let [waiting] = outcome.waiting.as_slice() else {
        panic!("{:?}", outcome.waiting);
    };
    assert!(
        waiting.reason.starts_with("upgrade must be signed by")
            && waiting.reason.ends_with(&program_hash(&later)),
        "{}",
        waiting.reason
    );
    assert_eq!(
        program_hash(&program_data(world).1),
        program_hash(program()),
        "not yet"
    );
    // The key that could do it until now.
    let proposal = waiting.proposal.as_ref().expect("an instruction");
    let mut by_key = proposal.instruction.clone();
    let old = world.keys.upgrade_authority;
    for meta in by_key.accounts.iter_mut().filter(|meta| meta.is_signer) {
        meta.pubkey = old.address();
    }
    let error = world.send_all(&[by_key], &[old]).expect_err("the old key");
    assert_eq!(error.name(), Some("IncorrectAuthority"), "{error}");

    councils.carry(world, waiting, &[]);
    let (authority, bytes) = program_data(world);
    assert_eq!(authority, councils.upgrade.vault);
    assert!(bytes.starts_with(&later) && bytes[later.len()..].iter().all(|byte| *byte == 0));
    assert_eq!(snapshot(world), before, "an upgrade touches no account");
    migration.verify(&world.chain).expect("the later build");
    // The chain runs it from the next slot on.
    let now = world.chain.now().expect("the time");
    pass(&mut world.chain, now + 1);
}
