//! Step 0007 with the real Program Metadata program, whose file `KZTE_PROGRAM_METADATA` names. No package registry has it:
//! `solana program dump ProgM6JCCvbYkfKqJYHePx4xxSUSqJp7rh8Lyv7nk7S` writes it. Without it `cargo xtask test` leaves these
//! tests out, and says so.

use std::{fs, path::PathBuf};

use kzte_client::{Address, Chain, Instruction, Keypair, LocalChain, PROGRAM_ID};
use kzte_harness::{
    Key, World,
    key::{VAULT_PROGRAM_ID, nowhere},
    multisig::{Council, MULTISIG_PROGRAM_ID, multisig_path},
    validator::{Engine, Setup},
    world::{program, vault_path},
};
use kzte_migrations::{
    Documents, FinalUpgradeAuthority, HandOver, Migration, Outcome, Progress, Stop, Waiting,
    program_metadata::{self as interface, From, Hand, JSON, Stored},
};
use serde_json::{Value, json};

use crate::migrations::rehearsal::{description_of, pairs};

on_both_engines! {
    a_council_takes_the_documents_over,
}

#[test]
#[ignore = "needs the Program Metadata program"]
fn a_council_takes_the_documents_over_in_process() {
    take_over(in_process(), |sponsor| {
        Holder::Council(Council::new("upgrade", 5, 3, sponsor))
    });
}

#[test]
#[ignore = "needs the Program Metadata program"]
fn a_vault_takes_the_documents_over_in_process() {
    take_over(in_process(), |_| Holder::Vault(Key::vault("upgrade")));
}

fn a_council_takes_the_documents_over(engine: &Engine) {
    let validator = Setup::new(engine, &Key::named("upgrade authority").address())
        .with_program(MULTISIG_PROGRAM_ID, multisig_path())
        .with_program(interface::ID, file())
        .start();
    take_over(validator.chain(), |sponsor| {
        Holder::Council(Council::new("upgrade", 5, 3, sponsor))
    });
}

fn file() -> PathBuf {
    std::env::var_os("KZTE_PROGRAM_METADATA")
        .expect("KZTE_PROGRAM_METADATA")
        .into()
}

fn in_process() -> LocalChain {
    let authority = Key::named("upgrade authority").address();
    let mut chain = LocalChain::new(program(), &authority).expect("the chain");
    for (id, file) in [
        (interface::ID, file()),
        (MULTISIG_PROGRAM_ID, multisig_path()),
        (VAULT_PROGRAM_ID, vault_path()),
    ] {
        let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        chain.svm_mut().add_program(id, &bytes).expect("a program");
    }
    chain
}

/// Who has the right to upgrade in the end.
enum Holder {
    Council(Council),
    Vault(Key),
}

impl Holder {
    fn address(&self) -> Address {
        match self {
            Self::Council(council) => council.vault,
            Self::Vault(key) => key.address(),
        }
    }
}

struct Scene<C: kzte_client::Chain> {
    world: World<C>,
    holder: Holder,
    proposals: usize,
}

impl<C: Chain> Scene<C> {
    /// `holder` signs, by a proposal where it is a council.
    #[track_caller]
    fn signs(&mut self, instruction: &Instruction, others: &[Key]) {
        match &self.holder {
            Holder::Council(council) => {
                self.proposals += 1;
                let name = format!("number {}", self.proposals);
                council.carry(&mut self.world, &name, instruction, others);
            }
            Holder::Vault(key) => {
                let signers = [&[*key], others].concat();
                self.world.must(std::slice::from_ref(instruction), &signers);
            }
        }
    }

    fn apply(&mut self, migration: &Migration, keys: &[Key]) -> Result<Outcome, Stop> {
        let (payer, keys) = (self.world.keys.payer.pair(), pairs(keys));
        let keys: Vec<&Keypair> = keys.iter().collect();
        let mut watch = |progress: Progress| {
            if let Progress::Applied(applied) = progress {
                let (act, units) = (&applied.act, applied.receipt.compute_units);
                println!(
                    "{act}: {} transactions, the last {units} compute units",
                    applied.transactions
                );
            }
        };
        migration.apply(&mut self.world.chain, &payer, &keys, None, &mut watch)
    }

