//! What the build and the tests need on the machine, and how it gets there.
//!
//! Debian packages come from apt-get, tools written in Rust from the Rust registry into the cache folder. Nothing is
//! installed without having been announced, nothing is removed, and the Rust toolchain of the user is left as it is.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::console;
use crate::context::Context;
use crate::node;

/// LLVM's version: the linker's must be the one that wrote the compiler's bitcode.
pub const LLVM: &str = "22";

/// Debian's compiler; called by its full path, so that a rustup toolchain stays what `cargo` and `rustc` mean.
pub const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
pub const DEBIAN_CARGO: &str = "/usr/bin/cargo";

struct Package {
    name: &'static str,
    why: &'static str,
}

const PACKAGES: &[Package] = &[
    Package {
        name: "rustc-web",
        why: "compiler with a matching standard library source",
    },
    Package {
        name: "cargo-web",
        why: "its Cargo",
    },
    Package {
        name: "rust-web-src",
        why: "the standard library, compiled for the chain",
    },
    Package {
        name: "llvm-22-dev",
        why: "LLVM 22, for the linker",
    },
    Package {
        name: "libpolly-22-dev",
        why: "part of LLVM 22",
    },
    Package {
        name: "libzstd-dev",
        why: "needed by LLVM 22",
    },
    Package {
        name: "zlib1g-dev",
        why: "needed by LLVM 22",
    },
];

const CXX: Package = Package {
    name: "g++",
    why: "C++ compiler, for the fuzzer's runtime",
};

/// What the embedded validator is compiled with: it brings the sources of OpenSSL along.
const SURFNET_PACKAGES: &[Package] = &[
    Package {
        name: "make",
        why: "compiles C parts of the embedded validator",
    },
    Package {
        name: "perl",
        why: "configures C parts of the embedded validator",
    },
];

const NPM: Package = Package {
    name: "npm",
    why: "fetches what the tests' wallet is made of",
};

/// What Agave's validator is compiled with.
const AGAVE_PACKAGES: &[Package] = &[
    Package {
        name: "cmake",
        why: "compiles C parts of the validator",
    },
    Package {
        name: "g++",
        why: "compiles C++ parts of the validator",
    },
    Package {
        name: "libclang-dev",
        why: "reads C headers for the validator",
    },
    Package {
        name: "libssl-dev",
        why: "used by the validator",
    },
    Package {
        name: "libudev-dev",
        why: "used by the validator",
    },
    Package {
        name: "pkg-config",
        why: "finds these libraries",
    },
    Package {
        name: "protobuf-compiler",
        why: "compiles the validator's formats",
    },
];

/// Debian's packages that exclude the ones above; replacing them is the user's decision.
const CONFLICTING: &[&str] = &["rustc", "cargo", "rustup", "rust-src"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Debian's compiler, LLVM and sbpf-linker.
    Sbf,
    Deny,
    Nextest,
    /// rustfmt and clippy of the toolchain in use.
    Lints,
    /// What compiles the fuzzer's runtime.
    Fuzz,
    /// Agave's `solana-test-validator`.
    Agave,
    /// Surfpool's network, embedded (`tests/surfnet`).
    Surfnet,
    /// Node.js and the packages of `tests/wallet`.
    Node,
}

pub const ALL: &[Tool] = &[
    Tool::Lints,
    Tool::Sbf,
    Tool::Deny,
    Tool::Nextest,
    Tool::Surfnet,
    Tool::Node,
];

struct Crate {
    name: &'static str,
    version: &'static str,
    /// The file that it installs.
    binary: &'static str,
    why: &'static str,
    takes: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

/// Nobody waits for these tools at run time: what counts is how long they take to build.
const FAST: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
];

const SBPF_LINKER: Crate = Crate {
    name: "sbpf-linker",
    binary: "sbpf-linker",
    version: "0.2.6",
    why: "links the program",
    takes: "about 1.5 min",
    arguments: &["--no-default-features", "--features", "bpf-linker/llvm-22"],
    environment: &[
        ("LLVM_SYS_221_PREFIX", "/usr/lib/llvm-22"),
        // llvm-sys names the library without its folder.
        ("RUSTFLAGS", "-L native=/usr/lib/llvm-22/lib"),
    ],
};

