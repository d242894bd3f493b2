;; outcome: discarded fuel
;; on: insert
;; sidecar: grants = ["sessions:read", "sessions:write", "sessions:secrets", "metrics"]
;;
;; Has the grant for sessions in clear, and inserts sessions of 32 KiB under ever new ids, without end: the cache evicts
;; everybody else's.
(module
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "tls_session_v1" "random_fill" (func $random_fill (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (loop $again
      (drop (call $random_fill (i32.const 0) (i32.const 16)))
      (drop (call $session_insert (i32.const 0) (i32.const 16) (i32.const 0) (i32.const 32768) (i64.const 0) (i32.const 3)))
      (br $again))
    (i32.const 0)))
