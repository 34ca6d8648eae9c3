//! `cargo xtask`: everything that the repository does with itself.
//!
//! `setup` says what is missing and installs it, `build` makes the on-chain program, `test` runs every check in the
//! order in which a failure is cheapest, `demo` shows the main job. Each command calls the ones it needs, so a fresh
//! checkout starts with any of them.

mod anchor_toml;
mod console;
mod context;
mod fuzz;
mod hygiene;
mod idl;
mod node;
mod pipeline;
mod planted;
mod sbf;
mod soak;
mod tools;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::context::Context;
use crate::pipeline::Engine;
use crate::sbf::Route;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Set up, build, check and show KZTE",
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find what is missing on this machine, say what it is and why, and install it
    Setup,
    /// Build the on-chain program into target/deploy/kzte.so
    Build {
        /// Build twice more from clean, in two temporary folders, and compare the bytes
        #[arg(long)]
        check_reproducible: bool,
        /// Which compiler: the Solana tools, the one made of packages, or whichever is there
        #[arg(long, value_enum, default_value_t = Route::Auto)]
        route: Route,
    },
    /// Write idl/kzte.json from the program's sources
    Idl {
        /// Write nothing; fail if the committed file is not what the sources say
        #[arg(long)]
        check: bool,
    },
    /// Run every check and test
    Test {
        /// Agave's validator is built where it is missing; without, its tests run where it is in the cache
        #[arg(long, value_enum, default_value_t)]
        engine: Engine,
    },
    /// Start a local validator with KZTE on it: program, mint, two banks, key files
    Localnet {
        #[arg(long, value_enum, default_value_t)]
        engine: Engine,
        /// Handed on: --keep, --reset, --port, --once, --folder
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Show the main job on an in-process chain: deposit to token and back
    Demo {
        /// Handed to the demo as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the program with one bug at a time and run the suite, which must catch each; docs/PLANTED_BUGS.md
    PlantedBugs {
        /// Only the bugs whose name contains this; the table is then not written
        #[arg(long)]
        only: Option<String>,
    },
    /// Feed the rules, the readers and the program with inputs that find new ways through them
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = 300)]
        seconds: u64,
        /// Only this one
        #[arg(value_enum)]
        target: Option<fuzz::Target>,
    },
    /// Three banks' whole day's work on a local validator with faults injected, and an exact reconciliation; docs/SOAK.md
    Soak(soak::Arguments),
    /// Measure
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// Compute units of every instruction, into docs/COMPUTE_UNITS.md
    Cu {
        /// Write nothing; fail if a budget is exceeded or the committed table is not what was measured
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let context = Context::detect()?;
    match command {
        Command::Setup => {
            tools::ensure(&context, tools::ALL)?;
            console::note("Everything that the build and the tests need is installed.");
            Ok(())
        }
        Command::Build {
            check_reproducible,
            route,
        } => {
            sbf::ensure_tools(&context, route)?;
            pipeline::build(&context, route)?;
            if check_reproducible {
                pipeline::reproducible(&context, route)
            } else {
                Ok(())
            }
        }
        Command::Idl { check } => pipeline::idl(&context, check),
        Command::Test { engine } => pipeline::test(&context, engine),
        Command::Localnet { engine, arguments } => pipeline::localnet(&context, engine, &arguments),
        Command::Demo { arguments } => pipeline::demo(&context, &arguments),
        Command::PlantedBugs { only } => planted::run(&context, only.as_deref()),
        Command::Fuzz { seconds, target } => fuzz::run(&context, seconds, target),
        Command::Soak(arguments) => soak::run(&context, &arguments),
        Command::Bench {
            what: Bench::Cu { check },
        } => pipeline::compute_units(&context, check),
    }
}
