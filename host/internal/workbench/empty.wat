;; What every plugin costs: all hooks of the ABI, and nothing in them. sesshook bench measures others beside it.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000040000001000)) ;; 4096 bytes at 1024
  (func (export "on_session_insert") (param i32) (result i32) (i32.const 0))
  (func (export "on_session_remove") (param i32) (result i32) (i32.const 0))
  (func (export "on_session_get") (param i32) (result i32) (i32.const 0))
  (func (export "on_session_miss") (param i32) (result i32) (i32.const 0))
  (func (export "on_session_resume") (param i32) (result i32) (i32.const 0))
  (func (export "on_message") (param i32) (result i32) (i32.const 0))
  (func (export "on_messages_lost") (param i32) (result i32) (i32.const 0))
  (func (export "on_tick") (param i64) (result i32) (i32.const 0))
  (func (export "on_events_lost") (param i64) (result i32) (i32.const 0))
)
