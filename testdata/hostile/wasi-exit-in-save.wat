;; outcome: noted could not be saved
;; on: insert
;; reload: yes
;;
;; Ends itself in plugin_save, so that the host would read a closed instance.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_save") (result i64) (call $proc_exit (i32.const 0)) (i64.const 16))
  (func (export "plugin_restore") (param i32) (result i32) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
