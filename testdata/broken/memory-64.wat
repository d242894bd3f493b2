;; flags: --enable-memory64
;; Addresses its memory with 64 bits.
(module
  (memory (export "memory") i64 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
