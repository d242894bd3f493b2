;; outcome: refused outside of memory
;;
;; Returns -1 for its event buffer.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const -1))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
