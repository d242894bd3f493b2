;; outcome: discarded fuel
;; on: insert
;;
;; Asks for the time without end: most of the work of the loop is the host's.
(module
  (import "tls_session_v1" "time_now" (func $time_now (result i64)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (drop (call $time_now)) (br $again)) (i32.const 0)))
