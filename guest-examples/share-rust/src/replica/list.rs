use alloc::vec::Vec;

use super::message::{begin_entry, ENTRY_SESSION};

/// Ids in their order, with a byte for each that says what it is of. It takes as
/// much memory as it needs, in chunks, and gives it back as its front is dropped.
/// Chunks are of one size, so that a long list leaves no holes behind by growing.
#[derive(Default)]
pub(super) struct List {
    /// How many ids.
    pub len: usize,
    chunks: Vec<Vec<u8>>,
    /// In the first chunk.
    front: usize,
}

const CHUNK: usize = 16 << 10;

/// Where in a list an id is. It is valid until the front is dropped behind it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    chunk: usize,
    at: usize,
}

impl List {
    /// Adds an id of at most MAX_ID bytes.
    pub fn add(&mut self, kind: u8, id: &[u8]) {
        let size = 3 + id.len();
        match self.chunks.last_mut() {
            Some(last) if last.len() + size <= CHUNK => begin_entry(last, kind, id),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                begin_entry(&mut chunk, kind, id);
                self.chunks.push(chunk);
            }
        }
        self.len += 1;
    }

    pub fn first(&self) -> Place {
        Place { chunk: 0, at: self.front }
    }

    /// What is at a place, and the place behind it; none at the end.
    pub fn next(&self, mut place: Place) -> Option<(u8, &[u8], Place)> {
        let mut chunk = self.chunks.get(place.chunk)?;
        while place.at >= chunk.len() {
            chunk = self.chunks.get(place.chunk + 1)?; // else more may be added to this one
            place = Place { chunk: place.chunk + 1, at: 0 };
        }
        let entry = &chunk[place.at..];
        let end = 3 + usize::from(u16::from_le_bytes([entry[1], entry[2]]));
        Some((
            entry[0],
            &entry[3..end],
            Place {
                chunk: place.chunk,
                at: place.at + end,
            },
        ))
    }

    /// Drops everything before a place, and returns how many sessions and
    /// tombstones that was.
    pub fn drop(&mut self, place: Place) -> (usize, usize) {
        let (mut sessions, mut tombstones) = (0, 0);
        let mut at = self.first();
        while at != place {
            let Some((kind, _, behind)) = self.next(at) else { break };
            if kind == ENTRY_SESSION {
                sessions += 1;
            } else {
                tombstones += 1;
            }
            at = behind;
        }
        self.len -= sessions + tombstones;
        self.chunks.drain(..place.chunk);
        self.front = place.at;
        (sessions, tombstones)
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        self.chunks.len() * CHUNK
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::ENTRY_TOMBSTONE;
    use super::*;
    use alloc::format;

    fn kind(i: usize) -> u8 {
        if i % 5 == 0 {
            ENTRY_TOMBSTONE
        } else {
            ENTRY_SESSION
        }
    }

    #[test]
    fn a_list_keeps_order_and_gives_memory_back() {
        const N: usize = 5000;
        let mut l = List::default();
        for i in 0..N {
            l.add(kind(i), format!("id {i}").as_bytes());
        }
        let full = l.size();
        let mut place = l.first();
        for i in 0..N {
            let (k, id, behind) = l.next(place).unwrap();
            assert_eq!((k, id), (kind(i), format!("id {i}").as_bytes()));
            place = behind;
        }
        assert!(l.next(place).is_none());
        let mut dropped = 0;
        while l.len > 0 {
            let mut place = l.first();
            for _ in 0..l.len.min(1000) {
                place = l.next(place).unwrap().2;
            }
            let (sessions, tombstones) = l.drop(place);
            dropped += sessions + tombstones;
            assert_eq!((l.len, tombstones), (N - dropped, (sessions + tombstones) / 5));
        }
        assert!(l.size() <= CHUNK && full >= 3 * CHUNK);
        l.add(ENTRY_TOMBSTONE, b"x");
        assert_eq!(l.next(l.first()).unwrap().1, b"x");
    }
}
