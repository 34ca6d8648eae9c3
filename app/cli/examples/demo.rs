//! `cargo xtask demo`: the main job on an in-process chain, told step by step.
//!
//! Exits with 1 and the fact when anything is not as it must be.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::{Parser, ValueEnum};
use kzte_cli::demo::{Narrator, Silent, Stage, run, stdout};

#[derive(Parser)]
#[command(
    about = "Show the main job: from a bank's statement to a token and back to tenge",
    max_term_width = 100
)]
struct Arguments {
    /// How to tell it
    #[arg(long, value_enum, default_value_t = Output::Display)]
    output: Output,
    /// The compiled program; the one that `cargo xtask build` makes unless KZTE_PROGRAM names another
    #[arg(long)]
    program: Option<PathBuf>,
    /// Folder of the sample statements
    #[arg(long)]
    samples: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    /// For people
    Display,
    /// For machines, indented
    Json,
    /// For machines, on one line
    JsonCompact,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut stage = Stage::of_this_checkout();
    stage.program = arguments.program.unwrap_or(stage.program);
    stage.samples = arguments.samples.unwrap_or(stage.samples);
    let begun = Instant::now();
    let outcome = match arguments.output {
        Output::Display => {
            let mut narrator = Narrator::new(stdout());
            narrator.opening();
            run(&stage, &mut narrator).map(|record| {
                let milliseconds = begun.elapsed().as_millis();
                narrator.summary(
                    &record,
                    &format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
                );
            })
        }
        Output::Json | Output::JsonCompact => run(&stage, &mut Silent).map(|record| {
            let text = match arguments.output {
                Output::JsonCompact => serde_json::to_string(&record),
                _ => serde_json::to_string_pretty(&record),
            };
            println!("{}", text.unwrap_or_default());
        }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}
