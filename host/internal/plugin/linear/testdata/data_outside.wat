;; A data segment that ends outside of the memory.
(module
  (memory (export "memory") 1)
  (data (i32.const 65535) "ab"))
