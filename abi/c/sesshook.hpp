/**
 * @file sesshook.hpp
 * @brief The C++ SDK for plugins of sesshook: sesshook.h with spans, string views,
 *        results and typed events. C++17, without exceptions and without allocation.
 *
 *     #include "sesshook.hpp"
 *
 *     SH_EVENT_BUFFER(4096)
 *
 *     SESSHOOK_ON_SESSION_INSERT(event) {
 *       sesshook::log(sesshook::Level::info, event.server_name());
 *       return sesshook::metric_add("inserted", 1);
 *     }
 *
 * What a function does, which grant it needs and in which phase it works stands with
 * the C function of the same name, and in abi/SPEC.md.
 */
#ifndef SESSHOOK_HPP
#define SESSHOOK_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sesshook.h"

namespace sesshook {

/** The result codes of abi/SPEC.md. A later host may return others: they are failures
 *  too. */
enum class Code : std::int32_t {
  ok = SH_OK,                   /**< Done. */
  not_found = SH_NOT_FOUND,     /**< Nothing under this id or key. */
  exists = SH_EXISTS,           /**< The id is present, and Insert::overwrite was not given. */
  removed = SH_REMOVED,         /**< The id has a tombstone, and Insert::revive was not given. */
  too_large = SH_TOO_LARGE,     /**< More bytes than the host stores, sends or gives. */
  invalid = SH_INVALID,         /**< Malformed; or sealed by an unknown key, for another id, or expired. */
  denied = SH_DENIED,           /**< The plugin does not have the grant. */
  unavailable = SH_UNAVAILABLE, /**< The other side did not answer in time, or there is none. */
  unsupported = SH_UNSUPPORTED, /**< Not in this phase, or not on this host. */
  limit = SH_LIMIT,             /**< A limit of the plugin is reached. */
  no_room = SH_NO_ROOM          /**< The room is too small: Error::needed. Never from the host. */
};

/** Returns the name of abi/SPEC.md for c, "UNKNOWN" where it has none. */
inline std::string_view name(Code c) {
  sh_bytes n = sh_code_name(static_cast<sh_result>(c));
  return {reinterpret_cast<const char *>(n.data), n.len};
}

/** What an event is about: sh_kind. */
enum class Kind : std::uint8_t { insert = SH_KIND_INSERT, remove = SH_KIND_REMOVE, get = SH_KIND_GET, miss = SH_KIND_MISS, resume = SH_KIND_RESUME, message = SH_KIND_MESSAGE, lost = SH_KIND_LOST };
/** Who caused an event: sh_origin. */
enum class Origin : std::uint8_t { client = SH_ORIGIN_CLIENT, plugin = SH_ORIGIN_PLUGIN, front = SH_ORIGIN_FRONT, admin = SH_ORIGIN_ADMIN, snapshot = SH_ORIGIN_SNAPSHOT, host = SH_ORIGIN_HOST };
/** Why a session was removed: sh_reason. */
enum class Reason : std::uint8_t { none = SH_REASON_NONE, explicitly = SH_REASON_EXPLICIT, expired = SH_REASON_EXPIRED, evicted = SH_REASON_EVICTED, consumed = SH_REASON_CONSUMED };
/** Flag bits of an event: sh_flag. */
enum class Flag : std::uint8_t { existing = SH_FLAG_EXISTING, replaced = SH_FLAG_REPLACED, resumed = SH_FLAG_RESUMED, client_cert = SH_FLAG_CLIENT_CERT, truncated = SH_FLAG_TRUNCATED, request = SH_FLAG_REQUEST };
/** How a session's bytes are encoded: sh_format. */
enum class Format : std::uint16_t { opaque = SH_FORMAT_OPAQUE, go_tls = SH_FORMAT_GO_TLS, openssl_der = SH_FORMAT_OPENSSL_DER };
/** Levels of log: sh_level. */
enum class Level : std::int32_t { debug = SH_LEVEL_DEBUG, info = SH_LEVEL_INFO, warn = SH_LEVEL_WARN, error = SH_LEVEL_ERROR };
/** What SESSHOOK_ON_SESSION_RESUME decides: sh_verdict. */
enum class Verdict : std::int32_t { allow = SH_ALLOW, refuse = SH_REFUSE };

/** Flags of session_insert, to be combined by `|`. */
enum class Insert : std::uint32_t { plain = 0, overwrite = SH_OVERWRITE, revive = SH_REVIVE };
/** Both flags. */
constexpr Insert operator|(Insert a, Insert b) { return static_cast<Insert>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b)); }

