;; Does what the last byte of the session id asks for: 0xff loops, 0xfe traps,
;; 0xfd returns an error, 0xfc refuses; anything else is fine. Metric: calls.
(module
  (import "tls_session_v1" "metric_add" (func $add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 0) "calls")
  (func (export "event_buffer") (result i64) (i64.const 0x0000200000001000))
  (func $mood (param $len i32) (result i32) (local $last i32)
    (drop (call $add (i32.const 0) (i32.const 5) (i64.const 1)))
    (local.set $last (i32.load8_u (i32.add (i32.const 8255) (i32.load16_u (i32.const 8198)))))
    (if (i32.eq (local.get $last) (i32.const 0xff)) (then (loop $l (br $l))))
    (if (i32.eq (local.get $last) (i32.const 0xfe)) (then (unreachable)))
    (if (i32.eq (local.get $last) (i32.const 0xfd)) (then (return (i32.const 7))))
    (i32.eq (local.get $last) (i32.const 0xfc)))
  (export "on_session_insert" (func $mood))
  (export "on_session_resume" (func $mood))
  (export "on_session_miss" (func $mood)))
