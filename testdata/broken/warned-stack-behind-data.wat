;; flags: --debug-names
;; producers: processed-by=zig 0.16.0
;; A stack of 16 MiB, between the data and the heap.
(module
  (memory (export "memory") 257 512)
  (global $__stack_pointer (mut i32) (i32.const 0x1000400))
  (data (i32.const 0x400) "data")
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
