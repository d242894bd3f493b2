;; outcome: limited kv
;; on: insert
;;
;; Puts values of 64 KiB under ever new keys.
(module
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "limited")
  (global $n (mut i32) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store (i32.const 16) (global.get $n))
    (if (i32.eq (call $kv_put (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 65536) (i64.const 0)) (i32.const -9))
      (then (drop (call $metric_add (i32.const 0) (i32.const 7) (i64.const 1)))))
    (i32.const 0)))
