;; outcome: quarantined
;; sidecar: tick = "10ms"
;;
;; Traps wherever the host calls it.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $trap (param i32) (result i32) (unreachable))
  (export "on_session_insert" (func $trap))
  (export "on_session_remove" (func $trap))
  (export "on_session_get" (func $trap))
  (export "on_session_miss" (func $trap))
  (export "on_session_resume" (func $trap))
  (func (export "on_tick") (param $n i64) (result i32) (unreachable)))
