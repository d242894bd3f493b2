;; Refuses to start: plugin_start returns 3.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000200000001000))
  (func (export "on_session_insert") (param i32) (result i32) (i32.const 0))
  (func (export "plugin_start") (result i32) (i32.const 3)))
