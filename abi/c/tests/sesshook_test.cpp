// Unit tests of sesshook.hpp, over the host in memory.
#include "../sesshook.hpp"

#include <array>
#include <string>
#include <vector>

#include "../fake/sesshook_fake.h"
#include "check.h"

using namespace sesshook;

// -- a plugin -----------------------------------------------------------------------

SH_EVENT_BUFFER(SH_MIN_EVENT_BUFFER)

static Event seen;
static Result<void> returned;
static Result<Verdict> verdict = Verdict::allow;
static std::int64_t number;
static int calls;

static Result<void> note(const Event &e) {
  seen = e;
  calls++;
  return returned;
}

SESSHOOK_ON_SESSION_INSERT(e) { return note(e); }
SESSHOOK_ON_SESSION_REMOVE(e) { return note(e); }
SESSHOOK_ON_SESSION_GET(e) { return note(e); }
SESSHOOK_ON_SESSION_MISS(e) { return note(e); }
SESSHOOK_ON_MESSAGES_LOST(e) { return note(e); }

SESSHOOK_ON_SESSION_RESUME(e) {
  (void)note(e);
  return verdict;
}

SESSHOOK_ON_MESSAGE_PART(e) {
  static std::uint8_t room[2000];
  const auto whole = e.whole(Room(room));
  if (!whole) return whole.error();
  (void)note(*whole);
  return whole->has(Flag::request) ? message_reply(whole->data()) : returned;
}

SESSHOOK_ON_TICK(now) {
  number = now;
  return {};
}

SESSHOOK_ON_EVENTS_LOST(count) {
  number = count;
  return {};
}

SESSHOOK_PLUGIN_START() { return message_subscribe("topic"); }

SESSHOOK_PLUGIN_READY() {
  const auto n = session_replay();
  if (!n) return n.error();
  number = *n;
  return {};
}

SESSHOOK_PLUGIN_SAVE() { return "state"; }

SESSHOOK_PLUGIN_RESTORE(len) {
  std::string state;
  const auto got = state_read_into(state);
  if (!got) return got.error();
  return state == "state" && len == state.size() ? Result<void>() : Code::invalid;
}

SESSHOOK_PLUGIN_STOP() { calls++; }

// -- hooks ----------------------------------------------------------------------------

static fake_event full() {
  fake_event e{};
  e.kind = SH_KIND_REMOVE, e.origin = SH_ORIGIN_ADMIN, e.reason = SH_REASON_EXPLICIT, e.flags = SH_FLAG_EXISTING | SH_FLAG_CLIENT_CERT;
  e.seq = 0x0102030405060708, e.time = 1795386671123456789, e.created = -1, e.expires = INT64_MAX;
  e.session_len = 0xfffefdfc, e.tls_version = 0x0304, e.cipher_suite = 0x1301, e.format = SH_FORMAT_GO_TLS;
  e.id = "an id", e.server_name = "example.org", e.alpn = "h2", e.node = "3f2a9c01d4e5", e.topic = "topic", e.key = "a key", e.data = "some data";
  return e;
}

static void every_event_hook_reads_every_field() {
  const auto event = full();
  for (auto *hook : {on_session_insert, on_session_remove, on_session_get, on_session_miss, on_session_resume, on_message, on_messages_lost}) {
    calls = 0;
    CHECK(fake_call(hook, &event) == SH_OK);
    CHECK(calls == 1);
    CHECK(seen.kind() == Kind::remove && seen.origin() == Origin::admin && seen.reason() == Reason::explicitly);
    CHECK(seen.flags() == 9 && seen.has(Flag::existing) && seen.has(Flag::client_cert) && !seen.has(Flag::request));
    CHECK(seen.seq() == 0x0102030405060708 && seen.time() == 1795386671123456789 && seen.created() == -1 && seen.expires() == INT64_MAX);
    CHECK(seen.session_len() == 0xfffefdfc && seen.tls_version() == 0x0304 && seen.cipher_suite() == 0x1301 && seen.format() == Format::go_tls);
    CHECK(seen.id() == "an id" && seen.server_name() == "example.org" && seen.alpn() == "h2" && seen.node() == "3f2a9c01d4e5");
    CHECK(seen.topic() == "topic" && seen.key() == "a key" && seen.data() == "some data");
    CHECK(seen.is_whole() && seen.size() == seen.received());
  }
}

static void an_error_of_a_hook_is_logged_and_returned() {
  const auto event = full();
  returned = Code::limit;
  CHECK(fake_call(on_session_get, &event) == SH_LIMIT);
  CHECK(fake_logged(SH_LEVEL_ERROR, "on_session_get: LIMIT") == 1);
  returned = {};
  verdict = Verdict::refuse;
  CHECK(fake_call(on_session_resume, &event) == SH_REFUSE);
  verdict = Code::unavailable;
  CHECK(fake_call(on_session_resume, &event) == SH_UNAVAILABLE);
  verdict = Verdict::allow;
}

static void a_long_record_is_read_whole() {
  const std::string data(1500, 'd');
  fake_event e{};
  e.kind = SH_KIND_MESSAGE, e.flags = SH_FLAG_REQUEST, e.data = data.data(), e.data_len = data.size();
  fake_farm(true);
  CHECK(fake_call(on_message, &e) == SH_OK);
  CHECK(Bytes(fake_reply()) == data);
  const std::string more(2500, 'd');
  e.data = more.data(), e.data_len = more.size();
  CHECK(fake_call(on_message, &e) == SH_NO_ROOM);
  e.data_len = 10, e.flags = 0, e.server_name = more.c_str();
  CHECK(fake_call(on_session_insert, &e) == SH_NO_ROOM);
}

