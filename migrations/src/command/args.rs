//! Arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kzte_client::Address;

/// Brings a deployment of KZTE into the state that a file describes
#[derive(Debug, Parser)]
#[command(name = "kzte-migrate", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// Output for people or for programs
    #[arg(long, global = true, value_enum, default_value_t = Output::Display)]
    pub output: Output,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 refused by the chain; 2 usage; 3 a file or a key is not what it must be; \
    4 file and chain differ; 5 no answer from the node; 6 waiting for somebody else's signature.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Display,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would change; sends nothing
    Plan {
        #[command(flatten)]
        target: Target,
        /// Key file of whoever will pay: also tells how far a program's buffer is written
        #[arg(long, value_name = "FILE")]
        payer: Option<PathBuf>,
        /// Key file of whoever will sign, once each: the plan then says who is still missing
        #[arg(short, long, value_name = "FILE")]
        keypair: Vec<PathBuf>,
    },
    /// Do what is missing, step by step; repeat it after a crash
    Apply {
        #[command(flatten)]
        target: Target,
        /// Key file of whoever pays fees and rent
        #[arg(long, value_name = "FILE")]
        payer: PathBuf,
        /// Key file of whoever signs, once each; who signs what is found by address
        #[arg(short, long, value_name = "FILE")]
        keypair: Vec<PathBuf>,
        /// The ledger file; by default beside the deployment's file, under its name and the cluster's
        #[arg(long, value_name = "FILE")]
        ledger: Option<PathBuf>,
    },
    /// Succeed only when the chain is as the file says
    Verify {
        #[command(flatten)]
        target: Target,
    },
    /// Show what was done by the ledger file, and what is left by the chain
    Status {
        #[command(flatten)]
        target: Target,
        /// The ledger file; by default beside the deployment's file
        #[arg(long, value_name = "FILE")]
        ledger: Option<PathBuf>,
    },
}

/// Which chain, which deployment.
#[derive(Debug, Args)]
pub struct Target {
    /// The node: a URL, or localhost, devnet, testnet, mainnet-beta
    #[arg(short, long, env = "KZTE_URL", value_name = "URL", hide_env_values = true)]
    pub url: String,
    /// The deployment's file, TOML or JSON
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    /// The compiled program, for step 0001; without it the program on the chain is left as it is
    #[arg(long, value_name = "FILE.so")]
    pub program: Option<PathBuf>,
    /// Another address for the program than its build declares, for a rehearsal: step 0001 only
    #[arg(long, value_name = "ADDRESS", requires = "program", value_parser = address)]
    pub program_id: Option<Address>,
    /// The last step to look at, for example 0001
    #[arg(long, value_name = "STEP")]
    pub through: Option<String>,
    /// How sure an answer of the chain must be
    #[arg(long, value_enum, default_value_t = Sure::Confirmed)]
    pub commitment: Sure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sure {
    Confirmed,
    Finalized,
}

fn address(text: &str) -> Result<Address, String> {
    text.parse()
        .map_err(|_| "not a base58 address of 32 bytes".to_owned())
}
