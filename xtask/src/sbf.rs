//! The on-chain build: sources to an sBPFv3 ELF.
//!
//! Two routes, same sources. Where the Solana tools are installed, `cargo build-sbf`. Elsewhere the route of ADR 0004:
//! Debian's compiler builds the standard library and the program to LLVM bitcode for a target described in
//! `xtask/sbf`, sbpf-linker turns it into the ELF.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;
use sha2::{Digest as _, Sha256};

use crate::console;
use crate::context::Context;
use crate::tools::{self, DEBIAN_CARGO, DEBIAN_RUSTC, Tool};

/// Names the target: the file `xtask/sbf/<name>.json`, the output folder and Cargo's variables.
pub const TARGET: &str = "sbpfv3-solana-kzte";
/// The program.
const KZTE: Package = Package {
    name: "kzte",
    manifest: "programs/kzte/Cargo.toml",
    features: Some("no-log-ix-name"),
    file: "kzte.so",
};
/// A program that holds roles in tests.
const TEST_VAULT: Package = Package {
    name: "kzte-test-vault",
    manifest: "tests/vault/Cargo.toml",
    features: None,
    file: "kzte_test_vault.so",
};
/// A multisig of M of N members that holds roles in tests.
const TEST_MULTISIG: Package = Package {
    name: "kzte-test-multisig",
    manifest: "tests/multisig/Cargo.toml",
    features: None,
    file: "kzte_test_multisig.so",
};

/// A package that is built for the chain.
struct Package {
    name: &'static str,
    manifest: &'static str,
    features: Option<&'static str>,
    /// Its file in `target/deploy`; with `lib` in front, what the linker calls it.
    file: &'static str,
}

pub const SIZE_LIMIT: u64 = 400 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Route {
    /// The Solana tools where they are installed, else packages
    Auto,
    /// `cargo build-sbf`
    Solana,
    /// Debian's compiler and sbpf-linker
    Packages,
}

pub struct Artifact {
    pub size: u64,
    pub sha256: String,
}

/// `cargo-build-sbf` on the PATH.
pub fn solana_tools() -> Option<PathBuf> {
    tools::find_on_path("cargo-build-sbf", std::env::var_os("PATH").as_deref())
}

fn uses_solana_tools(route: Route) -> Result<bool> {
    match (route, solana_tools()) {
        (Route::Packages, _) | (Route::Auto, None) => Ok(false),
        (Route::Auto | Route::Solana, Some(_)) => Ok(true),
        (Route::Solana, None) => {
            bail!("there is no cargo-build-sbf on the PATH: install the Solana tools first")
        }
    }
}

pub fn ensure_tools(context: &Context, route: Route) -> Result<()> {
    if uses_solana_tools(route)? {
        Ok(())
    } else {
        tools::ensure(context, &[Tool::Sbf])
    }
}

/// Builds into the checkout's `target/deploy` and returns the result, refusing one that is too large.
pub fn build(context: &Context, route: Route) -> Result<Artifact> {
    let artifact = inspect(&build_package(context, route, &KZTE)?)?;
    ensure!(
        artifact.size <= SIZE_LIMIT,
        "the program has {} bytes, more than the {} (400 KiB) it may have",
        console::grouped(artifact.size),
        console::grouped(SIZE_LIMIT)
    );
    Ok(artifact)
}

/// Builds the programs that tests call beside KZTE.
pub fn build_for_tests(context: &Context, route: Route) -> Result<()> {
    for package in [&TEST_VAULT, &TEST_MULTISIG] {
        inspect(&build_package(context, route, package)?)?;
    }
    Ok(())
}

/// Builds the program from a copy of the sources in `folder` that `change` has changed, with build results kept there
/// for the next one.
pub fn build_changed(
    context: &Context,
    folder: &Path,
    change: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let checkout = folder.join("checkout");
    if checkout.exists() {
        fs::remove_dir_all(&checkout).with_context(|| format!("cannot remove {}", checkout.display()))?;
    }
    copy_sources(&context.root, &checkout)?;
    change(&checkout)?;
    let deploy = folder.join("deploy");
    package_build(context, &checkout, &KZTE, &folder.join("target"), &deploy)?;
    Ok(deploy.join(KZTE.file))
}

fn build_package(context: &Context, route: Route, package: &Package) -> Result<PathBuf> {
    let folder = context.deploy();
    if uses_solana_tools(route)? {
        solana_build(&context.root, package, &folder, None)?;
    } else {
        let target = shared_target(context)?;
        context.claim(&target.join(TARGET), &["release"])?;
        package_build(context, &context.root, package, &target, &folder)?;
    }
    Ok(folder.join(package.file))
}

