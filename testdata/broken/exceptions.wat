;; flags: --enable-exceptions
;; Throws, as C++ without -fno-exceptions does.
(module
  (memory (export "memory") 1 1)
  (tag $failed)
  (func (export "on_tick") (param i64) (result i32) (throw $failed)))
