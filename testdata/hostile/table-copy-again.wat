;; outcome: discarded fuel
;; on: insert
;;
;; Moves a table of 100,000 references to and fro, again and again.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table $t 100000 100000 funcref)
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (table.copy (i32.const 1) (i32.const 0) (i32.const 99999)) (br $again)) (i32.const 0)))
