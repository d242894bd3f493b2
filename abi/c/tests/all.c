/* Uses everything of sesshook.h that makes code, and nothing else: what it can't be linked
 * without would be a library. */
#include "sesshook.h"

SH_EVENT_BUFFER(1024)

static uint8_t memory[1024];
static bool grow(sh_buffer *b, size_t need) { return need <= b->cap; }

static sh_result use(const sh_event *e) {
  sh_buffer b = SH_BUFFER(memory);
  sh_event whole = *e;
  sh_text t = SH_TEXT(memory);
  sh_json j = sh_json_open(sh_buffer_bytes(&b));
  sh_bytes key, value, id = sh_event_id(e), data = sh_event_data(e);
  int64_t n = 0;
  bool yes = false;
  b.grow = grow;
  sh_event_whole(&whole, &b);
  while (sh_json_next(&j, &key, &value)) {
    sh_json_i64(value, &n);
    sh_json_bool(value, &yes);
    sh_json_duration(value, &n);
    sh_json_string(value, memory, sizeof memory);
  }
  sh_text_i64(&t, n);
  sh_text_hex(&t, id);
  sh_text_add(&t, sh_code_name((sh_result)n));
  sh_log(sh_log_enabled(SH_LEVEL_INFO) ? SH_LEVEL_INFO : SH_LEVEL_DEBUG, sh_text_bytes(&t));
  sh_session_get_into(id, &b);
  sh_session_insert(id, data, n, SH_OVERWRITE);
  sh_session_remove(id);
  sh_message_publish(sh_event_topic(e), sh_event_key(e), data);
  sh_message_request_into(sh_event_topic(e), sh_event_node(e), data, &b, 10);
  sh_message_reply(data);
  sh_kv_get_into(id, &b);
  sh_kv_put(id, data, sh_event_time(e));
  sh_kv_delete(id);
  sh_metric_add(sh_event_server_name(e), (int64_t)sh_event_seq(e));
  sh_metric_set(sh_event_alpn(e), sh_time_now() + sh_event_created(e) + sh_event_expires(e));
  sh_event_read(0, memory, sizeof memory);
  sh_node_id(memory, sizeof memory);
  sh_random_fill(memory, sizeof memory);
  return sh_session_replay() + (int)sh_event_session_len(e) + sh_event_tls_version(e) + sh_event_cipher_suite(e) + sh_event_format(e) + sh_event_kind(e) +
         sh_event_origin(e) + sh_event_reason(e) + sh_event_flags(e) + sh_event_is_whole(e) + sh_equal(id, data) + sh_fits((sh_result)n, 5);
}

SH_ON_SESSION_INSERT(e) { return use(e); }
SH_ON_SESSION_REMOVE_PART(e) { return use(e); }
SH_ON_SESSION_GET(e) { return use(e); }
SH_ON_SESSION_MISS(e) { return use(e); }
SH_ON_SESSION_RESUME(e) { return use(e); }
SH_ON_MESSAGE_PART(e) { return use(e); }
SH_ON_MESSAGES_LOST(e) { return use(e); }
SH_ON_TICK(now) { return (sh_result)now; }
SH_ON_EVENTS_LOST(count) { return (sh_result)count; }
SH_INITIALIZE() {}
SH_PLUGIN_START() { return sh_message_subscribe(SH_STR("topic")); }
SH_PLUGIN_READY() { return sh_config_get(memory, sizeof memory); }
SH_PLUGIN_SAVE() { return sh_view(memory, sizeof memory); }

SH_PLUGIN_RESTORE(len) {
  sh_buffer b = SH_BUFFER(memory);
  return sh_state_read_into(&b) + (sh_result)len;
}

SH_PLUGIN_STOP() {}
