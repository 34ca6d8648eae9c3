//! What must not work, tried: each attempt is a real transaction on a copy of the chain, past every check of the
//! commands, so that it is the program which refuses. It must refuse by the right name and change nothing.

use kzte_client::{
    Address, Bic, Chain, Deployment, Instruction, Keypair, LocalChain, PROGRAM_ID, SendOptions, Signer,
    address, fetch,
    instruction::{self, InitializeArgs, IssuerLimits, MintSource, Recipient},
    reserve::StatementFile,
    state::{PAUSE_MINT, ROLE_COUNT},
};
use kzte_ledger::{Entry, EntryKind};

use super::{expect, record::Refusal, samples, story::Story};
use crate::{
    failure::{Failure, Kind, Result},
    import,
    keys::{Hand, text_hash},
    ops::{compliance, oversight, redemption, reserves},
};

const ALTYNDALA: usize = 0;
const SARYZHAILAU: usize = 1;
/// The statement whose deposits the attempts are after: entry 0 is minted, entry 1 is not.
const NUMBER: u64 = 4;

/// A deposit that waits to be minted, and what a mint of it needs.
struct Target {
    dep: Deployment,
    bic: Bic,
    file: StatementFile,
    minted: Entry,
    open: Entry,
    debit: Entry,
}

impl Target {
    fn of(story: &Story) -> Result<Self> {
        let file = story.statement(SARYZHAILAU, NUMBER)?;
        let entry = |index: usize| {
            file.entries
                .get(index)
                .copied()
                .ok_or_else(|| Failure::mismatch(format!("no entry {index}"), ""))
        };
        let (minted, open, debit) = (entry(0)?, entry(1)?, entry(3)?);
        Ok(Self {
            dep: story.deployment,
            bic: story.bank(SARYZHAILAU).bic,
            file,
            minted,
            open,
            debit,
        })
    }

    fn proof(&self, index: u32) -> Vec<[u8; 32]> {
        self.file.proof(index).unwrap_or_default()
    }

    /// A mint of `entry` to `recipient` by `operator`, with the proof of `index`.
    fn mint(&self, operator: Address, recipient: Address, entry: &Entry, index: u32) -> Instruction {
        let recipient = Recipient::of(recipient, &self.dep.mint);
        instruction::mint(
            &self.dep,
            &self.bic,
            operator,
            self.file.totals.number,
            recipient,
            entry,
            &self.proof(index),
        )
    }

    /// The honest mint of the open deposit.
    fn honest(&self, operator: Address) -> Instruction {
        self.mint(
            operator,
            Address::new_from_array(self.open.party),
            &self.open,
            self.open.index,
        )
    }
}

/// One attempt.
struct Attempt<'a> {
    who: &'a str,
    what: &'a str,
    expected: &'a str,
}

/// Sends and expects the refusal `expected`, nothing changed.
fn refuse(
    story: &mut Story,
    chain: &LocalChain,
    attempt: &Attempt,
    instructions: &[Instruction],
    signers: &[&Keypair],
) -> Result<()> {
    let Attempt { who, what, expected } = *attempt;
    let mut fork = chain.clone();
    let before = story.fingerprint(&fork)?;
    let player = story.cast.get(who);
    let outcome = fork.send_with(instructions, &player.key, signers, SendOptions::UNCHECKED);
    let error = match outcome {
        Ok(receipt) => {
            return expect(false, || {
                format!("«{what}» went through as {}", receipt.signature)
            });
        }
        Err(error) => error,
    };
    expect(error.name() == Some(expected), || {
        format!("«{what}» was refused by {error}, not by {expected}")
    })?;
    expect(story.fingerprint(&fork)? == before, || {
        format!("«{what}» was refused and changed something")
    })?;
    let name = player.name.to_owned();
    let failure = Failure::from(error);
    let sentence = failure
        .message
        .split(" (code")
        .next()
        .unwrap_or_default()
        .to_owned();
    story.refused(Refusal {
        who: name,
        attempt: what.to_owned(),
        error: expected.to_owned(),
        sentence,
    });
    Ok(())
}

