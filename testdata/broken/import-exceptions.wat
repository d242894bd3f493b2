;; producers: language=C_plus_plus_14, processed-by=clang 19.1.7
;; Throws, and was linked with -Wl,--allow-undefined.
(module
  (import "env" "__cxa_allocate_exception" (func (param i32) (result i32)))
  (import "env" "__cxa_throw" (func (param i32 i32 i32)))
  (memory (export "memory") 2 2)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
