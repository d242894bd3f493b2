;; outcome: refused event_buffer
;;
;; Traps when it is asked for its event buffer.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (unreachable))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
