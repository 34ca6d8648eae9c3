//! A local validator with the program behind the upgradeable loader, as a child process, on one of two engines:
//! Surfpool's embedded network (`tests/surfnet`; starts at once, and its clock can be moved) and Agave's own
//! `solana-test-validator` (the real bank, scheduler, confirmation levels and limits).

use std::{
    fmt, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use kzte_client::{Account, Address, Chain, PROGRAM_ID, RpcChain};
use serde_json::{Value, json};

use crate::world::program_path;

/// Longest time from start to the first answer, seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// An eighth of the usual 64: eight times as many slots a second.
const TICKS_PER_SLOT: &str = "8";
/// How much of its history Agave keeps, shreds. Its own default forgets transactions within minutes.
const LEDGER_SHREDS: &str = "50000000";
/// A slot of the embedded engine, milliseconds: with shorter ones a busy machine lets transactions expire.
const SLOT_MS: &str = "100";

/// What a validator is made of: the path of its binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Surfpool's network, built from `tests/surfnet`.
    Surfnet(PathBuf),
    /// `solana-test-validator`.
    Agave(PathBuf),
}

impl Engine {
    /// The embedded one, where `KZTE_SURFNET` names its binary.
    pub fn surfnet() -> Option<Self> {
        std::env::var_os("KZTE_SURFNET").map(|path| Self::Surfnet(path.into()))
    }

    /// Agave's, where `KZTE_VALIDATOR` names `solana-test-validator`.
    pub fn agave() -> Option<Self> {
        std::env::var_os("KZTE_VALIDATOR").map(|path| Self::Agave(path.into()))
    }

