;; outcome: refused unreachable
;;
;; Traps in its start function.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $start (unreachable))
  (start $start)
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
