//! The host's functions as they are: for what the SDK's types can't say.

#[link(wasm_import_module = "tls_session_v1")]
extern "C" {
    pub fn session_get(id: *const u8, id_len: u32, buf: *mut u8, cap: u32) -> i32;
    pub fn session_insert(id: *const u8, id_len: u32, session: *const u8, session_len: u32, ttl_ms: i64, flags: u32) -> i32;
    pub fn session_remove(id: *const u8, id_len: u32) -> i32;
    pub fn message_publish(topic: *const u8, topic_len: u32, key: *const u8, key_len: u32, data: *const u8, data_len: u32) -> i32;
    #[allow(clippy::too_many_arguments)]
    pub fn message_request(
        topic: *const u8,
        topic_len: u32,
        node: *const u8,
        node_len: u32,
        data: *const u8,
        data_len: u32,
        buf: *mut u8,
        cap: u32,
        timeout_ms: u32,
    ) -> i32;
    pub fn message_reply(data: *const u8, data_len: u32) -> i32;
    pub fn message_subscribe(topic: *const u8, topic_len: u32) -> i32;
    pub fn kv_get(key: *const u8, key_len: u32, buf: *mut u8, cap: u32) -> i32;
    pub fn kv_put(key: *const u8, key_len: u32, value: *const u8, value_len: u32, ttl_ms: i64) -> i32;
    pub fn kv_delete(key: *const u8, key_len: u32) -> i32;
    pub fn metric_add(name: *const u8, name_len: u32, value: i64) -> i32;
    pub fn metric_set(name: *const u8, name_len: u32, value: i64) -> i32;
    pub fn config_get(buf: *mut u8, cap: u32) -> i32;
    pub fn state_read(offset: u32, buf: *mut u8, cap: u32) -> i32;
    pub fn event_read(offset: u32, buf: *mut u8, cap: u32) -> i32;
    pub fn node_id(buf: *mut u8, cap: u32) -> i32;
    pub fn log(level: i32, text: *const u8, text_len: u32);
    pub fn log_enabled(level: i32) -> i32;
    pub fn random_fill(buf: *mut u8, cap: u32) -> i32;
}
