;; outcome: discarded trap
;; on: insert
;;
;; Answers with another event buffer in every instance, and spoils every instance by its first event.
(module
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64)
    (drop (call $kv_get (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 4)))
    (i32.store (i32.const 8) (i32.and (i32.add (i32.load (i32.const 8)) (i32.const 4096)) (i32.const 0x7fff)))
    (drop (call $kv_put (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 4) (i64.const 0)))
    (i64.or (i64.shl (i64.load32_u (i32.const 8)) (i64.const 32)) (i64.const 1024)))
  (data (i32.const 0) "n")
  (func (export "on_session_insert") (param $len i32) (result i32) (unreachable)))
