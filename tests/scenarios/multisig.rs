//! The compiled test multisig: what it carries and every way in which it refuses; and the central bank's roles in the hands
//! of councils, in-process.

use std::fs;

use kzte_client::{
    Account, AccountMeta, Address, Chain, ChainError, Instruction, LocalChain, SYSTEM_PROGRAM_ID, SendOptions,
};
use kzte_harness::{
    Key, World,
    key::nowhere,
    multisig::{
        self, Council, MULTISIG_LEN, MULTISIG_PROGRAM_ID, MultisigError, multisig_path, proposal_len,
    },
    world::program,
};

use crate::rehearsal;

#[path = "council.rs"]
mod council;

/// Lamports of a vault at first, and what is moved out of it.
const FUNDS: u64 = 1_000_000_000;
const SUM: u64 = 30_000_000;

fn chain() -> LocalChain {
    let mut chain = LocalChain::new(program(), &Key::named("upgrade authority").address())
        .expect("the chain")
        .with_options(SendOptions::UNCHECKED);
    let file = fs::read(multisig_path()).expect("the test multisig: build it with `cargo xtask build`");
    chain
        .svm_mut()
        .add_program(MULTISIG_PROGRAM_ID, &file)
        .expect("the test multisig");
    chain
}

#[test]
fn councils_govern() {
    council::govern(chain(), |chain, moment| {
        chain.warp_to(chain.time().max(moment) + 60)
    });
}

// ── the multisig alone ──────────────────────────────────────────────────────────────────────

/// A council of three of five with lamports, and a transfer of them to be approved.
struct Scene {
    world: World<LocalChain>,
    council: Council,
    transfer: Instruction,
}

impl Scene {
    fn new() -> Self {
        let mut world = World::on(chain(), "mint");
        world.fund_everybody();
        let council = Council::new("lamports", 5, 3, world.keys.sponsor);
        council.found(&mut world);
        world.chain.fund(&council.vault, FUNDS).expect("lamports");
        Self {
            transfer: transfer(&council.vault, &nowhere("recipient"), SUM),
            world,
            council,
        }
    }

    /// Another council on the same chain.
    fn another(&mut self, name: &str) -> Council {
        let council = Council::new(name, 5, 3, self.world.keys.sponsor);
        council.found(&mut self.world);
        council
    }

    fn proposed(&mut self, name: &str) -> Address {
        let (transfer, member) = (self.transfer.clone(), self.council.members[4]);
        let proposal = self.council.propose(&mut self.world, name, &member, &transfer);
        proposal.expect("a proposal")
    }

    /// Proposed and approved by the last three members.
    fn approved(&mut self, name: &str) -> Address {
        let proposal = self.proposed(name);
        for place in 2..5 {
            self.approve(proposal, place).expect("an approval");
        }
        proposal
    }

    fn approve(&mut self, proposal: Address, member: usize) -> Result<(), ChainError> {
        let member = self.council.members[member];
        self.council.approve(&mut self.world, proposal, &member).map(drop)
    }

    fn execute(&mut self, proposal: Address) -> Result<(), ChainError> {
        let transfer = self.transfer.clone();
        self.council
            .execute(&mut self.world, proposal, &transfer, &[])
            .map(drop)
    }

    /// Sends one instruction.
    fn send(&mut self, instruction: Instruction, signers: &[Key]) -> Result<(), ChainError> {
        self.world.send_all(&[instruction], signers).map(drop)
    }

    fn arrived(&self) -> u64 {
        let account = self
            .world
            .chain
            .account(&nowhere("recipient"))
            .expect("the chain");
        account.map_or(0, |account| account.lamports)
    }

    fn data(&self, address: &Address) -> Vec<u8> {
        self.world.expect_account(address).data
    }

    /// A copy of an account at another address, changed.
    fn forged(&mut self, of: &Address, change: impl FnOnce(&mut Account)) -> Address {
        let (address, mut account) = (nowhere("forged"), self.world.expect_account(of));
        change(&mut account);
        self.world
            .chain
            .set_account(&address, account)
            .expect("an account");
        address
    }
}

/// The system program's transfer.
fn transfer(from: &Address, to: &Address, lamports: u64) -> Instruction {
    Instruction {
        program_id: SYSTEM_PROGRAM_ID,
        accounts: vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)],
        data: [2_u32.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat(),
    }
}

