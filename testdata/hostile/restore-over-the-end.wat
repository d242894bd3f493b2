;; outcome: kept plugin_restore
;; on: insert
;; reload: yes
;;
;; Has its state written over the end of its memory.
(module
  (import "tls_session_v1" "state_read" (func $state_read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_save") (result i64) (i64.const 16))
  (func (export "plugin_restore") (param i32) (result i32) (drop (call $state_read (i32.const 0) (i32.const 65521) (i32.const 16))) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