/// Tries everything.
pub fn provoke(story: &mut Story) -> Result<()> {
    let target = Target::of(story)?;
    of_deposits(story, &target)?;
    of_statements(story, &target)?;
    of_limits(story, &target)?;
    of_redemptions(story)?;
    of_roles(story, &target)?;
    of_files(story)
}

fn of_deposits(story: &mut Story, target: &Target) -> Result<()> {
    let bank = story.cast.address("saryzhailau");
    let chain = story.fork();
    let party = |entry: &Entry| Address::new_from_array(entry.party);

    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints a deposit that was minted before",
        expected: "EntryConsumed",
    };
    let twice = target.mint(bank, party(&target.minted), &target.minted, target.minted.index);
    refuse(story, &chain, &attempt, &[twice], &[])?;

    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints a deposit into the wallet of somebody else",
        expected: "WrongRecipient",
    };
    let other = story.cast.address("tulpar-market");
    refuse(
        story,
        &chain,
        &attempt,
        &[target.mint(bank, other, &target.open, target.open.index)],
        &[],
    )?;

    let attempt = Attempt {
        who: "saryzhailau",
        what: "writes another wallet into the entry itself",
        expected: "ProofInvalid",
    };
    let forged = Entry {
        party: other.to_bytes(),
        ..target.open
    };
    refuse(
        story,
        &chain,
        &attempt,
        &[target.mint(bank, other, &forged, forged.index)],
        &[],
    )?;

    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints one tiyn more than was deposited",
        expected: "ProofInvalid",
    };
    let more = Entry {
        amount: target.open.amount + 1,
        ..target.open
    };
    refuse(
        story,
        &chain,
        &attempt,
        &[target.mint(bank, party(&more), &more, more.index)],
        &[],
    )?;

    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints one tiyn less than was deposited",
        expected: "ProofInvalid",
    };
    let less = Entry {
        amount: target.open.amount - 1,
        ..target.open
    };
    refuse(
        story,
        &chain,
        &attempt,
        &[target.mint(bank, party(&less), &less, less.index)],
        &[],
    )?;

    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints against a debit: its own withdrawal from the reserve",
        expected: "ProofInvalid",
    };
    let own = Entry {
        party: other.to_bytes(),
        kind: EntryKind::Credit,
        ..target.debit
    };
    refuse(
        story,
        &chain,
        &attempt,
        &[target.mint(bank, other, &own, own.index)],
        &[],
    )?;

    let attempt = Attempt {
        who: "altyndala",
        what: "mints a deposit that lies at the other bank",
        expected: "NotAuthorized",
    };
    let foreign = target.honest(story.cast.address("altyndala"));
    refuse(story, &chain, &attempt, &[foreign], &[])
}

/// A further statement of a bank, made for an attempt.
fn next_statement(
    story: &Story,
    chain: &LocalChain,
    bank: usize,
    entries: Vec<Entry>,
) -> Result<StatementFile> {
    let bic = story.bank(bank).bic;
    let issuer = fetch::issuer(chain, &story.deployment, &bic)?
        .ok_or_else(|| Failure::mismatch(format!("{bic} is not registered"), ""))?;
    let number = issuer.statement_number + 1;
    Ok(StatementFile::new(
        number,
        issuer.closing_balance,
        chain.time(),
        entries,
        text_hash(None, "attempt"),
    )?)
}

/// Posts a statement on a fork and lets `attestors` vote.
fn put(
    story: &Story,
    chain: &mut LocalChain,
    bank: usize,
    file: &StatementFile,
    attestors: &[&str],
) -> Result<()> {
    let (bic, id) = (story.bank(bank).bic, story.bank(bank).id);
    reserves::post(
        chain,
        &story.deployment,
        &Hand::of(story.cast.key(id)),
        &bic,
        file,
    )?;
    for attestor in attestors {
        reserves::attest(
            chain,
            &story.deployment,
            &Hand::of(story.cast.key(attestor)),
            &bic,
            file,
        )?;
    }
    Ok(())
}

