;; outcome: discarded fuel
;; on: insert
;;
;; Calls itself without end through a table.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (type $f (func))
  (table 1 1 funcref)
  (elem (i32.const 0) $again)
  (func $again (call_indirect (type $f) (i32.const 0)))
  (func (export "on_session_insert") (param $len i32) (result i32) (call $again) (i32.const 0)))
