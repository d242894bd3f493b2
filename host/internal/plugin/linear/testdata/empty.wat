;; Starts with nothing, and may have two pages.
(module
  (memory (export "memory") 0 2)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
