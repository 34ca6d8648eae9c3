//! A bar for what takes longer than two seconds, on a terminal only.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Commands that end sooner draw nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// A bar that shows itself late.
pub struct Bar {
    begun: Instant,
    what: &'static str,
    bar: Option<ProgressBar>,
}

impl Bar {
    pub fn new(what: &'static str) -> Self {
        Self {
            begun: Instant::now(),
            what,
            bar: None,
        }
    }

    /// `done` of `all`.
    pub fn at(&mut self, done: usize, all: usize) {
        if self.bar.is_none() && self.begun.elapsed() < PATIENCE {
            return;
        }
        let length = u64::try_from(all).unwrap_or(u64::MAX);
        let bar = self.bar.get_or_insert_with(|| {
            // Hidden by itself where standard error is no terminal.
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} left") {
                bar.set_style(style);
            }
            bar.set_message(self.what);
            bar
        });
        bar.set_length(length);
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
