;; outcome: harmless
;; on: insert
;;
;; Polls so many subscriptions that their 48 bytes each, and 32 bytes for each answer, come in 32 bits to those of one:
;; so many are refused before anything is computed of their number.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (i32.store8 (i32.const 8) (i32.const 2)) ;; wants to write
    (i32.store8 (i32.const 16) (i32.const 1))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 4096) (i32.const 0x10000001) (i32.const 64)))
    (i32.const 0)))
