;; outcome: discarded trap
;; on: insert
;;
;; Fills more memory than there is, in lengths up to 4 GiB. What is charged for that is for nothing: it traps.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (memory.fill (i32.const 65535) (i32.const 7) (i32.const 2)) (i32.const 0)))
