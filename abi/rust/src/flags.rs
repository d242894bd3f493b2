bits! {
    /// What else is to be said of an event. Bits that have no name here are of a
    /// later host, and to be ignored.
    pub struct Flags: u8 {
        /// INSERT, REMOVE: the session was stored, or removed, before: this is a
        /// replay.
        EXISTING = 1,
        /// INSERT: it overwrote a session.
        REPLACED = 2,
        /// The session was made by a resumed handshake.
        RESUMED = 4,
        /// The client showed a certificate.
        CLIENT_CERT = 8,
        /// The record is longer than the event buffer. The SDK reads such
        /// records whole and takes the flag away, so a handler never sees it.
        TRUNCATED = 16,
        /// MESSAGE: the sender waits for [`message::reply`](crate::message::reply).
        REQUEST = 32,
    }
}
