;; outcome: refused is not
;; flags: --no-check
;;
;; Calls a function that it does not have, and that a host might add.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (call 2) (i32.const 0)))
