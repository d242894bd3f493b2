use alloc::vec::Vec;

/// What a transfer has listed already. Each instance of a node asks for a replay of
/// its own, and all of them get all: without it every session would be sent as often
/// as there are instances.
///
/// It keeps 8 bytes of a hash for each id, in a table that is at most three quarters
/// full, and grows in parts, because a call has only so much fuel.
#[derive(Default)]
pub(super) struct Seen {
    parts: Vec<Part>,
    /// Bytes of memory.
    pub size: usize,
}

#[derive(Default)]
struct Part {
    /// Open addressing; 0 is a free one.
    slots: Vec<u64>,
    len: usize,
}

const PARTS: usize = 256;
/// Of a part, at first.
const SLOTS: usize = 8;

impl Seen {
    /// Whether it had not been added before.
    pub fn add(&mut self, seed: u64, kind: u8, id: &[u8]) -> bool {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTS, Part::default);
        }
        let hash = hash(seed, kind, id);
        let part = &mut self.parts[(hash >> 56) as usize];
        if 4 * (part.len + 1) > 3 * part.slots.len() {
            self.size += part.grow();
        }
        let new = part.put(hash);
        part.len += usize::from(new);
        new
    }
}

impl Part {
    /// Makes room for more, and returns how many bytes that takes.
    fn grow(&mut self) -> usize {
        let len = (2 * self.slots.len()).max(SLOTS);
        let mut slots = Vec::with_capacity(len);
        slots.resize(len, 0);
        let old = core::mem::replace(&mut self.slots, slots);
        for hash in old.iter().filter(|hash| **hash != 0) {
            self.put(*hash);
        }
        8 * (len - old.len())
    }

    /// Puts a hash into a free slot, unless it is there.
    fn put(&mut self, hash: u64) -> bool {
        let mask = self.slots.len() - 1;
        let mut i = hash as usize & mask;
        loop {
            match self.slots[i] {
                0 => {
                    self.slots[i] = hash;
                    return true;
                }
                there if there == hash => return false,
                _ => i = (i + 1) & mask,
            }
        }
    }
}

/// FNV-1a, from a seed on, and never 0.
pub(super) fn hash(seed: u64, kind: u8, id: &[u8]) -> u64 {
    const PRIME: u64 = 1_099_511_628_211;
    let mut h = (14_695_981_039_346_656_037 ^ seed).wrapping_mul(PRIME);
    h = (h ^ u64::from(kind)).wrapping_mul(PRIME);
    for b in id {
        h = (h ^ u64::from(*b)).wrapping_mul(PRIME);
    }
    h ^= h >> 32; // the last bytes have not reached all bits
    h.wrapping_mul(PRIME).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::message::{ENTRY_SESSION, ENTRY_TOMBSTONE};
    use super::*;
    use alloc::format;

    #[test]
    fn what_was_seen_is_seen_once() {
        const N: usize = 20_000;
        let mut s = Seen::default();
        for new in [true, false] {
            for i in 0..N {
                for kind in [ENTRY_SESSION, ENTRY_TOMBSTONE] {
                    assert_eq!(s.add(7, kind, format!("id {i}").as_bytes()), new);
                }
            }
        }
        assert_eq!(s.size, s.parts.iter().map(|p| 8 * p.slots.len()).sum());
        assert!(s.size <= 2 * N * 8 * 8 / 3 + PARTS * SLOTS * 8);
    }
}
