;; outcome: discarded fuel or trap
;; on: insert
;;
;; Fills 4 GiB less a byte of a memory of 64 KiB: too long for the fuel, and over the end.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (memory.fill (i32.const 1) (i32.const 7) (i32.const -1)) (i32.const 0)))
