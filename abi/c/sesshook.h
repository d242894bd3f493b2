/**
 * @file sesshook.h
 * @brief The C SDK for plugins of sesshook: what abi/SPEC.md describes in numbers
 *        and pointers, as C functions, structs and macros.
 *
 * One header, C11 and C++, that needs no libc and no allocator and includes
 * freestanding headers only. A plugin is hooks, each defined by a macro:
 *
 *     #include "sesshook.h"
 *
 *     SH_EVENT_BUFFER(4096)
 *
 *     SH_ON_SESSION_INSERT(event) {
 *       sh_bytes name = sh_event_server_name(event);
 *       sh_log(SH_LEVEL_INFO, name);
 *       return sh_metric_add(SH_STR("inserted"), 1);
 *     }
 *
 * A hook that is not defined is not exported, and costs nothing. A host function
 * that is not called is not imported, and neither is the grant that it needs.
 *
 * ## Results
 *
 * Functions return an sh_result: zero or more is success, and a length where the
 * function has one; less is an sh_code, or a number that a later host knows and
 * this header does not, which is a failure too. Test for `< 0`.
 *
 * ## Buffers
 *
 * Functions that give bytes take a buffer and its size and return the full length
 * of the value. Where that is more than the size, nothing was written: see
 * sh_fits. The functions that end in `_into` do that over an sh_buffer, and grow
 * it where it can be grown.
 *
 * ## Memory
 *
 * The host copies what it is given before a function returns and keeps no
 * pointer. What an event's accessors return are views of the event buffer: valid
 * until the hook returns, to be copied where it is kept. Nothing here allocates.
 *
 * ## Concurrency
 *
 * The host calls one function of an instance at a time, so plain global variables
 * are the instance's own. With several instances, each has its own.
 *
 * ## Tests
 *
 * Built natively, the same source calls the host in fake/sesshook_fake.c.
 *
 * Names that end in an underscore are this header's own.
 */
