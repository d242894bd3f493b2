;; outcome: refused which the host does not offer
;;
;; Imports a function without a name from a module without a name, which is how the runtime names instances.
(module
  (import "" "" (func $f))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
