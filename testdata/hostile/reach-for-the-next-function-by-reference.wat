;; outcome: refused is not
;; flags: --no-check
;;
;; Has a reference to a function that it does not have, in a segment and in its code.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table 4 4 funcref)
  (elem (i32.const 0) func 2)
  (func (export "on_session_insert") (param $len i32) (result i32) (drop (ref.func 2)) (i32.const 0)))