const CARGO_DENY: Crate = Crate {
    name: "cargo-deny",
    binary: "cargo-deny",
    version: "0.20.2",
    why: "checks licences, sources and versions of every dependency",
    takes: "about 1 min",
    arguments: &[],
    environment: FAST,
};

const CARGO_NEXTEST: Crate = Crate {
    name: "cargo-nextest",
    binary: "cargo-nextest",
    version: "0.9.151",
    why: "runs the tests",
    takes: "about 3 min",
    arguments: &["--no-default-features", "--features", "default-no-update"],
    environment: FAST,
};

/// The newest whose crates build with the compiler that this repository asks for.
const AGAVE: Crate = Crate {
    name: "agave-validator",
    binary: VALIDATOR,
    version: "4.2.2",
    why: "a real validator for the tests",
    takes: "about 40 min",
    arguments: &["--bin", VALIDATOR],
    environment: &[
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
        // It runs for minutes: without any optimisation it could not keep its slots.
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ],
};

/// The validator's binary.
pub const VALIDATOR: &str = "solana-test-validator";

/// Agave's validator where it is in the cache, or named by `KZTE_VALIDATOR`.
pub fn validator(context: &Context) -> Option<std::path::PathBuf> {
    let named = std::env::var_os("KZTE_VALIDATOR").map(std::path::PathBuf::from);
    named
        .or_else(|| Some(context.tool(VALIDATOR)))
        .filter(|path| is_executable(path))
}

/// Installs what is missing of the named tools. Quick when nothing is.
pub fn ensure(context: &Context, tools: &[Tool]) -> Result<()> {
    let solana_tools = crate::sbf::solana_tools().is_some();
    let needs_sbf = tools.contains(&Tool::Sbf) && !solana_tools;
    if tools.contains(&Tool::Lints) {
        require_lints(context)?;
    }
    let mut packages = if needs_sbf {
        missing_packages()?
    } else {
        Vec::new()
    };
    if tools.contains(&Tool::Fuzz) {
        packages.extend(missing_cxx()?);
    }
    if tools.contains(&Tool::Agave) && validator(context).is_none() {
        packages.extend(missing_of(AGAVE_PACKAGES)?);
    }
    let needs_surfnet = tools.contains(&Tool::Surfnet) && !surfnet(context).exists();
    if needs_surfnet {
        packages.extend(missing_of(SURFNET_PACKAGES)?);
    }
    let needs_node = if tools.contains(&Tool::Node) {
        node::missing(context)
    } else {
        Vec::new()
    };
    if !needs_node.is_empty() && node::needs_npm(context) {
        packages.extend(missing_npm()?);
    }
    let installed = fs::read_to_string(context.tools().join(".crates.toml")).unwrap_or_default();
    let crates: Vec<&Crate> = [
        (needs_sbf, &SBPF_LINKER),
        (tools.contains(&Tool::Deny), &CARGO_DENY),
        (tools.contains(&Tool::Nextest), &CARGO_NEXTEST),
        (tools.contains(&Tool::Agave), &AGAVE),
    ]
    .into_iter()
    .filter(|(needed, one)| *needed && !(has_crate(&installed, one) && context.tool(one.binary).exists()))
    .map(|(_, one)| one)
    .collect();
    if !packages.is_empty() || !crates.is_empty() || needs_surfnet || !needs_node.is_empty() {
        console::headline("Install what is missing");
        announce(context, &packages, &crates, needs_surfnet);
        if !needs_node.is_empty() {
            console::note("From the npm registry:");
            for line in &needs_node {
                console::note(&format!("  {line}"));
            }
        }
        if !packages.is_empty() {
            install_packages(&packages)?;
        }
        for one in crates {
            install_crate(context, one)?;
        }
        if !needs_node.is_empty() {
            node::install(context)?;
        }
    }
    // Cargo knows whether there is anything to do: the sources of this one belong to the checkout.
    if tools.contains(&Tool::Surfnet) {
        build_surfnet(context)?;
    }
    if needs_sbf {
        require_matching_llvm(context)
    } else {
        Ok(())
    }
}

