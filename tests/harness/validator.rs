//! Agave's own `solana-test-validator` with the program deployed through the upgradeable loader, as a child process.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use kzte_client::{Address, Chain, PROGRAM_ID, RpcChain};

use crate::world::program_path;

/// Longest time from start to the first answer, seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// A quarter of the usual 64: four times as many slots a second.
const TICKS_PER_SLOT: &str = "16";

/// A running validator; it stops when it is dropped.
pub struct Validator {
    binary: PathBuf,
    folder: Folder,
    child: Option<Child>,
    rpc_port: u16,
    upgrade_authority: Address,
}

/// Where its ledger and its log lie.
enum Folder {
    /// Gone with the validator.
    Temporary(tempfile::TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

impl Validator {
    /// The binary that `KZTE_VALIDATOR` names.
    pub fn binary() -> Option<PathBuf> {
        std::env::var_os("KZTE_VALIDATOR").map(PathBuf::from)
    }

    /// Starts one with a ledger of its own on free ports, and waits until it answers. Panics with its log when it does
    /// not.
    pub fn start(binary: &Path, upgrade_authority: &Address) -> Self {
        let folder = Folder::Temporary(tempfile::tempdir().expect("a folder"));
        Self::start_in(binary, folder, None, upgrade_authority)
    }

    /// Starts one whose ledger stays in `folder`, and goes on with the ledger that lies there. `rpc_port`: `None` takes
    /// a free one.
    pub fn start_kept(
        binary: &Path,
        folder: &Path,
        rpc_port: Option<u16>,
        upgrade_authority: &Address,
    ) -> Self {
        fs::create_dir_all(folder).expect("the folder of the ledger");
        Self::start_in(
            binary,
            Folder::Kept(folder.to_owned()),
            rpc_port,
            upgrade_authority,
        )
    }

    fn start_in(binary: &Path, folder: Folder, rpc_port: Option<u16>, upgrade_authority: &Address) -> Self {
        let is_new = !folder.path().join("ledger").exists();
        let mut validator = Self {
            binary: binary.to_owned(),
            folder,
            child: None,
            rpc_port: rpc_port.unwrap_or_else(|| free_ports(2)),
            upgrade_authority: *upgrade_authority,
        };
        validator.launch(is_new);
        validator
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.rpc_port)
    }

    /// Where it tells news: one port further.
    pub fn websocket_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.rpc_port.saturating_add(1))
    }

    /// A client of it that asks often: slots are short here.
    pub fn chain(&self) -> RpcChain {
        RpcChain::new(self.url()).with_timing(
            Duration::from_millis(50),
            Duration::from_millis(500),
            Duration::from_secs(60),
        )
    }

    /// Stops it and starts it again on the same ledger.
    pub fn restart(&mut self) {
        self.stop();
        self.launch(false);
    }

    fn launch(&mut self, reset: bool) {
        // The websocket listens on the port behind that of the RPC.
        let ports = free_ports(40);
        let log = fs::File::create(self.log()).expect("the log");
        let mut command = Command::new(&self.binary);
        command
            .arg("--ledger")
            .arg(self.folder.path().join("ledger"))
            .args(["--bind-address", "127.0.0.1"])
            .args(["--rpc-port", &self.rpc_port.to_string()])
            .args(["--faucet-port", &ports.to_string()])
            .args(["--gossip-port", &(ports + 1).to_string()])
            .args(["--dynamic-port-range", &format!("{}-{}", ports + 2, ports + 39)])
            .args(["--ticks-per-slot", TICKS_PER_SLOT, "--quiet"])
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone().expect("the log")))
            .stderr(Stdio::from(log));
        if reset {
            command
                .args(["--reset", "--upgradeable-program", &PROGRAM_ID.to_string()])
                .arg(program_path())
                .arg(self.upgrade_authority.to_string());
        }
        self.child = Some(command.spawn().unwrap_or_else(|error| {
            panic!("{} does not start: {error}", self.binary.display());
        }));
        self.wait();
    }

    /// Waits until the program can be read, which a validator that only just listens refuses.
    fn wait(&mut self) {
        let chain = self.chain();
        let deadline = Instant::now() + PATIENCE;
        while chain.account(&PROGRAM_ID).ok().flatten().is_none() {
            let ended = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().ok().flatten());
            if let Some(status) = ended {
                panic!("the validator ended ({status}):\n{}", self.tail());
            }
            assert!(
                Instant::now() < deadline,
                "the validator does not answer:\n{}",
                self.tail()
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("validator.log")
    }

    fn tail(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(30).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A validator flushes its ledger on an interrupt; there is no such call in the standard library.
            let _ = Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status();
            let deadline = Instant::now() + Duration::from_secs(20);
            while child.try_wait().ok().flatten().is_none() {
                if Instant::now() >= deadline {
                    let _ = child.kill();
                    let _ = child.wait();
                    return;
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The first of `count` neighbouring ports that are free now.
fn free_ports(count: u16) -> u16 {
    loop {
        let first = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let Some(last) = first.checked_add(count) else {
            continue;
        };
        let all: Vec<_> = (first..last)
            .map(|port| TcpListener::bind(("127.0.0.1", port)))
            .collect();
        if all.iter().all(Result::is_ok) {
            return first;
        }
    }
}
