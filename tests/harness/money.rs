//! The attacks that every instruction of the money path must stand: one function for each kind of account, and the
//! forged accounts that they use.
//!
//! A scene for them starts from [`town`]: two deployments of the program with the same banks and keys, and at the other
//! bank, and in the other deployment, a statement, a redemption, holders and a blocked wallet. So every forgery is a
//! real account that is only in the wrong place.

use kzte_client::{
    Account, Address, KzteError, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, address, fetch,
    reserve::StatementFile,
    state::{Config, Issuer, Redemption, Statement},
};

use crate::{
    Attack, Bank, Case, Guards, Key, Refusal, World, credit,
    key::nowhere,
    neutral_credit,
    roster::{self, Kind},
};

/// The token program that KZTE does not use; the cluster of today runs p-token at this address.
pub const P_TOKEN_PROGRAM_ID: Address =
    Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Nonce of the bystander's redemptions.
pub const BYSTANDER_NONCE: u64 = 1;
/// Length of a Token-2022 multisig, bytes.
const MULTISIG_LEN: usize = 355;
/// Where a token account says that it is one, and what a mint says there.
const ACCOUNT_TYPE: usize = 165;
const TYPE_MINT: u8 = 1;
const TYPE_TOKEN_ACCOUNT: u8 = 2;
/// Where a token account has its owner and its state.
const OWNER: usize = 32;
const STATE: usize = 108;

/// Someone with an account, a deposit and an open redemption at the other bank and in the other deployment.
pub fn bystander() -> Key {
    Key::named("bystander")
}

/// A wallet that is blocked in both deployments.
pub fn blocked() -> Key {
    Key::named("blocked")
}

/// Two deployments. In the first one the second bank, in the second one both banks have an effective statement 1,
/// tokens out, and an open redemption. The first bank of the first deployment has done nothing yet.
pub fn town() -> World {
    let mut world = World::with_second();
    let [first, second] = world.banks;
    let populate = |world: &mut World, bank: &Bank| {
        let holder = world.holder("bystander");
        let file = world.effective(bank, &[credit(5_000, holder.address()), neutral_credit(1_000)]);
        world.mint(bank, &file, 0);
        world.request(bank, &holder, BYSTANDER_NONCE, 1_000);
    };
    populate(&mut world, &second);
    world.holder("blocked");
    world.block(&blocked().address());
    world.in_second(|world| {
        populate(world, &first);
        populate(world, &second);
        world.holder("blocked");
        world.block(&blocked().address());
    });
    world
}

/// A copy of a file with changed figures. The changed file need not agree with itself.
pub fn altered(file: &StatementFile, change: impl FnOnce(&mut StatementFile)) -> StatementFile {
    let mut file = file.clone();
    change(&mut file);
    file
}

