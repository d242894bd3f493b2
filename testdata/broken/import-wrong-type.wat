;; Declares ttl_ms of session_insert with 32 bits.
(module
  (import "tls_session_v1" "session_insert" (func (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_replay" (func))
  (import "tls_session_v1" "log" (func (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
