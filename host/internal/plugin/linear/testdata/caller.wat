;; Calls the host when it is told to.
(module
  (import "host" "call" (func $call))
  (memory (export "memory") 1)
  (func (export "run") (call $call)))
