//! The main job, shown: from a bank's statement to a token in a wallet and back to tenge, on the compiled program.
//!
//! Two banks, three business days, on the in-process chain with a clock and keys of its own: every run is the same to
//! the last signature. It calls the functions of the commands and checks what they did; anything that is not as it
//! must be ends it with an error.

pub mod cast;
pub mod record;
mod refusals;
mod samples;
mod story;
mod view;

use std::path::{Path, PathBuf};

pub use record::Record;
pub use samples::fill;
pub use view::{Listener, Narrator, Silent, stdout};

use crate::failure::{Failure, Result};

/// What the demonstration needs.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The compiled program.
    pub program: PathBuf,
    /// Folder of the sample statements.
    pub samples: PathBuf,
}

impl Stage {
    /// The program that `cargo xtask build` makes, unless `KZTE_PROGRAM` names another; the samples of this crate.
    pub fn of_this_checkout() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = || here.join("../../target/deploy/kzte.so");
        Self {
            program: std::env::var_os("KZTE_PROGRAM").map_or_else(built, PathBuf::from),
            samples: here.join("samples"),
        }
    }

    /// Bytes of the compiled program.
    pub fn program_bytes(&self) -> Result<Vec<u8>> {
        std::fs::read(&self.program).map_err(|error| {
            Failure::input(
                format!(
                    "{}: the compiled program cannot be read ({error})",
                    self.program.display()
                ),
                "Run `cargo xtask build`, or name another file with KZTE_PROGRAM.",
            )
        })
    }
}

/// Plays everything. `listener` hears each step as it happens.
///
/// Errors: the first thing that is not as it must be.
pub fn run(stage: &Stage, listener: &mut dyn Listener) -> Result<Record> {
    let program = stage.program_bytes()?;
    let folder = tempfile::Builder::new()
        .prefix("kzte-demo-")
        .tempdir()
        .map_err(|error| Failure::file(&std::env::temp_dir(), &error))?;
    let mut story = story::Story::new(&program, &stage.samples, folder.path(), listener)?;
    story.deploy()?;
    story.monday()?;
    story.tuesday()?;
    story.wednesday()?;
    story.agreement()?;
    refusals::provoke(&mut story)?;
    story.epilogue()?;
    story.late_payout()?;
    Ok(story.end())
}

/// The same fact as expected, or the demonstration has failed.
fn expect(holds: bool, fact: impl FnOnce() -> String) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(Failure::mismatch(
        format!("the demonstration failed: {}", fact()),
        "",
    ))
}
