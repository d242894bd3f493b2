;; flags: --enable-extended-const
;; Computes where its data go, as position-independent code does.
(module
  (memory (export "memory") 1 1)
  (data (i32.add (i32.const 8) (i32.const 8)) "x")
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
