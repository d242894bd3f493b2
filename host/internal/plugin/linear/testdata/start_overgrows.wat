;; Asks for 4 GiB in its start section, and lives with the refusal.
(module
  (memory (export "memory") 1)
  (func $start (drop (memory.grow (i32.const 65535))))
  (start $start))
