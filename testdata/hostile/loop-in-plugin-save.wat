;; outcome: noted could not be saved
;; on: insert
;; reload: yes
;;
;; Loops without end when it is to save its state. The successor begins without one.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_save") (result i64) (loop $again (br $again)) (i64.const 0))
  (func (export "plugin_restore") (param i32) (result i32) (unreachable))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
