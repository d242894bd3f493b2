;; outcome: discarded fuel
;; on: insert
;;
;; Divides and takes square roots without end: the instructions that take the processor longest.
(module
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $n i64) (local $x f64)
    (local.set $n (i64.const -1))
    (local.set $x (f64.const 1e300))
    (loop $again
      (local.set $n (i64.sub (i64.const -1) (i64.rem_u (local.get $n) (i64.extend_i32_u (local.get $len)))))
      (local.set $x (f64.sqrt (f64.div (local.get $x) (f64.const 0.3))))
      (br $again))
    (i32.const 0)))
