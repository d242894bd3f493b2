;; outcome: harmless
;; on: insert
;;
;; Uses ids of every wrong length, lives of every wrong length, and flags that do not exist.
(module
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_remove" (func $session_remove (param i32 i32) (result i32)))
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $n i32)
    (local.set $n (call $session_get (call $id) (call $id_len) (i32.const 16384) (i32.const 8192)))
    (if (i32.or (i32.le_s (local.get $n) (i32.const 0)) (i32.gt_s (local.get $n) (i32.const 8192))) (then (return (i32.const 0))))
    (if (i32.ne (call $session_get (i32.const 0) (i32.const 257) (i32.const 0) (i32.const 0)) (i32.const -5)) (then (return (i32.const 1))))
    (if (i32.ne (call $session_get (i32.const 0) (i32.const 65536) (i32.const 0) (i32.const 0)) (i32.const -5)) (then (return (i32.const 2))))
    (if (i32.ne (call $session_remove (i32.const 0) (i32.const 0)) (i32.const -5)) (then (return (i32.const 3))))
    (if (i32.ne (call $session_remove (i32.const 0) (i32.const 256)) (i32.const -1)) (then (return (i32.const 4))))
    (if (i32.ne (call $session_insert (i32.const 0) (i32.const 0) (i32.const 16384) (local.get $n) (i64.const 0) (i32.const 3)) (i32.const -5)) (then (return (i32.const 5))))
    (if (i32.ne (call $session_insert (call $id) (call $id_len) (i32.const 16384) (i32.const 0) (i64.const 0) (i32.const 3)) (i32.const -5)) (then (return (i32.const 6))))
    (if (i32.ne (call $session_insert (call $id) (call $id_len) (i32.const 16384) (local.get $n) (i64.const -1) (i32.const 3)) (i32.const -5)) (then (return (i32.const 7))))
    (if (i32.ne (call $session_insert (call $id) (call $id_len) (i32.const 16384) (local.get $n) (i64.const 0) (i32.const -1)) (i32.const -5)) (then (return (i32.const 8))))
    (if (i32.ne (call $session_insert (call $id) (call $id_len) (i32.const 16384) (local.get $n) (i64.const 0x7fffffffffffffff) (i32.const 3)) (i32.const 0)) (then (return (i32.const 9))))
    (i32.const 0)))
