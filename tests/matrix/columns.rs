//! The columns: for each the attempts that an instruction's accounts call for.

use kzte_client::{
    Address, SYSTEM_PROGRAM_ID,
    state::{ISSUER_CLOSED, PAUSE_MINT, PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER},
};
use kzte_harness::{
    Case, Key, World,
    money::P_TOKEN_PROGRAM_ID,
    roster,
    roster::{AccountSpec, Kind},
};

/// Bends a valid case, and its world.
type Bend = Box<dyn Fn(&mut World, Case) -> Case>;

/// One attempt: the valid case bent, in a world that may be bent as well.
pub struct Attempt {
    pub note: String,
    pub bend: Bend,
}

fn attempt(note: impl Into<String>, bend: impl Fn(&mut World, Case) -> Case + 'static) -> Attempt {
    Attempt {
        note: note.into(),
        bend: Box::new(bend),
    }
}

/// A column of the matrix.
pub struct Column {
    pub name: &'static str,
    /// What is tried, as the page says it.
    pub what: &'static str,
    /// The attempts for an instruction with these accounts.
    pub attempts: fn(&str, &[&str]) -> Vec<Attempt>,
}

/// All columns.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "missing signer",
        what: "each signer in turn does not sign",
        attempts: missing_signer,
    },
    Column {
        name: "other role",
        what: "each holder of another role, an attestor, the fee payer and a stranger sign in place of the role's holder",
        attempts: other_role,
    },
    Column {
        name: "other issuer",
        what: "admin and operator of the other bank sign in place of the role's holder",
        attempts: other_issuer,
    },
    Column {
        name: "wrong address",
        what: "each account that follows from others is the one of another deployment, another bank, or nobody's",
        attempts: wrong_address,
    },
    Column {
        name: "wrong owner",
        what: "each account of the program, the mint and each token account with the same bytes under another program",
        attempts: wrong_owner,
    },
    Column {
        name: "token program",
        what: "p-token, and a stranger's address, in place of Token-2022",
        attempts: token_program,
    },
    Column {
        name: "wrong mint",
        what: "the mint of another deployment, and a copy of the right one at another address",
        attempts: wrong_mint,
    },
    Column {
        name: "duplicate",
        what: "each writable account twice: in its own place and in that of each other account that is not a signer or program",
        attempts: duplicate,
    },
    Column {
        name: "frozen",
        what: "each token account of a holder or a bank is frozen before",
        attempts: frozen,
    },
    Column {
        name: "paused",
        what: "all seven combinations of pause flags are set before",
        attempts: paused,
    },
    Column {
        name: "closed issuer",
        what: "each issuer among the accounts is closed before",
        attempts: closed_issuer,
    },
];

fn specs(instruction: &str, accounts: &[&str]) -> Vec<AccountSpec> {
    let spec = roster::of(instruction);
    let names: Vec<&str> = spec.accounts.iter().map(|account| account.name).collect();
    assert_eq!(names, accounts, "{instruction}: the IDL and the roster");
    let mut all: Vec<AccountSpec> = spec.accounts.to_vec();
    // Theirs come only beside an account that owns itself, which the scenes have none of; the guards attack them.
    if !matches!(instruction, "freeze" | "open_order") {
        all.extend(spec.remaining);
    }
    all
}

fn of_kind(instruction: &str, accounts: &[&str], wanted: &[Kind]) -> Vec<AccountSpec> {
    let mut found = specs(instruction, accounts);
    found.retain(|account| wanted.contains(&account.kind));
    found
}

fn missing_signer(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    of_kind(instruction, accounts, &[Kind::RoleSigner, Kind::AnySigner])
        .into_iter()
        .map(|account| attempt(account.name, move |_, case| case.unsigned(account.name)))
        .collect()
}

fn other_role(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for account in of_kind(instruction, accounts, &[Kind::RoleSigner]) {
        for (name, key) in World::bare().keys.all() {
            attempts.push(attempt(format!("{name} as {}", account.name), move |_, case| {
                signed_by_other(case, account.name, key)
            }));
        }
    }
    attempts
}

