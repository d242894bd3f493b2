;; A function that is offered under a slightly other name.
(module
  (import "tls_session_v1" "session_fetch" (func (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_romove" (func (param i32 i32) (result i32)))
  (import "tls_session_v1" "sessionInsert" (func (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
