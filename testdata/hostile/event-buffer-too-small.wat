;; outcome: refused at least 512
;;
;; Claims an event buffer of 511 bytes.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x00001000000001ff))
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.const 0)))
