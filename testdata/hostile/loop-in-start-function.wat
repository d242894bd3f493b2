;; outcome: refused start
;;
;; Loops without end in its start function, which runs before everything else.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $start (loop $again (br $again)))
  (start $start)
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
