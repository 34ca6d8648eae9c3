//! What a person sees: headlines, durations, progress over two seconds, errors that name the way out.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal, Read, stderr};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// Short commands show no progress.
const PATIENCE: Duration = Duration::from_secs(2);
/// Without a terminal (a build server's log) one line a minute says that it goes on.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);
/// Of a failed command's output, the last lines are shown.
const KEPT_LINES: usize = 400;

pub fn headline(text: &str) {
    eprintln!("{} {text}", paint("==>", "1;36"));
}

pub fn note(text: &str) {
    eprintln!("    {text}");
}

pub fn failure(error: &Error) {
    eprintln!("{} {error:#}", paint("error:", "1;31"));
}

/// Runs one step under a headline and says how long it took.
pub fn step<T>(title: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    headline(title);
    let start = Instant::now();
    let result = run().with_context(|| title.to_owned())?;
    note(&format!("done in {}", duration(start.elapsed())));
    Ok(result)
}

/// Runs a command whose output matters only when it fails. Returns its standard output.
pub fn quietly(command: &mut Command, what: &str) -> Result<String> {
    if stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    let (stdout, tail) = follow(&mut child, what);
    let status = child.wait()?;
    if !status.success() {
        let mut shown: Vec<String> = tail.into();
        shown.extend(stdout.lines().map(str::to_owned));
        bail!("{what} ({status})\n{}", shown.join("\n"));
    }
    Ok(stdout)
}

/// Runs a command that talks to the person itself.
pub fn openly(command: &mut Command, what: &str) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    if !status.success() {
        bail!("{what} ({status})");
    }
    Ok(())
}

/// Collects standard output and the last lines of standard error, showing progress meanwhile.
fn follow(child: &mut Child, what: &str) -> (String, VecDeque<String>) {
    let (sender, lines) = channel();
    let errors = child.stderr.take();
    let listener = thread::spawn(move || {
        for line in errors
            .into_iter()
            .flat_map(|pipe| BufReader::new(pipe).lines())
            .map_while(Result::ok)
        {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let output = child.stdout.take();
    let collector = thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = output {
            // A read error only shortens what is shown of a failed command.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });

    let start = Instant::now();
    let mut said = start;
    let mut tail = VecDeque::new();
    let mut spinner: Option<ProgressBar> = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                if let Some(spinner) = &spinner {
                    spinner.set_message(activity(&line).unwrap_or_else(|| what.to_owned()));
                }
                if tail.len() == KEPT_LINES {
                    tail.pop_front();
                }
                tail.push_back(line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if stderr().is_terminal() {
            if spinner.is_none() && start.elapsed() > PATIENCE {
                spinner = Some(new_spinner(what, start));
            }
        } else if said.elapsed() > SIGN_OF_LIFE {
            said = Instant::now();
            note(&format!(
                "{what}: still at work after {}",
                duration(start.elapsed())
            ));
        }
    }
    if let Some(spinner) = spinner {
        spinner.finish_and_clear();
    }
    // The threads end with the pipes; a panic in one would lose text, not the result.
    let _ = listener.join();
    (collector.join().unwrap_or_default(), tail)
}

fn new_spinner(what: &str, start: Instant) -> ProgressBar {
    let style = ProgressStyle::with_template("    {spinner} {elapsed} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let spinner = ProgressBar::new_spinner()
        .with_style(style)
        .with_elapsed(start.elapsed());
    spinner.set_message(what.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// Cargo's own words for what it does, without colours.
fn activity(line: &str) -> Option<String> {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let plain = plain.trim();
    let verb = plain.split(' ').next()?;
    [
        "Compiling",
        "Checking",
        "Downloading",
        "Downloaded",
        "Building",
        "Installing",
        "Updating",
    ]
    .contains(&verb)
    .then(|| plain.to_owned())
}

pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 10 {
        format!("{:.1} s", time.as_secs_f64())
    } else if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// 1234567 as "1,234,567".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn paint(text: &str, colour: &str) -> String {
    if stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\u{1b}[{colour}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_clock() {
        assert_eq!(duration(Duration::from_millis(340)), "0.3 s");
        assert_eq!(duration(Duration::from_millis(42_900)), "42 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(256_000), "256,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn cargo_lines_lose_their_colours() {
        let line = "\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m litesvm v0.17.0";
        assert_eq!(activity(line).as_deref(), Some("Compiling litesvm v0.17.0"));
        assert_eq!(activity("warning: unused import"), None);
    }

    #[test]
    fn a_failed_command_shows_what_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo the reason >&2; exit 3"]);
        let error = quietly(&mut command, "the step").unwrap_err().to_string();
        assert!(
            error.contains("the step") && error.contains("the reason") && error.contains("out"),
            "{error}"
        );
    }
}
