;; outcome: discarded fuel
;; on: insert
;;
;; Fills 16 MiB with randomness through WASI, which has no limit of its own, again and again.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 256 256)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (drop (call $random_get (i32.const 0) (i32.const 0x1000000))) (br $again)) (i32.const 0)))
