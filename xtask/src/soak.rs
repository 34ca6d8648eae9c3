//! `cargo xtask soak`: the whole day's work of three banks against a local validator with faults injected (docs/SOAK.md).

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::context::Context;
use crate::pipeline::{self, Engine};

#[derive(Args)]
pub struct Arguments {
    #[arg(long, value_enum, default_value_t)]
    engine: Engine,
    /// How long the banks work; setting up and reckoning up come on top
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Whatever is drawn follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How the figures are printed
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Tables for people
    #[default]
    Text,
    /// One JSON object on the standard output
    Json,
}

/// Fails when the reconciliation is not exact, or anything happened that must not.
pub fn run(context: &Context, arguments: &Arguments) -> Result<()> {
    let output = match arguments.output {
        Output::Text => "text",
        Output::Json => "json",
    };
    let handed_on = [
        "--seconds".to_owned(),
        arguments.seconds.to_string(),
        "--seed".to_owned(),
        arguments.seed.to_string(),
        "--output".to_owned(),
        output.to_owned(),
    ];
    pipeline::on_a_validator(context, arguments.engine, "soak", "Soak", &handed_on)
}
