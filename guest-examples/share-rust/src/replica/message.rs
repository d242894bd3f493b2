//! The messages, as `guest-examples/share/replica/message.go` has them. Each begins
//! with the version of the protocol and a type; numbers are little-endian.

use alloc::vec::Vec;

use sesshook_guest::MAX_ID;

/// The version of the protocol.
pub const VERSION: u8 = 1;

/// The types of messages.
pub mod kind {
    // Published on the topic. The message's key is the session id.

    /// The sealed session.
    pub const INSERT: u8 = 1;
    /// Nothing.
    pub const REMOVE: u8 = 2;
    /// Nothing; the key is the node.
    pub const BEAT: u8 = 3;

    // Published on the topic of one node, without a key: to all its instances. ASK
    // is published on the topic itself by who asks everybody.

    /// Flags u8, nonce u64, token u64, since i64.
    pub const ASK: u8 = 4;
    /// Phase u8, token u64.
    pub const STATE: u8 = 5;
    /// Transfer u64, number u32.
    pub const ACK: u8 = 6;

    /// Published on the topic of one node with a key, which spreads them over its
    /// instances; on the topic itself by who announces something to everybody.
    /// Transfer u64, number u32, entries.
    pub const BATCH: u8 = 7;

    // Requests, and what they are replied.

    /// Nothing; the reply has the node id.
    pub const WHO: u8 = 8;
    /// Flags u8, the id; the reply has found u8, the sealed session.
    pub const FETCH: u8 = 9;
}

/// ASK: everything, whoever's and however old.
pub const ASK_ALL: u8 = 1;
/// ASK: not only tombstones.
pub const ASK_SESSIONS: u8 = 2;

/// STATE: the asked node has begun,
pub const STATE_BEGUN: u8 = 1;
/// goes on,
pub const STATE_GOING_ON: u8 = 2;
/// has finished.
pub const STATE_DONE: u8 = 3;

/// FETCH: whoever has it; who has not keeps silent.
pub const FETCH_ANY: u8 = 1;

/// An entry of a batch is its kind u8, the length of the id u16, the id, and of a
/// session the length u32 of the envelope and the envelope.
pub const ENTRY_SESSION: u8 = 1;
/// See [`ENTRY_SESSION`].
pub const ENTRY_TOMBSTONE: u8 = 2;

/// Begins a message anew.
pub fn begin(to: &mut Vec<u8>, kind: u8) {
    to.clear();
    to.extend_from_slice(&[VERSION, kind]);
}

/// The type of a message, and what follows it.
pub fn kind_of(data: &[u8]) -> Option<(u8, &[u8])> {
    match data {
        [VERSION, kind, body @ ..] => Some((*kind, body)),
        _ => None,
    }
}

/// Takes a number's bytes from the front.
fn take<'a, const N: usize>(from: &mut &'a [u8]) -> Option<[u8; N]> {
    let (bytes, rest): (&'a [u8; N], _) = from.split_first_chunk()?;
    *from = rest;
    Some(*bytes)
}

fn u64_of(from: &mut &[u8]) -> Option<u64> {
    take(from).map(u64::from_le_bytes)
}

/// The content of an ASK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// `ASK_…`.
    pub flags: u8,
    /// Of the asking instance.
    pub nonce: u64,
    /// Of this ask.
    pub token: u64,
    /// What is older is not asked for.
    pub since: i64,
}

impl Ask {
    /// Appends it to a message.
    pub fn append(&self, to: &mut Vec<u8>) {
        to.push(self.flags);
        to.extend_from_slice(&self.nonce.to_le_bytes());
        to.extend_from_slice(&self.token.to_le_bytes());
        to.extend_from_slice(&self.since.to_le_bytes());
    }

    /// Reads it from a message's body.
    pub fn parse(mut b: &[u8]) -> Option<Self> {
        let [flags] = take(&mut b)?;
        let ask = Ask {
            flags,
            nonce: u64_of(&mut b)?,
            token: u64_of(&mut b)?,
            since: u64_of(&mut b)? as i64,
        };
        b.is_empty().then_some(ask)
    }
}

/// Reads phase and token of a STATE.
pub fn parse_state(mut b: &[u8]) -> Option<(u8, u64)> {
    let [phase] = take(&mut b)?;
    let token = u64_of(&mut b)?;
    b.is_empty().then_some((phase, token))
}

