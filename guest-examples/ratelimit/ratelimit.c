/* ratelimit counts the sessions that are made for each server name, and refuses to resume
 * those of a name for which too many are. See README.md. */
#include "sesshook.h"

/* -- settings ------------------------------------------------------------------------ */

/* What [config] says: rate sessions in per nanoseconds, burst of them at once. */
static struct {
  int64_t rate, burst, per;
  int64_t interval; /* ns that one session takes; 0 is no limit */
} limits;

enum { MAX_RATE = 1000000000, MAX_BURST = 1000000 };

static sh_result bad(sh_bytes key, sh_bytes what) {
  char line[200];
  sh_text t = SH_TEXT(line);
  sh_text_add(&t, key);
  sh_text_add(&t, SH_STR(": "));
  sh_text_add(&t, what);
  sh_log(SH_LEVEL_ERROR, sh_text_bytes(&t));
  return SH_INVALID;
}

static sh_result set(sh_bytes key, sh_bytes value) {
  if (sh_equal(key, SH_STR("rate")))
    return sh_json_i64(value, &limits.rate) && limits.rate >= 0 && limits.rate <= MAX_RATE ? SH_OK : bad(key, SH_STR("a whole number from 0, which is no limit, to 1000000000"));
  if (sh_equal(key, SH_STR("burst")))
    return sh_json_i64(value, &limits.burst) && limits.burst >= 1 && limits.burst <= MAX_BURST ? SH_OK : bad(key, SH_STR("a whole number from 1 to 1000000"));
  if (sh_equal(key, SH_STR("per")))
    return sh_json_duration(value, &limits.per) && limits.per >= 1000000 && limits.per <= 3600000000000 ? SH_OK : bad(key, SH_STR("a duration from \"1ms\" to \"1h\""));
  return bad(key, SH_STR("no such setting; there are: burst, per, rate"));
}

static sh_result configure(void) {
  static uint8_t json[4096];
  sh_buffer b = SH_BUFFER(json);
  if (sh_config_get_into(&b) < 0) return bad(SH_STR("config"), SH_STR("longer than 4096 bytes"));
  limits.rate = 0, limits.burst = 0, limits.per = 1000000000;
  sh_json settings = sh_json_open(sh_buffer_bytes(&b));
  sh_bytes key, value;
  while (sh_json_next(&settings, &key, &value)) {
    sh_result r = set(key, value);
    if (r < 0) return r;
  }
  if (settings.bad) return bad(SH_STR("config"), SH_STR("not a table"));
  if (!limits.burst) limits.burst = limits.rate < 1 ? 1 : limits.rate > MAX_BURST ? MAX_BURST : limits.rate;
  limits.interval = limits.rate ? limits.per / limits.rate : 0;
  if (limits.rate && !limits.interval) return bad(SH_STR("rate"), SH_STR("more than one in a nanosecond"));
  return SH_OK;
}

/* -- names ------------------------------------------------------------------------------ */

/* A server name, as its hash, and the time until which what was made for it counts: each
 * session moves it on by limits.interval (the generic cell rate algorithm). A time that
 * has passed is a name that nothing counts for, and its place is free. */
typedef struct name {
  uint64_t hash;
  int64_t until;
} name;

enum { SETS = 1024, WAYS = 4, VERSION = 1 };

/* What there is to remember, and what a successor takes over. A name has WAYS places, so
 * that finding one costs the same however many there are. */
static struct {
  uint32_t version, size;
  uint64_t seed; /* so that nobody can choose names that collide */
  name names[SETS][WAYS];
} table;

static uint64_t hash(sh_bytes server_name) {
  uint64_t h = table.seed ^ 0xcbf29ce484222325;
  for (size_t i = 0; i < server_name.len; i++) h = (h ^ server_name.data[i]) * 0x100000001b3;
  h ^= h >> 32;
  return h * 0x9e3779b97f4a7c15;
}

/* The name's place, or NULL. */
static name *find(uint64_t h) {
  for (name *n = table.names[h >> 54]; n < table.names[h >> 54] + WAYS; n++)
    if (n->hash == h && n->until) return n;
  return NULL;
}

/* The place for a new name: one that is free, or else the one whose time is over first. */
static name *make_room(uint64_t h, int64_t now) {
  name *first = table.names[h >> 54];
  for (name *n = first + 1; n < table.names[h >> 54] + WAYS; n++)
    if (n->until < first->until) first = n;
  if (first->until > now) sh_metric_add(SH_STR("forgotten"), 1);
  first->hash = h;
  first->until = 0;
  return first;
}

/* -- hooks ------------------------------------------------------------------------------- */

/* Holds every record but a message. */
SH_EVENT_BUFFER(1024)

SH_PLUGIN_START() {
  table.version = VERSION, table.size = sizeof table;
  sh_result r = sh_random_fill(&table.seed, sizeof table.seed);
  return r < 0 ? r : configure();
}

/* Counts a session that was made here: not one that a plugin has copied to here, nor one
 * that is there already. */
SH_ON_SESSION_INSERT(event) {
  uint8_t origin = sh_event_origin(event);
  if (!limits.interval || (sh_event_flags(event) & SH_FLAG_EXISTING) || (origin != SH_ORIGIN_CLIENT && origin != SH_ORIGIN_FRONT)) return SH_OK;
  uint64_t h = hash(sh_event_server_name(event));
  int64_t now = sh_event_time(event), most = now + limits.burst * limits.interval;
  name *n = find(h);
  if (!n) n = make_room(h, now);
  int64_t until = (n->until > now ? n->until : now) + limits.interval;
  if (until > most) {
    sh_metric_add(SH_STR("over"), 1);
    until = most;
  }
  n->until = until;
  return sh_metric_add(SH_STR("made"), 1);
}

/* Refuses where one more session would be too many. */
SH_ON_SESSION_RESUME(event) {
  if (!limits.interval) return SH_ALLOW;
  name *n = find(hash(sh_event_server_name(event)));
  if (!n || n->until <= sh_event_time(event) + (limits.burst - 1) * limits.interval) return SH_ALLOW;
  sh_metric_add(SH_STR("refused"), 1);
  if (sh_log_enabled(SH_LEVEL_DEBUG)) {
    char line[300];
    sh_text t = SH_TEXT(line);
    sh_text_add(&t, SH_STR("too many sessions for "));
    sh_text_add(&t, sh_event_server_name(event));
    sh_log(SH_LEVEL_DEBUG, sh_text_bytes(&t));
  }
  return SH_REFUSE;
}

/* -- reloads ------------------------------------------------------------------------------- */

SH_PLUGIN_SAVE() { return sh_view(&table, sizeof table); }

/* Takes over what its predecessor counted, unless that had another table. */
SH_PLUGIN_RESTORE(len) {
  uint32_t head[2];
  if (len != sizeof table || sh_state_read(0, head, sizeof head) < 0 || head[0] != VERSION || head[1] != sizeof table) {
    sh_log(SH_LEVEL_WARN, SH_STR("the state of another version is not taken over"));
    return SH_OK;
  }
  sh_result r = sh_state_read(0, &table, sizeof table);
  return r < 0 ? r : SH_OK;
}
