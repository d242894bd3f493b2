;; A hook that gets a record, and no room for one.
(module
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0))
  (func (export "on_session_get") (param i32) (result i32) (i32.const 0)))
