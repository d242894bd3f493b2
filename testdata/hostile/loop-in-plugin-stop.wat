;; outcome: noted did not stop in good order
;; on: insert
;; reload: yes
;;
;; Loops without end in plugin_stop, when its successor is there already.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_stop") (loop $again (br $again)))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
