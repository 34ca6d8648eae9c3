//! The arguments: the same in both tools.
//!
//! `keypair` and `fee_payer` have the ids of general options of `kzte`: what is given there before the verb comes down to
//! it, and what is given behind the verb takes its place.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kzte_client::Address;

/// A verb and what it needs.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Show what would change; sends nothing
    Plan {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        keys: Keys,
    },
    /// Do what is missing, step by step; repeat it after a crash
    Apply {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        keys: Keys,
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

/// Which deployment, and how far.
#[derive(Args, Clone, Debug)]
pub struct Target {
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
}

/// Who pays and who signs.
#[derive(Args, Clone, Debug)]
pub struct Keys {
    /// Key file of whoever pays fees and rent; by it a plan tells how far a program's buffer is written
    #[arg(
        id = "fee_payer",
        long = "payer",
        visible_alias = "fee-payer",
        value_name = "FILE"
    )]
    pub payer: Option<PathBuf>,
    /// Key file of whoever signs, once each; who signs what is found by address, and a plan says who is still missing
    #[arg(short, long, value_name = "FILE")]
    pub keypair: Vec<PathBuf>,
}

fn address(text: &str) -> Result<Address, String> {
    text.parse()
        .map_err(|_| "not a base58 address of 32 bytes".to_owned())
}
