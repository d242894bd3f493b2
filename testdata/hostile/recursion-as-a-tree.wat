;; outcome: discarded fuel
;; on: insert
;;
;; Calls itself twice, 60 levels deep: never deep, and 2^60 calls without a loop.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func $tree (param $depth i32)
    (if (local.get $depth) (then
      (call $tree (i32.sub (local.get $depth) (i32.const 1)))
      (call $tree (i32.sub (local.get $depth) (i32.const 1))))))
  (func (export "on_session_insert") (param $len i32) (result i32) (call $tree (i32.const 60)) (i32.const 0)))
