;; outcome: harmless
;; on: insert
;;
;; Would loop without end in on_message, and in plugin_start subscribes to messages. This host has no farm, so none
;; comes.
(module
  (import "tls_session_v1" "message_subscribe" (func $message_subscribe (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_message") (param $len i32) (result i32) (loop $again (br $again)) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0))
  (data (i32.const 0) "sessions")
  (func (export "plugin_start") (result i32)
    (i32.ne (call $message_subscribe (i32.const 0) (i32.const 8)) (i32.const -7))))
