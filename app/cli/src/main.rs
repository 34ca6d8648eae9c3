//! `kzte`: the command line of KZTE. See `kzte --help`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use kzte_cli::{answer::written_failure, args::Arguments, commands};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = arguments.global.output;
    match commands::run(&arguments) {
        Ok(answer) => {
            // A reader that closes the pipe early has read enough.
            let _ = writeln!(io::stdout(), "{}", answer.written(output));
            answer
                .verdict
                .map_or(ExitCode::SUCCESS, |kind| ExitCode::from(kind.exit_code()))
        }
        Err(failure) => {
            let _ = writeln!(io::stderr(), "{}", written_failure(&failure, output));
            ExitCode::from(failure.kind.exit_code())
        }
    }
}
