;; outcome: restored
;; on: insert
;; reload: [config]\nbad = true
;;
;; Works, and after a reload with another configuration traps on every event. The content that worked comes back by
;; itself.
(module
  (import "tls_session_v1" "config_get" (func $config_get (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (if (i32.ne (call $config_get (i32.const 0) (i32.const 0)) (i32.const 2)) (then (unreachable)))
    (i32.const 0)))
