;; outcome: harmless
;; on: insert
;;
;; Puts values that live for ever, for no time and for a negative time, under keys and with values of every wrong length.
(module
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_delete" (func $kv_delete (param i32 i32) (result i32)))
  (memory (export "memory") 2 2)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (call $kv_put (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8) (i64.const 0x7fffffffffffffff)) (i32.const 0)) (then (return (i32.const 1))))
    (if (i32.ne (call $kv_get (i32.const 0) (i32.const 8) (i32.const 64) (i32.const 8)) (i32.const 8)) (then (return (i32.const 2))))
    (if (i32.ne (call $kv_put (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8) (i64.const -1)) (i32.const -5)) (then (return (i32.const 3))))
    (if (i32.ne (call $kv_put (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8) (i64.const 0)) (i32.const -5)) (then (return (i32.const 4))))
    (if (i32.ne (call $kv_put (i32.const 0) (i32.const 257) (i32.const 0) (i32.const 8) (i64.const 0)) (i32.const -5)) (then (return (i32.const 5))))
    (if (i32.ne (call $kv_put (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 65537) (i64.const 0)) (i32.const -4)) (then (return (i32.const 6))))
    (if (i32.ne (call $kv_get (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 8)) (i32.const -5)) (then (return (i32.const 7))))
    (if (i32.ne (call $kv_delete (i32.const 0) (i32.const 8)) (i32.const 0)) (then (return (i32.const 8))))
    (if (i32.ne (call $kv_delete (i32.const 0) (i32.const 8)) (i32.const -1)) (then (return (i32.const 9))))
    (i32.const 0)))
