//! The fake host of this thread, in the place of the imports.

use super::Room;
use crate::fake::with_host;

pub(crate) fn session_get(id: &[u8], buf: &mut Room) -> i32 {
    with_host(|host| host.session_get(id, buf))
}

pub(crate) fn session_insert(id: &[u8], session: &[u8], ttl_ms: i64, flags: u32) -> i32 {
    with_host(|host| host.session_insert(id, session, ttl_ms, flags))
}

pub(crate) fn session_remove(id: &[u8]) -> i32 {
    with_host(|host| host.session_remove(id))
}

pub(crate) fn session_replay() -> i32 {
    with_host(|host| host.session_replay())
}

pub(crate) fn message_publish(topic: &[u8], key: &[u8], data: &[u8]) -> i32 {
    with_host(|host| host.message_publish(topic, key, data))
}

pub(crate) fn message_request(topic: &[u8], node: &[u8], data: &[u8], buf: &mut Room, timeout_ms: u32) -> i32 {
    with_host(|host| host.message_request(topic, node, data, buf, timeout_ms))
}

pub(crate) fn message_reply(data: &[u8]) -> i32 {
    with_host(|host| host.message_reply(data))
}

pub(crate) fn message_subscribe(topic: &[u8]) -> i32 {
    with_host(|host| host.message_subscribe(topic))
}

pub(crate) fn kv_get(key: &[u8], buf: &mut Room) -> i32 {
    with_host(|host| host.kv_get(key, buf))
}

pub(crate) fn kv_put(key: &[u8], value: &[u8], ttl_ms: i64) -> i32 {
    with_host(|host| host.kv_put(key, value, ttl_ms))
}

pub(crate) fn kv_delete(key: &[u8]) -> i32 {
    with_host(|host| host.kv_delete(key))
}

pub(crate) fn metric_add(name: &[u8], value: i64) -> i32 {
    with_host(|host| host.metric_add(name, value))
}

pub(crate) fn metric_set(name: &[u8], value: i64) -> i32 {
    with_host(|host| host.metric_set(name, value))
}

pub(crate) fn config_get(buf: &mut Room) -> i32 {
    with_host(|host| host.config_get(buf))
}

pub(crate) fn state_read(offset: u32, buf: &mut Room) -> i32 {
    with_host(|host| host.state_read(offset, buf))
}

pub(crate) fn event_read(offset: u32, buf: &mut Room) -> i32 {
    with_host(|host| host.event_read(offset, buf))
}

pub(crate) fn node_id(buf: &mut Room) -> i32 {
    with_host(|host| host.node_id(buf))
}

pub(crate) fn log(level: i32, text: &[u8]) {
    with_host(|host| host.log(level, text))
}

pub(crate) fn log_enabled(level: i32) -> i32 {
    with_host(|host| host.log_enabled(level))
}

pub(crate) fn time_now() -> i64 {
    with_host(|host| host.time_now())
}

pub(crate) fn random_fill(buf: &mut Room) -> i32 {
    with_host(|host| host.random_fill(buf))
}