fn other_issuer(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for account in of_kind(instruction, accounts, &[Kind::RoleSigner]) {
        for seat in ["admin", "operator"] {
            attempts.push(attempt(
                format!("other bank's {seat} as {}", account.name),
                move |world, case| {
                    // Of the bank whose seat it is not: the second, but where the second one's operator is asked for.
                    let asked = case.address(account.name);
                    let [first, second] = world.banks;
                    let bank = if asked == second.operator.address() {
                        first
                    } else {
                        second
                    };
                    let key = if seat == "admin" {
                        bank.admin
                    } else {
                        bank.operator
                    };
                    signed_by_other(case, account.name, key)
                },
            ));
        }
    }
    attempts
}

/// Signed by `key`; where that is the role's holder, by a stranger of no name, so that no attempt is the valid case.
fn signed_by_other(case: Case, account: &str, key: Key) -> Case {
    let key = if case.address(account) == key.address() {
        Key::named("nobody of the system")
    } else {
        key
    };
    case.signed_by(account, key)
}

fn wrong_address(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    let kinds = [
        Kind::State,
        Kind::New,
        Kind::Escrow,
        Kind::Derived,
        Kind::Receiver,
    ];
    let mut attempts = Vec::new();
    for account in of_kind(instruction, accounts, &kinds) {
        attempts.push(attempt(
            format!("nobody's address as {}", account.name),
            move |_, case| case.replace(account.name, kzte_harness::key::nowhere("nobody's address")),
        ));
        attempts.push(attempt(
            format!("the other deployment's {}", account.name),
            move |world, case| {
                let address = counterpart(world, &case.address(account.name));
                case.replace(account.name, address)
            },
        ));
        if matches!(account.kind, Kind::Escrow) || account.name == "issuer" {
            attempts.push(attempt(
                format!("the other bank's {}", account.name),
                move |world, case| {
                    let address = of_other_bank(world, &case.address(account.name));
                    case.replace(account.name, address)
                },
            ));
        }
    }
    attempts
}

/// The account of the second deployment that has the part of `address` there; where it has none, an address that
/// nothing lies at.
fn counterpart(world: &World, address: &Address) -> Address {
    let second = world.second();
    let ours = addresses(world, &world.deployment);
    let theirs = addresses(world, &second);
    let place = ours.iter().position(|candidate| candidate == address);
    place.map_or_else(
        || kzte_harness::key::nowhere("no counterpart"),
        |place| theirs[place],
    )
}

fn addresses(world: &World, deployment: &kzte_client::Deployment) -> Vec<Address> {
    use kzte_client::address;
    let config = &deployment.config;
    let holder = world.key(kzte_harness::scenes::HOLDER).address();
    let mut all = vec![
        deployment.config,
        deployment.mint,
        address::mint_authority(config),
        address::freeze_authority(config),
        address::permanent_delegate(config),
        address::pause_authority(config),
        deployment.block(&holder),
        deployment.token_account(&holder),
    ];
    for bank in world.banks {
        all.extend([deployment.issuer(&bank.bic), deployment.escrow(&bank.bic)]);
        all.extend((1..4).map(|number| deployment.statement(&bank.bic, number)));
        all.extend((1..3).map(|nonce| deployment.redemption(&bank.bic, &holder, nonce)));
    }
    all
}

fn of_other_bank(world: &World, address: &Address) -> Address {
    let [first, second] = world.banks.map(|bank| bank.bic);
    let deployment = world.deployment;
    for (one, other) in [(first, second), (second, first)] {
        if *address == deployment.issuer(&one) {
            return deployment.issuer(&other);
        }
        if *address == deployment.escrow(&one) {
            return deployment.escrow(&other);
        }
    }
    // The bank that `register_issuer` registers has neither yet.
    deployment.issuer(&first)
}

fn wrong_owner(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for account in of_kind(instruction, accounts, &[Kind::State]) {
        attempts.push(attempt(account.name, move |world, case| {
            let fake = world.fake_of(case.address(account.name), SYSTEM_PROGRAM_ID);
            case.replace(account.name, fake)
        }));
    }
    for account in of_kind(instruction, accounts, &[Kind::TokenAccount, Kind::Escrow]) {
        attempts.push(attempt(account.name, move |world, case| {
            let fake = world.fake_of(case.address(account.name), P_TOKEN_PROGRAM_ID);
            case.replace(account.name, fake)
        }));
    }
    for account in of_kind(instruction, accounts, &[Kind::Mint]) {
        // `initialize` creates it: there are no bytes to copy yet.
        if instruction != "initialize" {
            attempts.push(attempt(account.name, move |world, case| {
                let fake = world.fake_of(case.address(account.name), P_TOKEN_PROGRAM_ID);
                case.replace(account.name, fake)
            }));
        }
    }
    attempts
}

