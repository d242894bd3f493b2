// The conformance kit's machine (../../MACHINE.md) on the C++ SDK.
#include "sesshook.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>

using namespace sesshook;

namespace {

constexpr std::uint32_t kMemory = 0x80000, kConfig = 0x10000, kConfigCap = 0x1ffff, kScript = 0x30000, kEvent = 0x1000, kEventCap = 0x1000, kCalls = 0x100;

enum Handler : std::uint8_t { kInit, kStart, kBuffer, kRestore, kReady, kInsert, kRemove, kGet, kMiss, kResume, kMessage, kTick, kLost, kSave, kStop, kMissed };

std::uint8_t m[kMemory];
bool loaded;

// The event of the current call, and room for all of one that the event buffer does not
// hold.
const Event *current;
std::uint8_t whole[SH_HEADER_SIZE + 4 * SH_MAX_ID + SH_MAX_MESSAGE];

// -- memory --------------------------------------------------------------------

template <class T>
T load(std::uint32_t at) {
  T v;
  std::memcpy(&v, m + at, sizeof v);
  return v;
}

template <class T>
void store(std::uint32_t at, T v) {
  std::memcpy(m + at, &v, sizeof v);
}

// An address of the script as a pointer.
std::uint8_t *address(std::uint64_t a) {
  const auto at = static_cast<std::uint32_t>(a);
  return at < kMemory ? m + at : reinterpret_cast<std::uint8_t *>(static_cast<std::uintptr_t>(at));
}

Room room(std::uint64_t a, std::uint64_t n) { return {address(a), static_cast<std::uint32_t>(n)}; }
Bytes bytes(std::uint64_t a, std::uint64_t n) { return room(a, n); }
std::string_view text(std::uint64_t a, std::uint64_t n) { return bytes(a, n).text(); }

// -- results -------------------------------------------------------------------

// What the host returned, of what the SDK made of it.
std::int64_t back(const Error &e) { return e.code == Code::no_room ? static_cast<std::int64_t>(e.needed) : static_cast<std::int64_t>(e.code); }
std::int64_t back(const Result<void> &r) { return r ? 0 : back(r.error()); }
std::int64_t back(const Result<std::uint32_t> &r) { return r ? *r : back(r.error()); }
std::int64_t back(const Result<Bytes> &r) { return r ? static_cast<std::int64_t>(r->size()) : back(r.error()); }

// -- the script ------------------------------------------------------------------

std::uint32_t pc;

template <class T>
T next() {
  pc += sizeof(T);
  return load<T>(pc - sizeof(T));
}

std::uint64_t argument() {
  const auto tag = next<std::uint8_t>();
  const auto v = next<std::uint64_t>();
  const auto at = static_cast<std::uint32_t>(v);
  switch (tag) {
    case 0: return v;
    case 1: return load<std::uint64_t>(at);
    case 2: return load<std::uint32_t>(at);
    case 3: return load<std::uint16_t>(at);
    case 4: return load<std::uint8_t>(at);
    case 5: return (static_cast<std::uint64_t>(__builtin_wasm_memory_size(0)) << 16) + v;
    default: __builtin_trap();
  }
}

using Arguments = std::array<std::uint64_t, 9>;

Arguments arguments(std::size_t n) {
  Arguments a{};
  if (n > a.size()) __builtin_trap();
  for (std::size_t i = 0; i < n; i++) a[i] = argument();
  return a;
}

std::uint8_t digit(char c) { return static_cast<std::uint8_t>(c < 'a' ? c - '0' : c - 'a' + 10); }

// Reads the configuration and decodes the script.
void load_script() {
  const auto config = config_get({m + kConfig, kConfigCap});
  store<std::uint64_t>(8, config.value().size());
  auto hex = config->text();
  hex.remove_prefix(hex.find(':'));
  hex.remove_prefix(hex.find('"') + 1);
  std::uint32_t to = kScript;
  for (; hex[0] != '"'; hex.remove_prefix(2)) m[to++] = static_cast<std::uint8_t>(digit(hex[0]) << 4 | digit(hex[1]));
  m[to] = 0xff;
  loaded = true;
}

// -- host functions ---------------------------------------------------------------

std::int64_t call(std::uint8_t function, const Arguments &a) {
  const auto ms = [&](std::size_t i) { return static_cast<std::int64_t>(a[i]); };
  const auto u32 = [&](std::size_t i) { return static_cast<std::uint32_t>(a[i]); };
  switch (function) {
    case 0: return back(session_get(bytes(a[0], a[1]), room(a[2], a[3])));
    case 1: return back(session_insert(bytes(a[0], a[1]), bytes(a[2], a[3]), ms(4), static_cast<Insert>(u32(5))));
    case 2: return back(session_remove(bytes(a[0], a[1])));
    case 3: return back(session_replay());
    case 4: return back(message_publish(text(a[0], a[1]), bytes(a[2], a[3]), bytes(a[4], a[5])));
    case 5: return back(message_request(text(a[0], a[1]), text(a[2], a[3]), bytes(a[4], a[5]), room(a[6], a[7]), u32(8)));
    case 6: return back(message_reply(bytes(a[0], a[1])));
    case 7: return back(message_subscribe(text(a[0], a[1])));
    case 8: return back(kv_get(bytes(a[0], a[1]), room(a[2], a[3])));
    case 9: return back(kv_put(bytes(a[0], a[1]), bytes(a[2], a[3]), ms(4)));
    case 10: return back(kv_delete(bytes(a[0], a[1])));
    case 11: return back(metric_add(text(a[0], a[1]), ms(2)));
    case 12: return back(metric_set(text(a[0], a[1]), ms(2)));
    case 13: return back(config_get(room(a[0], a[1])));
    case 14: return back(state_read(u32(0), room(a[1], a[2])));
    case 15: return back(event_read(u32(0), room(a[1], a[2])));
    case 16: return back(node_id(room(a[0], a[1])));
    case 17: log(static_cast<Level>(u32(0)), text(a[1], a[2])); return 0;
    case 18: return log_enabled(static_cast<Level>(u32(0)));
    case 19: return time_now();
    case 20: return back(random_fill(room(a[0], a[1])));
    default: __builtin_trap();
  }
}

// -- the view -----------------------------------------------------------------------

// Writes the current event anew, as the SDK reads it; the length, or -1.
std::int64_t view(std::uint32_t at) {
  const auto read = current->whole(Room(whole));
  if (!read) return -1;
  const Event &e = *read;
  store<std::uint16_t>(at, SH_HEADER_SIZE);
  store(at + 2, e.kind());
  store(at + 3, e.origin());
  store(at + 4, e.reason());
  store(at + 5, e.flags());
  store(at + 8, e.seq());
  store(at + 16, e.time());
  store(at + 24, e.created());
  store(at + 32, e.expires());
  store(at + 40, e.session_len());
  store(at + 44, e.tls_version());
  store(at + 46, e.cipher_suite());
  store(at + 58, e.format());
  std::uint32_t end = at + SH_HEADER_SIZE;
  const auto part = [&](std::uint32_t length, Bytes b) {
    if (length == 60) store(at + length, static_cast<std::uint32_t>(b.size()));
    else store(at + length, static_cast<std::uint16_t>(b.size()));
    std::copy(b.begin(), b.end(), m + end);
    end += static_cast<std::uint32_t>(b.size());
  };
  part(6, e.id());
  part(48, e.server_name());
  part(50, e.alpn());
  part(52, e.node());
  part(54, e.topic());
  part(56, e.key());
  part(60, e.data());
  return end - at;
}

// -- instructions ----------------------------------------------------------------------

std::uint64_t hash(Bytes b) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (std::uint8_t c : b) h = (h ^ c) * 0x100000001b3;
  return h;
}

