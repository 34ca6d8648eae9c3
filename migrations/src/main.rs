//! `kzte-migrate`: brings a deployment of KZTE into the state that a file describes. See `kzte-migrate --help`, and
//! docs/DEPLOYMENT.md.

mod command;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use command::args::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = arguments.output;
    match command::run(&arguments) {
        Ok(answer) => {
            // A reader that closes the pipe early has read enough.
            let _ = writeln!(io::stdout(), "{}", answer.written(output));
            ExitCode::from(answer.exit_code)
        }
        Err(failure) => {
            let _ = writeln!(io::stderr(), "{}", failure.written(output));
            ExitCode::from(failure.kind.exit_code())
        }
    }
}
