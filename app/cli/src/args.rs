//! The arguments of `kzte`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kzte_client::{
    Address, Bic,
    amount::parse_tenge,
    instruction::MetadataField,
    state::{IssuerRole, Role},
};
use kzte_migrations::command as migrations;

use crate::{
    ops::roles::Title,
    text::{parse_moment, parse_span},
};

/// The last lines of `kzte --help`.
const EXIT_CODES: &str = "\
Exit codes:
  0  done, or done before: a repeated command does nothing twice and says so
  1  refused by the program, the token program or the runtime
  2  the arguments do not make a command
  3  a file is not what it must be; nothing was written or sent
  4  what the file says and what the chain says differ
  5  no answer from the chain, or none yet: repeat the command
  6  something was skipped, or waits for somebody else's signature; the output names it
  7  the check ran, and an invariant does not hold

Where no flag is given, the settings of the Solana tools apply (~/.config/solana/cli/config.yml).
Amounts are written in tenge (1234,56); machine output counts tiyn. Times are those of Kazakhstan (UTC+05) or Unix
seconds; machine output has Unix seconds.";

/// Every role's commands in one binary.
#[derive(Parser)]
#[command(name = "kzte", version, about = "KZTE: the tenge stablecoin with double-entry issuance", after_help = EXIT_CODES, max_term_width = 110)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Node: a URL, or localhost, devnet, testnet, mainnet-beta (or their first letter)
    #[arg(
        short,
        long,
        global = true,
        env = "KZTE_URL",
        hide_env_values = true,
        value_name = "URL_OR_MONIKER"
    )]
    pub url: Option<String>,
    /// Key file of whoever acts
    #[arg(short, long, global = true, env = "KZTE_KEYPAIR", value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// Key file of whoever pays fees and rent; the acting key unless given
    #[arg(long, global = true, value_name = "FILE")]
    pub fee_payer: Option<PathBuf>,
    /// The KZTE mint of the deployment
    #[arg(long, global = true, env = "KZTE_MINT", value_name = "ADDRESS", value_parser = address)]
    pub mint: Option<Address>,
    /// How answers are written
    #[arg(long, global = true, value_enum, default_value_t = Output::Display)]
    pub output: Output,
    /// How sure an answer of the chain must be
    #[arg(long, global = true, value_enum)]
    pub commitment: Option<CommitmentArg>,
    /// Settings file of the Solana tools
    #[arg(short = 'C', long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of signed transactions [default: ~/.local/state/kzte/journal]
    #[arg(long, global = true, env = "KZTE_JOURNAL", value_name = "DIR")]
    pub journal: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Display,
    /// For machines, indented
    Json,
    /// For machines, on one line
    JsonCompact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CommitmentArg {
    Confirmed,
    Finalized,
}

