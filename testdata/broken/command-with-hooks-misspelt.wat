;; A program, with a hook that nobody would call.
(module
  (memory (export "memory") 1 1)
  (func (export "_start"))
  (func (export "on_session_inserted") (param i32) (result i32) (i32.const 0)))
