;; outcome: refused sesshook
;;
;; Imports a global under a name that the host might use for itself.
(module
  (import "sesshook" "fuel" (global (mut i64)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
