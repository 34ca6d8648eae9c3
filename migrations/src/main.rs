//! `kzte-migrate`: brings a deployment of KZTE into the state that a file describes. See `kzte-migrate --help`, and
//! docs/DEPLOYMENT.md. `kzte migrate` is the same command with the settings of `kzte`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, ValueEnum};
use kzte_client::{Commitment, RpcChain};
use kzte_migrations::command::{self, Answer, Command, Failure, Kind, Result};
use serde_json::{Value, json};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 refused by the chain; 2 usage; 3 a file or a key is not what it must be; \
    4 file and chain differ; 5 no answer from the node; 6 waiting for somebody else's signature.";

/// Brings a deployment of KZTE into the state that a file describes
#[derive(Debug, Parser)]
#[command(name = "kzte-migrate", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The node: a URL, or localhost, devnet, testnet, mainnet-beta
    #[arg(
        short,
        long,
        global = true,
        env = "KZTE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    url: Option<String>,
    /// How sure an answer of the chain must be
    #[arg(long, global = true, value_enum, default_value_t = Sure::Confirmed)]
    commitment: Sure,
    /// Output for people or for programs
    #[arg(long, global = true, value_enum, default_value_t = Output::Display)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sure {
    Confirmed,
    Finalized,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    Display,
    Json,
    JsonCompact,
}

impl Output {
    fn write(self, text: String, json: &Value) -> String {
        match self {
            Self::Display => text,
            Self::Json => format!("{json:#}"),
            Self::JsonCompact => json.to_string(),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = arguments.output;
    match run(&arguments) {
        Ok(answer) => {
            // A reader that closes the pipe early has read enough.
            let _ = writeln!(io::stdout(), "{}", output.write(answer.text, &answer.json));
            answer
                .verdict
                .map_or(ExitCode::SUCCESS, |kind| ExitCode::from(kind.exit_code()))
        }
        Err(failure) => {
            let code = failure.kind.exit_code();
            let json = json!({ "error": failure, "exit_code": code });
            let text = format!("Error: {failure}");
            let _ = writeln!(io::stderr(), "{}", output.write(text, &json));
            ExitCode::from(code)
        }
    }
}

fn run(arguments: &Arguments) -> Result<Answer> {
    let url = arguments.url.as_deref().ok_or_else(|| {
        Failure::new(
            Kind::Usage,
            "no chain is named",
            "Pass --url, for example --url localhost.",
        )
    })?;
    let url = full_url(url)?;
    let mut chain = RpcChain::new(&url).with_commitment(match arguments.commitment {
        Sure::Confirmed => Commitment::Confirmed,
        Sure::Finalized => Commitment::Finalized,
    });
    command::run(&arguments.command, &mut chain, Some(&url))
}

/// A URL as it is; a moniker as its URL.
fn full_url(text: &str) -> Result<String> {
    Ok(match text {
        "localhost" => "http://127.0.0.1:8899".to_owned(),
        "devnet" | "testnet" | "mainnet-beta" => format!("https://api.{text}.solana.com"),
        url if url.starts_with("http://") || url.starts_with("https://") => url.to_owned(),
        other => {
            return Err(Failure::new(
                Kind::Usage,
                format!("«{other}» is neither a URL nor a moniker"),
                "Give http://… or https://…, or localhost, devnet, testnet or mainnet-beta.",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
