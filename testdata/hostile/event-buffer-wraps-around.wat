;; outcome: refused outside of memory
;;
;; Claims an event buffer that ends beyond 2^32, and so, in 32 bits, within memory.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0xffffff0000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
