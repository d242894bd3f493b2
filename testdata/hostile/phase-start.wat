;; outcome: harmless
;; on: insert
;;
;; Calls every host function of another phase from plugin_start and event_buffer; a wrong answer traps.
(module
  (import "tls_session_v1" "session_get" (func $session_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "session_insert" (func $session_insert (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "tls_session_v1" "session_remove" (func $session_remove (param i32 i32) (result i32)))
  (import "tls_session_v1" "session_replay" (func $session_replay (result i32)))
  (import "tls_session_v1" "message_publish" (func $message_publish (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_request" (func $message_request (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_reply" (func $message_reply (param i32 i32) (result i32)))
  (import "tls_session_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (import "tls_session_v1" "state_read" (func $state_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (call $wrong) (i64.const 0x0000100000001000))
  (func $wrong
    (if (i32.ne (call $session_get (i32.const 0) (i32.const 8) (i32.const 64) (i32.const 8)) (i32.const -8)) (then (unreachable)))
    (if (i32.ne (call $session_insert (i32.const 0) (i32.const 8) (i32.const 64) (i32.const 8) (i64.const 0) (i32.const 0)) (i32.const -8)) (then (unreachable)))
    (if (i32.ne (call $session_remove (i32.const 0) (i32.const 8)) (i32.const -8)) (then (unreachable)))
    (if (i32.ne (call $session_replay) (i32.const -8)) (then (unreachable)))
    (if (i32.ne (call $message_publish (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8)) (i32.const -8)) (then (unreachable)))
    (if (i32.ne (call $message_request (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const -8)) (then (unreachable)))
    (if (i32.ne (call $message_reply (i32.const 0) (i32.const 8)) (i32.const -8)) (then (unreachable)))
    (if (i32.ne (call $event_read (i32.const 0) (i32.const 0) (i32.const 8)) (i32.const -8)) (then (unreachable)))
    (if (i32.ne (call $state_read (i32.const 0) (i32.const 0) (i32.const 8)) (i32.const -8)) (then (unreachable))))
  (func (export "plugin_start") (result i32) (call $wrong) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