/// The execution under any multisig, with nobody's signature.
fn unsigned_execution(multisig: Address, proposal: Address, inner: &Instruction) -> Instruction {
    let mut execution = multisig::execute(multisig, proposal, inner);
    for meta in &mut execution.accounts {
        meta.is_signer = false;
    }
    execution
}

#[track_caller]
fn refused<T>(result: Result<T, ChainError>, why: MultisigError) {
    let error = result
        .err()
        .unwrap_or_else(|| panic!("expected {why:?}, but it passed"));
    assert!(
        why.is(&error),
        "expected {why:?}, got {error}\n{}",
        error.logs().join("\n")
    );
}

/// Refused by the runtime, which allows nobody more than he brought.
#[track_caller]
fn escalates<T>(result: Result<T, ChainError>) {
    let error = result.err().expect("a privilege that nobody gave");
    assert_eq!(error.name(), Some("PrivilegeEscalation"), "{error}");
}

#[test]
fn any_three_of_five_move_what_they_approved() {
    let mut scene = Scene::new();
    let (first, second) = (scene.approved("one"), scene.proposed("another"));
    scene.execute(first).expect("three approvals");
    assert_eq!(scene.arrived(), SUM);
    let vault = scene.world.expect_account(&scene.council.vault);
    assert_eq!(vault.lamports, FUNDS - SUM);
    // Executed, by members 2, 3 and 4, number 0 of this multisig; the other is number 1.
    let data = scene.data(&first);
    assert_eq!(
        (&data[..3], &data[3..11]),
        ([3, 0b11100, 0].as_slice(), [0; 8].as_slice())
    );
    assert_eq!(&data[11..43], scene.council.multisig.as_ref());
    let other = scene.data(&second);
    assert_eq!((&other[..3], other[3]), ([2, 0, 0].as_slice(), 1));
    assert_eq!(scene.data(&scene.council.multisig)[4], 2);
    // More approvals than it takes do no harm.
    for place in 0..5 {
        scene.approve(second, place).expect("an approval");
    }
    scene.execute(second).expect("five approvals");
    assert_eq!(scene.arrived(), 2 * SUM);
}

#[test]
fn who_is_no_member_has_no_say() {
    let mut scene = Scene::new();
    let (council, transfer) = (scene.council.clone(), scene.transfer.clone());
    let stranger = scene.world.keys.stranger;
    refused(
        council.propose(&mut scene.world, "theirs", &stranger, &transfer),
        MultisigError::NotAMember,
    );
    let proposal = scene.proposed("ours");
    refused(
        council.approve(&mut scene.world, proposal, &stranger),
        MultisigError::NotAMember,
    );
    // The sponsor of the accounts is none either, nor is an empty place of the list.
    let sponsor = scene.world.keys.sponsor;
    refused(
        council.approve(&mut scene.world, proposal, &sponsor),
        MultisigError::NotAMember,
    );
    // A member's name without his signature.
    let member = council.members[0].address();
    let mut approval = multisig::approve(council.multisig, proposal, member);
    approval.accounts[2].is_signer = false;
    refused(scene.send(approval, &[]), MultisigError::NotSigned);
    let mut empty = multisig::approve(council.multisig, proposal, Address::default());
    empty.accounts[2].is_signer = false;
    refused(scene.send(empty, &[]), MultisigError::NotSigned);
    let allocated = scene.forged(&proposal, |account| account.data.fill(0));
    let mut proposing = multisig::propose(council.multisig, allocated, member, &transfer);
    proposing.accounts[2].is_signer = false;
    refused(scene.send(proposing, &[]), MultisigError::NotSigned);
    assert_eq!(scene.data(&proposal)[1..3], [0, 0]);
}

#[test]
fn a_member_approves_once() {
    let mut scene = Scene::new();
    let proposal = scene.proposed("one");
    for place in [0, 1] {
        scene.approve(proposal, place).expect("an approval");
        refused(scene.approve(proposal, place), MultisigError::AlreadyApproved);
    }
    refused(scene.execute(proposal), MultisigError::TooFewApprovals);
    assert_eq!(scene.data(&proposal)[1..3], [0b11, 0]);
}

