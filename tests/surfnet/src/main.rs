//! Surfpool's local network as a child process: JSON-RPC and websocket on the ports that it is told, nothing from the
//! network. It says `ready` on its standard output, and ends on Ctrl-C, on SIGTERM, or when its standard input is closed:
//! so it never outlives whoever started it.
//!
//! Who wants a program on it writes it there by `surfnet_writeProgram`.

use std::{io::Read, process::ExitCode, thread, time::Duration};

use clap::Parser;
use crossbeam_channel::{RecvTimeoutError, unbounded};
use surfpool_core::{
    runloops::start_local_surfnet_runloop,
    surfnet::{
        locker::SurfnetSvmLocker,
        svm::{SurfnetSvm, SurfnetSvmConfig},
    },
};
use surfpool_types::{
    BlockProductionMode, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig,
};

/// How long the two servers may take to close.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port of the JSON-RPC
    #[arg(long)]
    rpc_port: u16,
    /// Port of the websocket
    #[arg(long)]
    websocket_port: u16,
    /// Length of a slot, milliseconds
    #[arg(long, default_value_t = 100)]
    slot_ms: u64,
    /// Make a block for every transaction and none in between: time stands still
    #[arg(long)]
    block_per_transaction: bool,
    /// SQLite file that keeps the chain from one start to the next; none: it is gone with the process
    #[arg(long)]
    database: Option<String>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let simnet = SimnetConfig {
        offline_mode: true,
        remote_rpc_url: None,
        slot_time: arguments.slot_ms,
        block_production_mode: if arguments.block_per_transaction {
            BlockProductionMode::Transaction
        } else {
            BlockProductionMode::Clock
        },
        instruction_profiling_enabled: false,
        ..SimnetConfig::default()
    };
    let svm = SurfnetSvmConfig {
        surfnet_id: simnet.surfnet_id.clone(),
        slot_time: simnet.slot_time,
        instruction_profiling_enabled: simnet.instruction_profiling_enabled,
        max_profiles: simnet.max_profiles,
        log_bytes_limit: simnet.log_bytes_limit,
        ..SurfnetSvmConfig::default()
    };
    let config = SurfpoolConfig {
        simnets: vec![simnet],
        rpc: RpcConfig {
            bind_host: "127.0.0.1".to_owned(),
            bind_port: arguments.rpc_port,
            ws_port: arguments.websocket_port,
            ..RpcConfig::default()
        },
        ..SurfpoolConfig::default()
    };
    let (svm, events, geyser) = SurfnetSvm::new_with_db(arguments.database.as_deref(), svm)
        .map_err(|error| format!("the chain cannot be set up: {error}"))?;
    let locker = SurfnetSvmLocker::new(svm);
    let (commands, orders) = unbounded();
    let looped = (locker.clone(), commands.clone());
    thread::spawn(move || {
        let (locker, commands) = looped;
        let run = start_local_surfnet_runloop(locker, config, commands, orders, geyser);
        if let Err(error) = hiro_system_kit::nestable_block_on(run) {
            eprintln!("error: {error}");
        }
    });

    let (stop, stopped) = unbounded::<()>();
    let interrupted = stop.clone();
    ctrlc::set_handler(move || {
        let _ = interrupted.send(());
    })
    .map_err(|error| format!("no handler of Ctrl-C: {error}"))?;
    thread::spawn(move || {
        let mut nothing = [0; 64];
        while std::io::stdin().read(&mut nothing).is_ok_and(|read| read > 0) {}
        let _ = stop.send(());
    });

    loop {
        match events.recv() {
            Ok(SimnetEvent::CoreStarted(_)) => break,
            Ok(SimnetEvent::Aborted(reason)) => return Err(reason),
            Ok(_) => {}
            Err(_) => return Err("the chain ended while it started".to_owned()),
        }
    }
    println!("ready");
    // Its events are many and nobody's concern here, but an unread channel would grow for ever.
    while stopped.try_recv().is_err() {
        match events.recv_timeout(Duration::from_millis(50)) {
            Ok(SimnetEvent::Aborted(reason)) => return Err(reason),
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err("the chain ended".to_owned()),
        }
    }
    let _ = commands.send(SimnetCommand::Terminate(None));
    let mut closed = 0;
    while closed < 2 {
        match events.recv_timeout(PATIENCE) {
            Ok(SimnetEvent::Shutdown) => closed += 1,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    // Writes what SQLite still holds in its journal.
    locker.with_svm_reader(|svm| svm.shutdown());
    Ok(())
}
