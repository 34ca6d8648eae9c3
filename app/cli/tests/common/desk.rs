//! The program `kzte` as a person runs it: a folder with key files, a node, one command after another.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use kzte_cli::demo::{Stage, cast::Cast, fill};
use kzte_client::Keypair;
use serde_json::Value;

use super::{EVENING, description, node};

pub const ALTN: &str = "ALTNKZKAXXX";
pub const SARY: &str = "SARYKZ2AXXX";

/// A person at a terminal: a folder with key files, and the flags that are always the same.
pub struct Desk {
    pub folder: tempfile::TempDir,
    pub cast: Cast,
    pub url: Option<String>,
}

impl Desk {
    pub fn new(url: Option<String>) -> Self {
        let (folder, cast) = (tempfile::tempdir().unwrap(), Cast::new());
        fs::write(folder.path().join("reference.key"), "5e".repeat(32)).unwrap();
        Self { folder, cast, url }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn key_file(&self, id: &str) -> PathBuf {
        let path = self.path(&format!("{id}.json"));
        let bytes: [u8; 64] = Keypair::to_bytes(self.cast.key(id));
        fs::write(&path, serde_json::to_string(&bytes.to_vec()).unwrap()).unwrap();
        path
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kzte"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path());
        if let Some(url) = &self.url {
            command.args(["--url", url]);
        }
        command.args(["--journal", self.path("journal").to_str().unwrap()]);
        command.args(["--mint", &self.cast.address("mint").to_string()]);
        command.args(arguments).output().unwrap()
    }

    /// Runs a command by `who` that must succeed; its JSON.
    #[track_caller]
    pub fn json(&self, who: &str, arguments: &[&str]) -> Value {
        let key = self.key_file(who);
        let mut all = vec!["--output", "json-compact", "--keypair", key.to_str().unwrap()];
        all.extend(arguments);
        let output = self.run(&all);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stdout)))
    }

    /// A desk in the evening of the first day of a deployment with both banks.
    pub fn deployed() -> Self {
        super::program();
        let desk = Self::new(Some(node::start()));
        desk.deploy();
        node::advance(desk.node(), EVENING);
        desk
    }

    pub fn node(&self) -> &str {
        self.url.as_deref().unwrap()
    }

    pub fn address(&self, id: &str) -> String {
        self.cast.address(id).to_string()
    }

    /// Writes the description of the deployment to `deployment.json` and applies it.
    pub fn deploy(&self) {
        let description = serde_json::to_string_pretty(&description(&self.cast)).unwrap();
        fs::write(self.path("deployment.json"), description).unwrap();
        self.apply(&["deployer", "mint", "issuer-manager"]);
    }

    /// Applies `deployment.json`: the treasury pays, `signers` sign.
    #[track_caller]
    pub fn apply(&self, signers: &[&str]) -> Value {
        let (code, answer) = self.try_apply(signers, &[]);
        assert_eq!(code, 0, "{answer}");
        answer
    }

    /// As [`Self::apply`], with further arguments; the exit code, and the answer or the error.
    pub fn try_apply(&self, signers: &[&str], more: &[&str]) -> (i32, Value) {
        let file = |id: &str| self.key_file(id).display().to_string();
        let (payer, signers): (String, Vec<String>) =
            (file("treasury"), signers.iter().map(|id| file(id)).collect());
        let mut arguments = vec!["--output", "json-compact", "migrate", "apply"];
        arguments.extend(["--file", "deployment.json", "--payer", &payer]);
        for signer in &signers {
            arguments.extend(["--keypair", signer]);
        }
        let output = self.run(&[&arguments, more].concat());
        let told = if output.stderr.is_empty() {
            &output.stdout
        } else {
            &output.stderr
        };
        let mut answer: Value = serde_json::from_slice(told).unwrap_or_else(|_| panic!("{}", text(told)));
        if !answer["error"].is_null() {
            answer = answer["error"].take();
        }
        (output.status.code().unwrap(), answer)
    }

    /// Imports a sample of a bank, its redemption placeholder filled with `redemption`; posts and attests what it
    /// holds. Returns the bundles.
    #[track_caller]
    pub fn carry(&self, operator: &str, bic: &str, sample: &str, redemption: &str) -> Vec<String> {
        fill(
            &Stage::of_this_checkout().samples,
            sample,
            self.folder.path(),
            &|kind, id| {
                Some(match kind {
                    "wallet" => self.address(id),
                    _ => redemption.to_owned(),
                })
            },
        )
        .unwrap();
        let keyed = ["--key-file", "reference.key", "--issuer", bic];
        let import = [&["statement", "import", sample, "--out", bic], &keyed[..]].concat();
        let imported = self.json(operator, &import);
        let mut bundles = Vec::new();
        for statement in imported["statements"].as_array().unwrap() {
            let bundle = statement["bundle"].as_str().unwrap().to_owned();
            let number = statement["number"].to_string();
            self.json(operator, &["statement", "post", &bundle, "--issuer", bic]);
            let attest = [&["statement", "attest", sample, "--number", &number], &keyed[..]].concat();
            self.json("auditor", &attest);
            self.json("central-bank", &attest);
            bundles.push(bundle);
        }
        bundles
    }

    /// The first day of Altyndala Bank, everything minted.
    #[track_caller]
    pub fn first_day(&self) {
        let bundles = self.carry("altyndala", ALTN, "altnkzka-2026-11-16.xml", "");
        self.json("altyndala", &["mint", &bundles[0], "--issuer", ALTN, "--all"]);
    }

    /// A command by `who` that does something once: done, then already, by JSON and for people.
    #[track_caller]
    pub fn once(&self, who: &str, arguments: &[&str]) -> Value {
        let answer = self.json(who, arguments);
        assert_eq!(status(&answer), "done", "{arguments:?}: {answer}");
        self.again(who, arguments);
        answer
    }

    /// A repetition finds nothing to do, and says so.
    #[track_caller]
    pub fn again(&self, who: &str, arguments: &[&str]) {
        let answer = self.json(who, arguments);
        assert_eq!(status(&answer), "already", "{arguments:?}: {answer}");
        let said = self.says(who, arguments);
        assert!(said.starts_with("nothing to do: "), "{arguments:?}: {said}");
    }

    /// What a command by `who` tells a person; it must succeed.
    #[track_caller]
    pub fn says(&self, who: &str, arguments: &[&str]) -> String {
        let key = self.key_file(who);
        let output = self.run(&[&["--keypair", key.to_str().unwrap()], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// A command by `who` that is refused under a name, with a way out.
    #[track_caller]
    pub fn refused(&self, who: &str, arguments: &[&str], name: &str) -> String {
        let (code, error) = self.fails(who, arguments);
        assert_eq!(
            (code, error["name"].as_str()),
            (1, Some(name)),
            "{arguments:?}: {error}"
        );
        error.to_string()
    }

    /// Runs a command by `who` that must fail; its exit code and its JSON error.
    #[track_caller]
    pub fn fails(&self, who: &str, arguments: &[&str]) -> (i32, Value) {
        let key = self.key_file(who);
        let mut all = vec!["--output", "json-compact", "--keypair", key.to_str().unwrap()];
        all.extend(arguments);
        let output = self.run(&all);
        assert!(
            !output.status.success(),
            "{arguments:?} went through: {}",
            text(&output.stdout)
        );
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        let error: Value =
            serde_json::from_slice(&output.stderr).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        (output.status.code().unwrap(), error["error"].clone())
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How many acts an answer of `migrate apply` names.
#[track_caller]
pub fn applied(answer: &Value) -> usize {
    let acts = answer["applied"].as_array();
    acts.unwrap_or_else(|| panic!("{answer}")).len()
}

#[track_caller]
pub fn status(answer: &Value) -> &str {
    answer["steps"][0]["status"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}
