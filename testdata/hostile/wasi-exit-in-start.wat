;; outcome: refused plugin_start
;;
;; Ends itself with status 0 in plugin_start.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_start") (result i32) (call $proc_exit (i32.const 0)) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
