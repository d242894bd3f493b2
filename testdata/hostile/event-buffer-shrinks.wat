;; outcome: quarantined
;;
;; Has a good event buffer in its first instance, spoils that by its first event, and has none in every later instance.
(module
  (import "tls_session_v1" "kv_get" (func $kv_get (param i32 i32 i32 i32) (result i32)))
  (import "tls_session_v1" "kv_put" (func $kv_put (param i32 i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64)
    (if (i32.eq (call $kv_get (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 4)) (i32.const -1))
      (then
        (drop (call $kv_put (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 4) (i64.const 0)))
        (return (i64.const 0x0000100000001000))))
    (i64.const 0))
  (data (i32.const 0) "n")
  (func (export "on_session_insert") (param $len i32) (result i32) (unreachable)))
