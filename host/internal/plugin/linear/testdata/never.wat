;; A memory that is always empty.
(module
  (memory (export "memory") 0 0)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