fn deposit(wallet: Address, amount: u64) -> Entry {
    let reference_hash = text_hash(None, "a deposit made for an attempt");
    Entry {
        kind: EntryKind::Credit,
        index: 0,
        amount,
        reference_hash,
        party: wallet.to_bytes(),
    }
}

fn of_statements(story: &mut Story, target: &Target) -> Result<()> {
    let dep = story.deployment;
    let bic = story.bank(ALTYNDALA).bic;
    let bank = story.cast.address("altyndala");
    let wallet = story.cast.address("tulpar-market");
    let mut chain = story.fork();
    chain.advance(3600);

    // A statement with one deposit, posted and without votes.
    let file = next_statement(story, &chain, ALTYNDALA, vec![deposit(wallet, 1_000_000)])?;
    let number = file.totals.number;
    put(story, &mut chain, ALTYNDALA, &file, &[])?;
    let mint = |file: &StatementFile| {
        let entry = file
            .entries
            .first()
            .copied()
            .unwrap_or_else(|| deposit(wallet, 0));
        let recipient = Recipient::of(wallet, &dep.mint);
        instruction::mint(
            &dep,
            &bic,
            bank,
            file.totals.number,
            recipient,
            &entry,
            &file.proof(0).unwrap_or_default(),
        )
    };
    let attempt = Attempt {
        who: "altyndala",
        what: "mints against a statement that nobody has attested",
        expected: "StatementNotEffective",
    };
    refuse(story, &chain, &attempt, &[mint(&file)], &[])?;

    let mut voted = chain.clone();
    reserves::attest(
        &mut voted,
        &dep,
        &Hand::of(story.cast.key("custodian")),
        &bic,
        &file,
    )?;
    let config = fetch::config(&voted, &dep)?;
    let digest = |file: &StatementFile| {
        file.digest(
            &PROGRAM_ID,
            &dep.config,
            &dep.issuer(&bic),
            config.attestor_set_version,
        )
    };
    let attempt = Attempt {
        who: "custodian",
        what: "votes for the same statement twice",
        expected: "AlreadyAttested",
    };
    let vote =
        instruction::attest_statement(&dep, &bic, story.cast.address("custodian"), number, digest(&file));
    refuse(story, &voted, &attempt, &[vote], &[])?;

    reserves::attest(
        &mut voted,
        &dep,
        &Hand::of(story.cast.key("auditor")),
        &bic,
        &file,
    )?;
    let attempt = Attempt {
        who: "altyndala",
        what: "mints on two votes of three, the central bank's not among them",
        expected: "StatementNotEffective",
    };
    refuse(story, &voted, &attempt, &[mint(&file)], &[])?;

    let attempt = Attempt {
        who: "stranger",
        what: "votes without a seat in the attestor set",
        expected: "NotAttestor",
    };
    let vote =
        instruction::attest_statement(&dep, &bic, story.cast.address("stranger"), number, digest(&file));
    refuse(story, &chain, &attempt, &[vote], &[])?;

    let attempt = Attempt {
        who: "auditor",
        what: "signs the digest of a statement that differs by one tiyn",
        expected: "DigestMismatch",
    };
    let other = next_statement(story, &chain, ALTYNDALA, vec![deposit(wallet, 1_000_001)])?;
    let vote =
        instruction::attest_statement(&dep, &bic, story.cast.address("auditor"), number, digest(&other));
    refuse(story, &chain, &attempt, &[vote], &[])?;

    // What cannot be posted at all.
    let chain = story.fork();
    let honest = next_statement(story, &chain, ALTYNDALA, Vec::new())?;
    let post = |change: &dyn Fn(&mut StatementFile)| {
        let mut file = honest.clone();
        change(&mut file);
        instruction::post_statement(&dep, &bic, bank, file.args())
    };
    let attempt = Attempt {
        who: "altyndala",
        what: "posts a statement whose opening balance is one tiyn above the last closing balance",
        expected: "OpeningBalance",
    };
    let opening = post(&|file| {
        file.totals.opening += 1;
        file.totals.closing += 1;
    });
    refuse(story, &chain, &attempt, &[opening], &[])?;
    let attempt = Attempt {
        who: "altyndala",
        what: "leaves a statement number out",
        expected: "StatementNumber",
    };
    refuse(
        story,
        &chain,
        &attempt,
        &[post(&|file| file.totals.number += 1)],
        &[],
    )?;
    let attempt = Attempt {
        who: "altyndala",
        what: "posts the statement of tomorrow",
        expected: "StatementInFuture",
    };
    refuse(
        story,
        &chain,
        &attempt,
        &[post(&|file| file.totals.as_of += 86_400)],
        &[],
    )?;

    // What has become effective, or still has deposits.
    let attempt = Attempt {
        who: "saryzhailau",
        what: "withdraws an effective statement",
        expected: "StatementEffective",
    };
    let operator = story.cast.address("saryzhailau");
    let withdraw = instruction::withdraw_statement(&dep, &target.bic, operator, NUMBER, operator);
    refuse(story, &chain, &attempt, &[withdraw], &[])?;
    let attempt = Attempt {
        who: "stranger",
        what: "closes a statement with a deposit that is not minted",
        expected: "StatementNotExhausted",
    };
    let close = instruction::close_statement(
        &dep,
        &target.bic,
        story.cast.address("stranger"),
        NUMBER,
        operator,
    );
    refuse(story, &chain, &attempt, &[close], &[])
}

