//! What the targets share: numbers drawn from the fuzzer's bytes, and Merkle trees by their definition.

pub mod bytes;
pub mod tree;

pub use bytes::Bytes;

#[cfg(feature = "chain")]
pub mod native;
#[cfg(feature = "chain")]
pub mod scenes;
