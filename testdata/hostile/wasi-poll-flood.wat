;; outcome: discarded fuel
;; on: insert
;;
;; Polls 300,000 subscriptions at once, again and again.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 512 512)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (drop (call $poll_oneoff (i32.const 0) (i32.const 0x1000000) (i32.const 300000) (i32.const 0x1fffff0))) (br $again)) (i32.const 0)))