#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Bank statements: import, post, attest, withdraw, close
    #[command(subcommand)]
    Statement(Statement),
    /// Mint deposits of an effective statement (operator)
    Mint(OfEntries),
    /// What a wallet holds
    Balance {
        /// Wallet or token account; the acting key's wallet unless given
        #[arg(value_parser = address)]
        address: Option<Address>,
    },
    /// Send tokens to a wallet (holder)
    Transfer {
        #[arg(value_parser = address)]
        wallet: Address,
        /// Tenge, for example 1234,56
        #[arg(value_parser = parse_tenge)]
        amount: u64,
        /// What the transfer is for: the same transfer under the same reference moves tokens once
        #[arg(long, value_name = "TEXT", value_parser = reference)]
        reference: String,
    },
    /// Freeze a token account (compliance desk)
    Freeze(OfAccount),
    /// Thaw a token account (compliance desk)
    Thaw(OfAccount),
    /// Block a wallet: it receives no mint and requests no redemption (compliance desk)
    Block(OfAccount),
    /// Open a blocked wallet again (compliance desk)
    Unblock(OfAccount),
    /// Ask a bank to pay tokens out in tenge (holder)
    Redeem {
        /// Tenge, for example 1234,56
        #[arg(value_parser = parse_tenge)]
        amount: u64,
        #[command(flatten)]
        bank: OfBank,
        /// Bank account that is paid to
        #[arg(long, value_name = "IBAN", value_parser = crate::iban::parse)]
        account: String,
        /// Your own identification of the payout, as it will stand in the payment
        #[arg(long, value_name = "ID", value_parser = reference)]
        end_to_end_id: String,
        /// File of the key that the bank gave for this
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
    },
    /// End a redemption without a payout
    #[command(subcommand)]
    Redemption(Redemption),
    /// Settle redemptions against the debits of an effective statement (operator)
    Settle(OfEntries),
    /// Destroy tokens of the bank's own stock (operator)
    Burn {
        /// Tenge, for example 1234,56
        #[arg(value_parser = parse_tenge)]
        amount: u64,
        #[command(flatten)]
        bank: OfBank,
        /// The bank's own record: the same burn under the same reference happens once
        #[arg(long, value_name = "TEXT", value_parser = reference)]
        reference: String,
        /// File of the key under which the reference is hashed; plain SHA-256 unless given
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Stop functions at once (on-call desk)
    Pause(OfFlags),
    /// Open functions again (authority)
    Resume(OfFlags),
    /// Hand a role or a bank's seat over: nominate, accept, cancel
    #[command(subcommand)]
    Role(RoleCommand),
    /// Suspend, reactivate, wind down or close a bank (issuer manager)
    #[command(subcommand)]
    Issuer(IssuerCommand),
    /// Set how old a statement may be at a mint, and the term of redemptions (authority)
    Policy(OfPolicy),
    /// Replace the attestor set; statements that are posted must be voted anew, by all (authority)
    Attestors {
        /// An attestor, by seat: once for each, 1 to 8
        #[arg(long = "seat", value_name = "ADDRESS", value_parser = address, required = true)]
        seats: Vec<Address>,
        /// An attestor without whom no statement is carried: once for each, at least one
        #[arg(long, value_name = "ADDRESS", value_parser = address, required = true)]
        mandatory: Vec<Address>,
        /// Votes that carry a statement
        #[arg(long, value_name = "NUMBER")]
        threshold: u8,
    },
    /// Let token accounts be born frozen, or open (authority)
    DefaultAccountState {
        #[arg(value_enum)]
        state: Birth,
    },
    /// Let a verified customer in where token accounts are born frozen (operator)
    Admit {
        /// Wallet, or its token account
        #[arg(value_parser = address)]
        address: Address,
        #[command(flatten)]
        bank: OfBank,
        /// The verification on file; only its hash goes on chain
        #[arg(long, value_name = "TEXT", value_parser = reference)]
        reference: String,
        /// File of the key under which the reference is hashed; plain SHA-256 unless given
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Change the name or the link of the token (authority)
    Metadata {
        #[arg(value_enum)]
        field: Text,
        /// 1 to 200 bytes
        value: String,
    },
    /// Flag redemptions whose term has passed: their bank mints nothing until they have ended (anyone)
    FlagOverdue(OfOverdue),
    /// Move a liability from one bank to another (operators of both)
    Novate {
        /// Tenge, for example 1234,56
        #[arg(value_parser = parse_tenge)]
        amount: u64,
        /// The bank that gives the liability away
        #[arg(long, value_name = "BIC")]
        from: Bic,
        /// The bank that takes it over
        #[arg(long, value_name = "BIC")]
        to: Bic,
        /// Key file of the giving bank's operator; the acting key unless given
        #[arg(long, value_name = "FILE")]
        from_key: Option<PathBuf>,
        /// Key file of the taking bank's operator; the acting key unless given
        #[arg(long, value_name = "FILE")]
        to_key: Option<PathBuf>,
        /// The banks' agreement: the same novation under the same reference happens once
        #[arg(long, value_name = "TEXT", value_parser = reference)]
        reference: String,
        /// File of the key under which the reference is hashed; plain SHA-256 unless given
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Seizure orders: open and close (court officer), execute (enforcer), show
    #[command(subcommand)]
    Order(OrderCommand),
    /// Let the program check its invariants (anyone): one line a bank, exit code 7 when one does not hold
    CheckInvariants {
        /// The banks; all that are registered unless given
        banks: Vec<Bic>,
        /// Take the banks from a description of the deployment
        #[arg(long, value_name = "FILE", conflicts_with = "banks")]
        description: Option<PathBuf>,
    },
    /// Tell every event of the deployment as it happens, one a line, until Ctrl-C
    Watch {
        /// The node's websocket; unless given, the next port of the node's URL, or its host where it names no port
        #[arg(long, value_name = "URL", env = "KZTE_WEBSOCKET", hide_env_values = true)]
        websocket: Option<String>,
        /// Tell first what the node remembers, oldest first
        #[arg(long)]
        from_start: bool,
    },
    /// Look at the chain
    #[command(subcommand)]
    Show(Show),
    /// Bring a deployment into the state that a file describes, as `kzte-migrate` does
    #[command(subcommand)]
    Migrate(migrations::Command),
}

#[derive(Subcommand, Clone, Debug)]
pub enum Statement {
    /// Turn a camt.053 file into statement bundles
    Import {
        /// The bank's file
        file: PathBuf,
        /// File of the key under which references are hashed: 64 hexadecimal digits
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// Folder for the bundles, and for the plain references that stay with the bank
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Refuse a file of another bank; with --url the numbers continue this bank's
        #[arg(long, value_name = "BIC")]
        issuer: Option<Bic>,
        /// Number of the file's first statement
        #[arg(long, value_name = "N")]
        number: Option<u64>,
    },
    /// Put a statement before the attestors (operator)
    Post {
        bundle: PathBuf,
        #[command(flatten)]
        bank: OfBank,
    },
    /// Compare a posted statement with your own copy of the bank's file, then vote for it (attestor)
    Attest {
        /// The bank's file, as the bank gave it to you
        file: PathBuf,
        /// File of the key under which references are hashed
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        #[command(flatten)]
        statement: OfStatement,
    },
    /// Take a posted statement back, to replace it (operator)
    Withdraw(OfStatement),
    /// Close a statement whose last entry is consumed; its rent goes back (anyone)
    Close(OfStatement),
}

#[derive(Subcommand, Clone, Debug)]
pub enum Redemption {
    /// Take an unpaid redemption back, once it is due (holder)
    Cancel {
        #[arg(value_parser = address)]
        redemption: Address,
        #[command(flatten)]
        bank: OfBank,
    },
    /// Refuse to pay; the tokens go back to their holder (operator)
    Reject {
        #[arg(value_parser = address)]
        redemption: Address,
        #[command(flatten)]
        bank: OfBank,
        /// Reason code, see docs/ROLES.md
        #[arg(long, value_name = "CODE")]
        reason: u16,
    },
}

#[derive(Subcommand, Clone, Debug)]
pub enum Show {
    /// Roles, attestors, policy, mint
    Config,
    /// A bank: limits, position, last statement
    Issuer { bic: Bic },
    /// A statement: figures, votes, consumed entries
    Statement {
        bic: Bic,
        number: u64,
        /// List the entries that are still open, from this bundle
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
    },
    /// A redemption, open or ended
    Redemption {
        #[arg(value_parser = address)]
        redemption: Address,
    },
    /// The open redemptions of a bank, by due time
    Redemptions { bic: Bic },
    /// A seizure order
    Order(OfCase),
    /// Every seizure order, open, expired or closed
    Orders,
}

#[derive(Subcommand, Clone, Debug)]
pub enum RoleCommand {
    /// Offer a role to a key, which takes the place of an older nominee (authority; a bank's seats: its admin)
    Nominate {
        #[command(flatten)]
        title: OfTitle,
        /// A key that holds no role
        #[arg(value_parser = address)]
        nominee: Address,
    },
    /// Take a role over (nominee)
    Accept {
        #[command(flatten)]
        title: OfTitle,
    },
    /// Take a nomination back (whoever may nominate)
    Cancel {
        #[command(flatten)]
        title: OfTitle,
    },
}

#[derive(Subcommand, Clone, Debug)]
pub enum IssuerCommand {
    /// Stop a bank's minting; everything else goes on
    Suspend(OfReason),
    /// Let a suspended bank mint again
    Reactivate(OfReason),
    /// Let a bank redeem only, on the way to closing; not undone
    WindDown(OfReason),
    /// Close a bank with nothing outstanding and no open redemption, for ever
    Close(OfReason),
    /// Set what a bank may have outstanding and mint within a window; what is not given stays
    Limits(OfLimits),
}

/// What a bank may do, tiyn and seconds.
#[derive(Args, Clone, Debug)]
pub struct OfLimits {
    pub bic: Bic,
    /// Most that may be outstanding
    #[arg(long, value_name = "TENGE", value_parser = parse_tenge)]
    pub quota: Option<u64>,
    /// Most that may be minted within one window
    #[arg(long, value_name = "TENGE", value_parser = parse_tenge, conflicts_with = "no_window_limit")]
    pub window_limit: Option<u64>,
    /// Any amount may be minted within a window
    #[arg(long)]
    pub no_window_limit: bool,
    /// Length of the window: 1d, 24h, 90m, or seconds
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    pub window: Option<i64>,
}

#[derive(Subcommand, Clone, Debug)]
pub enum OrderCommand {
    /// Open the order of a case, once (court officer)
    Open {
        #[command(flatten)]
        case: OfCase,
        /// Wallet or token account to take from
        #[arg(long, value_name = "ADDRESS", value_parser = address)]
        from: Address,
        /// Wallet or token account to give to
        #[arg(long, value_name = "ADDRESS", value_parser = address)]
        to: Address,
        /// Most that may be moved, tenge
        #[arg(long, value_name = "TENGE", value_parser = parse_tenge)]
        cap: u64,
        /// From then on it moves nothing: 2026-12-31 18:00 (UTC+05), a day to its end, or Unix seconds
        #[arg(long, value_name = "WHEN", value_parser = parse_moment)]
        expires: i64,
    },
    /// Move tokens under an open order (enforcer)
    Execute {
        /// Tenge, for example 1234,56
        #[arg(value_parser = parse_tenge)]
        amount: u64,
        #[command(flatten)]
        case: OfCase,
        /// Your own record: the same execution under the same reference moves tokens once
        #[arg(long, value_name = "TEXT", value_parser = reference)]
        reference: String,
    },
    /// Close an order for ever (court officer)
    Close {
        #[command(flatten)]
        case: OfCase,
    },
    /// Show the order of a case
    Show {
        #[command(flatten)]
        case: OfCase,
    },
}

#[derive(Args, Clone, Debug)]
pub struct OfTitle {
    #[arg(value_enum)]
    pub role: RoleArg,
    /// The bank, for its admin and its operator
    #[arg(long, value_name = "BIC", required_if_eq_any = [("role", "admin"), ("role", "operator")])]
    pub issuer: Option<Bic>,
}

impl OfTitle {
    /// The role or the seat.
    ///
    /// Errors: a bank is named for a role that belongs to none.
    pub fn title(&self) -> Result<Title, String> {
        let of_bank = |seat| match self.issuer {
            Some(bic) => Ok(Title::Bank(bic, seat)),
            None => Err("the seat of which bank?".to_owned()),
        };
        let role = match self.role {
            RoleArg::Admin => return of_bank(IssuerRole::Admin),
            RoleArg::Operator => return of_bank(IssuerRole::Operator),
            RoleArg::Authority => Role::Authority,
            RoleArg::IssuerManager => Role::IssuerManager,
            RoleArg::Pauser => Role::Pauser,
            RoleArg::Compliance => Role::Compliance,
            RoleArg::CourtOfficer => Role::CourtOfficer,
            RoleArg::Enforcer => Role::Enforcer,
        };
        match self.issuer {
            None => Ok(Title::Deployment(role)),
            Some(_) => Err("this role belongs to no bank".to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    Authority,
    IssuerManager,
    Pauser,
    Compliance,
    CourtOfficer,
    Enforcer,
    /// Cold key of a bank
    Admin,
    /// Hot key of a bank
    Operator,
}

#[derive(Args, Clone, Debug)]
pub struct OfReason {
    /// The bank's code
    pub bic: Bic,
    /// Reason on file; only its hash goes on chain
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    pub reason: String,
    /// File of the key under which the reason is hashed; plain SHA-256 unless given
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = true)]
pub struct OfPolicy {
    /// Oldest statement that still mints: 3d, 36h, 90m, or seconds; at most 31 days
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    pub max_statement_age: Option<i64>,
    /// Term of redemptions requested from now on: 2d, 36h, 90m, or seconds; at most 31 days
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    pub redemption_term: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Birth {
    /// Banks admit their customers
    Frozen,
    /// Anybody holds
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Text {
    Name,
    Uri,
}

impl Text {
    pub fn field(self) -> MetadataField {
        match self {
            Self::Name => MetadataField::Name,
            Self::Uri => MetadataField::Uri,
        }
    }
}

#[derive(Args, Clone, Debug)]
pub struct OfOverdue {
    /// The redemption
    #[arg(value_parser = address, required_unless_present = "all", conflicts_with = "all")]
    pub redemption: Option<Address>,
    /// Every redemption whose term has passed
    #[arg(long)]
    pub all: bool,
    /// Of this bank only; of all banks unless given
    #[arg(long, value_name = "BIC", requires = "all")]
    pub issuer: Option<Bic>,
}

#[derive(Args, Clone, Debug)]
pub struct OfCase {
    #[command(flatten)]
    pub named: Case,
    /// File of the key under which the case is hashed; plain SHA-256 unless given
    #[arg(long, value_name = "FILE", conflicts_with = "case_hash")]
    pub key_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Case {
    /// The court's decision on file; only its hash goes on chain
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    pub case: Option<String>,
    /// Its hash: 64 hexadecimal digits
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub case_hash: Option<[u8; 32]>,
}

#[derive(Args, Clone, Debug)]
pub struct OfBank {
    /// The bank's code
    #[arg(long, value_name = "BIC")]
    pub issuer: Bic,
}

#[derive(Args, Clone, Debug)]
pub struct OfStatement {
    /// The bank's code
    #[arg(long, value_name = "BIC")]
    pub issuer: Bic,
    /// Number of the statement on the chain
    #[arg(long, value_name = "N")]
    pub number: u64,
}

#[derive(Args, Clone, Debug)]
pub struct OfEntries {
    /// Statement bundle that `kzte statement import` wrote
    pub bundle: PathBuf,
    #[command(flatten)]
    pub bank: OfBank,
    #[command(flatten)]
    pub which: Which,
}

#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// One entry, counted from 0
    #[arg(long, value_name = "INDEX")]
    pub entry: Option<u32>,
    /// Every entry that is still open
    #[arg(long)]
    pub all: bool,
}

#[derive(Args, Clone, Debug)]
pub struct OfAccount {
    /// Wallet, or (to freeze and thaw) one of its token accounts
    #[arg(value_parser = address)]
    pub address: Address,
    /// Reason on file; only its hash goes on chain
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    pub reason: String,
    /// File of the key under which the reason is hashed; plain SHA-256 unless given
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub struct OfFlags {
    #[arg(required = true, value_enum)]
    pub functions: Vec<Function>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Function {
    Mint,
    RedemptionRequest,
    Transfer,
}

impl Function {
    /// The pause flags of some functions.
    pub fn flags(functions: &[Self]) -> u8 {
        use kzte_client::state::{PAUSE_MINT, PAUSE_REDEMPTION_REQUEST, PAUSE_TRANSFER};
        functions.iter().fold(0, |flags, function| {
            flags
                | match function {
                    Self::Mint => PAUSE_MINT,
                    Self::RedemptionRequest => PAUSE_REDEMPTION_REQUEST,
                    Self::Transfer => PAUSE_TRANSFER,
                }
        })
    }
}

fn address(text: &str) -> Result<Address, String> {
    let address: Address = text
        .parse()
        .map_err(|_| "not a base58 address of 32 bytes (43 or 44 characters as a rule)".to_owned())?;
    if address == Address::default() {
        return Err("the all-zero address belongs to nobody".to_owned());
    }
    Ok(address)
}

fn hash(text: &str) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| "not 64 hexadecimal digits".to_owned())?;
    Ok(bytes)
}

fn reference(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty".to_owned()),
        // A zero byte would let two different payouts hash alike.
        text if text.contains('\0') => Err("it holds a zero byte".to_owned()),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    fn keys(line: &str) -> migrations::Keys {
        let parsed = Arguments::try_parse_from(line.split(' ')).unwrap();
        match parsed.command {
            Command::Migrate(migrations::Command::Apply { keys, .. }) => keys,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn general_keys_come_down_to_migrate_unless_it_has_its_own() {
        let general = keys("kzte -k a --fee-payer p migrate apply --file f");
        assert_eq!(general.keypair, [Path::new("a")]);
        assert_eq!(general.payer.as_deref(), Some(Path::new("p")));
        let own = keys("kzte -k a --fee-payer p migrate apply --file f --payer q -k b --keypair c");
        assert_eq!(own.keypair, [Path::new("b"), Path::new("c")]);
        assert_eq!(own.payer.as_deref(), Some(Path::new("q")));
    }
}
