;; Exports nothing, as when the linker dropped all of it.
(module
  (memory 1 1)
  (func (param i32) (result i32) (i32.const 0)))
