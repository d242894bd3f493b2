;; outcome: harmless
;; on: insert
;;
;; Has the event buffer in the last 512 bytes of memory.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000fe0000000200))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.ne (i32.load8_u (i32.const 65026)) (i32.const 1))))
