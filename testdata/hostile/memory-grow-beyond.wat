;; outcome: limited memory
;; on: insert
;; sidecar: memory = "2MiB"
;;
;; Asks for a little more memory than it may have, and keeps asking.
(module
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "limited")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (memory.grow (i32.const 40)) (i32.const -1)) (then (return (i32.const 1))))
    (if (i32.ne (memory.grow (i32.const 32)) (i32.const -1)) (then (return (i32.const 2))))
    (drop (call $metric_add (i32.const 0) (i32.const 7) (i64.const 1)))
    (i32.const 0)))
