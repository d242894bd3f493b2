/** Bytes of a session id, and of a key of `kv*` or of a message, at most. */
export const MAX_ID: i32 = 256;

/** Bytes of a session in clear, and of a value of {@link kvPut}, at most. */
export const MAX_SESSION: i32 = 65536;

/** Bytes of a message, a request or a reply, at most. */
export const MAX_MESSAGE: i32 = 262144;

/** Bytes of a topic, at most. */
export const MAX_TOPIC: i32 = 128;

/** Bytes of an event buffer, at least. */
export const MIN_EVENT_BUFFER: i32 = 512;

/** Bytes of an event record's header in version 1 of the ABI. */
export const HEADER_SIZE: i32 = 64;

/** Bytes of a node id: lower-case hexadecimal digits. */
export const NODE_ID_SIZE: i32 = 12;
