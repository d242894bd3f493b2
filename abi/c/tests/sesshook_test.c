/* Unit tests of sesshook.h, over the host in memory. */
#include "../fake/sesshook_fake.h"
#include "check.h"

#include <stdlib.h>

/* -- a plugin ---------------------------------------------------------------------- */

SH_EVENT_BUFFER(SH_MIN_EVENT_BUFFER)

static sh_event seen;
static sh_result returned;
static int64_t number;
static int calls;

static sh_result note(const sh_event *e) {
  seen = *e;
  calls++;
  return returned;
}

SH_ON_SESSION_INSERT(e) { return note(e); }
SH_ON_SESSION_REMOVE(e) { return note(e); }
SH_ON_SESSION_GET(e) { return note(e); }
SH_ON_SESSION_MISS(e) { return note(e); }
SH_ON_SESSION_RESUME(e) { return note(e); }
SH_ON_MESSAGES_LOST(e) { return note(e); }

/* Answers by the whole of what it was asked. */
static uint8_t room[2000];
SH_ON_MESSAGE_PART(e) {
  sh_event whole = *e;
  sh_buffer b = SH_BUFFER(room);
  if (!sh_event_is_whole(e)) {
    CHECK(sh_event_data(e).data == NULL);
    sh_result r = sh_event_whole(&whole, &b);
    if (r < 0) return r;
  }
  note(&whole);
  return sh_event_flags(&whole) & SH_FLAG_REQUEST ? sh_message_reply(sh_event_data(&whole)) : SH_OK;
}

SH_ON_TICK(now) {
  number = now;
  return SH_OK;
}

SH_ON_EVENTS_LOST(count) {
  number = count;
  return SH_OK;
}

SH_INITIALIZE() { calls++; }
SH_PLUGIN_START() { return sh_message_subscribe(SH_STR("topic")); }
SH_PLUGIN_READY() { return sh_session_replay(); }
SH_PLUGIN_SAVE() { return SH_STR("state"); }

SH_PLUGIN_RESTORE(len) {
  sh_buffer b = SH_BUFFER(room);
  CHECK(len == 5);
  return sh_state_read_into(&b) == 5 && sh_equal(sh_buffer_bytes(&b), SH_STR("state")) ? SH_OK : SH_INVALID;
}

SH_PLUGIN_STOP() { calls++; }

/* -- the reader ---------------------------------------------------------------------- */

static const fake_event full = {
  .kind = SH_KIND_REMOVE, .origin = SH_ORIGIN_ADMIN, .reason = SH_REASON_EXPLICIT, .flags = SH_FLAG_EXISTING | SH_FLAG_CLIENT_CERT,
  .seq = 0x0102030405060708, .time = 1795386671123456789, .created = -1, .expires = INT64_MAX,
  .session_len = 0xfffefdfc, .tls_version = 0x0304, .cipher_suite = 0x1301, .format = SH_FORMAT_GO_TLS,
  .id = "an id", .server_name = "example.org", .alpn = "h2", .node = "3f2a9c01d4e5", .topic = "topic", .key = "a key", .data = "some data",
};

static void check_full(const sh_event *e) {
  CHECK(sh_event_kind(e) == SH_KIND_REMOVE);
  CHECK(sh_event_origin(e) == SH_ORIGIN_ADMIN);
  CHECK(sh_event_reason(e) == SH_REASON_EXPLICIT);
  CHECK(sh_event_flags(e) == (SH_FLAG_EXISTING | SH_FLAG_CLIENT_CERT));
  CHECK(sh_event_seq(e) == 0x0102030405060708);
  CHECK(sh_event_time(e) == 1795386671123456789);
  CHECK(sh_event_created(e) == -1);
  CHECK(sh_event_expires(e) == INT64_MAX);
  CHECK(sh_event_session_len(e) == 0xfffefdfc);
  CHECK(sh_event_tls_version(e) == 0x0304);
  CHECK(sh_event_cipher_suite(e) == 0x1301);
  CHECK(sh_event_format(e) == SH_FORMAT_GO_TLS);
  CHECK(sh_equal(sh_event_id(e), SH_STR("an id")));
  CHECK(sh_equal(sh_event_server_name(e), SH_STR("example.org")));
  CHECK(sh_equal(sh_event_alpn(e), SH_STR("h2")));
  CHECK(sh_equal(sh_event_node(e), SH_STR("3f2a9c01d4e5")));
  CHECK(sh_equal(sh_event_topic(e), SH_STR("topic")));
  CHECK(sh_equal(sh_event_key(e), SH_STR("a key")));
  CHECK(sh_equal(sh_event_data(e), SH_STR("some data")));
}