/// Builds the sources of the checkout from clean in a temporary folder and returns the SHA-256 of the result.
pub fn clean_build(context: &Context, route: Route, folder: &Path) -> Result<String> {
    let checkout = folder.join("checkout");
    copy_sources(&context.root, &checkout)?;
    let deploy = folder.join("deploy");
    let target = folder.join("target");
    if uses_solana_tools(route)? {
        solana_build(&checkout, &KZTE, &deploy, Some(&target))?;
    } else {
        package_build(context, &checkout, &KZTE, &target, &deploy)?;
    }
    Ok(inspect(&deploy.join(KZTE.file))?.sha256)
}

fn solana_build(root: &Path, package: &Package, folder: &Path, target: Option<&Path>) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .current_dir(root)
        .args(["build-sbf", "--arch", "v3", "--manifest-path", package.manifest])
        .args(package.features.map(|features| ["--features", features]).into_iter().flatten())
        .arg("--sbf-out-dir")
        .arg(folder)
        .args(["--", "--locked", "--ignore-rust-version"])
        // The Solana tools choose their own toolchain.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .env_remove("RUSTC");
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    console::quietly(&mut command, "cargo build-sbf")?;
    Ok(())
}

fn package_build(
    context: &Context,
    root: &Path,
    package: &Package,
    target: &Path,
    folder: &Path,
) -> Result<()> {
    let mut command = context.command(DEBIAN_CARGO);
    command
        .current_dir(root)
        .args(["build", "--release", "--locked", "--lib", "--package", package.name])
        .args(package.features.map(|features| ["--features", features]).into_iter().flatten())
        .args(["--target", TARGET, "-Zbuild-std=std,panic_abort", "-Zbuild-std-features=compiler-builtins-mem"])
        // Paths leave no trace in the bytes, and unlike a --remap-path-prefix in the flags this does not make two
        // checkouts rebuild each other's dependencies.
        .args(["-Ztrim-paths", "--config", "profile.release.trim-paths=\"all\""])
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTDOC", "/usr/bin/rustdoc")
        // The route stands on unstable options of a released compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
        // The target by name, found here: by path, the path would be part of every crate's identity.
        .env("RUST_TARGET_PATH", root.join("xtask").join("sbf"))
        .env("CARGO_TARGET_DIR", target)
        .env(target_variable("LINKER"), context.tool("sbpf-linker"))
        .env(target_variable("RUSTFLAGS"), rustflags().join(" "));
    for other in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTUP_TOOLCHAIN",
        "RUSTC_WRAPPER",
        "CARGO_BUILD_TARGET",
    ] {
        command.env_remove(other);
    }
    console::quietly(&mut command, "compile and link the program")?;
    let linked = target
        .join(TARGET)
        .join("release")
        .join(format!("lib{}", package.file));
    let output = folder.join(package.file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::copy(&linked, &output))
        .with_context(|| format!("cannot copy {} to {}", linked.display(), output.display()))?;
    Ok(())
}

fn target_variable(what: &str) -> String {
    format!("CARGO_TARGET_{}_{what}", TARGET.to_uppercase().replace('-', "_"))
}

/// Each with its reason; see docs/adr for the whole.
fn rustflags() -> Vec<&'static str> {
    vec![
        // The standard library takes its layer for a single-threaded machine without an operating system (`zkvm` in the
        // target), every Solana crate its on-chain branch.
        "-Aexplicit_builtin_cfgs_in_flags",
        "--cfg=target_os=\"solana\"",
        // Satisfies the standard library's table of alignments; nothing else knows this architecture.
        "--cfg=target_arch=\"csky\"",
        // A panic ends the program at once, without the machinery that prints it.
        "-Zunstable-options",
        "-Cpanic=immediate-abort",
        "-Crelocation-model=static",
        "-Ctarget-cpu=v3",
        "-Ctarget-feature=+allows-misaligned-mem-access",
        "-Clink-arg=--arch=v3",
        "-Clink-arg=--llvm-args=--bpf-stack-size=4096",
        // Instructions of the Linux kernel's BPF that the chain does not have.
        "-Clink-arg=--llvm-args=--disable-movsx",
        "-Clink-arg=--llvm-args=--disable-ldsx",
        // A function with more than five register arguments must be inlined.
        "-Clink-arg=--llvm-args=--inline-threshold=2000",
        "-Clink-arg=--llvm-args=--enable-misched",
        "-Clink-arg=--disable-math-builtins",
        "-Clink-arg=--export=memcpy,memmove,memset,memcmp,bcmp",
        // The linker's own copy would appear in the working folder.
        "-Clink-arg=--deploy=false",
    ]
}

