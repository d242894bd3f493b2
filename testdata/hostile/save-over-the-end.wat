;; outcome: noted could not be saved
;; on: insert
;; reload: yes
;;
;; Claims a state whose last byte is behind memory.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_save") (result i64) (i64.const 0x0000fff100000010))
  (func (export "plugin_restore") (param i32) (result i32) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