static void every_field_is_read(void) {
  uint8_t record[512];
  sh_event e;
  size_t n = fake_record(&full, record, sizeof record);
  CHECK(sh_event_open(&e, record, n) == SH_OK);
  CHECK(e.size == n && sh_event_is_whole(&e));
  check_full(&e);
}

static void a_later_host_may_have_a_longer_header(void) {
  uint8_t record[512];
  sh_event e;
  fake_event later = full;
  later.header_size = 80;
  CHECK(sh_event_open(&e, record, fake_record(&later, record, sizeof record)) == SH_OK);
  check_full(&e);
}

/* Every length that is too short is refused, and none is read beyond: the sanitizer
 * watches, because the bytes are a block of their own. */
static void a_record_that_ends_early_is_refused(void) {
  uint8_t record[512];
  size_t n = fake_record(&full, record, sizeof record);
  for (size_t len = 0; len < n; len++) {
    uint8_t *cut = malloc(len ? len : 1);
    sh_event e;
    memcpy(cut, record, len);
    CHECK(sh_event_open(&e, cut, len) == SH_INVALID);
    if (len >= SH_HEADER_SIZE) { /* and with the flag, what is there is there */
      cut[5] |= SH_FLAG_TRUNCATED;
      CHECK(sh_event_open(&e, cut, len) == SH_OK && !sh_event_is_whole(&e) && e.size == n);
      CHECK(sh_event_data(&e).data == NULL);
      CHECK(sh_event_id(&e).len == (len >= SH_HEADER_SIZE + 5 ? 5u : 0u));
      CHECK(sh_event_server_name(&e).len == (len >= SH_HEADER_SIZE + 16 ? 11u : 0u));
    }
    free(cut);
  }
  record[0] = SH_HEADER_SIZE - 1;
  sh_event e;
  CHECK(sh_event_open(&e, record, n) == SH_INVALID);
}

static void lengths_that_overflow_are_refused(void) {
  uint8_t record[SH_HEADER_SIZE];
  memset(record, 0xff, sizeof record);
  record[0] = SH_HEADER_SIZE, record[1] = 0, record[5] = 0;
  sh_event e;
  CHECK(sh_event_open(&e, record, sizeof record) == SH_INVALID);
  record[5] = SH_FLAG_TRUNCATED;
  CHECK(sh_event_open(&e, record, sizeof record) == SH_OK && !sh_event_is_whole(&e));
  CHECK(sh_event_id(&e).data == NULL && sh_event_key(&e).data == NULL && sh_event_data(&e).data == NULL);
}

/* -- hooks ------------------------------------------------------------------------------ */

static void every_event_hook_gets_its_event(void) {
  static int32_t (*const hooks[])(uint32_t) = {on_session_insert, on_session_remove, on_session_get, on_session_miss, on_session_resume, on_message, on_messages_lost};
  for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
    calls = 0, returned = SH_OK;
    CHECK(fake_call(hooks[i], &full) == SH_OK);
    CHECK(calls == 1);
    check_full(&seen);
  }
  returned = SH_REFUSE;
  CHECK(fake_call(on_session_resume, &full) == SH_REFUSE);
  returned = SH_LIMIT;
  CHECK(fake_call(on_session_get, &full) == SH_LIMIT);
  returned = SH_OK;
}

