//! Reads a statement file and tells what it holds, how long that took and how much memory it needed.
//!
//! `cargo run --release -p kzte-camt --example measure -- PATH`

use std::time::Instant;

use anyhow::{Context, Result};
use kzte_camt::Options;

fn main() -> Result<()> {
    let path = std::env::args()
        .nth(1)
        .context("give the path of a camt.053 file")?;
    let bytes = std::fs::metadata(&path)
        .with_context(|| format!("cannot read {path}"))?
        .len();
    for keep_text in [false, true] {
        let start = Instant::now();
        let statements = kzte_camt::read_file(&path, &Options { keep_text })?;
        let elapsed = start.elapsed();
        let entries: usize = statements.iter().map(|statement| statement.entries.len()).sum();
        println!(
            "{bytes} bytes, {} statements, {entries} entries, keep_text {keep_text}: {} ms; peak memory so far {}",
            statements.len(),
            elapsed.as_millis(),
            peak()
        );
    }
    Ok(())
}

/// The process's peak resident memory, where the system tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}