static void the_other_exports_work() {
  fake_phase(FAKE_START);
  CHECK(plugin_start() == SH_UNAVAILABLE);
  fake_farm(true);
  CHECK(plugin_start() == SH_OK && fake_subscribed("topic"));
  CHECK(plugin_ready() == SH_UNSUPPORTED);
  fake_phase(FAKE_EVENT);
  CHECK(plugin_ready() == SH_OK && number == 0);
  CHECK(fake_call_i64(on_tick, -5) == SH_OK && number == -5);
  CHECK(fake_call_i64(on_events_lost, 1ll << 40) == SH_OK && number == 1ll << 40);
  CHECK(static_cast<std::uint32_t>(plugin_save()) == 5);
  fake_phase(FAKE_RESTORE);
  fake_state("state", 5);
  CHECK(plugin_restore(5) == SH_OK && plugin_restore(4) == SH_INVALID);
  calls = 0;
  plugin_stop();
  CHECK(calls == 1);
}

// -- host functions ----------------------------------------------------------------------

static void sessions_are_got_inserted_and_removed() {
  std::uint8_t room[16];
  fake_phase(FAKE_EVENT);
  fake_session_put("an id", "session data", 12);
  const auto got = session_get("an id", room);
  CHECK(got && got->text() == "session data" && got->data() == room);
  const auto little = session_get("an id", Room(room).first(11));
  CHECK(!little && little.error().code == Code::no_room && little.error().needed == 12);
  CHECK(session_get("another", room).error().code == Code::not_found);
  std::vector<char> vector;
  CHECK(session_get_into("an id", vector) && vector.size() == 12);
  CHECK(session_get_into("another", vector).error().code == Code::not_found && vector.empty());
  CHECK(session_insert("an id", "x").error().code == Code::exists);
  CHECK(session_insert("an id", "x", 1000, Insert::overwrite | Insert::revive));
  CHECK(session_remove("an id") && session_remove("an id").error().code == Code::not_found);
  CHECK(session_insert("an id", "x").error().code == Code::removed);
  CHECK(session_replay().value_or(7) == 0);
  fake_phase(FAKE_START);
  CHECK(session_replay().value_or(7) == 7);
}

static void messages_are_sent() {
  std::uint8_t room[16];
  fake_phase(FAKE_EVENT);
  CHECK(message_publish("topic", "key", "data").error().code == Code::unavailable);
  fake_farm(true);
  CHECK(message_publish("topic", {}, "data"));
  CHECK(fake_published() == 1 && fake_published_at(0).key.len == 0 && Bytes(fake_published_at(0).data) == "data");
  fake_answer("answer");
  const auto reply = message_request("topic", {}, "?", room, 10);
  CHECK(reply && reply->text() == "answer");
  CHECK(message_request("topic", {}, "?", Room()).error().needed == 6);
  CHECK(message_reply("no request").error().code == Code::unsupported);
}

static void keys_metrics_and_the_host() {
  std::array<std::uint8_t, 16> room{};
  CHECK(kv_put("key", "value") && kv_get("key", {room.data(), room.size()})->text() == "value");
  std::string value;
  CHECK(kv_get_into("key", value) && value == "value");
  CHECK(kv_delete("key") && kv_delete("key").error().code == Code::not_found);
  CHECK(metric_add("counter", 2) && metric_set("gauge", -1) && fake_metric("counter") == 2 && fake_metric("gauge") == -1);
  CHECK(!metric_set("counter", 1));
  fake_log_level(SH_LEVEL_WARN);
  CHECK(!log_enabled(Level::info) && log_enabled(Level::error));
  log(Level::warn, "a line");
  CHECK(fake_logged(SH_LEVEL_WARN, "a line") == 1);
  CHECK(node_id({room.data(), room.size()})->size() == SH_NODE_ID_SIZE);
  CHECK(time_now() == 1000000000 && random_fill({room.data(), room.size()}));
  fake_config("{\"rate\":10}");
  CHECK(config_get({room.data(), room.size()})->text() == "{\"rate\":10}");
  CHECK(config_get_into(value) && value == "{\"rate\":10}");
  CHECK(event_read(0, {}).error().code == Code::unsupported && state_read(0, {}).error().code == Code::unsupported);
}

static void codes_have_names_and_unknown_ones_are_failures() {
  CHECK(name(Code::removed) == "REMOVED" && name(Code::ok) == "OK" && name(static_cast<Code>(-10)) == "UNKNOWN");
  fake_phase(FAKE_EVENT);
  fake_fail("kv_put", -10);
  const auto r = kv_put("key", "value");
  CHECK(!r && r.error().code == static_cast<Code>(-10));
}

int main() {
  for (auto *test : {every_event_hook_reads_every_field, an_error_of_a_hook_is_logged_and_returned, a_long_record_is_read_whole, the_other_exports_work,
                     sessions_are_got_inserted_and_removed, messages_are_sent, keys_metrics_and_the_host, codes_have_names_and_unknown_ones_are_failures}) {
    fake_reset();
    test();
  }
  fake_reset();
  std::printf("%d failures\n", failures);
  return failures != 0;
}
