//! Every instruction with its accounts and arguments by name, as the sources of the program have them: a test reads
//! those and compares.

/// What kind of account it is; decides which attacks it must have been tested against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Signs as the holder of a role, an attestor or a wallet's owner.
    RoleSigner,
    /// Signs, and may be anybody.
    AnySigner,
    /// An account of the program.
    State,
    /// An account that the instruction creates.
    New,
    /// The Token-2022 mint.
    Mint,
    /// A token account of a bank or a holder.
    TokenAccount,
    /// The token account of a bank that owns itself.
    Escrow,
    /// An address that follows from others.
    Derived,
    /// Gets lamports.
    Receiver,
    /// A program.
    Program,
}

/// An account of an instruction.
#[derive(Clone, Copy, Debug)]
pub struct AccountSpec {
    pub name: &'static str,
    pub kind: Kind,
    pub writable: bool,
}

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub name: &'static str,
    /// Folder of its source file.
    pub group: &'static str,
    pub accounts: &'static [AccountSpec],
    /// The group of accounts that repeats behind the fixed ones.
    pub remaining: &'static [AccountSpec],
    /// Fields of argument structures are named `structure.field`.
    pub arguments: &'static [&'static str],
}

impl Spec {
    /// Fixed and repeated accounts.
    pub fn all_accounts(&self) -> impl Iterator<Item = &'static AccountSpec> + use<> {
        self.accounts.iter().chain(self.remaining)
    }
}

/// The instruction of that name; panics when there is none.
pub fn of(name: &str) -> &'static Spec {
    ALL.iter()
        .find(|spec| spec.name == name)
        .unwrap_or_else(|| panic!("no instruction '{name}'"))
}

/// Names of the instructions of a group.
pub fn group(group: &str) -> Vec<&'static str> {
    ALL.iter()
        .filter(|spec| spec.group == group)
        .map(|spec| spec.name)
        .collect()
}

macro_rules! accounts {
    ($($name:ident $kind:ident $($writable:ident)?),* $(,)?) => {
        &[$(AccountSpec {
            name: stringify!($name),
            kind: Kind::$kind,
            writable: accounts!(@writable $($writable)?),
        }),*]
    };
    (@writable mut) => { true };
    (@writable) => { false };
}

