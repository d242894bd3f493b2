;; outcome: refused did you mean
;;
;; Exports a hook whose name has an invisible character in it, and no other.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert\e2\80\8b") (param i32) (result i32) (i32.const 0)))
