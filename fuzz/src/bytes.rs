//! The fuzzer's bytes as a stream of choices.

/// Reads from front to back, so that a seed can be written by hand and a change at its end leaves its beginning as it
/// was. Where the bytes end everything is zero.
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Up to `count` bytes.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let taken = self.take(N);
        let mut bytes = [0; N];
        bytes[..taken.len()].copy_from_slice(taken);
        bytes
    }

    pub fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// A number below `bound`, from one byte where that suffices. Zero where `bound` is.
    pub fn below(&mut self, bound: u32) -> u32 {
        match bound {
            0 => 0,
            1..=256 => u32::from(self.byte()) % bound,
            257..=65_536 => u32::from(u16::from_le_bytes(self.array())) % bound,
            _ => self.u32() % bound,
        }
    }

    /// An amount: small, ordinary, or close to where 64 bits end or carry. One byte says which.
    pub fn amount(&mut self) -> u64 {
        let choice = self.byte();
        let small = u64::from(choice >> 3);
        match choice & 7 {
            0 | 1 => small,
            2 => u64::from(u16::from_le_bytes(self.array())),
            3 => u64::from(self.u32()),
            4 => u64::MAX - small,
            5 => (1 << 63) + small,
            6 => (1 << 63) - 1 - small,
            _ => self.u64(),
        }
    }

    /// A time or a span of seconds, likewise.
    pub fn time(&mut self) -> i64 {
        let choice = self.byte();
        let small = i64::from(choice >> 3);
        match choice & 7 {
            0 | 1 => small,
            2 => -small,
            3 => i64::from(self.u32()),
            4 => i64::MAX - small,
            5 => i64::MIN + small,
            _ => self.u64().cast_signed(),
        }
    }

    /// A count of entries: small, around the most that a statement holds, or anything.
    pub fn count(&mut self) -> u32 {
        let choice = self.byte();
        let small = u32::from(choice >> 2);
        match choice & 3 {
            0 => small,
            1 => 65_536 + small - 32,
            2 => u32::from(u16::from_le_bytes(self.array())),
            _ => self.u32(),
        }
    }
}
