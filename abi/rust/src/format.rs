numbered! {
    /// How the bytes of a session are encoded, for a plugin that sees them in
    /// clear.
    pub enum Format: u16 {
        /// Unknown to the host.
        Opaque = 0 "opaque",
        /// `SessionState.Bytes` of Go's crypto/tls.
        GoTls = 1 "go-tls",
        /// `i2d_SSL_SESSION` of OpenSSL.
        OpensslDer = 2 "openssl-der",
    }
}
