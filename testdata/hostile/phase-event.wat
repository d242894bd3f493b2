;; outcome: harmless
;; on: insert
;; sidecar: tick = "10ms"
;;
;; Calls every host function of another phase from a hook, and those that need an event from on_tick.
(module
  (import "tls_session_v1" "state_read" (func $state_read (param i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_subscribe" (func $message_subscribe (param i32 i32) (result i32)))
  (import "tls_session_v1" "message_reply" (func $message_reply (param i32 i32) (result i32)))
  (import "tls_session_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (i32.or (i32.or (i32.ne (call $state_read (i32.const 0) (i32.const 0) (i32.const 8)) (i32.const -8))
      (i32.ne (call $message_subscribe (i32.const 0) (i32.const 8)) (i32.const -8)))
      (i32.ne (call $message_reply (i32.const 0) (i32.const 8)) (i32.const -8))))
  (func (export "on_tick") (param $n i64) (result i32) (i32.ne (call $event_read (i32.const 0) (i32.const 0) (i32.const 8)) (i32.const -8))))
