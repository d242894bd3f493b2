;; flags: --no-check
;; The minimum is above the maximum.
(module
  (memory (export "memory") 4 2)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
