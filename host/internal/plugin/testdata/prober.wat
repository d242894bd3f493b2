;; Asks for another session than the event's, whose id is "x": so the host's
;; cache is asked. Metric: calls.
(module
  (import "tls_session_v1" "session_get" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "metric_add" (func $add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 0) "callsx")
  (func (export "event_buffer") (result i64) (i64.const 0x0000200000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (drop (call $add (i32.const 0) (i32.const 5) (i64.const 1)))
    (drop (call $get (i32.const 5) (i32.const 1) (i32.const 64) (i32.const 64)))
    (i32.const 0)))
