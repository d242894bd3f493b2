;; section: linking
;; What clang -c writes: not linked yet.
(module
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
