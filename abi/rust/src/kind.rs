numbered! {
    /// What an event is about.
    pub enum Kind: u8 {
        /// A session was stored.
        Insert = 1 "INSERT",
        /// A session has left the cache.
        Remove = 2 "REMOVE",
        /// A client's request fetched a session.
        Get = 3 "GET",
        /// A client presented a genuine id that is not here.
        Miss = 4 "MISS",
        /// A client is about to resume a session.
        Resume = 5 "RESUME",
        /// A message of another node arrived.
        Message = 6 "MESSAGE",
        /// Messages of another node did not arrive.
        Lost = 7 "LOST",
    }
}
