;; outcome: refused is not
;; flags: --no-check
;;
;; Exports a global that it does not have, and that a host might add.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0))
  (global $own (mut i64) (i64.const 0))
  (export "mine" (global 1)))
