;; outcome: discarded fuel
;; on: insert
;;
;; Puts and deletes a value of 64 KiB without end: a few instructions make the host copy and collect gigabytes.
(module
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_delete" (func $kv_delete (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (loop $again
      (drop (call $kv_put (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 65536) (i64.const 0)))
      (drop (call $kv_delete (i32.const 0) (i32.const 8)))
      (br $again))
    (i32.const 0)))
