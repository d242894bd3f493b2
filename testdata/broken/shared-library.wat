;; section: dylink.0
;; What wasm-ld -shared writes.
(module
  (import "env" "__memory_base" (global i32))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
