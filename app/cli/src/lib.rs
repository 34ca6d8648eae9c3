//! The command line of KZTE as a library: every command is a function over any chain.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`args`], [`settings`], [`commands`], [`answer`] | from arguments to what is printed |
//! | [`ops`] | what the commands do |
//! | [`import`] | a bank's camt.053 file becomes statements |
//! | [`bundle`] | the statement file of this tool |
//! | [`journal`] | transactions that are signed, kept, and sent once |
//! | [`failure`] | what stops a command, the way out, the exit code |
//! | [`keys`], [`iban`], [`text`], [`progress`] | key files; how facts are read from and written for people |
//! | [`watch`], [`news`] | the events of a deployment as they happen |
//! | [`demo`] | the main job from deposit to token and back, on the in-process chain |
//!
//! Amounts are `u64` tiyn, times Unix seconds.

pub mod answer;
pub mod args;
pub mod bundle;
pub mod commands;
pub mod demo;
pub mod failure;
pub mod iban;
pub mod import;
pub mod journal;
pub mod keys;
pub mod news;
pub mod ops;
pub mod progress;
pub mod settings;
pub mod text;
pub mod watch;
