numbered! {
    /// Why a session was removed.
    pub enum Reason: u8 {
        /// It was not: the event is no REMOVE.
        None = 0 "NONE",
        /// Somebody asked for it; see the event's origin. It leaves a tombstone.
        Explicit = 1 "EXPLICIT",
        /// Its life had run out.
        Expired = 2 "EXPIRED",
        /// The cache was full.
        Evicted = 3 "EVICTED",
        /// It was resumed, and the host lets each be resumed once. It leaves a
        /// tombstone.
        Consumed = 4 "CONSUMED",
    }
}
