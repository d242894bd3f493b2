/* The conformance kit's machine (../../MACHINE.md) on the C SDK. */
#include "sesshook.h"

enum { MEMORY = 0x80000, CONFIG_AT = 0x10000, CONFIG_CAP = 0x1ffff, SCRIPT_AT = 0x30000, EVENT_AT = 0x1000, EVENT_CAP = 0x1000, CALLS_AT = 0x100 };

enum handler { INIT, START, BUFFER, RESTORE, READY, INSERT, REMOVE, GET, MISS, RESUME, MESSAGE, TICK, LOST, SAVE, STOP, MISSED };

static uint8_t m[MEMORY];
static bool loaded;

/* The event of the current call, and room for all of one that the event buffer does not
 * hold. */
static const sh_event *current;
static uint8_t whole[SH_HEADER_SIZE + 4 * SH_MAX_ID + SH_MAX_MESSAGE];

/* The event buffer is the machine's, or what a script returns. */
uint8_t *sh_event_buffer_at = m + EVENT_AT;
uint32_t sh_event_buffer_cap = EVENT_CAP;

/* -- memory ------------------------------------------------------------------ */

static uint64_t load(uint32_t at, size_t n) {
  uint64_t v = 0;
  sh_copy(&v, n, sh_view(m + at, n));
  return v;
}

static void store(uint32_t at, uint64_t v) { sh_copy(m + at, 8, sh_view(&v, 8)); }

/* An address of the script as a pointer. */
static uint8_t *address(uint64_t a) {
  uint32_t at = (uint32_t)a;
  return at < MEMORY ? m + at : (uint8_t *)(uintptr_t)at;
}

static sh_bytes range(uint64_t a, uint64_t n) { return sh_view(address(a), (uint32_t)n); }

/* -- the script --------------------------------------------------------------- */

static uint32_t pc;

static uint8_t u8(void) { return m[pc++]; }

static uint32_t u32(void) {
  pc += 4;
  return (uint32_t)load(pc - 4, 4);
}

static uint64_t arg(void) {
  static const uint8_t sizes[] = {0, 8, 4, 2, 1};
  uint8_t tag = u8();
  uint64_t v = load(pc, 8);
  pc += 8;
  if (tag == 0) return v;
  if (tag == 5) return ((uint64_t)__builtin_wasm_memory_size(0) << 16) + v;
  if (tag > 5) __builtin_trap();
  return load((uint32_t)v, sizes[tag]);
}

static uint8_t digit(uint8_t c) { return c < 'a' ? c - '0' : c - 'a' + 10; }

/* Reads the configuration and decodes the script. */
static void load_script(void) {
  sh_buffer config = {m + CONFIG_AT, 0, CONFIG_CAP, 0};
  if (sh_config_get_into(&config) < 0) __builtin_trap();
  store(8, config.len);
  sh_json json = sh_json_open(sh_buffer_bytes(&config));
  sh_bytes key, value;
  if (!sh_json_next(&json, &key, &value)) __builtin_trap();
  uint32_t to = SCRIPT_AT;
  for (size_t i = 1; i + 1 < value.len; i += 2) m[to++] = (uint8_t)(digit(value.data[i]) << 4 | digit(value.data[i + 1]));
  m[to] = 0xff;
  loaded = true;
}

/* -- host functions ----------------------------------------------------------- */

/* What the host returned to a function that ends in _into. */
static sh_result length(sh_result r, const sh_buffer *b) { return r == SH_NO_ROOM ? (sh_result)b->len : r; }

