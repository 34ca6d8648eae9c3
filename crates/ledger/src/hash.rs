//! SHA-256 as a parameter: a system call on chain, software on a host.

/// SHA-256 over one contiguous message.
///
/// One slice, not many: on chain the system call charges for each slice, so callers assemble one stack buffer.
pub trait Sha256 {
    /// The SHA-256 digest of `data`.
    fn hash(data: &[u8]) -> [u8; 32];
}

/// SHA-256 in software, for hosts.
#[cfg(feature = "host")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostSha256;

#[cfg(feature = "host")]
impl Sha256 for HostSha256 {
    fn hash(data: &[u8]) -> [u8; 32] {
        use sha2::Digest;
        sha2::Sha256::digest(data).into()
    }
}