fn of_limits(story: &mut Story, target: &Target) -> Result<()> {
    let dep = story.deployment;
    let bank = story.cast.address("saryzhailau");
    let honest = target.honest(bank);

    let mut chain = story.fork();
    chain.warp_to(target.file.totals.as_of + story.policy().max_statement_age + 1);
    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints one second after its last statement became too old",
        expected: "StatementStale",
    };
    refuse(story, &chain, &attempt, std::slice::from_ref(&honest), &[])?;

    // A later statement takes deposits back by a reversal, so that the reserve no longer covers the open deposit.
    let mut chain = story.fork();
    chain.advance(3600);
    let issuer = fetch::issuer(&chain, &dep, &target.bic)?
        .ok_or_else(|| Failure::mismatch("the bank is not registered", ""))?;
    let outstanding = issuer.minted - issuer.burned;
    let room = target.open.amount - 1;
    let reversal = Entry {
        kind: EntryKind::Debit,
        amount: issuer.closing_balance - outstanding - room,
        party: [0; 32],
        ..deposit(bank, 0)
    };
    let file = next_statement(story, &chain, SARYZHAILAU, vec![reversal])?;
    expect(file.totals.closing == outstanding + room, || {
        "the reversal leaves another balance".to_owned()
    })?;
    put(
        story,
        &mut chain,
        SARYZHAILAU,
        &file,
        &["auditor", "central-bank"],
    )?;
    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints one tiyn above the closing balance, after a reversal has lowered it",
        expected: "ReserveExceeded",
    };
    refuse(story, &chain, &attempt, std::slice::from_ref(&honest), &[])?;

    let mut chain = story.fork();
    let manager = story.cast.key("issuer-manager");
    let limits = IssuerLimits {
        quota: outstanding + room,
        window_limit: u64::MAX,
        window_seconds: 86_400,
    };
    chain.send(
        &[instruction::configure_issuer(
            &dep,
            &target.bic,
            manager.pubkey(),
            limits,
        )],
        manager,
        &[],
    )?;
    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints one tiyn above its quota",
        expected: "QuotaExceeded",
    };
    refuse(story, &chain, &attempt, std::slice::from_ref(&honest), &[])?;

    let mut chain = story.fork();
    let pauser = story.cast.key("pauser");
    chain.send(
        &[instruction::pause(&dep, pauser.pubkey(), PAUSE_MINT)],
        pauser,
        &[],
    )?;
    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints while minting is paused",
        expected: "MintPaused",
    };
    refuse(story, &chain, &attempt, std::slice::from_ref(&honest), &[])?;
    let attempt = Attempt {
        who: "pauser",
        what: "resumes what it has paused itself",
        expected: "NotAuthorized",
    };
    let resume = instruction::resume(&dep, story.cast.address("pauser"), PAUSE_MINT);
    refuse(story, &chain, &attempt, &[resume], &[])?;

    let mut chain = story.fork();
    let desk = Hand::of(story.cast.key("compliance"));
    let wallet = Address::new_from_array(target.open.party);
    compliance::block(&mut chain, &dep, &desk, &wallet, text_hash(None, "case 2026-119"))?;
    let attempt = Attempt {
        who: "saryzhailau",
        what: "mints for a wallet that is blocked",
        expected: "WalletBlocked",
    };
    refuse(story, &chain, &attempt, &[honest], &[])
}

