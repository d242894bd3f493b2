;; outcome: discarded fuel
;; on: resume
;;
;; Fills all of its 16 MiB again and again while a handshake waits.
(module
  (memory (export "memory") 256 256)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_resume") (param $len i32) (result i32) (loop $again (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x1000000)) (br $again)) (i32.const 0)))
