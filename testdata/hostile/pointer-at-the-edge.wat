;; outcome: harmless
;; on: insert
;;
;; Gives ranges that end with the last byte of memory, and empty ranges anywhere: both are within memory.
(module
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "node_id" (func $node_id (param i32 i32) (result i32)))
  (import "tls_session_v1" "random_fill" (func $random_fill (param i32 i32) (result i32)))
  (import "tls_session_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (import "tls_session_v1" "config_get" (func $config_get (param i32 i32) (result i32)))
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 65528) "at__edge")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (call $metric_add (i32.const 65528) (i32.const 8) (i64.const 1)) (i32.const 0)) (then (return (i32.const 1))))
    (if (i32.ne (call $kv_put (i32.const 65528) (i32.const 8) (i32.const 65535) (i32.const 1) (i64.const 0)) (i32.const 0)) (then (return (i32.const 2))))
    (if (i32.ne (call $kv_get (i32.const 65528) (i32.const 8) (i32.const 65527) (i32.const 1)) (i32.const 1)) (then (return (i32.const 3))))
    (if (i32.ne (call $node_id (i32.const 65516) (i32.const 12)) (i32.const 12)) (then (return (i32.const 4))))
    (if (i32.ne (call $random_fill (i32.const 65500) (i32.const 16)) (i32.const 0)) (then (return (i32.const 5))))
    (if (i32.ne (call $event_read (i32.const 0) (i32.const 65480) (i32.const 16)) (local.get $len)) (then (return (i32.const 6))))
    (if (i32.ne (call $kv_put (i32.const 65528) (i32.const 8) (i32.const -1) (i32.const 0) (i64.const 0)) (i32.const 0)) (then (return (i32.const 7))))
    (if (i32.ne (call $kv_get (i32.const 65528) (i32.const 8) (i32.const -1) (i32.const 0)) (i32.const 0)) (then (return (i32.const 8))))
    (if (i32.ne (call $config_get (i32.const -1) (i32.const 0)) (i32.const 2)) (then (return (i32.const 9))))
    (if (i32.ne (call $random_fill (i32.const -1) (i32.const 0)) (i32.const 0)) (then (return (i32.const 10))))
    (if (i32.ne (call $session_get (i32.const -1) (i32.const 0) (i32.const -1) (i32.const -1)) (i32.const -5)) (then (return (i32.const 11))))
    (i32.const 0)))
