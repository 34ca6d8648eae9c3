//! A local validator with KZTE on it: the program behind the upgradeable loader, the mint, two banks, and a key file for
//! everybody who acts. Runs until it is interrupted. Called by `cargo xtask localnet`.
//!
//! The keys follow from names and are the same everywhere: worth nothing on any other chain.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::mpsc,
};

use clap::Parser;
use kzte_client::{Chain, RpcChain, fetch};
use kzte_harness::{
    Key, World, assert_ok,
    validator::{Engine, Setup},
    world::WIDE,
};

#[derive(Parser)]
#[command(name = "cargo xtask localnet", max_term_width = 100)]
struct Arguments {
    /// `surfnet` or `agave`; their binaries are named by KZTE_SURFNET and KZTE_VALIDATOR
    #[arg(long, default_value = "surfnet")]
    engine: String,
    /// Folder for key files, and for the ledger with --keep
    #[arg(long, default_value = ".kzte/localnet")]
    folder: PathBuf,
    /// Keep the ledger and go on with it next time
    #[arg(long)]
    keep: bool,
    /// Begin with an empty ledger although one was kept
    #[arg(long)]
    reset: bool,
    /// Port of the RPC; the websocket is one further. A free one where none is given
    #[arg(long)]
    port: Option<u16>,
    /// Set everything up, print it, and stop
    #[arg(long)]
    once: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let keys = arguments.folder.join("keys");
    let kept = arguments.folder.join("chain");
    if (arguments.reset || !arguments.keep)
        && kept.exists()
        && let Err(error) = fs::remove_dir_all(&kept)
    {
        eprintln!("error: {} cannot be removed: {error}", kept.display());
        return ExitCode::FAILURE;
    }
    let Some(engine) = Engine::named(Some(&arguments.engine)) else {
        eprintln!(
            "error: there is no engine «{}» here: `cargo xtask localnet --engine surfnet` or `--engine agave` builds one",
            arguments.engine
        );
        return ExitCode::FAILURE;
    };
    eprintln!("starting {} ({})", engine, engine.version());
    let authority = Key::named("upgrade authority").address();
    let validator = Setup::new(&engine, &authority)
        .kept_in(&kept)
        .on_port(arguments.port)
        .start();
    let world = set_up(validator.chain());
    let files = match write_keys(&keys, &world) {
        Ok(files) => files,
        Err(error) => {
            eprintln!(
                "error: the key files cannot be written into {}: {error}",
                keys.display()
            );
            return ExitCode::FAILURE;
        }
    };
    println!("RPC        {}", validator.url());
    println!("websocket  {}", validator.websocket_url());
    println!("mint       {}", world.deployment.mint);
    println!("config     {}", world.deployment.config);
    for bank in world.banks {
        println!("bank       {}  {}", bank.bic, world.deployment.issuer(&bank.bic));
    }
    println!("keys       {} files in {}", files, keys.display());
    println!();
    println!(
        "kzte --url {} --mint {} show config",
        validator.url(),
        world.deployment.mint
    );
    if !arguments.once {
        println!("Runs until Ctrl-C.");
        wait_for_interrupt();
    }
    drop(validator);
    if !arguments.keep {
        let _ = fs::remove_dir_all(&kept);
    }
    ExitCode::SUCCESS
}

/// The deployment on a chain that may hold it already.
fn set_up(chain: RpcChain) -> World<RpcChain> {
    let mut world = World::on(chain, "localnet mint");
    if fetch::config(&world.chain, &world.deployment).is_ok() {
        return world;
    }
    eprintln!("setting up the mint and two banks");
    world.fund_everybody();
    let case = world.initialize_case();
    assert_ok(&mut world, &case);
    for bank in world.banks {
        let case = world.register_case(&bank, WIDE);
        assert_ok(&mut world, &case);
    }
    world
}

/// Writes a key file in Solana's format for everybody who acts.
fn write_keys<C: Chain>(folder: &Path, world: &World<C>) -> std::io::Result<usize> {
    fs::create_dir_all(folder)?;
    let mut holders: Vec<(String, Key)> = world
        .keys
        .all()
        .map(|(name, key)| (name.replace(' ', "-"), key))
        .to_vec();
    for bank in world.banks {
        holders.push((format!("{}-admin", bank.bic), bank.admin));
        holders.push((format!("{}-operator", bank.bic), bank.operator));
    }
    for (name, key) in &holders {
        let numbers: Vec<String> = key.pair().to_bytes().iter().map(u8::to_string).collect();
        fs::write(
            folder.join(format!("{name}.json")),
            format!("[{}]\n", numbers.join(",")),
        )?;
    }
    Ok(holders.len())
}

fn wait_for_interrupt() {
    let (sender, receiver) = mpsc::channel();
    let sent = ctrlc::set_handler(move || {
        let _ = sender.send(());
    });
    if sent.is_ok() {
        let _ = receiver.recv();
    }
}
