;; outcome: errors
;; on: resume
;;
;; Returns numbers that mean nothing from every hook. They are counted as its errors, and resumptions are allowed.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $nonsense (param i32) (result i32) (i32.const 0x80000001))
  (export "on_session_insert" (func $nonsense))
  (export "on_session_remove" (func $nonsense))
  (export "on_session_get" (func $nonsense))
  (export "on_session_miss" (func $nonsense))
  (export "on_session_resume" (func $nonsense)))