static int64_t call(uint8_t function, const uint64_t *a) {
  sh_buffer b = {0};
  switch (function) {
    case 0:
      b.data = address(a[2]), b.cap = (uint32_t)a[3];
      return length(sh_session_get_into(range(a[0], a[1]), &b), &b);
    case 1: return sh_session_insert(range(a[0], a[1]), range(a[2], a[3]), (int64_t)a[4], (uint32_t)a[5]);
    case 2: return sh_session_remove(range(a[0], a[1]));
    case 3: return sh_session_replay();
    case 4: return sh_message_publish(range(a[0], a[1]), range(a[2], a[3]), range(a[4], a[5]));
    case 5:
      b.data = address(a[6]), b.cap = (uint32_t)a[7];
      return length(sh_message_request_into(range(a[0], a[1]), range(a[2], a[3]), range(a[4], a[5]), &b, (uint32_t)a[8]), &b);
    case 6: return sh_message_reply(range(a[0], a[1]));
    case 7: return sh_message_subscribe(range(a[0], a[1]));
    case 8:
      b.data = address(a[2]), b.cap = (uint32_t)a[3];
      return length(sh_kv_get_into(range(a[0], a[1]), &b), &b);
    case 9: return sh_kv_put(range(a[0], a[1]), range(a[2], a[3]), (int64_t)a[4]);
    case 10: return sh_kv_delete(range(a[0], a[1]));
    case 11: return sh_metric_add(range(a[0], a[1]), (int64_t)a[2]);
    case 12: return sh_metric_set(range(a[0], a[1]), (int64_t)a[2]);
    case 13:
      b.data = address(a[0]), b.cap = (uint32_t)a[1];
      return length(sh_config_get_into(&b), &b);
    case 14: return sh_state_read((uint32_t)a[0], address(a[1]), (uint32_t)a[2]);
    case 15: return sh_event_read((uint32_t)a[0], address(a[1]), (uint32_t)a[2]);
    case 16: return sh_node_id(address(a[0]), (uint32_t)a[1]);
    case 17: sh_log((int32_t)a[0], range(a[1], a[2])); return 0;
    case 18: return sh_log_enabled((int32_t)a[0]);
    case 19: return sh_time_now();
    case 20: return sh_random_fill(address(a[0]), (uint32_t)a[1]);
    default: __builtin_trap();
  }
}

/* -- the view ------------------------------------------------------------------ */

static void put(uint32_t at, uint64_t v, size_t n) { sh_copy(m + at, n, sh_view(&v, n)); }

/* Writes the current event anew, as the SDK reads it; the length, or -1. */
static int64_t view(uint32_t at) {
  sh_event e = *current;
  sh_buffer b = SH_BUFFER(whole);
  if (!sh_event_is_whole(&e) && sh_event_whole(&e, &b) < 0) return -1;
  const sh_bytes parts[] = {sh_event_id(&e), sh_event_server_name(&e), sh_event_alpn(&e), sh_event_node(&e), sh_event_topic(&e), sh_event_key(&e), sh_event_data(&e)};
  static const uint8_t lengths[] = {6, 48, 50, 52, 54, 56, 60};
  put(at, SH_HEADER_SIZE, 2);
  put(at + 2, sh_event_kind(&e), 1);
  put(at + 3, sh_event_origin(&e), 1);
  put(at + 4, sh_event_reason(&e), 1);
  put(at + 5, sh_event_flags(&e), 1);
  put(at + 8, sh_event_seq(&e), 8);
  put(at + 16, (uint64_t)sh_event_time(&e), 8);
  put(at + 24, (uint64_t)sh_event_created(&e), 8);
  put(at + 32, (uint64_t)sh_event_expires(&e), 8);
  put(at + 40, sh_event_session_len(&e), 4);
  put(at + 44, sh_event_tls_version(&e), 2);
  put(at + 46, sh_event_cipher_suite(&e), 2);
  put(at + 58, sh_event_format(&e), 2);
  uint32_t end = at + SH_HEADER_SIZE;
  for (size_t i = 0; i < 7; i++) {
    put(at + lengths[i], parts[i].len, i < 6 ? 2 : 4);
    end += (uint32_t)sh_copy(m + end, MEMORY - end, parts[i]);
  }
  return end - at;
}

/* -- instructions --------------------------------------------------------------- */

static uint64_t hash(sh_bytes b) {
  uint64_t h = 0xcbf29ce484222325;
  for (size_t i = 0; i < b.len; i++) h = (h ^ b.data[i]) * 0x100000001b3;
  return h;
}

static uint64_t math(uint8_t which, uint64_t x, uint64_t y) {
  switch (which) {
    case 0: return x + y;
    case 1: return x - y;
    case 2: return (int64_t)x < (int64_t)y;
    default: return x << 32 | (uint32_t)y;
  }
}