    /// Applies, and the holder signs what the run waits for, until nothing is left. Returns what he signed.
    #[track_caller]
    fn applied(&mut self, migration: &Migration, keys: &[Key]) -> Vec<Waiting> {
        let mut signed = Vec::new();
        loop {
            let outcome = self
                .apply(migration, keys)
                .unwrap_or_else(|stop| panic!("{stop}"));
            let Some(waiting) = outcome.waiting.into_iter().next() else {
                break;
            };
            assert!(signed.len() < 20, "no end: {waiting:?}");
            let proposal = waiting.proposal.as_ref().expect("an instruction");
            let old = (waiting.step == "0008_upgrade_authority").then_some(self.world.keys.upgrade_authority);
            self.signs(&proposal.instruction, old.as_slice());
            signed.push(waiting);
        }
        let left = self.apply(migration, &[]).unwrap_or_else(|stop| panic!("{stop}"));
        assert!(left.applied.is_empty() && left.waiting.is_empty());
        migration
            .verify(&self.world.chain)
            .expect("the documents of the file");
        signed
    }

    #[track_caller]
    fn refused(&mut self, instruction: Instruction, signer: Key, name: &str) {
        let error = self.world.send_all(&[instruction], &[signer]).expect_err(name);
        assert_eq!(error.name(), Some(name), "{error}\n{}", error.logs().join("\n"));
    }

    fn stored(&self, address: &Address) -> Stored {
        Stored::of(self.world.chain.account(address).expect("the chain").as_ref())
    }
}

/// The IDL of today, with another version in it.
fn idl(version: &str) -> Vec<u8> {
    let mut idl: Value = serde_json::from_str(include_str!("../../idl/kzte.json")).expect("the IDL");
    idl["metadata"]["version"] = json!(version);
    serde_json::to_vec_pretty(&idl).expect("JSON")
}

fn security(version: &str) -> Vec<u8> {
    let text = include_str!("../../migrations/security.example.json");
    text.replace("\"0.1.0\"", &format!("\"{version}\"")).into_bytes()
}

fn hand(authority: &Key) -> Hand {
    Hand {
        program: PROGRAM_ID,
        authority: authority.address(),
        is_canonical: true,
    }
}

