;; outcome: harmless
;; on: insert
;; sidecar: grants = ["sessions:read", "sessions:write", "sessions:secrets", "metrics"]
;; counts: overwritten
;;
;; Has the grant for sessions in clear, and overwrites every session that a client makes with noise.
(module
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "tls_session_v1" "random_fill" (func $random_fill (param i32 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (data (i32.const 0) "overwritten")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (drop (call $random_fill (i32.const 16384) (i32.const 300)))
    (drop (call $metric_add (i32.const 0) (i32.const 11) (i64.const 1)))
    (drop (call $session_insert (call $id) (call $id_len) (i32.const 16384) (i32.const 300) (i64.const 0) (i32.const 3)))
    (i32.const 0)))
