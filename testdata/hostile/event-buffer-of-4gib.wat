;; outcome: refused outside of memory
;;
;; Claims an event buffer of 4 GiB less a byte, at 0.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x00000000ffffffff))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
