;; outcome: discarded fuel
;; on: insert
;;
;; Moves all of its 16 MiB to and fro by one byte, again and again.
(module
  (memory (export "memory") 256 256)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (loop $again
      (memory.copy (i32.const 1) (i32.const 0) (i32.const 0xffffff))
      (memory.copy (i32.const 0) (i32.const 1) (i32.const 0xffffff))
      (br $again))
    (i32.const 0)))