#[test]
fn nothing_moves_below_the_threshold() {
    let mut scene = Scene::new();
    let proposal = scene.proposed("one");
    // Not by proposing alone, not by one, not by two.
    for place in [4, 0, 2] {
        refused(scene.execute(proposal), MultisigError::TooFewApprovals);
        assert_eq!((scene.arrived(), scene.data(&proposal)[0]), (0, 2));
        scene.approve(proposal, place).expect("an approval");
    }
    scene.execute(proposal).expect("three approvals");
    assert_eq!(scene.arrived(), SUM);
}

#[test]
fn a_proposal_is_executed_once() {
    let mut scene = Scene::new();
    let proposal = scene.approved("one");
    scene.execute(proposal).expect("three approvals");
    refused(scene.execute(proposal), MultisigError::AlreadyExecuted);
    refused(scene.approve(proposal, 0), MultisigError::AlreadyExecuted);
    assert_eq!(scene.arrived(), SUM);
    // Its account takes no other proposal.
    let (multisig, member) = (scene.council.multisig, scene.council.members[0]);
    let anew = multisig::propose(multisig, proposal, member.address(), &scene.transfer);
    refused(scene.send(anew, &[member]), MultisigError::NotEmpty);

    // Nor twice in one transaction, nor inside itself.
    let proposal = scene.approved("another");
    let once = multisig::execute(multisig, proposal, &scene.transfer);
    let twice = scene.world.send_all(&[once.clone(), once], &[]);
    refused(twice, MultisigError::AlreadyExecuted);
    let (council, member) = (scene.council.clone(), scene.council.members[0]);
    let itself = multisig::execute(multisig, council.proposal("itself"), &scene.transfer);
    let result = council.try_carry(&mut scene.world, "itself", &itself, &[member]);
    refused(result, MultisigError::AlreadyExecuted);
    assert_eq!(scene.arrived(), SUM);
}

#[test]
fn another_multisigs_members_and_proposals_do_not_count() {
    let mut scene = Scene::new();
    let other = scene.another("others");
    let (ours, transfer) = (scene.approved("ours"), scene.transfer.clone());
    // Our proposal under their multisig.
    refused(
        other.approve(&mut scene.world, ours, &other.members[0].clone()),
        MultisigError::ForeignProposal,
    );
    let execution = unsigned_execution(other.multisig, ours, &transfer);
    refused(scene.send(execution, &[]), MultisigError::ForeignProposal);
    // Their member on our proposal under our multisig.
    let council = scene.council.clone();
    refused(
        council.approve(&mut scene.world, ours, &other.members[0].clone()),
        MultisigError::NotAMember,
    );
    // A proposal of theirs about our lamports: approved, and their vault does not sign for ours.
    let theirs = other.propose(&mut scene.world, "theirs", &other.members[0].clone(), &transfer);
    let theirs = theirs.expect("a proposal");
    for member in &other.members[..3] {
        other
            .approve(&mut scene.world, theirs, member)
            .expect("an approval");
    }
    let execution = unsigned_execution(other.multisig, theirs, &transfer);
    escalates(scene.send(execution, &[]));
    // And not under our multisig either.
    refused(scene.execute(theirs), MultisigError::ForeignProposal);
    assert_eq!(scene.arrived(), 0);
}