/// Every instruction, in the order of the folders.
pub const ALL: &[Spec] = &[
    Spec {
        name: "initialize",
        group: "governance",
        accounts: accounts![
            payer AnySigner mut, upgrade_authority RoleSigner, program_data Derived, config New mut, mint
            Mint mut, mint_authority Derived, token_program Program, system_program Program,
            event_authority Derived, program Program,
        ],
        remaining: &[],
        arguments: &[
            "args.roles",
            "args.attestors",
            "args.threshold",
            "args.mandatory",
            "args.max_statement_age",
            "args.redemption_sla",
            "args.name",
            "args.uri",
        ],
    },
    Spec {
        name: "set_attestors",
        group: "governance",
        accounts: accounts![
            authority RoleSigner, config State mut, event_authority Derived, program Program,
        ],
        remaining: &[],
        arguments: &["attestors", "threshold", "mandatory"],
    },
    Spec {
        name: "register_issuer",
        group: "governance",
        accounts: accounts![
            payer AnySigner mut, issuer_manager RoleSigner, config State mut, issuer New mut, mint Mint, escrow
            New mut, freeze_authority Derived, token_program Program, system_program Program, event_authority Derived, program
            Program,
        ],
        remaining: &[],
        arguments: &[
            "bic",
            "admin",
            "operator",
            "limits.quota",
            "limits.window_limit",
            "limits.window_seconds",
        ],
    },
    Spec {
        name: "configure_issuer",
        group: "governance",
        accounts: accounts![
            issuer_manager RoleSigner, config State, issuer State mut, event_authority Derived, program
            Program,
        ],
        remaining: &[],
        arguments: &["limits.quota", "limits.window_limit", "limits.window_seconds"],
    },
    Spec {
        name: "set_policy",
        group: "governance",
        accounts: accounts![authority RoleSigner, config State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["max_statement_age", "redemption_sla"],
    },
    Spec {
        name: "set_issuer_status",
        group: "governance",
        accounts: accounts![issuer_manager RoleSigner, config State, issuer State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["status", "reason_hash"],
    },
    Spec {
        name: "nominate_role",
        group: "governance",
        accounts: accounts![authority RoleSigner, config State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["role", "nominee"],
    },
    Spec {
        name: "accept_role",
        group: "governance",
        accounts: accounts![nominee RoleSigner, config State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["role"],
    },
    Spec {
        name: "cancel_nomination",
        group: "governance",
        accounts: accounts![authority RoleSigner, config State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["role"],
    },
    Spec {
        name: "nominate_issuer_role",
        group: "governance",
        accounts: accounts![nominator RoleSigner, config State, issuer State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["role", "nominee"],
    },
    Spec {
        name: "accept_issuer_role",
        group: "governance",
        accounts: accounts![nominee RoleSigner, config State, issuer State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["role"],
    },
    Spec {
        name: "cancel_issuer_nomination",
        group: "governance",
        accounts: accounts![nominator RoleSigner, config State, issuer State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["role"],
    },
    Spec {
        name: "set_default_account_state",
        group: "governance",
        accounts: accounts![authority RoleSigner, config State mut, mint Mint mut, freeze_authority Derived, token_program Program, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["frozen"],
    },
    Spec {
        name: "update_metadata",
        group: "governance",
        accounts: accounts![payer AnySigner mut, authority RoleSigner, config State, mint Mint mut, mint_authority Derived, token_program Program, system_program Program, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["field", "value"],
    },
    Spec {
        name: "migrate_config",
        group: "governance",
        accounts: accounts![payer AnySigner mut, authority RoleSigner, config State mut, system_program Program, event_authority Derived, program Program],
        remaining: accounts![bank State],
        arguments: &[],
    },
    Spec {
        name: "pause",
        group: "governance",
        accounts: accounts![
            pauser RoleSigner, config State mut, mint Mint mut, pause_authority Derived, token_program
            Program, event_authority Derived, program Program,
        ],
        remaining: &[],
        arguments: &["flags"],
    },
    Spec {
        name: "resume",
        group: "governance",
        accounts: accounts![
            authority RoleSigner, config State mut, mint Mint mut, pause_authority Derived, token_program
            Program, event_authority Derived, program Program,
        ],
        remaining: &[],
        arguments: &["flags"],
    },
    Spec {
        name: "post_statement",
        group: "reserves",
        accounts: accounts![
            operator RoleSigner mut, config State, issuer State, statement New mut, system_program Program,
        ],
        remaining: &[],
        arguments: &[
            "args.number",
            "args.opening",
            "args.credit_total",
            "args.debit_total",
            "args.closing",
            "args.as_of",
            "args.entry_count",
            "args.actionable_count",
            "args.entries_root",
            "args.source_hash",
        ],
    },
    Spec {
        name: "withdraw_statement",
        group: "reserves",
        accounts: accounts![
            operator RoleSigner, config State, issuer State, statement State mut, payer Receiver mut,
        ],
        remaining: &[],
        arguments: &[],
    },
    Spec {
        name: "attest_statement",
        group: "reserves",
        accounts: accounts![
            attestor RoleSigner, config State, issuer State mut, statement State mut,
        ],
        remaining: &[],
        arguments: &["digest"],
    },
    Spec {
        name: "close_statement",
        group: "reserves",
        accounts: accounts![
            caller AnySigner, config State, issuer State, statement State mut, payer Receiver mut,
        ],
        remaining: &[],
        arguments: &[],
    },
    Spec {
        name: "mint",
        group: "issuance",
        accounts: accounts![
            operator RoleSigner, config State, issuer State mut, statement State mut, mint Mint mut,
            recipient TokenAccount mut, block Derived, mint_authority Derived, token_program Program,
        ],
        remaining: &[],
        arguments: &["index", "amount", "reference_hash", "party", "proof"],
    },
    Spec {
        name: "mint_many",
        group: "issuance",
        accounts: accounts![
            operator RoleSigner, config State, issuer State mut, statement State mut, mint Mint mut,
            mint_authority Derived, token_program Program,
        ],
        remaining: accounts![recipient TokenAccount mut, block Derived],
        arguments: &["start", "entries.amount", "entries.reference_hash", "proof"],
    },
    Spec {
        name: "burn",
        group: "issuance",
        accounts: accounts![
            operator RoleSigner, config State, issuer State mut, mint Mint mut, token_account TokenAccount
            mut, pause_authority Derived, token_program Program,
        ],
        remaining: &[],
        arguments: &["amount", "reference_hash"],
    },
    Spec {
        name: "request_redemption",
        group: "redemption",
        accounts: accounts![
            owner RoleSigner mut, config State, issuer State mut, redemption New mut, mint Mint,
            token_account TokenAccount mut, escrow Escrow mut, block Derived, permanent_delegate Derived,
            token_program Program, system_program Program,
        ],
        remaining: &[],
        arguments: &["nonce", "amount", "payout_hash"],
    },
    Spec {
        name: "settle_redemption",
        group: "redemption",
        accounts: accounts![
            operator RoleSigner, config State, issuer State mut, statement State mut, redemption State mut,
            owner Receiver mut, mint Mint mut, escrow Escrow mut, pause_authority Derived, token_program
            Program,
        ],
        remaining: &[],
        arguments: &["entry.index", "entry.amount", "entry.reference_hash", "proof"],
    },
    Spec {
        name: "reject_redemption",
        group: "redemption",
        accounts: accounts![
            operator RoleSigner, config State, issuer State mut, redemption State mut, owner Receiver mut,
            mint Mint mut, escrow Escrow mut, destination TokenAccount mut, block Derived, freeze_authority Derived,
            pause_authority Derived, token_program Program,
        ],
        remaining: &[],
        arguments: &["reason"],
    },
    Spec {
        name: "cancel_redemption",
        group: "redemption",
        accounts: accounts![
            config State, issuer State mut, redemption State mut, owner RoleSigner mut, mint Mint mut,
            escrow Escrow mut, destination TokenAccount mut, block Derived, freeze_authority Derived, pause_authority
            Derived, token_program Program,
        ],
        remaining: &[],
        arguments: &[],
    },
    Spec {
        name: "flag_overdue",
        group: "redemption",
        accounts: accounts![caller AnySigner, config State, issuer State mut, redemption State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &[],
    },
    Spec {
        name: "freeze",
        group: "compliance",
        accounts: accounts![
            compliance RoleSigner, config State, mint Mint, token_account TokenAccount mut,
            freeze_authority Derived, token_program Program, event_authority Derived, program Program,
        ],
        remaining: accounts![bank State],
        arguments: &["reason_hash"],
    },
    Spec {
        name: "thaw",
        group: "compliance",
        accounts: accounts![
            compliance RoleSigner, config State, mint Mint, token_account TokenAccount mut,
            freeze_authority Derived, token_program Program, event_authority Derived, program Program,
        ],
        remaining: &[],
        arguments: &["reason_hash"],
    },
    Spec {
        name: "block_wallet",
        group: "compliance",
        accounts: accounts![
            compliance RoleSigner mut, config State, block New mut, system_program Program, event_authority
            Derived, program Program,
        ],
        remaining: &[],
        arguments: &["wallet", "reason_hash"],
    },
    Spec {
        name: "unblock_wallet",
        group: "compliance",
        accounts: accounts![
            compliance RoleSigner mut, config State, block Derived mut, event_authority Derived, program
            Program,
        ],
        remaining: &[],
        arguments: &["wallet", "reason_hash"],
    },
    Spec {
        name: "admit_holder",
        group: "compliance",
        accounts: accounts![operator RoleSigner, config State, issuer State, mint Mint, token_account TokenAccount mut, block Derived, freeze_authority Derived, token_program Program, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["reference_hash"],
    },
    Spec {
        name: "open_order",
        group: "compliance",
        accounts: accounts![payer AnySigner mut, court_officer RoleSigner, config State, order New mut, subject TokenAccount, destination TokenAccount, system_program Program, event_authority Derived, program Program],
        remaining: accounts![bank State],
        arguments: &["case_hash", "cap", "expires_at"],
    },
    Spec {
        name: "execute_order",
        group: "compliance",
        accounts: accounts![enforcer RoleSigner, config State, order State mut, mint Mint mut, subject TokenAccount mut, destination TokenAccount mut, permanent_delegate Derived, freeze_authority Derived, pause_authority Derived, token_program Program, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["amount"],
    },
    Spec {
        name: "close_order",
        group: "compliance",
        accounts: accounts![court_officer RoleSigner, config State, order State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &[],
    },
    Spec {
        name: "check_invariants",
        group: "oversight",
        accounts: accounts![caller AnySigner, config State, mint Mint, event_authority Derived, program Program],
        remaining: accounts![bank State, escrow Escrow],
        arguments: &[],
    },
    Spec {
        name: "novate",
        group: "interbank",
        accounts: accounts![operator RoleSigner, taker_operator RoleSigner, config State, issuer State mut, taker State mut, event_authority Derived, program Program],
        remaining: &[],
        arguments: &["amount", "reference_hash"],
    },
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use super::*;

    /// Accounts (name, writable, signer) and arguments (name, type) of an instruction, read from its source file
    /// and from the list of instructions.
    struct Source {
        accounts: Vec<(String, bool, bool)>,
        arguments: Vec<(String, String)>,
    }

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/kzte/src/instructions")
    }

    /// The list of instructions.
    fn program() -> String {
        let library = folder().parent().expect("the sources").join("lib.rs");
        let text = fs::read_to_string(library).expect("lib.rs");
        text.split_once("pub mod kzte {")
            .expect("the program")
            .1
            .to_owned()
    }

    /// The block between `start` and the next line that is `end`.
    fn block<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
        let rest = text.split_once(start)?.1;
        rest.split_once(end).map(|(block, _)| block)
    }

    fn read(spec: &Spec) -> Source {
        let path = folder().join(spec.group).join(format!("{}.rs", spec.name));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let structure = text.split_once("#[derive(Accounts)]").expect("accounts").1;
        let body = block(structure, " {\n", "\n}").expect("its fields");
        let mut accounts = Vec::new();
        let mut attribute = String::new();
        for line in body.lines().map(str::trim) {
            if line.starts_with("///") {
                continue;
            }
            if let Some(field) = line.strip_prefix("pub ") {
                let (name, kind) = field.split_once(": ").expect("a field");
                let words: Vec<&str> = attribute
                    .split(|character: char| !character.is_alphanumeric())
                    .collect();
                let writable = words.contains(&"mut") || words.contains(&"init");
                accounts.push((name.to_owned(), writable, kind.starts_with("Signer")));
                attribute.clear();
            } else {
                attribute.push_str(line);
            }
        }
        if text.contains("#[event_cpi]") {
            accounts.push(("event_authority".to_owned(), false, false));
            accounts.push(("program".to_owned(), false, false));
        }
        let handler = block(&program(), &format!("    pub fn {}(", spec.name), ") -> Result")
            .expect("the handler")
            .to_owned();
        let arguments = handler
            .split(",")
            .map(str::trim)
            .filter(|argument| !argument.is_empty() && !argument.starts_with("ctx"))
            .map(|argument| argument.split_once(": ").expect("an argument"))
            .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
            .collect();
        Source { accounts, arguments }
    }

    /// Fields of the argument structures, by structure.
    fn structures() -> BTreeMap<String, Vec<String>> {
        let mut found = BTreeMap::new();
        for spec in ALL {
            let path = folder().join(spec.group).join(format!("{}.rs", spec.name));
            let text = fs::read_to_string(path).expect("a source file");
            for part in text.split("#[derive(AnchorSerialize").skip(1) {
                let name = block(part, "pub struct ", " {").expect("a structure").to_owned();
                let body = block(part, " {\n", "\n}").expect("its fields");
                let fields = body.lines().filter_map(|line| line.trim().strip_prefix("pub "));
                let fields = fields.map(|field| field.split_once(':').expect("a field").0.to_owned());
                found.insert(name, fields.collect());
            }
        }
        found
    }

    #[test]
    fn the_roster_is_the_programs_sources() {
        let structures = structures();
        for spec in ALL {
            let source = read(spec);
            let ours: Vec<_> = spec
                .accounts
                .iter()
                .map(|account| {
                    let signs = matches!(account.kind, Kind::RoleSigner | Kind::AnySigner);
                    (account.name.to_owned(), account.writable, signs)
                })
                .collect();
            assert_eq!(ours, source.accounts, "accounts of {}", spec.name);

            let mut arguments = Vec::new();
            for (name, kind) in &source.arguments {
                let kind = kind.trim_start_matches("Vec<").trim_end_matches('>');
                match structures.get(kind) {
                    Some(fields) => arguments.extend(fields.iter().map(|field| format!("{name}.{field}"))),
                    None => arguments.push(name.clone()),
                }
            }
            assert_eq!(spec.arguments, arguments, "arguments of {}", spec.name);
        }
    }

    #[test]
    fn every_instruction_of_the_program_is_listed() {
        let program = program();
        let mut names: Vec<&str> = program
            .lines()
            .filter_map(|line| line.strip_prefix("    pub fn "))
            .map(|line| line.split_once('(').expect("a function").0)
            .collect();
        let mut ours: Vec<&str> = ALL.iter().map(|spec| spec.name).collect();
        names.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, names);
    }
}
