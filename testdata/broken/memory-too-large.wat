;; Starts with 2,000 pages, 125 MiB; the limit is 64 MiB.
(module
  (memory (export "memory") 2000)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