/** A view of elements that somebody else owns: std::span, for C++17. */
template <class T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T *data, std::size_t size) : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}

  /** The first element; anything where there is none. */
  constexpr T *data() const { return data_; }
  /** How many elements there are. */
  constexpr std::size_t size() const { return size_; }
  /** Whether there is none. */
  constexpr bool empty() const { return size_ == 0; }
  /** For a loop over all of them. */
  constexpr T *begin() const { return data_; }
  /** Behind the last one. */
  constexpr T *end() const { return data_ + size_; }
  /** The element i, which has to exist. */
  constexpr T &operator[](std::size_t i) const { return data_[i]; }
  /** The first n elements, or all where there are fewer. */
  constexpr Span first(std::size_t n) const { return {data_, n < size_ ? n : size_}; }

 private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};

/** Bytes to write to. */
using Room = Span<std::uint8_t>;

/** Bytes to read: made of text as well, and of anything with data() and size() whose
 *  elements are bytes. */
class Bytes : public Span<const std::uint8_t> {
 public:
  using Span::Span;
  constexpr Bytes() = default;
  Bytes(Room room) : Span(room.data(), room.size()) {}
  Bytes(sh_bytes b) : Span(b.data, b.len) {}
  Bytes(const char *text) : Bytes(std::string_view(text)) {}
  template <class C, class = std::enable_if_t<sizeof(*std::declval<const C &>().data()) == 1 && !std::is_base_of_v<Bytes, C>>>
  Bytes(const C &of) : Span(reinterpret_cast<const std::uint8_t *>(of.data()), of.size()) {}

  /** The same as text. */
  std::string_view text() const { return {reinterpret_cast<const char *>(data()), size()}; }
  /** The same for a C function. */
  sh_bytes c() const { return sh_view(data(), size()); }
};

/** Whether they are the same bytes. */
inline bool operator==(Bytes a, Bytes b) { return sh_equal(a.c(), b.c()); }
/** Whether they differ. */
inline bool operator!=(Bytes a, Bytes b) { return !(a == b); }

/** Why something failed. */
struct Error {
  Code code;
  std::uint32_t needed = 0; /**< Of Code::no_room: how many bytes it takes. */

  Error(Code code, std::uint32_t needed = 0) : code(code), needed(needed) {}
};

/** A T, or the Error in its place. Looking at the wrong one of them traps. */
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)), error_(Code::ok) {}
  Result(Error error) : value_(), error_(error) {}
  Result(Code failure) : Result(Error(failure)) {}

  /** Whether there is a value. */
  explicit operator bool() const { return error_.code == Code::ok; }
  const T &value() const {
    if (!*this) __builtin_trap();
    return value_;
  }
  const T &operator*() const { return value(); }
  const T *operator->() const { return &value(); }
  /** The value, or instead where there is none. */
  T value_or(T instead) const { return *this ? value_ : instead; }
  const Error &error() const {
    if (*this) __builtin_trap();
    return error_;
  }

 private:
  T value_;
  Error error_;
};

/** Nothing, or the Error in its place. `return {};` is success. */
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() : error_(Code::ok) {}
  Result(Error error) : error_(error) {}
  Result(Code failure) : error_(failure) {}

  /** Whether it succeeded. */
  explicit operator bool() const { return error_.code == Code::ok; }
  const Error &error() const {
    if (*this) __builtin_trap();
    return error_;
  }

 private:
  Error error_;
};

namespace detail {

inline Code code(sh_result r) { return static_cast<Code>(r); }

inline Result<void> done(sh_result r) { return r < 0 ? Result<void>(code(r)) : Result<void>(); }

inline Result<std::uint32_t> number(sh_result r) {
  if (r < 0) return code(r);
  return static_cast<std::uint32_t>(r);
}

/** The value that a function has written to room, if it fits. */
inline Result<Bytes> written(sh_result r, Room room) {
  if (r < 0) return code(r);
  if (!sh_fits(r, room.size())) return Error(Code::no_room, static_cast<std::uint32_t>(r));
  return Bytes(room.first(static_cast<std::size_t>(r)));
}

/** Has read write to the container, as large as it needs to be. */
template <class Container, class Read>
Result<Bytes> grown(Container &to, Read read) {
  to.resize(to.capacity());
  for (;;) {
    Result<Bytes> got = read(Room(reinterpret_cast<std::uint8_t *>(to.data()), to.size()));
    if (got || got.error().code != Code::no_room) {
      to.resize(got ? got->size() : 0);
      return got ? Result<Bytes>(Bytes(to)) : got;
    }
    to.resize(got.error().needed);
  }
}

}  // namespace detail

