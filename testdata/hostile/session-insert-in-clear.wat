;; outcome: harmless
;; on: insert
;; refuses: denied
;;
;; Inserts sessions in clear without having the grant for it, of every length.
(module
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (data (i32.const 32) "tls session")
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (call $session_insert (call $id) (call $id_len) (i32.const 32) (i32.const 11) (i64.const 0) (i32.const 3)) (i32.const -6)) (then (return (i32.const 1))))
    (if (i32.ne (call $session_insert (call $id) (call $id_len) (i32.const 32) (i32.const 1) (i64.const 0) (i32.const 3)) (i32.const -6)) (then (return (i32.const 2))))
    (i32.const 0)))
