;; flags: --enable-multi-memory
;; Uses the multi-memory proposal.
(module
  (memory (export "memory") 1 1)
  (memory 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