#[test]
fn forged_accounts_are_refused() {
    let mut scene = Scene::new();
    let (council, transfer, stranger) = (
        scene.council.clone(),
        scene.transfer.clone(),
        scene.world.keys.stranger,
    );
    let (proposal, member) = (scene.proposed("one"), council.members[0]);
    // A copy of the proposal under another owner, with every approval.
    let forged = scene.forged(&proposal, |account| {
        account.owner = SYSTEM_PROGRAM_ID;
        account.data[1] = 0b11111;
    });
    refused(scene.execute(forged), MultisigError::WrongOwner);
    refused(scene.approve(forged, 0), MultisigError::WrongOwner);
    let anew = multisig::propose(council.multisig, forged, member.address(), &transfer);
    refused(scene.send(anew, &[member]), MultisigError::WrongOwner);
    // A copy of the multisig under another owner, whose first member is the stranger.
    let forged = scene.forged(&council.multisig, |account| {
        account.owner = SYSTEM_PROGRAM_ID;
        account.data[1] = 1;
        account.data[12..44].copy_from_slice(stranger.address().as_ref());
    });
    let approval = multisig::approve(forged, proposal, stranger.address());
    refused(scene.send(approval, &[stranger]), MultisigError::WrongOwner);
    let execution = unsigned_execution(forged, proposal, &transfer);
    refused(scene.send(execution, &[]), MultisigError::WrongOwner);
    let empty = scene.world.keys.payer.address();
    let anew = multisig::propose(forged, empty, stranger.address(), &transfer);
    refused(scene.send(anew, &[stranger]), MultisigError::WrongOwner);
    let anew = multisig::create(forged, &[stranger.address()], 1);
    refused(scene.send(anew, &[]), MultisigError::WrongOwner);
    // One kind in the place of the other, and an account of neither.
    let swapped = multisig::approve(proposal, council.multisig, member.address());
    refused(scene.send(swapped, &[member]), MultisigError::WrongKind);
    let twice = multisig::approve(council.multisig, council.multisig, member.address());
    refused(scene.send(twice, &[member]), MultisigError::WrongKind);
    let neither = scene.forged(&proposal, |account| account.data.fill(0));
    refused(scene.execute(neither), MultisigError::WrongKind);
    let neither = scene.forged(&council.multisig, |account| account.data.fill(0));
    let approval = multisig::approve(neither, proposal, member.address());
    refused(scene.send(approval, &[member]), MultisigError::WrongKind);
    // As long as a multisig and a proposal at once.
    let disguised = scene.forged(&council.multisig, |account| account.data[0] = 2);
    let approval = multisig::approve(disguised, proposal, member.address());
    refused(scene.send(approval, &[member]), MultisigError::WrongKind);
    assert_eq!((scene.arrived(), scene.data(&proposal)[1]), (0, 0));
}

/// What no instruction leads to: the program does not rely on that.
#[test]
fn accounts_of_its_own_that_it_never_made_are_refused() {
    let mut scene = Scene::new();
    let (council, transfer, stranger) = (
        scene.council.clone(),
        scene.transfer.clone(),
        scene.world.keys.stranger,
    );
    let proposal = scene.proposed("one");
    // A multisig that is too long; a name behind the last member.
    let long = scene.forged(&council.multisig, |account| account.data.push(0));
    let approval = multisig::approve(long, proposal, council.members[0].address());
    refused(
        scene.send(approval, &[council.members[0]]),
        MultisigError::WrongKind,
    );
    let behind = scene.forged(&council.multisig, |account| {
        account.data[12 + 32 * 5..][..32].copy_from_slice(stranger.address().as_ref());
    });
    let theirs = multisig::propose(behind, proposal, stranger.address(), &transfer);
    refused(scene.send(theirs, &[stranger]), MultisigError::NotAMember);
    // A proposal of nothing; one with more accounts than fit on the stack.
    let nothing = scene.forged(&proposal, |account| account.data.truncate(43));
    refused(scene.approve(nothing, 0), MultisigError::WrongKind);
    let mut wide = transfer.clone();
    wide.accounts
        .resize(21, AccountMeta::new_readonly(SYSTEM_PROGRAM_ID, false));
    let proposing = multisig::propose(council.multisig, proposal, Address::default(), &wide);
    let forged = scene.forged(&proposal, |account| {
        account.data[1] = 0b11111;
        account.data.truncate(43);
        account.data.extend(&proposing.data[1..]);
    });
    let execution = multisig::execute(council.multisig, forged, &wide);
    refused(scene.send(execution, &[]), MultisigError::BadProposal);
}

#[test]
fn only_what_was_approved_is_executed() {
    let mut scene = Scene::new();
    let proposal = scene.approved("one");
    let valid = multisig::execute(scene.council.multisig, proposal, &scene.transfer);
    let bent = |change: &dyn Fn(&mut Instruction)| {
        let mut instruction = valid.clone();
        change(&mut instruction);
        instruction
    };
    let thief = nowhere("thief");
    let changes: [&dyn Fn(&mut Instruction); 7] = [
        &|it| it.accounts[4].pubkey = thief,
        &|it| it.accounts.swap(3, 4),
        &|it| it.accounts.truncate(4),
        &|it| it.accounts.push(AccountMeta::new(thief, false)),
        &|it| it.accounts[2].pubkey = MULTISIG_PROGRAM_ID,
        &|it| it.accounts[4].is_writable = false,
        &|it| it.accounts[3].is_writable = false,
    ];
    for change in changes {
        refused(scene.send(bent(change), &[]), MultisigError::NotAsProposed);
        assert_eq!(scene.data(&proposal)[0], 2, "still open");
    }
    // Data behind the tag, which could be taken for another transfer's.
    let error = scene.send(bent(&|it| it.data.push(0)), &[]);
    assert_eq!(error.expect_err("data").name(), Some("InvalidInstructionData"));
    scene.send(valid, &[]).expect("what was approved");
    assert_eq!(scene.arrived(), SUM);
}

