;; outcome: refused event_buffer
;;
;; Loops without end when it is asked for its event buffer.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (loop $again (br $again)) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