fn token_program(_: &str, accounts: &[&str]) -> Vec<Attempt> {
    if !accounts.contains(&"token_program") {
        return Vec::new();
    }
    vec![
        attempt("p-token", |_, case| {
            case.replace("token_program", P_TOKEN_PROGRAM_ID)
        }),
        attempt("a stranger", |_, case| {
            case.replace("token_program", kzte_harness::key::nowhere("token program"))
        }),
    ]
}

fn wrong_mint(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for account in of_kind(instruction, accounts, &[Kind::Mint]) {
        // A mint that `initialize` creates signs for itself: the wrong one to adopt has its tests in the guards.
        if instruction == "initialize" {
            continue;
        }
        attempts.push(attempt("the other deployment's", move |world, case| {
            case.replace(account.name, world.second().mint)
        }));
        attempts.push(attempt("a copy elsewhere", move |world, case| {
            let copy = world.copy_of(world.deployment.mint);
            case.replace(account.name, copy)
        }));
    }
    for account in of_kind(instruction, accounts, &[Kind::TokenAccount]) {
        attempts.push(attempt(
            format!("{} of the other mint", account.name),
            move |world, case| {
                let holder = world.key(kzte_harness::scenes::HOLDER);
                let other = world.second().token_account(&holder.address());
                case.replace(account.name, other)
            },
        ));
    }
    attempts
}

fn duplicate(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    let all = specs(instruction, accounts);
    let replaceable = |kind: Kind| {
        // The mint that `initialize` creates signs.
        let signs = instruction == "initialize" && kind == Kind::Mint;
        !signs && !matches!(kind, Kind::RoleSigner | Kind::AnySigner | Kind::Program)
    };
    let mut attempts = Vec::new();
    for written in all.iter().copied().filter(|account| account.writable) {
        for place in all
            .iter()
            .copied()
            .filter(|place| place.name != written.name && replaceable(place.kind))
        {
            attempts.push(attempt(
                format!("{} as {}", written.name, place.name),
                move |_, case| case.duplicate(place.name, written.name),
            ));
        }
    }
    attempts
}

fn frozen(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    of_kind(instruction, accounts, &[Kind::TokenAccount])
        .into_iter()
        .map(|account| {
            attempt(account.name, move |world, case| {
                let freeze = world.freeze_case(&case.address(account.name));
                // Frozen already: so it is what the column asks for.
                let _ = world.send(&freeze);
                case
            })
        })
        .collect()
}

fn paused(instruction: &str, _: &[&str]) -> Vec<Attempt> {
    // Before `initialize` there is nothing to pause.
    if instruction == "initialize" || instruction == "migrate_config" {
        return Vec::new();
    }
    (1..8u8)
        .map(|flags| {
            let names = [
                (PAUSE_MINT, "MINT"),
                (PAUSE_REDEMPTION_REQUEST, "REDEMPTION_REQUEST"),
                (PAUSE_TRANSFER, "TRANSFER"),
            ];
            let set: Vec<&str> = names
                .iter()
                .filter(|(flag, _)| flags & flag != 0)
                .map(|(_, name)| *name)
                .collect();
            attempt(set.join(" + "), move |world, case| {
                let pause = world.pause_case(flags);
                // What the scene has paused already stays so.
                let _ = world.send(&pause);
                case
            })
        })
        .collect()
}

fn closed_issuer(instruction: &str, accounts: &[&str]) -> Vec<Attempt> {
    let issuers = ["issuer", "taker", "bank"];
    let mut found = of_kind(instruction, accounts, &[Kind::State]);
    found.retain(|account| issuers.contains(&account.name));
    found
        .into_iter()
        .map(|account| {
            attempt(account.name, move |world, case| {
                let bank = world
                    .banks
                    .into_iter()
                    .find(|bank| world.deployment.issuer(&bank.bic) == case.address(account.name))
                    .expect("an issuer of the world");
                world.tamper_issuer(&bank, |issuer| issuer.status = ISSUER_CLOSED);
                case
            })
        })
        .collect()
}