/** @name Sessions
 *  @{ */
/** Gives a session: a view of room. Code::no_room says how many bytes it needs. */
inline Result<Bytes> session_get(Bytes id, Room room) { return detail::written(sh_session_get(id.c(), room.data(), room.size()), room); }
/** Gives a session in a container of bytes that grows (std::vector, std::string). */
template <class Container>
Result<Bytes> session_get_into(Bytes id, Container &to) {
  return detail::grown(to, [&](Room room) { return session_get(id, room); });
}
/** Stores a session; ttl_ms is its life from now on in milliseconds, 0 its own. */
inline Result<void> session_insert(Bytes id, Bytes session, std::int64_t ttl_ms = 0, Insert flags = Insert::plain) {
  return detail::done(sh_session_insert(id.c(), session.c(), ttl_ms, static_cast<std::uint32_t>(flags)));
}
/** Removes a session, and leaves a tombstone. */
inline Result<void> session_remove(Bytes id) { return detail::done(sh_session_remove(id.c())); }
/** Has every session and tombstone delivered once more; how many sessions there are. */
inline Result<std::uint32_t> session_replay() { return detail::number(sh_session_replay()); }
/** @} */

/** @name Messages
 *  @{ */
/** Sends a message to the other nodes; without a key it is for every instance there. */
inline Result<void> message_publish(std::string_view topic, Bytes key, Bytes data) {
  return detail::done(sh_message_publish(Bytes(topic).c(), key.c(), data.c()));
}
/** Asks a node, or without its id any that answers, and waits: timeout_ms milliseconds, 0
 *  is one second. A reply that does not fit (Code::no_room) is lost. */
inline Result<Bytes> message_request(std::string_view topic, std::string_view node, Bytes data, Room room, std::uint32_t timeout_ms = 0) {
  return detail::written(sh_message_request(Bytes(topic).c(), Bytes(node).c(), data.c(), room.data(), room.size(), timeout_ms), room);
}
/** Answers the request of the current event, once. */
inline Result<void> message_reply(Bytes data) { return detail::done(sh_message_reply(data.c())); }
/** Has a topic delivered; in SESSHOOK_PLUGIN_START only. */
inline Result<void> message_subscribe(std::string_view topic) { return detail::done(sh_message_subscribe(Bytes(topic).c())); }
/** @} */

/** @name The plugin's own keys
 *  @{ */
/** Gives a value: a view of room. */
inline Result<Bytes> kv_get(Bytes key, Room room) { return detail::written(sh_kv_get(key.c(), room.data(), room.size()), room); }
/** Gives a value in a container of bytes that grows. */
template <class Container>
Result<Bytes> kv_get_into(Bytes key, Container &to) {
  return detail::grown(to, [&](Room room) { return kv_get(key, room); });
}
/** Puts a value; ttl_ms is its life in milliseconds, 0 is without end. */
inline Result<void> kv_put(Bytes key, Bytes value, std::int64_t ttl_ms = 0) { return detail::done(sh_kv_put(key.c(), value.c(), ttl_ms)); }
/** Deletes a key. */
inline Result<void> kv_delete(Bytes key) { return detail::done(sh_kv_delete(key.c())); }
/** @} */

/** @name Metrics
 *  @{ */
/** Adds to a counter. */
inline Result<void> metric_add(std::string_view name, std::int64_t delta) { return detail::done(sh_metric_add(Bytes(name).c(), delta)); }
/** Sets a gauge. */
inline Result<void> metric_set(std::string_view name, std::int64_t value) { return detail::done(sh_metric_set(Bytes(name).c(), value)); }
/** @} */

/** @name The host
 *  @{ */
