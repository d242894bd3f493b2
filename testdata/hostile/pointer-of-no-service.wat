;; outcome: harmless
;; on: insert
;;
;; Gives wild pointers to functions that do not look at them: there is no farm, or it is not their phase.
(module
  (import "tls_session_v1" "message_publish" (func $message_publish (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_request" (func $message_request (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "message_reply" (func $message_reply (param i32 i32) (result i32)))
  (import "tls_session_v1" "message_subscribe" (func $message_subscribe (param i32 i32) (result i32)))
  (import "tls_session_v1" "state_read" (func $state_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (if (i32.ne (call $message_publish (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1)) (i32.const -7)) (then (return (i32.const 1))))
    (if (i32.ne (call $message_request (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1)) (i32.const -7)) (then (return (i32.const 2))))
    (if (i32.ne (call $message_reply (i32.const -1) (i32.const -1)) (i32.const -8)) (then (return (i32.const 3))))
    (if (i32.ne (call $message_subscribe (i32.const -1) (i32.const -1)) (i32.const -8)) (then (return (i32.const 4))))
    (if (i32.ne (call $state_read (i32.const -1) (i32.const -1) (i32.const -1)) (i32.const -8)) (then (return (i32.const 5))))
    (i32.const 0)))
