;; outcome: quarantined
;;
;; Starts once, spoils that instance by its first event, and refuses to start ever again: there are events and nobody to
;; take them.
(module
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "n")
  (func (export "plugin_start") (result i32)
    (if (i32.eq (call $kv_get (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 4)) (i32.const -1))
      (then (return (call $kv_put (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 4) (i64.const 0)))))
    (i32.const 1))
  (func (export "on_session_insert") (param $len i32) (result i32) (unreachable)))
