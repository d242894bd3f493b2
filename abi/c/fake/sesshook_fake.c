#include "sesshook_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ENTRIES = 4096, MAX_FUNCTIONS = 32 };

/* An entry of one of the tables: a name, and bytes or a number. */
typedef struct entry {
  uint8_t *name, *data;
  size_t name_len, len;
  int64_t number;
  bool gauge;
} entry;

typedef struct table {
  entry entries[MAX_ENTRIES];
  size_t n;
} table;

typedef struct message {
  uint8_t *parts[3];
  size_t lens[3];
} message;

typedef struct line {
  int32_t level;
  char *text;
} line;

static struct {
  fake_phase_t phase;
  int64_t now;
  int32_t level;
  bool farm;
  char *config, *answer;
  uint8_t *state, *reply, *record;
  size_t state_len, reply_len, record_len;
  bool replied;
  table sessions, removed, values, metrics, topics;
  message published[MAX_ENTRIES];
  size_t n_published;
  line lines[MAX_ENTRIES];
  size_t n_lines;
  struct {
    const char *name;
    int calls;
    bool fails;
    int32_t code;
  } functions[MAX_FUNCTIONS];
} host;

static void fail(const char *what) {
  fprintf(stderr, "sesshook_fake: %s\n", what);
  abort();
}

static void *copy(const void *data, size_t len) {
  uint8_t *to = malloc(len + 1);
  if (!to) fail("out of memory");
  if (len) memcpy(to, data, len);
  to[len] = 0;
  return to;
}

/* -- tables ---------------------------------------------------------------------- */

static entry *find(table *t, const void *name, size_t len) {
  for (size_t i = 0; i < t->n; i++)
    if (t->entries[i].name_len == len && memcmp(t->entries[i].name, name, len) == 0) return &t->entries[i];
  return NULL;
}

static void put(table *t, const void *name, size_t name_len, const void *data, size_t len) {
  entry *e = find(t, name, name_len);
  if (!e) {
    if (t->n == MAX_ENTRIES) fail("too many entries");
    e = &t->entries[t->n++];
    memset(e, 0, sizeof *e);
    e->name = copy(name, name_len);
    e->name_len = name_len;
  }
  free(e->data);
  e->data = copy(data, len);
  e->len = len;
}

static bool drop(table *t, const void *name, size_t len) {
  entry *e = find(t, name, len);
  if (!e) return false;
  free(e->name);
  free(e->data);
  *e = t->entries[--t->n];
  return true;
}

static void clear(table *t) {
  while (t->n) drop(t, t->entries[0].name, t->entries[0].name_len);
}

static sh_bytes value(table *t, const char *name) {
  entry *e = find(t, name, strlen(name));
  return e ? sh_view(e->data, e->len) : sh_view(0, 0);
}

/* -- calls ------------------------------------------------------------------------- */

/* Counts a call. false: it is to return *code, because the test says so or because it is
 * not of this phase. */
static bool enter(const char *name, int phases, int32_t *code) {
  size_t i = 0;
  while (i < MAX_FUNCTIONS && host.functions[i].name && strcmp(host.functions[i].name, name) != 0) i++;
  if (i == MAX_FUNCTIONS) fail("too many functions");
  host.functions[i].name = name;
  host.functions[i].calls++;
  if (host.functions[i].fails) {
    host.functions[i].fails = false;
    *code = host.functions[i].code;
    return false;
  }
  *code = SH_UNSUPPORTED;
  return (host.phase & phases) != 0;
}

enum { ANY = 63, WORKING = FAKE_EVENT | FAKE_REQUEST, KEYS = ANY & ~FAKE_INIT };

static int32_t give(const void *data, size_t len, void *buf, size_t cap) {
  if (len <= cap && len) memcpy(buf, data, len);
  return (int32_t)len;
}

static int32_t give_rest(const uint8_t *data, size_t len, uint32_t offset, void *buf, size_t cap) {
  if (offset >= len) return 0;
  size_t rest = len - offset, n = rest < cap ? rest : cap;
  if (n) memcpy(buf, data + offset, n);
  return (int32_t)rest;
}