std::uint64_t math(std::uint8_t which, std::uint64_t x, std::uint64_t y) {
  switch (which) {
    case 0: return x + y;
    case 1: return x - y;
    case 2: return static_cast<std::int64_t>(x) < static_cast<std::int64_t>(y);
    default: return x << 32 | static_cast<std::uint32_t>(y);
  }
}

void digits(std::uint32_t dst, std::uint64_t x, std::uint64_t n) {
  for (auto i = static_cast<std::uint32_t>(n); i-- > 0; x >>= 4) m[dst + i] = static_cast<std::uint8_t>("0123456789abcdef"[x & 15]);
}

// Runs one block, from pc on. true: it has ended the call, and set result.
bool block(std::uint64_t &result) {
  for (;;) {
    switch (next<std::uint8_t>()) {
      case 0: return false;
      case 1: {
        const auto function = next<std::uint8_t>();
        const auto dst = next<std::uint32_t>();
        const auto n = next<std::uint8_t>();
        store(dst, call(function, arguments(n)));
        break;
      }
      case 2: {
        const auto dst = next<std::uint32_t>(), n = next<std::uint32_t>();
        std::memcpy(m + dst, m + pc, n);
        pc += n;
        break;
      }
      case 3: {
        const auto a = arguments(3);
        std::memset(address(a[0]), static_cast<std::uint8_t>(a[1]), static_cast<std::uint32_t>(a[2]));
        break;
      }
      case 4: {
        const auto a = arguments(3);
        std::memcpy(address(a[0]), address(a[1]), static_cast<std::uint32_t>(a[2]));
        break;
      }
      case 5: {
        const auto dst = next<std::uint32_t>();
        const auto a = arguments(2);
        store(dst, hash(bytes(a[0], a[1])));
        break;
      }
      case 6: {
        const auto dst = next<std::uint32_t>();
        const auto a = arguments(3);
        store<std::uint64_t>(dst, bytes(a[0], a[2]) == bytes(a[1], a[2]));
        break;
      }
      case 7: {
        const auto which = next<std::uint8_t>();
        const auto dst = next<std::uint32_t>();
        const auto a = arguments(2);
        store(dst, math(which, a[0], a[1]));
        break;
      }
      case 8: {
        const auto x = argument();
        const auto to = next<std::uint32_t>();
        if (x == 0) pc = to;
        break;
      }
      case 9: result = argument(); return true;
      case 11: {
        const auto n = next<std::uint8_t>();
        const auto name = text(pc, n);
        pc += n;
        (void)metric_set(name, static_cast<std::int64_t>(argument()));
        break;
      }
      case 12: {
        const auto dst = next<std::uint32_t>();
        const auto a = arguments(2);
        digits(dst, a[0], a[1]);
        break;
      }
      case 13: {
        const auto dst = next<std::uint32_t>(), at = next<std::uint32_t>();
        store(dst, view(at));
        break;
      }
      default: __builtin_trap();  // 10, too
    }
  }
}

