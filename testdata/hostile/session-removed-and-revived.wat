;; outcome: discarded fuel
;; on: insert
;; sidecar: fuel = 20_000
;;
;; Removes a session and inserts it again, without end: every turn is two events for everybody else.
(module
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_remove" (func $session_remove (param i32 i32) (result i32)))
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (global $left (mut i32) (i32.const 2000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $n i32)
    (local.set $n (call $session_get (call $id) (call $id_len) (i32.const 16384) (i32.const 8192)))
    (if (i32.or (i32.le_s (local.get $n) (i32.const 0)) (i32.gt_s (local.get $n) (i32.const 8192))) (then (return (i32.const 0))))
    (loop $again
      (drop (call $session_remove (call $id) (call $id_len)))
      (drop (call $session_insert (call $id) (call $id_len) (i32.const 16384) (local.get $n) (i64.const 0) (i32.const 2)))
      (br $again))
    (i32.const 0)))