/// Documents are written and changed by a key, then by the holder that the key hands the right to upgrade over to; one is
/// taken away and written anew. Nobody else can do any of it.
fn take_over<C: Chain>(chain: C, holder: impl FnOnce(Key) -> Holder) {
    let mut world = World::on(chain, "metadata mint");
    world.fund_everybody();
    let holder = holder(world.keys.sponsor);
    if let Holder::Council(council) = &holder {
        council.found(&mut world);
    }
    let (description, held, mint_key) = (description_of(&world), world.keys, world.mint_key);
    let mut scene = Scene {
        world,
        holder,
        proposals: 0,
    };
    let (seed, address) = document("idl");
    let (stranger, key) = (held.stranger, held.upgrade_authority);

    // Nobody but the upgrade authority begins.
    scene.refused(
        hand(&stranger).allocate(&address, &seed),
        stranger,
        "InvalidSeeds",
    );
    let initialize = hand(&stranger).initialize(&address, &seed, JSON, Some(b"{}"));
    scene.refused(initialize, stranger, "InvalidSeeds");
    let with = |version: &str| Migration {
        metadata: Documents {
            idl: Some(idl(version)),
            security: Some(security(version)),
        },
        ..Migration::of(&description)
    };
    let keys = [held.authority, held.issuer_manager, mint_key, key];
    let stop = scene.apply(&with("1"), &keys[..3]).expect_err("no key");
    assert!(stop.to_string().contains("upgrade authority"), "{stop}");

    // By the key: written, and replaced.
    for version in ["1", "2"] {
        assert_eq!(scene.applied(&with(version), &keys).len(), 0);
        with("3").verify(&scene.world.chain).expect_err("another text");
    }
    nobody_else(&mut scene, stranger);
    let again = hand(&key).initialize(&address, &seed, JSON, Some(b"{}"));
    scene.refused(again, key, "AccountAlreadyInitialized");

    // By whom it hands the right to upgrade over to.
    let mut migration = with("2");
    migration.hand_over = HandOver {
        upgrade_authority: Some(FinalUpgradeAuthority {
            address: scene.holder.address(),
            unchecked: false,
        }),
        ..HandOver::default()
    };
    assert_eq!(scene.applied(&migration, &keys).len(), 1, "the hand-over itself");
    nobody_else(&mut scene, key);
    migration.metadata = with("3").metadata;
    let signed = scene.applied(&migration, &[]);
    assert_eq!(tags(&signed), [3, 3], "SetData for either");
    the_buffer_is_his(
        &mut scene,
        signed[0].proposal.as_ref().expect("one").instruction.accounts[2].pubkey,
    );

    // Taken away, and written from nothing.
    let hand = Hand {
        authority: scene.holder.address(),
        ..hand(&key)
    };
    let payer = held.payer.address();
    scene.signs(&hand.close(&address, &payer), &[]);
    assert_eq!(scene.stored(&address), Stored::Missing);
    let signed = scene.applied(&migration, &[]);
    assert_eq!(
        tags(&signed),
        [7, 8, 8, 0, 1],
        "Allocate, Extend twice, Write, Initialize"
    );
}

fn document(subject: &str) -> ([u8; 16], Address) {
    let seed = interface::seed(subject);
    (seed, interface::canonical(&PROGRAM_ID, &seed))
}

/// What the holder signed, by the instructions' numbers.
fn tags(signed: &[Waiting]) -> Vec<u8> {
    let tag = |waiting: &Waiting| Some(*waiting.proposal.as_ref()?.instruction.data.first()?);
    signed.iter().filter_map(tag).collect()
}

/// `who` is no upgrade authority, or no longer: nothing of the documents changes by that key.
fn nobody_else<C: Chain>(scene: &mut Scene<C>, who: Key) {
    let (_, address) = document("idl");
    let before = scene.stored(&address);
    let hand = hand(&who);
    for instruction in [
        hand.set_data(&address, JSON, From::Bytes(b"{}")),
        hand.set_authority(&address, &who.address()),
        hand.extend(&address, 1),
        hand.close(&address, &who.address()),
    ] {
        scene.refused(instruction, who, "IncorrectAuthority");
    }
    assert_eq!(scene.stored(&address), before);
}

/// The buffer that the payer has written and given away: only the holder writes it, and has its rent.
fn the_buffer_is_his<C: Chain>(scene: &mut Scene<C>, buffer: Address) {
    let (payer, holder) = (scene.world.keys.payer, scene.holder.address());
    let own = |authority: Address| Hand {
        program: PROGRAM_ID,
        authority,
        is_canonical: false,
    };
    assert!(matches!(scene.stored(&buffer), Stored::Buffer { authority, .. } if authority == holder));
    for instruction in [
        own(payer.address()).write(&buffer, 0, b"something else"),
        own(payer.address()).close(&buffer, &payer.address()),
        own(payer.address()).set_authority(&buffer, &payer.address()),
    ] {
        scene.refused(instruction, payer, "IncorrectAuthority");
    }
    let rent = scene.world.expect_account(&buffer).lamports;
    let treasury = nowhere("treasury");
    scene.signs(&own(holder).close(&buffer, &treasury), &[]);
    assert_eq!(scene.stored(&buffer), Stored::Missing);
    assert_eq!(scene.world.expect_account(&treasury).lamports, rent);
}
