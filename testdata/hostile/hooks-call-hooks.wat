;; outcome: harmless
;; on: insert
;;
;; Calls its own exports from within a hook, those that the host calls in other phases too. To the host it is the phase
;; of the hook, and a host function never calls back.
(module
  (import "tls_session_v1" "session_replay" (func $session_replay (result i32)))
  (import "tls_session_v1" "state_read" (func $state_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $start (export "plugin_start") (result i32) (i32.const 0))
  (func $get (export "on_session_get") (param i32) (result i32)
    (i32.ne (call $state_read (i32.const 0) (i32.const 0) (i32.const 8)) (i32.const -8)))
  (func $stop (export "plugin_stop") (drop (call $session_replay)))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (call $stop)
    (i32.or (call $start) (call $get (local.get $len)))))