/* Runs one block, from pc on. true: it has ended the call, and set result. */
static bool block(uint64_t *result) {
  for (;;) {
    uint64_t a[9] = {0};
    uint32_t dst, n;
    uint8_t which;
    switch (u8()) {
      case 0: return false;
      case 1:
        which = u8(), dst = u32(), n = u8();
        if (n > 9) __builtin_trap();
        for (uint32_t i = 0; i < n; i++) a[i] = arg();
        store(dst, (uint64_t)call(which, a));
        break;
      case 2:
        dst = u32(), n = u32();
        sh_copy(m + dst, n, sh_view(m + pc, n));
        pc += n;
        break;
      case 3:
        for (int i = 0; i < 3; i++) a[i] = arg();
        __builtin_memset(address(a[0]), (int)(uint8_t)a[1], (uint32_t)a[2]);
        break;
      case 4:
        for (int i = 0; i < 3; i++) a[i] = arg();
        sh_copy(address(a[0]), (uint32_t)a[2], range(a[1], a[2]));
        break;
      case 5:
        dst = u32();
        for (int i = 0; i < 2; i++) a[i] = arg();
        store(dst, hash(range(a[0], a[1])));
        break;
      case 6:
        dst = u32();
        for (int i = 0; i < 3; i++) a[i] = arg();
        store(dst, sh_equal(range(a[0], a[2]), range(a[1], a[2])));
        break;
      case 7:
        which = u8(), dst = u32();
        for (int i = 0; i < 2; i++) a[i] = arg();
        store(dst, math(which, a[0], a[1]));
        break;
      case 8:
        a[0] = arg(), dst = u32();
        if (!a[0]) pc = dst;
        break;
      case 9: *result = arg(); return true;
      case 10: __builtin_trap();
      case 11: {
        n = u8();
        sh_bytes name = sh_view(m + pc, n);
        pc += n;
        sh_metric_set(name, (int64_t)arg());
        break;
      }
      case 12: {
        dst = u32();
        for (int i = 0; i < 2; i++) a[i] = arg();
        for (uint32_t i = (uint32_t)a[1]; i-- > 0; a[0] >>= 4) m[dst + i] = "0123456789abcdef"[a[0] & 15];
        break;
      }
      case 13: dst = u32(), n = u32(); store(dst, (uint64_t)view(n)); break;
      default: __builtin_trap();
    }
  }
}

/* Runs the blocks of a handler; without is the result if they return none. */
static uint64_t run(enum handler h, uint64_t param, uint64_t without) {
  if (!loaded) load_script();
  store(0, param);
  uint64_t calls = load(CALLS_AT + 8 * (uint32_t)h, 8) + 1, result = without;
  store(CALLS_AT + 8 * (uint32_t)h, calls);
  for (uint32_t at = SCRIPT_AT; m[at] != 0xff; at += 6 + (uint32_t)load(at + 2, 4)) {
    if (m[at] != h || (m[at + 1] && m[at + 1] != calls)) continue;
    pc = at + 6;
    if (block(&result)) break;
  }
  return result;
}

static sh_result hook(enum handler h, uint64_t param) { return (sh_result)run(h, param, 0); }

static sh_result event(enum handler h, const sh_event *e) {
  current = e;
  return hook(h, e->len);
}

/* -- exports --------------------------------------------------------------------- */

SH_INITIALIZE() { hook(INIT, 0); }
SH_PLUGIN_START() { return hook(START, 0); }

/* By hand, and not by SH_EVENT_BUFFER, because a script may say where it is. */
SH_EXPORT(event_buffer) int64_t event_buffer(void) {
  uint64_t pair = run(BUFFER, 0, (uint64_t)EVENT_AT << 32 | EVENT_CAP);
  sh_event_buffer_at = address(pair >> 32);
  sh_event_buffer_cap = (uint32_t)pair;
  return sh_pair(sh_event_buffer_at, sh_event_buffer_cap);
}

SH_PLUGIN_RESTORE(len) { return hook(RESTORE, len); }
SH_PLUGIN_READY() { return hook(READY, 0); }
SH_ON_SESSION_INSERT_PART(e) { return event(INSERT, e); }
SH_ON_SESSION_REMOVE(e) { return event(REMOVE, e); }
SH_ON_SESSION_GET(e) { return event(GET, e); }
SH_ON_SESSION_MISS(e) { return event(MISS, e); }
SH_ON_SESSION_RESUME(e) { return event(RESUME, e); }
SH_ON_MESSAGE_PART(e) { return event(MESSAGE, e); }
SH_ON_MESSAGES_LOST(e) { return event(MISSED, e); }
SH_ON_TICK(now) { return hook(TICK, (uint64_t)now); }
SH_ON_EVENTS_LOST(count) { return hook(LOST, (uint64_t)count); }

SH_PLUGIN_SAVE() {
  uint64_t pair = run(SAVE, 0, 0);
  return range(pair >> 32, pair);
}

SH_PLUGIN_STOP() { hook(STOP, 0); }