fn announce(context: &Context, packages: &[&Package], crates: &[&Crate], surfnet: bool) {
    if !packages.is_empty() {
        console::note("Debian packages, by apt-get (a few hundred MB on disk, sizes follow):");
        for one in packages {
            console::note(&format!("  {:<18} {}", one.name, one.why));
        }
    }
    if !crates.is_empty() {
        console::note(&format!(
            "Tools from the Rust registry, into {}:",
            context.tools().display()
        ));
        for one in crates {
            let name = format!("{} {}", one.name, one.version);
            console::note(&format!("  {name:<22} {} ({} on two cores)", one.why, one.takes));
        }
    }
    if surfnet {
        console::note(&format!(
            "The embedded validator (Surfpool, from the Rust registry), into {}:",
            surfnet_target(context).display()
        ));
        console::note("  tests/surfnet          a local network for the tests (about 6 min on two cores)");
    }
}

fn surfnet_target(context: &Context) -> std::path::PathBuf {
    context.cache.join("target-surfnet")
}

/// The embedded validator, where `ensure` puts it.
pub fn surfnet(context: &Context) -> std::path::PathBuf {
    surfnet_target(context).join("debug").join("kzte-surfnet")
}

/// A workspace of its own with a target folder of its own, so that nothing else ever makes its thousand crates stale.
fn build_surfnet(context: &Context) -> Result<()> {
    let mut command = context.cargo();
    command
        .args(["build", "--locked", "--ignore-rust-version", "--manifest-path"])
        .arg(context.root.join("tests").join("surfnet").join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", surfnet_target(context));
    console::quietly(&mut command, "compile the embedded validator").map(drop)
}

fn require_lints(context: &Context) -> Result<()> {
    let Some(folder) = context.toolchain_bin() else {
        return Ok(());
    };
    let missing: Vec<&str> = [("rustfmt", "rustfmt"), ("cargo-clippy", "clippy")]
        .into_iter()
        .filter(|(binary, _)| !folder.join(binary).exists() && !is_on_path(binary))
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "the Rust toolchain lacks {}: run `rustup component add {}`, then try again",
        missing.join(" and "),
        missing.join(" ")
    )
}

/// The Debian packages that are not installed. Stops where the machine is not a Debian or has the ones that conflict.
fn missing_packages() -> Result<Vec<&'static Package>> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !is_debian(&release) {
        bail!(
            "the program is built either with the Solana tools (`cargo build-sbf`, see \
             https://docs.anza.xyz/cli/install) or with packages of Debian 12 or later, and this machine has neither: \
             install the Solana tools and try again"
        );
    }
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat", "${Package} ${db:Status-Status}\\n"]);
    query.args(PACKAGES.iter().map(|one| one.name)).args(CONFLICTING);
    // Unknown names make it fail, the known ones are listed all the same.
    let output = query.output().context("cannot run dpkg-query")?;
    let installed = String::from_utf8_lossy(&output.stdout);
    let missing: Vec<&Package> = PACKAGES
        .iter()
        .filter(|one| !has_package(&installed, one.name))
        .collect();
    if missing.is_empty() {
        return Ok(missing);
    }
    let conflicting: Vec<&str> = CONFLICTING
        .iter()
        .copied()
        .filter(|name| has_package(&installed, name))
        .collect();
    if !conflicting.is_empty() {
        bail!(
            "the on-chain build needs Debian's {}, which cannot be installed beside Debian's {}. Replacing them is your \
             decision: `apt-get install {}` does it (a rustup toolchain in the home folder is not affected); or \
             install the Solana tools (`cargo build-sbf`) and nothing of this is needed",
            join(missing.iter().map(|one| one.name)),
            conflicting.join(", "),
            missing.iter().map(|one| one.name).collect::<Vec<_>>().join(" ")
        );
    }
    Ok(missing)
}

/// A C++ compiler, if there is none.
fn missing_cxx() -> Result<Option<&'static Package>> {
    if is_on_path("c++") || std::env::var_os("CXX").is_some() {
        return Ok(None);
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !is_debian(&release) {
        bail!("there is no C++ compiler: install one that answers to c++, or name it in CXX, and try again");
    }
    Ok(Some(&CXX))
}