// Runs the blocks of a handler; without is the result if they return none.
std::uint64_t run(Handler h, std::uint64_t param, std::uint64_t without) {
  if (!loaded) load_script();
  store(0, param);
  const auto calls = load<std::uint64_t>(kCalls + 8 * h) + 1;
  store(kCalls + 8 * h, calls);
  std::uint64_t result = without;
  for (auto at = kScript; m[at] != 0xff; at += 6 + load<std::uint32_t>(at + 2)) {
    if (m[at] != h || (m[at + 1] != 0 && m[at + 1] != calls)) continue;
    pc = at + 6;
    if (block(result)) break;
  }
  return result;
}

Result<void> hook(Handler h, std::uint64_t param) {
  const auto r = static_cast<std::int32_t>(run(h, param, 0));
  if (r == 0) return {};
  return r < 0 ? static_cast<Code>(r) : Code::invalid;
}

Result<void> event(Handler h, const Event &e) {
  current = &e;
  return hook(h, e.received());
}

// Runs as _initialize does.
struct Initialized {
  Initialized() { (void)hook(kInit, 0); }
} initialized;

}  // namespace

// -- exports -----------------------------------------------------------------------------

// By hand, and not by SH_EVENT_BUFFER, because a script may say where it is.
extern "C" {
std::uint8_t *sh_event_buffer_at = m + kEvent;
std::uint32_t sh_event_buffer_cap = kEventCap;
}

SH_EXPORT(event_buffer) std::int64_t event_buffer() {
  const auto pair = run(kBuffer, 0, std::uint64_t{kEvent} << 32 | kEventCap);
  sh_event_buffer_at = address(pair >> 32);
  sh_event_buffer_cap = static_cast<std::uint32_t>(pair);
  return sh_pair(sh_event_buffer_at, sh_event_buffer_cap);
}

SESSHOOK_PLUGIN_START() { return hook(kStart, 0); }
SESSHOOK_PLUGIN_RESTORE(len) { return hook(kRestore, len); }
SESSHOOK_PLUGIN_READY() { return hook(kReady, 0); }
SESSHOOK_ON_SESSION_INSERT_PART(e) { return event(kInsert, e); }
SESSHOOK_ON_SESSION_REMOVE(e) { return event(kRemove, e); }
SESSHOOK_ON_SESSION_GET(e) { return event(kGet, e); }
SESSHOOK_ON_SESSION_MISS(e) { return event(kMiss, e); }

SESSHOOK_ON_SESSION_RESUME(e) {
  current = &e;
  switch (static_cast<std::int32_t>(run(kResume, e.received(), 0))) {
    case SH_ALLOW: return Verdict::allow;
    case SH_REFUSE: return Verdict::refuse;
    default: return Code::invalid;
  }
}

SESSHOOK_ON_MESSAGE_PART(e) { return event(kMessage, e); }
SESSHOOK_ON_MESSAGES_LOST(e) { return event(kMissed, e); }
SESSHOOK_ON_TICK(now) { return hook(kTick, static_cast<std::uint64_t>(now)); }
SESSHOOK_ON_EVENTS_LOST(count) { return hook(kLost, static_cast<std::uint64_t>(count)); }

SESSHOOK_PLUGIN_SAVE() {
  const auto pair = run(kSave, 0, 0);
  return bytes(pair >> 32, pair);
}

SESSHOOK_PLUGIN_STOP() { (void)run(kStop, 0, 0); }
