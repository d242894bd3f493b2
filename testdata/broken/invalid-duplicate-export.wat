;; flags: --no-check
;; Two exports of one name.
(module
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0))
  (func (export "on_tick") (param i64) (result i32) (i32.const 1)))
