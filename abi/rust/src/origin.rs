numbered! {
    /// Who caused an event.
    pub enum Origin: u8 {
        /// A handshake on this host.
        Client = 1 "CLIENT",
        /// Another plugin.
        Plugin = 2 "PLUGIN",
        /// A TLS server, through a network session-cache protocol.
        Front = 3 "FRONT",
        /// A person, through the admin endpoint.
        Admin = 4 "ADMIN",
        /// A snapshot that was read back.
        Snapshot = 5 "SNAPSHOT",
        /// The host: expiry, eviction.
        Host = 6 "HOST",
    }
}
