// The host's functions as they are: abi/SPEC.md, "Host functions". One that is not
// called is not imported, and neither is the grant that it needs.

// @ts-ignore: decorator
@external("tls_session_v1", "session_get")
export declare function session_get(id: usize, idLen: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "session_insert")
export declare function session_insert(id: usize, idLen: u32, session: usize, sessionLen: u32, ttlMs: i64, flags: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "session_remove")
export declare function session_remove(id: usize, idLen: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "session_replay")
export declare function session_replay(): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "message_publish")
export declare function message_publish(topic: usize, topicLen: u32, key: usize, keyLen: u32, data: usize, dataLen: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "message_request")
export declare function message_request(topic: usize, topicLen: u32, node: usize, nodeLen: u32, data: usize, dataLen: u32, buf: usize, cap: u32, timeoutMs: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "message_reply")
export declare function message_reply(data: usize, dataLen: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "message_subscribe")
export declare function message_subscribe(topic: usize, topicLen: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "kv_get")
export declare function kv_get(key: usize, keyLen: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "kv_put")
export declare function kv_put(key: usize, keyLen: u32, value: usize, valueLen: u32, ttlMs: i64): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "kv_delete")
export declare function kv_delete(key: usize, keyLen: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "metric_add")
export declare function metric_add(name: usize, nameLen: u32, value: i64): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "metric_set")
export declare function metric_set(name: usize, nameLen: u32, value: i64): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "config_get")
export declare function config_get(buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "state_read")
export declare function state_read(offset: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "event_read")
export declare function event_read(offset: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "node_id")
export declare function node_id(buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "log")
export declare function log(level: i32, text: usize, textLen: u32): void;

// @ts-ignore: decorator
@external("tls_session_v1", "log_enabled")
export declare function log_enabled(level: i32): i32;

// @ts-ignore: decorator
@external("tls_session_v1", "time_now")
export declare function time_now(): i64;

// @ts-ignore: decorator
@external("tls_session_v1", "random_fill")
export declare function random_fill(buf: usize, len: u32): i32;