static void a_record_longer_than_the_buffer_is_an_error(void) {
  char name[600];
  memset(name, 'n', sizeof name);
  name[sizeof name - 1] = 0;
  fake_event e = full;
  e.server_name = name;
  calls = 0;
  CHECK(fake_call(on_session_insert, &e) == SH_NO_ROOM);
  CHECK(calls == 0 && fake_logged(SH_LEVEL_ERROR, "SH_EVENT_BUFFER") == 1);
  CHECK(on_session_insert(10) == SH_INVALID && calls == 0);
}

static void a_part_hook_reads_the_rest(void) {
  char data[2000];
  memset(data, 'd', sizeof data);
  fake_event e = {.kind = SH_KIND_MESSAGE, .flags = SH_FLAG_REQUEST, .topic = "topic", .data = data, .data_len = 1000};
  fake_farm(true);
  CHECK(fake_call(on_message, &e) == SH_OK);
  CHECK(sh_equal(fake_reply(), sh_view(data, 1000)));
  CHECK(!(sh_event_flags(&seen) & SH_FLAG_TRUNCATED));
  e.data_len = 2000;
  CHECK(fake_call(on_message, &e) == SH_NO_ROOM);
  CHECK(fake_reply().data == NULL);
}

static void the_other_exports_work(void) {
  fake_phase(FAKE_START);
  CHECK(plugin_start() == SH_UNAVAILABLE);
  fake_farm(true);
  CHECK(plugin_start() == SH_OK && fake_subscribed("topic") && !fake_subscribed("another"));
  fake_phase(FAKE_EVENT);
  CHECK(plugin_ready() == 0);
  CHECK(fake_call_i64(on_tick, -5) == SH_OK && number == -5);
  CHECK(fake_call_i64(on_events_lost, 1ll << 40) == SH_OK && number == 1ll << 40);
  fake_phase(FAKE_RESTORE);
  fake_state("state", 5);
  CHECK(plugin_restore(5) == SH_OK);
  CHECK((uint32_t)plugin_save() == 5);
  calls = 0;
  _initialize();
  plugin_stop();
  CHECK(calls == 2);
  CHECK((uint32_t)event_buffer() == SH_MIN_EVENT_BUFFER);
}

/* -- host functions ------------------------------------------------------------------------ */

static void sessions_are_got_inserted_and_removed(void) {
  uint8_t buf[16];
  fake_phase(FAKE_EVENT);
  fake_session_put("an id", "session data", 12);
  CHECK(sh_session_get(SH_STR("an id"), buf, sizeof buf) == 12 && memcmp(buf, "session data", 12) == 0);
  CHECK(sh_session_get(SH_STR("another"), buf, sizeof buf) == SH_NOT_FOUND);
  CHECK(sh_session_get(SH_NONE, buf, sizeof buf) == SH_INVALID);
  CHECK(sh_session_insert(SH_STR("an id"), SH_STR("x"), 0, 0) == SH_EXISTS);
  CHECK(sh_session_insert(SH_STR("an id"), SH_STR("x"), 0, SH_OVERWRITE) == SH_OK);
  CHECK(sh_session_replay() == 1);
  CHECK(sh_session_remove(SH_STR("an id")) == SH_OK && sh_session_remove(SH_STR("an id")) == SH_NOT_FOUND);
  CHECK(sh_session_insert(SH_STR("an id"), SH_STR("x"), 0, 0) == SH_REMOVED);
  CHECK(sh_session_insert(SH_STR("an id"), SH_STR("x"), 0, SH_REVIVE) == SH_OK);
  CHECK(sh_session_insert(SH_STR("an id"), SH_STR("x"), -1, 0) == SH_INVALID);
  CHECK(sh_equal(fake_session("an id"), SH_STR("x")));
  fake_phase(FAKE_START);
  CHECK(sh_session_replay() == SH_UNSUPPORTED);
}