/// Who signs beside the vault signs the execution, not the proposal.
#[test]
fn a_second_signer_signs_the_execution() {
    let mut scene = Scene::new();
    let (council, sponsor) = (scene.council.clone(), scene.world.keys.sponsor);
    let theirs = transfer(&sponsor.address(), &nowhere("recipient"), SUM);
    let proposal = council.propose(&mut scene.world, "theirs", &council.members[0], &theirs);
    let proposal = proposal.expect("a proposal");
    for member in &council.members[..3] {
        council
            .approve(&mut scene.world, proposal, member)
            .expect("an approval");
    }
    let unsigned = unsigned_execution(council.multisig, proposal, &theirs);
    escalates(scene.send(unsigned, &[]));
    council
        .execute(&mut scene.world, proposal, &theirs, &[sponsor])
        .expect("the sponsor's own signature");
    assert_eq!(scene.arrived(), SUM);
}

#[test]
fn a_multisig_has_distinct_members_and_a_threshold_that_they_reach() {
    let mut scene = Scene::new();
    let world = &mut scene.world;
    let members: Vec<Address> = (0..11)
        .map(|number| nowhere(&format!("member {number}")))
        .collect();
    let twice = [members[0], members[1], members[0]];
    let bad: [(&[Address], u8); 5] = [
        (&[], 0),
        (&members[..3], 0),
        (&members[..3], 4),
        (&members, 3),
        (&twice, 2),
    ];
    let council = Council::new("bad", 1, 1, world.keys.sponsor);
    for (members, threshold) in bad {
        let result = council.found_with(world, members, threshold);
        refused(result, MultisigError::BadMembers);
    }
    council.found_with(world, &members[..10], 10).expect("ten of ten");
    let data = world.expect_account(&council.multisig).data;
    assert_eq!((data.len(), &data[..3]), (MULTISIG_LEN, [1, 10, 10].as_slice()));
    // Nobody makes it anew, nor out of an account of another length.
    let anew = multisig::create(council.multisig, &members[..1], 1);
    refused(scene.send(anew, &[]), MultisigError::NotEmpty);
    let short = scene.forged(&council.multisig, |account| {
        account.data = vec![0; MULTISIG_LEN - 1]
    });
    let create = multisig::create(short, &members[..1], 1);
    refused(scene.send(create, &[]), MultisigError::WrongKind);
}

#[test]
fn a_malformed_proposal_is_not_taken() {
    let mut scene = Scene::new();
    let (multisig, member) = (scene.council.multisig, scene.council.members[0]);
    let place = scene.council.multisig;
    let mut long = scene.transfer.clone();
    long.accounts
        .resize(21, AccountMeta::new_readonly(SYSTEM_PROGRAM_ID, false));
    let empty = |scene: &mut Scene, len: usize| scene.forged(&place, |account| account.data = vec![0; len]);

    let account = empty(&mut scene, proposal_len(&long));
    let proposal = multisig::propose(multisig, account, member.address(), &long);
    refused(scene.send(proposal, &[member]), MultisigError::BadProposal);
    // A flag that nobody knows, more accounts than there are, no room and too much of it.
    let transfer = scene.transfer.clone();
    let account = empty(&mut scene, proposal_len(&transfer));
    let valid = multisig::propose(multisig, account, member.address(), &transfer);
    let mut flag = valid.clone();
    flag.data[1 + 33 + 32] |= 4;
    refused(scene.send(flag, &[member]), MultisigError::BadProposal);
    let mut count = valid.clone();
    count.data[33] = 9;
    refused(scene.send(count, &[member]), MultisigError::BadProposal);
    for len in [proposal_len(&transfer) - 1, proposal_len(&transfer) + 1] {
        empty(&mut scene, len);
        refused(scene.send(valid.clone(), &[member]), MultisigError::WrongKind);
    }
    empty(&mut scene, proposal_len(&transfer));
    scene.send(valid, &[member]).expect("a proposal");
}
