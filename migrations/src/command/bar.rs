//! A bar for what takes longer than two seconds, on a terminal only.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Progress;

/// What ends sooner draws nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells on standard error what an apply is at.
pub struct Bar {
    begun: Instant,
    bar: Option<ProgressBar>,
}

impl Bar {
    pub fn new() -> Self {
        Self {
            begun: Instant::now(),
            bar: None,
        }
    }

    pub fn tell(&mut self, progress: Progress) {
        let late = self.begun.elapsed() >= PATIENCE;
        match progress {
            Progress::At { act, done, all } if late || self.bar.is_some() => {
                let bar = self.bar.get_or_insert_with(new_bar);
                bar.set_message(act.to_owned());
                bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
                bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
            }
            Progress::At { .. } => {}
            Progress::Applied(applied) => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                if late {
                    eprintln!("{} {}: {}", applied.step, applied.subject, applied.act);
                }
            }
        }
    }
}

fn new_bar() -> ProgressBar {
    // Hidden by itself where standard error is no terminal.
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
