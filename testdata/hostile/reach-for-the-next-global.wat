;; outcome: refused is not
;; flags: --no-check
;;
;; Sets a global that it does not have, and that a host might add to count instructions.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (global $own (mut i64) (i64.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (global.set 1 (i64.const 0x7fffffffffffffff)) (i32.const 0)))
