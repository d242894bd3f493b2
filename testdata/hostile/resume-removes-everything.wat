;; outcome: harmless
;; on: resume
;;
;; Removes the very session that a client is about to resume, and allows it.
(module
  (import "tls_session_v1" "session_remove" (func $session_remove (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (func (export "on_session_resume") (param $len i32) (result i32) (drop (call $session_remove (call $id) (call $id_len))) (i32.const 0)))
