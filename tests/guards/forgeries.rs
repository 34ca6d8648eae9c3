//! Forgeries of accounts that only a few instructions have, and token accounts that a holder makes as he pleases.

use kzte_client::{
    AccountMeta, Address, Instruction, KzteError, PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID,
    state::{Config, Issuer, Order, Redemption, Statement},
};
use kzte_harness::{
    Attack, Bank, Case, Guards, Key, World, assert_ok,
    key::{hash_of, nowhere},
    money,
    world::WIDE,
};
use spl_token_2022_interface::instruction::AuthorityType;

/// Case of the order that lies in the second deployment of a [`city`].
pub(crate) const OTHER_CASE: &str = "a case of the other deployment";

/// The harness' town, with an open order in the second deployment: one account of every kind that the program owns
/// lies there.
pub(crate) fn city() -> World {
    let mut world = money::town();
    world.in_second(|world| {
        let terms = world.order_terms(OTHER_CASE, &money::bystander(), &money::blocked(), 1_000);
        world.open_order(&terms);
    });
    world
}

type KindOfAccount = (&'static str, fn(&World) -> Address, usize);

/// The kinds of account that the program owns, where one of each lies that belongs to nobody in the case, and its
/// length; the statement has two entries, whose bits take one byte.
const KINDS: [KindOfAccount; 6] = [
    ("config", |world| world.second().config, Config::SPACE),
    (
        "issuer",
        |world| world.second().issuer(&world.banks[1].bic),
        Issuer::SPACE,
    ),
    (
        "statement",
        |world| world.second().statement(&world.banks[1].bic, 1),
        Statement::BITMAP_OFFSET + 1,
    ),
    (
        "redemption",
        |world| {
            let (bic, owner) = (world.banks[1].bic, money::bystander().address());
            world.second().redemption(&bic, &owner, money::BYSTANDER_NONCE)
        },
        Redemption::SPACE,
    ),
    (
        "order",
        |world| world.second().order(&hash_of(OTHER_CASE)),
        Order::SPACE,
    ),
    (
        "block",
        |world| world.second().block(&money::blocked().address()),
        0,
    ),
];

/// An account of the program in a scene that starts from a [`city`]: copies under other owners, every other kind of
/// account, and none at all. `absent`: how the framework refuses an account that does not exist.
///
/// Whose account it may be is another question, for each instruction's own attacks.
pub(crate) fn forged(guards: &mut Guards, subject: &str, kind: &str, absent: &'static str) {
    for (name, owner) in [
        ("the system program", SYSTEM_PROGRAM_ID),
        ("Token-2022", TOKEN_PROGRAM_ID),
        ("a stranger's program", nowhere("a stranger's program")),
    ] {
        guards.refuse(
            subject,
            Attack::WrongOwner,
            &format!("the same bytes under {name}"),
            |world, case| {
                let fake = world.fake_of(case.address(subject), owner);
                case.replace(subject, fake)
            },
            "IllegalOwner",
        );
    }
    let own = KINDS.iter().find(|(name, ..)| *name == kind);
    let (_, _, needed) = own.expect("a kind of account");
    for (other, place, length) in KINDS.iter().filter(|(name, ..)| *name != kind) {
        let expected = match length < needed {
            true => "AccountDataTooSmall",
            false => "InvalidAccountData",
        };
        let bend = |world: &mut World, case: Case| {
            let address = place(world);
            assert_eq!(
                world.expect_account(&address).data.len(),
                *length,
                "length of a {other}"
            );
            case.replace(subject, address)
        };
        guards.refuse(subject, Attack::Cosplay, &format!("a {other}"), bend, expected);
    }
    let mut changed = |note: &str, expected: &'static str, change: &dyn Fn(&mut Vec<u8>)| {
        let bend = |world: &mut World, case: Case| {
            let copy = world.copy_of(case.address(subject));
            world.tamper(copy, |account| change(&mut account.data));
            case.replace(subject, copy)
        };
        guards.refuse(subject, Attack::Cosplay, note, bend, expected);
    };
    changed("no discriminator", "InvalidAccountData", &|data| {
        data[..8].fill(0)
    });
    changed(
        "the discriminator of a closed account",
        "InvalidAccountData",
        &|data| data[..8].fill(u8::MAX),
    );
    changed("one byte short", "AccountDataTooSmall", &|data| {
        data.truncate(needed - 1)
    });
    guards.refuse(
        subject,
        Attack::WrongAddress,
        "nothing there",
        |_, case| case.replace(subject, nowhere("no account")),
        absent,
    );
}

