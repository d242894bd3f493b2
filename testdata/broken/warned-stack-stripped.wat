;; What Zig makes with -O ReleaseSmall and without --stack: no names, no producers, and
;; a stack of 1 MiB before the data.
(module
  (memory (export "memory") 18 32)
  (global (mut i32) (i32.const 0x100000))
  (data (i32.const 0x100000) "data")
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