/** Gives the `[config]` table as JSON: a view of room. */
inline Result<Bytes> config_get(Room room) { return detail::written(sh_config_get(room.data(), room.size()), room); }
/** Gives the `[config]` table in a container of bytes that grows. */
template <class Container>
Result<Bytes> config_get_into(Container &to) {
  return detail::grown(to, [](Room room) { return config_get(room); });
}
/** Gives the predecessor's state from an offset on: how many bytes remain there, of which
 *  as many as there is room for are written. In SESSHOOK_PLUGIN_RESTORE only. */
inline Result<std::uint32_t> state_read(std::uint32_t offset, Room room) { return detail::number(sh_state_read(offset, room.data(), room.size())); }
/** Gives the predecessor's whole state in a container of bytes that grows. */
template <class Container>
Result<Bytes> state_read_into(Container &to) {
  return detail::grown(to, [](Room room) { return detail::written(sh_state_read(0, room.data(), room.size()), room); });
}
/** Gives the current event's record from an offset on, like state_read. */
inline Result<std::uint32_t> event_read(std::uint32_t offset, Room room) { return detail::number(sh_event_read(offset, room.data(), room.size())); }
/** Gives this node's id, 12 digits: a view of room. */
inline Result<Bytes> node_id(Room room) { return detail::written(sh_node_id(room.data(), room.size()), room); }
/** Writes a line of the host's log. */
inline void log(Level level, std::string_view text) { sh_log(static_cast<std::int32_t>(level), Bytes(text).c()); }
/** Whether a line of that level would be written. */
inline bool log_enabled(Level level) { return sh_log_enabled(static_cast<std::int32_t>(level)); }
/** The wall clock, in nanoseconds since the Unix epoch. */
inline std::int64_t time_now() { return sh_time_now(); }
/** Fills room, of at most 65536 bytes, with cryptographic randomness. */
inline Result<void> random_fill(Room room) { return detail::done(sh_random_fill(room.data(), room.size())); }
/** @} */

/** The event that a hook is called for. What its accessors return is valid until the hook
 *  returns. */
class Event {
 public:
  explicit Event(const sh_event &e) : e_(e) {}

  /** What it is about. */
  Kind kind() const { return static_cast<Kind>(sh_event_kind(&e_)); }
  /** Who caused it. */
  Origin origin() const { return static_cast<Origin>(sh_event_origin(&e_)); }
  /** Why the session was removed; Reason::none in other events. */
  Reason reason() const { return static_cast<Reason>(sh_event_reason(&e_)); }
  /** Whether it has a flag. */
  bool has(Flag f) const { return (flags() & static_cast<std::uint8_t>(f)) != 0; }
  /** All flag bits. Ignore those that are not known. */
  std::uint8_t flags() const { return sh_event_flags(&e_); }
  /** Sequence number; of a LOST, how many messages. */
  std::uint64_t seq() const { return sh_event_seq(&e_); }
  /** When it happened, in nanoseconds since the Unix epoch. */
  std::int64_t time() const { return sh_event_time(&e_); }
  /** When the full handshake was that the session goes back to, in the same unit. */
  std::int64_t created() const { return sh_event_created(&e_); }
  /** When the session's life ends, in the same unit. */
  std::int64_t expires() const { return sh_event_expires(&e_); }
  /** What session_get gives, in bytes. */
  std::uint32_t session_len() const { return sh_event_session_len(&e_); }
  /** 0x0303, 0x0304, or 0: unknown. */
  std::uint16_t tls_version() const { return sh_event_tls_version(&e_); }
  /** IANA number, or 0: unknown. */
  std::uint16_t cipher_suite() const { return sh_event_cipher_suite(&e_); }
  /** How the session's bytes are encoded. */
  Format format() const { return static_cast<Format>(sh_event_format(&e_)); }

  /** The session id; none in MESSAGE and LOST. */
  Bytes id() const { return sh_event_id(&e_); }
  /** The server name (SNI) that the client asked for; none if it did not. */
  std::string_view server_name() const { return Bytes(sh_event_server_name(&e_)).text(); }
  /** The application protocol that was negotiated; none if none was. */
  std::string_view alpn() const { return Bytes(sh_event_alpn(&e_)).text(); }
  /** The home node of the session, in MESSAGE and LOST the sender; or none. */
  std::string_view node() const { return Bytes(sh_event_node(&e_)).text(); }
  /** The topic of a MESSAGE or LOST. */
  std::string_view topic() const { return Bytes(sh_event_topic(&e_)).text(); }
  /** The key of a MESSAGE; none if it is for every instance. */
  Bytes key() const { return sh_event_key(&e_); }
  /** The data of a MESSAGE. */
  Bytes data() const { return sh_event_data(&e_); }

