;; outcome: discarded fuel
;; on: insert
;;
;; A loop with parameters: every branch back carries eight values, in another order.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $a i32) (local $b i32)
    (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i64.const 5) (f64.const 6) (i32.const 7) (i32.const 8)
    (loop $again (param i32 i32 i32 i32 i64 f64 i32 i32)
      (local.set $a) (local.set $b)
      (local.get $a) (local.get $b)
      (br $again))
    (i32.const 0)))