static void messages_are_sent(void) {
  char buf[16];
  fake_phase(FAKE_EVENT);
  CHECK(sh_message_publish(SH_STR("topic"), SH_STR("key"), SH_STR("data")) == SH_UNAVAILABLE);
  fake_farm(true);
  CHECK(sh_message_publish(SH_STR("topic"), SH_STR("key"), SH_STR("data")) == SH_OK);
  CHECK(fake_published() == 1 && sh_equal(fake_published_at(0).key, SH_STR("key")) && sh_equal(fake_published_at(0).data, SH_STR("data")));
  CHECK(sh_message_publish(SH_STR("no topic"), SH_NONE, SH_NONE) == SH_INVALID);
  CHECK(sh_message_request(SH_STR("topic"), SH_NONE, SH_STR("?"), buf, sizeof buf, 10) == SH_UNAVAILABLE);
  fake_answer("answer");
  CHECK(sh_message_request(SH_STR("topic"), SH_STR("3f2a9c01d4e5"), SH_STR("?"), buf, sizeof buf, 10) == 6 && memcmp(buf, "answer", 6) == 0);
  CHECK(sh_message_request(SH_STR("topic"), SH_STR("3f2a"), SH_STR("?"), buf, sizeof buf, 10) == SH_INVALID);
  CHECK(sh_message_reply(SH_STR("no request")) == SH_UNSUPPORTED);
  sh_buffer b = {(uint8_t *)buf, 0, 3, NULL};
  CHECK(sh_message_request_into(SH_STR("topic"), SH_NONE, SH_NONE, &b, 0) == SH_NO_ROOM && b.len == 6);
  CHECK(fake_calls("message_request") == 4);
}

static void keys_metrics_and_log(void) {
  char buf[16];
  CHECK(sh_kv_put(SH_STR("key"), SH_STR("value"), 0) == SH_OK);
  CHECK(sh_kv_get(SH_STR("key"), buf, sizeof buf) == 5 && memcmp(buf, "value", 5) == 0);
  CHECK(sh_equal(fake_value("key"), SH_STR("value")));
  CHECK(sh_kv_delete(SH_STR("key")) == SH_OK && sh_kv_delete(SH_STR("key")) == SH_NOT_FOUND);
  CHECK(sh_kv_put(SH_NONE, SH_NONE, 0) == SH_INVALID);
  CHECK(sh_metric_add(SH_STR("counter"), 2) == SH_OK && sh_metric_add(SH_STR("counter"), 3) == SH_OK && fake_metric("counter") == 5);
  CHECK(sh_metric_set(SH_STR("gauge"), -1) == SH_OK && fake_metric("gauge") == -1);
  CHECK(sh_metric_set(SH_STR("counter"), 1) == SH_INVALID && sh_metric_add(SH_STR("No name"), 1) == SH_INVALID);
  CHECK(fake_has_metric("gauge") && !fake_has_metric("other"));
  fake_log_level(SH_LEVEL_WARN);
  CHECK(!sh_log_enabled(SH_LEVEL_INFO) && sh_log_enabled(SH_LEVEL_ERROR));
  sh_log(SH_LEVEL_INFO, SH_STR("not this"));
  sh_log(SH_LEVEL_WARN, SH_STR("but this"));
  CHECK(fake_logged(SH_LEVEL_DEBUG, NULL) == 1 && fake_logged(SH_LEVEL_WARN, "but this") == 1);
}

static void the_host_answers(void) {
  char buf[16];
  CHECK(sh_node_id(buf, sizeof buf) == SH_NODE_ID_SIZE && sh_node_id(NULL, 0) == SH_NODE_ID_SIZE);
  fake_time(77);
  CHECK(sh_time_now() == 77);
  CHECK(sh_random_fill(buf, sizeof buf) == SH_OK && sh_random_fill(buf, 65537) == SH_TOO_LARGE);
  CHECK(sh_event_read(0, buf, sizeof buf) == SH_UNSUPPORTED && sh_state_read(0, buf, sizeof buf) == SH_UNSUPPORTED);
  CHECK(sh_config_get(buf, sizeof buf) == 2);
  fake_fail("config_get", -77);
  CHECK(sh_config_get(buf, sizeof buf) == -77 && sh_config_get(buf, sizeof buf) == 2);
}

