;; Starts with 1 MiB, as small modules of real languages do.
(module
  (memory (export "memory") 16))
