;; A function of another plugin.
(module
  (import "audit" "on_session_insert" (func (param i32) (result i32)))
  (import "audit" "rotate\n\1b[31m" (func))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