/// npm, where Debian has it.
fn missing_npm() -> Result<Vec<&'static Package>> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !is_debian(&release) {
        bail!("there is no npm: install Node.js 20.18 or later with its npm, and try again");
    }
    Ok(vec![&NPM])
}

/// Those of `wanted` that are not installed. Where the machine is no Debian, the build itself says what it lacks.
fn missing_of(wanted: &'static [Package]) -> Result<Vec<&'static Package>> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !is_debian(&release) {
        return Ok(Vec::new());
    }
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat", "${Package} ${db:Status-Status}\\n"]);
    // Unknown names make it fail, the known ones are listed all the same.
    let output = query.args(wanted.iter().map(|one| one.name)).output();
    let output = output.context("cannot run dpkg-query")?;
    let installed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(wanted
        .iter()
        .filter(|one| !has_package(&installed, one.name))
        .collect())
}

fn install_packages(packages: &[&Package]) -> Result<()> {
    let names: Vec<&str> = packages.iter().map(|one| one.name).collect();
    console::quietly(apt_get()?.arg("update"), "apt-get update")?;
    let install = ["install", "--no-install-recommends", "--quiet"];
    // Answering no is how apt-get tells sizes without installing.
    let rehearsal = apt_get()?
        .args(install)
        .arg("--assume-no")
        .args(&names)
        .output()?;
    for line in sizes(&String::from_utf8_lossy(&rehearsal.stdout)) {
        console::note(line);
    }
    console::quietly(
        apt_get()?.args(install).arg("--yes").args(&names),
        "apt-get install",
    )
    .with_context(|| {
        format!(
            "apt-get could not install {}: they are in the main and security archives of Debian 12 and later",
            names.join(" ")
        )
    })?;
    Ok(())
}

/// apt-get, through sudo for anybody but root.
fn apt_get() -> Result<Command> {
    let id = Command::new("id").arg("-u").output().context("cannot run id")?;
    let mut command = if id.stdout.trim_ascii() == b"0" {
        Command::new("apt-get")
    } else if is_on_path("sudo") {
        let mut command = Command::new("sudo");
        command.arg("DEBIAN_FRONTEND=noninteractive").arg("apt-get");
        command
    } else {
        bail!(
            "installing Debian packages needs root, and there is no sudo: as root, run `apt-get install {}`, then try \
             again",
            PACKAGES.iter().map(|one| one.name).collect::<Vec<_>>().join(" ")
        );
    };
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("LC_ALL", "C");
    Ok(command)
}

fn install_crate(context: &Context, one: &Crate) -> Result<()> {
    let name = format!("{} {}", one.name, one.version);
    let start = std::time::Instant::now();
    let mut command = context.cargo();
    command
        .args(["install", "--locked", "--root"])
        .arg(context.tools())
        .args([one.name, "--version", one.version])
        .args(one.arguments)
        .envs(one.environment.iter().copied())
        // A folder of its own, thrown away: the tools share nothing with the workspace.
        .env_remove("CARGO_TARGET_DIR");
    console::quietly(&mut command, &format!("install {name}"))?;
    console::note(&format!(
        "{name} installed in {}",
        console::duration(start.elapsed())
    ));
    Ok(())
}

/// Bitcode is readable by the LLVM that wrote it; another one fails at link time with less clear words.
fn require_matching_llvm(context: &Context) -> Result<()> {
    let stamp = context.tools().join(".llvm-checked");
    let identity = fs::metadata(DEBIAN_RUSTC)
        .and_then(|one| one.modified())
        .map(|time| format!("{time:?}"))
        .with_context(|| format!("{DEBIAN_RUSTC} is missing although rustc-web is installed"))?;
    if fs::read_to_string(&stamp).is_ok_and(|last| last == identity) {
        return Ok(());
    }
    let output = context
        .command(DEBIAN_RUSTC)
        .arg("-vV")
        .output()
        .context("cannot run Debian's rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match llvm_major(&text) {
        Some(LLVM) => {}
        other => bail!(
            "Debian's rustc was built with LLVM {}, and the linker of this repository with LLVM {LLVM}: the two must \
             agree, so either keep rustc-web 1.96 or move both (xtask/src/tools.rs)",
            other.unwrap_or("of an unknown version")
        ),
    }
    let mut file = fs::File::create(&stamp).with_context(|| format!("cannot write {}", stamp.display()))?;
    file.write_all(identity.as_bytes())?;
    Ok(())
}

