;; outcome: discarded trap
;; on: resume
;; sidecar: resume_fail = "closed"
;;
;; Traps while a handshake waits. The sidecar says that failure is a refusal: full handshakes follow.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_resume") (param $len i32) (result i32) (unreachable)))
