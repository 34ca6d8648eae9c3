//! Where things are: the checkout, the caches, the compilers.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

pub struct Context {
    /// The checkout that is built.
    pub root: PathBuf,
    /// `KZTE_CACHE`, or `.cache/kzte` in the home folder: tools and build results that checkouts share.
    pub cache: PathBuf,
    /// Build results for this machine: `CARGO_TARGET_DIR`, or `target` in the cache.
    pub target: PathBuf,
    cargo: OsString,
}

impl Context {
    pub fn detect() -> Result<Context> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest)
            .parent()
            .context("the folder xtask has no parent")?
            .to_path_buf();
        let cache = match env::var_os("KZTE_CACHE") {
            Some(folder) if !folder.is_empty() => absolute(PathBuf::from(folder))?,
            _ => match env::home_dir() {
                Some(home) => home.join(".cache").join("kzte"),
                None => bail!("there is no home folder to keep the tools in: set KZTE_CACHE to a folder"),
            },
        };
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) if !folder.is_empty() => absolute(PathBuf::from(folder))?,
            _ => cache.join("target"),
        };
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Context {
            root,
            cache,
            target,
            cargo,
        })
    }

    /// Where `cargo install` puts the tools.
    pub fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    pub fn tool(&self, name: &str) -> PathBuf {
        self.tools().join("bin").join(name)
    }

    /// The compiled program, where the tests and the demo look for it.
    pub fn program(&self) -> PathBuf {
        self.deploy().join("kzte.so")
    }

    /// Where the programs for the chain are put.
    pub fn deploy(&self) -> PathBuf {
        self.root.join("target").join("deploy")
    }

    /// The folder of the toolchain's own binaries, where Cargo says which one started this process.
    pub fn toolchain_bin(&self) -> Option<&Path> {
        Path::new(&self.cargo)
            .parent()
            .filter(|folder| folder.is_absolute())
    }

    /// A command in the checkout, without the variables that `cargo run` adds for this process: a child must see what
    /// it would see from the shell.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(set_by_cargo_run) {
                command.env_remove(&name);
            }
        }
        command.current_dir(&self.root);
        command
    }

    /// Cargo of the toolchain that runs this process, building into the shared target folder.
    pub fn cargo(&self) -> Command {
        let mut command = self.command(&self.cargo);
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A tool of ours that calls Cargo in turn.
    pub fn cargo_tool(&self, name: &str) -> Command {
        let mut command = self.command(self.tool(name));
        command
            .env("CARGO", &self.cargo)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Makes build results of another checkout count as outdated.
    ///
    /// Cargo recognises a workspace's own crates by their path *inside* the workspace and judges freshness by file
    /// times, so in a shared target folder it would take another checkout's crate for this one's. The first build
    /// after a change of checkout therefore starts this workspace's crates (not their dependencies) anew.
    pub fn claim(&self, target: &Path, profiles: &[&str]) -> Result<()> {
        let marker = target.join(".checkout");
        let here = self.root.to_string_lossy().into_owned();
        if fs::read_to_string(&marker).is_ok_and(|last| last == here) {
            return Ok(());
        }
        let packages = self.packages()?;
        for profile in profiles {
            forget(&target.join(profile).join(".fingerprint"), &packages)?;
        }
        fs::create_dir_all(target)
            .and_then(|()| fs::write(&marker, here))
            .with_context(|| format!("cannot write {}", marker.display()))
    }

    /// The names of the workspace's packages.
    fn packages(&self) -> Result<Vec<String>> {
        let output = self
            .cargo()
            .args([
                "metadata",
                "--no-deps",
                "--format-version=1",
                "--locked",
                "--offline",
            ])
            .output()
            .context("cannot run cargo metadata")?;
        if !output.status.success() {
            bail!(
                "cargo metadata failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")?;
        let packages = metadata
            .get("packages")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        Ok(packages
            .iter()
            .filter_map(|one| one.get("name")?.as_str().map(str::to_owned))
            .collect())
    }
}

fn absolute(folder: PathBuf) -> Result<PathBuf> {
    std::path::absolute(&folder).with_context(|| format!("{} is not a usable folder", folder.display()))
}

fn set_by_cargo_run(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO"
}

/// Deletes Cargo's notes about the named packages: `<package>-<16 hexadecimal digits>`.
fn forget(fingerprints: &Path, packages: &[String]) -> Result<()> {
    let Ok(entries) = fs::read_dir(fingerprints) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let package = name
            .to_str()
            .and_then(|name| name.rsplit_once('-'))
            .map(|(package, _)| package);
        if package.is_some_and(|package| packages.iter().any(|one| one == package)) {
            fs::remove_dir_all(entry.path())
                .with_context(|| format!("cannot delete {}", entry.path().display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cargo_run_adds_is_removed() {
        assert!(set_by_cargo_run("CARGO_PKG_NAME"));
        assert!(set_by_cargo_run("CARGO_MANIFEST_DIR"));
        assert!(set_by_cargo_run("CARGO"));
        assert!(!set_by_cargo_run("CARGO_HOME"));
        assert!(!set_by_cargo_run("CARGO_TARGET_DIR"));
        assert!(!set_by_cargo_run("RUSTUP_TOOLCHAIN"));
    }

    #[test]
    fn only_own_packages_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "kzte-0123456789abcdef",
            "kzte-cli-0123456789abcdef",
            "litesvm-0123456789abcdef",
        ] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        forget(folder.path(), &["kzte".into(), "kzte-cli".into()]).unwrap();
        let left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|one| one.unwrap().file_name())
            .collect();
        assert_eq!(left, ["litesvm-0123456789abcdef"]);
    }
}
