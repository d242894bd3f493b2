;; outcome: refused is not
;; flags: --no-check
;;
;; Calls through a table with a type that it does not have, and that a host might add.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table 1 1 funcref)
  (func (export "on_session_insert") (param $len i32) (result i32) (call_indirect (type 9) (i32.const 0)) (i32.const 0)))
