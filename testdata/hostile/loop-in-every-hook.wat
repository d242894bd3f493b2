;; outcome: quarantined
;; sidecar: tick = "10ms"
;;
;; Loops without end wherever the host calls it: no instance of it ever finishes anything.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $forever (param i32) (result i32) (loop $again (br $again)) (i32.const 0))
  (export "on_session_insert" (func $forever))
  (export "on_session_remove" (func $forever))
  (export "on_session_get" (func $forever))
  (export "on_session_miss" (func $forever))
  (export "on_session_resume" (func $forever))
  (func (export "on_tick") (param $n i64) (result i32) (loop $again (br $again)) (i32.const 0))
  (func (export "on_events_lost") (param $n i64) (result i32) (loop $again (br $again)) (i32.const 0)))
