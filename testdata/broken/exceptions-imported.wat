;; flags: --enable-exceptions
;; Wants the host to bring the exception's tag.
(module
  (import "env" "__cpp_exception" (tag (param i32)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
