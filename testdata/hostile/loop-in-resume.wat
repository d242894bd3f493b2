;; outcome: discarded fuel
;; on: resume
;;
;; Loops without end in on_session_resume, which a handshake waits for. No instruction of the loop but its branch.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_resume") (param $len i32) (result i32) (loop $again (br $again)) (i32.const 0)))
