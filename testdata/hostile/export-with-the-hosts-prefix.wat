;; outcome: refused sesshook:
;;
;; Exports a global under the prefix that the host keeps for itself.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (global (export "sesshook:fuel") (mut i64) (i64.const 0x7fffffffffffffff))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
