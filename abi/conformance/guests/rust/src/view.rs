//! The record of an event, written anew from what the SDK says about it.

use sesshook_guest::{Event, HEADER_SIZE};

use crate::memory::bytes;

/// Writes the record to M[at], and returns its length.
pub fn write(at: u32, e: &Event<'_>) -> u64 {
    let parts = [e.id(), e.server_name(), e.alpn(), e.node(), e.topic(), e.key(), e.data()];
    let mut out = Writer(at);
    out.u16(HEADER_SIZE as u16);
    out.put(&[e.kind().into(), e.origin().into(), e.reason().into(), e.flags().bits()]);
    out.u16(e.id().len() as u16);
    out.put(&e.seq().to_le_bytes());
    for time in [e.time(), e.created(), e.expires()] {
        out.put(&time.to_le_bytes());
    }
    out.put(&(e.session_len() as u32).to_le_bytes());
    out.u16(e.tls_version());
    out.u16(e.cipher_suite());
    for part in &parts[1..6] {
        out.u16(part.len() as u16);
    }
    out.u16(e.format().into());
    out.put(&(e.data().len() as u32).to_le_bytes());
    for part in parts {
        out.put(part);
    }
    u64::from(out.0 - at)
}

/// How long the record of an event is.
pub fn len(e: &Event<'_>) -> usize {
    HEADER_SIZE + e.id().len() + e.server_name().len() + e.alpn().len() + e.node().len() + e.topic().len() + e.key().len() + e.data().len()
}

struct Writer(u32);

impl Writer {
    fn put(&mut self, part: &[u8]) {
        bytes(self.0, part.len() as u32).copy_from_slice(part);
        self.0 += part.len() as u32;
    }

    fn u16(&mut self, n: u16) {
        self.put(&n.to_le_bytes());
    }
}
