use alloc::vec::Vec;

use super::config::SECOND;
use super::pull::within;

/// An id that nobody had, and when that was found out.
#[derive(Clone, Copy, Default)]
struct Absence {
    hash: u64,
    at: i64,
}

/// The last ids that nobody had: a client may bring the same old ticket again and
/// again. They are kept as 8 bytes of a hash that nobody can choose ids for, as for
/// [`Seen`](super::seen::Seen), each in the one place that the hash has: there are no
/// more than a few dozen that count at a time, as searches in vain are rare.
#[derive(Default)]
pub(super) struct Absences(Vec<Absence>);

/// How many there are, one for each first byte of a hash.
const KEPT: usize = 256;
/// How long one counts. A node that has the session may come back, but seldom
/// within so short a time.
const COUNTS: i64 = 2 * SECOND;

impl Absences {
    pub fn new() -> Self {
        let mut all = Vec::with_capacity(KEPT);
        all.resize(KEPT, Absence::default());
        Absences(all)
    }

    pub fn add(&mut self, hash: u64, now: i64) {
        self.0[place(hash)] = Absence { hash, at: now };
    }

    pub fn has(&self, hash: u64, now: i64) -> bool {
        let a = self.0[place(hash)];
        a.hash == hash && within(now, a.at, COUNTS)
    }
}

fn place(hash: u64) -> usize {
    (hash >> 56) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absences_are_told() {
        const NOW: i64 = 1_800_000_000 * SECOND;
        let mut all = Absences::new();
        let (one, same, other) = (7 << 56 | 1, 7 << 56 | 2, 8 << 56 | 1);
        all.add(one, NOW);
        assert!(all.has(one, NOW + COUNTS - 1) && !all.has(one, NOW + COUNTS));
        assert!(!all.has(same, NOW) && !all.has(other, NOW));
        all.add(same, NOW);
        assert!(all.has(same, NOW) && !all.has(one, NOW), "the last one is kept");
    }
}
