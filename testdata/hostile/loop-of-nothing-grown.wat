;; outcome: discarded fuel
;; on: insert
;;
;; Grows a table and the memory by nothing, without end: each is a call of the runtime.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table $t 1 funcref)
  (func (export "on_session_insert") (param $len i32) (result i32)
    (loop $again
      (drop (table.grow $t (ref.null func) (i32.const 0)))
      (drop (memory.grow (i32.const 0)))
      (br $again))
    (i32.const 0)))