  /** Whether all of the record is in the event buffer. Parts that are not there are empty;
   *  whole() has them. */
  bool is_whole() const { return sh_event_is_whole(&e_); }
  /** How many bytes the record has. */
  std::uint32_t size() const { return e_.size; }
  /** How many of them are in the event buffer. */
  std::uint32_t received() const { return e_.len; }
  /** The whole of the current event, read into room where it has to be. */
  Result<Event> whole(Room room) const {
    if (is_whole()) return *this;
    sh_event all = e_;
    sh_buffer b = {room.data(), 0, room.size(), nullptr};
    sh_result r = sh_event_whole(&all, &b);
    if (r == SH_NO_ROOM) return Error(Code::no_room, static_cast<std::uint32_t>(b.len));
    if (r < 0) return detail::code(r);
    return Event(all);
  }

  Event() : e_{} {} /**< Of a Result without one. */

 private:
  sh_event e_;
};

namespace detail {

/** What an export returns for the failure of its handler, which it logs. */
[[gnu::noinline]] inline sh_result failed(std::string_view hook, const Error &error) {
  char line[128];
  sh_text t = SH_TEXT(line);
  sh_text_add(&t, Bytes(hook).c());
  sh_text_add(&t, SH_STR(": "));
  sh_text_add(&t, Bytes(name(error.code)).c());
  log(Level::error, Bytes(sh_text_bytes(&t)).text());
  return static_cast<sh_result>(error.code);
}

inline sh_result finish(std::string_view hook, const Result<void> &r) { return r ? static_cast<sh_result>(SH_OK) : failed(hook, r.error()); }
inline sh_result finish(std::string_view hook, const Result<Verdict> &r) { return r ? static_cast<sh_result>(*r) : failed(hook, r.error()); }

}  // namespace detail
}  // namespace sesshook