/// Says which batch of which transfer: of a batch, and of its acknowledgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number {
    /// 0: to everybody, no acknowledgement.
    pub transfer: u64,
    /// From 1 on.
    pub batch: u32,
}

impl Number {
    /// Appends it to a message.
    pub fn append(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.transfer.to_le_bytes());
        to.extend_from_slice(&self.batch.to_le_bytes());
    }

    /// Reads it, and returns what follows.
    pub fn parse(mut b: &[u8]) -> Option<(Self, &[u8])> {
        let transfer = u64_of(&mut b)?;
        let batch = take(&mut b).map(u32::from_le_bytes)?;
        Some((Number { transfer, batch }, b))
    }
}

/// One entry of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Of which session.
    pub id: &'a [u8],
    /// The sealed session; `None` of a tombstone.
    pub sealed: Option<&'a [u8]>,
}

/// Appends an entry without its envelope. Ids have at most [`MAX_ID`] bytes.
pub fn begin_entry(to: &mut Vec<u8>, kind: u8, id: &[u8]) {
    to.push(kind);
    to.extend_from_slice(&(id.len() as u16).to_le_bytes());
    to.extend_from_slice(id);
}

/// The first entry of `b`, and what follows it. It is one only if the host would
/// look at the id.
pub fn parse_entry(mut b: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let [kind] = take(&mut b)?;
    let len = usize::from(take(&mut b).map(u16::from_le_bytes)?);
    let (id, mut b) = b.split_at_checked(len)?;
    if id.is_empty() || id.len() > MAX_ID {
        return None;
    }
    match kind {
        ENTRY_TOMBSTONE => Some((Entry { id, sealed: None }, b)),
        ENTRY_SESSION => {
            let size = take(&mut b).map(u32::from_le_bytes)?;
            let (sealed, rest) = b.split_at_checked(size as usize)?;
            Some((Entry { id, sealed: Some(sealed) }, rest))
        }
        _ => None,
    }
}

/// Flags and id of a FETCH.
pub fn parse_fetch(b: &[u8]) -> Option<(u8, &[u8])> {
    match b {
        [flags, id @ ..] if !id.is_empty() && id.len() <= MAX_ID => Some((*flags, id)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn entries_are_read_as_they_were_written() {
        let long = [b'i'; MAX_ID];
        let mut b = vec![];
        begin_entry(&mut b, ENTRY_TOMBSTONE, &long);
        begin_entry(&mut b, ENTRY_SESSION, b"id");
        b.extend(b"\x06\0\0\0sealed");
        let (entry, rest) = parse_entry(&b).unwrap();
        assert_eq!(entry, Entry { id: &long, sealed: None });
        let (entry, rest) = parse_entry(rest).unwrap();
        assert_eq!(
            (entry, rest),
            (
                Entry {
                    id: b"id",
                    sealed: Some(b"sealed")
                },
                &b""[..]
            )
        );
    }

    #[test]
    fn entries_that_are_none_are_refused() {
        let long = [&b"\x02\x01\x01"[..], &[b'i'; 257]].concat();
        for (name, b) in [
            ("nothing", &b""[..]),
            ("half a head", b"\x01\x02"),
            ("no id", b"\x02\0\0"),
            ("an id that is cut", b"\x02\x03\0id"),
            ("an id that is too long", &long),
            ("a kind that is none", b"\x03\x02\0id"),
            ("a session without a length", b"\x01\x02\0id\0\0"),
            ("a session that is cut", b"\x01\x02\0id\x02\0\0\0x"),
            ("a session of four gigabytes", b"\x01\x02\0id\xff\xff\xff\xffx"),
        ] {
            assert_eq!(parse_entry(b), None, "{name}");
        }
    }

    #[test]
    fn an_ask_is_read_as_it_was_written() {
        let ask = Ask {
            flags: ASK_ALL | ASK_SESSIONS,
            nonce: 1 << 63,
            token: 2,
            since: -3,
        };
        let mut b = vec![];
        ask.append(&mut b);
        assert_eq!(Ask::parse(&b), Some(ask));
        assert_eq!(Ask::parse(&b[1..]), None);
        b.push(0);
        assert_eq!(Ask::parse(&b), None);
    }
}
