/**
 * @file sesshook_fake.h
 * @brief A host in memory, for unit tests of C and C++ plugins in a native build: it
 *        answers every host function of sesshook.h. Link sesshook_fake.c.
 *
 * A test sets the host up, calls the plugin's exports as plain C functions, and looks at
 * what came of it:
 *
 *     fake_reset();
 *     fake_config("{\"rate\":10}");
 *     assert(plugin_start() == SH_OK);
 *     fake_event e = {.kind = SH_KIND_INSERT, .id = "an id", .server_name = "example.org"};
 *     assert(fake_call(on_session_insert, &e) == SH_OK);
 *     assert(fake_metric("inserted") == 1);
 *
 * It is as strict as a host about arguments and about phases: fake_phase says where the
 * guest is called from. What it does not do: envelopes (a session is the bytes that were
 * put), grants, limits, other instances, and lifetimes: nothing expires. It keeps what it
 * is given until fake_reset, and is not for concurrent use. Where it runs out of room, it
 * aborts.
 */
#ifndef SESSHOOK_FAKE_H
#define SESSHOOK_FAKE_H

#include "../sesshook.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the host calls the guest from: see abi/SPEC.md, "Phases". */
typedef enum fake_phase_t { FAKE_INIT = 1, FAKE_START = 2, FAKE_RESTORE = 4, FAKE_EVENT = 8, FAKE_REQUEST = 16, FAKE_STOP = 32 } fake_phase_t;

/** Forgets everything: the phase is FAKE_START, the clock is at 1 s, there is no farm. */
void fake_reset(void);

/** Sets the phase. fake_call sets it for as long as the call takes. */
void fake_phase(fake_phase_t phase);

/** Sets the configuration; "{}" without it. */
void fake_config(const char *json);

/** Sets the clock, in nanoseconds since the Unix epoch. */
void fake_time(int64_t ns);

/** Sets what state_read gives. */
void fake_state(const void *data, size_t len);

/** Has the next call of the function of that name in abi/SPEC.md return code, without doing
 *  anything. */
void fake_fail(const char *function, int32_t code);

/** How often the function of that name was called. */
int fake_calls(const char *function);

/** @name Sessions
 *  @{ */
/** Puts a session into the cache. */
void fake_session_put(const char *id, const void *data, size_t len);
/** Returns the session under id, or no bytes with data NULL. */
sh_bytes fake_session(const char *id);
/** @} */

/** @name Metrics, keys and log
 *  @{ */
/** Returns a metric's value; 0 if it is not there. */
int64_t fake_metric(const char *name);
/** Tells whether there is a metric of that name. */
bool fake_has_metric(const char *name);
/** Returns the value under a key, or no bytes with data NULL. */
sh_bytes fake_value(const char *key);
/** Returns how many lines of that level or above contain text; NULL is any text. */
int fake_logged(int32_t level, const char *text);
/** The level from which lines are written; SH_LEVEL_DEBUG is all. */
void fake_log_level(int32_t level);
/** @} */

/** @name The farm
 *  @{ */
/** A message that the guest has published. */
typedef struct fake_message {
  sh_bytes topic, key, data;
} fake_message;
/** There is a farm from now on, or not. */
void fake_farm(bool there);
/** How many messages the guest has published. */
int fake_published(void);
/** Returns one of them: 0 is the first. */
fake_message fake_published_at(int n);
/** Tells whether the guest has subscribed to a topic. */
bool fake_subscribed(const char *topic);
/** What the other nodes answer to requests from now on; NULL is nothing. */
void fake_answer(const char *reply);
/** Returns the guest's reply to the last request, or no bytes with data NULL. */
sh_bytes fake_reply(void);
/** @} */

/** An event. Text that is NULL is not there. id_len, key_len and data_len 0 are the
 *  length of the text; header_size 0 is 64, and more stands for a later host. */
typedef struct fake_event {
  uint8_t kind, origin, reason, flags;
  uint64_t seq;
  int64_t time, created, expires;
  uint32_t session_len;
  uint16_t tls_version, cipher_suite, format, header_size;
  const char *id, *server_name, *alpn, *node, *topic, *key, *data;
  size_t id_len, key_len, data_len;
} fake_event;

/** Writes the record of e to buf, as far as there is room for it, and returns the length of
 *  all of it. */
size_t fake_record(const fake_event *e, void *buf, size_t cap);

/** Calls an event hook with e: writes its record to the event buffer, with
 *  SH_FLAG_TRUNCATED if it is longer, and has event_read give all of it. A session_get of
 *  its id gives what is in the cache. */
int32_t fake_call(int32_t (*hook)(uint32_t len), const fake_event *e);

/** Calls a hook that takes a number: on_tick, on_events_lost. */
int32_t fake_call_i64(int32_t (*hook)(int64_t n), int64_t n);

#ifdef __cplusplus
}
#endif

#endif /* SESSHOOK_FAKE_H */
