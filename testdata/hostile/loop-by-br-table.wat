;; outcome: discarded fuel
;; on: insert
;;
;; A loop whose way back is an entry of a br_table, in the middle and as the default.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (loop $again
      (block $out
        (br_table $out $again $again (i32.add (i32.const 1) (i32.and (local.get $len) (i32.const 7))))))
    (i32.const 0)))
