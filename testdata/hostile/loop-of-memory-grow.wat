;; outcome: discarded fuel
;; on: insert
;;
;; Asks for one more page of memory without end, and is refused every time.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (drop (memory.grow (i32.const 1))) (br $again)) (i32.const 0)))
