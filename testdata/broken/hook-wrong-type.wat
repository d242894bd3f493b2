;; Hooks with other types than the host calls them with.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (param i32) (result i32) (i32.const 0))
  (func (export "on_session_insert") (param i32 i32) (result i32) (i32.const 0))
  (func (export "on_session_remove") (param i64) (result i32) (i32.const 0))
  (func (export "on_tick") (param i64))
  (func (export "plugin_start"))
  (func (export "plugin_save") (result i32) (i32.const 0))
  (func (export "_initialize") (result i32) (i32.const 0)))
