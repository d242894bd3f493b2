;; outcome: limited log
;; on: insert
;; sidecar: log_lines = 100
;;
;; Prints as many lines as it can.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "flood\n")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $n i32)
    (loop $again
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (i32.const 0)))
