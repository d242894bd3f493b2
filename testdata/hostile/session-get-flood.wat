;; outcome: discarded fuel
;; on: insert
;; sidecar: grants = ["sessions:read", "sessions:write", "sessions:secrets", "metrics"]
;;
;; Reads the session of the event in clear without end: the host opens it every time.
(module
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $id (result i32) (i32.add (i32.const 4096) (i32.load16_u (i32.const 4096))))
  (func $id_len (result i32) (i32.load16_u (i32.const 4102)))
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (drop (call $session_get (call $id) (call $id_len) (i32.const 16384) (i32.const 8192))) (br $again)) (i32.const 0)))
