;; outcome: harmless
;; on: insert
;;
;; Has the host write its answers over what it has just been asked by: the id, the key, the event record.
(module
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_delete" (func $kv_delete (param i32 i32) (result i32)))
  (import "tls_session_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $id i32)
    (local.set $id (call $id))
    (if (i32.lt_s (call $session_get (local.get $id) (call $id_len) (local.get $id) (i32.const 4096)) (i32.const 0)) (then (return (i32.const 1))))
    (if (i32.ne (call $kv_put (i32.const 4096) (i32.const 256) (i32.const 4000) (i32.const 512) (i64.const 0)) (i32.const 0)) (then (return (i32.const 2))))
    (if (i32.ne (call $kv_get (i32.const 4096) (i32.const 256) (i32.const 4095) (i32.const 512)) (i32.const 512)) (then (return (i32.const 3))))
    (if (i32.ne (call $event_read (i32.const 0) (i32.const 4096) (i32.const 4096)) (local.get $len)) (then (return (i32.const 4))))
    (drop (call $kv_delete (i32.const 4096) (i32.const 256)))
    (i32.const 0)))
