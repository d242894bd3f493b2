;; outcome: harmless
;; on: insert
;;
;; Begins with a table of a million references, the most that is accepted.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (table $t 1048576 1048576 funcref)
  (func (export "on_session_insert") (param $len i32) (result i32) (i32.ne (table.size $t) (i32.const 1048576))))
