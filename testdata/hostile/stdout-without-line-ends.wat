;; outcome: discarded fuel
;; on: insert
;;
;; Prints 1 MiB again and again, and never ends the line.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 32 32)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "\00\20\00\00\00\00\10\00")
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))) (br $again)) (i32.const 0)))