#ifndef SESSHOOK_H
#define SESSHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @name Sizes of the ABI, in bytes
 *  @{ */
#define SH_MAX_ID 256           /**< A session id, and a key of sh_kv_* or a message. */
#define SH_MAX_SESSION 65536    /**< A session in clear, and a value of sh_kv_put. */
#define SH_MAX_MESSAGE 262144   /**< A message, a request or a reply. */
#define SH_MAX_TOPIC 128        /**< A topic. */
#define SH_MIN_EVENT_BUFFER 512 /**< An event buffer, at least. */
#define SH_HEADER_SIZE 64       /**< The header of an event record in version 1. */
#define SH_NODE_ID_SIZE 12      /**< A node id: lower-case hexadecimal digits. */
/** A sealed session, for which hosts need about 100 bytes more: a buffer of that
 *  size holds all that sh_session_get gives. */
#define SH_MAX_SEALED (SH_MAX_SESSION + 1024)
/** @} */

/** What a function returns: a length or SH_OK, or less than 0: an sh_code. */
typedef int32_t sh_result;

/** The result codes. A negative number that is not here is a failure too. */
typedef enum sh_code {
  SH_OK = 0,           /**< Done. */
  SH_NOT_FOUND = -1,   /**< Nothing under this id or key. */
  SH_EXISTS = -2,      /**< The id is present, and SH_OVERWRITE was not given. */
  SH_REMOVED = -3,     /**< The id has a tombstone, and SH_REVIVE was not given. */
  SH_TOO_LARGE = -4,   /**< More bytes than the host stores, sends or gives. */
  SH_INVALID = -5,     /**< Malformed; or sealed by an unknown key, for another id, or expired. */
  SH_DENIED = -6,      /**< The plugin does not have the grant that this call needs. */
  SH_UNAVAILABLE = -7, /**< The other side did not answer in time, or there is none. */
  SH_UNSUPPORTED = -8, /**< Not in this phase, or not on this host. */
  SH_LIMIT = -9,       /**< A limit of the plugin is reached. */
  /** The buffer is too small, and can't be grown. Only functions of this header
   *  return it, never the host. */
  SH_NO_ROOM = INT32_MIN
} sh_code;

/** Kinds of events: sh_event_kind. */
enum sh_kind {
  SH_KIND_INSERT = 1,  /**< A session was stored. */
  SH_KIND_REMOVE = 2,  /**< A session has left the cache. */
  SH_KIND_GET = 3,     /**< A client's request fetched a session. */
  SH_KIND_MISS = 4,    /**< A genuine id was presented that is not in the cache. */
  SH_KIND_RESUME = 5,  /**< A client is about to resume. */
  SH_KIND_MESSAGE = 6, /**< A message arrived. */
  SH_KIND_LOST = 7     /**< Messages of another node did not arrive. */
};

/** Who caused an event: sh_event_origin. */
enum sh_origin {
  SH_ORIGIN_CLIENT = 1,   /**< A handshake on this host. */
  SH_ORIGIN_PLUGIN = 2,   /**< Another plugin. */
  SH_ORIGIN_FRONT = 3,    /**< A TLS server, through a network session-cache protocol. */
  SH_ORIGIN_ADMIN = 4,    /**< A person, through the admin endpoint. */
  SH_ORIGIN_SNAPSHOT = 5, /**< A snapshot that was read back. */
  SH_ORIGIN_HOST = 6      /**< The host: expiry, eviction. */
};

/** Why a session was removed: sh_event_reason. */
enum sh_reason {
  SH_REASON_NONE = 0,     /**< It was not: the event is no REMOVE. */
  SH_REASON_EXPLICIT = 1, /**< Somebody asked for it: the origin. */
  SH_REASON_EXPIRED = 2,  /**< Its life had run out. */
  SH_REASON_EVICTED = 3,  /**< The cache was full. */
  SH_REASON_CONSUMED = 4  /**< It was resumed, and the host lets each be resumed once. */
};

/** Flag bits of an event: sh_event_flags. */
enum sh_flag {
  SH_FLAG_EXISTING = 1,    /**< INSERT, REMOVE: stored, or removed, before; a replay. */
  SH_FLAG_REPLACED = 2,    /**< INSERT: it overwrote a session. */
  SH_FLAG_RESUMED = 4,     /**< The session was made by a resumed handshake. */
  SH_FLAG_CLIENT_CERT = 8, /**< The client showed a certificate. */
  SH_FLAG_TRUNCATED = 16,  /**< The record is longer than the event buffer. */
  SH_FLAG_REQUEST = 32     /**< MESSAGE: the sender waits for sh_message_reply. */
};

/** How a session's bytes are encoded, where one can read them: sh_event_format. */
enum sh_format {
  SH_FORMAT_OPAQUE = 0,     /**< Unknown to the host. */
  SH_FORMAT_GO_TLS = 1,     /**< SessionState.Bytes of Go's crypto/tls. */
  SH_FORMAT_OPENSSL_DER = 2 /**< i2d_SSL_SESSION of OpenSSL. */
};

/** Levels of sh_log. One between two of these is the lower one. */
enum sh_level { SH_LEVEL_DEBUG = -4, SH_LEVEL_INFO = 0, SH_LEVEL_WARN = 4, SH_LEVEL_ERROR = 8 };

/** Flags of sh_session_insert. */
enum sh_insert_flag {
  SH_OVERWRITE = 1, /**< Replace a present session. */
  SH_REVIVE = 2     /**< Accept an id that has a tombstone. */
};

/** What SH_ON_SESSION_RESUME decides. */
enum sh_verdict {
  SH_ALLOW = 0, /**< Let the client resume. */
  SH_REFUSE = 1 /**< Have it do a full handshake instead. */
};

/** Bytes that somebody else owns. No bytes may be anywhere. */
typedef struct sh_bytes {
  const uint8_t *data; /**< The first one. */
  size_t len;          /**< How many. */
} sh_bytes;

/** Returns a view of len bytes at data. */
static inline sh_bytes sh_view(const void *data, size_t len) {
  sh_bytes b = {(const uint8_t *)data, len};
  return b;
}

/** A view of a string literal, without the zero at its end. */
#define SH_STR(literal) sh_view("" literal, sizeof(literal) - 1)

/** No bytes: the key of a message for every instance, or any node. */
#define SH_NONE sh_view(0, 0)

/** Tells whether a and b are the same bytes. */
static inline bool sh_equal(sh_bytes a, sh_bytes b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (a.data[i] != b.data[i]) return false;
  return true;
}

/** Copies b to to, which has room for cap bytes, as far as it fits, and returns
 *  how many bytes that was. They must not overlap. */
static inline size_t sh_copy(void *to, size_t cap, sh_bytes b) {
  size_t n = b.len < cap ? b.len : cap;
  if (n) __builtin_memcpy(to, b.data, n);
  return n;
}

/** Tells whether a value was written to a buffer of cap bytes: r is the length
 *  that the function returned. False of a failure. */
static inline bool sh_fits(sh_result r, size_t cap) { return r >= 0 && (size_t)r <= cap; }

/** Returns the name of abi/SPEC.md for a code: "OK" for every success, "UNKNOWN"
 *  for a number that this header does not know. */
static inline sh_bytes sh_code_name(sh_result r) {
  switch (r < 0 ? r : 0) {
    case SH_OK: return SH_STR("OK");
    case SH_NOT_FOUND: return SH_STR("NOT_FOUND");
    case SH_EXISTS: return SH_STR("EXISTS");
    case SH_REMOVED: return SH_STR("REMOVED");
    case SH_TOO_LARGE: return SH_STR("TOO_LARGE");
    case SH_INVALID: return SH_STR("INVALID");
    case SH_DENIED: return SH_STR("DENIED");
    case SH_UNAVAILABLE: return SH_STR("UNAVAILABLE");
    case SH_UNSUPPORTED: return SH_STR("UNSUPPORTED");
    case SH_LIMIT: return SH_STR("LIMIT");
    case SH_NO_ROOM: return SH_STR("NO_ROOM");
    default: return SH_STR("UNKNOWN");
  }
}

/* -------------------------------------------------------------------------- */
/* Imports. Natively they are functions of a fake host.                        */

#ifdef __cplusplus
#define SH_C_ extern "C"
#else
#define SH_C_ extern
#endif

#ifdef __wasm__
#define SH_IMPORT_(result, name) SH_C_ __attribute__((import_module("tls_session_v1"), import_name(#name))) result sh_import_##name
/** Exports the function that follows, under its own name: for an export of the
 *  ABI that is written without one of the macros below. */
#define SH_EXPORT(name) SH_EXPORT_C_ __attribute__((export_name(#name)))
#else
#define SH_IMPORT_(result, name) SH_C_ result sh_import_##name
#define SH_EXPORT(name) SH_EXPORT_C_
#endif

#ifdef __cplusplus
#define SH_EXPORT_C_ extern "C"
#else
#define SH_EXPORT_C_
#endif

SH_IMPORT_(int32_t, session_get)(const void *id, uint32_t id_len, void *buf, uint32_t cap);
SH_IMPORT_(int32_t, session_insert)(const void *id, uint32_t id_len, const void *session, uint32_t session_len, int64_t ttl_ms, uint32_t flags);
SH_IMPORT_(int32_t, session_remove)(const void *id, uint32_t id_len);
SH_IMPORT_(int32_t, session_replay)(void);
SH_IMPORT_(int32_t, message_publish)(const void *topic, uint32_t topic_len, const void *key, uint32_t key_len, const void *data, uint32_t data_len);
SH_IMPORT_(int32_t, message_request)(const void *topic, uint32_t topic_len, const void *node, uint32_t node_len, const void *data, uint32_t data_len, void *buf, uint32_t cap, uint32_t timeout_ms);
SH_IMPORT_(int32_t, message_reply)(const void *data, uint32_t data_len);
SH_IMPORT_(int32_t, message_subscribe)(const void *topic, uint32_t topic_len);
SH_IMPORT_(int32_t, kv_get)(const void *key, uint32_t key_len, void *buf, uint32_t cap);
SH_IMPORT_(int32_t, kv_put)(const void *key, uint32_t key_len, const void *value, uint32_t value_len, int64_t ttl_ms);
SH_IMPORT_(int32_t, kv_delete)(const void *key, uint32_t key_len);
SH_IMPORT_(int32_t, metric_add)(const void *name, uint32_t name_len, int64_t value);
SH_IMPORT_(int32_t, metric_set)(const void *name, uint32_t name_len, int64_t value);
SH_IMPORT_(int32_t, config_get)(void *buf, uint32_t cap);
SH_IMPORT_(int32_t, state_read)(uint32_t offset, void *buf, uint32_t cap);
SH_IMPORT_(int32_t, event_read)(uint32_t offset, void *buf, uint32_t cap);
SH_IMPORT_(int32_t, node_id)(void *buf, uint32_t cap);
SH_IMPORT_(void, log)(int32_t level, const void *text, uint32_t text_len);
SH_IMPORT_(int32_t, log_enabled)(int32_t level);
SH_IMPORT_(int64_t, time_now)(void);
SH_IMPORT_(int32_t, random_fill)(void *buf, uint32_t len);

/* -------------------------------------------------------------------------- */
/* Sessions                                                                    */

/**
 * Gives the session stored under id: sealed, or in clear with the grant
 * `sessions:secrets`. It makes no event. In the hook of an INSERT, REMOVE, GET or
 * RESUME, for the id of that event, it is the session of the event, even if the
 * cache has lost or replaced it since. Grant: `sessions:read`.
 * @param id   1 to SH_MAX_ID bytes
 * @param buf  room for the session; SH_MAX_SEALED bytes hold any
 * @param cap  size of buf in bytes; 0 asks for the length
 * @return length of the session, written only if it is at most cap;
 *         SH_NOT_FOUND, SH_INVALID (the id's length), SH_UNSUPPORTED outside of hooks
 */
static inline sh_result sh_session_get(sh_bytes id, void *buf, size_t cap) {
  return sh_import_session_get(id.data, (uint32_t)id.len, buf, (uint32_t)cap);
}

/**
 * Stores a session. Sealed bytes are taken only under the id, and with the
 * metadata, that they were sealed with; bytes in clear need the grant
 * `sessions:secrets`. The host copies both. Grant: `sessions:write`.
 * @param id      1 to SH_MAX_ID bytes
 * @param session at least 1 byte
 * @param ttl_ms  life from now on, in milliseconds; 0 leaves it at what the session
 *                says. It shortens the life of a sealed session, never lengthens it
 * @param flags   SH_OVERWRITE, SH_REVIVE, or 0
 * @return SH_OK; SH_EXISTS, SH_REMOVED, SH_TOO_LARGE (more than SH_MAX_SESSION in
 *         clear), SH_INVALID (malformed; or altered, of another farm, for another
 *         id, expired), SH_DENIED (in clear, without the grant), SH_UNSUPPORTED
 *         outside of hooks
 */
static inline sh_result sh_session_insert(sh_bytes id, sh_bytes session, int64_t ttl_ms, uint32_t flags) {
  return sh_import_session_insert(id.data, (uint32_t)id.len, session.data, (uint32_t)session.len, ttl_ms, flags);
}

/**
 * Removes a session and leaves a tombstone for the rest of its life. Grant:
 * `sessions:write`.
 * @param id 1 to SH_MAX_ID bytes
 * @return SH_OK; SH_NOT_FOUND, SH_INVALID, SH_UNSUPPORTED outside of hooks
 */
static inline sh_result sh_session_remove(sh_bytes id) { return sh_import_session_remove(id.data, (uint32_t)id.len); }

/**
 * Has every present session delivered to this plugin as INSERT with
 * SH_FLAG_EXISTING, and every tombstone as REMOVE with it. Returns at once.
 * Grant: `sessions:read`.
 * @return number of sessions present now; SH_UNSUPPORTED outside of hooks
 */
static inline sh_result sh_session_replay(void) { return sh_import_session_replay(); }

/* -------------------------------------------------------------------------- */
/* Messages                                                                    */

/**
 * Sends a message to the plugins on all other nodes that have subscribed to the
 * topic. At most once; what did not arrive is on_messages_lost there. Grant:
 * `messages`.
 * @param topic 1 to SH_MAX_TOPIC bytes of `A-Z a-z 0-9 _ - .`
 * @param key   at most SH_MAX_ID bytes: messages with the same key arrive in order,
 *              at one instance; SH_NONE is every instance
 * @param data  at most SH_MAX_MESSAGE bytes
 * @return SH_OK; SH_UNAVAILABLE (no farm), SH_INVALID, SH_TOO_LARGE, SH_LIMIT,
 *         SH_UNSUPPORTED outside of hooks
 */
static inline sh_result sh_message_publish(sh_bytes topic, sh_bytes key, sh_bytes data) {
  return sh_import_message_publish(topic.data, (uint32_t)topic.len, key.data, (uint32_t)key.len, data.data, (uint32_t)data.len);
}

/**
 * Sends a message to one node and waits for its reply. A reply that is longer than
 * cap is lost: another call is another request. Grant: `messages`.
 * @param topic      as of sh_message_publish
 * @param node       the node's id, or SH_NONE: any that answers
 * @param data       at most SH_MAX_MESSAGE bytes
 * @param buf        room for the reply
 * @param cap        size of buf in bytes
 * @param timeout_ms how long to wait, in milliseconds; 0 is one second. The hook's
 *                   own deadline ends the wait too
 * @return length of the reply, written only if it is at most cap; SH_UNAVAILABLE
 *         (no reply in time, no such node, no farm), SH_INVALID, SH_TOO_LARGE,
 *         SH_LIMIT, SH_UNSUPPORTED outside of hooks
 */
static inline sh_result sh_message_request(sh_bytes topic, sh_bytes node, sh_bytes data, void *buf, size_t cap, uint32_t timeout_ms) {
  return sh_import_message_request(topic.data, (uint32_t)topic.len, node.data, (uint32_t)node.len, data.data, (uint32_t)data.len, buf, (uint32_t)cap, timeout_ms);
}

/**
 * Answers the request (SH_FLAG_REQUEST) that the current SH_ON_MESSAGE was called
 * for, once. Grant: `messages`.
 * @param data at most SH_MAX_MESSAGE bytes
 * @return SH_OK; SH_UNAVAILABLE (the farm was lost meanwhile), SH_TOO_LARGE,
 *         SH_UNSUPPORTED (no request, or the second reply)
 */
static inline sh_result sh_message_reply(sh_bytes data) { return sh_import_message_reply(data.data, (uint32_t)data.len); }

/**
 * Has the topic's messages delivered to SH_ON_MESSAGE. In SH_PLUGIN_START only.
 * Grant: `messages`.
 * @return SH_OK; SH_UNAVAILABLE (no farm), SH_INVALID, SH_LIMIT, SH_UNSUPPORTED
 *         elsewhere
 */
static inline sh_result sh_message_subscribe(sh_bytes topic) { return sh_import_message_subscribe(topic.data, (uint32_t)topic.len); }

/* -------------------------------------------------------------------------- */
/* The plugin's own keys                                                       */

/**
 * Gives the value under a key. Keys are shared by the plugin's instances, kept over
 * reloads and faults, and on a farm shared by its nodes. Grant: `kv`.
 * @param key 1 to SH_MAX_ID bytes
 * @param buf room for the value
 * @param cap size of buf in bytes; 0 asks for the length
 * @return length of the value, written only if it is at most cap; SH_NOT_FOUND,
 *         SH_INVALID, SH_UNAVAILABLE (the farm's store), SH_UNSUPPORTED in
 *         SH_INITIALIZE
 */
static inline sh_result sh_kv_get(sh_bytes key, void *buf, size_t cap) {
  return sh_import_kv_get(key.data, (uint32_t)key.len, buf, (uint32_t)cap);
}

/**
 * Puts a value under a key, in place of the one that is there. Grant: `kv`.
 * @param key    1 to SH_MAX_ID bytes
 * @param value  at most SH_MAX_SESSION bytes
 * @param ttl_ms its life in milliseconds; 0 is without end
 * @return SH_OK; SH_INVALID, SH_TOO_LARGE, SH_LIMIT, SH_UNAVAILABLE, SH_UNSUPPORTED
 */
static inline sh_result sh_kv_put(sh_bytes key, sh_bytes value, int64_t ttl_ms) {
  return sh_import_kv_put(key.data, (uint32_t)key.len, value.data, (uint32_t)value.len, ttl_ms);
}

/**
 * Deletes a key. Grant: `kv`.
 * @return SH_OK; SH_NOT_FOUND, SH_INVALID, SH_UNAVAILABLE, SH_UNSUPPORTED
 */
static inline sh_result sh_kv_delete(sh_bytes key) { return sh_import_kv_delete(key.data, (uint32_t)key.len); }

/* -------------------------------------------------------------------------- */
/* Metrics                                                                     */

/**
 * Adds to a counter, which begins at 0, is shared by the plugin's instances and kept
 * over reloads. Grant: `metrics`.
 * @param name  matches `[a-z][a-z0-9_]{0,63}`
 * @param delta 0 or more
 * @return SH_OK; SH_INVALID (name, delta, or the name is a gauge's), SH_LIMIT
 */
static inline sh_result sh_metric_add(sh_bytes name, int64_t delta) { return sh_import_metric_add(name.data, (uint32_t)name.len, delta); }

/**
 * Sets a gauge. Grant: `metrics`.
 * @return SH_OK; SH_INVALID (name, or it is a counter's), SH_LIMIT
 */
static inline sh_result sh_metric_set(sh_bytes name, int64_t value) { return sh_import_metric_set(name.data, (uint32_t)name.len, value); }

/* -------------------------------------------------------------------------- */
/* The host                                                                    */

/**
 * Gives the sidecar's `[config]` table as JSON, `{}` where there is none; see
 * sh_json_open. It does not change while the instance lives.
 * @return length of the JSON, written only if it is at most cap
 */
static inline sh_result sh_config_get(void *buf, size_t cap) { return sh_import_config_get(buf, (uint32_t)cap); }

/**
 * Gives what the predecessor's SH_PLUGIN_SAVE returned, from an offset on. In
 * SH_PLUGIN_RESTORE only.
 * @return number of bytes that remain from the offset, of which as many as there is
 *         room for are written; 0 at the end; SH_UNSUPPORTED elsewhere
 */
static inline sh_result sh_state_read(uint32_t offset, void *buf, size_t cap) { return sh_import_state_read(offset, buf, (uint32_t)cap); }

/**
 * Gives the current event's whole record, from an offset on. See sh_event_whole.
 * @return number of bytes that remain from the offset, of which as many as there is
 *         room for are written; 0 at the end; SH_UNSUPPORTED where there is no event
 */
static inline sh_result sh_event_read(uint32_t offset, void *buf, size_t cap) { return sh_import_event_read(offset, buf, (uint32_t)cap); }

/**
 * Gives this node's id: SH_NODE_ID_SIZE hexadecimal digits, without a zero.
 * @return SH_NODE_ID_SIZE, written only if that is at most cap
 */
static inline sh_result sh_node_id(void *buf, size_t cap) { return sh_import_node_id(buf, (uint32_t)cap); }

/**
 * Writes a line of the host's log, with the plugin's name. The host escapes control
 * characters, and bounds length and rate.
 * @param level an sh_level
 * @param text  UTF-8, without an end of line
 */
static inline void sh_log(int32_t level, sh_bytes text) { sh_import_log(level, text.data, (uint32_t)text.len); }

/** Tells whether a line of that level would be written, so that it need not be built
 *  otherwise. */
static inline bool sh_log_enabled(int32_t level) { return sh_import_log_enabled(level) != 0; }

/** Returns the wall clock, in nanoseconds since the Unix epoch. */
static inline int64_t sh_time_now(void) { return sh_import_time_now(); }

/**
 * Fills memory with bytes from the host's cryptographic source.
 * @param len at most 65536
 * @return SH_OK; SH_TOO_LARGE, and then nothing was written
 */
static inline sh_result sh_random_fill(void *buf, size_t len) { return sh_import_random_fill(buf, (uint32_t)len); }

/* -------------------------------------------------------------------------- */
/* Buffers                                                                     */

/** A buffer for the functions that end in `_into`. */
typedef struct sh_buffer {
  uint8_t *data; /**< Its memory, which belongs to whoever made it. */
  size_t len;    /**< Bytes of the value that is in it. After SH_NO_ROOM, the bytes that it needs. */
  size_t cap;    /**< Size of the memory. */
  /** Makes room for need bytes (data and cap; what is in it needs not be kept) and
   *  returns true, or returns false. NULL is a buffer that does not grow. */
  bool (*grow)(struct sh_buffer *b, size_t need);
} sh_buffer;

/** A buffer over an array, which does not grow. */
#define SH_BUFFER(array) {(uint8_t *)(array), 0, sizeof(array), 0}

/** Returns a view of the value in b. */
static inline sh_bytes sh_buffer_bytes(const sh_buffer *b) { return sh_view(b->data, b->len); }

/** Takes the length that a function has returned for b: true if it is to be called
 *  again. r becomes what the caller returns. */
static inline bool sh_buffer_again_(sh_buffer *b, sh_result *r) {
  if (*r < 0) {
    b->len = 0;
    return false;
  }
  b->len = (size_t)*r;
  if (b->len <= b->cap) return false;
  if (b->grow && b->grow(b, b->len)) return true;
  *r = SH_NO_ROOM;
  return false;
}

/**
 * sh_session_get into a buffer, which it grows if it can.
 * @return length of the session, which is b->len; SH_NO_ROOM, or what
 *         sh_session_get returns
 */
static inline sh_result sh_session_get_into(sh_bytes id, sh_buffer *b) {
  sh_result r;
  do r = sh_session_get(id, b->data, b->cap);
  while (sh_buffer_again_(b, &r));
  return r;
}

/** sh_kv_get into a buffer, like sh_session_get_into. */
static inline sh_result sh_kv_get_into(sh_bytes key, sh_buffer *b) {
  sh_result r;
  do r = sh_kv_get(key, b->data, b->cap);
  while (sh_buffer_again_(b, &r));
  return r;
}

/** sh_config_get into a buffer, like sh_session_get_into. */
static inline sh_result sh_config_get_into(sh_buffer *b) {
  sh_result r;
  do r = sh_config_get(b->data, b->cap);
  while (sh_buffer_again_(b, &r));
  return r;
}

/** The whole state of the predecessor into a buffer, like sh_session_get_into. In
 *  SH_PLUGIN_RESTORE only. */
static inline sh_result sh_state_read_into(sh_buffer *b) {
  sh_result r;
  do r = sh_state_read(0, b->data, b->cap);
  while (sh_buffer_again_(b, &r));
  return r;
}

/**
 * sh_message_request into a buffer. It does not ask again: where the reply is longer
 * than the buffer, it is lost, and b->len says how long it was.
 * @return length of the reply, which is b->len; SH_NO_ROOM, or what
 *         sh_message_request returns
 */
static inline sh_result sh_message_request_into(sh_bytes topic, sh_bytes node, sh_bytes data, sh_buffer *b, uint32_t timeout_ms) {
  sh_result r = sh_message_request(topic, node, data, b->data, b->cap, timeout_ms);
  b->len = r < 0 ? 0 : (size_t)r;
  return b->len > b->cap ? SH_NO_ROOM : r;
}

/* -------------------------------------------------------------------------- */
/* Events                                                                      */

/** An event record that was checked by sh_event_open: every accessor below stays
 *  within its bytes. */
typedef struct sh_event {
  const uint8_t *at; /**< The record. */
  uint32_t len;      /**< Bytes of it that are there. */
  uint32_t size;     /**< Bytes that it has: more, if it has SH_FLAG_TRUNCATED. */
} sh_event;

static inline uint16_t sh_u16_(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static inline uint32_t sh_u32_(const uint8_t *p) { return (uint32_t)sh_u16_(p) | (uint32_t)sh_u16_(p + 2) << 16; }
static inline uint64_t sh_u64_(const uint8_t *p) { return (uint64_t)sh_u32_(p) | (uint64_t)sh_u32_(p + 4) << 32; }

/** What the event is about: an sh_kind. */
static inline uint8_t sh_event_kind(const sh_event *e) { return e->at[2]; }
/** Who caused it: an sh_origin. */
static inline uint8_t sh_event_origin(const sh_event *e) { return e->at[3]; }
/** Why the session was removed: an sh_reason; SH_REASON_NONE in other events. */
static inline uint8_t sh_event_reason(const sh_event *e) { return e->at[4]; }
/** Its sh_flag bits. Ignore those that are not known. */
static inline uint8_t sh_event_flags(const sh_event *e) { return e->at[5]; }
/** Sequence number: rises with every INSERT, REMOVE and GET of this host process. In
 *  a LOST, how many messages; 0 in other events. */
static inline uint64_t sh_event_seq(const sh_event *e) { return sh_u64_(e->at + 8); }
/** When it happened, in nanoseconds since the Unix epoch; with SH_FLAG_EXISTING, when
 *  that happened which it repeats. */
static inline int64_t sh_event_time(const sh_event *e) { return (int64_t)sh_u64_(e->at + 16); }
/** When the full handshake was that the session goes back to, in nanoseconds since the
 *  Unix epoch. In a LOST, when the last message before them arrived, 0 if none has. 0
 *  in MISS, MESSAGE, and a REMOVE with SH_FLAG_EXISTING. */
static inline int64_t sh_event_created(const sh_event *e) { return (int64_t)sh_u64_(e->at + 24); }
/** When the session's life ends, or with SH_FLAG_EXISTING in a REMOVE the tombstone's,
 *  in nanoseconds since the Unix epoch. 0 in MISS, MESSAGE and LOST. */
static inline int64_t sh_event_expires(const sh_event *e) { return (int64_t)sh_u64_(e->at + 32); }
/** What sh_session_get returns for the session, in bytes; 0 where there is none. */
static inline uint32_t sh_event_session_len(const sh_event *e) { return sh_u32_(e->at + 40); }
/** TLS version: 0x0303 or 0x0304; 0 is unknown. */
static inline uint16_t sh_event_tls_version(const sh_event *e) { return sh_u16_(e->at + 44); }
/** IANA number of the cipher suite; 0 is unknown. */
static inline uint16_t sh_event_cipher_suite(const sh_event *e) { return sh_u16_(e->at + 46); }
/** How the session's bytes are encoded: an sh_format. */
static inline uint16_t sh_event_format(const sh_event *e) { return sh_u16_(e->at + 58); }

/* Where the variable parts begin, one behind the other. */
static inline uint32_t sh_at_id_(const sh_event *e) { return sh_u16_(e->at); }
static inline uint32_t sh_at_server_name_(const sh_event *e) { return sh_at_id_(e) + sh_u16_(e->at + 6); }
static inline uint32_t sh_at_alpn_(const sh_event *e) { return sh_at_server_name_(e) + sh_u16_(e->at + 48); }
static inline uint32_t sh_at_node_(const sh_event *e) { return sh_at_alpn_(e) + sh_u16_(e->at + 50); }
static inline uint32_t sh_at_topic_(const sh_event *e) { return sh_at_node_(e) + sh_u16_(e->at + 52); }
static inline uint32_t sh_at_key_(const sh_event *e) { return sh_at_topic_(e) + sh_u16_(e->at + 54); }
static inline uint32_t sh_at_data_(const sh_event *e) { return sh_at_key_(e) + sh_u16_(e->at + 56); }

/* A part of the record; none if the event buffer does not hold the whole of it. */
static inline sh_bytes sh_part_(const sh_event *e, uint32_t at, uint32_t len) {
  if (at > e->len || len > e->len - at) return sh_view(0, 0);
  return sh_view(e->at + at, len);
}

/** The session id: 1 to SH_MAX_ID bytes; none in MESSAGE and LOST. */
static inline sh_bytes sh_event_id(const sh_event *e) { return sh_part_(e, sh_at_id_(e), sh_u16_(e->at + 6)); }
/** The server name (SNI) that the client asked for; none if it did not. */
static inline sh_bytes sh_event_server_name(const sh_event *e) { return sh_part_(e, sh_at_server_name_(e), sh_u16_(e->at + 48)); }
/** The application protocol that was negotiated; none if none was. */
static inline sh_bytes sh_event_alpn(const sh_event *e) { return sh_part_(e, sh_at_alpn_(e), sh_u16_(e->at + 50)); }
/** The home node of the session, in MESSAGE and LOST the sender: SH_NODE_ID_SIZE
 *  digits, or none where it is unknown. */
static inline sh_bytes sh_event_node(const sh_event *e) { return sh_part_(e, sh_at_node_(e), sh_u16_(e->at + 52)); }
/** The topic of a MESSAGE or LOST. */
static inline sh_bytes sh_event_topic(const sh_event *e) { return sh_part_(e, sh_at_topic_(e), sh_u16_(e->at + 54)); }
/** The key of a MESSAGE; none if it is for every instance. */
static inline sh_bytes sh_event_key(const sh_event *e) { return sh_part_(e, sh_at_key_(e), sh_u16_(e->at + 56)); }
/** The data of a MESSAGE. */
static inline sh_bytes sh_event_data(const sh_event *e) { return sh_part_(e, sh_at_data_(e), sh_u32_(e->at + 60)); }

/** Tells whether all of the record is there. A part of one that is not may be missing:
 *  its accessor gives no bytes then. See sh_event_whole. */
static inline bool sh_event_is_whole(const sh_event *e) { return e->size <= e->len; }

/**
 * Checks a record, and makes an event of it that refers to it. What a later host may
 * have added to the header is skipped.
 * @param e      where the event goes
 * @param record the bytes, which have to live as long as e is used
 * @param len    how many there are
 * @return SH_OK, also of a record with SH_FLAG_TRUNCATED; SH_INVALID where the bytes
 *         end before the record does, or the header is smaller than version 1's
 */
static inline sh_result sh_event_open(sh_event *e, const void *record, size_t len) {
  e->at = (const uint8_t *)record;
  e->len = (uint32_t)len;
  if (len < SH_HEADER_SIZE || sh_u16_(e->at) < SH_HEADER_SIZE) return SH_INVALID;
  uint64_t size = (uint64_t)sh_at_data_(e) + sh_u32_(e->at + 60);
  e->size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
  return size <= len || (sh_event_flags(e) & SH_FLAG_TRUNCATED) ? SH_OK : SH_INVALID;
}

/**
 * Reads the whole record of the current event.
 * @param e an event, which may be the current one with SH_FLAG_TRUNCATED; it refers to
 *          b afterwards
 * @param b where the record goes, which grows if it can
 * @return SH_OK; SH_NO_ROOM (b->len is what it needs), SH_INVALID, SH_UNSUPPORTED
 */
static inline sh_result sh_event_whole(sh_event *e, sh_buffer *b) {
  sh_result r;
  do r = sh_event_read(0, b->data, b->cap);
  while (sh_buffer_again_(b, &r));
  return r < 0 ? r : sh_event_open(e, b->data, b->len);
}

/* -------------------------------------------------------------------------- */
/* Exports                                                                     */

/** Where the host writes event records: SH_EVENT_BUFFER defines it, and its size. A plugin
 *  that exports event_buffer by hand defines both itself. */
SH_C_ uint8_t *sh_event_buffer_at;
/** Size of the event buffer, in bytes. */
SH_C_ uint32_t sh_event_buffer_cap;

#ifdef __cplusplus
#define SH_DEFINE_C_ extern "C" {
#define SH_DEFINE_END_C_ }
#else
#define SH_DEFINE_C_
#define SH_DEFINE_END_C_
#endif

/** An address and a length in one number, as plugin_save and event_buffer return. */
static inline int64_t sh_pair(const void *at, size_t len) { return (int64_t)((uint64_t)(uintptr_t)at << 32 | (uint32_t)len); }

/**
 * The event buffer, of size bytes: once in a plugin that has an event hook. 1024 hold
 * every record but a MESSAGE; of those, one that does not fit goes to
 * SH_ON_MESSAGE_PART only.
 */
#define SH_EVENT_BUFFER(size)                                                                         \
  static uint8_t sh_event_memory_[size];                                                              \
  SH_DEFINE_C_ uint8_t *sh_event_buffer_at = sh_event_memory_;                                        \
  uint32_t sh_event_buffer_cap = sizeof sh_event_memory_;                                             \
  SH_DEFINE_END_C_                                                                                    \
  SH_EXPORT(event_buffer) int64_t event_buffer(void) { return sh_pair(sh_event_memory_, sizeof sh_event_memory_); }

/* Opens the record of len bytes in the event buffer. */
static inline sh_result sh_open_part_(sh_event *e, uint32_t len) { return sh_event_open(e, sh_event_buffer_at, len); }

/* The same, and nothing but whole ones. */
static inline sh_result sh_open_(sh_event *e, uint32_t len) {
  sh_result r = sh_open_part_(e, len);
  if (r < 0 || sh_event_is_whole(e)) return r;
  sh_log(SH_LEVEL_ERROR, SH_STR("an event record is longer than the event buffer: give SH_EVENT_BUFFER more bytes, or take it by SH_ON_..._PART"));
  return SH_NO_ROOM;
}

#define SH_EVENT_HOOK_(name, event, open)                \
  static sh_result sh_##name##_(const sh_event *event);  \
  SH_EXPORT(name) int32_t name(uint32_t len);            \
  SH_EXPORT(name) int32_t name(uint32_t len) {           \
    sh_event e_;                                         \
    sh_result r_ = open(&e_, len);                       \
    return r_ < 0 ? r_ : sh_##name##_(&e_);              \
  }                                                      \
  static sh_result sh_##name##_(__attribute__((unused)) const sh_event *event)

#define SH_HOOK_(result, name, type, param)       \
  static result sh_##name##_(type param);         \
  SH_EXPORT(name) result name(type param);        \
  SH_EXPORT(name) result name(type param) { return sh_##name##_(param); } \
  static result sh_##name##_(__attribute__((unused)) type param)

#define SH_PLAIN_HOOK_(result, name)              \
  static result sh_##name##_(void);               \
  SH_EXPORT(name) result name(void);              \
  SH_EXPORT(name) result name(void) { return sh_##name##_(); } \
  static result sh_##name##_(void)

#define SH_VOID_HOOK_(name)                       \
  static void sh_##name##_(void);                 \
  SH_EXPORT(name) void name(void);                \
  SH_EXPORT(name) void name(void) { sh_##name##_(); } \
  static void sh_##name##_(void)

/**
 * @name Event hooks
 * Each begins the definition of a function: `SH_ON_SESSION_GET(event) { … }`. event is
 * a `const sh_event *`, valid until it returns. It returns SH_OK; anything else is
 * counted and logged as the plugin's error, and the instance goes on. A record that is
 * longer than the event buffer is such an error, and logged.
 * @{ */
/** After a session was stored. */
#define SH_ON_SESSION_INSERT(event) SH_EVENT_HOOK_(on_session_insert, event, sh_open_)
/** After a session has left the cache: sh_event_reason. */
#define SH_ON_SESSION_REMOVE(event) SH_EVENT_HOOK_(on_session_remove, event, sh_open_)
/** After a client's request fetched a session. */
#define SH_ON_SESSION_GET(event) SH_EVENT_HOOK_(on_session_get, event, sh_open_)
/** *On the handshake path.* A client presented an id of this farm that is not here:
 *  sh_session_insert it, and the host looks again. 50 ms unless the operator says
 *  otherwise. */
#define SH_ON_SESSION_MISS(event) SH_EVENT_HOOK_(on_session_miss, event, sh_open_)
/** *On the handshake path.* A client is about to resume. Returns an sh_verdict; what is
 *  neither of them allows, unless the operator says `resume_fail = "closed"`. 5 ms
 *  unless the operator says otherwise. */
#define SH_ON_SESSION_RESUME(event) SH_EVENT_HOOK_(on_session_resume, event, sh_open_)
/** A message of another node arrived. With SH_FLAG_REQUEST it waits for
 *  sh_message_reply. */
#define SH_ON_MESSAGE(event) SH_EVENT_HOOK_(on_message, event, sh_open_)
/** Messages of another node did not arrive: sh_event_node says whose, sh_event_seq how
 *  many. */
#define SH_ON_MESSAGES_LOST(event) SH_EVENT_HOOK_(on_messages_lost, event, sh_open_)
/** @} */

/**
 * @name Event hooks for records of any length
 * They are called also where the record is longer than the event buffer
 * (sh_event_is_whole): then sh_event_whole reads all of it, or sh_event_read a part.
 * @{ */
/** After a session was stored: see SH_ON_SESSION_INSERT. */
#define SH_ON_SESSION_INSERT_PART(event) SH_EVENT_HOOK_(on_session_insert, event, sh_open_part_)
/** After a session has left the cache: see SH_ON_SESSION_REMOVE. */
#define SH_ON_SESSION_REMOVE_PART(event) SH_EVENT_HOOK_(on_session_remove, event, sh_open_part_)
/** After a client's request fetched a session: see SH_ON_SESSION_GET. */
#define SH_ON_SESSION_GET_PART(event) SH_EVENT_HOOK_(on_session_get, event, sh_open_part_)
/** *On the handshake path.* An id of this farm that is not here: see SH_ON_SESSION_MISS. */
#define SH_ON_SESSION_MISS_PART(event) SH_EVENT_HOOK_(on_session_miss, event, sh_open_part_)
/** *On the handshake path.* A client is about to resume: see SH_ON_SESSION_RESUME. */
#define SH_ON_SESSION_RESUME_PART(event) SH_EVENT_HOOK_(on_session_resume, event, sh_open_part_)
/** A message of another node, of any length: see SH_ON_MESSAGE. */
#define SH_ON_MESSAGE_PART(event) SH_EVENT_HOOK_(on_message, event, sh_open_part_)
/** Messages of another node did not arrive: see SH_ON_MESSAGES_LOST. */
#define SH_ON_MESSAGES_LOST_PART(event) SH_EVENT_HOOK_(on_messages_lost, event, sh_open_part_)
/** @} */

/** @name Other hooks, and the plugin's life
 *  @{ */
/** Every `tick` of the sidecar; now is in nanoseconds since the Unix epoch. Returns
 *  like an event hook. */
#define SH_ON_TICK(now) SH_HOOK_(sh_result, on_tick, int64_t, now)
/** The queue was full, and count (an int64_t) events were not kept. Returns like an
 *  event hook. */
#define SH_ON_EVENTS_LOST(count) SH_HOOK_(sh_result, on_events_lost, int64_t, count)
/** Once per instance: reads the configuration, subscribes. Anything but SH_OK refuses
 *  the module. */
#define SH_PLUGIN_START() SH_PLAIN_HOOK_(sh_result, plugin_start)
/** Once, on the first instance of a module that has gone live. Returns like an event
 *  hook. */
#define SH_PLUGIN_READY() SH_PLAIN_HOOK_(sh_result, plugin_ready)
/** Before an instance is replaced: returns its state as sh_bytes, at most 16 MiB, which
 *  have to stay where they are until the next call; SH_NONE is no state. */
#define SH_PLUGIN_SAVE()                                           \
  static sh_bytes sh_plugin_save_(void);                           \
  SH_EXPORT(plugin_save) int64_t plugin_save(void);                \
  SH_EXPORT(plugin_save) int64_t plugin_save(void) {               \
    sh_bytes state_ = sh_plugin_save_();                           \
    return sh_pair(state_.data, state_.len);                       \
  }                                                                \
  static sh_bytes sh_plugin_save_(void)
/** In the successor, after SH_PLUGIN_START: the state has len (a uint32_t) bytes; read
 *  it by sh_state_read. Anything but SH_OK refuses the new module. */
#define SH_PLUGIN_RESTORE(len) SH_HOOK_(sh_result, plugin_restore, uint32_t, len)
/** Before an instance is closed in good order. Returns nothing. */
#define SH_PLUGIN_STOP() SH_VOID_HOOK_(plugin_stop)
/** The first call of an instance, before SH_PLUGIN_START: only sh_metric_*,
 *  sh_config_get, sh_node_id, sh_log*, sh_time_now and sh_random_fill work. Not where a
 *  C library brings its own `_initialize`. Returns nothing. */
#define SH_INITIALIZE() SH_VOID_HOOK_(_initialize)
/** @} */

/* -------------------------------------------------------------------------- */
/* Text, for log lines and keys                                                */

/** Text that is being built. What does not fit is cut off. */
typedef struct sh_text {
  char *at;   /**< Its memory, which belongs to whoever made it. */
  size_t len; /**< Bytes so far. */
  size_t cap; /**< Size of the memory. */
} sh_text;

/** Empty text over an array. */
#define SH_TEXT(array) {(char *)(array), 0, sizeof(array)}

/** Returns a view of the text. It has no zero at its end. */
static inline sh_bytes sh_text_bytes(const sh_text *t) { return sh_view(t->at, t->len); }

/** Adds bytes. */
static inline void sh_text_add(sh_text *t, sh_bytes b) { t->len += sh_copy(t->at + t->len, t->cap - t->len, b); }

/** Adds a number in decimal digits. */
static inline void sh_text_u64(sh_text *t, uint64_t n) {
  char digits[20];
  size_t at = sizeof digits;
  do digits[--at] = (char)('0' + n % 10);
  while (n /= 10);
  sh_text_add(t, sh_view(digits + at, sizeof digits - at));
}

/** Adds a number in decimal digits, with a minus where it is negative. */
static inline void sh_text_i64(sh_text *t, int64_t n) {
  if (n < 0) sh_text_add(t, SH_STR("-"));
  sh_text_u64(t, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/** Adds bytes in lower-case hexadecimal digits: for ids. */
static inline void sh_text_hex(sh_text *t, sh_bytes b) {
  for (size_t i = 0; i < b.len; i++) {
    char two[2] = {"0123456789abcdef"[b.data[i] >> 4], "0123456789abcdef"[b.data[i] & 15]};
    sh_text_add(t, sh_view(two, sizeof two));
  }
}

/* -------------------------------------------------------------------------- */
/* Configuration                                                               */

/**
 * A reader of the keys of one JSON object, in their order:
 *
 *     sh_json json = sh_json_open(sh_buffer_bytes(&config));
 *     sh_bytes key, value;
 *     while (sh_json_next(&json, &key, &value)) {
 *       if (sh_equal(key, SH_STR("rate"))) ok = sh_json_i64(value, &rate);
 *       …
 *     }
 *     if (json.bad) …
 *
 * Keys and values are views of the JSON. A value is what stands there, an object or an
 * array too: sh_json_open reads the former.
 */
typedef struct sh_json {
  sh_bytes rest; /**< What is yet to be read. */
  bool begun;    /**< A key has been read. */
  bool bad;      /**< It is no JSON object. */
} sh_json;

/** Begins to read an object. */
static inline sh_json sh_json_open(sh_bytes object) {
  sh_json j = {object, false, false};
  return j;
}

/* Skips white space; the next byte, or 0 at the end. */
static inline uint8_t sh_json_peek_(sh_json *j) {
  while (j->rest.len && (*j->rest.data == ' ' || *j->rest.data == '\n' || *j->rest.data == '\t' || *j->rest.data == '\r')) j->rest = sh_view(j->rest.data + 1, j->rest.len - 1);
  return j->rest.len ? *j->rest.data : 0;
}

/* Skips white space and the byte c. */
static inline bool sh_json_skip_(sh_json *j, uint8_t c) {
  if (sh_json_peek_(j) != c) return false;
  j->rest = sh_view(j->rest.data + 1, j->rest.len - 1);
  return true;
}

/* The length of the string at the beginning of b, quotation marks included; 0 if there
 * is none. */
static inline size_t sh_json_string_len_(sh_bytes b) {
  if (!b.len || b.data[0] != '"') return 0;
  for (size_t i = 1; i < b.len; i++) {
    if (b.data[i] == '\\') i++;
    else if (b.data[i] == '"') return i + 1;
  }
  return 0;
}

/* Takes one value, brackets and all. */
static inline sh_bytes sh_json_value_(sh_json *j) {
  sh_json_peek_(j);
  size_t depth = 0, n = 0;
  while (n < j->rest.len) {
    uint8_t c = j->rest.data[n];
    if (c == '"') {
      size_t s = sh_json_string_len_(sh_view(j->rest.data + n, j->rest.len - n));
      if (!s) break;
      n += s;
      if (!depth) break;
      continue;
    }
    if (c == '{' || c == '[') depth++;
    if (!depth && (c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\t' || c == '\r')) break;
    n++;
    if ((c == '}' || c == ']') && --depth == 0) break;
  }
  sh_bytes value = sh_view(j->rest.data, depth ? 0 : n);
  j->rest = sh_view(j->rest.data + n, j->rest.len - n);
  return value;
}

/**
 * Reads the next key and its value. The key is without quotation marks, and as it was
 * written: one with an escape (`\n`) still has it.
 * @return true; false at the end, and where it is no JSON object (j->bad)
 */
static inline bool sh_json_next(sh_json *j, sh_bytes *key, sh_bytes *value) {
  if (j->bad) return false;
  if (!j->begun) {
    j->bad = !sh_json_skip_(j, '{');
    if (j->bad || sh_json_skip_(j, '}')) return false;
    j->begun = true;
  } else if (!sh_json_skip_(j, ',')) {
    j->bad = !sh_json_skip_(j, '}');
    return false;
  }
  sh_json_peek_(j);
  size_t n = sh_json_string_len_(j->rest);
  j->bad = n == 0;
  if (j->bad) return false;
  *key = sh_view(j->rest.data + 1, n - 2);
  j->rest = sh_view(j->rest.data + n, j->rest.len - n);
  j->bad = !sh_json_skip_(j, ':');
  if (j->bad) return false;
  *value = sh_json_value_(j);
  j->bad = value->len == 0;
  return !j->bad;
}

/* Reads decimal digits; false if there are none, or too many. */
static inline bool sh_digits_(sh_bytes *b, int64_t *n) {
  size_t i = 0;
  int64_t sum = 0;
  for (; i < b->len && b->data[i] >= '0' && b->data[i] <= '9'; i++) {
    int digit = b->data[i] - '0';
    if (sum > (INT64_MAX - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  *b = sh_view(b->data + i, b->len - i);
  *n = sum;
  return i > 0;
}

/** Reads a whole number. false: it is none, or too large; n is as it was. */
static inline bool sh_json_i64(sh_bytes value, int64_t *n) {
  bool minus = value.len && value.data[0] == '-';
  if (minus) value = sh_view(value.data + 1, value.len - 1);
  int64_t sum;
  if (!sh_digits_(&value, &sum) || value.len) return false;
  *n = minus ? -sum : sum;
  return true;
}

/** Reads true or false into yes. false: it is neither. */
static inline bool sh_json_bool(sh_bytes value, bool *yes) {
  bool is_true = sh_equal(value, SH_STR("true"));
  if (!is_true && !sh_equal(value, SH_STR("false"))) return false;
  *yes = is_true;
  return true;
}

/* One character of a string, from b on, as UTF-8 in out; the bytes that it took, or 0. */
static inline size_t sh_json_char_(sh_bytes b, uint8_t out[4], size_t *len) {
  *len = 1;
  out[0] = b.data[0];
  if (b.data[0] != '\\') return 1;
  if (b.len < 2) return 0;
  switch (b.data[1]) {
    case 'n': out[0] = '\n'; return 2;
    case 't': out[0] = '\t'; return 2;
    case 'r': out[0] = '\r'; return 2;
    case 'b': out[0] = '\b'; return 2;
    case 'f': out[0] = '\f'; return 2;
    case '"': case '\\': case '/': out[0] = b.data[1]; return 2;
    case 'u': break;
    default: return 0;
  }
  uint32_t rune = 0;
  size_t took = 0;
  for (int half = 0; half < 2; half++) { /* a character beyond 0xffff is two */
    uint32_t unit = 0;
    if (b.len < took + 6 || b.data[took] != '\\' || b.data[took + 1] != 'u') return 0;
    for (size_t i = took + 2; i < took + 6; i++) {
      uint8_t c = b.data[i], d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 16;
      if (d > 15) return 0;
      unit = unit << 4 | d;
    }
    took += 6;
    if (half == 1) {
      if (unit < 0xdc00 || unit > 0xdfff) return 0;
      rune = 0x10000 + ((rune - 0xd800) << 10) + (unit - 0xdc00);
    } else {
      rune = unit;
      if (unit >= 0xdc00 && unit <= 0xdfff) return 0;
      if (unit < 0xd800 || unit > 0xdfff) break;
    }
  }
  if (rune < 0x80) {
    out[0] = (uint8_t)rune;
  } else if (rune < 0x800) {
    *len = 2;
    out[0] = (uint8_t)(0xc0 | rune >> 6);
    out[1] = (uint8_t)(0x80 | (rune & 63));
  } else if (rune < 0x10000) {
    *len = 3;
    out[0] = (uint8_t)(0xe0 | rune >> 12);
    out[1] = (uint8_t)(0x80 | (rune >> 6 & 63));
    out[2] = (uint8_t)(0x80 | (rune & 63));
  } else {
    *len = 4;
    out[0] = (uint8_t)(0xf0 | rune >> 18);
    out[1] = (uint8_t)(0x80 | (rune >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (rune >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (rune & 63));
  }
  return took;
}

/**
 * Reads a string, its escapes resolved.
 * @return its length, written without a zero and only if it is at most cap; SH_INVALID:
 *         it is no string
 */
static inline sh_result sh_json_string(sh_bytes value, void *buf, size_t cap) {
  size_t n = sh_json_string_len_(value), total = 0;
  if (n < 2 || n != value.len) return SH_INVALID;
  for (int writing = 0; writing < 2; writing++) { /* first how long it is */
    size_t at = 0;
    for (size_t i = 1; i < n - 1;) {
      uint8_t utf8[4];
      size_t len, took = sh_json_char_(sh_view(value.data + i, n - 1 - i), utf8, &len);
      if (!took) return SH_INVALID;
      if (writing) sh_copy((uint8_t *)buf + at, len, sh_view(utf8, len));
      at += len;
      i += took;
    }
    total = at;
    if (total > cap) break;
  }
  return (sh_result)total;
}

/**
 * Reads a duration: a string of whole numbers with a unit, as `"1h30m"` or `"250ms"`;
 * units are h, m, s, ms, us and ns.
 * @param ns where it goes, in nanoseconds
 * @return false: it is none, or too long; ns is as it was
 */
static inline bool sh_json_duration(sh_bytes value, int64_t *ns) {
  size_t n = sh_json_string_len_(value);
  if (n < 3 || n != value.len) return false;
  sh_bytes rest = sh_view(value.data + 1, n - 2);
  int64_t sum = 0;
  while (rest.len) {
    int64_t number, unit;
    if (!sh_digits_(&rest, &number)) return false;
    size_t len = rest.len > 1 && rest.data[1] == 's' ? 2 : 1;
    sh_bytes name = sh_view(rest.data, rest.len < len ? rest.len : len);
    if (sh_equal(name, SH_STR("h"))) unit = 3600000000000;
    else if (sh_equal(name, SH_STR("m"))) unit = 60000000000;
    else if (sh_equal(name, SH_STR("s"))) unit = 1000000000;
    else if (sh_equal(name, SH_STR("ms"))) unit = 1000000;
    else if (sh_equal(name, SH_STR("us"))) unit = 1000;
    else if (sh_equal(name, SH_STR("ns"))) unit = 1;
    else return false;
    if (number > (INT64_MAX - sum) / unit) return false;
    sum += number * unit;
    rest = sh_view(rest.data + name.len, rest.len - name.len);
  }
  *ns = sum;
  return true;
}

#endif /* SESSHOOK_H */
