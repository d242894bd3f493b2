;; outcome: discarded trap
;; on: resume
;;
;; Ends itself while a handshake waits, with a status that looks like a refusal.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_resume") (param $len i32) (result i32) (call $proc_exit (i32.const 1)) (i32.const 1)))
