/* Unit tests of ratelimit, natively, over the SDK's host in memory. */
#include "fake/sesshook_fake.h"
#include "tests/check.h"

#include "ratelimit.c"

#include <stdlib.h>

enum { MS = 1000000 };

static void start(const char *config, sh_result want) {
  memset(table.names, 0, sizeof table.names);
  fake_config(config);
  CHECK(plugin_start() == want);
}

static int32_t happens(int32_t (*hook)(uint32_t), uint8_t origin, uint8_t flags, const char *server_name, int64_t at) {
  fake_event e = {.origin = origin, .flags = flags, .id = "an id", .server_name = server_name, .time = 1795386671000000000 + at};
  return fake_call(hook, &e);
}

static void make(const char *server_name, int64_t at) { CHECK(happens(on_session_insert, SH_ORIGIN_CLIENT, 0, server_name, at) == SH_OK); }
static bool refuses(const char *server_name, int64_t at) { return happens(on_session_resume, SH_ORIGIN_CLIENT, 0, server_name, at) == SH_REFUSE; }

static void without_a_rate_there_is_no_limit(void) {
  start("{}", SH_OK);
  for (int i = 0; i < 10000; i++) make("a.example", 0);
  CHECK(!refuses("a.example", 0));
  CHECK(!fake_has_metric("made"));
  start("{\"rate\":0,\"burst\":5}", SH_OK);
  for (int i = 0; i < 10; i++) make("a.example", 0);
  CHECK(!refuses("a.example", 0));
}

static void beyond_the_burst_it_refuses_until_time_has_passed(void) {
  start("{\"rate\":10,\"burst\":3}", SH_OK);
  for (int i = 0; i < 3; i++) {
    CHECK(!refuses("a.example", 0));
    make("a.example", 0);
  }
  CHECK(refuses("a.example", 0));
  CHECK(refuses("a.example", 100 * MS - 1));
  CHECK(!refuses("a.example", 100 * MS));
  make("a.example", 100 * MS);
  CHECK(refuses("a.example", 100 * MS));
  CHECK(fake_metric("made") == 4 && fake_metric("refused") == 3 && fake_metric("over") == 0);
  CHECK(fake_logged(SH_LEVEL_DEBUG, "a.example") == 3);
}

static void a_flood_does_not_lock_a_name_out_for_longer_than_its_burst(void) {
  start("{\"rate\":10,\"burst\":3}", SH_OK);
  for (int i = 0; i < 1000; i++) make("a.example", 0);
  CHECK(refuses("a.example", 0) && !refuses("a.example", 100 * MS));
  CHECK(fake_metric("over") == 997);
}

static void a_steady_rate_is_never_refused(void) {
  start("{\"rate\":10,\"burst\":1}", SH_OK);
  for (int64_t i = 0; i < 100; i++) {
    CHECK(!refuses("a.example", i * 100 * MS));
    make("a.example", i * 100 * MS);
  }
  CHECK(fake_metric("over") == 0);
}

static void per_and_the_default_burst(void) {
  start("{\"rate\":2,\"per\":\"1m\"}", SH_OK);
  make("a.example", 0);
  CHECK(!refuses("a.example", 0));
  make("a.example", 0);
  CHECK(refuses("a.example", 29999 * (int64_t)MS) && !refuses("a.example", 30000 * (int64_t)MS));
}

static void names_are_counted_apart(void) {
  start("{\"rate\":1}", SH_OK);
  make("a.example", 0);
  make("", 0);
  CHECK(refuses("a.example", 0) && refuses("", 0) && !refuses("b.example", 0));
}

static void only_what_was_made_here_counts(void) {
  start("{\"rate\":1}", SH_OK);
  CHECK(happens(on_session_insert, SH_ORIGIN_PLUGIN, 0, "a.example", 0) == SH_OK);
  CHECK(happens(on_session_insert, SH_ORIGIN_SNAPSHOT, 0, "a.example", 0) == SH_OK);
  CHECK(happens(on_session_insert, SH_ORIGIN_CLIENT, SH_FLAG_EXISTING, "a.example", 0) == SH_OK);
  CHECK(!refuses("a.example", 0));
  CHECK(happens(on_session_insert, SH_ORIGIN_FRONT, SH_FLAG_RESUMED, "a.example", 0) == SH_OK);
  CHECK(refuses("a.example", 0));
}

/* More names than there is room for: none is refused for another's sake, and those that
 * count most are remembered longest. */
static void more_names_than_places(void) {
  start("{\"rate\":1,\"burst\":10}", SH_OK);
  for (int i = 0; i < 10; i++) make("busy.example", 0);
  for (int i = 0; i < 20000; i++) {
    char other[32];
    snprintf(other, sizeof other, "n%d.example", i);
    make(other, 0);
    CHECK(!refuses(other, 0));
  }
  CHECK(refuses("busy.example", 0));
  CHECK(fake_metric("forgotten") == 20001 - SETS * WAYS);
  make("later.example", 3600000 * (int64_t)MS);
  CHECK(fake_metric("forgotten") == 20001 - SETS * WAYS);
}

static void settings_that_are_wrong_keep_it_from_loading(void) {
  static const char *const wrong[][2] = {
    {"{\"rate\":-1}", "rate"}, {"{\"rate\":\"10\"}", "rate"}, {"{\"rate\":1.5}", "rate"}, {"{\"rate\":1000000001}", "rate"},
    {"{\"burst\":0}", "burst"}, {"{\"burst\":1000001}", "burst"}, {"{\"per\":\"0s\"}", "per"}, {"{\"per\":\"2h\"}", "per"}, {"{\"per\":1}", "per"},
    {"{\"rate\":1000000000,\"per\":\"1ms\"}", "rate"}, {"{\"rates\":1}", "rates: no such setting"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    start(wrong[i][0], SH_INVALID);
    CHECK(fake_logged(SH_LEVEL_ERROR, wrong[i][1]) > 0);
  }
}

static void a_successor_goes_on_counting(void) {
  start("{\"rate\":1}", SH_OK);
  make("a.example", 0);
  CHECK((uint32_t)plugin_save() == sizeof table);
  fake_state(&table, sizeof table);
  start("{\"rate\":1}", SH_OK);
  fake_phase(FAKE_RESTORE);
  CHECK(plugin_restore(sizeof table) == SH_OK);
  fake_phase(FAKE_START);
  CHECK(refuses("a.example", 0));

  uint32_t other = VERSION + 1;
  memcpy(&table, &other, sizeof other);
  fake_state(&table, sizeof table);
  table.version = VERSION;
  start("{\"rate\":1}", SH_OK);
  fake_phase(FAKE_RESTORE);
  CHECK(plugin_restore(sizeof table) == SH_OK && plugin_restore(3) == SH_OK);
  CHECK(!refuses("a.example", 0) && fake_logged(SH_LEVEL_WARN, "another version") == 2);
}

int main(void) {
  static void (*const tests[])(void) = {
    without_a_rate_there_is_no_limit, beyond_the_burst_it_refuses_until_time_has_passed, a_flood_does_not_lock_a_name_out_for_longer_than_its_burst,
    a_steady_rate_is_never_refused, per_and_the_default_burst, names_are_counted_apart, only_what_was_made_here_counts, more_names_than_places,
    settings_that_are_wrong_keep_it_from_loading, a_successor_goes_on_counting,
  };
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    fake_reset();
    tests[i]();
  }
  fake_reset();
  printf("%d tests, %d failures\n", (int)(sizeof tests / sizeof *tests), failures);
  return failures != 0;
}
