/** Kinds of events: {@link Event.kind}. */
export enum Kind {
  /** A session was stored. */
  INSERT = 1,
  /** A session has left the cache. */
  REMOVE = 2,
  /** A client's request fetched a session. */
  GET = 3,
  /** A client presented a genuine id that is not in the cache. */
  MISS = 4,
  /** A client is about to resume. */
  RESUME = 5,
  /** A message of another node arrived. */
  MESSAGE = 6,
  /** Messages of another node did not arrive. */
  LOST = 7,
}

/** Who caused an event: {@link Event.origin}. */
export enum Origin {
  /** A handshake on this host. */
  CLIENT = 1,
  /** Another plugin. */
  PLUGIN = 2,
  /** A TLS server, through a network session-cache protocol. */
  FRONT = 3,
  /** A person, through the admin endpoint. */
  ADMIN = 4,
  /** A snapshot that was read back. */
  SNAPSHOT = 5,
  /** The host: expiry, eviction. */
  HOST = 6,
}

/** Why a session was removed: {@link Event.reason}. */
export enum Reason {
  /** It was not: the event is no REMOVE. */
  NONE = 0,
  /** Somebody asked for it: see the origin. */
  EXPLICIT = 1,
  /** Its life had run out. */
  EXPIRED = 2,
  /** The cache was full. */
  EVICTED = 3,
  /** It was resumed, and the host lets each be resumed once. */
  CONSUMED = 4,
}

/** Bits of {@link Event.flags}. */
export enum Flag {
  /** INSERT, REMOVE: the session was stored, or removed, before; this is a replay. */
  EXISTING = 1,
  /** INSERT: it overwrote a session. */
  REPLACED = 2,
  /** The session was made by a resumed handshake. */
  RESUMED = 4,
  /** The client showed a certificate. */
  CLIENT_CERT = 8,
  /** The record is longer than the event buffer: {@link handle} reads the rest, and no
   *  handler sees this flag. */
  TRUNCATED = 16,
  /** MESSAGE: the sender waits for {@link messageReply}. */
  REQUEST = 32,
}

/** How a session's bytes are encoded, where one can read them: {@link Event.format}. */
export enum Format {
  /** Unknown to the host. */
  OPAQUE = 0,
  /** `SessionState.Bytes` of Go's crypto/tls. */
  GO_TLS = 1,
  /** `i2d_SSL_SESSION` of OpenSSL. */
  OPENSSL_DER = 2,
}
