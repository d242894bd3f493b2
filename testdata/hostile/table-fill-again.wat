;; outcome: discarded fuel
;; on: insert
;;
;; Fills a table of 100,000 references again and again.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table $t 100000 100000 funcref)
  (func (export "on_session_insert") (param $len i32) (result i32) (loop $again (table.fill $t (i32.const 0) (ref.null func) (i32.const 100000)) (br $again)) (i32.const 0)))
