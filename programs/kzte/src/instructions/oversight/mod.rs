//! What anyone may ask the program to do: look at itself.

pub mod check_invariants;

pub use check_invariants::*;
