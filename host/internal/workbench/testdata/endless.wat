;; Asks for a replay in the handler of a replayed session, and so on without end.
(module
  (import "tls_session_v1" "session_replay" (func $session_replay (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (drop (call $session_replay))
    (i32.const 0))
)
