;; outcome: discarded fuel
;; on: insert
;;
;; Asks for 64 KiB of randomness without end: a few instructions make the host work for long.
(module
  (import "tls_session_v1" "random_fill" (func $random_fill (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (drop (call $random_fill (i32.const 0) (i32.const 65536))) (br $again)) (i32.const 0)))
