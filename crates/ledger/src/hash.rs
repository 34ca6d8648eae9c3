//! SHA-256 as a parameter: a system call on chain, software on a host.

/// SHA-256 over a message given in parts.
///
/// Parts, not one buffer: the system call takes a list and charges half a unit a byte, at least ten a part, while
/// every eight bytes copied into a buffer cost two units. Hashes are cheaper left where they are, single bytes are
/// cheaper joined to something longer.
pub trait Sha256 {
    /// Writes the SHA-256 digest of the concatenated `parts` to `digest`.
    fn hash_into(parts: &[&[u8]], digest: &mut [u8; 32]);

    /// The SHA-256 digest of the concatenated `parts`.
    #[inline(always)]
    fn hash(parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = [0; 32];
        Self::hash_into(parts, &mut digest);
        digest
    }
}

/// SHA-256 in software, for hosts.
#[cfg(feature = "host")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostSha256;

#[cfg(feature = "host")]
impl Sha256 for HostSha256 {
    fn hash_into(parts: &[&[u8]], digest: &mut [u8; 32]) {
        use sha2::Digest;
        let mut state = sha2::Sha256::new();
        for part in parts {
            state.update(part);
        }
        *digest = state.finalize().into();
    }
}
