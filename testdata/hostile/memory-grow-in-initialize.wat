;; outcome: harmless
;; on: insert
;;
;; Takes 32 MiB before it is even started.
(module
  (memory (export "memory") 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "_initialize") (drop (memory.grow (i32.const 511))))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.ne (memory.size) (i32.const 512))))