/// What is wrong with an address, and the address.
pub type Place = (&'static str, fn(&mut World, &Case) -> Address);

/// Other addresses in place of an account, each refused with `expected`.
pub fn instead(
    guards: &mut Guards,
    subject: &str,
    attack: Attack,
    places: &[Place],
    expected: impl Into<Refusal>,
) {
    let expected = expected.into();
    for (note, place) in places {
        let bend = |world: &mut World, case: Case| {
            let address = place(world, &case);
            case.replace(subject, address)
        };
        guards.refuse(subject, attack, note, bend, expected);
    }
}

// ── signers ─────────────────────────────────────────────────────────────────────────────────

type Person = (&'static str, fn(&World) -> Key);

/// Everybody who could hold another role than the one that an instruction needs.
const EVERYBODY: [Person; 17] = [
    ("the upgrade authority", |world| world.keys.upgrade_authority),
    ("the authority", |world| world.keys.authority),
    ("the issuer manager", |world| world.keys.issuer_manager),
    ("the pauser", |world| world.keys.pauser),
    ("the compliance desk", |world| world.keys.compliance),
    ("the court officer", |world| world.keys.court_officer),
    ("the enforcer", |world| world.keys.enforcer),
    ("attestor 0", |world| world.keys.attestors[0]),
    ("attestor 1", |world| world.keys.attestors[1]),
    ("attestor 2", |world| world.keys.attestors[2]),
    ("the bank's operator", |world| world.banks[0].operator),
    ("the bank's admin", |world| world.banks[0].admin),
    ("the other bank's operator", |world| world.banks[1].operator),
    ("the other bank's admin", |world| world.banks[1].admin),
    ("the bystander", |_| bystander()),
    ("a blocked holder", |_| blocked()),
    ("a stranger", |world| world.keys.stranger),
];

/// The account does not sign.
pub fn unsigned(guards: &mut Guards, subject: &str) {
    let note = "no signature";
    let bend = |_: &mut World, case: Case| case.unsigned(subject);
    guards.refuse(
        subject,
        Attack::MissingSigner,
        note,
        bend,
        "MissingRequiredSignature",
    );
}

/// Everybody signs who may not. `allowed`: names out of the list that begins with "the upgrade authority".
pub fn signed_by_others(guards: &mut Guards, subject: &str, allowed: &[&str], expected: impl Into<Refusal>) {
    let expected = expected.into();
    for name in allowed {
        assert!(
            EVERYBODY.iter().any(|(candidate, _)| candidate == name),
            "there is no {name}"
        );
    }
    for (name, key) in EVERYBODY.iter().filter(|(name, _)| !allowed.contains(name)) {
        let bend = |world: &mut World, case: Case| {
            let key = key(world);
            case.signed_by(subject, key)
        };
        guards.refuse(
            subject,
            Attack::WrongSigner,
            &format!("signed by {name}"),
            bend,
            expected,
        );
    }
}

// ── accounts of the program ─────────────────────────────────────────────────────────────────

type KindOfAccount = (&'static str, fn(&World) -> Address, usize);

/// The kinds of account that the program owns, where one of each lies that belongs to nobody in the case, and the
/// shortest length that is read.
const KINDS: [KindOfAccount; 5] = [
    ("config", |world| world.second().config, Config::SPACE),
    (
        "issuer",
        |world| world.second().issuer(&world.banks[1].bic),
        Issuer::SPACE,
    ),
    (
        "statement",
        |world| world.second().statement(&world.banks[1].bic, 1),
        Statement::BITMAP_OFFSET,
    ),
    (
        "redemption",
        |world| {
            world
                .second()
                .redemption(&world.banks[1].bic, &bystander().address(), BYSTANDER_NONCE)
        },
        Redemption::SPACE,
    ),
    ("block", |world| world.second().block(&blocked().address()), 0),
];

/// An account of the program: copies under other owners, every other kind of account, and none at all.
///
/// The kind is the subject's name. Whose account it may be is another question, for each instruction's own attacks.
pub fn state(guards: &mut Guards, instruction: &str, subject: &str) {
    for (name, owner) in [
        ("the system program", SYSTEM_PROGRAM_ID),
        ("Token-2022", TOKEN_PROGRAM_ID),
        ("a stranger's program", nowhere("a stranger's program")),
    ] {
        let bend = |world: &mut World, case: Case| {
            let fake = world.fake_of(case.address(subject), owner);
            case.replace(subject, fake)
        };
        let note = format!("the same bytes under {name}");
        guards.refuse(subject, Attack::WrongOwner, &note, bend, "IllegalOwner");
    }

    let needed = KINDS
        .iter()
        .find(|(kind, ..)| *kind == subject)
        .expect("a kind of account")
        .2;
    for (kind, place, _) in KINDS.iter().filter(|(kind, ..)| *kind != subject) {
        // A statement of two entries has one byte of bits.
        let length = match *kind {
            "config" => Config::SPACE,
            "issuer" => Issuer::SPACE,
            "statement" => Statement::BITMAP_OFFSET + 1,
            "redemption" => Redemption::SPACE,
            _ => 0,
        };
        let expected = if length < needed {
            "AccountDataTooSmall"
        } else {
            "InvalidAccountData"
        };
        let bend = |world: &mut World, case: Case| {
            let address = place(world);
            assert_eq!(
                world.expect_account(&address).data.len(),
                length,
                "length of a {kind}"
            );
            case.replace(subject, address)
        };
        guards.refuse(subject, Attack::Cosplay, &format!("a {kind}"), bend, expected);
    }
    // The right bytes behind a discriminator of zeros: an account that was never initialised.
    let bend = |world: &mut World, case: Case| {
        let copy = world.copy_of(case.address(subject));
        world.tamper(copy, |account| account.data[..8].fill(0));
        case.replace(subject, copy)
    };
    guards.refuse(
        subject,
        Attack::Cosplay,
        "no discriminator",
        bend,
        "InvalidAccountData",
    );
    // What `close` leaves behind for the rest of a transaction.
    let bend = |world: &mut World, case: Case| {
        let copy = world.copy_of(case.address(subject));
        world.tamper(copy, |account| account.data[..8].fill(u8::MAX));
        case.replace(subject, copy)
    };
    guards.refuse(
        subject,
        Attack::Cosplay,
        "the discriminator of a closed account",
        bend,
        "InvalidAccountData",
    );
    let bend = |world: &mut World, case: Case| {
        let copy = world.copy_of(case.address(subject));
        world.tamper(copy, |account| account.data.truncate(needed - 1));
        case.replace(subject, copy)
    };
    guards.refuse(
        subject,
        Attack::Cosplay,
        "one byte short",
        bend,
        "AccountDataTooSmall",
    );
    let bend = |_: &mut World, case: Case| case.replace(subject, nowhere("no account"));
    guards.refuse(
        subject,
        Attack::WrongAddress,
        "nothing there",
        bend,
        absent(instruction, subject),
    );
}

/// How the framework refuses an account that does not exist: it looks at the length of what it writes first, and at
/// the owner of what it only reads.
pub fn absent(instruction: &str, subject: &str) -> &'static str {
    let account = roster::of(instruction)
        .accounts
        .iter()
        .find(|account| account.name == subject);
    match account.expect("an account of the instruction").writable {
        true => "AccountDataTooSmall",
        false => "UninitializedAccount",
    }
}

/// The configuration: forgeries, and the one of the other deployment.
pub fn config(guards: &mut Guards, instruction: &str) {
    state(guards, instruction, "config");
    let bend = |world: &mut World, case: Case| case.replace("config", world.second().config);
    guards.refuse(
        "config",
        Attack::Foreign,
        "the other configuration",
        bend,
        KzteError::WrongConfig,
    );
    let bend = |world: &mut World, case: Case| {
        let copy = world.copy_of(case.address("config"));
        case.replace("config", copy)
    };
    let note = "a copy under the program at another address";
    guards.refuse("config", Attack::Foreign, note, bend, KzteError::WrongConfig);
}

// ── token accounts and mints ────────────────────────────────────────────────────────────────

/// The mint: others, and none. All are `WrongMint`.
pub fn mint(guards: &mut Guards) {
    let bend = |world: &mut World, case: Case| case.replace("mint", world.second().mint);
    guards.refuse(
        "mint",
        Attack::WrongMint,
        "the other deployment's",
        bend,
        KzteError::WrongMint,
    );
    let bend = |world: &mut World, case: Case| {
        let copy = world.copy_of(case.address("mint"));
        case.replace("mint", copy)
    };
    guards.refuse(
        "mint",
        Attack::WrongMint,
        "a copy of the mint",
        bend,
        KzteError::WrongMint,
    );
    let bend = |world: &mut World, case: Case| {
        let mint = plain_mint(world, &case.address("mint"), &P_TOKEN_PROGRAM_ID);
        case.replace("mint", mint)
    };
    guards.refuse(
        "mint",
        Attack::WrongMint,
        "a p-token mint with the same authorities",
        bend,
        KzteError::WrongMint,
    );
    let bend = |_: &mut World, case: Case| case.replace("mint", nowhere("no mint"));
    guards.refuse(
        "mint",
        Attack::WrongAddress,
        "nothing there",
        bend,
        KzteError::WrongMint,
    );
}

/// The base part of a mint without its extensions, under any token program.
pub fn plain_mint(world: &mut World, mint: &Address, program: &Address) -> Address {
    let fake = world.fake_of(mint, program);
    world.tamper(fake, |account| account.data.truncate(82));
    fake
}

/// How forgeries of a token account are refused.
#[derive(Clone, Copy)]
pub struct TokenRefusals {
    /// The right bytes under another program.
    pub owner: Refusal,
    /// Nothing lies there.
    pub absent: Refusal,
    /// An account of another mint.
    pub other_mint: Refusal,
    /// A mint.
    pub a_mint: Refusal,
    /// An account of Token-2022 that is no token account.
    pub malformed: Refusal,
    /// A token account that was never initialised.
    pub uninitialised: Refusal,
}

impl TokenRefusals {
    /// The program reads and checks the whole account.
    pub fn by_the_program() -> Self {
        let refusal = Refusal::Program(KzteError::NotTokenAccount);
        Self {
            owner: refusal,
            absent: refusal,
            other_mint: refusal,
            a_mint: refusal,
            malformed: refusal,
            uninitialised: refusal,
        }
    }

    /// The program reads the owner, and leaves the rest to Token-2022, which writes the account.
    pub fn by_token_2022(absent: KzteError, a_mint: KzteError) -> Self {
        Self {
            owner: Refusal::Named("IncorrectProgramId"),
            absent: Refusal::Program(absent),
            other_mint: Refusal::Named("MintMismatch"),
            a_mint: Refusal::Program(a_mint),
            malformed: Refusal::Named("InvalidAccountData"),
            uninitialised: Refusal::Named("UninitializedAccount"),
        }
    }
}

/// A token account: forgeries and accounts of other mints, of the very same holder. Whose account it may be is another
/// question, for each instruction's own attacks.
pub fn token_account(guards: &mut Guards, subject: &str, refusals: TokenRefusals) {
    let mut refuse = |attack, note: &str, expected, forge: &dyn Fn(&mut World, Address) -> Address| {
        let bend = |world: &mut World, case: Case| {
            let forged = forge(world, case.address(subject));
            case.replace(subject, forged)
        };
        guards.refuse(subject, attack, note, bend, expected);
    };
    let expected = refusals.owner;
    refuse(
        Attack::WrongOwner,
        "the same bytes under p-token",
        expected,
        &|world, account| world.fake_of(account, P_TOKEN_PROGRAM_ID),
    );
    refuse(
        Attack::WrongOwner,
        "a p-token account without extensions",
        expected,
        &|world, account| {
            let fake = world.fake_of(account, P_TOKEN_PROGRAM_ID);
            world.tamper(fake, |account| account.data.truncate(ACCOUNT_TYPE));
            fake
        },
    );
    refuse(
        Attack::WrongOwner,
        "the same bytes under the program itself",
        expected,
        &|world, account| world.fake_of(account, PROGRAM_ID),
    );
    refuse(Attack::WrongOwner, "nothing there", refusals.absent, &|_, _| {
        nowhere("no token account")
    });

    let expected = refusals.other_mint;
    refuse(
        Attack::WrongMint,
        "the holder's account of the other deployment",
        expected,
        &|world, account| {
            let holder = owner_of(world, &account);
            world.in_second(|world| world.open_account(&holder))
        },
    );
    refuse(
        Attack::WrongMint,
        "the mint's bytes differ in the last one",
        expected,
        &|world, account| {
            let copy = world.copy_of(account);
            world.tamper(copy, |account| account.data[31] ^= 1);
            copy
        },
    );
    refuse(Attack::Cosplay, "a mint", refusals.a_mint, &|world, _| {
        let mint = world.deployment.mint;
        world.copy_of(mint)
    });

    let expected = refusals.malformed;
    let mut malformed = |note: &str, expected, change: &dyn Fn(&mut Vec<u8>)| {
        refuse(Attack::Cosplay, note, expected, &|world, account| {
            let copy = world.copy_of(account);
            world.tamper(copy, |account| change(&mut account.data));
            copy
        });
    };
    malformed("a mint that begins like a token account", expected, &|data| {
        data[ACCOUNT_TYPE] = TYPE_MINT
    });
    malformed("a multisig that begins like a token account", expected, &|data| {
        data.resize(MULTISIG_LEN, 0);
        data[ACCOUNT_TYPE] = TYPE_TOKEN_ACCOUNT;
    });
    malformed("no account type behind the base part", expected, &|data| {
        data[ACCOUNT_TYPE] = 0
    });
    malformed("one byte short", expected, &|data| {
        data.truncate(ACCOUNT_TYPE - 1)
    });
    malformed("never initialised", refusals.uninitialised, &|data| {
        data[STATE] = 0
    });
}

/// Who owns a token account.
#[track_caller]
pub fn owner_of(world: &World, token_account: &Address) -> Address {
    fetch::token_account(&world.chain, token_account)
        .expect("a token account")
        .expect("it exists")
        .owner
}

/// Another token account of a wallet beside its associated one, empty.
pub fn second_account(world: &mut World, wallet: &Key) -> Address {
    let copy = world.copy_of(world.token_account(wallet));
    world.tamper(copy, |account| account.data[64..72].fill(0));
    world.auditor.knows_token_account(copy);
    copy
}

/// Gives a token account to somebody else, as its owner could by Token-2022.
pub fn hand_over(world: &mut World, token_account: &Address, to: &Address) {
    world.tamper(token_account, |account| {
        account.data[OWNER..OWNER + 32].copy_from_slice(to.as_ref())
    });
}

// ── authorities, programs, flags ────────────────────────────────────────────────────────────

/// An address that signs a call of the program: every other power of the system in its place. The runtime refuses
/// each, because the seeds do not lead to it.
pub fn signing_authority(guards: &mut Guards, subject: &str) {
    const POWERS: [(&str, Place); 4] = [
        (
            "mint_authority",
            ("the mint authority", |world, _| {
                address::mint_authority(&world.deployment.config)
            }),
        ),
        (
            "freeze_authority",
            ("the freeze authority", |world, _| {
                address::freeze_authority(&world.deployment.config)
            }),
        ),
        (
            "permanent_delegate",
            ("the permanent delegate", |world, _| {
                address::permanent_delegate(&world.deployment.config)
            }),
        ),
        (
            "pause_authority",
            ("the pause authority", |world, _| {
                address::pause_authority(&world.deployment.config)
            }),
        ),
    ];
    const OTHERS: [Place; 6] = [
        ("the other deployment's mint authority", |world, _| {
            address::mint_authority(&world.second().config)
        }),
        ("the other deployment's freeze authority", |world, _| {
            address::freeze_authority(&world.second().config)
        }),
        ("the other deployment's delegate", |world, _| {
            address::permanent_delegate(&world.second().config)
        }),
        ("the other deployment's pause authority", |world, _| {
            address::pause_authority(&world.second().config)
        }),
        ("the configuration", |world, _| world.deployment.config),
        ("nowhere", |_, _| nowhere("an authority")),
    ];
    assert!(
        POWERS.iter().any(|(name, _)| *name == subject),
        "{subject} is no authority"
    );
    let powers = POWERS
        .iter()
        .filter(|(name, _)| *name != subject)
        .map(|(_, place)| *place);
    let places: Vec<Place> = powers.chain(OTHERS).collect();
    instead(
        guards,
        subject,
        Attack::WrongAddress,
        &places,
        "PrivilegeEscalation",
    );
}

/// The token program: p-token, another program, no program.
pub fn token_program(guards: &mut Guards) {
    program(guards, "token_program", ("p-token", P_TOKEN_PROGRAM_ID));
}

/// The system program: Token-2022, another program, no program.
pub fn system_program(guards: &mut Guards) {
    program(guards, "system_program", ("Token-2022", TOKEN_PROGRAM_ID));
}

fn program(guards: &mut Guards, subject: &str, (name, other): (&str, Address)) {
    for (name, other) in [(name, other), ("this program", PROGRAM_ID)] {
        let bend = |_: &mut World, case: Case| case.replace(subject, other);
        guards.refuse(subject, Attack::WrongAddress, name, bend, "IncorrectProgramId");
    }
    let bend = |_: &mut World, case: Case| case.replace(subject, nowhere("no program"));
    guards.refuse(
        subject,
        Attack::WrongAddress,
        "no program",
        bend,
        "ConstraintExecutable",
    );
    let bend = |world: &mut World, case: Case| {
        let fake = nowhere("a program of a stranger");
        let account = Account {
            lamports: 1_000_000_000,
            data: vec![0; 36],
            owner: nowhere("a loader"),
            executable: false,
            rent_epoch: u64::MAX,
        };
        world.chain.set_account(&fake, account).expect("an account");
        case.replace(subject, fake)
    };
    guards.refuse(
        subject,
        Attack::WrongAddress,
        "an account with data",
        bend,
        "ConstraintExecutable",
    );
}

/// An argument of which every value is good, because the program only hands it on: without its last byte it is none.
/// `behind`: bytes of the arguments that follow.
pub fn cut_off(guards: &mut Guards, argument: &str, behind: usize) {
    let bend = |_: &mut World, case: Case| case.data(|data| data.truncate(data.len() - behind - 1));
    guards.refuse(
        argument,
        Attack::Invalid,
        "its last byte missing",
        bend,
        "InvalidInstructionData",
    );
}

/// A proof, the last argument: data that ends early, or that announces other numbers of nodes than follow. `nodes`: how
/// many the valid case has.
pub fn broken_proof(guards: &mut Guards, nodes: usize) {
    cut_off(guards, "proof", 0);
    let mut refuse = |note: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let bend = |_: &mut World, case: Case| case.data(|data| change(data));
        guards.refuse("proof", Attack::Invalid, note, bend, "InvalidInstructionData");
    };
    refuse("a whole node missing", &|data| data.truncate(data.len() - 32));
    for announced in [nodes as u32 + 1, u32::MAX / 32, u32::MAX] {
        refuse(&format!("{announced} nodes announced"), &|data| {
            let at = data.len() - nodes * 32 - 4;
            assert_eq!(
                data[at..at + 4],
                (nodes as u32).to_le_bytes(),
                "the number of nodes"
            );
            data[at..at + 4].copy_from_slice(&announced.to_le_bytes());
        });
    }
}

/// The last account of the instruction is left out.
pub fn left_out(guards: &mut Guards, instruction: &str) {
    let accounts = roster::of(instruction).accounts;
    let last = accounts.last().expect("an account").name;
    let bend = |_: &mut World, mut case: Case| {
        case.instruction.accounts.truncate(accounts.len() - 1);
        case
    };
    guards.refuse(
        last,
        Attack::WrongAddress,
        "left out",
        bend,
        "NotEnoughAccountKeys",
    );
}

/// An account that the instruction writes: passed as read-only, and every other account of the case in its place.
///
/// Who receives lamports may well be who signs; for him only the accounts of the program and of Token-2022 count.
pub fn written(guards: &mut Guards, instruction: &str, subject: &str, readonly: impl Into<Refusal>) {
    let bend = |_: &mut World, case: Case| case.readonly(subject);
    guards.refuse(subject, Attack::ReadOnly, "no writable flag", bend, readonly);
    let accounts = roster::of(instruction).accounts;
    let is_receiver = accounts
        .iter()
        .any(|account| account.name == subject && account.kind == Kind::Receiver);
    for other in accounts.iter().filter(|other| other.name != subject) {
        let is_state = matches!(other.kind, Kind::State | Kind::Mint | Kind::Escrow) && other.writable;
        if is_receiver && !is_state {
            continue;
        }
        let bend = |_: &mut World, case: Case| case.duplicate(subject, other.name);
        let note = format!("the {} once more", other.name);
        guards.refuse(
            subject,
            Attack::Duplicate,
            &note,
            bend,
            "ConstraintDuplicateMutableAccount",
        );
    }
}
