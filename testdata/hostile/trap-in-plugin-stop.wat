;; outcome: noted did not stop in good order
;; on: insert
;; reload: yes
;;
;; Traps in plugin_stop.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_stop") (unreachable))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
