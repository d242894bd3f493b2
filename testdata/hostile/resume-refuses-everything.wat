;; outcome: harmless
;; on: resume
;;
;; Refuses every resumption: full handshakes, and no failed one.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_resume") (param $len i32) (result i32) (i32.const 1)))