#define SESSHOOK_EVENT_HOOK_(result, name, macro, event)                                                         \
  static sesshook::Result<result> sesshook_##name##_(sesshook::Event event);                                     \
  macro(sesshook_e_) { return sesshook::detail::finish(#name, sesshook_##name##_(sesshook::Event(*sesshook_e_))); } \
  static sesshook::Result<result> sesshook_##name##_([[maybe_unused]] sesshook::Event event)

/**
 * @name Hooks
 * As the macros of sesshook.h whose names they have, for a function that takes a
 * sesshook::Event and returns a sesshook::Result<void>: an error is logged, and counted by
 * the host as the plugin's. SESSHOOK_ON_SESSION_RESUME returns a Result<Verdict>.
 * @{ */
/** After a session was stored. */
#define SESSHOOK_ON_SESSION_INSERT(event) SESSHOOK_EVENT_HOOK_(void, on_session_insert, SH_ON_SESSION_INSERT, event)
/** After a session has left the cache: Event::reason. */
#define SESSHOOK_ON_SESSION_REMOVE(event) SESSHOOK_EVENT_HOOK_(void, on_session_remove, SH_ON_SESSION_REMOVE, event)
/** After a client's request fetched a session. */
#define SESSHOOK_ON_SESSION_GET(event) SESSHOOK_EVENT_HOOK_(void, on_session_get, SH_ON_SESSION_GET, event)
/** *On the handshake path.* An id of this farm that is not here: session_insert it. */
#define SESSHOOK_ON_SESSION_MISS(event) SESSHOOK_EVENT_HOOK_(void, on_session_miss, SH_ON_SESSION_MISS, event)
/** *On the handshake path.* A client is about to resume: Verdict. */
#define SESSHOOK_ON_SESSION_RESUME(event) SESSHOOK_EVENT_HOOK_(sesshook::Verdict, on_session_resume, SH_ON_SESSION_RESUME, event)
/** A message of another node arrived. With Flag::request it waits for message_reply. */
#define SESSHOOK_ON_MESSAGE(event) SESSHOOK_EVENT_HOOK_(void, on_message, SH_ON_MESSAGE, event)
/** Messages of another node did not arrive: Event::seq says how many. */
#define SESSHOOK_ON_MESSAGES_LOST(event) SESSHOOK_EVENT_HOOK_(void, on_messages_lost, SH_ON_MESSAGES_LOST, event)
/** SESSHOOK_ON_SESSION_INSERT also for a record that is longer than the event buffer:
 *  Event::whole reads it. */
#define SESSHOOK_ON_SESSION_INSERT_PART(event) SESSHOOK_EVENT_HOOK_(void, on_session_insert, SH_ON_SESSION_INSERT_PART, event)
/** SESSHOOK_ON_SESSION_REMOVE for such a record too. */
#define SESSHOOK_ON_SESSION_REMOVE_PART(event) SESSHOOK_EVENT_HOOK_(void, on_session_remove, SH_ON_SESSION_REMOVE_PART, event)
/** SESSHOOK_ON_SESSION_GET for such a record too. */
#define SESSHOOK_ON_SESSION_GET_PART(event) SESSHOOK_EVENT_HOOK_(void, on_session_get, SH_ON_SESSION_GET_PART, event)
/** SESSHOOK_ON_SESSION_MISS for such a record too. */
#define SESSHOOK_ON_SESSION_MISS_PART(event) SESSHOOK_EVENT_HOOK_(void, on_session_miss, SH_ON_SESSION_MISS_PART, event)
/** SESSHOOK_ON_SESSION_RESUME for such a record too. */
#define SESSHOOK_ON_SESSION_RESUME_PART(event) SESSHOOK_EVENT_HOOK_(sesshook::Verdict, on_session_resume, SH_ON_SESSION_RESUME_PART, event)
/** SESSHOOK_ON_MESSAGE for such a record too. */
#define SESSHOOK_ON_MESSAGE_PART(event) SESSHOOK_EVENT_HOOK_(void, on_message, SH_ON_MESSAGE_PART, event)
/** SESSHOOK_ON_MESSAGES_LOST for such a record too. */
#define SESSHOOK_ON_MESSAGES_LOST_PART(event) SESSHOOK_EVENT_HOOK_(void, on_messages_lost, SH_ON_MESSAGES_LOST_PART, event)

#define SESSHOOK_HOOK_(name, macro, type, param)                                                   \
  static sesshook::Result<void> sesshook_##name##_(type param);                                    \
  macro(sesshook_p_) { return sesshook::detail::finish(#name, sesshook_##name##_(sesshook_p_)); }  \
  static sesshook::Result<void> sesshook_##name##_([[maybe_unused]] type param)
/** Every `tick` of the sidecar; now, an std::int64_t, is in nanoseconds since the Unix epoch. */
#define SESSHOOK_ON_TICK(now) SESSHOOK_HOOK_(on_tick, SH_ON_TICK, std::int64_t, now)
/** The queue was full, and count (an std::int64_t) events were not kept. */
#define SESSHOOK_ON_EVENTS_LOST(count) SESSHOOK_HOOK_(on_events_lost, SH_ON_EVENTS_LOST, std::int64_t, count)
/** In the successor: the state has len (an std::uint32_t) bytes; state_read_into. */
#define SESSHOOK_PLUGIN_RESTORE(len) SESSHOOK_HOOK_(plugin_restore, SH_PLUGIN_RESTORE, std::uint32_t, len)

#define SESSHOOK_PLAIN_HOOK_(name, macro)                                              \
  static sesshook::Result<void> sesshook_##name##_();                                  \
  macro() { return sesshook::detail::finish(#name, sesshook_##name##_()); }            \
  static sesshook::Result<void> sesshook_##name##_()
/** Once per instance: reads the configuration, subscribes. An error refuses the module. */
#define SESSHOOK_PLUGIN_START() SESSHOOK_PLAIN_HOOK_(plugin_start, SH_PLUGIN_START)
/** Once, on the first instance of a module that has gone live. */
#define SESSHOOK_PLUGIN_READY() SESSHOOK_PLAIN_HOOK_(plugin_ready, SH_PLUGIN_READY)

/** Before an instance is replaced: returns the state as sesshook::Bytes. */
#define SESSHOOK_PLUGIN_SAVE()                                \
  static sesshook::Bytes sesshook_plugin_save_();             \
  SH_PLUGIN_SAVE() { return sesshook_plugin_save_().c(); }    \
  static sesshook::Bytes sesshook_plugin_save_()
/** Before an instance is closed in good order. Returns nothing. */
#define SESSHOOK_PLUGIN_STOP() SH_PLUGIN_STOP()
/** @} */

#endif  // SESSHOOK_HPP