static bool good_id(uint32_t len) { return len >= 1 && len <= SH_MAX_ID; }

static bool good_topic(const char *topic, uint32_t len) {
  for (uint32_t i = 0; i < len; i++)
    if (!topic[i] || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.", topic[i])) return false;
  return len >= 1 && len <= SH_MAX_TOPIC;
}

static bool good_name(const char *name, uint32_t len) {
  for (uint32_t i = 0; i < len; i++)
    if (!name[i] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789_", name[i])) return false;
  return len >= 1 && len <= 64 && name[0] >= 'a' && name[0] <= 'z';
}

/* -- sessions ------------------------------------------------------------------------ */

int32_t sh_import_session_get(const void *id, uint32_t id_len, void *buf, uint32_t cap) {
  int32_t code;
  if (!enter("session_get", WORKING, &code)) return code;
  if (!good_id(id_len)) return SH_INVALID;
  entry *e = find(&host.sessions, id, id_len);
  return e ? give(e->data, e->len, buf, cap) : SH_NOT_FOUND;
}

int32_t sh_import_session_insert(const void *id, uint32_t id_len, const void *session, uint32_t session_len, int64_t ttl_ms, uint32_t flags) {
  int32_t code;
  if (!enter("session_insert", WORKING, &code)) return code;
  if (!good_id(id_len) || session_len == 0 || ttl_ms < 0 || (flags & ~3u)) return SH_INVALID;
  if (session_len > SH_MAX_SEALED) return SH_TOO_LARGE;
  if (find(&host.sessions, id, id_len) && !(flags & SH_OVERWRITE)) return SH_EXISTS;
  if (find(&host.removed, id, id_len) && !(flags & SH_REVIVE)) return SH_REMOVED;
  drop(&host.removed, id, id_len);
  put(&host.sessions, id, id_len, session, session_len);
  return SH_OK;
}

int32_t sh_import_session_remove(const void *id, uint32_t id_len) {
  int32_t code;
  if (!enter("session_remove", WORKING, &code)) return code;
  if (!good_id(id_len)) return SH_INVALID;
  if (!drop(&host.sessions, id, id_len)) return SH_NOT_FOUND;
  put(&host.removed, id, id_len, "", 0);
  return SH_OK;
}

int32_t sh_import_session_replay(void) {
  int32_t code;
  return enter("session_replay", WORKING, &code) ? (int32_t)host.sessions.n : code;
}

/* -- messages -------------------------------------------------------------------------- */

int32_t sh_import_message_publish(const void *topic, uint32_t topic_len, const void *key, uint32_t key_len, const void *data, uint32_t data_len) {
  int32_t code;
  if (!enter("message_publish", WORKING, &code)) return code;
  if (!host.farm) return SH_UNAVAILABLE;
  if (!good_topic(topic, topic_len) || key_len > SH_MAX_ID) return SH_INVALID;
  if (data_len > SH_MAX_MESSAGE) return SH_TOO_LARGE;
  if (host.n_published == MAX_ENTRIES) fail("too many messages");
  message *m = &host.published[host.n_published++];
  const void *parts[3] = {topic, key, data};
  const size_t lens[3] = {topic_len, key_len, data_len};
  for (int i = 0; i < 3; i++) {
    m->parts[i] = copy(parts[i], lens[i]);
    m->lens[i] = lens[i];
  }
  return SH_OK;
}

int32_t sh_import_message_request(const void *topic, uint32_t topic_len, const void *node, uint32_t node_len, const void *data, uint32_t data_len, void *buf, uint32_t cap, uint32_t timeout_ms) {
  int32_t code;
  (void)node, (void)data, (void)timeout_ms;
  if (!enter("message_request", WORKING, &code)) return code;
  if (!host.farm) return SH_UNAVAILABLE;
  if (!good_topic(topic, topic_len) || (node_len != 0 && node_len != SH_NODE_ID_SIZE)) return SH_INVALID;
  if (data_len > SH_MAX_MESSAGE) return SH_TOO_LARGE;
  return host.answer ? give(host.answer, strlen(host.answer), buf, cap) : SH_UNAVAILABLE;
}

int32_t sh_import_message_reply(const void *data, uint32_t data_len) {
  int32_t code;
  if (!enter("message_reply", FAKE_REQUEST, &code)) return code;
  if (host.replied) return SH_UNSUPPORTED;
  if (data_len > SH_MAX_MESSAGE) return SH_TOO_LARGE;
  host.replied = true;
  if (!host.farm) return SH_UNAVAILABLE;
  free(host.reply);
  host.reply = copy(data, data_len);
  host.reply_len = data_len;
  return SH_OK;
}

int32_t sh_import_message_subscribe(const void *topic, uint32_t topic_len) {
  int32_t code;
  if (!enter("message_subscribe", FAKE_START, &code)) return code;
  if (!host.farm) return SH_UNAVAILABLE;
  if (!good_topic(topic, topic_len)) return SH_INVALID;
  put(&host.topics, topic, topic_len, "", 0);
  return SH_OK;
}

/* -- keys and metrics --------------------------------------------------------------------- */

int32_t sh_import_kv_get(const void *key, uint32_t key_len, void *buf, uint32_t cap) {
  int32_t code;
  if (!enter("kv_get", KEYS, &code)) return code;
  if (!good_id(key_len)) return SH_INVALID;
  entry *e = find(&host.values, key, key_len);
  return e ? give(e->data, e->len, buf, cap) : SH_NOT_FOUND;
}

int32_t sh_import_kv_put(const void *key, uint32_t key_len, const void *data, uint32_t len, int64_t ttl_ms) {
  int32_t code;
  if (!enter("kv_put", KEYS, &code)) return code;
  if (!good_id(key_len) || ttl_ms < 0) return SH_INVALID;
  if (len > SH_MAX_SESSION) return SH_TOO_LARGE;
  put(&host.values, key, key_len, data, len);
  return SH_OK;
}

int32_t sh_import_kv_delete(const void *key, uint32_t key_len) {
  int32_t code;
  if (!enter("kv_delete", KEYS, &code)) return code;
  if (!good_id(key_len)) return SH_INVALID;
  return drop(&host.values, key, key_len) ? SH_OK : SH_NOT_FOUND;
}

static int32_t metric(const void *name, uint32_t len, bool gauge, entry **e) {
  if (!good_name(name, len)) return SH_INVALID;
  *e = find(&host.metrics, name, len);
  if (*e) return (*e)->gauge == gauge ? SH_OK : SH_INVALID;
  put(&host.metrics, name, len, "", 0);
  *e = find(&host.metrics, name, len);
  (*e)->gauge = gauge;
  return SH_OK;
}

int32_t sh_import_metric_add(const void *name, uint32_t name_len, int64_t delta) {
  int32_t code;
  entry *e;
  if (!enter("metric_add", ANY, &code)) return code;
  if (delta < 0) return SH_INVALID;
  code = metric(name, name_len, false, &e);
  if (code == SH_OK) e->number += delta;
  return code;
}

int32_t sh_import_metric_set(const void *name, uint32_t name_len, int64_t to) {
  int32_t code;
  entry *e;
  if (!enter("metric_set", ANY, &code)) return code;
  code = metric(name, name_len, true, &e);
  if (code == SH_OK) e->number = to;
  return code;
}

/* -- the rest --------------------------------------------------------------------------------- */

int32_t sh_import_config_get(void *buf, uint32_t cap) {
  int32_t code;
  if (!enter("config_get", ANY, &code)) return code;
  const char *json = host.config ? host.config : "{}";
  return give(json, strlen(json), buf, cap);
}

int32_t sh_import_state_read(uint32_t offset, void *buf, uint32_t cap) {
  int32_t code;
  return enter("state_read", FAKE_RESTORE, &code) ? give_rest(host.state, host.state_len, offset, buf, cap) : code;
}

int32_t sh_import_event_read(uint32_t offset, void *buf, uint32_t cap) {
  int32_t code;
  if (!enter("event_read", WORKING, &code)) return code;
  return host.record ? give_rest(host.record, host.record_len, offset, buf, cap) : SH_UNSUPPORTED;
}

int32_t sh_import_node_id(void *buf, uint32_t cap) {
  int32_t code;
  return enter("node_id", ANY, &code) ? give("0123456789ab", SH_NODE_ID_SIZE, buf, cap) : code;
}

void sh_import_log(int32_t level, const void *text, uint32_t text_len) {
  int32_t code;
  if (!enter("log", ANY, &code) || level < host.level) return;
  if (host.n_lines == MAX_ENTRIES) fail("too many lines");
  host.lines[host.n_lines].level = level;
  host.lines[host.n_lines++].text = copy(text, text_len);
}

int32_t sh_import_log_enabled(int32_t level) {
  int32_t code;
  return enter("log_enabled", ANY, &code) ? level >= host.level : code;
}

int64_t sh_import_time_now(void) {
  int32_t code;
  return enter("time_now", ANY, &code) ? host.now : code;
}

int32_t sh_import_random_fill(void *buf, uint32_t len) {
  int32_t code;
  static uint64_t seed = 0x9e3779b97f4a7c15;
  if (!enter("random_fill", ANY, &code)) return code;
  if (len > 65536) return SH_TOO_LARGE;
  for (uint32_t i = 0; i < len; i++) { /* the same in each run: it is for tests */
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    ((uint8_t *)buf)[i] = (uint8_t)(seed >> 32);
  }
  return SH_OK;
}

/* -- what a test does ---------------------------------------------------------------------------- */

void fake_reset(void) {
  clear(&host.sessions);
  clear(&host.removed);
  clear(&host.values);
  clear(&host.metrics);
  clear(&host.topics);
  for (size_t i = 0; i < host.n_published; i++)
    for (int part = 0; part < 3; part++) free(host.published[i].parts[part]);
  for (size_t i = 0; i < host.n_lines; i++) free(host.lines[i].text);
  free(host.config);
  free(host.answer);
  free(host.state);
  free(host.reply);
  free(host.record);
  memset(&host, 0, sizeof host);
  host.phase = FAKE_START;
  host.now = 1000000000;
  host.level = INT32_MIN;
}

void fake_phase(fake_phase_t phase) { host.phase = phase; }
void fake_time(int64_t ns) { host.now = ns; }
void fake_log_level(int32_t level) { host.level = level; }
void fake_farm(bool there) { host.farm = there; }

void fake_config(const char *json) {
  free(host.config);
  host.config = copy(json, strlen(json));
}

void fake_state(const void *data, size_t len) {
  free(host.state);
  host.state = copy(data, len);
  host.state_len = len;
}

void fake_fail(const char *function, int32_t code) {
  int32_t ignored;
  enter(function, ANY, &ignored); /* makes its entry */
  for (size_t i = 0; i < MAX_FUNCTIONS; i++) {
    if (!host.functions[i].name || strcmp(host.functions[i].name, function) != 0) continue;
    host.functions[i].calls--;
    host.functions[i].fails = true;
    host.functions[i].code = code;
  }
}

int fake_calls(const char *function) {
  for (size_t i = 0; i < MAX_FUNCTIONS && host.functions[i].name; i++)
    if (strcmp(host.functions[i].name, function) == 0) return host.functions[i].calls;
  return 0;
}

void fake_session_put(const char *id, const void *data, size_t len) { put(&host.sessions, id, strlen(id), data, len); }
sh_bytes fake_session(const char *id) { return value(&host.sessions, id); }
sh_bytes fake_value(const char *key) { return value(&host.values, key); }

int64_t fake_metric(const char *name) {
  entry *e = find(&host.metrics, name, strlen(name));
  return e ? e->number : 0;
}

bool fake_has_metric(const char *name) { return find(&host.metrics, name, strlen(name)) != NULL; }

int fake_logged(int32_t level, const char *text) {
  int n = 0;
  for (size_t i = 0; i < host.n_lines; i++) n += host.lines[i].level >= level && (!text || strstr(host.lines[i].text, text));
  return n;
}

int fake_published(void) { return (int)host.n_published; }

fake_message fake_published_at(int n) {
  if (n < 0 || (size_t)n >= host.n_published) fail("no such message");
  const message *m = &host.published[n];
  fake_message view = {sh_view(m->parts[0], m->lens[0]), sh_view(m->parts[1], m->lens[1]), sh_view(m->parts[2], m->lens[2])};
  return view;
}

bool fake_subscribed(const char *topic) { return find(&host.topics, topic, strlen(topic)) != NULL; }

void fake_answer(const char *reply) {
  free(host.answer);
  host.answer = reply ? copy(reply, strlen(reply)) : NULL;
}

sh_bytes fake_reply(void) { return sh_view(host.reply, host.reply_len); }

/* -- events ------------------------------------------------------------------------------------------ */

static void number(uint8_t *at, uint64_t v, size_t n) {
  for (size_t i = 0; i < n; i++) at[i] = (uint8_t)(v >> 8 * i);
}

static size_t length(const char *text, size_t len) { return text && !len ? strlen(text) : len; }

size_t fake_record(const fake_event *e, void *buf, size_t cap) {
  const char *parts[7] = {e->id, e->server_name, e->alpn, e->node, e->topic, e->key, e->data};
  const size_t lens[7] = {length(e->id, e->id_len), length(e->server_name, 0), length(e->alpn, 0), length(e->node, 0), length(e->topic, 0), length(e->key, e->key_len), length(e->data, e->data_len)};
  static const uint8_t at[7] = {6, 48, 50, 52, 54, 56, 60};
  size_t head = e->header_size ? e->header_size : SH_HEADER_SIZE, size = head;
  for (int i = 0; i < 7; i++) size += lens[i];
  uint8_t *r = calloc(1, size);
  if (!r) fail("out of memory");
  number(r, head, 2);
  r[2] = e->kind, r[3] = e->origin, r[4] = e->reason, r[5] = e->flags;
  number(r + 8, e->seq, 8);
  number(r + 16, (uint64_t)e->time, 8);
  number(r + 24, (uint64_t)e->created, 8);
  number(r + 32, (uint64_t)e->expires, 8);
  number(r + 40, e->session_len, 4);
  number(r + 44, e->tls_version, 2);
  number(r + 46, e->cipher_suite, 2);
  number(r + 58, e->format, 2);
  size_t end = head;
  for (int i = 0; i < 7; i++) {
    number(r + at[i], lens[i], i < 6 ? 2 : 4);
    if (lens[i]) memcpy(r + end, parts[i], lens[i]);
    end += lens[i];
  }
  memcpy(buf, r, size < cap ? size : cap);
  free(r);
  return size;
}

int32_t fake_call(int32_t (*hook)(uint32_t len), const fake_event *e) {
  free(host.record);
  host.record_len = fake_record(e, &(uint8_t){0}, 1);
  host.record = malloc(host.record_len);
  if (!host.record) fail("out of memory");
  fake_record(e, host.record, host.record_len);
  size_t len = fake_record(e, sh_event_buffer_at, sh_event_buffer_cap);
  if (len > sh_event_buffer_cap) {
    len = sh_event_buffer_cap;
    sh_event_buffer_at[5] |= SH_FLAG_TRUNCATED;
  }
  fake_phase_t before = host.phase;
  host.phase = e->kind == SH_KIND_MESSAGE && (e->flags & SH_FLAG_REQUEST) ? FAKE_REQUEST : FAKE_EVENT;
  host.replied = false;
  free(host.reply);
  host.reply = NULL;
  host.reply_len = 0;
  int32_t result = hook((uint32_t)len);
  host.phase = before;
  free(host.record);
  host.record = NULL;
  return result;
}

int32_t fake_call_i64(int32_t (*hook)(int64_t n), int64_t n) {
  fake_phase_t before = host.phase;
  host.phase = FAKE_EVENT;
  int32_t result = hook(n);
  host.phase = before;
  return result;
}
