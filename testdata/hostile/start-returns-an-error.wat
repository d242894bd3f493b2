;; outcome: refused plugin_start returned -2147483648
;;
;; Returns the most negative number from plugin_start.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "plugin_start") (result i32) (i32.const 0x80000000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
