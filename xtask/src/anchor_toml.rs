//! The program's address is declared once, in the program; Anchor.toml repeats it for the Anchor tools.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::context::Context;

pub fn check(context: &Context) -> Result<()> {
    let source = context.root.join("programs/kzte/src/lib.rs");
    let source = fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let declared = declared_id(&source).context("programs/kzte/src/lib.rs has no declare_id!(\"…\")")?;
    let manifest = context.root.join("Anchor.toml");
    let manifest =
        fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let listed = listed_ids(&manifest);
    if listed.is_empty() {
        bail!("Anchor.toml lists no address of the program kzte");
    }
    for id in listed {
        if id != declared {
            bail!("Anchor.toml says the program is {id}, programs/kzte/src/lib.rs declares {declared}");
        }
    }
    Ok(())
}

fn declared_id(source: &str) -> Option<&str> {
    let (_, after) = source
        .lines()
        .find(|line| !line.trim_start().starts_with("//") && line.contains("declare_id!("))?
        .split_once("declare_id!(\"")?;
    after.split_once('"').map(|(id, _)| id)
}

/// Every `kzte = "…"` in a `[programs.<cluster>]` table.
fn listed_ids(manifest: &str) -> Vec<&str> {
    let mut in_programs = false;
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            in_programs = line.starts_with("[programs.");
        } else if in_programs
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == "kzte"
        {
            found.push(value.trim().trim_matches('"'));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_id_is_found_outside_comments() {
        let source = "// declare_id!(\"old\");\nuse x;\ndeclare_id!(\"KZTEabc\");\n";
        assert_eq!(declared_id(source), Some("KZTEabc"));
        assert_eq!(declared_id("fn main() {}"), None);
    }

    #[test]
    fn every_cluster_counts_and_other_tables_do_not() {
        let manifest =
            "[toolchain]\nkzte = \"no\"\n[programs.localnet]\nkzte = \"A\"\n[programs.devnet]\nkzte=\"B\"\n";
        assert_eq!(listed_ids(manifest), ["A", "B"]);
    }
}
