;; The address of a function under the hook's name.
(module
  (memory (export "memory") 1 1)
  (global (export "on_tick") i32 (i32.const 7))
  (table (export "event_buffer") 1 funcref))
