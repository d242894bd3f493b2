;; outcome: harmless
;; on: insert
;; counts: removed
;;
;; Removes every session that it hears of, and has all others announced so that it hears of them.
(module
  (import "tls_session_v1" "session_remove" (func $session_remove (param i32 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "session_replay" (func $session_replay (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (data (i32.const 0) "removed")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.eqz (call $session_remove (call $id) (call $id_len)))
      (then (drop (call $metric_add (i32.const 0) (i32.const 7) (i64.const 1)))))
    (i32.const 0))
  (func (export "plugin_ready") (result i32) (drop (call $session_replay)) (i32.const 0)))