    /// The engine that is asked for by name, or the embedded one.
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("surfnet") => Self::surfnet(),
            Some("agave") => Self::agave(),
            Some(_) => None,
        }
    }

    /// `surfnet` or `agave`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Surfnet(_) => "surfnet",
            Self::Agave(_) => "agave",
        }
    }

    /// The version that the binary tells.
    pub fn version(&self) -> String {
        let told = Command::new(self.path()).arg("--version").output();
        let told = told.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        told.unwrap_or_else(|error| format!("{} does not start: {error}", self.path().display()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Surfnet(path) | Self::Agave(path) => path,
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a validator is started with.
pub struct Setup {
    engine: Engine,
    upgrade_authority: Address,
    programs: Vec<(Address, PathBuf)>,
    folder: Option<PathBuf>,
    rpc_port: Option<u16>,
    stands_still: bool,
}

impl Setup {
    /// The compiled program, whose upgrade authority is that one; a ledger that goes with the validator; free ports.
    pub fn new(engine: &Engine, upgrade_authority: &Address) -> Self {
        Self {
            engine: engine.clone(),
            upgrade_authority: *upgrade_authority,
            programs: vec![(PROGRAM_ID, program_path())],
            folder: None,
            rpc_port: None,
            stands_still: false,
        }
    }

    /// Another program, or another file for the same.
    pub fn with_program(mut self, id: Address, file: PathBuf) -> Self {
        self.programs.retain(|(known, _)| *known != id);
        self.programs.push((id, file));
        self
    }

    /// The ledger stays in that folder, and one that lies there goes on.
    pub fn kept_in(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// A block of a millisecond for every transaction, and none in between: only on the embedded engine.
    pub fn with_time_standing_still(mut self) -> Self {
        assert!(
            matches!(self.engine, Engine::Surfnet(_)),
            "{} has a clock of its own",
            self.engine
        );
        self.stands_still = true;
        self
    }

    /// The port of the JSON-RPC; the websocket's is one further.
    pub fn on_port(mut self, port: Option<u16>) -> Self {
        self.rpc_port = port;
        self
    }

    /// Starts it and waits until it answers. Panics with its log when it does not.
    pub fn start(self) -> Validator {
        let folder = match &self.folder {
            None => Folder::Temporary(tempfile::tempdir().expect("a folder")),
            Some(folder) => {
                fs::create_dir_all(folder).expect("the folder of the ledger");
                Folder::Kept(folder.clone())
            }
        };
        let is_new = !folder.path().join(LEDGER).exists();
        let mut validator = Validator {
            rpc_port: self.rpc_port.unwrap_or_else(|| free_ports(2)),
            setup: self,
            folder,
            child: None,
        };
        validator.launch(is_new);
        validator
    }
}

/// Name of the ledger in a validator's folder.
const LEDGER: &str = "ledger";

/// A running validator; it stops when it is dropped.
pub struct Validator {
    setup: Setup,
    folder: Folder,
    child: Option<Child>,
    rpc_port: u16,
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
    /// One with the compiled program and a ledger of its own.
    pub fn start(engine: &Engine, upgrade_authority: &Address) -> Self {
        Setup::new(engine, upgrade_authority).start()
    }

    pub fn engine(&self) -> &Engine {
        &self.setup.engine
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
            Duration::from_millis(20),
            Duration::from_millis(500),
            Duration::from_secs(60),
        )
    }

    /// Stops it and starts it again on the same ledger; comes back when it is where it was. What was not finalized may
    /// be lost, as on any chain.
    pub fn restart(&mut self) {
        self.stop();
        self.launch(false);
    }

    fn slot(&self, commitment: &str) -> u64 {
        let slot = self.ask("getSlot", json!([{ "commitment": commitment }]));
        slot.as_u64().expect("a number")
    }

    /// Moves its clock forward to `time`, Unix seconds. `false`: this engine cannot.
    pub fn travel_to(&self, time: i64) -> bool {
        if !matches!(self.setup.engine, Engine::Surfnet(_)) {
            return false;
        }
        self.ask(
            "surfnet_timeTravel",
            json!([{ "absoluteTimestamp": time.saturating_mul(1000) }]),
        );
        true
    }

    /// Writes an account past every program: only on the embedded engine.
    pub fn set_account(&self, address: &Address, account: &Account) {
        self.ask(
            "surfnet_setAccount",
            json!([address.to_string(), {
                "lamports": account.lamports,
                "data": hex::encode(&account.data),
                "owner": account.owner.to_string(),
                "executable": account.executable,
            }]),
        );
    }

    fn launch(&mut self, is_new: bool) {
        let log = fs::File::create(self.log()).expect("the log");
        let mut command = Command::new(self.setup.engine.path());
        match &self.setup.engine {
            Engine::Surfnet(_) => self.surfnet_arguments(&mut command),
            Engine::Agave(_) => self.agave_arguments(&mut command, is_new),
        }
        // Surfnet ends when its standard input is closed: also when this process is killed.
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::from(log.try_clone().expect("the log")))
            .stderr(Stdio::from(log));
        self.child = Some(command.spawn().unwrap_or_else(|error| {
            panic!("{} does not start: {error}", self.setup.engine.path().display());
        }));
        let answers = |validator: &Self| validator.chain().now().is_ok();
        self.wait("it answers", answers);
        if is_new && matches!(self.setup.engine, Engine::Surfnet(_)) {
            self.write_programs();
        }
        if !is_new {
            // It answers before it has confirmed again what it had.
            let tip = self.slot("processed");
            self.wait("it has caught up with itself", |validator| {
                validator.slot("confirmed") > tip || validator.setup.stands_still
            });
        }
        let is_deployed = |validator: &Self| {
            validator
                .chain()
                .account(&PROGRAM_ID)
                .is_ok_and(|account| account.is_some())
        };
        self.wait("the program is there", is_deployed);
    }

    fn surfnet_arguments(&self, command: &mut Command) {
        command
            .args(["--rpc-port", &self.rpc_port.to_string()])
            .args(["--websocket-port", &self.rpc_port.saturating_add(1).to_string()])
            .arg("--database")
            .arg(self.folder.path().join(LEDGER));
        if self.setup.stands_still {
            command.args(["--slot-ms", "1", "--block-per-transaction"]);
        } else {
            command.args(["--slot-ms", SLOT_MS]);
        }
    }

    fn agave_arguments(&self, command: &mut Command, is_new: bool) {
        let ports = free_ports(40);
        command
            .arg("--ledger")
            .arg(self.folder.path().join(LEDGER))
            .args(["--bind-address", "127.0.0.1"])
            .args(["--rpc-port", &self.rpc_port.to_string()])
            .args(["--faucet-port", &ports.to_string()])
            .args(["--gossip-port", &(ports + 1).to_string()])
            .args(["--dynamic-port-range", &format!("{}-{}", ports + 2, ports + 39)])
            .args(["--ticks-per-slot", TICKS_PER_SLOT, "--quiet"])
            .args(["--limit-ledger-size", LEDGER_SHREDS]);
        if is_new {
            command.arg("--reset");
            for (id, file) in &self.setup.programs {
                command
                    .args(["--upgradeable-program", &id.to_string()])
                    .arg(file)
                    .arg(self.setup.upgrade_authority.to_string());
            }
        }
    }

    fn write_programs(&self) {
        for (id, file) in &self.setup.programs {
            let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let authority = self.setup.upgrade_authority.to_string();
            self.ask(
                "surfnet_writeProgram",
                json!([id.to_string(), hex::encode(bytes), 0, authority]),
            );
        }
    }

    /// A call that the client does not make. Panics when the answer is no.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = ureq::post(self.url())
            .header("content-type", "application/json")
            .send(request.to_string())
            .and_then(|mut response| response.body_mut().read_to_string())
            .unwrap_or_else(|error| panic!("{method}: {error}\n{}", self.tail()));
        let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{method}: {answer}"));
        assert!(
            answer.get("error").is_none_or(Value::is_null),
            "{method}: {answer}"
        );
        answer.get("result").cloned().unwrap_or_default()
    }

    /// Waits until `is_true`, and panics with the log when the process ends before or the time is over.
    fn wait(&mut self, what: &str, is_true: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_true(self) {
            let ended = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().ok().flatten());
            if let Some(status) = ended {
                panic!("the validator ended ({status}) before {what}:\n{}", self.tail());
            }
            assert!(
                Instant::now() < deadline,
                "the validator was too slow until {what}:\n{}",
                self.tail()
            );
            thread::sleep(Duration::from_millis(50));
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
            // Both flush their ledger on an interrupt; there is no such call in the standard library.
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
                thread::sleep(Duration::from_millis(20));
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