fn of_redemptions(story: &mut Story) -> Result<()> {
    let dep = story.deployment;
    let (bic, bank) = (story.bank(ALTYNDALA).bic, story.cast.address("altyndala"));
    let holder = story.cast.address("aigerim-trade");
    let key = story.cast.reference_key("altyndala");
    let request = redemption::Request {
        issuer: &bic,
        amount: 5_000_000,
        account: "KZ57990CUR0000015838",
        end_to_end_id: "KZTE-R-0004",
        key: &key,
    };
    let address = redemption::address_of(&dep, &holder, &request);
    let mut chain = story.fork();
    chain.advance(3600);
    redemption::request(
        &mut chain,
        &dep,
        &Hand::of(story.cast.key("aigerim-trade")),
        &request,
    )?;

    let payout = Entry {
        kind: EntryKind::Debit,
        party: address.to_bytes(),
        ..deposit(holder, request.amount - 1)
    };
    let file = next_statement(story, &chain, ALTYNDALA, vec![payout])?;
    put(
        story,
        &mut chain,
        ALTYNDALA,
        &file,
        &["custodian", "central-bank"],
    )?;
    let proof = file.proof(0).unwrap_or_default();
    let attempt = Attempt {
        who: "altyndala",
        what: "settles a redemption with a payout that is one tiyn short",
        expected: "AmountMismatch",
    };
    let settle =
        instruction::settle_redemption(&dep, &bic, bank, file.totals.number, holder, &payout, &proof);
    refuse(story, &chain, &attempt, &[settle], &[])?;

    let attempt = Attempt {
        who: "aigerim-trade",
        what: "takes a redemption back while its payout may be on the way",
        expected: "RedemptionNotDue",
    };
    let give_back = instruction::GiveBack {
        redemption: address,
        owner: holder,
        destination: dep.token_account(&holder),
    };
    refuse(
        story,
        &chain,
        &attempt,
        &[instruction::cancel_redemption(&dep, &bic, &give_back)],
        &[],
    )
}