static void every_code_has_its_name(void) {
  static const char *const names[] = {"OK", "NOT_FOUND", "EXISTS", "REMOVED", "TOO_LARGE", "INVALID", "DENIED", "UNAVAILABLE", "UNSUPPORTED", "LIMIT", "UNKNOWN"};
  for (int i = 0; i < 11; i++) CHECK(sh_equal(sh_code_name(-i), sh_view(names[i], strlen(names[i]))));
  CHECK(sh_equal(sh_code_name(1000), SH_STR("OK")) && sh_equal(sh_code_name(SH_NO_ROOM), SH_STR("NO_ROOM")));
  CHECK(sh_fits(3, 3) && !sh_fits(4, 3) && !sh_fits(SH_LIMIT, 3));
}

/* -- buffers ---------------------------------------------------------------------------------- */

static bool grow(sh_buffer *b, size_t need) {
  uint8_t *more = realloc(b->data, need);
  if (!more || need > 1000) return false;
  b->data = more;
  b->cap = need;
  return true;
}

static void buffers_grow_where_they_can(void) {
  uint8_t small[4];
  sh_buffer fixed = SH_BUFFER(small), growing = {NULL, 0, 0, grow};
  fake_phase(FAKE_EVENT);
  fake_session_put("id", "twelve bytes", 12);
  CHECK(sh_session_get_into(SH_STR("id"), &fixed) == SH_NO_ROOM && fixed.len == 12);
  CHECK(sh_session_get_into(SH_STR("id"), &growing) == 12 && sh_equal(sh_buffer_bytes(&growing), SH_STR("twelve bytes")));
  CHECK(sh_session_get_into(SH_STR("no"), &growing) == SH_NOT_FOUND && growing.len == 0);
  CHECK(fake_calls("session_get") == 4);
  sh_kv_put(SH_STR("k"), SH_STR("a value of the plugin's own"), 0);
  CHECK(sh_kv_get_into(SH_STR("k"), &growing) == 27 && sh_kv_get_into(SH_STR("k"), &fixed) == SH_NO_ROOM);
  CHECK(sh_config_get_into(&fixed) == 2 && fixed.len == 2);
  free(growing.data);
}

/* -- text and configuration --------------------------------------------------------------------- */

static void text_is_built_and_cut_off(void) {
  char buf[40];
  sh_text t = SH_TEXT(buf);
  sh_text_add(&t, SH_STR("n "));
  sh_text_u64(&t, UINT64_MAX);
  sh_text_add(&t, SH_STR(" "));
  sh_text_i64(&t, -7);
  sh_text_hex(&t, SH_STR("\x00\xff"));
  CHECK(sh_equal(sh_text_bytes(&t), SH_STR("n 18446744073709551615 -700ff")));
  sh_text_add(&t, SH_STR("what does not fit is cut off"));
  CHECK(t.len == sizeof buf);
  sh_text least = SH_TEXT(buf);
  sh_text_i64(&least, INT64_MIN);
  CHECK(sh_equal(sh_text_bytes(&least), SH_STR("-9223372036854775808")));
}

static void json_objects_are_read(void) {
  sh_json j = sh_json_open(SH_STR(" { \"a\" : -12 , \"b\\\"\": \"x\\ny\", \"c\":{\"d\":[1,\"]}\"]},\"e\":true,\"f\":[] ,\"g\":null}"));
  static const char *const want[][2] = {{"a", "-12"}, {"b\\\"", "\"x\\ny\""}, {"c", "{\"d\":[1,\"]}\"]}"}, {"e", "true"}, {"f", "[]"}, {"g", "null"}};
  sh_bytes key, value;
  int n = 0;
  while (sh_json_next(&j, &key, &value)) {
    CHECK(n < 6 && sh_equal(key, sh_view(want[n][0], strlen(want[n][0]))) && sh_equal(value, sh_view(want[n][1], strlen(want[n][1]))));
    n++;
  }
  CHECK(n == 6 && !j.bad);
  sh_json empty = sh_json_open(SH_STR("{}"));
  CHECK(!sh_json_next(&empty, &key, &value) && !empty.bad);
}

