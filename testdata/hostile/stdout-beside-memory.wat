;; outcome: harmless
;; on: insert
;;
;; Prints vectors that lie outside of memory, or whose number wraps around: WASI has an error for it.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "\ff\ff\00\00\02\00\00\00")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)) (i32.const 21)) (then (return (i32.const 1))))
    (if (i32.ne (call $fd_write (i32.const 1) (i32.const 0xfffffff8) (i32.const 2) (i32.const 16)) (i32.const 21)) (then (return (i32.const 2))))
    (if (i32.ne (call $fd_write (i32.const 1) (i32.const 16) (i32.const 0x20000000) (i32.const -1)) (i32.const 21)) (then (return (i32.const 3))))
    (if (i32.ne (call $fd_write (i32.const 9) (i32.const 16) (i32.const 1) (i32.const 24)) (i32.const 8)) (then (return (i32.const 4))))
    (i32.const 0)))
