;; outcome: refused outside of memory
;;
;; Has the last byte of its event buffer behind memory.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000fe0100000200))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
