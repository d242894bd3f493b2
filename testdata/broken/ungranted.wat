;; Needs more than the test grants, which is sessions:read.
(module
  (import "tls_session_v1" "session_get" (func (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_insert" (func (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "tls_session_v1" "kv_get" (func (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_put" (func (param i32 i32 i32 i32 i64) (result i32)))
  (import "tls_session_v1" "time_now" (func (result i64)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
