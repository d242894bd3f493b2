;; outcome: harmless
;; on: insert
;;
;; Asks for 4 GiB of memory at once: that fails, and costs nothing.
(module
  (memory (export "memory") 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (drop (memory.grow (i32.const 65535))) (i32.const 0)))
