//! The imports. Pointers and lengths are 32 bits wide here, as the ABI has them.

// SAFETY, of every call below: the host reads the ranges of the slices and writes
// to those of the buffers, all before it returns, and keeps no pointer. It checks
// every range against the memory, and traps.

use super::Room;

mod import {
    #[link(wasm_import_module = "tls_session_v1")]
    extern "C" {
        pub(super) fn session_get(id: *const u8, id_len: usize, buf: *mut u8, cap: usize) -> i32;
        pub(super) fn session_insert(id: *const u8, id_len: usize, session: *const u8, session_len: usize, ttl_ms: i64, flags: u32) -> i32;
        pub(super) fn session_remove(id: *const u8, id_len: usize) -> i32;
        pub(super) fn session_replay() -> i32;
        pub(super) fn message_publish(topic: *const u8, topic_len: usize, key: *const u8, key_len: usize, data: *const u8, data_len: usize) -> i32;
        pub(super) fn message_request(
            topic: *const u8,
            topic_len: usize,
            node: *const u8,
            node_len: usize,
            data: *const u8,
            data_len: usize,
            buf: *mut u8,
            cap: usize,
            timeout_ms: u32,
        ) -> i32;
        pub(super) fn message_reply(data: *const u8, data_len: usize) -> i32;
        pub(super) fn message_subscribe(topic: *const u8, topic_len: usize) -> i32;
        pub(super) fn kv_get(key: *const u8, key_len: usize, buf: *mut u8, cap: usize) -> i32;
        pub(super) fn kv_put(key: *const u8, key_len: usize, value: *const u8, value_len: usize, ttl_ms: i64) -> i32;
        pub(super) fn kv_delete(key: *const u8, key_len: usize) -> i32;
        pub(super) fn metric_add(name: *const u8, name_len: usize, value: i64) -> i32;
        pub(super) fn metric_set(name: *const u8, name_len: usize, value: i64) -> i32;
        pub(super) fn config_get(buf: *mut u8, cap: usize) -> i32;
        pub(super) fn state_read(offset: u32, buf: *mut u8, cap: usize) -> i32;
        pub(super) fn event_read(offset: u32, buf: *mut u8, cap: usize) -> i32;
        pub(super) fn node_id(buf: *mut u8, cap: usize) -> i32;
        pub(super) fn log(level: i32, text: *const u8, text_len: usize);
        pub(super) fn log_enabled(level: i32) -> i32;
        pub(super) fn time_now() -> i64;
        pub(super) fn random_fill(buf: *mut u8, cap: usize) -> i32;
    }
}

#[inline]
pub(crate) fn session_get(id: &[u8], buf: &mut Room) -> i32 {
    unsafe { import::session_get(id.as_ptr(), id.len(), buf.as_mut_ptr().cast(), buf.len()) }
}

#[inline]
pub(crate) fn session_insert(id: &[u8], session: &[u8], ttl_ms: i64, flags: u32) -> i32 {
    unsafe { import::session_insert(id.as_ptr(), id.len(), session.as_ptr(), session.len(), ttl_ms, flags) }
}

#[inline]
pub(crate) fn session_remove(id: &[u8]) -> i32 {
    unsafe { import::session_remove(id.as_ptr(), id.len()) }
}

#[inline]
pub(crate) fn session_replay() -> i32 {
    unsafe { import::session_replay() }
}

#[inline]
pub(crate) fn message_publish(topic: &[u8], key: &[u8], data: &[u8]) -> i32 {
    unsafe { import::message_publish(topic.as_ptr(), topic.len(), key.as_ptr(), key.len(), data.as_ptr(), data.len()) }
}

#[inline]
pub(crate) fn message_request(topic: &[u8], node: &[u8], data: &[u8], buf: &mut Room, timeout_ms: u32) -> i32 {
    unsafe {
        import::message_request(
            topic.as_ptr(),
            topic.len(),
            node.as_ptr(),
            node.len(),
            data.as_ptr(),
            data.len(),
            buf.as_mut_ptr().cast(),
            buf.len(),
            timeout_ms,
        )
    }
}

#[inline]
pub(crate) fn message_reply(data: &[u8]) -> i32 {
    unsafe { import::message_reply(data.as_ptr(), data.len()) }
}

#[inline]
pub(crate) fn message_subscribe(topic: &[u8]) -> i32 {
    unsafe { import::message_subscribe(topic.as_ptr(), topic.len()) }
}

#[inline]
pub(crate) fn kv_get(key: &[u8], buf: &mut Room) -> i32 {
    unsafe { import::kv_get(key.as_ptr(), key.len(), buf.as_mut_ptr().cast(), buf.len()) }
}

#[inline]
pub(crate) fn kv_put(key: &[u8], value: &[u8], ttl_ms: i64) -> i32 {
    unsafe { import::kv_put(key.as_ptr(), key.len(), value.as_ptr(), value.len(), ttl_ms) }
}

#[inline]
pub(crate) fn kv_delete(key: &[u8]) -> i32 {
    unsafe { import::kv_delete(key.as_ptr(), key.len()) }
}

#[inline]
pub(crate) fn metric_add(name: &[u8], value: i64) -> i32 {
    unsafe { import::metric_add(name.as_ptr(), name.len(), value) }
}

#[inline]
pub(crate) fn metric_set(name: &[u8], value: i64) -> i32 {
    unsafe { import::metric_set(name.as_ptr(), name.len(), value) }
}

#[inline]
pub(crate) fn config_get(buf: &mut Room) -> i32 {
    unsafe { import::config_get(buf.as_mut_ptr().cast(), buf.len()) }
}

#[inline]
pub(crate) fn state_read(offset: u32, buf: &mut Room) -> i32 {
    unsafe { import::state_read(offset, buf.as_mut_ptr().cast(), buf.len()) }
}

#[inline]
pub(crate) fn event_read(offset: u32, buf: &mut Room) -> i32 {
    unsafe { import::event_read(offset, buf.as_mut_ptr().cast(), buf.len()) }
}

#[inline]
pub(crate) fn node_id(buf: &mut Room) -> i32 {
    unsafe { import::node_id(buf.as_mut_ptr().cast(), buf.len()) }
}

#[inline]
pub(crate) fn log(level: i32, text: &[u8]) {
    unsafe { import::log(level, text.as_ptr(), text.len()) }
}

#[inline]
pub(crate) fn log_enabled(level: i32) -> i32 {
    unsafe { import::log_enabled(level) }
}

#[inline]
pub(crate) fn time_now() -> i64 {
    unsafe { import::time_now() }
}

#[inline]
pub(crate) fn random_fill(buf: &mut Room) -> i32 {
    unsafe { import::random_fill(buf.as_mut_ptr().cast(), buf.len()) }
}
