use crate::{Flags, Format, Kind, Origin, Reason, HEADER_SIZE};

/// The content of an event's record, for [`Host::deliver`](super::Host::deliver).
/// The fields are what the functions of [`Event`](crate::Event) return.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What the event is about.
    pub kind: Kind,
    /// Who caused it; by default a client.
    pub origin: Origin,
    /// Why a session was removed.
    pub reason: Reason,
    /// What else is to be said of it; not `TRUNCATED`.
    pub flags: Flags,
    /// The sequence number; of a LOST, how many messages.
    pub seq: u64,
    /// When it happened, in ns since the Unix epoch.
    pub time: i64,
    /// When the session's full handshake was, in ns since the Unix epoch.
    pub created: i64,
    /// The end of the session's life, in ns since the Unix epoch.
    pub expires: i64,
    /// Bytes of the session.
    pub session_len: u32,
    /// The TLS version.
    pub tls_version: u16,
    /// The IANA number of the cipher suite.
    pub cipher_suite: u16,
    /// How the session's bytes are encoded.
    pub format: Format,
    /// The session id.
    pub id: &'a [u8],
    /// The server name (SNI).
    pub server_name: &'a [u8],
    /// The application protocol (ALPN).
    pub alpn: &'a [u8],
    /// The home node, or the sender of a message.
    pub node: &'a [u8],
    /// The topic of a message.
    pub topic: &'a [u8],
    /// The key of a message.
    pub key: &'a [u8],
    /// The payload of a message.
    pub data: &'a [u8],
}

impl Default for Record<'_> {
    fn default() -> Self {
        Record {
            kind: Kind::Unknown(0),
            origin: Origin::Client,
            reason: Reason::None,
            flags: Flags::NONE,
            seq: 0,
            time: 0,
            created: 0,
            expires: 0,
            session_len: 0,
            tls_version: 0,
            cipher_suite: 0,
            format: Format::Opaque,
            id: b"",
            server_name: b"",
            alpn: b"",
            node: b"",
            topic: b"",
            key: b"",
            data: b"",
        }
    }
}

impl Record<'_> {
    /// The record as a host writes it.
    ///
    /// # Panics
    ///
    /// Where a part but `data` has more than 65535 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut b = Vec::with_capacity(HEADER_SIZE);
        b.extend((HEADER_SIZE as u16).to_le_bytes());
        b.extend([self.kind.into(), self.origin.into(), self.reason.into(), self.flags.bits()]);
        b.extend(len(self.id));
        b.extend(self.seq.to_le_bytes());
        for time in [self.time, self.created, self.expires] {
            b.extend(time.to_le_bytes());
        }
        b.extend(self.session_len.to_le_bytes());
        b.extend(self.tls_version.to_le_bytes());
        b.extend(self.cipher_suite.to_le_bytes());
        for part in [self.server_name, self.alpn, self.node, self.topic, self.key] {
            b.extend(len(part));
        }
        b.extend(u16::from(self.format).to_le_bytes());
        b.extend((self.data.len() as u32).to_le_bytes());
        for part in [self.id, self.server_name, self.alpn, self.node, self.topic, self.key, self.data] {
            b.extend(part);
        }
        b
    }
}

fn len(part: &[u8]) -> [u8; 2] {
    u16::try_from(part.len()).expect("a part of a record has at most 65535 bytes").to_le_bytes()
}