static void what_is_no_json_object_is_bad(void) {
  static const char *const bad[] = {"", "[]", "{", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":\"", "{\"a\":[1", "{\"a\":{\"b\":1}", "{\"a\":1 2}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    /* A copy, so that reading beyond it is seen. */
    size_t len = strlen(bad[i]);
    char *copy = malloc(len ? len : 1);
    memcpy(copy, bad[i], len);
    sh_json j = sh_json_open(sh_view(copy, len));
    sh_bytes key, value;
    while (sh_json_next(&j, &key, &value)) continue;
    CHECK(j.bad);
    CHECK(!sh_json_next(&j, &key, &value));
    free(copy);
  }
}

static void json_values_are_read(void) {
  int64_t n = 5;
  bool yes = false;
  CHECK(sh_json_i64(SH_STR("-12"), &n) && n == -12);
  CHECK(sh_json_i64(SH_STR("9223372036854775807"), &n) && n == INT64_MAX);
  static const char *const no_numbers[] = {"", "-", "1.5", "1e3", "\"1\"", "9223372036854775808", "x"};
  for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++) CHECK(!sh_json_i64(sh_view(no_numbers[i], strlen(no_numbers[i])), &n) && n == INT64_MAX);
  CHECK(sh_json_bool(SH_STR("true"), &yes) && yes && sh_json_bool(SH_STR("false"), &yes) && !yes && !sh_json_bool(SH_STR("1"), &yes));

  CHECK(sh_json_duration(SH_STR("\"1h2m3s4ms5us6ns\""), &n) && n == 3723004005006);
  CHECK(sh_json_duration(SH_STR("\"0s\""), &n) && n == 0);
  static const char *const no_durations[] = {"1", "\"\"", "\"1\"", "\"s\"", "\"1d\"", "\"-1s\"", "\"1.5s\"", "\"9999999999h\"", "\"1m \"", "\"1s"};
  for (size_t i = 0; i < sizeof no_durations / sizeof *no_durations; i++) CHECK(!sh_json_duration(sh_view(no_durations[i], strlen(no_durations[i])), &n) && n == 0);

  char buf[8];
  CHECK(sh_json_string(SH_STR("\"abc\""), buf, sizeof buf) == 3 && memcmp(buf, "abc", 3) == 0);
  CHECK(sh_json_string(SH_STR("\"\""), buf, sizeof buf) == 0);
  CHECK(sh_json_string(SH_STR("\"\\n\\\"\\\\\\/\\u0041\""), buf, sizeof buf) == 5 && memcmp(buf, "\n\"\\/A", 5) == 0);
  CHECK(sh_json_string(SH_STR("\"\\u00e4\\u65e5\""), buf, sizeof buf) == 5 && memcmp(buf, "\xc3\xa4\xe6\x97\xa5", 5) == 0);
  CHECK(sh_json_string(SH_STR("\"\\ud83d\\ude00\""), buf, sizeof buf) == 4 && memcmp(buf, "\xf0\x9f\x98\x80", 4) == 0);
  CHECK(sh_json_string(SH_STR("\"nine bytes\""), buf, sizeof buf) == 10);
  static const char *const no_strings[] = {"", "1", "\"", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\"b\""};
  for (size_t i = 0; i < sizeof no_strings / sizeof *no_strings; i++) CHECK(sh_json_string(sh_view(no_strings[i], strlen(no_strings[i])), buf, sizeof buf) == SH_INVALID);
}

int main(void) {
  static void (*const tests[])(void) = {
    every_field_is_read, a_later_host_may_have_a_longer_header, a_record_that_ends_early_is_refused, lengths_that_overflow_are_refused,
    every_event_hook_gets_its_event, a_record_longer_than_the_buffer_is_an_error, a_part_hook_reads_the_rest, the_other_exports_work,
    sessions_are_got_inserted_and_removed, messages_are_sent, keys_metrics_and_log, the_host_answers, every_code_has_its_name,
    buffers_grow_where_they_can, text_is_built_and_cut_off, json_objects_are_read, what_is_no_json_object_is_bad, json_values_are_read,
  };
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    fake_reset();
    tests[i]();
  }
  fake_reset();
  printf("%d tests, %d failures\n", (int)(sizeof tests / sizeof *tests), failures);
  return failures != 0;
}
