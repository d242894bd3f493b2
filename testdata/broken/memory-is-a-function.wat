;; Exports something else under the memory's name.
(module
  (memory 1 1)
  (func (export "memory"))
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
