;; outcome: discarded fuel
;; on: insert
;;
;; Calls itself without end.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $again (call $again))
  (func (export "on_session_insert") (param $len i32) (result i32) (call $again) (i32.const 0)))
