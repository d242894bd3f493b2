;; outcome: harmless
;; on: insert
;;
;; Asks for more randomness than it may have at once.
(module
  (import "tls_session_v1" "random_fill" (func $random_fill (param i32 i32) (result i32)))
  (memory (export "memory") 2 2)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.ne (call $random_fill (i32.const 0) (i32.const 65537)) (i32.const -4))))
