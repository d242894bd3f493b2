;; outcome: refused _initialize
;;
;; Loops without end in _initialize.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "_initialize") (loop $again (br $again)))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
