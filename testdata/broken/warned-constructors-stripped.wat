;; What clang -nostartfiles -Wl,--no-entry -Wl,--strip-all makes of a program with
;; constructors.
(module
  (memory (export "memory") 2 4)
  (func $constructors)
  (func $destructors)
  (func $event_buffer (result i64) (i64.const 0x0000_0400_0000_1000))
  (func $on_session_insert (param i32) (result i32) (i32.const 0))
  (func $plugin_stop)
  (func (export "event_buffer") (result i64) (call $constructors) (call $event_buffer) (call $destructors))
  (func (export "on_session_insert") (param i32) (result i32) (call $constructors) (call $on_session_insert (local.get 0)) (call $destructors))
  (func (export "plugin_stop") (call $constructors) (call $plugin_stop) (call $destructors)))
