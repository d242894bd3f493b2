;; outcome: kept plugin_restore returned 9
;; on: insert
;; reload: yes
;;
;; Overwrites its own memory and event buffer in plugin_save; its successor refuses that state, so it has to go on.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_save") (result i64)
    (memory.fill (i32.const 0) (i32.const 0xff) (i32.const 65536))
    (i64.const 0x0000000000010000))
  (func (export "plugin_restore") (param i32) (result i32) (i32.const 9))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
