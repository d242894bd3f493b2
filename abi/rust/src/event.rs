//! The record of an event, and what a hook's handler is given of it.

use core::fmt;

use crate::{error, sys, Error, Flags, Format, Kind, Origin, Reason};

/// Bytes of a record's header in version 1 of the ABI. A later host's may be
/// longer.
pub const HEADER_SIZE: usize = 64;

/// The event that a handler is called for: a view of the record that the host
/// has written.
///
/// Everything that it returns is valid until the handler returns; copy what is
/// kept. Nothing is allocated, and a part is found when it is asked for.
///
/// Times are in ns since the Unix epoch. Which fields a kind of event has
/// stands in `abi/SPEC.md`, "The event record"; the others are 0 or empty.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    head: &'a [u8; HEADER_SIZE],
    /// What follows the header, however long that is.
    parts: &'a [u8],
}

/// A record is not what the ABI says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// The bytes end before the record does.
    Short,
    /// The header says that it is smaller than version 1's.
    Header,
    /// The record is longer than the event buffer, and without the feature
    /// `alloc` there is no other place for it: say `event_buffer: BYTES` in
    /// [`export!`](crate::export).
    TooLong,
    /// The host did not give the rest of a record that is longer than the event
    /// buffer.
    Host(Error),
}

impl RecordError {
    /// What is wrong, in words.
    pub const fn text(self) -> &'static str {
        match self {
            RecordError::Short => "the event's record is shorter than its lengths say",
            RecordError::Header => "the header of the event's record is smaller than 64 bytes",
            RecordError::TooLong => "the event's record is longer than the event buffer: give export! a larger event_buffer, or the crate its feature alloc",
            RecordError::Host(error) => error.text(),
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for RecordError {}

/// Where the header has the lengths of the parts, in their order. The last one
/// is a u32, the others are u16.
const LENGTHS: [usize; 6] = [6, 48, 50, 52, 54, 56];
const DATA_LENGTH: usize = 60;

impl<'a> Event<'a> {
    /// A view of a whole record, as [`read`] gives it. Handlers are given
    /// theirs.
    pub fn parse(record: &'a [u8]) -> Result<Self, RecordError> {
        let head: &[u8; HEADER_SIZE] = record.first_chunk().ok_or(RecordError::Short)?;
        let size = u16_at(head, 0);
        if size < HEADER_SIZE {
            return Err(RecordError::Header);
        }
        let parts = record.get(size..).ok_or(RecordError::Short)?;
        let event = Event { head, parts };
        let rest = parts.len().checked_sub(event.offset(LENGTHS.len()));
        match rest {
            Some(rest) if rest >= event.data_len() => Ok(event),
            _ => Err(RecordError::Short),
        }
    }

    /// What the event is about.
    #[inline]
    pub fn kind(&self) -> Kind {
        Kind::from(self.head[2])
    }

    /// Who caused it.
    #[inline]
    pub fn origin(&self) -> Origin {
        Origin::from(self.head[3])
    }

    /// Why a session was removed; [`Reason::None`] in other events.
    #[inline]
    pub fn reason(&self) -> Reason {
        Reason::from(self.head[4])
    }

    /// What else is to be said of it.
    #[inline]
    pub fn flags(&self) -> Flags {
        Flags::from_bits(self.head[5])
    }

    /// The sequence number of an INSERT, REMOVE or GET, which rises in this host
    /// process; in a LOST, how many messages did not arrive. 0 in other events.
    #[inline]
    pub fn seq(&self) -> u64 {
        u64_at(self.head, 8)
    }

    /// When it happened; with [`Flags::EXISTING`], when what it repeats did.
    #[inline]
    pub fn time(&self) -> i64 {
        u64_at(self.head, 16) as i64
    }

    /// When the full handshake was that the session goes back to; in a LOST,
    /// when the last message before those that are missing arrived, 0 where none
    /// ever has.
    #[inline]
    pub fn created(&self) -> i64 {
        u64_at(self.head, 24) as i64
    }

    /// The end of the session's life; in a REMOVE with [`Flags::EXISTING`], of
    /// the tombstone.
    #[inline]
    pub fn expires(&self) -> i64 {
        u64_at(self.head, 32) as i64
    }

    /// How many bytes [`session::get`](crate::session::get) gives for it, in
    /// this plugin.
    #[inline]
    pub fn session_len(&self) -> usize {
        u32_at(self.head, 40) as usize
    }

    /// The TLS version, `0x0303` or `0x0304`; 0 is unknown.
    #[inline]
    pub fn tls_version(&self) -> u16 {
        u16_at(self.head, 44) as u16
    }

    /// The IANA number of the cipher suite; 0 is unknown.
    #[inline]
    pub fn cipher_suite(&self) -> u16 {
        u16_at(self.head, 46) as u16
    }

    /// How the session's bytes are encoded.
    #[inline]
    pub fn format(&self) -> Format {
        Format::from(u16_at(self.head, 58) as u16)
    }

    /// The session id: 1 to 256 bytes, empty in MESSAGE and LOST.
    #[inline]
    pub fn id(&self) -> &'a [u8] {
        self.part(0)
    }

    /// The server name (SNI) that the client asked for; empty is none.
    #[inline]
    pub fn server_name(&self) -> &'a [u8] {
        self.part(1)
    }

