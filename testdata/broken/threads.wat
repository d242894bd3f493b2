;; flags: --enable-threads
;; Shares its memory among threads.
(module
  (memory (export "memory") 1 1 shared)
  (func (export "on_tick") (param i64) (result i32)
    (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
