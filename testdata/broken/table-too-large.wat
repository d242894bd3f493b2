;; Asks for 800 MB of table before it runs.
(module
  (table 100000000 funcref)
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
