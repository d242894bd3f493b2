;; producers: language=C11, processed-by=clang 19.1.7
;; Exports what other hosts take memory from.
(module
  (memory (export "memory") 2 2)
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "free") (param i32))
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