    /// The application protocol (ALPN) that was agreed on; empty is none.
    #[inline]
    pub fn alpn(&self) -> &'a [u8] {
        self.part(2)
    }

    /// The home node of the session; in MESSAGE and LOST, the sender. 12
    /// hexadecimal digits, or empty where it is unknown.
    #[inline]
    pub fn node(&self) -> &'a [u8] {
        self.part(3)
    }

    /// The topic of MESSAGE and LOST.
    #[inline]
    pub fn topic(&self) -> &'a [u8] {
        self.part(4)
    }

    /// The key of a MESSAGE.
    #[inline]
    pub fn key(&self) -> &'a [u8] {
        self.part(5)
    }

    /// The payload of a MESSAGE.
    #[inline]
    pub fn data(&self) -> &'a [u8] {
        let at = self.offset(LENGTHS.len());
        self.cut(at, self.data_len())
    }

    #[inline]
    fn data_len(&self) -> usize {
        u32_at(self.head, DATA_LENGTH) as usize
    }

    /// Where part n begins, behind the header.
    #[inline]
    fn offset(&self, n: usize) -> usize {
        LENGTHS[..n].iter().map(|&at| u16_at(self.head, at)).sum()
    }

    #[inline]
    fn part(&self, n: usize) -> &'a [u8] {
        self.cut(self.offset(n), u16_at(self.head, LENGTHS[n]))
    }

    /// `parse` has seen that all parts are there.
    #[inline]
    fn cut(&self, at: usize, len: usize) -> &'a [u8] {
        self.parts.get(at..at + len).unwrap_or(&[])
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("kind", &self.kind())
            .field("origin", &self.origin())
            .field("reason", &self.reason())
            .field("flags", &self.flags())
            .field("seq", &self.seq())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

#[inline]
fn u16_at(head: &[u8; HEADER_SIZE], at: usize) -> usize {
    u16::from_le_bytes([head[at], head[at + 1]]) as usize
}

#[inline]
fn u32_at(head: &[u8; HEADER_SIZE], at: usize) -> u32 {
    u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]])
}

#[inline]
fn u64_at(head: &[u8; HEADER_SIZE], at: usize) -> u64 {
    u64::from(u32_at(head, at)) | u64::from(u32_at(head, at + 4)) << 32
}

/// A piece of something that is read from an offset on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'b> {
    /// What was read: as many bytes as there are, or as the buffer has room for.
    pub bytes: &'b [u8],
    /// How many more there are behind them.
    pub more: usize,
}

impl<'b> Piece<'b> {
    /// A piece in `buf`, of something of which `remain` bytes are left.
    pub(crate) fn new(buf: &'b [u8], remain: usize) -> Self {
        let bytes = &buf[..remain.min(buf.len())];
        Piece {
            bytes,
            more: remain - bytes.len(),
        }
    }
}

/// Reads the current event's whole record from `offset` on. At the end and
/// beyond, the piece is empty.
///
/// A handler has no need of it: its [`Event`] is always whole. It is for who
/// wants to keep records as they are. [`Error::Unsupported`] in `on_tick`,
/// `on_events_lost` and `plugin_ready`, which have no event.
pub fn read(offset: u32, buf: &mut [u8]) -> Result<Piece<'_>, Error> {
    let remain = error::length(sys::event_read(offset, sys::room(buf)))?;
    Ok(Piece::new(buf, remain))
}
