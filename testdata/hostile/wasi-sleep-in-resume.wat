;; outcome: harmless
;; on: resume
;;
;; Wants to sleep for an hour while a handshake waits, on the clock and on standard input.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_resume") (param $len i32) (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (i32.store8 (i32.const 56) (i32.const 1))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 2) (i32.const 256)))
    (drop (call $sched_yield))
    (i32.const 0)))