/// Opens a token account of `owner` at the address of a key, as anybody can. Unlike an associated account it may change
/// hands.
#[track_caller]
pub(crate) fn open_at(world: &mut World, account: &Key, owner: &Address) -> Address {
    const SPACE: u64 = 170;
    const LAMPORTS: u64 = 3_000_000;
    let payer = world.keys.payer;
    let mut data = 0u32.to_le_bytes().to_vec();
    data.extend(LAMPORTS.to_le_bytes());
    data.extend(SPACE.to_le_bytes());
    data.extend(TOKEN_PROGRAM_ID.as_array());
    let create = Instruction {
        program_id: SYSTEM_PROGRAM_ID,
        accounts: vec![
            AccountMeta::new(payer.address(), true),
            AccountMeta::new(account.address(), true),
        ],
        data,
    };
    let initialize = spl_token_2022_interface::instruction::initialize_account3(
        &TOKEN_PROGRAM_ID,
        &account.address(),
        &world.deployment.mint,
        owner,
    )
    .expect("an instruction");
    world.must(&[create, initialize], &[payer, *account]);
    world.auditor.knows_token_account(account.address());
    account.address()
}

/// Token-2022 `SetAuthority`: a token account gets another owner. Signer: its owner of today.
pub(crate) fn change_owner(account: &Address, owner: &Address, to: &Address) -> Instruction {
    spl_token_2022_interface::instruction::set_authority(
        &TOKEN_PROGRAM_ID,
        account,
        Some(to),
        AuthorityType::AccountOwner,
        owner,
        &[],
    )
    .expect("an instruction")
}

/// The two accounts of instructions that emit by calling their own program.
pub(crate) fn event_accounts(guards: &mut Guards) {
    for (note, address) in [
        ("another address", nowhere("event authority")),
        ("the program itself", PROGRAM_ID),
    ] {
        guards.refuse(
            "event_authority",
            Attack::WrongAddress,
            note,
            |_, case| case.replace("event_authority", address),
            "InvalidSeeds",
        );
    }
    for (note, address) in [
        ("the system program", SYSTEM_PROGRAM_ID),
        ("Token-2022", TOKEN_PROGRAM_ID),
        ("nothing there", nowhere("a program")),
    ] {
        guards.refuse(
            "program",
            Attack::WrongAddress,
            note,
            |_, case| case.replace("program", address),
            "MissingAccount",
        );
    }
}

/// The key of a token account that owns itself, as an escrow does; but it is a holder's.
pub(crate) fn recluse() -> Key {
    Key::named("an account that owns itself")
}

/// The case with all banks of the world beside, as an account that owns itself needs it.
pub(crate) fn all_beside(world: &World, case: Case) -> Case {
    let banks = world.banks.map(|bank| bank.bic);
    case.beside(&world.deployment, &banks)
}

/// The banks beside an account that owns itself, in a scene that has two of them there: all and nothing else, or it is
/// not known whether the account is an escrow.
pub(crate) fn banks_beside(guards: &mut Guards) {
    forged(guards, "bank", "issuer", "UninitializedAccount");
    guards.refuse(
        "bank",
        Attack::Foreign,
        "of the second deployment",
        |world, case| case.replace("bank", world.second().issuer(&world.banks[0].bic)),
        KzteError::WrongConfig,
    );
    guards.refuse(
        "bank",
        Attack::Duplicate,
        "one bank twice",
        |_, case| case.duplicate("bank.1", "bank.0"),
        KzteError::CheckedBanks,
    );
    for (note, left) in [("none", 0), ("one of two", 1)] {
        guards.refuse(
            "bank",
            Attack::State,
            note,
            move |_, mut case| {
                let fixed = case.place("bank");
                case.instruction.accounts.truncate(fixed + left);
                case
            },
            KzteError::CheckedBanks,
        );
    }
    guards.refuse(
        "bank",
        Attack::State,
        "a third one was registered meanwhile",
        |world, case| {
            let register = world.register_case(&Bank::new("KCJBKZKXXXX"), WIDE);
            assert_ok(world, &register);
            case
        },
        KzteError::CheckedBanks,
    );
}
