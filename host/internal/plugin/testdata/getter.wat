;; Reads the session of each inserted event: what a benchmark measures.
(module
  (import "tls_session_v1" "session_get" (func $get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2 2)
  (func (export "event_buffer") (result i64) (i64.const 0x0000200000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (i32.lt_s (call $get (i32.const 8256) (i32.load16_u (i32.const 8198)) (i32.const 32768) (i32.const 4096))
              (i32.const 1))))
