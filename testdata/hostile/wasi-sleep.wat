;; outcome: harmless
;; on: insert
;;
;; Wants to sleep for an hour, and for 584 years: it does not get to.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 24) "\00\00\00\00\00\00\00\00\00\e0\34\95\64\29\03\00")
  (func (export "on_session_insert") (param $len i32) (result i32)
    ;; a subscription of 48 bytes at 0: user data, clock, monotonic; the timeout at 24
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
    (i64.store (i32.const 24) (i64.const -1))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
    (i32.const 0)))
