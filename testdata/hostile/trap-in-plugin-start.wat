;; outcome: refused plugin_start
;;
;; Traps in plugin_start.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_start") (result i32) (unreachable))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
