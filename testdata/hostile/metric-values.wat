;; outcome: harmless
;; on: insert
;;
;; Adds and sets the largest and the smallest values, so that counters overflow, and uses counters as gauges.
(module
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "metric_set" (func $metric_set (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "countergauge")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (call $metric_add (i32.const 0) (i32.const 7) (i64.const 0x7fffffffffffffff)) (i32.const 0)) (then (return (i32.const 1))))
    (if (i32.ne (call $metric_add (i32.const 0) (i32.const 7) (i64.const -1)) (i32.const -5)) (then (return (i32.const 2))))
    (if (i32.ne (call $metric_set (i32.const 0) (i32.const 7) (i64.const 1)) (i32.const -5)) (then (return (i32.const 3))))
    (if (i32.ne (call $metric_set (i32.const 7) (i32.const 5) (i64.const 0x8000000000000000)) (i32.const 0)) (then (return (i32.const 4))))
    (if (i32.ne (call $metric_add (i32.const 7) (i32.const 5) (i64.const 1)) (i32.const -5)) (then (return (i32.const 5))))
    (i32.const 0)))
