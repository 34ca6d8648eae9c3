//! What no tool checks and nobody should have to remember: the files themselves.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::{anchor_toml, sbf};

/// Sample data and generated descriptions are smaller; what is larger does not belong into the repository.
const LARGEST: u64 = 2 * 1024 * 1024;

pub fn check(context: &Context) -> Result<()> {
    anchor_toml::check(context)?;
    let mut findings = Vec::new();
    for file in sbf::source_files(&context.root)? {
        let path = context.root.join(&file);
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        if metadata.len() > LARGEST {
            findings.push(format!("{}: larger than {LARGEST} bytes", file.display()));
            continue;
        }
        match String::from_utf8(fs::read(&path)?) {
            Ok(text) => findings.extend(
                findings_in(&file, &text)
                    .into_iter()
                    .map(|what| format!("{}: {what}", file.display())),
            ),
            // An earlier build of the program, kept to rehearse the upgrade from it.
            Err(_) if file.starts_with("tests/golden") => {}
            Err(_) if is_compiled(&file) => findings.push(format!("{}: a build result", file.display())),
            Err(_) => {}
        }
    }
    if findings.is_empty() {
        Ok(())
    } else {
        bail!("{}", findings.join("\n"))
    }
}

fn is_compiled(file: &Path) -> bool {
    file.extension()
        .is_some_and(|one| ["so", "o", "a", "rlib", "wasm"].iter().any(|other| one == *other))
}

/// What is wrong with a text file.
fn findings_in(file: &Path, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    // Bank files and recorded data stay as they were made.
    let written_by_hand = !has_extension(file, &["xml", "lock", "proptest-regressions"]);
    if written_by_hand && text.contains('\r') {
        findings.push("carriage returns: use plain line feeds".to_owned());
    }
    if written_by_hand && !text.is_empty() && !text.ends_with('\n') {
        findings.push("no line feed at the end".to_owned());
    }
    if is_secret_key(text) {
        findings.push("a secret key: generate keys where they are used".to_owned());
    }
    for (number, line) in (1..).zip(text.lines()) {
        for (mark, what) in marks() {
            if line.contains(&mark) {
                findings.push(format!("line {number}: {what}"));
            }
        }
    }
    findings
}

/// Text that must not be committed. In two halves, so that this file does not find itself.
fn marks() -> [(String, &'static str); 7] {
    let joined = |left: &str, right: &str| format!("{left}{right}");
    [
        (joined("TO", "DO"), "unfinished work"),
        (joined("FIX", "ME"), "unfinished work"),
        (joined("todo", "!("), "unfinished work"),
        (joined("unimpl", "emented!("), "unfinished work"),
        (joined("<<<<", "<<< "), "an unresolved merge"),
        (joined(">>>>", ">>> "), "an unresolved merge"),
        (
            joined("Fg6PaFpoGXkYsidMpWTK6W2", "BeZ7FEfcYkg476zPFsLnS"),
            "the example address of a template",
        ),
    ]
}

/// The key file format of the Solana tools: a JSON array of 64 bytes.
fn is_secret_key(text: &str) -> bool {
    let Some(inner) = text
        .trim()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return false;
    };
    let mut count = 0;
    for part in inner.split(',') {
        if part.trim().parse::<u8>().is_err() {
            return false;
        }
        count += 1;
    }
    count == 64
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    file.extension()
        .is_some_and(|one| extensions.iter().any(|other| one == *other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_passes() {
        assert!(findings_in(Path::new("a.rs"), "fn main() {}\n").is_empty());
        assert!(findings_in(Path::new("empty.rs"), "").is_empty());
        assert!(
            findings_in(Path::new("bank.xml"), "<a>\r\n</a>").is_empty(),
            "bank files stay as they are"
        );
    }

    #[test]
    fn every_mark_is_found_with_its_line() {
        for (mark, what) in marks() {
            assert_eq!(
                findings_in(Path::new("a.rs"), &format!("ok\n{mark}\n")),
                [format!("line 2: {what}")]
            );
        }
    }

    #[test]
    fn line_ends_are_checked() {
        assert_eq!(findings_in(Path::new("a.md"), "x").len(), 1);
        assert_eq!(findings_in(Path::new("a.md"), "x\r\n").len(), 1);
    }

    #[test]
    fn secret_keys_are_recognised() {
        let key = |count: usize| format!("[{}]\n", vec!["17"; count].join(", "));
        assert!(is_secret_key(&key(64)));
        assert!(!is_secret_key(&key(32)), "an address");
        assert!(!is_secret_key(&key(64).replacen("17", "256", 1)), "not bytes");
        assert!(!is_secret_key("[]"));
        assert_eq!(findings_in(Path::new("id.json"), &key(64)).len(), 1);
    }

    #[test]
    fn build_results_are_known_by_their_names() {
        assert!(is_compiled(Path::new("target/kzte.so")));
        assert!(!is_compiled(Path::new("logo.png")));
    }
}
