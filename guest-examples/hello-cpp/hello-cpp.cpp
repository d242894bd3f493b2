// hello-cpp counts sessions: hello in C++, with the same metrics and the same state. See
// README.md.
#include "sesshook.hpp"

using namespace sesshook;

namespace {

// The events seen, by this module and its predecessors.
std::int64_t count;

// Room for any session.
std::uint8_t room[SH_MAX_SEALED];

// Counts one event, and adds 1 to the metric of that name.
Result<void> seen(std::string_view metric) {
  count++;
  return metric_add(metric, 1);
}

}  // namespace

// Where the host puts the record of an event: 1024 bytes hold any but a message's.
SH_EVENT_BUFFER(1024)

// Once, before the first event. An error refuses the module.
SESSHOOK_PLUGIN_START() {
  log(Level::info, "hello-cpp: counting sessions");
  return {};
}

// A session was stored: count it, read it, and log its server name.
SESSHOOK_ON_SESSION_INSERT(event) {
  if (const auto session = session_get(event.id(), room); session) {  // it may be gone already
    if (const auto added = metric_add("session_bytes", static_cast<std::int64_t>(session->size())); !added) return added;
  }
  log(Level::debug, event.server_name());
  return seen("insert");
}

// A session left the cache; event.reason() says why.
SESSHOOK_ON_SESSION_REMOVE(event) { return seen("remove"); }

// A session was fetched for a client.
SESSHOOK_ON_SESSION_GET(event) { return seen("get"); }

// Every tick of the sidecar.
SESSHOOK_ON_TICK(now) { return metric_set("total", count); }

// Before the module is replaced: the state.
SESSHOOK_PLUGIN_SAVE() { return {reinterpret_cast<const std::uint8_t *>(&count), sizeof count}; }

// In its successor: take the state, if it has the right size.
SESSHOOK_PLUGIN_RESTORE(len) {
  if (len != sizeof count) return {};
  const auto read = state_read(0, {reinterpret_cast<std::uint8_t *>(&count), sizeof count});
  return read ? Result<void>() : read.error();
}
