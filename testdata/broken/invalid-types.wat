;; flags: --no-check
;; Leaves an i64 where an i32 is due.
(module
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (local.get 0)))
