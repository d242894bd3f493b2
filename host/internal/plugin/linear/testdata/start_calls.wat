;; Calls the host in its start section.
(module
  (import "host" "call" (func $call))
  (memory (export "memory") 1)
  (start $call))
