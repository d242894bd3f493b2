;; outcome: harmless
;; on: insert
;;
;; Tries names that would break out of a line of metrics, or be another plugin's or the host's.
(module
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "metric_set" (func $metric_set (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "a\22} 1\nsesshook_up 0\na{b=\22")
  (data (i32.const 64) "Events")
  (data (i32.const 80) "__name__")
  (data (i32.const 96) "\c3\a9v\c3\a9nement")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (call $metric_add (i32.const 0) (i32.const 26) (i64.const 1)) (i32.const -5)) (then (return (i32.const 1))))
    (if (i32.ne (call $metric_add (i32.const 64) (i32.const 6) (i64.const 1)) (i32.const -5)) (then (return (i32.const 2))))
    (if (i32.ne (call $metric_set (i32.const 80) (i32.const 8) (i64.const 1)) (i32.const -5)) (then (return (i32.const 3))))
    (if (i32.ne (call $metric_set (i32.const 96) (i32.const 10) (i64.const 1)) (i32.const -5)) (then (return (i32.const 4))))
    (if (i32.ne (call $metric_add (i32.const 0) (i32.const 0) (i64.const 1)) (i32.const -5)) (then (return (i32.const 5))))
    (if (i32.ne (call $metric_add (i32.const 0) (i32.const 65) (i64.const 1)) (i32.const -5)) (then (return (i32.const 6))))
    (if (i32.ne (call $metric_add (i32.const 0) (i32.const 60000) (i64.const 1)) (i32.const -5)) (then (return (i32.const 7))))
    (i32.const 0)))
