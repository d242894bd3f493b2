;; outcome: discarded fuel
;; on: insert
;;
;; Reads the event record without end.
(module
  (import "tls_session_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (drop (call $event_read (i32.const 0) (i32.const 0) (i32.const 4096))) (br $again)) (i32.const 0)))
