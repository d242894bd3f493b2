;; Built for a version of the ABI that does not exist.
(module
  (import "tls_session_v2" "session_fetch" (func (param i32 i32 i32 i32) (result i32)))
  (import "tls_sesion_v1" "session_lock" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "on_tick") (param i64) (result i32) (i32.const 0)))
