;; outcome: discarded fuel
;; on: insert
;;
;; Two loops, one in the other, of which the inner one only ever branches to the outer one.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (loop $outer
      (loop $inner
        (br_if $outer (i32.const 1))
        (br $inner)))
    (i32.const 0)))
