;; outcome: kept plugin_restore
;; on: insert
;; reload: yes
;;
;; Loops without end when it is given its predecessor's state: a reload is refused, and the predecessor goes on.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_save") (result i64) (i64.const 16))
  (func (export "plugin_restore") (param i32) (result i32) (loop $again (br $again)) (i32.const 0))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
