;; Grows in its start section, then traps.
(module
  (memory (export "memory") 1)
  (func $start (drop (memory.grow (i32.const 1))) unreachable)
  (start $start))