/// The build results that checkouts share, apart for every set of flags and target description.
fn shared_target(context: &Context) -> Result<PathBuf> {
    let spec = context
        .root
        .join("xtask")
        .join("sbf")
        .join(format!("{TARGET}.json"));
    let spec = fs::read(&spec).with_context(|| format!("cannot read {}", spec.display()))?;
    let mut hash = Sha256::new();
    hash.update(&spec);
    for flag in rustflags() {
        hash.update(flag.as_bytes());
        hash.update([0]);
    }
    let key: String = hex(&hash.finalize()).chars().take(12).collect();
    Ok(context.cache.join("target-sbf").join(key))
}

pub fn inspect(path: &Path) -> Result<Artifact> {
    let bytes = fs::read(path).with_context(|| format!("the build left no {}", path.display()))?;
    ensure!(
        bytes.starts_with(b"\x7fELF"),
        "{} is not an ELF file",
        path.display()
    );
    Ok(Artifact {
        size: bytes.len() as u64,
        sha256: hex(&Sha256::digest(&bytes)),
    })
}

/// Copies what belongs to the sources: tracked files, and new ones that are not ignored.
fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    for file in source_files(from)? {
        let (source, copy) = (from.join(&file), to.join(&file));
        // A file that is deleted but not yet committed as such.
        if !source.is_file() {
            continue;
        }
        let folder = copy.parent().context("a file without a folder")?;
        fs::create_dir_all(folder)
            .and_then(|()| fs::copy(&source, &copy))
            .with_context(|| format!("cannot copy {} to {}", source.display(), copy.display()))?;
    }
    Ok(())
}

/// The files of the checkout, by git; in an unpacked archive without git, everything but build results.
pub fn source_files(root: &Path) -> Result<Vec<PathBuf>> {
    if !root.join(".git").exists() {
        let mut files = Vec::new();
        walk(root, Path::new(""), &mut files)?;
        files.sort();
        return Ok(files);
    }
    let output = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("cannot run git: install it, or unpack the sources without .git")?;
    ensure!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut files: Vec<PathBuf> = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| PathBuf::from(OsString::from(String::from_utf8_lossy(name).into_owned())))
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let here = root.join(folder);
    for entry in fs::read_dir(&here).with_context(|| format!("cannot list {}", here.display()))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let name = entry.file_name();
            if !["target", "node_modules", ".kzte", "test-ledger"]
                .iter()
                .any(|one| name == *one)
            {
                walk(root, &path, files)?;
            }
        } else if kind.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_described_and_is_solanas() {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("sbf")
            .join(format!("{TARGET}.json"));
        let spec: serde_json::Value = serde_json::from_slice(&fs::read(spec).unwrap()).unwrap();
        assert_eq!(spec["vendor"], "solana");
        assert_eq!(spec["os"], "zkvm");
        assert_eq!(spec["arch"], "bpf");
        assert_eq!(spec["obj-is-bitcode"], true);
        assert_eq!(spec["panic-strategy"], "abort");
        assert_eq!(spec["min-atomic-width"], 8);
    }

    #[test]
    fn cargos_variables_carry_the_targets_name() {
        assert_eq!(
            target_variable("LINKER"),
            "CARGO_TARGET_SBPFV3_SOLANA_KZTE_LINKER"
        );
    }

    #[test]
    fn flags_survive_being_joined_by_spaces() {
        assert!(rustflags().iter().all(|flag| !flag.contains(' ')));
    }

    #[test]
    fn sources_without_git_leave_build_results_out() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "Cargo.toml",
            "src/lib.rs",
            "target/deploy/kzte.so",
            "app/node_modules/x.js",
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let files = source_files(folder.path()).unwrap();
        assert_eq!(files, [PathBuf::from("Cargo.toml"), PathBuf::from("src/lib.rs")]);

        let copy = folder.path().join("copy");
        copy_sources(folder.path(), &copy).unwrap();
        assert!(copy.join("src/lib.rs").is_file() && !copy.join("target").exists());
    }

    #[test]
    fn only_an_elf_file_is_a_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kzte.so");
        assert!(inspect(&path).is_err());
        fs::write(&path, "text").unwrap();
        assert!(inspect(&path).is_err());
        fs::write(&path, b"\x7fELF").unwrap();
        let artifact = inspect(&path).unwrap();
        assert_eq!(artifact.size, 4);
        assert_eq!(artifact.sha256, hex(&Sha256::digest(b"\x7fELF")));
    }
}