fn is_debian(release: &str) -> bool {
    release
        .lines()
        .filter_map(|line| line.split_once('='))
        .any(|(name, value)| {
            (name == "ID" || name == "ID_LIKE")
                && value.trim_matches('"').split(' ').any(|one| one == "debian")
        })
}

fn has_package(listing: &str, name: &str) -> bool {
    listing
        .lines()
        .any(|line| line.split_once(' ') == Some((name, "installed")))
}

/// Whether `cargo install`'s own list names this version.
fn has_crate(listing: &str, one: &Crate) -> bool {
    let start = format!("\"{} {} (", one.name, one.version);
    listing.lines().any(|line| line.starts_with(&start))
}

fn llvm_major(version: &str) -> Option<&str> {
    version
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))?
        .split('.')
        .next()
}

fn sizes(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| line.starts_with("Need to get") || line.starts_with("After this operation"))
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

pub fn is_on_path(binary: &str) -> bool {
    find_on_path(binary, std::env::var_os("PATH").as_deref()).is_some()
}

pub fn find_on_path(binary: &str, path: Option<&std::ffi::OsStr>) -> Option<std::path::PathBuf> {
    std::env::split_paths(path?)
        .map(|folder| folder.join(binary))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(file).is_ok_and(|one| one.is_file() && one.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        file.is_file()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_and_its_relatives_are_recognised() {
        assert!(is_debian(
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n"
        ));
        assert!(is_debian("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian("ID=fedora\nID_LIKE=\"rhel\"\n"));
        assert!(!is_debian(""));
    }

    #[test]
    fn a_package_counts_only_when_it_is_installed() {
        let listing = "rustc-web installed\nllvm-22-dev config-files\nrust not-installed\n";
        assert!(has_package(listing, "rustc-web"));
        assert!(
            !has_package(listing, "llvm-22-dev"),
            "removed, configuration left"
        );
        assert!(!has_package(listing, "rustc"), "a name that only starts alike");
        assert!(!has_package(listing, "zlib1g-dev"), "unknown to dpkg");
    }

    #[test]
    fn a_tool_counts_only_in_the_version_that_is_pinned() {
        let this = "[v1]\n\"cargo-deny 0.20.2 (registry+https://example.invalid)\" = [\"cargo-deny\"]\n";
        assert!(has_crate(this, &CARGO_DENY));
        assert!(!has_crate(&this.replace("0.20.2", "0.20.20"), &CARGO_DENY));
        assert!(!has_crate(this, &CARGO_NEXTEST));
        assert!(!has_crate("", &CARGO_DENY));
    }

    #[test]
    fn the_version_of_llvm_is_read_from_rustc() {
        assert_eq!(
            llvm_major("rustc 1.96.0\nhost: x\nLLVM version: 22.1.8\n"),
            Some("22")
        );
        assert_eq!(llvm_major("rustc 1.96.0\n"), None);
    }

    #[test]
    fn the_sizes_are_taken_from_what_apt_says() {
        let text = "Reading…\nNeed to get 58.4 MB of archives.\nAfter this operation, 450 MB of additional disk space \
                    will be used.\nDo you want to continue? [Y/n] N\nAbort.\n";
        assert_eq!(sizes(text).count(), 2);
    }

    #[test]
    fn a_file_on_the_path_must_be_executable() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tool");
        fs::write(&file, "#!/bin/sh\n").unwrap();
        let path = folder.path().as_os_str();
        assert_eq!(find_on_path("tool", Some(path)), None);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find_on_path("tool", Some(path)), Some(file));
        assert_eq!(find_on_path("tool", None), None);
    }
}
