;; outcome: limited metrics
;; on: insert
;;
;; Adds to counters of ever new names.
(module
  (import "tls_session_v1" "metric_add" (func $metric_add (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "event_buffer") (result i64) (i64.const 0x0000100000001000))
  (data (i32.const 0) "limited")
  (data (i32.const 16) "n000000")
  (global $n (mut i32) (i32.const 0))
  (func (export "plugin_start") (result i32) (call $metric_add (i32.const 0) (i32.const 7) (i64.const 0)))
  (func (export "on_session_insert") (param $len i32) (result i32)
    (local $left i32) (local $digits i32) (local $at i32)
    (local.set $left (i32.const 100))
    (loop $again
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (local.set $digits (global.get $n))
      (local.set $at (i32.const 22))
      (loop $digit
        (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $digits) (i32.const 10))))
        (local.set $digits (i32.div_u (local.get $digits) (i32.const 10)))
        (br_if $digit (i32.gt_u (local.tee $at (i32.sub (local.get $at) (i32.const 1))) (i32.const 16))))
      (if (i32.eq (call $metric_add (i32.const 16) (i32.const 7) (i64.const 1)) (i32.const -9))
        (then (drop (call $metric_add (i32.const 0) (i32.const 7) (i64.const 1)))))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 0)))