fn of_roles(story: &mut Story, target: &Target) -> Result<()> {
    let dep = story.deployment;
    let mut chain = story.fork();
    let stranger = story.cast.key("stranger");
    let address = stranger.pubkey();

    // Another mint of the same program: only its upgrade authority may open one.
    let mint = Keypair::new_from_array(text_hash(None, "the mint of an attempt"));
    let other = Deployment::of(mint.pubkey());
    let args = InitializeArgs {
        roles: [address; ROLE_COUNT],
        attestors: vec![address],
        threshold: 1,
        mandatory: 1,
        max_statement_age: 86_400,
        redemption_sla: 86_400,
        name: "Tenge".to_owned(),
        uri: "https://kzte.example/token.json".to_owned(),
    };
    let payer = Keypair::new_from_array(text_hash(None, "who pays for an attempt"));
    chain.fund(&payer.pubkey(), 1_000_000_000)?;
    let initialize = instruction::initialize(&other, payer.pubkey(), address, MintSource::Create, args);
    let attempt = Attempt {
        who: "stranger",
        what: "opens a deployment without being the upgrade authority",
        expected: "NotUpgradeAuthority",
    };
    refuse(story, &chain, &attempt, &[initialize], &[&mint, &payer])?;

    let attempt = Attempt {
        who: "stranger",
        what: "mints a deposit of the bank with a key of its own",
        expected: "NotAuthorized",
    };
    refuse(story, &chain, &attempt, &[target.honest(address)], &[])?;

    let attempt = Attempt {
        who: "altyndala",
        what: "freezes the account of a customer",
        expected: "NotAuthorized",
    };
    let account = dep.token_account(&story.cast.address("tulpar-market"));
    let freeze = instruction::freeze(
        &dep,
        story.cast.address("altyndala"),
        account,
        text_hash(None, "none"),
    );
    refuse(story, &chain, &attempt, &[freeze], &[])?;

    let desk = Hand::of(story.cast.key("compliance"));
    compliance::freeze(
        &mut chain,
        &dep,
        &desk,
        &account,
        text_hash(None, "case 2026-120"),
    )?;
    let attempt = Attempt {
        who: "tulpar-market",
        what: "transfers from a frozen account",
        expected: "AccountFrozen",
    };
    let holder = story.cast.address("tulpar-market");
    let target_account = dep.token_account(&story.cast.address("sayakhat-service"));
    let transfer = instruction::transfer_checked(&dep, account, target_account, holder, 100);
    refuse(story, &chain, &attempt, &[transfer], &[])?;

    let attempt = Attempt {
        who: "compliance",
        what: "freezes the escrow of a bank",
        expected: "EscrowCannotFreeze",
    };
    let escrow = address::escrow(&dep.issuer(&target.bic));
    let freeze = instruction::freeze(
        &dep,
        story.cast.address("compliance"),
        escrow,
        text_hash(None, "none"),
    );
    let banks = oversight::banks(&chain, &dep)?;
    let freeze = instruction::beside_all_banks(&dep, freeze, &banks);
    refuse(story, &chain, &attempt, &[freeze], &[])
}

/// Files that must not become statements: refused before anything is posted, by line and entry.
fn of_files(story: &mut Story) -> Result<()> {
    let key = story.cast.reference_key("altyndala");
    let wallet = story.cast.address("tulpar-market").to_string();
    let filled = samples::fill(
        &story.samples,
        "altnkzka-2026-11-16.xml",
        &story.folder,
        &|_, _| Some(wallet.clone()),
    )?;
    let text = std::fs::read_to_string(&filled).map_err(|error| Failure::file(&filled, &error))?;
    let cases: [(&str, &str, &str, &str); 5] = [
        (
            "imports a file whose closing balance is one tiyn off",
            "48746735.31</Amt>",
            "48746735.32</Amt>",
            "balance",
        ),
        (
            "imports a file with an amount in dollars",
            "Ccy=\"KZT\">850000.75",
            "Ccy=\"USD\">850000.75",
            "currency",
        ),
        (
            "imports a file with a third of a tiyn",
            ">1234.56<",
            ">1234.563<",
            "amount",
        ),
        (
            "imports a file with a wallet that is no address",
            &wallet,
            "tulpar-market",
            "address",
        ),
        (
            "imports a file with a reference twice",
            "ALTN261116010003",
            "ALTN261116010002",
            "reference",
        ),
    ];
    for (what, from, to, fact) in cases {
        let bad = text.replacen(from, to, if fact == "balance" { usize::MAX } else { 1 });
        expect(bad != text, || format!("«{what}» changes nothing in the sample"))?;
        let outcome = import::read(bad.as_bytes(), &key, 1);
        let failure = match outcome {
            Ok(_) => return expect(false, || format!("«{what}» went through")),
            Err(failure) => failure,
        };
        let named = failure.kind == Kind::Input
            && failure.message.starts_with("line ")
            && failure.message.to_lowercase().contains(fact);
        expect(named, || format!("«{what}» was refused by: {failure}"))?;
        story.refused(Refusal {
            who: "Altyndala Bank".to_owned(),
            attempt: what.to_owned(),
            error: "refused file".to_owned(),
            sentence: failure.message,
        });
    }
    Ok(())
}
